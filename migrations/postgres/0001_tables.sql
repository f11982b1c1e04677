-- The tables of the record in PostgreSQL: the log, the sealed documents and the case projections.
-- The same tables as in migrations/sqlite. Text is compared by bytes (COLLATE "C"), as SQLite does.

-- One log per county-level area and epoch. The log of an area with the greatest epoch is the open one.
-- log_id = area * 10000 + epoch: no sequence to keep, and rows of one area stand together.
CREATE TABLE log (
    log_id    BIGINT PRIMARY KEY CHECK (log_id = area::bigint * 10000 + epoch),
    area      TEXT COLLATE "C" NOT NULL CHECK (length(area) = 6),
    epoch     BIGINT NOT NULL CHECK (epoch BETWEEN 1 AND 9999),
    origin    TEXT COLLATE "C" NOT NULL UNIQUE,
    opened_ms BIGINT NOT NULL,
    UNIQUE (area, epoch)
);

-- The only table of the log that changes. compact: the roots of the perfect subtrees, left to right.
CREATE TABLE log_head (
    log_id       BIGINT PRIMARY KEY REFERENCES log,
    size         BIGINT NOT NULL CHECK (size >= 0),
    compact      BYTEA  NOT NULL CHECK (octet_length(compact) % 32 = 0 AND octet_length(compact) <= 2048),
    root         BYTEA  NOT NULL CHECK (octet_length(root) = 32),
    last_time_ms BIGINT NOT NULL
) WITH (fillfactor = 50); -- room for updates in place: this row changes with every batch

CREATE TABLE log_entry (
    log_id    BIGINT NOT NULL REFERENCES log,
    idx       BIGINT NOT NULL CHECK (idx >= 0),
    entry     BYTEA  NOT NULL CHECK (octet_length(entry) BETWEEN 1 AND 65535),
    leaf_hash BYTEA  NOT NULL CHECK (leaf_hash = sha256('\x00'::bytea || entry)),
    PRIMARY KEY (log_id, idx)
);

-- Full tiles only, each inserted once. root: the hash over the whole tile, one hash of the level above.
CREATE TABLE log_tile (
    log_id BIGINT NOT NULL REFERENCES log,
    level  BIGINT NOT NULL CHECK (level BETWEEN 0 AND 7),
    n      BIGINT NOT NULL CHECK (n >= 0),
    hashes BYTEA  NOT NULL CHECK (octet_length(hashes) = 8192),
    root   BYTEA  NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (log_id, level, n)
);

CREATE TABLE log_checkpoint (
    log_id    BIGINT NOT NULL REFERENCES log,
    size      BIGINT NOT NULL CHECK (size > 0),
    root      BYTEA  NOT NULL CHECK (octet_length(root) = 32),
    note      TEXT   NOT NULL,
    signed_ms BIGINT NOT NULL,
    PRIMARY KEY (log_id, size)
);

CREATE TABLE log_cosignature (
    log_id  BIGINT NOT NULL REFERENCES log,
    size    BIGINT NOT NULL,
    witness TEXT COLLATE "C" NOT NULL,
    line    TEXT   NOT NULL,
    PRIMARY KEY (log_id, size, witness)
);

-- The named documents of an entry, in the entry's order. A sealed one names the data key that opens it.
CREATE TABLE document (
    log_id  BIGINT NOT NULL REFERENCES log,
    idx     BIGINT NOT NULL,
    ordinal BIGINT NOT NULL CHECK (ordinal >= 0),
    name    TEXT   NOT NULL,
    key_ref TEXT COLLATE "C",
    bytes   BYTEA  NOT NULL,
    PRIMARY KEY (log_id, idx, ordinal)
);

-- Wrapped data keys. Destruction empties `wrapped` and keeps the row, so that it can be proved.
CREATE TABLE data_key (
    key_ref      TEXT COLLATE "C" PRIMARY KEY,
    wrapped      BYTEA,
    kek_id       TEXT NOT NULL,
    retain_until TEXT,
    destroyed_ms BIGINT,
    CHECK ((wrapped IS NULL) = (destroyed_ms IS NOT NULL))
);

-- One row a request that appended; request ids never expire.
CREATE TABLE request (
    area           TEXT COLLATE "C" NOT NULL,
    caller         TEXT COLLATE "C" NOT NULL,
    request_id     TEXT COLLATE "C" NOT NULL,
    request_digest BYTEA  NOT NULL,
    log_id         BIGINT NOT NULL,
    idx            BIGINT NOT NULL,
    first_size     BIGINT NOT NULL,
    PRIMARY KEY (area, caller, request_id)
);

-- Projection: which entry a record id names, of which kind and which case.
CREATE TABLE record (
    log_id    BIGINT NOT NULL,
    idx       BIGINT NOT NULL,
    area      TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL CHECK (length(record_id) = 32),
    case_id   TEXT COLLATE "C",
    kind      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (log_id, idx)
);
CREATE UNIQUE INDEX record_by_id ON record (area, record_id);
CREATE INDEX record_by_case ON record (area, case_id, log_id, idx) WHERE case_id IS NOT NULL;

-- Projection: the documents of law that came into use in an area, in the order of its log.
CREATE TABLE policy_document (
    log_id        BIGINT NOT NULL,
    idx           BIGINT NOT NULL,
    policy_id     TEXT COLLATE "C" NOT NULL,
    document_area TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    digest        BYTEA  NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (log_id, idx)
);

-- Projection: the newest state of a case, sealed; the due columns carry no personal data.
CREATE TABLE case_head (
    area             TEXT COLLATE "C" NOT NULL,
    case_id          TEXT COLLATE "C" NOT NULL,
    version          BIGINT NOT NULL CHECK (version > 0),
    last_log_id      BIGINT NOT NULL,
    last_idx         BIGINT NOT NULL,
    identity_key_ref TEXT   NOT NULL,
    content_key_ref  TEXT   NOT NULL,
    state            BYTEA  NOT NULL,
    next_due         TEXT COLLATE "C" CHECK (length(next_due) = 10),
    grace_end_month  TEXT COLLATE "C" CHECK (length(grace_end_month) = 7),
    PRIMARY KEY (area, case_id)
);
CREATE INDEX case_head_by_due ON case_head (area, next_due, case_id) WHERE next_due IS NOT NULL;
CREATE INDEX case_head_by_grace ON case_head (area, grace_end_month, case_id) WHERE grace_end_month IS NOT NULL;

-- From the HMAC of an ID number to the person id; deleted with the identity key.
CREATE TABLE person_map (
    hmac      TEXT COLLATE "C" PRIMARY KEY,
    person_id TEXT COLLATE "C" NOT NULL,
    key_ref   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX person_map_by_key ON person_map (key_ref);

-- Projection: the months in which a person holds a basic programme; to_month empty: until further notice.
CREATE TABLE person_span (
    person_id  TEXT COLLATE "C" NOT NULL,
    from_month TEXT COLLATE "C" NOT NULL CHECK (length(from_month) = 7),
    to_month   TEXT COLLATE "C" CHECK (length(to_month) = 7 AND to_month >= from_month),
    programme  TEXT COLLATE "C" NOT NULL,
    area       TEXT COLLATE "C" NOT NULL,
    case_id    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (person_id, from_month)
);
CREATE INDEX person_span_by_case ON person_span (area, case_id);

-- A row a person whose spans change, locked until commit: the spans of one person may be
-- written from two areas at once, and no range constraint works in every PostgreSQL.
CREATE TABLE person_lock (
    person_id TEXT COLLATE "C" PRIMARY KEY,
    turns     BIGINT NOT NULL
) WITH (fillfactor = 50);
