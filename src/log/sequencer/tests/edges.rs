//! Sizes at which tiles fill: 255, 256, 257, 512 entries, and the level above at 65,536.

use super::bench::{area, check_log, item, replica, sign, verify};
use crate::log::Hash;
use crate::log::merkle::{CompactTree, root_nodes, root_of};
use crate::store::conformance::sample::{batch, log_row, size, write};
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    tiles_fill_at_their_edges_whatever_the_batches,
    the_level_above_fills_at_65536_entries,
);

async fn tiles_fill_at_their_edges_whatever_the_batches(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let mut number = 0;
    // With the EPOCH entry: 1, 255, 256, 257, 511, 513 and 800 entries.
    for upto in [254, 255, 256, 510, 512, 799] {
        let calls = (number..upto).map(|number| replica.sequencer.append(item(number)));
        for answer in futures::future::join_all(calls).await {
            verify(area(), &answer.expect("appended"));
        }
        number = upto;
        assert_eq!(check_log(&store, area()).await.len(), number as usize + 1);
    }
    for number in [0, 253, 254, 255, 511, 798] {
        verify(
            area(),
            &replica
                .sequencer
                .append(item(number))
                .await
                .expect("the first answer again"),
        );
    }
}

async fn the_level_above_fills_at_65536_entries(database: TestDatabase) {
    let store = database.store().await;
    let log_id = log_row().log_id;
    let mut before = batch(CompactTree::empty(), 65_400);
    before.checkpoint.note = sign(before.checkpoint.size, before.checkpoint.root);
    write(&store, before).await.expect("an empty database");
    let replica = replica(store.clone());
    // The entries before carry a time long past.
    replica.sequencer.confirm_clock();
    // To 65,535, to 65,536, to 65,537 entries.
    for numbers in [1_000_000..1_000_135, 1_000_135..1_000_136, 1_000_136..1_000_137] {
        let calls = numbers.map(|number| replica.sequencer.append(item(number)));
        for answer in futures::future::join_all(calls).await {
            verify(area(), &answer.expect("appended"));
        }
        let head = store.head(log_id).await.expect("readable").expect("a head");
        let nodes = store.nodes(log_id, &root_nodes(head.size)).await.expect("readable");
        assert_eq!(root_of(&nodes, head.size), Ok(head.root), "size {}", head.size);
        let above = store.tiles(log_id, 1, 0, 10).await.expect("readable");
        assert_eq!(
            above.len(),
            usize::from(head.size >= size(65_536)),
            "size {}",
            head.size
        );
    }
    let above = store.tiles(log_id, 1, 0, 10).await.expect("readable").remove(0);
    let below = store.tiles(log_id, 0, 0, 1000).await.expect("readable");
    let roots: Vec<u8> = below.iter().flat_map(|tile| *tile.root.as_bytes()).collect();
    assert_eq!((below.len(), above.hashes), (256, roots));
    let nodes = store.nodes(log_id, &root_nodes(size(65_536))).await.expect("readable");
    assert_eq!(root_of(&nodes, size(65_536)), Ok::<Hash, _>(above.root));
    // Entries of the first and of the last tile, through tiles of both levels.
    for number in [1_000_000, 1_000_135, 1_000_136] {
        verify(
            area(),
            &replica
                .sequencer
                .append(item(number))
                .await
                .expect("the first answer again"),
        );
    }
}
