//! Bundles without a service: the decisions of the golden corpus repeated, each sealed anew into a log of its own.
//!
//! Large enough for a benchmark, and signed by a key of the test, so that a bundle can also be wrong where no outsider
//! could make it wrong: in what the log itself committed to.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doudi::canonical::Json;
use doudi::log::bundle::tar::{TarWriter, header, padding};
use doudi::log::bundle::{BundlePath, Head, Manifest, Opened, OpenedPlace, encode_document, files_of_tree};
use doudi::log::checkpoint::Checkpoint;
use doudi::log::merkle::{CompactTree, leaf_hash};
use doudi::log::note::{Ed25519Signer, KeyName, Note, VerifierKey};
use doudi::log::record::{DataKey, DocumentName, Entry, EntryKind, Place, Salt, commitment, open};
use doudi::log::tiles::{TileKind, TilePath, encode_bundle};
use doudi::log::{Hash, LogIndex, Origin, TreeSize};

/// The log of the corpus whose decisions are repeated.
pub const ORIGIN: &str = "doudi.example/340321/1";

/// The corpus.
const GOLDEN: &str = "tests/golden/0.1.0";

/// When the first entry was logged, Unix seconds.
const LOGGED_FIRST: i64 = 1_760_000_000;

/// A decision to be sealed.
#[derive(Clone)]
pub struct Shape {
    pub facts: Vec<u8>,
    pub determination: Vec<u8>,
    pub frame: Vec<u8>,
    pub law: Hash,
}

/// Decisions and documents of law of the corpus.
pub struct Corpus {
    pub shapes: Vec<Shape>,
    /// The documents of law by the index of their POLICY entry.
    pub policies: BTreeMap<u64, Vec<u8>>,
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_text).unwrap()
}

fn bytes(json: &Json, key: &str) -> Vec<u8> {
    STANDARD.decode(text(json, key)).unwrap()
}

impl Corpus {
    /// Reads the corpus.
    pub fn read() -> Corpus {
        let mut corpus = Corpus {
            shapes: Vec::new(),
            policies: BTreeMap::new(),
        };
        for line in fs::read_to_string(format!("{GOLDEN}/records.jsonl")).unwrap().lines() {
            let record = Json::parse(line.as_bytes()).unwrap();
            let entry = Entry::parse(&bytes(&record, "entry")).unwrap();
            if entry.origin().to_string() == ORIGIN {
                corpus.add(&record, &entry);
            }
        }
        corpus
    }

    fn add(&mut self, record: &Json, entry: &Entry) {
        let opened = |name: &str| {
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
        };
        self.shapes.push(Shape {
            facts: opened("facts"),
            determination: opened("determination"),
            frame: opened("frame"),
            law: entry.law().unwrap().manifest,
        });
        let manifest = record.get("manifest").unwrap();
        let lists = manifest.get("documents").and_then(Json::as_list).unwrap().iter();
        for document in lists.chain(manifest.get("calendar")).chain(manifest.get("vocabulary")) {
            let at = document
                .get("published")
                .unwrap()
                .get("index")
                .and_then(Json::as_integer)
                .unwrap();
            let digest = text(document, "digest");
            let content = fs::read(format!("{GOLDEN}/{digest}.json")).unwrap();
            self.policies.insert(u64::try_from(at).unwrap(), content);
        }
    }
}

/// A document of an entry: its name and its bytes.
pub type Document = (&'static str, Vec<u8>);

/// The key of the log.
pub fn key() -> VerifierKey {
    signer().verifier_key().clone()
}

fn signer() -> Ed25519Signer {
    Ed25519Signer::new(KeyName::new(ORIGIN).unwrap(), &[7; 32])
}

/// What stands beside the decisions of the corpus.
pub struct Beside<'a> {
    /// Entries after the OPENING entry: kind, law and documents of each.
    pub more: Vec<(&'static str, Option<Hash>, Vec<Document>)>,
    /// Whether the document of an entry is in the bundle.
    pub opened: &'a dyn Fn(u64, &str) -> bool,
    /// When an entry is logged, seconds after the first.
    pub logged: &'a dyn Fn(u64) -> u64,
    /// The manifest before it is written.
    pub manifest: &'a dyn Fn(&mut Manifest),
}

impl Default for Beside<'_> {
    fn default() -> Self {
        Beside {
            more: Vec::new(),
            opened: &|_, _| true,
            logged: &|index| index,
            manifest: &|_| {},
        }
    }
}

struct Writer<'a> {
    corpus: &'a Corpus,
    decisions: u64,
    change: &'a dyn Fn(u64, &mut Shape),
    beside: &'a Beside<'a>,
}

impl Writer<'_> {
    /// Entries before the first decision: the log's beginning and its law.
    fn before(&self) -> u64 {
        self.corpus.policies.keys().next_back().unwrap() + 1
    }

    fn size(&self) -> u64 {
        self.opening() + 1 + self.beside.more.len() as u64
    }

    /// Where the OPENING entry stands.
    fn opening(&self) -> u64 {
        self.before() + self.decisions
    }

    fn record(&self, index: u64) -> (&'static str, Option<Hash>, Vec<Document>) {
        if let Some(policy) = self.corpus.policies.get(&index) {
            return (EntryKind::Policy.name(), None, vec![("policy", policy.clone())]);
        }
        if let Some(number) = index.checked_sub(self.opening() + 1) {
            return self.beside.more[usize::try_from(number).unwrap()].clone();
        }
        if index == self.opening() {
            let is_decision = |kind: &str| kind == EntryKind::Determination.name();
            let more = self.beside.more.iter().filter(|(kind, ..)| is_decision(kind)).count() as u64;
            let opening = Json::object([
                ("v", Json::Int(1)),
                ("count", Json::integer((self.decisions + more).into())),
                ("identity", Json::Bool(false)),
                ("purpose", "audit".into()),
            ]);
            return (EntryKind::Opening.name(), None, vec![("opening", opening.to_bytes())]);
        }
        let Some(number) = index.checked_sub(self.before()) else {
            let keys = Json::List(vec![Json::text(key().to_string())]);
            let epoch = Json::object([("keys", keys), ("origin", ORIGIN.into())]);
            return (EntryKind::Epoch.name(), None, vec![("epoch", epoch.to_bytes())]);
        };
        let at = usize::try_from(number).unwrap() % self.corpus.shapes.len();
        let mut shape = self.corpus.shapes[at].clone();
        (self.change)(index, &mut shape);
        let documents = vec![
            ("facts", shape.facts),
            ("determination", shape.determination),
            ("frame", shape.frame),
        ];
        (EntryKind::Determination.name(), Some(shape.law), documents)
    }

    /// The entry at an index, and its documents as they stand in the bundle.
    fn entry(&self, index: u64, out: &mut Vec<u8>) -> Vec<u8> {
        let (kind, law, documents) = self.record(index);
        let mut commitments = Vec::new();
        for (number, (name, content)) in (0_u8..).zip(&documents) {
            let salt = Salt::from_bytes(*Hash::of(format!("{index} {name}").as_bytes()).as_bytes());
            let name: DocumentName = name.parse().unwrap();
            let place = OpenedPlace {
                entry: u8::try_from(index % 256).unwrap(),
                document: number,
            };
            if (self.beside.opened)(index, name.as_str()) {
                encode_document(out, place, &salt, content);
            }
            commitments.push(Json::object([
                ("commitment", Json::text(commitment(&name, &salt, content).to_string())),
                ("name", name.as_str().into()),
            ]));
        }
        // As JSON, because an entry may be of a kind that this version does not know.
        let mut members = vec![
            ("v", Json::Int(1)),
            ("kind", kind.into()),
            ("origin", ORIGIN.into()),
            (
                "logged",
                Json::integer((LOGGED_FIRST + i64::try_from((self.beside.logged)(index)).unwrap()).into()),
            ),
            ("engine", "doudi/0.1.0".into()),
            ("documents", Json::List(commitments)),
        ];
        if let Some(law) = law {
            members.extend([
                ("law", Json::text(law.to_string())),
                ("semantics", "doudi-rules/1".into()),
            ]);
        }
        Json::object(members).to_bytes()
    }
}

/// Writes a bundle of so many decisions. `change` may change each before it is sealed.
pub fn write(path: &Path, corpus: &Corpus, decisions: u64, change: &dyn Fn(u64, &mut Shape)) {
    write_beside(path, corpus, decisions, change, &Beside::default());
}

/// The same with more entries, fewer documents, or another manifest.
pub fn write_beside(
    path: &Path,
    corpus: &Corpus,
    decisions: u64,
    change: &dyn Fn(u64, &mut Shape),
    beside: &Beside<'_>,
) {
    let writer = Writer {
        corpus,
        decisions,
        change,
        beside,
    };
    let size = TreeSize::new(writer.size()).unwrap();
    let body_path = path.with_extension("body");
    let mut tar = TarWriter::new(BufWriter::with_capacity(1 << 20, File::create(&body_path).unwrap()));
    let mut files = Vec::new();
    let mut tree = CompactTree::empty();
    let mut levels: Vec<Vec<Hash>> = vec![Vec::new(); 9];
    let mut documents = Vec::new();
    for file in files_of_tree(size) {
        let bytes = match file {
            BundlePath::Tile(TilePath {
                kind: TileKind::Entries,
                n,
                width,
            }) => {
                documents.clear();
                let first = n * 256;
                let entries: Vec<Vec<u8>> = (first..first + u64::from(width))
                    .map(|index| writer.entry(index, &mut documents))
                    .collect();
                for entry in &entries {
                    tree.append(leaf_hash(entry), |node, hash| {
                        if node.level % 8 == 0 {
                            levels[usize::from(node.level / 8)].push(hash);
                        }
                    });
                }
                encode_bundle(&entries).unwrap()
            }
            BundlePath::Tile(TilePath {
                kind: TileKind::Hashes(level),
                n,
                width,
            }) => {
                let from = usize::try_from(n).unwrap() * 256;
                let hashes = &levels[usize::from(level)][from..from + usize::from(width)];
                hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
            }
            // A tile of which nothing is opened has no file of documents.
            _ if documents.is_empty() => continue,
            _ => documents.clone(),
        };
        tar.add(&file.to_string(), &bytes).unwrap();
        files.push((file, bytes.len() as u64));
    }
    tar.finish().unwrap().into_inner().unwrap();
    let root = tree.root();
    let origin: Origin = ORIGIN.parse().unwrap();
    let checkpoint = Checkpoint {
        origin: origin.clone(),
        size,
        root,
    };
    let note = Note::sign(&checkpoint.to_string(), &[&signer()]).unwrap().to_string();
    files.insert(0, (BundlePath::Checkpoint, note.len() as u64));
    let mut manifest = Manifest {
        engine: "doudi/0.1.0".to_owned(),
        origin,
        head: Head { size, root },
        previous: None,
        opened: Opened::All,
        identity: false,
        openings: vec![LogIndex::new(writer.opening()).unwrap()],
        samples: Vec::new(),
        unopened: Vec::new(),
        files,
    };
    (beside.manifest)(&mut manifest);
    let manifest = manifest.to_bytes();
    let mut out = BufWriter::new(File::create(path).unwrap());
    for (name, bytes) in [("manifest.json", &manifest[..]), ("checkpoint", note.as_bytes())] {
        let size = bytes.len() as u64;
        out.write_all(&header(name, size).unwrap()).unwrap();
        out.write_all(bytes).unwrap();
        out.write_all(&vec![0; padding(size)]).unwrap();
    }
    std::io::copy(&mut File::open(&body_path).unwrap(), &mut out).unwrap();
    out.flush().unwrap();
    fs::remove_file(body_path).unwrap();
}
