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
    pub(in crate::rules) value: Cell,
    pub(in crate::rules) branches: Branches,
    pub(in crate::rules) instance: u32,
    pub(in crate::rules) clause: ClauseIndex,
    /// From 1; 0 where it lapsed.
    pub(in crate::rules) version: u16,
}

impl ClauseRecord {
    /// Stands where nothing was demanded yet; never read.
    const NONE: ClauseRecord = ClauseRecord {
        value: Cell::Absent,
        branches: Branches::NONE,
        instance: 0,
        clause: ClauseIndex(0),
        version: 0,
    };
}

const _: () = assert!(size_of::<ClauseRecord>() == 32, "two records fill a line of the cache");

/// The records of an evaluation, by slot.
///
/// A decision demands some forty of several hundred. Which ones stands in bits beside them, so that neither emptying the
/// slots nor walking through them looks at all.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// At least as many as there are slots; those that were not demanded are of earlier evaluations.
    records: Vec<ClauseRecord>,
    demanded: Vec<u64>,
}

impl Slots {
    /// So many slots with nothing demanded, in the room of others.
    pub(super) fn emptied(mut self, count: usize) -> Slots {
        if self.records.len() < count {
            self.records.resize(count, ClauseRecord::NONE);
        }
        self.demanded.clear();
        self.demanded.resize(count.div_ceil(64), 0);
        self
    }

    #[inline(always)]
    pub(super) fn get(&self, slot: usize) -> Option<&ClauseRecord> {
        let is_demanded = self.demanded[slot / 64] >> (slot % 64) & 1 == 1;
        if is_demanded { self.records.get(slot) } else { None }
    }

    #[inline]
    pub(super) fn set(&mut self, slot: usize, record: ClauseRecord) {
        self.demanded[slot / 64] |= 1 << (slot % 64);
        self.records[slot] = record;
    }

    fn count(&self) -> usize {
        self.demanded.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn iter(&self) -> Demanded<'_> {
        Demanded {
            records: &self.records,
            words: self.demanded.iter(),
            start: 0,
            left: 0,
        }
    }
}

/// What was demanded, in the order of the slots.
struct Demanded<'s> {
    records: &'s [ClauseRecord],
    words: std::slice::Iter<'s, u64>,
    /// The first slot behind the word that is walked through.
    start: usize,
    /// The bits of the word that are left.
    left: u64,
}

impl<'s> Iterator for Demanded<'s> {
    type Item = &'s ClauseRecord;

    #[inline]
    fn next(&mut self) -> Option<&'s ClauseRecord> {
        while self.left == 0 {
            self.left = *self.words.next()?;
            self.start += 64;
        }
        let slot = self.start - 64 + self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        self.records.get(slot)
    }
}

impl Evaluation<'_> {
    /// Makes a slot of every clause for each of the pay months.
    pub(super) fn make_room(&mut self, pay_months: u32) {
        let mut counts = self.facts.counts.clone();
        if let Some(scope) = self.law.schema.scope(PAY_MONTH) {
            counts[scope.at()] = pay_months;
        }
        let layout = Layout::new(self.law, &counts);
        let slots = Slots::default().emptied(layout.slots);
        let before = std::mem::replace(&mut self.slots, slots);
        self.places = layout.places.into();
        for record in before.iter() {
            self.slots.set(self.slot_of(record.clause, record.instance), *record);
        }
    }

    pub(super) fn slot_of(&self, clause: ClauseIndex, instance: u32) -> usize {
        (self.places[clause.at()] + instance) as usize
    }

    /// The record of a clause in an instance, if it was demanded.
    pub(in crate::rules) fn demanded(&self, clause: ClauseIndex, instance: u32) -> Option<ClauseRecord> {
        self.slots.get(self.slot_of(clause, instance)).copied()
    }

    /// How many clauses were demanded, each instance by itself.
    pub(in crate::rules) fn demanded_count(&self) -> usize {
        self.slots.count()
    }

    /// Every clause demanded, by clause number and instance.
    #[inline]
    pub(in crate::rules) fn demanded_clauses(&self) -> impl Iterator<Item = &ClauseRecord> {
        self.slots.iter()
    }
}
