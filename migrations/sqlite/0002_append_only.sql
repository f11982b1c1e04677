-- Append-only, held by the database: a seat-belt against mistakes, beside the guards of the sequencer.
-- The INSERT guards are needed because INSERT OR REPLACE deletes rows without firing DELETE triggers,
-- by the primary key, by any other unique column, and by the hidden rowid.

CREATE TRIGGER log_no_update BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'log is append-only: UPDATE is refused'); END;

CREATE TRIGGER log_no_delete BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'log is append-only: DELETE is refused'); END;

CREATE TRIGGER log_no_replace BEFORE INSERT ON log
WHEN EXISTS (SELECT 1 FROM log WHERE log_id = NEW.log_id
    OR origin = NEW.origin
    OR (area = NEW.area AND epoch = NEW.epoch))
BEGIN SELECT RAISE(ABORT, 'log is append-only: a row with this key exists'); END;

CREATE TRIGGER log_head_no_delete BEFORE DELETE ON log_head
BEGIN SELECT RAISE(ABORT, 'log_head is append-only: DELETE is refused'); END;

CREATE TRIGGER log_head_no_replace BEFORE INSERT ON log_head
WHEN EXISTS (SELECT 1 FROM log_head WHERE log_id = NEW.log_id)
BEGIN SELECT RAISE(ABORT, 'log_head is append-only: a row with this key exists'); END;

CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry
BEGIN SELECT RAISE(ABORT, 'log_entry is append-only: UPDATE is refused'); END;

CREATE TRIGGER log_entry_no_delete BEFORE DELETE ON log_entry
BEGIN SELECT RAISE(ABORT, 'log_entry is append-only: DELETE is refused'); END;

CREATE TRIGGER log_entry_no_replace BEFORE INSERT ON log_entry
WHEN EXISTS (SELECT 1 FROM log_entry WHERE (log_id = NEW.log_id AND idx = NEW.idx)
    OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'log_entry is append-only: a row with this key exists'); END;

CREATE TRIGGER log_tile_no_update BEFORE UPDATE ON log_tile
BEGIN SELECT RAISE(ABORT, 'log_tile is append-only: UPDATE is refused'); END;

CREATE TRIGGER log_tile_no_delete BEFORE DELETE ON log_tile
BEGIN SELECT RAISE(ABORT, 'log_tile is append-only: DELETE is refused'); END;

CREATE TRIGGER log_tile_no_replace BEFORE INSERT ON log_tile
WHEN EXISTS (SELECT 1 FROM log_tile WHERE (log_id = NEW.log_id AND level = NEW.level AND n = NEW.n))
BEGIN SELECT RAISE(ABORT, 'log_tile is append-only: a row with this key exists'); END;

CREATE TRIGGER log_checkpoint_no_update BEFORE UPDATE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'log_checkpoint is append-only: UPDATE is refused'); END;

CREATE TRIGGER log_checkpoint_no_delete BEFORE DELETE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'log_checkpoint is append-only: DELETE is refused'); END;

CREATE TRIGGER log_checkpoint_no_replace BEFORE INSERT ON log_checkpoint
WHEN EXISTS (SELECT 1 FROM log_checkpoint WHERE (log_id = NEW.log_id AND size = NEW.size))
BEGIN SELECT RAISE(ABORT, 'log_checkpoint is append-only: a row with this key exists'); END;

CREATE TRIGGER log_cosignature_no_update BEFORE UPDATE ON log_cosignature
BEGIN SELECT RAISE(ABORT, 'log_cosignature is append-only: UPDATE is refused'); END;

CREATE TRIGGER log_cosignature_no_delete BEFORE DELETE ON log_cosignature
BEGIN SELECT RAISE(ABORT, 'log_cosignature is append-only: DELETE is refused'); END;

CREATE TRIGGER log_cosignature_no_replace BEFORE INSERT ON log_cosignature
WHEN EXISTS (SELECT 1 FROM log_cosignature WHERE (log_id = NEW.log_id AND size = NEW.size AND witness = NEW.witness))
BEGIN SELECT RAISE(ABORT, 'log_cosignature is append-only: a row with this key exists'); END;

CREATE TRIGGER document_no_update BEFORE UPDATE ON document
BEGIN SELECT RAISE(ABORT, 'document is append-only: UPDATE is refused'); END;

CREATE TRIGGER document_no_delete BEFORE DELETE ON document
BEGIN SELECT RAISE(ABORT, 'document is append-only: DELETE is refused'); END;

CREATE TRIGGER document_no_replace BEFORE INSERT ON document
WHEN EXISTS (SELECT 1 FROM document WHERE (log_id = NEW.log_id AND idx = NEW.idx AND ordinal = NEW.ordinal)
    OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'document is append-only: a row with this key exists'); END;

CREATE TRIGGER request_no_update BEFORE UPDATE ON request
BEGIN SELECT RAISE(ABORT, 'request is append-only: UPDATE is refused'); END;

CREATE TRIGGER request_no_delete BEFORE DELETE ON request
BEGIN SELECT RAISE(ABORT, 'request is append-only: DELETE is refused'); END;

CREATE TRIGGER request_no_replace BEFORE INSERT ON request
WHEN EXISTS (SELECT 1 FROM request WHERE (area = NEW.area AND caller = NEW.caller AND request_id = NEW.request_id))
BEGIN SELECT RAISE(ABORT, 'request is append-only: a row with this key exists'); END;

CREATE TRIGGER record_no_update BEFORE UPDATE ON record
BEGIN SELECT RAISE(ABORT, 'record is append-only: UPDATE is refused'); END;

CREATE TRIGGER record_no_delete BEFORE DELETE ON record
BEGIN SELECT RAISE(ABORT, 'record is append-only: DELETE is refused'); END;

CREATE TRIGGER record_no_replace BEFORE INSERT ON record
WHEN EXISTS (SELECT 1 FROM record WHERE (log_id = NEW.log_id AND idx = NEW.idx)
    OR (area = NEW.area AND record_id = NEW.record_id))
BEGIN SELECT RAISE(ABORT, 'record is append-only: a row with this key exists'); END;

CREATE TRIGGER policy_document_no_update BEFORE UPDATE ON policy_document
BEGIN SELECT RAISE(ABORT, 'policy_document is append-only: UPDATE is refused'); END;

CREATE TRIGGER policy_document_no_delete BEFORE DELETE ON policy_document
BEGIN SELECT RAISE(ABORT, 'policy_document is append-only: DELETE is refused'); END;

CREATE TRIGGER policy_document_no_replace BEFORE INSERT ON policy_document
WHEN EXISTS (SELECT 1 FROM policy_document WHERE (log_id = NEW.log_id AND idx = NEW.idx))
BEGIN SELECT RAISE(ABORT, 'policy_document is append-only: a row with this key exists'); END;

CREATE TRIGGER data_key_no_delete BEFORE DELETE ON data_key
BEGIN SELECT RAISE(ABORT, 'data_key is append-only: DELETE is refused'); END;

CREATE TRIGGER data_key_no_replace BEFORE INSERT ON data_key
WHEN EXISTS (SELECT 1 FROM data_key WHERE key_ref = NEW.key_ref)
BEGIN SELECT RAISE(ABORT, 'data_key is append-only: a row with this key exists'); END;

-- An entry takes the next index or none.
CREATE TRIGGER log_entry_contiguous BEFORE INSERT ON log_entry
WHEN NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM log_entry WHERE log_id = NEW.log_id)
BEGIN SELECT RAISE(ABORT, 'log_entry: an entry takes the next index'); END;

-- A head only grows: a smaller head would let a restored backup sign a fork.
CREATE TRIGGER log_head_only_grows BEFORE UPDATE ON log_head
WHEN NEW.log_id <> OLD.log_id OR NEW.size <= OLD.size OR NEW.last_time_ms < OLD.last_time_ms
BEGIN SELECT RAISE(ABORT, 'log_head: a head only grows'); END;

-- A data key can be wrapped anew or destroyed, never renamed and never revived.
CREATE TRIGGER data_key_not_revived BEFORE UPDATE ON data_key
WHEN NEW.key_ref <> OLD.key_ref OR OLD.destroyed_ms IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'data_key: a destroyed key stays destroyed'); END;
