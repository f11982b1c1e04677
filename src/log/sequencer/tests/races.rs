//! Several replicas on one database under load: one log, no gap, every receipt verifies.

use std::collections::BTreeSet;

use super::super::{AppendError, Follows, Item, NewPolicy};
use super::bench::{area, case_item, check_log, item, replica, span_item, verify};
use crate::log::Hash;
use crate::store::RecordCursor;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    two_replicas_write_one_log,
    of_two_decisions_of_one_case_the_first_wins,
    of_two_areas_that_grant_one_person_one_wins,
    one_request_sent_to_two_replicas_is_appended_once,
    of_two_documents_tried_in_the_same_law_the_first_wins,
);

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

/// A document of law that was tried when `newest` was the newest one.
fn policy_item(number: u32, newest: Option<RecordCursor>) -> Item {
    let policy = NewPolicy {
        policy_id: format!("p{number}"),
        document_area: area(),
        kind: "policy".to_owned(),
        digest: Hash::of(b"policy"),
        follows: Follows::Newest(newest),
    };
    Item {
        policy: Some(policy),
        ..item(number)
    }
}

async fn of_two_documents_tried_in_the_same_law_the_first_wins(database: TestDatabase) {
    let replicas = [replica(database.store().await), replica(database.store().await)];
    let mut newest: Option<RecordCursor> = None;
    for round in 0..3 {
        let calls: Vec<_> = (0..6)
            .map(|at| {
                let (sequencer, item) = (
                    replicas[at as usize % 2].sequencer.clone(),
                    policy_item(round * 10 + at, newest),
                );
                tokio::spawn(async move { sequencer.append(item).await })
            })
            .collect();
        let mut won = Vec::new();
        for call in calls {
            match call.await.expect("no panic") {
                Ok(answer) => won.push((answer.log_id, answer.index)),
                Err(error) => assert!(matches!(error, AppendError::PolicyChanged), "{error}"),
            }
        }
        assert_eq!(won.len(), 1, "the others are tried again in the law that has the first");
        newest = won.pop();
        // What is no document of law comes between without harm.
        let between = replicas[0].sequencer.append(item(round * 10 + 9)).await;
        between.expect("appended");
    }
    let mut taken_over = policy_item(90, None);
    taken_over.policy.as_mut().expect("a document").follows = Follows::Any;
    replicas[1]
        .sequencer
        .append(taken_over)
        .await
        .expect("it asks for nothing");
    let stale = replicas[0].sequencer.append(policy_item(91, newest)).await;
    assert!(matches!(stale, Err(AppendError::PolicyChanged)), "{stale:?}");
    assert_eq!(check_log(&database.store().await, area()).await.len(), 1 + 3 * 2 + 1);
}
