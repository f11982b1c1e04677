//! F2, F3 and F4: one pass over the leaf hashes, with the tree compared wherever something was stored of it.

use std::collections::BTreeMap;

use super::finding::{Findings, Level, Place};
use super::problem::Problem;
use crate::log::merkle::{CompactTree, NodeId};
use crate::log::tiles::{TILE_HEIGHT, TILE_WIDTH, TileId};
use crate::log::{Hash, TreeSize};
use crate::store::TileRow;

/// The head as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub size: TreeSize,
    /// Right edge of the tree.
    pub edge: Vec<u8>,
    /// Root of the tree.
    pub root: Hash,
}

/// A full tile of the tree that was computed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Computed {
    hashes: Vec<u8>,
    root: Hash,
}

/// The tree over the leaf hashes so far. Holds the right edge and one tile a level: the same for a hundred entries and
/// for a billion.
#[derive(Clone, Debug)]
pub struct TreeCheck {
    tree: CompactTree,
    /// The hashes of the tile that grows at each level.
    growing: Vec<Vec<u8>>,
    /// Full tiles that were not compared yet.
    full: BTreeMap<TileId, Computed>,
    /// The first entry that is missing and that nothing stood in for: from here nothing can be said.
    broken: Option<u64>,
    tiles: u64,
    checkpoints: u64,
}

impl Default for TreeCheck {
    fn default() -> Self {
        TreeCheck {
            tree: CompactTree::empty(),
            growing: Vec::new(),
            full: BTreeMap::new(),
            broken: None,
            tiles: 0,
            checkpoints: 0,
        }
    }
}

impl TreeCheck {
    /// Adds the next leaf. Without a hash, the tree ends here.
    pub fn leaf(&mut self, leaf: Option<Hash>) {
        if self.broken.is_some() {
            return;
        }
        let Some(leaf) = leaf else {
            self.broken = Some(self.tree.size().get());
            return;
        };
        let (growing, full) = (&mut self.growing, &mut self.full);
        self.tree.append(leaf, |node, hash| grow(growing, full, node, hash));
    }

    /// Number of leaves so far.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        self.tree.size()
    }

    /// Whether an entry was missing, and the tree could not go on.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// The tiles that became full and were not compared yet.
    #[must_use]
    pub fn waiting(&self) -> Vec<TileId> {
        self.full.keys().copied().collect()
    }

    /// Compares a tile that became full with what is stored of it.
    pub fn tile(&mut self, id: TileId, stored: Option<&TileRow>, found: &mut Findings) {
        let Some(computed) = self.full.remove(&id) else { return };
        self.tiles += 1;
        let place = Place::Tile(id);
        let Some(stored) = stored else {
            found.add(Level::Tiles, place, Problem::Missing);
            return;
        };
        let hashes = |bytes: &[u8]| bytes.chunks(Hash::SIZE_BYTES).map(<[u8]>::to_vec).collect::<Vec<_>>();
        if stored.hashes != computed.hashes {
            let (ours, theirs) = (hashes(&computed.hashes), hashes(&stored.hashes));
            let at = (0..ours.len())
                .find(|at| ours.get(*at) != theirs.get(*at))
                .unwrap_or(ours.len());
            let entry = (id.n * u64::from(TILE_WIDTH) + at as u64) << (u32::from(id.level) * u32::from(TILE_HEIGHT));
            found.add(Level::Tiles, place, Problem::TileHash { at, entry });
        } else if stored.root != computed.root {
            found.add(Level::Tiles, place, Problem::TileRoot);
        }
    }

    /// Compares a checkpoint's root with the tree, which must have just its size.
    pub fn checkpoint(&mut self, size: TreeSize, root: &Hash, found: &mut Findings) {
        self.checkpoints += 1;
        let place = Place::Checkpoint(size);
        if self.tree.size() != size {
            found.add(Level::Checkpoints, place, Problem::Unchecked);
        } else if self.tree.root() != *root {
            found.add(Level::Checkpoints, place, Problem::CheckpointRoot);
        }
    }

    /// Compares the head with the whole tree.
    pub fn head(&self, head: &Head, found: &mut Findings) {
        let mut problem = |problem| found.add(Level::Head, Place::Head, problem);
        if self.tree.size() != head.size {
            problem(Problem::HeadSize(head.size, self.tree.size()));
        } else if self.tree.root() != head.root {
            problem(Problem::HeadRoot);
        } else if self.tree.edge_bytes() != head.edge {
            problem(Problem::HeadEdge);
        }
    }

    /// The tree's root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Tiles and checkpoints that were compared.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.tiles, self.checkpoints)
    }
}

/// Adds a complete subtree's hash to the tile that holds it. The hash of a full tile stands first in the level above.
fn grow(growing: &mut Vec<Vec<u8>>, full: &mut BTreeMap<TileId, Computed>, node: NodeId, hash: Hash) {
    if !node.level.is_multiple_of(TILE_HEIGHT) {
        return;
    }
    let level = usize::from(node.level / TILE_HEIGHT);
    if let Some(below) = level.checked_sub(1) {
        let id = TileId {
            level: node.level / TILE_HEIGHT - 1,
            n: node.index,
        };
        let hashes = std::mem::take(&mut growing[below]);
        full.insert(id, Computed { hashes, root: hash });
    }
    if growing.len() <= level {
        growing.resize_with(level + 1, Vec::new);
    }
    growing[level].extend_from_slice(hash.as_bytes());
}
