//! What the law forbids: guards over the household's and the members' decisions (`DECIDE.md` section 4).

use super::row::fault_of;
use super::{Decided, DecidedRow, Procedure, Stopped};
use crate::rules::value::{Cell, Gap};
use crate::rules::vocabulary::ScopeIndex;

impl<'l> Procedure<'l> {
    pub(super) fn guard(&mut self, decision: &mut Decided<'l>) {
        decision.household.effect = self.effect(&decision.household, None);
        let persons = std::mem::take(&mut decision.persons);
        self.guard_one(&mut decision.household, &persons);
        decision.persons = persons;
        for (member, decided) in &mut decision.members {
            if decided.stopped.is_none() {
                decided.effect = self.effect(decided, Some(*member));
                self.guard_one(decided, &[*member]);
            }
        }
    }

    /// Runs every guard over one decision, in the members that it covers.
    fn guard_one(&mut self, decided: &mut DecidedRow<'l>, persons: &[u32]) {
        let law = self.law;
        let Some(outcome) = decided.outcome() else { return };
        self.evaluation.set_pay_from(decided.from);
        let mut failed = Vec::new();
        let mut missing: Option<Gap> = None;
        for guard in law.guards_of(outcome, decided.effect) {
            let rule = match self.evaluation.select(guard) {
                Ok(Some(rule)) => rule,
                Ok(None) => continue,
                Err(gap) => {
                    missing = Some(missing.map_or(gap, |earlier| self.evaluation.join_gaps(earlier, gap)));
                    continue;
                }
            };
            if !rule.applies(outcome, decided.effect) {
                continue;
            }
            let household = [0];
            let instances = if rule.scope == ScopeIndex::HOUSEHOLD {
                &household[..]
            } else {
                persons
            };
            let mut holds = true;
            for instance in instances {
                match self.evaluation.step(rule.require, *instance) {
                    Cell::Yes => {}
                    Cell::No => holds = false,
                    Cell::Missing(gap) => {
                        missing = Some(missing.map_or(gap, |earlier| self.evaluation.join_gaps(earlier, gap)));
                    }
                    other => {
                        *decided = DecidedRow::stop(decided.row, Stopped::Fault(fault_of(other)));
                        return;
                    }
                }
            }
            if !holds {
                failed.push(rule);
            }
        }
        match missing {
            Some(gap) => *decided = DecidedRow::stop(decided.row, Stopped::Missing(gap)),
            None => decided.failed = failed,
        }
    }
}
