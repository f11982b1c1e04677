-- Who read what, which keys were erased, and what an erasure or a restriction makes of a case.
-- The same tables as in migrations/sqlite/0010_access_erasure.sql.

-- Projection: what ERASURE entries made of the case; nothing: it may be read and decided on.
ALTER TABLE case_head ADD COLUMN erased TEXT COLLATE "C" CHECK (erased IN ('identity', 'case'));
ALTER TABLE case_head ADD COLUMN restricted TEXT COLLATE "C" CHECK (restricted IN ('identity', 'case'));

-- One row a record that was read: who, when, what for; pseudonymous. content is the leaf of the hour's tree.
CREATE TABLE access (
    leaf_hash BYTEA  PRIMARY KEY CHECK (leaf_hash = sha256('\x00'::bytea || content)),
    area      TEXT COLLATE "C" NOT NULL,
    case_id   TEXT COLLATE "C" NOT NULL,
    at_ms     BIGINT NOT NULL,
    content   BYTEA  NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 1024)
);
CREATE INDEX access_by_case ON access (area, case_id, at_ms, leaf_hash);
CREATE INDEX access_by_time ON access (at_ms, area);

-- Under which ACCESS entry a row stands, and at which place of its tree. A row without one waits for its hour to end.
CREATE TABLE access_place (
    leaf_hash BYTEA  PRIMARY KEY REFERENCES access,
    log_id    BIGINT NOT NULL,
    idx       BIGINT NOT NULL,
    ordinal   BIGINT NOT NULL CHECK (ordinal >= 0),
    UNIQUE (log_id, idx, ordinal)
);

-- The data keys that ERASURE entries name: each start destroys them again wherever a backup brought one back.
CREATE TABLE erased_key (
    key_ref TEXT COLLATE "C" PRIMARY KEY,
    log_id  BIGINT NOT NULL,
    idx     BIGINT NOT NULL
);

CREATE TRIGGER access_append_only BEFORE UPDATE OR DELETE ON access FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER access_no_truncate BEFORE TRUNCATE ON access FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE access ENABLE ALWAYS TRIGGER access_append_only;
ALTER TABLE access ENABLE ALWAYS TRIGGER access_no_truncate;

CREATE TRIGGER access_place_append_only BEFORE UPDATE OR DELETE ON access_place FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER access_place_no_truncate BEFORE TRUNCATE ON access_place FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE access_place ENABLE ALWAYS TRIGGER access_place_append_only;
ALTER TABLE access_place ENABLE ALWAYS TRIGGER access_place_no_truncate;

CREATE TRIGGER erased_key_append_only BEFORE UPDATE OR DELETE ON erased_key FOR EACH ROW EXECUTE FUNCTION doudi_refuse();
CREATE TRIGGER erased_key_no_truncate BEFORE TRUNCATE ON erased_key FOR EACH STATEMENT EXECUTE FUNCTION doudi_refuse();
ALTER TABLE erased_key ENABLE ALWAYS TRIGGER erased_key_append_only;
ALTER TABLE erased_key ENABLE ALWAYS TRIGGER erased_key_no_truncate;

-- What was erased as a whole stays so, and an erased identity can only become an erased case.
CREATE FUNCTION doudi_case_stays_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.erased = 'case' AND NEW.erased IS DISTINCT FROM 'case') OR (OLD.erased = 'identity' AND NEW.erased IS NULL) THEN
        RAISE EXCEPTION 'case_head: an erased case stays erased';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_head_stays_erased BEFORE UPDATE OF erased ON case_head
    FOR EACH ROW EXECUTE FUNCTION doudi_case_stays_erased();
ALTER TABLE case_head ENABLE ALWAYS TRIGGER case_head_stays_erased;

GRANT SELECT ON access, access_place, erased_key TO doudi_writer, doudi_reader, doudi_eraser;
GRANT INSERT ON access, access_place, erased_key TO doudi_writer;
