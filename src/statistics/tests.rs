//! The worked figures of the design, and properties of the intervals.

use proptest::prelude::*;

use super::proportion::proportion;
use super::stratified::stratified;
use super::*;

mod amounts;

const C: Confidence = Confidence::NinetyFive;

/// A bound in hundredths of a percent, as the worked figures print it.
fn percent(rate: Rate) -> String {
    rate.to_percent()
}

fn shown(interval: Interval) -> (Option<String>, String) {
    (interval.lower.map(percent), percent(interval.upper))
}

fn of(estimate: &Estimate, method: Method) -> (Option<String>, String) {
    let found = estimate.intervals.iter().find(|interval| interval.method == method);
    shown(*found.expect("an interval of this method"))
}

fn both(lower: &str, upper: &str) -> (Option<String>, String) {
    (Some(lower.to_owned()), upper.to_owned())
}

#[test]
fn sizes_for_a_proportion_are_those_of_the_worked_figures() {
    for (rate, margin, population, size) in [
        (50_000, 20_000, None, 457),
        (50_000, 20_000, Some(3_000), 397),
        (50_000, 30_000, Some(3_000), 190),
        (500_000, 50_000, Some(3_000), 341),
        (100_000, 30_000, Some(20_000), 377),
    ] {
        assert_eq!(
            sample_size(rate, margin, population, C),
            Ok(size),
            "{rate} {margin} {population:?}"
        );
    }
    assert_eq!(sample_size(0, 20_000, None, C), Err(SizeError::Share));
    assert_eq!(sample_size(50_000, 1_000_000, None, C), Err(SizeError::Share));
    assert_eq!(sample_size(50_000, 20_000, Some(0), C), Err(SizeError::Population));
}

#[test]
fn three_errors_in_sixty_have_the_intervals_of_the_worked_figures() {
    let estimate = proportion(3, 60, C);
    assert_eq!(of(&estimate, Method::Wilson), both("1.71%", "13.70%"));
    assert_eq!(of(&estimate, Method::ClopperPearson), both("1.04%", "13.92%"));
    assert_eq!(
        estimate.interval().map(|i| i.method),
        Some(Method::ClopperPearson),
        "few errors"
    );
}

#[test]
fn twelve_errors_in_397_have_the_intervals_of_the_worked_figures() {
    let estimate = proportion(12, 397, C);
    assert_eq!(of(&estimate, Method::Wilson), both("1.74%", "5.21%"));
    assert_eq!(of(&estimate, Method::ClopperPearson), both("1.57%", "5.22%"));
    assert_eq!(estimate.interval().map(|i| i.method), Some(Method::Wilson));
}

#[test]
fn no_error_in_sixty_is_a_bound_and_never_a_rate_of_nothing() {
    let estimate = proportion(0, 60, C);
    assert_eq!(estimate.rate, None);
    assert_eq!(estimate.interval().map(shown), Some((None, "4.87%".to_owned())));
    assert_eq!(of(&estimate, Method::ClopperPearson), both("0.00%", "5.96%"));
}

#[test]
fn discovery_sizes_are_those_of_the_worked_figures() {
    for (rate, size) in [(50_000, 59), (30_000, 99), (10_000, 299)] {
        assert_eq!(discovery_size(rate, C), Ok(size), "{rate}");
    }
    for (population, errors, size) in [(500, 5, 225), (1_000, 10, 258), (144, 5, 64)] {
        assert_eq!(
            discovery_size_of(population, errors, C),
            Ok(size),
            "{population} {errors}"
        );
    }
    assert_eq!(discovery_size_of(10, 10, C), Ok(1));
    assert_eq!(discovery_size_of(10, 0, C), Err(SizeError::Population));
    assert_eq!(discovery_size_of(10, 11, C), Err(SizeError::Population));
}

#[test]
fn a_chance_that_is_just_what_the_confidence_leaves_is_enough() {
    let ninety = Confidence::Ninety;
    // Nine of ten miss the one error with 1/10, which 90 % leave; 19 of 20 with 1/20, and 99 of 100 with 1/100.
    assert_eq!(discovery_size_of(10, 1, ninety), Ok(9));
    assert_eq!(discovery_size_of(20, 1, C), Ok(19));
    assert_eq!(discovery_size_of(100, 1, Confidence::NinetyNine), Ok(99));
    for (errors, confidence, left) in [
        (1, ninety, 10),
        (1, C, 20),
        (2, ninety, 10),
        (3, C, 20),
        (7, ninety, 10),
    ] {
        for population in errors..200 {
            // Exactly: so many samples of this size miss all errors, of so many there are.
            let misses = |size: u64| {
                let (mut missing, mut all) = (1_u128, 1_u128);
                for at in 0..errors {
                    missing *= u128::from((population - size).saturating_sub(at));
                    all *= u128::from(population - at);
                }
                missing * left <= all
            };
            let exact = (0..=population).find(|size| misses(*size)).expect("all of them");
            assert_eq!(
                discovery_size_of(population, errors, confidence),
                Ok(exact),
                "{population} {errors}"
            );
        }
    }
    // 0.1 to the second power is 0.01, and no third case is needed.
    assert_eq!(discovery_size(900_000, Confidence::NinetyNine), Ok(2));
    assert_eq!(discovery_size(900_000, ninety), Ok(1));
}

/// 城市低保, 农村低保, 特困, 单人户: units, reviewed, errors.
const WORKED: [Reviewed; 4] = [
    Reviewed {
        population: 600,
        reviewed: 60,
        errors: 3,
    },
    Reviewed {
        population: 4_800,
        reviewed: 240,
        errors: 12,
    },
    Reviewed {
        population: 900,
        reviewed: 90,
        errors: 1,
    },
    Reviewed {
        population: 300,
        reviewed: 60,
        errors: 6,
    },
];

#[test]
fn the_stratified_rate_is_that_of_the_worked_figures_and_not_the_pooled_one() {
    let estimate = stratified(&WORKED, C);
    assert_eq!(estimate.rate.map(percent).as_deref(), Some("4.70%"));
    assert_eq!(estimate.standard_error.map(percent).as_deref(), Some("1.05%"));
    assert_eq!(estimate.interval().map(shown), Some(both("2.64%", "6.76%")));
    assert_eq!(estimate.interval().map(|i| i.method), Some(Method::StratifiedNormal));
    let pooled = proportion(22, 450, C);
    assert_eq!(pooled.rate.map(percent).as_deref(), Some("4.89%"));
}

#[test]
fn a_stratum_without_errors_is_bounded_exactly_instead_of_counted_as_certain() {
    let mut strata = WORKED;
    strata[2].errors = 0;
    let estimate = stratified(&strata, C);
    let interval = estimate.interval().expect("an interval");
    assert_eq!(interval.method, Method::Mover);
    assert_eq!(estimate.standard_error, None);
    // As if the stratum were certain, the interval would be shorter.
    strata[2].reviewed = strata[2].population;
    let certain = stratified(&strata, C).interval().expect("an interval");
    assert!(interval.upper.0 > certain.upper.0);
    let none: Vec<Reviewed> = WORKED.map(|stratum| Reviewed { errors: 0, ..stratum }).to_vec();
    let estimate = stratified(&none, C);
    assert_eq!(estimate.rate, None);
    assert!(estimate.interval().expect("an interval").upper.0 > 0.01);
}

#[test]
fn a_stratum_that_nobody_reviewed_may_be_wholly_wrong() {
    let mut strata = WORKED;
    strata[3] = Reviewed {
        population: 300,
        reviewed: 0,
        errors: 0,
    };
    let estimate = error_rate(&strata, C);
    assert_eq!((estimate.rate, estimate.standard_error), (None, None));
    let upper = estimate.interval().expect("an interval").upper.0;
    assert!(upper > 300.0 / 6_600.0, "{upper}");
    // What was counted beside it is certain, and what nobody saw is not.
    let estimate = error_rate(&[reviewed(60, 60, 6), reviewed(40, 0, 0)], C);
    assert_eq!((estimate.rate, estimate.is_census), (None, false));
    let interval = estimate.interval().expect("bounds");
    assert_eq!(
        (interval.method, shown(interval)),
        (Method::Census, both("6.00%", "46.00%"))
    );
    assert_eq!(error_rate(&[reviewed(40, 0, 0)], C), Estimate::default());
}

fn reviewed(population: u64, reviewed: u64, errors: u64) -> Reviewed {
    Reviewed {
        population,
        reviewed,
        errors,
    }
}

#[test]
fn a_census_is_counted_and_never_a_bound_of_nothing_however_it_was_drawn() {
    for strata in [vec![reviewed(10, 10, 0)], vec![reviewed(6, 6, 0), reviewed(4, 4, 0)]] {
        let found = error_rate(&strata, C);
        assert!(
            found.is_census && found.rate.is_none() && found.intervals.is_empty(),
            "{found:?}"
        );
    }
    for strata in [vec![reviewed(10, 10, 3)], vec![reviewed(6, 6, 3), reviewed(4, 4, 0)]] {
        let found = error_rate(&strata, C);
        assert_eq!(found.rate.map(percent).as_deref(), Some("30.00%"));
        assert!(found.is_census && found.intervals.is_empty(), "{found:?}");
    }
    // One case less, and something is left to chance.
    for strata in [vec![reviewed(10, 9, 0)], vec![reviewed(6, 6, 0), reviewed(4, 3, 0)]] {
        let found = error_rate(&strata, C);
        assert!(!found.is_census && found.rate.is_none());
        assert!(found.interval().expect("a bound").upper.0 > 0.0);
    }
    assert_eq!(error_rate(&[], C), Estimate::default());
    assert_eq!(error_rate(&[reviewed(0, 0, 0)], C), Estimate::default());
}

#[test]
fn both_ends_of_a_worst_case_are_of_the_method_that_it_names() {
    let of = |right: &[Reviewed], wrong: &[Reviewed]| worst_case(right, wrong, C).expect("an interval");
    // The lower end has few errors and needs the exact interval, the upper one alone would be Wilson's.
    let found = of(&[reviewed(1_000, 63, 3)], &[reviewed(1_000, 63, 6)]);
    assert_eq!(found.method, Method::ClopperPearson);
    let (lower, upper) = (proportion::exact(3, 63, C).0, proportion::exact(6, 63, C).1);
    assert_eq!((found.lower, found.upper), (Some(Rate(lower)), Rate(upper)));
    let found = of(&[reviewed(1_000, 63, 8)], &[reviewed(1_000, 63, 11)]);
    let (best, worst) = (proportion::wilson(8, 63, C), proportion::wilson(11, 63, C));
    assert_eq!(
        (found.method, found.lower, found.upper),
        (Method::Wilson, best.lower, worst.upper)
    );
    // One stratum without an error at the lower end: both ends are combined exactly.
    let (right, wrong) = (
        [reviewed(100, 30, 0), reviewed(100, 30, 3)],
        [reviewed(100, 30, 2), reviewed(100, 30, 3)],
    );
    let found = of(&right, &wrong);
    assert_eq!(found.method, Method::Mover);
    assert_eq!(
        found.lower,
        stratified(&right, C).interval().and_then(|best| best.lower)
    );
    assert!(found.upper.0 > stratified(&wrong, C).interval().expect("normal").upper.0);
    // All of the population but one case: what is left is counted as right and as wrong.
    let found = of(&[reviewed(10, 10, 3)], &[reviewed(10, 10, 4)]);
    assert_eq!((found.method, shown(found)), (Method::Census, both("30.00%", "40.00%")));
}

#[test]
fn a_rate_above_nothing_is_never_shown_as_nothing() {
    for (rate, percent, decimal) in [
        (0.0, "0.00%", "0.000000"),
        (-0.000_000_1, "0.00%", "0.000000"),
        (-0.095, "-9.50%", "-0.095000"),
        (0.000_05, "0.01%", "0.000050"),
        (0.000_04, "<0.01%", "0.000040"),
        (0.000_000_3, "<0.01%", "0.0000003"),
        (0.000_000_000_012, "<0.01%", "0.00000000001"),
        (0.046_97, "4.70%", "0.046970"),
    ] {
        assert_eq!(
            (Rate(rate).to_percent().as_str(), Rate(rate).to_decimal().as_str()),
            (percent, decimal)
        );
        assert_eq!(decimal.parse::<f64>().expect("a number") > 0.0, rate > 0.0);
    }
    assert_eq!(
        [-0.5, 0.0, 0.046_97, 1.3].map(|rate| Rate(rate).to_millionths()),
        [0, 0, 46_970, 1_000_000]
    );
}

#[test]
fn the_quantiles_are_those_of_the_printed_tables() {
    let close = |value: f64, table: f64| assert!((value - table).abs() < 5e-7, "{value} {table}");
    close(quantile::normal(C), 1.959_964);
    close(quantile::normal(Confidence::Ninety), 1.644_854);
    close(quantile::normal(Confidence::NinetyNine), 2.575_829);
    for (freedom, table) in [
        (1.0, 12.706_205),
        (9.0, 2.262_157),
        (30.0, 2.042_272),
        (120.0, 1.979_930),
    ] {
        close(quantile::student(C, freedom), table);
    }
}

proptest! {
    #[test]
    fn every_interval_lies_in_the_possible_and_holds_the_rate(n in 1_u64..2_000, k in 0_u64..2_000) {
        let k = k.min(n);
        let p = k as f64 / n as f64;
        for interval in proportion(k, n, C).intervals {
            let lower = interval.lower.map_or(0.0, |lower| lower.0);
            prop_assert!(lower >= 0.0 && interval.upper.0 <= 1.0);
            prop_assert!(lower <= p + 1e-9 && p <= interval.upper.0 + 1e-9);
        }
    }

    /// The exact bounds are exact: at the upper bound so few errors are as unlikely as the tail says.
    #[test]
    fn clopper_and_pearson_leave_exactly_the_tails(n in 1_u64..300, k in 0_u64..300) {
        use statrs::distribution::{Binomial, DiscreteCDF as _};
        let k = k.min(n);
        let (lower, upper) = proportion::exact(k, n, C);
        if k < n {
            let tail = Binomial::new(upper, n).expect("a share").cdf(k);
            prop_assert!((tail - 0.025).abs() < 1e-6, "{tail}");
        }
        if k > 0 {
            let tail = 1.0 - Binomial::new(lower, n).expect("a share").cdf(k - 1);
            prop_assert!((tail - 0.025).abs() < 1e-6, "{tail}");
        }
    }

    /// In units: at least as many are wrong as without the stratum, at most all of it more. No method may be changed by
    /// it, since another one may be shorter.
    #[test]
    fn a_stratum_that_nobody_reviewed_opens_the_interval_by_all_of_it(
        found in prop::collection::vec((1_u64..100, 0_u64..100), 1..4),
        unseen in 1_u64..2_000,
    ) {
        let seen: Vec<Reviewed> = found.iter().map(|(n, k)| reviewed(1_000, *n, *k.min(n))).collect();
        let units = 1_000.0 * seen.len() as f64;
        let mut all = seen.clone();
        all.push(reviewed(unseen, 0, 0));
        let (before, after) = (error_rate(&seen, C), error_rate(&all, C));
        prop_assert_eq!((after.rate, after.standard_error), (None, None));
        prop_assert_eq!(before.intervals.len(), after.intervals.len());
        for (before, after) in before.intervals.iter().zip(&after.intervals) {
            let population = units + unseen as f64;
            let lower = |interval: &Interval| interval.lower.map_or(0.0, |lower| lower.0);
            prop_assert_eq!(before.method, after.method);
            prop_assert!((lower(after) * population - lower(before) * units).abs() < 1e-6);
            prop_assert!((after.upper.0 * population - before.upper.0 * units - unseen as f64).abs() < 1e-6);
        }
    }
}
