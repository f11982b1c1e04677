//! Error rates over the port, on both databases: what follows from the findings of a sample.

use super::findings::{finding, recorded};
use super::flow::AREA;
use super::restriction::restrict;
use super::samples::{Decided, PERIOD, by, commit, decided, draw, drawn, reveal, simple};
use super::*;
use crate::store::conformance::{TestDatabase, on_both};

async fn rates(decided: &Decided) -> pb::EstimateErrorRateResponse {
    rates_of(decided, PERIOD).await
}

async fn rates_of(decided: &Decided, period: &str) -> pb::EstimateErrorRateResponse {
    let request = pb::EstimateErrorRateRequest {
        area: AREA.to_owned(),
        period: period.to_owned(),
        confidence_percent: 0,
    };
    decided
        .audit()
        .estimate_error_rate(request)
        .await
        .expect("a sample")
        .into_inner()
}

fn rate(rates: &pb::EstimateErrorRateResponse, outcome: pb::FindingOutcome) -> &pb::ErrorRate {
    rates
        .rates
        .iter()
        .find(|rate| rate.outcome() == outcome)
        .expect("every kind")
}

on_both!(
    error_rates_follow_from_the_findings_of_a_sample,
    a_finding_counts_in_every_sample_that_holds_its_determination,
    the_finding_of_a_restricted_case_is_missing_until_that_is_lifted,
    the_reserve_takes_the_place_of_a_restricted_case,
    an_error_that_no_paid_decision_can_have_is_out_of_reach_of_a_sample_of_them,
);

async fn error_rates_follow_from_the_findings_of_a_sample(database: TestDatabase) {
    let decided = decided(database, 12, Arc::new(SystemClock::new())).await;
    let request = pb::RequestSampleRequest {
        reserve: 2,
        ..simple(1_010, 8)
    };
    let sample = drawn(&decided, request).await;
    let nothing = rates(&decided).await;
    assert_eq!((nothing.drawn, nothing.reviewed, nothing.missing), (8, 0, 8));
    assert!(
        nothing
            .rates
            .iter()
            .all(|rate| rate.rate.is_empty() && rate.intervals.is_empty())
    );

    use pb::FindingOutcome as Found;
    let outcomes: [&[Found]; 7] = [
        &[Found::Correct],
        &[Found::Correct],
        &[Found::Correct],
        &[Found::Correct],
        &[Found::Overpaid, Found::Procedure],
        &[Found::Procedure],
        &[Found::NotReviewable],
    ];
    let stratum = &sample.strata[0];
    for (number, (unit, outcomes)) in (2_000..).zip(stratum.units.iter().zip(outcomes)) {
        recorded(&decided, finding(number, &unit.determination, outcomes))
            .await
            .expect("allowed");
    }
    // One could not be reviewed, so the first of the reserve counts, and the second does not.
    for (number, unit) in (2_100..).zip(&stratum.reserve) {
        let found = finding(number, &unit.determination, &[Found::Underpaid]);
        recorded(&decided, found).await.expect("allowed");
    }
    let shown = rates(&decided).await;
    assert_eq!(
        (shown.population, shown.drawn, shown.reviewed, shown.missing),
        (12, 8, 7, 2)
    );
    assert_eq!((shown.confidence_percent, shown.basis()), (95, pb::RateBasis::Cases));
    let errors: Vec<(pb::FindingOutcome, u64)> = shown.rates.iter().map(|rate| (rate.outcome(), rate.errors)).collect();
    assert_eq!(
        errors,
        [
            (Found::Procedure, 2),
            (Found::Overpaid, 1),
            (Found::Underpaid, 1),
            (Found::IneligiblePaid, 0),
            (Found::EligibleRefused, 0),
            (Found::EvidenceInsufficient, 0),
        ]
    );
    let procedure = rate(&shown, Found::Procedure);
    assert_eq!(procedure.rate, "0.285714");
    let exact = &procedure.intervals[0];
    // Clopper-Pearson for 2 of 7.
    assert_eq!(
        (exact.method.as_str(), &exact.lower[..6], &exact.upper[..6]),
        ("clopper_pearson", "0.0366", "0.7095")
    );
    let worst = procedure.worst_case.as_ref().expect("two are missing");
    assert!(worst.lower < exact.lower && worst.upper > exact.upper, "{worst:?}");
    let over = rate(&shown, Found::Overpaid);
    // 105 yuan of seven times 1,050; what the two missing ones pay is not known.
    assert_eq!(
        (over.amount_rate.as_str(), over.amount_intervals.len()),
        ("0.014286", 0)
    );
    let said = "1.43% of what is paid, without an interval: units are missing";
    assert!(over.amount_statement.starts_with(said), "{}", over.amount_statement);
    let none = rate(&shown, Found::IneligiblePaid);
    assert_eq!(
        (none.rate.as_str(), none.intervals[0].method.as_str()),
        ("", "one_sided_exact"),
        "never a bare 0 %"
    );
    assert!(none.statement.contains("no error in 7 reviewed"), "{}", none.statement);
}

/// A second round, of another period.
async fn drawn_again(decided: &Decided, period: &str, size: u32) -> pb::Sample {
    let mut audit = decided.audit();
    let parties = [
        ("audit-firm", pb::PartyRole::Auditor),
        ("operator", pb::PartyRole::Operator),
    ];
    let values = [[4; 32], [5; 32]];
    for (number, ((name, role), value)) in (3_000..).zip(parties.into_iter().zip(values)) {
        let mut request = commit(number, role, value);
        request.period = period.to_owned();
        audit.commit_sample(by(name, request)).await.expect("committed");
    }
    let mut request = simple(3_010, size);
    request.period = period.to_owned();
    audit.request_sample(by("audit-firm", request)).await.expect("asked");
    for (number, ((name, _), value)) in (3_011..).zip(parties.into_iter().zip(values)) {
        let mut request = reveal(number, value);
        request.period = period.to_owned();
        audit.reveal_sample(by(name, request)).await.expect("revealed");
    }
    let mut request = draw(3_020);
    request.period = period.to_owned();
    let drawn = audit.draw_sample(by("audit-firm", request)).await.expect("drawn");
    drawn.into_inner().sample.expect("always there")
}

async fn a_finding_counts_in_every_sample_that_holds_its_determination(database: TestDatabase) {
    const OTHER: &str = "2026-Q3-again";
    let decided = decided(database, 4, Arc::new(SystemClock::new())).await;
    let sample = drawn(&decided, simple(1_010, 4)).await;
    let other = drawn_again(&decided, OTHER, 3).await;
    let counts = |rates: &pb::EstimateErrorRateResponse| (rates.reviewed, rates.missing);

    // Reviewed for another reason alone: no part of an estimate.
    let units: Vec<&str> = sample.strata[0]
        .units
        .iter()
        .map(|unit| unit.determination.as_str())
        .collect();
    let shared = other.strata[0].units[0].determination.as_str();
    let correct = |number, unit: &str, period: &str, amends: &str| pb::RecordFindingRequest {
        period: period.to_owned(),
        amends: amends.to_owned(),
        ..finding(number, unit, &[pb::FindingOutcome::Correct])
    };
    let complaint = recorded(&decided, correct(2_000, shared, "", ""))
        .await
        .expect("allowed");
    assert_eq!(counts(&rates(&decided).await), (0, 4));

    // Reviewed once, counted in both.
    let mut standing = recorded(&decided, correct(2_001, shared, PERIOD, &complaint))
        .await
        .expect("allowed");
    for (number, unit) in (2_010..).zip(units.iter().filter(|unit| **unit != shared)) {
        recorded(&decided, correct(number, unit, PERIOD, ""))
            .await
            .expect("allowed");
    }
    let census = rates(&decided).await;
    assert_eq!(counts(&census), (4, 0));
    assert_eq!(counts(&rates_of(&decided, OTHER).await), (3, 0));
    for rate in &census.rates {
        let said = (rate.rate.as_str(), rate.intervals.len(), rate.statement.as_str());
        assert_eq!(said, ("", 0, "no error, and all 4 of the population were reviewed"));
    }

    // What is found later, for whatever reason, takes the place and leaves no hole.
    for (number, period) in [(2_020, OTHER), (2_021, "")] {
        let again = correct(number, shared, period, &standing);
        standing = recorded(&decided, again).await.expect("amended");
        assert_eq!(counts(&rates(&decided).await), (4, 0), "{period}");
        assert_eq!(counts(&rates_of(&decided, OTHER).await), (3, 0), "{period}");
    }
}

async fn the_finding_of_a_restricted_case_is_missing_until_that_is_lifted(database: TestDatabase) {
    let decided = decided(database, 4, Arc::new(SystemClock::new())).await;
    let sample = drawn(&decided, simple(1_010, 2)).await;
    let units = &sample.strata[0].units;
    for (number, unit) in (2_000..).zip(units) {
        let found = finding(number, &unit.determination, &[pb::FindingOutcome::Correct]);
        recorded(&decided, found).await.expect("allowed");
    }
    let counts = async || {
        let rates = rates(&decided).await;
        (rates.reviewed, rates.missing)
    };
    assert_eq!(counts().await, (2, 0));
    let case = units[0].determination.split("/determinations").next().expect("a case");
    let mut audit = decided.audit();
    let restrict = super::restriction::restrict(50, case, pb::CaseScope::Case);
    audit.restrict_case(restrict).await.expect("recorded");
    assert_eq!(counts().await, (1, 1), "what may not be processed is not counted");
    let lift = super::restriction::lift(51, case);
    audit.lift_restriction(lift).await.expect("it is restricted");
    assert_eq!(counts().await, (2, 0));
}

async fn the_reserve_takes_the_place_of_a_restricted_case(database: TestDatabase) {
    let decided = decided(database, 6, Arc::new(SystemClock::new())).await;
    let request = pb::RequestSampleRequest {
        reserve: 2,
        ..simple(1_010, 3)
    };
    let sample = drawn(&decided, request).await;
    let stratum = &sample.strata[0];
    for (number, unit) in (2_000..).zip(stratum.units[..2].iter().chain(&stratum.reserve)) {
        let found = finding(number, &unit.determination, &[pb::FindingOutcome::Correct]);
        recorded(&decided, found).await.expect("allowed");
    }
    let counts = |rates: pb::EstimateErrorRateResponse| (rates.reviewed, rates.missing);
    assert_eq!(counts(rates(&decided).await), (2, 1), "the third waits for its review");

    // The third before its review, then the first after it: nobody can look at either any more.
    for (number, unit, expected) in [(2_100, 2, (3, 1)), (2_101, 0, (3, 2))] {
        let name = &stratum.units[unit].determination;
        let case = name.split("/determinations").next().expect("a case");
        let restricted = restrict(number, case, pb::CaseScope::Case);
        decided.audit().restrict_case(restricted).await.expect("restricted");
        assert_eq!(counts(rates(&decided).await), expected, "unit {unit}");
    }
}

async fn an_error_that_no_paid_decision_can_have_is_out_of_reach_of_a_sample_of_them(database: TestDatabase) {
    use pb::FindingOutcome as Found;
    let decided = decided(database, 4, Arc::new(SystemClock::new())).await;
    let request = pb::RequestSampleRequest {
        draw: pb::SampleDraw::SizeProportional as i32,
        population: pb::SamplePopulation::Paid as i32,
        ..simple(1_010, 2)
    };
    let sample = drawn(&decided, request).await;
    let names: std::collections::BTreeSet<&str> = sample.strata[0]
        .units
        .iter()
        .map(|unit| unit.determination.as_str())
        .collect();
    for (number, name) in (2_000..).zip(names) {
        recorded(&decided, finding(number, name, &[Found::Correct]))
            .await
            .expect("allowed");
    }
    let shown = rates(&decided).await;
    assert_eq!(shown.basis(), pb::RateBasis::Spending);
    let refused = rate(&shown, Found::EligibleRefused);
    assert!(refused.out_of_reach && refused.intervals.is_empty());
    assert!(
        refused.statement.starts_with("cannot be seen in this sample"),
        "{}",
        refused.statement
    );
    let procedure = rate(&shown, Found::Procedure);
    assert!(
        procedure.statement.contains("of the spending"),
        "{}",
        procedure.statement
    );
    assert_eq!(
        rate(&shown, Found::Overpaid).amount_intervals[0].method,
        "monetary_unit"
    );
    assert!(rate(&shown, Found::Underpaid).amount_intervals.is_empty());
    assert!(
        shown
            .rates
            .iter()
            .all(|rate| rate.out_of_reach == (rate.outcome() == Found::EligibleRefused))
    );
}
