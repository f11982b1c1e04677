//! Demand-driven evaluation of a law on the facts of one decision.
//!
//! A clause is evaluated when it is first read, once an instance. What is read, which branches are
//! taken and what is missing is kept, so that the trace and the determination can name it.

mod aggregate;
mod arithmetic;
mod clause;
mod condition;
mod explain;
mod gaps;
mod read;
mod report;
mod run;

use std::ops::Range;

use super::calendar::{Date, Month};
use super::compile::{Node, Reach};
use super::document::{InForce, SelectedBy};
use super::facts::{Facts, Selecting};
use super::law::{ClauseIndex, Law, Step, Versions};
use super::number::Number;
use super::value::{Cell, Gap, Place, Table, Value};
use super::vocabulary::{FactIndex, PAY_MONTH, ScopeIndex};
pub(super) use explain::Read;
use gaps::Gaps;

/// One evaluation: a law, the facts of one decision, and everything demanded so far.
#[derive(Debug)]
pub struct Evaluation<'l> {
    pub(super) law: &'l Law,
    /// The law's nodes: read so often that the way to them is kept short.
    nodes: &'l [Node],
    pub(super) facts: &'l Facts,
    /// Where the instances of each clause begin in `slots`.
    places: Vec<u32>,
    /// The clauses in the order of the law, each in its instances.
    slots: Vec<Slot>,
    demanded_count: usize,
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
    /// Calendar years in which working days were counted.
    years: Vec<i32>,
    /// Keys of lookups in progress.
    keys: Vec<Cell>,
    pay_months: Vec<(Month, i64)>,
    pay_from: Option<Month>,
}

/// A clause in an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) value: Cell,
    pub(super) instance: u32,
    pub(super) branches: Branches,
    pub(super) clause: ClauseIndex,
    /// From 1; 0 where it lapsed.
    pub(super) version: u16,
    demanded: Demanded,
}

const _: () = assert!(size_of::<Slot>() == 40, "slots are cleared and scanned once a decision");

/// A run of the branches that were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Branches {
    start: u32,
    pub(super) count: u32,
}

impl Branches {
    const NONE: Branches = Branches { start: 0, count: 0 };
}

/// Whether a clause was evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demanded {
    No,
    Yes,
}

impl Slot {
    pub(super) fn is_demanded(&self) -> bool {
        self.demanded == Demanded::Yes
    }

    const EMPTY: Slot = Slot {
        value: Cell::Absent,
        instance: 0,
        branches: Branches::NONE,
        clause: ClauseIndex(0),
        version: 0,
        demanded: Demanded::No,
    };
}

/// A step that was demanded.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepRecord {
    pub(super) step: Step,
    pub(super) instance: u32,
    pub(super) value: Cell,
    pub(super) branches: Branches,
}

/// Few pairs, each once, ascending: a household's decision reads about ten rows, so a list beats a tree.
#[derive(Debug, Default)]
struct Pairs(Vec<(u16, u32)>);

impl Pairs {
    fn note(&mut self, pair: (u16, u32)) {
        let at = self.0.iter().rposition(|earlier| *earlier <= pair);
        match at {
            Some(at) if self.0[at] == pair => {}
            Some(at) => self.0.insert(at + 1, pair),
            None => self.0.insert(0, pair),
        }
    }

    fn as_slice(&self) -> &[(u16, u32)] {
        &self.0
    }
}

impl<'l> Evaluation<'l> {
    /// An evaluation in which nothing is demanded yet.
    ///
    /// # Panics
    /// If the facts were read by another vocabulary than the law's.
    #[must_use]
    #[inline]
    pub fn new(law: &'l Law, facts: &'l Facts) -> Evaluation<'l> {
        assert!(
            law.schema.digest == facts.schema.digest,
            "facts are read by the vocabulary of the law that evaluates them"
        );
        let (places, slots) = Evaluation::layout(law, facts, 0);
        Evaluation {
            law,
            nodes: &law.code.nodes,
            facts,
            places,
            slots: vec![Slot::EMPTY; slots],
            demanded_count: 0,
            live: Vec::with_capacity(16),
            log: Vec::with_capacity(128),
            numbers: Vec::new(),
            gaps: Gaps::default(),
            steps: Vec::with_capacity(96),
            rows: Pairs(Vec::with_capacity(16)),
            chosen: Pairs(Vec::with_capacity(16)),
            choice_cells: vec![Cell::Absent; law.choices.len()],
            years: Vec::new(),
            keys: Vec::with_capacity(8),
            pay_months: Vec::new(),
            pay_from: None,
        }
    }

    /// Where the instances of each clause begin, and how many there are, with this many pay months.
    #[inline]
    fn layout(law: &Law, facts: &Facts, pay_months: u32) -> (Vec<u32>, usize) {
        let mut places = Vec::with_capacity(law.code.clauses.len());
        let mut slots = 0;
        for clause in &law.code.clauses {
            places.push(slots);
            slots += match clause.scope {
                Some(scope) => facts.tables[scope.at()].count,
                None => pay_months,
            };
        }
        (places, slots as usize)
    }

    /// Demands a step in an instance of its scope; every call is recorded in the trace.
    pub fn evaluate(&mut self, step: Step, instance: u32) -> Value<'l> {
        let cell = self.step(step, instance);
        self.value(cell)
    }

    /// [`Evaluation::evaluate`], as a cell: most steps are conditions.
    #[inline]
    pub(super) fn step(&mut self, step: Step, instance: u32) -> Cell {
        let start = self.live.len();
        let value = self.operand(self.law.code.steps[step.0 as usize].node, instance);
        let branches = self.settle(start);
        self.steps.push(StepRecord {
            step,
            instance,
            value,
            branches,
        });
        value
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
        self.make_room(end);
        Some(start..end)
    }

    /// Moves what was evaluated, so that every clause has a slot for each of the pay months.
    fn make_room(&mut self, pay_months: u32) {
        let (places, slots) = Evaluation::layout(self.law, self.facts, pay_months);
        let before = std::mem::replace(&mut self.slots, vec![Slot::EMPTY; slots]);
        self.places = places;
        for slot in before.iter().filter(|slot| slot.is_demanded()) {
            let place = self.slot_of(slot.clause, slot.instance);
            self.slots[place] = *slot;
        }
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
        if let [only] = versions.versions.as_slice()
            && only.in_force.is_unlimited()
        {
            return Ok(Some(&only.rule));
        }
        let mut found = None;
        for version in &versions.versions {
            if version.in_force.is_unlimited() {
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
            SelectedBy::AssessedMonth => self.facts.selecting[0],
            SelectedBy::DecisionDate => self.facts.selecting[1],
            SelectedBy::ApplicationDate => self.facts.selecting[2],
        }
    }

    /// The gap of a date that selects and is not recorded.
    fn undated(&self, by: SelectedBy) -> Gap {
        Gap::fact(self.selecting(by).fact.unwrap_or(FactIndex(0)), 0)
    }

    /// Keeps the branches of what was evaluated since `start`.
    #[inline]
    fn settle(&mut self, start: usize) -> Branches {
        if self.live.len() == start {
            Branches::NONE
        } else {
            self.move_branches(start)
        }
    }

    fn move_branches(&mut self, start: usize) -> Branches {
        let from = self.log.len();
        self.log.extend_from_slice(&self.live[start..]);
        self.live.truncate(start);
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Branches {
            start: place(from),
            count: place(self.log.len() - from),
        }
    }

    pub(super) fn branches(&self, branches: Branches) -> &[u16] {
        &self.log[branches.start as usize..(branches.start + branches.count) as usize]
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

    fn slot_of(&self, clause: ClauseIndex, instance: u32) -> usize {
        (self.places[clause.at()] + instance) as usize
    }

    /// The record of a clause in an instance, if it was demanded.
    pub(super) fn demanded(&self, clause: ClauseIndex, instance: u32) -> Option<Slot> {
        let slot = self.slots[self.slot_of(clause, instance)];
        slot.is_demanded().then_some(slot)
    }

    /// How many clauses were demanded, each instance by itself.
    pub(super) fn demanded_count(&self) -> usize {
        self.demanded_count
    }

    /// Every clause demanded, by clause number and instance.
    #[inline]
    pub(super) fn demanded_slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.is_demanded())
    }

    /// Notes a year in which working days were counted.
    fn walked(&mut self, year: i32) {
        if !self.years.contains(&year) {
            self.years.push(year);
        }
    }

    pub(super) fn number(&self, place: Place) -> Number {
        match place.table() {
            Table::Law => self.law.code.numbers[place.at()],
            Table::Facts => self.facts.numbers[place.at()],
            Table::Evaluation => self.numbers[place.at()],
        }
    }

    fn keep(&mut self, number: Number) -> Cell {
        Cell::number(number, |number| {
            self.numbers.push(number);
            Place::new(Table::Evaluation, self.numbers.len() - 1)
        })
    }

    pub(super) fn value(&self, cell: Cell) -> Value<'l> {
        match cell {
            Cell::No => Value::Bool(false),
            Cell::Yes => Value::Bool(true),
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
    /// Whether every day lies inside: no date selects.
    #[must_use]
    pub fn is_unlimited(self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// Whether a day lies inside.
    #[must_use]
    pub fn holds(self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date <= until)
    }
}

#[cfg(test)]
mod tests;
