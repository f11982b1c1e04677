//! The note itself: parsing, checking and signing.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::key::{KeyId, KeyName, VerifierKey};
use super::signer::{SignError, Signer};

/// Largest note that is read: a checkpoint with 100 post-quantum signatures of 5 kB.
pub const NOTE_SIZE_MAX_BYTES: usize = 512 * 1024;

/// Most signature lines; the specification asks for at least 16.
pub const NOTE_SIGNATURE_COUNT_MAX: usize = 100;

const _: () = assert!(NOTE_SIGNATURE_COUNT_MAX >= 16);

/// Begins a signature line: em dash, space.
const LINE_BEGIN: &str = "\u{2014} ";

/// A parsed note. Its text says nothing until [`Note::verify`] has accepted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// One line of a note: who signed and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// The signer's name.
    pub name: KeyName,
    /// The id of the signer's key.
    pub id: KeyId,
    /// The signature, whose form the key's type decides.
    pub signature: Vec<u8>,
}

/// Why a note is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Larger than [`NOTE_SIZE_MAX_BYTES`] or with more lines than [`NOTE_SIGNATURE_COUNT_MAX`].
    #[error("the note is too large: at most {NOTE_SIZE_MAX_BYTES} bytes and {NOTE_SIGNATURE_COUNT_MAX} signatures")]
    TooLarge,
    /// Not UTF-8, or with control characters other than newline.
    #[error("the note is not plain UTF-8 text: give the file unchanged")]
    NotText,
    /// No blank line between text and signatures, or nothing after it.
    #[error("the note has no signature lines after a blank line: give the file whole")]
    NoSignatures,
    /// A signature line has another form than em dash, name, base64.
    #[error("signature line {0} of the note is malformed: give the file unchanged")]
    Line(usize),
    /// A key that we trust did not make the signature that stands under its name.
    #[error("the signature of {0} on the note is wrong: the note was changed or is a forgery")]
    BadSignature(String),
    /// No key that we trust signed.
    #[error("none of the trusted keys signed the note: check that the key belongs to this log")]
    NoTrustedKey,
    /// A signer failed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl Note {
    /// Reads a note; nothing is verified yet.
    ///
    /// # Errors
    /// [`NoteError`] for anything that is not a note within the limits.
    pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
        if bytes.len() > NOTE_SIZE_MAX_BYTES {
            return Err(NoteError::TooLarge);
        }
        let whole = checked_text(bytes)?;
        // The last blank line: the text may hold others.
        let end = whole.rfind("\n\n").ok_or(NoteError::NoSignatures)? + 1;
        let (text, signatures) = (&whole[..end], &whole[end + 1..]);
        let lines = signatures.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        if lines.split('\n').count() > NOTE_SIGNATURE_COUNT_MAX {
            return Err(NoteError::TooLarge);
        }
        let signatures = lines
            .split('\n')
            .enumerate()
            .map(|(at, line)| SignatureLine::parse(line).ok_or(NoteError::Line(at + 1)))
            .collect::<Result<_, _>>()?;
        Ok(Note {
            text: text.to_owned(),
            signatures,
        })
    }

    /// Signs a text.
    ///
    /// # Errors
    /// [`NoteError::NotText`] if the text does not end in a newline or holds control characters,
    /// [`NoteError::NoSignatures`] without signers, [`NoteError::Sign`] if one fails.
    pub fn sign(text: &str, signers: &[&dyn Signer]) -> Result<Note, NoteError> {
        checked_text(text.as_bytes())?;
        if !text.ends_with('\n') {
            return Err(NoteError::NotText);
        }
        if signers.is_empty() {
            return Err(NoteError::NoSignatures);
        }
        let line = |signer: &&dyn Signer| -> Result<SignatureLine, NoteError> {
            Ok(SignatureLine {
                name: signer.name().clone(),
                id: signer.id(),
                signature: signer.sign(text.as_bytes())?,
            })
        };
        Ok(Note {
            text: text.to_owned(),
            signatures: signers.iter().map(line).collect::<Result<_, _>>()?,
        })
    }

    /// Checks the note against trusted keys and returns its text with the keys that signed it.
    ///
    /// Lines of unknown keys are ignored; a known key's wrong line refuses the note.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] or [`NoteError::NoTrustedKey`].
    pub fn verify<'a>(&self, trusted: &'a [VerifierKey]) -> Result<(&str, Vec<&'a VerifierKey>), NoteError> {
        let mut signed_by: Vec<&VerifierKey> = Vec::new();
        for line in &self.signatures {
            for key in trusted
                .iter()
                .filter(|key| *key.name() == line.name && key.id() == line.id)
            {
                if !key.verifies(self.text.as_bytes(), &line.signature) {
                    return Err(NoteError::BadSignature(line.name.to_string()));
                }
                if !signed_by.contains(&key) {
                    signed_by.push(key);
                }
            }
        }
        if signed_by.is_empty() {
            return Err(NoteError::NoTrustedKey);
        }
        Ok((&self.text, signed_by))
    }

    /// The text, unverified: for tools that show what a note claims.
    #[must_use]
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// The signature lines.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }
}

/// The note as it is stored and sent.
impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.signatures {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

/// The line without its newline.
impl std::fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = [self.id.as_bytes().as_slice(), &self.signature].concat();
        write!(f, "{LINE_BEGIN}{} {}", self.name, BASE64_STANDARD.encode(bytes))
    }
}

impl SignatureLine {
    /// Reads a line without its newline; nothing for any other text.
    #[must_use]
    pub fn parse(line: &str) -> Option<SignatureLine> {
        let (name, signature) = line.strip_prefix(LINE_BEGIN)?.split_once(' ')?;
        let bytes = BASE64_STANDARD.decode(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        if signature.is_empty() {
            return None;
        }
        Some(SignatureLine {
            name: KeyName::new(name).ok()?,
            id: KeyId::from_bytes(*id),
            signature: signature.to_vec(),
        })
    }
}

fn checked_text(bytes: &[u8]) -> Result<&str, NoteError> {
    let text = std::str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
    if bytes.iter().any(|b| *b < 0x20 && *b != b'\n') {
        return Err(NoteError::NotText);
    }
    Ok(text)
}
