//! The decision procedure: `decide(law, facts)`, total and pure (`DECIDE.md`).
//!
//! A [`Decision`] names everything by its place in the law, so that deciding copies no text; the
//! determination document is written from it on demand.

mod document;
mod effect;
mod follow;
mod guard;
mod request;
mod row;
#[cfg(test)]
mod tests;

use super::calendar::Month;
use super::document::GuardFailure;
use super::eval::{Evaluation, Trace};
use super::facts::Facts;
use super::law::Law;
use super::money::Fen;
use super::outcome::{Effect, Outcome};
use super::value::{Fault, Gap};
use super::vocabulary::ScopeIndex;

pub use request::{DecisionFacts, FactsRefused};

/// Most months of one calendar of payments: ten years, far beyond any grace, so that a guard can
/// still say which bound a choice of thirteen months breaks.
pub const PAY_MONTHS_MAX: u32 = 120;

/// What was decided, by places in the law and the facts.
#[derive(Debug)]
pub struct Decision {
    /// For the household.
    pub household: DecidedRow,
    /// Members that the household's outcome covers, as instances.
    pub persons: Vec<u32>,
    /// For single members, in the order in which it was decided.
    pub members: Vec<(u32, DecidedRow)>,
    /// Due dates: schedule, version, date.
    pub due: Vec<(usize, usize, super::calendar::Date)>,
    /// Values carried: carry, member instance (none: the household), the value.
    pub carried: Vec<(usize, Option<u32>, crate::canonical::Json)>,
    /// Gaps of schedules that the outcome does not rest on.
    gaps: Vec<Gap>,
    /// The evaluation's trace, with what it read and missed.
    pub trace: Trace,
}

/// One row's outcome.
#[derive(Clone, Debug, Default)]
pub struct DecidedRow {
    /// List, row and version; none where no row was reached.
    pub row: Option<RowPlace>,
    /// What ended it before it had an outcome.
    pub stopped: Option<Stopped>,
    /// What it does to the monthly amount.
    pub effect: Option<Effect>,
    /// Guards that failed, by number and version, in order.
    pub failed: Vec<(usize, usize)>,
    /// The monthly amount, of the first month.
    pub amount: Option<Fen>,
    /// First month of effect.
    pub from: Option<Month>,
    /// Amounts of the months of a calendar, from `from` on.
    pub months: Vec<Fen>,
    /// Last month of validity.
    pub valid_until: Option<Month>,
    /// First month of the planned outcome.
    pub then_from: Option<Month>,
    /// An amount that is shown and not granted.
    pub shows: Option<Fen>,
    /// Flags whose condition holds, by position.
    pub flags: Vec<usize>,
}

/// Where a row stands in the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace {
    list: usize,
    row: usize,
    version: usize,
}

/// Why a row gave no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Facts or rules are missing.
    Missing(Gap),
    /// The rules cannot be computed on these facts.
    Fault(Fault),
    /// No row of the lists held.
    NoRow,
}

/// A guard that forbids what the officer chose: nothing may be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Reason and clause of each guard that failed.
    pub guards: Vec<RefusedBy>,
}

/// One guard that refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedBy {
    /// Reason code.
    pub reason: String,
    /// The clause.
    pub cite: String,
}

/// Decides. The same law and facts give the same decision and the same trace, for ever.
#[must_use]
pub fn decide(law: &Law, facts: &DecisionFacts) -> Decision {
    let mut evaluation = Evaluation::new(law, facts.facts());
    let mut procedure = Procedure { law, facts, evaluation: &mut evaluation };
    let mut decision = procedure.run();
    decision.trace = evaluation.finish();
    decision
}

impl Decision {
    /// The refusal, if a guard refuses what was chosen.
    #[must_use]
    pub fn refusal(&self, law: &Law) -> Option<Refusal> {
        let mut guards: Vec<RefusedBy> = Vec::new();
        let rows = std::iter::once(&self.household).chain(self.members.iter().map(|(_, row)| row));
        for (number, version) in rows.flat_map(|row| &row.failed) {
            let guard = &law.guards()[*number].versions[*version].rule.text;
            let refused = RefusedBy { reason: guard.reason.clone(), cite: guard.cite.clone() };
            if guard.on_failure == GuardFailure::Refuse && !guards.contains(&refused) {
                guards.push(refused);
            }
        }
        (!guards.is_empty()).then_some(Refusal { guards })
    }
}

impl DecidedRow {
    /// The outcome of the row itself, whether or not a guard holds it back.
    #[must_use]
    pub fn outcome(&self, law: &Law) -> Option<Outcome> {
        if self.stopped.is_some() {
            return None;
        }
        Outcome::from_code(&self.row?.of(law).text.outcome)
    }

    /// Whether a guard holds it back.
    #[must_use]
    pub fn is_held(&self) -> bool {
        !self.failed.is_empty()
    }

    fn stop(row: Option<RowPlace>, stopped: Stopped) -> DecidedRow {
        DecidedRow { row, stopped: Some(stopped), ..DecidedRow::default() }
    }
}

impl RowPlace {
    fn of(self, law: &Law) -> &super::law::OutcomeRule {
        &law.lists()[self.list].rows[self.row].versions[self.version].rule
    }
}

/// One run of the procedure.
struct Procedure<'a, 'e> {
    law: &'a Law,
    facts: &'a DecisionFacts,
    evaluation: &'e mut Evaluation<'a>,
}

impl Procedure<'_, '_> {
    fn run(&mut self) -> Decision {
        let mut decision = Decision {
            household: DecidedRow::default(),
            persons: Vec::new(),
            members: Vec::new(),
            due: Vec::new(),
            carried: Vec::new(),
            gaps: Vec::new(),
            trace: Trace::default(),
        };
        decision.household = self.household(&mut decision.persons);
        if decision.household.stopped.is_some() {
            decision.persons.clear();
            return decision;
        }
        decision.members = self.members();
        self.guard(&mut decision);
        if decision.household.stopped.is_some() {
            decision.persons.clear();
            decision.members.clear();
            return decision;
        }
        self.schedules(&mut decision);
        if !decision.household.is_held() {
            self.carries(&mut decision);
        }
        decision
    }

    /// The household's lists, walked as one (section 2).
    fn household(&mut self, persons: &mut Vec<u32>) -> DecidedRow {
        for list in self.lists(true) {
            if let Some(decided) = self.walk(list, 0, Some(persons)) {
                return decided;
            }
        }
        DecidedRow::stop(None, Stopped::NoRow)
    }

    /// The member lists (section 3).
    fn members(&mut self) -> Vec<(u32, DecidedRow)> {
        let mut decided: Vec<(u32, DecidedRow)> = Vec::new();
        for list in self.lists(false) {
            for member in 0..self.facts.member_count() {
                if decided.iter().any(|(earlier, _)| *earlier == member) {
                    continue;
                }
                if let Some(row) = self.walk(list, member, None) {
                    decided.push((member, row));
                }
            }
        }
        decided
    }

    /// Numbers of the lists of this kind of decision, for the household or for members.
    fn lists(&self, of_household: bool) -> Vec<usize> {
        let kind = self.facts.kind();
        let lists = self.law.lists().iter().enumerate();
        lists
            .filter(|(_, list)| (list.scope == ScopeIndex::HOUSEHOLD) == of_household)
            .filter(|(_, list)| list.kinds.iter().any(|of| of == kind))
            .map(|(number, _)| number)
            .collect()
    }
}
