//! The same trees through crates that others wrote: `tlog_tiles` and `ct-merkle`.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof};
use sha2::Sha256;

use super::*;

/// Every pair of sizes up to this one is compared.
const SIZE_MAX: u64 = 40;

struct Stored(Vec<tlog_tiles::Hash>);

impl tlog_tiles::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes
            .iter()
            .map(|i| self.0[usize::try_from(*i).expect("small")])
            .collect())
    }
}

fn theirs(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

fn ours(hashes: Vec<tlog_tiles::Hash>) -> Vec<Hash> {
    hashes.into_iter().map(|hash| Hash::from_bytes(hash.0)).collect()
}

fn stored(size: u64) -> Stored {
    let mut stored = Stored(Vec::new());
    for i in 0..size {
        let more = tlog_tiles::stored_hashes(i, i.to_string().as_bytes(), &stored).expect("all nodes are there");
        stored.0.extend(more);
    }
    stored
}

#[test]
fn tlog_tiles_makes_the_same_proofs_and_accepts_ours() {
    let (full, stored) = (Full::of_size(SIZE_MAX), stored(SIZE_MAX));
    for n in 1..=SIZE_MAX {
        let root = full.root(n);
        assert_eq!(tlog_tiles::tree_hash(n, &stored).expect("nodes").0, *root.as_bytes());
        for i in 0..n {
            let proof = prove_inclusion(&full.nodes, at(i), size(n)).expect("nodes");
            assert_eq!(ours(tlog_tiles::prove_record(n, i, &stored).expect("nodes")), proof);
            let leaf = theirs(&full.leaves[usize::try_from(i).expect("small")]);
            let proof = proof.iter().map(theirs).collect();
            tlog_tiles::check_record(&proof, n, theirs(&root), i, leaf).expect("our proof");
        }
        for m in 1..n {
            let proof = prove_consistency(&full.nodes, size(m), size(n)).expect("nodes");
            assert_eq!(ours(tlog_tiles::prove_tree(n, m, &stored).expect("nodes")), proof);
            let proof = proof.iter().map(theirs).collect();
            tlog_tiles::check_tree(&proof, n, theirs(&root), m, theirs(&full.root(m))).expect("our proof");
        }
    }
}

#[test]
fn ct_merkle_makes_the_same_proofs_and_accepts_ours() {
    let full = Full::of_size(SIZE_MAX);
    let mut tree = MemoryBackedTree::<Sha256, String>::new();
    let mut roots = Vec::new();
    for n in 1..=SIZE_MAX {
        tree.push((n - 1).to_string());
        roots.push(tree.root());
        assert_eq!(tree.root().as_bytes().as_slice(), full.root(n).as_bytes());
        for i in 0..n {
            let proof = prove_inclusion(&full.nodes, at(i), size(n)).expect("nodes");
            let bytes: Vec<u8> = proof.iter().flat_map(|hash| *hash.as_bytes()).collect();
            let index = usize::try_from(i).expect("small");
            assert_eq!(tree.prove_inclusion(index).as_bytes(), bytes);
            let theirs = InclusionProof::<Sha256>::try_from_bytes(bytes).expect("whole hashes");
            tree.root()
                .verify_inclusion(&i.to_string(), i, &theirs)
                .expect("our proof");
        }
        for m in 1..n {
            let proof = prove_consistency(&full.nodes, size(m), size(n)).expect("nodes");
            let bytes: Vec<u8> = proof.iter().flat_map(|hash| *hash.as_bytes()).collect();
            let additions = usize::try_from(n - m).expect("small");
            assert_eq!(tree.prove_consistency(additions).as_bytes(), bytes);
            let theirs = ConsistencyProof::<Sha256>::try_from_bytes(bytes).expect("whole hashes");
            let old = &roots[usize::try_from(m - 1).expect("small")];
            tree.root().verify_consistency(old, &theirs).expect("our proof");
        }
    }
}
