//! Signed notes (C2SP signed-note v1.0.0): a text and the lines of those who signed it.

pub mod cosignature;
pub mod key;
pub mod signer;
mod text;

#[cfg(test)]
mod tests;

pub use cosignature::{CosignError, Cosigner, CosignerKey};
pub use key::{KeyError, KeyId, KeyName, VerifierKey};
pub use signer::{Ed25519Signer, SignError, Signer};
pub use text::{NOTE_SIGNATURE_COUNT_MAX, NOTE_SIZE_MAX_BYTES, Note, NoteError, SignatureLine};
