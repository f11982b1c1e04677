//! F5: what a checkpoint's note proves, and what must hold between one checkpoint and the next.

use super::finding::{Findings, Level, Place};
use super::problem::Problem;
use crate::log::checkpoint::Checkpoint;
use crate::log::note::{KeyId, Note, VerifierKey};
use crate::log::{Origin, TreeSize};
use crate::store::CheckpointRow;

/// What a note proves: the key that signed it, or what is wrong. Independent of the others: check them in parallel.
pub type SignedBy = Result<KeyId, Problem>;

/// A checkpoint after the check of its note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteCheck {
    /// Its size.
    pub size: TreeSize,
    /// When it was signed, Unix milliseconds.
    pub signed_ms: i64,
    /// Who signed it.
    pub signed_by: SignedBy,
}

/// Verifies the note of a checkpoint against the keys of its log, and its text against its row.
#[must_use]
pub fn check_note(origin: &Origin, row: &CheckpointRow, trusted: &[VerifierKey]) -> NoteCheck {
    NoteCheck {
        size: row.size,
        signed_ms: row.signed_ms,
        signed_by: signed_by(origin, row, trusted),
    }
}

fn signed_by(origin: &Origin, row: &CheckpointRow, trusted: &[VerifierKey]) -> SignedBy {
    let failed = |error: &dyn std::fmt::Display| Problem::Note(error.to_string());
    let note = Note::parse(row.note.as_bytes()).map_err(|error| failed(&error))?;
    let (text, signed_by) = note.verify(trusted).map_err(|error| failed(&error))?;
    let says = Checkpoint {
        origin: origin.clone(),
        size: row.size,
        root: row.root,
    };
    if text != says.to_string() {
        return Err(Problem::NoteDiffers);
    }
    let name = origin.to_string();
    let own = signed_by.iter().find(|key| key.name().as_str() == name);
    own.map(|key| key.id())
        .ok_or_else(|| Problem::Note("its own key did not sign it".to_owned()))
}

/// The sequence of checkpoints and entries, in which keys and time only go forward.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    /// Keys in the order in which they began to sign.
    keys: Vec<KeyId>,
    signed_ms: Option<i64>,
    logged: Option<i64>,
    counted: u64,
}

impl Signatures {
    /// The next entry's time.
    pub fn entry(&mut self, index: u64, logged: Option<i64>, found: &mut Findings) {
        if let Some(logged) = logged {
            if self.logged.is_some_and(|before| logged < before) {
                found.add(Level::Signatures, Place::Entry(index), Problem::TimeBack);
            }
            self.logged = Some(logged);
        }
    }

    /// The next checkpoint, after the entries that it covers.
    pub fn checkpoint(&mut self, check: NoteCheck, found: &mut Findings) {
        self.counted += 1;
        let mut problem = |problem| found.add(Level::Signatures, Place::Checkpoint(check.size), problem);
        if self.signed_ms.is_some_and(|before| check.signed_ms < before) {
            problem(Problem::TimeBack);
        }
        if self
            .logged
            .is_some_and(|logged| check.signed_ms.div_euclid(1000) < logged)
        {
            problem(Problem::SignedEarlier);
        }
        self.signed_ms = Some(check.signed_ms);
        match check.signed_by {
            Err(what) => problem(what),
            Ok(key) if self.keys.last() == Some(&key) => {}
            Ok(key) if self.keys.contains(&key) => problem(Problem::KeyReturned(key.to_string())),
            Ok(key) => self.keys.push(key),
        }
    }

    /// When the newest checkpoint was signed.
    #[must_use]
    pub fn newest_ms(&self) -> Option<i64> {
        self.signed_ms
    }

    /// Checkpoints so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counted
    }
}
