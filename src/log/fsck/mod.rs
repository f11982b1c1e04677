//! The checks of a stored log, each link by itself, so that a break is seen where it is.
//!
//! An entry's bytes are bound to its leaf hash (F1), leaf hashes to tiles (F2), to the head (F3) and to every
//! checkpoint's root (F4), and these to signed notes (F5). Each level trusts what the level before gives and nothing
//! further: an edited entry is found by F1 alone, and the levels after it still say something about the rest. Together
//! they bind every byte to a signature. What lies behind the log (F6 to F9) is checked by the use cases.

mod finding;
mod leaves;
mod notes;
mod problem;
mod tree;

#[cfg(test)]
mod tests;

pub use finding::{FINDING_COUNT_MAX, Finding, Findings, Level, Place};
pub use leaves::{Leaves, check_leaves, logged_seconds};
pub use notes::{NoteCheck, Signatures, SignedBy, check_note};
pub use problem::Problem;
pub use tree::{Head, TreeCheck};
