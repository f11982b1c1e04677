//! What the signed head proves: its signatures, the tree below it, the head before it, and receipts.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::Folded;
use super::report::{Cosigned, Signed};
use super::verify::Ask;
use super::violation::{Code, Violations};
use crate::log::bundle::path::MANIFEST_PATH;
use crate::log::bundle::{BundlePath, Manifest};
use crate::log::checkpoint::Checkpoint;
use crate::log::merkle::verify_consistency;
use crate::log::note::{Note, VerifierKey};
use crate::log::tiles::{TileKind, TilePath};
use crate::log::{Hash, LogIndex};

/// The checkpoint under the auditor's keys and policy.
pub(super) fn checkpoint(manifest: &Manifest, note: &[u8], ask: &Ask<'_>, violations: &mut Violations) -> Signed {
    let mut signed = Signed::default();
    let place = BundlePath::Checkpoint;
    let says = Checkpoint {
        origin: manifest.origin.clone(),
        size: manifest.head.size,
        root: manifest.head.root,
    };
    let note = match Note::parse(note) {
        Ok(note) => note,
        Err(error) => {
            violations.add(Code::Checkpoint, place, error);
            return signed;
        }
    };
    let text = note.unverified_text();
    if text != says.to_string() {
        violations.add(
            Code::Manifest,
            MANIFEST_PATH,
            "repeats another checkpoint than the one in the bundle",
        );
    }
    let name = manifest.origin.to_string();
    let logs = ask.policy.map_or(&[][..], |policy| &policy.logs);
    let keys: Vec<VerifierKey> = ask
        .keys
        .iter()
        .chain(logs)
        .filter(|key| key.name().as_str() == name)
        .cloned()
        .collect();
    if keys.is_empty() {
        let text = "none of the keys given is that of this log: a key's name is the log's origin";
        violations.add(Code::Checkpoint, place, text);
    } else {
        match note.verify(&keys) {
            Ok((_, by)) => signed.keys = by.iter().map(ToString::to_string).collect(),
            Err(error) => violations.add(Code::Checkpoint, place, error),
        }
    }
    if let Some(policy) = ask.policy.filter(|policy| policy.asks_for_witnesses()) {
        let mut cosigned = BTreeSet::new();
        for (at, witness) in policy.witnesses.iter().enumerate() {
            let seen = note
                .signatures()
                .iter()
                .find_map(|line| witness.key.cosigned_at(text, line));
            let Some(at_seconds) = seen else { continue };
            cosigned.insert(at);
            let name = witness.key.name().to_string();
            signed.witnesses.push(Cosigned { name, at_seconds });
        }
        let met = policy.is_met(&cosigned);
        signed.quorum = Some(met);
        if !met {
            let count = cosigned.len();
            violations.add(
                Code::Quorum,
                place,
                format!("{count} witnesses cosigned: the policy asks for others or more"),
            );
        }
    }
    signed
}

/// The root, and the tiles above the leaves.
pub(super) fn tree(manifest: &Manifest, root: Option<Hash>, above: Vec<(TilePath, Vec<u8>)>, folded: &mut Folded) {
    let place = format!("tree of {} entries", manifest.head.size);
    match root {
        Some(root) if root == manifest.head.root => {}
        Some(_) => folded.violations.add(
            Code::Root,
            place,
            "the entries do not make the root that was signed: one was changed, added or left out",
        ),
        None => folded
            .violations
            .add(Code::Root, place, "cannot be computed: entries are missing"),
    }
    for (path, bytes) in above {
        let TileKind::Hashes(level) = path.kind else { continue };
        let hashes = folded.hashes_of(level, path.n, path.width);
        if hashes.is_some_and(|hashes| hashes != bytes) {
            folded
                .violations
                .add(Code::Tile, path, "holds other hashes than those of the tiles below it");
        }
    }
}

/// The bundle's own proof that it continues an older head.
pub(super) fn consistency(manifest: &Manifest, small: &BTreeMap<String, Vec<u8>>, ask: &Ask<'_>, folded: &mut Folded) {
    let Some(previous) = manifest.previous else { return };
    let place = BundlePath::Consistency;
    let note = small.get(&BundlePath::Previous.to_string());
    let proof = small.get(&place.to_string());
    // That they are missing was said.
    let (Some(note), Some(proof)) = (note, proof) else {
        return;
    };
    let says = Checkpoint {
        origin: manifest.origin.clone(),
        size: previous.size,
        root: previous.root,
    };
    let keys: Vec<VerifierKey> = ask
        .keys
        .iter()
        .chain(ask.policy.map_or(&[][..], |policy| &policy.logs))
        .cloned()
        .collect();
    match crate::log::checkpoint::SignedCheckpoint::verify(note, &keys) {
        Ok(signed) if *signed.checkpoint() == says => {}
        Ok(_) => folded.violations.add(
            Code::Manifest,
            BundlePath::Previous,
            "is another head than the manifest says",
        ),
        Err(error) => folded.violations.add(Code::Consistency, BundlePath::Previous, error),
    }
    let hashes = std::str::from_utf8(proof).ok().and_then(|text| {
        let lines = text
            .strip_suffix('\n')
            .map_or_else(Vec::new, |lines| lines.split('\n').collect());
        let whole = text.is_empty() || text.ends_with('\n');
        let hashes: Option<Vec<Hash>> = lines.into_iter().map(|line| Hash::from_base64(line).ok()).collect();
        hashes.filter(|_| whole)
    });
    let head = manifest.head;
    let verified =
        hashes.map(|hashes| verify_consistency(previous.size, &previous.root, head.size, &head.root, &hashes));
    match verified {
        Some(Ok(())) => {}
        Some(Err(error)) => folded.violations.add(Code::Consistency, place, error),
        None => folded
            .violations
            .add(Code::Consistency, place, "is no list of hashes in base64"),
    }
    if folded.root_at(previous.size).is_some_and(|root| root != previous.root) {
        folded
            .violations
            .add(Code::Consistency, place, "the tree has another root at this size");
    }
}

pub(super) fn check_receipts(
    manifest: &Manifest,
    receipts: &[(LogIndex, Result<Vec<Hash>, String>)],
    folded: &mut Folded,
) {
    let head = manifest.head;
    for (index, proof) in receipts {
        let problem = match (proof, folded.leaves.get(index)) {
            (Err(problem), _) => Some(problem.clone()),
            (Ok(_), None) => Some("its entry is not in the bundle".to_owned()),
            (Ok(proof), Some(leaf)) => {
                let verified = crate::log::merkle::verify_inclusion(leaf, *index, head.size, proof, &head.root);
                verified.err().map(|error| error.to_string())
            }
        };
        if let Some(problem) = problem {
            folded
                .violations
                .add(Code::Receipt, BundlePath::Receipt(*index), problem);
        }
    }
}
