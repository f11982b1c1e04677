//! The golden corpus: records that earlier builds wrote, which every later build must replay to the same bytes.
//!
//! A folder under `tests/golden/` is never changed once it has landed; a new release adds a folder with
//! `DOUDI_GOLDEN_DIR=tests/golden/NAME cargo test --test golden -- --ignored`.

#![expect(clippy::unwrap_used, reason = "a corpus that cannot be read must stop the build")]

#[path = "golden/write.rs"]
mod write;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doudi::canonical::Json;
use doudi::log::Hash;
use doudi::log::record::{DataKey, DocumentName, Entry, Place, open};
use doudi::rules::decide::{DecisionFacts, Room, decide};
use doudi::rules::document::Document;
use doudi::rules::law::{Law, Published};

/// The corpora, each a folder.
fn corpora() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir("tests/golden")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// The records of a corpus.
fn records(folder: &Path) -> Vec<Json> {
    let lines = fs::read_to_string(folder.join("records.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| Json::parse(line.as_bytes()).unwrap())
        .collect()
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key)
        .and_then(Json::as_text)
        .unwrap_or_else(|| panic!("{key} is missing"))
}

fn bytes(json: &Json, key: &str) -> Vec<u8> {
    STANDARD.decode(text(json, key)).unwrap()
}

#[test]
fn no_file_of_a_corpus_was_changed_or_taken_away() {
    assert!(!corpora().is_empty(), "there is no corpus");
    for folder in corpora() {
        let listed: BTreeMap<String, String> = fs::read_to_string(folder.join("SHA256SUMS"))
            .unwrap()
            .lines()
            .map(|line| line.split_once("  ").unwrap())
            .map(|(hash, name)| (name.to_owned(), hash.to_owned()))
            .collect();
        for (name, hash) in &listed {
            let found = fs::read(folder.join(name)).unwrap_or_else(|_| panic!("{name} was taken away"));
            assert_eq!(
                Hash::of(&found).to_string(),
                *hash,
                "{} was changed",
                folder.join(name).display()
            );
        }
        let files = fs::read_dir(&folder).unwrap().count();
        assert_eq!(
            files,
            listed.len() + 1,
            "{} holds files that are not listed",
            folder.display()
        );
    }
}

/// The law that a record names, out of the corpus's documents.
fn law(folder: &Path, manifest: &Json) -> Law {
    let published = |place: &Json| {
        let digest = text(place, "digest");
        let document = fs::read(folder.join(format!("{digest}.json"))).unwrap();
        let document = Document::from_json(&Json::parse_canonical(&document).unwrap()).unwrap();
        let at = place.get("published").unwrap();
        let index = at.get("index").and_then(Json::as_integer).unwrap();
        let published = Published::new(document, text(at, "origin"), u64::try_from(index).unwrap());
        assert_eq!(
            published.digest.to_string(),
            digest,
            "a document seals to the digest it was published under"
        );
        published
    };
    let layers: Vec<Published> = manifest
        .get("documents")
        .and_then(Json::as_list)
        .unwrap()
        .iter()
        .map(published)
        .collect();
    let area = text(manifest, "area").parse().unwrap();
    Law::resolve(
        area,
        &layers,
        &published(manifest.get("calendar").unwrap()),
        &published(manifest.get("vocabulary").unwrap()),
    )
    .unwrap()
}

/// A sealed document of a record, opened with its data key and checked against the entry.
fn opened(record: &Json, entry: &Entry, name: &str) -> Vec<u8> {
    let documents = record.get("documents").and_then(Json::as_list).unwrap();
    let document = documents
        .iter()
        .find(|document| text(document, "name") == name)
        .unwrap();
    let key: [u8; 32] = bytes(document, "key").try_into().unwrap();
    let name: DocumentName = name.parse().unwrap();
    let place = Place {
        area: entry.origin().area(),
        record_id: text(record, "record_id").parse().unwrap(),
        name: &name,
    };
    let committed = entry.commitment_of(name.as_str()).unwrap();
    open(&DataKey::from_bytes(key), place, &committed, &bytes(document, "sealed"))
        .unwrap()
        .content
}

#[test]
fn every_record_of_every_corpus_replays_to_the_same_bytes() {
    let (mut replayed, mut corrections) = (0, 0);
    for folder in corpora() {
        let mut laws: BTreeMap<String, Law> = BTreeMap::new();
        let mut room = Room::default();
        for record in records(&folder) {
            let entry = Entry::parse(&bytes(&record, "entry")).unwrap();
            let manifest = record.get("manifest").unwrap();
            let named = entry.law().unwrap().manifest.to_string();
            assert_eq!(
                Hash::of(&manifest.to_bytes()).to_string(),
                named,
                "the entry names this manifest"
            );
            let law = laws.entry(named).or_insert_with(|| law(&folder, manifest));
            assert_eq!(
                law.manifest(),
                manifest,
                "the law resolves to the manifest it was recorded under"
            );
            let document = opened(&record, &entry, "facts");
            let facts = Json::parse_canonical(&document).unwrap();
            corrections += usize::from(facts.get("corrects").is_some());
            let facts = DecisionFacts::read(law, &facts).unwrap_or_else(|error| panic!("{error:?}"));
            let in_one_walk = DecisionFacts::from_bytes(law, &document, &mut room, |cursor, _| cursor.skip());
            let in_one_walk = in_one_walk.expect("facts of this build");
            assert_eq!(
                format!("{in_one_walk:?}"),
                format!("{facts:?}"),
                "facts are the same by one walk over their bytes"
            );
            in_one_walk.give_back(&mut room);
            let decision = decide(law, &facts);
            let determination = decision.determination();
            let again = decision.written(&mut room).bytes;
            assert_eq!(
                again,
                determination.to_json().to_bytes(),
                "the bytes are those of the JSON"
            );
            let recorded = opened(&record, &entry, "determination");
            assert_eq!(
                String::from_utf8(again).unwrap(),
                String::from_utf8(recorded).unwrap(),
                "{}: {}",
                folder.display(),
                text(&record, "name")
            );
            replayed += 1;
        }
    }
    assert!(replayed >= 600, "only {replayed} records were found");
    assert!(corrections >= 30, "only {corrections} corrections were found");
}
