//! Tests of the tree: known answers, every small tree, random large ones, and independent crates.

mod oracle;
mod small;
mod tampered;

use std::collections::BTreeMap;

use super::*;
use crate::log::{Hash, LogIndex, TreeSize};

/// A tree with all of its nodes in memory.
pub(super) struct Full {
    pub leaves: Vec<Hash>,
    pub nodes: BTreeMap<NodeId, Hash>,
}

impl Full {
    /// Entry `i` is the decimal text of `i`.
    pub fn of_size(size: u64) -> Full {
        let mut tree = CompactTree::empty();
        let mut full = Full {
            leaves: Vec::new(),
            nodes: BTreeMap::new(),
        };
        for i in 0..size {
            let leaf = leaf_hash(i.to_string().as_bytes());
            full.leaves.push(leaf);
            tree.append(leaf, |node, hash| {
                full.nodes.insert(node, hash);
            });
        }
        full
    }

    /// MTH as its definition reads, sharing nothing with the code under test.
    pub fn root(&self, size: u64) -> Hash {
        fn mth(leaves: &[Hash]) -> Hash {
            match leaves.len() {
                0 => empty_root(),
                1 => leaves[0],
                n => {
                    let k = n.next_power_of_two() / 2;
                    node_hash(&mth(&leaves[..k]), &mth(&leaves[k..]))
                }
            }
        }
        mth(&self.leaves[..usize::try_from(size).expect("small")])
    }
}

pub(super) fn at(index: u64) -> LogIndex {
    LogIndex::new(index).expect("small")
}

pub(super) fn size(size: u64) -> TreeSize {
    TreeSize::new(size).expect("small")
}
