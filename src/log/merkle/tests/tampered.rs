//! Proofs that were changed are refused, and arbitrary ones never panic.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The trees of these tests: large enough for several levels and ragged edges.
const SIZE_MAX: u64 = 1_200;

fn flipped(hash: &Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::from_bytes)
}

#[test]
fn every_flipped_or_missing_or_additional_hash_is_refused_in_small_trees() {
    let full = Full::of_size(20);
    for n in 1..=20 {
        let root = full.root(n);
        for i in 0..n {
            let leaf = full.leaves[usize::try_from(i).expect("small")];
            let proof = prove_inclusion(&full.nodes, at(i), size(n)).expect("all nodes are there");
            let check = |proof: &[Hash]| verify_inclusion(&leaf, at(i), size(n), proof, &root);
            for place in 0..proof.len() {
                let mut bad = proof.clone();
                bad[place] = flipped(&proof[place], place);
                assert_eq!(check(&bad), Err(ProofError::Root), "{i} of {n}, hash {place}");
            }
            if let Some((_, shorter)) = proof.split_last() {
                assert!(check(shorter).is_err(), "{i} of {n}, one hash short");
            }
            let longer: Vec<Hash> = proof.iter().copied().chain([root]).collect();
            assert_eq!(check(&longer), Err(ProofError::Length), "{i} of {n}, one hash more");
            for other in (0..n).filter(|other| *other != i) {
                assert!(verify_inclusion(&leaf, at(other), size(n), &proof, &root).is_err());
            }
            assert_eq!(
                verify_inclusion(&leaf, at(n), size(n), &proof, &root),
                Err(ProofError::OutOfRange)
            );
        }
    }
}

#[test]
fn a_changed_history_has_no_consistency_proof() {
    let full = Full::of_size(20);
    for n in 1..=20 {
        for m in 1..n {
            let proof = prove_consistency(&full.nodes, size(m), size(n)).expect("all nodes are there");
            let (old, new) = (full.root(m), full.root(n));
            let check = |old: &Hash, new: &Hash, proof: &[Hash]| verify_consistency(size(m), old, size(n), new, proof);
            assert!(check(&flipped(&old, 3), &new, &proof).is_err(), "{m} to {n}");
            assert!(check(&old, &flipped(&new, 3), &proof).is_err(), "{m} to {n}");
            for place in 0..proof.len() {
                let mut bad = proof.clone();
                bad[place] = flipped(&proof[place], 9);
                assert!(check(&old, &new, &bad).is_err(), "{m} to {n}, hash {place}");
            }
            assert!(check(&old, &new, &proof[1..]).is_err(), "{m} to {n}, one hash short");
            let longer: Vec<Hash> = proof.iter().copied().chain([new]).collect();
            assert!(check(&old, &new, &longer).is_err(), "{m} to {n}, one hash more");
        }
    }
}

#[test]
fn the_empty_log_and_the_log_itself_need_no_hashes_but_the_right_roots() {
    let full = Full::of_size(5);
    let (empty, five) = (empty_root(), full.root(5));
    assert_eq!(verify_consistency(size(0), &empty, size(5), &five, &[]), Ok(()));
    assert_eq!(
        verify_consistency(size(0), &five, size(5), &five, &[]),
        Err(ProofError::OlderRoot)
    );
    assert_eq!(verify_consistency(size(5), &five, size(5), &five, &[]), Ok(()));
    assert_eq!(
        verify_consistency(size(5), &empty, size(5), &five, &[]),
        Err(ProofError::Root)
    );
    assert_eq!(
        verify_consistency(size(5), &five, size(5), &five, &[five]),
        Err(ProofError::Length)
    );
    assert_eq!(
        verify_consistency(size(5), &five, size(4), &five, &[]),
        Err(ProofError::Backwards)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn entries_of_large_trees_are_proved_and_changed_proofs_refused(
        n in 1..SIZE_MAX, i in 0..SIZE_MAX, m in 0..SIZE_MAX, place in any::<prop::sample::Index>(), bit in 0_usize..256,
    ) {
        let (i, m) = (i % n, m % (n + 1));
        let full = Full::of_size(n);
        let root = full.root(n);
        let leaf = full.leaves[usize::try_from(i).expect("small")];
        let proof = prove_inclusion(&full.nodes, at(i), size(n)).expect("all nodes are there");
        prop_assert_eq!(verify_inclusion(&leaf, at(i), size(n), &proof, &root), Ok(()));
        if !proof.is_empty() {
            let mut bad = proof.clone();
            let place = place.index(bad.len());
            bad[place] = flipped(&bad[place], bit);
            prop_assert!(verify_inclusion(&leaf, at(i), size(n), &bad, &root).is_err());
        }
        let proof = prove_consistency(&full.nodes, size(m), size(n)).expect("all nodes are there");
        prop_assert_eq!(verify_consistency(size(m), &full.root(m), size(n), &root, &proof), Ok(()));
    }

    #[test]
    fn arbitrary_proofs_never_panic(
        i in 0..POSITION, n in 0..=POSITION, m in 0..=POSITION, proof in vec(any_hash(), 0..70),
        leaf in any_hash(), root in any_hash(),
    ) {
        prop_assert!(verify_inclusion(&leaf, at(i), size(n), &proof, &root).is_err());
        let _ = verify_consistency(size(m), &leaf, size(n), &root, &proof);
    }

    #[test]
    fn plans_of_the_largest_trees_stay_small(i in 0..POSITION, n in 1..=POSITION, m in 0..=POSITION) {
        let (i, m) = (i % n, m % (n + 1));
        prop_assert!(inclusion_nodes(at(i), size(n)).expect("in range").len() <= 2 * INCLUSION_PROOF_COUNT_MAX);
        prop_assert!(consistency_nodes(size(m), size(n)).expect("in order").len() <= 2 * INCLUSION_PROOF_COUNT_MAX);
    }
}

/// The largest position of a log.
const POSITION: u64 = crate::log::ids::POSITION_MAX;
