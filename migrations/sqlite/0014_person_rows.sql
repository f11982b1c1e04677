-- A row of the map for each case that met the person, so that an erasure of one case takes from no other case what it
-- knows its persons by. person_link holds that all rows of one HMAC name one person; it goes with the last of them.
-- The same tables as in migrations/postgres/0014_person_rows.sql.

CREATE TABLE person_link (
    hmac      TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    UNIQUE (hmac, person_id)
) STRICT, WITHOUT ROWID;
INSERT INTO person_link (hmac, person_id) SELECT hmac, person_id FROM person_map;

-- SQLite changes no primary key in place.
CREATE TABLE person_row (
    hmac      TEXT NOT NULL,
    person_id TEXT NOT NULL,
    key_ref   TEXT NOT NULL,
    PRIMARY KEY (hmac, key_ref),
    FOREIGN KEY (hmac, person_id) REFERENCES person_link (hmac, person_id)
) STRICT, WITHOUT ROWID;
INSERT INTO person_row (hmac, person_id, key_ref) SELECT hmac, person_id, key_ref FROM person_map;
-- Of the cases before this, those in which a person holds months are known. The others get their row with their next
-- record.
INSERT INTO person_row (hmac, person_id, key_ref)
    SELECT DISTINCT m.hmac, m.person_id, c.identity_key_ref FROM person_map AS m
    JOIN person_span AS s ON s.person_id = m.person_id
    JOIN case_head AS c ON c.area = s.area AND c.case_id = s.case_id
    WHERE c.erased IS NULL
    ON CONFLICT (hmac, key_ref) DO NOTHING;
DROP TABLE person_map;
ALTER TABLE person_row RENAME TO person_map;
CREATE INDEX person_map_by_key ON person_map (key_ref);
