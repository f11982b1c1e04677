//! A case as a correction finds it: what is paid and recorded now, and what it remembered before the corrected decision.
//!
//! A correction decides anew what was decided wrongly. On what that decision itself left behind, it could only repeat
//! it: a first month of the deduction that was wrong would be kept, and a grace of six months would leave no room for
//! twelve. So the memory goes back, and with it that of later decisions, whose place the correction takes.

use std::collections::BTreeMap;

use super::apply::is_paid;
use super::{CaseState, History, MemberState, OtherProgramme};
use crate::canonical::Json;
use crate::reader::FromJson;
use crate::rules::calendar::{Date, Month};
use crate::rules::determination::Determination;
use crate::rules::entitlement::Entitlement;

/// The member of the facts of a correction that says before which record, and of which day, its history is. A correction
/// without it was decided on what the case knew when it was made.
pub const HISTORY_BEFORE: &str = "history_before";

/// Where a decision stands in the life of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standpoint {
    /// The day on which whom it takes in becomes a recipient.
    pub day: Date,
    /// The month that it looks back from: what has run out by then is over.
    pub month: Month,
}

impl Standpoint {
    /// Of a decision of this day.
    #[must_use]
    pub fn of(day: Date) -> Standpoint {
        Standpoint {
            day,
            month: day.month(),
        }
    }

    /// Of a correction, made on `made_on`, of a decision of `corrected`. One with a first month of its own stands where
    /// the decision would have stood that has its effect from then.
    #[must_use]
    pub fn of_correction(made_on: Date, corrected: Date, effective_from: Option<Month>) -> Standpoint {
        match effective_from.and_then(|from| from.plus(-1)) {
            Some(month) => Standpoint { day: corrected, month },
            None => Standpoint::of(made_on),
        }
    }

    /// Of a recorded decision.
    #[must_use]
    pub fn recorded(determination: &Determination, facts: &Json) -> Standpoint {
        let corrected = facts.get(HISTORY_BEFORE).and_then(|before| before.get("decided_on"));
        let effective_from = facts.get("effective_from").and_then(Month::from_json);
        match corrected.and_then(Date::from_json) {
            Some(corrected) => Standpoint::of_correction(determination.decision_date, corrected, effective_from),
            None => Standpoint::of(determination.decision_date),
        }
    }
}

/// What a correction is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// The case: what stands and what is recorded as it is now, the rest as before the corrected decision.
    pub state: CaseState,
    /// What stood before it, where the memory of the spell goes back to it.
    stood: Option<Vec<Entitlement>>,
    month: Month,
}

impl CaseState {
    /// This case for a correction at `standpoint`, of a decision before which it was `before`.
    ///
    /// What the law carries from decision to decision goes back in every case. The spell goes back too where the
    /// household was paid then: an entry that is corrected leaves it a recipient, whom reasons and a hearing protect, and
    /// a grace that had run out before the standpoint is not begun again.
    #[must_use]
    pub fn corrected(&self, before: &CaseState, standpoint: Standpoint) -> Corrected {
        let month = standpoint.month;
        let (now, before) = (self.left_by(month), before.left_by(month));
        let goes_back = is_paid(before.status) && before.lapsed(month).is_none();
        let mut state = if goes_back {
            CaseState {
                township: now.township,
                standing: now.standing.clone(),
                due: now.due.clone(),
                prior: now.prior.clone(),
                ..before.clone().into_owned()
            }
        } else {
            CaseState {
                carried: before.carried.clone(),
                ..now.clone().into_owned()
            }
        };
        let known = now.members.keys().chain(before.members.keys());
        let remembered = |id| remembered(now.members.get(id), before.members.get(id), goes_back);
        state.members = known.map(|id| (id.clone(), remembered(id))).collect();
        Corrected {
            state,
            stood: goes_back.then(|| before.standing.clone()),
            month,
        }
    }
}

/// A member, of whom the caller's id is known as it is now.
fn remembered(now: Option<&MemberState>, before: Option<&MemberState>, goes_back: bool) -> MemberState {
    let held = if goes_back { before } else { now };
    MemberState {
        key: now.or(before).and_then(|member| member.key.clone()),
        carried: before.map(|member| member.carried.clone()).unwrap_or_default(),
        recipient_since: held.and_then(|member| member.recipient_since),
        counted_before: held.is_some_and(|member| member.counted_before),
    }
}

impl Corrected {
    /// The history facts of the correction: [`CaseState::history`] of what is remembered, and what stands and was paid
    /// as it is on the day of the correction.
    #[must_use]
    pub fn history(&self, made_on: Date, persons: &[String], others: &BTreeMap<String, OtherProgramme>) -> History {
        let before = CaseState {
            standing: self.stood.as_ref().unwrap_or(&self.state.standing).clone(),
            ..self.state.clone()
        };
        History {
            paid: self.state.paid(made_on.month()),
            standing: self.state.standing(),
            ..before.history_in(self.month, persons, others)
        }
    }
}

/// What the corrections of a case go back to: of each of its records in order, the state before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier(Vec<(String, CaseState)>);

impl Earlier {
    /// What a correction of this record goes back to.
    #[must_use]
    pub fn before(&self, record: &str) -> Option<&CaseState> {
        let found = self.0.iter().rfind(|(held, _)| held == record);
        found.map(|(_, state)| state)
    }

    /// Takes the next record, with the state before it and after. A correction that went back behind `corrected` is
    /// corrected from there too, and whatever it took the place of from the state after it.
    pub fn add(&mut self, record: String, before: CaseState, corrected: Option<&str>, after: &CaseState) {
        let place = corrected.and_then(|corrected| self.0.iter().rposition(|(held, _)| held == corrected));
        let own = match place {
            None => before,
            Some(place) => {
                for (_, later) in &mut self.0[place + 1..] {
                    later.clone_from(after);
                }
                self.0[place].1.clone()
            }
        };
        self.0.push((record, own));
    }
}
