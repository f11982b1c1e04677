//! Typed results of opening, listing accesses and erasing; part of the results that the edge turns into messages.

use super::result::Acknowledged;
use crate::log::{Hash, LogIndex, Origin, RecordId};
use crate::rules::calendar::Date;

/// What an opening gave of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// Every document that was asked for.
    Open,
    /// Its identity is erased; the rest is there.
    IdentityErased,
    /// It is erased; entry and receipt are there.
    Erased,
    /// Its processing is restricted, or was when this request was first answered.
    Withheld,
}

impl RecordState {
    /// Whether documents are shown.
    #[must_use]
    pub const fn opens(self) -> bool {
        match self {
            RecordState::Open | RecordState::IdentityErased => true,
            RecordState::Erased | RecordState::Withheld => false,
        }
    }
}

/// A record that was opened.
#[derive(Clone, Debug)]
pub struct RecordOpened {
    /// The name of its case, if it is of one.
    pub case: Option<String>,
    /// Its id.
    pub record: RecordId,
    /// Kind of the entry.
    pub kind: String,
    /// What is there.
    pub state: RecordState,
    /// The record, with the documents opened.
    pub acknowledged: Acknowledged,
}

/// What an opening gave.
#[derive(Clone, Debug)]
pub struct DocumentsOpened {
    /// The records, in the order asked.
    pub records: Vec<RecordOpened>,
    /// The OPENING entry; none for a dry run.
    pub opening: Option<Acknowledged>,
}

/// An erased case.
#[derive(Clone, Debug)]
pub struct CaseErased {
    /// The day from which it might be erased.
    pub retained_until: Date,
    /// The record; none for a dry run.
    pub acknowledged: Option<Acknowledged>,
}

/// A case whose processing was restricted, or is not any more.
#[derive(Clone, Debug)]
pub struct CaseRestricted {
    /// The record; none for a dry run.
    pub acknowledged: Option<Acknowledged>,
}

/// That somebody read a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSeen {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The row, as it is hashed.
    pub content: Vec<u8>,
    /// Its leaf hash.
    pub leaf_hash: Hash,
    /// Where it stands in the log; none until its hour is closed.
    pub proof: Option<AccessProof>,
}

/// Proof that a row stands under the root of an ACCESS entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessProof {
    /// The log.
    pub origin: Origin,
    /// The ACCESS entry.
    pub entry: LogIndex,
    /// Place of the row in the hour's tree.
    pub position: u64,
    /// Rows of the tree.
    pub count: u64,
    /// Siblings from the leaf up.
    pub hashes: Vec<Hash>,
    /// Root, as the entry's document states it.
    pub root: Hash,
}
