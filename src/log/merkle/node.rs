//! Leaves, nodes and where a node stands in the tree.

use std::collections::BTreeMap;

use super::super::Hash;
use super::super::hash::Parts;

/// Before an entry, so that no entry has the hash of a node.
const LEAF: [u8; 1] = [0x00];
/// Before two hashes.
const NODE: [u8; 1] = [0x01];

/// MTH({}): the root of a log without entries.
#[must_use]
pub fn empty_root() -> Hash {
    Hash::of(b"")
}

/// The hash of an entry: SHA-256(0x00 || entry).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash::of_parts(&[&LEAF, entry])
}

/// [`leaf_hash`] of each entry.
#[must_use]
pub fn leaf_hashes<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Vec<Hash> {
    let messages: Vec<Parts<'_>> = entries.into_iter().map(|entry| [&LEAF[..], entry, &[]]).collect();
    Hash::of_many(&messages)
}

/// The hash of two subtrees: SHA-256(0x01 || left || right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of_parts(&[&NODE, left.as_bytes(), right.as_bytes()])
}

/// [`node_hash`] of each pair of a level: the level above. A last one without its pair has none.
#[must_use]
pub fn node_hashes(level: &[Hash]) -> Vec<Hash> {
    let (pairs, _) = level.as_chunks::<2>();
    let messages: Vec<Parts<'_>> = pairs
        .iter()
        .map(|[left, right]| [&NODE[..], left.as_bytes(), right.as_bytes()])
        .collect();
    Hash::of_many(&messages)
}

/// A complete subtree: over the entries `index << level` up to `(index + 1) << level`.
///
/// Complete subtrees never change again, so they can be stored; every proof is made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// Height: 0 for a leaf.
    pub level: u8,
    /// Position among the nodes of the level, from 0.
    pub index: u64,
}

/// Where complete subtrees are read from. Pure: whoever reads a database loads first.
pub trait HashReader {
    /// The node's hash, if this reader has it.
    fn node(&self, node: NodeId) -> Option<Hash>;
}

/// Nodes in memory.
impl HashReader for BTreeMap<NodeId, Hash> {
    fn node(&self, node: NodeId) -> Option<Hash> {
        self.get(&node).copied()
    }
}

/// The entries `from..to` as complete subtrees from left to right.
///
/// RFC 9162 splits a range at the largest power of two below its length. For ranges that begin
/// on a multiple of that power, as all ranges of a proof do, this is the decomposition.
pub(super) fn complete_subtrees(from: u64, to: u64) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    let mut at = from;
    while at < to {
        let aligned = if at == 0 { u32::MAX } else { at.trailing_zeros() };
        let fits = (to - at).ilog2();
        let level = aligned.min(fits);
        nodes.push(NodeId {
            level: u8::try_from(level).expect("a level is below 64"),
            index: at >> level,
        });
        at += 1 << level;
    }
    nodes
}
