//! A server on a restored backup: reads go on, nothing is appended, and a confirmed fork goes on in a new epoch that
//! every read path knows.

use std::path::Path;

use super::flow::{AREA, day, determine, publish, request_id, v01};
use super::*;
use crate::api::pb::policy_service_client::PolicyServiceClient;
use crate::api::pb::review_service_client::ReviewServiceClient;
use crate::app::Caller;
use crate::app::caller::Principal;
use crate::app::high_water::HighWaterFolder;
use crate::area::AreaCode;
use crate::log::keys::KeyPurpose;
use crate::log::sequencer::Ended;
use crate::store::conformance::{As, TestDatabase};

pub(super) fn area() -> AreaCode {
    AREA.parse().expect("an area")
}

pub(super) async fn app_on(url: &str, keys: &KeyRing, marks: &Path) -> Arc<App> {
    let keys = KeyRing::parse(&keys.to_file()).expect("what it wrote");
    let marks = HighWaterFolder::open(marks).expect("readable");
    let mut watch = crate::app::Watch::default();
    watch.guards.high_water = Arc::new(marks);
    let store = crate::store::open(url).await.expect("the store opens");
    app_of(store, keys, Arc::new(crate::log::sequencer::SystemClock::new()), watch)
}

pub(super) async fn run(app: Arc<App>) -> Running {
    serving(app, tempfile::tempdir().expect("a folder")).await
}

pub(super) async fn stop(running: Running) {
    running.stop.send(()).expect("the server listens");
    running.server.await.expect("no panic").expect("no error");
}

async fn checkpoint(running: &Running, epoch: Option<u32>) -> pb::GetCheckpointResponse {
    let request = pb::GetCheckpointRequest {
        area: AREA.to_owned(),
        epoch,
        ..Default::default()
    };
    let mut audit = AuditServiceClient::new(running.channel.clone());
    audit.get_checkpoint(request).await.expect("a checkpoint").into_inner()
}

/// The proof that the log continues what a caller kept.
async fn prove(running: &Running, epoch: Option<u32>, first_size: u64) -> Result<(), Status> {
    let request = pb::ProveConsistencyRequest {
        area: AREA.to_owned(),
        epoch,
        first_size,
        ..Default::default()
    };
    let mut audit = AuditServiceClient::new(running.channel.clone());
    audit.prove_consistency(request).await.map(drop)
}

pub(super) async fn decide(running: &Running, number: u32) -> Result<pb::DetermineResponse, Status> {
    let mut client = DeterminationServiceClient::new(running.channel.clone());
    client
        .determine(determine(number))
        .await
        .map(tonic::Response::into_inner)
}

pub(super) fn review(first: &pb::Determination, number: u32) -> pb::ReviewRequest {
    let mut input = v01();
    (input.decision_date, input.month) = (day(2021, 11, 18), day(2021, 11, 0));
    for member in &mut input.facts.as_mut().expect("facts").members {
        let person = first.persons.iter().find(|person| person.member_id == member.id);
        member.person = person.expect("every member").person.clone();
    }
    pb::ReviewRequest {
        request_id: request_id(number),
        case: first.case.clone(),
        cause: pb::Cause::Review as i32,
        input: Some(input),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_restored_backup_is_read_only_until_the_fork_is_confirmed_and_then_goes_on_in_epoch_two() {
    let (database, folder) = (TestDatabase::sqlite().await, tempfile::tempdir().expect("a folder"));
    let keys = KeyRing::generate(&mut OsEntropy).expect("the system has random bytes");
    let marks = folder.path().join("marks");
    let backup = folder.path().join("backup.sqlite");

    let running = run(app_on(&database.url, &keys, &marks).await).await;
    publish(&running).await;
    let first = decide(&running, 1).await.expect("a determination");
    let sql = format!("VACUUM INTO '{}'", backup.display());
    database.execute(As::Owner, &sql).await.expect("a backup");
    let lost = decide(&running, 2)
        .await
        .expect("a determination that the backup does not have");
    let seen = checkpoint(&running, None).await;
    stop(running).await;

    // The backup is put in the database's place.
    let app = app_on(&format!("sqlite:{}", backup.display()), &keys, &marks).await;
    let running = run(app.clone()).await;
    while health(&running.channel).await != Health::Serving {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let refused = decide(&running, 3).await.expect_err("the log is read-only");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "LOG_ROLLED_BACK")
    );
    let retried = decide(&running, 1).await.expect("what stands is read and answered");
    assert_eq!(retried.encode_to_vec(), first.encode_to_vec());
    assert_eq!(health(&running.channel).await, Health::Serving, "reads go on");
    let states = app.log_states().await.expect("readable");
    assert!(states[0].rolled_back);
    let rotated = keys
        .rotated(KeyPurpose::KeyEncryption, &mut OsEntropy)
        .and_then(|keys| keys.activated(KeyPurpose::KeyEncryption))
        .expect("random bytes");
    let starting = app_on(&format!("sqlite:{}", backup.display()), &rotated, &marks).await;
    let stated = starting.record_key_events().await;
    assert_eq!(stated.expect("a start goes on without it"), 0);
    assert_eq!(states[0].seen.size.get(), seen.tree_size);

    let lost_proof = prove(&running, None, seen.tree_size)
        .await
        .expect_err("the entries are lost");
    assert_eq!(
        (lost_proof.code(), reason(&lost_proof).as_str()),
        (Code::DataLoss, "LOG_ROLLED_BACK")
    );
    let never = prove(&running, None, seen.tree_size + 1)
        .await
        .expect_err("no such size");
    assert_eq!(never.code(), Code::InvalidArgument, "a size that the log never had");
    prove(&running, None, seen.tree_size - 1)
        .await
        .expect("what stands is proved");

    let operator = Caller::new("operator".parse::<Principal>().expect("a name"));
    let begun = app
        .begin_next_epoch(&operator, area())
        .await
        .expect("done")
        .expect("a fork");
    let opened = begun.opened.expect("the next epoch");
    assert_eq!(opened.log.origin.to_string(), "test.doudi/340321/2");
    let Ended::Forked(forked) = &opened.after.ended else {
        panic!("another end")
    };
    assert_eq!(forked.size.get(), seen.tree_size);
    assert_eq!(
        opened.after.previous.size.get() + 1,
        seen.tree_size,
        "one entry is lost"
    );
    assert_eq!(begun.policy_count, 6);
    let again = app
        .begin_next_epoch(&operator, area())
        .await
        .expect("done")
        .expect("epoch 2");
    assert_eq!(
        (again.opened, again.policy_count),
        (None, 6),
        "called again it finishes and repeats nothing"
    );

    // The new epoch decides by the same law, and cases of the old one go on in it.
    let third = decide(&running, 3).await.expect("a determination");
    let acknowledged = third.acknowledgement.clone().expect("it was recorded");
    assert_eq!(acknowledged.origin, "test.doudi/340321/2");
    assert_eq!(acknowledged.index, 7, "after EPOCH and six documents of law");
    let determination = first.determination.clone().expect("always there");
    let mut reviews = ReviewServiceClient::new(running.channel.clone());
    let reviewed = reviews
        .review(review(&determination, 4))
        .await
        .expect("a review")
        .into_inner();
    let reviewed = reviewed.determination.expect("always there");

    let mut determinations = DeterminationServiceClient::new(running.channel.clone());
    let mut pages = Vec::new();
    let mut page_token = String::new();
    loop {
        let list = pb::ListDeterminationsRequest {
            parent: determination.case.clone(),
            page_size: 1,
            page_token,
            ..Default::default()
        };
        let page = determinations
            .list_determinations(list)
            .await
            .expect("a page")
            .into_inner();
        pages.extend(page.determinations.into_iter().map(|item| item.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(
        pages,
        [determination.name.clone(), reviewed.name.clone()],
        "across both epochs"
    );

    let mut audit = AuditServiceClient::new(running.channel.clone());
    for name in [&determination.name, &reviewed.name] {
        let replay = pb::ReplayRequest {
            determination: name.clone(),
        };
        let replayed = audit.replay(replay).await.expect("a replay").into_inner();
        assert!(replayed.equal, "{:?}", replayed.difference);
    }
    assert_eq!(
        checkpoint(&running, Some(1)).await.tree_size,
        opened.after.previous.size.get()
    );
    assert_eq!(checkpoint(&running, None).await.origin, "test.doudi/340321/2");
    let list = pb::ListPoliciesRequest {
        area: AREA.to_owned(),
        include_superseded: true,
        ..Default::default()
    };
    let mut policies = PolicyServiceClient::new(running.channel.clone());
    let listed = policies
        .list_policies(list)
        .await
        .expect("a page")
        .into_inner()
        .policies;
    assert_eq!(listed.len(), 12, "six in each epoch");
    assert_eq!(listed.iter().filter(|policy| policy.superseded).count(), 6);
    let report = app.compare_projection(area(), |_| {}).await.expect("readable");
    assert_eq!((report.cases_equal, report.cases_different), (2, Vec::new()));
    let replayed = app
        .replay_log(area(), |_, replayed| assert!(replayed.difference.is_none()))
        .await;
    assert_eq!(replayed.expect("readable").replayed, 3);

    // What was lost can still be proved by who holds the receipt: nothing of the new epoch says otherwise.
    let get = pb::GetDeterminationRequest {
        name: lost.determination.expect("always there").name,
        ..Default::default()
    };
    let missing = determinations.get_determination(get).await.expect_err("it is lost");
    assert_eq!(missing.code(), Code::NotFound);
    stop(running).await;

    // Another start finds the epoch and its mark.
    let running = run(app_on(&format!("sqlite:{}", backup.display()), &keys, &marks).await).await;
    decide(&running, 5).await.expect("a determination");
    let lost_proof = prove(&running, Some(1), seen.tree_size)
        .await
        .expect_err("lost in the closed epoch");
    assert_eq!(lost_proof.code(), Code::DataLoss);
    stop(running).await;
}
