//! Reads of a range of a log: records of some kinds, each with one of its documents and the key that opens it.

use super::StoreError;
use super::driver::Store;
use super::read_log::{every, int, log_index, page};
use super::rows::{DataKeyRow, DocumentRow, LogId, RecordRow};
use super::value::Value;

/// A record with one of its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDocument {
    /// The record.
    pub record: RecordRow,
    /// The leaf's bytes.
    pub entry: Vec<u8>,
    /// The document, if the record has one of that name.
    pub document: Option<DocumentRow>,
    /// The data key of a sealed document.
    pub key: Option<DataKeyRow>,
}

impl dyn Store {
    /// The records `from..to` of a log that are of these kinds, each with its document `name`, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn records_with(
        &self,
        log_id: LogId,
        kinds: &[String],
        name: &str,
        range: (u64, u64),
        limit: u32,
    ) -> Result<Vec<RecordDocument>, StoreError> {
        let sql = format!(
            "SELECT r.idx, r.area, r.record_id, r.case_id, r.kind, e.entry, \
             d.name, d.key_ref, d.bytes, k.wrapped, k.kek_id, k.retain_until, k.destroyed_ms, \
             c.erased, c.restricted \
             FROM record r JOIN log_entry e ON e.log_id = r.log_id AND e.idx = r.idx \
             LEFT JOIN document d ON d.log_id = r.log_id AND d.idx = r.idx AND d.name = $2 \
             LEFT JOIN data_key k ON k.key_ref = d.key_ref \
             LEFT JOIN case_head c ON c.area = r.area AND c.case_id = r.case_id \
             WHERE r.log_id = $1 AND r.idx >= $3 AND r.idx < $4 AND r.kind {} ORDER BY r.idx LIMIT $6",
            self.dialect().among(5)
        );
        let args = vec![
            Value::Int(log_id.0),
            Value::Text(name.to_owned()),
            int(range.0),
            int(range.1),
            Value::Texts(kinds.to_vec()),
            page(limit),
        ];
        every(self.read(&sql, args).await?, |row| {
            let record = RecordRow {
                log_id,
                index: log_index(row, 0)?,
                area: row.parse(1)?,
                record_id: row.parse(2)?,
                case_id: row.maybe_text(3)?,
                kind: row.text(4)?,
                erased: row.maybe_parse(13)?,
                restricted: row.maybe_parse(14)?,
            };
            let entry = row.bytes(5)?;
            let Some(name) = row.maybe_text(6)? else {
                return Ok(RecordDocument {
                    record,
                    entry,
                    document: None,
                    key: None,
                });
            };
            let key_ref = row.maybe_text(7)?;
            let bytes = row.bytes(8)?;
            let wrapped = row.maybe_bytes(9)?;
            let kek_id = row.maybe_text(10)?;
            let key = match (&key_ref, kek_id) {
                (Some(key_ref), Some(kek_id)) => Some(DataKeyRow {
                    key_ref: key_ref.clone(),
                    wrapped,
                    kek_id,
                    retain_until: row.maybe_parse(11)?,
                    destroyed_ms: row.maybe_int(12)?,
                }),
                _ => None,
            };
            Ok(RecordDocument {
                record,
                entry,
                document: Some(DocumentRow { name, key_ref, bytes }),
                key,
            })
        })
    }
}
