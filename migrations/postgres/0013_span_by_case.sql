-- The spans of a case, by its id alone: ids are random, so the area says nothing that the id does not. With the area in
-- front PostgreSQL, while the table was small, planned to go through the whole area, and kept to it.
-- SQLite plans by the key, so that its index stays.

CREATE INDEX person_span_of_case ON person_span (case_id);
DROP INDEX person_span_by_case;
