//! Several logs that wait at once: one commit on SQLite, one a log on PostgreSQL, and one bad log fails alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::super::{Acknowledged, AppendError};
use super::bench::{FailingStore, Fault, Replica, check_log, item, replica, span_item, verify};
use crate::area::AreaCode;
use crate::store::append::Append;
use crate::store::conformance::{As, TestDatabase, on_both};
use crate::store::{Dialect, Store};

on_both!(
    logs_that_wait_share_a_commit_where_the_database_has_one_writer,
    a_damaged_log_fails_alone,
    an_unknown_outcome_is_settled_for_every_log,
    of_two_logs_that_grant_one_person_in_one_commit_the_first_wins,
    the_first_entries_of_several_areas_open_their_logs,
    a_log_that_is_refused_its_first_entry_is_not_opened,
);

const AREAS: [&str; 5] = ["340321", "340322", "340323", "340302", "340303"];

fn area(code: &str) -> AreaCode {
    code.parse().expect("an area")
}

fn item_of(code: &str, number: u32) -> super::super::Item {
    let mut item = item(number);
    item.request.area = area(code);
    item
}

/// A counting replica on `database`, whose commits fail as often as asked.
fn counting(store: Arc<dyn Store>, fault: Fault, left: u32) -> (Replica, Arc<AtomicU32>) {
    let failing = FailingStore::new(store, fault, left);
    let begun = failing.begun.clone();
    (replica(Arc::new(failing)), begun)
}

/// Holds the writer of a SQLite file, so that what is appended meanwhile waits together.
async fn held(store: &Arc<dyn Store>) -> Option<Append> {
    match store.dialect() {
        Dialect::Sqlite => Some(store.append().await.expect("a transaction")),
        Dialect::Postgres => None,
    }
}

/// Appends one item to each area while the writer is held, the first one some milliseconds before the others.
async fn append_together(
    database: &TestDatabase,
    replica: &Replica,
    number: u32,
) -> Vec<Result<Acknowledged, AppendError>> {
    let other = database.store().await;
    let holder = held(&other).await;
    let calls: Vec<_> = AREAS
        .into_iter()
        .map(|code| {
            let (sequencer, item) = (replica.sequencer.clone(), item_of(code, number));
            tokio::spawn(async move { sequencer.append(item).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    drop(holder);
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.expect("no panic"));
    }
    answers
}

async fn logs_that_wait_share_a_commit_where_the_database_has_one_writer(database: TestDatabase) {
    let store = database.store().await;
    let (replica, begun) = counting(store.clone(), Fault::Lost, 0);
    for number in 1..=3 {
        let before = begun.load(Ordering::SeqCst);
        for (code, answer) in AREAS
            .into_iter()
            .zip(append_together(&database, &replica, number).await)
        {
            verify(area(code), &answer.expect("appended"));
        }
        let commits = begun.load(Ordering::SeqCst) - before;
        match database.dialect {
            // The first item may have gone ahead before the others arrived.
            Dialect::Sqlite => assert!(commits <= 2, "one commit covers every log that waits: {commits}"),
            Dialect::Postgres => assert_eq!(commits, 5, "a transaction a log"),
        }
    }
    for code in AREAS {
        assert_eq!(check_log(&store, area(code)).await.len(), 4, "{code}");
    }
}

async fn a_damaged_log_fails_alone(database: TestDatabase) {
    let store = database.store().await;
    let (replica, _) = counting(store.clone(), Fault::Lost, 0);
    append_together(&database, &replica, 1).await;
    let unlocked = match database.dialect {
        Dialect::Sqlite => "DROP TRIGGER log_head_only_grows",
        Dialect::Postgres => "ALTER TABLE log_head DISABLE TRIGGER USER",
    };
    let damaged = "UPDATE log_head SET size = 1 WHERE log_id = 3403230001";
    for sql in [unlocked, damaged] {
        database.execute(As::Owner, sql).await.expect("the owner");
    }
    for (code, answer) in AREAS.into_iter().zip(append_together(&database, &replica, 2).await) {
        if code == "340323" {
            assert!(matches!(answer, Err(AppendError::Corrupt(_))), "{answer:?}");
        } else {
            verify(area(code), &answer.expect("not its fault"));
            assert_eq!(check_log(&store, area(code)).await.len(), 3, "{code}");
        }
    }
}

async fn an_unknown_outcome_is_settled_for_every_log(database: TestDatabase) {
    let store = database.store().await;
    let mut number = 0;
    for fault in [Fault::Lost, Fault::Kept] {
        number += 1;
        let (replica, begun) = counting(store.clone(), fault, 2);
        for (code, answer) in AREAS
            .into_iter()
            .zip(append_together(&database, &replica, number).await)
        {
            verify(area(code), &answer.unwrap_or_else(|error| panic!("{fault:?}: {error}")));
        }
        assert!(begun.load(Ordering::SeqCst) > 1, "the commits did fail");
    }
    for code in AREAS {
        assert_eq!(check_log(&store, area(code)).await.len(), 3, "{code}: each item once");
    }
}

async fn of_two_logs_that_grant_one_person_in_one_commit_the_first_wins(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let other = database.store().await;
    let holder = held(&other).await;
    let calls: Vec<_> = AREAS
        .into_iter()
        .map(|code| {
            let mut item = span_item(1, code, 0, "person", "2026-01", None);
            item.request.area = area(code);
            let sequencer = replica.sequencer.clone();
            tokio::spawn(async move { sequencer.append(item).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    drop(holder);
    let mut won = 0;
    for call in calls {
        match call.await.expect("no panic") {
            Ok(_) => won += 1,
            Err(error) => assert!(matches!(error, AppendError::ProgrammeHeld), "{error}"),
        }
    }
    assert_eq!(won, 1);
    let spans = store.spans_of_persons(&["person".to_owned()]).await.expect("readable");
    assert_eq!(spans.len(), 1);
}

async fn the_first_entries_of_several_areas_open_their_logs(database: TestDatabase) {
    let store = database.store().await;
    let (replica, _) = counting(store.clone(), Fault::Lost, 0);
    for answer in append_together(&database, &replica, 1).await {
        answer.expect("appended");
    }
    let logs = store.logs(None, 10).await.expect("readable");
    assert_eq!(logs.len(), AREAS.len());
}

async fn a_log_that_is_refused_its_first_entry_is_not_opened(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let other = database.store().await;
    let holder = held(&other).await;
    let mut stale = super::bench::case_item(1, "case", 4);
    stale.request.area = area("340322");
    let refused = {
        let sequencer = replica.sequencer.clone();
        tokio::spawn(async move { sequencer.append(stale).await })
    };
    let good = {
        let sequencer = replica.sequencer.clone();
        tokio::spawn(async move { sequencer.append(item_of("340321", 1)).await })
    };
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    drop(holder);
    assert!(matches!(
        refused.await.expect("no panic"),
        Err(AppendError::CaseChanged)
    ));
    verify(area("340321"), &good.await.expect("no panic").expect("appended"));
    let logs = store.logs(None, 10).await.expect("readable");
    assert_eq!(logs.len(), 1, "nothing was written to the other area");
}
