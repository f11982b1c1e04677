//! The key ring: each key for one thing, older versions still read, the file checked whole.

use proptest::prelude::*;

use super::ring::ServiceKey;
use super::*;
use crate::log::Origin;
use crate::log::entropy::Counting;
use crate::log::note::{Note, Signer};
use crate::log::record::{DataKey, KeyRef};

fn ring() -> KeyRing {
    KeyRing::generate(&mut Counting(0)).expect("counting")
}

/// The ring after every purpose got a second version.
fn rotated() -> KeyRing {
    let mut keys = ring().0;
    keys.extend(
        KeyRing::generate(&mut Counting(101))
            .expect("counting")
            .0
            .into_iter()
            .map(|key| ServiceKey { version: 2, ..key }),
    );
    KeyRing(keys, Vec::new())
}

fn origin(text: &str) -> Origin {
    text.parse().expect("an origin")
}

fn text() -> String {
    String::from_utf8(ring().to_file().to_vec()).expect("JSON")
}

#[test]
fn a_key_file_reads_back() {
    let read = KeyRing::parse(text().as_bytes()).expect("a key file");
    assert_eq!(read.to_file(), ring().to_file());
    assert_eq!(read.summary().len(), 5);
    assert!(read.summary().iter().all(|key| key.in_use && key.version == 1));
}

#[test]
fn a_damaged_key_file_is_refused_with_the_place() {
    let absent = KeyRing(ring().0.into_iter().skip(1).collect(), Vec::new()).to_file();
    assert_eq!(
        KeyRing::parse(&absent).err(),
        Some(KeyFileFormatError::Absent("log-signing"))
    );
    let twice = KeyRing([ring().0, ring().0].concat(), Vec::new()).to_file();
    assert_eq!(KeyRing::parse(&twice).err(), Some(KeyFileFormatError::Repeated(6)));
    for (from, to, error) in [
        ("\"v\":1", "\"v\":2", KeyFileFormatError::Shape),
        ("{\"keys\"", "{\"a\":1,\"keys\"", KeyFileFormatError::Shape),
        ("\"secret\":\"A", "\"secret\":\"B", KeyFileFormatError::Id(1)),
        ("\"secret\":\"A", "\"secret\":\"", KeyFileFormatError::Key(1)),
        ("\"version\":1", "\"version\":0", KeyFileFormatError::Key(1)),
        ("person-map", "person-maps", KeyFileFormatError::Key(3)),
    ] {
        let bad = text().replacen(from, to, 1);
        assert_eq!(KeyRing::parse(bad.as_bytes()).err(), Some(error), "{from} -> {to}");
    }
}

#[test]
fn a_log_is_signed_under_its_own_name_and_old_signatures_stay_valid() {
    let (huaiyuan, guzhen) = (origin("doudi.example/340321/1"), origin("doudi.example/340323/1"));
    let note = Note::sign("text\n", &[&ring().signer(&huaiyuan)]).expect("signed");
    let keys = rotated().verifier_keys(&huaiyuan);
    assert_eq!(keys.len(), 2);
    assert!(note.verify(&keys).is_ok(), "the first version is known still");
    assert_eq!(
        keys[0].id(),
        rotated().signer(&huaiyuan).id(),
        "the version in use comes first"
    );
    assert!(note.verify(&ring().verifier_keys(&guzhen)).is_err());
}

#[test]
fn a_data_key_unwraps_after_rotation_and_not_without_its_version() {
    let mut entropy = Counting(1);
    let key_ref = KeyRef::draw(&mut entropy).expect("counting");
    let key = DataKey::draw(&mut entropy).expect("counting");
    let (kek_id, wrapped) = ring().wrap(&key, key_ref, &mut entropy).expect("wrapped");
    assert!(rotated().unwrap_data_key(&kek_id, key_ref, &wrapped).is_ok());
    let (new_id, wrapped) = rotated().wrap(&key, key_ref, &mut entropy).expect("wrapped");
    assert_ne!(kek_id, new_id);
    assert_eq!(
        ring().unwrap_data_key(&new_id, key_ref, &wrapped).err(),
        Some(UnknownKey(new_id.to_string()))
    );
}

#[test]
fn a_person_is_found_under_the_names_of_all_versions() {
    let before = ring().person_hmacs("11010119900307001X");
    let after = rotated().person_hmacs("11010119900307001X");
    assert_eq!((before.len(), after.len()), (1, 2));
    assert_eq!(before[0], after[1]);
    assert_ne!(before, ring().person_hmacs("110101199003070011"));
}

#[test]
fn a_retry_is_recognised_after_rotation_and_other_content_is_not() {
    let stored = ring().request_digest(b"command");
    assert!(rotated().is_same_request(&stored, b"command"));
    assert!(!rotated().is_same_request(&stored, b"other"));
    assert!(!rotated().is_same_request(&stored[1..], b"command"));
    assert!(!rotated().is_same_request(b"", b"command"));
    assert_ne!(rotated().request_digest(b"command"), stored);
}

#[test]
fn a_page_token_opens_for_its_own_list_alone() {
    let token = ring()
        .seal_page_token(b"ListDeterminations", b"7", &mut Counting(3))
        .expect("sealed");
    assert_eq!(
        rotated().open_page_token(b"ListDeterminations", &token).as_deref(),
        Some(b"7".as_slice())
    );
    assert_eq!(ring().open_page_token(b"ListEntries", &token), None);
    assert_eq!(ring().open_page_token(b"ListDeterminations", &token[..20]), None);
    assert_eq!(ring().open_page_token(b"ListDeterminations", b""), None);
}

#[test]
fn debug_text_shows_no_secret() {
    let text = format!("{:?}", ring());
    for key in &ring().0 {
        assert!(!text.contains(&hex::encode(*key.secret)));
        assert!(!text.contains(&format!("{:?}", *key.secret)));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = KeyRing::parse(&bytes);
        prop_assert_eq!(ring().open_page_token(b"", &bytes), None);
    }
}

#[test]
fn a_lost_signing_key_is_replaced_and_what_it_signed_stays_verified() {
    let log = origin("doudi.example/340321/1");
    let note = Note::sign("text\n", &[&ring().signer(&log)]).expect("signed");
    let lost = ring().verifier_keys(&log).remove(0);
    let rest = KeyRing(ring().0.into_iter().skip(1).collect(), Vec::new()).to_file();
    let replaced = KeyRing::replaced_signing(&rest, &lost, &mut Counting(200)).expect("it is lost");
    let read = KeyRing::parse(&replaced.to_file()).expect("a key file");
    assert_eq!(read.to_file(), replaced.to_file());
    let keys = read.verifier_keys(&log);
    assert_eq!((keys.len(), &keys[1]), (2, &lost), "the new one first");
    let parsed = Note::parse(note.to_string().as_bytes()).expect("a note");
    assert!(parsed.verify(&keys).is_ok());
    assert_eq!(read.signer(&log).verifier_key(), &keys[0], "the new key signs");
    assert_ne!(keys[0].key_bytes(), lost.key_bytes());
}

#[test]
fn a_signing_key_that_is_there_is_not_replaced() {
    let lost = ring().verifier_keys(&origin("doudi.example/340321/1")).remove(0);
    let kept = KeyRing::replaced_signing(&ring().to_file(), &lost, &mut Counting(200));
    assert_eq!(kept.err(), Some(ReplaceError::Present));
    let without_two = KeyRing(ring().0.into_iter().skip(2).collect(), Vec::new()).to_file();
    let refused = KeyRing::replaced_signing(&without_two, &lost, &mut Counting(200));
    let absent = KeyFileFormatError::Absent("key-encryption");
    assert_eq!(
        refused.err(),
        Some(ReplaceError::Format(absent)),
        "only one may be lost"
    );
}
