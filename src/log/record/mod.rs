//! A record: the entry that everybody may read, and the documents it commits to.

pub mod commit;
pub mod data_key;
pub mod documents;
pub mod entry;
pub mod kind;
pub mod manifest;
pub mod seal;
pub mod state;
pub mod write;

#[cfg(test)]
mod tests;

pub use commit::{Salt, commitment};
pub use data_key::{DATA_KEY_DOCUMENT_COUNT_MAX, DataKey, KekId, KekIdError, KeyRef, WrapError};
pub use documents::{DocumentName, DocumentNameError, Protection, Slot, slots};
pub use entry::{DocumentCommitment, Entry, EntryError, LawUsed};
pub use kind::{EntryKind, KindName, KindNameError};
pub use manifest::{LawManifest, ManifestError, PublishedDocument};
pub use seal::{DOCUMENT_SIZE_MAX_BYTES, OpenError, Opened, Place, open, open_public, publish, seal};
pub use state::{CaseStatePlace, open_state, seal_state};
pub use write::{CaseKeys, RecordKeys, WriteError, WrittenDocument, write_documents, write_documents_of};
