//! Reads of the log: logs, heads, entries, checkpoints, nodes for proofs.

use std::collections::{BTreeMap, BTreeSet};

use super::driver::Store;
use super::rows::{CheckpointRow, EntryRow, HeadRow, LogId, LogRow, TileRow};
use super::value::{Row, Value};
use super::{PAGE_ROW_COUNT_MAX, StoreError};
use crate::area::AreaCode;
use crate::log::merkle::{NodeId, node_hash};
use crate::log::{Hash, LogIndex, TreeSize};

/// Levels of the tree that one tile holds: C2SP tlog-tiles with height 8.
pub const TILE_HEIGHT: u8 = 8;

/// Hashes of a full tile.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

pub(super) const HEAD: &str = "SELECT size, compact, root, last_time_ms FROM log_head WHERE log_id = $1";
pub(super) const CHECKPOINT: &str = "SELECT size, root, note, signed_ms FROM log_checkpoint WHERE log_id = $1";

impl dyn Store {
    /// The open log of an area: the one with the greatest epoch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_of_area(&self, area: AreaCode) -> Result<Option<LogRow>, StoreError> {
        let sql = "SELECT log_id, origin, opened_ms FROM log WHERE area = $1 ORDER BY epoch DESC LIMIT 1";
        one(self.read(sql, vec![Value::Text(area.to_string())]).await?, log_row)
    }

    /// Every log of an area, the first epoch first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn logs_of_area(&self, area: AreaCode) -> Result<Vec<LogRow>, StoreError> {
        let sql = "SELECT log_id, origin, opened_ms FROM log WHERE area = $1 ORDER BY epoch";
        every(self.read(sql, vec![Value::Text(area.to_string())]).await?, log_row)
    }

    /// One log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log(&self, log_id: LogId) -> Result<Option<LogRow>, StoreError> {
        let sql = "SELECT log_id, origin, opened_ms FROM log WHERE log_id = $1";
        one(self.read(sql, vec![Value::Int(log_id.0)]).await?, log_row)
    }

    /// All logs after `after` in the order of their keys, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn logs(&self, after: Option<LogId>, limit: u32) -> Result<Vec<LogRow>, StoreError> {
        let sql = "SELECT log_id, origin, opened_ms FROM log WHERE log_id > $1 ORDER BY log_id LIMIT $2";
        let after = after.map_or(0, |log_id| log_id.0);
        every(self.read(sql, vec![Value::Int(after), page(limit)]).await?, log_row)
    }

    /// The end of a log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn head(&self, log_id: LogId) -> Result<Option<HeadRow>, StoreError> {
        one(self.read(HEAD, vec![Value::Int(log_id.0)]).await?, head_row)
    }

    /// The open logs of these areas with their heads; areas without a log are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_heads(&self, areas: &[AreaCode]) -> Result<Vec<(LogRow, HeadRow)>, StoreError> {
        let sql = format!(
            "SELECT l.log_id, l.origin, l.opened_ms, h.size, h.compact, h.root, h.last_time_ms \
             FROM log AS l JOIN log_head AS h ON h.log_id = l.log_id \
             WHERE l.area {} AND l.epoch = (SELECT max(epoch) FROM log WHERE area = l.area)",
            self.dialect().among(1)
        );
        let areas = areas.iter().map(ToString::to_string).collect();
        every(self.read(&sql, vec![Value::Texts(areas)]).await?, |row| {
            let corrupt = StoreError::Corrupt("a log has no head");
            let (log, head) = (row.part(3), row.part(4));
            Ok((
                log_row(&mut log.ok_or(corrupt.clone())?)?,
                head_row(&mut head.ok_or(corrupt)?)?,
            ))
        })
    }

    /// One entry.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entry(&self, log_id: LogId, index: LogIndex) -> Result<Option<EntryRow>, StoreError> {
        Ok(self
            .entries(log_id, index, 1)
            .await?
            .into_iter()
            .find(|entry| entry.index == index))
    }

    /// Entries from `from` on, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries(&self, log_id: LogId, from: LogIndex, limit: u32) -> Result<Vec<EntryRow>, StoreError> {
        let sql = "SELECT idx, entry, leaf_hash FROM log_entry WHERE log_id = $1 AND idx >= $2 ORDER BY idx LIMIT $3";
        every(
            self.read(sql, vec![Value::Int(log_id.0), index(from), page(limit)])
                .await?,
            entry_row,
        )
    }

    /// Entries of the calls of one trace, from `from` on, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_of_trace(
        &self,
        log_id: LogId,
        trace_id: &str,
        from: LogIndex,
        limit: u32,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let sql = "SELECT idx, entry, leaf_hash FROM log_entry WHERE log_id = $1 AND idx IN (SELECT idx FROM record_trace \
                   WHERE trace_id = $4 AND log_id = $1 AND idx >= $2) ORDER BY idx LIMIT $3";
        let args = vec![
            Value::Int(log_id.0),
            index(from),
            page(limit),
            Value::Text(trace_id.to_owned()),
        ];
        every(self.read(sql, args).await?, entry_row)
    }

    /// The newest checkpoint of a log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_checkpoint(&self, log_id: LogId) -> Result<Option<CheckpointRow>, StoreError> {
        let sql = format!("{CHECKPOINT} ORDER BY size DESC LIMIT 1");
        one(self.read(&sql, vec![Value::Int(log_id.0)]).await?, checkpoint_row)
    }

    /// The checkpoint that was signed at exactly this size.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn checkpoint_at(&self, log_id: LogId, size: TreeSize) -> Result<Option<CheckpointRow>, StoreError> {
        let sql = format!("{CHECKPOINT} AND size = $2");
        one(
            self.read(&sql, vec![Value::Int(log_id.0), int(size.get())]).await?,
            checkpoint_row,
        )
    }

    /// The smallest checkpoint of at least this size: the first that covers an index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn checkpoint_from(&self, log_id: LogId, size: TreeSize) -> Result<Option<CheckpointRow>, StoreError> {
        let sql = format!("{CHECKPOINT} AND size >= $2 ORDER BY size LIMIT 1");
        one(
            self.read(&sql, vec![Value::Int(log_id.0), int(size.get())]).await?,
            checkpoint_row,
        )
    }

    /// The full tiles of a level from `from` on, a page of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tiles(&self, log_id: LogId, level: u8, from: u64, limit: u32) -> Result<Vec<TileRow>, StoreError> {
        let sql = "SELECT level, n, hashes, root FROM log_tile \
                   WHERE log_id = $1 AND level = $2 AND n >= $3 ORDER BY n LIMIT $4";
        let args = vec![
            Value::Int(log_id.0),
            Value::Int(i64::from(level)),
            int(from),
            page(limit),
        ];
        every(self.read(sql, args).await?, tile_row)
    }

    /// The complete subtrees of a proof's plan, for `prove_inclusion`, `prove_consistency` and
    /// `root_of`. What is not stored is absent, and the proof says so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn nodes(&self, log_id: LogId, plan: &[NodeId]) -> Result<BTreeMap<NodeId, Hash>, StoreError> {
        let mut found = BTreeMap::new();
        for block in blocks(plan) {
            let (sql, args) = block.query(log_id);
            found.extend(block.nodes_of(self.read(sql, args).await?)?);
        }
        Ok(found)
    }
}

pub(super) const LEAVES: &str =
    "SELECT leaf_hash FROM log_entry WHERE log_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx";

/// The roots of the tiles one level below are the hashes of a tile.
pub(super) const TILE_ROOTS: &str =
    "SELECT root FROM log_tile WHERE log_id = $1 AND level = $2 - 1 AND n >= $3 AND n < $4 ORDER BY n";

/// Nodes that are read together, because the hashes below them stand in one tile.
pub(super) struct Block {
    level: i64,
    from: u64,
    to: u64,
    nodes: Vec<NodeId>,
}

impl Block {
    /// What reads its hashes.
    pub(super) fn query(&self, log_id: LogId) -> (&'static str, Vec<Value>) {
        let (log_id, from, to) = (Value::Int(log_id.0), int(self.from), int(self.to));
        if self.level == 0 {
            (LEAVES, vec![log_id, from, to])
        } else {
            (TILE_ROOTS, vec![log_id, Value::Int(self.level), from, to])
        }
    }

    /// Its nodes out of the rows; none where a hash is missing.
    pub(super) fn nodes_of(self, rows: Vec<Row>) -> Result<Vec<(NodeId, Hash)>, StoreError> {
        let hashes = every(rows, |row| hash(row, 0))?;
        if hashes.len() as u64 != self.to - self.from {
            return Ok(Vec::new());
        }
        let root = |node: NodeId| {
            let height = node.level % TILE_HEIGHT;
            let from = usize::try_from((node.index << height) - self.from).expect("a block is one tile wide");
            (node, subtree_root(&hashes[from..from + (1 << height)]))
        };
        Ok(self.nodes.iter().copied().map(root).collect())
    }
}

/// The hashes to read for these nodes, each tile once.
pub(super) fn blocks(plan: &[NodeId]) -> Vec<Block> {
    let mut tiles: BTreeMap<(u8, u64), Block> = BTreeMap::new();
    for node in plan.iter().copied().collect::<BTreeSet<NodeId>>() {
        let level = node.level / TILE_HEIGHT;
        let height = node.level % TILE_HEIGHT;
        let (from, to) = (node.index << height, (node.index + 1) << height);
        let block = tiles.entry((level, from / TILE_WIDTH)).or_insert_with(|| Block {
            level: i64::from(level),
            from,
            to,
            nodes: Vec::new(),
        });
        block.from = block.from.min(from);
        block.to = block.to.max(to);
        block.nodes.push(node);
    }
    tiles.into_values().collect()
}

/// The root of a complete subtree over these hashes; their number is a power of two.
fn subtree_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&subtree_root(left), &subtree_root(right))
        }
    }
}

pub(super) fn log_row(row: &mut Row) -> Result<LogRow, StoreError> {
    Ok(LogRow {
        log_id: LogId(row.int(0)?),
        origin: row.parse(1)?,
        opened_ms: row.int(2)?,
    })
}

pub(super) fn head_row(row: &mut Row) -> Result<HeadRow, StoreError> {
    Ok(HeadRow {
        size: tree_size(row, 0)?,
        compact: row.bytes(1)?,
        root: hash(row, 2)?,
        last_time_ms: row.int(3)?,
    })
}

pub(super) fn entry_row(row: &mut Row) -> Result<EntryRow, StoreError> {
    Ok(EntryRow {
        index: log_index(row, 0)?,
        entry: row.bytes(1)?,
        leaf_hash: hash(row, 2)?,
    })
}

pub(super) fn checkpoint_row(row: &mut Row) -> Result<CheckpointRow, StoreError> {
    Ok(CheckpointRow {
        size: tree_size(row, 0)?,
        root: hash(row, 1)?,
        note: row.text(2)?,
        signed_ms: row.int(3)?,
    })
}

fn tile_row(row: &mut Row) -> Result<TileRow, StoreError> {
    let level = u8::try_from(row.int(0)?).map_err(|_| StoreError::Corrupt("a tile level is out of range"))?;
    Ok(TileRow {
        level,
        n: count(row, 1)?,
        hashes: row.bytes(2)?,
        root: hash(row, 3)?,
    })
}

/// Reads the one row that there may be.
pub(super) fn one<T>(
    rows: Vec<Row>,
    read: impl Fn(&mut Row) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    rows.into_iter().next().map(|mut row| read(&mut row)).transpose()
}

/// Reads all rows.
pub(super) fn every<T>(rows: Vec<Row>, read: impl Fn(&mut Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(|mut row| read(&mut row)).collect()
}

/// A page is never larger than the store's limit.
pub(super) fn page(limit: u32) -> Value {
    Value::Int(i64::from(limit.min(PAGE_ROW_COUNT_MAX)))
}

/// A position or count; all of them are far below 2^63 (`POSITION_MAX`).
pub(super) fn int(value: u64) -> Value {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(super) fn index(index: LogIndex) -> Value {
    int(index.get())
}

pub(super) fn count(row: &mut Row, at: usize) -> Result<u64, StoreError> {
    u64::try_from(row.int(at)?).map_err(|_| StoreError::Corrupt("a count is negative"))
}

pub(super) fn log_index(row: &mut Row, at: usize) -> Result<LogIndex, StoreError> {
    LogIndex::new(count(row, at)?).map_err(|_| StoreError::Corrupt("an index is out of range"))
}

pub(super) fn tree_size(row: &mut Row, at: usize) -> Result<TreeSize, StoreError> {
    TreeSize::new(count(row, at)?).map_err(|_| StoreError::Corrupt("a size is out of range"))
}

pub(super) fn hash(row: &mut Row, at: usize) -> Result<Hash, StoreError> {
    Hash::from_slice(&row.bytes(at)?).map_err(|_| StoreError::Corrupt("a hash has another length than 32 bytes"))
}
