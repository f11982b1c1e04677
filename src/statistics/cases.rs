//! The rate of errors among cases, however they were drawn: a census is counted, a sample estimated.

use super::proportion::{clopper_pearson, is_exact, proportion, wilson};
use super::stratified::{Reviewed, errors_and_rate, has_normal, mover, normal_interval, stratified};
use super::{Confidence, Estimate, Interval, Method, Rate};

/// Errors among cases of a simple sample (one stratum) or a stratified one. Where everything was reviewed nothing is
/// estimated: there is no interval, and no rate where no error was found. A stratum that nobody reviewed may be wholly
/// right or wholly wrong: the interval of the others is opened by all of it, and there is no rate.
#[must_use]
pub fn error_rate(strata: &[Reviewed], confidence: Confidence) -> Estimate {
    let seen = Seen::of(strata);
    let found = rate_of(&seen.strata, confidence);
    if seen.is_all() {
        found
    } else {
        seen.open_estimate(found)
    }
}

/// [`error_rate`] of strata that were all reviewed.
fn rate_of(strata: &[Reviewed], confidence: Confidence) -> Estimate {
    if is_census(strata) {
        let (errors, rate) = errors_and_rate(strata);
        return Estimate {
            rate: (errors > 0).then_some(Rate(rate)),
            is_census: true,
            ..Estimate::default()
        };
    }
    match strata {
        [one] => proportion(one.errors, one.reviewed, confidence),
        _ => stratified(strata, confidence),
    }
}

/// Bounds of the rate where a part was not reviewed: the lower one if all of that were right (`right`), the upper one if
/// all of it were wrong (`wrong`). Both ends are of the method that either of them needs, so that one name says how.
#[must_use]
pub fn worst_case(right: &[Reviewed], wrong: &[Reviewed], confidence: Confidence) -> Option<Interval> {
    let (best, worst) = (Seen::of(right), Seen::of(wrong));
    worst_case_of(&best.strata, &worst.strata, confidence).map(|interval| worst.open(interval))
}

/// [`worst_case`] of strata of which all have cases that were reviewed or counted as right or wrong.
fn worst_case_of(right: &[Reviewed], wrong: &[Reviewed], confidence: Confidence) -> Option<Interval> {
    let ends = |of: &dyn Fn(&[Reviewed]) -> Interval| {
        let (best, worst) = (of(right), of(wrong));
        Some(Interval {
            lower: best.lower,
            ..worst
        })
    };
    if is_census(right) && is_census(wrong) {
        return ends(&|strata| counted(errors_and_rate(strata).1));
    }
    // Nothing was reviewed and nothing is missing, or the counts contradict each other.
    rate_of(right, confidence).interval()?;
    rate_of(wrong, confidence).interval()?;
    match (right, wrong) {
        ([best], [worst]) if is_exact(best.errors, best.reviewed) || is_exact(worst.errors, worst.reviewed) => {
            ends(&|strata| clopper_pearson(strata[0].errors, strata[0].reviewed, confidence))
        }
        ([_], [_]) => ends(&|strata| wilson(strata[0].errors, strata[0].reviewed, confidence)),
        _ if has_normal(right) && has_normal(wrong) => ends(&|strata| normal_interval(strata, confidence).1),
        _ => ends(&|strata| mover(strata, confidence)),
    }
}

/// A rate that was counted, as an interval of no width.
fn counted(rate: f64) -> Interval {
    Interval {
        method: Method::Census,
        lower: Some(Rate(rate)),
        upper: Rate(rate),
    }
}

/// The part of the population in whose strata something was reviewed.
struct Seen {
    strata: Vec<Reviewed>,
    units: u64,
    unseen_units: u64,
}

impl Seen {
    fn of(strata: &[Reviewed]) -> Seen {
        let (unseen, seen): (Vec<_>, Vec<_>) = strata.iter().copied().partition(Reviewed::is_unknown);
        let units = |strata: &[Reviewed]| strata.iter().map(|stratum| stratum.population).sum();
        Seen {
            units: units(&seen),
            unseen_units: units(&unseen),
            strata: seen,
        }
    }

    fn is_all(&self) -> bool {
        self.unseen_units == 0
    }

    /// An interval of the part, as one of the population: what nobody saw is all right at its lower end, all wrong at
    /// its upper.
    fn open(&self, of_part: Interval) -> Interval {
        if self.is_all() {
            return of_part;
        }
        let (seen, unseen) = (self.units as f64, self.unseen_units as f64);
        let all = seen + unseen;
        Interval {
            method: of_part.method,
            lower: of_part.lower.map(|lower| Rate(lower.0 * seen / all)),
            upper: Rate((of_part.upper.0 * seen + unseen) / all),
        }
    }

    /// What is said of the part, as said of the population: bounds alone.
    fn open_estimate(&self, of_part: Estimate) -> Estimate {
        let bounds = if of_part.is_census {
            vec![counted(of_part.rate.map_or(0.0, |rate| rate.0))]
        } else {
            of_part.intervals
        };
        Estimate {
            intervals: bounds.into_iter().map(|interval| self.open(interval)).collect(),
            ..Estimate::default()
        }
    }
}

/// Whether every unit of the population was reviewed.
fn is_census(strata: &[Reviewed]) -> bool {
    let reviewed = |stratum: &Reviewed| stratum.reviewed == stratum.population && stratum.errors <= stratum.reviewed;
    strata.iter().any(|stratum| stratum.population > 0) && strata.iter().all(reviewed)
}
