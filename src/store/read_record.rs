//! Reads of what stands behind an entry: documents, keys, requests, records and documents of law.

use super::StoreError;
use super::driver::Store;
use super::read_log::{count, every, hash, index, int, log_index, one, page, tree_size};
use super::rows::{DataKeyRow, DocumentRow, LogId, PolicyRow, RecordRow, RequestKey, RequestRow};
use super::value::{Row, Value};
use crate::area::AreaCode;
use crate::log::{LogIndex, RecordId, TreeSize};

pub(super) const REQUEST: &str =
    "SELECT area, caller, request_id, request_digest, log_id, idx, first_size FROM request";
/// The same columns, for a join.
pub(super) const REQUEST_COLUMNS: [&str; 7] = [
    "area",
    "caller",
    "request_id",
    "request_digest",
    "log_id",
    "idx",
    "first_size",
];
pub(super) const RECORD: &str = "SELECT log_id, idx, area, record_id, case_id, kind, \
    (SELECT c.erased FROM case_head AS c WHERE c.area = record.area AND c.case_id = record.case_id), \
    (SELECT c.restricted FROM case_head AS c WHERE c.area = record.area AND c.case_id = record.case_id) FROM record";
const POLICY: &str = "SELECT log_id, idx, policy_id, document_area, kind, digest FROM policy_document";
/// The newest POLICY entry of a log.
pub(super) const NEWEST_POLICY: &str = "SELECT idx FROM policy_document WHERE log_id = $1 ORDER BY idx DESC LIMIT 1";

/// Where a list of records goes on: after this log and index.
pub type RecordCursor = (LogId, LogIndex);

impl dyn Store {
    /// The documents of an entry, in the entry's order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn documents(&self, log_id: LogId, at: LogIndex) -> Result<Vec<DocumentRow>, StoreError> {
        let sql = "SELECT name, key_ref, bytes FROM document WHERE log_id = $1 AND idx = $2 ORDER BY ordinal";
        every(self.read(sql, vec![Value::Int(log_id.0), index(at)]).await?, |row| {
            Ok(DocumentRow {
                name: row.text(0)?,
                key_ref: row.maybe_text(1)?,
                bytes: row.bytes(2)?,
            })
        })
    }

    /// Data keys by name; unknown names are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn data_keys(&self, key_refs: &[String]) -> Result<Vec<DataKeyRow>, StoreError> {
        let sql = format!(
            "SELECT key_ref, wrapped, kek_id, retain_until, destroyed_ms FROM data_key WHERE key_ref {}",
            self.dialect().among(1)
        );
        every(
            self.read(&sql, vec![Value::Texts(key_refs.to_vec())]).await?,
            data_key_row,
        )
    }

    /// The request that appended, if it did: looked up before deciding.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn request(&self, key: &RequestKey) -> Result<Option<RequestRow>, StoreError> {
        let sql = format!("{REQUEST} WHERE area = $1 AND caller = $2 AND request_id = $3");
        let args = vec![
            Value::Text(key.area.to_string()),
            Value::Text(key.caller.clone()),
            Value::Text(key.request_id.clone()),
        ];
        one(self.read(&sql, args).await?, request_row)
    }

    /// The record of an entry.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_at(&self, log_id: LogId, at: LogIndex) -> Result<Option<RecordRow>, StoreError> {
        let sql = format!("{RECORD} WHERE log_id = $1 AND idx = $2");
        one(
            self.read(&sql, vec![Value::Int(log_id.0), index(at)]).await?,
            record_row,
        )
    }

    /// The record with this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record(&self, area: AreaCode, record_id: RecordId) -> Result<Option<RecordRow>, StoreError> {
        let sql = format!("{RECORD} WHERE area = $1 AND record_id = $2");
        let args = vec![Value::Text(area.to_string()), Value::Text(record_id.to_string())];
        one(self.read(&sql, args).await?, record_row)
    }

    /// The records of an area of these kinds, of one case or of all, oldest first, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn records(
        &self,
        area: AreaCode,
        case_id: Option<&str>,
        kinds: &[String],
        after: Option<RecordCursor>,
        limit: u32,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let (log_id, at) = after.map_or((0, -1), |(log_id, at)| {
            (log_id.0, i64::try_from(at.get()).unwrap_or(i64::MAX))
        });
        let mut args = vec![
            Value::Text(area.to_string()),
            Value::Texts(kinds.to_vec()),
            Value::Int(log_id),
            Value::Int(at),
            page(limit),
        ];
        let of_case = if let Some(case_id) = case_id {
            args.push(Value::Text(case_id.to_owned()));
            "AND case_id = $6"
        } else {
            // The keys of an area's logs stand together; without this the whole table would be read.
            "AND log_id >= $6 AND log_id < $7"
        };
        if case_id.is_none() {
            let first = LogId::first_of(area).0;
            args.extend([Value::Int(first), Value::Int(first + LogId::EPOCH_COUNT)]);
        }
        let sql = format!(
            "{RECORD} WHERE area = $1 {of_case} AND kind {} AND (log_id, idx) > ($3, $4) \
             ORDER BY log_id, idx LIMIT $5",
            self.dialect().among(2)
        );
        every(self.read(&sql, args).await?, record_row)
    }

    /// The documents of law that a log of this size has put into use, in order.
    ///
    /// All of them: an area adopts some dozens in its life, and a law needs all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn policies(&self, log_id: LogId, size: TreeSize) -> Result<Vec<PolicyRow>, StoreError> {
        let sql = format!("{POLICY} WHERE log_id = $1 AND idx < $2 ORDER BY idx");
        every(
            self.read(&sql, vec![Value::Int(log_id.0), int(size.get())]).await?,
            policy_row,
        )
    }

    /// The documents of law that the logs of an area have put into use, epoch by epoch, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn policies_of_area(&self, area: AreaCode) -> Result<Vec<PolicyRow>, StoreError> {
        let first = LogId::first_of(area).0;
        let sql = format!("{POLICY} WHERE log_id >= $1 AND log_id < $2 ORDER BY log_id, idx");
        let args = vec![Value::Int(first), Value::Int(first + LogId::EPOCH_COUNT)];
        every(self.read(&sql, args).await?, policy_row)
    }

    /// Number of entries that the log had at this time, Unix milliseconds: the newest checkpoint
    /// signed by then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn size_at_ms(&self, log_id: LogId, at_ms: i64) -> Result<TreeSize, StoreError> {
        let sql = "SELECT coalesce(max(size), 0) FROM log_checkpoint WHERE log_id = $1 AND signed_ms <= $2";
        let size = one(
            self.read(sql, vec![Value::Int(log_id.0), Value::Int(at_ms)]).await?,
            |row| count(row, 0),
        )?;
        TreeSize::new(size.unwrap_or(0)).map_err(|_| StoreError::Corrupt("a size is out of range"))
    }
}

pub(super) fn data_key_row(row: &mut Row) -> Result<DataKeyRow, StoreError> {
    Ok(DataKeyRow {
        key_ref: row.text(0)?,
        wrapped: row.maybe_bytes(1)?,
        kek_id: row.text(2)?,
        retain_until: row.maybe_parse(3)?,
        destroyed_ms: row.maybe_int(4)?,
    })
}

pub(super) fn request_row(row: &mut Row) -> Result<RequestRow, StoreError> {
    Ok(RequestRow {
        key: RequestKey {
            area: row.parse(0)?,
            caller: row.text(1)?,
            request_id: row.text(2)?,
        },
        digest: row.bytes(3)?,
        log_id: LogId(row.int(4)?),
        index: log_index(row, 5)?,
        first_size: tree_size(row, 6)?,
    })
}

fn policy_row(row: &mut Row) -> Result<PolicyRow, StoreError> {
    Ok(PolicyRow {
        log_id: LogId(row.int(0)?),
        index: log_index(row, 1)?,
        policy_id: row.text(2)?,
        document_area: row.parse(3)?,
        kind: row.text(4)?,
        digest: hash(row, 5)?,
    })
}

pub(super) fn record_row(row: &mut Row) -> Result<RecordRow, StoreError> {
    Ok(RecordRow {
        log_id: LogId(row.int(0)?),
        index: log_index(row, 1)?,
        area: row.parse(2)?,
        record_id: row.parse(3)?,
        case_id: row.maybe_text(4)?,
        kind: row.text(5)?,
        erased: row.maybe_parse(6)?,
        restricted: row.maybe_parse(7)?,
    })
}
