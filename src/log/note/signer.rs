//! Who signs: a trait, so that a token or a security module can stand in the software key's place.

use ed25519_dalek::{Signer as _, SigningKey};

use super::key::{KeyId, KeyName, VerifierKey};

/// Signs the text of notes under one name. The software key is for development; production
/// signs in a token or a security module behind this trait.
pub trait Signer: Send + Sync {
    /// The key's name.
    fn name(&self) -> &KeyName;

    /// The key's id, which stands before each signature.
    fn id(&self) -> KeyId;

    /// The signature over the whole text.
    ///
    /// # Errors
    /// [`SignError`] if the key cannot be used now; nothing was signed then.
    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// The key could not sign. The reason never holds key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signing key {name} cannot be used: {reason}")]
pub struct SignError {
    /// Name of the key.
    pub name: String,
    /// What the token or module said, and what to do.
    pub reason: String,
}

/// A software key. The seed is wiped from memory when this is dropped.
pub struct Ed25519Signer {
    public: VerifierKey,
    key: SigningKey,
}

impl Ed25519Signer {
    /// The key with this seed under a name.
    #[must_use]
    pub fn new(name: KeyName, seed: &[u8; 32]) -> Ed25519Signer {
        let key = SigningKey::from_bytes(seed);
        Ed25519Signer {
            public: VerifierKey::ed25519(name, key.verifying_key()),
            key,
        }
    }

    /// The public key that verifies its notes.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.public
    }
}

impl Signer for Ed25519Signer {
    fn name(&self) -> &KeyName {
        self.public.name()
    }

    fn id(&self) -> KeyId {
        self.public.id()
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.key.sign(text).to_bytes().to_vec())
    }
}
