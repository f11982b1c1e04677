//! Cosignatures: added when a witness gives one, read with the checkpoint they belong to.

use super::StoreError;
use super::driver::{Insert, Store};
use super::read_log::{every, int, one, page, tree_size};
use super::rows::{CosignatureRow, LogId};
use super::value::{Column, Row, Value};
use crate::log::TreeSize;

const COSIGNATURE: &str = "SELECT size, witness, line FROM log_cosignature WHERE log_id = $1";

impl dyn Store {
    /// Adds a cosignature; a second one of the same witness and size changes nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_cosignature(&self, log_id: LogId, row: &CosignatureRow) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let known = format!("{COSIGNATURE} AND size = $2 AND witness = $3");
        let args = vec![
            Value::Int(log_id.0),
            int(row.size.get()),
            Value::Text(row.witness.clone()),
        ];
        if !tx.read(&known, args).await?.is_empty() {
            return Ok(());
        }
        let size = i64::try_from(row.size.get()).unwrap_or(i64::MAX);
        let columns = vec![
            Column::Ints(vec![log_id.0]),
            Column::Ints(vec![size]),
            Column::Texts(vec![row.witness.clone()]),
            Column::Texts(vec![row.line.clone()]),
        ];
        let row = Insert::new("log_cosignature (log_id, size, witness, line)", columns);
        match tx.insert(vec![row]).await {
            Ok(()) => tx.commit().await,
            // Another replica was faster.
            Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The cosignatures of one checkpoint, by witness.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cosignatures_at(&self, log_id: LogId, size: TreeSize) -> Result<Vec<CosignatureRow>, StoreError> {
        let sql = format!("{COSIGNATURE} AND size = $2 ORDER BY witness");
        every(
            self.read(&sql, vec![Value::Int(log_id.0), int(size.get())]).await?,
            cosignature_row,
        )
    }

    /// The newest cosignatures of a log, the largest size first, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_cosignatures(&self, log_id: LogId, limit: u32) -> Result<Vec<CosignatureRow>, StoreError> {
        let sql = format!("{COSIGNATURE} ORDER BY size DESC, witness LIMIT $2");
        every(
            self.read(&sql, vec![Value::Int(log_id.0), page(limit)]).await?,
            cosignature_row,
        )
    }

    /// The largest size that a witness has cosigned; 0 for none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cosigned_size(&self, log_id: LogId, witness: &str) -> Result<TreeSize, StoreError> {
        let sql = "SELECT coalesce(max(size), 0) FROM log_cosignature WHERE log_id = $1 AND witness = $2";
        let args = vec![Value::Int(log_id.0), Value::Text(witness.to_owned())];
        let size = one(self.read(sql, args).await?, |row| tree_size(row, 0))?;
        Ok(size.unwrap_or(TreeSize::EMPTY))
    }
}

fn cosignature_row(row: &mut Row) -> Result<CosignatureRow, StoreError> {
    Ok(CosignatureRow {
        size: tree_size(row, 0)?,
        witness: row.text(1)?,
        line: row.text(2)?,
    })
}
