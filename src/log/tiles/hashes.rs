//! Tiles of hashes in memory: reading nodes from them, which ones a proof needs, which are new.

use std::collections::{BTreeMap, BTreeSet};

use super::path::{TILE_LEVEL_MAX, TileId};
use super::{TILE_HEIGHT, TILE_WIDTH};
use crate::log::merkle::{HashReader, NodeId, node_hashes};
use crate::log::{Hash, TreeSize};

/// Loaded tiles, full or partial, from which proofs are made.
#[derive(Clone, Debug, Default)]
pub struct Tiles(BTreeMap<TileId, Vec<Hash>>);

/// The stored bytes are not a tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tile of {0} bytes: 32 to 8192 bytes in whole hashes are wanted; run fsck")]
pub struct TilesError(pub usize);

impl Tiles {
    /// Adds a tile's hashes. A longer version of the same tile replaces a shorter one.
    ///
    /// # Errors
    /// [`TilesError`] unless there are 1 to 256 hashes.
    pub fn insert(&mut self, id: TileId, hashes: Vec<Hash>) -> Result<(), TilesError> {
        if hashes.is_empty() || hashes.len() > usize::from(TILE_WIDTH) {
            return Err(TilesError(hashes.len() * Hash::SIZE_BYTES));
        }
        let tile = self.0.entry(id).or_default();
        if tile.len() < hashes.len() {
            *tile = hashes;
        }
        Ok(())
    }

    /// Adds a tile from its stored or served bytes.
    ///
    /// # Errors
    /// [`TilesError`] unless they are 1 to 256 whole hashes.
    pub fn insert_bytes(&mut self, id: TileId, bytes: &[u8]) -> Result<(), TilesError> {
        let (chunks, rest) = bytes.as_chunks::<{ Hash::SIZE_BYTES }>();
        if !rest.is_empty() {
            return Err(TilesError(bytes.len()));
        }
        self.insert(id, chunks.iter().map(|chunk| Hash::from_bytes(*chunk)).collect())
    }

    /// A loaded tile.
    #[must_use]
    pub fn get(&self, id: TileId) -> Option<&[Hash]> {
        self.0.get(&id).map(Vec::as_slice)
    }
}

impl HashReader for Tiles {
    fn node(&self, node: NodeId) -> Option<Hash> {
        let height = node.level % TILE_HEIGHT;
        let tile = self.0.get(&TileId::holding(node))?;
        let in_tile = node.index % (1 << (TILE_HEIGHT - height));
        let from = usize::try_from(in_tile << height).ok()?;
        tile.get(from..from + (1 << height)).map(subtree_root)
    }
}

/// The root of a power of two of hashes.
fn subtree_root(hashes: &[Hash]) -> Hash {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = node_hashes(&level);
    }
    level[0]
}

/// The one hash of the level above that a full tile stands for.
#[must_use]
pub fn tile_root(full: &[Hash; TILE_WIDTH as usize]) -> Hash {
    subtree_root(full)
}

/// The tiles that hold these nodes, each once: what to load before a proof is made.
#[must_use]
pub fn tiles_of(nodes: &[NodeId]) -> BTreeSet<TileId> {
    nodes.iter().map(|node| TileId::holding(*node)).collect()
}

/// The tiles that are full at size `after` and were not at size `before`, lower levels first.
#[must_use]
pub fn completed_tiles(before: TreeSize, after: TreeSize) -> Vec<TileId> {
    let full = |size: TreeSize, level: u8| size.get() >> (u32::from(level + 1) * u32::from(TILE_HEIGHT)).min(63);
    (0..=TILE_LEVEL_MAX)
        .flat_map(|level| (full(before, level)..full(after, level)).map(move |n| TileId { level, n }))
        .collect()
}
