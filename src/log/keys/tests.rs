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
    let in_use = |key: &KeySummary| key.state == KeyState::InUse && key.version == 1;
    assert!(read.summary().iter().all(in_use));
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
    let before = ring().person_names("11010119900307001X");
    let after = rotated().person_names("11010119900307001X");
    assert_eq!((before.older.len(), after.registers.len()), (0, 1));
    assert_eq!(before.registers, after.older);
    assert_ne!(before, ring().person_names("110101199003070011"));
}

/// The ring before a rotation, with the new version on standby, and with it in use: what the servers of a rolling
/// restart hold, of which two that stand next to each other serve at one time.
fn rotation(purpose: KeyPurpose) -> [KeyRing; 3] {
    let standby = ring().rotated(purpose, &mut Counting(200)).expect("counting");
    let activated = standby.activated(purpose).expect("one waits");
    [ring(), standby, activated].map(|ring| KeyRing::parse(&ring.to_file()).expect("a key file"))
}

#[test]
fn servers_next_to_each_other_in_a_rotation_read_what_each_other_makes() {
    let key_ref = KeyRef::draw(&mut Counting(1)).expect("counting");
    let key = DataKey::draw(&mut Counting(2)).expect("counting");
    for (one, other) in [(0, 1), (1, 0), (1, 2), (2, 1)] {
        let of = |purpose| {
            let rings = rotation(purpose);
            (rings[one].clone(), rings[other].clone())
        };
        let (one, other) = of(KeyPurpose::KeyEncryption);
        let (kek_id, wrapped) = one.wrap(&key, key_ref, &mut Counting(3)).expect("wrapped");
        assert!(other.unwrap_data_key(&kek_id, key_ref, &wrapped).is_ok());
        let (one, other) = of(KeyPurpose::Idempotency);
        assert!(other.is_same_request(&one.request_digest(b"command"), b"command"));
        let (one, other) = of(KeyPurpose::PageToken);
        let token = one.seal_page_token(b"list", b"7", &mut Counting(3)).expect("sealed");
        assert!(other.open_page_token(b"list", &token).is_some());
        let (one, other) = of(KeyPurpose::PersonMap);
        let (one, other) = (
            one.person_names("11010119900307001X"),
            other.person_names("11010119900307001X"),
        );
        // A person whom both register at one time is under a name of both, and the one who is later hears of it.
        assert!(one.registers.iter().any(|name| other.registers.contains(name)));
    }
}

#[test]
fn a_key_on_standby_is_not_in_use_before_it_is_activated() {
    for purpose in KeyPurpose::ALL {
        if purpose == KeyPurpose::LogSigning {
            let refused = ring().rotated(purpose, &mut Counting(200));
            assert_eq!(refused.err(), Some(RotateError::Signing));
            continue;
        }
        let states = |ring: &KeyRing| -> Vec<(u32, KeyState)> {
            let of_purpose = ring.summary().into_iter().filter(|key| key.purpose == purpose);
            of_purpose.map(|key| (key.version, key.state)).collect()
        };
        let [before, standby, activated] = rotation(purpose);
        assert_eq!(before.activated(purpose).err(), Some(RotateError::NoneWaits));
        assert_eq!(states(&standby), [(1, KeyState::InUse), (2, KeyState::Standby)]);
        let again = standby.rotated(purpose, &mut Counting(240));
        assert_eq!(again.err(), Some(RotateError::Waiting(2)));
        assert_eq!(states(&activated), [(1, KeyState::Older), (2, KeyState::InUse)]);
        assert!(!activated.to_file().windows(7).any(|word| word == b"standby"));
    }
}

#[test]
fn a_standby_that_is_not_the_one_newest_version_is_refused_with_the_place() {
    let standby = |purpose, version, seed| {
        let key = rotation(purpose)[1].0.pop().expect("the new one");
        let secret = zeroize::Zeroizing::new([seed; 32]);
        ServiceKey { version, secret, ..key }
    };
    let with = |keys: Vec<ServiceKey>| KeyRing::parse(&KeyRing([ring().0, keys].concat(), Vec::new()).to_file()).err();
    let purpose = KeyPurpose::PersonMap;
    assert_eq!(with(vec![standby(purpose, 2, 200)]), None);
    let two = vec![standby(purpose, 2, 200), standby(purpose, 3, 201)];
    assert_eq!(with(two), Some(KeyFileFormatError::Standby(6)));
    let in_use = ServiceKey {
        standby: false,
        ..standby(purpose, 3, 201)
    };
    let below = vec![standby(purpose, 2, 200), in_use];
    assert_eq!(with(below), Some(KeyFileFormatError::Standby(6)));
    let signing = ServiceKey {
        purpose: KeyPurpose::LogSigning,
        ..standby(purpose, 2, 200)
    };
    assert_eq!(with(vec![signing]), Some(KeyFileFormatError::Standby(6)));
    let mut alone = ring();
    alone.0[4].standby = true;
    let alone = KeyRing::parse(&alone.to_file()).err();
    assert_eq!(alone, Some(KeyFileFormatError::Standby(5)));
    let said = text().replacen("\"secret\"", "\"standby\":false,\"secret\"", 1);
    assert_eq!(KeyRing::parse(said.as_bytes()).err(), Some(KeyFileFormatError::Key(1)));
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
