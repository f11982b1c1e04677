//! Names, ids and public keys of those who sign notes.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, VerifyingKey};

use super::super::Hash;

/// Longest key name; an origin is a key name.
pub const KEY_NAME_SIZE_MAX_BYTES: usize = 255;

/// Type byte of an Ed25519 key and signature.
pub const TYPE_ED25519: u8 = 0x01;

/// First byte of types that C2SP has not assigned. The national algorithm SM2 is reserved as
/// `0xff || "<our domain>/sm2-sm3/v1\n"`; a verifier that does not know it ignores its lines.
pub const TYPE_UNASSIGNED: u8 = 0xff;

/// The name of a key: no spaces, no plus sign, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(String);

/// The first four bytes of SHA-256(name || newline || type || key).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId([u8; 4]);

/// A public key that notes are checked with, written `name+id+base64(type||key)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    key: VerifyingKey,
}

/// Why a text is not a usable key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is empty, too long, or has a space, a plus sign or a control character.
    #[error("not a key name: give 1 to 255 bytes without spaces, '+' and control characters")]
    Name,
    /// The text has not the three parts of a verifier key.
    #[error("not a verifier key: give name+8 hex digits+base64, as `doudi keys public` prints it")]
    Shape,
    /// The id was not made from this name and key.
    #[error("the key id does not belong to this name and key: copy the whole verifier key again")]
    Id,
    /// The key is of another type than Ed25519.
    #[error("key type {0:#04x} cannot be verified here: give the Ed25519 key of the log")]
    Type(u8),
    /// The bytes are no point of the curve.
    #[error("not an Ed25519 public key: copy the whole verifier key again")]
    Point,
}

impl KeyName {
    /// A checked name.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn new(name: impl Into<String>) -> Result<KeyName, KeyError> {
        let name = name.into();
        let bad = |c: char| c.is_whitespace() || c == '+' || c.is_control();
        if name.is_empty() || name.len() > KEY_NAME_SIZE_MAX_BYTES || name.chars().any(bad) {
            return Err(KeyError::Name);
        }
        Ok(KeyName(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyId {
    /// The id of a key of that type under that name.
    #[must_use]
    pub fn of(name: &KeyName, signature_type: &[u8], key: &[u8]) -> KeyId {
        let digest = Hash::of_parts(&[name.0.as_bytes(), b"\n", signature_type, key]);
        let [a, b, c, d, ..] = *digest.as_bytes();
        KeyId([a, b, c, d])
    }

    /// The id that stands before a signature.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 4]) -> KeyId {
        KeyId(bytes)
    }

    /// The four bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl VerifierKey {
    /// The key under a name.
    #[must_use]
    pub fn ed25519(name: KeyName, key: VerifyingKey) -> VerifierKey {
        VerifierKey {
            id: KeyId::of(&name, &[TYPE_ED25519], key.as_bytes()),
            name,
            key,
        }
    }

    /// The name, for a log's key its origin.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The 32 bytes of the key itself: two keys are one if these are equal, whatever their names.
    #[must_use]
    pub fn key_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The key itself.
    #[must_use]
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Whether `signature` is this key's over `text`. Strict: one message has few valid spellings,
    /// and keys of small order never verify.
    #[must_use]
    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, &self.name, TYPE_ED25519, &self.key)
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, key) = parse(text, TYPE_ED25519)?;
        Ok(VerifierKey::ed25519(name, key))
    }
}

/// Writes a key of a type: `name+id+base64(type||key)`.
pub(super) fn write(f: &mut fmt::Formatter<'_>, name: &KeyName, signature_type: u8, key: &VerifyingKey) -> fmt::Result {
    let id = KeyId::of(name, &[signature_type], key.as_bytes());
    let typed = [[signature_type].as_slice(), key.as_bytes()].concat();
    write!(f, "{name}+{id}+{}", BASE64_STANDARD.encode(typed))
}

/// Reads a key of a type.
pub(super) fn parse(text: &str, wanted: u8) -> Result<(KeyName, VerifyingKey), KeyError> {
    // From the left, because base64 may hold a plus sign and a name may not.
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(typed)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Shape);
    };
    let name = KeyName::new(name)?;
    let typed = BASE64_STANDARD.decode(typed).map_err(|_| KeyError::Shape)?;
    let (signature_type, key) = typed.split_first().ok_or(KeyError::Shape)?;
    if KeyId::of(&name, &[*signature_type], key).to_string() != id {
        return Err(KeyError::Id);
    }
    if *signature_type != wanted {
        return Err(KeyError::Type(*signature_type));
    }
    let key = key.try_into().map_err(|_| KeyError::Point)?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| KeyError::Point)?;
    Ok((name, key))
}
