//! Verification exactly as RFC 9162 sections 2.1.3.2 and 2.1.4.2 say, step by step.

use super::super::{Hash, LogIndex, TreeSize};
use super::node::{empty_root, node_hash};

/// Why a proof does not prove what it is offered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is not below the size.
    #[error("the index is not below the tree size")]
    OutOfRange,
    /// The older size is larger than the newer one.
    #[error("the older tree size is larger than the newer one")]
    Backwards,
    /// The proof has too few or too many hashes for these sizes.
    #[error("the proof has the wrong number of hashes for these sizes")]
    Length,
    /// The hashes do not lead to the newer (or only) root.
    #[error("the proof does not lead to the root")]
    Root,
    /// The hashes do not lead to the older root.
    #[error("the proof does not lead to the older root")]
    OlderRoot,
}

/// Checks that the entry with hash `leaf` stands at `index` in the tree of `size` with `root`.
///
/// # Errors
/// [`ProofError`] says which check failed.
pub fn verify_inclusion(
    leaf: &Hash,
    index: LogIndex,
    size: TreeSize,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    // 1. Compare leaf_index with tree_size.
    if !size.holds(index) {
        return Err(ProofError::OutOfRange);
    }
    // 2, 3. fn = leaf_index, sn = tree_size - 1, r = hash.
    let (mut fn_, mut sn, mut r) = (index.get(), size.get() - 1, *leaf);
    // 4. For each value p in the inclusion_path array:
    for p in proof {
        // a. If sn is 0, fail.
        if sn == 0 {
            return Err(ProofError::Length);
        }
        // b. If LSB(fn) is set or fn equals sn:
        if fn_ & 1 == 1 || fn_ == sn {
            r = node_hash(p, &r);
            // If LSB(fn) is not set, shift until it is, or fn is 0.
            if fn_ & 1 == 0 {
                while fn_ & 1 == 0 && fn_ != 0 {
                    fn_ >>= 1;
                    sn >>= 1;
                }
            }
        } else {
            r = node_hash(&r, p);
        }
        // c. Right-shift both one time.
        fn_ >>= 1;
        sn >>= 1;
    }
    // 5. Compare sn to 0 and r against the root.
    if sn != 0 {
        return Err(ProofError::Length);
    }
    if r == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the tree of size `second` begins with all entries of the tree of size `first`.
///
/// Every log continues the empty one and itself: there the proof is empty, and the roots are
/// compared with the empty root or with each other.
///
/// # Errors
/// [`ProofError`] says which check failed.
pub fn verify_consistency(
    first: TreeSize,
    first_root: &Hash,
    second: TreeSize,
    second_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if first > second {
        return Err(ProofError::Backwards);
    }
    if first == second || first == TreeSize::EMPTY {
        return verify_without_path(first, first_root, second, second_root, proof);
    }
    // 1. An empty path fails.
    if proof.is_empty() {
        return Err(ProofError::Length);
    }
    // 2. If first is an exact power of two, prepend first_hash to the path.
    let mut path = proof.iter().copied();
    let seed = if first.get().is_power_of_two() {
        Some(*first_root)
    } else {
        path.next()
    };
    let seed = seed.ok_or(ProofError::Length)?;
    // 3, 4. fn = first - 1, sn = second - 1; while LSB(fn) is set, shift both.
    let (mut fn_, mut sn) = (first.get() - 1, second.get() - 1);
    while fn_ & 1 == 1 {
        fn_ >>= 1;
        sn >>= 1;
    }
    // 5. fr and sr begin as the first value.
    let (mut fr, mut sr) = (seed, seed);
    // 6. For each subsequent value c:
    for c in path {
        // a. If sn is 0, fail.
        if sn == 0 {
            return Err(ProofError::Length);
        }
        // b. If LSB(fn) is set or fn equals sn:
        if fn_ & 1 == 1 || fn_ == sn {
            fr = node_hash(&c, &fr);
            sr = node_hash(&c, &sr);
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            sr = node_hash(&sr, &c);
        }
        // c. Right-shift both one time.
        fn_ >>= 1;
        sn >>= 1;
    }
    // 7. fr is the first root, sr the second, and sn is 0.
    if sn != 0 {
        return Err(ProofError::Length);
    }
    if fr != *first_root {
        return Err(ProofError::OlderRoot);
    }
    if sr == *second_root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

fn verify_without_path(
    first: TreeSize,
    first_root: &Hash,
    second: TreeSize,
    second_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::Length);
    }
    if first == TreeSize::EMPTY && *first_root != empty_root() {
        return Err(ProofError::OlderRoot);
    }
    if first == second && first_root != second_root {
        return Err(ProofError::Root);
    }
    Ok(())
}
