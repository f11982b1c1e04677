//! The opened documents of a tile, as one file: each with its place, its salt and its bytes.

use super::super::Hash;
use super::super::record::Salt;
use super::super::record::commit::{commitment_named, commitments_named};
use crate::log::record::DOCUMENT_SIZE_MAX_BYTES;

/// Bytes before a document: place, number, length, salt.
pub const DOCUMENT_HEAD_SIZE_BYTES: usize = 1 + 1 + 4 + Salt::SIZE_BYTES;

/// Which document of a tile it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenedPlace {
    /// The entry's place in its tile.
    pub entry: u8,
    /// The document's number in its entry.
    pub document: u8,
}

/// An opened document where it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedDocument<'a> {
    /// Which one.
    pub place: OpenedPlace,
    /// Its salt.
    pub salt: Salt,
    /// Its bytes.
    pub content: &'a [u8],
}

/// The commitment that each document opens under the name that its entry gives it, in their order.
#[must_use]
pub fn commitments<'a>(documents: impl IntoIterator<Item = (&'a str, &'a PlacedDocument<'a>)>) -> Vec<Hash> {
    let parts: Vec<(&str, &Salt, &[u8])> = documents
        .into_iter()
        .map(|(name, document)| (name, &document.salt, document.content))
        .collect();
    commitments_named(&parts)
}

impl PlacedDocument<'_> {
    /// The commitment that it opens under the name that its entry gives it.
    #[must_use]
    pub fn opens(&self, name: &str) -> Hash {
        commitment_named(name, &self.salt, self.content)
    }
}

/// Why bytes are not opened documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentsError {
    /// The bytes end inside a document.
    #[error("ends inside a document")]
    Truncated,
    /// Not ascending, or one twice.
    #[error("has its documents in another order than their entries")]
    Order,
    /// A document larger than any can be.
    #[error("has a document of more than {DOCUMENT_SIZE_MAX_BYTES} bytes")]
    TooLarge,
    /// Nothing in it.
    #[error("is empty: it should not be there")]
    Empty,
}

/// Appends a document. They are given in ascending order.
pub fn encode_document(out: &mut Vec<u8>, place: OpenedPlace, salt: &Salt, content: &[u8]) {
    out.extend_from_slice(&[place.entry, place.document]);
    let length = u32::try_from(content.len()).expect("a document has at most 4 MiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(salt.as_bytes());
    out.extend_from_slice(content);
}

/// Reads the file.
///
/// # Errors
/// [`DocumentsError`].
pub fn decode_documents(mut bytes: &[u8]) -> Result<Vec<PlacedDocument<'_>>, DocumentsError> {
    let mut documents: Vec<PlacedDocument<'_>> = Vec::new();
    while !bytes.is_empty() {
        let (head, rest) = bytes
            .split_first_chunk::<DOCUMENT_HEAD_SIZE_BYTES>()
            .ok_or(DocumentsError::Truncated)?;
        let [entry, document, a, b, c, d, salt @ ..] = *head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length > DOCUMENT_SIZE_MAX_BYTES {
            return Err(DocumentsError::TooLarge);
        }
        let (content, rest) = rest.split_at_checked(length).ok_or(DocumentsError::Truncated)?;
        let place = OpenedPlace { entry, document };
        if documents.last().is_some_and(|before| before.place >= place) {
            return Err(DocumentsError::Order);
        }
        documents.push(PlacedDocument {
            place,
            salt: Salt::from_bytes(salt),
            content,
        });
        bytes = rest;
    }
    if documents.is_empty() {
        Err(DocumentsError::Empty)
    } else {
        Ok(documents)
    }
}
