//! Guards, schedules and carries.

use super::super::resolve::Meaning;
use super::super::ty::Ty;
use super::{Seal, overlap, unique};
use crate::rules::document::{Carry, Guard, GuardFailure, Schedule, SelectedBy};
use crate::rules::expr::{Expr, Literal};
use crate::rules::language::draft::{DraftCarry, DraftGuard};
use crate::rules::language::error::nearest;
use crate::rules::language::said::{At, Fix, Wrong};
use crate::rules::outcome::Effect;
use crate::rules::vocabulary::{HOUSEHOLD, MEMBER};

impl Seal<'_, '_> {
    pub(super) fn guards(&mut self) -> Vec<Guard> {
        let draft = self.draft;
        let mut sealed: Vec<Guard> = Vec::new();
        for guard in &draft.guards {
            self.remarks.enter(At::Guard, &guard.id.value);
            let own = sealed.iter().any(|other| hides(other, guard));
            let context = self.context;
            let above = context
                .documents
                .iter()
                .find(|document| document.guards.iter().any(|g| hides(g, guard)));
            if guard.overrides.is_none() && (own || above.is_some()) {
                let id = guard.id.value.clone();
                let wrong = match above {
                    Some(document) => Wrong::ReplacesGuard {
                        id,
                        policy: document.policy.clone(),
                    },
                    None => Wrong::ReplacesOwnGuard { id },
                };
                self.error(guard.id.span, wrong, Fix::OverrideOrId);
            }
            sealed.push(self.guard(guard));
        }
        self.remarks.leave();
        sealed
    }

    fn guard(&mut self, guard: &DraftGuard) -> Guard {
        let scope = self.scope(guard.scope.as_ref());
        if let (Some(text), false) = (&guard.scope, [HOUSEHOLD, MEMBER].contains(&scope.as_str())) {
            let scope = scope.clone();
            self.error(text.span, Wrong::GuardScope { scope }, Fix::HouseholdOrMember);
        }
        for outcome in &guard.outcomes {
            self.outcome_code(outcome);
        }
        for effect in &guard.effects {
            if Effect::from_code(&effect.value).is_none() {
                let known: Vec<&str> = Effect::ALL.iter().map(|effect| effect.code()).collect();
                let fix = match nearest(&effect.value, known.iter().copied()) {
                    Some(near) => Fix::write(near),
                    None => Fix::EffectsAre {
                        codes: known.join(", "),
                    },
                };
                let code = effect.value.clone();
                self.error(effect.span, Wrong::NoEffect { code }, fix);
            }
        }
        if let Some(reason) = &guard.reason {
            self.reason_code(reason);
        }
        Guard {
            id: guard.id.value.clone(),
            in_force: guard.dated.in_force,
            by: guard.dated.by.unwrap_or(SelectedBy::DecisionDate),
            outcomes: guard.outcomes.iter().map(|outcome| outcome.value.clone()).collect(),
            effects: guard.effects.iter().map(|effect| effect.value.clone()).collect(),
            require: self.expression(guard.require.as_ref(), &Ty::Bool, &scope),
            reason: guard
                .reason
                .as_ref()
                .map(|reason| reason.value.clone())
                .unwrap_or_default(),
            on_failure: guard.on_failure.unwrap_or(GuardFailure::Propose),
            cite: self.cite(guard.cite.as_ref()).unwrap_or_default(),
            overrides: guard.overrides.as_ref().map(|basis| basis.value.clone()),
            scope,
        }
    }

    pub(super) fn schedules(&mut self) -> Vec<Schedule> {
        let draft = self.draft;
        let mut sealed: Vec<Schedule> = Vec::new();
        for schedule in &draft.schedules {
            self.remarks.enter(At::Schedule, &schedule.id.value);
            let twice = |o: &Schedule| o.id == schedule.id.value && overlap(o.in_force, schedule.in_force);
            if sealed.iter().any(twice) {
                let id = schedule.id.value.clone();
                self.error(schedule.id.span, Wrong::TwoSchedules { id }, Fix::OtherIdOrDates);
            }
            let when = if schedule.has_when {
                self.expression(schedule.when.as_ref(), &Ty::Bool, super::HOUSEHOLD)
            } else {
                Expr::Literal(Literal::Bool(true))
            };
            sealed.push(Schedule {
                id: schedule.id.value.clone(),
                in_force: schedule.in_force,
                when,
                value: self.expression(schedule.value.as_ref(), &Ty::Date, super::HOUSEHOLD),
                cite: self.cite(schedule.cite.as_ref()).unwrap_or_default(),
            });
        }
        self.remarks.leave();
        sealed
    }

    pub(super) fn carries(&mut self) -> Vec<Carry> {
        let draft = self.draft;
        unique(draft.carries.iter().map(|carry| &carry.fact), At::Carry, self.remarks);
        let sealed = draft.carries.iter().filter_map(|carry| self.carry(carry)).collect();
        self.remarks.leave();
        sealed
    }

    /// A carry is read in the scope of its fact, and has its type.
    fn carry(&mut self, carry: &DraftCarry) -> Option<Carry> {
        self.remarks.enter(At::Carry, &carry.fact.value);
        let by_path = self
            .symbols
            .facts
            .iter()
            .find(|fact| fact.path == carry.fact.value)
            .cloned();
        let fact = match by_path {
            Some(fact) => fact,
            None => match self.symbols.resolve(&carry.fact.value, &self.symbols.chain(MEMBER)) {
                Ok(Meaning::Fact(fact)) => fact.clone(),
                Ok(Meaning::Clause(_) | Meaning::Parameter(_)) | Err(_) => {
                    let facts = self.symbols.facts.iter().filter(|fact| fact.history);
                    let fix = match nearest(&carry.fact.value, facts.map(|fact| fact.path.as_str())) {
                        Some(near) => Fix::write(near),
                        None => Fix::HistoryPath,
                    };
                    let name = carry.fact.value.clone();
                    self.error(carry.fact.span, Wrong::NoFact { name }, fix);
                    return None;
                }
            },
        };
        if !fact.history {
            let path = fact.path.clone();
            self.error(carry.fact.span, Wrong::NotHistory { path }, Fix::CarryHistory);
        }
        let when = if carry.has_when {
            self.expression(carry.when.as_ref(), &Ty::Bool, &fact.scope)
        } else {
            Expr::Literal(Literal::Bool(true))
        };
        let value = self.expression(carry.value.as_ref(), &fact.ty, &fact.scope);
        Some(Carry {
            fact: fact.path,
            when,
            value,
        })
    }
}

fn hides(other: &Guard, guard: &DraftGuard) -> bool {
    other.id == guard.id.value && overlap(other.in_force, guard.dated.in_force)
}
