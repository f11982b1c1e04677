//! What the tests share: keys, a clock that moves, items, a store that fails, and a full check of a log.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::super::{
    Acknowledged, CaseChange, Clock, Effects, Guards, HighWater, Item, LogKeys, Mark, PersonSpan, Raised, Sequencer,
    SystemClock,
};
use crate::area::AreaCode;
use crate::log::checkpoint::{Checkpoint, Committed, SignedCheckpoint, UncommittedCheckpoint};
use crate::log::merkle::{CompactTree, leaf_hash};
use crate::log::note::{Ed25519Signer, KeyId, KeyName, SignError, Signer, VerifierKey};
use crate::log::receipt::Receipt;
use crate::log::record::{EntryKind, LawUsed, Salt, WrittenDocument};
use crate::log::{Hash, LogIndex, Origin, RecordId, TreeSize};
use crate::store::{Cause, Dialect, Insert, LogRow, RequestKey, Row, Store, StoreError, Transaction, Value};

/// One seed for all logs; the key's name tells them apart. Signs as slowly as asked.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) delay_ms: AtomicU32,
}

fn key(origin: &Origin) -> Ed25519Signer {
    Ed25519Signer::new(KeyName::new(origin.to_string()).expect("an origin is a name"), &[7; 32])
}

struct Slow(Ed25519Signer, u32);

impl Signer for Slow {
    fn name(&self) -> &KeyName {
        self.0.name()
    }

    fn id(&self) -> KeyId {
        self.0.id()
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, SignError> {
        std::thread::sleep(Duration::from_millis(u64::from(self.1)));
        self.0.sign(text)
    }
}

impl LogKeys for Keys {
    fn signers(&self, origin: &Origin) -> Result<Vec<Arc<dyn Signer>>, SignError> {
        Ok(vec![Arc::new(Slow(key(origin), self.delay_ms.load(Ordering::SeqCst)))])
    }

    fn verifier_keys(&self, origin: &Origin) -> Result<Vec<VerifierKey>, SignError> {
        Ok(vec![key(origin).verifier_key().clone()])
    }
}

/// The machine's clock, moved by so many milliseconds.
#[derive(Default)]
pub(super) struct MovedClock {
    real: SystemClock,
    pub(super) ahead_ms: AtomicI64,
}

impl Clock for MovedClock {
    fn now_ms(&self) -> i64 {
        self.real.now_ms() + self.ahead_ms.load(Ordering::SeqCst)
    }

    fn monotonic_ms(&self) -> i64 {
        self.real.monotonic_ms()
    }
}

/// A sequencer of one process, with what a test wants to move.
pub(super) struct Replica {
    pub(super) sequencer: Arc<Sequencer>,
    pub(super) keys: Arc<Keys>,
    pub(super) clock: Arc<MovedClock>,
}

pub(super) fn replica(store: Arc<dyn Store>) -> Replica {
    let (keys, clock) = (Arc::new(Keys::default()), Arc::new(MovedClock::default()));
    let sequencer = Sequencer::new(store, keys.clone(), clock.clone(), "doudi.example", "doudi/test");
    Replica {
        sequencer: Arc::new(sequencer),
        keys,
        clock,
    }
}

/// Marks that outlive a replica of a test, and a disk that may be full.
#[derive(Default)]
pub(super) struct Marks {
    kept: Mutex<Vec<Mark>>,
    pub(super) disk_full: AtomicBool,
}

impl Marks {
    pub(super) fn of(checkpoint: Checkpoint) -> Arc<Marks> {
        let note = String::new();
        Arc::new(Marks {
            kept: Mutex::new(vec![Mark { checkpoint, note }]),
            disk_full: AtomicBool::default(),
        })
    }
}

impl HighWater for Marks {
    fn marks(&self) -> Vec<Mark> {
        self.kept.lock().expect("no panic").clone()
    }

    fn raise(&self, mark: &Mark) -> std::io::Result<Raised> {
        if self.disk_full.load(Ordering::SeqCst) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let mut kept = self.kept.lock().expect("no panic");
        let head = &mark.checkpoint;
        let same = |other: &&Mark| (&other.checkpoint.origin, other.checkpoint.size) == (&head.origin, head.size);
        if let Some(other) = kept
            .iter()
            .find(same)
            .filter(|other| other.checkpoint.root != head.root)
        {
            return Ok(Raised::Forked(other.checkpoint.clone()));
        }
        kept.retain(|other| other.checkpoint.origin != mark.checkpoint.origin);
        kept.push(mark.clone());
        Ok(Raised::Durable)
    }
}

/// A replica that keeps marks.
pub(super) fn guarded(store: Arc<dyn Store>, marks: Arc<Marks>) -> Replica {
    let (keys, clock) = (Arc::new(Keys::default()), Arc::new(MovedClock::default()));
    let sequencer = Sequencer::guarded(
        store,
        keys.clone(),
        clock.clone(),
        "doudi.example",
        "doudi/test",
        Guards {
            high_water: marks,
            witnesses_required: false,
            ..Guards::default()
        },
    );
    Replica {
        sequencer: Arc::new(sequencer),
        keys,
        clock,
    }
}

pub(super) fn area() -> AreaCode {
    "340321".parse().expect("an area")
}

/// An item whose request id, digest and document say its number.
pub(super) fn item(number: u32) -> Item {
    let text = number.to_string();
    Item {
        request: RequestKey {
            area: area(),
            caller: "bengbu".to_owned(),
            request_id: text.clone(),
        },
        request_digest: text.clone().into_bytes(),
        record_id: RecordId::from_bytes(u128::from(number).to_be_bytes()),
        kind: EntryKind::Determination,
        law: Some(LawUsed {
            manifest: Hash::of(b"law"),
            semantics: "doudi-rules/1".to_owned(),
        }),
        engine: "doudi/test".to_owned(),
        documents: vec![WrittenDocument {
            name: "facts".parse().expect("a name"),
            commitment: Hash::of(text.as_bytes()),
            key_ref: None,
            stored: text.into_bytes(),
            salt: Salt::from_bytes([0; 32]),
        }],
        data_keys: Vec::new(),
        case_id: None,
        case: None,
        case_seen: None,
        persons: Vec::new(),
        policy: None,
        effects: Effects::default(),
        trace_id: None,
    }
}

/// An item that changes a case.
pub(super) fn case_item(number: u32, case_id: &str, expected_version: u64) -> Item {
    let change = CaseChange {
        expected_version,
        identity_key_ref: "identity".to_owned(),
        content_key_ref: "content".to_owned(),
        state: vec![1],
        next_due: None,
        grace_end_month: None,
        township: None,
        spans: None,
    };
    Item {
        case_id: Some(case_id.to_owned()),
        case: Some(change),
        ..item(number)
    }
}

/// An item by which a person holds a programme in a case.
pub(super) fn span_item(number: u32, case_id: &str, version: u64, person: &str, from: &str, to: Option<&str>) -> Item {
    let mut item = case_item(number, case_id, version);
    let span = PersonSpan {
        person_id: person.to_owned(),
        from: from.parse().expect("a month"),
        to: to.map(|to| to.parse().expect("a month")),
        programme: "DIBAO".to_owned(),
    };
    item.case.as_mut().expect("a case").spans = Some(vec![span]);
    item
}

/// The note of a checkpoint that was never sequenced, for logs that a test writes itself.
pub(super) fn sign(size: TreeSize, root: Hash) -> String {
    let origin = Origin::new("doudi.example", area(), 1).expect("an origin");
    let signer = key(&origin);
    let signed = UncommittedCheckpoint::sign(Checkpoint { origin, size, root }, &[&signer]).expect("signed");
    signed.release(&Committed::after_commit()).note().to_owned()
}

/// The receipt proves this very entry under the log's key.
pub(super) fn verify(area: AreaCode, answer: &Acknowledged) {
    verify_in_epoch(area, 1, answer);
}

pub(super) fn verify_in_epoch(area: AreaCode, epoch: u32, answer: &Acknowledged) {
    let origin = Origin::new("doudi.example", area, epoch).expect("an origin");
    let receipt = Receipt::parse(answer.receipt.as_bytes()).expect("a receipt");
    assert_eq!(receipt.index(), answer.index);
    let signed = receipt.verify(&leaf_hash(&answer.entry), &[key(&origin).verifier_key().clone()]);
    assert_eq!(signed.expect("a proof").checkpoint().size, answer.first_size);
}

/// The whole log is one tree: contiguous entries, every checkpoint the root of its prefix and
/// signed, head and tiles those of the tree. Returns the entries.
pub(super) async fn check_log(store: &Arc<dyn Store>, area: AreaCode) -> Vec<Vec<u8>> {
    let LogRow { log_id, origin, .. } = store.log_of_area(area).await.expect("readable").expect("a log");
    let head = store.head(log_id).await.expect("readable").expect("a head");
    let mut tree = CompactTree::empty();
    let mut entries = Vec::new();
    let mut made = std::collections::BTreeMap::new();
    let mut signed_sizes = BTreeSet::new();
    while tree.size() < head.size {
        let page = store
            .entries(log_id, tree.size().next_index(), 1000)
            .await
            .expect("readable");
        assert!(!page.is_empty(), "entry {} is missing", tree.size());
        for row in page {
            assert_eq!(row.index, tree.size().next_index(), "a gap");
            assert_eq!(row.leaf_hash, leaf_hash(&row.entry));
            tree.append(row.leaf_hash, |node, hash| {
                made.insert(node, hash);
            });
            if let Some(row) = store.checkpoint_at(log_id, tree.size()).await.expect("readable") {
                let keys = [key(&origin).verifier_key().clone()];
                let signed = SignedCheckpoint::verify(row.note.as_bytes(), &keys).expect("signed");
                assert_eq!(
                    (signed.checkpoint().size, signed.checkpoint().root),
                    (tree.size(), tree.root())
                );
                signed_sizes.insert(tree.size());
            }
            entries.push(row.entry);
        }
    }
    assert_eq!((head.root, head.compact), (tree.root(), tree.edge_bytes()));
    assert!(signed_sizes.contains(&head.size), "the head is signed");
    for level in 0..2_u8 {
        let tiles = store.tiles(log_id, level, 0, 1000).await.expect("readable");
        assert_eq!(
            tiles.len() as u64,
            head.size.get() >> (8 * (level + 1)),
            "full tiles of level {level}"
        );
        for tile in tiles {
            let node = |level, index| made[&crate::log::merkle::NodeId { level, index }];
            let hashes = (0..256).flat_map(|at| *node(level * 8, tile.n * 256 + at).as_bytes());
            assert_eq!(tile.hashes, hashes.collect::<Vec<u8>>());
            assert_eq!(tile.root, node(level * 8 + 8, tile.n));
        }
    }
    entries
}

pub(super) fn index(value: u64) -> LogIndex {
    LogIndex::new(value).expect("small")
}

/// What a failing store does at COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Says that the outcome is unknown; nothing was written.
    Lost,
    /// Says that the outcome is unknown; everything was written.
    Kept,
}

/// A store whose next commits fail, and which counts the transactions that were begun.
pub(super) struct FailingStore {
    pub(super) inner: Arc<dyn Store>,
    pub(super) fault: Fault,
    pub(super) left: Arc<AtomicU32>,
    pub(super) begun: Arc<AtomicU32>,
}

impl FailingStore {
    pub(super) fn new(inner: Arc<dyn Store>, fault: Fault, left: u32) -> FailingStore {
        FailingStore {
            inner,
            fault,
            left: Arc::new(left.into()),
            begun: Arc::default(),
        }
    }
}

struct FailingTransaction {
    inner: Box<dyn Transaction>,
    fault: Option<Fault>,
}

fn unknown() -> StoreError {
    let cause: Cause = Arc::new(std::io::Error::other("the connection was cut"));
    StoreError::Unknown(cause)
}

#[async_trait]
impl Store for FailingStore {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    async fn read(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.inner.read(sql, args).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let taken = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let fault = taken.is_ok().then_some(self.fault);
        Ok(Box::new(FailingTransaction {
            inner: self.inner.begin().await?,
            fault,
        }))
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[async_trait]
impl Transaction for FailingTransaction {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    async fn read(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.inner.read(sql, args).await
    }

    async fn change(&mut self, sql: &str, args: Vec<Value>) -> Result<u64, StoreError> {
        self.inner.change(sql, args).await
    }

    async fn insert(&mut self, inserts: Vec<Insert>) -> Result<(), StoreError> {
        self.inner.insert(inserts).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        match self.fault {
            None => self.inner.commit().await,
            Some(Fault::Lost) => Err(unknown()),
            Some(Fault::Kept) => {
                self.inner.commit().await?;
                Err(unknown())
            }
        }
    }
}
