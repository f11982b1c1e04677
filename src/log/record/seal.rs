//! Sealing: a document as only the holder of its data key can read it.

use super::super::entropy::{Entropy, EntropyError, draw};
use super::super::{Hash, RecordId};
use super::commit::{Salt, commitment};
use super::data_key::{AEAD_OVERHEAD_BYTES, DataKey};
use super::documents::DocumentName;
use crate::area::AreaCode;

/// Largest document: a policy of the nation with its source is far below, a household's facts too.
pub const DOCUMENT_SIZE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Keeps sealed documents apart from everything else that a data key encrypts.
const DOMAIN: &[u8] = b"doudi/seal/v1";

/// Where a document belongs; it opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The area of the log.
    pub area: AreaCode,
    /// The record.
    pub record_id: RecordId,
    /// The document's name.
    pub name: &'a DocumentName,
}

/// An opened document.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The salt that opens its commitment.
    pub salt: Salt,
    /// The exact bytes committed to.
    pub content: Vec<u8>,
}

/// Prints no content: documents hold personal data.
impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({} bytes)", self.content.len())
    }
}

/// Why stored bytes do not open to the document committed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too short to hold a salt and what sealing adds.
    #[error("the stored document is cut off: restore it or run fsck")]
    Truncated,
    /// The key, the place or a byte is not that of the sealing.
    #[error("the sealed document does not open with this key at this place: run fsck")]
    NotAuthentic,
    /// It opens, but to other bytes than the entry commits to.
    #[error("the document does not match its commitment: run fsck")]
    Commitment,
}

impl Place<'_> {
    /// "doudi/seal/v1" || area || record_id || name || commitment. All but the name have one
    /// length (the area six digits), so no two places share these bytes.
    fn associated_data(&self, commitment: &Hash) -> Vec<u8> {
        let area = self.area.without_township().to_string();
        [
            DOMAIN,
            area.as_bytes(),
            self.record_id.as_bytes(),
            self.name.as_str().as_bytes(),
            commitment.as_bytes(),
        ]
        .concat()
    }
}

/// Seals a document: nonce || AES-256-GCM(key, nonce, place and commitment, salt || document).
///
/// Gives the commitment for the entry and the bytes to store.
///
/// # Errors
/// [`EntropyError`] if there is no nonce.
pub fn seal(
    key: &DataKey,
    place: Place<'_>,
    salt: &Salt,
    document: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<(Hash, Vec<u8>), EntropyError> {
    let commitment = commitment(place.name, salt, document);
    let plain = zeroize::Zeroizing::new([salt.as_bytes(), document].concat());
    let sealed = key.encrypt(&draw(entropy)?, &place.associated_data(&commitment), &plain);
    Ok((commitment, sealed))
}

/// Opens a sealed document and checks it against the entry's commitment.
///
/// # Errors
/// [`OpenError`].
pub fn open(key: &DataKey, place: Place<'_>, committed: &Hash, sealed: &[u8]) -> Result<Opened, OpenError> {
    if sealed.len() < AEAD_OVERHEAD_BYTES + Salt::SIZE_BYTES {
        return Err(OpenError::Truncated);
    }
    let plain = key
        .decrypt(&place.associated_data(committed), sealed)
        .ok_or(OpenError::NotAuthentic)?;
    open_public(place.name, committed, &plain)
}

/// The stored bytes of a public document: salt || document.
#[must_use]
pub fn publish(name: &DocumentName, salt: &Salt, document: &[u8]) -> (Hash, Vec<u8>) {
    (commitment(name, salt, document), [salt.as_bytes(), document].concat())
}

/// Reads a public document and checks it against the entry's commitment.
///
/// # Errors
/// [`OpenError::Truncated`] or [`OpenError::Commitment`].
pub fn open_public(name: &DocumentName, committed: &Hash, stored: &[u8]) -> Result<Opened, OpenError> {
    let (salt, content) = stored.split_first_chunk().ok_or(OpenError::Truncated)?;
    let salt = Salt::from_bytes(*salt);
    if commitment(name, &salt, content) == *committed {
        Ok(Opened {
            salt,
            content: content.to_vec(),
        })
    } else {
        Err(OpenError::Commitment)
    }
}
