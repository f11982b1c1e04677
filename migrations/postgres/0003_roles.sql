-- Roles: the owner runs migrations and nothing else; the service works as doudi_writer.
-- The three roles cannot log in: grant them to the logins of the service, of readers and of the eraser.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['doudi_writer', 'doudi_reader', 'doudi_eraser'] LOOP
        -- Where an administrator made the roles, the owner needs no right to create any.
        CONTINUE WHEN EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted);
        -- Roles belong to the whole server: another database's migration may make them at this moment.
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO doudi_writer, doudi_reader, doudi_eraser', current_database());
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO doudi_writer, doudi_reader, doudi_eraser;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO doudi_writer, doudi_reader, doudi_eraser;

-- The log, its documents and what was answered: rows are added, the head alone moves.
GRANT INSERT ON log, log_head, log_entry, log_tile, log_checkpoint, log_cosignature, document, data_key,
    request, record, policy_document TO doudi_writer;
GRANT UPDATE ON log_head TO doudi_writer;

-- Projections of the log follow it.
GRANT INSERT, UPDATE ON case_head, person_lock TO doudi_writer;
GRANT INSERT, DELETE ON person_span TO doudi_writer;
GRANT INSERT ON person_map TO doudi_writer;

-- Erasure destroys data keys and the map to a person, and may do nothing else.
GRANT UPDATE (wrapped, kek_id, destroyed_ms) ON data_key TO doudi_eraser;
GRANT DELETE ON person_map TO doudi_eraser;

-- Readers and auditors never see keys, nor who is who.
REVOKE SELECT ON data_key, person_map, person_span, person_lock, request, case_head FROM doudi_reader;
