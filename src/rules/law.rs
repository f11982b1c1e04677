//! The law of one area: layered documents resolved into one compiled whole.
//!
//! Nothing is decided here at run time about which document wins: what replaces what is declared
//! in the documents, and resolution refuses what is not (SEMANTICS.md section 9).

mod check;
mod layers;
mod manifest;
mod tables;

use std::sync::Arc;

use super::calendar::WorkingCalendar;
use super::codec::Digest;
use super::compile::{Code, Cost};
use super::document::{Carry, Document, Guard, InForce, OutcomeRow, Schedule, SelectedBy};
use super::outcome::{Effect, Outcome};
use super::value::{Area, CodeIndex};
use super::vocabulary::{Schema, ScopeIndex};
use crate::canonical::Json;

pub use check::LawError;
pub(super) use tables::{ChoiceTable, ClauseTable, ClauseVersion, Lapse, ParameterTable, Row};

/// Most clauses of a law.
pub const CLAUSES_MAX: usize = 1_000;
/// Most documents that one law is resolved from: a few policies at each of four levels.
pub const LAYERS_MAX: usize = 64;

/// A document as it stands in the log.
#[derive(Clone, Debug)]
pub struct Published {
    /// The document.
    pub document: Arc<Document>,
    /// SHA-256 of its canonical bytes.
    pub digest: Digest,
    /// The log of its POLICY entry.
    pub origin: String,
    /// The index of that entry.
    pub index: u64,
}

impl Published {
    /// A document with the place of its POLICY entry.
    #[must_use]
    pub fn new(document: Document, origin: impl Into<String>, index: u64) -> Published {
        Published {
            digest: document.digest(),
            document: Arc::new(document),
            origin: origin.into(),
            index,
        }
    }
}

/// The law of an area, ready to be evaluated.
#[derive(Debug)]
pub struct Law {
    pub(super) area: Area,
    pub(super) schema: Arc<Schema>,
    pub(super) calendar: WorkingCalendar,
    pub(super) clauses: Vec<ClauseTable>,
    pub(super) parameters: Vec<ParameterTable>,
    pub(super) choices: Vec<ChoiceTable>,
    pub(super) code: Code,
    manifest: Json,
    digest: Digest,
    lists: Vec<OutcomeList>,
    guards: Vec<Versions<GuardRule>>,
    schedules: Vec<Versions<ScheduleRule>>,
    carries: Vec<CarryRule>,
    cost: Cost,
}

/// An ordered list of outcomes.
#[derive(Debug)]
pub struct OutcomeList {
    /// Id.
    pub id: String,
    /// Codes of `decision.kind` for which it runs.
    pub kinds: Vec<String>,
    /// `household`, or `member` for a list that runs for each member.
    pub scope: ScopeIndex,
    /// The rows in order.
    pub rows: Vec<Versions<OutcomeRule>>,
    /// `kinds`, interned.
    pub(super) kind_codes: Vec<CodeIndex>,
}

/// The versions of one thing, in the order of the law; the last in force counts.
#[derive(Debug)]
pub struct Versions<T> {
    /// Id.
    pub id: String,
    /// The versions.
    pub versions: Vec<Version<T>>,
}

/// One version with its legal effect.
#[derive(Debug)]
pub struct Version<T> {
    /// Legal effect.
    pub in_force: InForce,
    /// The date that selects it.
    pub by: SelectedBy,
    /// The rule.
    pub rule: T,
}

/// An expression that the decision procedure demands: a step of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step(pub(super) u32);

/// A row of an outcome list with its steps.
#[derive(Debug)]
pub struct OutcomeRule {
    /// What the document says.
    pub text: OutcomeRow,
    /// Its outcome; none for a code that is no outcome.
    pub outcome: Option<Outcome>,
    /// When it decides.
    pub when: Step,
    /// Whom it covers, in scope member.
    pub persons: Option<Step>,
    /// The monthly amount.
    pub amount: Option<Step>,
    /// First month.
    pub from: Option<Step>,
    /// A calendar of months.
    pub months: Option<MonthSteps>,
    /// How long it is valid.
    pub valid: Option<Step>,
    /// First month of the planned outcome.
    pub then_from: Option<Step>,
    /// An amount that is shown.
    pub shows: Option<Step>,
    /// Conditions of `text.flags`, in their order.
    pub flags: Vec<Step>,
}

/// The steps of a calendar of months.
#[derive(Clone, Copy, Debug)]
pub struct MonthSteps {
    /// First month.
    pub from: Step,
    /// Number of months.
    pub count: Step,
    /// Amount of one month, in scope `pay_month`.
    pub amount: Step,
}

/// A guard with its step.
#[derive(Debug)]
pub struct GuardRule {
    /// What the document says.
    pub text: Guard,
    /// The outcomes it concerns; none: every outcome.
    pub outcomes: Option<Vec<Outcome>>,
    /// The effects it concerns; none: every outcome, with an effect or without.
    pub effects: Option<Vec<Effect>>,
    /// The scope of the step.
    pub scope: ScopeIndex,
    /// What must hold.
    pub require: Step,
}

/// A schedule with its steps.
#[derive(Debug)]
pub struct ScheduleRule {
    /// What the document says.
    pub text: Schedule,
    /// Whether it applies.
    pub when: Step,
    /// The date.
    pub value: Step,
}

/// A carry with its steps.
#[derive(Debug)]
pub struct CarryRule {
    /// What the document says.
    pub text: Carry,
    /// The scope of the history fact, in which both steps stand.
    pub scope: ScopeIndex,
    /// Whether it is carried.
    pub when: Step,
    /// The value.
    pub value: Step,
}

impl Law {
    /// Resolves the documents in force for `area`: `layers` in any order, the calendar and the vocabulary.
    ///
    /// # Errors
    /// Everything that is undeclared, shadowed without saying so, cyclic, out of bounds or too large.
    pub fn resolve(
        area: Area,
        layers: &[Published],
        calendar: &Published,
        vocabulary: &Published,
    ) -> Result<Law, Vec<LawError>> {
        layers::resolve(area, layers, calendar, vocabulary)
    }

    /// The area it was resolved for.
    #[must_use]
    pub fn area(&self) -> Area {
        self.area
    }

    /// The compiled vocabulary: facts for this law are read by it.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The manifest, as canonical JSON.
    #[must_use]
    pub fn manifest(&self) -> &Json {
        &self.manifest
    }

    /// SHA-256 of the manifest: `law` of an entry.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The outcome lists in order.
    #[must_use]
    pub fn lists(&self) -> &[OutcomeList] {
        &self.lists
    }

    /// The lists of a kind of decision with their numbers, for the household or for members.
    pub(super) fn lists_of(&self, kind: CodeIndex, household: bool) -> impl Iterator<Item = (usize, &OutcomeList)> {
        let lists = self.lists.iter().enumerate();
        lists.filter(move |(_, list)| {
            (list.scope == ScopeIndex::HOUSEHOLD) == household && list.kind_codes.contains(&kind)
        })
    }

    /// The guards in order.
    #[must_use]
    pub fn guards(&self) -> &[Versions<GuardRule>] {
        &self.guards
    }

    /// The schedules in order.
    #[must_use]
    pub fn schedules(&self) -> &[Versions<ScheduleRule>] {
        &self.schedules
    }

    /// The carries in order.
    #[must_use]
    pub fn carries(&self) -> &[CarryRule] {
        &self.carries
    }

    /// The worst case of one decision.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The number of a clause, by its id.
    #[must_use]
    pub fn clause(&self, id: &str) -> Option<ClauseIndex> {
        let at = self.clauses.iter().position(|clause| clause.id == id)?;
        u16::try_from(at).ok().map(ClauseIndex)
    }
}

/// A clause by its number in the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClauseIndex(pub(super) u16);

impl ClauseIndex {
    pub(super) fn at(self) -> usize {
        usize::from(self.0)
    }
}

#[cfg(test)]
mod tests;
