//! Commits with an unknown outcome, damaged heads, and what is answered then.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::{ATTEMPT_COUNT_MAX, AppendError};
use super::bench::{FailingStore, Fault, area, case_item, check_log, item, replica, verify};
use crate::store::conformance::{As, TestDatabase, on_both};
use crate::store::{Dialect, Store};

on_both!(
    an_unknown_outcome_is_settled_by_reading_again,
    an_outcome_that_stays_unknown_is_said_to_be_unknown,
    a_flipped_bit_in_the_head_stops_the_log,
);

async fn an_unknown_outcome_is_settled_by_reading_again(database: TestDatabase) {
    let inner = database.store().await;
    replica(inner.clone())
        .sequencer
        .append(case_item(1, "case", 0))
        .await
        .expect("appended");
    for (number, fault) in [(10, Fault::Lost), (20, Fault::Kept)] {
        let failing = FailingStore::new(inner.clone(), fault, 2);
        let left = failing.left.clone();
        let replica = replica(Arc::new(failing));
        let version = u64::from(number / 10);
        let calls = (number..number + 5).map(|number| replica.sequencer.append(item(number)));
        let case = replica.sequencer.append(case_item(number + 5, "case", version));
        let (answers, case) = tokio::join!(futures::future::join_all(calls), case);
        for answer in answers.into_iter().chain([case]) {
            verify(area(), &answer.unwrap_or_else(|error| panic!("{fault:?}: {error}")));
        }
        assert_eq!(left.load(Ordering::SeqCst), 0, "the commits did fail");
    }
    assert_eq!(check_log(&inner, area()).await.len(), 2 + 6 + 6, "each item once");
}

async fn an_outcome_that_stays_unknown_is_said_to_be_unknown(database: TestDatabase) {
    let inner = database.store().await;
    let failing = FailingStore::new(inner.clone(), Fault::Lost, ATTEMPT_COUNT_MAX);
    let replica = replica(Arc::new(failing));
    assert!(matches!(
        replica.sequencer.append(item(1)).await,
        Err(AppendError::Unknown)
    ));
    let answer = replica
        .sequencer
        .append(item(1))
        .await
        .expect("the same request id, later");
    verify(area(), &answer);
    assert_eq!(check_log(&inner, area()).await.len(), 2);
}

async fn a_flipped_bit_in_the_head_stops_the_log(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    for number in 0..3 {
        replica.sequencer.append(item(number)).await.expect("appended");
    }
    let head = store
        .head(item_log(&store).await)
        .await
        .expect("readable")
        .expect("a head");
    let flip = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes[0] ^= 1;
        hex::encode(bytes)
    };
    let literal = |hex: String| match database.dialect {
        Dialect::Sqlite => format!("x'{hex}'"),
        Dialect::Postgres => format!("'\\x{hex}'"),
    };
    let whole = |column: &str, bytes: &[u8]| format!("{column} = {}", literal(hex::encode(bytes)));
    let (compact, root) = (head.compact.clone(), head.root.as_bytes().to_vec());
    let damages = [
        (
            format!("log_head SET compact = {}", literal(flip(&compact))),
            format!("log_head SET {}", whole("compact", &compact)),
        ),
        (
            format!("log_head SET root = {}", literal(flip(&root))),
            format!("log_head SET {}", whole("root", &root)),
        ),
        (
            "log_head SET size = 2".to_owned(),
            format!("log_head SET size = {}", head.size),
        ),
        (
            format!("log_checkpoint SET root = {} WHERE size = 4", literal(flip(&root))),
            format!("log_checkpoint SET {} WHERE size = 4", whole("root", &root)),
        ),
    ];
    // The owner of the database takes the seat-belts off first.
    let unlocked: &[&str] = match database.dialect {
        Dialect::Sqlite => &[
            "DROP TRIGGER log_head_only_grows",
            "DROP TRIGGER log_checkpoint_no_update",
        ],
        Dialect::Postgres => &[
            "ALTER TABLE log_head DISABLE TRIGGER USER",
            "ALTER TABLE log_checkpoint DISABLE TRIGGER USER",
        ],
    };
    for sql in unlocked {
        database.execute(As::Owner, sql).await.expect("the owner");
    }
    for (damage, repair) in damages {
        database
            .execute(As::Owner, &format!("UPDATE {damage}"))
            .await
            .expect("the owner");
        let refused = replica.sequencer.append(item(10)).await;
        assert!(matches!(refused, Err(AppendError::Corrupt(_))), "{damage}: {refused:?}");
        database
            .execute(As::Owner, &format!("UPDATE {repair}"))
            .await
            .expect("the owner");
    }
    replica.sequencer.append(item(10)).await.expect("repaired");
    assert_eq!(check_log(&store, area()).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_that_are_killed_under_load_lose_and_double_nothing() {
    let database = TestDatabase::postgres().await;
    let replicas = [replica(database.store().await), replica(database.store().await)];
    let calls: Vec<_> = (0..400_u32)
        .map(|number| {
            let sequencer = replicas[number as usize % 2].sequencer.clone();
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(u64::from(number))).await;
                // A caller does what the error text says: the same request id again.
                for _ in 0..20 {
                    match sequencer.append(item(number)).await {
                        Ok(answer) => return answer,
                        Err(AppendError::Unknown | AppendError::Unavailable(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                panic!("never answered");
            })
        })
        .collect();
    for _ in 0..12 {
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        database.execute(As::Owner, kill).await.expect("the owner");
        tokio::time::sleep(std::time::Duration::from_millis(35)).await;
    }
    for call in calls {
        verify(area(), &call.await.expect("answered"));
    }
    let entries = check_log(&database.store().await, area()).await;
    assert_eq!(entries.len(), 401, "each item once");
}

async fn item_log(store: &Arc<dyn Store>) -> crate::store::LogId {
    store
        .log_of_area(area())
        .await
        .expect("readable")
        .expect("a log")
        .log_id
}
