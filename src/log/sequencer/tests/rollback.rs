//! The rollback gate: a database that does not hold what was seen of a log is read-only until an operator decides.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::{AppendError, Ended, HighWater as _};
use super::bench::{Marks, Replica, area, check_log, guarded, index, item, replica, verify, verify_in_epoch};
use crate::canonical::Json;
use crate::log::checkpoint::Checkpoint;
use crate::store::conformance::{TestDatabase, on_both};
use crate::store::{LogId, Store};

on_both!(
    a_database_that_is_shorter_than_what_was_seen_is_read_only,
    a_database_of_the_same_size_with_another_root_is_read_only,
    a_longer_database_that_does_not_continue_what_was_seen_is_read_only,
    a_database_without_the_log_opens_no_second_first_epoch,
    what_another_replica_appended_is_proved_and_built_upon,
    a_mark_is_never_larger_than_the_database,
    a_mark_that_cannot_be_written_holds_up_the_next_append_and_no_answer,
    a_mark_that_says_another_history_of_the_same_size_makes_the_log_read_only,
    a_rolled_back_log_is_found_without_an_append,
    a_confirmed_fork_goes_on_in_an_epoch_that_names_both_heads,
    nothing_is_confirmed_where_nothing_was_rolled_back,
    a_database_from_before_the_last_epoch_is_read_only,
);

/// Appends the items of these numbers one after another.
async fn append(replica: &Replica, numbers: std::ops::Range<u32>) {
    for number in numbers {
        replica.sequencer.append(item(number)).await.expect("appended");
    }
}

/// Marks of a log with `count` items that stand in another database than the test's own.
async fn marks_of_another(count: u32) -> Arc<Marks> {
    let other = TestDatabase::sqlite().await;
    let marks = Arc::new(Marks::default());
    let replica = guarded(other.store().await, marks.clone());
    append(&replica, 0..count).await;
    replica.sequencer.close().await;
    marks
}

/// A database with `count` items of its own under marks of another history with `seen` items.
async fn against(database: &TestDatabase, seen: u32, count: u32) -> (Arc<dyn Store>, Replica) {
    let store = database.store().await;
    append(&replica(store.clone()), 0..count).await;
    (store.clone(), guarded(store, marks_of_another(seen).await))
}

async fn read_only(store: &Arc<dyn Store>, replica: &Replica, count: usize) {
    for number in [100, 101] {
        let refused = replica.sequencer.append(item(number)).await;
        assert!(matches!(refused, Err(AppendError::RolledBack)), "{refused:?}");
    }
    assert_eq!(replica.sequencer.rolled_back().len(), 1);
    assert_eq!(check_log(store, area()).await.len(), count + 1, "nothing was written");
}

async fn a_database_that_is_shorter_than_what_was_seen_is_read_only(database: TestDatabase) {
    let (store, replica) = against(&database, 5, 3).await;
    read_only(&store, &replica, 3).await;
    let rolled_back = replica.sequencer.rolled_back().remove(0);
    assert_eq!(rolled_back.seen.size.get(), 6);
    assert_eq!(rolled_back.found.expect("a log").size.get(), 4);
}

async fn a_database_of_the_same_size_with_another_root_is_read_only(database: TestDatabase) {
    let (store, replica) = against(&database, 3, 3).await;
    read_only(&store, &replica, 3).await;
}

async fn a_longer_database_that_does_not_continue_what_was_seen_is_read_only(database: TestDatabase) {
    let (store, replica) = against(&database, 3, 7).await;
    read_only(&store, &replica, 7).await;
}

async fn a_database_without_the_log_opens_no_second_first_epoch(database: TestDatabase) {
    let store = database.store().await;
    let replica = guarded(store.clone(), marks_of_another(2).await);
    let refused = replica.sequencer.append(item(1)).await;
    assert!(matches!(refused, Err(AppendError::RolledBack)), "{refused:?}");
    assert!(store.logs(None, 10).await.expect("readable").is_empty());
    let mut elsewhere = item(2);
    elsewhere.request.area = "340322".parse().expect("an area");
    replica
        .sequencer
        .append(elsewhere)
        .await
        .expect("another area has its first log");
}

async fn what_another_replica_appended_is_proved_and_built_upon(database: TestDatabase) {
    let store = database.store().await;
    let (one, two) = (
        guarded(store.clone(), Arc::new(Marks::default())),
        guarded(database.store().await, Arc::new(Marks::default())),
    );
    let mut number = 0;
    // Over the edges of tiles: each replica finds what the other left.
    for count in [1, 1, 3, 250, 2, 300, 1] {
        for replica in [&one, &two] {
            append(replica, number..number + count).await;
            number += count;
        }
    }
    assert_eq!(check_log(&store, area()).await.len(), number as usize + 1);
}

async fn a_mark_is_never_larger_than_the_database(database: TestDatabase) {
    let store = database.store().await;
    let marks = Arc::new(Marks::default());
    let replica = guarded(store.clone(), marks.clone());
    for number in 0..20 {
        let answer = replica.sequencer.append(item(number)).await.expect("appended");
        let mark = marks.marks().remove(0);
        assert_eq!(mark.checkpoint.size, answer.first_size, "what is answered is covered");
        let head = store.head(answer.log_id).await.expect("readable").expect("a head");
        assert_eq!(head.root, mark.checkpoint.root);
    }
    // A process that starts anew with the marks goes on.
    append(&guarded(store, marks), 20..25).await;
}

async fn a_mark_that_cannot_be_written_holds_up_the_next_append_and_no_answer(database: TestDatabase) {
    let marks = Arc::new(Marks::default());
    let replica = guarded(database.store().await, marks.clone());
    append(&replica, 0..1).await;
    marks.disk_full.store(true, Ordering::SeqCst);
    let durable = replica
        .sequencer
        .append(item(1))
        .await
        .expect("it stands in the database");
    verify(area(), &durable);
    let refused = replica.sequencer.append(item(2)).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
    marks.disk_full.store(false, Ordering::SeqCst);
    let answer = replica.sequencer.append(item(2)).await.expect("there is room again");
    assert_eq!(answer.index, index(3), "the refused attempt wrote nothing");
    assert_eq!(marks.marks()[0].checkpoint.size, answer.first_size);
}

async fn a_mark_that_says_another_history_of_the_same_size_makes_the_log_read_only(database: TestDatabase) {
    let (other, marks) = (TestDatabase::sqlite().await, Arc::new(Marks::default()));
    let store = database.store().await;
    let first = guarded(other.store().await, marks.clone());
    let second = guarded(store.clone(), marks.clone());
    append(&first, 0..1).await;
    let seen = marks.marks().remove(0);
    append(&second, 1..2).await;
    assert_eq!(
        second.sequencer.rolled_back().len(),
        1,
        "found where the mark was to be raised"
    );
    read_only(&store, &second, 1).await;
    assert_eq!(marks.marks(), [seen], "what was seen first stays");
}

async fn a_rolled_back_log_is_found_without_an_append(database: TestDatabase) {
    let (_, replica) = against(&database, 5, 3).await;
    assert!(replica.sequencer.rolled_back().is_empty(), "nobody looked yet");
    replica.sequencer.compare_with_marks().await.expect("readable");
    assert_eq!(replica.sequencer.rolled_back().len(), 1);
}

async fn a_confirmed_fork_goes_on_in_an_epoch_that_names_both_heads(database: TestDatabase) {
    let (store, replica) = against(&database, 5, 3).await;
    let another = super::bench::replica(database.store().await);
    append(&another, 3..4).await;
    let opened = replica
        .sequencer
        .open_next_epoch(area())
        .await
        .expect("opened")
        .expect("a fork");
    assert_eq!(opened.log.origin.to_string(), "doudi.example/340321/2");
    let Ended::Forked(seen) = &opened.after.ended else {
        panic!("another end")
    };
    assert_eq!((opened.after.previous.size.get(), seen.size.get()), (5, 6));

    let entry = store
        .entry(opened.log.log_id, index(0))
        .await
        .expect("readable")
        .expect("the EPOCH entry");
    let kind = Json::parse_canonical(&entry.entry).expect("canonical");
    assert_eq!(kind.get("kind"), Some(&Json::from("EPOCH")));
    let stored = store
        .documents(opened.log.log_id, index(0))
        .await
        .expect("readable")
        .remove(0);
    let body = Json::parse_canonical(&stored.bytes[32..]).expect("canonical after the salt");
    for (name, head) in [("previous", &opened.after.previous), ("seen", seen)] {
        let named = body.get(name).expect("it is named");
        assert_eq!(named.get("origin"), Some(&Json::from("doudi.example/340321/1")));
        assert_eq!(
            named.get("size").and_then(Json::as_integer),
            Some(i128::from(head.size.get()))
        );
        assert_eq!(
            named.get("root"),
            Some(&Json::from(head.root.expect("it was seen").to_string()))
        );
    }

    for (at, replica) in [(1, &replica), (2, &another)] {
        let number = 200 + u32::try_from(at).expect("small");
        let answer = replica
            .sequencer
            .append(item(number))
            .await
            .expect("the new epoch takes entries");
        assert_eq!((answer.log_id, answer.index), (opened.log.log_id, index(at)));
        verify_in_epoch(area(), 2, &answer);
    }
    let first = replica
        .sequencer
        .append(item(1))
        .await
        .expect("answered from the old epoch");
    assert!(first.repeated);
    verify(area(), &first);
    let again = replica.sequencer.open_next_epoch(area()).await.expect("looked");
    assert!(again.is_none(), "the fork was confirmed already");
    let old = store
        .head(LogId::of(&opened.after.previous.origin))
        .await
        .expect("readable")
        .expect("a head");
    assert_eq!(Some(old.root), opened.after.previous.root, "the old log is as it was");
}

async fn nothing_is_confirmed_where_nothing_was_rolled_back(database: TestDatabase) {
    let store = database.store().await;
    let replica = guarded(store.clone(), Arc::new(Marks::default()));
    append(&replica, 0..3).await;
    assert!(
        replica
            .sequencer
            .open_next_epoch(area())
            .await
            .expect("looked")
            .is_none()
    );
    assert_eq!(store.logs(None, 10).await.expect("readable").len(), 1);
}

async fn a_database_from_before_the_last_epoch_is_read_only(database: TestDatabase) {
    let store = database.store().await;
    append(&replica(store.clone()), 0..3).await;
    let head = store
        .head(LogId::of(&origin(1)))
        .await
        .expect("readable")
        .expect("a head");
    let seen = Checkpoint {
        origin: origin(2),
        size: head.size,
        root: head.root,
    };
    let replica = guarded(store.clone(), Marks::of(seen));
    read_only(&store, &replica, 3).await;
    let opened = replica
        .sequencer
        .open_next_epoch(area())
        .await
        .expect("opened")
        .expect("a fork");
    assert_eq!(
        opened.log.origin.epoch(),
        3,
        "an epoch that was seen is never opened again"
    );
}

fn origin(epoch: u32) -> crate::log::Origin {
    crate::log::Origin::new("doudi.example", area(), epoch).expect("an origin")
}
