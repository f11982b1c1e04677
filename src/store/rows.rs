//! The rows of the tables, one type each; shapes and meaning stand in `migrations/`.

use std::fmt;

use super::civil::{CivilDate, CivilMonth};
use crate::area::AreaCode;
use crate::log::{Hash, LogIndex, Origin, RecordId, TreeSize};

/// Key of a log in all tables: `area * 10000 + epoch`, so that no sequence is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub(super) i64);

impl LogId {
    /// Epochs that the key has room for.
    pub const EPOCH_COUNT: i64 = 10_000;

    /// The key of the log with this origin.
    #[must_use]
    pub fn of(origin: &Origin) -> LogId {
        LogId(LogId::first_of(origin.area()).0 + i64::from(origin.epoch()))
    }

    /// The epoch of the log.
    #[must_use]
    pub fn epoch(self) -> i64 {
        self.0 % LogId::EPOCH_COUNT
    }

    /// The six digits of the log's area.
    #[must_use]
    pub fn area(self) -> i64 {
        self.0 / LogId::EPOCH_COUNT
    }

    /// Where the keys of an area's logs begin. A log belongs to an area of six digits.
    pub(super) fn first_of(area: AreaCode) -> LogId {
        let area: i64 = area
            .without_township()
            .to_string()
            .parse()
            .expect("an area code is digits");
        LogId(area * LogId::EPOCH_COUNT)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Key.
    pub log_id: LogId,
    /// Name, with area and epoch.
    pub origin: Origin,
    /// When it was opened, Unix milliseconds.
    pub opened_ms: i64,
}

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRow {
    /// Number of entries.
    pub size: TreeSize,
    /// Right edge of the tree, as `CompactTree::edge_bytes` writes it.
    pub compact: Vec<u8>,
    /// Root of the tree.
    pub root: Hash,
    /// Time of the newest entry, Unix milliseconds.
    pub last_time_ms: i64,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Position.
    pub index: LogIndex,
    /// The leaf's bytes.
    pub entry: Vec<u8>,
    /// `SHA-256(0x00 || entry)`.
    pub leaf_hash: Hash,
}

/// A full tile of 256 hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileRow {
    /// Tile level: level L holds hashes of complete subtrees of 256^L entries.
    pub level: u8,
    /// Position among the tiles of the level.
    pub n: u64,
    /// The 256 hashes one after another.
    pub hashes: Vec<u8>,
    /// The hash over the whole tile.
    pub root: Hash,
}

/// A signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Number of entries.
    pub size: TreeSize,
    /// Root of the tree.
    pub root: Hash,
    /// The signed note, whole.
    pub note: String,
    /// When it was signed, Unix milliseconds.
    pub signed_ms: i64,
}

/// A witness's word on a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignatureRow {
    /// Size of the checkpoint.
    pub size: TreeSize,
    /// Name of the witness's key.
    pub witness: String,
    /// The signature line, without its newline.
    pub line: String,
}

/// One named document of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRow {
    /// Name, as in the entry.
    pub name: String,
    /// The data key that opens a sealed document; nothing for a public one.
    pub key_ref: Option<String>,
    /// Sealed or public bytes.
    pub bytes: Vec<u8>,
}

/// A wrapped data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataKeyRow {
    /// Name of the key.
    pub key_ref: String,
    /// The wrapped key; nothing once destroyed.
    pub wrapped: Option<Vec<u8>>,
    /// The key-encryption key that wraps it.
    pub kek_id: String,
    /// It must not be destroyed before this date.
    pub retain_until: Option<CivilDate>,
    /// When it was destroyed, Unix milliseconds.
    pub destroyed_ms: Option<i64>,
}

/// What makes a request the same request: who asked where, and under which id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestKey {
    /// County-level area.
    pub area: AreaCode,
    /// Stable principal of the caller.
    pub caller: String,
    /// The caller's UUID.
    pub request_id: String,
}

/// A request that appended an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// Its key.
    pub key: RequestKey,
    /// Keyed digest of the decoded request.
    pub digest: Vec<u8>,
    /// Log of the entry.
    pub log_id: LogId,
    /// Position of the entry.
    pub index: LogIndex,
    /// Size of the checkpoint in the first answer's receipt.
    pub first_size: TreeSize,
}

/// Which entry a record id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// Log of the entry.
    pub log_id: LogId,
    /// Position of the entry.
    pub index: LogIndex,
    /// County-level area.
    pub area: AreaCode,
    /// Name of the record.
    pub record_id: RecordId,
    /// The case, if the entry is of one.
    pub case_id: Option<String>,
    /// Kind of the entry.
    pub kind: String,
    /// What of its case was erased: read from the case's head, never written with the record.
    pub erased: Option<CaseScope>,
    /// What of its case must not be read now: read from the case's head, never written with the record.
    pub restricted: Option<CaseScope>,
}

impl RecordRow {
    /// Whether its case is erased or restricted as a whole: from that entry on nothing of the record is read, and not
    /// only from the moment that a key is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        [self.erased, self.restricted].contains(&Some(CaseScope::Case))
    }
}

/// How much of a case an erasure or a restriction concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseScope {
    /// The identity documents; what was decided stays readable.
    Identity,
    /// Every document.
    Case,
}

impl CaseScope {
    /// The word in the tables and in documents.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            CaseScope::Identity => "identity",
            CaseScope::Case => "case",
        }
    }
}

/// The text names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a scope: give identity or case")]
pub struct CaseScopeError;

impl std::str::FromStr for CaseScope {
    type Err = CaseScopeError;

    fn from_str(text: &str) -> Result<Self, CaseScopeError> {
        [CaseScope::Identity, CaseScope::Case]
            .into_iter()
            .find(|scope| scope.code() == text)
            .ok_or(CaseScopeError)
    }
}

/// What erasures and restrictions made of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseMarkRow {
    /// County-level area.
    pub area: AreaCode,
    /// The case.
    pub case_id: String,
    /// What of it is erased.
    pub erased: Option<CaseScope>,
    /// What of it must not be read.
    pub restricted: Option<CaseScope>,
}

/// A data key that an ERASURE entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedKeyRow {
    /// The key.
    pub key_ref: String,
    /// Log of the entry.
    pub log_id: LogId,
    /// Position of the entry.
    pub index: LogIndex,
}

/// That a record was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRow {
    /// `SHA-256(0x00 || content)`: the row's name.
    pub leaf_hash: Hash,
    /// County-level area of the case.
    pub area: AreaCode,
    /// The case.
    pub case_id: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Who, what and what for, as canonical JSON.
    pub content: Vec<u8>,
}

/// Where a row of an access stands: under which ACCESS entry, at which place of its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessPlace {
    /// Log of the entry.
    pub log_id: LogId,
    /// Position of the entry.
    pub index: LogIndex,
    /// Place among the leaves, from 0.
    pub ordinal: u64,
}

/// A document of law that came into use in the area of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// Log of the POLICY entry.
    pub log_id: LogId,
    /// Position of the POLICY entry.
    pub index: LogIndex,
    /// The document's own id.
    pub policy_id: String,
    /// The level that issued it: an area above the log's, or the same.
    pub document_area: AreaCode,
    /// What it is: `policy`, `calendar`, `vocabulary`, `areas`.
    pub kind: String,
    /// Digest of its sealed form.
    pub digest: Hash,
}

/// The newest state of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseHeadRow {
    /// County-level area.
    pub area: AreaCode,
    /// The case.
    pub case_id: String,
    /// Counts the changes, from 1.
    pub version: u64,
    /// Log of the newest entry of the case.
    pub last_log_id: LogId,
    /// Position of that entry.
    pub last_index: LogIndex,
    /// Data key of the identity documents.
    pub identity_key_ref: String,
    /// Data key of all other documents and of the state.
    pub content_key_ref: String,
    /// Sealed state.
    pub state: Vec<u8>,
    /// Next review is due on this date.
    pub next_due: Option<CivilDate>,
    /// Last month of a grace period that runs.
    pub grace_end_month: Option<CivilMonth>,
    /// The township that handles it; nothing: the county itself.
    pub township: Option<AreaCode>,
    /// What of it was erased. Written by a [`CaseMarkRow`] alone.
    pub erased: Option<CaseScope>,
    /// What of it must not be read now. Written by a [`CaseMarkRow`] alone.
    pub restricted: Option<CaseScope>,
}

/// Which person an ID number names, as a case knows it: one row for each case that met the person, all with one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// HMAC of the ID number, in hex.
    pub hmac: String,
    /// Random id of the person.
    pub person_id: String,
    /// Identity key of the case, with which the row is deleted.
    pub key_ref: String,
}

/// Months in which a person holds a basic programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanRow {
    /// The person.
    pub person_id: String,
    /// First month.
    pub from: CivilMonth,
    /// Last month; nothing: until further notice.
    pub to: Option<CivilMonth>,
    /// The programme.
    pub programme: String,
    /// County-level area of the case.
    pub area: AreaCode,
    /// The case.
    pub case_id: String,
}

impl SpanRow {
    /// Whether both spans are of one person and share a month.
    #[must_use]
    pub fn overlaps(&self, other: &SpanRow) -> bool {
        let ends_before = |one: &SpanRow, next: &SpanRow| one.to.as_ref().is_some_and(|to| *to < next.from);
        self.person_id == other.person_id && !ends_before(self, other) && !ends_before(other, self)
    }
}
