//! What a preview says: decisions that would come out otherwise, how far it is, and the sums.

use std::collections::BTreeMap;

use crate::app::command::DeterminationName;
use crate::area::AreaCode;
use crate::log::LogIndex;
use crate::rules::calendar::{Date, Month};
use crate::rules::entitlement::Difference;
use crate::rules::money::Fen;
use crate::rules::outcome::Outcome;

/// An outcome for a household, of a record or of its recomputation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImpactOutcome {
    /// The outcome.
    pub outcome: Outcome,
    /// The outcome that a guard holds back.
    pub proposes: Option<Outcome>,
    /// The monthly amount.
    pub amount: Option<Fen>,
}

/// A decision that would come out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impacted {
    /// Its name.
    pub name: DeterminationName,
    /// Epoch of its log.
    pub epoch: u32,
    /// Its index in the log.
    pub index: LogIndex,
    /// 决定日.
    pub decision_date: Date,
    /// What was recorded.
    pub recorded: ImpactOutcome,
    /// What the other documents give, or why they give nothing; names places, never values.
    pub alternative: Result<ImpactOutcome, String>,
    /// Months that differ: what stands by the record, and what would.
    pub months: Vec<Difference>,
    /// Fen over the months in which more was recorded.
    pub overpaid: i64,
    /// Fen over the months in which less was recorded.
    pub underpaid: i64,
}

/// How far a preview is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImpactProgress {
    /// The area whose log is read.
    pub area: AreaCode,
    /// Epoch of the log.
    pub epoch: u32,
    /// Where to go on.
    pub next: LogIndex,
    /// Entries passed.
    pub scanned: u64,
    /// Entries to pass.
    pub total: u64,
    /// Decisions that were recomputed.
    pub recomputed: u64,
    /// Decisions that would come out otherwise.
    pub impacted: u64,
}

/// The sums of a preview.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImpactTotal {
    /// Entries passed.
    pub scanned: u64,
    /// Decisions that were recomputed.
    pub recomputed: u64,
    /// Decisions that would come out otherwise.
    pub impacted: u64,
    /// Decisions whose documents are erased.
    pub erased: u64,
    /// Decisions of cases whose processing is restricted.
    pub restricted: u64,
    /// The sums of each month.
    pub months: BTreeMap<Month, ImpactMonth>,
    /// Fen over all months in which more was recorded.
    pub overpaid: i64,
    /// Fen over all months in which less was recorded.
    pub underpaid: i64,
}

/// The sums of one month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImpactMonth {
    /// Decisions that differ in it.
    pub decisions: u64,
    /// Fen that were recorded and would not be.
    pub overpaid: i64,
    /// Fen that would be and were not recorded.
    pub underpaid: i64,
}

/// One message of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImpactEvent {
    /// A decision that would come out otherwise.
    Decision(Box<Impacted>),
    /// How far it is.
    Progress(ImpactProgress),
    /// The end.
    Total(ImpactTotal),
}

impl ImpactTotal {
    /// Adds a decision; none if a sum leaves i64.
    pub(super) fn add(&mut self, impacted: &Impacted) -> Option<()> {
        self.impacted += 1;
        self.overpaid = self.overpaid.checked_add(impacted.overpaid)?;
        self.underpaid = self.underpaid.checked_add(impacted.underpaid)?;
        for difference in &impacted.months {
            let more = difference.was.get() - difference.now.get();
            let month = self.months.entry(difference.month).or_default();
            month.decisions += 1;
            month.overpaid = month.overpaid.checked_add(more.max(0))?;
            month.underpaid = month.underpaid.checked_add((-more).max(0))?;
        }
        Some(())
    }
}
