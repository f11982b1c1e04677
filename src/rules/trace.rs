//! The canonical trace: what was demanded, its values and branches, as bytes that are hashed.
//!
//! SEMANTICS.md section 11 is the format. The readable form is made on demand from the same
//! evaluation (`explain`).

mod explain;

use super::codec::Digest;
use super::compile::Part;
use super::eval::{Branches, Evaluation};
use super::value::{Cell, Gap};

/// The first bytes of every trace.
const HEADER: &[u8] = b"doudi-rules/1 trace\n";

/// Room for the trace of a household of three with some to spare.
const BYTES_USUAL: usize = 2_048;

/// Numbers below this take at most seven bytes as a uvarint: they fit a word with a byte before them.
const UVARINT_SHORT: u64 = 1 << 49;
/// Signed numbers of this size and less are short when zigzagged.
const ZIGZAG_SHORT: i64 = 1 << 48;

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

impl Evaluation<'_> {
    /// The trace of everything demanded so far.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let mut out = Writer {
            evaluation: self,
            bytes: vec![0; BYTES_USUAL],
            end: 0,
        };
        out.extend(HEADER);
        out.clauses();
        out.steps();
        out.pairs(self.rows_read());
        out.pairs(self.options_read());
        out.bytes.truncate(out.end);
        Trace { bytes: out.bytes }
    }
}

struct Writer<'e> {
    evaluation: &'e Evaluation<'e>,
    /// Written up to `end`; the rest is room.
    bytes: Vec<u8>,
    end: usize,
}

/// Up to eight bytes, put together in a register: nearly every record fits, and one store is much
/// cheaper than eight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    bytes: u64,
    bits: u32,
}

impl Word {
    const EMPTY: Word = Word { bytes: 0, bits: 0 };

    /// A byte below the others; the caller holds at most eight.
    #[inline]
    fn then(self, byte: u8) -> Word {
        Word {
            bytes: self.bytes | u64::from(byte) << self.bits,
            bits: self.bits + 8,
        }
    }

    /// `first` small numbers of one byte each, or nothing if one of them needs more.
    #[inline]
    fn small<const N: usize>(numbers: [u32; N]) -> Option<Word> {
        let all = numbers.iter().fold(0, |all, number| all | number);
        (all < 0x80).then(|| {
            numbers
                .iter()
                .fold(Word::EMPTY, |word, number| word.then(*number as u8))
        })
    }
}

impl Part {
    /// The bytes of a part whose numbers take one byte each, as nearly all do.
    pub(super) fn prefix(self) -> Option<Word> {
        Word::small([self.section.into(), self.number, self.row, self.version, self.part])
    }
}

/// A truth value's byte.
#[inline]
fn truth(cell: Cell) -> Option<u8> {
    match cell {
        Cell::No => Some(0),
        Cell::Yes => Some(1),
        _ => None,
    }
}

impl Writer<'_> {
    fn clauses(&mut self) {
        let evaluation = self.evaluation;
        self.count(evaluation.demanded_count());
        for slot in evaluation.demanded_slots() {
            let (clause, version) = (slot.clause.0.into(), slot.version.into());
            match Word::small([clause, slot.instance, version]) {
                Some(word) => self.record(word, slot.value, slot.branches),
                None => {
                    self.uvarint(clause.into());
                    self.uvarint(slot.instance.into());
                    self.uvarint(version.into());
                    self.record(Word::EMPTY, slot.value, slot.branches);
                }
            }
        }
    }

    fn steps(&mut self) {
        let evaluation = self.evaluation;
        self.count(evaluation.steps.len());
        for record in &evaluation.steps {
            let step = &evaluation.law.code.steps[record.step.0 as usize];
            match step.prefix {
                Some(prefix) if record.instance < 0x80 => {
                    self.record(prefix.then(record.instance as u8), record.value, record.branches);
                }
                Some(_) | None => {
                    let part = step.part;
                    self.byte(part.section);
                    self.uvarint(part.number.into());
                    self.uvarint(part.row.into());
                    self.uvarint(part.version.into());
                    self.uvarint(part.part.into());
                    self.uvarint(record.instance.into());
                    self.record(Word::EMPTY, record.value, record.branches);
                }
            }
        }
    }

    /// What a record begins with (at most six bytes), its value and its branches.
    #[inline]
    fn record(&mut self, start: Word, value: Cell, branches: Branches) {
        match (truth(value), branches.count) {
            (Some(byte), 0) => self.word(start.then(byte).then(0)),
            _ => self.long_record(start, value, branches),
        }
    }

    #[inline(never)]
    fn long_record(&mut self, start: Word, value: Cell, branches: Branches) {
        match truth(value) {
            Some(byte) => self.word(start.then(byte)),
            None => {
                self.word(start);
                self.value(value);
            }
        }
        match self.evaluation.branches(branches) {
            [] => self.byte(0),
            [arm] if *arm < 0x80 => self.word(Word::EMPTY.then(1).then(*arm as u8)),
            arms => {
                self.count(arms.len());
                for arm in arms {
                    self.uvarint((*arm).into());
                }
            }
        }
    }

    #[inline]
    fn word(&mut self, word: Word) {
        if let Some(room) = self.bytes[self.end..].first_chunk_mut::<8>() {
            *room = word.bytes.to_le_bytes();
            self.end += (word.bits / 8) as usize;
        } else {
            self.grow();
            self.word(word);
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.bytes.resize(2 * self.bytes.len() + 8, 0);
    }

    fn byte(&mut self, byte: u8) {
        self.word(Word::EMPTY.then(byte));
    }

    fn extend(&mut self, bytes: &[u8]) {
        while self.bytes.len() < self.end + bytes.len() {
            self.grow();
        }
        self.bytes[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    fn pairs(&mut self, pairs: &[(u16, u32)]) {
        self.count(pairs.len());
        for (first, second) in pairs {
            self.uvarint((*first).into());
            self.uvarint((*second).into());
        }
    }

    fn value(&mut self, cell: Cell) {
        match cell {
            Cell::No => self.byte(0),
            Cell::Yes => self.byte(1),
            Cell::Int(value) => self.zigzag(2, value),
            Cell::Wide(place) => {
                let number = self.evaluation.number(place);
                match number.as_integer() {
                    Some(value) => {
                        self.byte(2);
                        self.zigzag_wide(value);
                    }
                    None => {
                        self.byte(3);
                        self.zigzag_wide(number.numerator());
                        self.uvarint_wide(number.denominator().unsigned_abs());
                    }
                }
            }
            Cell::Code(code) => {
                self.byte(4);
                self.text(self.evaluation.law.code.codes.name(code));
            }
            Cell::Date(date) => self.zigzag(5, date.days()),
            Cell::Month(month) => self.short(6, month.months().unsigned_abs()),
            Cell::Area(area) => self.short(7, area.code()),
            Cell::Missing(gap) => self.missing(gap),
            Cell::Error(fault) => self.extend(&[9, fault.byte()]),
            Cell::Absent => self.extend(&[9, super::value::Fault::Type.byte()]),
        }
    }

    fn missing(&mut self, gap: Gap) {
        self.byte(8);
        let set = self.evaluation.gap_set(gap);
        self.count(set.facts.len());
        for (fact, instance) in &set.facts {
            self.uvarint(fact.0.into());
            self.uvarint((*instance).into());
        }
        let rules = self.evaluation.ordered_rules(&set);
        self.count(rules.len());
        for (id, rule) in rules {
            self.byte(rule.kind.byte());
            self.text(id);
            self.uvarint(rule.area.map_or(0, crate::rules::value::Area::code));
            self.zigzag_wide(rule.date.days().into());
        }
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.extend(text.as_bytes());
    }

    fn count(&mut self, count: usize) {
        self.uvarint(count as u64);
    }

    /// A byte and a signed number.
    #[inline]
    fn zigzag(&mut self, byte: u8, value: i64) {
        if (-ZIGZAG_SHORT..ZIGZAG_SHORT).contains(&value) {
            self.short(byte, (value << 1 ^ value >> 63).unsigned_abs());
        } else {
            self.byte(byte);
            self.zigzag_wide(value.into());
        }
    }

    /// A byte and a number, which mostly fit one word.
    #[inline]
    fn short(&mut self, byte: u8, value: u64) {
        if value >= UVARINT_SHORT {
            self.byte(byte);
            self.uvarint_wide(value.into());
            return;
        }
        let (mut word, mut rest) = (Word::EMPTY.then(byte), value);
        while rest >= 0x80 {
            word = word.then((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.word(word.then(rest as u8));
    }

    fn zigzag_wide(&mut self, value: i128) {
        // Numbers stay within 2^127-1 in size, so twice the size fits.
        let size = value.unsigned_abs() << 1;
        self.uvarint_wide(if value < 0 { size - 1 } else { size });
    }

    #[inline]
    fn uvarint(&mut self, value: u64) {
        if value < 0x80 {
            self.byte(value as u8);
        } else {
            self.uvarint_wide(value.into());
        }
    }

    fn uvarint_wide(&mut self, value: u128) {
        let mut rest = value;
        while rest >= 0x80 {
            self.byte((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.byte(rest as u8);
    }
}

#[cfg(test)]
mod tests;
