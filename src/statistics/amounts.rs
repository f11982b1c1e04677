//! Which share of what was paid is wrong.

use super::quantile::{Confidence, student};
use super::{Estimate, Interval, Method, Rate};

/// A reviewed unit: what was wrong in it, of what was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountUnit {
    /// The error.
    pub error_fen: u64,
    /// What was paid.
    pub paid_fen: u64,
}

/// The reviewed units of a stratum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountStratum {
    /// Units that it has.
    pub population: u64,
    /// Those reviewed.
    pub units: Vec<AmountUnit>,
}

/// Hansen and Hurwitz: units drawn with replacement in proportion to what was paid. The share of the whole
/// is the mean of the units' own shares, with Student's t around it.
#[must_use]
pub fn hansen_hurwitz(units: &[AmountUnit], confidence: Confidence) -> Estimate {
    let n = units.len() as f64;
    if units.is_empty() || units.iter().any(|unit| unit.paid_fen == 0) {
        return Estimate::default();
    }
    if units.iter().all(|unit| unit.error_fen == 0) {
        return monetary_unit_bound(units.len() as u64, confidence);
    }
    let shares: Vec<f64> = units
        .iter()
        .map(|unit| unit.error_fen as f64 / unit.paid_fen as f64)
        .collect();
    let mean = shares.iter().sum::<f64>() / n;
    if units.len() < 2 {
        return Estimate {
            rate: Some(Rate(mean)),
            ..Estimate::default()
        };
    }
    let squares: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
    around(
        mean,
        (squares / (n * (n - 1.0))).sqrt(),
        n - 1.0,
        Method::HansenHurwitz,
        confidence,
    )
}

/// The bound of a sample of monetary units without an error: the tables' factor over the number drawn.
#[must_use]
pub fn monetary_unit_bound(drawn: u64, confidence: Confidence) -> Estimate {
    if drawn == 0 {
        return Estimate::default();
    }
    Estimate {
        rate: None,
        standard_error: None,
        intervals: vec![Interval {
            method: Method::MonetaryUnit,
            lower: None,
            upper: Rate((confidence.monetary_unit_factor() / drawn as f64).min(1.0)),
        }],
        is_census: false,
    }
}

/// The wrong share of what was paid, from a simple or stratified sample: ratio of the weighted sums, its
/// variance linearised. Nothing where no amount was wrong: that bounds no amount.
#[must_use]
pub fn ratio(strata: &[AmountStratum], confidence: Confidence) -> Estimate {
    let count = |stratum: &AmountStratum| stratum.units.len() as f64;
    let of =
        |stratum: &AmountStratum, value: &dyn Fn(&AmountUnit) -> f64| -> f64 { stratum.units.iter().map(value).sum() };
    let total = |value: &dyn Fn(&AmountUnit) -> f64| -> f64 {
        let weighed = |stratum: &AmountStratum| stratum.population as f64 / count(stratum) * of(stratum, value);
        strata.iter().map(weighed).sum()
    };
    let unusable = |stratum: &AmountStratum| stratum.units.is_empty();
    if strata.is_empty() || strata.iter().any(unusable) {
        return Estimate::default();
    }
    let (wrong, paid) = (
        total(&|unit| unit.error_fen as f64),
        total(&|unit| unit.paid_fen as f64),
    );
    if wrong == 0.0 || paid == 0.0 {
        return Estimate::default();
    }
    let rate = wrong / paid;
    if strata.iter().all(|stratum| count(stratum) >= stratum.population as f64) {
        return Estimate {
            rate: Some(Rate(rate)),
            is_census: true,
            ..Estimate::default()
        };
    }
    let residual = |unit: &AmountUnit| unit.error_fen as f64 - rate * unit.paid_fen as f64;
    let mut variance = 0.0;
    let mut freedom = 0.0;
    for stratum in strata {
        let (n, population) = (count(stratum), stratum.population as f64);
        if n >= population {
            continue;
        }
        if n < 2.0 {
            return Estimate {
                rate: Some(Rate(rate)),
                ..Estimate::default()
            };
        }
        let mean = of(stratum, &residual) / n;
        let squares = of(stratum, &|unit| (residual(unit) - mean).powi(2));
        variance += population.powi(2) * (1.0 - n / population) * squares / (n - 1.0) / n;
        freedom += n - 1.0;
    }
    let standard_error = variance.sqrt() / paid;
    around(rate, standard_error, f64::max(freedom, 1.0), Method::Ratio, confidence)
}

/// Student's interval. A share of spending below 0 is shown as it is: it says that the sample is too small.
fn around(rate: f64, standard_error: f64, freedom: f64, method: Method, confidence: Confidence) -> Estimate {
    let half = student(confidence, freedom) * standard_error;
    Estimate {
        rate: Some(Rate(rate)),
        standard_error: Some(Rate(standard_error)),
        intervals: vec![Interval {
            method,
            lower: Some(Rate(rate - half)),
            upper: Rate(rate + half),
        }],
        is_census: false,
    }
}
