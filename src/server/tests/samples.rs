//! A sample over the port, on both databases: committed, asked for, revealed, drawn, and drawn again from a file.

use tonic::Code;

use super::flow::{AREA, determine, publish_policies, request_id};
use super::*;
use crate::log::sample::{Evidence, Redrawn, SeedValue, Stage};
use crate::store::conformance::{TestDatabase, on_both};

pub(super) const PERIOD: &str = "2026-Q3";

/// The values of auditor, operator and province.
pub(super) const VALUES: [[u8; 32]; 3] = [[1; 32], [2; 32], [3; 32]];

/// A server over a database, with the policies in force and `count` households decided in three townships.
pub(super) struct Decided {
    pub(super) running: Running,
    pub(super) app: Arc<App>,
    pub(super) determinations: Vec<pb::DetermineResponse>,
    pub(super) database: TestDatabase,
}

/// Draws again what the log records, from the exported file and the log's key alone.
pub(super) async fn redrawn(decided: &Decided) -> (Evidence, Redrawn) {
    let (area, period) = (AREA.parse().expect("an area"), PERIOD.parse().expect("a period"));
    let exported = decided.app.export_sample(area, &period, |_, _| {}).await;
    let file = exported.expect("exported").to_json().to_bytes();
    let checkpoint = pb::GetCheckpointRequest {
        area: AREA.to_owned(),
        ..Default::default()
    };
    let answer = decided.audit().get_checkpoint(checkpoint).await;
    let key = answer.expect("a checkpoint").into_inner().verifier_key;
    let evidence = Evidence::parse(&file).expect("a file");
    let redrawn = evidence.redraw(&[key.parse().expect("a key")], |_| {}).expect("drawn");
    (evidence, redrawn)
}

pub(super) async fn decided(database: TestDatabase, count: u32, clock: Arc<dyn Clock>) -> Decided {
    let app = app_on(&database.url, clock).await;
    let running = serving(Arc::clone(&app), tempfile::tempdir().expect("a folder")).await;
    publish_policies(&running.channel).await;
    let mut client = DeterminationServiceClient::new(running.channel.clone());
    let mut determinations = Vec::new();
    for number in 1..=count {
        let mut request = determine(number);
        request.area = format!("{AREA}10{}", 1 + number % 3);
        determinations.push(client.determine(request).await.expect("a determination").into_inner());
    }
    Decided {
        running,
        app,
        determinations,
        database,
    }
}

impl Decided {
    pub(super) fn audit(&self) -> AuditServiceClient<Channel> {
        AuditServiceClient::new(self.running.channel.clone())
    }
}

/// The message as a caller of this name sends it.
pub(super) fn by<T>(principal: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request
        .metadata_mut()
        .insert("doudi-principal", principal.parse().expect("ASCII"));
    request
}

pub(super) fn commit(number: u32, role: pb::PartyRole, value: [u8; 32]) -> pb::CommitSampleRequest {
    pb::CommitSampleRequest {
        request_id: request_id(number),
        area: AREA.to_owned(),
        period: PERIOD.to_owned(),
        role: role as i32,
        commitment: SeedValue::from_bytes(value).commitment().as_bytes().to_vec(),
        validate_only: false,
    }
}

pub(super) fn simple(number: u32, size: u32) -> pb::RequestSampleRequest {
    pb::RequestSampleRequest {
        request_id: request_id(number),
        area: AREA.to_owned(),
        period: PERIOD.to_owned(),
        population: pb::SamplePopulation::Decisions as i32,
        draw: pb::SampleDraw::Simple as i32,
        size,
        ..Default::default()
    }
}

pub(super) fn reveal(number: u32, value: [u8; 32]) -> pb::RevealSampleRequest {
    pb::RevealSampleRequest {
        request_id: request_id(number),
        area: AREA.to_owned(),
        period: PERIOD.to_owned(),
        value: value.to_vec(),
        validate_only: false,
    }
}

pub(super) fn refuse(number: u32, party: &str) -> pb::RefuseRevealRequest {
    pb::RefuseRevealRequest {
        request_id: request_id(number),
        area: AREA.to_owned(),
        period: PERIOD.to_owned(),
        party: party.to_owned(),
        validate_only: false,
    }
}

pub(super) fn draw(number: u32) -> pb::DrawSampleRequest {
    pb::DrawSampleRequest {
        request_id: request_id(number),
        area: AREA.to_owned(),
        period: PERIOD.to_owned(),
        validate_only: false,
    }
}

/// Auditor and operator commit; a third party is their substitute where it is wanted.
pub(super) async fn committed(audit: &mut AuditServiceClient<Channel>, third: bool) {
    let parties = [
        ("audit-firm", pb::PartyRole::Auditor),
        ("operator", pb::PartyRole::Operator),
        ("province", pb::PartyRole::Third),
    ];
    for (number, ((name, role), value)) in (1_000..).zip(parties.into_iter().zip(VALUES)) {
        if role != pb::PartyRole::Third || third {
            audit
                .commit_sample(by(name, commit(number, role, value)))
                .await
                .expect("committed");
        }
    }
}

/// A whole round of this request, up to the draw.
pub(super) async fn drawn(decided: &Decided, request: pb::RequestSampleRequest) -> pb::Sample {
    let mut audit = decided.audit();
    committed(&mut audit, false).await;
    audit.request_sample(by("audit-firm", request)).await.expect("asked");
    audit
        .reveal_sample(by("audit-firm", reveal(1_011, VALUES[0])))
        .await
        .expect("revealed");
    audit
        .reveal_sample(by("operator", reveal(1_012, VALUES[1])))
        .await
        .expect("revealed");
    let drawn = audit
        .draw_sample(by("audit-firm", draw(1_013)))
        .await
        .expect("drawn")
        .into_inner();
    drawn.sample.expect("always there")
}

/// The reasons of a refusal, each with its text.
pub(super) fn reasons(status: &Status) -> Vec<(String, String)> {
    let failed = status.get_details_precondition_failure().expect("preconditions");
    failed
        .violations
        .into_iter()
        .map(|found| (found.subject, found.description))
        .collect()
}

pub(super) fn refused_as(status: &Status, text: &str) {
    assert_eq!(
        (status.code(), reason(status).as_str()),
        (Code::FailedPrecondition, "SAMPLE_STATE"),
        "{status:?}"
    );
    let reasons = reasons(status);
    assert!(
        reasons.iter().any(|(_, found)| found.contains(text)),
        "{text}: {reasons:?}"
    );
}

on_both!(
    a_sample_is_drawn_recorded_and_drawn_again_from_a_file,
    a_stratified_sample_assigns_townships_and_keeps_a_reserve
);

async fn a_sample_is_drawn_recorded_and_drawn_again_from_a_file(database: TestDatabase) {
    let decided = decided(database, 12, Arc::new(SystemClock::new())).await;
    let mut audit = decided.audit();
    let sample = drawn(&decided, simple(1_010, 5)).await;
    let stratum = &sample.strata[0];
    assert_eq!(
        (sample.strata.len(), stratum.population, stratum.units.len()),
        (1, 12, 5)
    );
    for unit in &stratum.units {
        let of = |answer: &&pb::DetermineResponse| {
            answer
                .determination
                .as_ref()
                .is_some_and(|determination| determination.name == unit.determination)
        };
        let answer = decided.determinations.iter().find(of).expect("one of ours");
        assert_eq!(
            answer.acknowledgement.as_ref().map(|record| record.index),
            Some(unit.index)
        );
    }
    // A retry is the first answer; another draw is refused; what was drawn can be read.
    let again = audit
        .draw_sample(by("audit-firm", draw(1_013)))
        .await
        .expect("the first answer")
        .into_inner();
    assert_eq!(again.sample.as_ref(), Some(&sample));
    let record = again.acknowledgement.expect("recorded");
    let names: Vec<&str> = record.documents.iter().map(|document| document.name.as_str()).collect();
    assert_eq!(names, ["sample_result", "selection"]);
    let second = audit
        .draw_sample(by("audit-firm", draw(1_014)))
        .await
        .expect_err("drawn already");
    refused_as(&second, "drawn already");
    let get = pb::GetSampleRequest {
        area: AREA.to_owned(),
        period: PERIOD.to_owned(),
    };
    let read = audit.get_sample(get).await.expect("it is there").into_inner();
    assert_eq!(read.sample, Some(sample.clone()));
    assert_eq!(read.round.map(|round| round.stage()), Some(pb::SampleStage::Drawn));

    // The auditor's own machine: the file, the log's key, nothing else.
    let (evidence, redrawn) = redrawn(&decided).await;
    assert!(redrawn.agrees() && redrawn.recorded.is_some());
    assert_eq!(redrawn.round.stage(), Stage::Drawn);
    let indices: Vec<u64> = redrawn.selection.strata[0]
        .units
        .iter()
        .map(|index| index.get())
        .collect();
    assert_eq!(indices, stratum.units.iter().map(|unit| unit.index).collect::<Vec<_>>());
    // No document of the file says who was drawn from, beside the frames.
    assert!(
        evidence
            .entries
            .iter()
            .flat_map(|leaf| &leaf.documents)
            .all(|document| document.name != "facts")
    );
}

async fn a_stratified_sample_assigns_townships_and_keeps_a_reserve(database: TestDatabase) {
    let decided = decided(database, 12, Arc::new(SystemClock::new())).await;
    let townships: Vec<String> = (1..=4).map(|number| format!("{AREA}10{number}")).collect();
    let request = pb::RequestSampleRequest {
        draw: pb::SampleDraw::Stratified as i32,
        strata: vec![pb::StratumField::Township as i32],
        floor: 1,
        reserve: 1,
        townships: townships.clone(),
        ..simple(1_010, 6)
    };
    let sample = drawn(&decided, request).await;
    let shape: Vec<(String, u64, usize, usize)> = sample
        .strata
        .iter()
        .map(|stratum| {
            (
                stratum.key.clone(),
                stratum.population,
                stratum.units.len(),
                stratum.reserve.len(),
            )
        })
        .collect();
    let of = |township: &str| (format!(r#"{{"township":"{township}"}}"#), 4, 2, 1);
    assert_eq!(shape, [of(&townships[0]), of(&townships[1]), of(&townships[2])]);
    assert_eq!(sample.cross_checks.len(), 4);
    assert!(sample.cross_checks.iter().all(|check| check.reviewer != check.reviewed));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_comes_all_at_once() {
    let running = start().await;
    let wrong = pb::RequestSampleRequest {
        request_id: String::new(),
        area: AREA.to_owned(),
        period: "Q3 2026".to_owned(),
        strata: vec![99],
        prior: vec![pb::StratumPrior {
            key: "{ }".to_owned(),
            errors: 1,
            reviewed: 2,
        }],
        townships: vec![AREA.to_owned()],
        ..Default::default()
    };
    let error = AuditServiceClient::new(running.channel)
        .request_sample(wrong)
        .await
        .expect_err("all wrong");
    let fields: Vec<String> = error
        .get_details_bad_request()
        .expect("violations")
        .field_violations
        .into_iter()
        .map(|v| v.field)
        .collect();
    let expected = [
        "request_id",
        "period",
        "population",
        "draw",
        "strata[0]",
        "prior[0].key",
        "townships[0]",
        "size",
    ];
    assert_eq!(fields, expected);
}
