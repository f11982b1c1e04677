//! What a decision is told of the case's past: the history facts (H) of the vocabulary.

use std::collections::BTreeMap;

use super::CaseState;
use crate::canonical::Json;
use crate::reader::put;
use crate::rules::calendar::{Date, Month};
use crate::rules::outcome::{CaseStatus, Programme};

/// A basic programme that a person holds in another case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherProgramme {
    /// The programme.
    pub programme: Programme,
    /// Last month of pay; none while it runs on.
    pub until: Option<Month>,
}

/// The history facts of one decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The members of `history` in the facts document.
    pub household: BTreeMap<String, Json>,
    /// Fields to add to each member's record, by person id.
    pub members: BTreeMap<String, BTreeMap<String, Json>>,
    /// The members of `paid` in the facts document, newest last.
    pub paid: Vec<Json>,
    /// What stands, for the engine: `standing` in the facts document.
    pub standing: Json,
}

/// Most months of the payment ledger that a decision is told: the limit of the vocabulary's scope.
const PAID_MONTH_COUNT_MAX: i64 = 64;

impl CaseState {
    /// The history facts for a decision on `date` that assesses `month`, for the members `persons`.
    #[must_use]
    pub fn history(&self, date: Date, persons: &[String], others: &BTreeMap<String, OtherProgramme>) -> History {
        self.history_in(date.month(), persons, others)
    }

    /// [`CaseState::history`] of a decision in a month.
    pub(super) fn history_in(
        &self,
        month: Month,
        persons: &[String],
        others: &BTreeMap<String, OtherProgramme>,
    ) -> History {
        let state = self.left_by(month);
        let members = persons
            .iter()
            .map(|id| (id.clone(), state.member(id, month, others.get(id))))
            .collect();
        History {
            household: state.household(month),
            members,
            paid: state.paid(month),
            standing: state.standing(),
        }
    }

    fn household(&self, month: Month) -> BTreeMap<String, Json> {
        let mut out = BTreeMap::new();
        put(&mut out, "status", Some(self.status.code()));
        put(&mut out, "confirmed_on", self.confirmed_on.map(|date| date.to_string()));
        put(&mut out, "pay_from", self.pay_from.map(|month| month.to_string()));
        put(
            &mut out,
            "last_amount",
            self.last_amount.map(|amount| Json::Int(amount.get())),
        );
        put(
            &mut out,
            "last_headcount",
            self.last_headcount.map(|count| Json::integer(count.into())),
        );
        put(&mut out, "grace_from", self.grace.map(|grace| grace.from.to_string()));
        put(&mut out, "grace_until", self.grace.map(|grace| grace.until.to_string()));
        if self.status != CaseStatus::None {
            put(
                &mut out,
                "grace_granted_months",
                Some(Json::integer(self.grace_granted_months.into())),
            );
            put(
                &mut out,
                "grace_used",
                Some(Json::integer(self.grace_used(month).into())),
            );
        }
        put(&mut out, "last_review", self.last_review.map(|date| date.to_string()));
        put(&mut out, "exited_on", self.exited_on.map(|month| month.to_string()));
        for (path, value) in &self.carried {
            put(
                &mut out,
                path.strip_prefix("history.").unwrap_or(path),
                Some(value.clone()),
            );
        }
        out
    }

    fn member(&self, id: &String, month: Month, other: Option<&OtherProgramme>) -> BTreeMap<String, Json> {
        let mut out = BTreeMap::new();
        if let Some(member) = self.members.get(id) {
            put(&mut out, "counted_before", Some(member.counted_before));
            put(
                &mut out,
                "recipient_since",
                member.recipient_since.map(|date| date.to_string()),
            );
            for (path, value) in &member.carried {
                put(
                    &mut out,
                    path.strip_prefix("member.").unwrap_or(path),
                    Some(value.clone()),
                );
            }
        }
        put(&mut out, "programme", self.programme(id, month).map(programme_code));
        put(
            &mut out,
            "other_programme",
            other.map(|other| programme_code(other.programme)),
        );
        put(
            &mut out,
            "other_programme_until",
            other.and_then(|other| other.until).map(|month| month.to_string()),
        );
        out
    }

    /// The programme of a person on the day of a decision.
    fn programme(&self, id: &String, month: Month) -> Option<Programme> {
        let mut held = None;
        let mut ended: Option<&super::Entitlement> = None;
        for standing in self.standing.iter().filter(|held| held.persons.contains(id)) {
            if !standing.reaches(month) {
                ended = ended.filter(|other| standing.from < other.from).or(Some(standing));
            } else if held.is_none() || standing.programme == Programme::SingleDibao {
                // Whoever is to be paid alone once the family's grace is over (P20) is asked about as such in the grace.
                held = Some(standing.programme);
            }
        }
        // Whoever came from another county is a recipient whose pay has ended there and has not begun here.
        let is_recipient = self
            .members
            .get(id)
            .is_some_and(|member| member.recipient_since.is_some());
        held.or_else(|| ended.filter(|_| is_recipient).map(|ended| ended.programme))
    }

    /// What stands, as the facts have it.
    pub(super) fn standing(&self) -> Json {
        Json::List(self.standing.iter().map(super::Entitlement::to_json).collect())
    }

    /// The household's paid months up to `month`, one record a month and programme.
    pub(super) fn paid(&self, month: Month) -> Vec<Json> {
        let mut ledger = Vec::new();
        for step in (0..PAID_MONTH_COUNT_MAX).rev() {
            let Some(paid) = month.plus(-step) else { continue };
            for held in self.standing.iter().filter(|held| held.covers(paid)) {
                ledger.push(Json::object([
                    ("month", Json::from(paid.to_string())),
                    ("amount", Json::Int(held.amount.get())),
                    ("programme", programme_code(held.programme).into()),
                ]));
            }
        }
        let excess = ledger
            .len()
            .saturating_sub(PAID_MONTH_COUNT_MAX.unsigned_abs() as usize);
        ledger.split_off(excess)
    }
}

/// The code of a programme in the vocabulary, where grace is still dibao.
fn programme_code(programme: Programme) -> &'static str {
    match programme {
        Programme::Dibao | Programme::Grace => "dibao",
        Programme::SingleDibao => "single",
        Programme::Tekun => "tekun",
    }
}
