//! The key file: canonical or spaced JSON, secrets in base64.
//!
//! `{"v":1,"keys":[{"purpose":"log-signing","version":1,"id":"8 hex digits","secret":"base64"}]}`; a version of
//! `log-signing` whose secret is lost has `public` in the place of `id` and `secret`. The newest version is in use; with
//! `"standby":true` beside the others it is not yet, and the one before it is. A server that does not know this member
//! refuses the file rather than use the key too early.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::VerifyingKey;
use zeroize::{Zeroize as _, Zeroizing};

use super::ring::{KeyPurpose, KeyRing, LostKey, ServiceKey};
use crate::canonical::Json;

/// Largest key file: a thousand versions are far below.
pub const KEY_FILE_SIZE_MAX_BYTES: usize = 1024 * 1024;

/// Version of the format.
const VERSION: i64 = 1;

/// The member of a version that is on standby.
const STANDBY: &str = "standby";

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
    /// A version on standby that cannot be.
    #[error(
        "key {0} of the key file is on standby, and is not the one newest version beside one in use, or signs the logs: \
         restore the file"
    )]
    Standby(usize),
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
        read(bytes, &[])
    }

    /// The text of the key file.
    #[must_use]
    pub fn to_file(&self) -> Zeroizing<Vec<u8>> {
        let key = |key: &ServiceKey| {
            let members = [
                ("purpose", Json::text(key.purpose.name())),
                ("version", Json::Int(i64::from(key.version))),
                ("id", Json::text(key.id())),
                ("secret", Json::text(BASE64_STANDARD.encode(*key.secret))),
            ];
            // Of a key in use nothing is said: such a file is the same as before there was a standby.
            let standby = key.standby.then_some((STANDBY, Json::Bool(true)));
            Json::object(members.into_iter().chain(standby))
        };
        let lost = |key: &LostKey| {
            Json::object([
                ("purpose", Json::text(KeyPurpose::LogSigning.name())),
                ("version", Json::Int(i64::from(key.version))),
                ("public", Json::text(BASE64_STANDARD.encode(key.public))),
            ])
        };
        let keys = self.0.iter().map(key).chain(self.1.iter().map(lost));
        let keys = Json::List(keys.collect());
        let mut json = Json::object([("v", Json::Int(VERSION)), ("keys", keys)]);
        let mut bytes = Zeroizing::new(json.to_bytes());
        wipe(&mut json);
        bytes.push(b'\n');
        bytes
    }
}

/// Reads a key file that may lack the key that signs logs.
pub(super) fn without_signing(bytes: &[u8]) -> Result<KeyRing, KeyFileFormatError> {
    if bytes.len() > KEY_FILE_SIZE_MAX_BYTES {
        return Err(KeyFileFormatError::Shape);
    }
    read(bytes, &[KeyPurpose::LogSigning])
}

fn read(bytes: &[u8], may_lack: &[KeyPurpose]) -> Result<KeyRing, KeyFileFormatError> {
    let mut json = Json::parse(bytes).map_err(|_| KeyFileFormatError::Shape)?;
    let ring = from_json(&json, may_lack);
    wipe(&mut json);
    ring
}

fn from_json(json: &Json, may_lack: &[KeyPurpose]) -> Result<KeyRing, KeyFileFormatError> {
    if json.get("v") != Some(&Json::Int(VERSION)) || json.as_object().is_none_or(|members| members.len() != 2) {
        return Err(KeyFileFormatError::Shape);
    }
    let mut ring = KeyRing(Vec::new(), Vec::new());
    let mut waiting = Vec::new();
    let list = json
        .get("keys")
        .and_then(Json::as_list)
        .ok_or(KeyFileFormatError::Shape)?;
    for (at, json) in (1..).zip(list) {
        if json.get("public").is_some() {
            let lost = lost_from(json).ok_or(KeyFileFormatError::Key(at))?;
            let repeats = |other: &LostKey| other.version == lost.version || other.public == lost.public;
            if ring.1.iter().any(repeats) {
                return Err(KeyFileFormatError::Repeated(at));
            }
            ring.1.push(lost);
            continue;
        }
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
        if key.standby {
            waiting.push((at, ring.0.len()));
        }
        ring.0.push(key);
    }
    for purpose in KeyPurpose::ALL {
        if !may_lack.contains(&purpose) && !ring.0.iter().any(|key| key.purpose == purpose) {
            return Err(KeyFileFormatError::Absent(purpose.name()));
        }
    }
    for (at, key) in waiting {
        if !may_stand_by(&ring.0[key], &ring) {
            return Err(KeyFileFormatError::Standby(at));
        }
    }
    Ok(ring)
}

/// Whether a version is in use beside this one, and this is the newest; the key that signs a log is never rotated.
fn may_stand_by(key: &ServiceKey, ring: &KeyRing) -> bool {
    let of_purpose = ring.0.iter().filter(|other| other.purpose == key.purpose);
    let mut others = of_purpose.filter(|other| other.version != key.version).peekable();
    let rotates = key.purpose != KeyPurpose::LogSigning;
    rotates && others.peek().is_some() && others.all(|other| other.version < key.version && !other.standby)
}

fn key_from(json: &Json) -> Option<ServiceKey> {
    let standby = match json.get(STANDBY) {
        None => false,
        Some(said) => *said == Json::Bool(true),
    };
    if json.as_object()?.len() != if standby { 5 } else { 4 } {
        return None;
    }
    let purpose = json.get("purpose")?.as_text()?;
    let version = version_from(json)?;
    let secret = Zeroizing::new(BASE64_STANDARD.decode(json.get("secret")?.as_text()?).ok()?);
    Some(ServiceKey {
        purpose: KeyPurpose::ALL.into_iter().find(|known| known.name() == purpose)?,
        version,
        standby,
        secret: Zeroizing::new(secret.as_slice().try_into().ok()?),
    })
}

fn lost_from(json: &Json) -> Option<LostKey> {
    if json.as_object()?.len() != 3 || json.get("purpose")?.as_text()? != KeyPurpose::LogSigning.name() {
        return None;
    }
    let public = BASE64_STANDARD.decode(json.get("public")?.as_text()?).ok()?;
    Some(LostKey {
        version: version_from(json)?,
        public: VerifyingKey::from_bytes(public.as_slice().try_into().ok()?).ok()?,
    })
}

fn version_from(json: &Json) -> Option<u32> {
    u32::try_from(json.get("version")?.as_integer()?)
        .ok()
        .filter(|version| *version > 0)
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
