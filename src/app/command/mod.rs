//! Typed commands: what a request asks for, once every part of it is known to be well formed.
//!
//! The edge parses into these, so that an invalid value cannot exist inside.

mod case;
mod decision;
mod erasure;
mod finding;
mod household;
mod identity;
mod ids;
mod opening;
mod policy;
mod read;
mod sampling;

pub use crate::store::CaseScope;
pub use case::{ImportCase, RecordRemedy, RemedyBody, RemedyResult, TransferCase};
pub use decision::{Correct, DecideExit, Determine, Mode, Review};
pub use erasure::{EraseCase, ErasureBasis, Grounds, LiftRestriction, RestrictCase};
pub use finding::{
    AuditeeAnswer, AuditeeStatement, EstimateErrorRate, FindingCause, FindingContent, FindingItem, FindingName,
    FindingOutcome, ListFindings, ProcedureStep, RecordFinding, Reviewer, SignOff,
};
pub use household::{Household, Member, Officer, Relation, RelationKind};
pub use identity::{IdNumber, Identity, PersonIdentity};
pub use ids::{
    CaseId, CaseName, DeterminationName, LOCAL_ID_SIZE_MAX_BYTES, LocalId, NameError, PersonId, PolicyName, RequestId,
};
pub use opening::{ListAccesses, OPENING_RECORD_COUNT_MAX, OpenDocuments, OpeningPurpose};
pub use policy::{PreviewImpact, PublishPolicy, Use};
pub use read::{
    GetCheckpoint, GetDetermination, GetEntry, GetPolicy, ListDeterminations, ListDueReviews, ListEntries,
    ListGracePeriods, ListPolicies, LogName, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PAGE_TOKEN_SIZE_MAX_BYTES, Page,
    ProveConsistency, ProveInclusion, Replay,
};
pub use sampling::{CommitSample, DrawSample, GetSample, OfRound, RefuseReveal, RequestSample, RevealSample};
