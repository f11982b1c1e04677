//! The canonical trace: what was demanded, its values and branches, as bytes that are hashed.
//!
//! SEMANTICS.md section 11 is the format. The readable form is made on demand from the same
//! evaluation (`explain`).

mod bytes;
mod explain;

use std::num::NonZeroU64;

use super::codec::Digest;
use super::compile::Part;
use super::eval::{Branches, ClauseRecord, Evaluation, INSTANCE_SHORT, StepRecord};
use super::law::Step;
use super::value::{Area, Cell, Fault, Gap};
use bytes::zigzag;
pub(super) use bytes::{Bytes, Word};

/// The first bytes of every trace.
const HEADER: &[u8] = b"doudi-rules/1 trace\n";

/// Room for the clauses of a household of three with some to spare.
const CLAUSE_BYTES_USUAL: usize = 640;

/// The canonical trace of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    bytes: Vec<u8>,
}

impl Trace {
    /// The canonical bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes, as it stands in a determination.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}

/// How the records of a step begin whose part takes five bytes, as nearly all do.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlainStep(NonZeroU64);

impl PlainStep {
    /// None for a part with a number that takes more than a byte.
    pub(super) fn new(part: Part) -> Option<PlainStep> {
        let Part {
            section,
            number,
            row,
            version,
            part,
        } = part;
        let numbers = [section.into(), number, row, version, part];
        if numbers.iter().any(|number| *number >= INSTANCE_SHORT) {
            return None;
        }
        let bytes = (0..).zip(numbers).map(|(at, number)| u64::from(number) << (8 * at));
        NonZeroU64::new(bytes.sum()).map(PlainStep)
    }

    /// The record of a truth value without branches, in an instance below [`INSTANCE_SHORT`].
    #[inline(always)]
    pub(super) fn truth(self, instance: u32, truth: bool) -> u64 {
        self.0.get() | u64::from(instance) << 40 | u64::from(truth) << 48
    }

    /// How any other record begins, in an instance below [`INSTANCE_SHORT`].
    fn start(self, instance: u32) -> Word {
        Word::new(self.truth(instance, false), 6)
    }
}

/// A clause's record as two words: where it stands and its value, and its branches.
#[inline(always)]
fn short_record(record: &ClauseRecord) -> Option<(Word, Word)> {
    let start = Word::small([record.clause.0.into(), record.instance, record.version.into()])?;
    Some((short_value(start, record.value)?, record.branches.word()?))
}

/// A value of at most four bytes, after at most four others.
#[inline(always)]
fn short_value(start: Word, value: Cell) -> Option<Word> {
    match value {
        Cell::No => Some(start.then(0)),
        Cell::Yes => Some(start.then(1)),
        Cell::Int(value) => start.then(2).short_uvarint(zigzag(value)),
        Cell::Date(date) => start.then(5).short_uvarint(zigzag(date.days())),
        Cell::Month(month) => start.then(6).short_uvarint(month.months().unsigned_abs()),
        _ => None,
    }
}

impl Evaluation<'_> {
    /// The trace of everything demanded so far.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let mut out = Bytes::default();
        self.write_trace(&mut out);
        Trace { bytes: out.into_vec() }
    }

    /// SHA-256 of the trace, as it stands in a determination; the trace is written into the room of another.
    pub(super) fn trace_digest(&self, room: &mut Bytes) -> Digest {
        self.write_trace(room);
        Digest::of(room.as_slice())
    }

    /// The trace, written into the room of another.
    pub(super) fn write_trace(&self, room: &mut Bytes) {
        let steps = self.step_bytes.as_slice();
        let mut out = std::mem::take(room).emptied(CLAUSE_BYTES_USUAL + steps.len());
        out.extend(HEADER);
        self.write_clauses(&mut out);
        out.count(self.step_count);
        out.extend(steps);
        out.pairs(self.rows_read().iter().copied());
        out.pairs(self.options_read());
        *room = out;
    }

    fn write_clauses(&self, out: &mut Bytes) {
        out.count(self.demanded_count());
        let mut records = self.demanded_clauses();
        // Nearly all are short; one that is not is written by itself.
        while let Some(record) = out.short_records(&mut records, |record| short_record(record)) {
            out.uvarint(record.clause.0.into());
            out.uvarint(record.instance.into());
            out.uvarint(record.version.into());
            self.write_outcome(out, record.value, record.branches);
        }
    }

    /// Appends a step to the trace: it is written when it is demanded, which is the order of the trace.
    #[inline(never)]
    pub(super) fn write_step(&mut self, step: Step, instance: u32, value: Cell) {
        let branches = self.live;
        self.step_count += 1;
        if let Some(steps) = &mut self.steps {
            steps.push(StepRecord {
                step,
                instance,
                value,
                branches,
            });
        }
        let mut out = std::mem::take(&mut self.step_bytes);
        let step = &self.law.code.steps[step.0 as usize];
        match step.plain {
            Some(plain) if instance < INSTANCE_SHORT => out.word(plain.start(instance)),
            Some(_) | None => {
                let part = step.part;
                out.byte(part.section);
                out.uvarint(part.number.into());
                out.uvarint(part.row.into());
                out.uvarint(part.version.into());
                out.uvarint(part.part.into());
                out.uvarint(instance.into());
            }
        }
        self.write_outcome(&mut out, value, branches);
        self.step_bytes = out;
    }

    /// The value and the branches of a record.
    fn write_outcome(&self, out: &mut Bytes, value: Cell, branches: Branches) {
        match short_value(Word::EMPTY, value) {
            Some(word) => out.word(word),
            None => self.write_value(out, value),
        }
        match branches.word() {
            Some(word) => out.word(word),
            None => self.write_many_branches(out, branches),
        }
    }

    #[cold]
    fn write_many_branches(&self, out: &mut Bytes, branches: Branches) {
        let arms = self.branches(branches);
        out.count(arms.len());
        for arm in arms {
            out.uvarint(arm.into());
        }
    }

    #[inline(never)]
    fn write_value(&self, out: &mut Bytes, cell: Cell) {
        match cell {
            Cell::No => out.byte(0),
            Cell::Yes => out.byte(1),
            Cell::Int(value) => out.zigzag(2, value),
            Cell::Wide(place) => {
                let number = self.number(place);
                match number.as_integer() {
                    Some(value) => {
                        out.byte(2);
                        out.zigzag_wide(value);
                    }
                    None => {
                        out.byte(3);
                        out.zigzag_wide(number.numerator());
                        out.uvarint_wide(number.denominator().unsigned_abs());
                    }
                }
            }
            Cell::Code(code) => {
                out.byte(4);
                out.text(self.law.code.codes.name(code));
            }
            Cell::Date(date) => out.zigzag(5, date.days()),
            Cell::Month(month) => out.short(6, month.months().unsigned_abs()),
            Cell::Area(area) => out.short(7, area.code()),
            Cell::Missing(gap) => self.write_missing(out, gap),
            Cell::Error(fault) => out.extend(&[9, fault.byte()]),
            Cell::Absent => out.extend(&[9, Fault::Type.byte()]),
        }
    }

    fn write_missing(&self, out: &mut Bytes, gap: Gap) {
        out.byte(8);
        let set = self.gap_set(gap);
        out.count(set.facts.len());
        for (fact, instance) in &set.facts {
            out.uvarint(fact.0.into());
            out.uvarint((*instance).into());
        }
        let rules = self.ordered_rules(&set);
        out.count(rules.len());
        for (id, rule) in rules {
            out.byte(rule.kind.byte());
            out.text(id);
            out.uvarint(rule.area.map_or(0, Area::code));
            out.zigzag_wide(rule.date.days().into());
        }
    }
}

#[cfg(test)]
mod tests;
