//! Tar, paths, documents and manifests: what they hold, and every limit of them.

use proptest::prelude::*;

use super::documents::{DOCUMENT_HEAD_SIZE_BYTES, DocumentsError, decode_documents, encode_document};
use super::tar::{BLOCK_SIZE_BYTES, FILE_SIZE_MAX_BYTES, PATH_SIZE_MAX_BYTES, TarError, TarReader, TarWriter, header};
use super::*;
use crate::canonical::Json;
use crate::log::record::{DocumentCommitment, Entry, EntryKind, LawUsed, Salt};
use crate::log::{Hash, LogIndex, TreeSize};

fn written(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = TarWriter::new(Vec::new());
    for (path, bytes) in files {
        tar.add(path, bytes).expect("a path");
    }
    tar.finish().expect("memory")
}

/// Every file, or the first error.
fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, TarError> {
    let mut tar = TarReader::new(bytes);
    let mut files = Vec::new();
    while let Some(member) = tar.next_file()? {
        files.push((member.path, tar.take(FILE_SIZE_MAX_BYTES)?));
    }
    Ok(files)
}

fn size(size: u64) -> TreeSize {
    TreeSize::new(size).expect("small")
}

#[test]
fn a_header_is_the_ustar_header_of_the_format() {
    let block = header("checkpoint", 511).expect("a path");
    assert_eq!(&block[..11], b"checkpoint\0");
    assert_eq!(
        &block[100..157],
        b"0000644\x000000000\x000000000\x0000000000777\x0000000000000\x00011272\x00 0"
    );
    assert_eq!(&block[257..265], b"ustar\x0000");
    assert!(block[345..].iter().all(|byte| *byte == 0));
}

#[test]
fn paths_and_sizes_are_held_on_both_sides_of_their_limits() {
    assert!(header(&"a".repeat(PATH_SIZE_MAX_BYTES), 0).is_ok());
    assert!(header(&"a".repeat(PATH_SIZE_MAX_BYTES + 1), 0).is_err());
    for path in ["", "a b", "a\n", "县"] {
        assert!(matches!(header(path, 0), Err(TarError::Path(_))), "{path}");
    }
    assert!(header("a", FILE_SIZE_MAX_BYTES).is_ok());
    assert!(matches!(
        header("a", FILE_SIZE_MAX_BYTES + 1),
        Err(TarError::TooLarge { .. })
    ));
}

#[test]
fn a_file_larger_than_its_kind_can_be_is_passed_over_and_never_held() {
    let bytes = written(&[("a", b"12345"), ("b", b"x")]);
    let mut tar = TarReader::new(&bytes[..]);
    tar.next_file().expect("a tar").expect("a file");
    assert!(matches!(
        tar.take(4),
        Err(TarError::TooLarge {
            size: 5,
            size_max: 4,
            ..
        })
    ));
    assert_eq!(tar.next_file().expect("goes on").expect("a file").path, "b");
    assert_eq!(tar.take(1).expect("one byte"), b"x");
    assert!(tar.next_file().expect("the end").is_none());
}

#[test]
fn what_other_tars_write_is_refused() {
    let good = written(&[("a", b"1")]);
    assert_eq!(read(&good).expect("ours").len(), 1);
    let refused = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        matches!(read(&bytes), Err(TarError::Header | TarError::Padding))
    };
    // Mode, owner, time, checksum, type, magic, name of the owner, device, prefix; padding; end.
    for at in [105, 114, 140, 150, 156, 260, 270, 330, 350, 514, 1_025, 2_047] {
        assert!(refused(at), "byte {at}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(matches!(read(&longer), Err(TarError::Padding)));
    assert!(matches!(read(&good[..1_536]), Err(TarError::Truncated)));
}

#[test]
fn a_size_that_the_bytes_do_not_have_allocates_nothing() {
    let mut bytes = header("a", 8 * 1024 * 1024 * 1024 - 1).expect("a path").to_vec();
    bytes.extend([1; BLOCK_SIZE_BYTES]);
    assert!(matches!(read(&bytes), Err(TarError::Truncated)));
}

#[test]
fn a_tree_has_its_files_in_one_order() {
    let paths = |count| {
        files_of_tree(size(count))
            .map(|path| path.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(0), Vec::<String>::new());
    assert_eq!(
        paths(1),
        ["tile/entries/000.p/1", "tile/0/000.p/1", "documents/000.p/1"]
    );
    assert_eq!(
        paths(257),
        [
            "tile/entries/000",
            "tile/0/000",
            "documents/000",
            "tile/entries/001.p/1",
            "tile/0/001.p/1",
            "documents/001.p/1",
            "tile/1/000.p/1",
        ]
    );
    let all: Vec<BundlePath> = files_of_tree(size(70_000)).collect();
    assert!(all.is_sorted_by(|a, b| a.place() < b.place()));
    assert!(all.iter().all(|path| path.is_of(size(70_000))));
    assert_eq!(
        all.iter()
            .filter(|path| path.to_string().starts_with("tile/2/"))
            .count(),
        1
    );
}

#[test]
fn every_path_has_one_spelling() {
    for path in [
        "checkpoint",
        "trust-policy",
        "previous/checkpoint",
        "previous/consistency",
        "tile/0/x001/234",
        "tile/entries/000.p/3",
        "documents/x001/x234/067.p/8",
        "receipts/12",
    ] {
        assert_eq!(
            path.parse::<BundlePath>().map(|read| read.to_string()),
            Ok(path.to_owned())
        );
    }
    for path in [
        "",
        "manifest.json",
        "./checkpoint",
        "receipts/012",
        "receipts/",
        "documents/0/000",
        "documents/1",
        "../a",
    ] {
        assert_eq!(path.parse::<BundlePath>(), Err(PathError), "{path}");
    }
}

fn manifest() -> Manifest {
    let at = |index| LogIndex::new(index).expect("small");
    let head = |count| Head {
        size: size(count),
        root: Hash::of(b"root"),
    };
    Manifest {
        engine: "doudi/0.1.0".to_owned(),
        origin: "doudi.example/340321/1".parse().expect("an origin"),
        head: head(3),
        previous: Some(head(2)),
        opened: Opened::Sample,
        identity: false,
        openings: vec![at(2)],
        samples: vec!["2026-Q3".parse().expect("a period")],
        unopened: vec![Unopened {
            index: at(1),
            why: Why::Erased,
        }],
        files: vec![(BundlePath::Checkpoint, 200), (BundlePath::Receipt(at(2)), 300)],
    }
}

/// The document with a member more, once for each object in it.
fn with_a_member_more(json: &Json) -> Vec<Json> {
    match json {
        Json::Object(members) => {
            let mut grown = vec![members.clone()];
            grown[0].insert("more".to_owned(), true.into());
            for (name, value) in members {
                grown.extend(with_a_member_more(value).into_iter().map(|value| {
                    let mut members = members.clone();
                    members.insert(name.clone(), value);
                    members
                }));
            }
            grown.into_iter().map(Json::Object).collect()
        }
        Json::List(items) => {
            let grown = |(at, item)| {
                with_a_member_more(item).into_iter().map(move |item| {
                    let mut items = items.clone();
                    items[at] = item;
                    Json::List(items)
                })
            };
            items.iter().enumerate().flat_map(grown).collect()
        }
        Json::Bool(_) | Json::Int(_) | Json::Text(_) => Vec::new(),
    }
}

#[test]
fn a_manifest_reads_back_and_every_member_counts() {
    let bytes = manifest().to_bytes();
    assert_eq!(Manifest::parse(&bytes), Ok(manifest()));
    let json = Json::parse(&bytes).expect("JSON");
    for name in json.as_object().expect("an object").keys() {
        let mut without = json.as_object().expect("an object").clone();
        without.remove(name);
        let without = Json::Object(without).to_bytes();
        // Without `previous` it is another manifest, not a broken one.
        assert_eq!(Manifest::parse(&without).is_ok(), name == "previous", "{name}");
    }
    let grown = with_a_member_more(&json);
    // Itself, checkpoint, previous, specifications, one that is not opened, two files.
    assert_eq!(grown.len(), 7);
    for more in grown {
        assert!(Manifest::parse(&more.to_bytes()).is_err(), "{more:?}");
    }
}

#[test]
fn a_manifest_of_another_version_says_so_before_anything_else_of_it() {
    let text = String::from_utf8(manifest().to_bytes()).expect("UTF-8");
    let wrong = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in {text}");
        Manifest::parse(text.replacen(from, to, 1).as_bytes()).map_err(|error| error.0)
    };
    // Its files are of another form too, and stand before.
    let format = wrong(r#""files":["#, r#""files":[7,"#).map_err(|what| what == "files");
    assert_eq!(format, Err(true));
    let later = text
        .replacen(r#""files":["#, r#""files":[7,"#, 1)
        .replacen(BUNDLE_FORMAT, "doudi-bundle/2", 1);
    assert_eq!(
        Manifest::parse(later.as_bytes()),
        Err(ManifestError("format".to_owned()))
    );
    assert_eq!(wrong("v0.1.0", "v0.2.0"), Err("specifications".to_owned()));
    assert_eq!(wrong(r#""tlog-proof":"draft","#, ""), Err("specifications".to_owned()));
    assert_eq!(
        wrong(r#""identity":false"#, r#""identity":1"#),
        Err("identity".to_owned())
    );
    assert_eq!(
        wrong(r#"{"checkpoint":"#, r#"{"a":[{"":0}],"checkpoint":"#),
        Err("file".to_owned())
    );
}

#[test]
fn a_manifest_lists_no_more_than_it_can_hold() {
    let indices: Vec<String> = (0..=FILE_COUNT_MAX).map(|index| index.to_string()).collect();
    let openings = format!(r#""openings":[{}]"#, indices.join(","));
    let mut manifest = manifest();
    manifest.openings.clear();
    let text = String::from_utf8(manifest.to_bytes()).expect("UTF-8");
    let parsed = Manifest::parse(text.replacen(r#""openings":[]"#, &openings, 1).as_bytes());
    assert_eq!(parsed, Err(ManifestError("openings".to_owned())));
}

#[test]
fn a_manifest_lists_files_in_order_within_their_sizes_and_once() {
    let with = |files: Vec<(BundlePath, u64)>| Manifest { files, ..manifest() }.to_bytes();
    let receipt = BundlePath::Receipt(LogIndex::new(0).expect("small"));
    assert!(Manifest::parse(&with(vec![(BundlePath::Checkpoint, 1), (receipt, 1)])).is_ok());
    for files in [
        vec![(receipt, 1), (BundlePath::Checkpoint, 1)],
        vec![(receipt, 1), (receipt, 1)],
        vec![(BundlePath::Consistency, BundlePath::Consistency.size_max() + 1)],
    ] {
        assert!(Manifest::parse(&with(files)).is_err());
    }
}

fn document(out: &mut Vec<u8>, entry: u8, number: u8, content: &[u8]) {
    let place = OpenedPlace {
        entry,
        document: number,
    };
    encode_document(out, place, &Salt::from_bytes([7; 32]), content);
}

#[test]
fn documents_stand_in_the_order_of_their_entries_and_once() {
    let mut bytes = Vec::new();
    document(&mut bytes, 0, 1, b"one");
    document(&mut bytes, 0, 2, b"");
    document(&mut bytes, 255, 0, b"last");
    let read = decode_documents(&bytes).expect("documents");
    assert_eq!(
        read.iter().map(|document| document.content).collect::<Vec<_>>(),
        [&b"one"[..], b"", b"last"]
    );
    for end in 1..bytes.len() {
        let whole = [DOCUMENT_HEAD_SIZE_BYTES + 3, 2 * DOCUMENT_HEAD_SIZE_BYTES + 3].contains(&end);
        assert_eq!(decode_documents(&bytes[..end]).is_ok(), whole, "cut at {end}");
    }
    let mut again = Vec::new();
    document(&mut again, 3, 1, b"");
    for number in [0, 1] {
        let mut bytes = again.clone();
        document(&mut bytes, 3, number, b"");
        assert_eq!(decode_documents(&bytes), Err(DocumentsError::Order));
    }
    assert_eq!(decode_documents(b""), Err(DocumentsError::Empty));
    again[2..6].copy_from_slice(&(4 * 1024 * 1024 + 1_u32).to_be_bytes());
    assert_eq!(decode_documents(&again), Err(DocumentsError::TooLarge));
}

const ORIGIN: &str = "doudi.example/340321/1";

fn entry(kind: EntryKind, engine: &str, names: &[&str], law: bool) -> Vec<u8> {
    let documents = names.iter().map(|name| DocumentCommitment {
        name: name.parse().expect("a name"),
        commitment: Hash::of(name.as_bytes()),
    });
    let law = law.then(|| LawUsed {
        manifest: Hash::of(b"law"),
        semantics: "doudi-rules/1".to_owned(),
    });
    let origin = ORIGIN.parse().expect("an origin");
    let entry = Entry::new(kind, origin, 1_790_000_000, law, engine, documents.collect());
    entry.expect("an entry").to_bytes()
}

#[test]
fn an_entry_read_where_it_lies_says_what_the_entry_says() {
    for bytes in [
        entry(EntryKind::Determination, "doudi/0.1.0", &["facts", "frame"], true),
        entry(EntryKind::Epoch, "a\"b\\c", &["epoch"], false),
        entry(EntryKind::Access, "x", &[], false),
    ] {
        let entry = Entry::parse(&bytes).expect("an entry");
        let view = LeafView::read(&bytes, ORIGIN).expect("the same");
        assert_eq!((view.kind, view.origin), (entry.kind().as_str(), ORIGIN));
        assert_eq!(
            (view.engine(), view.logged_seconds),
            (entry.engine().to_owned(), entry.logged_seconds())
        );
        assert_eq!(view.law, entry.law().map(|law| law.manifest));
        let documents: Vec<(&str, Hash)> = view.documents().map(|one| (one.name, one.commitment)).collect();
        let theirs: Vec<(&str, Hash)> = entry
            .documents()
            .iter()
            .map(|one| (one.name.as_str(), one.commitment))
            .collect();
        assert_eq!(documents, theirs);
    }
}

proptest! {
    #[test]
    fn an_entry_changed_anywhere_is_read_by_both_readers_or_by_none(
        at in 0_usize..700,
        byte in any::<u8>(),
        cut in any::<bool>(),
        which in 0_usize..3,
    ) {
        let mut bytes = match which {
            0 => entry(EntryKind::Determination, "doudi/0.1.0", &["facts", "determination", "frame"], true),
            1 => entry(EntryKind::Epoch, "a\"b\\", &["epoch"], false),
            _ => entry(EntryKind::Access, "x", &[], false),
        };
        let at = at % bytes.len();
        if cut { bytes.remove(at); } else { bytes[at] = byte; }
        let long = Entry::parse(&bytes).is_ok();
        prop_assert_eq!(LeafView::read(&bytes, ORIGIN).is_some(), long, "{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn what_was_written_is_read_and_every_changed_byte_outside_the_files_is_refused(
        files in prop::collection::vec(("[a-z]{1,12}", prop::collection::vec(any::<u8>(), 0..1_100)), 0..4),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let given: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), &bytes[..])).collect();
        let bytes = written(&given);
        let found = read(&bytes).expect("ours");
        prop_assert_eq!(found, files.clone());
        let mut changed = bytes.clone();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        if let Ok(found) = read(&changed) {
            // Then it was a byte of a file, or of a path or size with a checksum that follows: the latter cannot be.
            let sizes = |files: &[(String, Vec<u8>)]| -> Vec<(String, usize)> {
                files.iter().map(|(path, bytes)| (path.clone(), bytes.len())).collect()
            };
            prop_assert_eq!(sizes(&found), sizes(&files));
        }
    }

    #[test]
    fn no_bytes_make_a_reader_of_bundles_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&bytes);
        let _ = decode_documents(&bytes);
        let _ = Manifest::parse(&bytes);
        let _ = LeafView::read(&bytes, ORIGIN);
    }
}
