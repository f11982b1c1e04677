//! The canonical trace: what was demanded, its values and branches, as bytes that are hashed.
//!
//! SEMANTICS.md section 11 is the format. The readable form is made on demand from the same
//! evaluation (`explain`).

mod explain;

use super::codec::Digest;
use super::eval::Evaluation;
use super::value::{Cell, Gap};

/// The first bytes of every trace.
const HEADER: &[u8] = b"doudi-rules/1 trace\n";

/// Room for the trace of a household of three with some to spare.
const BYTES_USUAL: usize = 4_096;

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
            bytes: Vec::with_capacity(BYTES_USUAL),
        };
        out.bytes.extend_from_slice(HEADER);
        out.clauses();
        out.steps();
        out.pairs(&self.rows_read());
        out.pairs(&self.options_read());
        Trace { bytes: out.bytes }
    }
}

struct Writer<'e> {
    evaluation: &'e Evaluation<'e>,
    bytes: Vec<u8>,
}

impl Writer<'_> {
    fn clauses(&mut self) {
        self.count(self.evaluation.evaluated.len());
        for (clause, instance, record) in self.evaluation.demanded_clauses() {
            self.uvarint(clause.0.into());
            self.uvarint(instance.into());
            self.uvarint(record.version.into());
            self.value(record.value);
            self.branches(record.branches);
        }
    }

    fn steps(&mut self) {
        self.count(self.evaluation.steps.len());
        for record in &self.evaluation.steps {
            let part = self.evaluation.law.code.steps[record.step.0 as usize].part;
            self.bytes.push(part.section);
            self.uvarint(part.number.into());
            self.uvarint(part.row.into());
            self.uvarint(part.version.into());
            self.uvarint(part.part.into());
            self.uvarint(record.instance.into());
            self.value(record.value);
            self.branches(record.branches);
        }
    }

    fn branches(&mut self, range: (u32, u32)) {
        let branches = self.evaluation.branches(range);
        self.count(branches.len());
        for arm in branches {
            self.uvarint((*arm).into());
        }
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
            Cell::Bool(value) => self.bytes.push(u8::from(value)),
            Cell::Int(value) => {
                self.bytes.push(2);
                self.zigzag(value);
            }
            Cell::Wide(place) => {
                let number = self.evaluation.number(place);
                match number.as_integer() {
                    Some(value) => {
                        self.bytes.push(2);
                        self.zigzag_wide(value);
                    }
                    None => {
                        self.bytes.push(3);
                        self.zigzag_wide(number.numerator());
                        self.uvarint_wide(number.denominator().unsigned_abs());
                    }
                }
            }
            Cell::Code(code) => {
                self.bytes.push(4);
                self.text(self.evaluation.law.code.codes.name(code));
            }
            Cell::Date(date) => {
                self.bytes.push(5);
                self.zigzag(date.days().into());
            }
            Cell::Month(month) => {
                self.bytes.push(6);
                self.uvarint(month.months().unsigned_abs().into());
            }
            Cell::Area(area) => {
                self.bytes.push(7);
                self.uvarint(area.code());
            }
            Cell::Missing(gap) => self.missing(gap),
            Cell::Error(fault) => self.bytes.extend([9, fault.byte()]),
            Cell::Absent => self.bytes.extend([9, super::value::Fault::Type.byte()]),
        }
    }

    fn missing(&mut self, gap: Gap) {
        self.bytes.push(8);
        let set = self.evaluation.gap_set(gap);
        self.count(set.facts.len());
        for (fact, instance) in &set.facts {
            self.uvarint(fact.0.into());
            self.uvarint((*instance).into());
        }
        let rules = self.evaluation.ordered_rules(set);
        self.count(rules.len());
        for (id, rule) in rules {
            self.bytes.push(rule.kind.byte());
            self.text(id);
            self.uvarint(rule.area.map_or(0, crate::rules::value::Area::code));
            self.zigzag(rule.date.days().into());
        }
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn count(&mut self, count: usize) {
        self.uvarint(count as u64);
    }

    #[inline]
    fn zigzag(&mut self, value: i64) {
        match u64::try_from(value) {
            Ok(size) if size < 0x40 => self.bytes.push((size as u8) << 1),
            Ok(_) | Err(_) => self.zigzag_wide(value.into()),
        }
    }

    fn zigzag_wide(&mut self, value: i128) {
        // Numbers stay within 2^127-1 in size, so twice the size fits.
        let size = value.unsigned_abs() << 1;
        self.uvarint_wide(if value < 0 { size - 1 } else { size });
    }

    #[inline]
    fn uvarint(&mut self, value: u64) {
        if value < 0x80 {
            self.bytes.push(value as u8);
        } else {
            self.uvarint_wide(value.into());
        }
    }

    fn uvarint_wide(&mut self, value: u128) {
        let mut rest = value;
        while rest >= 0x80 {
            self.bytes.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }
}

#[cfg(test)]
mod tests;
