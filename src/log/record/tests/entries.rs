//! Entries and law manifests: one spelling, nothing additional, unknown kinds still read.

use proptest::prelude::*;

use super::*;
use crate::log::LogIndex;

fn law() -> LawUsed {
    LawUsed {
        manifest: Hash::of(b"manifest"),
        semantics: "doudi-rules/1".to_owned(),
    }
}

fn documents(names: &[&str]) -> Vec<DocumentCommitment> {
    let document = |text: &&str| DocumentCommitment {
        name: name(text),
        commitment: Hash::of(text.as_bytes()),
    };
    names.iter().map(document).collect()
}

fn entry() -> Entry {
    let documents = documents(&["identity", "facts", "determination", "frame"]);
    let made = Entry::new(
        EntryKind::Determination,
        origin(),
        1_795_000_000,
        Some(law()),
        "doudi/0.1.0",
        documents,
    );
    made.expect("an entry")
}

fn text() -> String {
    String::from_utf8(entry().to_bytes()).expect("JSON is UTF-8")
}

#[test]
fn an_entry_is_canonical_json_that_reads_back() {
    let zero = "0".repeat(64);
    let text = text();
    assert!(text.starts_with("{\"documents\":[{\"commitment\":\""), "{text}");
    assert!(text.ends_with(",\"origin\":\"doudi.example/340321/1\",\"semantics\":\"doudi-rules/1\",\"v\":1}"));
    assert_eq!(Entry::parse(text.as_bytes()), Ok(entry()));
    assert_eq!(entry().commitment_of("facts"), Some(Hash::of(b"facts")));
    assert_eq!(entry().commitment_of("source"), None);
    let zeroed = text.replace(&Hash::of(b"facts").to_string(), &zero);
    assert_eq!(
        Entry::parse(zeroed.as_bytes())
            .expect("an entry")
            .commitment_of("facts"),
        zero.parse().ok()
    );
}

#[test]
fn a_kind_of_a_later_version_reads_and_is_known_to_be_unknown() {
    let later = text().replace("\"DETERMINATION\"", "\"ADVANCE\"");
    let entry = Entry::parse(later.as_bytes()).expect("an entry");
    assert_eq!(entry.kind().known(), None);
    assert_eq!(entry.kind().as_str(), "ADVANCE");
    assert_eq!(entry.to_bytes(), later.as_bytes());
    for kind in EntryKind::ALL {
        assert_eq!(KindName::from(kind).known(), Some(kind), "{kind}");
        assert_eq!(kind.name().parse(), Ok(KindName::from(kind)));
    }
}

#[test]
fn what_is_absent_additional_or_malformed_is_named() {
    let law = Hash::of(b"manifest").to_string();
    for (from, to, error) in [
        ("\"v\":1", "\"v\":2", EntryError::Version(2)),
        ("\"v\":1", "\"v\":\"1\"", EntryError::Member("v")),
        ("\"v\":1", "\"v\":1,\"w\":1", EntryError::Member("v")),
        ("{\"doc", "{ \"doc", EntryError::NotCanonical),
        ("\"engine\":\"doudi/0.1.0\",", "", EntryError::Member("engine")),
        ("\"doudi/0.1.0\"", "\"\"", EntryError::Member("engine")),
        ("\"DETERMINATION\"", "\"determination\"", EntryError::Member("kind")),
        ("\"logged\":1795000000", "\"logged\":-1", EntryError::Member("logged")),
        (
            "\"logged\":1795000000",
            "\"logged\":\"1\"",
            EntryError::Member("logged"),
        ),
        (
            "doudi.example/340321/1",
            "doudi.example/340321",
            EntryError::Member("origin"),
        ),
        (",\"semantics\":\"doudi-rules/1\"", "", EntryError::Member("semantics")),
        ("\"name\":\"frame\"", "\"name\":\"facts\"", EntryError::DocumentTwice),
        ("\"name\":\"frame\"", "\"name\":\"Frame\"", EntryError::Member("name")),
        (
            "\"name\":\"frame\"",
            "\"name\":\"frame\",\"size\":1",
            EntryError::Member("documents"),
        ),
        (&law, "abc", EntryError::Member("law")),
    ] {
        let bad = text().replacen(from, to, 1);
        assert_eq!(Entry::parse(bad.as_bytes()), Err(error), "{from} -> {to}");
    }
    let without_law = text().replace(&format!("\"law\":\"{law}\","), "");
    assert_eq!(Entry::parse(without_law.as_bytes()), Err(EntryError::Member("law")));
    assert_eq!(Entry::parse(b"[]"), Err(EntryError::NotCanonical));
    assert_eq!(Entry::parse(&vec![b' '; 65_536]), Err(EntryError::TooLarge(65_536)));
}

#[test]
fn a_decision_names_its_law_and_an_epoch_need_not() {
    let decided = |kind, law| Entry::new(kind, origin(), 0, law, "doudi/0.1.0", Vec::new());
    assert_eq!(
        decided(EntryKind::Correction, None),
        Err(EntryError::NoLaw(EntryKind::Correction))
    );
    assert!(decided(EntryKind::Correction, Some(law())).is_ok());
    let epoch = decided(EntryKind::Epoch, None).expect("an entry");
    assert_eq!(Entry::parse(&epoch.to_bytes()), Ok(epoch));
    let twice = documents(&["facts", "facts"]);
    assert_eq!(
        Entry::new(EntryKind::Epoch, origin(), 0, None, "doudi/0.1.0", twice),
        Err(EntryError::DocumentTwice)
    );
}

#[test]
fn a_law_manifest_has_one_spelling_and_so_one_digest() {
    let document = |text: &str, index| PublishedDocument {
        digest: Hash::of(text.as_bytes()),
        origin: origin(),
        index: LogIndex::new(index).expect("small"),
    };
    let manifest = LawManifest {
        area: area(),
        semantics: "doudi-rules/1".to_owned(),
        documents: vec![document("nation", 1), document("county", 2)],
        calendar: document("calendar", 3),
        vocabulary: document("vocabulary", 4),
    };
    let bytes = manifest.to_bytes();
    assert_eq!(LawManifest::parse(&bytes), Ok(manifest.clone()));
    assert_eq!(manifest.digest(), Hash::of(&bytes));
    let text = String::from_utf8(bytes).expect("UTF-8");
    for (from, to, member) in [
        ("\"area\":\"340321\"", "\"area\":\"x\"", "area"),
        ("\"index\":3", "\"index\":\"3\"", "calendar"),
        ("\"index\":4", "\"index\":-4", "vocabulary"),
        ("\"index\":2", "\"index\":2,\"j\":1", "documents"),
        ("\"area\"", "\"aaa\":1,\"area\"", "manifest"),
    ] {
        let bad = text.replacen(from, to, 1);
        assert_eq!(LawManifest::parse(bad.as_bytes()), Err(ManifestError(member)), "{to}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Entry::parse(&bytes);
        let _ = LawManifest::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (text.parse::<KindName>(), text.parse::<DocumentName>(), text.parse::<KeyRef>(), text.parse::<KekId>());
    }

    #[test]
    fn a_byte_changed_anywhere_is_refused_or_reads_back_as_itself(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = entry().to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(read) = Entry::parse(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }
}
