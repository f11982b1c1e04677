//! Keys of the service that change while cases, requests and logs go on, on both databases.

use std::sync::atomic::Ordering;

use super::cases::{Place, Server, checked, refused};
use super::closed_log::ClosedLog;
use super::flow::request_id;
use super::publishing::{anybody, publication_in};
use super::*;
use crate::log::keys::KeyPurpose;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    servers_of_two_key_files_serve_together_in_both_steps_of_a_rotation,
    old_records_stay_readable_and_retries_find_their_first_answer_across_a_rotation,
    a_rewrap_that_was_stopped_goes_on_with_what_is_left,
    a_log_that_takes_no_entries_is_told_of_the_keys_later_and_the_others_now,
);

/// All keys that are rotated.
const ROTATED: [KeyPurpose; 4] = [
    KeyPurpose::KeyEncryption,
    KeyPurpose::Idempotency,
    KeyPurpose::PersonMap,
    KeyPurpose::PageToken,
];

fn rotated(keys: &KeyRing, purpose: KeyPurpose) -> KeyRing {
    keys.rotated(purpose, &mut OsEntropy)
        .expect("the system has random bytes")
}

/// What one server decides, the other answers again, reads, and knows the persons of.
async fn agree(one: &mut Server, other: &mut Server, number: u32) {
    let decided = one.decide(number).await;
    assert_eq!(other.decide(number).await, decided, "a retry finds its first answer");
    let determination = decided.determination.as_ref().expect("always there");
    let read = other.read(&determination.name).await.expect("its keys are known");
    assert_eq!(read.acknowledgement, decided.acknowledgement);
    let mut again = refused(number);
    again.request_id = request_id(number + 50);
    let again = other.determinations.determine(again).await;
    let again = again.expect("another case of the same persons").into_inner();
    let again = again.determination.expect("always there");
    assert_eq!((again.persons.len(), &again.persons), (3, &determination.persons));
}

async fn servers_of_two_key_files_serve_together_in_both_steps_of_a_rotation(database: TestDatabase) {
    let mut place = Place::new(database);
    let (mut old, _) = place.with_a_case().await;
    for purpose in ROTATED {
        place.keys = rotated(&place.keys, purpose);
    }
    let mut standby = place.start().await;
    assert_eq!(standby.app.record_key_events().await.expect("nothing to state"), 0);
    agree(&mut standby, &mut old, 2).await;
    agree(&mut old, &mut standby, 3).await;

    for purpose in ROTATED {
        place.keys = place.keys.activated(purpose).expect("it is on standby");
    }
    let mut activated = place.start().await;
    assert_eq!(activated.app.record_key_events().await.expect("stated"), 2);
    agree(&mut activated, &mut standby, 4).await;
    agree(&mut standby, &mut activated, 5).await;
}

async fn old_records_stay_readable_and_retries_find_their_first_answer_across_a_rotation(database: TestDatabase) {
    let mut place = Place::new(database);
    let (server, decided) = place.with_a_case().await;
    let determination = decided.determination.clone().expect("always there");
    assert_eq!(
        server.app.record_key_events().await.expect("nothing to state"),
        0,
        "version 1 needs no entry"
    );
    let before = server.keys(&determination.case).await;
    for purpose in [KeyPurpose::KeyEncryption, KeyPurpose::Idempotency] {
        place.keys = rotated(&place.keys, purpose)
            .activated(purpose)
            .expect("it is on standby");
    }

    let mut next = place.start().await;
    assert_eq!(next.app.record_key_events().await.expect("stated"), 2);
    assert_eq!(next.app.record_key_events().await.expect("stated already"), 0);
    let kinds = next.kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "KEY_EVENT").count(), 2);
    let index = u64::try_from(kinds.len() - 1).expect("small");
    let entry = next.entry(index).await.acknowledgement.expect("a record");
    let (name, event) = checked(&entry).remove(0);
    assert_eq!(
        (name.as_str(), event["event"].as_str(), event["version"].as_u64()),
        ("key_event", Some("in_use"), Some(2))
    );

    assert_eq!(next.decide(1).await, decided, "the retry's digest has the old version");
    let mut other = refused(1);
    other.input.as_mut().expect("input").month = super::flow::day(2021, 7, 0);
    let reused = next.determinations.determine(other).await.expect_err("other content");
    assert_eq!(reason(&reused), "REQUEST_ID_REUSED");
    next.read(&determination.name).await.expect("wrapped by the old key");

    assert_eq!(next.app.rewrap_keys(|_| {}).await.expect("it may"), 2);
    let after = next.keys(&determination.case).await;
    assert_ne!(
        (&after.0.wrapped, &after.0.kek_id),
        (&before.0.wrapped, &before.0.kek_id)
    );
    assert_eq!(
        next.read(&determination.name)
            .await
            .expect("wrapped by the new key")
            .acknowledgement,
        decided.acknowledgement
    );
}

async fn a_rewrap_that_was_stopped_goes_on_with_what_is_left(database: TestDatabase) {
    let mut place = Place::new(database);
    let (mut server, _) = place.with_a_case().await;
    let erased = server.decide(2).await.determination.expect("always there").case;
    server
        .erase(50, &erased, pb::CaseScope::Identity)
        .await
        .expect("its time is over");
    place.keys = rotated(&place.keys, KeyPurpose::KeyEncryption)
        .activated(KeyPurpose::KeyEncryption)
        .expect("it is on standby");
    let next = place.start().await;
    let kek_id = place.keys.kek_id().to_string();
    let left = next.store.keys_wrapped_otherwise(&kek_id, 100).await.expect("readable");
    // Two of the first case, the content key of the second, and the ERASURE entry's own.
    assert_eq!(left.len(), 4);
    // One is wrapped, then the run ends.
    let vault = Vault::new(place.keys.clone());
    let first = vault.wrap_anew(&left[0]).expect("the old version still reads");
    next.store.rewrap_keys(&[first]).await.expect("it may");
    assert_eq!(next.app.rewrap_keys(|_| {}).await.expect("it goes on"), 3);
    assert_eq!(
        next.store.keys_wrapped_otherwise(&kek_id, 100).await.expect("readable"),
        []
    );
    let (identity, _) = next.keys(&erased).await;
    assert!(identity.wrapped.is_none(), "a destroyed key is not brought back");
}

async fn a_log_that_takes_no_entries_is_told_of_the_keys_later_and_the_others_now(database: TestDatabase) {
    let mut place = Place::new(database);
    let (_server, _) = place.with_a_case().await;
    place.keys = rotated(&place.keys, KeyPurpose::KeyEncryption)
        .activated(KeyPurpose::KeyEncryption)
        .expect("it is on standby");
    let (store, closed) = ClosedLog::over(place.database.store().await, 3_403_210_001);
    let app = place.app(store).await;
    let other = publication_in("340322", 810, super::flow::POLICIES[0]);
    app.publish_policy(&anybody(), other).await.expect("published");
    let stated = app.record_key_events().await;
    assert_eq!(stated.expect("a server that reads and proves"), 1);
    assert_eq!(app.record_key_events_left().await.expect("still closed"), 0);
    closed.store(false, Ordering::SeqCst);
    assert_eq!(app.record_key_events_left().await.expect("stated"), 1);
    assert_eq!(app.record_key_events_left().await.expect("nothing is left"), 0);
}
