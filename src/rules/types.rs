//! The checker: from a document as it was written to the sealed one, or to every mistake.
//!
//! Names are resolved, units held, every path ends in an outcome, bounds of superior documents are
//! kept. What passes here can be evaluated without looking at a type again.

mod aggregate;
mod check;
mod document;
mod graph;
mod literal;
mod lookup;
mod operators;
mod resolve;
mod sites;
mod symbols;
mod ty;

pub use document::seal;
pub use graph::{CLAUSE_COUNT_MAX, NODE_COUNT_MAX, measure, parts as expression_parts};
pub use literal::{date_shown, read as read_literal, shown as literal_shown};
pub use ty::{Codes, Dimension, Ty};

#[cfg(test)]
mod tests;
