//! How a record moves a case on: the legal transitions.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{CaseState, GraceCalendar, PriorRecord, PriorState, Standpoint, path};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::reader::FromJson;
use crate::rules::calendar::{Date, Month};
use crate::rules::determination::{Decided, Determination};
use crate::rules::entitlement::{Ending, supersede};
use crate::rules::outcome::{CaseStatus, Outcome};

/// The `decision.kind` of an exit.
const EXIT: &str = "exit";

impl CaseState {
    /// The state after a determination and the facts document it was made on. One that is held back,
    /// or that decides nothing, is listed with the persons that it named, and changes nothing else.
    #[must_use]
    pub fn after(&self, determination: &Determination, facts: &Json, record: &str, kind: &str) -> CaseState {
        let standpoint = Standpoint::recorded(determination, facts);
        let mut next = self.left_by(standpoint.month).into_owned();
        let effective = determination.takes_effect();
        next.prior.push(PriorRecord {
            record: record.to_owned(),
            place: None,
            kind: kind.to_owned(),
            outcome: Some(determination.household.outcome.code().to_owned()),
            date: determination.decision_date,
            state: if effective {
                PriorState::Standing
            } else {
                PriorState::NoEffect
            },
        });
        // Whoever was named in an answer can be named in the next call, also where the decision was held back.
        next.know(facts);
        // Who handles the case is no consequence of the decision: it moves with the record.
        next.township = facts.get("township").and_then(AreaCode::from_json).or(next.township);
        if effective {
            next.take_effect(determination, facts, record, standpoint);
        }
        next.trim();
        next
    }

    /// The state after a record that decides nothing itself, such as a remedy or a transfer.
    #[must_use]
    pub fn after_event(&self, record: &str, kind: &str, date: Date) -> CaseState {
        let mut next = self.clone();
        next.prior.push(PriorRecord {
            record: record.to_owned(),
            place: None,
            kind: kind.to_owned(),
            outcome: None,
            date,
            state: PriorState::Standing,
        });
        next.trim();
        next
    }

    /// The state after an import: what was imported stands by that record.
    #[must_use]
    pub fn after_import(&self, record: &str, date: Date) -> CaseState {
        let mut next = self.after_event(record, "IMPORT", date);
        for held in &mut next.standing {
            held.record.get_or_insert_with(|| record.to_owned());
        }
        next
    }

    /// The state once another county has taken the case over: nothing is paid here after `last_month`.
    #[must_use]
    pub fn departed(&self, last_month: Month) -> CaseState {
        let mut next = self.clone();
        if let Some(from) = last_month.plus(1) {
            next.standing = self
                .standing
                .iter()
                .filter_map(|held| held.ended_before(from))
                .collect();
            next.exited_on = Some(from);
        }
        next.status = CaseStatus::None;
        next.grace = None;
        next.leaving = None;
        next.due.clear();
        next
    }

    /// The state in a month: a stop that was decided ahead of the end of grace has ended the spell once it is reached.
    pub(super) fn left_by(&self, month: Month) -> Cow<'_, CaseState> {
        let Some(exited_on) = self.leaving.filter(|leaving| *leaving <= month) else {
            return Cow::Borrowed(self);
        };
        let mut next = self.clone();
        next.end_spell(Some(exited_on));
        next.status = CaseStatus::None;
        Cow::Owned(next)
    }

    /// Marks an earlier record of the case, as a correction or a remedy decides.
    pub fn mark(&mut self, record: &str, state: PriorState) {
        for prior in self.prior.iter_mut().filter(|prior| prior.record == record) {
            prior.state = state;
        }
    }

    fn take_effect(&mut self, determination: &Determination, facts: &Json, record: &str, standpoint: Standpoint) {
        let granted: Vec<_> = determination
            .entitlements
            .iter()
            .map(|granted| super::Entitlement {
                record: Some(record.to_owned()),
                ..granted.clone()
            })
            .collect();
        self.standing = supersede(&self.standing, &granted, &endings(determination));
        self.due.clone_from(&determination.due);
        // An exit is no review: the next one is due when it was.
        if determination.kind != EXIT {
            let checked_on = facts
                .get("case")
                .and_then(|case| case.get("checked_on"))
                .and_then(Date::from_json)
                .filter(|day| *day <= determination.decision_date);
            self.last_review = Some(checked_on.unwrap_or(determination.decision_date));
        }
        self.carry(determination);
        if let Some(status) = determination.household.outcome.status() {
            self.enter(status, determination, standpoint);
        }
        self.enter_single(determination, standpoint);
        let counted: BTreeSet<&String> = determination.persons.iter().collect();
        for (id, member) in &mut self.members {
            member.counted_before = counted.contains(id);
        }
        if determination.household.outcome != Outcome::Refused {
            self.last_headcount = Some(determination.persons.len() as u64);
        }
    }

    /// Remembers under which id the caller named each member.
    fn know(&mut self, facts: &Json) {
        for record in facts.get("members").and_then(Json::as_list).unwrap_or_default() {
            let text = |field: &str| record.get(field).and_then(Json::as_text).map(str::to_owned);
            if let Some(id) = text("id") {
                self.members.entry(id).or_default().key = text("key");
            }
        }
    }

    fn carry(&mut self, determination: &Determination) {
        for id in &determination.persons {
            self.members.entry(id.clone()).or_default();
        }
        for carried in &determination.carried {
            let held = match &carried.member {
                Some(member) => &mut self.members.entry(member.clone()).or_default().carried,
                None => &mut self.carried,
            };
            held.insert(carried.fact.clone(), carried.value.clone());
        }
    }

    fn enter(&mut self, status: CaseStatus, determination: &Determination, standpoint: Standpoint) {
        if let Some(month) = self.lapsed(standpoint.month) {
            // The calendar ran out and nobody decided the exit: whoever returns begins a new spell.
            self.end_spell(Some(month));
            self.status = CaseStatus::None;
        }
        let was_paid = is_paid(self.status);
        let now_paid = is_paid(status);
        self.leaving = determination.household.from.filter(|from| {
            let ahead = determination
                .decision_date
                .month()
                .plus(1)
                .is_some_and(|next| next < *from);
            self.status == CaseStatus::Grace && !now_paid && ahead
        });
        if self.leaving.is_some() {
            // Grace is still paid for: whoever is poor again before its end is no new case.
            return;
        }
        if now_paid && !was_paid {
            self.begin_spell(determination, standpoint);
        }
        if was_paid && !now_paid {
            self.end_spell(determination.household.from);
        }
        if now_paid {
            for id in &determination.persons {
                let member = self.members.entry(id.clone()).or_default();
                member.recipient_since.get_or_insert(standpoint.day);
            }
        }
        match determination.household.outcome {
            Outcome::Grace => self.enter_grace(determination),
            Outcome::Dibao | Outcome::Tekun => {
                self.last_amount = determination.household.amount;
                self.grace = None;
            }
            Outcome::SingleDibao
            | Outcome::Edge
            | Outcome::Rigid
            | Outcome::OtherLowIncome
            | Outcome::Refused
            | Outcome::Stop
            | Outcome::ProposedEntry
            | Outcome::ProposedIncrease
            | Outcome::ProposedSame
            | Outcome::ProposedDecrease
            | Outcome::ProposedStop
            | Outcome::NeedsFacts
            | Outcome::NeedsRule
            | Outcome::Error => {}
        }
        self.status = status;
    }

    /// A member taken in as a household of one is a recipient too, from that decision until its end.
    fn enter_single(&mut self, determination: &Determination, standpoint: Standpoint) {
        for decided in &determination.members {
            let member = self.members.entry(decided.member.clone()).or_default();
            if decided.decided.outcome == Outcome::SingleDibao {
                member.recipient_since.get_or_insert(standpoint.day);
            } else if decided.decided.outcome == Outcome::Stop && !is_paid(self.status) {
                member.recipient_since = None;
            }
        }
    }

    fn begin_spell(&mut self, determination: &Determination, standpoint: Standpoint) {
        self.confirmed_on = Some(standpoint.day);
        self.pay_from = determination.household.from;
        self.grace = None;
        self.grace_granted_months = 0;
        self.grace_used_before = 0;
    }

    /// The first month without pay, if a grace calendar has run out by a month.
    pub(super) fn lapsed(&self, by: Month) -> Option<Month> {
        let grace = self.grace.filter(|_| self.status == CaseStatus::Grace)?;
        grace.until.plus(1).filter(|month| *month <= by)
    }

    /// Ends the spell: membership ends, and a deduction episode that ran is counted as ended (P7).
    fn end_spell(&mut self, exited_on: Option<Month>) {
        self.exited_on = exited_on;
        self.leaving = None;
        self.confirmed_on = None;
        self.pay_from = None;
        self.grace = None;
        self.grace_granted_months = 0;
        self.grace_used_before = 0;
        for member in self.members.values_mut() {
            member.recipient_since = None;
            if member.carried.remove(path::DEDUCTION_FIRST_MONTH).is_some() {
                let ended = member
                    .carried
                    .get(path::DEDUCTION_EPISODES)
                    .and_then(Json::as_integer)
                    .unwrap_or(0);
                member
                    .carried
                    .insert(path::DEDUCTION_EPISODES.to_owned(), Json::integer(ended + 1));
            }
            member.carried.remove(path::DEDUCTION_MONTHS_USED);
        }
    }

    fn enter_grace(&mut self, determination: &Determination) {
        let first = determination.entitlements.iter().map(|granted| granted.from).min();
        let last = determination.entitlements.iter().filter_map(|granted| granted.to).max();
        if let (Some(from), Some(until)) = (first, last) {
            self.grace = Some(GraceCalendar { from, until });
            let given = u64::try_from(from.until(until) + 1).unwrap_or(0);
            let used = from.plus(-1).map_or(0, |month| self.grace_used(month));
            // A second grace that is longer than what was left of the first is a fresh one (P16).
            let fresh = self.status != CaseStatus::Grace && used + given > self.grace_granted_months;
            if self.grace_granted_months == 0 || fresh {
                self.grace_granted_months = used + given;
            }
        }
    }

    /// Keeps the state inside its limits by letting go of what is oldest.
    fn trim(&mut self) {
        let excess = self.standing.len().saturating_sub(super::ENTITLEMENT_COUNT_MAX);
        self.standing.drain(..excess);
        let excess = self.prior.len().saturating_sub(super::PRIOR_COUNT_MAX);
        self.prior.drain(..excess);
    }
}

/// What a determination takes away without putting anything in its place.
#[must_use]
pub(in crate::rules) fn endings<T: AsRef<str>>(determination: &Determination<T>) -> Vec<Ending> {
    let of = |decided: &Decided<T>, person: Option<String>| {
        let stops = decided.outcome == Outcome::Stop;
        decided.from.filter(|_| stops).map(|from| Ending { person, from })
    };
    let members = determination
        .members
        .iter()
        .filter_map(|member| of(&member.decided, Some(member.member.as_ref().to_owned())));
    of(&determination.household, None).into_iter().chain(members).collect()
}

pub(super) fn is_paid(status: CaseStatus) -> bool {
    match status {
        CaseStatus::Dibao | CaseStatus::Grace | CaseStatus::Tekun => true,
        CaseStatus::None | CaseStatus::Edge | CaseStatus::Rigid => false,
    }
}
