//! The vectors of FORMAT.md: made by `vectors/make.py`, which shares no code with this crate.

use serde_json::Value;

use super::Hash;
use super::acknowledgement::verify_receipt;
use super::entropy::{Entropy, EntropyError};
use super::keys::KeyRing;
use super::merkle::leaf_hash;
use super::note::{Ed25519Signer, KeyName};
use super::record::{
    CaseStatePlace, DataKey, DocumentName, Entry, EntryKind, KekId, KeyRef, LawManifest, Place, Salt, commitment, open,
    open_state, seal, seal_state, slots,
};

/// Gives the bytes of a vector in the place of random ones.
struct Given(Vec<u8>);

impl Entropy for Given {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        assert_eq!(self.0.len(), out.len(), "one draw of the vector's nonce");
        out.copy_from_slice(&self.0);
        Ok(())
    }
}

fn rows(text: &str) -> Vec<Value> {
    let rows: Vec<Value> = serde_json::from_str(text).expect("a list of vectors");
    assert!(!rows.is_empty());
    rows
}

fn text<'a>(row: &'a Value, member: &str) -> &'a str {
    row[member].as_str().expect("a string of the vector")
}

fn bytes(row: &Value, member: &str) -> Vec<u8> {
    hex::decode(text(row, member)).expect("hex of the vector")
}

fn array<const N: usize>(row: &Value, member: &str) -> [u8; N] {
    bytes(row, member).try_into().expect("the vector's length")
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(row: &Value, member: &str) -> T {
    text(row, member).parse().expect("a value of the vector")
}

fn key(row: &Value, member: &str) -> DataKey {
    DataKey::from_bytes(array(row, member))
}

#[test]
fn commitments_are_those_of_the_vectors() {
    for row in rows(include_str!("vectors/commitments.json")) {
        let salt = Salt::from_bytes(array(&row, "salt"));
        let made = commitment(&parsed(&row, "name"), &salt, &bytes(&row, "document"));
        assert_eq!(made.to_string(), text(&row, "commitment"));
    }
}

#[test]
fn entries_are_read_written_and_refused_as_the_vectors_say() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/entries.json")).expect("vectors");
    for row in vectors["good"].as_array().expect("a list") {
        let entry = Entry::parse(text(row, "entry").as_bytes()).expect("a good entry");
        assert_eq!(entry.to_bytes(), text(row, "entry").as_bytes());
        assert_eq!(leaf_hash(&entry.to_bytes()).to_string(), text(row, "leaf_hash"));
    }
    for row in vectors["bad"].as_array().expect("a list") {
        assert!(Entry::parse(text(row, "entry").as_bytes()).is_err(), "{}", row["why"]);
    }
}

#[test]
fn documents_are_sealed_and_opened_as_the_vectors_say() {
    for row in rows(include_str!("vectors/sealing.json")) {
        let (key, salt) = (key(&row, "key"), Salt::from_bytes(array(&row, "salt")));
        let name: DocumentName = parsed(&row, "name");
        let place = Place {
            area: parsed(&row, "area"),
            record_id: parsed(&row, "record_id"),
            name: &name,
        };
        let (document, stored) = (bytes(&row, "document"), bytes(&row, "sealed"));
        let made = seal(&key, place, &salt, &document, &mut Given(bytes(&row, "nonce"))).expect("sealed");
        assert_eq!(made, (parsed(&row, "commitment"), stored.clone()));
        let opened = open(&key, place, &made.0, &stored).expect("opened");
        assert_eq!((opened.salt, opened.content), (salt, document));
    }
}

#[test]
fn data_keys_are_wrapped_and_unwrapped_as_the_vectors_say() {
    for row in rows(include_str!("vectors/wrapping.json")) {
        let (kek, kek_id): (DataKey, KekId) = (key(&row, "kek"), parsed(&row, "kek_id"));
        let key_ref: KeyRef = parsed(&row, "key_ref");
        let nonce = bytes(&row, "nonce");
        let wrapped = key(&row, "data_key").wrap(&kek, &kek_id, key_ref, &mut Given(nonce.clone()));
        assert_eq!(wrapped, Ok(bytes(&row, "wrapped")));
        let unwrapped = DataKey::unwrap_with(&kek, &kek_id, key_ref, &bytes(&row, "wrapped")).expect("unwrapped");
        // Equal keys wrap to equal bytes; the key itself is never compared in the open.
        assert_eq!(unwrapped.wrap(&kek, &kek_id, key_ref, &mut Given(nonce)), wrapped);
    }
}

#[test]
fn case_states_are_sealed_and_opened_as_the_vectors_say() {
    for row in rows(include_str!("vectors/states.json")) {
        let place = CaseStatePlace {
            area: parsed(&row, "area"),
            case_id: array(&row, "case_id"),
            version: row["version"].as_u64().expect("a version"),
        };
        let (key, state) = (key(&row, "key"), bytes(&row, "state"));
        let sealed = seal_state(&key, place, &state, &mut Given(bytes(&row, "nonce")));
        assert_eq!(sealed, Ok(bytes(&row, "sealed")));
        assert_eq!(open_state(&key, place, &bytes(&row, "sealed")), Ok(state));
    }
}

#[test]
fn law_manifests_have_the_digests_of_the_vectors() {
    for row in rows(include_str!("vectors/manifests.json")) {
        let manifest = LawManifest::parse(text(&row, "manifest").as_bytes()).expect("a manifest");
        assert_eq!(manifest.to_bytes(), text(&row, "manifest").as_bytes());
        assert_eq!(manifest.digest(), parsed::<Hash>(&row, "digest"));
    }
}

#[test]
fn the_services_keys_make_the_values_of_the_vectors() {
    let row: Value = serde_json::from_str(include_str!("vectors/keys.json")).expect("vectors");
    let name = KeyName::new(text(&row, "origin")).expect("a name");
    let signer = Ed25519Signer::new(name, &array(&row, "signing_seed"));
    assert_eq!(signer.verifier_key().to_string(), text(&row, "vkey"));

    // A key file with the vector's secret for one purpose; the others only have to differ.
    let ring = |purpose: &str| {
        let key = |(at, (name, id)): (usize, (&String, &Value))| {
            let secret: [u8; 32] = if name == purpose {
                array(&row, "secret")
            } else {
                [u8::try_from(at).expect("five"); 32]
            };
            let id = if name == purpose {
                id.as_str().expect("an id").to_owned()
            } else {
                id_of(name, &secret)
            };
            let secret = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, secret);
            serde_json::json!({ "purpose": name, "version": 1, "id": id, "secret": secret })
        };
        let keys: Vec<Value> = row["ids"]
            .as_object()
            .expect("ids")
            .iter()
            .enumerate()
            .map(key)
            .collect();
        KeyRing::parse(serde_json::json!({ "v": 1, "keys": keys }).to_string().as_bytes()).expect("a key file")
    };
    for purpose in row["ids"].as_object().expect("ids").keys() {
        ring(purpose);
    }
    let persons = ring("person-map").person_names(text(&row, "id_number"));
    assert_eq!(persons.registers, [text(&row, "person_hmac")]);
    let digest = ring("idempotency").request_digest(text(&row, "command").as_bytes());
    assert_eq!(hex::encode(digest), text(&row, "request_digest"));
}

fn id_of(purpose: &str, secret: &[u8]) -> String {
    let digest = Hash::of_parts(&[b"doudi/key-id/v1\x00", purpose.as_bytes(), b"\x00", secret]);
    hex::encode(&digest.as_bytes()[..4])
}

#[test]
fn acknowledgements_verify_or_are_refused_for_the_reason_of_the_vectors() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/acknowledgements.json")).expect("vectors");
    let key = parsed(&vectors, "vkey");
    let verified = verify_receipt(vectors["good"].to_string().as_bytes(), &key).expect("the good one");
    assert_eq!(
        (verified.index.get(), verified.opened.len(), verified.unopened.len()),
        (3, 3, 1)
    );
    for row in vectors["bad"].as_array().expect("a list") {
        let refused = verify_receipt(row["acknowledgement"].to_string().as_bytes(), &key);
        assert_eq!(
            refused.expect_err("spoiled").reason(),
            text(row, "reason"),
            "{}",
            row["why"]
        );
    }
}

#[test]
fn the_text_names_every_kind_document_and_domain_that_the_code_writes() {
    let text = include_str!("FORMAT.md");
    for kind in EntryKind::ALL {
        assert!(text.contains(kind.name()), "{kind}");
        for slot in slots(kind).unwrap_or_default() {
            assert!(text.contains(&format!("`{}`", slot.name)), "{kind}: {}", slot.name);
        }
    }
    for domain in [
        "commit",
        "seal",
        "state",
        "wrap",
        "person",
        "request",
        "page-token",
        "key-id",
        "sample",
        "sample/stream",
    ] {
        assert!(text.contains(&format!("\"doudi/{domain}/v1\"")), "{domain}");
    }
}
