//! Data keys: two a case, identity and content, each wrapped by a key-encryption key.

use std::fmt;
use std::str::FromStr;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use zeroize::Zeroizing;

use super::super::entropy::{Entropy, EntropyError, draw};

/// Most documents and states that one data key encrypts: random 96-bit nonces stay apart.
pub const DATA_KEY_DOCUMENT_COUNT_MAX: u64 = 1 << 20;

/// What encryption adds: a nonce of 12 bytes before, a tag of 16 bytes after.
pub const AEAD_OVERHEAD_BYTES: usize = NONCE_SIZE_BYTES + 16;

const NONCE_SIZE_BYTES: usize = 12;

/// Keeps wrapped keys apart from everything else that a key-encryption key encrypts.
const WRAP_DOMAIN: &[u8] = b"doudi/wrap/v1\x00";

/// Keeps page tokens apart from everything else.
const TOKEN_DOMAIN: &[u8] = b"doudi/page-token/v1\x00";

/// Longest name of a key-encryption key.
pub const KEK_ID_SIZE_MAX_BYTES: usize = 64;

/// A 256-bit key of AES-GCM. Wiped from memory when dropped, never printed.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

/// The name of a data key: 16 random bytes, which stand in no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyRef([u8; 16]);

/// The name of a key-encryption key with its version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KekId(String);

/// The text is not the name of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a key: 1 to 64 printable ASCII characters, a data key 32 hex digits")]
pub struct KekIdError;

/// A wrapped key does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data key does not unwrap with this key-encryption key: check the key file and its versions")]
pub struct WrapError;

impl DataKey {
    /// A new key.
    ///
    /// # Errors
    /// [`EntropyError`] from the source.
    pub fn draw(entropy: &mut dyn Entropy) -> Result<DataKey, EntropyError> {
        draw(entropy).map(DataKey::from_bytes)
    }

    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> DataKey {
        DataKey(Zeroizing::new(bytes))
    }

    /// The 32 bytes, for a bundle that hands a record to somebody else with the key that opens it.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// nonce || ciphertext || tag.
    pub(super) fn encrypt(&self, nonce: &[u8; NONCE_SIZE_BYTES], aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let payload = Payload { msg: plain, aad };
        let sealed = self.cipher().encrypt(&(*nonce).into(), payload);
        // AES-GCM fails only beyond 64 GiB, and documents are limited to 4 MiB.
        let sealed = sealed.expect("a document is far below the limit of AES-GCM");
        [nonce.as_slice(), &sealed].concat()
    }

    /// The plaintext, if key, associated data and every byte are those of [`DataKey::encrypt`].
    pub(super) fn decrypt(&self, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, msg) = sealed.split_first_chunk::<NONCE_SIZE_BYTES>()?;
        let plain = self.cipher().decrypt(&(*nonce).into(), Payload { msg, aad }).ok()?;
        Some(Zeroizing::new(plain))
    }

    /// Seals a page token under its own domain.
    pub(in crate::log) fn seal_token(
        &self,
        scope: &[u8],
        content: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, EntropyError> {
        Ok(self.encrypt(&draw(entropy)?, &[TOKEN_DOMAIN, scope].concat(), content))
    }

    /// Opens [`DataKey::seal_token`].
    pub(in crate::log) fn open_token(&self, scope: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let content = self.decrypt(&[TOKEN_DOMAIN, scope].concat(), sealed)?;
        Some(content.to_vec())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.0).into())
    }

    /// Wraps this data key with a key-encryption key: nonce || ciphertext || tag, 60 bytes. Both
    /// names are authenticated, so that a wrapped key cannot be passed off as another.
    ///
    /// # Errors
    /// [`EntropyError`] if there is no nonce.
    pub fn wrap(
        &self,
        kek: &DataKey,
        kek_id: &KekId,
        key_ref: KeyRef,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, EntropyError> {
        Ok(kek.encrypt(&draw(entropy)?, &wrap_data(kek_id, key_ref), &*self.0))
    }

    /// Opens [`DataKey::wrap`].
    ///
    /// # Errors
    /// [`WrapError`] if key, names or bytes are others.
    pub fn unwrap_with(kek: &DataKey, kek_id: &KekId, key_ref: KeyRef, wrapped: &[u8]) -> Result<DataKey, WrapError> {
        let plain = kek.decrypt(&wrap_data(kek_id, key_ref), wrapped).ok_or(WrapError)?;
        plain
            .as_slice()
            .try_into()
            .map(DataKey::from_bytes)
            .map_err(|_| WrapError)
    }
}

fn wrap_data(kek_id: &KekId, key_ref: KeyRef) -> Vec<u8> {
    let length = u8::try_from(kek_id.0.len()).expect("the name of a key has at most 64 bytes");
    [WRAP_DOMAIN, &[length], kek_id.0.as_bytes(), &key_ref.0].concat()
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

impl KeyRef {
    /// A new name.
    ///
    /// # Errors
    /// [`EntropyError`] from the source.
    pub fn draw(entropy: &mut dyn Entropy) -> Result<KeyRef, EntropyError> {
        draw(entropy).map(KeyRef)
    }
}

impl fmt::Display for KeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for KeyRef {
    type Err = KekIdError;

    fn from_str(text: &str) -> Result<Self, KekIdError> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| KekIdError)?;
        if hex::encode(bytes) == text {
            Ok(KeyRef(bytes))
        } else {
            Err(KekIdError)
        }
    }
}

impl FromStr for KekId {
    type Err = KekIdError;

    fn from_str(text: &str) -> Result<Self, KekIdError> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        if plain && text.len() <= KEK_ID_SIZE_MAX_BYTES {
            Ok(KekId(text.to_owned()))
        } else {
            Err(KekIdError)
        }
    }
}

impl fmt::Display for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
