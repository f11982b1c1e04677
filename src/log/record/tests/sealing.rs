//! Documents, data keys and case states: they open where they belong and nowhere else.

use proptest::prelude::*;

use super::*;
use crate::log::entropy::{Entropy, EntropyError};

/// A source that has run dry.
struct Dry;

impl Entropy for Dry {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

fn place(name: &DocumentName) -> Place<'_> {
    Place {
        area: area(),
        record_id: record_id(),
        name,
    }
}

#[test]
fn a_sealed_document_opens_to_its_bytes_and_salt() {
    let (facts, key) = (name("facts"), case_keys().content.1);
    let salt = Salt::from_bytes([9; 32]);
    let (committed, sealed) = seal(&key, place(&facts), &salt, b"{}", &mut Counting(0)).expect("sealed");
    assert_eq!(committed, commitment(&facts, &salt, b"{}"));
    let opened = open(&key, place(&facts), &committed, &sealed).expect("opened");
    assert_eq!(
        (opened.salt, opened.content.as_slice()),
        (salt.clone(), b"{}".as_slice())
    );
    let windows = |needle: &[u8]| sealed.windows(needle.len()).any(|window| window == needle);
    assert!(!windows(salt.as_bytes()), "the salt exists only inside the ciphertext");
}

#[test]
fn it_opens_at_no_other_place_with_no_other_key_and_to_no_other_commitment() {
    let (facts, key) = (name("facts"), case_keys().content.1);
    let salt = Salt::from_bytes([9; 32]);
    let (committed, sealed) = seal(&key, place(&facts), &salt, b"text", &mut Counting(0)).expect("sealed");
    let frame = name("frame");
    let elsewhere = [
        Place {
            area: "340322".parse().expect("an area"),
            ..place(&facts)
        },
        Place {
            record_id: RecordId::from_bytes([0x12; 16]),
            ..place(&facts)
        },
        place(&frame),
    ];
    for other in elsewhere {
        assert_eq!(open(&key, other, &committed, &sealed), Err(OpenError::NotAuthentic));
    }
    let identity = case_keys().identity.1;
    assert_eq!(
        open(&identity, place(&facts), &committed, &sealed),
        Err(OpenError::NotAuthentic)
    );
    assert_eq!(
        open(&key, place(&facts), &Hash::of(b"other"), &sealed),
        Err(OpenError::NotAuthentic)
    );
    assert_eq!(
        open(&key, place(&facts), &committed, &sealed[..40]),
        Err(OpenError::Truncated)
    );
}

#[test]
fn a_public_document_is_checked_against_its_commitment_too() {
    let source = name("source");
    let (committed, stored) = publish(&source, &Salt::from_bytes([3; 32]), "政策".as_bytes());
    assert_eq!(
        open_public(&source, &committed, &stored).expect("opened").content,
        "政策".as_bytes()
    );
    let mut changed = stored.clone();
    changed[40 - 8] ^= 1;
    assert_eq!(open_public(&source, &committed, &changed), Err(OpenError::Commitment));
    assert_eq!(
        open_public(&source, &committed, &stored[..31]),
        Err(OpenError::Truncated)
    );
    assert_eq!(
        open_public(&name("policy"), &committed, &stored),
        Err(OpenError::Commitment)
    );
}

#[test]
fn names_and_contents_cannot_be_shifted_into_each_other() {
    let salt = Salt::from_bytes([0; 32]);
    assert_ne!(
        commitment(&name("ab"), &salt, b"c"),
        commitment(&name("a"), &salt, b"bc")
    );
}

#[test]
fn a_wrapped_key_unwraps_under_its_own_names_alone() {
    let kek = DataKey::from_bytes([7; 32]);
    let kek_id: KekId = "kek-2026/1".parse().expect("a name");
    let (key_ref, key) = case_keys().identity;
    let wrapped = key.wrap(&kek, &kek_id, key_ref, &mut Counting(0)).expect("wrapped");
    assert_eq!(wrapped.len(), 60);
    assert!(DataKey::unwrap_with(&kek, &kek_id, key_ref, &wrapped).is_ok());
    let other_ref = case_keys().content.0;
    let other_id: KekId = "kek-2026/2".parse().expect("a name");
    let other_kek = DataKey::from_bytes([8; 32]);
    for refused in [
        DataKey::unwrap_with(&kek, &kek_id, other_ref, &wrapped),
        DataKey::unwrap_with(&kek, &other_id, key_ref, &wrapped),
        DataKey::unwrap_with(&other_kek, &kek_id, key_ref, &wrapped),
        DataKey::unwrap_with(&kek, &kek_id, key_ref, &wrapped[..59]),
    ] {
        assert_eq!(refused.err(), Some(WrapError));
    }
}

#[test]
fn an_older_state_of_a_case_is_not_taken_for_the_newest() {
    let key = case_keys().content.1;
    let place = CaseStatePlace {
        area: area(),
        case_id: [5; 16],
        version: 3,
    };
    let sealed = seal_state(&key, place, b"state", &mut Counting(0)).expect("sealed");
    assert_eq!(open_state(&key, place, &sealed).as_deref(), Ok(b"state".as_slice()));
    let newer = CaseStatePlace { version: 4, ..place };
    let other = CaseStatePlace {
        case_id: [6; 16],
        ..place
    };
    assert_eq!(open_state(&key, newer, &sealed), Err(OpenError::NotAuthentic));
    assert_eq!(open_state(&key, other, &sealed), Err(OpenError::NotAuthentic));
    assert_eq!(open_state(&key, place, b""), Err(OpenError::NotAuthentic));
}

fn write(
    kind: EntryKind,
    documents: &[(&str, &[u8])],
    keys: Option<&CaseKeys>,
) -> Result<Vec<WrittenDocument>, WriteError> {
    write_documents(kind, area(), record_id(), documents, keys, &mut Counting(0))
}

#[test]
fn a_determination_is_sealed_with_the_identity_and_the_content_key() {
    let keys = case_keys();
    let documents: [(&str, &[u8]); 4] = [
        ("frame", b"4"),
        ("determination", b"3"),
        ("facts", b"2"),
        ("identity", b"1"),
    ];
    let written = write(EntryKind::Determination, &documents, Some(&keys)).expect("written");
    let names: Vec<&str> = written.iter().map(|document| document.name.as_str()).collect();
    assert_eq!(names, ["identity", "facts", "determination", "frame"]);
    let refs: Vec<Option<KeyRef>> = written.iter().map(|document| document.key_ref).collect();
    let (identity, content) = (Some(keys.identity.0), Some(keys.content.0));
    assert_eq!(refs, [identity, content, content, content]);
    for document in &written {
        let key = if document.key_ref == identity {
            &keys.identity.1
        } else {
            &keys.content.1
        };
        let opened = open(key, place(&document.name), &document.commitment, &document.stored).expect("opened");
        assert_eq!(opened.salt, document.salt);
    }
    let salts: Vec<&Salt> = written.iter().map(|document| &document.salt).collect();
    assert!(salts.iter().enumerate().all(|(at, salt)| !salts[..at].contains(salt)));
}

#[test]
fn an_entry_has_the_documents_of_its_kind_and_no_others() {
    let keys = case_keys();
    let policy: [(&str, &[u8]); 1] = [("policy", b"{}")];
    assert_eq!(write(EntryKind::Policy, &policy, None).expect("public").len(), 1);
    let kind = EntryKind::Determination;
    assert_eq!(
        write(kind, &[("facts", b""), ("determination", b"")], Some(&keys)),
        Err(WriteError::Absent { kind, name: "frame" })
    );
    assert_eq!(
        write(EntryKind::Policy, &[("policy", b""), ("facts", b"")], Some(&keys)),
        Err(WriteError::Unexpected(EntryKind::Policy))
    );
    assert_eq!(
        write(EntryKind::Policy, &[("policy", b""), ("policy", b"")], None),
        Err(WriteError::Unexpected(EntryKind::Policy))
    );
    assert_eq!(
        write(EntryKind::Link, &[("link", b"")], None),
        Err(WriteError::NoKeys("link"))
    );
    assert_eq!(
        write(EntryKind::Fund, &[], None),
        Err(WriteError::Reserved(EntryKind::Fund))
    );
    let large = vec![0; DOCUMENT_SIZE_MAX_BYTES + 1];
    let documents: [(&str, &[u8]); 1] = [("policy", &large)];
    assert_eq!(
        write(EntryKind::Policy, &documents, None),
        Err(WriteError::TooLarge("policy"))
    );
    let documents: [(&str, &[u8]); 1] = [("policy", &large[1..])];
    assert!(write(EntryKind::Policy, &documents, None).is_ok());
}

#[test]
fn without_random_bytes_nothing_is_sealed() {
    let refused = write_documents(
        EntryKind::Policy,
        area(),
        record_id(),
        &[("policy", b"")],
        None,
        &mut Dry,
    );
    assert_eq!(refused, Err(WriteError::Entropy(EntropyError)));
}

#[test]
fn every_slot_is_named_as_a_document() {
    for slot in EntryKind::ALL.into_iter().filter_map(slots).flatten() {
        assert_eq!(name(slot.name).as_str(), slot.name);
    }
}

#[test]
fn debug_text_shows_no_secret() {
    let keys = case_keys();
    let opened = Opened {
        salt: Salt::from_bytes([0xee; 32]),
        content: b"secret".to_vec(),
    };
    let text = format!("{:?} {:?} {:?}", keys.content.1, opened, opened.salt);
    assert_eq!(text, "DataKey(..) Opened(6 bytes) Salt(..)");
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_open_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (facts, key) = (name("facts"), case_keys().content.1);
        let committed = Hash::of(b"");
        prop_assert!(open(&key, place(&facts), &committed, &bytes).is_err());
        prop_assert!(open_public(&facts, &committed, &bytes).is_err());
    }

    #[test]
    fn any_document_opens_and_any_changed_bit_is_noticed(
        content in proptest::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), bit in 0..8,
    ) {
        let (facts, key) = (name("facts"), case_keys().content.1);
        let salt = Salt::from_bytes([1; 32]);
        let (committed, mut sealed) = seal(&key, place(&facts), &salt, &content, &mut Counting(0)).expect("sealed");
        prop_assert_eq!(&open(&key, place(&facts), &committed, &sealed).expect("opened").content, &content);
        let at = at.index(sealed.len());
        sealed[at] ^= 1_u8 << bit;
        prop_assert_eq!(open(&key, place(&facts), &committed, &sealed), Err(OpenError::NotAuthentic));
    }
}
