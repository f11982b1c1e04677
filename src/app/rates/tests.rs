//! Which reviews count, and what is said of them.

use super::*;

const C: Confidence = Confidence::NinetyFive;

const SIMPLE: Design = Design {
    population: Population::Decisions,
    draw: DrawKind::Simple,
};

const BY_SIZE: Design = Design {
    population: Population::Paid,
    draw: DrawKind::SizeProportional,
};

fn found(outcome: FindingOutcome) -> Unit {
    Unit::Found(Review {
        items: vec![(outcome, None)],
        paid_fen: 10_000,
        signed_off: false,
    })
}

fn right() -> Unit {
    found(FindingOutcome::Correct)
}

fn closed() -> Unit {
    found(FindingOutcome::NotReviewable)
}

fn stratum(population: u64, units: Vec<Unit>, reserve: Vec<Unit>) -> StratumUnits {
    StratumUnits {
        population,
        may_pay: true,
        units,
        reserve,
    }
}

/// Reviewed and missing units.
fn counts(strata: &[StratumUnits]) -> (u64, u64) {
    let population = strata.iter().map(|stratum| stratum.population).sum();
    let rates = ErrorRates::of(population, strata, SIMPLE, C);
    (rates.reviewed, rates.missing)
}

#[test]
fn the_next_of_the_reserve_takes_the_place_of_one_that_cannot_be_reviewed_either() {
    let units = || vec![right(), closed(), closed(), right()];
    let of = |reserve| counts(&[stratum(100, units(), reserve)]);
    assert_eq!(
        of(vec![right(), right(), right()]),
        (4, 2),
        "two places, two of the reserve"
    );
    assert_eq!(
        of(vec![closed(), right(), right()]),
        (4, 3),
        "the chain goes on, and the closed one stays"
    );
    assert_eq!(of(vec![closed(), closed(), right()]), (3, 4));
    // Nobody jumps the queue: the first of the reserve waits for its review, the third is not called.
    assert_eq!(of(vec![Unit::Waiting, right(), right()]), (3, 2));
    // A unit without a finding waits; the reserve is for those that cannot be reviewed.
    let waiting = stratum(100, vec![right(), Unit::Waiting], vec![right()]);
    assert_eq!(counts(&[waiting]), (1, 1));
}

#[test]
fn a_census_without_an_error_says_so_whether_it_was_drawn_in_strata_or_not() {
    let simple = [stratum(10, vec![right(); 10], vec![])];
    let strata = [
        stratum(6, vec![right(); 6], vec![]),
        stratum(4, vec![right(); 4], vec![]),
    ];
    for strata in [&simple[..], &strata] {
        let rates = ErrorRates::of(10, strata, SIMPLE, C);
        for rate in &rates.rates {
            assert_eq!(rate.statement, "no error, and all 10 of the population were reviewed");
            assert_eq!(rate.estimate.interval(), None);
        }
    }
    // Drawn by the amounts, ten draws are not all of ten units: some were drawn twice.
    let rates = ErrorRates::of(10, &simple, BY_SIZE, C);
    assert!(rates.rates.iter().all(|rate| !rate.estimate.is_census));
    assert!(rates.rates[0].statement.starts_with("no error in 10 reviewed"));
}

#[test]
fn the_errors_of_a_census_are_counted_and_what_is_missing_is_right_or_wrong() {
    let over = || found(FindingOutcome::Overpaid);
    let all = [stratum(4, vec![right(), over(), right(), right()], vec![])];
    let rates = ErrorRates::of(4, &all, SIMPLE, C);
    assert_eq!(
        rates.rates[1].statement,
        "1 of 4: 25.00%, and all of the population were reviewed"
    );
    assert_eq!(rates.rates[1].worst_case, None);
    let but_one = [stratum(4, vec![right(), over(), right(), Unit::Waiting], vec![])];
    let worst = ErrorRates::of(4, &but_one, SIMPLE, C).rates[1]
        .worst_case
        .expect("one is missing");
    let shown = (worst.lower.map(|lower| lower.to_percent()), worst.upper.to_percent());
    assert_eq!(shown, (Some("25.00%".to_owned()), "50.00%".to_owned()));
}

#[test]
fn a_case_that_is_erased_or_restricted_opens_the_reserve() {
    let of = |units, reserve| counts(&[stratum(100, units, reserve)]);
    assert_eq!(of(vec![right(), Unit::Waiting], vec![right()]), (1, 1));
    assert_eq!(of(vec![right(), Unit::Closed], vec![right()]), (2, 1));
    assert_eq!(of(vec![right(), Unit::Closed], vec![Unit::Closed, right()]), (2, 2));
}

fn rate_of(rates: &ErrorRates, outcome: FindingOutcome) -> &KindRate {
    rates
        .rates
        .iter()
        .find(|rate| rate.outcome == outcome)
        .expect("every kind")
}

#[test]
fn an_error_that_the_population_cannot_have_is_no_evidence() {
    let units = || [stratum(1_000, vec![right(); 60], vec![])];
    let out_of_reach = |population, draw| -> Vec<FindingOutcome> {
        let rates = ErrorRates::of(1_000, &units(), Design { population, draw }, C);
        let unseen = rates.rates.into_iter().filter(|rate| rate.is_out_of_reach);
        unseen
            .inspect(|rate| {
                assert!(rate.statement.starts_with("cannot be seen in this sample"));
                assert_eq!((&rate.estimate, &rate.worst_case), (&Estimate::default(), &None));
            })
            .map(|rate| rate.outcome)
            .collect()
    };
    use FindingOutcome::{EligibleRefused, IneligiblePaid, Overpaid, Underpaid};
    assert_eq!(out_of_reach(Population::Decisions, DrawKind::Stratified), []);
    assert_eq!(
        out_of_reach(Population::Decisions, DrawKind::SizeProportional),
        [EligibleRefused]
    );
    assert_eq!(out_of_reach(Population::Paid, DrawKind::Simple), [EligibleRefused]);
    assert_eq!(
        out_of_reach(Population::Negative, DrawKind::Simple),
        [Overpaid, Underpaid, IneligiblePaid]
    );
    // What was found all the same is never hidden.
    let found = [stratum(1_000, vec![found(EligibleRefused); 60], vec![])];
    let rates = ErrorRates::of(1_000, &found, BY_SIZE, C);
    assert!(!rate_of(&rates, EligibleRefused).is_out_of_reach);
}

#[test]
fn rates_of_a_draw_by_amount_say_that_they_are_shares_of_spending() {
    let units = |wrong: usize| {
        let wrong = vec![found(FindingOutcome::Procedure); wrong];
        [stratum(
            1_000,
            [vec![right(); 60 - wrong.len()], wrong].concat(),
            vec![],
        )]
    };
    let said = |wrong, design| {
        let rates = ErrorRates::of(1_000, &units(wrong), design, C);
        rate_of(&rates, FindingOutcome::Procedure).statement.clone()
    };
    assert_eq!(
        said(5, BY_SIZE),
        "5 of 60 reviewed: 8.33% of the spending is in decisions with one, with 95% confidence between 3.61% and 18.07%"
    );
    assert_eq!(
        said(0, BY_SIZE),
        "no error in 60 reviewed: with 95% confidence less than 4.87% of the spending is in decisions with one"
    );
    for wrong in [0, 5] {
        assert!(!said(wrong, SIMPLE).contains("spending"));
    }
}

/// A review of a decision that pays 100 yuan a month, so much of it wrong.
fn wrong_by(error_fen: u64) -> Unit {
    Unit::Found(Review {
        items: vec![(FindingOutcome::Overpaid, Some(error_fen))],
        paid_fen: 10_000,
        signed_off: false,
    })
}

#[test]
fn amounts_of_missing_units_are_not_taken_for_right() {
    let half = [stratum(
        1_000,
        [vec![right(); 30], vec![Unit::Waiting; 30]].concat(),
        vec![],
    )];
    let rates = ErrorRates::of(1_000, &half, BY_SIZE, C);
    let over = rate_of(&rates, FindingOutcome::Overpaid);
    let worst = over.amounts_worst_case.expect("30 are missing");
    assert!(worst.upper.to_millionths() > 500_000, "{worst:?}");
    let said = over.amount_statement.as_deref().expect("bounds");
    assert!(
        said.contains("if what is missing were right or wholly wrong, below"),
        "{said}"
    );
    let under = rate_of(&rates, FindingOutcome::Underpaid);
    assert_eq!((&under.amounts, under.amounts_worst_case), (&Estimate::default(), None));

    // A small error leaves no less open than none, and that is said.
    let small = [stratum(
        1_000,
        [vec![right(); 299], vec![wrong_by(100)]].concat(),
        vec![],
    )];
    let rates = ErrorRates::of(1_000, &small, BY_SIZE, C);
    assert_eq!(
        rate_of(&rates, FindingOutcome::Overpaid).amount_statement.as_deref(),
        Some(
            "<0.01% of what is paid, with 95% confidence between 0.00% and 1.00% (as much as no error would leave open)"
        )
    );

    // What a missing unit of a simple sample pays is not known.
    let of = |units: Vec<Unit>| {
        let rates = ErrorRates::of(1_000, &[stratum(1_000, units, vec![])], SIMPLE, C);
        rate_of(&rates, FindingOutcome::Overpaid).clone()
    };
    let all = of(vec![right(), wrong_by(1_000)]);
    assert!(all.amounts.interval().is_some() && all.amounts.no_interval.is_none());
    let missing = of(vec![right(), wrong_by(1_000), Unit::Waiting]);
    assert_eq!(
        (missing.amounts.rate, missing.amounts.no_interval),
        (all.amounts.rate, Some(NoInterval::Missing))
    );
    assert!(missing.amounts.intervals.is_empty());
}

#[test]
fn a_stratum_that_pays_nothing_has_no_part_in_what_is_paid() {
    for (key, pays) in [
        ("{}", true),
        (r#"{"programme":"DIBAO"}"#, true),
        (r#"{"outcome":"DIBAO","township":"340321101"}"#, true),
        (r#"{"programme":"","residence_kind":"urban"}"#, false),
        (r#"{"outcome":"REFUSED"}"#, false),
    ] {
        assert_eq!(may_pay(key), pays, "{key}");
    }
    let paid = || stratum(1_000, vec![right(), wrong_by(1_000), wrong_by(3_000)], vec![]);
    let refused = StratumUnits {
        may_pay: false,
        ..stratum(500, vec![right(), Unit::Waiting], vec![])
    };
    let of = |strata: &[StratumUnits]| {
        let rates = ErrorRates::of(1_500, strata, SIMPLE, C);
        rate_of(&rates, FindingOutcome::Overpaid).amounts.clone()
    };
    assert!(of(&[paid()]).interval().is_some());
    assert_eq!(of(&[paid(), refused]), of(&[paid()]));
}
