//! What goes into the sequencer and what comes out.

use super::clock::ClockError;
use crate::area::AreaCode;
use crate::log::record::{EntryError, EntryKind, LawUsed, WrittenDocument};
use crate::log::{Hash, LogIndex, RecordId, TreeSize};
use crate::store::{
    AccessRow, CaseScope, Cause, CivilDate, CivilMonth, DataKeyRow, DocumentRow, LogId, PersonRow, RecordCursor,
    RequestKey, SpanRow, StoreError,
};

/// One decided, sealed thing that wants a place in the log.
#[derive(Clone, Debug)]
pub struct Item {
    /// Who asked, in which area, under which request id.
    pub request: RequestKey,
    /// Keyed digest of the decoded request.
    pub request_digest: Vec<u8>,
    /// Name of the record; the documents are sealed under it.
    pub record_id: RecordId,
    /// Kind of the entry.
    pub kind: EntryKind,
    /// The law it was decided by, for kinds that are.
    pub law: Option<LawUsed>,
    /// The engine's name and version.
    pub engine: String,
    /// Its documents, as `write_documents` made them.
    pub documents: Vec<WrittenDocument>,
    /// Data keys that the documents or the case state are the first to use.
    pub data_keys: Vec<DataKeyRow>,
    /// The case of the entry, also where it does not change.
    pub case_id: Option<String>,
    /// The change of that case.
    pub case: Option<CaseChange>,
    /// The version of that case that the item was made on without changing it: what it seals with the case's keys must
    /// not outlive them. Nothing where no version matters.
    pub case_seen: Option<u64>,
    /// Persons met for the first time.
    pub persons: Vec<PersonRow>,
    /// The document of law that comes into use.
    pub policy: Option<NewPolicy>,
    /// What else the entry does, in its own transaction.
    pub effects: Effects,
    /// The trace of the call, by which operators find the entry; it is no part of it.
    pub trace_id: Option<String>,
}

/// What entries of some kinds do beside the log, in their own transaction.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// What the entry makes of its case; nothing leaves it as it is.
    pub mark: Option<CaseMark>,
    /// Data keys that the entry says are destroyed; they are, once it is durable.
    pub erased_keys: Vec<String>,
    /// What the entry itself gives somebody to read.
    pub accesses: Vec<AccessRow>,
    /// The leaves of the tree whose root the entry states, in order.
    pub access_leaves: Vec<Hash>,
}

/// What erasures and restrictions made of a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseMark {
    /// What of it is erased.
    pub erased: Option<CaseScope>,
    /// What of it must not be read.
    pub restricted: Option<CaseScope>,
}

/// A case's next state.
#[derive(Clone, Debug)]
pub struct CaseChange {
    /// Version that was read before deciding; 0 for a new case.
    pub expected_version: u64,
    /// Data key of the identity documents.
    pub identity_key_ref: String,
    /// Data key of everything else.
    pub content_key_ref: String,
    /// Sealed state.
    pub state: Vec<u8>,
    /// Next review is due on this date.
    pub next_due: Option<CivilDate>,
    /// Last month of a grace period that runs.
    pub grace_end_month: Option<CivilMonth>,
    /// The township that handles the case; nothing: the county itself.
    pub township: Option<AreaCode>,
    /// All months that persons hold a basic programme in this case, replacing those before;
    /// nothing leaves them as they are.
    pub spans: Option<Vec<PersonSpan>>,
}

/// Months in which a person holds a basic programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSpan {
    /// The person.
    pub person_id: String,
    /// First month.
    pub from: CivilMonth,
    /// Last month; nothing: until further notice.
    pub to: Option<CivilMonth>,
    /// The programme.
    pub programme: String,
}

impl PersonSpan {
    /// The row of the span in a case.
    #[must_use]
    pub fn row(&self, area: AreaCode, case_id: &str) -> SpanRow {
        SpanRow {
            person_id: self.person_id.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            programme: self.programme.clone(),
            area,
            case_id: case_id.to_owned(),
        }
    }
}

/// A document of law that comes into use in the area.
#[derive(Clone, Debug)]
pub struct NewPolicy {
    /// The document's own id.
    pub policy_id: String,
    /// The level that issued it.
    pub document_area: AreaCode,
    /// `policy`, `calendar`, `vocabulary`, `areas`.
    pub kind: String,
    /// Digest of its sealed form.
    pub digest: Hash,
    /// The POLICY entry that it comes after.
    pub follows: Follows,
}

/// What a log's newest POLICY entry must be for the next one. A document is right in the law that it was tried in: two
/// that were tried at once, each without the other, may leave a county without any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// The newest when the document was tried; none in a log without law.
    Newest(Option<RecordCursor>),
    /// Whichever it is: a new epoch takes over, document by document, what was tried in the one before.
    Any,
}

/// The answer to an item: it stands in the log, and here is the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Log of the entry.
    pub log_id: LogId,
    /// Position of the entry.
    pub index: LogIndex,
    /// Name of the record.
    pub record_id: RecordId,
    /// The leaf's bytes.
    pub entry: Vec<u8>,
    /// The documents as stored, in the entry's order.
    pub documents: Vec<DocumentRow>,
    /// The receipt, a tlog-proof file.
    pub receipt: String,
    /// Size of the checkpoint in the receipt.
    pub first_size: TreeSize,
    /// Whether this is the first answer to an earlier request, once more.
    pub repeated: bool,
}

/// Why an item has no place in the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// The queue of the log is full. Nothing was written.
    #[error("the queue of this area is full: retry later")]
    QueueFull,
    /// The process is shutting down. Nothing was written.
    #[error("the service is shutting down: retry elsewhere")]
    ShuttingDown,
    /// The request id was used for another content. Nothing was written.
    #[error("the request id was used for other content: use a new one")]
    RequestReused,
    /// The case moved since it was read; decide again.
    #[error("the case changed meanwhile: decide again")]
    CaseChanged,
    /// A person of the item was registered meanwhile under another id; decide again.
    #[error("a person was registered meanwhile: decide again")]
    PersonChanged,
    /// A person of the item holds a basic programme in one of its months already.
    #[error("a person holds a basic programme in one of these months already: decide again")]
    ProgrammeHeld,
    /// Another document of law came into use since this one was tried; try it again.
    #[error("another document of law came into use meanwhile: check this one again")]
    PolicyChanged,
    /// The entry cannot be written: a part is malformed, or it is too large.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The area has no log of its own: it is a township, or the configured domain is malformed.
    #[error("this area has no log: give the six digits of a county or of an area above it")]
    NoLog,
    /// The clock is not believed.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The database does not hold the log that was signed. Nothing is written until an operator decides.
    #[error("the log was rolled back and is read-only: an operator must restore the database or confirm the fork")]
    RolledBack,
    /// Witnesses are required and have not cosigned the log for too long. Nothing was written.
    #[error("the witnesses have not cosigned this log for more than a minute: check that they answer, retry later")]
    NotWitnessed,
    /// The key that signed the head is not the one in use: it was lost. Nothing is written until an operator decides.
    #[error("the key that signed this log is lost: restore it, or begin the next epoch with `doudi log next-epoch`")]
    KeyLost,
    /// The signer failed or took too long. Nothing was written.
    #[error("the checkpoint could not be signed in time: check the signing key or module")]
    Signing,
    /// The database cannot be used now. Nothing was written.
    #[error("the store cannot be used now: retry later")]
    Unavailable(#[source] Cause),
    /// We cannot tell whether it was written: retry with the same request id.
    #[error("the outcome is unknown: retry with the same request id")]
    Unknown,
    /// Stored bytes are not what was written.
    #[error("stored data is damaged: {0}; stop writing and run fsck")]
    Corrupt(&'static str),
}

impl AppendError {
    /// Whether others came first: nothing was written, and the item is to be decided again on what stands now.
    #[must_use]
    pub fn is_race(&self) -> bool {
        matches!(
            self,
            AppendError::CaseChanged
                | AppendError::PersonChanged
                | AppendError::ProgrammeHeld
                | AppendError::PolicyChanged
        )
    }
}

impl From<StoreError> for AppendError {
    fn from(error: StoreError) -> Self {
        match error {
            // Races are tried again inside; what is left is too much traffic on one log.
            StoreError::Conflict | StoreError::Refused(_) => AppendError::Unavailable(std::sync::Arc::new(error)),
            StoreError::Unavailable(cause) => AppendError::Unavailable(cause),
            StoreError::Unknown(_) => AppendError::Unknown,
            StoreError::Corrupt(what) => AppendError::Corrupt(what),
        }
    }
}
