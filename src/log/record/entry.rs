//! The entry: the leaf's bytes, RFC 8785 JSON that everybody may read.
//!
//! It holds nothing that two entries of one case share and nothing computed from personal data
//! without a secret.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tiles::ENTRY_SIZE_MAX_BYTES;
use super::super::{Hash, Origin};
use super::documents::DocumentName;
use super::kind::{EntryKind, KindName};
use crate::canonical::Json;

/// The version of the entry's format.
pub const ENTRY_VERSION: i64 = 1;

/// Most documents of an entry: every kind needs few, and each costs the reader a hash.
pub const DOCUMENT_COUNT_MAX: usize = 16;

/// Longest name of an engine or a semantics.
pub const LABEL_SIZE_MAX_BYTES: usize = 64;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    kind: KindName,
    origin: Origin,
    logged_seconds: i64,
    law: Option<LawUsed>,
    engine: String,
    documents: Vec<DocumentCommitment>,
}

/// The law that an entry was decided by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawUsed {
    /// SHA-256 of the canonical law manifest.
    pub manifest: Hash,
    /// The meaning of the operators, `doudi-rules/1`.
    pub semantics: String,
}

/// A document that the entry commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentCommitment {
    /// Its name, once an entry.
    pub name: DocumentName,
    /// Its commitment.
    pub commitment: Hash,
}

/// Why bytes or parts are not an entry. Never quotes them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Larger than [`ENTRY_SIZE_MAX_BYTES`].
    #[error("the entry has {0} bytes, at most {ENTRY_SIZE_MAX_BYTES} are possible: use fewer documents")]
    TooLarge(usize),
    /// Not canonical JSON.
    #[error("the entry is not canonical JSON (RFC 8785): give its bytes unchanged")]
    NotCanonical,
    /// A version that this build does not read; it verifies in the tree all the same.
    #[error("the entry has version {0}, this build reads version {ENTRY_VERSION}: use a newer build")]
    Version(i64),
    /// A member is absent, additional or malformed.
    #[error("`{0}` of the entry is absent or malformed: see src/log/FORMAT.md")]
    Member(&'static str),
    /// A document is named twice.
    #[error("the entry names a document twice")]
    DocumentTwice,
    /// A kind that is decided by law has no law.
    #[error("an entry of kind {0} must name its law: pass the digest of the law manifest and the semantics")]
    NoLaw(EntryKind),
}

impl Entry {
    /// An entry of a known kind. `logged_seconds` is Unix time, `engine` the name and version of
    /// the program that decided or wrote.
    ///
    /// # Errors
    /// [`EntryError`] if a part is malformed or the entry would be too large.
    pub fn new(
        kind: EntryKind,
        origin: Origin,
        logged_seconds: i64,
        law: Option<LawUsed>,
        engine: &str,
        documents: Vec<DocumentCommitment>,
    ) -> Result<Entry, EntryError> {
        if kind.is_decided_by_law() && law.is_none() {
            return Err(EntryError::NoLaw(kind));
        }
        let entry = Entry {
            kind: kind.into(),
            origin,
            logged_seconds,
            law,
            engine: engine.to_owned(),
            documents,
        };
        entry.check()?;
        match entry.to_bytes().len() {
            size if size > ENTRY_SIZE_MAX_BYTES => Err(EntryError::TooLarge(size)),
            _ => Ok(entry),
        }
    }

    /// Reads an entry of any kind from its exact bytes.
    ///
    /// # Errors
    /// [`EntryError`] for anything but a canonical entry of version 1.
    pub fn parse(bytes: &[u8]) -> Result<Entry, EntryError> {
        if bytes.len() > ENTRY_SIZE_MAX_BYTES {
            return Err(EntryError::TooLarge(bytes.len()));
        }
        let json = Json::parse_canonical(bytes).map_err(|_| EntryError::NotCanonical)?;
        let members = json.as_object().ok_or(EntryError::NotCanonical)?;
        match members.get("v") {
            Some(Json::Int(ENTRY_VERSION)) => {}
            Some(Json::Int(other)) => return Err(EntryError::Version(*other)),
            _ => return Err(EntryError::Member("v")),
        }
        let law = match (members.get("law"), members.get("semantics")) {
            (None, None) => None,
            (Some(manifest), Some(semantics)) => Some(LawUsed {
                manifest: parsed(manifest, "law")?,
                semantics: semantics.as_text().ok_or(EntryError::Member("semantics"))?.to_owned(),
            }),
            (_, None) => return Err(EntryError::Member("semantics")),
            (None, _) => return Err(EntryError::Member("law")),
        };
        let known = if law.is_some() { 8 } else { 6 };
        let entry = Entry {
            kind: parsed(member(members, "kind")?, "kind")?,
            origin: parsed(member(members, "origin")?, "origin")?,
            logged_seconds: seconds(member(members, "logged")?)?,
            law,
            engine: text(member(members, "engine")?, "engine")?.to_owned(),
            documents: documents(member(members, "documents")?)?,
        };
        // An additional member would be signed by the log and read by nobody.
        if members.len() != known {
            return Err(EntryError::Member("v"));
        }
        entry.check()?;
        Ok(entry)
    }

    fn check(&self) -> Result<(), EntryError> {
        if !is_label(&self.engine) {
            return Err(EntryError::Member("engine"));
        }
        if self.law.as_ref().is_some_and(|law| !is_label(&law.semantics)) {
            return Err(EntryError::Member("semantics"));
        }
        if !(0..=SECONDS_MAX).contains(&self.logged_seconds) {
            return Err(EntryError::Member("logged"));
        }
        if self.documents.len() > DOCUMENT_COUNT_MAX {
            return Err(EntryError::Member("documents"));
        }
        let names: BTreeSet<&DocumentName> = self.documents.iter().map(|document| &document.name).collect();
        if names.len() != self.documents.len() {
            return Err(EntryError::DocumentTwice);
        }
        Ok(())
    }

    /// The leaf's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let document = |document: &DocumentCommitment| {
            Json::object([
                ("name", Json::text(document.name.as_str())),
                ("commitment", Json::text(document.commitment.to_string())),
            ])
        };
        let mut members = vec![
            ("v", Json::Int(ENTRY_VERSION)),
            ("kind", Json::text(self.kind.as_str())),
            ("origin", Json::text(self.origin.to_string())),
            ("logged", Json::Int(self.logged_seconds)),
            ("engine", Json::text(self.engine.as_str())),
            ("documents", Json::List(self.documents.iter().map(document).collect())),
        ];
        if let Some(law) = &self.law {
            members.push(("law", Json::text(law.manifest.to_string())));
            members.push(("semantics", Json::text(law.semantics.as_str())));
        }
        Json::object(members).to_bytes()
    }

    /// Its kind, perhaps of a later version.
    #[must_use]
    pub fn kind(&self) -> &KindName {
        &self.kind
    }

    /// The log it was written for.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// When it was logged, Unix seconds.
    #[must_use]
    pub fn logged_seconds(&self) -> i64 {
        self.logged_seconds
    }

    /// The law it was decided by.
    #[must_use]
    pub fn law(&self) -> Option<&LawUsed> {
        self.law.as_ref()
    }

    /// Name and version of the program that decided or wrote.
    #[must_use]
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// Its documents in order.
    #[must_use]
    pub fn documents(&self) -> &[DocumentCommitment] {
        &self.documents
    }

    /// The commitment of a document.
    #[must_use]
    pub fn commitment_of(&self, name: &str) -> Option<Hash> {
        let document = self.documents.iter().find(|document| document.name.as_str() == name)?;
        Some(document.commitment)
    }
}

/// The year 9999, the last that every reader of dates knows.
const SECONDS_MAX: i64 = 253_402_300_799;

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.len() <= LABEL_SIZE_MAX_BYTES && text.bytes().all(|b| b.is_ascii_graphic())
}

fn member<'a>(members: &'a BTreeMap<String, Json>, name: &'static str) -> Result<&'a Json, EntryError> {
    members.get(name).ok_or(EntryError::Member(name))
}

fn text<'a>(json: &'a Json, name: &'static str) -> Result<&'a str, EntryError> {
    json.as_text().ok_or(EntryError::Member(name))
}

fn parsed<T: std::str::FromStr>(json: &Json, name: &'static str) -> Result<T, EntryError> {
    text(json, name)?.parse().map_err(|_| EntryError::Member(name))
}

fn seconds(json: &Json) -> Result<i64, EntryError> {
    if let Json::Int(seconds) = json {
        Ok(*seconds)
    } else {
        Err(EntryError::Member("logged"))
    }
}

fn documents(json: &Json) -> Result<Vec<DocumentCommitment>, EntryError> {
    let document = |json: &Json| {
        let members = json.as_object().filter(|members| members.len() == 2);
        let members = members.ok_or(EntryError::Member("documents"))?;
        Ok(DocumentCommitment {
            name: parsed(member(members, "name")?, "name")?,
            commitment: parsed(member(members, "commitment")?, "commitment")?,
        })
    };
    json.as_list()
        .ok_or(EntryError::Member("documents"))?
        .iter()
        .map(document)
        .collect()
}
