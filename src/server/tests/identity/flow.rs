//! Townships see their own cases alone, from the first decision to an audit; roles answer for identities and samples.

use super::super::cases::{checked, refused};
use super::super::flow::{day, determine, publish_policies, request_id, v01};
use super::*;
use crate::api::pb::exit_service_client::ExitServiceClient;
use crate::api::pb::review_service_client::ReviewServiceClient;

pub const COUNTY: &str = "340321";
pub const OTHER_COUNTY: &str = "340322";
pub const TOWNSHIP: &str = "340321100";
pub const OTHER_TOWNSHIP: &str = "340321101";

const ROWS: &[Row<'_>] = &[
    ("county", &[Role::Decide, Role::Review], &[COUNTY]),
    ("township", &[Role::Decide, Role::Review], &[TOWNSHIP]),
    ("policy", &[Role::Policy], &[COUNTY]),
    ("audit", &[Role::Audit], &[COUNTY]),
    ("audit-all", &[Role::Audit, Role::AuditIdentity], &[COUNTY]),
    ("audit-township", &[Role::Audit], &[TOWNSHIP]),
    ("operate", &[Role::Operate], &[COUNTY]),
];

/// A household that is paid, decided in an area.
pub async fn decided_in(channel: &Channel, number: u32, area: &str) -> Result<pb::DetermineResponse, Status> {
    let request = pb::DetermineRequest {
        area: area.to_owned(),
        ..determine(number)
    };
    let mut client = DeterminationServiceClient::new(channel.clone());
    client.determine(request).await.map(tonic::Response::into_inner)
}

async fn started() -> Secured {
    let server = Secured::start(ROWS).await;
    publish_policies(&server.caller("policy").await).await;
    server
}

fn names(decided: &pb::DetermineResponse) -> (String, String) {
    let determination = decided.determination.as_ref().expect("always there");
    (determination.case.clone(), determination.name.clone())
}

async fn review(channel: &Channel, number: u32, case: &str) -> Result<pb::ReviewResponse, Status> {
    let mut input = v01();
    input.decision_date = day(2022, 2, 18);
    input.month = day(2022, 2, 0);
    let request = pb::ReviewRequest {
        request_id: request_id(number),
        case: case.to_owned(),
        cause: pb::Cause::Review as i32,
        input: Some(input),
        ..Default::default()
    };
    let mut client = ReviewServiceClient::new(channel.clone());
    client.review(request).await.map(tonic::Response::into_inner)
}

async fn due(channel: &Channel, area: &str) -> Result<Vec<String>, Status> {
    let request = pb::ListDueReviewsRequest {
        area: area.to_owned(),
        due_by: day(2100, 1, 1),
        ..Default::default()
    };
    let mut client = ReviewServiceClient::new(channel.clone());
    let page = client.list_due_reviews(request).await?.into_inner();
    let mut cases: Vec<String> = page.reviews.into_iter().map(|review| review.case).collect();
    cases.dedup();
    Ok(cases)
}

fn denied<T>(answer: Result<T, Status>) {
    let error = answer.err().expect("refused");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::PermissionDenied, "PERMISSION_DENIED")
    );
    assert_eq!(error.message(), "the caller may not do this");
}

#[tokio::test]
async fn a_township_decides_reviews_and_lists_its_own_cases_and_no_others() {
    let server = started().await;
    let (county, township) = (server.caller("county").await, server.caller("township").await);
    denied(decided_in(&township, 1, COUNTY).await);
    denied(decided_in(&township, 1, OTHER_TOWNSHIP).await);
    let (own, _) = names(&decided_in(&township, 1, TOWNSHIP).await.expect("its own"));
    let (other, _) = names(&decided_in(&county, 2, OTHER_TOWNSHIP).await.expect("the county's"));
    let (whole, _) = names(&decided_in(&county, 3, COUNTY).await.expect("the county's"));

    review(&township, 4, &own).await.expect("its own");
    for case in [&other, &whole] {
        denied(review(&township, 5, case).await);
    }
    assert_eq!(
        due(&township, TOWNSHIP).await.expect("its own"),
        std::slice::from_ref(&own)
    );
    denied(due(&township, COUNTY).await);
    denied(due(&township, OTHER_TOWNSHIP).await);
    let all = due(&county, COUNTY).await.expect("all");
    assert_eq!(all.len(), 3);
    assert_eq!(due(&county, OTHER_TOWNSHIP).await.expect("one of them"), [other]);

    let grace = pb::ListGracePeriodsRequest {
        area: TOWNSHIP.to_owned(),
        ..Default::default()
    };
    let mut exits = ExitServiceClient::new(township.clone());
    assert!(
        exits
            .list_grace_periods(grace)
            .await
            .expect("its own")
            .into_inner()
            .periods
            .is_empty()
    );
}

#[tokio::test]
async fn a_review_of_the_county_keeps_the_township_of_the_case_in_its_facts_and_its_frame() {
    let server = started().await;
    let (county, township) = (server.caller("county").await, server.caller("township").await);
    let (case, _) = names(&decided_in(&township, 1, TOWNSHIP).await.expect("its own"));
    let reviewed = review(&county, 2, &case).await.expect("the county may");
    let documents = checked(&reviewed.acknowledgement.expect("recorded"));
    let document = |name: &str| &documents.iter().find(|(found, _)| found == name).expect(name).1;
    assert_eq!(document("facts")["township"], TOWNSHIP);
    assert_eq!(
        document("facts")["caller"],
        "county",
        "the principal, whatever the certificate"
    );
    assert_eq!(document("frame")["township"], TOWNSHIP);
    assert_eq!(due(&township, TOWNSHIP).await.expect("its own"), [case]);
}

#[tokio::test]
async fn a_case_that_moves_to_another_township_is_that_townships_from_then_on() {
    let server = started().await;
    let (county, township) = (server.caller("county").await, server.caller("township").await);
    let (case, name) = names(&decided_in(&county, 1, OTHER_TOWNSHIP).await.expect("decided"));
    let read = |name: String| {
        let mut client = DeterminationServiceClient::new(township.clone());
        async move {
            let request = pb::GetDeterminationRequest {
                name,
                ..Default::default()
            };
            client.get_determination(request).await
        }
    };
    denied(read(name.clone()).await);
    let moved = pb::DetermineRequest {
        area: TOWNSHIP.to_owned(),
        case: case.clone(),
        ..determine(2)
    };
    // A township cannot take a case by naming it: the case must be its own before.
    denied(
        DeterminationServiceClient::new(township.clone())
            .determine(moved.clone())
            .await,
    );
    let mut client = DeterminationServiceClient::new(county.clone());
    client.determine(moved).await.expect("the county moves it");
    read(name).await.expect("its own now");
}

#[tokio::test]
async fn an_auditor_of_a_township_opens_its_records_and_refuses_tell_nothing_of_others() {
    let server = started().await;
    let county = server.caller("county").await;
    let (_, own) = names(&decided_in(&county, 1, TOWNSHIP).await.expect("decided"));
    let (_, other) = names(&decided_in(&county, 2, OTHER_TOWNSHIP).await.expect("decided"));
    let audit = server.caller("audit-township").await;
    let open = |number: u32, determinations: Vec<String>, indices: Vec<u64>| {
        let request = pb::OpenDocumentsRequest {
            request_id: request_id(number),
            area: COUNTY.to_owned(),
            determinations,
            indices,
            purpose: pb::OpeningPurpose::Audit as i32,
            reference: "2026-Q3".to_owned(),
            ..Default::default()
        };
        let mut client = AuditServiceClient::new(audit.clone());
        async move { client.open_documents(request).await.map(tonic::Response::into_inner) }
    };
    let opened = open(10, vec![own.clone()], Vec::new()).await.expect("its own");
    assert_eq!(opened.records.len(), 1);
    denied(open(11, vec![own.clone(), other.clone()], Vec::new()).await);
    let missing = format!("areas/{COUNTY}/cases/{0}/determinations/{0}", "0".repeat(32));
    for name in [other, missing] {
        denied(open(12, vec![name], Vec::new()).await);
    }
    for index in [0, 999] {
        denied(open(13, Vec::new(), vec![index]).await);
    }
}

#[tokio::test]
async fn identities_open_to_the_role_alone_and_each_side_of_a_sample_to_its_own() {
    let server = started().await;
    let county = server.caller("county").await;
    let mut deciding = DeterminationServiceClient::new(county.clone());
    let decided = deciding.determine(refused(1)).await.expect("decided").into_inner();
    let (_, name) = names(&decided);
    let open = |channel: Channel, number: u32| {
        let request = pb::OpenDocumentsRequest {
            request_id: request_id(number),
            area: COUNTY.to_owned(),
            determinations: vec![name.clone()],
            include_identity: true,
            purpose: pb::OpeningPurpose::Audit as i32,
            reference: "2026-Q3".to_owned(),
            ..Default::default()
        };
        async move { AuditServiceClient::new(channel).open_documents(request).await }
    };
    denied(open(server.caller("audit").await, 10).await);
    let opened = open(server.caller("audit-all").await, 11)
        .await
        .expect("the role")
        .into_inner();
    let shown = &opened.records[0].record.as_ref().expect("a record").documents;
    assert!(shown.iter().any(|document| document.name == "identity"));

    let commit = |channel: Channel, number: u32, role: pb::PartyRole| {
        let request = pb::CommitSampleRequest {
            request_id: request_id(number),
            area: COUNTY.to_owned(),
            period: "2026-Q3".to_owned(),
            role: role as i32,
            commitment: vec![u8::try_from(number).expect("small"); 32],
            validate_only: false,
        };
        async move { AuditServiceClient::new(channel).commit_sample(request).await }
    };
    let (audit, operate) = (server.caller("audit").await, server.caller("operate").await);
    denied(commit(audit.clone(), 20, pb::PartyRole::Operator).await);
    denied(commit(operate.clone(), 21, pb::PartyRole::Auditor).await);
    commit(audit, 22, pb::PartyRole::Auditor).await.expect("its side");
    commit(operate, 23, pb::PartyRole::Operator).await.expect("its side");
}
