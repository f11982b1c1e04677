//! Shares of what was paid: the worked figures, and what is not said where the sample does not show it.

use super::*;

/// The ten cases of the worked figures: one wholly wrong, one by 80 of 420 yuan, one by a tenth.
fn ten_cases() -> Vec<AmountUnit> {
    let mut units = vec![
        AmountUnit {
            error_fen: 0,
            paid_fen: 42_000
        };
        10
    ];
    units[0].error_fen = 42_000;
    units[1].error_fen = 8_000;
    units[2].error_fen = 4_200;
    units
}

#[test]
fn hansen_and_hurwitz_on_ten_cases_tell_nothing_as_the_worked_figures_say() {
    const SPENT: f64 = 4_200_000.0;
    let estimate = hansen_hurwitz(&ten_cases(), WrongWay::Over, C);
    let rate = estimate.rate.expect("errors").0;
    assert_eq!((rate * SPENT).round() as u64, 542_000);
    assert_eq!(
        (estimate.standard_error.expect("ten").0 * SPENT).round() as u64,
        415_248
    );
    assert_eq!(format!("{rate:.3}"), "0.129");
    let interval = estimate.interval().expect("ten");
    let lower = interval.lower.expect("two-sided").0;
    assert_eq!(
        format!("{:.1}% {:.1}%", lower * 100.0, interval.upper.0 * 100.0),
        "-9.5% 35.3%"
    );
}

#[test]
fn monetary_units_without_an_error_are_bounded_by_the_tables_factor() {
    let estimate = monetary_unit_bound(300, C);
    let upper = estimate.interval().expect("a bound").upper.0;
    assert_eq!((upper * 4_200_000.0).round() as u64, 42_000);
    assert_eq!(format!("{upper:.4}"), "0.0100");
    let clean = vec![
        AmountUnit {
            error_fen: 0,
            paid_fen: 1
        };
        300
    ];
    assert_eq!(hansen_hurwitz(&clean, WrongWay::Over, C), estimate);
    assert_eq!(
        hansen_hurwitz(&clean, WrongWay::Under, C),
        Estimate::default(),
        "what was paid bounds no underpayment"
    );
}

#[test]
fn a_ratio_of_amounts_weighs_the_strata_and_knows_a_census() {
    let census = AmountStratum {
        population: 2,
        units: vec![unit(10, 100), unit(0, 100)],
    };
    let estimate = ratio(std::slice::from_ref(&census), C);
    assert_eq!(estimate.rate, Some(Rate(0.05)));
    assert!(
        estimate.is_census && estimate.intervals.is_empty(),
        "counted, not estimated"
    );
    let half = AmountStratum {
        population: 4,
        units: vec![unit(10, 100), unit(0, 100)],
    };
    let estimate = ratio(&[census, half], C);
    // (2/2 * 10 + 4/2 * 10) / (2/2 * 200 + 4/2 * 200)
    assert_eq!(estimate.rate, Some(Rate(0.05)));
    assert!(estimate.standard_error.expect("two units").0 > 0.0);
    let clean = AmountStratum {
        population: 4,
        units: vec![unit(0, 100), unit(0, 100)],
    };
    assert_eq!(
        ratio(&[clean], C),
        Estimate::default(),
        "no amount is bounded by finding none"
    );
}

fn unit(error_fen: u64, paid_fen: u64) -> AmountUnit {
    AmountUnit { error_fen, paid_fen }
}

/// So many cases of 1,050 yuan, the first of them wrong by these amounts.
fn cases(count: usize, errors_fen: &[u64]) -> Vec<AmountUnit> {
    let mut units = vec![unit(0, 105_000); count];
    for (case, error_fen) in units.iter_mut().zip(errors_fen) {
        case.error_fen = *error_fen;
    }
    units
}

#[test]
fn a_stratum_that_shows_no_difference_gives_a_rate_without_an_interval() {
    let stratum = |population, units| AmountStratum { population, units };
    let alone = |estimate: Estimate| {
        assert!(
            estimate.intervals.is_empty() && estimate.standard_error.is_none() && !estimate.is_census,
            "{estimate:?}"
        );
        (estimate.rate.map(percent), estimate.no_interval)
    };
    let whole = || stratum(30, cases(30, &[105_000; 3]));
    // 3 of 30 * 30 beside 1,000 without an error: 3 of 1,030.
    let beside = ratio(&[whole(), stratum(1_000, cases(30, &[]))], C);
    assert_eq!(alone(beside), (Some("0.29%".to_owned()), Some(NoInterval::Alike)));
    for (errors_fen, rate) in [(105_000, "100.00%"), (10_500, "10.00%")] {
        let all = ratio(&[stratum(1_000, cases(5, &[errors_fen; 5]))], C);
        assert_eq!(alone(all), (Some(rate.to_owned()), Some(NoInterval::Alike)));
    }
    // The same share of other amounts.
    let uneven = vec![unit(10, 100), unit(70, 700), unit(3, 30)];
    assert_eq!(alone(ratio(&[stratum(9, uneven)], C)).1, Some(NoInterval::Alike));
    let one = ratio(&[stratum(9, cases(1, &[10]))], C);
    assert_eq!(alone(one).1, Some(NoInterval::OneUnit));
    // One that differs is enough, and so is a stratum that was reviewed whole.
    for strata in [
        vec![whole(), stratum(1_000, cases(30, &[1]))],
        vec![stratum(30, cases(30, &[105_000; 3])), stratum(1_000, cases(1_000, &[]))],
    ] {
        let found = ratio(&strata, C);
        assert_eq!(
            (found.no_interval, found.is_census || found.interval().is_some()),
            (None, true)
        );
    }
}

#[test]
fn a_small_error_never_leaves_less_open_than_no_error_at_all() {
    let no_error = monetary_unit_bound(300, C).interval().expect("a bound");
    let one_yuan = cases(300, &[100]);
    let found = hansen_hurwitz(&one_yuan, WrongWay::Over, C);
    let first = found.interval().expect("an interval");
    assert_eq!(
        (first.method, first.upper),
        (Method::HansenHurwitzRaised, no_error.upper)
    );
    assert_eq!(shown(first), both("0.00%", "1.00%"), "no negative zero");
    assert_eq!(found.rate.map(percent).as_deref(), Some("<0.01%"));
    assert_eq!(
        found
            .intervals
            .iter()
            .map(|interval| interval.method)
            .collect::<Vec<_>>(),
        [Method::HansenHurwitzRaised, Method::HansenHurwitz]
    );
    // What is underpaid is bounded by nothing that was paid, and a large error needs no bound of none.
    let under = hansen_hurwitz(&one_yuan, WrongWay::Under, C);
    assert_eq!(
        under.interval().map(|interval| interval.method),
        Some(Method::HansenHurwitz)
    );
    let large = hansen_hurwitz(&cases(300, &[105_000; 9]), WrongWay::Over, C);
    assert_eq!(
        large.interval().map(|interval| interval.method),
        Some(Method::HansenHurwitz)
    );
    for errors_fen in [105_000, 50] {
        let alike = hansen_hurwitz(&cases(5, &[errors_fen; 5]), WrongWay::Over, C);
        assert_eq!((alike.intervals.len(), alike.no_interval), (0, Some(NoInterval::Alike)));
    }
}

#[test]
fn missing_units_may_be_wholly_overpaid() {
    let of = |units: &[AmountUnit], missing| worst_amount(units, missing, C).map(shown);
    // 30 of 60 drawn are missing: half of all may be wrong, and no 10 % as those reviewed alone would say.
    let upper = worst_amount(&cases(30, &[]), 30, C).expect("reviewed").upper.0;
    assert!(upper > 0.5, "{upper}");
    assert_eq!(worst_amount(&cases(30, &[]), 30, C).expect("reviewed").lower, None);
    assert_eq!(of(&cases(5, &[105_000; 5]), 3).expect("reviewed").1, "100.00%");
    assert_eq!(of(&[], 3), None);
    // Never shorter than what was reviewed says alone.
    for units in [cases(59, &[]), cases(59, &[100]), cases(3, &[50_000])] {
        let found = hansen_hurwitz(&units, WrongWay::Over, C)
            .interval()
            .expect("an interval");
        let worst = worst_amount(&units, 1, C).expect("reviewed");
        assert!(worst.upper.0 >= found.upper.0.min(1.0), "{found:?} {worst:?}");
        let lower = |interval: Interval| interval.lower.map_or(0.0, |lower| lower.0);
        assert!(lower(worst) <= lower(found), "{found:?} {worst:?}");
    }
}
