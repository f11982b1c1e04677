//! Demand-driven evaluation of a law on the facts of one decision.
//!
//! A clause is evaluated when it is first read, once an instance. What is read, which branches are
//! taken and what is missing is kept, so that the trace and the determination can name it.

mod aggregate;
mod arithmetic;
mod clause;
mod explain;
mod gaps;
mod read;
mod report;
mod run;
mod truth;

use std::collections::BTreeSet;
use std::ops::Range;

use super::calendar::{Date, Month};
use super::compile::Reach;
use super::document::{InForce, SelectedBy};
use super::facts::Facts;
use super::law::{ClauseIndex, Law, Step, Versions};
use super::number::Number;
use super::value::{Cell, Gap, Place, Value};
use super::vocabulary::{FactIndex, PAY_MONTH, ScopeIndex};
pub(super) use explain::Read;
use gaps::Gaps;

/// One evaluation: a law, the facts of one decision, and everything demanded so far.
#[derive(Debug)]
pub struct Evaluation<'l> {
    pub(super) law: &'l Law,
    pub(super) facts: &'l Facts,
    /// The dates that select versions, by [`SelectedBy`].
    dates: [Selecting; 3],
    /// Where the instances of each clause begin in `memo`.
    places: Vec<u32>,
    /// 0, or one more than the place in `evaluated`.
    memo: Vec<u32>,
    pub(super) evaluated: Vec<Evaluated>,
    /// Branches of what is being evaluated, innermost last.
    live: Vec<u16>,
    /// Branches of what has been evaluated.
    log: Vec<u16>,
    numbers: Vec<Number>,
    gaps: Gaps,
    pub(super) steps: Vec<StepRecord>,
    /// (parameter, row) of each row that a lookup gave.
    rows: Pairs,
    /// (choice, setting) of each option that was read.
    chosen: Pairs,
    /// Each choice once it is read.
    choice_cells: Vec<Cell>,
    years: BTreeSet<i32>,
    /// Keys of lookups in progress.
    keys: Vec<Cell>,
    pay_months: Vec<(Month, i64)>,
    pay_from: Option<Month>,
}

/// A date that selects, with the fact it comes from.
#[derive(Clone, Copy, Debug)]
struct Selecting {
    fact: Option<FactIndex>,
    date: Option<Date>,
}

/// A clause that was evaluated in an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evaluated {
    pub(super) value: Cell,
    /// From 1; 0 where it lapsed.
    pub(super) version: u32,
    pub(super) branches: (u32, u32),
}

/// A step that was demanded.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepRecord {
    pub(super) step: Step,
    pub(super) instance: u32,
    pub(super) value: Cell,
    pub(super) branches: (u32, u32),
}

/// Few pairs, each once: a household's decision reads about ten rows, so a scan beats a tree.
type Pairs = Vec<(u16, u32)>;

fn note(pairs: &mut Pairs, pair: (u16, u32)) {
    if !pairs.contains(&pair) {
        pairs.push(pair);
    }
}

impl<'l> Evaluation<'l> {
    /// An evaluation in which nothing is demanded yet.
    ///
    /// # Panics
    /// If the facts were read by another vocabulary than the law's.
    #[must_use]
    pub fn new(law: &'l Law, facts: &'l Facts) -> Evaluation<'l> {
        assert!(
            law.schema.digest == facts.schema.digest,
            "facts are read by the vocabulary of the law that evaluates them"
        );
        let selecting = |path: &str| {
            let (fact, cell) = facts.household(path);
            let date = match cell {
                Cell::Date(date) => Some(date),
                Cell::Month(month) => Some(month.start()),
                Cell::Bool(_)
                | Cell::Int(_)
                | Cell::Wide(_)
                | Cell::Code(_)
                | Cell::Area(_)
                | Cell::Missing(_)
                | Cell::Error(_)
                | Cell::Absent => None,
            };
            Selecting { fact, date }
        };
        let instances = |scope: ScopeIndex| {
            let definition = &law.schema.scopes[scope.at()];
            let count = facts.count(scope);
            if definition.id == PAY_MONTH {
                definition.limit
            } else {
                count
            }
        };
        let counts: Vec<u32> = (0..=u8::MAX)
            .take(law.schema.scopes.len())
            .map(|at| instances(ScopeIndex(at)))
            .collect();
        let mut places = Vec::with_capacity(law.clauses.len());
        let mut slots = 0;
        for clause in &law.clauses {
            places.push(slots);
            slots += counts[clause.scope.at()];
        }
        Evaluation {
            law,
            facts,
            dates: [
                selecting("decision.month"),
                selecting("decision.date"),
                selecting("case.applied_on"),
            ],
            places,
            memo: vec![0; slots as usize],
            evaluated: Vec::with_capacity(128),
            live: Vec::with_capacity(16),
            log: Vec::with_capacity(128),
            numbers: Vec::new(),
            gaps: Gaps::default(),
            steps: Vec::with_capacity(32),
            rows: Vec::with_capacity(16),
            chosen: Vec::with_capacity(16),
            choice_cells: vec![Cell::Absent; law.choices.len()],
            years: BTreeSet::new(),
            keys: Vec::with_capacity(8),
            pay_months: Vec::new(),
            pay_from: None,
        }
    }

    /// Demands a step in an instance of its scope; every call is recorded in the trace.
    pub fn evaluate(&mut self, step: Step, instance: u32) -> Value<'l> {
        let law = self.law;
        let start = self.live.len();
        let value = self.run(law.code.steps[step.0 as usize].node, instance);
        let branches = self.settle(start);
        self.steps.push(StepRecord {
            step,
            instance,
            value,
            branches,
        });
        self.value(value)
    }

    /// Demands a clause in an instance of its scope.
    pub fn clause(&mut self, clause: ClauseIndex, instance: u32) -> Value<'l> {
        let value = self.clause_cell(clause, instance);
        self.value(value)
    }

    /// How many instances a scope has; of `pay_month`, those made so far.
    #[must_use]
    pub fn instances(&self, scope: ScopeIndex) -> u32 {
        if self.law.schema.scope_id(scope) == PAY_MONTH {
            u32::try_from(self.pay_months.len()).unwrap_or(u32::MAX)
        } else {
            self.facts.count(scope)
        }
    }

    /// Appends a calendar of months to the instances of `pay_month` and gives their numbers; none
    /// beyond the vocabulary's limit or the last year.
    pub fn add_months(&mut self, from: Month, count: u32) -> Option<Range<u32>> {
        let limit = self.law.schema.scopes[self.law.schema.scope(PAY_MONTH)?.at()].limit;
        let start = u32::try_from(self.pay_months.len()).ok()?;
        let end = start.checked_add(count).filter(|end| *end <= limit)?;
        from.plus(i64::from(count.max(1)) - 1)?;
        for step in 0..i64::from(count) {
            self.pay_months.push((from.plus(step)?, step + 1));
        }
        Some(start..end)
    }

    /// Sets `decision.pay_from` for the guards that are demanded next.
    pub fn set_pay_from(&mut self, month: Option<Month>) {
        self.pay_from = month;
    }

    /// The version in force of a row, guard or schedule: none if there is none for this decision.
    ///
    /// # Errors
    /// The gap, where the date that selects is not recorded.
    pub fn select<T>(&mut self, versions: &'l Versions<T>) -> Result<Option<&'l T>, Gap> {
        let mut found = None;
        for version in &versions.versions {
            if version.in_force == InForce::default() {
                found = Some(&version.rule);
                continue;
            }
            match self.date(version.by) {
                Some(date) if version.in_force.holds(date) => found = Some(&version.rule),
                Some(_) => {}
                None => return Err(self.undated(version.by)),
            }
        }
        Ok(found)
    }

    /// The date that selects.
    fn date(&self, by: SelectedBy) -> Option<Date> {
        self.selecting(by).date
    }

    fn selecting(&self, by: SelectedBy) -> Selecting {
        match by {
            SelectedBy::AssessedMonth => self.dates[0],
            SelectedBy::DecisionDate => self.dates[1],
            SelectedBy::ApplicationDate => self.dates[2],
        }
    }

    /// The gap of a date that selects and is not recorded.
    fn undated(&mut self, by: SelectedBy) -> Gap {
        let fact = self.selecting(by).fact.unwrap_or(FactIndex(0));
        self.gaps.fact(fact, 0)
    }

    /// Keeps the branches of what was evaluated since `start`.
    fn settle(&mut self, start: usize) -> (u32, u32) {
        if self.live.len() == start {
            return (0, 0);
        }
        let from = self.log.len();
        self.log.extend_from_slice(&self.live[start..]);
        self.live.truncate(start);
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        (place(from), place(self.log.len() - from))
    }

    pub(super) fn branches(&self, (start, count): (u32, u32)) -> &[u16] {
        &self.log[start as usize..(start + count) as usize]
    }

    /// The enclosing instance of an outer scope.
    #[inline]
    fn climb(&self, reach: Reach, instance: u32) -> u32 {
        if reach.to == ScopeIndex::HOUSEHOLD {
            return 0;
        }
        let (mut scope, mut at) = (reach.from, instance);
        while scope != reach.to {
            let Some(parent) = self.law.schema.parent(scope) else {
                break;
            };
            at = self.facts.tables[scope.at()].parents[at as usize];
            scope = parent;
        }
        at
    }

    fn place(&self, clause: ClauseIndex, instance: u32) -> usize {
        (self.places[clause.at()] + instance) as usize
    }

    /// The record of a clause in an instance, if it was demanded.
    pub(super) fn demanded(&self, clause: ClauseIndex, instance: u32) -> Option<Evaluated> {
        let place = self.memo[self.place(clause, instance)].checked_sub(1)?;
        Some(self.evaluated[place as usize])
    }

    /// Every clause demanded, by clause number and instance.
    pub(super) fn demanded_clauses(&self) -> impl Iterator<Item = (ClauseIndex, u32, Evaluated)> {
        let ends = self
            .places
            .iter()
            .skip(1)
            .copied()
            .chain([u32::try_from(self.memo.len()).unwrap_or(u32::MAX)]);
        let clauses = (0..).map(ClauseIndex).zip(self.places.iter().copied().zip(ends));
        clauses.flat_map(move |(clause, (start, end))| {
            let places = &self.memo[start as usize..end as usize];
            (0..).zip(places).filter_map(move |(instance, place)| {
                let record = self.evaluated[place.checked_sub(1)? as usize];
                Some((clause, instance, record))
            })
        })
    }

    pub(super) fn number(&self, place: Place) -> Number {
        match place {
            Place::Law(at) => self.law.code.numbers[at as usize],
            Place::Facts(at) => self.facts.numbers[at as usize],
            Place::Evaluation(at) => self.numbers[at as usize],
        }
    }

    fn keep(&mut self, number: Number) -> Cell {
        Cell::number(number, |number| {
            self.numbers.push(number);
            Place::Evaluation(u32::try_from(self.numbers.len() - 1).unwrap_or(u32::MAX))
        })
    }

    pub(super) fn value(&self, cell: Cell) -> Value<'l> {
        match cell {
            Cell::Bool(value) => Value::Bool(value),
            Cell::Int(value) => Value::Number(Number::integer(value.into())),
            Cell::Wide(place) => Value::Number(self.number(place)),
            Cell::Code(code) => Value::Code(self.law.code.codes.name(code)),
            Cell::Date(date) => Value::Date(date),
            Cell::Month(month) => Value::Month(month),
            Cell::Area(area) => Value::Area(area),
            Cell::Missing(gap) => Value::Missing(gap),
            Cell::Error(fault) => Value::Error(fault),
            Cell::Absent => Value::Error(super::value::Fault::Type),
        }
    }
}

impl InForce {
    /// Whether a day lies inside.
    #[must_use]
    pub fn holds(self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date <= until)
    }
}

#[cfg(test)]
mod tests;
