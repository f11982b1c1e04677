//! The right edge of a tree: all that is needed to append, at most 62 hashes.

use std::collections::BTreeMap;

use super::super::{Hash, LogIndex, TreeSize};
use super::node::{HashReader, NodeId, complete_subtrees, empty_root, node_hash};

/// A tree as the roots of its complete subtrees, the largest (leftmost) first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactTree {
    size: u64,
    edge: Vec<Hash>,
}

/// The stored edge does not belong to a tree of the stored size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored right edge has {actual} bytes where a tree of size {size} has {expected}: restore the log head")]
pub struct CompactTreeError {
    /// Size of the tree.
    pub size: TreeSize,
    /// Bytes that its edge must have.
    pub expected: usize,
    /// Bytes that were given.
    pub actual: usize,
}

impl CompactTree {
    /// The tree of a log without entries.
    #[must_use]
    pub fn empty() -> CompactTree {
        CompactTree {
            size: 0,
            edge: Vec::new(),
        }
    }

    /// Reads what [`CompactTree::edge_bytes`] wrote. Compare [`CompactTree::root`] with the stored
    /// root before appending.
    ///
    /// # Errors
    /// [`CompactTreeError`] if the number of hashes does not fit the size.
    pub fn from_edge_bytes(size: TreeSize, bytes: &[u8]) -> Result<CompactTree, CompactTreeError> {
        let expected = usize::try_from(size.get().count_ones()).expect("at most 64") * Hash::SIZE_BYTES;
        let (chunks, rest) = bytes.as_chunks::<{ Hash::SIZE_BYTES }>();
        if bytes.len() != expected || !rest.is_empty() {
            return Err(CompactTreeError {
                size,
                expected,
                actual: bytes.len(),
            });
        }
        Ok(CompactTree {
            size: size.get(),
            edge: chunks.iter().map(|chunk| Hash::from_bytes(*chunk)).collect(),
        })
    }

    /// The edge's hashes one after another, the leftmost first: what the log head stores.
    #[must_use]
    pub fn edge_bytes(&self) -> Vec<u8> {
        self.edge.iter().flat_map(|hash| *hash.as_bytes()).collect()
    }

    /// Number of entries.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        TreeSize::new(self.size).expect("append refuses to pass the largest size")
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut from_right = self.edge.iter().rev();
        match from_right.next() {
            None => empty_root(),
            Some(last) => from_right.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// The complete subtrees of the edge with their places.
    pub fn edge_nodes(&self) -> impl Iterator<Item = (NodeId, Hash)> + '_ {
        complete_subtrees(0, self.size)
            .into_iter()
            .zip(self.edge.iter().copied())
    }

    /// Appends a leaf and hands every complete subtree that it makes to `made`, the leaf first.
    ///
    /// # Panics
    /// At 2^62 entries, which no log reaches.
    pub fn append(&mut self, leaf: Hash, mut made: impl FnMut(NodeId, Hash)) -> LogIndex {
        let index = self.size().next_index();
        let mut node = NodeId {
            level: 0,
            index: index.get(),
        };
        let mut hash = leaf;
        made(node, hash);
        // A one bit of the old size is an edge node that the new leaf completes into a larger one.
        while node.index % 2 == 1 {
            let left = self
                .edge
                .pop()
                .expect("the edge holds a node for each one bit of the size");
            hash = node_hash(&left, &hash);
            node = NodeId {
                level: node.level + 1,
                index: node.index / 2,
            };
            made(node, hash);
        }
        self.edge.push(hash);
        self.size += 1;
        index
    }
}

/// A batch appended to a tree, with every node that proofs for its entries need.
///
/// The left siblings of a new entry are complete subtrees of the old edge or of the batch, so no
/// stored node is read.
#[derive(Clone, Debug)]
pub struct Appended {
    before: TreeSize,
    tree: CompactTree,
    nodes: BTreeMap<NodeId, Hash>,
}

impl Appended {
    /// Begins a batch after `tree`.
    #[must_use]
    pub fn after(tree: CompactTree) -> Appended {
        Appended {
            before: tree.size(),
            nodes: tree.edge_nodes().collect(),
            tree,
        }
    }

    /// Appends one leaf.
    pub fn append(&mut self, leaf: Hash) -> LogIndex {
        let nodes = &mut self.nodes;
        self.tree.append(leaf, |node, hash| {
            nodes.insert(node, hash);
        })
    }

    /// Size before the batch.
    #[must_use]
    pub fn size_before(&self) -> TreeSize {
        self.before
    }

    /// The tree with the batch.
    #[must_use]
    pub fn tree(&self) -> &CompactTree {
        &self.tree
    }
}

impl HashReader for Appended {
    fn node(&self, node: NodeId) -> Option<Hash> {
        self.nodes.node(node)
    }
}
