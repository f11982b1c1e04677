//! The clauses of an evaluation, each in its instances: where they stand and what was settled.

use super::{Branches, Evaluation};
use crate::rules::law::{ClauseIndex, Law};
use crate::rules::value::Cell;
use crate::rules::vocabulary::PAY_MONTH;

/// Where the instances of each clause begin, and how many there are: follows from a law and the facts that were read
/// for it, so that it is made once for them.
#[derive(Clone, Debug)]
pub(in crate::rules) struct Layout {
    pub(super) places: Vec<u32>,
    pub(super) slots: usize,
}

impl Layout {
    /// With so many instances of each scope.
    pub(in crate::rules) fn new(law: &Law, counts: &[u32]) -> Layout {
        Layout::in_room(law, counts, Vec::new())
    }

    /// The same in the room of others.
    pub(in crate::rules) fn in_room(law: &Law, counts: &[u32], mut places: Vec<u32>) -> Layout {
        let mut slots = 0;
        places.clear();
        places.extend(law.code.scopes.iter().map(|scope| {
            let place = slots;
            slots += counts[scope.at()];
            place
        }));
        Layout {
            places,
            slots: slots as usize,
        }
    }

    /// The room of it.
    pub(in crate::rules) fn into_room(self) -> Vec<u32> {
        self.places
    }
}

/// A clause in an instance, as it was demanded.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct ClauseRecord {
    /// [`Cell::Absent`] until it is demanded.
    pub(in crate::rules) value: Cell,
    pub(in crate::rules) branches: Branches,
    pub(in crate::rules) instance: u32,
    pub(in crate::rules) clause: ClauseIndex,
    /// From 1; 0 where it lapsed.
    pub(in crate::rules) version: u16,
}

impl ClauseRecord {
    pub(super) const EMPTY: ClauseRecord = ClauseRecord {
        value: Cell::Absent,
        branches: Branches::NONE,
        instance: 0,
        clause: ClauseIndex(0),
        version: 0,
    };

    #[inline]
    fn is_demanded(&self) -> bool {
        self.value != Cell::Absent
    }
}

const _: () = assert!(size_of::<ClauseRecord>() == 32, "two records fill a line of the cache");

impl Evaluation<'_> {
    /// Makes a slot of every clause for each of the pay months.
    pub(super) fn make_room(&mut self, pay_months: u32) {
        let mut counts = self.facts.counts.clone();
        if let Some(scope) = self.law.schema.scope(PAY_MONTH) {
            counts[scope.at()] = pay_months;
        }
        let layout = Layout::new(self.law, &counts);
        let before = std::mem::replace(&mut self.slots, vec![ClauseRecord::EMPTY; layout.slots]);
        self.places = layout.places.into();
        for record in before.iter().filter(|record| record.is_demanded()) {
            let place = self.slot_of(record.clause, record.instance);
            self.slots[place] = *record;
        }
    }

    pub(super) fn slot_of(&self, clause: ClauseIndex, instance: u32) -> usize {
        (self.places[clause.at()] + instance) as usize
    }

    /// The record of a clause in an instance, if it was demanded.
    pub(in crate::rules) fn demanded(&self, clause: ClauseIndex, instance: u32) -> Option<ClauseRecord> {
        let record = self.slots[self.slot_of(clause, instance)];
        record.is_demanded().then_some(record)
    }

    /// How many clauses were demanded, each instance by itself.
    pub(in crate::rules) fn demanded_count(&self) -> usize {
        self.demanded_count
    }

    /// Every clause demanded, by clause number and instance.
    #[inline]
    pub(in crate::rules) fn demanded_clauses(&self) -> impl Iterator<Item = &ClauseRecord> {
        self.slots.iter().filter(|record| record.is_demanded())
    }
}
