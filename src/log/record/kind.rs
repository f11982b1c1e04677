//! Kinds of entries, all reserved from the first version.

use std::fmt;
use std::str::FromStr;

/// A kind that this version knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// The first entry of a log: what it continues, if anything.
    Epoch,
    /// A document of law comes into use in the area.
    Policy,
    /// A case decided elsewhere, or a backfill.
    Import,
    /// A decision.
    Determination,
    /// A decision that corrects an earlier one.
    Correction,
    /// The result of an appeal.
    Remedy,
    /// A case leaves for another area or comes from one.
    Transfer,
    /// A relation between cases.
    Link,
    /// Somebody was given sealed documents to read.
    Opening,
    /// Somebody read case data.
    Access,
    /// A data key was destroyed.
    Erasure,
    /// A key of the service begins, is rotated or ends.
    KeyEvent,
    /// A party of a sample commits to a random value.
    SampleCommit,
    /// A sample is asked for.
    SampleRequest,
    /// A party reveals its value.
    SampleReveal,
    /// What was drawn.
    SampleResult,
    /// What an auditor found.
    Finding,
    /// Temporary relief.
    Relief,
    /// A fund is topped up or drawn.
    Fund,
    /// A lead, a comparison or a patrol.
    Monitoring,
    /// An inspection.
    Inspection,
}

/// Longest name of a kind.
pub const KIND_SIZE_MAX_BYTES: usize = 32;

/// The text is not the name of a kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a kind: give 1 to 32 characters of A-Z and _, beginning with a letter")]
pub struct KindNameError;

impl EntryKind {
    /// Every kind.
    pub const ALL: [EntryKind; 21] = [
        EntryKind::Epoch,
        EntryKind::Policy,
        EntryKind::Import,
        EntryKind::Determination,
        EntryKind::Correction,
        EntryKind::Remedy,
        EntryKind::Transfer,
        EntryKind::Link,
        EntryKind::Opening,
        EntryKind::Access,
        EntryKind::Erasure,
        EntryKind::KeyEvent,
        EntryKind::SampleCommit,
        EntryKind::SampleRequest,
        EntryKind::SampleReveal,
        EntryKind::SampleResult,
        EntryKind::Finding,
        EntryKind::Relief,
        EntryKind::Fund,
        EntryKind::Monitoring,
        EntryKind::Inspection,
    ];

    /// The name in the entry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            EntryKind::Epoch => "EPOCH",
            EntryKind::Policy => "POLICY",
            EntryKind::Import => "IMPORT",
            EntryKind::Determination => "DETERMINATION",
            EntryKind::Correction => "CORRECTION",
            EntryKind::Remedy => "REMEDY",
            EntryKind::Transfer => "TRANSFER",
            EntryKind::Link => "LINK",
            EntryKind::Opening => "OPENING",
            EntryKind::Access => "ACCESS",
            EntryKind::Erasure => "ERASURE",
            EntryKind::KeyEvent => "KEY_EVENT",
            EntryKind::SampleCommit => "SAMPLE_COMMIT",
            EntryKind::SampleRequest => "SAMPLE_REQUEST",
            EntryKind::SampleReveal => "SAMPLE_REVEAL",
            EntryKind::SampleResult => "SAMPLE_RESULT",
            EntryKind::Finding => "FINDING",
            EntryKind::Relief => "RELIEF",
            EntryKind::Fund => "FUND",
            EntryKind::Monitoring => "MONITORING",
            EntryKind::Inspection => "INSPECTION",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<EntryKind> {
        EntryKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether an entry of this kind was decided by the rules and must name its law.
    #[must_use]
    pub const fn is_decided_by_law(self) -> bool {
        matches!(
            self,
            EntryKind::Determination | EntryKind::Correction | EntryKind::Relief
        )
    }
}

/// The name of a kind as it stands in an entry; kinds of later versions still verify.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KindName(String);

impl KindName {
    /// The kind, if this version knows it.
    #[must_use]
    pub fn known(&self) -> Option<EntryKind> {
        EntryKind::of_name(&self.0)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<EntryKind> for KindName {
    fn from(kind: EntryKind) -> Self {
        KindName(kind.name().to_owned())
    }
}

impl FromStr for KindName {
    type Err = KindNameError;

    fn from_str(text: &str) -> Result<Self, KindNameError> {
        let plain = |b: u8| b.is_ascii_uppercase() || b == b'_';
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
        if begins && text.len() <= KIND_SIZE_MAX_BYTES && text.bytes().all(plain) {
            Ok(KindName(text.to_owned()))
        } else {
            Err(KindNameError)
        }
    }
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
