//! The tiles that a batch fills: their hashes from the batch, and what is older from the database.

use crate::log::merkle::{Appended, HashReader, NodeId};
use crate::log::tiles::{TILE_HEIGHT, TILE_WIDTH, TileId, completed_tiles};
use crate::store::append::Append;
use crate::store::{LogId, StoreError, TileRow};

/// The rows of all tiles that are full after the batch and were not before.
pub(super) async fn full_tiles(
    append: &mut Append,
    log_id: LogId,
    tree: &Appended,
) -> Result<Vec<TileRow>, StoreError> {
    let mut rows = Vec::new();
    for tile in completed_tiles(tree.size_before(), tree.tree().size()) {
        rows.push(full_tile(append, log_id, tree, tile).await?);
    }
    Ok(rows)
}

async fn full_tile(
    append: &mut Append,
    log_id: LogId,
    tree: &Appended,
    TileId { level, n }: TileId,
) -> Result<TileRow, StoreError> {
    let width = u64::from(TILE_WIDTH);
    let (from, to) = (n * width, (n + 1) * width);
    let in_batch = |index: u64| {
        tree.node(NodeId {
            level: level * TILE_HEIGHT,
            index,
        })
    };
    // What the batch made stands at the right end of the tile; the rest was stored before.
    let made = (from..to).rev().map_while(in_batch).count() as u64;
    let mut hashes = match (level, to - made) {
        (_, older) if older == from => Vec::new(),
        (0, older) => append.leaf_hashes(log_id, from, older).await?,
        (_, older) => append.tile_roots(log_id, level, from, older).await?,
    };
    hashes.extend((to - made..to).filter_map(in_batch));
    let root = tree
        .node(NodeId {
            level: (level + 1) * TILE_HEIGHT,
            index: n,
        })
        .ok_or(StoreError::Corrupt("the root of a full tile is missing"))?;
    let hashes = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
    Ok(TileRow { level, n, hashes, root })
}
