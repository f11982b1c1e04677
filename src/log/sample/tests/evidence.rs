//! A sample drawn again from a file, and every way to spoil the file.

use super::*;
use crate::log::acknowledgement::AcknowledgedDocument;
use crate::log::checkpoint::{Checkpoint, Committed, UncommittedCheckpoint};
use crate::log::merkle::{CompactTree, leaf_hash};
use crate::log::note::{Ed25519Signer, KeyName, VerifierKey};
use crate::log::record::{DocumentCommitment, DocumentName, Entry, EntryKind, LawUsed, Salt, commitment};

const ORIGIN: &str = "doudi.example/340321/1";
const START: i64 = 1_790_000_000;

fn signer(number: u8) -> Ed25519Signer {
    Ed25519Signer::new(KeyName::new(ORIGIN).expect("a name"), &[number; 32])
}

pub(crate) fn keys() -> Vec<VerifierKey> {
    vec![signer(5).verifier_key().clone()]
}

/// An entry with its documents, all opened.
fn leaf(kind: EntryKind, after: i64, documents: &[(&str, Vec<u8>)]) -> Leaf {
    let opened: Vec<AcknowledgedDocument> = documents
        .iter()
        .map(|(name, content)| AcknowledgedDocument {
            name: (*name).to_owned(),
            salt: Salt::from_bytes([9; 32]),
            content: content.clone(),
        })
        .collect();
    let commitments = opened.iter().map(|document| {
        let name: DocumentName = document.name.parse().expect("a name");
        DocumentCommitment {
            commitment: commitment(&name, &document.salt, &document.content),
            name,
        }
    });
    let law = kind.is_decided_by_law().then(|| LawUsed {
        manifest: Hash::of(b"law"),
        semantics: "doudi-rules/1".to_owned(),
    });
    let origin = ORIGIN.parse().expect("an origin");
    let entry = Entry::new(kind, origin, START + after, law, "doudi/0", commitments.collect()).expect("an entry");
    Leaf {
        entry: entry.to_bytes(),
        documents: opened,
    }
}

fn of(document: SampleDocument, after: i64) -> Leaf {
    let name = SampleDocument::name_in(document.kind()).expect("a sample's kind");
    leaf(document.kind(), after, &[(name, document.to_json().to_bytes())])
}

fn root(entries: &[Leaf]) -> Hash {
    let mut tree = CompactTree::empty();
    for leaf in entries {
        tree.append(leaf_hash(&leaf.entry), |_, _| {});
    }
    tree.root()
}

fn signed(entries: &[Leaf], by: &Ed25519Signer) -> String {
    let checkpoint = Checkpoint {
        origin: ORIGIN.parse().expect("an origin"),
        size: size(entries.len() as u64),
        root: root(entries),
    };
    let signed = UncommittedCheckpoint::sign(checkpoint, &[by]).expect("signed");
    signed.release(&Committed::after_commit()).note().to_owned()
}

fn period() -> Period {
    "2026-Q3".parse().expect("a period")
}

/// Twelve decisions, a round of two parties, and the result that `selected` makes of what is drawn.
pub(crate) fn evidence(selected: impl Fn(Selection) -> Selection) -> Evidence {
    let mut entries = vec![leaf(EntryKind::Epoch, 0, &[("epoch", b"{}".to_vec())])];
    for number in 0..12 {
        let text = format!(
            r#"{{"amount_fen":{},"continuing":false,"decider":"n1","household_size":1,"outcome":"DIBAO","programme":"DIBAO","residence_kind":"rural","source":"live","township":"340321101"}}"#,
            100 + number
        );
        entries.push(leaf(EntryKind::Determination, 1, &[("frame", text.into_bytes())]));
    }
    for (party, role, number) in [("audit-firm", Role::Auditor, 1), ("operator", Role::Operator, 2)] {
        let commit = SampleCommit {
            period: period(),
            party: party.parse().expect("a party"),
            role,
            commitment: value(number).commitment(),
        };
        entries.push(of(SampleDocument::Commit(commit), 2));
    }
    let asked = SampleRequest {
        checkpoint_root: root(&entries),
        reserve: 2,
        ..request(entries.len() as u64, 4)
    };
    let asked_at = at(entries.len() as u64);
    entries.push(of(SampleDocument::Request(asked.clone()), 3));
    for (party, number) in [("audit-firm", 1), ("operator", 2)] {
        let reveal = SampleReveal {
            period: period(),
            party: party.parse().expect("a party"),
            value: Ok(value(number)),
        };
        entries.push(of(SampleDocument::Reveal(reveal), 4));
    }
    let seed = Seed::derive(
        &asked.checkpoint_root,
        asked.from,
        asked.to,
        asked.size,
        &[value(1), value(2)],
    );
    let frames = entries.iter().zip(0..).filter_map(|(leaf, index)| {
        let frame = leaf.documents.iter().find(|document| document.name == "frame")?;
        Some((at(index), Frame::parse(&frame.content)))
    });
    let selection = selected(draw(&asked, &seed, &frames.collect()).expect("drawn"));
    let result = SampleResult {
        period: period(),
        request: asked_at,
        seed,
        population: selection.population(),
        drawn: selection.drawn(),
        unopened: 0,
    };
    let result = SampleDocument::Result(result).to_json().to_bytes();
    let documents = [("sample_result", result), ("selection", selection.to_json().to_bytes())];
    entries.push(leaf(EntryKind::SampleResult, 5, &documents));
    Evidence {
        period: period(),
        checkpoint: signed(&entries, &signer(5)),
        entries,
    }
}

fn redraw(evidence: &Evidence) -> Result<Redrawn, EvidenceError> {
    evidence.redraw(&keys(), |_| {})
}

#[test]
fn a_file_reads_back_and_draws_the_recorded_sample_again() {
    let evidence = evidence(|selection| selection);
    let file = evidence.to_json().to_bytes();
    assert_eq!(Evidence::parse(&file), Ok(evidence.clone()));
    let redrawn = redraw(&evidence).expect("drawn again");
    assert!(redrawn.agrees());
    assert_eq!((redrawn.selection.drawn(), redrawn.selection.population()), (4, 12));
    assert_eq!(redrawn.selection.strata[0].reserve.len(), 2);
}

#[test]
fn a_recorded_sample_that_the_seed_does_not_draw_is_seen() {
    let evidence = evidence(|mut selection| {
        let stratum = &mut selection.strata[0];
        std::mem::swap(&mut stratum.units[0], &mut stratum.reserve[0]);
        selection
    });
    assert!(!redraw(&evidence).expect("drawn again").agrees());
}

#[test]
fn a_file_that_was_changed_draws_nothing() {
    let good = evidence(|selection| selection);
    let mut other_key = good.clone();
    other_key.checkpoint = signed(&good.entries, &signer(6));
    assert!(matches!(redraw(&other_key), Err(EvidenceError::Checkpoint(_))));

    let mut left_out = good.clone();
    left_out.entries.remove(4);
    assert!(matches!(redraw(&left_out), Err(EvidenceError::Tree { .. })));

    let mut frame = good.clone();
    frame.entries[4].documents[0].content[15] = b'9';
    assert_eq!(
        redraw(&frame).map(|_| ()),
        Err(EvidenceError::Document {
            index: at(4),
            name: "frame".to_owned()
        })
    );

    let mut hidden = good.clone();
    hidden.entries[15].documents.clear();
    assert_eq!(
        redraw(&hidden).map(|_| ()),
        Err(EvidenceError::Missing {
            index: at(15),
            name: "sample_request"
        })
    );

    // A frame that is left out is listed: it must stand under an ERASURE entry. A simple draw does not rest on it.
    let mut unopened = good.clone();
    unopened.entries[4].documents.clear();
    let redrawn = redraw(&unopened).expect("drawn again");
    assert_eq!(
        (redrawn.selection.unopened.clone(), redrawn.agrees()),
        (vec![at(4)], true)
    );

    // An operator who rewrites the log before the request signs another root than the request names.
    let mut rewritten = good.clone();
    rewritten.entries.swap(2, 3);
    rewritten.checkpoint = signed(&rewritten.entries, &signer(5));
    assert_eq!(redraw(&rewritten).map(|_| ()), Err(EvidenceError::OtherRoot));
}

#[test]
fn a_round_that_is_not_complete_draws_nothing() {
    let mut early = evidence(|selection| selection);
    early.entries.truncate(17);
    early.checkpoint = signed(&early.entries, &signer(5));
    assert_eq!(redraw(&early).map(|_| ()), Err(EvidenceError::Round(Unmet::Incomplete)));
    early.entries.truncate(15);
    early.checkpoint = signed(&early.entries, &signer(5));
    assert_eq!(redraw(&early).map(|_| ()), Err(EvidenceError::Round(Unmet::NoRequest)));
}

#[test]
fn what_is_no_file_of_evidence_is_named() {
    for (text, member) in [
        ("", "file"),
        ("{}", "format"),
        (r#"{"format":"doudi-sample/2"}"#, "format"),
        (r#"{"format":"doudi-sample/1","period":"2026 Q3"}"#, "period"),
        (r#"{"format":"doudi-sample/1","period":"2026-Q3"}"#, "checkpoint"),
        (
            r#"{"format":"doudi-sample/1","period":"2026-Q3","checkpoint":"","entries":[{"entry":"?"}]}"#,
            "entries[0].entry",
        ),
    ] {
        assert_eq!(
            Evidence::parse(text.as_bytes()),
            Err(EvidenceError::Malformed(member.to_owned())),
            "{text}"
        );
    }
}
