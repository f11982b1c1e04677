//! What the fuzz targets assert: whoever may hand Doudi bytes, a reader of them neither panics nor takes two spellings
//! for one thing, and its limits hold.
//!
//! The same functions run under libFuzzer (`fuzz_targets/`) and, over the corpus and its mutations, in the tests
//! (`tests/fuzz_corpus.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::sync::LazyLock;

use doudi::app::bundle::{Ask, verify};
use doudi::area::AreaCode;
use doudi::canonical::Json;
use doudi::log::acknowledgement::{Acknowledgement, verify_receipt};
use doudi::log::bundle::{Manifest, TarReader, TarWriter, decode_documents, encode_document};
use doudi::log::checkpoint::{Checkpoint, SignedCheckpoint};
use doudi::log::entropy::{Entropy, EntropyError};
use doudi::log::merkle::{
    Appended, CompactTree, INCLUSION_PROOF_COUNT_MAX, leaf_hash, prove_consistency, prove_inclusion,
    verify_consistency, verify_inclusion,
};
use doudi::log::note::{Ed25519Signer, KeyName, NOTE_SIGNATURE_COUNT_MAX, Note, VerifierKey};
use doudi::log::receipt::Receipt;
use doudi::log::record::{DataKey, DocumentName, Entry, Place, Salt, open, open_public, publish, seal};
use doudi::log::sample::{Evidence, SampleDocument, Selection};
use doudi::log::tiles::{ENTRY_SIZE_MAX_BYTES, TILE_WIDTH, TilePath, decode_bundle, encode_bundle};
use doudi::log::witness::{AddCheckpoint, TrustPolicy};
use doudi::log::{Hash, LogIndex, RecordId, TreeSize};
use doudi::rules::document::Document;
use doudi::rules::language::{Context, read};

/// A target: takes any bytes and panics where a promise is broken.
pub type Target = fn(&[u8]);

/// Every target with the folder of its corpus.
pub const TARGETS: [(&str, Target); 14] = [
    ("acknowledgement", acknowledgement),
    ("add_checkpoint", add_checkpoint),
    ("bundle", bundle),
    ("entry", entry),
    ("entry_bundle", entry_bundle),
    ("json", json),
    ("note", note),
    ("policy", policy),
    ("proof", proof),
    ("receipt", receipt),
    ("sample", sample),
    ("sealed", sealed),
    ("tile_path", tile_path),
    ("trust_policy", trust_policy),
];

/// Largest tree of the target `proof`: edges of tiles and of powers of two lie below.
const TREE_SIZE_MAX: u64 = 600;

/// A key that has signed nothing.
static STRANGER: LazyLock<VerifierKey> = LazyLock::new(|| {
    let name = KeyName::new("doudi.example/340321/1").expect("a name");
    Ed25519Signer::new(name, &[0xd0; 32]).verifier_key().clone()
});

/// Notes and checkpoints have one spelling, and nobody's signature is made up.
pub fn note(bytes: &[u8]) {
    let Ok(note) = Note::parse(bytes) else { return };
    assert_eq!(note.to_string().as_bytes(), bytes, "a note has one spelling");
    assert!(note.signatures().len() <= NOTE_SIGNATURE_COUNT_MAX);
    assert!(
        note.verify(std::slice::from_ref(&*STRANGER)).is_err(),
        "this key has signed nothing"
    );
    assert!(SignedCheckpoint::verify(bytes, std::slice::from_ref(&*STRANGER)).is_err());
    if let Ok(checkpoint) = Checkpoint::parse(note.unverified_text()) {
        assert_eq!(
            checkpoint.to_string(),
            note.unverified_text(),
            "a checkpoint has one spelling"
        );
    }
}

/// Receipts read back, stay within their limits and prove nothing under a strange key.
pub fn receipt(bytes: &[u8]) {
    let Ok(receipt) = Receipt::parse(bytes) else { return };
    // The line `extra` is passed over, so a receipt is not always its own text.
    assert_eq!(Receipt::parse(receipt.to_string().as_bytes()), Ok(receipt.clone()));
    assert!(receipt.proof().len() <= INCLUSION_PROOF_COUNT_MAX);
    let leaf = leaf_hash(bytes);
    assert!(receipt.verify(&leaf, std::slice::from_ref(&*STRANGER)).is_err());
}

/// The requests that a witness takes have one meaning.
pub fn add_checkpoint(bytes: &[u8]) {
    let Ok(request) = AddCheckpoint::parse(bytes) else {
        return;
    };
    assert_eq!(AddCheckpoint::parse(request.to_string().as_bytes()), Ok(request));
}

/// A bundle and its parts have one spelling, and nothing in one is believed under a strange key.
pub fn bundle(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::parse(bytes) {
        assert_eq!(manifest.to_bytes(), bytes);
    }
    if let Ok(documents) = decode_documents(bytes) {
        let mut written = Vec::new();
        for document in &documents {
            encode_document(&mut written, document.place, &document.salt, document.content);
        }
        assert_eq!(written, bytes);
    }
    if let Some(written) = written_again(bytes) {
        assert_eq!(written, bytes, "a tar has one spelling");
    }
    let ask = Ask {
        keys: std::slice::from_ref(&*STRANGER),
        policy: None,
        previous: None,
        samples: &[],
        threads: 1,
        replay: true,
    };
    let Ok(report) = verify(Cursor::new(bytes), &ask, |_, _| {}) else {
        return;
    };
    assert!(
        !report.is_good() && report.checkpoint().is_none(),
        "this key has signed nothing"
    );
    let said = report.to_json().to_bytes();
    assert!(
        Json::parse_canonical(&said).is_ok(),
        "what is said of it is canonical JSON"
    );
}

/// The files of a tar written anew; nothing where it cannot be read to its end.
fn written_again(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut tar = TarReader::new(Cursor::new(bytes));
    let mut written = TarWriter::new(Vec::new());
    while let Some(member) = tar.next_file().ok()? {
        let content = tar.take(bytes.len() as u64).ok()?;
        written.add(&member.path, &content).ok()?;
    }
    written.finish().ok()
}

/// Proofs of a tree verify, and no longer after any one bit of them is turned.
pub fn proof(bytes: &[u8]) {
    let mut rest = bytes.iter().copied();
    let mut number = |below: u64| {
        let two = [rest.next().unwrap_or_default(), rest.next().unwrap_or_default()];
        u64::from(u16::from_be_bytes(two)) % below
    };
    let size = 1 + number(TREE_SIZE_MAX);
    let (index, older, turned) = (number(size), number(size + 1), number(u64::from(u16::MAX)));
    let mut tree = Appended::after(CompactTree::empty());
    let mut older_root = doudi::log::merkle::empty_root();
    for at in 0..size {
        tree.append(leaf_hash(&at.to_be_bytes()));
        if at + 1 == older {
            older_root = tree.tree().root();
        }
    }
    let sized = |size| TreeSize::new(size).expect("small");
    let (size, older, index) = (sized(size), sized(older), LogIndex::new(index).expect("small"));
    let (leaf, root) = (leaf_hash(&index.get().to_be_bytes()), tree.tree().root());
    let included = prove_inclusion(&tree, index, size).expect("it is in the tree");
    assert_eq!(verify_inclusion(&leaf, index, size, &included, &root), Ok(()));
    let consistent = prove_consistency(&tree, older, size).expect("it grew");
    assert_eq!(verify_consistency(older, &older_root, size, &root, &consistent), Ok(()));
    let (mut spoilt, mut other) = (included, root);
    turn(&mut spoilt, &mut other, turned);
    assert!(verify_inclusion(&leaf, index, size, &spoilt, &other).is_err());
    if older > TreeSize::EMPTY {
        let (mut spoilt, mut other) = (consistent, root);
        turn(&mut spoilt, &mut other, turned);
        assert!(verify_consistency(older, &older_root, size, &other, &spoilt).is_err());
    }
}

/// Turns one bit of a proof or of the root that it leads to.
fn turn(proof: &mut [Hash], root: &mut Hash, at: u64) {
    let bits = 8 * Hash::SIZE_BYTES;
    let at = usize::try_from(at).expect("small") % (bits * (proof.len() + 1));
    let hash = proof.get_mut(at / bits).unwrap_or(root);
    let mut bytes = *hash.as_bytes();
    bytes[at % bits / 8] ^= 1 << (at % 8);
    *hash = Hash::from_bytes(bytes);
}

/// The path of a tile has one spelling.
pub fn tile_path(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(path) = text.parse::<TilePath>() else { return };
    assert_eq!(path.to_string(), text);
    assert!((1..=TILE_WIDTH).contains(&path.width));
}

/// A bundle of entries is its entries and nothing else.
pub fn entry_bundle(bytes: &[u8]) {
    let Ok(entries) = decode_bundle(bytes) else { return };
    assert!((1..=usize::from(TILE_WIDTH)).contains(&entries.len()));
    assert_eq!(encode_bundle(&entries).as_deref(), Ok(bytes));
}

/// An entry has one spelling: two would be two leaves.
pub fn entry(bytes: &[u8]) {
    let Ok(entry) = Entry::parse(bytes) else { return };
    assert!(bytes.len() <= ENTRY_SIZE_MAX_BYTES);
    assert_eq!(entry.to_bytes(), bytes);
}

/// Canonical JSON has one spelling, and any JSON one canonical form.
pub fn json(bytes: &[u8]) {
    if let Ok(json) = Json::parse_canonical(bytes) {
        assert_eq!(json.to_bytes(), bytes);
    }
    if let Ok(json) = Json::parse(bytes) {
        assert_eq!(Json::parse_canonical(&json.to_bytes()), Ok(json));
    }
}

/// Bytes in the place of random ones: what is sealed with them is the same in every run.
struct Fixed(u8);

impl Entropy for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        out.fill(self.0);
        Ok(())
    }
}

/// Nothing opens that was not sealed; what was sealed opens to its bytes, and to nothing after one bit is turned.
pub fn sealed(bytes: &[u8]) {
    let name: DocumentName = "facts".parse().expect("a name");
    let area: AreaCode = "340321".parse().expect("an area");
    let key = DataKey::from_bytes([3; 32]);
    let place = |record| Place {
        area,
        record_id: RecordId::from_bytes([record; 16]),
        name: &name,
    };
    let salt = Salt::from_bytes([5; 32]);
    let (commitment, stored) = publish(&name, &salt, bytes);
    let opened = open_public(&name, &commitment, &stored).expect("what was published");
    assert_eq!((opened.content.as_slice(), opened.salt), (bytes, salt.clone()));
    assert!(open(&key, place(1), &commitment, bytes).is_err(), "nobody sealed this");
    assert!(open_public(&name, &commitment, bytes).is_err(), "nobody published this");
    let (commitment, mut sealed) = seal(&key, place(1), &salt, bytes, &mut Fixed(9)).expect("sealed");
    let opened = open(&key, place(1), &commitment, &sealed).expect("what was sealed");
    assert_eq!(opened.content, bytes);
    assert!(open(&key, place(2), &commitment, &sealed).is_err(), "another record");
    let at = bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>() % (8 * sealed.len());
    sealed[at / 8] ^= 1 << (at % 8);
    assert!(
        open(&key, place(1), &commitment, &sealed).is_err(),
        "bit {at} is turned"
    );
}

/// The vocabulary and the nation's document, that a policy is checked against.
static CONTEXT: LazyLock<Context> = LazyLock::new(|| {
    let mut context = Context {
        documents: Vec::new(),
        texts: vec![include_str!("../policy/texts/huaimin-2021-142.txt").to_owned()],
    };
    for text in [
        include_str!("../policy/vocabulary.yaml"),
        include_str!("../policy/calendar.yaml"),
        include_str!("../policy/100000-nation.yaml"),
    ] {
        let checked = read(text, "shipped", &context).expect("what is shipped passes");
        context.documents.push(checked.document);
    }
    context
});

/// A policy text passes or is refused with places and reasons; what passes has one sealed form.
pub fn policy(bytes: &[u8]) {
    if let Ok(document) = Document::from_bytes(bytes) {
        assert_eq!(document.to_bytes(), bytes);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for context in [&Context::default(), &*CONTEXT] {
        match read(text, "fuzz.yaml", context) {
            Ok(checked) => {
                let sealed = checked.document.to_bytes();
                let again = Document::from_bytes(&sealed).expect("its own sealed form");
                assert_eq!(again.to_bytes(), sealed);
            }
            Err(errors) => {
                assert!(!errors.is_empty(), "a refusal says why");
                let said: String = errors.iter().map(doudi::rules::language::PolicyError::text).collect();
                assert!(said.contains("fuzz.yaml"), "a refusal says where");
            }
        }
    }
}

/// The documents of a sample have one spelling, and evidence is refused or drawn again without a panic.
pub fn sample(bytes: &[u8]) {
    if let Ok(json) = Json::parse_canonical(bytes) {
        for kind in SampleDocument::KINDS {
            if let Ok(document) = SampleDocument::from_json(kind, &json) {
                assert_eq!(SampleDocument::from_json(kind, &document.to_json()), Ok(document));
            }
        }
        if let Ok(selection) = Selection::from_json(&json) {
            assert_eq!(selection.to_json(), json, "a selection has one spelling");
        }
    }
    if let Ok(evidence) = Evidence::parse(bytes) {
        let again = Evidence::parse(&evidence.to_json().to_bytes());
        assert_eq!(again, Ok(evidence.clone()));
        assert!(evidence.redraw(std::slice::from_ref(&*STRANGER), |_| {}).is_err());
    }
}

/// An acknowledgement reads back and proves nothing under a strange key.
pub fn acknowledgement(bytes: &[u8]) {
    let Ok(file) = Acknowledgement::parse(bytes) else {
        return;
    };
    let again = Acknowledgement::parse(&file.to_json().to_bytes()).expect("what it wrote");
    assert!(again == file, "an acknowledgement reads back");
    assert!(verify_receipt(bytes, &STRANGER).is_err());
}

/// A trust policy that is read can be met by all its witnesses, and more of them never meet it less.
pub fn trust_policy(bytes: &[u8]) {
    let Ok(policy) = TrustPolicy::parse(bytes) else { return };
    let all: BTreeSet<usize> = (0..policy.witnesses.len()).collect();
    assert!(policy.is_met(&all));
    assert_eq!(policy.is_met(&BTreeSet::new()), !policy.asks_for_witnesses());
    let mut some = BTreeSet::new();
    let mut was_met = policy.is_met(&some);
    for at in all {
        some.insert(at);
        assert!(policy.is_met(&some) || !was_met, "one witness more");
        was_met = policy.is_met(&some);
    }
    let keys: BTreeMap<String, ()> = policy.witnesses.iter().map(|one| (one.key.to_string(), ())).collect();
    assert_eq!(keys.len(), policy.witnesses.len(), "each witness once");
}
