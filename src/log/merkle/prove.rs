//! Proofs, made from stored complete subtrees (RFC 9162 sections 2.1.3.1 and 2.1.4.1).
//!
//! Each proof has a plan, the nodes it needs, so that a database is read once for all of them.

use super::super::{Hash, LogIndex, TreeSize};
use super::node::{HashReader, NodeId, complete_subtrees, empty_root, node_hash};

/// Why a proof could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The entry is not in a tree of that size.
    #[error("entry {index} is not in a log of size {size}: ask for a larger size")]
    OutOfRange {
        /// Index that was asked for.
        index: LogIndex,
        /// Size that was asked for.
        size: TreeSize,
    },
    /// The older size is larger than the newer one.
    #[error("size {first} is larger than {second}: give the older size first")]
    Backwards {
        /// The size given first.
        first: TreeSize,
        /// The size given second.
        second: TreeSize,
    },
    /// The reader lacks a node of the plan.
    #[error("the node at level {level}, position {index} is missing: load the nodes of the plan, or run fsck", level = .0.level, index = .0.index)]
    Missing(NodeId),
}

/// A range of entries whose root is one hash of a proof.
#[derive(Clone, Copy)]
struct Range {
    from: u64,
    to: u64,
}

impl Range {
    /// Splits at the largest power of two below the length, as MTH does.
    fn split(self) -> (Range, Range) {
        let half = 1_u64 << (self.to - self.from - 1).ilog2();
        let at = self.from + half;
        (
            Range {
                from: self.from,
                to: at,
            },
            Range { from: at, to: self.to },
        )
    }

    fn is_single(self) -> bool {
        self.to - self.from == 1
    }

    fn read(self, reader: &impl HashReader) -> Result<Hash, ProveError> {
        let mut root = None;
        for node in complete_subtrees(self.from, self.to).into_iter().rev() {
            let left = reader.node(node).ok_or(ProveError::Missing(node))?;
            root = Some(match root {
                None => left,
                Some(right) => node_hash(&left, &right),
            });
        }
        Ok(root.unwrap_or_else(empty_root))
    }
}

/// PATH(index, size): the siblings from the leaf to the root.
fn inclusion_ranges(index: LogIndex, size: TreeSize) -> Result<Vec<Range>, ProveError> {
    if !size.holds(index) {
        return Err(ProveError::OutOfRange { index, size });
    }
    let mut siblings = Vec::new();
    let mut at = Range {
        from: 0,
        to: size.get(),
    };
    while !at.is_single() {
        let (left, right) = at.split();
        let (inside, sibling) = if index.get() < left.to {
            (left, right)
        } else {
            (right, left)
        };
        siblings.push(sibling);
        at = inside;
    }
    siblings.reverse();
    Ok(siblings)
}

/// PROOF(first, second): SUBPROOF of RFC 9162 2.1.4.1, from the bottom to the root.
fn consistency_ranges(first: TreeSize, second: TreeSize) -> Result<Vec<Range>, ProveError> {
    if first > second {
        return Err(ProveError::Backwards { first, second });
    }
    let mut parts = Vec::new();
    // Nothing is needed to show that a log continues the empty one or itself.
    if first == TreeSize::EMPTY || first == second {
        return Ok(parts);
    }
    let mut at = Range {
        from: 0,
        to: second.get(),
    };
    while at.to != first.get() {
        let (left, right) = at.split();
        let (inside, other) = if first.get() <= left.to {
            (left, right)
        } else {
            (right, left)
        };
        parts.push(other);
        at = inside;
    }
    // Down the left edge only, the old root is known to the verifier and is left out.
    if at.from != 0 {
        parts.push(at);
    }
    parts.reverse();
    Ok(parts)
}

fn nodes_of(ranges: &[Range]) -> Vec<NodeId> {
    ranges.iter().flat_map(|r| complete_subtrees(r.from, r.to)).collect()
}

/// The nodes that [`prove_inclusion`] reads.
///
/// # Errors
/// [`ProveError::OutOfRange`] if the tree of that size does not hold the entry.
pub fn inclusion_nodes(index: LogIndex, size: TreeSize) -> Result<Vec<NodeId>, ProveError> {
    Ok(nodes_of(&inclusion_ranges(index, size)?))
}

/// The siblings that show that entry `index` is in the tree of size `size`, leaf-first.
///
/// # Errors
/// [`ProveError::OutOfRange`], or [`ProveError::Missing`] if the reader lacks a node.
pub fn prove_inclusion(reader: &impl HashReader, index: LogIndex, size: TreeSize) -> Result<Vec<Hash>, ProveError> {
    inclusion_ranges(index, size)?
        .into_iter()
        .map(|range| range.read(reader))
        .collect()
}

/// The nodes that [`prove_consistency`] reads.
///
/// # Errors
/// [`ProveError::Backwards`] if `first` is the larger one.
pub fn consistency_nodes(first: TreeSize, second: TreeSize) -> Result<Vec<NodeId>, ProveError> {
    Ok(nodes_of(&consistency_ranges(first, second)?))
}

/// The hashes that show that the tree of size `second` continues the tree of size `first`.
///
/// # Errors
/// [`ProveError::Backwards`], or [`ProveError::Missing`] if the reader lacks a node.
pub fn prove_consistency(reader: &impl HashReader, first: TreeSize, second: TreeSize) -> Result<Vec<Hash>, ProveError> {
    consistency_ranges(first, second)?
        .into_iter()
        .map(|range| range.read(reader))
        .collect()
}

/// The nodes that [`root_of`] reads: the right edge of the tree of that size, leftmost first.
#[must_use]
pub fn root_nodes(size: TreeSize) -> Vec<NodeId> {
    complete_subtrees(0, size.get())
}

/// The root of the tree of that size.
///
/// # Errors
/// [`ProveError::Missing`] if the reader lacks a node.
pub fn root_of(reader: &impl HashReader, size: TreeSize) -> Result<Hash, ProveError> {
    Range {
        from: 0,
        to: size.get(),
    }
    .read(reader)
}
