//! An item as an entry and as rows, finished when its time and its log are known.

use super::item::{AppendError, Item};
use crate::log::Origin;
use crate::log::record::{DocumentCommitment, Entry, WrittenDocument};
use crate::store::DocumentRow;

impl Item {
    /// The leaf's bytes in this log at this time.
    pub(super) fn entry_bytes(&self, origin: &Origin, logged_seconds: i64) -> Result<Vec<u8>, AppendError> {
        let law = self.law.clone();
        let documents = commitments(&self.documents);
        let entry = Entry::new(self.kind, origin.clone(), logged_seconds, law, &self.engine, documents)?;
        Ok(entry.to_bytes())
    }

    /// The documents as they are stored.
    pub(super) fn document_rows(&self) -> Vec<DocumentRow> {
        document_rows(&self.documents)
    }
}

/// What an entry says of its documents.
pub(super) fn commitments(documents: &[WrittenDocument]) -> Vec<DocumentCommitment> {
    let commitment = |document: &WrittenDocument| DocumentCommitment {
        name: document.name.clone(),
        commitment: document.commitment,
    };
    documents.iter().map(commitment).collect()
}

/// The rows of an entry's documents.
pub(super) fn document_rows(documents: &[WrittenDocument]) -> Vec<DocumentRow> {
    let row = |document: &WrittenDocument| DocumentRow {
        name: document.name.to_string(),
        key_ref: document.key_ref.map(|key_ref| key_ref.to_string()),
        bytes: document.stored.clone(),
    };
    documents.iter().map(row).collect()
}
