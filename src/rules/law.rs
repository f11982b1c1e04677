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
use super::trace::PlainStep;
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
    /// The same as it stands in documents.
    pub(super) area_code: String,
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
    /// For each outcome and effect the guards that may concern them, in order.
    concerned: Vec<Vec<usize>>,
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
    /// Whom it concerns; none: everybody.
    pub concerns: Option<Step>,
    /// The rows in order.
    pub rows: Vec<Versions<OutcomeRule>>,
    /// `kinds`, interned.
    pub(super) kind_codes: Vec<CodeIndex>,
    /// `when` of each row that has one version and that always in force, and nothing unusual about it.
    pub(super) always: Vec<Option<RowTest>>,
}

/// `when` of a row, as lists are walked by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowTest {
    pub(super) plain: PlainStep,
    pub(super) diagram: u32,
    /// How many of the rows that follow are false as well if its first question is answered no.
    pub(super) alike: u32,
    pub(super) step: Step,
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
    /// The row as a determination names it, `list/row`.
    pub name: String,
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

impl GuardRule {
    /// Whether it concerns an outcome with this effect.
    #[must_use]
    pub fn applies(&self, outcome: Outcome, effect: Option<Effect>) -> bool {
        let by_outcome = self
            .outcomes
            .as_ref()
            .is_none_or(|outcomes| outcomes.contains(&outcome));
        let by_effect = self
            .effects
            .as_ref()
            .is_none_or(|effects| effect.is_some_and(|effect| effects.contains(&effect)));
        by_outcome && by_effect
    }

    /// The place of an outcome with an effect among all of them.
    fn place(outcome: Outcome, effect: Option<Effect>) -> usize {
        let effect = effect.map_or(0, |effect| effect as usize + 1);
        outcome as usize * (Effect::ALL.len() + 1) + effect
    }

    /// For each outcome and effect the guards that may concern them.
    fn concerned(guards: &[Versions<GuardRule>]) -> Vec<Vec<usize>> {
        let effects = || std::iter::once(None).chain(Effect::ALL.iter().copied().map(Some));
        let all = Outcome::ALL
            .iter()
            .flat_map(|outcome| effects().map(move |effect| (*outcome, effect)));
        let concerned = all.map(|(outcome, effect)| {
            let numbered = guards.iter().enumerate();
            numbered
                .filter(|(_, guard)| guard.always().is_none_or(|only| only.applies(outcome, effect)))
                .map(|(at, _)| at)
                .collect()
        });
        concerned.collect()
    }
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

impl<T> Versions<T> {
    /// The only version, if no date selects it.
    #[must_use]
    pub fn always(&self) -> Option<&T> {
        match self.versions.as_slice() {
            [only] if only.in_force.is_unlimited() => Some(&only.rule),
            _ => None,
        }
    }
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

    /// The lists of a kind of decision in order, for the household or for members.
    pub(super) fn lists_of(&self, kind: CodeIndex, household: bool) -> impl Iterator<Item = &OutcomeList> {
        self.lists
            .iter()
            .filter(move |list| (list.scope == ScopeIndex::HOUSEHOLD) == household && list.kind_codes.contains(&kind))
    }

    /// The guards in order.
    #[must_use]
    pub fn guards(&self) -> &[Versions<GuardRule>] {
        &self.guards
    }

    /// The guards that may concern an outcome with this effect, in order: all but those that have one version, always
    /// in force, for others.
    pub(super) fn guards_of(
        &self,
        outcome: Outcome,
        effect: Option<Effect>,
    ) -> impl Iterator<Item = &Versions<GuardRule>> {
        self.concerned[GuardRule::place(outcome, effect)]
            .iter()
            .map(|at| &self.guards[*at])
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
