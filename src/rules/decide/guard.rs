//! What the law forbids: guards over the household's and the members' decisions (`DECIDE.md` section 4).

use super::row::fault_of;
use super::{Decided, DecidedRow, Procedure, Stopped};
use crate::rules::law::GuardRule;
use crate::rules::outcome::{Effect, Outcome};
use crate::rules::value::{Gap, Value};
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
        for guard in law.guards() {
            let rule = match self.evaluation.select(guard) {
                Ok(Some(rule)) => rule,
                Ok(None) => continue,
                Err(gap) => {
                    missing = Some(missing.map_or(gap, |earlier| self.evaluation.join_gaps(earlier, gap)));
                    continue;
                }
            };
            if !applies(rule, outcome, decided.effect) {
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
                match self.evaluation.evaluate(rule.require, *instance) {
                    Value::Bool(value) => holds &= value,
                    Value::Missing(gap) => {
                        missing = Some(missing.map_or(gap, |earlier| self.evaluation.join_gaps(earlier, gap)));
                    }
                    other => {
                        *decided = DecidedRow::stop(decided.row, Stopped::Fault(fault_of(&other)));
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

/// Whether a guard concerns an outcome with this effect.
fn applies(rule: &GuardRule, outcome: Outcome, effect: Option<Effect>) -> bool {
    let by_outcome = rule
        .outcomes
        .as_ref()
        .is_none_or(|outcomes| outcomes.contains(&outcome));
    let by_effect = rule
        .effects
        .as_ref()
        .is_none_or(|effects| effect.is_some_and(|effect| effects.contains(&effect)));
    by_outcome && by_effect
}
