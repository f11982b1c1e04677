//! Demand-driven evaluation of a law on the facts of one decision.
//!
//! A clause is evaluated when it is first read, once an instance. What is read, which branches are
//! taken and what is missing is kept, so that the trace and the determination can name it.

mod aggregate;
mod arithmetic;
mod branches;
mod clause;
mod condition;
mod explain;
mod gaps;
mod read;
mod report;
mod run;
mod slots;
mod step;

use std::borrow::Cow;
use std::ops::Range;

use super::calendar::{Date, Month};
use super::compile::{Node, Reach, Test};
use super::document::{InForce, SelectedBy};
use super::facts::{Facts, Selecting};
use super::law::{ClauseIndex, Law, Step, Versions};
use super::number::Number;
use super::trace::Bytes;
use super::value::{Cell, Gap, Place, Table, Value};
use super::vocabulary::{FactIndex, PAY_MONTH, ScopeIndex};
pub(super) use branches::Branches;
use branches::Spilled;
pub(super) use explain::Read;
use gaps::Gaps;
use slots::Slots;
pub(super) use slots::{ClauseRecord, Layout};
pub(super) use step::StepRecord;

/// Numbers below this take one byte in a trace.
pub(super) const INSTANCE_SHORT: u32 = 0x80;
/// Room for the steps of a household of three in the trace.
const STEP_BYTES_USUAL: usize = 640;

/// One evaluation: a law, the facts of one decision, and everything demanded so far.
#[derive(Debug)]
pub struct Evaluation<'l> {
    pub(super) law: &'l Law,
    /// The law's nodes: read so often that the way to them is kept short.
    nodes: &'l [Node],
    tests: &'l [Test],
    pub(super) facts: &'l Facts,
    /// Where the instances of each clause begin in `slots`.
    places: Cow<'l, [u32]>,
    /// The clauses in the order of the law, each in its instances.
    slots: Slots,
    /// Branches of what is being evaluated.
    pub(super) live: Branches,
    /// Branches that no word holds.
    spilled: Vec<Spilled>,
    numbers: Vec<Number>,
    gaps: Gaps,
    /// The steps as they stand in the trace.
    pub(super) step_bytes: Bytes,
    pub(super) step_count: usize,
    /// The steps as a readable trace needs them, where one is wanted.
    pub(super) steps: Option<Vec<StepRecord>>,
    /// Steps of instances below have records of one word, if they are true or false and without branches.
    plain_below: u32,
    /// (parameter, row) of each row that a lookup gave.
    rows: Pairs,
    /// The setting of each choice that was read, from 1; 0 of one that was not.
    options: Vec<u32>,
    /// Calendar years in which working days were counted.
    years: Vec<i32>,
    pay_months: Vec<(Month, i64)>,
    pay_from: Option<Month>,
}

/// The memory of an evaluation that is over, for the next. All of it is emptied before it is used.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    slots: Slots,
    numbers: Vec<Number>,
    step_bytes: Bytes,
    rows: Vec<(u16, u32)>,
    options: Vec<u32>,
    /// Of the whole trace.
    pub(super) trace: Bytes,
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
    pub fn new(law: &'l Law, facts: &'l Facts) -> Evaluation<'l> {
        let layout = Layout::new(law, &facts.counts);
        Evaluation::with(law, facts, layout.places.into(), layout.slots, Buffers::default())
    }

    /// [`Evaluation::new`], with the layout of these facts and in the memory of another.
    ///
    /// # Panics
    /// As [`Evaluation::new`].
    #[must_use]
    pub(super) fn laid_out(law: &'l Law, facts: &'l Facts, layout: &'l Layout, buffers: Buffers) -> Evaluation<'l> {
        Evaluation::with(law, facts, layout.places.as_slice().into(), layout.slots, buffers)
    }

    #[inline]
    fn with(
        law: &'l Law,
        facts: &'l Facts,
        places: Cow<'l, [u32]>,
        slots: usize,
        mut buffers: Buffers,
    ) -> Evaluation<'l> {
        assert!(
            law.schema.digest == facts.schema.digest,
            "facts are read by the vocabulary of the law that evaluates them"
        );
        buffers.numbers.clear();
        buffers.rows.clear();
        buffers.options.clear();
        buffers.options.resize(law.choices.len(), 0);
        Evaluation {
            law,
            nodes: &law.code.nodes,
            tests: &law.code.tests,
            facts,
            places,
            slots: buffers.slots.emptied(slots),
            live: Branches::NONE,
            spilled: Vec::new(),
            numbers: buffers.numbers,
            gaps: Gaps::default(),
            step_bytes: buffers.step_bytes.emptied(STEP_BYTES_USUAL),
            step_count: 0,
            steps: None,
            plain_below: INSTANCE_SHORT,
            rows: Pairs(buffers.rows),
            options: buffers.options,
            years: Vec::new(),
            pay_months: Vec::new(),
            pay_from: None,
        }
    }

    /// Its memory, when it is over; `trace` is that of its trace.
    pub(super) fn into_buffers(self, trace: Bytes) -> Buffers {
        Buffers {
            slots: self.slots,
            numbers: self.numbers,
            step_bytes: self.step_bytes,
            rows: self.rows.0,
            options: self.options,
            trace,
        }
    }

    /// This evaluation, with what [`Evaluation::explain`] needs.
    #[must_use]
    pub fn explained(self) -> Evaluation<'l> {
        Evaluation {
            steps: Some(Vec::new()),
            plain_below: 0,
            ..self
        }
    }

    /// Demands a step in an instance of its scope; every call is recorded in the trace.
    pub fn evaluate(&mut self, step: Step, instance: u32) -> Value<'l> {
        let cell = self.step(step, instance);
        self.value(cell)
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

    /// Sets `decision.pay_from` for the guards that are demanded next.
    pub fn set_pay_from(&mut self, month: Option<Month>) {
        self.pay_from = month;
    }

    /// The version in force of a row, guard or schedule: none if there is none for this decision.
    ///
    /// # Errors
    /// The gap, where the date that selects is not recorded.
    pub fn select<T>(&mut self, versions: &'l Versions<T>) -> Result<Option<&'l T>, Gap> {
        if let Some(only) = versions.always() {
            return Ok(Some(only));
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
