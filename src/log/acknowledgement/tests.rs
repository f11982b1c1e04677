//! A genuine acknowledgement verifies; one that was changed anywhere is refused with the reason.

use proptest::prelude::*;

use super::*;
use crate::log::checkpoint::{Committed, UncommittedCheckpoint};
use crate::log::entropy::Counting;
use crate::log::keys::KeyRing;
use crate::log::merkle::{Appended, CompactTree, prove_inclusion};
use crate::log::record::{DocumentCommitment, EntryKind, LawUsed, write_documents};
use crate::log::{Hash, Origin, RecordId};

fn origin() -> Origin {
    "doudi.example/340321/1".parse().expect("an origin")
}

fn keys() -> KeyRing {
    KeyRing::generate(&mut Counting(9)).expect("counting")
}

fn key() -> VerifierKey {
    keys().verifier_keys(&origin()).remove(0)
}

/// The acknowledgement of a determination at index 3 of 5, with all documents but the identity.
fn genuine() -> Acknowledgement {
    let case_keys = KeyRing::new_case_keys(&mut Counting(50)).expect("counting");
    let contents: [(&str, &[u8]); 4] = [
        ("identity", b"{\"name\":\"x\"}"),
        ("facts", b"{}"),
        ("determination", b"{\"outcome\":\"GRANT\"}"),
        ("frame", b"{\"household_size\":3}"),
    ];
    let kind = EntryKind::Determination;
    let record_id = RecordId::from_bytes([1; 16]);
    let written = write_documents(
        kind,
        origin().area(),
        record_id,
        &contents,
        Some(&case_keys),
        &mut Counting(0),
    );
    let written = written.expect("written");
    let commitments = written.iter().map(|document| DocumentCommitment {
        name: document.name.clone(),
        commitment: document.commitment,
    });
    let law = LawUsed {
        manifest: Hash::of(b"law"),
        semantics: "doudi-rules/1".to_owned(),
    };
    let entry = Entry::new(
        kind,
        origin(),
        1_795_000_000,
        Some(law),
        "doudi/0.1.0",
        commitments.collect(),
    );
    let entry = entry.expect("an entry").to_bytes();

    let mut batch = Appended::after(CompactTree::empty());
    let mut index = None;
    for n in 0..5_u8 {
        let leaf = if n == 3 { leaf_hash(&entry) } else { leaf_hash(&[n]) };
        let at = batch.append(leaf);
        index = if n == 3 { Some(at) } else { index };
    }
    let index = index.expect("five were appended");
    let checkpoint = Checkpoint {
        origin: origin(),
        size: batch.tree().size(),
        root: batch.tree().root(),
    };
    let signed = UncommittedCheckpoint::sign(checkpoint, &[&keys().signer(&origin())]).expect("signed");
    let proof = prove_inclusion(&batch, index, batch.tree().size()).expect("its own entry");
    let documents = written
        .iter()
        .zip(contents)
        .skip(1)
        .map(|(document, (_, content))| AcknowledgedDocument {
            name: document.name.to_string(),
            salt: document.salt.clone(),
            content: content.to_vec(),
        });
    Acknowledgement {
        documents: documents.collect(),
        entry,
        receipt: Receipt::new(index, proof, &signed.release(&Committed::after_commit())).to_string(),
        origin: Some(origin().to_string()),
        index: Some(index),
    }
}

fn verify(acknowledgement: &Acknowledgement) -> Result<Verified, Refusal> {
    verify_receipt(&acknowledgement.to_json().to_bytes(), &key())
}

#[test]
fn a_genuine_acknowledgement_proves_its_entry_and_documents() {
    let verified = verify(&genuine()).expect("genuine");
    let names = |list: &[DocumentName]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&verified.opened), ["facts", "determination", "frame"]);
    assert_eq!(names(&verified.unopened), ["identity"]);
    assert_eq!((verified.index.get(), verified.checkpoint.size.get()), (3, 5));
    assert_eq!(verified.entry.kind().known(), Some(EntryKind::Determination));
}

#[test]
fn it_is_read_as_protobuf_writes_it_alone_or_inside_an_answer() {
    let file = genuine().to_json().to_string();
    let answer = format!("{{\"determination\": {{}}, \"acknowledgement\": {file}}}");
    assert!(verify_receipt(answer.as_bytes(), &key()).is_ok());
    let with_time = file.replacen('{', "{\n  \"createTime\": \"2026-11-23T00:00:00Z\",\n  ", 1);
    assert!(verify_receipt(with_time.as_bytes(), &key()).is_ok());
    let small = file.replacen("\"index\":\"3\"", "\"index\":3", 1);
    assert!(verify_receipt(small.as_bytes(), &key()).is_ok());
    let bare = Acknowledgement {
        origin: None,
        index: None,
        documents: Vec::new(),
        ..genuine()
    };
    assert_eq!(verify(&bare).expect("genuine").unopened.len(), 4);
}

#[test]
fn each_part_that_was_changed_is_named() {
    let reason = |change: fn(&mut Acknowledgement)| {
        let mut changed = genuine();
        change(&mut changed);
        verify(&changed).expect_err("changed").reason()
    };
    assert_eq!(
        reason(|ack| ack.documents[1].content = b"{\"outcome\":\"DENY\"}".to_vec()),
        "document"
    );
    assert_eq!(
        reason(|ack| ack.documents[1].salt = Salt::from_bytes([0; 32])),
        "document"
    );
    assert_eq!(reason(|ack| ack.documents[1].name = "source".to_owned()), "document");
    assert_eq!(reason(|ack| ack.documents[1].name = "张三".to_owned()), "document");
    assert_eq!(reason(|ack| ack.index = LogIndex::new(4).ok()), "disagrees");
    assert_eq!(
        reason(|ack| ack.origin = Some("doudi.example/340323/1".to_owned())),
        "disagrees"
    );
    assert_eq!(
        reason(|ack| ack.receipt = ack.receipt.replacen("index 3", "index 2", 1)),
        "not_included"
    );
    assert_eq!(
        reason(|ack| ack.receipt = ack.receipt.replacen("\n5\n", "\n6\n", 1)),
        "signature"
    );
    assert_eq!(
        reason(|ack| ack.receipt = ack.receipt.replacen("tlog", "clog", 1)),
        "receipt"
    );
    assert_eq!(reason(|ack| ack.entry.push(b' ')), "not_included");
    assert_eq!(reason(|ack| ack.entry.clear()), "not_included");
    let other_key = KeyRing::generate(&mut Counting(77))
        .expect("counting")
        .verifier_keys(&origin())
        .remove(0);
    let refused = verify_receipt(&genuine().to_json().to_bytes(), &other_key).expect_err("another log's key");
    assert_eq!(refused.reason(), "signature");
}

#[test]
fn what_is_no_acknowledgement_is_refused_by_member() {
    for (file, member) in [
        ("", "file"),
        ("[]", "entry"),
        ("{}", "entry"),
        ("{\"entry\":\"!\"}", "entry"),
        ("{\"entry\":\"\"}", "receipt"),
        ("{\"entry\":\"\",\"documents\":1}", "documents"),
        (
            "{\"entry\":\"\",\"documents\":[{\"name\":\"facts\",\"salt\":\"AA==\"}]}",
            "documents",
        ),
        ("{\"entry\":\"\",\"receipt\":\"\",\"index\":\"-1\"}", "index"),
    ] {
        assert_eq!(
            verify_receipt(file.as_bytes(), &key()),
            Err(Refusal::Malformed(member)),
            "{file}"
        );
    }
}

#[test]
fn neither_errors_nor_debug_text_repeat_a_document() {
    let mut changed = genuine();
    changed.documents[0].content = "身份证11010119900307001X".as_bytes().to_vec();
    let text = format!("{:?} {}", changed, verify(&changed).expect_err("changed"));
    assert!(
        !text.contains("11010119900307001X") && !text.contains("身份证"),
        "{text}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(verify_receipt(&bytes, &key()).is_err());
    }

    #[test]
    fn a_byte_changed_anywhere_proves_nothing_else(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut file = genuine().to_json().to_bytes();
        let at = at.index(file.len());
        file[at] = to;
        if let Ok(verified) = verify_receipt(&file, &key()) {
            let whole = verify(&genuine()).expect("genuine");
            prop_assert_eq!((verified.entry, verified.index, verified.checkpoint), (whole.entry, whole.index, whole.checkpoint));
        }
    }
}
