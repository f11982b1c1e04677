//! Cosignatures (C2SP tlog-cosignature v1.0.1, Ed25519): a witness says at which time it saw a checkpoint as the
//! largest consistent one of its log.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::key::{self, KeyError, KeyId, KeyName};
use super::text::SignatureLine;

/// Type byte of a timestamped Ed25519 cosignature.
pub const TYPE_COSIGNATURE: u8 = 0x04;

/// The public key of a witness, written `name+id+base64(0x04||key)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignerKey {
    name: KeyName,
    id: KeyId,
    key: VerifyingKey,
}

/// The time cannot stand in a cosignature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cosignature's time is at most 2^63 - 1 seconds: correct the clock")]
pub struct CosignError;

impl CosignerKey {
    fn new(name: KeyName, key: VerifyingKey) -> CosignerKey {
        CosignerKey {
            id: KeyId::of(&name, &[TYPE_COSIGNATURE], key.as_bytes()),
            name,
            key,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The 32 bytes of the key itself.
    #[must_use]
    pub fn key_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether a line stands under this key, right or wrong.
    #[must_use]
    pub fn is_named_by(&self, line: &SignatureLine) -> bool {
        line.name == self.name && line.id == self.id
    }

    /// The time, in seconds since 1970, at which this key cosigned the checkpoint with this text; nothing if the line
    /// is another key's or wrong.
    #[must_use]
    pub fn cosigned_at(&self, checkpoint: &str, line: &SignatureLine) -> Option<u64> {
        let (time, signature) = line.signature.split_first_chunk::<8>()?;
        let time = u64::from_be_bytes(*time);
        if !self.is_named_by(line) || i64::try_from(time).is_err() {
            return None;
        }
        let signature = Signature::from_slice(signature).ok()?;
        let verified = self.key.verify_strict(message(time, checkpoint).as_bytes(), &signature);
        verified.ok().map(|()| time)
    }
}

impl fmt::Display for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        key::write(f, &self.name, TYPE_COSIGNATURE, &self.key)
    }
}

impl FromStr for CosignerKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, key) = key::parse(text, TYPE_COSIGNATURE)?;
        Ok(CosignerKey::new(name, key))
    }
}

/// The key of a witness. The seed is wiped from memory when this is dropped.
pub struct Cosigner {
    public: CosignerKey,
    key: SigningKey,
}

impl Cosigner {
    /// The key with this seed under a name.
    #[must_use]
    pub fn new(name: KeyName, seed: &[u8; 32]) -> Cosigner {
        let key = SigningKey::from_bytes(seed);
        Cosigner {
            public: CosignerKey::new(name, key.verifying_key()),
            key,
        }
    }

    /// The public key.
    #[must_use]
    pub fn key(&self) -> &CosignerKey {
        &self.public
    }

    /// The line that cosigns the checkpoint with this text at a time in seconds since 1970.
    ///
    /// # Errors
    /// [`CosignError`].
    pub fn cosign(&self, checkpoint: &str, time: u64) -> Result<SignatureLine, CosignError> {
        if i64::try_from(time).is_err() {
            return Err(CosignError);
        }
        let signature = self.key.sign(message(time, checkpoint).as_bytes());
        Ok(SignatureLine {
            name: self.public.name.clone(),
            id: self.public.id,
            signature: [time.to_be_bytes().as_slice(), &signature.to_bytes()].concat(),
        })
    }
}

/// What is signed.
fn message(time: u64, checkpoint: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{checkpoint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKPOINT: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn cosigner(name: &str) -> Cosigner {
        Cosigner::new(KeyName::new(name).expect("a name"), &[9; 32])
    }

    #[test]
    fn the_line_of_the_specification_has_a_timestamp_before_its_signature() {
        let line = "\u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3\
                    b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
        let line = SignatureLine::parse(line).expect("a line");
        assert_eq!(line.signature.len(), 8 + 64);
        let (time, _) = line.signature.split_first_chunk::<8>().expect("8 bytes");
        assert_eq!(u64::from_be_bytes(*time), 1_679_315_147);
    }

    #[test]
    fn the_signed_message_is_the_one_of_the_specification() {
        let expected = format!("cosignature/v1\ntime 1679315147\n{CHECKPOINT}");
        assert_eq!(message(1_679_315_147, CHECKPOINT), expected);
    }

    #[test]
    fn a_cosignature_verifies_under_its_own_key_text_and_time_alone() {
        let witness = cosigner("witness.example/w1");
        let line = witness.cosign(CHECKPOINT, 1_700_000_000).expect("a time");
        let read = SignatureLine::parse(&line.to_string()).expect("a line");
        assert_eq!(witness.key().cosigned_at(CHECKPOINT, &read), Some(1_700_000_000));
        assert_eq!(witness.key().cosigned_at(&CHECKPOINT.replace("63", "64"), &read), None);
        let mut later = read.clone();
        later.signature[7] ^= 1;
        assert_eq!(witness.key().cosigned_at(CHECKPOINT, &later), None);
        assert_eq!(
            cosigner("witness.example/w2").key().cosigned_at(CHECKPOINT, &read),
            None
        );
    }

    #[test]
    fn a_time_beyond_63_bits_is_neither_signed_nor_believed() {
        let witness = cosigner("w");
        assert!(witness.cosign(CHECKPOINT, i64::MAX as u64).is_ok());
        assert_eq!(witness.cosign(CHECKPOINT, i64::MAX as u64 + 1), Err(CosignError));
    }

    #[test]
    fn a_witness_key_is_written_and_read_and_is_no_log_key() {
        let key = cosigner("witness.example/w1").key().clone();
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        let of_log: Result<super::super::VerifierKey, _> = key.to_string().parse();
        assert_eq!(of_log, Err(KeyError::Type(TYPE_COSIGNATURE)));
    }
}
