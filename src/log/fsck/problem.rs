//! What can be wrong with a stored log, each with a code for machines and a text for people.

use crate::log::TreeSize;

/// What is wrong. Never holds stored bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No entry at this index.
    #[error("is missing")]
    Missing,
    /// An entry, record or tile beyond the head.
    #[error("stands beyond the head, which has {0} entries")]
    BeyondHead(TreeSize),
    /// The rows cannot be read as what they are.
    #[error("cannot be read: {0}")]
    Unreadable(&'static str),
    /// The log has no head.
    #[error("the log has no head")]
    NoHead,
    /// The leaf hash is not that of the bytes.
    #[error("its leaf hash is not that of its bytes: one of them was changed")]
    LeafHash,
    /// A tile has another hash than the tree at this place.
    #[error("its hash {at} is not that of the tree: it covers entry {entry}")]
    TileHash {
        /// Place in the tile.
        at: usize,
        /// First entry below that hash.
        entry: u64,
    },
    /// A tile's own root is not the hash over it.
    #[error("its root is not the hash over its hashes")]
    TileRoot,
    /// The tree could not be computed this far.
    #[error("cannot be checked: an entry before it is missing")]
    Unchecked,
    /// The head has another size than there are entries.
    #[error("says {0} entries, and the tree has {1}")]
    HeadSize(TreeSize, TreeSize),
    /// The head's root is not that of the tree.
    #[error("its root is not that of the tree")]
    HeadRoot,
    /// The head's right edge is not that of the tree.
    #[error("its right edge is not that of the tree")]
    HeadEdge,
    /// The newest checkpoint is of another size than the head.
    #[error("no checkpoint was signed at its size")]
    HeadUnsigned,
    /// The root of a checkpoint is not that of the tree.
    #[error("its root is not that of the tree at this size")]
    CheckpointRoot,
    /// The note does not verify.
    #[error("its note does not verify: {0}")]
    Note(String),
    /// The note says something else than the row.
    #[error("its signed note names another log, size or root than its row")]
    NoteDiffers,
    /// A key that others had replaced signed again.
    #[error("the key {0} signed again after another had replaced it")]
    KeyReturned(String),
    /// Time went back.
    #[error("its time is before that of the one before it")]
    TimeBack,
    /// The time cannot be read.
    #[error("states no time of logging")]
    NoTime,
    /// The entry is later than the checkpoint that covers it first.
    #[error("was signed before the time that its newest entry states")]
    SignedEarlier,
    /// The head's time is not that of the newest checkpoint.
    #[error("its time is not that of the newest checkpoint")]
    HeadTime,
    /// The first entry does not open the log.
    #[error("does not open this log with its keys: an EPOCH entry of this origin and key is wanted")]
    NotEpoch,
    /// A later epoch that does not say what it follows and why.
    #[error("does not name the head that its epoch follows, and either the head or the key that was lost")]
    NotAfter,
    /// The bytes are no entry of a version this build reads.
    #[error("is no entry that this build reads: {0}")]
    NotAnEntry(String),
    /// The entry is of another log.
    #[error("names another log as its origin")]
    Origin,
    /// A document that the entry commits to is not there.
    #[error("is missing and was not erased")]
    DocumentMissing,
    /// A document that the entry does not commit to.
    #[error("the entry does not commit to it, or in another order")]
    DocumentUnknown,
    /// It does not open, or to other bytes.
    #[error("{0}")]
    DocumentClosed(&'static str),
    /// The data key is not stored.
    #[error("its data key is not stored")]
    KeyMissing,
    /// The data key does not unwrap.
    #[error("its data key cannot be unwrapped: it was changed, or the key file is another one")]
    KeyClosed,
    /// The data key was destroyed and no ERASURE entry says so.
    #[error("its data key was destroyed, and no ERASURE entry names it")]
    KeyDestroyed,
    /// The record row says something else than the entry.
    #[error("says another {0} than the log")]
    RowDiffers(&'static str),
    /// A row without an entry, or an entry without a row.
    #[error("there is no such row, and the log asks for one")]
    RowMissing,
    /// A row that the log does not account for.
    #[error("the log has nothing for this row")]
    RowUnknown,
    /// The receipt's checkpoint is not there or does not cover the entry.
    #[error("its first answer names a checkpoint of size {0}, which does not exist or does not hold the entry")]
    FirstSize(TreeSize),
    /// Two requests name one entry.
    #[error("another request names the same entry")]
    RowTwice,
    /// A decision uses law that was published after it.
    #[error("uses law that was published after it")]
    LawLater,
    /// The law in use then is not the one the entry names.
    #[error("names another law than the one that was in use")]
    LawDiffers,
    /// A state does not follow from the records.
    #[error("its stored state is not the one that its records give")]
    StateDiffers,
    /// An ACCESS entry that names another one before it than there is.
    #[error("does not name the ACCESS entry before it in this log")]
    AccessBefore,
    /// A head that somebody keeps is larger than the log.
    #[error("the log has only {0} entries: it was cut off or an old backup was restored")]
    Shrunk(TreeSize),
    /// A head that somebody keeps is of another history.
    #[error("the log had another root at this size: its history was rewritten")]
    Forked,
    /// A log that its next epoch closed has more entries than it had then.
    #[error("this epoch began there, and the log has {0} entries now: it was closed and went on")]
    Closed(TreeSize),
    /// A cosignature is no signature line, or of no checkpoint.
    #[error("the cosignature {0}")]
    Cosignature(&'static str),
    /// A sample closes its period by a checkpoint that nobody outside has seen.
    #[error("closes its period by the checkpoint of size {0}, which no quorum of the witnesses has cosigned")]
    NotCosigned(TreeSize),
    /// The replay gives another determination.
    #[error("differs when it is decided again, because of the {cause} at {path}")]
    Replay {
        /// Facts, policy or engine.
        cause: &'static str,
        /// Where the determinations differ first.
        path: String,
    },
    /// The frame is not the one that facts and determination make.
    #[error("its frame is not the one that its facts and its determination make: {0}")]
    Frame(String),
    /// The replay could not be made.
    #[error("cannot be decided again: {0}")]
    NotReplayed(String),
}

impl Problem {
    /// The code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Problem::Missing => "MISSING",
            Problem::BeyondHead(_) => "BEYOND_HEAD",
            Problem::Unreadable(_) => "UNREADABLE",
            Problem::NoHead => "NO_HEAD",
            Problem::LeafHash => "LEAF_HASH",
            Problem::TileHash { .. } => "TILE_HASH",
            Problem::TileRoot => "TILE_ROOT",
            Problem::Unchecked => "UNCHECKED",
            Problem::HeadSize(..) => "HEAD_SIZE",
            Problem::HeadRoot => "HEAD_ROOT",
            Problem::HeadEdge => "HEAD_EDGE",
            Problem::HeadUnsigned => "HEAD_UNSIGNED",
            Problem::CheckpointRoot => "CHECKPOINT_ROOT",
            Problem::Note(_) => "NOTE",
            Problem::NoteDiffers => "NOTE_DIFFERS",
            Problem::KeyReturned(_) => "KEY_RETURNED",
            Problem::TimeBack => "TIME_BACK",
            Problem::NoTime => "NO_TIME",
            Problem::SignedEarlier => "SIGNED_EARLIER",
            Problem::HeadTime => "HEAD_TIME",
            Problem::NotEpoch => "NOT_EPOCH",
            Problem::NotAfter => "NOT_AFTER",
            Problem::NotAnEntry(_) => "NOT_AN_ENTRY",
            Problem::Origin => "ORIGIN",
            Problem::DocumentMissing => "DOCUMENT_MISSING",
            Problem::DocumentUnknown => "DOCUMENT_UNKNOWN",
            Problem::DocumentClosed(_) => "DOCUMENT_CLOSED",
            Problem::KeyMissing => "KEY_MISSING",
            Problem::KeyClosed => "KEY_CLOSED",
            Problem::KeyDestroyed => "KEY_DESTROYED",
            Problem::RowDiffers(_) => "ROW_DIFFERS",
            Problem::RowMissing => "ROW_MISSING",
            Problem::RowUnknown => "ROW_UNKNOWN",
            Problem::FirstSize(_) => "FIRST_SIZE",
            Problem::RowTwice => "ROW_TWICE",
            Problem::LawLater => "LAW_LATER",
            Problem::LawDiffers => "LAW_DIFFERS",
            Problem::StateDiffers => "STATE_DIFFERS",
            Problem::AccessBefore => "ACCESS_BEFORE",
            Problem::Shrunk(_) => "SHRUNK",
            Problem::Forked => "FORKED",
            Problem::Closed(_) => "CLOSED",
            Problem::Cosignature(_) => "COSIGNATURE",
            Problem::NotCosigned(_) => "NOT_COSIGNED",
            Problem::Replay { .. } => "REPLAY_DIFFERS",
            Problem::Frame(_) => "FRAME_DIFFERS",
            Problem::NotReplayed(_) => "NOT_REPLAYED",
        }
    }
}
