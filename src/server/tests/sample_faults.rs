//! What goes wrong in a round, over the port: steps out of turn, values that come late, keys that are destroyed.

use std::sync::atomic::{AtomicI64, Ordering};

use tonic::Code;

use super::cases::Place;
use super::flow::AREA;
use super::samples::{VALUES, by, commit, committed, decided, draw, redrawn, refuse, refused_as, reveal, simple};
use super::*;
use crate::log::sample::{Agreement, REVEAL_SECONDS};
use crate::store::conformance::{As, TestDatabase, on_both};

on_both!(
    a_round_refuses_what_is_out_of_turn,
    an_auditor_who_commits_last_is_in_the_seed_all_the_same,
    a_case_in_the_range_of_an_open_sample_is_not_erased_before_the_draw,
    a_case_whose_key_is_destroyed_is_listed_and_moves_no_other
);

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

/// Whoever commits before the auditor may know both of the first two values: they make no seed. Without a number of
/// values the service asks for as many as it takes.
async fn an_auditor_who_commits_last_is_in_the_seed_all_the_same(database: TestDatabase) {
    let decided = decided(database, 4, Arc::new(SystemClock::new())).await;
    let mut audit = decided.audit();
    let parties = [
        ("operator", pb::PartyRole::Operator),
        ("province", pb::PartyRole::Third),
        ("audit-firm", pb::PartyRole::Auditor),
    ];
    for (number, ((name, role), value)) in (1_000..).zip(parties.into_iter().zip(VALUES)) {
        audit
            .commit_sample(by(name, commit(number, role, value)))
            .await
            .expect("committed");
    }
    let two = pb::RequestSampleRequest {
        values: 2,
        ..simple(1_010, 2)
    };
    let refused = audit
        .request_sample(by("audit-firm", two))
        .await
        .expect_err("not among them");
    refused_as(&refused, "ask for more values");
    let asked = audit
        .request_sample(by("audit-firm", simple(1_011, 2)))
        .await
        .expect("asked")
        .into_inner();
    let round = asked.round.expect("always there");
    let called: Vec<&str> = round
        .parties
        .iter()
        .filter(|party| party.called)
        .map(|party| party.party.as_str())
        .collect();
    assert_eq!(called, ["operator", "province", "audit-firm"]);
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
    let (_, redrawn) = redrawn(&decided).await;
    let recorded = redrawn.recorded.map(|(_, selection)| selection.strata);
    assert_eq!(recorded.as_ref(), Some(&redrawn.selection.strata));
    // Whoever destroys a key without a record of it hides a decision from the sample.
    let withheld = crate::log::LogIndex::new(before[0]).expect("small");
    assert_eq!(redrawn.agreement, Agreement::Withheld(vec![withheld]));
}

/// The last to reveal knows the seed, and would choose by it what is left to be drawn from.
async fn a_case_in_the_range_of_an_open_sample_is_not_erased_before_the_draw(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, answer) = place.with_a_case().await;
    let case = answer.determination.expect("always there").case;
    let mut audit = server.audit.clone();
    committed(&mut audit, false).await;
    audit
        .request_sample(by("audit-firm", simple(1_010, 1)))
        .await
        .expect("asked");
    let later = server.decide(2).await.determination.expect("always there").case;
    for (number, (party, value)) in (1_011..).zip([("audit-firm", VALUES[0]), ("operator", VALUES[1])]) {
        let error = server.erase(number + 100, &case, pb::CaseScope::Case).await;
        refused_as(&error.expect_err("not drawn yet"), "the sample 2026-Q3");
        audit
            .reveal_sample(by(party, reveal(number, value)))
            .await
            .expect("revealed");
    }
    let error = server.erase(1_200, &case, pb::CaseScope::Case).await;
    refused_as(&error.expect_err("the seed is known"), "erase it after the result");
    // The identity is drawn from by nobody, and what was decided after the checkpoint is not of the range.
    server
        .erase(1_201, &case, pb::CaseScope::Identity)
        .await
        .expect("no part of the draw");
    server
        .erase(1_202, &later, pb::CaseScope::Case)
        .await
        .expect("not of the range");
    audit.draw_sample(by("audit-firm", draw(1_013))).await.expect("drawn");
    server
        .erase(1_203, &case, pb::CaseScope::Case)
        .await
        .expect("the sample is drawn");
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
