//! Rows of accesses: written by themselves before a read is answered, and read for their proofs.

use super::StoreError;
use super::batch::access_rows;
use super::driver::Store;
use super::read_log::{count, every, hash, index, int, log_index, one, page};
use super::rows::{AccessPlace, AccessRow, LogId};
use super::value::{Row, Value};
use crate::area::AreaCode;
use crate::log::{Hash, LogIndex};

/// Where a list of accesses goes on: after this time and row.
pub type AccessCursor = (i64, Hash);

impl dyn Store {
    /// Writes rows of accesses, durable when this returns: one insert, however many rows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_accesses(&self, rows: &[AccessRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        tx.insert(vec![access_rows(rows)]).await?;
        tx.commit().await
    }

    /// The accesses to a case, oldest first, a page of them, each with its place where it has one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accesses_of_case(
        &self,
        area: AreaCode,
        case_id: &str,
        after: Option<AccessCursor>,
        limit: u32,
    ) -> Result<Vec<(AccessRow, Option<AccessPlace>)>, StoreError> {
        let sql = "SELECT a.leaf_hash, a.area, a.case_id, a.at_ms, a.content, p.log_id, p.idx, p.ordinal \
                   FROM access AS a LEFT JOIN access_place AS p ON p.leaf_hash = a.leaf_hash \
                   WHERE a.area = $1 AND a.case_id = $2 AND (a.at_ms, a.leaf_hash) > ($3, $4) \
                   ORDER BY a.at_ms, a.leaf_hash LIMIT $5";
        let (at_ms, leaf) = after.map_or((i64::MIN, Vec::new()), |(at_ms, leaf)| {
            (at_ms, leaf.as_bytes().to_vec())
        });
        let args = vec![
            Value::Text(area.to_string()),
            Value::Text(case_id.to_owned()),
            Value::Int(at_ms),
            Value::Bytes(leaf),
            page(limit),
        ];
        every(self.read(sql, args).await?, |row| {
            let access = access_row(row)?;
            let place = match row.maybe_int(5)? {
                None => None,
                Some(log_id) => Some(AccessPlace {
                    log_id: LogId(log_id),
                    index: log_index(row, 6)?,
                    ordinal: count(row, 7)?,
                }),
            };
            Ok((access, place))
        })
    }

    /// The areas that have accesses without a place in `from_ms..to_ms`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn areas_with_open_accesses(&self, from_ms: i64, to_ms: i64) -> Result<Vec<AreaCode>, StoreError> {
        let sql = format!("SELECT DISTINCT a.area FROM access AS a WHERE {OPEN} ORDER BY a.area");
        let args = vec![Value::Int(from_ms), Value::Int(to_ms)];
        every(self.read(&sql, args).await?, |row| row.parse(0))
    }

    /// The accesses of an area without a place in `from_ms..to_ms`, in the order of their tree, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_accesses(
        &self,
        area: AreaCode,
        from_ms: i64,
        to_ms: i64,
        limit: i64,
    ) -> Result<Vec<AccessRow>, StoreError> {
        let sql = format!(
            "SELECT a.leaf_hash, a.area, a.case_id, a.at_ms, a.content FROM access AS a \
             WHERE {OPEN} AND a.area = $3 ORDER BY a.at_ms, a.leaf_hash LIMIT $4"
        );
        let args = vec![
            Value::Int(from_ms),
            Value::Int(to_ms),
            Value::Text(area.to_string()),
            Value::Int(limit),
        ];
        every(self.read(&sql, args).await?, access_row)
    }

    /// The newest ACCESS entry of a log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_access_entry(&self, log_id: LogId) -> Result<Option<LogIndex>, StoreError> {
        let sql = "SELECT idx FROM access_place WHERE log_id = $1 ORDER BY idx DESC LIMIT 1";
        one(self.read(sql, vec![Value::Int(log_id.0)]).await?, |row| {
            log_index(row, 0)
        })
    }

    /// The leaves of an ACCESS entry's tree, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn access_leaves(&self, log_id: LogId, at: LogIndex) -> Result<Vec<Hash>, StoreError> {
        let sql = "SELECT leaf_hash FROM access_place WHERE log_id = $1 AND idx = $2 ORDER BY ordinal";
        every(self.read(sql, vec![Value::Int(log_id.0), index(at)]).await?, |row| {
            hash(row, 0)
        })
    }

    /// The rows under an ACCESS entry by their places, a page of them behind the place `after`: place and leaf hash,
    /// and the row where it is there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accesses_under(
        &self,
        log_id: LogId,
        at: LogIndex,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<(u64, Hash, Option<AccessRow>)>, StoreError> {
        let sql = "SELECT a.leaf_hash, a.area, a.case_id, a.at_ms, a.content, p.ordinal, p.leaf_hash \
                   FROM access_place AS p LEFT JOIN access AS a ON a.leaf_hash = p.leaf_hash \
                   WHERE p.log_id = $1 AND p.idx = $2 AND p.ordinal >= $3 ORDER BY p.ordinal LIMIT $4";
        let from = after.map_or(0, |after| after.saturating_add(1));
        let args = vec![Value::Int(log_id.0), index(at), int(from), page(limit)];
        every(self.read(sql, args).await?, |row| {
            let access = row.part(5).map(|mut access| access_row(&mut access)).transpose()?;
            Ok((count(row, 0)?, hash(row, 1)?, access))
        })
    }

    /// The entries of a log under which rows of accesses stand, ascending, a page of them behind `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_with_accesses(
        &self,
        log_id: LogId,
        after: Option<LogIndex>,
        limit: u32,
    ) -> Result<Vec<LogIndex>, StoreError> {
        let sql = "SELECT DISTINCT idx FROM access_place WHERE log_id = $1 AND idx >= $2 ORDER BY idx LIMIT $3";
        let from = after.map_or(0, |after| after.get().saturating_add(1));
        let args = vec![Value::Int(log_id.0), int(from), page(limit)];
        every(self.read(sql, args).await?, |row| log_index(row, 0))
    }
}

/// In the span of parameters 1 and 2, and under no ACCESS entry yet.
const OPEN: &str = "a.at_ms >= $1 AND a.at_ms < $2 \
                    AND NOT EXISTS (SELECT 1 FROM access_place AS p WHERE p.leaf_hash = a.leaf_hash)";

fn access_row(row: &mut Row) -> Result<AccessRow, StoreError> {
    Ok(AccessRow {
        leaf_hash: hash(row, 0)?,
        area: row.parse(1)?,
        case_id: row.text(2)?,
        at_ms: row.int(3)?,
        content: row.bytes(4)?,
    })
}
