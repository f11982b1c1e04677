//! Memory that decisions leave behind: whoever decides many, one after another, takes that of the one before.

use std::mem::take;

use super::Decided;
use crate::rules::calendar::Date;
use crate::rules::eval::Buffers;
use crate::rules::facts::Scratch;
use crate::rules::law::{CarryRule, ScheduleRule};
use crate::rules::value::Cell;

/// Memory of decisions that are over. Nothing of them is left in it but the room that they took.
#[derive(Debug, Default)]
pub struct Room {
    /// Of recorded facts.
    pub(super) facts: Scratch,
    /// Of the places of clauses.
    pub(super) places: Vec<u32>,
    /// Of the evaluation.
    pub(super) evaluation: Buffers,
    /// Of the bytes of a determination.
    pub(super) bytes: Vec<u8>,
    /// Of what was decided: persons, due dates, values carried.
    persons: Vec<u32>,
    due: Vec<(&'static ScheduleRule, Date)>,
    carried: Vec<(&'static CarryRule, Option<u32>, Cell)>,
}

impl Room {
    /// Takes back the bytes of a determination that are not needed any more.
    pub fn take_back(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
    }

    /// Nothing decided yet, in the room of what was decided before.
    pub(super) fn begin<'l>(&mut self) -> Decided<'l> {
        Decided {
            persons: take(&mut self.persons),
            due: take(&mut self.due),
            carried: take(&mut self.carried),
            ..Decided::default()
        }
    }

    /// Takes back what was decided.
    pub(super) fn end(&mut self, decided: Decided<'_>) {
        self.persons = decided.persons;
        self.persons.clear();
        self.due = emptied(decided.due);
        self.carried = emptied(decided.carried);
    }
}

/// An empty list in the memory of another, whose items lived shorter: collecting takes memory over that is laid out alike.
fn emptied<A, B>(list: Vec<A>) -> Vec<B> {
    list.into_iter().filter_map(|_| None).collect()
}
