//! Nodes for proofs come from entries and tiles, for every size up to and around full tiles.

use super::sample::{batch, log_row, size, write};
use super::{TestDatabase, on_both};
use crate::log::merkle::{
    CompactTree, consistency_nodes, inclusion_nodes, prove_consistency, prove_inclusion, root_nodes, root_of,
    verify_consistency, verify_inclusion,
};

on_both!(proofs_verify_at_the_edges_of_tiles);

const SIZES: [u64; 10] = [1, 2, 3, 255, 256, 257, 511, 512, 513, 1024];

async fn proofs_verify_at_the_edges_of_tiles(database: TestDatabase) {
    let store = database.store().await;
    let log_id = log_row().log_id;
    let whole = batch(CompactTree::empty(), 1024);
    write(&store, whole.clone()).await.expect("an empty database");
    let mut roots = Vec::new();
    for at in SIZES.map(size) {
        let nodes = store.nodes(log_id, &root_nodes(at)).await.expect("readable");
        let root = root_of(&nodes, at).expect("all nodes");
        assert_eq!(root, super::guards::tree_of(at.get()).root(), "size {at}");
        for entry in whole.entries.iter().filter(|entry| at.holds(entry.index)).step_by(97) {
            let plan = inclusion_nodes(entry.index, at).expect("in the tree");
            let nodes = store.nodes(log_id, &plan).await.expect("readable");
            let proof = prove_inclusion(&nodes, entry.index, at).expect("all nodes");
            verify_inclusion(&entry.leaf_hash, entry.index, at, &proof, &root).expect("a proof");
        }
        for (before, older) in &roots {
            let plan = consistency_nodes(*before, at).expect("in order");
            let nodes = store.nodes(log_id, &plan).await.expect("readable");
            let proof = prove_consistency(&nodes, *before, at).expect("all nodes");
            verify_consistency(*before, older, at, &root, &proof).expect("a proof");
        }
        roots.push((at, root));
    }
}
