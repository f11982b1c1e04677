-- The tables of the record in SQLite: the log, the sealed documents and the case projections.
-- The same tables as in migrations/postgres; STRICT, so that a column holds what it says.

-- One log per county-level area and epoch. The log of an area with the greatest epoch is the open one.
-- log_id = area * 10000 + epoch: no sequence to keep, and rows of one area stand together.
CREATE TABLE log (
    log_id    INTEGER PRIMARY KEY CHECK (log_id = CAST(area AS INTEGER) * 10000 + epoch),
    area      TEXT    NOT NULL CHECK (length(area) = 6),
    epoch     INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 9999),
    origin    TEXT    NOT NULL UNIQUE,
    opened_ms INTEGER NOT NULL,
    UNIQUE (area, epoch)
) STRICT;

-- The only table of the log that changes. compact: the roots of the perfect subtrees, left to right.
CREATE TABLE log_head (
    log_id       INTEGER PRIMARY KEY REFERENCES log,
    size         INTEGER NOT NULL CHECK (size >= 0),
    compact      BLOB    NOT NULL CHECK (length(compact) % 32 = 0 AND length(compact) <= 2048),
    root         BLOB    NOT NULL CHECK (length(root) = 32),
    last_time_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE log_entry (
    log_id    INTEGER NOT NULL REFERENCES log,
    idx       INTEGER NOT NULL CHECK (idx >= 0),
    entry     BLOB    NOT NULL CHECK (length(entry) BETWEEN 1 AND 65535),
    leaf_hash BLOB    NOT NULL CHECK (length(leaf_hash) = 32),
    PRIMARY KEY (log_id, idx)
) STRICT;

-- Full tiles only, each inserted once. root: the hash over the whole tile, one hash of the level above.
CREATE TABLE log_tile (
    log_id INTEGER NOT NULL REFERENCES log,
    level  INTEGER NOT NULL CHECK (level BETWEEN 0 AND 7),
    n      INTEGER NOT NULL CHECK (n >= 0),
    hashes BLOB    NOT NULL CHECK (length(hashes) = 8192),
    root   BLOB    NOT NULL CHECK (length(root) = 32),
    PRIMARY KEY (log_id, level, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_checkpoint (
    log_id    INTEGER NOT NULL REFERENCES log,
    size      INTEGER NOT NULL CHECK (size > 0),
    root      BLOB    NOT NULL CHECK (length(root) = 32),
    note      TEXT    NOT NULL,
    signed_ms INTEGER NOT NULL,
    PRIMARY KEY (log_id, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_cosignature (
    log_id  INTEGER NOT NULL REFERENCES log,
    size    INTEGER NOT NULL,
    witness TEXT    NOT NULL,
    line    TEXT    NOT NULL,
    PRIMARY KEY (log_id, size, witness)
) STRICT, WITHOUT ROWID;

-- The named documents of an entry, in the entry's order. A sealed one names the data key that opens it.
CREATE TABLE document (
    log_id  INTEGER NOT NULL REFERENCES log,
    idx     INTEGER NOT NULL,
    ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
    name    TEXT    NOT NULL,
    key_ref TEXT,
    bytes   BLOB    NOT NULL,
    PRIMARY KEY (log_id, idx, ordinal)
) STRICT;

-- Wrapped data keys. Destruction empties `wrapped` and keeps the row, so that it can be proved.
CREATE TABLE data_key (
    key_ref      TEXT PRIMARY KEY,
    wrapped      BLOB,
    kek_id       TEXT NOT NULL,
    retain_until TEXT,
    destroyed_ms INTEGER,
    CHECK ((wrapped IS NULL) = (destroyed_ms IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- One row a request that appended; request ids never expire.
CREATE TABLE request (
    area           TEXT    NOT NULL,
    caller         TEXT    NOT NULL,
    request_id     TEXT    NOT NULL,
    request_digest BLOB    NOT NULL,
    log_id         INTEGER NOT NULL,
    idx            INTEGER NOT NULL,
    first_size     INTEGER NOT NULL,
    PRIMARY KEY (area, caller, request_id)
) STRICT, WITHOUT ROWID;

-- Projection: which entry a record id names, of which kind and which case.
CREATE TABLE record (
    log_id    INTEGER NOT NULL,
    idx       INTEGER NOT NULL,
    area      TEXT    NOT NULL,
    record_id TEXT    NOT NULL CHECK (length(record_id) = 32),
    case_id   TEXT,
    kind      TEXT    NOT NULL,
    PRIMARY KEY (log_id, idx)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX record_by_id ON record (area, record_id);
CREATE INDEX record_by_case ON record (area, case_id, log_id, idx) WHERE case_id IS NOT NULL;

-- Projection: the documents of law that came into use in an area, in the order of its log.
CREATE TABLE policy_document (
    log_id        INTEGER NOT NULL,
    idx           INTEGER NOT NULL,
    policy_id     TEXT    NOT NULL,
    document_area TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    digest        BLOB    NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (log_id, idx)
) STRICT, WITHOUT ROWID;

-- Projection: the newest state of a case, sealed; the due columns carry no personal data.
CREATE TABLE case_head (
    area             TEXT    NOT NULL,
    case_id          TEXT    NOT NULL,
    version          INTEGER NOT NULL CHECK (version > 0),
    last_log_id      INTEGER NOT NULL,
    last_idx         INTEGER NOT NULL,
    identity_key_ref TEXT    NOT NULL,
    content_key_ref  TEXT    NOT NULL,
    state            BLOB    NOT NULL,
    next_due         TEXT CHECK (length(next_due) = 10),
    grace_end_month  TEXT CHECK (length(grace_end_month) = 7),
    PRIMARY KEY (area, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_head_by_due ON case_head (area, next_due, case_id) WHERE next_due IS NOT NULL;
CREATE INDEX case_head_by_grace ON case_head (area, grace_end_month, case_id) WHERE grace_end_month IS NOT NULL;

-- From the HMAC of an ID number to the person id; deleted with the identity key.
CREATE TABLE person_map (
    hmac      TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    key_ref   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX person_map_by_key ON person_map (key_ref);

-- Projection: the months in which a person holds a basic programme; to_month empty: until further notice.
CREATE TABLE person_span (
    person_id  TEXT NOT NULL,
    from_month TEXT NOT NULL CHECK (length(from_month) = 7),
    to_month   TEXT CHECK (length(to_month) = 7 AND to_month >= from_month),
    programme  TEXT NOT NULL,
    area       TEXT NOT NULL,
    case_id    TEXT NOT NULL,
    PRIMARY KEY (person_id, from_month)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_span_by_case ON person_span (area, case_id);
