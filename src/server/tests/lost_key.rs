//! A server whose signing key was lost: nothing is appended until an operator begins the next epoch, which names the key
//! that it follows; what the lost key signed is still read and verified.

use super::flow::publish;
use super::restored::{app_on, area, decide, review, run, stop};
use super::*;
use crate::api::pb::review_service_client::ReviewServiceClient;
use crate::app::Caller;
use crate::app::caller::Principal;
use crate::app::fsck::{LevelState, Plan};
use crate::canonical::Json;
use crate::log::keys::KeyPurpose;
use crate::log::sequencer::Ended;
use crate::store::Store;
use crate::store::conformance::TestDatabase;

/// The ring after its signing key was lost and replaced.
pub(super) fn replaced(keys: &KeyRing) -> KeyRing {
    let mut file: serde_json::Value = serde_json::from_slice(&keys.to_file()).expect("JSON");
    let rest = file["keys"].as_array_mut().expect("keys");
    rest.retain(|key| key["purpose"] != "log-signing");
    let log = "test.doudi/340321/1".parse().expect("an origin");
    let lost = keys.verifier_keys(&log).remove(0);
    let ring = KeyRing::replaced_signing(file.to_string().as_bytes(), &lost, &mut OsEntropy);
    ring.expect("it is lost")
}

/// Every level of every log holds, and F8 looked at something where a later epoch or a mark says what was.
async fn sound(app: &Arc<App>, store: &Arc<dyn Store>, count: usize) {
    let logs = store.logs(None, 10).await.expect("readable");
    assert_eq!(logs.len(), count);
    for log in logs {
        let report = app.fsck(&log, &Plan::default(), |_| {}).await.expect("checked");
        assert_eq!(report.findings.kept(), [], "{}", log.origin);
        let kept = report.levels[8].state == LevelState::Passed;
        assert_eq!(kept, usize::try_from(log.origin.epoch()) != Ok(count), "{}", log.origin);
    }
}

#[tokio::test]
async fn a_lost_signing_key_ends_the_epoch_and_the_next_one_says_so() {
    let (database, folder) = (TestDatabase::sqlite().await, tempfile::tempdir().expect("a folder"));
    let keys = KeyRing::generate(&mut OsEntropy).expect("the system has random bytes");
    let marks = folder.path().join("marks");
    let operator = Caller::new("operator".parse::<Principal>().expect("a name"));

    let app = app_on(&database.url, &keys, &marks).await;
    let running = run(app.clone()).await;
    publish(&running).await;
    let first = decide(&running, 1).await.expect("a determination");
    let none = app.begin_epoch_after_lost_key(&operator, area()).await.expect("looked");
    assert_eq!(none, None, "the key is there: there is nothing to confirm");
    stop(running).await;

    let keys = replaced(&keys)
        .rotated(KeyPurpose::KeyEncryption, &mut OsEntropy)
        .and_then(|keys| keys.activated(KeyPurpose::KeyEncryption))
        .expect("random bytes");
    let app = app_on(&database.url, &keys, &marks).await;
    let running = run(app.clone()).await;
    let refused = decide(&running, 2)
        .await
        .expect_err("no head is signed by a key of no EPOCH entry");
    assert_eq!(refused.code(), Code::Unavailable);
    let retried = decide(&running, 1).await.expect("what the lost key signed is verified");
    assert_eq!(retried.encode_to_vec(), first.encode_to_vec());

    let starting = app_on(&database.url, &keys, &marks).await;
    let stated = starting.record_key_events().await;
    assert_eq!(stated.expect("a start goes on without it"), 0);

    let begun = app.begin_epoch_after_lost_key(&operator, area()).await.expect("done");
    let opened = begun.expect("a lost key").opened.expect("the next epoch");
    let Ended::KeyLost(lost) = &opened.after.ended else {
        panic!("another end")
    };
    assert_eq!(lost.name().as_str(), "test.doudi/340321/1");
    let again = app.begin_epoch_after_lost_key(&operator, area()).await.expect("done");
    let again = again.expect("epoch 2");
    assert_eq!(
        (again.opened, again.policy_count),
        (None, 6),
        "it is finished and repeats nothing"
    );

    let index = crate::log::LogIndex::new(0).expect("small");
    let store = database.store().await;
    let stored = store.documents(opened.log.log_id, index).await.expect("readable");
    let body = Json::parse_canonical(&stored[0].bytes[32..]).expect("canonical after the salt");
    assert_eq!(body.get("lost_key"), Some(&Json::text(lost.to_string())));
    assert_eq!(
        body.get("keys").and_then(Json::as_list).map(<[Json]>::len),
        Some(1),
        "the new one alone"
    );
    let previous = body.get("previous").and_then(|head| head.get("origin"));
    assert_eq!(previous, Some(&Json::from("test.doudi/340321/1")));

    let second = decide(&running, 2).await.expect("the new epoch takes entries");
    let acknowledged = second.acknowledgement.expect("it was recorded");
    assert_eq!(acknowledged.origin, "test.doudi/340321/2");
    let mut reviews = ReviewServiceClient::new(running.channel.clone());
    let determination = first.determination.clone().expect("always there");
    reviews
        .review(review(&determination, 4))
        .await
        .expect("cases of the old epoch go on");
    let retried = decide(&running, 1).await.expect("still the first answer");
    assert_eq!(retried.encode_to_vec(), first.encode_to_vec());
    assert_eq!(
        starting.record_key_events_left().await.expect("the next epoch says it"),
        1
    );
    sound(&app, &store, 2).await;
    stop(running).await;
}
