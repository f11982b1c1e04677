//! Receipts (C2SP tlog-proof, draft, `c2sp.org/tlog-proof@v1`): that one entry stands in the log.

use super::checkpoint::{CheckpointError, SignedCheckpoint};
use super::merkle::{INCLUSION_PROOF_COUNT_MAX, ProofError, verify_inclusion};
use super::note::{NOTE_SIZE_MAX_BYTES, VerifierKey};
use super::{Hash, LogIndex};

/// First line of a receipt.
pub const RECEIPT_FORMAT: &str = "c2sp.org/tlog-proof@v1";

/// Largest receipt that is read: the note and the proof's lines.
pub const RECEIPT_SIZE_MAX_BYTES: usize = NOTE_SIZE_MAX_BYTES + 64 * 1024;

const _: () = assert!(INCLUSION_PROOF_COUNT_MAX * 45 + 256 < 64 * 1024);

/// A receipt: position, inclusion proof and signed checkpoint. It says nothing until
/// [`Receipt::verify`] has accepted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    index: LogIndex,
    proof: Vec<Hash>,
    checkpoint: String,
}

/// Why a receipt is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not a tlog-proof file.
    #[error("line {0} of the receipt is malformed: give the file unchanged")]
    Line(usize),
    /// Larger than [`RECEIPT_SIZE_MAX_BYTES`] or not UTF-8.
    #[error("not a receipt: a text of at most {RECEIPT_SIZE_MAX_BYTES} bytes is wanted")]
    NotText,
    /// The checkpoint is not acceptable.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The proof does not lead from the entry to the checkpoint's root.
    #[error("the receipt does not prove this entry: {0}")]
    Proof(#[from] ProofError),
}

impl Receipt {
    /// The receipt of an entry under a checkpoint that holds it.
    #[must_use]
    pub fn new(index: LogIndex, proof: Vec<Hash>, checkpoint: &SignedCheckpoint) -> Receipt {
        Receipt {
            index,
            proof,
            checkpoint: checkpoint.note().to_owned(),
        }
    }

    /// Reads a tlog-proof file. Its optional `extra` line is not authenticated and is passed over.
    ///
    /// # Errors
    /// [`ReceiptError::Line`] or [`ReceiptError::NotText`].
    pub fn parse(bytes: &[u8]) -> Result<Receipt, ReceiptError> {
        if bytes.len() > RECEIPT_SIZE_MAX_BYTES {
            return Err(ReceiptError::NotText);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ReceiptError::NotText)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ReceiptError::Line(1))?;
        let mut lines = head.split('\n').zip(1..).peekable();
        if lines.next().is_none_or(|(line, _)| line != RECEIPT_FORMAT) {
            return Err(ReceiptError::Line(1));
        }
        lines.next_if(|(line, _)| line.starts_with("extra "));
        let (index, at) = lines.next().ok_or(ReceiptError::Line(2))?;
        let index = index.strip_prefix("index ").and_then(|index| index.parse().ok());
        let index = index.ok_or(ReceiptError::Line(at))?;
        let proof: Vec<Hash> = lines
            .map(|(line, at)| Hash::from_base64(line).map_err(|_| ReceiptError::Line(at)))
            .collect::<Result<_, _>>()?;
        if proof.len() > INCLUSION_PROOF_COUNT_MAX {
            return Err(ReceiptError::Line(at + proof.len()));
        }
        Ok(Receipt {
            index,
            proof,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Checks that the entry with hash `leaf` stands at this index under a checkpoint that the
    /// trusted log signed.
    ///
    /// # Errors
    /// [`ReceiptError`] says which check failed.
    pub fn verify(&self, leaf: &Hash, trusted: &[VerifierKey]) -> Result<SignedCheckpoint, ReceiptError> {
        let signed = SignedCheckpoint::verify(self.checkpoint.as_bytes(), trusted)?;
        let head = signed.checkpoint();
        verify_inclusion(leaf, self.index, head.size, &self.proof, &head.root)?;
        Ok(signed)
    }

    /// Where the entry stands.
    #[must_use]
    pub fn index(&self) -> LogIndex {
        self.index
    }

    /// The sibling hashes, leaf-first.
    #[must_use]
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The checkpoint's note, unverified.
    #[must_use]
    pub fn unverified_checkpoint(&self) -> &str {
        &self.checkpoint
    }
}

/// The file.
impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{RECEIPT_FORMAT}\nindex {}", self.index)?;
        for hash in &self.proof {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TreeSize;
    use super::super::checkpoint::{Checkpoint, Committed, UncommittedCheckpoint};
    use super::super::merkle::{Appended, CompactTree, leaf_hash, prove_inclusion};
    use super::super::note::{Ed25519Signer, KeyName};
    use super::*;
    use proptest::prelude::*;

    fn signer() -> Ed25519Signer {
        Ed25519Signer::new(KeyName::new("doudi.example/340321/1").expect("a name"), &[5; 32])
    }

    /// The receipt of entry `index` in a log of `size` entries, and its leaf.
    fn receipt(index: u64, size: u64) -> (Receipt, Hash) {
        let mut batch = Appended::after(CompactTree::empty());
        for n in 0..size {
            batch.append(leaf_hash(&n.to_be_bytes()));
        }
        let checkpoint = Checkpoint {
            origin: "doudi.example/340321/1".parse().expect("an origin"),
            size: TreeSize::new(size).expect("small"),
            root: batch.tree().root(),
        };
        let signed = UncommittedCheckpoint::sign(checkpoint, &[&signer()]).expect("signed");
        let at = LogIndex::new(index).expect("small");
        let proof = prove_inclusion(&batch, at, batch.tree().size()).expect("own entries");
        let receipt = Receipt::new(at, proof, &signed.release(&Committed::after_commit()));
        (receipt, leaf_hash(&index.to_be_bytes()))
    }

    #[test]
    fn a_receipt_reads_back_and_proves_its_entry_alone() {
        let keys = [signer().verifier_key().clone()];
        for (index, size) in [(0, 1), (0, 2), (6, 7), (255, 256), (256, 257)] {
            let (receipt, leaf) = receipt(index, size);
            let read = Receipt::parse(receipt.to_string().as_bytes()).expect("a receipt");
            assert_eq!(read, receipt);
            assert!(read.verify(&leaf, &keys).is_ok(), "{index} of {size}");
            assert!(read.verify(&leaf_hash(b"another entry"), &keys).is_err());
        }
    }

    #[test]
    fn an_extra_line_is_passed_over_and_other_lines_are_not() {
        let (receipt, leaf) = receipt(2, 5);
        let text = receipt.to_string();
        let keys = [signer().verifier_key().clone()];
        let extra = text.replacen("index 2", "extra AAAA\nindex 2", 1);
        assert!(
            Receipt::parse(extra.as_bytes())
                .expect("a receipt")
                .verify(&leaf, &keys)
                .is_ok()
        );
        for (from, to, line) in [
            ("@v1", "@v2", 1),
            ("index 2", "index 02", 2),
            ("index 2", "at 2", 2),
            ("index 2\n", "index 2\nxx\n", 3),
        ] {
            let bad = text.replacen(from, to, 1);
            assert_eq!(Receipt::parse(bad.as_bytes()), Err(ReceiptError::Line(line)), "{to}");
        }
        let moved = text.replacen("index 2", "index 3", 1);
        let moved = Receipt::parse(moved.as_bytes()).expect("a receipt");
        assert_eq!(moved.verify(&leaf, &keys), Err(ReceiptError::Proof(ProofError::Root)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Receipt::parse(&bytes);
        }

        #[test]
        fn a_byte_changed_anywhere_is_never_accepted_for_another_meaning(at in any::<prop::sample::Index>(), to in any::<u8>()) {
            let (receipt, leaf) = receipt(4, 9);
            let mut bytes = receipt.to_string().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = to;
            let keys = [signer().verifier_key().clone()];
            if let Ok(changed) = Receipt::parse(&bytes)
                && changed.verify(&leaf, &keys).is_ok()
            {
                prop_assert_eq!(changed, receipt);
            }
        }
    }
}
