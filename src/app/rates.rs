//! Error rates out of reviews: pure, so that the service and a report from a bundle compute the same.

use super::command::FindingOutcome;
use crate::statistics::{
    AmountStratum, AmountUnit, Confidence, Estimate, Interval, Reviewed, error_rate, hansen_hurwitz, ratio, worst_case,
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
    /// Units that could not be reviewed or have no finding yet, and those of the reserve that were to take the place of
    /// one and could not be reviewed either.
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

/// What the standing finding on a unit says, as far as a rate needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// What was found, with the wrong amount of a month.
    pub items: Vec<(FindingOutcome, Option<u64>)>,
    /// What the determination pays a month.
    pub paid_fen: u64,
    /// Whether it is signed off.
    pub signed_off: bool,
}

impl Review {
    fn item(&self, outcome: FindingOutcome) -> Option<Option<u64>> {
        let found = self.items.iter().find(|(kind, _)| *kind == outcome);
        found.map(|(_, amount_fen)| *amount_fen)
    }

    fn is_not_reviewable(&self) -> bool {
        self.item(FindingOutcome::NotReviewable).is_some()
    }
}

/// A stratum with the reviews of its sample and of its reserve, in the order of the draw; none where none stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StratumReviews {
    /// Units that it has.
    pub population: u64,
    /// Of the sample.
    pub units: Vec<Option<Review>>,
    /// Of the reserve.
    pub reserve: Vec<Option<Review>>,
}

/// What became of a stratum's units.
struct Stratum<'a> {
    population: u64,
    reviewed: Vec<&'a Review>,
    missing: u64,
}

impl ErrorRates {
    /// The rates of a sample from a population. `of_spending` where it was drawn by the amounts.
    #[must_use]
    pub fn of(population: u64, strata: &[StratumReviews], of_spending: bool, confidence: Confidence) -> ErrorRates {
        let drawn = strata.iter().map(|stratum| stratum.units.len() as u64).sum();
        let strata: Vec<Stratum<'_>> = strata.iter().map(reviewed).collect();
        let sum = |of: &dyn Fn(&Stratum<'_>) -> u64| strata.iter().map(of).sum();
        let rate = |outcome| kind_rate(outcome, &strata, of_spending, confidence);
        ErrorRates {
            population,
            drawn,
            reviewed: sum(&|stratum| stratum.reviewed.len() as u64),
            missing: sum(&|stratum| stratum.missing),
            signed_off: sum(&|stratum| stratum.reviewed.iter().filter(|review| review.signed_off).count() as u64),
            confidence,
            of_spending,
            rates: FindingOutcome::ERRORS.into_iter().map(rate).collect(),
        }
    }
}

/// The reviews of a stratum's units. For each unit that could not be reviewed the next of the reserve counts,
/// in order; it stays missing all the same, because the reserve is no answer to why. One of the reserve that could not be
/// reviewed either is missing as well, and the next takes its place; one that nobody reviewed yet keeps the place.
fn reviewed(stratum: &StratumReviews) -> Stratum<'_> {
    let mut found = Stratum {
        population: stratum.population,
        reviewed: Vec::new(),
        missing: 0,
    };
    let mut open = 0_u64;
    for review in &stratum.units {
        match review {
            Some(review) if review.is_not_reviewable() => {
                found.missing += 1;
                open += 1;
            }
            Some(review) => found.reviewed.push(review),
            None => found.missing += 1,
        }
    }
    for review in &stratum.reserve {
        if open == 0 {
            break;
        }
        match review {
            Some(review) if review.is_not_reviewable() => found.missing += 1,
            Some(review) => {
                found.reviewed.push(review);
                open -= 1;
            }
            // The unit whose place it keeps is missing already.
            None => open -= 1,
        }
    }
    found
}

fn kind_rate(outcome: FindingOutcome, strata: &[Stratum<'_>], of_spending: bool, confidence: Confidence) -> KindRate {
    let errors_of = |stratum: &Stratum<'_>| {
        let has = |review: &&&Review| review.item(outcome).is_some();
        stratum.reviewed.iter().filter(has).count() as u64
    };
    // `missing`: whether missing units count, and `wrong`: as wrong ones.
    let counts = |missing: bool, wrong: bool| -> Vec<Reviewed> {
        let counts = strata.iter().map(|stratum| {
            let taken = if missing { stratum.missing } else { 0 };
            let reviewed = stratum.reviewed.len() as u64 + taken;
            Reviewed {
                // A unit drawn twice by its size is reviewed twice; nothing is complete then.
                population: if of_spending {
                    stratum.population.max(reviewed + 1)
                } else {
                    stratum.population.max(reviewed)
                },
                reviewed,
                errors: errors_of(stratum) + if wrong { taken } else { 0 },
            }
        });
        counts.collect()
    };
    let errors = strata.iter().map(errors_of).sum();
    let missing = strata.iter().any(|stratum| stratum.missing > 0);
    let worst_case = missing.then(|| worst_case(&counts(true, false), &counts(true, true), confidence));
    let found = error_rate(&counts(false, false), confidence);
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
    let unit = |review: &&Review| AmountUnit {
        error_fen: review.item(outcome).flatten().unwrap_or(0),
        paid_fen: review.paid_fen,
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
    match (estimate.is_census, estimate.rate) {
        (true, None) => return format!("no error, and all {reviewed} of the population were reviewed"),
        (true, Some(rate)) => {
            let rate = rate.to_percent();
            return format!("{errors} of {reviewed}: {rate}, and all of the population were reviewed");
        }
        (false, _) => {}
    }
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

#[cfg(test)]
mod tests;
