//! Commitments: how an entry names a document without saying anything about it.

use super::super::Hash;
use super::super::entropy::{Entropy, EntropyError, draw};
use super::super::hash::Parts;
use super::documents::{DOCUMENT_NAME_SIZE_MAX_BYTES, DocumentName};

/// Keeps commitments apart from every other use of SHA-256.
const DOMAIN: &[u8] = b"doudi/commit/v1\x00";

/// 32 random bytes, new for each document, so that nobody can guess its content.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; Salt::SIZE_BYTES]);

impl Salt {
    /// Length of a salt.
    pub const SIZE_BYTES: usize = 32;

    /// A new salt.
    ///
    /// # Errors
    /// [`EntropyError`] from the source.
    pub fn draw(entropy: &mut dyn Entropy) -> Result<Salt, EntropyError> {
        draw(entropy).map(Salt)
    }

    /// The salt of an opened document.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Salt::SIZE_BYTES]) -> Salt {
        Salt(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Salt::SIZE_BYTES] {
        &self.0
    }
}

/// Prints nothing of the salt: with it a short document could be guessed from its commitment.
impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// SHA-256("doudi/commit/v1" || 0x00 || one byte length of the name || name || salt || document).
#[must_use]
pub fn commitment(name: &DocumentName, salt: &Salt, document: &[u8]) -> Hash {
    commitment_named(name.as_str(), salt, document)
}

/// [`commitment`] of a document whose name was checked where it stands.
pub(in crate::log) fn commitment_named(name: &str, salt: &Salt, document: &[u8]) -> Hash {
    let length = length_of(name);
    let [domain, length, name, salt] = head(&length, name, salt);
    Hash::of_parts(&[domain, length, name, salt, document])
}

/// The commitment of each document, in their order.
pub(in crate::log) fn commitments_named(documents: &[(&str, &Salt, &[u8])]) -> Vec<Hash> {
    let mut heads = Vec::with_capacity(documents.len() * HEAD_SIZE_MAX_BYTES);
    let ends: Vec<usize> = documents
        .iter()
        .map(|(name, salt, _)| {
            for part in head(&length_of(name), name, salt) {
                heads.extend_from_slice(part);
            }
            heads.len()
        })
        .collect();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let messages: Vec<Parts<'_>> = starts
        .zip(&ends)
        .zip(documents)
        .map(|((start, end), (_, _, document))| [&heads[start..*end], document, &[]])
        .collect();
    Hash::of_many(&messages)
}

/// Most bytes before a document.
const HEAD_SIZE_MAX_BYTES: usize = DOMAIN.len() + 1 + DOCUMENT_NAME_SIZE_MAX_BYTES + Salt::SIZE_BYTES;

/// What is hashed before a document.
fn head<'a>(length: &'a [u8; 1], name: &'a str, salt: &'a Salt) -> [&'a [u8]; 4] {
    [DOMAIN, length, name.as_bytes(), salt.as_bytes()]
}

fn length_of(name: &str) -> [u8; 1] {
    [u8::try_from(name.len()).expect("a document name has at most 32 bytes")]
}
