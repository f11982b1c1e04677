//! The determination document: everything a decision says, as the canonical JSON that is sealed.
//!
//! It follows from the law and the facts document alone, so a replay gives the same bytes.

mod bytes;
mod read;
mod write;

use super::calendar::{Date, Month};
use super::entitlement::{Difference, Entitlement};
use super::money::Fen;
use super::outcome::{Cause, Effect, Outcome};
use crate::canonical::Json;

/// The version of the document's layout.
pub const DETERMINATION_VERSION: i64 = 1;

/// A determination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Determination {
    /// The deciding county.
    pub area: String,
    /// 办理事项: determine, review or exit.
    pub kind: String,
    /// Why it was made.
    pub cause: Cause,
    /// 决定日.
    pub decision_date: Date,
    /// 核算月.
    pub month: Month,
    /// What was decided for the household.
    pub household: Decided,
    /// Persons whom the household's outcome covers: the members that count (共同生活的家庭成员).
    pub persons: Vec<String>,
    /// What was decided for single members, in the order of the facts.
    pub members: Vec<MemberDecided>,
    /// What is paid from now on; empty where nothing takes effect.
    pub entitlements: Vec<Entitlement>,
    /// What would be paid once the required steps are taken; empty where nothing is held back.
    pub proposed: Vec<Entitlement>,
    /// Months already due that change.
    pub difference: Vec<Difference>,
    /// Dates at which something is due.
    pub due: Vec<Due>,
    /// What the case carries to its next decision.
    pub carried: Vec<Carried>,
    /// Rows of parameters that were read.
    pub parameters: Vec<ParameterRead>,
    /// Options of open choices that were read.
    pub choices: Vec<ChoiceRead>,
    /// What was read that is a sample: rows of parameters, then `calendar YEAR`. No text was found for them.
    pub samples: Vec<String>,
    /// Facts without which no decision is possible.
    pub missing_facts: Vec<MissingFact>,
    /// Rules and parameters that nothing loaded gives for their date.
    pub missing_rules: Vec<MissingRule>,
    /// SHA-256 of the canonical trace, in hex.
    pub trace: String,
}

/// An outcome with its ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The outcome; PROPOSED_... where a guard holds it back.
    pub outcome: Outcome,
    /// The outcome that is held back.
    pub proposes: Option<Outcome>,
    /// What it does to the monthly amount; none where nothing stood and nothing is paid.
    pub effect: Option<Effect>,
    /// The row that decided, `list/row`; none where no row was reached.
    pub row: Option<String>,
    /// Reason code.
    pub reason: Option<String>,
    /// The clause.
    pub cite: Option<String>,
    /// The monthly amount (of the first month, in a calendar of months).
    pub amount: Option<Fen>,
    /// First month of effect.
    pub from: Option<Month>,
    /// Last month of validity.
    pub valid_until: Option<Month>,
    /// An amount that is shown and not granted.
    pub shows: Option<Fen>,
    /// What must be done, by code, and the clause that asks for it.
    pub required_steps: Vec<RequiredStep>,
    /// The outcome that is planned to follow.
    pub planned: Option<PlannedOutcome>,
    /// Where the household is referred to.
    pub refer: Vec<String>,
    /// Flags for review.
    pub flags: Vec<String>,
    /// The code of an error outcome: E_DIV, E_OVERFLOW, E_RANGE.
    pub error: Option<String>,
}

/// An outcome for one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDecided {
    /// The member's person id.
    pub member: String,
    /// The outcome.
    pub decided: Decided,
}

/// A step to take, and who asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredStep {
    /// Code: a guard's reason, or a step that the row names.
    pub code: String,
    /// The clause.
    pub cite: Option<String>,
    /// Whether the outcome takes effect only after it.
    pub blocks: bool,
}

/// A planned outcome; a plan, never executed by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedOutcome {
    /// The outcome.
    pub outcome: Outcome,
    /// First month of effect.
    pub from: Month,
    /// Reason code.
    pub reason: Option<String>,
    /// Steps to take before.
    pub first: Vec<String>,
}

/// A due date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The schedule: next_review, death_check ...
    pub id: String,
    /// The date.
    pub date: Date,
    /// The clause.
    pub cite: String,
}

/// A value carried to the next decision of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The member it belongs to; none: the household.
    pub member: Option<String>,
    /// The history fact.
    pub fact: String,
    /// Its value, as it stands in a facts document.
    pub value: Json,
}

/// A parameter's row that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterRead {
    /// The parameter.
    pub id: String,
    /// The row, unique in its document.
    pub row: String,
    /// The area the row holds for.
    pub area: String,
    /// The value, as sealed in the policy.
    pub value: Json,
    /// The instrument.
    pub cite: Option<String>,
    /// Whether the value is a sample that no text was found for.
    pub sample: bool,
}

/// An option that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceRead {
    /// The choice, P1..P39.
    pub id: String,
    /// The option in force.
    pub option: String,
    /// The clause that leaves it open.
    pub cite: Option<String>,
}

/// A fact that is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingFact {
    /// Vocabulary path.
    pub fact: String,
    /// Where: the record's id under the household (`<person id>/<job id>`); none for the household.
    pub at: Option<String>,
}

/// A rule that is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingRule {
    /// The parameter, clause or calendar year.
    pub rule: String,
    /// The date for which nothing is loaded.
    pub date: Date,
    /// The area that was asked for, for a parameter.
    pub area: Option<String>,
}

impl Determination {
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
