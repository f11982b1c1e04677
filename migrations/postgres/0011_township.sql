-- The township that handles a case: callers of a township see its cases alone. No personal data: an area's code.
-- The same column as in migrations/sqlite/0011_township.sql.

-- Projection: the township that the case's records named last; nothing: the county itself.
ALTER TABLE case_head ADD COLUMN township TEXT COLLATE "C" CHECK (length(township) = 9);
