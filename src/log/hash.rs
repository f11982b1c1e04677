//! A SHA-256 digest: 32 bytes, hex in JSON and for people, base64 in C2SP texts.

mod many;

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
pub use many::Parts;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; Hash::SIZE_BYTES]);

/// The text or bytes are not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest: give 32 bytes as 64 lower-case hex digits or as 44 characters of base64")]
pub struct HashError;

impl Hash {
    /// Length of a digest.
    pub const SIZE_BYTES: usize = 32;

    /// The digest with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Hash::SIZE_BYTES]) -> Hash {
        Hash(bytes)
    }

    /// Length of its lower-case hex.
    pub const HEX_SIZE_BYTES: usize = 2 * Hash::SIZE_BYTES;

    /// Reads lower-case hex; none for anything else.
    #[must_use]
    pub fn from_hex(digits: &[u8; Hash::HEX_SIZE_BYTES]) -> Option<Hash> {
        let mut bytes = [0; Hash::SIZE_BYTES];
        let mut wrong = 0;
        for (byte, [high, low]) in bytes.iter_mut().zip(digits.as_chunks().0) {
            let (high, low) = (NIBBLES[usize::from(*high)], NIBBLES[usize::from(*low)]);
            wrong |= high | low;
            *byte = high << 4 | low & 0xf;
        }
        (wrong & NO_NIBBLE == 0).then_some(Hash(bytes))
    }

    /// The digest with these bytes.
    ///
    /// # Errors
    /// [`HashError`] for another length than 32.
    pub fn from_slice(bytes: &[u8]) -> Result<Hash, HashError> {
        bytes.try_into().map(Hash).map_err(|_| HashError)
    }

    /// SHA-256 of the concatenated parts.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Hash {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part);
        }
        Hash(digest.finalize().into())
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Hash {
        Hash::of_parts(&[bytes])
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Hash::SIZE_BYTES] {
        &self.0
    }

    /// Standard base64 with padding, as C2SP texts write a hash.
    #[must_use]
    pub fn to_base64(&self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// Reads [`Hash::to_base64`].
    ///
    /// # Errors
    /// [`HashError`] for anything else.
    pub fn from_base64(text: &str) -> Result<Hash, HashError> {
        Hash::from_slice(&BASE64_STANDARD.decode(text).map_err(|_| HashError)?)
    }
}

/// Reads lower-case hex, the one spelling of JSON.
impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let digits = text.as_bytes().try_into().map_err(|_| HashError)?;
        Hash::from_hex(digits).ok_or(HashError)
    }
}

/// What is no lower-case hex digit.
const NO_NIBBLE: u8 = 0x80;

/// The values of hex digits: a bundle has millions of them, and a table takes no branches.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [NO_NIBBLE; 256];
    let digits = b"0123456789abcdef";
    let mut value = 0;
    while value < 16 {
        nibbles[digits[value as usize] as usize] = value;
        value += 1;
    }
    nibbles
};

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_base64_read_back_and_have_one_spelling() {
        let hash = Hash::of(b"abc");
        assert_eq!(
            hash.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
        assert_eq!(hash.to_string().to_uppercase().parse::<Hash>(), Err(HashError));
        assert_eq!(hash.to_string()[2..].parse::<Hash>(), Err(HashError));
        assert_eq!(
            Hash::from_base64(hash.to_base64().trim_end_matches('=')),
            Err(HashError)
        );
        assert_eq!(Hash::of_parts(&[b"a", b"bc"]), hash);
    }
}
