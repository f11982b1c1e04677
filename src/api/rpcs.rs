//! One table: which call needs which role, and where its caller must be allowed to act.
//!
//! A call that is not in it reaches nobody; a test walks the contracts, so that none is forgotten. `ROLES.md` of the
//! operator's guide and the tests of every role, call and area are made from it.

use crate::app::rights::Role;

/// Where a caller of a call must be allowed to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Anywhere: it reads what the public read side shows to everybody, or the law.
    Public,
    /// In the area of the request, a county or a township: its cases or its lists.
    Area,
    /// In the county as a whole: a township's caller is refused.
    County,
    /// Where the case is handled: in its county, or in the township that handles it.
    Case,
    /// Where each of the records is.
    Records,
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct Rpc {
    /// Path of the call.
    pub path: &'static str,
    /// Roles of which the caller has at least one.
    pub roles: &'static [Role],
    /// Where.
    pub reach: Reach,
}

const EVERY: &[Role] = &[Role::Decide, Role::Review, Role::Policy, Role::Audit, Role::Operate];
const DECIDE: &[Role] = &[Role::Decide];
const REVIEW: &[Role] = &[Role::Review];
const POLICY: &[Role] = &[Role::Policy];
const AUDIT: &[Role] = &[Role::Audit];
const OPERATE: &[Role] = &[Role::Operate];
const READ: &[Role] = &[Role::Decide, Role::Review, Role::Audit];
// Both sides of an audit.
const BOTH: &[Role] = &[Role::Audit, Role::Operate];

macro_rules! table {
    ($($service:literal { $($rpc:literal $roles:ident $reach:ident,)* })*) => {
        &[$($(Rpc {
            path: concat!("/doudi.v1.", $service, "/", $rpc),
            roles: $roles,
            reach: Reach::$reach,
        },)*)*]
    };
}

/// Every call.
pub const RPCS: &[Rpc] = table! {
    "DeterminationService" {
        "Determine" DECIDE Area,
        "BatchDetermine" DECIDE Area,
        "ImportCase" DECIDE Area,
        "Correct" DECIDE Case,
        "RecordRemedy" DECIDE Case,
        "TransferCase" DECIDE Case,
        "GetDetermination" READ Case,
        "ListDeterminations" READ Case,
    }
    "ReviewService" {
        "Review" REVIEW Case,
        "BatchReview" REVIEW Case,
        "ListDueReviews" READ Area,
    }
    "ExitService" {
        "DecideExit" DECIDE Case,
        "ListGracePeriods" READ Area,
    }
    "PolicyService" {
        "PublishPolicy" POLICY County,
        "GetPolicy" EVERY Public,
        "ListPolicies" EVERY Public,
        "PreviewImpact" POLICY County,
    }
    "AuditService" {
        "GetCheckpoint" EVERY Public,
        "GetEntry" READ Records,
        "ListEntries" EVERY Public,
        "ProveInclusion" EVERY Public,
        "ProveConsistency" EVERY Public,
        "Replay" AUDIT Case,
        "OpenDocuments" AUDIT Records,
        "ListAccesses" BOTH Case,
        "EraseCase" OPERATE Case,
        "RestrictCase" OPERATE Case,
        "LiftRestriction" OPERATE Case,
        "CommitSample" BOTH County,
        "RequestSample" AUDIT County,
        "RevealSample" BOTH County,
        "RefuseReveal" BOTH County,
        "GetSample" BOTH County,
        "DrawSample" BOTH County,
        "RecordFinding" AUDIT Case,
        "ListFindings" BOTH County,
        "EstimateErrorRate" BOTH County,
    }
};

/// The call of a path, if it is one of ours.
#[must_use]
pub fn rpc(path: &str) -> Option<&'static Rpc> {
    RPCS.iter().find(|rpc| rpc.path == path)
}

#[cfg(test)]
mod tests;
