//! Which documents an entry of each kind carries, and who may read them.

use std::fmt;
use std::str::FromStr;

use super::kind::EntryKind;

/// Longest name of a document; its length is one byte of the commitment.
pub const DOCUMENT_NAME_SIZE_MAX_BYTES: usize = 32;

const _: () = assert!(DOCUMENT_NAME_SIZE_MAX_BYTES <= 255);

/// The name of a document: `[a-z][a-z_]*`, at most 32 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentName(String);

/// The text is not the name of a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a document: give 1 to 32 characters of a-z and _, beginning with a letter")]
pub struct DocumentNameError;

impl DocumentName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text is the name of a document.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        let plain = |b: u8| b.is_ascii_lowercase() || b == b'_';
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        begins && text.len() <= DOCUMENT_NAME_SIZE_MAX_BYTES && text.bytes().all(plain)
    }
}

impl FromStr for DocumentName {
    type Err = DocumentNameError;

    fn from_str(text: &str) -> Result<Self, DocumentNameError> {
        if DocumentName::is_name(text) {
            Ok(DocumentName(text.to_owned()))
        } else {
            Err(DocumentNameError)
        }
    }
}

impl fmt::Display for DocumentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who may read a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Everybody: it holds no personal data.
    Public,
    /// Sealed with the case's identity key, which an erasure destroys first.
    Identity,
    /// Sealed with the case's content key: pseudonymous, enough for a replay.
    Content,
    /// Sealed with a data key of this entry alone: it speaks of several cases, or outlives the keys of its own.
    Entry,
}

/// A place for a document in entries of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Name of the document.
    pub name: &'static str,
    /// Who may read it.
    pub protection: Protection,
    /// Whether an entry of the kind may be without it.
    pub optional: bool,
}

const fn must(name: &'static str, protection: Protection) -> Slot {
    Slot {
        name,
        protection,
        optional: false,
    }
}

const fn may(name: &'static str, protection: Protection) -> Slot {
    Slot {
        name,
        protection,
        optional: true,
    }
}

/// A decision: who, from which facts, what, and the few values that a sample is drawn by.
const DECISION: &[Slot] = &[
    may("identity", Protection::Identity),
    must("facts", Protection::Content),
    must("determination", Protection::Content),
    must("frame", Protection::Content),
];

/// A case from elsewhere: its facts hold the old authority's decision, so there is none of ours.
const IMPORT: &[Slot] = &[
    may("identity", Protection::Identity),
    must("facts", Protection::Content),
    may("determination", Protection::Content),
    must("frame", Protection::Content),
];

/// What happened to a case without a decision by the rules.
const fn event(name: &'static str) -> [Slot; 4] {
    [
        may("identity", Protection::Identity),
        must(name, Protection::Content),
        may("facts", Protection::Content),
        may("frame", Protection::Content),
    ]
}

const REMEDY: &[Slot] = &event("remedy");
const TRANSFER: &[Slot] = &event("transfer");
const LINK: &[Slot] = &event("link");
const EPOCH: &[Slot] = &[must("epoch", Protection::Public)];
const KEY_EVENT: &[Slot] = &[must("key_event", Protection::Public)];
/// Somebody was given documents: what for is public, who and which are not.
const OPENING: &[Slot] = &[must("opening", Protection::Public), must("opened", Protection::Entry)];
/// The root over the reads of an hour.
const ACCESS: &[Slot] = &[must("access", Protection::Public)];
/// What was erased or restricted outlives the case's keys, so it has a key of its own.
const ERASURE: &[Slot] = &[must("erasure", Protection::Public), must("erased", Protection::Entry)];
const SAMPLE_COMMIT: &[Slot] = &[must("sample_commit", Protection::Public)];
const SAMPLE_REQUEST: &[Slot] = &[must("sample_request", Protection::Public)];
const SAMPLE_REVEAL: &[Slot] = &[must("sample_reveal", Protection::Public)];
/// The rule of the draw is public; which entry is of which stratum is not.
const SAMPLE_RESULT: &[Slot] = &[
    must("sample_result", Protection::Public),
    must("selection", Protection::Content),
];
const FINDING: &[Slot] = &[must("finding", Protection::Content)];
const POLICY: &[Slot] = &[must("policy", Protection::Public), may("source", Protection::Public)];

/// The documents of a kind in the order of the entry. None: the kind is reserved, and its
/// documents are defined when it is first written.
#[must_use]
pub const fn slots(kind: EntryKind) -> Option<&'static [Slot]> {
    match kind {
        EntryKind::Epoch => Some(EPOCH),
        EntryKind::Policy => Some(POLICY),
        EntryKind::Import => Some(IMPORT),
        EntryKind::Determination | EntryKind::Correction => Some(DECISION),
        EntryKind::Remedy => Some(REMEDY),
        EntryKind::Transfer => Some(TRANSFER),
        EntryKind::Link => Some(LINK),
        EntryKind::KeyEvent => Some(KEY_EVENT),
        EntryKind::Opening => Some(OPENING),
        EntryKind::Access => Some(ACCESS),
        EntryKind::Erasure => Some(ERASURE),
        EntryKind::SampleCommit => Some(SAMPLE_COMMIT),
        EntryKind::SampleRequest => Some(SAMPLE_REQUEST),
        EntryKind::SampleReveal => Some(SAMPLE_REVEAL),
        EntryKind::SampleResult => Some(SAMPLE_RESULT),
        EntryKind::Finding => Some(FINDING),
        EntryKind::Relief | EntryKind::Fund | EntryKind::Monitoring | EntryKind::Inspection => None,
    }
}
