//! The officers' text: from a YAML file to a sealed document, or to every mistake at once.
//!
//! `LANGUAGE.md` beside this file is the reference for those who write policies.

pub mod ast;
mod call;
pub mod draft;
pub mod error;
pub mod lex;
pub mod library;
pub mod names;
pub mod parse;
mod pitfall;
mod primary;
pub mod said;
pub mod say;
pub mod source;
pub mod yaml;

use crate::rules::document::Document;
use crate::rules::types;

pub use error::{PolicyError, Severity};

/// What a document is checked against.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The vocabulary and the superior documents, nation first.
    pub documents: Vec<Document>,
    /// The texts that are held: a quote must stand in one of them.
    pub texts: Vec<String>,
}

/// A document that passed, ready to be published.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The sealed document.
    pub document: Document,
    /// The officers' text, as it was read.
    pub source: String,
    /// What an officer should look at.
    pub warnings: Vec<PolicyError>,
}

/// Reads and checks a document. `file_name` is only shown.
///
/// # Errors
/// Every mistake and warning, in the order of the file.
pub fn read(text: &str, file_name: &str, context: &Context) -> Result<Checked, Vec<PolicyError>> {
    let source = source::Source::new(file_name, text);
    let mut remarks = error::Remarks::new(&source);
    let draft = yaml::read(&mut remarks).and_then(|tree| draft::Draft::read(&tree, &mut remarks));
    let document = draft.map(|draft| types::seal(&draft, context, &mut remarks));
    match document {
        Some(document) if !remarks.has_errors() => Ok(Checked {
            document,
            source: text.to_string(),
            warnings: remarks.finish(),
        }),
        _ => Err(remarks.finish()),
    }
}

#[cfg(test)]
mod tests;
