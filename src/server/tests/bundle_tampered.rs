//! Every way of tampering with a bundle, and the name that the verifier has for it.

use super::bundle::{COUNT, broken, choice, made, note_and_key, verified, verified_with};
use super::findings::{finding, recorded};
use super::samples::{PERIOD, decided, drawn, simple};
use super::*;
use crate::app::bundle::Choice;
use crate::log::bundle::tar::{FILE_SIZE_MAX_BYTES, TarReader, TarWriter};
use crate::log::bundle::{BundlePath, Manifest, Opened, decode_documents, encode_document};
use crate::log::tiles::{decode_bundle, encode_bundle};
use crate::store::conformance::TestDatabase;

/// A bundle in pieces, to be spoiled and put together again.
#[derive(Clone)]
struct Pieces {
    manifest: Manifest,
    files: Vec<(String, Vec<u8>)>,
}

impl Pieces {
    fn of(bytes: &[u8]) -> Pieces {
        let mut tar = TarReader::new(bytes);
        let mut files = Vec::new();
        while let Some(member) = tar.next_file().expect("ours") {
            files.push((member.path, tar.take(FILE_SIZE_MAX_BYTES).expect("ours")));
        }
        let manifest = Manifest::parse(&files.remove(0).1).expect("ours");
        Pieces { manifest, files }
    }

    fn file(&mut self, path: &str) -> &mut Vec<u8> {
        let found = self.files.iter_mut().find(|(held, _)| held == path);
        &mut found.unwrap_or_else(|| panic!("no {path}")).1
    }

    /// As somebody would who knows the format: the manifest follows.
    fn packed(&self) -> Vec<u8> {
        let mut manifest = self.manifest.clone();
        for (path, size) in &mut manifest.files {
            let file = self.files.iter().find(|(held, _)| *held == path.to_string());
            *size = file.map_or(*size, |(_, bytes)| bytes.len() as u64);
        }
        self.packed_under(&manifest)
    }

    fn packed_under(&self, manifest: &Manifest) -> Vec<u8> {
        let mut tar = TarWriter::new(Vec::new());
        tar.add("manifest.json", &manifest.to_bytes()).expect("memory");
        for (path, bytes) in &self.files {
            tar.add(path, bytes).expect("memory");
        }
        tar.finish().expect("memory")
    }

    /// Takes the document `name` of the entry at an index through `change`; none takes it away.
    fn document(&mut self, index: u64, name: &str, change: impl Fn(&mut [u8; 32], &mut Vec<u8>) -> bool) {
        let leaf_path = self.path("tile/entries/000");
        let entries = self.file(&leaf_path).clone();
        let entries = decode_bundle(&entries).expect("ours");
        let at = usize::try_from(index).expect("small");
        let entry = crate::log::record::Entry::parse(entries[at]).expect("ours");
        let number = entry
            .documents()
            .iter()
            .position(|held| held.name.as_str() == name)
            .expect("it has one");
        let path = leaf_path.replace("tile/entries", "documents");
        let file = self.file(&path);
        let (before, mut after) = (file.clone(), Vec::new());
        for document in decode_documents(&before).expect("ours") {
            let place = document.place;
            let (mut salt, mut content) = (*document.salt.as_bytes(), document.content.to_vec());
            let this = usize::from(place.entry) == at && usize::from(place.document) == number;
            if !this || change(&mut salt, &mut content) {
                encode_document(&mut after, place, &crate::log::record::Salt::from_bytes(salt), &content);
            }
        }
        assert_ne!(before, after, "something changed");
        *file = after;
    }

    /// The whole path of the file that begins so.
    fn path(&self, begin: &str) -> String {
        let found = self.files.iter().find(|(path, _)| path.starts_with(begin));
        found.unwrap_or_else(|| panic!("no {begin}")).0.clone()
    }

    fn without(&mut self, path: &str) {
        self.files.retain(|(held, _)| held != path);
    }

    /// Without a file, and without its line in the list.
    fn struck(&mut self, path: &str) {
        self.without(path);
        self.manifest.files.retain(|(held, _)| held.to_string() != path);
    }

    /// The place of the last entry of a kind.
    fn last(&mut self, kind: &str) -> u64 {
        let path = self.path("tile/entries/000");
        let entries = decode_bundle(self.file(&path)).expect("ours");
        let of = |entry: &&[u8]| crate::log::record::Entry::parse(entry).expect("ours").kind().as_str() == kind;
        entries.iter().rposition(of).expect("there is one") as u64
    }

    /// The place of the first opened decision.
    fn decision(&mut self) -> u64 {
        let path = self.path("receipts/");
        path.trim_start_matches("receipts/").parse().expect("an index")
    }
}

/// What is done, the codes that must be among those found, and how it is done.
type Tamper = (&'static str, &'static [&'static str], Box<dyn Fn(&mut Pieces)>);

/// What an auditor is told of each way of tampering.
#[tokio::test]
async fn every_tampering_with_a_bundle_is_named() {
    let decided = decided(TestDatabase::sqlite().await, COUNT, Arc::new(SystemClock::new())).await;
    let (before, key) = note_and_key(&decided).await;
    let sample = drawn(&decided, simple(1_010, 3)).await;
    let correct = finding(
        2_000,
        &sample.strata[0].units[0].determination,
        &[pb::FindingOutcome::Correct],
    );
    recorded(&decided, correct).await.expect("a finding");
    let choice = Choice {
        previous: Some(before.clone().into_bytes()),
        ..choice(Opened::Sample, &[PERIOD])
    };
    let good = Pieces::of(&made(&decided, &choice).await.expect("made"));
    assert!(verified(&good.packed(), &key).is_good());
    let tampers: Vec<Tamper> = vec![
        (
            "another signature",
            &["CHECKPOINT"],
            Box::new(|pieces| {
                let note = pieces.file("checkpoint");
                let at = note.len() - 10;
                note[at] = if note[at] == b'A' { b'B' } else { b'A' };
            }),
        ),
        (
            "another root in the manifest",
            &["MANIFEST", "ROOT", "CONSISTENCY", "RECEIPT"],
            Box::new(|pieces| {
                pieces.manifest.head.root = crate::log::Hash::of(b"another");
            }),
        ),
        (
            "what an entry says",
            &["TILE", "ROOT", "PREVIOUS", "CONSISTENCY"],
            Box::new(|pieces| {
                let path = pieces.path("tile/entries/000");
                let file = pieces.file(&path);
                let mut entries: Vec<Vec<u8>> = decode_bundle(file)
                    .expect("ours")
                    .iter()
                    .map(|one| one.to_vec())
                    .collect();
                let text = String::from_utf8(entries[0].clone())
                    .expect("text")
                    .replace("doudi/0", "doudi/1");
                entries[0] = text.into_bytes();
                *file = encode_bundle(&entries).expect("small");
            }),
        ),
        (
            "two entries exchanged",
            &["TILE", "ROOT"],
            Box::new(|pieces| {
                let path = pieces.path("tile/entries/000");
                let file = pieces.file(&path);
                let mut entries: Vec<Vec<u8>> = decode_bundle(file)
                    .expect("ours")
                    .iter()
                    .map(|one| one.to_vec())
                    .collect();
                entries.swap(1, 2);
                *file = encode_bundle(&entries).expect("small");
            }),
        ),
        (
            "an entry cut off",
            &["ENTRIES"],
            Box::new(|pieces| {
                let path = pieces.path("tile/entries/000");
                let file = pieces.file(&path);
                file.truncate(file.len() - 1);
            }),
        ),
        (
            "a leaf hash",
            &["TILE"],
            Box::new(|pieces| {
                let path = pieces.path("tile/0/000");
                pieces.file(&path)[40] ^= 1;
            }),
        ),
        (
            "facts",
            &["DOCUMENT"],
            Box::new(|pieces| {
                let at = pieces.decision();
                pieces.document(at, "facts", |_, content| {
                    let last = content.iter().rposition(u8::is_ascii_digit).expect("a digit");
                    content[last] = if content[last] == b'1' { b'2' } else { b'1' };
                    true
                });
            }),
        ),
        (
            "a salt",
            &["DOCUMENT"],
            Box::new(|pieces| {
                let at = pieces.decision();
                pieces.document(at, "determination", |salt, _| {
                    *salt = [0; 32];
                    true
                });
            }),
        ),
        (
            "facts taken away",
            &["DOCUMENT_MISSING"],
            Box::new(|pieces| {
                let at = pieces.decision();
                pieces.document(at, "facts", |_, _| false);
            }),
        ),
        (
            "the determination taken away with its facts",
            &["DOCUMENT_MISSING"],
            Box::new(|pieces| {
                let at = pieces.decision();
                pieces.document(at, "facts", |_, _| false);
                pieces.document(at, "determination", |_, _| false);
            }),
        ),
        (
            "a document of law",
            &["DOCUMENT", "REPLAY"],
            Box::new(|pieces| {
                pieces.document(4, "policy", |_, content| {
                    let last = content.iter().rposition(u8::is_ascii_digit).expect("a digit");
                    content[last] ^= 1;
                    true
                });
            }),
        ),
        (
            "a document of law taken away",
            &["DOCUMENT_MISSING", "REPLAY"],
            Box::new(|pieces| {
                pieces.document(4, "policy", |_, _| false);
            }),
        ),
        (
            "a frame taken away",
            &["DOCUMENT_MISSING"],
            Box::new(|pieces| {
                let at = pieces.decision();
                pieces.document(at, "frame", |_, _| false);
            }),
        ),
        (
            "documents in another order",
            &["DOCUMENT"],
            Box::new(|pieces| {
                let path = pieces.path("documents/000");
                let again = pieces.file(&path).clone();
                pieces.file(&path).extend(again);
            }),
        ),
        (
            "all documents taken away, and from the list",
            &["DOCUMENT_MISSING", "SAMPLE"],
            Box::new(|pieces| {
                let path = pieces.path("documents/000");
                pieces.struck(&path);
            }),
        ),
        (
            "a tile taken away, and from the list",
            &["MISSING"],
            Box::new(|pieces| {
                let path = pieces.path("tile/0/000");
                pieces.struck(&path);
            }),
        ),
        (
            "entries taken away",
            &["MISSING"],
            Box::new(|pieces| {
                let path = pieces.path("tile/entries/000");
                pieces.without(&path);
            }),
        ),
        (
            "a file that nobody lists",
            &["UNLISTED"],
            Box::new(|pieces| {
                pieces.files.push(("receipts/1".to_owned(), b"x".to_vec()));
            }),
        ),
        (
            "a file that is none of the format",
            &["UNLISTED"],
            Box::new(|pieces| {
                pieces.files.insert(1, ("notes.txt".to_owned(), b"x".to_vec()));
            }),
        ),
        (
            "a file that no tree has",
            &["UNLISTED"],
            Box::new(|pieces| {
                let path: BundlePath = "receipts/999999".parse().expect("a path");
                pieces.files.push((path.to_string(), b"x".to_vec()));
                pieces.manifest.files.push((path, 1));
            }),
        ),
        (
            "two files exchanged",
            &["MISSING", "UNLISTED"],
            Box::new(|pieces| pieces.files.swap(2, 3)),
        ),
        (
            "another receipt",
            &["RECEIPT"],
            Box::new(|pieces| {
                let path = pieces.path("receipts/");
                let receipt = String::from_utf8(pieces.file(&path).clone()).expect("text");
                *pieces.file(&path) = receipt.replacen("index ", "index 1", 1).into_bytes();
            }),
        ),
        (
            "a receipt taken away, and from the list",
            &["RECEIPT"],
            Box::new(|pieces| {
                let path = pieces.path("receipts/");
                pieces.struck(&path);
            }),
        ),
        (
            "the frame of a decision that was not drawn",
            &["SAMPLE"],
            Box::new(|pieces| {
                let drawn: Vec<String> = pieces.files.iter().map(|(path, _)| path.clone()).collect();
                let first = (7..).find(|index| !drawn.contains(&format!("receipts/{index}")));
                pieces.document(first.expect("few are drawn"), "frame", |_, _| false);
            }),
        ),
        (
            "a finding taken away",
            &["DOCUMENT_MISSING"],
            Box::new(|pieces| {
                let at = pieces.last("FINDING");
                pieces.document(at, "finding", |_, _| false);
            }),
        ),
        (
            "identities that no opening names",
            &["OPENING"],
            Box::new(|pieces| pieces.manifest.identity = true),
        ),
        (
            "another proof of consistency",
            &["CONSISTENCY"],
            Box::new(|pieces| {
                let text = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
                pieces.file("previous/consistency").extend_from_slice(text.as_bytes());
            }),
        ),
        (
            "an older head that was not signed",
            &["CONSISTENCY"],
            Box::new(|pieces| {
                let note = pieces.file("previous/checkpoint");
                let at = note.len() - 10;
                note[at] = if note[at] == b'A' { b'B' } else { b'A' };
            }),
        ),
        (
            "another opening",
            &["OPENING"],
            Box::new(|pieces| {
                pieces.manifest.openings = vec![crate::log::LogIndex::new(1).expect("small")];
            }),
        ),
        (
            "more opened than the manifest says",
            &["DOCUMENT_UNASKED"],
            Box::new(|pieces| {
                pieces.manifest.opened = Opened::Nothing;
            }),
        ),
        (
            "a decision excused by an erasure that never was",
            &["DOCUMENT_MISSING"],
            Box::new(|pieces| {
                let index = crate::log::LogIndex::new(pieces.decision()).expect("small");
                let why = crate::log::bundle::Why::Erased;
                pieces.manifest.unopened = vec![crate::log::bundle::Unopened { index, why }];
                pieces.document(index.get(), "facts", |_, _| false);
                pieces.document(index.get(), "determination", |_, _| false);
            }),
        ),
        (
            "everything is said to be opened",
            &["DOCUMENT_MISSING"],
            Box::new(|pieces| {
                pieces.manifest.opened = Opened::All;
            }),
        ),
    ];
    for (what, expected, spoil) in tampers {
        let mut pieces = good.clone();
        spoil(&mut pieces);
        let report = verified_with(&pieces.packed(), &key, Some(&before), 2).expect("still a bundle");
        let found = broken(&report);
        for code in expected {
            assert!(
                found.contains(code),
                "{what}: {code} is not in {found:?}\n{:?}",
                report.violations().kept()
            );
        }
        assert!(
            report
                .violations()
                .kept()
                .iter()
                .all(|one| !one.place.is_empty() && !one.text.is_empty())
        );
        let heard = |code: &str| ["CHECKPOINT", "ROOT"].contains(&code);
        assert!(!found.iter().any(|code| heard(code)) || report.checkpoint().is_none() || found == ["CHECKPOINT"]);
    }
}

#[tokio::test]
async fn another_key_an_older_head_and_a_cut_bundle_are_named() {
    let decided = decided(TestDatabase::sqlite().await, 2, Arc::new(SystemClock::new())).await;
    let (before, key) = note_and_key(&decided).await;
    let older = made(&decided, &choice(Opened::All, &[])).await.expect("made");
    let newer = made(&decided, &choice(Opened::All, &[])).await.expect("made");
    let origin: crate::log::Origin = before.lines().next().expect("a line").parse().expect("an origin");
    let stranger = crate::log::note::Ed25519Signer::new(
        crate::log::note::KeyName::new(origin.to_string()).expect("a name"),
        &[9; 32],
    );
    assert_eq!(broken(&verified(&newer, stranger.verifier_key())), ["CHECKPOINT"]);
    // The audit before saw more than this bundle shows.
    let kept = verified(&newer, &key).checkpoint().expect("good").to_owned();
    let report = verified_with(&older, &key, Some(&kept), 1).expect("a bundle");
    assert_eq!(broken(&report), ["PREVIOUS"]);
    for cut in [newer.len() - 1, newer.len() - 700, newer.len() / 2] {
        let report = verified(&newer[..cut], &key);
        assert!(broken(&report).contains(&"TAR"), "cut at {cut}");
    }
    assert!(verified_with(&newer[..700], &key, None, 1).is_err());
    assert!(verified_with(b"nothing", &key, None, 1).is_err());
    assert!(verified_with(&newer, &key, Some("nothing"), 1).is_err());
}
