//! The log: what was decided, so that nobody can rewrite it.
//!
//! Everything here but the sequencer is pure: no async, clock, environment, random source, float
//! or hash-ordered map. Randomness and time come in as arguments. The formats are written down in
//! `FORMAT.md` beside this file.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod acknowledgement;
pub mod bundle;
pub mod checkpoint;
pub mod entropy;
pub mod erasures;
pub mod fsck;
pub mod hash;
pub mod ids;
pub mod keys;
pub mod merkle;
pub mod note;
pub mod origin;
pub mod receipt;
pub mod record;
pub mod sample;
pub mod sequencer;
pub mod tiles;
pub mod witness;

#[cfg(test)]
mod vectors;

pub use acknowledgement::verify_receipt;
pub use erasures::Erasures;
pub use hash::Hash;
pub use ids::{LogIndex, RecordId, TreeSize};
pub use origin::Origin;
