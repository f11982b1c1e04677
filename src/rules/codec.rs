//! The sealed form of a policy document: `Document` to canonical JSON and back, strictly.
//!
//! A document has exactly one sealed form. Reading refuses unknown keys, other spellings of a
//! number, empty lists that are written out, and operators with too few or too many arguments,
//! so that what was hashed is what is evaluated.

mod documents;
mod expressions;
mod fields;
mod operators;
mod words;

use sha2::{Digest as _, Sha256};

use crate::canonical::{Json, JsonError};
use crate::rules::document::{Document, SEMANTICS};
use crate::rules::expr::{Expr, Literal};
use fields::{Fields, Path, Sealed};

/// SHA-256 of canonical bytes: the name of a document, of a law, of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).expect("two digits a byte");
        std::str::from_utf8(&digits).expect("digits are ASCII").to_owned()
    }
}

/// 64 lower-case hexadecimal digits.
impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

/// Why JSON is not a sealed document of these semantics.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// The bytes are not canonical JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A value is not what stands there in a sealed document.
    #[error("sealed policy at {path}: {problem}")]
    At {
        /// Where, as keys and indexes: `clauses/3/expr/1`.
        path: String,
        /// What is wrong and what belongs there.
        problem: String,
    },
}

impl Document {
    /// The sealed form.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut sealed = documents::document(self);
        sealed.insert("semantics".to_owned(), Json::text(SEMANTICS));
        Json::Object(sealed)
    }

    /// Reads the sealed form.
    ///
    /// # Errors
    /// [`SealedError::At`] for the first value that does not belong there.
    pub fn from_json(json: &Json) -> Result<Document, SealedError> {
        let mut fields = Fields::new(json, Path::root())?;
        let semantics: String = fields.required("semantics")?;
        if semantics != SEMANTICS {
            return Err(fields.wrong("semantics", format!("this engine reads {SEMANTICS}")));
        }
        documents::read_document(fields)
    }

    /// The canonical bytes of the sealed form, which are hashed and published.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_json().to_bytes()
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`SealedError`] for bytes that are not canonical or no sealed document.
    pub fn from_bytes(bytes: &[u8]) -> Result<Document, SealedError> {
        Document::from_json(&Json::parse_canonical(bytes)?)
    }

    /// SHA-256 of the canonical bytes: the document's name.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }
}

impl Expr {
    /// The sealed form: `["add",["fact","job.wage"],["lit",100,"fen"]]`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        self.seal()
    }

    /// Reads the sealed form.
    ///
    /// # Errors
    /// [`SealedError::At`] for the first node that is none.
    pub fn from_json(json: &Json) -> Result<Expr, SealedError> {
        Expr::open(json, Path::root())
    }
}

impl Literal {
    /// The sealed form: `true`, `["lit",650,"fen"]`, `["q",1,2]`, `["code","rural"]`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        self.seal()
    }

    /// Reads the sealed form.
    ///
    /// # Errors
    /// [`SealedError::At`] if it is no constant.
    pub fn from_json(json: &Json) -> Result<Literal, SealedError> {
        Literal::open(json, Path::root())
    }
}

#[cfg(test)]
mod tests;
