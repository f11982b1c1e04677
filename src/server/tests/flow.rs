//! One household over the port: policies, a determination, a retry, reads, proofs, a replay and a stream.

use tonic::{Code, IntoStreamingRequest as _};

use super::*;
use crate::api::pb::exit_service_client::ExitServiceClient;
use crate::api::pb::policy_service_client::PolicyServiceClient;
use crate::api::pb::review_service_client::ReviewServiceClient;

pub(super) const AREA: &str = "340321";

/// The shipped documents and the county document of the tests, superiors first.
pub(super) const POLICIES: [&str; 6] = [
    include_str!("../../../policy/vocabulary.yaml"),
    include_str!("../../../policy/calendar.yaml"),
    include_str!("../../../policy/100000-nation.yaml"),
    include_str!("../../../policy/340000-anhui.yaml"),
    include_str!("../../../policy/340300-bengbu.yaml"),
    include_str!("../../../tests/policy/t1/340321-t1.yaml"),
];

pub(super) fn request_id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub(super) fn officer() -> Option<pb::Officer> {
    Some(pb::Officer {
        id: "n1".to_owned(),
        role: "确认".to_owned(),
        unit: "民政局".to_owned(),
        delegation: String::new(),
    })
}

pub(super) fn day(year: i32, month: i32, day: i32) -> Option<pb::Date> {
    Some(pb::Date { year, month, day })
}

/// V01: three members, 900 yuan a month.
pub(super) fn v01() -> pb::DecisionInput {
    let member = |id: &str, incomes: Vec<pb::Income>| pb::Member {
        id: id.to_owned(),
        relation: Some(pb::MemberRelation::Self_ as i32),
        birth: day(1980, 1, 1),
        severe_illness: Some(false),
        labour: Some(pb::Labour::Full as i32),
        hukou: Some(AREA.to_owned()),
        residence: Some(AREA.to_owned()),
        incomes,
        ..Default::default()
    };
    let income = pb::Income {
        id: "i1".to_owned(),
        kind: Some(pb::IncomeKind::Other as i32),
        regularity: Some(pb::Regularity::Monthly as i32),
        amount_fen: Some(90_000),
        ..Default::default()
    };
    pb::DecisionInput {
        decision_date: day(2021, 8, 18),
        month: day(2021, 8, 0),
        facts: Some(pb::HouseholdFacts {
            case: Some(pb::CaseFacts {
                residence_kind: Some(pb::ResidenceKind::Rural as i32),
                applied_on: day(2021, 8, 1),
                accepted_on: day(2021, 8, 2),
                property_ok: Some(true),
                income_unstable: Some(false),
                obligor_status: Some(pb::ObligorStatus::None as i32),
                ..Default::default()
            }),
            members: vec![
                member("a", vec![income]),
                member("b", Vec::new()),
                member("c", Vec::new()),
            ],
            ..Default::default()
        }),
        officer: officer(),
        ..Default::default()
    }
}

pub(super) fn determine(number: u32) -> pb::DetermineRequest {
    pb::DetermineRequest {
        request_id: request_id(number),
        area: AREA.to_owned(),
        input: Some(v01()),
        ..Default::default()
    }
}

async fn with_policies() -> Running {
    let running = start().await;
    publish(&running).await;
    running
}

/// Publishes the policies into the area.
pub(super) async fn publish(running: &Running) {
    publish_policies(&running.channel).await;
}

pub(super) async fn publish_policies(channel: &Channel) {
    for (number, source) in (900..).zip(POLICIES) {
        publish_policy(channel, number, source).await;
    }
}

/// What publishes one document into the area.
pub(super) fn publication(number: u32, source: &str) -> pb::PublishPolicyRequest {
    pb::PublishPolicyRequest {
        request_id: request_id(number),
        area: AREA.to_owned(),
        source: source.to_owned(),
        officer: officer(),
        validate_only: false,
        ..Default::default()
    }
}

/// Publishes one document into the area.
pub(super) async fn publish_policy(channel: &Channel, number: u32, source: &str) {
    let mut policies =
        PolicyServiceClient::new(channel.clone()).max_encoding_message_size(POLICY_REQUEST_SIZE_MAX_BYTES);
    let published = policies
        .publish_policy(publication(number, source))
        .await
        .expect("a policy that is right")
        .into_inner();
    assert!(published.acknowledgement.is_some());
}

#[tokio::test]
async fn a_household_is_decided_recorded_read_proved_and_replayed() {
    let running = with_policies().await;
    let mut determinations = DeterminationServiceClient::new(running.channel.clone());
    let mut audit = AuditServiceClient::new(running.channel.clone());

    let dry = pb::DetermineRequest {
        validate_only: true,
        ..determine(1)
    };
    let dry = determinations.determine(dry).await.expect("a dry run").into_inner();
    assert!(dry.acknowledgement.is_none());

    let first = determinations
        .determine(determine(1))
        .await
        .expect("a determination")
        .into_inner();
    let determination = first.determination.clone().expect("always there");
    let household = determination.household.clone().expect("always there");
    assert_eq!(
        (household.outcome(), household.amount_fen),
        (pb::Outcome::Dibao, Some(105_000)),
        "{household:?}"
    );
    assert_eq!(determination.entitlements[0].from, day(2021, 9, 0));
    assert_eq!(determination.entitlements[0].programme(), pb::Programme::Dibao);
    assert!(!determination.samples.is_empty(), "the standard of T1 is a sample");
    assert_eq!(determination.persons.len(), 3);

    let again = determinations
        .determine(determine(1))
        .await
        .expect("the first answer")
        .into_inner();
    assert_eq!(again.encode_to_vec(), first.encode_to_vec(), "byte for byte");
    let mut other = determine(1);
    other.input.as_mut().expect("input").month = day(2021, 7, 0);
    let reused = determinations.determine(other).await.expect_err("must be refused");
    assert_eq!(
        (reused.code(), reason(&reused).as_str()),
        (Code::AlreadyExists, "REQUEST_ID_REUSED")
    );

    let name = determination.name.clone();
    let get = pb::GetDeterminationRequest {
        name: name.clone(),
        explain: true,
        ..Default::default()
    };
    let read = determinations
        .get_determination(get)
        .await
        .expect("it is there")
        .into_inner();
    assert_eq!(read.state(), pb::DeterminationState::Standing);
    assert_eq!(read.acknowledgement, first.acknowledgement);
    assert!(!read.determination.expect("always there").explanation.is_empty());
    let list = pb::ListDeterminationsRequest {
        parent: determination.case.clone(),
        ..Default::default()
    };
    let listed = determinations
        .list_determinations(list)
        .await
        .expect("a page")
        .into_inner();
    let names: Vec<&str> = listed.determinations.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, [&name]);

    let record = first.acknowledgement.expect("it was recorded");
    let prove = pb::ProveInclusionRequest {
        area: AREA.to_owned(),
        index: record.index,
        ..Default::default()
    };
    let proof = audit.prove_inclusion(prove).await.expect("a proof").into_inner();
    assert_eq!(proof.leaf_hash, crate::log::merkle::leaf_hash(&record.entry).as_bytes());
    let replay = pb::ReplayRequest { determination: name };
    let replayed = audit.replay(replay).await.expect("a replay").into_inner();
    assert!(replayed.equal, "{:?}", replayed.difference);

    let mut reviews = ReviewServiceClient::new(running.channel.clone());
    let due = pb::ListDueReviewsRequest {
        area: AREA.to_owned(),
        due_by: day(2022, 12, 31),
        ..Default::default()
    };
    let due = reviews
        .list_due_reviews(due)
        .await
        .expect("a page")
        .into_inner()
        .reviews;
    assert!(
        due.iter()
            .any(|item| item.case == determination.case && item.schedule == "next_review"),
        "{due:?}"
    );
}

#[tokio::test]
async fn a_request_that_is_repeated_before_it_is_answered_gets_the_one_answer() {
    let running = with_policies().await;
    let calls = (0..8).map(|_| {
        let mut determinations = DeterminationServiceClient::new(running.channel.clone());
        async move { determinations.determine(determine(1)).await }
    });
    let answers = futures::future::join_all(calls).await;
    let answers: Vec<pb::DetermineResponse> = answers
        .into_iter()
        .map(|answer| answer.expect("a determination").into_inner())
        .collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test]
async fn a_stop_without_a_hearing_is_recorded_and_refused_by_name_of_the_clause() {
    let running = with_policies().await;
    let mut determinations = DeterminationServiceClient::new(running.channel.clone());
    let first = determinations
        .determine(determine(1))
        .await
        .expect("a determination")
        .into_inner();
    let case = first.determination.expect("always there").case;
    let mut input = v01();
    input.decision_date = day(2026, 7, 1);
    input.month = day(2026, 7, 0);
    let facts = input.facts.as_mut().expect("facts");
    facts.exit = Some(pb::ExitFacts {
        ground: Some(pb::ExitGround::Voluntary as i32),
        source: String::new(),
    });
    facts.notice = Some(pb::NoticeFacts {
        reasons_written: Some(true),
        source: String::new(),
    });
    let exit = pb::DecideExitRequest {
        request_id: request_id(2),
        case,
        input: Some(input),
        ..Default::default()
    };
    let mut exits = ExitServiceClient::new(running.channel.clone());
    let error = exits.decide_exit(exit).await.expect_err("no hearing");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::FailedPrecondition, "HEARING_REQUIRED"),
        "{error:?}"
    );
    let info = error.get_details_error_info().expect("error info");
    assert_eq!(info.metadata["clause"], "sal#48");
    let get = pb::GetDeterminationRequest {
        name: info.metadata["determination"].clone(),
        ..Default::default()
    };
    let read = determinations
        .get_determination(get)
        .await
        .expect("it was recorded")
        .into_inner();
    assert_eq!(
        read.determination
            .as_ref()
            .and_then(|d| d.household.as_ref())
            .map(pb::Decided::outcome),
        Some(pb::Outcome::ProposedStop)
    );
    assert_eq!(read.state(), pb::DeterminationState::NoEffect);
}

#[tokio::test]
async fn a_stream_answers_every_item_with_a_status_of_its_own() {
    let running = with_policies().await;
    let items = (1..=40).map(|number| {
        let mut item = determine(number);
        if number % 4 == 0 {
            item.area = "999999".to_owned();
        }
        pb::BatchDetermineRequest {
            correlation_id: format!("c{number}"),
            determine: Some(item),
        }
    });
    let items = tokio_stream::iter(items.collect::<Vec<_>>()).into_streaming_request();
    let mut determinations = DeterminationServiceClient::new(running.channel.clone());
    let mut answers = determinations
        .batch_determine(items)
        .await
        .expect("a stream")
        .into_inner();
    let (mut decided, mut refused) = (0, 0);
    while let Some(answer) = answers.message().await.expect("no error") {
        let number: u32 = answer.correlation_id[1..].parse().expect("our own id");
        let status = answer.status.expect("always there");
        if number.is_multiple_of(4) {
            assert_eq!(status.code, Code::InvalidArgument as i32);
            refused += 1;
        } else {
            assert_eq!(status.code, Code::Ok as i32, "{status:?}");
            assert!(answer.determined.and_then(|d| d.acknowledgement).is_some());
            decided += 1;
        }
    }
    assert_eq!((decided, refused), (30, 10));
}

#[tokio::test]
async fn an_area_without_a_policy_decides_nothing_and_a_wrong_policy_lists_its_mistakes() {
    let running = start().await;
    let error = DeterminationServiceClient::new(running.channel.clone())
        .determine(determine(1))
        .await;
    let error = error.expect_err("no policy");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::FailedPrecondition, "NO_POLICY_IN_FORCE")
    );
    let request = pb::PublishPolicyRequest {
        request_id: request_id(1),
        area: AREA.to_owned(),
        source: "policy: p\nsemantics: doudi-rules/1\narea: 1\ntitle: t\n".to_owned(),
        officer: officer(),
        validate_only: false,
        ..Default::default()
    };
    let error = PolicyServiceClient::new(running.channel)
        .publish_policy(request)
        .await
        .expect_err("no area");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::InvalidArgument, "POLICY_INVALID")
    );
    assert!(
        !error
            .get_details_bad_request()
            .expect("mistakes")
            .field_violations
            .is_empty()
    );
}
