//! Known answers and every small tree.

use super::*;

/// Every proof up to this size is made and checked; it holds all shapes up to two full levels.
const SIZE_MAX: u64 = 70;

#[test]
fn roots_of_the_known_entries_are_the_known_answers() {
    let entries = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let known = [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ];
    let mut tree = CompactTree::empty();
    let mut roots = vec![tree.root().to_string()];
    for entry in entries {
        tree.append(leaf_hash(&hex::decode(entry).expect("hex")), |_, _| {});
        roots.push(tree.root().to_string());
    }
    for (size, root) in known {
        assert_eq!(roots[size], root, "size {size}");
    }
}

#[test]
fn the_compact_tree_and_the_stored_nodes_give_the_defined_root_at_every_size() {
    let full = Full::of_size(300);
    let mut tree = CompactTree::empty();
    for n in 0..=300 {
        assert_eq!(tree.root(), full.root(n), "compact, size {n}");
        assert_eq!(root_of(&full.nodes, size(n)), Ok(full.root(n)), "stored, size {n}");
        let again = CompactTree::from_edge_bytes(size(n), &tree.edge_bytes());
        assert_eq!(again.as_ref(), Ok(&tree), "an edge reads back");
        if let Some(leaf) = full.leaves.get(usize::try_from(n).expect("small")) {
            tree.append(*leaf, |_, _| {});
        }
    }
}

#[test]
fn every_entry_of_every_small_tree_is_proved() {
    let full = Full::of_size(SIZE_MAX);
    for n in 1..=SIZE_MAX {
        let root = full.root(n);
        for i in 0..n {
            let proof = prove_inclusion(&full.nodes, at(i), size(n)).expect("all nodes are there");
            let leaf = full.leaves[usize::try_from(i).expect("small")];
            assert_eq!(
                verify_inclusion(&leaf, at(i), size(n), &proof, &root),
                Ok(()),
                "{i} of {n}"
            );
        }
        assert!(
            prove_inclusion(&full.nodes, at(n), size(n)).is_err(),
            "one past the end of {n}"
        );
    }
}

#[test]
fn every_small_tree_continues_every_smaller_one() {
    let full = Full::of_size(SIZE_MAX);
    for n in 0..=SIZE_MAX {
        for m in 0..=n {
            let proof = prove_consistency(&full.nodes, size(m), size(n)).expect("all nodes are there");
            let checked = verify_consistency(size(m), &full.root(m), size(n), &full.root(n), &proof);
            assert_eq!(checked, Ok(()), "{m} to {n}");
        }
    }
    assert!(prove_consistency(&full.nodes, size(2), size(1)).is_err());
}

#[test]
fn a_batch_proves_its_own_entries_without_reading_stored_nodes() {
    let full = Full::of_size(SIZE_MAX);
    for before in 0..=40 {
        let mut tree = CompactTree::empty();
        for leaf in &full.leaves[..before] {
            tree.append(*leaf, |_, _| {});
        }
        let mut batch = Appended::after(tree);
        for leaf in &full.leaves[before..] {
            batch.append(*leaf);
        }
        let n = batch.tree().size();
        for i in batch.size_before().get()..n.get() {
            let proof = prove_inclusion(&batch, at(i), n).expect("edge and batch suffice");
            assert_eq!(
                proof,
                prove_inclusion(&full.nodes, at(i), n).expect("all nodes are there")
            );
        }
    }
}

#[test]
fn an_edge_of_another_size_is_refused() {
    assert!(CompactTree::from_edge_bytes(size(3), &[0; 32]).is_err());
    assert!(CompactTree::from_edge_bytes(size(4), &[0; 33]).is_err());
    assert!(CompactTree::from_edge_bytes(size(0), &[]).is_ok());
}

#[test]
fn a_missing_node_is_named_and_never_guessed() {
    let mut full = Full::of_size(8);
    let gone = NodeId { level: 1, index: 1 };
    full.nodes.remove(&gone);
    assert_eq!(
        prove_inclusion(&full.nodes, at(0), size(8)),
        Err(ProveError::Missing(gone))
    );
    assert!(inclusion_nodes(at(0), size(8)).expect("in range").contains(&gone));
}
