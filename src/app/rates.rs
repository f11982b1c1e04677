//! Error rates out of reviews: pure, so that the service and a report from a bundle compute the same.

mod statement;

use super::command::FindingOutcome;
use crate::canonical::Json;
use crate::log::sample::{DrawKind, Population};
use crate::rules::outcome::Outcome;
use crate::statistics::{
    AmountStratum, AmountUnit, Confidence, Estimate, Interval, NoInterval, Reviewed, WrongWay, error_rate,
    hansen_hurwitz, ratio, worst_amount, worst_case,
};

/// What a sample was drawn from, and how: it decides which errors can be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Design {
    /// Which decisions.
    pub population: Population,
    /// How they were drawn.
    pub draw: DrawKind,
}

impl Design {
    /// Whether the rates are shares of spending, not of cases.
    #[must_use]
    pub fn is_of_spending(self) -> bool {
        self.draw == DrawKind::SizeProportional
    }

    /// Whether a decision of the sample can have an error of this kind. Nothing is refused where something is paid, and
    /// nothing is paid where it is refused: to find no such error says nothing.
    #[must_use]
    pub fn can_show(self, outcome: FindingOutcome) -> bool {
        match self.population {
            Population::Negative => !outcome.is_of_payment(),
            Population::Decisions | Population::Paid => {
                let is_paid = self.population == Population::Paid || self.is_of_spending();
                !(is_paid && outcome == FindingOutcome::EligibleRefused)
            }
        }
    }
}

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
    /// It cannot be in this sample, and nothing is estimated.
    pub is_out_of_reach: bool,
    /// Units that have it.
    pub errors: u64,
    /// How many cases, or how much spending, it concerns.
    pub estimate: Estimate,
    /// Bounds if what is missing were all right and all wrong; none if nothing is missing.
    pub worst_case: Option<Interval>,
    /// The wrong share of what is paid; for errors of payment.
    pub amounts: Estimate,
    /// Bounds of that share if what is missing were all right and all wholly overpaid; none if nothing is missing, or
    /// where what is missing has no bound: there is no interval then either.
    pub amounts_worst_case: Option<Interval>,
    /// In a sentence.
    pub statement: String,
    /// The share of what is paid in a sentence, if there is anything to say of it.
    pub amount_statement: Option<String>,
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

/// A unit that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// No finding stands on it yet.
    Waiting,
    /// Its case is erased or restricted: nobody can review it, and nothing can be recorded of it.
    Closed,
    /// The finding that stands on it.
    Found(Review),
}

/// A stratum with its sample and its reserve, in the order of the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StratumUnits {
    /// Units that it has.
    pub population: u64,
    /// Whether a decision of it may pay.
    pub may_pay: bool,
    /// Of the sample.
    pub units: Vec<Unit>,
    /// Of the reserve.
    pub reserve: Vec<Unit>,
}

/// Whether decisions of a stratum may pay, by its key: not where it is made by the programme or by the outcome, and is of
/// none that pays.
#[must_use]
pub fn may_pay(key: &str) -> bool {
    let Ok(key) = Json::parse(key.as_bytes()) else {
        return true;
    };
    let text = |member: &str| key.get(member).and_then(Json::as_text);
    let outcome = text("outcome").and_then(Outcome::from_code);
    text("programme") != Some("") && outcome.is_none_or(|outcome| outcome.programme().is_some())
}

/// What became of a stratum's units.
struct Stratum<'a> {
    population: u64,
    may_pay: bool,
    reviewed: Vec<&'a Review>,
    missing: u64,
}

impl ErrorRates {
    /// The rates of a sample of this design from a population.
    #[must_use]
    pub fn of(population: u64, strata: &[StratumUnits], design: Design, confidence: Confidence) -> ErrorRates {
        let drawn = strata.iter().map(|stratum| stratum.units.len() as u64).sum();
        let strata: Vec<Stratum<'_>> = strata.iter().map(reviewed).collect();
        let sum = |of: &dyn Fn(&Stratum<'_>) -> u64| strata.iter().map(of).sum();
        let rate = |outcome| kind_rate(outcome, &strata, design, confidence);
        ErrorRates {
            population,
            drawn,
            reviewed: sum(&|stratum| stratum.reviewed.len() as u64),
            missing: sum(&|stratum| stratum.missing),
            signed_off: sum(&|stratum| stratum.reviewed.iter().filter(|review| review.signed_off).count() as u64),
            confidence,
            of_spending: design.is_of_spending(),
            rates: FindingOutcome::ERRORS.into_iter().map(rate).collect(),
        }
    }
}

/// The reviews of a stratum's units. For each unit that could not be reviewed the next of the reserve counts,
/// in order; it stays missing all the same, because the reserve is no answer to why. One of the reserve that could not be
/// reviewed either is missing as well, and the next takes its place; one that nobody reviewed yet keeps the place.
fn reviewed(stratum: &StratumUnits) -> Stratum<'_> {
    let mut found = Stratum {
        population: stratum.population,
        may_pay: stratum.may_pay,
        reviewed: Vec::new(),
        missing: 0,
    };
    let mut open = 0_u64;
    for unit in &stratum.units {
        match unit {
            Unit::Found(review) if !review.is_not_reviewable() => found.reviewed.push(review),
            Unit::Found(_) | Unit::Closed => {
                found.missing += 1;
                open += 1;
            }
            Unit::Waiting => found.missing += 1,
        }
    }
    for unit in &stratum.reserve {
        if open == 0 {
            break;
        }
        match unit {
            Unit::Found(review) if !review.is_not_reviewable() => {
                found.reviewed.push(review);
                open -= 1;
            }
            Unit::Found(_) | Unit::Closed => found.missing += 1,
            // The unit whose place it keeps is missing already.
            Unit::Waiting => open -= 1,
        }
    }
    found
}

fn kind_rate(outcome: FindingOutcome, strata: &[Stratum<'_>], design: Design, confidence: Confidence) -> KindRate {
    let of_spending = design.is_of_spending();
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
    if errors == 0 && !design.can_show(outcome) {
        return KindRate {
            outcome,
            is_out_of_reach: true,
            errors,
            estimate: Estimate::default(),
            worst_case: None,
            amounts: Estimate::default(),
            amounts_worst_case: None,
            statement: statement::OUT_OF_REACH.to_owned(),
            amount_statement: None,
        };
    }
    let missing = strata.iter().any(|stratum| stratum.missing > 0);
    let worst_case = missing.then(|| worst_case(&counts(true, false), &counts(true, true), confidence));
    let found = error_rate(&counts(false, false), confidence);
    let reviewed: u64 = strata.iter().map(|stratum| stratum.reviewed.len() as u64).sum();
    let (amounts, amounts_worst_case) = amounts(outcome, strata, of_spending, confidence);
    KindRate {
        outcome,
        is_out_of_reach: false,
        errors,
        statement: statement::of_rate((errors, reviewed), &found, of_spending, confidence),
        estimate: found,
        worst_case: worst_case.flatten(),
        amount_statement: statement::of_amounts(&amounts, amounts_worst_case.as_ref(), confidence),
        amounts,
        amounts_worst_case,
    }
}

/// The wrong share of what is paid, and its worst case.
fn amounts(
    outcome: FindingOutcome,
    strata: &[Stratum<'_>],
    of_spending: bool,
    confidence: Confidence,
) -> (Estimate, Option<Interval>) {
    if !outcome.is_of_payment() {
        return (Estimate::default(), None);
    }
    let unit = |review: &&Review| AmountUnit {
        error_fen: review.item(outcome).flatten().unwrap_or(0),
        paid_fen: review.paid_fen,
    };
    // A stratum that pays nothing has no part in what is paid, however little of it was reviewed.
    let strata = || strata.iter().filter(|stratum| stratum.may_pay);
    let missing: u64 = strata().map(|stratum| stratum.missing).sum();
    let way = if outcome == FindingOutcome::Underpaid {
        WrongWay::Under
    } else {
        WrongWay::Over
    };
    if of_spending {
        let units: Vec<AmountUnit> = strata().flat_map(|stratum| stratum.reviewed.iter().map(unit)).collect();
        let found = hansen_hurwitz(&units, way, confidence);
        return match (missing, way) {
            (0, _) => (found, None),
            (_, WrongWay::Over) => (found, worst_amount(&units, missing, confidence)),
            (_, WrongWay::Under) => (found.without_interval(NoInterval::Missing), None),
        };
    }
    let strata: Vec<AmountStratum> = strata()
        .map(|stratum| AmountStratum {
            population: stratum.population,
            units: stratum.reviewed.iter().map(unit).collect(),
        })
        .collect();
    let found = ratio(&strata, confidence);
    // What a missing unit pays stands in no finding, so that no bound can be made of it.
    if missing > 0 {
        (found.without_interval(NoInterval::Missing), None)
    } else {
        (found, None)
    }
}

#[cfg(test)]
mod tests;
