-- Who read what, which keys were erased, and what an erasure or a restriction makes of a case.
-- The same tables as in migrations/postgres/0010_access_erasure.sql.

-- Projection: what ERASURE entries made of the case; nothing: it may be read and decided on.
ALTER TABLE case_head ADD COLUMN erased TEXT CHECK (erased IN ('identity', 'case'));
ALTER TABLE case_head ADD COLUMN restricted TEXT CHECK (restricted IN ('identity', 'case'));

-- One row a record that was read: who, when, what for; pseudonymous. content is the leaf of the hour's tree.
CREATE TABLE access (
    leaf_hash BLOB    PRIMARY KEY CHECK (length(leaf_hash) = 32),
    area      TEXT    NOT NULL,
    case_id   TEXT    NOT NULL,
    at_ms     INTEGER NOT NULL,
    content   BLOB    NOT NULL CHECK (length(content) BETWEEN 1 AND 1024)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_by_case ON access (area, case_id, at_ms, leaf_hash);
CREATE INDEX access_by_time ON access (at_ms, area);

-- Under which ACCESS entry a row stands, and at which place of its tree. A row without one waits for its hour to end.
CREATE TABLE access_place (
    leaf_hash BLOB    PRIMARY KEY REFERENCES access,
    log_id    INTEGER NOT NULL,
    idx       INTEGER NOT NULL,
    ordinal   INTEGER NOT NULL CHECK (ordinal >= 0),
    UNIQUE (log_id, idx, ordinal)
) STRICT, WITHOUT ROWID;

-- The data keys that ERASURE entries name: each start destroys them again wherever a backup brought one back.
CREATE TABLE erased_key (
    key_ref TEXT    PRIMARY KEY,
    log_id  INTEGER NOT NULL,
    idx     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER access_no_update BEFORE UPDATE ON access
BEGIN SELECT RAISE(ABORT, 'access is append-only: UPDATE is refused'); END;

CREATE TRIGGER access_no_delete BEFORE DELETE ON access
BEGIN SELECT RAISE(ABORT, 'access is append-only: DELETE is refused'); END;

CREATE TRIGGER access_no_replace BEFORE INSERT ON access
WHEN EXISTS (SELECT 1 FROM access WHERE leaf_hash = NEW.leaf_hash)
BEGIN SELECT RAISE(ABORT, 'access is append-only: a row with this key exists'); END;

CREATE TRIGGER access_place_no_update BEFORE UPDATE ON access_place
BEGIN SELECT RAISE(ABORT, 'access_place is append-only: UPDATE is refused'); END;

CREATE TRIGGER access_place_no_delete BEFORE DELETE ON access_place
BEGIN SELECT RAISE(ABORT, 'access_place is append-only: DELETE is refused'); END;

CREATE TRIGGER access_place_no_replace BEFORE INSERT ON access_place
WHEN EXISTS (SELECT 1 FROM access_place WHERE leaf_hash = NEW.leaf_hash
    OR (log_id = NEW.log_id AND idx = NEW.idx AND ordinal = NEW.ordinal))
BEGIN SELECT RAISE(ABORT, 'access_place is append-only: a row with this key exists'); END;

CREATE TRIGGER erased_key_no_update BEFORE UPDATE ON erased_key
BEGIN SELECT RAISE(ABORT, 'erased_key is append-only: UPDATE is refused'); END;

CREATE TRIGGER erased_key_no_delete BEFORE DELETE ON erased_key
BEGIN SELECT RAISE(ABORT, 'erased_key is append-only: DELETE is refused'); END;

CREATE TRIGGER erased_key_no_replace BEFORE INSERT ON erased_key
WHEN EXISTS (SELECT 1 FROM erased_key WHERE key_ref = NEW.key_ref)
BEGIN SELECT RAISE(ABORT, 'erased_key is append-only: a row with this key exists'); END;

-- What was erased as a whole stays so, and an erased identity can only become an erased case.
CREATE TRIGGER case_head_stays_erased BEFORE UPDATE OF erased ON case_head
WHEN (OLD.erased = 'case' AND NEW.erased IS NOT 'case') OR (OLD.erased = 'identity' AND NEW.erased IS NULL)
BEGIN SELECT RAISE(ABORT, 'case_head: an erased case stays erased'); END;
