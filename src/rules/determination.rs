//! The determination document: everything a decision says, as the canonical JSON that is sealed.
//!
//! It follows from the law and the facts document alone, so a replay gives the same bytes.

mod bytes;
mod read;
mod write;

use std::sync::Arc;

use super::calendar::{Date, Month};
use super::entitlement::{Difference, Entitlement};
use super::money::Fen;
use super::outcome::{Cause, Effect, Outcome};
use crate::canonical::Json;

/// The version of the document's layout.
pub const DETERMINATION_VERSION: i64 = 1;

/// A determination.
///
/// `T` is the kind of its texts: `String` where it is kept, `Cow` where a replay only writes and compares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Determination<T = String> {
    /// The deciding county.
    pub area: T,
    /// 办理事项: determine, review or exit.
    pub kind: T,
    /// Why it was made.
    pub cause: Cause,
    /// 决定日.
    pub decision_date: Date,
    /// 核算月.
    pub month: Month,
    /// What was decided for the household.
    pub household: Decided<T>,
    /// Persons whom the household's outcome covers: the members that count (共同生活的家庭成员).
    pub persons: Vec<T>,
    /// What was decided for single members, in the order of the facts.
    pub members: Vec<MemberDecided<T>>,
    /// What is paid from now on; empty where nothing takes effect.
    pub entitlements: Vec<Entitlement>,
    /// What would be paid once the required steps are taken; empty where nothing is held back.
    pub proposed: Vec<Entitlement>,
    /// Months already due that change.
    pub difference: Vec<Difference>,
    /// Dates at which something is due.
    pub due: Vec<Due<T>>,
    /// What the case carries to its next decision.
    pub carried: Vec<Carried<T>>,
    /// Rows of parameters that were read.
    pub parameters: Vec<ParameterRead<T>>,
    /// Options of open choices that were read.
    pub choices: Vec<ChoiceRead<T>>,
    /// What was read that is a sample: rows of parameters, then `calendar YEAR`. No text was found for them.
    pub samples: Vec<T>,
    /// Facts without which no decision is possible.
    pub missing_facts: Vec<MissingFact<T>>,
    /// Rules and parameters that nothing loaded gives for their date.
    pub missing_rules: Vec<MissingRule<T>>,
    /// SHA-256 of the canonical trace, in hex.
    pub trace: T,
}

/// An outcome with its ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided<T = String> {
    /// The outcome; PROPOSED_... where a guard holds it back.
    pub outcome: Outcome,
    /// The outcome that is held back.
    pub proposes: Option<Outcome>,
    /// What it does to the monthly amount; none where nothing stood and nothing is paid.
    pub effect: Option<Effect>,
    /// The row that decided, `list/row`; none where no row was reached.
    pub row: Option<T>,
    /// Reason code.
    pub reason: Option<T>,
    /// The clause.
    pub cite: Option<T>,
    /// The monthly amount (of the first month, in a calendar of months).
    pub amount: Option<Fen>,
    /// First month of effect.
    pub from: Option<Month>,
    /// Last month of validity.
    pub valid_until: Option<Month>,
    /// An amount that is shown and not granted.
    pub shows: Option<Fen>,
    /// What must be done, by code, and the clause that asks for it.
    pub required_steps: Vec<RequiredStep<T>>,
    /// The outcome that is planned to follow.
    pub planned: Option<PlannedOutcome<T>>,
    /// Where the household is referred to.
    pub refer: Vec<T>,
    /// Flags for review.
    pub flags: Vec<T>,
    /// The code of an error outcome: E_DIV, E_OVERFLOW, E_RANGE.
    pub error: Option<T>,
}

/// An outcome for one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDecided<T = String> {
    /// The member's person id.
    pub member: T,
    /// The outcome.
    pub decided: Decided<T>,
}

/// A step to take, and who asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredStep<T = String> {
    /// Code: a guard's reason, or a step that the row names.
    pub code: T,
    /// The clause.
    pub cite: Option<T>,
    /// Whether the outcome takes effect only after it.
    pub blocks: bool,
}

/// A planned outcome; a plan, never executed by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedOutcome<T = String> {
    /// The outcome.
    pub outcome: Outcome,
    /// First month of effect.
    pub from: Month,
    /// Reason code.
    pub reason: Option<T>,
    /// Steps to take before.
    pub first: Vec<T>,
}

/// A due date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due<T = String> {
    /// The schedule: next_review, death_check ...
    pub id: T,
    /// The date.
    pub date: Date,
    /// The clause.
    pub cite: T,
}

/// A value carried to the next decision of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried<T = String> {
    /// The member it belongs to; none: the household.
    pub member: Option<T>,
    /// The history fact.
    pub fact: T,
    /// Its value, as it stands in a facts document.
    pub value: Json,
}

/// A parameter's row that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterRead<T = String> {
    /// The parameter.
    pub id: T,
    /// The row, unique in its document.
    pub row: T,
    /// The area the row holds for.
    pub area: T,
    /// The value, as sealed in the policy.
    pub value: Arc<Json>,
    /// The instrument.
    pub cite: Option<T>,
    /// Whether the value is a sample that no text was found for.
    pub sample: bool,
}

/// An option that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceRead<T = String> {
    /// The choice, P1..P39.
    pub id: T,
    /// The option in force.
    pub option: T,
    /// The clause that leaves it open.
    pub cite: Option<T>,
}

/// A fact that is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingFact<T = String> {
    /// Vocabulary path.
    pub fact: T,
    /// Where: the record's id under the household (`<person id>/<job id>`); none for the household.
    pub at: Option<T>,
}

/// A rule that is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingRule<T = String> {
    /// The parameter, clause or calendar year.
    pub rule: T,
    /// The date for which nothing is loaded.
    pub date: Date,
    /// The area that was asked for, for a parameter.
    pub area: Option<T>,
}

impl<T> Determination<T> {
    /// Whether anything takes effect for the household.
    #[must_use]
    pub fn takes_effect(&self) -> bool {
        self.household.proposes.is_none()
            && !matches!(
                self.household.outcome,
                Outcome::NeedsFacts | Outcome::NeedsRule | Outcome::Error
            )
    }
}
