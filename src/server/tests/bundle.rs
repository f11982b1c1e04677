//! Bundles of a served log, on both databases: made, verified, and every way of tampering with one.

use std::io::Cursor;

use super::findings::{finding, recorded};
use super::flow::AREA;
use super::samples::{Decided, PERIOD, decided, drawn, simple};
use super::*;
use crate::app::bundle::{Ask, Choice, Code as Broken, MakeError, OpenFor, Report, Unreadable, make, verify};
use crate::app::caller::Principal;
use crate::app::command::OpeningPurpose;
use crate::canonical::Json;
use crate::log::bundle::tar::{FILE_SIZE_MAX_BYTES, TarReader, TarWriter};
use crate::log::bundle::{BundlePath, Manifest, Opened, decode_documents, encode_document};
use crate::log::note::VerifierKey;
use crate::log::tiles::{decode_bundle, encode_bundle};
use crate::store::conformance::{TestDatabase, on_both};

/// Households that are decided.
const COUNT: u32 = 8;

on_both!(
    a_bundle_of_a_sample_verifies_and_its_openings_stand_in_it,
    a_bundle_of_everything_decides_every_decision_again,
    what_a_bundle_cannot_be_made_of_is_refused_with_the_reason
);

fn choice(opened: Opened, samples: &[&str]) -> Choice {
    Choice {
        area: AREA.parse().expect("an area"),
        opened,
        samples: samples.iter().map(|period| period.parse().expect("a period")).collect(),
        open_for: OpenFor {
            purpose: OpeningPurpose::Audit,
            reference: "审计〔2026〕7号".to_owned(),
            identity: false,
        },
        previous: None,
        trust_policy: None,
    }
}

async fn made(decided: &Decided, choice: &Choice) -> Result<Vec<u8>, MakeError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bundle.tar");
    let caller = crate::app::Caller::new("audit-firm".parse::<Principal>().expect("a name"));
    make(&decided.app, &caller, choice, &path, |_, _, _| {}).await?;
    let names: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(names.len(), 1, "nothing unfinished is left");
    Ok(std::fs::read(&path).expect("the bundle"))
}

async fn note_and_key(decided: &Decided) -> (String, VerifierKey) {
    let request = pb::GetCheckpointRequest {
        area: AREA.to_owned(),
        ..Default::default()
    };
    let answer = decided
        .audit()
        .get_checkpoint(request)
        .await
        .expect("a checkpoint")
        .into_inner();
    (answer.checkpoint, answer.verifier_key.parse().expect("a key"))
}

fn verified_with(
    bytes: &[u8],
    key: &VerifierKey,
    previous: Option<&str>,
    threads: usize,
) -> Result<Report, Unreadable> {
    let ask = Ask {
        keys: std::slice::from_ref(key),
        policy: None,
        previous: previous.map(str::as_bytes),
        threads,
        replay: true,
    };
    verify(Cursor::new(bytes), &ask, |_, _| {})
}

fn verified(bytes: &[u8], key: &VerifierKey) -> Report {
    verified_with(bytes, key, None, 2).expect("a bundle")
}

/// The codes of what is broken.
fn broken(report: &Report) -> Vec<&'static str> {
    let codes = Broken::ALL
        .iter()
        .filter(|code| report.violations().count_of(**code) > 0);
    codes.map(|code| code.code()).collect()
}

fn at<'j>(json: &'j Json, path: &str) -> &'j Json {
    let step = |json: &'j Json, key: &str| match json {
        Json::List(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    };
    path.split('/')
        .try_fold(json, step)
        .unwrap_or_else(|| panic!("no {path} in {json}"))
}

async fn a_bundle_of_a_sample_verifies_and_its_openings_stand_in_it(database: TestDatabase) {
    let decided = decided(database, COUNT, Arc::new(SystemClock::new())).await;
    let (before, key) = note_and_key(&decided).await;
    let sample = drawn(&decided, simple(1_010, 3)).await;
    let unit = &sample.strata[0].units[0];
    let outcome = pb::FindingOutcome::Overpaid;
    recorded(&decided, finding(2_000, &unit.determination, &[outcome]))
        .await
        .expect("a finding");
    let choice = Choice {
        previous: Some(before.clone().into_bytes()),
        ..choice(Opened::Sample, &[PERIOD])
    };
    let bytes = made(&decided, &choice).await.expect("made");
    for threads in [1, 2, 5] {
        let report = verified_with(&bytes, &key, Some(&before), threads).expect("a bundle");
        assert_eq!(broken(&report), Vec::<&str>::new(), "{:?}", report.violations().kept());
        assert_eq!(report.decisions(), (u64::from(COUNT), 3, 0));
        let json = report.to_json();
        assert_eq!(at(&json, "verdict").as_text(), Some("verified"));
        assert_eq!(at(&json, "previous/continues").as_bool(), Some(true));
        assert_eq!(at(&json, "samples/0/agrees").as_bool(), Some(true));
        assert_eq!(
            at(&json, "samples/0/strata/0/units").as_list().map(<[Json]>::len),
            Some(3)
        );
        assert_eq!(at(&json, "samples/0/strata/0/units/0/replay").as_text(), Some("equal"));
        assert_eq!(
            at(&json, "samples/0/strata/0/units/0/finding"),
            at(&json, "findings/list/0/index")
        );
        assert_eq!(at(&json, "findings/by_outcome/overpaid").as_integer(), Some(1));
        assert_eq!(at(&json, "documents/by_name/facts").as_integer(), Some(3));
        assert_eq!(at(&json, "documents/by_name/frame").as_integer(), Some(COUNT.into()));
        assert!(at(&json, "documents/by_name").get("identity").is_none());
        // Three decisions and one finding, in one call, recorded before any of them left.
        assert_eq!(report.manifest().openings.len(), 1);
        assert_eq!(at(&json, "entries/kinds/OPENING").as_integer(), Some(1));
        assert_eq!(report.checkpoint().map(str::is_empty), Some(false));
    }
    // The bundle of an hour later continues this one.
    let kept = verified(&bytes, &key).checkpoint().expect("verified").to_owned();
    let later = made(&decided, &choice).await.expect("made");
    let report = verified_with(&later, &key, Some(&kept), 2).expect("a bundle");
    assert!(report.is_good());
    assert_eq!(
        report.manifest().openings.len(),
        1,
        "its own, not that of the bundle before"
    );
}

async fn a_bundle_of_everything_decides_every_decision_again(database: TestDatabase) {
    let decided = decided(database, COUNT, Arc::new(SystemClock::new())).await;
    let (_, key) = note_and_key(&decided).await;
    let bytes = made(&decided, &choice(Opened::All, &[])).await.expect("made");
    let report = verified(&bytes, &key);
    assert_eq!(broken(&report), Vec::<&str>::new(), "{:?}", report.violations().kept());
    assert_eq!(report.decisions(), (u64::from(COUNT), u64::from(COUNT), 0));
    let nothing = made(&decided, &choice(Opened::Nothing, &[])).await.expect("made");
    let report = verified(&nothing, &key);
    assert_eq!((report.is_good(), report.decisions()), (true, (u64::from(COUNT), 0, 0)));
    assert!(report.manifest().openings.is_empty());
    let said = report.to_json();
    assert_eq!(at(&said, "not_checked/0/code").as_text(), Some("decisions_unopened"));
}

async fn what_a_bundle_cannot_be_made_of_is_refused_with_the_reason(database: TestDatabase) {
    let decided = decided(database, 1, Arc::new(SystemClock::new())).await;
    let undrawn = made(&decided, &choice(Opened::Sample, &[PERIOD])).await;
    assert!(matches!(undrawn, Err(MakeError::NotDrawn(_))), "{undrawn:?}");
    let elsewhere = Choice {
        area: "340322".parse().expect("an area"),
        ..choice(Opened::All, &[])
    };
    assert!(matches!(made(&decided, &elsewhere).await, Err(MakeError::NoLog(_))));
    let (note, _) = note_and_key(&decided).await;
    let forged = Choice {
        previous: Some(note.replacen('1', "2", 9).into_bytes()),
        ..choice(Opened::All, &[])
    };
    assert!(matches!(made(&decided, &forged).await, Err(MakeError::Previous(_))));
    let identity = Choice {
        open_for: OpenFor {
            identity: true,
            ..choice(Opened::All, &[]).open_for
        },
        ..choice(Opened::All, &[])
    };
    let refused = made(&decided, &identity).await;
    assert!(
        matches!(refused, Err(MakeError::App(crate::app::AppError::PermissionDenied))),
        "{refused:?}"
    );
}

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
    drawn(&decided, simple(1_010, 3)).await;
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
                pieces.without(&path);
                pieces.manifest.files.retain(|(held, _)| held.to_string() != path);
            }),
        ),
        (
            "a tile taken away, and from the list",
            &["MISSING"],
            Box::new(|pieces| {
                let path = pieces.path("tile/0/000");
                pieces.without(&path);
                pieces.manifest.files.retain(|(held, _)| held.to_string() != path);
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
    let other = KeyRing::generate(&mut OsEntropy).expect("random bytes");
    let origin: crate::log::Origin = before.lines().next().expect("a line").parse().expect("an origin");
    let stranger = crate::log::note::Ed25519Signer::new(
        crate::log::note::KeyName::new(origin.to_string()).expect("a name"),
        &[9; 32],
    );
    drop(other);
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
