//! What follows from a decision: due dates, and what the case carries on (`DECIDE.md` section 5).

use super::{Decided, Procedure};
use crate::rules::value::Cell;
use crate::rules::vocabulary::ScopeIndex;

impl<'l> Procedure<'l> {
    pub(super) fn schedules(&mut self, decision: &mut Decided<'l>) {
        let law = self.law;
        for schedule in law.schedules() {
            // The date that selects a schedule is the decision's, which is always recorded.
            let Ok(Some(rule)) = self.evaluation.select(schedule) else {
                continue;
            };
            let value = match self.evaluation.step(rule.when, 0) {
                Cell::Yes => self.evaluation.step(rule.value, 0),
                missing @ Cell::Missing(_) => missing,
                _ => continue,
            };
            match value {
                Cell::Date(date) => decision.due.push((rule, date)),
                Cell::Missing(gap) => decision.gaps.push(gap),
                _ => {}
            }
        }
    }

    pub(super) fn carries(&mut self, decision: &mut Decided<'l>) {
        let law = self.law;
        for carry in law.carries() {
            let of_household = carry.scope == ScopeIndex::HOUSEHOLD;
            let count = if of_household { 1 } else { self.facts.member_count() };
            for instance in 0..count {
                if self.evaluation.step(carry.when, instance) != Cell::Yes {
                    continue;
                }
                match self.evaluation.step(carry.value, instance) {
                    Cell::Missing(_) | Cell::Error(_) => {}
                    value => {
                        let member = (!of_household).then_some(instance);
                        decision.carried.push((carry, member, value));
                    }
                }
            }
        }
    }
}
