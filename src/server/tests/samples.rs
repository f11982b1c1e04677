//! A sample over the port, on both databases: committed, asked for, revealed, drawn, and drawn again from a file.

use std::sync::atomic::{AtomicI64, Ordering};

use tonic::Code;

use super::flow::{AREA, determine, publish_policies, request_id};
use super::*;
use crate::area::AreaCode;
use crate::log::sample::{Evidence, REVEAL_SECONDS, SeedValue, Stage};
use crate::store::conformance::{As, TestDatabase, on_both};

pub(super) const PERIOD: &str = "2026-Q3";

/// The values of auditor, operator and province.
pub(super) const VALUES: [[u8; 32]; 3] = [[1; 32], [2; 32], [3; 32]];

/// A server over a database, with the policies in force and `count` households decided in three townships.
pub(super) struct Decided {
    pub(super) running: Running,
    pub(super) app: Arc<App>,
    pub(super) determinations: Vec<pb::DetermineResponse>,
    database: TestDatabase,
}

pub(super) async fn decided(database: TestDatabase, count: u32, clock: Arc<dyn Clock>) -> Decided {
    let app = app_on(&database.url, clock).await;
    let running = start_with(Arc::clone(&app), tempfile::tempdir().expect("a folder")).await;
    publish_policies(&running).await;
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

fn commit(number: u32, role: pb::PartyRole, value: [u8; 32]) -> pb::CommitSampleRequest {
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

fn reveal(number: u32, value: [u8; 32]) -> pb::RevealSampleRequest {
    pb::RevealSampleRequest {
        request_id: request_id(number),
        area: AREA.to_owned(),
        period: PERIOD.to_owned(),
        value: value.to_vec(),
        validate_only: false,
    }
}

fn refuse(number: u32, party: &str) -> pb::RefuseRevealRequest {
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
async fn committed(audit: &mut AuditServiceClient<Channel>, third: bool) {
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

fn refused_as(status: &Status, text: &str) {
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
    a_round_refuses_what_is_out_of_turn,
    a_stratified_sample_assigns_townships_and_keeps_a_reserve,
    a_case_whose_key_is_destroyed_is_listed_and_moves_no_other
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
    let area: AreaCode = AREA.parse().expect("an area");
    let period = PERIOD.parse().expect("a period");
    let evidence = decided
        .app
        .export_sample(area, &period, |_, _| {})
        .await
        .expect("exported");
    let file = evidence.to_json().to_bytes();
    let checkpoint = pb::GetCheckpointRequest {
        area: AREA.to_owned(),
        ..Default::default()
    };
    let key = audit
        .get_checkpoint(checkpoint)
        .await
        .expect("a checkpoint")
        .into_inner()
        .verifier_key;
    let redrawn = Evidence::parse(&file)
        .expect("a file")
        .redraw(&[key.parse().expect("a key")], |_| {})
        .expect("drawn");
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

async fn a_round_refuses_what_is_out_of_turn(database: TestDatabase) {
    let decided = decided(database, 4, Arc::new(SystemClock::new())).await;
    let mut audit = decided.audit();
    let early = audit
        .request_sample(by("audit-firm", simple(1_009, 2)))
        .await
        .expect_err("nobody committed");
    refused_as(&early, "not registered as auditor");
    refused_as(&early, "fewer parties");
    committed(&mut audit, false).await;
    let twice = audit
        .commit_sample(by("operator", commit(1_005, pb::PartyRole::Operator, [9; 32])))
        .await;
    refused_as(&twice.expect_err("one each"), "already");
    let before = audit
        .reveal_sample(by("operator", reveal(1_006, VALUES[1])))
        .await
        .expect_err("no request");
    refused_as(&before, "no request yet");
    let by_operator = audit
        .request_sample(by("operator", simple(1_007, 2)))
        .await
        .expect_err("no auditor");
    refused_as(&by_operator, "not registered as auditor");
    // More than there are would use the period up: refused before it is recorded.
    let large = audit
        .request_sample(by("audit-firm", simple(1_008, 5)))
        .await
        .expect_err("only four");
    assert_eq!(large.code(), Code::InvalidArgument, "{large:?}");

    let asked = audit
        .request_sample(by("audit-firm", simple(1_010, 2)))
        .await
        .expect("asked")
        .into_inner();
    let round = asked.round.expect("always there");
    assert_eq!(round.stage(), pb::SampleStage::Revealing);
    assert!(
        round
            .parties
            .iter()
            .all(|party| party.called && party.reveal_by.is_some())
    );
    let second = audit
        .request_sample(by("audit-firm", simple(1_020, 1)))
        .await
        .expect_err("one a period");
    refused_as(&second, "one request a period");
    let repeated = audit
        .request_sample(by("audit-firm", simple(1_010, 2)))
        .await
        .expect("a retry")
        .into_inner();
    assert_eq!(repeated.acknowledgement, asked.acknowledgement);
    let late = audit
        .commit_sample(by("city", commit(1_021, pb::PartyRole::Third, [8; 32])))
        .await;
    refused_as(&late.expect_err("registration ended"), "nobody registers after it");
    let other = audit
        .reveal_sample(by("operator", reveal(1_022, [7; 32])))
        .await
        .expect_err("another value");
    refused_as(&other, "not the one that the party committed to");
    let draw_early = audit
        .draw_sample(by("audit-firm", draw(1_023)))
        .await
        .expect_err("nobody revealed");
    refused_as(&draw_early, "not every party");
    let hasty = audit
        .refuse_reveal(by("audit-firm", refuse(1_024, "operator")))
        .await
        .expect_err("there is time");
    refused_as(&hasty, "still has time");
    audit
        .reveal_sample(by("audit-firm", reveal(1_025, VALUES[0])))
        .await
        .expect("revealed");
    let refusal = audit
        .refuse_reveal(by("operator", refuse(1_026, "")))
        .await
        .expect("recorded")
        .into_inner();
    assert!(refusal.acknowledgement.is_some(), "a refusal is a record");
    assert_eq!(refusal.round.map(|round| round.stage()), Some(pb::SampleStage::Void));
    let void = audit
        .draw_sample(by("audit-firm", draw(1_027)))
        .await
        .expect_err("no substitute");
    refused_as(&void, "void");
    let nothing = pb::GetSampleRequest {
        area: AREA.to_owned(),
        period: "2026-Q4".to_owned(),
    };
    let missing = audit.get_sample(nothing).await.expect_err("nobody committed");
    assert_eq!(
        (missing.code(), reason(&missing).as_str()),
        (Code::NotFound, "SAMPLE_NOT_FOUND")
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

/// The key of a case is destroyed between the reveals and the draw, when everybody knows the seed.
async fn a_case_whose_key_is_destroyed_is_listed_and_moves_no_other(database: TestDatabase) {
    let decided = decided(database, 12, Arc::new(SystemClock::new())).await;
    let mut audit = decided.audit();
    committed(&mut audit, false).await;
    let request = pb::RequestSampleRequest {
        population: pb::SamplePopulation::Paid as i32,
        ..simple(1_010, 4)
    };
    audit.request_sample(by("audit-firm", request)).await.expect("asked");
    audit
        .reveal_sample(by("audit-firm", reveal(1_011, VALUES[0])))
        .await
        .expect("revealed");
    audit
        .reveal_sample(by("operator", reveal(1_012, VALUES[1])))
        .await
        .expect("revealed");
    let dry = pb::DrawSampleRequest {
        validate_only: true,
        ..draw(1_013)
    };
    let before = audit
        .draw_sample(by("audit-firm", dry))
        .await
        .expect("a dry run")
        .into_inner();
    assert!(before.acknowledgement.is_none());
    let before: Vec<u64> = before.sample.expect("drawn").strata[0]
        .units
        .iter()
        .map(|unit| unit.index)
        .collect();
    let destroy = format!(
        "UPDATE data_key SET wrapped = NULL, destroyed_ms = 5 WHERE key_ref = \
         (SELECT key_ref FROM document WHERE name = 'frame' AND idx = {})",
        before[0]
    );
    assert_eq!(decided.database.execute(As::Owner, &destroy).await, Ok(1));
    let drawn = audit
        .draw_sample(by("audit-firm", draw(1_014)))
        .await
        .expect("drawn")
        .into_inner();
    let sample = drawn.sample.expect("always there");
    assert_eq!((&sample.unopened[..], sample.strata[0].population), (&before[..1], 11));
    let after: Vec<u64> = sample.strata[0].units.iter().map(|unit| unit.index).collect();
    assert_eq!(
        after[..3],
        before[1..],
        "the others stay, and the next takes the free place"
    );
    let (area, period) = (AREA.parse().expect("an area"), PERIOD.parse().expect("a period"));
    let evidence = decided
        .app
        .export_sample(area, &period, |_, _| {})
        .await
        .expect("exported");
    let checkpoint = pb::GetCheckpointRequest {
        area: AREA.to_owned(),
        ..Default::default()
    };
    let key = audit
        .get_checkpoint(checkpoint)
        .await
        .expect("a checkpoint")
        .into_inner()
        .verifier_key;
    let redrawn = evidence
        .redraw(&[key.parse().expect("a key")], |_| {})
        .expect("drawn again");
    assert!(redrawn.agrees());
}

/// A clock that a test moves; wall and monotonic time go together, as on a machine that stays on.
#[derive(Default)]
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now_ms(&self) -> i64 {
        1_790_000_000_000 + self.0.load(Ordering::SeqCst)
    }

    fn monotonic_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// PostgreSQL has a clock of its own that a test cannot move, so this runs on SQLite alone.
#[tokio::test]
async fn a_value_after_72_hours_is_refused_and_the_substitutes_takes_its_place() {
    let clock = Arc::new(Moved::default());
    let decided = decided(TestDatabase::sqlite().await, 4, clock.clone()).await;
    let mut audit = decided.audit();
    committed(&mut audit, true).await;
    audit
        .request_sample(by("audit-firm", simple(1_010, 2)))
        .await
        .expect("asked");
    audit
        .reveal_sample(by("audit-firm", reveal(1_011, VALUES[0])))
        .await
        .expect("revealed");
    let substitute = audit
        .reveal_sample(by("province", reveal(1_012, VALUES[2])))
        .await
        .expect_err("not called on");
    refused_as(&substitute, "not called on");
    clock.0.store(REVEAL_SECONDS * 1_000, Ordering::SeqCst);
    let in_time = pb::RevealSampleRequest {
        validate_only: true,
        ..reveal(1_013, VALUES[1])
    };
    audit
        .reveal_sample(by("operator", in_time))
        .await
        .expect("the last second");
    let hasty = audit
        .refuse_reveal(by("audit-firm", refuse(1_014, "operator")))
        .await
        .expect_err("there is time");
    refused_as(&hasty, "still has time");
    clock.0.store((REVEAL_SECONDS + 1) * 1_000, Ordering::SeqCst);
    let late = audit
        .reveal_sample(by("operator", reveal(1_015, VALUES[1])))
        .await
        .expect_err("a second late");
    refused_as(&late, "72 hours have passed");
    let silence = audit
        .refuse_reveal(by("audit-firm", refuse(1_016, "operator")))
        .await
        .expect("recorded")
        .into_inner();
    let parties = silence.round.expect("always there").parties;
    let operator = parties
        .iter()
        .find(|party| party.party == "operator")
        .expect("registered");
    assert!(operator.missing && !operator.revealed);
    // Three days after the call on the substitute, not after the request.
    clock.0.store((2 * REVEAL_SECONDS) * 1_000, Ordering::SeqCst);
    audit
        .reveal_sample(by("province", reveal(1_017, VALUES[2])))
        .await
        .expect("its own 72 hours");
    let drawn = audit
        .draw_sample(by("audit-firm", draw(1_018)))
        .await
        .expect("drawn")
        .into_inner();
    assert_eq!(drawn.sample.map(|sample| sample.strata[0].units.len()), Some(2));
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
    ];
    assert_eq!(fields, expected);
}
