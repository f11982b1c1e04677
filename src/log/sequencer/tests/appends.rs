//! Appending and asking again: receipts, retries, case versions, persons.

use super::super::{AppendError, Item};
use super::bench::{area, case_item, check_log, index, item, replica, span_item, verify};
use crate::canonical::Json;
use crate::store::PersonRow;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    the_first_append_opens_the_log_of_its_area,
    a_retry_gets_the_first_answer_byte_for_byte,
    of_equal_requests_at_one_time_one_is_first_and_the_others_repeat_it,
    a_request_id_with_other_content_is_refused,
    a_decision_on_an_old_version_of_its_case_is_refused,
    an_item_made_on_an_old_version_of_a_case_is_refused_though_it_changes_nothing,
    one_person_holds_one_basic_programme_a_month,
    a_person_keeps_the_id_that_was_registered_first,
    a_call_that_is_dropped_still_commits,
    after_closing_everything_taken_is_answered_and_nothing_more_is_taken,
);

async fn the_first_append_opens_the_log_of_its_area(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let answer = replica.sequencer.append(item(1)).await.expect("appended");
    verify(area(), &answer);
    assert_eq!(answer.index, index(1), "the EPOCH entry stands first");
    let entries = check_log(&store, area()).await;
    let kinds: Vec<Json> = entries
        .iter()
        .map(|entry| Json::parse_canonical(entry).expect("canonical"))
        .collect();
    assert_eq!(kinds[0].get("kind"), Some(&Json::from("EPOCH")));
    assert_eq!(kinds[1].get("origin"), Some(&Json::from("doudi.example/340321/1")));
    assert_eq!(
        store.documents(answer.log_id, answer.index).await.expect("readable"),
        answer.documents
    );
    let mut township = item(2);
    township.request.area = "340321100".parse().expect("an area");
    assert!(matches!(
        replica.sequencer.append(township).await,
        Err(AppendError::NoLog)
    ));
}

async fn a_retry_gets_the_first_answer_byte_for_byte(database: TestDatabase) {
    let store = database.store().await;
    let one = replica(store.clone());
    let first = one.sequencer.append(item(1)).await.expect("appended");
    for number in 2..300 {
        one.sequencer.append(item(number)).await.expect("appended");
    }
    let another = replica(database.store().await);
    for replica in [&one, &another] {
        let again = replica.sequencer.append(item(1)).await.expect("answered");
        assert!(again.repeated && !first.repeated);
        assert_eq!((again.index, again.first_size), (first.index, first.first_size));
        assert_eq!((&again.entry, &again.documents), (&first.entry, &first.documents));
        assert_eq!(again.receipt, first.receipt);
    }
    assert_eq!(check_log(&store, area()).await.len(), 300);
}

async fn of_equal_requests_at_one_time_one_is_first_and_the_others_repeat_it(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    // In one batch or in several.
    let append = || replica.sequencer.append(item(1));
    let (first, second, third) = tokio::join!(append(), append(), append());
    let answers = [first, second, third].map(|answer| answer.expect("answered"));
    assert_eq!(answers.iter().filter(|answer| !answer.repeated).count(), 1);
    assert!(answers.iter().all(|answer| answer.entry == answers[0].entry));
    assert_eq!(check_log(&store, area()).await.len(), 2);
}

async fn a_request_id_with_other_content_is_refused(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    replica.sequencer.append(item(1)).await.expect("appended");
    let mut other = item(2);
    other.request = item(1).request;
    assert!(matches!(
        replica.sequencer.append(other.clone()).await,
        Err(AppendError::RequestReused)
    ));
    other.request.caller = "anhui".to_owned();
    replica
        .sequencer
        .append(other)
        .await
        .expect("the id is another caller's");
    // Two at once, in one batch or in two.
    let (mut third, mut fourth) = (item(3), item(4));
    (third.request.request_id, fourth.request.request_id) = ("same".to_owned(), "same".to_owned());
    let (third, fourth) = tokio::join!(replica.sequencer.append(third), replica.sequencer.append(fourth));
    let reused = |answer: &Result<_, _>| matches!(answer, Err(AppendError::RequestReused));
    assert!(third.is_ok() && reused(&fourth) || fourth.is_ok() && reused(&third));
    assert_eq!(check_log(&store, area()).await.len(), 4);
}

async fn a_decision_on_an_old_version_of_its_case_is_refused(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    replica
        .sequencer
        .append(case_item(1, "case", 0))
        .await
        .expect("a new case");
    replica
        .sequencer
        .append(case_item(2, "case", 1))
        .await
        .expect("its next version");
    for (number, version) in [(3, 0), (4, 1), (5, 3)] {
        let stale = replica.sequencer.append(case_item(number, "case", version)).await;
        assert!(
            matches!(stale, Err(AppendError::CaseChanged)),
            "version {version}: {stale:?}"
        );
    }
    let head = store
        .case_head(area(), "case")
        .await
        .expect("readable")
        .expect("a case");
    assert_eq!((head.version, head.last_index), (2, index(2)));
    assert_eq!(
        check_log(&store, area()).await.len(),
        3,
        "the refused ones left nothing"
    );
}

/// A finding is sealed with the key of its case: an erasure that came since has destroyed that.
async fn an_item_made_on_an_old_version_of_a_case_is_refused_though_it_changes_nothing(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let seen = |number, version| Item {
        case_id: Some("case".to_owned()),
        case_seen: Some(version),
        ..item(number)
    };
    for (number, version) in [(1, 0), (2, 1)] {
        let changes = case_item(number, "case", version);
        replica.sequencer.append(changes).await.expect("its next version");
    }
    for (number, version) in [(3, 1), (4, 3)] {
        let stale = replica.sequencer.append(seen(number, version)).await;
        assert!(
            matches!(stale, Err(AppendError::CaseChanged)),
            "version {version}: {stale:?}"
        );
    }
    for number in [5, 6] {
        let appended = replica.sequencer.append(seen(number, 2)).await;
        appended.expect("the version of now, which it leaves as it is");
    }
    // At one time: before the change, or refused after it.
    let (looked, changed) = tokio::join!(
        replica.sequencer.append(seen(7, 2)),
        replica.sequencer.append(case_item(8, "case", 2))
    );
    let changed = changed.expect("the version is still 2").index;
    match looked {
        Ok(looked) => assert!(looked.index < changed),
        Err(error) => assert!(matches!(error, AppendError::CaseChanged), "{error}"),
    }
    let head = store
        .case_head(area(), "case")
        .await
        .expect("readable")
        .expect("a case");
    assert_eq!((head.version, head.last_index), (3, changed));
}

async fn one_person_holds_one_basic_programme_a_month(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let append = |item| replica.sequencer.append(item);
    append(span_item(1, "a", 0, "person", "2026-01", None))
        .await
        .expect("nobody held it");
    let held = append(span_item(2, "b", 0, "person", "2026-06", None)).await;
    assert!(matches!(held, Err(AppendError::ProgrammeHeld)), "{held:?}");
    let mut elsewhere = span_item(3, "c", 0, "person", "2026-06", None);
    elsewhere.request.area = "340322".parse().expect("an area");
    let held = append(elsewhere.clone()).await;
    assert!(
        matches!(held, Err(AppendError::ProgrammeHeld)),
        "another area of this database: {held:?}"
    );
    append(span_item(4, "b", 0, "other", "2026-06", None))
        .await
        .expect("another person");
    // The first case ends in May: from June the person is free, in May not.
    append(span_item(5, "a", 1, "person", "2026-01", Some("2026-05")))
        .await
        .expect("its own months");
    let mut may = span_item(6, "d", 0, "person", "2026-05", None);
    assert!(matches!(append(may.clone()).await, Err(AppendError::ProgrammeHeld)));
    append(elsewhere)
        .await
        .expect("June is free, and the refused request id was not used up");
    may.case.as_mut().expect("a case").spans = Some(Vec::new());
    append(may).await.expect("a case in which nobody holds anything");
}

async fn a_person_keeps_the_id_that_was_registered_first(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let with_person = |number, person_id: &str| {
        let mut item = item(number);
        let (hmac, key_ref) = ("hmac".to_owned(), "key".to_owned());
        item.persons = vec![PersonRow {
            hmac,
            person_id: person_id.to_owned(),
            key_ref,
        }];
        item
    };
    let (one, two) = (with_person(1, "p1"), with_person(2, "p2"));
    let (one, two) = tokio::join!(replica.sequencer.append(one), replica.sequencer.append(two));
    let winner = if one.is_ok() { "p1" } else { "p2" };
    assert!(one.is_ok() != two.is_ok());
    assert!(matches!(one.and(two), Err(AppendError::PersonChanged)));
    replica
        .sequencer
        .append(with_person(3, winner))
        .await
        .expect("the same id again");
    assert_eq!(
        store.persons(&["hmac".to_owned()]).await.expect("readable")[0].person_id,
        winner
    );
}

async fn a_call_that_is_dropped_still_commits(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let call = replica.sequencer.append(item(1));
    assert!(
        tokio::time::timeout(std::time::Duration::from_micros(1), call)
            .await
            .is_err(),
        "dropped"
    );
    replica.sequencer.close().await;
    assert!(store.request(&item(1).request).await.expect("readable").is_some());
    assert_eq!(check_log(&store, area()).await.len(), 2);
}

async fn after_closing_everything_taken_is_answered_and_nothing_more_is_taken(database: TestDatabase) {
    let store = database.store().await;
    let replica = replica(store.clone());
    let calls: Vec<_> = (1..=100)
        .map(|number| {
            let sequencer = replica.sequencer.clone();
            tokio::spawn(async move { sequencer.append(item(number)).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    replica.sequencer.close().await;
    let mut appended = 0;
    for call in calls {
        match call.await.expect("no panic") {
            Ok(answer) => {
                verify(area(), &answer);
                appended += 1;
            }
            Err(error) => assert!(matches!(error, AppendError::ShuttingDown), "{error}"),
        }
    }
    let found = if appended == 0 {
        0
    } else {
        check_log(&store, area()).await.len() - 1
    };
    assert_eq!(found, appended);
    assert!(matches!(
        replica.sequencer.append(item(101)).await,
        Err(AppendError::ShuttingDown)
    ));
}
