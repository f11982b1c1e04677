//! Sizes at which tiles fill: 255, 256, 257, 512 entries, and the level above at 65,536.

use super::bench::{area, check_log, item, replica, verify};
use crate::store::conformance::{TestDatabase, on_both};

on_both!(tiles_fill_at_their_edges_whatever_the_batches);

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
