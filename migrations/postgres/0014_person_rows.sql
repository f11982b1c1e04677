-- A row of the map for each case that met the person, so that an erasure of one case takes from no other case what it
-- knows its persons by. person_link holds that all rows of one HMAC name one person; it goes with the last of them.
-- The same tables as in migrations/sqlite/0014_person_rows.sql.

CREATE TABLE person_link (
    hmac      TEXT COLLATE "C" PRIMARY KEY,
    person_id TEXT COLLATE "C" NOT NULL,
    UNIQUE (hmac, person_id)
);
INSERT INTO person_link (hmac, person_id) SELECT hmac, person_id FROM person_map;

ALTER TABLE person_map DROP CONSTRAINT person_map_pkey;
ALTER TABLE person_map ADD PRIMARY KEY (hmac, key_ref);
ALTER TABLE person_map ADD FOREIGN KEY (hmac, person_id) REFERENCES person_link (hmac, person_id);
-- Of the cases before this, those in which a person holds months are known. The others get their row with their next
-- record.
INSERT INTO person_map (hmac, person_id, key_ref)
    SELECT DISTINCT m.hmac, m.person_id, c.identity_key_ref FROM person_map AS m
    JOIN person_span AS s ON s.person_id = m.person_id
    JOIN case_head AS c ON c.area = s.area AND c.case_id = s.case_id
    WHERE c.erased IS NULL
    ON CONFLICT (hmac, key_ref) DO NOTHING;

GRANT SELECT ON person_link TO doudi_writer, doudi_eraser;
GRANT INSERT ON person_link TO doudi_writer;
GRANT DELETE ON person_link TO doudi_eraser;
