//! Several replicas on one database under load: one log, no gap, every receipt verifies.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::super::{AppendError, CLOCK_DIFFERENCE_MAX_MS};
use super::bench::{area, case_item, check_log, item, replica, span_item, verify};
use crate::store::append::Ask;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    two_replicas_write_one_log,
    of_two_decisions_of_one_case_the_first_wins,
    of_two_areas_that_grant_one_person_one_wins,
    one_request_sent_to_two_replicas_is_appended_once,
    who_waits_for_a_person_is_not_taken_for_a_clock_that_differs,
);

/// Longer than clocks may differ.
const WAIT_MS: i64 = 2 * CLOCK_DIFFERENCE_MAX_MS;

async fn who_waits_for_a_person_is_not_taken_for_a_clock_that_differs(database: TestDatabase) {
    let replica = replica(database.store().await);
    replica.sequencer.append(item(1)).await.expect("appended");
    let other = database.store().await;
    let mut holder = other.append().await.expect("a transaction");
    let persons = Ask {
        person_ids: vec!["person".to_owned()],
        ..Ask::default()
    };
    holder.look_up(area(), &persons).await.expect("it holds the person");
    let waiting = {
        let sequencer = replica.sequencer.clone();
        let item = span_item(2, "case", 0, "person", "2021-08", None);
        tokio::spawn(async move { sequencer.append(item).await })
    };
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(!waiting.is_finished(), "another batch has the person");
    replica.clock.ahead_ms.store(WAIT_MS, Ordering::SeqCst);
    holder.commit().await.expect("it lets go");
    waiting.await.expect("no panic").expect("it only waited");
}

const CALLS: u32 = 300;

async fn two_replicas_write_one_log(database: TestDatabase) {
    let replicas = [replica(database.store().await), replica(database.store().await)];
    let mut calls = Vec::new();
    for number in 0..CALLS {
        for (at, replica) in (0_u32..).zip(&replicas) {
            let (sequencer, item) = (replica.sequencer.clone(), item(number * 2 + at));
            calls.push(tokio::spawn(async move { sequencer.append(item).await }));
        }
        if number % 50 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(7)).await;
        }
    }
    let mut places = BTreeSet::new();
    for call in calls {
        let answer = call.await.expect("no panic").expect("appended");
        verify(area(), &answer);
        assert!(places.insert(answer.index), "an index was given twice");
    }
    let entries = check_log(&database.store().await, area()).await;
    assert_eq!(entries.len(), 1 + 2 * CALLS as usize);
}

async fn of_two_decisions_of_one_case_the_first_wins(database: TestDatabase) {
    let replicas = [replica(database.store().await), replica(database.store().await)];
    let calls: Vec<_> = (0..20)
        .map(|number| {
            let sequencer = replicas[number as usize % 2].sequencer.clone();
            tokio::spawn(async move { sequencer.append(case_item(number, "case", 0)).await })
        })
        .collect();
    let mut won = 0;
    for call in calls {
        match call.await.expect("no panic") {
            Ok(_) => won += 1,
            Err(error) => assert!(matches!(error, AppendError::CaseChanged), "{error}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(check_log(&database.store().await, area()).await.len(), 2);
}

async fn of_two_areas_that_grant_one_person_one_wins(database: TestDatabase) {
    let replicas = [replica(database.store().await), replica(database.store().await)];
    for person in ["p", "q", "r", "s"] {
        let calls: Vec<_> = [("340321", 1), ("340322", 2), ("340323", 3)]
            .into_iter()
            .map(|(area, number)| {
                let mut item = span_item(number, &format!("{person}{number}"), 0, person, "2026-01", None);
                item.request.area = area.parse().expect("an area");
                item.request.request_id = format!("{person}{number}");
                item.record_id = crate::log::RecordId::from_bytes(
                    u128::from(u32::from_be_bytes([
                        person.as_bytes()[0],
                        0,
                        0,
                        u8::try_from(number).expect("small"),
                    ]))
                    .to_be_bytes(),
                );
                let sequencer = replicas[number as usize % 2].sequencer.clone();
                tokio::spawn(async move { sequencer.append(item).await })
            })
            .collect();
        let mut won = 0;
        for call in calls {
            match call.await.expect("no panic") {
                Ok(_) => won += 1,
                Err(error) => assert!(matches!(error, AppendError::ProgrammeHeld), "{error}"),
            }
        }
        assert_eq!(won, 1, "{person}");
    }
}

async fn one_request_sent_to_two_replicas_is_appended_once(database: TestDatabase) {
    let replicas = [replica(database.store().await), replica(database.store().await)];
    let calls: Vec<_> = (0..16)
        .map(|at: usize| {
            let sequencer = replicas[at % 2].sequencer.clone();
            tokio::spawn(async move { sequencer.append(item(1)).await })
        })
        .collect();
    let mut receipts = BTreeSet::new();
    for call in calls {
        let answer = call.await.expect("no panic").expect("one answer for all");
        verify(area(), &answer);
        receipts.insert((answer.index, answer.receipt));
    }
    assert_eq!(receipts.len(), 1);
    assert_eq!(check_log(&database.store().await, area()).await.len(), 2);
}
