//! Requests that read, and PublishPolicy.

use super::decision::area;
use super::limits::POLICY_SIZE_MAX_BYTES;
use super::policy::lang;
use super::provenance::officer;
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{
    GetCheckpoint, GetDetermination, GetEntry, GetPolicy, ListDeterminations, ListDueReviews, ListEntries,
    ListGracePeriods, ListPolicies, LogName, ProveConsistency, ProveInclusion, PublishPolicy, Replay,
};
use crate::app::{AppError, AreaRegister};
use crate::area::AreaCode;
use crate::log::{LogIndex, TreeSize};
use crate::telemetry::context::is_trace_id;

const AT: Path<'static> = Path::ROOT;

/// Reads GetDetermination.
///
/// # Errors
/// [`AppError::Invalid`] with every violation; so do all of this file.
pub fn get_determination(raw: pb::GetDeterminationRequest) -> Result<GetDetermination, AppError> {
    let mut v = Violations::default();
    let name = v.parse(AT.field("name"), &raw.name);
    let min_tree_size = v.tree_size(AT.field("min_tree_size"), raw.min_tree_size);
    let command = (|| {
        Some(GetDetermination {
            name: name?,
            explain: raw.explain,
            min_tree_size: min_tree_size?,
        })
    })();
    v.finish(command)
}

/// Reads ListDeterminations.
pub fn list_determinations(raw: pb::ListDeterminationsRequest) -> Result<ListDeterminations, AppError> {
    let mut v = Violations::default();
    let case = v.parse(AT.field("parent"), &raw.parent);
    let page = v.page(raw.page_size, raw.page_token);
    let min_tree_size = v.tree_size(AT.field("min_tree_size"), raw.min_tree_size);
    let command = (|| {
        Some(ListDeterminations {
            case: case?,
            page: page?,
            min_tree_size: min_tree_size?,
        })
    })();
    v.finish(command)
}

/// Reads ListDueReviews.
pub fn list_due_reviews(raw: pb::ListDueReviewsRequest, areas: &AreaRegister) -> Result<ListDueReviews, AppError> {
    let mut v = Violations::default();
    let area = area(&raw.area, AT.field("area"), areas, &mut v);
    let due_by = v.date(AT.field("due_by"), raw.due_by);
    let page = v.page(raw.page_size, raw.page_token);
    let min_tree_size = v.tree_size(AT.field("min_tree_size"), raw.min_tree_size);
    let command = (|| {
        Some(ListDueReviews {
            area: area?,
            due_by: due_by?,
            page: page?,
            min_tree_size: min_tree_size?,
        })
    })();
    v.finish(command)
}

/// Reads ListGracePeriods.
pub fn list_grace_periods(
    raw: pb::ListGracePeriodsRequest,
    areas: &AreaRegister,
) -> Result<ListGracePeriods, AppError> {
    let mut v = Violations::default();
    let area = area(&raw.area, AT.field("area"), areas, &mut v);
    let ending_by = v.maybe_month(AT.field("ending_by"), raw.ending_by);
    let page = v.page(raw.page_size, raw.page_token);
    let min_tree_size = v.tree_size(AT.field("min_tree_size"), raw.min_tree_size);
    let command = (|| {
        Some(ListGracePeriods {
            area: area?,
            ending_by: ending_by?,
            page: page?,
            min_tree_size: min_tree_size?,
        })
    })();
    v.finish(command)
}

/// Reads PublishPolicy.
pub fn publish_policy(raw: pb::PublishPolicyRequest, areas: &AreaRegister) -> Result<PublishPolicy, AppError> {
    let mut v = Violations::default();
    let request_id = v.parse(AT.field("request_id"), &raw.request_id);
    let area = county(&raw.area, areas, &mut v);
    let source = v.text(AT.field("source"), raw.source, POLICY_SIZE_MAX_BYTES);
    let lang = lang(raw.language, &mut v);
    let officer = officer(raw.officer, AT.field("officer"), &mut v);
    let command = (|| {
        Some(PublishPolicy {
            request_id: request_id?,
            area: area?,
            source: source?,
            officer: officer?,
            validate_only: raw.validate_only,
            lang: lang?,
        })
    })();
    v.finish(command)
}

/// Reads GetPolicy.
pub fn get_policy(raw: pb::GetPolicyRequest) -> Result<GetPolicy, AppError> {
    let mut v = Violations::default();
    let name = v.parse(AT.field("name"), &raw.name);
    let command = name.map(|name| GetPolicy {
        name,
        include_text: raw.include_text,
        include_rendering: raw.include_rendering,
    });
    v.finish(command)
}

/// Reads ListPolicies.
pub fn list_policies(raw: pb::ListPoliciesRequest, areas: &AreaRegister) -> Result<ListPolicies, AppError> {
    let mut v = Violations::default();
    let area = county(&raw.area, areas, &mut v);
    let page = v.page(raw.page_size, raw.page_token);
    let min_tree_size = v.tree_size(AT.field("min_tree_size"), raw.min_tree_size);
    let command = (|| {
        Some(ListPolicies {
            area: area?,
            include_superseded: raw.include_superseded,
            page: page?,
            min_tree_size: min_tree_size?,
        })
    })();
    v.finish(command)
}

/// Reads GetCheckpoint.
pub fn get_checkpoint(raw: pb::GetCheckpointRequest, areas: &AreaRegister) -> Result<GetCheckpoint, AppError> {
    let mut v = Violations::default();
    let log = log(&raw.area, raw.epoch, areas, &mut v);
    let tree_size = maybe_size("tree_size", raw.tree_size, &mut v);
    let command = (|| {
        Some(GetCheckpoint {
            log: log?,
            tree_size: tree_size?,
        })
    })();
    v.finish(command)
}

/// Reads GetEntry.
pub fn get_entry(raw: pb::GetEntryRequest, areas: &AreaRegister) -> Result<GetEntry, AppError> {
    let mut v = Violations::default();
    let log = log(&raw.area, raw.epoch, areas, &mut v);
    let index = index("index", raw.index, &mut v);
    let command = (|| {
        Some(GetEntry {
            log: log?,
            index: index?,
            include_documents: raw.include_documents,
        })
    })();
    v.finish(command)
}

/// Reads ListEntries.
pub fn list_entries(raw: pb::ListEntriesRequest, areas: &AreaRegister) -> Result<ListEntries, AppError> {
    let mut v = Violations::default();
    let log = log(&raw.area, raw.epoch, areas, &mut v);
    let start = index("start_index", raw.start_index, &mut v);
    let page = v.page(raw.page_size, raw.page_token);
    let min_tree_size = v.tree_size(AT.field("min_tree_size"), raw.min_tree_size);
    let trace_id = Some(raw.trace_id).filter(|trace_id| !trace_id.is_empty());
    if trace_id.as_ref().is_some_and(|trace_id| !is_trace_id(trace_id)) {
        v.add(
            AT.field("trace_id"),
            "is no W3C trace id: give 32 small hex digits, not all zero",
        );
    }
    let command = (|| {
        Some(ListEntries {
            log: log?,
            start: start?,
            page: page?,
            min_tree_size: min_tree_size?,
            trace_id,
        })
    })();
    v.finish(command)
}

/// Reads ProveInclusion.
pub fn prove_inclusion(raw: pb::ProveInclusionRequest, areas: &AreaRegister) -> Result<ProveInclusion, AppError> {
    let mut v = Violations::default();
    let log = log(&raw.area, raw.epoch, areas, &mut v);
    let index = index("index", raw.index, &mut v);
    let tree_size = maybe_size("tree_size", raw.tree_size, &mut v);
    if let (Some(index), Some(Some(size))) = (index, tree_size)
        && !size.holds(index)
    {
        v.add(
            AT.field("tree_size"),
            "does not hold the entry: give a size greater than the index",
        );
    }
    let command = (|| {
        Some(ProveInclusion {
            log: log?,
            index: index?,
            tree_size: tree_size?,
        })
    })();
    v.finish(command)
}

/// Reads ProveConsistency.
pub fn prove_consistency(raw: pb::ProveConsistencyRequest, areas: &AreaRegister) -> Result<ProveConsistency, AppError> {
    let mut v = Violations::default();
    let log = log(&raw.area, raw.epoch, areas, &mut v);
    let first = v.tree_size(AT.field("first_size"), raw.first_size);
    if raw.first_size == 0 {
        v.add(
            AT.field("first_size"),
            "is 0: every tree is consistent with the empty one, give at least 1",
        );
    }
    let second = maybe_size("second_size", raw.second_size, &mut v);
    if let (Some(first), Some(Some(second))) = (first, second)
        && second < first
    {
        v.add(
            AT.field("second_size"),
            "is smaller than first_size: give the earlier size first",
        );
    }
    let command = (|| {
        Some(ProveConsistency {
            log: log?,
            first: first?,
            second: second?,
        })
    })();
    v.finish(command)
}

/// Reads Replay.
pub fn replay(raw: pb::ReplayRequest) -> Result<Replay, AppError> {
    let mut v = Violations::default();
    let name = v.parse(AT.field("determination"), &raw.determination);
    v.finish(name.map(|name| Replay { name }))
}

/// A deciding county, without a township: the owner of a log.
pub(super) fn county(raw: &str, areas: &AreaRegister, v: &mut Violations) -> Option<AreaCode> {
    let county = area(raw, AT.field("area"), areas, v)?;
    if county.without_township() == county {
        return Some(county);
    }
    v.add(AT.field("area"), "is a township: give the six digits of its county");
    None
}

/// The log of an area in an epoch.
pub(super) fn log(raw: &str, epoch: Option<u32>, areas: &AreaRegister, v: &mut Violations) -> Option<LogName> {
    let area = county(raw, areas, v);
    if epoch == Some(0) {
        v.add(
            AT.field("epoch"),
            "is 0: epochs begin with 1, leave it out for the newest",
        );
    }
    Some(LogName { area: area?, epoch })
}

fn index(field: &'static str, raw: u64, v: &mut Violations) -> Option<LogIndex> {
    place(AT.field(field), raw, v)
}

/// A place in a log.
pub(super) fn place(at: Path<'_>, raw: u64, v: &mut Violations) -> Option<LogIndex> {
    v.check(at, LogIndex::new(raw).map_err(|error| format!("is {error}")))
}

/// The outer `None` is a violation.
fn maybe_size(field: &'static str, raw: Option<u64>, v: &mut Violations) -> Option<Option<TreeSize>> {
    match raw {
        None => Some(None),
        Some(raw) => v.tree_size(AT.field(field), raw).map(Some),
    }
}
