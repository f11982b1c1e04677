//! Which reviews count, and what is said of them.

use super::*;

const C: Confidence = Confidence::NinetyFive;

fn found(outcome: FindingOutcome) -> Option<Review> {
    Some(Review {
        items: vec![(outcome, None)],
        paid_fen: 10_000,
        signed_off: false,
    })
}

fn right() -> Option<Review> {
    found(FindingOutcome::Correct)
}

fn closed() -> Option<Review> {
    found(FindingOutcome::NotReviewable)
}

fn stratum(population: u64, units: Vec<Option<Review>>, reserve: Vec<Option<Review>>) -> StratumReviews {
    StratumReviews {
        population,
        units,
        reserve,
    }
}

/// Reviewed and missing units.
fn counts(strata: &[StratumReviews]) -> (u64, u64) {
    let population = strata.iter().map(|stratum| stratum.population).sum();
    let rates = ErrorRates::of(population, strata, false, C);
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
    assert_eq!(of(vec![None, right(), right()]), (3, 2));
    // A unit without a finding waits; the reserve is for those that cannot be reviewed.
    let waiting = stratum(100, vec![right(), None], vec![right()]);
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
        let rates = ErrorRates::of(10, strata, false, C);
        for rate in &rates.rates {
            assert_eq!(rate.statement, "no error, and all 10 of the population were reviewed");
            assert_eq!(rate.estimate.interval(), None);
        }
    }
    // Drawn by the amounts, ten draws are not all of ten units: some were drawn twice.
    let rates = ErrorRates::of(10, &simple, true, C);
    assert!(rates.rates.iter().all(|rate| !rate.estimate.is_census));
    assert!(rates.rates[0].statement.starts_with("no error in 10 reviewed"));
}

#[test]
fn the_errors_of_a_census_are_counted_and_what_is_missing_is_right_or_wrong() {
    let over = || found(FindingOutcome::Overpaid);
    let all = [stratum(4, vec![right(), over(), right(), right()], vec![])];
    let rates = ErrorRates::of(4, &all, false, C);
    assert_eq!(
        rates.rates[1].statement,
        "1 of 4: 25.00%, and all of the population were reviewed"
    );
    assert_eq!(rates.rates[1].worst_case, None);
    let but_one = [stratum(4, vec![right(), over(), right(), None], vec![])];
    let worst = ErrorRates::of(4, &but_one, false, C).rates[1]
        .worst_case
        .expect("one is missing");
    let shown = (worst.lower.map(|lower| lower.to_percent()), worst.upper.to_percent());
    assert_eq!(shown, (Some("25.00%".to_owned()), "50.00%".to_owned()));
}
