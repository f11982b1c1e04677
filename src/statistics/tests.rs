//! The worked figures of the design, and properties of the intervals.

use proptest::prelude::*;

use super::*;

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
    let estimate = stratified(&strata, C);
    assert_eq!(estimate.rate, None);
    let upper = estimate.interval().expect("an interval").upper.0;
    assert!(upper > 300.0 / 6_600.0, "{upper}");
}

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
    let estimate = hansen_hurwitz(&ten_cases(), C);
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
    assert_eq!(hansen_hurwitz(&clean, C), estimate);
}

#[test]
fn a_ratio_of_amounts_weighs_the_strata_and_knows_a_census() {
    let unit = |error_fen, paid_fen| AmountUnit { error_fen, paid_fen };
    let census = AmountStratum {
        population: 2,
        units: vec![unit(10, 100), unit(0, 100)],
    };
    let estimate = ratio(std::slice::from_ref(&census), C);
    assert_eq!(estimate.rate, Some(Rate(0.05)));
    assert_eq!(estimate.standard_error, Some(Rate(0.0)));
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

    #[test]
    fn what_was_not_reviewed_never_shortens_an_interval(reviewed in 1_u64..100, errors in 0_u64..100) {
        let errors = errors.min(reviewed);
        let one = [Reviewed { population: 1_000, reviewed, errors }];
        let two = [one[0], Reviewed { population: 100, reviewed: 0, errors: 0 }];
        let width = |strata: &[Reviewed]| {
            let interval = stratified(strata, C).interval().expect("reviewed");
            interval.upper.0 - interval.lower.map_or(0.0, |lower| lower.0)
        };
        prop_assert!(width(&two) * 1_100.0 / 1_000.0 + 1e-9 >= width(&one));
    }
}
