-- Which entries were made by calls of which trace: an index for operators, from a trace to its entries. A trace id
-- comes from the caller, so it is a key of nothing and proves nothing; what counts stands sealed in the facts.
-- No personal data. The same table as in migrations/sqlite/0012_trace.sql.

CREATE TABLE record_trace (
    log_id   BIGINT NOT NULL,
    idx      BIGINT NOT NULL,
    trace_id TEXT COLLATE "C" NOT NULL CHECK (length(trace_id) = 32),
    PRIMARY KEY (log_id, idx)
);
CREATE INDEX record_trace_by_id ON record_trace (trace_id, log_id, idx);

GRANT SELECT, INSERT ON record_trace TO doudi_writer;
