//! Commitments: how an entry names a document without saying anything about it.

use super::super::Hash;
use super::super::entropy::{Entropy, EntropyError, draw};
use super::documents::DocumentName;

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
    let name = name.as_bytes();
    let length = u8::try_from(name.len()).expect("a document name has at most 32 bytes");
    Hash::of_parts(&[DOMAIN, &[length], name, salt.as_bytes(), document])
}
