//! The key ring: what each key is used for.

use ed25519_dalek::VerifyingKey;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::super::entropy::{Entropy, EntropyError, draw};
use super::super::note::{Ed25519Signer, KeyName, VerifierKey};
use super::super::record::{CaseKeys, DataKey, KekId, KeyRef};
use super::super::{Hash, Origin};
use super::file::{self, KeyFileFormatError};

/// What a key is for. A key is never used for two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPurpose {
    /// Signs checkpoints.
    LogSigning,
    /// Wraps data keys.
    KeyEncryption,
    /// Turns an ID number into the name under which its person is looked up.
    PersonMap,
    /// Digests requests, so that a retry is told from another request under the same id.
    Idempotency,
    /// Authenticates page tokens.
    PageToken,
}

impl KeyPurpose {
    /// Every purpose.
    pub const ALL: [KeyPurpose; 5] = [
        KeyPurpose::LogSigning,
        KeyPurpose::KeyEncryption,
        KeyPurpose::PersonMap,
        KeyPurpose::Idempotency,
        KeyPurpose::PageToken,
    ];

    /// The name in the key file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            KeyPurpose::LogSigning => "log-signing",
            KeyPurpose::KeyEncryption => "key-encryption",
            KeyPurpose::PersonMap => "person-map",
            KeyPurpose::Idempotency => "idempotency",
            KeyPurpose::PageToken => "page-token",
        }
    }
}

/// One version of a key. Wiped from memory when dropped.
#[derive(Clone)]
pub(super) struct ServiceKey {
    pub purpose: KeyPurpose,
    pub version: u32,
    /// Whether it only reads so far: the newest version, until every server knows it.
    pub standby: bool,
    pub secret: Zeroizing<[u8; 32]>,
}

/// A version of the key that signs logs whose secret is lost: it verifies, and signs no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LostKey {
    pub version: u32,
    pub public: VerifyingKey,
}

/// All keys of the service. Of a purpose the highest version that is not on standby is in use; all of them read.
#[derive(Clone)]
pub struct KeyRing(pub(super) Vec<ServiceKey>, pub(super) Vec<LostKey>);

/// Why the key that signs logs is not replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplaceError {
    /// The file cannot be read as a key file without the signing key.
    #[error(transparent)]
    Format(#[from] KeyFileFormatError),
    /// The secret is there.
    #[error(
        "the key that signs the logs is in the file: nothing is lost; where it must not be used any more, \
         take it out of the file first"
    )]
    Present,
    /// The key was replaced before.
    #[error("this key is named as lost already: nothing is done")]
    Named,
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Why a key is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotateError {
    /// Another version waits.
    #[error(
        "version {0} of this key is on standby already: restart every server with this file, then put it in use with \
         `doudi keys activate`"
    )]
    Waiting(u32),
    /// No version waits.
    #[error("no version of this key is on standby: add one with `doudi keys rotate`")]
    NoneWaits,
    /// The key that signs a log is named in its first entry.
    #[error("the key that signs the logs is not rotated: where it is lost, see `doudi keys replace-signing`")]
    Signing,
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// What a version of a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It reads what a server makes that uses it already, and makes nothing new itself.
    Standby,
    /// New things are made with it.
    InUse,
    /// It reads what was made with it.
    Older,
}

/// What may be shown of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySummary {
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Its version, from 1.
    pub version: u32,
    /// Eight hex digits that tell two keys apart and reveal nothing of the secret.
    pub id: String,
    /// What it does.
    pub state: KeyState,
}

/// The names under which the person of an ID number may be found: one for each version of the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonNames {
    /// Those under which a new person is registered, the version in use first. The one on standby is among them: so
    /// a server that uses it already, and one that does not yet, never register one person twice without meeting.
    pub registers: Vec<String>,
    /// Those of older versions, the newest first.
    pub older: Vec<String>,
}

impl PersonNames {
    /// All of them, those for new rows first.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.registers.iter().chain(&self.older)
    }

    /// Whether there is none: no ID number was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.registers.is_empty()
    }
}

/// The key that something was made with is not in the key file, or the bytes are damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key {0} is not in the key file or does not fit: restore the version that was in use then")]
pub struct UnknownKey(pub String);

impl ServiceKey {
    /// A digest of the secret that reveals nothing: 256 random bits cannot be guessed.
    pub(super) fn id(&self) -> String {
        let digest = Hash::of_parts(&[
            b"doudi/key-id/v1\x00",
            self.purpose.name().as_bytes(),
            b"\x00",
            &*self.secret,
        ]);
        hex::encode(&digest.as_bytes()[..4])
    }

    fn mac(&self, domain: &[u8], message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.secret).expect("HMAC takes a key of any length");
        mac.update(domain);
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    fn kek_id(&self) -> KekId {
        format!("{}/{}", self.id(), self.version)
            .parse()
            .expect("hex, a slash and a number")
    }
}

impl KeyRing {
    /// A new key of version 1 for every purpose.
    ///
    /// # Errors
    /// [`EntropyError`] from the source.
    pub fn generate(entropy: &mut dyn Entropy) -> Result<KeyRing, EntropyError> {
        let mut keys = Vec::new();
        for purpose in KeyPurpose::ALL {
            keys.push(ServiceKey {
                purpose,
                version: 1,
                standby: false,
                secret: Zeroizing::new(draw(entropy)?),
            });
        }
        Ok(KeyRing(keys, Vec::new()))
    }

    /// The same ring with one more version of a key, on standby: what a server makes with it could not be read by one
    /// that does not know it yet.
    ///
    /// # Errors
    /// [`RotateError`].
    pub fn rotated(&self, purpose: KeyPurpose, entropy: &mut dyn Entropy) -> Result<KeyRing, RotateError> {
        if purpose == KeyPurpose::LogSigning {
            return Err(RotateError::Signing);
        }
        if let Some(waiting) = self.standby(purpose) {
            return Err(RotateError::Waiting(waiting.version));
        }
        let mut next = self.clone();
        next.0.push(ServiceKey {
            purpose,
            version: self.in_use(purpose).version + 1,
            standby: true,
            secret: Zeroizing::new(draw(entropy)?),
        });
        Ok(next)
    }

    /// The same ring with the version on standby in use. Only once every server knows it.
    ///
    /// # Errors
    /// [`RotateError::NoneWaits`].
    pub fn activated(&self, purpose: KeyPurpose) -> Result<KeyRing, RotateError> {
        let mut next = self.clone();
        let mut keys = next.0.iter_mut();
        let waiting = keys.find(|key| key.purpose == purpose && key.standby);
        waiting.ok_or(RotateError::NoneWaits)?.standby = false;
        Ok(next)
    }

    /// The ring of a key file whose signing key is lost, with a new one; `lost` is the public key of any log that the
    /// lost one signed, so that what it signed is still verified.
    ///
    /// # Errors
    /// [`ReplaceError`]; always while the signing key is in the file.
    pub fn replaced_signing(
        bytes: &[u8],
        lost: &VerifierKey,
        entropy: &mut dyn Entropy,
    ) -> Result<KeyRing, ReplaceError> {
        let mut ring = file::without_signing(bytes)?;
        if ring.of(KeyPurpose::LogSigning).next().is_some() {
            return Err(ReplaceError::Present);
        }
        if ring.1.iter().any(|known| known.public == *lost.key()) {
            return Err(ReplaceError::Named);
        }
        let version = ring.1.iter().map(|known| known.version).max().unwrap_or_default() + 1;
        ring.1.push(LostKey {
            version,
            public: *lost.key(),
        });
        ring.0.push(ServiceKey {
            purpose: KeyPurpose::LogSigning,
            version: version + 1,
            standby: false,
            secret: Zeroizing::new(draw(entropy)?),
        });
        Ok(ring)
    }

    /// The name of the key-encryption key in use.
    #[must_use]
    pub fn kek_id(&self) -> KekId {
        self.in_use(KeyPurpose::KeyEncryption).kek_id()
    }

    fn of(&self, purpose: KeyPurpose) -> impl Iterator<Item = &ServiceKey> {
        self.0.iter().filter(move |key| key.purpose == purpose)
    }

    fn in_use(&self, purpose: KeyPurpose) -> &ServiceKey {
        let newest = self.of(purpose).filter(|key| !key.standby);
        let newest = newest.max_by_key(|key| key.version);
        newest.expect("a key ring without a key in use for each purpose is not made")
    }

    fn standby(&self, purpose: KeyPurpose) -> Option<&ServiceKey> {
        self.of(purpose).find(|key| key.standby)
    }

    /// What may be shown of the keys: for `doudi keys check` and the log at start-up.
    #[must_use]
    pub fn summary(&self) -> Vec<KeySummary> {
        let summary = |key: &ServiceKey| KeySummary {
            purpose: key.purpose,
            version: key.version,
            id: key.id(),
            state: self.state(key),
        };
        self.0.iter().map(summary).collect()
    }

    fn state(&self, key: &ServiceKey) -> KeyState {
        if key.standby {
            KeyState::Standby
        } else if self.in_use(key.purpose).version == key.version {
            KeyState::InUse
        } else {
            KeyState::Older
        }
    }

    /// Who signs the checkpoints of a log: its name is the origin.
    #[must_use]
    pub fn signer(&self, origin: &Origin) -> Ed25519Signer {
        Ed25519Signer::new(key_name(origin), &self.in_use(KeyPurpose::LogSigning).secret)
    }

    /// The public keys of a log in all versions, the one in use first.
    #[must_use]
    pub fn verifier_keys(&self, origin: &Origin) -> Vec<VerifierKey> {
        let mut keys: Vec<&ServiceKey> = self.of(KeyPurpose::LogSigning).collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.version));
        let public = |key: &ServiceKey| Ed25519Signer::new(key_name(origin), &key.secret).verifier_key().clone();
        let mut lost: Vec<&LostKey> = self.1.iter().collect();
        lost.sort_by_key(|key| std::cmp::Reverse(key.version));
        let lost = lost
            .into_iter()
            .map(|key| VerifierKey::ed25519(key_name(origin), key.public));
        keys.into_iter().map(public).chain(lost).collect()
    }

    /// Wraps a data key with the key-encryption key in use.
    ///
    /// # Errors
    /// [`EntropyError`] from the source.
    pub fn wrap(
        &self,
        key: &DataKey,
        key_ref: KeyRef,
        entropy: &mut dyn Entropy,
    ) -> Result<(KekId, Vec<u8>), EntropyError> {
        let kek = self.in_use(KeyPurpose::KeyEncryption);
        let kek_id = kek.kek_id();
        let wrapped = key.wrap(&DataKey::from_bytes(*kek.secret), &kek_id, key_ref, entropy)?;
        Ok((kek_id, wrapped))
    }

    /// Unwraps a data key with the key-encryption key that wrapped it.
    ///
    /// # Errors
    /// [`UnknownKey`] if that version is not in the ring, or the bytes do not fit it.
    pub fn unwrap_data_key(&self, kek_id: &KekId, key_ref: KeyRef, wrapped: &[u8]) -> Result<DataKey, UnknownKey> {
        let unknown = || UnknownKey(kek_id.to_string());
        let kek = self
            .of(KeyPurpose::KeyEncryption)
            .find(|key| key.kek_id() == *kek_id)
            .ok_or_else(unknown)?;
        DataKey::unwrap_with(&DataKey::from_bytes(*kek.secret), kek_id, key_ref, wrapped).map_err(|_| unknown())
    }

    /// Two new data keys for a new case; wrap each before storing it.
    ///
    /// # Errors
    /// [`EntropyError`] from the source.
    pub fn new_case_keys(entropy: &mut dyn Entropy) -> Result<CaseKeys, EntropyError> {
        Ok(CaseKeys {
            identity: (KeyRef::draw(entropy)?, DataKey::draw(entropy)?),
            content: (KeyRef::draw(entropy)?, DataKey::draw(entropy)?),
        })
    }

    /// The names under which the person of an ID number may be found.
    #[must_use]
    pub fn person_names(&self, id_number: &str) -> PersonNames {
        let name = |key: &ServiceKey| hex::encode(key.mac(b"doudi/person/v1\x00", id_number.as_bytes()));
        let in_use = self.in_use(KeyPurpose::PersonMap);
        let registers = [Some(in_use), self.standby(KeyPurpose::PersonMap)];
        let mut older: Vec<&ServiceKey> = self.of(KeyPurpose::PersonMap).collect();
        older.retain(|key| key.version < in_use.version);
        older.sort_by_key(|key| std::cmp::Reverse(key.version));
        PersonNames {
            registers: registers.into_iter().flatten().map(name).collect(),
            older: older.into_iter().map(name).collect(),
        }
    }

    /// The keyed digest of a canonical command: version in four bytes, big-endian, then the HMAC.
    #[must_use]
    pub fn request_digest(&self, command: &[u8]) -> Vec<u8> {
        request_digest(self.in_use(KeyPurpose::Idempotency), command)
    }

    /// Whether a stored digest is of this command, also when the key was rotated since.
    #[must_use]
    pub fn is_same_request(&self, stored: &[u8], command: &[u8]) -> bool {
        let Some((version, _)) = stored.split_first_chunk::<4>() else {
            return false;
        };
        let version = u32::from_be_bytes(*version);
        let key = self.of(KeyPurpose::Idempotency).find(|key| key.version == version);
        key.is_some_and(|key| request_digest(key, command) == stored)
    }

    /// Seals the content of a page token, so that callers can neither read nor change it:
    /// version in four bytes, big-endian, then nonce || ciphertext || tag. `scope` names the
    /// method and its filters; a token opens for no other.
    ///
    /// # Errors
    /// [`EntropyError`] if there is no nonce.
    pub fn seal_page_token(
        &self,
        scope: &[u8],
        content: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, EntropyError> {
        let key = self.in_use(KeyPurpose::PageToken);
        let sealed = DataKey::from_bytes(*key.secret).seal_token(scope, content, entropy)?;
        Ok([key.version.to_be_bytes().as_slice(), &sealed].concat())
    }

    /// Opens a page token of the same scope; nothing for any other bytes.
    #[must_use]
    pub fn open_page_token(&self, scope: &[u8], token: &[u8]) -> Option<Vec<u8>> {
        let (version, sealed) = token.split_first_chunk::<4>()?;
        let version = u32::from_be_bytes(*version);
        let key = self.of(KeyPurpose::PageToken).find(|key| key.version == version)?;
        DataKey::from_bytes(*key.secret).open_token(scope, sealed)
    }
}

/// Prints ids and versions, no secrets.
impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.summary()).finish()
    }
}

fn request_digest(key: &ServiceKey, command: &[u8]) -> Vec<u8> {
    let mac = key.mac(b"doudi/request/v1\x00", command);
    [key.version.to_be_bytes().as_slice(), &mac].concat()
}

fn key_name(origin: &Origin) -> KeyName {
    KeyName::new(origin.to_string()).expect("an origin has the characters and length of a key name")
}
