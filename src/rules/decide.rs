//! The decision procedure: `decide(law, facts)`, total and pure (`DECIDE.md`).
//!
//! A [`Decision`] names everything by its place in the law, so that deciding copies no text; the
//! determination document is written from it on demand.

mod document;
mod effect;
mod follow;
mod guard;
mod request;
mod room;
mod row;

use super::calendar::{Date, Month};
use super::codec::Digest;
use super::document::GuardFailure;
use super::eval::{Buffers, Evaluation};
use super::law::{CarryRule, GuardRule, Law, OutcomeRule, ScheduleRule};
use super::money::Fen;
use super::outcome::{Effect, Outcome};
use super::trace::Bytes;
use super::value::{Cell, Fault, Gap};
use crate::canonical::Json;

pub use document::Written;
pub use request::{DecisionFacts, FactsRefused};
pub use room::Room;

/// Longest validity in months: ten years, far beyond any the law gives.
pub const VALID_MONTHS_MAX: u32 = 120;

/// What was decided, by references into the law and places in the facts.
pub struct Decision<'l> {
    decided: Decided<'l>,
    facts: &'l DecisionFacts,
    law: &'l Law,
    evaluation: Evaluation<'l>,
}

/// One row's outcome.
#[derive(Clone, Debug, Default)]
struct DecidedRow<'l> {
    /// The row; none where no row was reached.
    row: Option<&'l OutcomeRule>,
    /// What ended it before it had an outcome.
    stopped: Option<Stopped>,
    /// What it does to the monthly amount.
    effect: Option<Effect>,
    /// Guards that failed, in order.
    failed: Vec<&'l GuardRule>,
    /// The monthly amount, of the first month.
    amount: Option<Fen>,
    /// First month of effect.
    from: Option<Month>,
    /// Amounts of the months of a calendar, from `from` on.
    months: Vec<Fen>,
    /// Last month of validity.
    valid_until: Option<Month>,
    /// First month of the planned outcome.
    then_from: Option<Month>,
    /// An amount that is shown and not granted.
    shows: Option<Fen>,
    /// Flags whose condition holds, by position.
    flags: Vec<usize>,
}

/// Why a row gave no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
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
pub fn decide<'l>(law: &'l Law, facts: &'l DecisionFacts) -> Decision<'l> {
    decide_in(law, facts, &mut Room::default())
}

/// [`decide`], in the memory of a decision that is over.
#[must_use]
pub fn decide_in<'l>(law: &'l Law, facts: &'l DecisionFacts, room: &mut Room) -> Decision<'l> {
    let mut buffers = std::mem::take(&mut room.evaluation);
    // An evaluation has no use for it: it waits for whoever writes the trace.
    room.evaluation.trace = std::mem::take(&mut buffers.trace);
    decide_by(law, facts, evaluation(law, facts, buffers), room.begin())
}

/// Decides once more, for the readable trace: it is wanted rarely, so that no other decision keeps what it needs.
#[must_use]
pub fn explain(law: &Law, facts: &DecisionFacts) -> Json {
    let evaluation = evaluation(law, facts, Buffers::default());
    decide_by(law, facts, evaluation.explained(), Decided::default())
        .evaluation
        .explain()
}

fn evaluation<'l>(law: &'l Law, facts: &'l DecisionFacts, buffers: Buffers) -> Evaluation<'l> {
    Evaluation::laid_out(law, facts.facts(), facts.layout(), buffers)
}

fn decide_by<'l>(
    law: &'l Law,
    facts: &'l DecisionFacts,
    evaluation: Evaluation<'l>,
    mut decided: Decided<'l>,
) -> Decision<'l> {
    let mut procedure = Procedure { law, facts, evaluation };
    procedure.run(&mut decided);
    Decision {
        decided,
        facts,
        law,
        evaluation: procedure.evaluation,
    }
}

impl Decision<'_> {
    /// SHA-256 of the canonical trace.
    #[must_use]
    pub fn trace_digest(&self) -> Digest {
        self.evaluation.trace_digest(&mut Bytes::default())
    }

    /// The ids of the clauses that were demanded, in the order of the law.
    #[must_use]
    pub fn demanded_clauses(&self) -> Vec<String> {
        let demanded = self.evaluation.demanded_clauses();
        let mut ids: Vec<String> = demanded
            .map(|record| self.law.clauses[record.clause.at()].id.clone())
            .collect();
        ids.dedup();
        ids
    }

    /// The refusal, if a guard refuses what was chosen.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        let mut guards: Vec<RefusedBy> = Vec::new();
        let rows = self.decided.rows();
        for guard in rows.flat_map(|row| &row.failed).map(|rule| &rule.text) {
            let refused = RefusedBy {
                reason: guard.reason.clone(),
                cite: guard.cite.clone(),
            };
            if guard.on_failure == GuardFailure::Refuse && !guards.contains(&refused) {
                guards.push(refused);
            }
        }
        (!guards.is_empty()).then_some(Refusal { guards })
    }
}

impl<'l> DecidedRow<'l> {
    /// The outcome of the row itself, whether or not a guard holds it back.
    fn outcome(&self) -> Option<Outcome> {
        if self.stopped.is_some() {
            return None;
        }
        self.row?.outcome
    }

    /// Whether a guard holds it back.
    fn is_held(&self) -> bool {
        !self.failed.is_empty()
    }

    fn stop(row: Option<&'l OutcomeRule>, stopped: Stopped) -> DecidedRow<'l> {
        DecidedRow {
            row,
            stopped: Some(stopped),
            ..DecidedRow::default()
        }
    }
}

/// What a run has decided so far.
#[derive(Default)]
struct Decided<'l> {
    /// For the household.
    household: DecidedRow<'l>,
    /// Members that the household's outcome covers, as instances.
    persons: Vec<u32>,
    /// For single members, in the order in which it was decided.
    members: Vec<(u32, DecidedRow<'l>)>,
    /// Due dates.
    due: Vec<(&'l ScheduleRule, Date)>,
    /// Values carried, with the member's instance (none: the household).
    carried: Vec<(&'l CarryRule, Option<u32>, Cell)>,
    /// Gaps of schedules, on which the outcome does not rest.
    gaps: Vec<Gap>,
}

impl<'l> Decided<'l> {
    /// The household's decision and those of its members.
    fn rows(&self) -> impl Iterator<Item = &DecidedRow<'l>> {
        std::iter::once(&self.household).chain(self.members.iter().map(|(_, row)| row))
    }
}

/// One run of the procedure.
struct Procedure<'l> {
    law: &'l Law,
    facts: &'l DecisionFacts,
    evaluation: Evaluation<'l>,
}

impl<'l> Procedure<'l> {
    fn run(&mut self, decided: &mut Decided<'l>) {
        decided.household = self.household(&mut decided.persons);
        if decided.household.stopped.is_some() {
            decided.persons.clear();
            return;
        }
        decided.members = self.members();
        self.guard(decided);
        if decided.household.stopped.is_some() {
            decided.persons.clear();
            decided.members.clear();
            return;
        }
        self.schedules(decided);
        if !decided.household.is_held() {
            self.carries(decided);
        }
    }

    /// The household's lists, walked as one (section 2).
    fn household(&mut self, persons: &mut Vec<u32>) -> DecidedRow<'l> {
        let law = self.law;
        for list in law.lists_of(self.facts.kind_code(), true) {
            if let Some(decided) = self.walk(list, 0, Some(persons)) {
                return decided;
            }
        }
        DecidedRow::stop(None, Stopped::NoRow)
    }

    /// The member lists (section 3).
    fn members(&mut self) -> Vec<(u32, DecidedRow<'l>)> {
        let mut decided: Vec<(u32, DecidedRow<'l>)> = Vec::new();
        let law = self.law;
        for list in law.lists_of(self.facts.kind_code(), false) {
            for member in 0..self.facts.member_count() {
                if decided.iter().any(|(earlier, _)| *earlier == member) {
                    continue;
                }
                if let Some(row) = self.walk_member(list, member) {
                    decided.push((member, row));
                }
            }
        }
        decided
    }
}

#[cfg(test)]
mod tests;
