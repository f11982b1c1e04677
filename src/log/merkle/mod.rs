//! The Merkle tree of RFC 6962 and RFC 9162 over a log's entries.
//!
//! `compact` grows the tree, `prove` makes proofs from stored nodes, `verify` checks them exactly
//! as RFC 9162 says; `verify` shares no code with `prove`, so that one cannot excuse the other.

pub mod compact;
pub mod node;
pub mod prove;
pub mod verify;

#[cfg(test)]
mod tests;

pub use compact::{Appended, CompactTree, CompactTreeError};
pub use node::{HashReader, NodeId, empty_root, leaf_hash, leaf_hashes, node_hash, node_hashes};
pub use prove::{
    ProveError, consistency_nodes, inclusion_nodes, prove_consistency, prove_inclusion, root_nodes, root_of,
};
pub use verify::{ProofError, verify_consistency, verify_inclusion};

/// Most hashes of an inclusion proof: one a level of the largest tree.
pub const INCLUSION_PROOF_COUNT_MAX: usize = 62;
