//! The case between two decisions: its status, what is paid, and what the next decision must know.
//!
//! A state follows from the case's own records alone, in their order, so the stored state is a
//! projection that a rebuild reproduces.

mod apply;
mod corrected;
mod history;
mod import;
mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::calendar::{Date, Month};
use super::determination::Due;
use super::entitlement::Entitlement;
use super::money::Fen;
use super::outcome::CaseStatus;
use crate::area::AreaCode;
use crate::canonical::Json;

pub(in crate::rules) use apply::endings;
pub use corrected::{Corrected, Earlier, HISTORY_BEFORE, Standpoint};
pub use history::{History, OtherProgramme};

/// Most entitlements that a case keeps. A case of thirty years with a change every month stays under it.
pub const ENTITLEMENT_COUNT_MAX: usize = 512;

/// Most earlier records that a case names in a decision's history.
pub const PRIOR_COUNT_MAX: usize = 512;

/// The state of a case.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CaseState {
    /// The township that handles the case, which its records named last; none: the county itself.
    pub township: Option<AreaCode>,
    /// 现有救助身份.
    pub status: CaseStatus,
    /// Day of the decision that began the spell (本轮确认日).
    pub confirmed_on: Option<Date>,
    /// First month paid in the spell.
    pub pay_from: Option<Month>,
    /// Last ordinary monthly amount of the household, grace not counted.
    pub last_amount: Option<Fen>,
    /// Members counted by the last decision that took effect.
    pub last_headcount: Option<u64>,
    /// The running grace calendar.
    pub grace: Option<GraceCalendar>,
    /// Months of grace that were granted in this spell, by the first grant.
    pub grace_granted_months: u64,
    /// Months of grace paid before the first record held here; an import's.
    pub grace_used_before: u64,
    /// Day of the last check.
    pub last_review: Option<Date>,
    /// First month without pay after the last stop.
    pub exited_on: Option<Month>,
    /// First month without pay of a stop that was decided while grace is still paid: the spell runs to it.
    pub leaving: Option<Month>,
    /// Everything that was, is and will be paid by decisions in effect.
    pub standing: Vec<Entitlement>,
    /// What is due.
    pub due: Vec<Due>,
    /// Values that the law carries for the household, by fact path.
    pub carried: BTreeMap<String, Json>,
    /// The members known to the case, by person id.
    pub members: BTreeMap<String, MemberState>,
    /// The case's records, oldest first.
    pub prior: Vec<PriorRecord>,
}

/// A running grace calendar (渐退期).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraceCalendar {
    /// First month.
    pub from: Month,
    /// Last month.
    pub until: Month,
}

/// What the case knows of a member.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MemberState {
    /// The caller's own id of the member: the same id in a later call means the same person.
    pub key: Option<String>,
    /// Day of the decision that took the person in, within the spell.
    pub recipient_since: Option<Date>,
    /// Whether the last decision in effect counted the person.
    pub counted_before: bool,
    /// Values that the law carries from decision to decision, by fact path, and ended episodes.
    pub carried: BTreeMap<String, Json>,
}

/// An earlier record of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorRecord {
    /// Record id, hex.
    pub record: String,
    /// Where it stands; not known yet of the newest one while its own state is sealed.
    pub place: Option<RecordPlace>,
    /// Kind of entry.
    pub kind: String,
    /// The household's outcome, for a determination.
    pub outcome: Option<String>,
    /// The day it was decided.
    pub date: Date,
    /// Whether it still stands.
    pub state: PriorState,
}

super::outcome::codes! {
    /// Whether an earlier record still stands. A revoked one stays listed with its state.
    PriorState {
        /// Stands.
        Standing = "standing",
        /// Held back by a guard, or without a decision: never took effect.
        NoEffect = "no_effect",
        /// Replaced by a correction.
        Corrected = "corrected",
        /// Changed by reconsideration or a court.
        Changed = "changed",
        /// Revoked by reconsideration or a court.
        Revoked = "revoked",
        /// Sent back for a new decision.
        Remanded = "remanded",
    }
}

/// Where a record stands: what the next record of the case names as its predecessor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPlace {
    /// Origin of the log.
    pub origin: String,
    /// Index in the log.
    pub index: u64,
    /// Leaf hash, hex.
    pub leaf_hash: String,
}

/// Fact paths that the case state itself keeps up when a spell ends.
mod path {
    /// First month of the running deduction episode (S2.1d).
    pub const DEDUCTION_FIRST_MONTH: &str = "member.deduction_first_month";
    /// Months of the running episode.
    pub const DEDUCTION_MONTHS_USED: &str = "member.deduction_months_used";
    /// Episodes that ended, over a lifetime (P7).
    pub const DEDUCTION_EPISODES: &str = "member.deduction_episodes";
}

impl CaseState {
    /// Months of grace paid in this spell, up to and with `month`.
    #[must_use]
    pub fn grace_used(&self, month: Month) -> u64 {
        let Some(start) = self.pay_from else {
            return self.grace_used_before;
        };
        let paid = self
            .standing
            .iter()
            .filter(|held| held.programme == super::outcome::Programme::Grace && held.from >= start)
            .map(|held| {
                let last = held.to.map_or(month, |to| to.min(month));
                u64::try_from(held.from.until(last) + 1).unwrap_or(0)
            })
            .sum::<u64>();
        self.grace_used_before + paid
    }

    /// Names the place of the newest record, which is known once it stands in the log.
    pub fn place_newest(&mut self, place: RecordPlace) {
        if let Some(newest) = self.prior.last_mut() {
            newest.place.get_or_insert(place);
        }
    }

    /// The earliest date at which anything of the case is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Date> {
        self.due.iter().map(|due| due.date).min()
    }
}
