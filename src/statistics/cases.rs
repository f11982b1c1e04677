//! The rate of errors among cases, however they were drawn: a census is counted, a sample estimated.

use super::proportion::{clopper_pearson, is_exact, proportion, wilson};
use super::stratified::{Reviewed, errors_and_rate, has_normal, mover, normal_interval, stratified};
use super::{Confidence, Estimate, Interval, Method, Rate};

/// Errors among cases of a simple sample (one stratum) or a stratified one. Where everything was reviewed nothing is
/// estimated: there is no interval, and no rate where no error was found.
#[must_use]
pub fn error_rate(strata: &[Reviewed], confidence: Confidence) -> Estimate {
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
    let ends = |of: &dyn Fn(&[Reviewed]) -> Interval| {
        let (best, worst) = (of(right), of(wrong));
        Some(Interval {
            lower: best.lower,
            ..worst
        })
    };
    if is_census(right) && is_census(wrong) {
        return ends(&|strata| {
            let (_, rate) = errors_and_rate(strata);
            Interval {
                method: Method::Census,
                lower: Some(Rate(rate)),
                upper: Rate(rate),
            }
        });
    }
    // Nothing was reviewed and nothing is missing, or the counts contradict each other.
    error_rate(right, confidence).interval()?;
    error_rate(wrong, confidence).interval()?;
    match (right, wrong) {
        ([best], [worst]) if is_exact(best.errors, best.reviewed) || is_exact(worst.errors, worst.reviewed) => {
            ends(&|strata| clopper_pearson(strata[0].errors, strata[0].reviewed, confidence))
        }
        ([_], [_]) => ends(&|strata| wilson(strata[0].errors, strata[0].reviewed, confidence)),
        _ if has_normal(right) && has_normal(wrong) => ends(&|strata| normal_interval(strata, confidence).1),
        _ => ends(&|strata| mover(strata, confidence)),
    }
}

/// Whether every unit of the population was reviewed.
fn is_census(strata: &[Reviewed]) -> bool {
    let reviewed = |stratum: &Reviewed| stratum.reviewed == stratum.population && stratum.errors <= stratum.reviewed;
    strata.iter().any(|stratum| stratum.population > 0) && strata.iter().all(reviewed)
}
