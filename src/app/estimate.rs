//! The error rates that the findings of a sample show.

use std::collections::BTreeMap;

use super::App;
use super::command::{EstimateErrorRate, FindingOutcome};
use super::error::AppError;
use super::finding::Finding;
use super::sampling::no_sample;
use crate::log::LogIndex;
use crate::log::sample::{DrawKind, DrawnStratum};
use crate::statistics::{
    AmountStratum, AmountUnit, Confidence, Estimate, Interval, Reviewed, hansen_hurwitz, proportion, ratio, stratified,
};

/// What a sample's findings show.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRates {
    /// Units of the population.
    pub population: u64,
    /// Units drawn.
    pub drawn: u64,
    /// Units reviewed, those of the reserve that took the place of others among them.
    pub reviewed: u64,
    /// Units that could not be reviewed or have no finding yet.
    pub missing: u64,
    /// Reviewed units that are signed off.
    pub signed_off: u64,
    /// How sure the intervals are.
    pub confidence: Confidence,
    /// Rates are shares of spending, not of cases.
    pub of_spending: bool,
    /// One for each kind of error.
    pub rates: Vec<KindRate>,
}

/// The rate of one kind of error.
#[derive(Clone, Debug, PartialEq)]
pub struct KindRate {
    /// The kind.
    pub outcome: FindingOutcome,
    /// Units that have it.
    pub errors: u64,
    /// How many cases, or how much spending, it concerns.
    pub estimate: Estimate,
    /// Bounds if what is missing were all right and all wrong; none if nothing is missing.
    pub worst_case: Option<Interval>,
    /// The wrong share of what is paid; for errors of payment.
    pub amounts: Estimate,
    /// In a sentence.
    pub statement: String,
}

/// What became of a stratum's units.
struct Stratum<'a> {
    population: u64,
    reviewed: Vec<&'a Finding>,
    missing: u64,
}

impl App {
    /// Estimates the error rates of a period's sample from the findings that stand.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn estimate_error_rate(&self, command: EstimateErrorRate) -> Result<ErrorRates, AppError> {
        let area = command.area;
        let samples = self.samples(area).await?;
        let round = samples.round(&command.period);
        let missing = || no_sample(area, &command.period);
        let (_, _, selection) = self.selection(&samples, &round).await?.ok_or_else(missing)?;
        let (_, request) = round.request().ok_or_else(missing)?;
        let log = samples.log.as_ref().ok_or_else(missing)?;
        let mut findings = self.newest_findings(log).await?;
        // A finding of another occasion is no part of this sample's review.
        findings.retain(|_, finding| finding.content.period.as_ref() == Some(&command.period));
        let strata: Vec<Stratum<'_>> = selection
            .strata
            .iter()
            .map(|stratum| reviewed(stratum, &findings))
            .collect();
        let sum = |of: &dyn Fn(&Stratum<'_>) -> u64| strata.iter().map(of).sum();
        let of_spending = request.draw == DrawKind::SizeProportional;
        let rate = |outcome| kind_rate(outcome, &strata, of_spending, command.confidence);
        Ok(ErrorRates {
            population: selection.population(),
            drawn: selection.drawn(),
            reviewed: sum(&|stratum| stratum.reviewed.len() as u64),
            missing: sum(&|stratum| stratum.missing),
            signed_off: sum(&|stratum| {
                let signed = |finding: &&&Finding| finding.content.sign_off.is_some();
                stratum.reviewed.iter().filter(signed).count() as u64
            }),
            confidence: command.confidence,
            of_spending,
            rates: FindingOutcome::ERRORS.into_iter().map(rate).collect(),
        })
    }
}

/// The findings of a stratum's units. For each unit that could not be reviewed the next of the reserve counts,
/// in order; it stays missing all the same, because the reserve is no answer to why.
fn reviewed<'a>(stratum: &DrawnStratum, findings: &'a BTreeMap<LogIndex, Finding>) -> Stratum<'a> {
    let mut found = Stratum {
        population: stratum.population,
        reviewed: Vec::new(),
        missing: 0,
    };
    let mut substitutes = 0;
    for index in &stratum.units {
        match findings.get(index) {
            Some(finding) if finding.content.is_not_reviewable() => {
                found.missing += 1;
                substitutes += 1;
            }
            Some(finding) => found.reviewed.push(finding),
            None => found.missing += 1,
        }
    }
    let reserve = stratum
        .reserve
        .iter()
        .take(substitutes)
        .filter_map(|index| findings.get(index));
    found
        .reviewed
        .extend(reserve.filter(|finding| !finding.content.is_not_reviewable()));
    found
}

fn kind_rate(outcome: FindingOutcome, strata: &[Stratum<'_>], of_spending: bool, confidence: Confidence) -> KindRate {
    let errors_of = |stratum: &Stratum<'_>| {
        let has = |finding: &&&Finding| finding.content.item(outcome).is_some();
        stratum.reviewed.iter().filter(has).count() as u64
    };
    // `right` and `wrong`: missing units that are taken to be right or wrong.
    let with = |right: bool, wrong: bool| {
        let counts = strata.iter().map(|stratum| {
            let taken = if right || wrong { stratum.missing } else { 0 };
            let reviewed = stratum.reviewed.len() as u64 + taken;
            Reviewed {
                // A unit drawn twice by its size is reviewed twice; nothing is complete then.
                population: stratum.population.max(reviewed),
                reviewed,
                errors: errors_of(stratum) + if wrong { taken } else { 0 },
            }
        });
        counts.collect::<Vec<Reviewed>>()
    };
    let estimate = |counts: &[Reviewed]| match counts {
        [one] => proportion(one.errors, one.reviewed, confidence),
        _ => stratified(counts, confidence),
    };
    let errors = strata.iter().map(errors_of).sum();
    let missing = strata.iter().any(|stratum| stratum.missing > 0);
    let worst_case = missing.then(|| {
        let (best, worst) = (estimate(&with(true, false)), estimate(&with(false, true)));
        Some(Interval {
            method: worst.interval()?.method,
            lower: best.intervals.iter().find_map(|interval| interval.lower),
            upper: worst.interval()?.upper,
        })
    });
    let found = estimate(&with(false, false));
    let reviewed: u64 = strata.iter().map(|stratum| stratum.reviewed.len() as u64).sum();
    KindRate {
        outcome,
        errors,
        statement: statement(errors, reviewed, &found, confidence),
        estimate: found,
        worst_case: worst_case.flatten(),
        amounts: amounts(outcome, strata, of_spending, confidence),
    }
}

fn amounts(outcome: FindingOutcome, strata: &[Stratum<'_>], of_spending: bool, confidence: Confidence) -> Estimate {
    if !outcome.is_of_payment() {
        return Estimate::default();
    }
    let unit = |finding: &&Finding| AmountUnit {
        error_fen: finding
            .content
            .item(outcome)
            .and_then(|item| item.amount_fen)
            .unwrap_or(0),
        paid_fen: finding.paid_fen,
    };
    if of_spending {
        let units: Vec<AmountUnit> = strata
            .iter()
            .flat_map(|stratum| stratum.reviewed.iter().map(unit))
            .collect();
        return hansen_hurwitz(&units, confidence);
    }
    let strata: Vec<AmountStratum> = strata
        .iter()
        .map(|stratum| AmountStratum {
            population: stratum.population,
            units: stratum.reviewed.iter().map(unit).collect(),
        })
        .collect();
    ratio(&strata, confidence)
}

/// In words, and never a rate of nothing.
fn statement(errors: u64, reviewed: u64, estimate: &Estimate, confidence: Confidence) -> String {
    let sure = confidence.percent();
    let Some(interval) = estimate.interval() else {
        return "nothing was reviewed: nothing can be said".to_owned();
    };
    let upper = interval.upper.to_percent();
    match (errors, interval.lower, estimate.rate) {
        (0, _, _) => format!("no error in {reviewed} reviewed: with {sure}% confidence the rate is below {upper}"),
        (_, Some(lower), Some(rate)) => format!(
            "{errors} of {reviewed} reviewed: {}, with {sure}% confidence between {} and {upper}",
            rate.to_percent(),
            lower.to_percent()
        ),
        (_, lower, _) => format!(
            "{errors} of {reviewed} reviewed, and a stratum without a review: with {sure}% confidence between {} and {upper}",
            lower.map_or_else(|| "nothing".to_owned(), |lower| lower.to_percent())
        ),
    }
}
