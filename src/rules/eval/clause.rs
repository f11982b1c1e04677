//! Clauses: evaluated once an instance, by the version in force, or by what holds where none is.

use super::{Branches, ClauseRecord, Evaluation};
use crate::rules::law::ClauseIndex;
use crate::rules::value::{Cell, Fault, Gap};

impl Evaluation<'_> {
    /// The value of a clause in an instance of its scope, evaluated when first demanded.
    #[inline]
    pub(super) fn clause_cell(&mut self, clause: ClauseIndex, instance: u32) -> Cell {
        let slot = self.slot_of(clause, instance);
        match self.slots.get(slot) {
            Some(record) => record.value,
            None => self.first_demand(clause, instance, slot),
        }
    }

    #[inline(never)]
    fn first_demand(&mut self, clause: ClauseIndex, instance: u32, slot: usize) -> Cell {
        let outer = std::mem::replace(&mut self.live, Branches::NONE);
        let (value, version) = match self.law.code.always[clause.at()] {
            Some(node) => (self.run(node, instance), 1),
            None => self.version(clause, instance),
        };
        let branches = std::mem::replace(&mut self.live, outer);
        let record = ClauseRecord {
            value,
            branches,
            instance,
            clause,
            version,
        };
        self.slots.set(slot, record);
        value
    }

    /// The version in force and its value, or what holds where the clause lapsed.
    fn version(&mut self, clause: ClauseIndex, instance: u32) -> (Cell, u16) {
        let law = self.law;
        let table = &law.clauses[clause.at()];
        let mut chosen = None;
        let mut missing: Option<Gap> = None;
        for (number, version) in (1..).zip(&table.versions) {
            if version.in_force.is_unlimited() {
                chosen = Some((number, version));
                continue;
            }
            match self.date(version.by) {
                Some(date) if version.in_force.holds(date) => chosen = Some((number, version)),
                Some(_) => {}
                None => {
                    let gap = self.undated(version.by);
                    missing = Some(self.also(missing, gap));
                }
            }
        }
        match (missing, chosen) {
            (Some(gap), _) => (Cell::Missing(gap), 0),
            (None, Some((number, version))) => (self.run(version.node, instance), number),
            (None, None) => (self.lapsed(clause, instance), 0),
        }
    }

    fn lapsed(&mut self, clause: ClauseIndex, instance: u32) -> Cell {
        let table = &self.law.clauses[clause.at()];
        let lapse = table
            .versions
            .iter()
            .rev()
            .find_map(|version| version.lapse.map(|lapse| (lapse, version.by)));
        let by = match (lapse, table.versions.last()) {
            (Some((lapse, by)), _) => {
                match self.branch(lapse.when, instance) {
                    Cell::Yes => {}
                    Cell::No => return lapse.otherwise,
                    stop => return stop,
                }
                by
            }
            (None, Some(last)) => last.by,
            (None, None) => return Cell::Error(Fault::Type),
        };
        match self.date(by) {
            Some(date) => Cell::Missing(self.gaps.clause(clause, date)),
            None => Cell::Missing(self.undated(by)),
        }
    }
}
