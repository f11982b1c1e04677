-- Append-only, held by the database: a seat-belt against mistakes, beside the guards of the sequencer.
-- ENABLE ALWAYS: otherwise session_replication_role = replica would skip the triggers.

CREATE FUNCTION doudi_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $$;

-- A head only grows: a smaller head would let a restored backup sign a fork.
CREATE FUNCTION doudi_head_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.log_id <> OLD.log_id OR NEW.size <= OLD.size OR NEW.last_time_ms < OLD.last_time_ms THEN
        RAISE EXCEPTION 'log_head: a head only grows';
    END IF;
    RETURN NEW;
END $$;

-- A data key can be wrapped anew or destroyed, never renamed and never revived.
CREATE FUNCTION doudi_key_not_revived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.key_ref <> OLD.key_ref OR OLD.destroyed_ms IS NOT NULL THEN
        RAISE EXCEPTION 'data_key: a destroyed key stays destroyed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER log_append_only BEFORE UPDATE OR DELETE ON log FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER log_no_truncate BEFORE TRUNCATE ON log FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE log ENABLE ALWAYS TRIGGER log_append_only;
ALTER TABLE log ENABLE ALWAYS TRIGGER log_no_truncate;

CREATE TRIGGER log_head_append_only BEFORE DELETE ON log_head FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER log_head_no_truncate BEFORE TRUNCATE ON log_head FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_append_only;
ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_no_truncate;

CREATE TRIGGER log_entry_append_only BEFORE UPDATE OR DELETE ON log_entry FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER log_entry_no_truncate BEFORE TRUNCATE ON log_entry FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_append_only;
ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_no_truncate;

CREATE TRIGGER log_tile_append_only BEFORE UPDATE OR DELETE ON log_tile FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER log_tile_no_truncate BEFORE TRUNCATE ON log_tile FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE log_tile ENABLE ALWAYS TRIGGER log_tile_append_only;
ALTER TABLE log_tile ENABLE ALWAYS TRIGGER log_tile_no_truncate;

CREATE TRIGGER log_checkpoint_append_only BEFORE UPDATE OR DELETE ON log_checkpoint FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER log_checkpoint_no_truncate BEFORE TRUNCATE ON log_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE log_checkpoint ENABLE ALWAYS TRIGGER log_checkpoint_append_only;
ALTER TABLE log_checkpoint ENABLE ALWAYS TRIGGER log_checkpoint_no_truncate;

CREATE TRIGGER log_cosignature_append_only BEFORE UPDATE OR DELETE ON log_cosignature FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER log_cosignature_no_truncate BEFORE TRUNCATE ON log_cosignature FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE log_cosignature ENABLE ALWAYS TRIGGER log_cosignature_append_only;
ALTER TABLE log_cosignature ENABLE ALWAYS TRIGGER log_cosignature_no_truncate;

CREATE TRIGGER document_append_only BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER document_no_truncate BEFORE TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE document ENABLE ALWAYS TRIGGER document_append_only;
ALTER TABLE document ENABLE ALWAYS TRIGGER document_no_truncate;

CREATE TRIGGER request_append_only BEFORE UPDATE OR DELETE ON request FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER request_no_truncate BEFORE TRUNCATE ON request FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE request ENABLE ALWAYS TRIGGER request_append_only;
ALTER TABLE request ENABLE ALWAYS TRIGGER request_no_truncate;

CREATE TRIGGER record_append_only BEFORE UPDATE OR DELETE ON record FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER record_no_truncate BEFORE TRUNCATE ON record FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE record ENABLE ALWAYS TRIGGER record_append_only;
ALTER TABLE record ENABLE ALWAYS TRIGGER record_no_truncate;

CREATE TRIGGER policy_document_append_only BEFORE UPDATE OR DELETE ON policy_document FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER policy_document_no_truncate BEFORE TRUNCATE ON policy_document FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE policy_document ENABLE ALWAYS TRIGGER policy_document_append_only;
ALTER TABLE policy_document ENABLE ALWAYS TRIGGER policy_document_no_truncate;

CREATE TRIGGER data_key_append_only BEFORE DELETE ON data_key FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER data_key_no_truncate BEFORE TRUNCATE ON data_key FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE data_key ENABLE ALWAYS TRIGGER data_key_append_only;
ALTER TABLE data_key ENABLE ALWAYS TRIGGER data_key_no_truncate;

CREATE TRIGGER log_head_only_grows BEFORE UPDATE ON log_head
    FOR EACH ROW EXECUTE FUNCTION doudi_head_only_grows();
ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_only_grows;

CREATE TRIGGER data_key_not_revived BEFORE UPDATE ON data_key
    FOR EACH ROW EXECUTE FUNCTION doudi_key_not_revived();
ALTER TABLE data_key ENABLE ALWAYS TRIGGER data_key_not_revived;
