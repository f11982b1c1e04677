//! Several replicas on one database under load: one log, no gap, every receipt verifies.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::super::{AppendError, CLOCK_DIFFERENCE_MAX_MS, Follows, Item, NewPolicy};
use super::bench::{area, case_item, check_log, item, replica, span_item, verify};
use crate::log::Hash;
use crate::store::RecordCursor;
use crate::store::append::Ask;
use crate::store::conformance::{TestDatabase, on_both};
use crate::store::{PersonRow, Store, Value};

on_both!(
    two_replicas_write_one_log,
    of_two_decisions_of_one_case_the_first_wins,
    of_two_areas_that_grant_one_person_one_wins,
    one_request_sent_to_two_replicas_is_appended_once,
    of_two_documents_tried_in_the_same_law_the_first_wins,
    of_two_areas_that_meet_a_new_person_at_once_both_know_one_id,
    a_person_is_forgotten_with_the_last_case_whatever_is_erased_and_met_at_once,
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

/// An item by which the case of a key meets a person.
fn meeting(number: u32, area: &str, hmac: &str, person_id: &str, key_ref: &str) -> Item {
    let mut item = item(number);
    item.request.area = area.parse().expect("an area");
    item.persons = vec![PersonRow {
        hmac: hmac.to_owned(),
        person_id: person_id.to_owned(),
        key_ref: key_ref.to_owned(),
    }];
    item
}

async fn links(store: &dyn Store) -> usize {
    let found = store.read("SELECT hmac FROM person_link", Vec::<Value>::new()).await;
    found.expect("readable").len()
}

async fn of_two_areas_that_meet_a_new_person_at_once_both_know_one_id(database: TestDatabase) {
    let replicas = [replica(database.store().await), replica(database.store().await)];
    let store = database.store().await;
    for round in 0..8 {
        let hmac = format!("hmac-{round}");
        let meet = |at: u32, person_id: String| {
            let (area, key) = (["340321", "340322"][at as usize], format!("key-{round}-{at}"));
            let item = meeting(10 + round * 4 + at, area, &hmac, &person_id, &key);
            replicas[at as usize].sequencer.append(item)
        };
        let (one, two) = (format!("p{round}-0"), format!("p{round}-1"));
        let (first, second) = tokio::join!(meet(0, one.clone()), meet(1, two.clone()));
        let known = match (&first, &second) {
            (Ok(_), Err(AppendError::PersonChanged)) => one,
            (Err(AppendError::PersonChanged), Ok(_)) => two,
            other => panic!("one of them was first: {other:?}"),
        };
        // Whoever was second decides again and takes the id that is known.
        let again = u32::from(first.is_ok());
        meet(again, known.clone()).await.expect("the known id");
        let rows = store.persons(&[hmac]).await.expect("readable");
        assert_eq!(rows.len(), 2, "one of each case");
        assert!(rows.iter().all(|row| row.person_id == known), "{rows:?}");
    }
}

async fn a_person_is_forgotten_with_the_last_case_whatever_is_erased_and_met_at_once(database: TestDatabase) {
    let replica = replica(database.store().await);
    let store = database.store().await;
    for round in 0..8 {
        let hmac = format!("hmac-{round}");
        let key = |at: u32| format!("key-{round}-{at}");
        let meet = |at: u32| {
            let item = meeting(10 + round * 4 + at, "340321", &hmac, &format!("p{round}"), &key(at));
            replica.sequencer.append(item)
        };
        let destroy = async |at: u32| store.destroy_keys(&[key(at)], 1).await;
        meet(0).await.expect("a new person");
        let (erased, met) = tokio::join!(destroy(0), meet(1));
        erased.expect("erased");
        met.expect("met, before or after");
        let rows = store.persons(std::slice::from_ref(&hmac)).await.expect("readable");
        let left: Vec<(&str, &str)> = rows.iter().map(|row| (&*row.person_id, &*row.key_ref)).collect();
        assert_eq!(left, [(&*format!("p{round}"), &*key(1))]);
        meet(2).await.expect("a known person");
        let (one, two) = tokio::join!(destroy(1), destroy(2));
        one.and(two).expect("erased");
        assert_eq!(links(store.as_ref()).await, 0, "nobody knows the person any more");
    }
}
