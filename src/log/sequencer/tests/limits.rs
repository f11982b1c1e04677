//! Limits: the queue, the size of an entry, the time to sign, the clock.

use std::sync::atomic::Ordering;

use super::super::{
    AppendError, BATCH_ITEM_COUNT_MAX, CLOCK_GAP_MAX_MS, ClockError, QUEUE_ITEM_COUNT_MAX, SIGN_MS_MAX,
};
use super::bench::{area, check_log, index, item, replica, verify};
use crate::canonical::Json;
use crate::log::record::EntryError;
use crate::store::Dialect;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    a_full_queue_refuses_and_drops_nothing,
    a_malformed_entry_is_refused_before_it_reaches_a_batch,
    a_signer_that_is_too_slow_commits_nothing,
    a_signer_that_is_slow_for_a_moment_is_asked_again_and_no_caller_hears_of_it,
    a_clock_that_is_not_believed_appends_nothing,
);

async fn a_full_queue_refuses_and_drops_nothing(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    replica.sequencer.append(item(0)).await.expect("appended");
    // Another process holds the head: the task waits with one batch, and the queue fills behind it.
    let log_id = store
        .log_of_area(area())
        .await
        .expect("readable")
        .expect("a log")
        .log_id;
    let other = database.store().await;
    let mut holder = other.append().await.expect("a transaction");
    holder.lock(log_id, area()).await.expect("the head");
    let room = u32::try_from(QUEUE_ITEM_COUNT_MAX + BATCH_ITEM_COUNT_MAX).expect("small");
    let calls: Vec<_> = (1..=room + 50)
        .map(|number| {
            let sequencer = replica.sequencer.clone();
            tokio::spawn(async move { sequencer.append(item(number)).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    drop(holder);
    let (mut appended, mut refused) = (0, 0);
    for call in calls {
        match call.await.expect("no panic") {
            Ok(answer) => {
                verify(area(), &answer);
                appended += 1;
            }
            Err(AppendError::QueueFull) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(
        refused >= 50 && appended >= QUEUE_ITEM_COUNT_MAX,
        "{appended} appended, {refused} refused"
    );
    assert_eq!(check_log(&store, area()).await.len(), 2 + appended);
}

async fn a_malformed_entry_is_refused_before_it_reaches_a_batch(database: TestDatabase) {
    let replica = replica(database.store().await);
    let mut lawless = item(1);
    lawless.law = None;
    let mut nameless = item(2);
    nameless.engine = String::new();
    let (lawless, nameless, good) = tokio::join!(
        replica.sequencer.append(lawless),
        replica.sequencer.append(nameless),
        replica.sequencer.append(item(3))
    );
    assert!(
        matches!(lawless, Err(AppendError::Entry(EntryError::NoLaw(_)))),
        "{lawless:?}"
    );
    assert!(
        matches!(nameless, Err(AppendError::Entry(EntryError::Member("engine")))),
        "{nameless:?}"
    );
    verify(area(), &good.expect("not its fault"));
}

async fn a_signer_that_is_too_slow_commits_nothing(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    replica.sequencer.append(item(1)).await.expect("appended");
    replica
        .keys
        .delay_ms
        .store(u32::try_from(SIGN_MS_MAX).expect("small") + 200, Ordering::SeqCst);
    assert!(matches!(
        replica.sequencer.append(item(2)).await,
        Err(AppendError::Signing)
    ));
    replica.keys.delay_ms.store(0, Ordering::SeqCst);
    assert_eq!(check_log(&store, area()).await.len(), 2);
    let answer = replica
        .sequencer
        .append(item(2))
        .await
        .expect("the signer is well again");
    assert_eq!(answer.index, index(2));
}

async fn a_signer_that_is_slow_for_a_moment_is_asked_again_and_no_caller_hears_of_it(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let delay_ms = &replica.keys.delay_ms;
    delay_ms.store(u32::try_from(SIGN_MS_MAX).expect("small") + 100, Ordering::SeqCst);
    let well_again = async {
        tokio::time::sleep(std::time::Duration::from_millis(SIGN_MS_MAX / 2)).await;
        delay_ms.store(0, Ordering::SeqCst);
    };
    let (answer, ()) = tokio::join!(replica.sequencer.append(item(1)), well_again);
    assert!(!answer.expect("appended by the second attempt").repeated);
    assert_eq!(check_log(&store, area()).await.len(), 2);
}

async fn a_clock_that_is_not_believed_appends_nothing(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let clock = &replica.clock.ahead_ms;
    let first = replica.sequencer.append(item(1)).await.expect("appended");
    clock.store(-10_000, Ordering::SeqCst);
    let behind = replica.sequencer.append(item(2)).await;
    clock.store(CLOCK_GAP_MAX_MS + 10_000, Ordering::SeqCst);
    let ahead = replica.sequencer.append(item(2)).await;
    let expected = match database.dialect {
        Dialect::Sqlite => (ClockError::WentBack, ClockError::Ahead),
        // PostgreSQL has a clock of its own to compare with.
        Dialect::Postgres => (ClockError::Differs, ClockError::Differs),
    };
    assert!(
        matches!(behind, Err(AppendError::Clock(error)) if error == expected.0),
        "{behind:?}"
    );
    assert!(
        matches!(ahead, Err(AppendError::Clock(error)) if error == expected.1),
        "{ahead:?}"
    );
    assert_eq!(check_log(&store, area()).await.len(), 2);
    let mut real_ms = 0;
    if database.dialect == Dialect::Sqlite {
        real_ms = CLOCK_GAP_MAX_MS + 10_000;
        replica.sequencer.confirm_clock();
        replica
            .sequencer
            .append(item(2))
            .await
            .expect("an operator vouched for the clock");
    }
    // A clock that is a little behind takes the time of the last entry.
    clock.store(real_ms - 3_000, Ordering::SeqCst);
    let last = replica.sequencer.append(item(3)).await.expect("within 5 s");
    let logged = |entry: &[u8]| {
        Json::parse(entry)
            .expect("JSON")
            .get("logged")
            .and_then(Json::as_integer)
    };
    assert!(logged(&last.entry) >= logged(&first.entry));
}
