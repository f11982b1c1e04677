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

/// Errors among cases of a stratified sample. Where a stratum's variance cannot be estimated, exact bounds
/// of the strata are combined instead of a normal interval that would be too short.
#[must_use]
pub fn stratified(strata: &[Reviewed], confidence: Confidence) -> Estimate {
    let population: u64 = strata.iter().map(|stratum| stratum.population).sum();
    let is_wrong = |stratum: &Reviewed| stratum.errors > stratum.reviewed || stratum.reviewed > stratum.population;
    if population == 0 || strata.iter().any(is_wrong) || strata.iter().all(|stratum| stratum.reviewed == 0) {
        return Estimate::default();
    }
    let weight = |stratum: &Reviewed| stratum.population as f64 / population as f64;
    let (known, unknown): (Vec<&Reviewed>, Vec<&Reviewed>) = strata
        .iter()
        .filter(|stratum| stratum.population > 0)
        .partition(|stratum| stratum.reviewed > 0);
    let rate: f64 = known.iter().map(|stratum| weight(stratum) * stratum.rate()).sum();
    let errors: u64 = strata.iter().map(|stratum| stratum.errors).sum();
    let usable = unknown.is_empty() && known.iter().all(|stratum| stratum.has_variance());
    let (standard_error, interval) = if usable {
        let variance: f64 = known
            .iter()
            .map(|stratum| weight(stratum).powi(2) * stratum.variance())
            .sum();
        let half = normal(confidence) * variance.sqrt();
        let interval = Interval {
            method: Method::StratifiedNormal,
            lower: Some(Rate((rate - half).max(0.0))),
            upper: Rate((rate + half).min(1.0)),
        };
        (Some(Rate(variance.sqrt())), interval)
    } else {
        (None, mover(&known, &unknown, rate, weight, confidence))
    };
    Estimate {
        rate: (errors > 0 && unknown.is_empty()).then_some(Rate(rate)),
        standard_error,
        intervals: vec![interval],
    }
}

/// Method of variance estimates recovery: the distances of the strata's own bounds, added in squares. A
/// stratum that nobody reviewed may be wholly right or wholly wrong.
fn mover(
    known: &[&Reviewed],
    unknown: &[&Reviewed],
    rate: f64,
    weight: impl Fn(&Reviewed) -> f64,
    confidence: Confidence,
) -> Interval {
    let (mut below, mut above) = (0.0, 0.0);
    for stratum in known {
        let (lower, upper) = stratum.bounds(confidence);
        below += (weight(stratum) * (stratum.rate() - lower)).powi(2);
        above += (weight(stratum) * (upper - stratum.rate())).powi(2);
    }
    let open: f64 = unknown.iter().map(|stratum| weight(stratum)).sum();
    Interval {
        method: Method::Mover,
        lower: Some(Rate((rate - below.sqrt()).max(0.0))),
        upper: Rate((rate + above.sqrt() + open).min(1.0)),
    }
}
