//! The rate of errors in a stratified sample: every stratum weighs what it is of the population.

use super::proportion::exact;
use super::quantile::{Confidence, normal};
use super::{Estimate, Interval, Method, Rate};

/// What was found in one stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// Units that it has.
    pub population: u64,
    /// Units reviewed.
    pub reviewed: u64,
    /// Errors among them.
    pub errors: u64,
}

impl Reviewed {
    fn rate(&self) -> f64 {
        self.errors as f64 / self.reviewed as f64
    }

    /// It has units, and nobody reviewed one.
    pub(super) fn is_unknown(&self) -> bool {
        self.population > 0 && self.reviewed == 0
    }

    /// Everything was reviewed: its rate is known.
    fn is_complete(&self) -> bool {
        self.reviewed >= self.population
    }

    /// Whether its variance can be estimated from what was found: it cannot where nothing or everything
    /// was wrong, or a single case was reviewed.
    fn has_variance(&self) -> bool {
        self.is_complete() || (self.reviewed > 1 && self.errors > 0 && self.errors < self.reviewed)
    }

    fn variance(&self) -> f64 {
        if self.is_complete() {
            return 0.0;
        }
        let p = self.rate();
        let sampled = self.reviewed as f64 / self.population as f64;
        (1.0 - sampled) * p * (1.0 - p) / (self.reviewed as f64 - 1.0)
    }

    fn bounds(&self, confidence: Confidence) -> (f64, f64) {
        if self.is_complete() {
            (self.rate(), self.rate())
        } else {
            exact(self.errors, self.reviewed, confidence)
        }
    }
}

/// Errors among cases of a stratified sample in which every stratum that has units was reviewed. Where a stratum's
/// variance cannot be estimated, exact bounds of the strata are combined instead of a normal interval that would be too
/// short.
#[must_use]
pub(super) fn stratified(strata: &[Reviewed], confidence: Confidence) -> Estimate {
    let population: u64 = strata.iter().map(|stratum| stratum.population).sum();
    let is_wrong = |stratum: &Reviewed| stratum.errors > stratum.reviewed || stratum.reviewed > stratum.population;
    if population == 0 || strata.iter().any(is_wrong) || strata.iter().all(|stratum| stratum.reviewed == 0) {
        return Estimate::default();
    }
    let (errors, rate) = errors_and_rate(strata);
    let (standard_error, interval) = if has_normal(strata) {
        let (standard_error, interval) = normal_interval(strata, confidence);
        (Some(standard_error), interval)
    } else {
        (None, mover(strata, confidence))
    };
    Estimate {
        rate: (errors > 0).then_some(Rate(rate)),
        standard_error,
        intervals: vec![interval],
        ..Estimate::default()
    }
}

/// What share of the population a stratum is.
fn weights(strata: &[Reviewed]) -> impl Fn(&Reviewed) -> f64 {
    let population: u64 = strata.iter().map(|stratum| stratum.population).sum();
    move |stratum| stratum.population as f64 / population as f64
}

/// All errors, and the weighed rate of the strata that were reviewed.
pub(super) fn errors_and_rate(strata: &[Reviewed]) -> (u64, f64) {
    let weight = weights(strata);
    let errors = strata.iter().map(|stratum| stratum.errors).sum();
    let known = strata.iter().filter(|stratum| stratum.reviewed > 0);
    let rate = known.map(|stratum| weight(stratum) * stratum.rate()).sum();
    (errors, rate)
}

/// Whether a normal interval can be computed: the variance of every stratum that has units can be estimated.
pub(super) fn has_normal(strata: &[Reviewed]) -> bool {
    strata
        .iter()
        .all(|stratum| stratum.population == 0 || stratum.has_variance())
}

/// The standard error, and the normal interval.
pub(super) fn normal_interval(strata: &[Reviewed], confidence: Confidence) -> (Rate, Interval) {
    let (_, rate) = errors_and_rate(strata);
    let weight = weights(strata);
    let known = strata.iter().filter(|stratum| stratum.reviewed > 0);
    let variance: f64 = known.map(|stratum| weight(stratum).powi(2) * stratum.variance()).sum();
    let half = normal(confidence) * variance.sqrt();
    let interval = Interval {
        method: Method::StratifiedNormal,
        lower: Some(Rate((rate - half).max(0.0))),
        upper: Rate((rate + half).min(1.0)),
    };
    (Rate(variance.sqrt()), interval)
}

/// Method of variance estimates recovery: the distances of the strata's own bounds, added in squares.
pub(super) fn mover(strata: &[Reviewed], confidence: Confidence) -> Interval {
    let (_, rate) = errors_and_rate(strata);
    let weight = weights(strata);
    let (mut below, mut above) = (0.0, 0.0);
    for stratum in strata.iter().filter(|stratum| stratum.reviewed > 0) {
        let weight = weight(stratum);
        let (lower, upper) = stratum.bounds(confidence);
        below += (weight * (stratum.rate() - lower)).powi(2);
        above += (weight * (upper - stratum.rate())).powi(2);
    }
    Interval {
        method: Method::Mover,
        lower: Some(Rate((rate - below.sqrt()).max(0.0))),
        upper: Rate((rate + above.sqrt()).min(1.0)),
    }
}
