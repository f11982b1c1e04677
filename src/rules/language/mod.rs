//! The officers' text: from a YAML file to a sealed document, or to every mistake at once.
//!
//! `LANGUAGE.md` beside this file is the reference for those who write policies.

pub mod ast;
mod call;
pub mod draft;
pub mod error;
pub mod lex;
pub mod names;
pub mod parse;
mod pitfall;
pub mod source;
pub mod yaml;
