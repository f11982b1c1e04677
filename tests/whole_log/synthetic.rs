//! A log without a service: real entries, tiles, signed checkpoints, written by the store's own transaction.
//!
//! Cheap enough for a hundred thousand entries; shared by the tests and by `benches/fsck.rs`.

use std::sync::Arc;

use doudi::canonical::Json;
use doudi::log::checkpoint::Checkpoint;
use doudi::log::merkle::{Appended, CompactTree, empty_root, leaf_hash};
use doudi::log::note::{Ed25519Signer, KeyName, Note, VerifierKey};
use doudi::log::record::{DocumentCommitment, DocumentName, Entry, EntryKind, LawUsed, Salt, publish};
use doudi::log::tiles::{TILE_HEIGHT, completed_tiles};
use doudi::log::{Hash, Origin, RecordId, TreeSize};
use doudi::store::batch::Batch;
use doudi::store::{CheckpointRow, DocumentRow, EntryRow, HeadRow, LogId, LogRow, RecordRow, Store, TileRow};

/// A log that grows on demand.
pub struct Synthetic {
    pub store: Arc<dyn Store>,
    pub log: LogRow,
    pub signer: Ed25519Signer,
    /// Who wrote the entries; another one gives another history.
    pub engine: &'static str,
    /// What a later epoch says of the one before it, as members of its EPOCH document.
    pub after: Vec<(&'static str, Json)>,
    tree: CompactTree,
    /// The hashes of each level of tiles.
    levels: Vec<Vec<Hash>>,
}

/// When the first entry was logged, Unix seconds; each further one a second later.
const LOGGED_FIRST: i64 = 1_760_000_000;

impl Synthetic {
    /// A database with an opened log and no entries.
    pub async fn open(url: &str, origin: &str) -> Synthetic {
        doudi::store::migrate(url).await.unwrap();
        let store = doudi::store::open(url).await.unwrap();
        let origin: Origin = origin.parse().unwrap();
        let log = LogRow {
            log_id: LogId::of(&origin),
            origin: origin.clone(),
            opened_ms: 1,
        };
        let head = HeadRow {
            size: TreeSize::EMPTY,
            compact: Vec::new(),
            root: empty_root(),
            last_time_ms: 0,
        };
        let mut append = store.append().await.unwrap();
        append.open_log(&log, &head).await.unwrap();
        append.commit().await.unwrap();
        Synthetic {
            store,
            log,
            signer: Ed25519Signer::new(KeyName::new(origin.to_string()).unwrap(), &[7; 32]),
            engine: "doudi/0.1.0",
            after: Vec::new(),
            tree: CompactTree::empty(),
            levels: Vec::new(),
        }
    }

    pub fn size(&self) -> u64 {
        self.tree.size().get()
    }

    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    pub fn keys(&self) -> Vec<VerifierKey> {
        vec![self.signer.verifier_key().clone()]
    }

    /// The entry at an index: as large as that of a decision.
    pub fn entry(&self, index: u64) -> Vec<u8> {
        let logged = LOGGED_FIRST + i64::try_from(index).unwrap();
        let engine = self.engine;
        if index == 0 {
            let (commitment, _) = self.epoch();
            let documents = vec![committed("epoch", commitment)];
            return Entry::new(
                EntryKind::Epoch,
                self.log.origin.clone(),
                logged,
                None,
                engine,
                documents,
            )
            .unwrap()
            .to_bytes();
        }
        let law = LawUsed {
            manifest: Hash::of(b"law"),
            semantics: "doudi-rules/1".to_owned(),
        };
        let names = ["identity", "facts", "determination", "frame"];
        let documents = names
            .map(|name| committed(name, Hash::of_parts(&[name.as_bytes(), &index.to_be_bytes()])))
            .to_vec();
        let kind = EntryKind::Determination;
        Entry::new(kind, self.log.origin.clone(), logged, Some(law), engine, documents)
            .unwrap()
            .to_bytes()
    }

    /// The document that opens the log.
    fn epoch(&self) -> (Hash, Vec<u8>) {
        let keys = Json::List(vec![Json::text(self.signer.verifier_key().to_string())]);
        let mut body = vec![("keys", keys), ("origin", Json::text(self.log.origin.to_string()))];
        body.extend(self.after.iter().cloned());
        let body = Json::object(body).to_bytes();
        publish(&"epoch".parse().unwrap(), &Salt::from_bytes([1; 32]), &body)
    }

    /// Appends up to `size` in one commit, with one checkpoint.
    pub async fn grow(&mut self, size: u64) {
        let (before, from) = (self.tree.size(), self.size());
        let mut appended = Appended::after(self.tree.clone());
        let mut entries = Vec::new();
        for index in from..size {
            let entry = self.entry(index);
            let leaf_hash = leaf_hash(&entry);
            let levels = &mut self.levels;
            self.tree.append(leaf_hash, |node, hash| {
                let level = usize::from(node.level / TILE_HEIGHT);
                if node.level.is_multiple_of(TILE_HEIGHT) {
                    levels.resize_with(levels.len().max(level + 1), Vec::new);
                    levels[level].push(hash);
                }
            });
            entries.push(EntryRow {
                index: appended.append(leaf_hash),
                entry,
                leaf_hash,
            });
        }
        let (after, root) = (self.tree.size(), self.tree.root());
        let time_ms = (LOGGED_FIRST + i64::try_from(size).unwrap()) * 1000;
        let checkpoint = Checkpoint {
            origin: self.log.origin.clone(),
            size: after,
            root,
        };
        let epochs_before = u128::from(self.log.origin.epoch() - 1);
        let records = entries.iter().map(|row| RecordRow {
            log_id: self.log.log_id,
            index: row.index,
            area: self.log.origin.area(),
            record_id: RecordId::from_bytes((epochs_before << 64 | u128::from(row.index.get())).to_be_bytes()),
            case_id: None,
            kind: "DETERMINATION".to_owned(),
            erased: None,
            restricted: None,
        });
        let epoch = DocumentRow {
            name: "epoch".to_owned(),
            key_ref: None,
            bytes: self.epoch().1,
        };
        let batch = Batch {
            log_id: self.log.log_id,
            area: self.log.origin.area(),
            size_before: before,
            head: HeadRow {
                size: after,
                compact: self.tree.edge_bytes(),
                root,
                last_time_ms: time_ms,
            },
            checkpoint: CheckpointRow {
                size: after,
                root,
                note: Note::sign(&checkpoint.to_string(), &[&self.signer])
                    .unwrap()
                    .to_string(),
                signed_ms: time_ms,
            },
            records: records.collect(),
            documents: entries
                .first()
                .filter(|row| row.index.get() == 0)
                .map(|row| (row.index, epoch))
                .into_iter()
                .collect(),
            entries,
            tiles: self.tiles(before, after),
            data_keys: Vec::new(),
            requests: Vec::new(),
            marks: Vec::new(),
            erased_keys: Vec::new(),
            accesses: Vec::new(),
            access_places: Vec::new(),
            policies: Vec::new(),
            cases: Vec::new(),
            span_cases: Vec::new(),
            spans: Vec::new(),
            links: Vec::new(),
            persons: Vec::new(),
            traces: Vec::new(),
        };
        let mut append = self.store.append().await.unwrap();
        append.lock(self.log.log_id, self.log.origin.area()).await.unwrap();
        append.write(batch).await.unwrap();
        append.commit().await.unwrap();
    }

    fn tiles(&self, before: TreeSize, after: TreeSize) -> Vec<TileRow> {
        let tile = |id: doudi::log::tiles::TileId| {
            let (level, n) = (usize::from(id.level), usize::try_from(id.n).unwrap());
            let hashes = &self.levels[level][n * 256..(n + 1) * 256];
            TileRow {
                level: id.level,
                n: id.n,
                hashes: hashes.iter().flat_map(|hash| *hash.as_bytes()).collect(),
                root: self.levels[level + 1][n],
            }
        };
        completed_tiles(before, after).into_iter().map(tile).collect()
    }
}

fn committed(name: &str, commitment: Hash) -> DocumentCommitment {
    let name: DocumentName = name.parse().unwrap();
    DocumentCommitment { name, commitment }
}
