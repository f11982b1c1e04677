//! A sample drawn again from a file, and every way to spoil the file.

use super::*;
use crate::canonical::Json;
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
    evidence_of(Vec::new(), |request| request, |_| true, selected)
}

/// The same of another request, after some entries; only the frames that are `opened` could be when it was drawn.
fn evidence_of(
    after: Vec<Leaf>,
    asked: impl Fn(SampleRequest) -> SampleRequest,
    opened: impl Fn(u64) -> bool,
    selected: impl Fn(Selection) -> Selection,
) -> Evidence {
    let mut entries = vec![leaf(EntryKind::Epoch, 0, &[("epoch", b"{}".to_vec())])];
    for number in 0..12 {
        // Every third is a refusal.
        let (amount, outcome, programme) = if number % 3 == 2 {
            (0, "REFUSED", "")
        } else {
            (100 + number, "DIBAO", "DIBAO")
        };
        let text = format!(
            r#"{{"amount_fen":{amount},"continuing":false,"decider":"n1","household_size":1,"outcome":"{outcome}","programme":"{programme}","residence_kind":"rural","source":"live","township":"340321101"}}"#
        );
        let mut decision = leaf(EntryKind::Determination, 1, &[("frame", text.into_bytes())]);
        decision.documents.retain(|_| opened(entries.len() as u64));
        entries.push(decision);
    }
    entries.extend(after);
    for (party, role, number) in [("audit-firm", Role::Auditor, 1), ("operator", Role::Operator, 2)] {
        let commit = SampleCommit {
            period: period(),
            party: party.parse().expect("a party"),
            role,
            commitment: value(number).commitment(),
        };
        entries.push(of(SampleDocument::Commit(commit), 2));
    }
    let asked = asked(SampleRequest {
        checkpoint_root: root(&entries),
        reserve: 2,
        ..request(entries.len() as u64, 4)
    });
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
    let frames = entries.iter().zip(0..).filter(|(_, index)| (1..=12).contains(index));
    let frames = frames.map(|(leaf, index)| {
        let frame = leaf.documents.iter().find(|document| document.name == "frame");
        (at(index), frame.and_then(|frame| Frame::parse(&frame.content)))
    });
    let selection = selected(draw(&asked, &seed, &frames.collect()).expect("drawn"));
    let result = SampleResult {
        period: period(),
        request: asked_at,
        seed,
        population: selection.population(),
        drawn: selection.drawn(),
        unopened: selection.unopened.len() as u64,
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

fn erasure(act: &str) -> Leaf {
    let document = Json::object([("act", Json::text(act)), ("scope", "case".into())]);
    leaf(EntryKind::Erasure, 6, &[("erasure", document.to_bytes())])
}

/// The same log after the frames of some entries went, and an ERASURE entry came.
fn erased(good: &Evidence, indices: &[usize], act: &str) -> Evidence {
    let mut erased = good.clone();
    for index in indices {
        erased.entries[*index].documents.clear();
    }
    erased.entries.push(erasure(act));
    erased.checkpoint = signed(&erased.entries, &signer(5));
    erased
}

#[test]
fn a_sample_agrees_as_far_as_it_can_be_told_when_frames_were_erased_after_it_was_drawn() {
    let refusals = |request| SampleRequest {
        population: Population::Negative,
        size: 2,
        reserve: 1,
        ..request
    };
    let by_outcome = |request| SampleRequest {
        draw: DrawKind::Stratified,
        strata: vec![StratumField::Outcome],
        ..request
    };
    let by_amount = |request| SampleRequest {
        population: Population::Paid,
        draw: DrawKind::SizeProportional,
        ..request
    };
    let asked: [(&str, &dyn Fn(SampleRequest) -> SampleRequest); 3] = [
        ("refusals", &refusals),
        ("strata", &by_outcome),
        ("amounts", &by_amount),
    ];
    for (what, asked) in asked {
        let good = evidence_of(Vec::new(), asked, |_| true, |selection| selection);
        let before = redraw(&good).expect("drawn again");
        assert_eq!(before.agreement, Agreement::Equal, "{what}");
        // Whichever decision is erased: drawn, passed over, or of no stratum at all.
        for index in 1..=12 {
            let erased = redraw(&erased(&good, &[index], "erase")).expect("drawn again");
            assert!(erased.agrees(), "{what} without entry {index}: {:?}", erased.agreement);
            assert_eq!(erased.selection.strata, before.selection.strata, "what was drawn");
        }
        let all: Vec<usize> = (1..=12).collect();
        assert!(
            redraw(&erased(&good, &all, "erase")).expect("drawn again").agrees(),
            "{what}"
        );
        for act in ["restrict", "lift"] {
            let hidden = redraw(&erased(&good, &[3], act)).expect("drawn again");
            assert_eq!(hidden.agreement, Agreement::Withheld(vec![at(3)]), "{what} under {act}");
        }
    }
}

#[test]
fn an_erasure_after_the_draw_does_not_hide_that_another_sample_is_recorded() {
    let refusals = |request| SampleRequest {
        population: Population::Negative,
        size: 2,
        reserve: 1,
        ..request
    };
    let good = redraw(&evidence_of(Vec::new(), refusals, |_| true, |selection| selection)).expect("drawn again");
    let units: Vec<u64> = good.selection.strata[0].units.iter().map(|unit| unit.get()).collect();
    let rest = [3, 6, 9, 12].into_iter().filter(|index| !units.contains(index));
    for erased_at in rest.map(|index| usize::try_from(index).expect("small")) {
        let exchanged = evidence_of(
            Vec::new(),
            refusals,
            |_| true,
            |mut selection| {
                selection.strata[0].units.swap(0, 1);
                selection
            },
        );
        let exchanged = redraw(&erased(&exchanged, &[erased_at], "erase")).expect("drawn again");
        assert_eq!(exchanged.agreement, Agreement::Different, "units in another order");
        let fewer = evidence_of(
            Vec::new(),
            refusals,
            |_| true,
            |mut selection| {
                selection.strata[0].population -= 2;
                selection
            },
        );
        let fewer = redraw(&erased(&fewer, &[erased_at], "erase")).map(|redrawn| redrawn.agreement);
        assert_eq!(
            fewer,
            Ok(Agreement::Different),
            "a smaller population than stands there"
        );
    }
}

#[test]
fn no_stratum_has_more_units_than_the_range_has_entries() {
    let by_outcome = |request| SampleRequest {
        draw: DrawKind::Stratified,
        strata: vec![StratumField::Outcome],
        ..request
    };
    // What is too much in one stratum wraps to too little together: one that was not to be sampled would vanish.
    let steered = |population: u64| {
        evidence_of(
            Vec::new(),
            by_outcome,
            |_| true,
            move |mut selection| {
                selection.strata[0].population = population;
                selection
            },
        )
    };
    let range = 15;
    for erased_at in [1, 3] {
        for beyond in [range + 1, u64::MAX - 8, u64::MAX] {
            let redrawn = redraw(&erased(&steered(beyond), &[erased_at], "erase"));
            assert!(
                matches!(redrawn, Err(EvidenceError::Beyond(_))),
                "{beyond}: {redrawn:?}"
            );
        }
        let redrawn = redraw(&erased(&steered(range), &[erased_at], "erase")).expect("drawn again");
        assert_eq!(redrawn.agreement, Agreement::Different);
    }
}

#[test]
fn a_frame_that_was_withheld_from_the_draw_stands_under_an_earlier_erasure() {
    let opened = |index| index != 5;
    let before = evidence_of(vec![erasure("erase")], |request| request, opened, |selection| selection);
    assert_eq!(redraw(&before).expect("drawn again").agreement, Agreement::Equal);
    let late = evidence_of(Vec::new(), |request| request, opened, |selection| selection);
    let late = redraw(&erased(&late, &[], "erase")).expect("drawn again");
    assert_eq!(
        late.agreement,
        Agreement::Withheld(vec![at(5)]),
        "erased after the draw alone"
    );
}

/// The seed is known between the last reveal and the draw: an erasure then may have been chosen by it.
#[test]
fn an_erasure_between_request_and_result_is_named_where_a_frame_was_not_opened() {
    const AFTER_REQUEST: usize = 16;
    let meanwhile = |opened: fn(u64) -> bool| {
        let mut evidence = evidence_of(Vec::new(), |request| request, opened, |selection| selection);
        evidence.entries.insert(AFTER_REQUEST, erasure("erase"));
        evidence.checkpoint = signed(&evidence.entries, &signer(5));
        redraw(&evidence).expect("drawn again")
    };
    let hidden = meanwhile(|index| index != 5);
    assert_eq!(
        (hidden.agreement, hidden.erased_before_draw),
        (Agreement::Equal, vec![at(16)])
    );
    assert_eq!(meanwhile(|_| true).erased_before_draw, [], "every frame was there");
    let before = evidence_of(
        vec![erasure("erase")],
        |request| request,
        |index| index != 5,
        |selection| selection,
    );
    assert_eq!(redraw(&before).expect("drawn again").erased_before_draw, []);
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

    // A frame that is left out is seen: it must stand under an ERASURE entry. A simple draw does not rest on it.
    let mut unopened = good.clone();
    unopened.entries[4].documents.clear();
    let redrawn = redraw(&unopened).expect("drawn again");
    assert_eq!(redrawn.agreement, Agreement::Withheld(vec![at(4)]));
    assert!(!redrawn.agrees());
    let erased = erased(&good, &[4], "erase");
    assert_eq!(redraw(&erased).expect("drawn again").agreement, Agreement::Equal);

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
