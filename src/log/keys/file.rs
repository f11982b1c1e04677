//! The key file: canonical or spaced JSON, secrets in base64.
//!
//! `{"v":1,"keys":[{"purpose":"log-signing","version":1,"id":"8 hex digits","secret":"base64"}]}`

use base64::prelude::{BASE64_STANDARD, Engine as _};
use zeroize::{Zeroize as _, Zeroizing};

use super::ring::{KeyPurpose, KeyRing, ServiceKey};
use crate::canonical::Json;

/// Largest key file: a thousand versions are far below.
pub const KEY_FILE_SIZE_MAX_BYTES: usize = 1024 * 1024;

/// Version of the format.
const VERSION: i64 = 1;

/// Why a text is not a key file. Never quotes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileFormatError {
    /// Not JSON of version 1.
    #[error("not a key file of version 1: make one with `doudi keys create FILE`")]
    Shape,
    /// One of its keys is malformed.
    #[error("key {0} of the key file is malformed: purpose, version from 1, id and 32 bytes in base64 are wanted")]
    Key(usize),
    /// The id does not belong to the secret.
    #[error("key {0} of the key file has an id that does not belong to its secret: restore the file")]
    Id(usize),
    /// A purpose has no key.
    #[error("the key file has no key for {0}: restore the file, a new key would not open what the old one sealed")]
    Absent(&'static str),
    /// A purpose has a version twice, or two purposes share a secret.
    #[error("key {0} of the key file repeats another one's version or secret: each key is its own")]
    Repeated(usize),
}

impl KeyRing {
    /// Reads a key file.
    ///
    /// # Errors
    /// [`KeyFileFormatError`].
    pub fn parse(bytes: &[u8]) -> Result<KeyRing, KeyFileFormatError> {
        if bytes.len() > KEY_FILE_SIZE_MAX_BYTES {
            return Err(KeyFileFormatError::Shape);
        }
        let mut json = Json::parse(bytes).map_err(|_| KeyFileFormatError::Shape)?;
        let ring = from_json(&json);
        wipe(&mut json);
        ring
    }

    /// The text of the key file.
    #[must_use]
    pub fn to_file(&self) -> Zeroizing<Vec<u8>> {
        let key = |key: &ServiceKey| {
            Json::object([
                ("purpose", Json::text(key.purpose.name())),
                ("version", Json::Int(i64::from(key.version))),
                ("id", Json::text(key.id())),
                ("secret", Json::text(BASE64_STANDARD.encode(*key.secret))),
            ])
        };
        let keys = Json::List(self.0.iter().map(key).collect());
        let mut json = Json::object([("v", Json::Int(VERSION)), ("keys", keys)]);
        let mut bytes = Zeroizing::new(json.to_bytes());
        wipe(&mut json);
        bytes.push(b'\n');
        bytes
    }
}

fn from_json(json: &Json) -> Result<KeyRing, KeyFileFormatError> {
    if json.get("v") != Some(&Json::Int(VERSION)) || json.as_object().is_none_or(|members| members.len() != 2) {
        return Err(KeyFileFormatError::Shape);
    }
    let mut ring = KeyRing(Vec::new());
    let list = json
        .get("keys")
        .and_then(Json::as_list)
        .ok_or(KeyFileFormatError::Shape)?;
    for (at, json) in (1..).zip(list) {
        let key = key_from(json).ok_or(KeyFileFormatError::Key(at))?;
        if json.get("id").and_then(Json::as_text) != Some(key.id().as_str()) {
            return Err(KeyFileFormatError::Id(at));
        }
        let repeats = |other: &ServiceKey| {
            *other.secret == *key.secret || (other.purpose == key.purpose && other.version == key.version)
        };
        if ring.0.iter().any(repeats) {
            return Err(KeyFileFormatError::Repeated(at));
        }
        ring.0.push(key);
    }
    for purpose in KeyPurpose::ALL {
        if !ring.0.iter().any(|key| key.purpose == purpose) {
            return Err(KeyFileFormatError::Absent(purpose.name()));
        }
    }
    Ok(ring)
}

fn key_from(json: &Json) -> Option<ServiceKey> {
    if json.as_object()?.len() != 4 {
        return None;
    }
    let purpose = json.get("purpose")?.as_text()?;
    let version = u32::try_from(json.get("version")?.as_integer()?)
        .ok()
        .filter(|version| *version > 0)?;
    let secret = Zeroizing::new(BASE64_STANDARD.decode(json.get("secret")?.as_text()?).ok()?);
    Some(ServiceKey {
        purpose: KeyPurpose::ALL.into_iter().find(|known| known.name() == purpose)?,
        version,
        secret: Zeroizing::new(secret.as_slice().try_into().ok()?),
    })
}

/// Overwrites every string, since any may be a secret.
fn wipe(json: &mut Json) {
    match json {
        Json::Text(text) => text.zeroize(),
        Json::List(items) => items.iter_mut().for_each(wipe),
        Json::Object(members) => members.values_mut().for_each(wipe),
        Json::Bool(_) | Json::Int(_) => {}
    }
}
