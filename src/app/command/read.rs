//! Commands that read.

use super::ids::{CaseName, DeterminationName, PolicyName};
use crate::area::AreaCode;
use crate::log::{LogIndex, TreeSize};
use crate::rules::calendar::{Date, Month};

/// Items of a page where the caller does not say.
pub const PAGE_SIZE_DEFAULT: u16 = 50;
/// Most items of a page: a thousand entries of the largest size would not fit one message, but no page of
/// summaries is larger than a few hundred KiB.
pub const PAGE_SIZE_MAX: u16 = 1_000;
/// Longest page token.
pub const PAGE_TOKEN_SIZE_MAX_BYTES: usize = 1_024;

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Most items, 1 to [`PAGE_SIZE_MAX`].
    pub size: u16,
    /// The token of the page before; none: the first page. Opaque, authenticated by the list that made it.
    pub token: Option<String>,
}

/// One log: of an area, in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogName {
    /// The county.
    pub area: AreaCode,
    /// The epoch, from 1; none: the newest.
    pub epoch: Option<u32>,
}

/// Read a determination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetDetermination {
    /// Which.
    pub name: DeterminationName,
    /// Include the explanation.
    pub explain: bool,
    /// Answer only from a log of at least this size.
    pub min_tree_size: TreeSize,
}

/// List the determinations of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDeterminations {
    /// The case.
    pub case: CaseName,
    /// Which page.
    pub page: Page,
    /// Answer only from a log of at least this size.
    pub min_tree_size: TreeSize,
}

/// List what falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDueReviews {
    /// The county, or a township of it.
    pub area: AreaCode,
    /// Due then or earlier.
    pub due_by: Date,
    /// Which page.
    pub page: Page,
    /// Answer only from a log of at least this size.
    pub min_tree_size: TreeSize,
}

/// List running grace periods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListGracePeriods {
    /// The county, or a township of it.
    pub area: AreaCode,
    /// Ending then or earlier.
    pub ending_by: Option<Month>,
    /// Which page.
    pub page: Page,
    /// Answer only from a log of at least this size.
    pub min_tree_size: TreeSize,
}

/// Read a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetPolicy {
    /// Which.
    pub name: PolicyName,
    /// Include the sealed form and the officers' text.
    pub include_text: bool,
    /// Include the rendering.
    pub include_rendering: bool,
}

/// List the policy documents of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPolicies {
    /// The area in whose log they were published.
    pub area: AreaCode,
    /// Also those that were replaced.
    pub include_superseded: bool,
    /// Which page.
    pub page: Page,
    /// Answer only from a log of at least this size.
    pub min_tree_size: TreeSize,
}

/// Read a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetCheckpoint {
    /// The log.
    pub log: LogName,
    /// A size that had one; none: the newest.
    pub tree_size: Option<TreeSize>,
}

/// Read an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetEntry {
    /// The log.
    pub log: LogName,
    /// Which.
    pub index: LogIndex,
    /// Include the documents that the caller may see.
    pub include_documents: bool,
}

/// List entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntries {
    /// The log.
    pub log: LogName,
    /// First index.
    pub start: LogIndex,
    /// Which page.
    pub page: Page,
    /// Answer only from a log of at least this size.
    pub min_tree_size: TreeSize,
    /// Only entries of calls of this trace.
    pub trace_id: Option<String>,
}

/// Prove that an entry stands in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProveInclusion {
    /// The log.
    pub log: LogName,
    /// Which entry.
    pub index: LogIndex,
    /// The tree, which holds the entry; none: the newest checkpoint's.
    pub tree_size: Option<TreeSize>,
}

/// Prove that a tree only grew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProveConsistency {
    /// The log.
    pub log: LogName,
    /// Earlier size, at least 1.
    pub first: TreeSize,
    /// Later size, at least the earlier; none: the newest checkpoint's.
    pub second: Option<TreeSize>,
}

/// Decide a recorded determination again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Which.
    pub name: DeterminationName,
}
