//! Reads for those who go through a whole log: ranges of rows, what stands last, and what stands beside it.

use super::StoreError;
use super::driver::Store;
use super::read_log::{CHECKPOINT, checkpoint_row, count, entry_row, every, index, int, log_index, one, tree_size};
use super::read_record::{RECORD, REQUEST, record_row, request_row};
use super::rows::{CheckpointRow, CosignatureRow, DocumentRow, EntryRow, LogId, RecordRow, RequestKey, RequestRow};
use super::value::{Row, Value};
use crate::area::AreaCode;
use crate::log::{LogIndex, TreeSize};

/// Most rows of one range: four full tiles, so that ranges and tiles begin together.
pub const RANGE_ROW_COUNT_MAX: u64 = 1024;

/// A document and the entry it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedDocument {
    /// Position of the entry.
    pub index: LogIndex,
    /// The document.
    pub row: DocumentRow,
}

/// Which key sealed a document of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedDocument {
    /// Kind of the entry, as its record says.
    pub kind: String,
    /// Name of the document.
    pub name: String,
    /// The data key.
    pub key_ref: String,
}

impl dyn Store {
    /// The entries `from..to` that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_between(&self, log_id: LogId, from: u64, to: u64) -> Result<Vec<EntryRow>, StoreError> {
        let sql =
            "SELECT idx, entry, leaf_hash FROM log_entry WHERE log_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx";
        every(self.read(sql, range(log_id, from, to)).await?, entry_row)
    }

    /// The documents of the entries `from..to`, in the order of entries and of their documents.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn documents_between(
        &self,
        log_id: LogId,
        from: u64,
        to: u64,
    ) -> Result<Vec<PlacedDocument>, StoreError> {
        let sql = "SELECT idx, name, key_ref, bytes FROM document \
                   WHERE log_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx, ordinal";
        every(self.read(sql, range(log_id, from, to)).await?, |row| {
            Ok(PlacedDocument {
                index: log_index(row, 0)?,
                row: DocumentRow {
                    name: row.text(1)?,
                    key_ref: row.maybe_text(2)?,
                    bytes: row.bytes(3)?,
                },
            })
        })
    }

    /// The records of the entries `from..to`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn records_between(&self, log_id: LogId, from: u64, to: u64) -> Result<Vec<RecordRow>, StoreError> {
        let sql = format!("{RECORD} WHERE log_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx");
        every(self.read(&sql, range(log_id, from, to)).await?, record_row)
    }

    /// The checkpoints with sizes `from..to`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn checkpoints_between(
        &self,
        log_id: LogId,
        from: u64,
        to: u64,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let sql = format!("{CHECKPOINT} AND size >= $2 AND size < $3 ORDER BY size");
        every(self.read(&sql, range(log_id, from, to)).await?, checkpoint_row)
    }

    /// Position of the last entry that is stored, whatever the head says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_entry(&self, log_id: LogId) -> Result<Option<LogIndex>, StoreError> {
        let sql = "SELECT idx FROM log_entry WHERE log_id = $1 ORDER BY idx DESC LIMIT 1";
        one(self.read(sql, vec![Value::Int(log_id.0)]).await?, |row| {
            log_index(row, 0)
        })
    }

    /// Position of the last record that is stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_record(&self, log_id: LogId) -> Result<Option<LogIndex>, StoreError> {
        let sql = "SELECT idx FROM record WHERE log_id = $1 ORDER BY idx DESC LIMIT 1";
        one(self.read(sql, vec![Value::Int(log_id.0)]).await?, |row| {
            log_index(row, 0)
        })
    }

    /// Level and position of the last tile of each level.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_tiles(&self, log_id: LogId) -> Result<Vec<(u8, u64)>, StoreError> {
        let sql = "SELECT level, max(n) FROM log_tile WHERE log_id = $1 GROUP BY level ORDER BY level";
        every(self.read(sql, vec![Value::Int(log_id.0)]).await?, |row| {
            let level = u8::try_from(row.int(0)?).map_err(|_| StoreError::Corrupt("a tile level is out of range"))?;
            Ok((level, count(row, 1)?))
        })
    }

    /// The witnesses' lines under the checkpoint of this size, by witness.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cosigned(&self, log_id: LogId, size: TreeSize) -> Result<Vec<CosignatureRow>, StoreError> {
        let sql = "SELECT size, witness, line FROM log_cosignature WHERE log_id = $1 AND size = $2 ORDER BY witness";
        let args = vec![Value::Int(log_id.0), int(size.get())];
        every(self.read(sql, args).await?, cosignature_row)
    }

    /// Cosignatures in the order of size and witness, a page after `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cosignatures_after(
        &self,
        log_id: LogId,
        after: Option<(TreeSize, &str)>,
        limit: u32,
    ) -> Result<Vec<CosignatureRow>, StoreError> {
        let sql = "SELECT size, witness, line FROM log_cosignature \
                   WHERE log_id = $1 AND (size, witness) > ($2, $3) ORDER BY size, witness LIMIT $4";
        let (size, witness) = after.map_or((-1, ""), |(size, witness)| {
            (i64::try_from(size.get()).unwrap_or(i64::MAX), witness)
        });
        let args = vec![
            Value::Int(log_id.0),
            Value::Int(size),
            Value::Text(witness.to_owned()),
            super::read_log::page(limit),
        ];
        every(self.read(sql, args).await?, cosignature_row)
    }

    /// The requests of an area in the order of caller and request id, a page after `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn requests_after(
        &self,
        area: AreaCode,
        after: Option<&RequestKey>,
        limit: u32,
    ) -> Result<Vec<RequestRow>, StoreError> {
        let sql = format!(
            "{REQUEST} WHERE area = $1 AND (caller, request_id) > ($2, $3) ORDER BY caller, request_id LIMIT $4"
        );
        let (caller, request_id) = after.map_or(("", ""), |key| (key.caller.as_str(), key.request_id.as_str()));
        let args = vec![
            Value::Text(area.to_string()),
            Value::Text(caller.to_owned()),
            Value::Text(request_id.to_owned()),
            super::read_log::page(limit),
        ];
        every(self.read(&sql, args).await?, request_row)
    }

    /// Which of these sizes a checkpoint was signed at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn signed_sizes(&self, log_id: LogId, sizes: &[TreeSize]) -> Result<Vec<TreeSize>, StoreError> {
        let sql = format!(
            "SELECT size FROM log_checkpoint WHERE log_id = $1 AND size {}",
            self.dialect().among(2)
        );
        let sizes = sizes
            .iter()
            .map(|size| i64::try_from(size.get()).unwrap_or(i64::MAX))
            .collect();
        let args = vec![Value::Int(log_id.0), Value::Ints(sizes)];
        every(self.read(&sql, args).await?, |row| tree_size(row, 0))
    }

    /// Which of these cases have a head.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cases_with_head(&self, area: AreaCode, case_ids: &[String]) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT case_id FROM case_head WHERE area = $1 AND case_id {}",
            self.dialect().among(2)
        );
        let args = vec![Value::Text(area.to_string()), Value::Texts(case_ids.to_vec())];
        every(self.read(&sql, args).await?, |row| row.text(0))
    }

    /// The records of a case in a log from `from` on, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn records_of_case(
        &self,
        area: AreaCode,
        case_id: &str,
        after: Option<(LogId, LogIndex)>,
        limit: u32,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let sql = format!(
            "{RECORD} WHERE area = $1 AND case_id = $2 AND (log_id, idx) > ($3, $4) ORDER BY log_id, idx LIMIT $5"
        );
        let (log_id, at) = after.map_or((Value::Int(0), Value::Int(-1)), |(log_id, at)| {
            (Value::Int(log_id.0), index(at))
        });
        let args = vec![
            Value::Text(area.to_string()),
            Value::Text(case_id.to_owned()),
            log_id,
            at,
            super::read_log::page(limit),
        ];
        every(self.read(&sql, args).await?, record_row)
    }

    /// With which keys the documents of a case are sealed, entry by entry.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sealed_of_case(&self, area: AreaCode, case_id: &str) -> Result<Vec<SealedDocument>, StoreError> {
        let sql = "SELECT r.kind, d.name, d.key_ref FROM record AS r \
                   JOIN document AS d ON d.log_id = r.log_id AND d.idx = r.idx \
                   WHERE r.area = $1 AND r.case_id = $2 AND d.key_ref IS NOT NULL ORDER BY r.log_id, r.idx, d.ordinal";
        let args = vec![Value::Text(area.to_string()), Value::Text(case_id.to_owned())];
        every(self.read(sql, args).await?, |row| {
            Ok(SealedDocument {
                kind: row.text(0)?,
                name: row.text(1)?,
                key_ref: row.text(2)?,
            })
        })
    }

    /// Data keys that two places of case heads name, in one case or in two.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys_named_twice(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT key_ref FROM (SELECT identity_key_ref AS key_ref FROM case_head \
                   UNION ALL SELECT content_key_ref AS key_ref FROM case_head) AS named \
                   GROUP BY key_ref HAVING count(*) > 1 ORDER BY key_ref";
        every(self.read(sql, Vec::new()).await?, |row| row.text(0))
    }

    /// How many spans of an area name a case without a head, or none of the case's own: the first such case.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn span_without_case(&self, area: AreaCode) -> Result<Option<String>, StoreError> {
        let sql = "SELECT s.case_id FROM person_span s WHERE s.area = $1 AND NOT EXISTS \
                   (SELECT 1 FROM case_head c WHERE c.area = s.area AND c.case_id = s.case_id) LIMIT 1";
        one(self.read(sql, vec![Value::Text(area.to_string())]).await?, |row| {
            row.text(0)
        })
    }
}

fn range(log_id: LogId, from: u64, to: u64) -> Vec<Value> {
    let to = to.min(from.saturating_add(RANGE_ROW_COUNT_MAX));
    vec![Value::Int(log_id.0), int(from), int(to)]
}

fn cosignature_row(row: &mut Row) -> Result<CosignatureRow, StoreError> {
    Ok(CosignatureRow {
        size: tree_size(row, 0)?,
        witness: row.text(1)?,
        line: row.text(2)?,
    })
}
