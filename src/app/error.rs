//! What a use case can answer instead of a result: one variant for each thing that the caller can do about it.

use std::time::Duration;

use super::damage::Damage;
use crate::area::AreaCode;
use crate::rules::determination::RequiredStep;

/// One thing that is wrong with a request. Never holds the value that offends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field: `input.facts.members[0].birth`.
    pub field: String,
    /// What is wrong, then the fix. Lower case, no full stop.
    pub description: String,
}

/// What was looked for and is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A case.
    Case,
    /// A determination.
    Determination,
    /// A policy document.
    Policy,
    /// An entry of a log.
    Entry,
    /// A log, or an epoch of it.
    Log,
    /// A sample.
    Sample,
}

/// What the state of the record does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// A step of a sample's round.
    Sample,
    /// A finding.
    Finding,
}

/// Why a use case gave no result.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The request is malformed or incomplete; every violation.
    #[error("the request is not valid: correct the fields that are listed")]
    Invalid(Vec<Violation>),
    /// The policy document is refused; every finding, with line and column in its description.
    #[error("the policy document is refused: correct what is listed")]
    PolicyInvalid(Vec<Violation>),
    /// The page token was not made for these arguments.
    #[error("the page token does not fit: begin again with the first page")]
    PageToken,
    /// No or bad credentials.
    #[error("the credentials are missing or not accepted")]
    Unauthenticated,
    /// Role or area not allowed.
    #[error("the caller may not do this")]
    PermissionDenied,
    /// Nothing there by that name.
    #[error("no such {}: check the name", .kind.noun())]
    NotFound {
        /// What.
        kind: ResourceKind,
        /// The resource name that was asked for. Holds nothing personal.
        name: String,
    },
    /// The request id was used with other content.
    #[error("the request id was used for another request: give every new request an id of its own")]
    RequestIdReused,
    /// What the officer chose is out of bounds. Nothing was recorded.
    #[error("the law does not allow this choice: correct what the steps name")]
    Refused {
        /// The guards that failed: reason code and clause.
        steps: Vec<RequiredStep>,
    },
    /// The determination was recorded as a proposal, and the act cannot take effect.
    #[error("the act cannot take effect yet: take the required steps and decide again")]
    Held {
        /// Name of the determination that was recorded; empty for a dry run.
        determination: String,
        /// What is required: reason code and clause.
        steps: Vec<RequiredStep>,
    },
    /// No document of the area or a superior was ever adopted.
    #[error("no policy is in force in the area: publish one first")]
    NoPolicyInForce {
        /// The area.
        area: AreaCode,
    },
    /// The case is in a state in which this cannot be done.
    #[error("the case does not allow this: {0}")]
    CaseState(&'static str),
    /// A person would be in two basic programmes in one month.
    #[error("a person of it would be in two basic programmes in one month: end the other one first")]
    TwoProgrammes,
    /// What was recorded before does not allow it; every reason.
    #[error("what was recorded before does not allow this: see the reasons that are listed")]
    NotAllowed {
        /// What.
        what: Forbidden,
        /// Each reason with the field it concerns.
        violations: Vec<Violation>,
    },
    /// The record was erased.
    #[error("the record was erased: its receipt is still valid")]
    Erased {
        /// The resource name.
        name: String,
        /// The receipt of the record; of the erasure where the case as a whole was asked for.
        receipt: String,
    },
    /// The processing of the case is restricted (限制处理).
    #[error("the processing of the case is restricted: nothing of it is read or decided until that is lifted")]
    Restricted {
        /// The resource name.
        name: String,
    },
    /// The case must be kept for longer.
    #[error("the case must be kept until {until}: erase it on that day or later, or restrict it now")]
    Retained {
        /// The first day on which it may be erased.
        until: crate::rules::calendar::Date,
    },
    /// Other decisions of the case came first, several times.
    #[error("the case changed while it was decided: read it and decide again")]
    CaseChanged,
    /// Other documents of law came into use in the area first, several times.
    #[error("the law in use changed while the document was checked: publish it again with the same request_id")]
    PolicyChanged,
    /// The tree is smaller than the caller asked for.
    #[error("the log has not reached min_tree_size here: retry, or ask without it")]
    TreeTooSmall,
    /// The queue is full.
    #[error("too much work is waiting: retry later with the same request_id")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too many calls of this caller.
    #[error("too many calls: retry later with the same request_id")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// The deadline passed.
    #[error("the deadline passed, the outcome is unknown: retry with the same request_id")]
    DeadlineExceeded,
    /// Nobody took the answers of a stream.
    #[error(
        "no answer of this stream was taken for a minute: take answers while you send, and ask again for those that are \
         missing, with the same request_id"
    )]
    Unread,
    /// The store cannot be reached.
    #[error("the store cannot be reached: retry later with the same request_id")]
    StoreUnavailable,
    /// The server drains.
    #[error("the server is shutting down: retry with the same request_id")]
    ShuttingDown,
    /// Stored bytes do not match their hash.
    #[error("stored bytes do not match their hash: the service stops, tell its operator")]
    LogCorrupt(Damage),
    /// The database does not hold the log that was signed.
    #[error("the log was rolled back and is read-only: its operator must restore the database or confirm the fork")]
    LogRolledBack,
    /// The log had this size once, and the database does not hold it any more.
    #[error("the log has lost entries up to this size: keep the receipt and the checkpoint, tell the log's operator")]
    EntriesLost,
    /// Witnesses are required, and they lag behind.
    #[error("the witnesses of the log do not answer, and it waits for them: retry later with the same request_id")]
    NotWitnessed,
    /// A broken invariant.
    #[error("internal error: tell the operator the error_id")]
    Internal {
        /// Stands in the server's log beside the cause.
        error_id: String,
    },
}

impl AppError {
    /// A broken invariant: logs the cause under a new id, which alone leaves the service.
    #[must_use]
    pub fn internal(cause: &dyn std::fmt::Display) -> AppError {
        let error_id = uuid::Uuid::new_v4().to_string();
        tracing::error!(error.id = %error_id, error.cause = %cause, "an invariant is broken");
        AppError::Internal { error_id }
    }

    /// Stored bytes are not what was written. It is said in the log where the answer leaves.
    #[must_use]
    pub const fn corrupt(what: &'static str) -> AppError {
        AppError::LogCorrupt(Damage::of(what))
    }
}

impl From<Damage> for AppError {
    fn from(damage: Damage) -> Self {
        AppError::LogCorrupt(damage)
    }
}

impl ResourceKind {
    /// The word for people.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            ResourceKind::Case => "case",
            ResourceKind::Determination => "determination",
            ResourceKind::Policy => "policy",
            ResourceKind::Entry => "entry",
            ResourceKind::Log => "log",
            ResourceKind::Sample => "sample",
        }
    }
}
