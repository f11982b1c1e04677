//! What a decision does to the monthly amount, against what stands (`DECIDE.md` section 4).

use super::{DecidedRow, DecisionFacts, Procedure};
use crate::rules::entitlement::Entitlement;
use crate::rules::money::Fen;
use crate::rules::outcome::{Effect, Outcome, Programme};

impl Procedure<'_> {
    /// The effect of a decision for the household, or for one member.
    pub(super) fn effect(&self, decided: &DecidedRow<'_>, member: Option<u32>) -> Option<Effect> {
        let outcome = decided.outcome()?;
        let from = decided.from?;
        if outcome.programme().is_none() && outcome != Outcome::Stop {
            return None;
        }
        let covering = |month| {
            let held = self.facts.held(member);
            held.filter(move |held| held.covers(month))
                .map(|held| held.amount.get())
        };
        let month = if covering(from).next().is_some() {
            from
        } else {
            self.facts.decision_month()
        };
        let was: i64 = covering(month).sum();
        let stands = covering(month).next().is_some() || (member.is_none() && self.facts.is_recipient());
        if outcome == Outcome::Stop {
            return Some(if stands { Effect::Stop } else { Effect::Same });
        }
        if !stands {
            return Some(Effect::Entry);
        }
        let now = decided
            .months
            .iter()
            .min()
            .copied()
            .or(decided.amount)
            .unwrap_or(Fen::ZERO);
        Some(match now.get().cmp(&was) {
            std::cmp::Ordering::Less => Effect::Decrease,
            std::cmp::Ordering::Equal => Effect::Same,
            std::cmp::Ordering::Greater => Effect::Increase,
        })
    }
}

impl DecisionFacts {
    /// The standing entitlements of the household, or the single-person ones of a member.
    fn held(&self, member: Option<u32>) -> impl Iterator<Item = &Entitlement> {
        // Nothing stands in most first decisions: no name is made for them.
        let person = member
            .filter(|_| !self.standing().is_empty())
            .map(|member| self.member_id(member));
        self.standing().iter().filter(move |held| match &person {
            None => held.programme != Programme::SingleDibao,
            Some(id) => held.programme == Programme::SingleDibao && held.persons.iter().any(|held| held == id),
        })
    }
}
