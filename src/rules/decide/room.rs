//! Memory that decisions leave behind: whoever decides many, one after another, takes that of the one before.

use crate::rules::eval::Buffers;
use crate::rules::facts::Scratch;

/// Memory of decisions that are over. Nothing of them is left in it but the room that they took.
#[derive(Debug, Default)]
pub struct Room {
    /// Of recorded facts.
    pub(super) facts: Scratch,
    /// Of the places of clauses.
    pub(super) places: Vec<u32>,
    /// Of the evaluation.
    pub(super) evaluation: Buffers,
    /// Of the bytes of a determination.
    pub(super) bytes: Vec<u8>,
}

impl Room {
    /// Takes back the bytes of a determination that are not needed any more.
    pub fn take_back(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
    }
}
