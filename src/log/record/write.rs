//! Writing a record's documents: the right ones for the kind, committed to, sealed or public.

use super::super::entropy::{Entropy, EntropyError};
use super::super::{Hash, RecordId};
use super::commit::Salt;
use super::data_key::{DataKey, KeyRef};
use super::documents::{DocumentName, Protection, slots};
use super::kind::EntryKind;
use super::seal::{DOCUMENT_SIZE_MAX_BYTES, Place, publish, seal};
use crate::area::AreaCode;

/// The two data keys of a case.
#[derive(Clone, Debug)]
pub struct CaseKeys {
    /// Opens identities; destroyed first.
    pub identity: (KeyRef, DataKey),
    /// Opens everything else of the case.
    pub content: (KeyRef, DataKey),
}

/// A document as it is stored and committed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenDocument {
    /// Its name.
    pub name: DocumentName,
    /// Its commitment, for the entry.
    pub commitment: Hash,
    /// The data key that opens it; none for a public one.
    pub key_ref: Option<KeyRef>,
    /// The bytes to store.
    pub stored: Vec<u8>,
    /// The salt, for the acknowledgement.
    pub salt: Salt,
}

/// Why documents cannot be written. Nothing was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The kind is reserved and has no documents yet.
    #[error("entries of kind {0} are reserved: their documents are not defined in this version")]
    Reserved(EntryKind),
    /// A document of the kind is absent.
    #[error("an entry of kind {kind} needs the document `{name}`")]
    Absent {
        /// The kind.
        kind: EntryKind,
        /// The document.
        name: &'static str,
    },
    /// A document does not belong to the kind, or is given twice.
    #[error("an entry of kind {0} has no place for one of the documents: see src/log/FORMAT.md")]
    Unexpected(EntryKind),
    /// A sealed document without the keys of a case.
    #[error("the document `{0}` is sealed and needs the data keys of its case or entry")]
    NoKeys(&'static str),
    /// A document is larger than [`DOCUMENT_SIZE_MAX_BYTES`].
    #[error("the document `{0}` is larger than {DOCUMENT_SIZE_MAX_BYTES} bytes: send less history or evidence")]
    TooLarge(&'static str),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Commits to the documents of a new record and seals those that are not public, in the order of
/// the kind's slots. `documents` are names and exact bytes in any order.
///
/// # Errors
/// [`WriteError`].
pub fn write_documents(
    kind: EntryKind,
    area: AreaCode,
    record_id: RecordId,
    documents: &[(&str, &[u8])],
    keys: Option<&CaseKeys>,
    entropy: &mut dyn Entropy,
) -> Result<Vec<WrittenDocument>, WriteError> {
    write_documents_of(
        kind,
        area,
        record_id,
        documents,
        RecordKeys { case: keys, own: None },
        entropy,
    )
}

/// The keys that a record's documents are sealed with.
#[derive(Clone, Copy, Default)]
pub struct RecordKeys<'a> {
    /// Those of its case.
    pub case: Option<&'a CaseKeys>,
    /// One of the entry's own.
    pub own: Option<&'a (KeyRef, DataKey)>,
}

/// [`write_documents`], also for kinds that seal with a key of the entry's own.
///
/// # Errors
/// [`WriteError`].
pub fn write_documents_of(
    kind: EntryKind,
    area: AreaCode,
    record_id: RecordId,
    documents: &[(&str, &[u8])],
    keys: RecordKeys<'_>,
    entropy: &mut dyn Entropy,
) -> Result<Vec<WrittenDocument>, WriteError> {
    let slots = slots(kind).ok_or(WriteError::Reserved(kind))?;
    let mut written = Vec::with_capacity(documents.len());
    for slot in slots {
        let Some((_, content)) = documents.iter().find(|(name, _)| *name == slot.name) else {
            if slot.optional {
                continue;
            }
            return Err(WriteError::Absent { kind, name: slot.name });
        };
        if content.len() > DOCUMENT_SIZE_MAX_BYTES {
            return Err(WriteError::TooLarge(slot.name));
        }
        let name: DocumentName = slot.name.parse().expect("the names of slots are document names");
        let salt = Salt::draw(entropy)?;
        let key = match slot.protection {
            Protection::Public => None,
            Protection::Identity => Some(&keys.case.ok_or(WriteError::NoKeys(slot.name))?.identity),
            Protection::Content => Some(&keys.case.ok_or(WriteError::NoKeys(slot.name))?.content),
            Protection::Entry => Some(keys.own.ok_or(WriteError::NoKeys(slot.name))?),
        };
        let (commitment, stored) = match key {
            None => publish(&name, &salt, content),
            Some((_, key)) => {
                let place = Place {
                    area,
                    record_id,
                    name: &name,
                };
                seal(key, place, &salt, content, entropy)?
            }
        };
        written.push(WrittenDocument {
            name,
            commitment,
            key_ref: key.map(|(key_ref, _)| *key_ref),
            stored,
            salt,
        });
    }
    // Every slot took at most one, so a document given twice or without a slot is left over.
    if written.len() == documents.len() {
        Ok(written)
    } else {
        Err(WriteError::Unexpected(kind))
    }
}
