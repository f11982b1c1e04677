//! How a witness judges an `add-checkpoint` request (C2SP tlog-witness v1.0.0), in the order of the specification.

use super::request::AddCheckpoint;
use crate::log::checkpoint::Checkpoint;
use crate::log::merkle::verify_consistency;
use crate::log::note::{Note, NoteError, VerifierKey};
use crate::log::{Hash, TreeSize};

/// What a witness knows of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The size that it cosigned last.
    pub size: TreeSize,
    /// Its root.
    pub root: Hash,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// 200: remember this checkpoint, then cosign it. It is the text that is signed.
    Cosign(Checkpoint),
    /// 400: no request of this form, or the old size is larger than the checkpoint's.
    Malformed,
    /// 403: none of the log's keys signed it.
    Unsigned,
    /// 404: a log that this witness does not follow.
    UnknownLog,
    /// 409: another size was cosigned last, or another tree of the same size.
    Conflict(TreeSize),
    /// 422: the proof does not show that the checkpoint continues what was cosigned.
    Inconsistent,
}

/// Judges a request body. `keys` are those of the logs that the witness follows; `known` tells what it cosigned last
/// of a log.
pub fn judge(body: &[u8], keys: &[VerifierKey], known: impl FnOnce(&Checkpoint) -> Option<Known>) -> Judgement {
    let Ok(request) = AddCheckpoint::parse(body) else {
        return Judgement::Malformed;
    };
    let Ok(note) = Note::parse(request.note.as_bytes()) else {
        return Judgement::Malformed;
    };
    let Ok(checkpoint) = Checkpoint::parse(note.unverified_text()) else {
        return Judgement::Malformed;
    };
    let origin = checkpoint.origin.to_string();
    let of_log: Vec<VerifierKey> = keys
        .iter()
        .filter(|key| key.name().as_str() == origin)
        .cloned()
        .collect();
    if of_log.is_empty() {
        return Judgement::UnknownLog;
    }
    match note.verify(&of_log) {
        Ok(_) => {}
        Err(NoteError::NoTrustedKey | NoteError::BadSignature(_)) => return Judgement::Unsigned,
        Err(_) => return Judgement::Malformed,
    }
    if request.old > checkpoint.size {
        return Judgement::Malformed;
    }
    let (size, root) = match known(&checkpoint) {
        Some(known) => (known.size, Some(known.root)),
        None => (TreeSize::EMPTY, None),
    };
    if request.old != size {
        return Judgement::Conflict(size);
    }
    let root = root.unwrap_or_else(crate::log::merkle::empty_root);
    if checkpoint.size == size {
        let same = root == checkpoint.root && request.proof.is_empty();
        return if same {
            Judgement::Cosign(checkpoint)
        } else {
            Judgement::Conflict(size)
        };
    }
    match verify_consistency(size, &root, checkpoint.size, &checkpoint.root, &request.proof) {
        Ok(()) => Judgement::Cosign(checkpoint),
        Err(_) => Judgement::Inconsistent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::checkpoint::{Committed, UncommittedCheckpoint};
    use crate::log::merkle::{Appended, CompactTree, consistency_nodes, leaf_hash, prove_consistency};
    use crate::log::note::{Ed25519Signer, KeyName, Signer};

    const ORIGIN: &str = "doudi.example/340321/1";

    fn log(seed: u8) -> Ed25519Signer {
        Ed25519Signer::new(KeyName::new(ORIGIN).expect("a name"), &[seed; 32])
    }

    /// A tree of so many entries; `fork` makes the last of them another one.
    fn tree(size: u64, fork: bool) -> Appended {
        let mut tree = Appended::after(CompactTree::empty());
        for at in 0..size {
            let other = fork && at + 1 == size;
            tree.append(leaf_hash(if other { b"other" } else { b"entry" }));
        }
        tree
    }

    fn note(tree: &Appended, signer: &Ed25519Signer) -> String {
        let (size, root) = (tree.tree().size(), tree.tree().root());
        let origin = ORIGIN.parse().expect("an origin");
        let signers: [&dyn Signer; 1] = [signer];
        let signed = UncommittedCheckpoint::sign(Checkpoint { origin, size, root }, &signers).expect("signed");
        signed.release(&Committed::after_commit()).note().to_owned()
    }

    fn size(size: u64) -> TreeSize {
        TreeSize::new(size).expect("small")
    }

    fn known_of(tree: &Appended) -> Option<Known> {
        let (size, root) = (tree.tree().size(), tree.tree().root());
        (size > TreeSize::EMPTY).then_some(Known { size, root })
    }

    /// What a witness that cosigned `known` says to a step from `old` to `new`.
    fn step(known: &Appended, old: u64, new: &Appended) -> Judgement {
        let to = new.tree().size();
        let proof = match consistency_nodes(size(old), to) {
            Ok(_) => prove_consistency(new, size(old), to).expect("all nodes"),
            Err(_) => Vec::new(),
        };
        let note = note(new, &log(7));
        let old = size(old);
        let body = AddCheckpoint { old, proof, note }.to_string();
        judge(body.as_bytes(), &[log(7).verifier_key().clone()], |_| known_of(known))
    }

    #[test]
    fn a_log_that_grows_is_cosigned_step_by_step() {
        for (before, after) in [(0, 1), (0, 8), (1, 2), (3, 7), (8, 8), (255, 600)] {
            let new = tree(after, false);
            let judged = step(&tree(before, false), before, &new);
            assert!(
                matches!(judged, Judgement::Cosign(_)),
                "{before} -> {after}: {judged:?}"
            );
        }
    }

    #[test]
    fn another_old_size_is_answered_with_the_size_that_was_cosigned() {
        let new = tree(9, false);
        assert_eq!(step(&tree(5, false), 0, &new), Judgement::Conflict(size(5)));
        assert_eq!(step(&tree(5, false), 7, &new), Judgement::Conflict(size(5)));
        assert_eq!(step(&tree(0, false), 3, &new), Judgement::Conflict(size(0)));
    }

    #[test]
    fn a_fork_is_never_cosigned() {
        assert_eq!(step(&tree(5, true), 5, &tree(9, false)), Judgement::Inconsistent);
        assert_eq!(step(&tree(5, true), 5, &tree(5, false)), Judgement::Conflict(size(5)));
    }

    #[test]
    fn a_shorter_tree_than_the_old_size_is_malformed() {
        assert_eq!(step(&tree(5, false), 5, &tree(4, false)), Judgement::Malformed);
    }

    #[test]
    fn who_did_not_sign_is_told_apart_from_who_is_not_followed() {
        let new = tree(2, false);
        let body = |signer: &Ed25519Signer| format!("old 0\n\n{}", note(&new, signer));
        let keys = [log(7).verifier_key().clone()];
        let other = judge(body(&log(8)).as_bytes(), &keys, |_| None);
        assert_eq!(other, Judgement::Unsigned);
        assert_eq!(judge(body(&log(7)).as_bytes(), &[], |_| None), Judgement::UnknownLog);
        assert_eq!(judge(b"old 0\n", &keys, |_| None), Judgement::Malformed);
    }
}
