//! Checkpoints (C2SP tlog-checkpoint v1.0.0): the signed head of a log at one size.

use super::note::{Note, NoteError, Signer, VerifierKey};
use super::{Hash, Origin, TreeSize};

/// The head of a log at one size: three lines, origin, size and root, and no extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log.
    pub origin: Origin,
    /// Number of its entries.
    pub size: TreeSize,
    /// Root of its tree.
    pub root: Hash,
}

/// Why a text or a note is not the checkpoint of a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not the three lines of a checkpoint.
    #[error("not a checkpoint: three lines are wanted, the origin, the size and the root in base64")]
    Shape,
    /// The note around it is not acceptable.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Trusted keys signed it, but none of them is the key of the log it names.
    #[error("the checkpoint of {0} is not signed by that log's own key: give the verifier key of that log")]
    NotTheLog(Origin),
    /// The signer is another log's.
    #[error("the key {key} cannot sign for the log {origin}: the key's name is the origin")]
    WrongSigner {
        /// Name of the signing key.
        key: String,
        /// The log.
        origin: Origin,
    },
}

impl Checkpoint {
    /// Reads the text of a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError::Shape`].
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), Some(""), None) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Shape);
        };
        Ok(Checkpoint {
            origin: origin.parse().map_err(|_| CheckpointError::Shape)?,
            size: size.parse().map_err(|_| CheckpointError::Shape)?,
            root: Hash::from_base64(root).map_err(|_| CheckpointError::Shape)?,
        })
    }
}

/// The text that is signed.
impl std::fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }
}

/// A checkpoint whose signature by its own log was checked, or made after COMMIT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: String,
}

impl SignedCheckpoint {
    /// Reads a signed checkpoint and checks it: a trusted key whose name is the origin signed it.
    ///
    /// # Errors
    /// [`CheckpointError`] says what is wrong with it.
    pub fn verify(note: &[u8], trusted: &[VerifierKey]) -> Result<SignedCheckpoint, CheckpointError> {
        let parsed = Note::parse(note)?;
        let (text, signed_by) = parsed.verify(trusted)?;
        let checkpoint = Checkpoint::parse(text)?;
        let origin = checkpoint.origin.to_string();
        if signed_by.iter().any(|key| key.name().as_str() == origin) {
            Ok(SignedCheckpoint {
                checkpoint,
                note: parsed.to_string(),
            })
        } else {
            Err(CheckpointError::NotTheLog(checkpoint.origin))
        }
    }

    /// What was signed.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note, byte for byte as it is stored and sent.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }
}

/// A checkpoint that is signed inside a transaction that may still fail.
///
/// If it left the process and the transaction failed, the log would have signed two histories. So
/// it cannot be cloned, printed or serialised. Its note is lent to the INSERT of the same
/// transaction, and it becomes a [`SignedCheckpoint`] for whoever holds a [`Committed`].
pub struct UncommittedCheckpoint(SignedCheckpoint);

/// Says that a transaction with its checkpoint row is durable. Made by the sequencer alone, right
/// after COMMIT has answered or after a re-read of the head has found the row.
pub struct Committed(());

impl Committed {
    /// Call this after COMMIT and nowhere else.
    #[must_use]
    pub(crate) fn after_commit() -> Committed {
        Committed(())
    }
}

impl UncommittedCheckpoint {
    /// Signs a new head with the log's own key and further ones.
    ///
    /// # Errors
    /// [`CheckpointError::WrongSigner`] if the first signer is not the log's key,
    /// [`CheckpointError::Note`] if a signer fails.
    pub fn sign(checkpoint: Checkpoint, signers: &[&dyn Signer]) -> Result<UncommittedCheckpoint, CheckpointError> {
        let origin = checkpoint.origin.to_string();
        let first = signers.first().ok_or(NoteError::NoSignatures)?.name();
        if first.as_str() != origin {
            return Err(CheckpointError::WrongSigner {
                key: first.to_string(),
                origin: checkpoint.origin,
            });
        }
        let note = Note::sign(&checkpoint.to_string(), signers)?.to_string();
        Ok(UncommittedCheckpoint(SignedCheckpoint { checkpoint, note }))
    }

    /// The row for the transaction that makes it true. Hand it to the INSERT and to nothing else.
    pub(crate) fn row(&self) -> (&Checkpoint, &str) {
        (&self.0.checkpoint, &self.0.note)
    }

    /// Releases the checkpoint after its transaction is durable.
    #[must_use]
    pub fn release(self, _durable: &Committed) -> SignedCheckpoint {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::{Ed25519Signer, KeyName};
    use super::*;

    fn signer(name: &str) -> Ed25519Signer {
        Ed25519Signer::new(KeyName::new(name).expect("a name"), &[5; 32])
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: "doudi.example/340321/1".parse().expect("an origin"),
            size: TreeSize::new(7).expect("small"),
            root: Hash::of(b"root"),
        }
    }

    fn released(signers: &[&dyn Signer]) -> SignedCheckpoint {
        UncommittedCheckpoint::sign(checkpoint(), signers)
            .expect("signed")
            .release(&Committed::after_commit())
    }

    #[test]
    fn a_checkpoint_is_three_lines_and_nothing_more() {
        let text = checkpoint().to_string();
        assert_eq!(Checkpoint::parse(&text), Ok(checkpoint()));
        let theirs = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).expect("an independent crate reads it");
        assert_eq!(theirs.origin(), "doudi.example/340321/1");
        assert_eq!(theirs.size(), 7);
        assert_eq!(theirs.hash().0, *checkpoint().root.as_bytes());
        assert_eq!(theirs.to_bytes(), text.as_bytes());
        for other in [
            text.trim_end().to_owned(),
            format!("{text}extension\n"),
            format!("{text}\n"),
            text.replace("\n7\n", "\n07\n"),
            text.replace("\n7\n", "\n-7\n"),
            text.replace('=', ""),
            String::new(),
        ] {
            assert_eq!(Checkpoint::parse(&other), Err(CheckpointError::Shape), "{other:?}");
        }
    }

    #[test]
    fn only_the_logs_own_key_signs_and_vouches_for_it() {
        let (log, witness) = (signer("doudi.example/340321/1"), signer("witness.example"));
        let note = released(&[&log, &witness]);
        let (log_key, witness_key) = (log.verifier_key().clone(), witness.verifier_key().clone());
        let verified = SignedCheckpoint::verify(note.note().as_bytes(), &[log_key, witness_key.clone()]);
        assert_eq!(verified.as_ref(), Ok(&note));
        assert_eq!(
            SignedCheckpoint::verify(note.note().as_bytes(), &[witness_key]),
            Err(CheckpointError::NotTheLog(checkpoint().origin))
        );
        let refused = UncommittedCheckpoint::sign(checkpoint(), &[&witness, &log]).err();
        assert!(matches!(refused, Some(CheckpointError::WrongSigner { .. })));
        assert!(UncommittedCheckpoint::sign(checkpoint(), &[]).is_err());
    }

    #[test]
    fn the_row_of_the_transaction_is_what_is_released_afterwards() {
        let log = signer("doudi.example/340321/1");
        let uncommitted = UncommittedCheckpoint::sign(checkpoint(), &[&log]).expect("signed");
        let (of_row, note) = (uncommitted.row().0.clone(), uncommitted.row().1.to_owned());
        let released = uncommitted.release(&Committed::after_commit());
        assert_eq!((released.checkpoint(), released.note()), (&of_row, note.as_str()));
    }
}
