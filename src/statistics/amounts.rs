//! Which share of what was paid is wrong.

use super::quantile::{Confidence, student};
use super::{Estimate, Interval, Method, NoInterval, Rate};

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

/// Which way an amount is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongWay {
    /// Too much was paid: at most all of it, and monetary units bound it.
    Over,
    /// Too little was paid: what was paid does not bound it.
    Under,
}

/// Hansen and Hurwitz: units drawn with replacement in proportion to what was paid. The share of the whole
/// is the mean of the units' own shares, with Student's t around it. A few small errors make that interval shorter than
/// what no error at all would leave open: no upper bound of what was overpaid lies below the one of monetary units.
#[must_use]
pub fn hansen_hurwitz(units: &[AmountUnit], way: WrongWay, confidence: Confidence) -> Estimate {
    let n = units.len() as f64;
    if units.is_empty() || units.iter().any(|unit| unit.paid_fen == 0) {
        return Estimate::default();
    }
    let drawn = units.len() as u64;
    if units.iter().all(|unit| unit.error_fen == 0) {
        return match way {
            WrongWay::Over => monetary_unit_bound(drawn, confidence),
            WrongWay::Under => Estimate::default(),
        };
    }
    let shares: Vec<f64> = units
        .iter()
        .map(|unit| unit.error_fen as f64 / unit.paid_fen as f64)
        .collect();
    let mean = shares.iter().sum::<f64>() / n;
    if let Some(why) = shows_no_variance(units) {
        return rate_alone(mean, why);
    }
    let squares: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
    let found = around(
        mean,
        (squares / (n * (n - 1.0))).sqrt(),
        n - 1.0,
        Method::HansenHurwitz,
        confidence,
    );
    match way {
        WrongWay::Over => raised(found, monetary_unit_bound(drawn, confidence)),
        WrongWay::Under => found,
    }
}

/// Puts the bound of no error above an interval that ends below it.
fn raised(mut found: Estimate, no_error: Estimate) -> Estimate {
    if let (Some(interval), Some(bound)) = (found.interval(), no_error.interval())
        && interval.upper.0 < bound.upper.0
    {
        let raised = Interval {
            method: Method::HansenHurwitzRaised,
            lower: interval.lower,
            upper: bound.upper,
        };
        found.intervals.insert(0, raised);
    }
    found
}

/// Bounds of the share that was overpaid, of units drawn in proportion to what was paid, if nothing of the missing ones
/// were wrong (lower) and if each of them were wholly wrong (upper). None where nothing was reviewed.
#[must_use]
pub fn worst_amount(units: &[AmountUnit], missing: u64, confidence: Confidence) -> Option<Interval> {
    if units.is_empty() {
        return None;
    }
    let with = |error_fen: u64| -> Estimate {
        let taken = (0..missing).map(|_| AmountUnit { error_fen, paid_fen: 1 });
        let all: Vec<AmountUnit> = units.iter().copied().chain(taken).collect();
        hansen_hurwitz(&all, WrongWay::Over, confidence)
    };
    let (right, wrong) = (with(0), with(1));
    // Student's t may be shorter with more units: what was reviewed alone is not left out of the worst.
    let found = hansen_hurwitz(units, WrongWay::Over, confidence).interval();
    let widest = wrong
        .interval()
        .into_iter()
        .chain(found)
        .max_by(|a, b| a.upper.0.total_cmp(&b.upper.0));
    let (method, upper) = match (widest, wrong.no_interval) {
        // What was reviewed is wholly wrong as well.
        (_, Some(NoInterval::Alike)) => (Method::HansenHurwitz, 1.0),
        (Some(interval), _) => (interval.method, interval.upper.0.min(1.0)),
        (None, _) => return None,
    };
    let lowers = right.interval().into_iter().chain(found);
    Some(Interval {
        method,
        lower: lowers
            .filter_map(|interval| interval.lower)
            .min_by(|a, b| a.0.total_cmp(&b.0)),
        upper: Rate(upper),
    })
}

/// The bound of a sample of monetary units without an error: the tables' factor over the number drawn.
#[must_use]
pub fn monetary_unit_bound(drawn: u64, confidence: Confidence) -> Estimate {
    if drawn == 0 {
        return Estimate::default();
    }
    Estimate {
        intervals: vec![Interval {
            method: Method::MonetaryUnit,
            lower: None,
            upper: Rate((confidence.monetary_unit_factor() / drawn as f64).min(1.0)),
        }],
        ..Estimate::default()
    }
}

/// Why the variance of a part that was not reviewed whole cannot be estimated from its units, if it cannot: one unit does
/// not differ from itself, and where all are wrong by the same share, or none is, the variance would be taken for 0.
fn shows_no_variance(units: &[AmountUnit]) -> Option<NoInterval> {
    let [first, rest @ ..] = units else { return None };
    if rest.is_empty() {
        return Some(NoInterval::OneUnit);
    }
    // Shares compared crosswise: exact, and a unit of which nothing was paid has none.
    let part = |error: &AmountUnit, paid: &AmountUnit| u128::from(error.error_fen) * u128::from(paid.paid_fen);
    rest.iter()
        .all(|unit| part(unit, first) == part(first, unit))
        .then_some(NoInterval::Alike)
}

/// A rate of which nothing says how far off it is.
fn rate_alone(rate: f64, why: NoInterval) -> Estimate {
    Estimate {
        rate: Some(Rate(rate)),
        no_interval: Some(why),
        ..Estimate::default()
    }
}

/// The wrong share of what was paid, from a simple or stratified sample: ratio of the weighted sums, its
/// variance linearised. Nothing where no amount was wrong: that bounds no amount. The rate alone where a stratum that was
/// not reviewed whole does not show how its units differ.
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
        if let Some(why) = shows_no_variance(&stratum.units) {
            return rate_alone(rate, why);
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
        ..Estimate::default()
    }
}
