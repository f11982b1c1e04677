//! Rows for the tests: a log with some entries and a row in every table.

use std::sync::Arc;

use super::super::batch::Batch;
use super::super::{
    AccessPlace, AccessRow, CaseHeadRow, CheckpointRow, DataKeyRow, DocumentRow, EntryRow, ErasedKeyRow, HeadRow,
    LogId, LogRow, PersonRow, PolicyRow, RecordRow, RequestKey, RequestRow, SpanRow, Store, TileRow,
};
use crate::area::AreaCode;
use crate::log::merkle::{Appended, CompactTree, HashReader, NodeId, empty_root, leaf_hash};
use crate::log::{Hash, LogIndex, Origin, RecordId, TreeSize};

pub(crate) fn area() -> AreaCode {
    "340321".parse().expect("an area")
}

pub(crate) fn log_row() -> LogRow {
    let origin = Origin::new("doudi.example", area(), 1).expect("an origin");
    LogRow {
        log_id: LogId::of(&origin),
        origin,
        opened_ms: 1,
    }
}

pub(crate) fn index(value: u64) -> LogIndex {
    LogIndex::new(value).expect("small")
}

pub(crate) fn size(value: u64) -> TreeSize {
    TreeSize::new(value).expect("small")
}

pub(crate) fn record_id(value: u64) -> RecordId {
    RecordId::from_bytes(u128::from(value).to_be_bytes())
}

pub(crate) fn entry(value: u64) -> Vec<u8> {
    format!("entry {value}").into_bytes()
}

/// A batch that appends the entries `before..after` to a tree, with the tiles it fills.
pub(crate) fn batch(tree: CompactTree, count: u64) -> Batch {
    let log_id = log_row().log_id;
    let before = tree.size();
    let mut appended = Appended::after(tree);
    let entries: Vec<EntryRow> = (0..count)
        .map(|at| {
            let entry = entry(before.get() + at);
            let leaf_hash = leaf_hash(&entry);
            EntryRow {
                index: appended.append(leaf_hash),
                entry,
                leaf_hash,
            }
        })
        .collect();
    let root = appended.tree().root();
    let after = appended.tree().size();
    Batch {
        log_id,
        area: area(),
        size_before: before,
        head: HeadRow {
            size: after,
            compact: appended.tree().edge_bytes(),
            root,
            last_time_ms: 1,
        },
        checkpoint: CheckpointRow {
            size: after,
            root,
            note: format!("note {after}"),
            signed_ms: 10,
        },
        records: entries
            .iter()
            .map(|row| RecordRow {
                log_id,
                index: row.index,
                area: area(),
                record_id: record_id(row.index.get()),
                case_id: Some(format!("case {}", row.index.get() % 2)),
                kind: if row.index.get() % 3 == 0 {
                    "POLICY"
                } else {
                    "DETERMINATION"
                }
                .to_owned(),
                erased: None,
                restricted: None,
            })
            .collect(),
        entries,
        documents: Vec::new(),
        tiles: full_tiles(&appended, before.get(), after.get()),
        data_keys: Vec::new(),
        requests: Vec::new(),
        policies: Vec::new(),
        cases: Vec::new(),
        span_cases: Vec::new(),
        spans: Vec::new(),
        links: Vec::new(),
        persons: Vec::new(),
        marks: Vec::new(),
        erased_keys: Vec::new(),
        accesses: Vec::new(),
        access_places: Vec::new(),
        traces: Vec::new(),
    }
}

/// Level-0 tiles that lie wholly in the batch; these tests append whole tiles at a time.
fn full_tiles(appended: &Appended, before: u64, after: u64) -> Vec<TileRow> {
    (before.div_ceil(256)..after / 256)
        .map(|n| {
            let leaves = (n * 256..(n + 1) * 256).map(|index| NodeId { level: 0, index });
            let hashes: Vec<Hash> = leaves.map(|node| appended.node(node).expect("in the batch")).collect();
            let root = appended.node(NodeId { level: 8, index: n }).expect("in the batch");
            TileRow {
                level: 0,
                n,
                hashes: hashes.iter().flat_map(|hash| *hash.as_bytes()).collect(),
                root,
            }
        })
        .collect()
}

/// A row in every table that an append fills.
pub(crate) fn full_batch() -> Batch {
    let mut batch = batch(CompactTree::empty(), 256);
    let log_id = batch.log_id;
    batch.documents = vec![
        (
            index(0),
            DocumentRow {
                name: "policy".to_owned(),
                key_ref: None,
                bytes: b"public".to_vec(),
            },
        ),
        (
            index(1),
            DocumentRow {
                name: "facts".to_owned(),
                key_ref: Some("key 1".to_owned()),
                bytes: vec![0, 255],
            },
        ),
        (
            index(1),
            DocumentRow {
                name: "frame".to_owned(),
                key_ref: Some("key 1".to_owned()),
                bytes: Vec::new(),
            },
        ),
    ];
    batch.data_keys = vec![DataKeyRow {
        key_ref: "key 1".to_owned(),
        wrapped: Some(vec![7; 60]),
        kek_id: "kek 1".to_owned(),
        retain_until: Some("2056-12-31".parse().expect("a date")),
        destroyed_ms: None,
    }];
    batch.requests = vec![RequestRow {
        key: request_key(),
        digest: vec![1, 2, 3],
        log_id,
        index: index(1),
        first_size: batch.head.size,
    }];
    batch.policies = vec![PolicyRow {
        log_id,
        index: index(0),
        policy_id: "bengbu".to_owned(),
        document_area: "340300".parse().expect("an area"),
        kind: "policy".to_owned(),
        digest: empty_root(),
    }];
    batch.cases = vec![case_head("case 1", 1)];
    batch.span_cases = vec!["case 1".to_owned()];
    batch.spans = vec![span("person 1", "2026-01", None)];
    let row = access("first", 5);
    let leaf = row.leaf_hash;
    batch.accesses = vec![row];
    let place = AccessPlace {
        log_id,
        index: index(2),
        ordinal: 0,
    };
    batch.access_places = vec![(leaf, place)];
    batch.erased_keys = vec![ErasedKeyRow {
        key_ref: "key 2".to_owned(),
        log_id,
        index: index(3),
    }];
    batch.links = vec![("aa".to_owned(), "person 1".to_owned())];
    batch.persons = vec![PersonRow {
        hmac: "aa".to_owned(),
        person_id: "person 1".to_owned(),
        key_ref: "key 1".to_owned(),
    }];
    batch
}

/// A row of the case "case 1".
pub(crate) fn access(content: &str, at_ms: i64) -> AccessRow {
    AccessRow {
        leaf_hash: leaf_hash(content.as_bytes()),
        area: area(),
        case_id: "case 1".to_owned(),
        at_ms,
        content: content.as_bytes().to_vec(),
    }
}

pub(crate) fn request_key() -> RequestKey {
    RequestKey {
        area: area(),
        caller: "bengbu".to_owned(),
        request_id: "one".to_owned(),
    }
}

pub(crate) fn case_head(case_id: &str, version: u64) -> CaseHeadRow {
    CaseHeadRow {
        area: area(),
        case_id: case_id.to_owned(),
        version,
        last_log_id: log_row().log_id,
        last_index: index(1),
        identity_key_ref: "key 1".to_owned(),
        content_key_ref: "key 1".to_owned(),
        state: vec![9],
        next_due: Some("2026-11-23".parse().expect("a date")),
        grace_end_month: None,
        township: None,
        erased: None,
        restricted: None,
    }
}

pub(crate) fn span(person_id: &str, from: &str, to: Option<&str>) -> SpanRow {
    SpanRow {
        person_id: person_id.to_owned(),
        from: from.parse().expect("a month"),
        to: to.map(|to| to.parse().expect("a month")),
        programme: "DIBAO".to_owned(),
        area: area(),
        case_id: "case 1".to_owned(),
    }
}

/// Opens the log and writes the batch.
pub(crate) async fn write(store: &Arc<dyn Store>, batch: Batch) -> Result<(), super::super::StoreError> {
    let mut append = store.append().await?;
    if batch.size_before == TreeSize::EMPTY {
        append.open_log(&log_row(), &empty_head()).await?;
    }
    append.lock(batch.log_id, batch.area).await?;
    append.write(batch).await?;
    append.commit().await
}

pub(crate) fn empty_head() -> HeadRow {
    HeadRow {
        size: TreeSize::EMPTY,
        compact: Vec::new(),
        root: empty_root(),
        last_time_ms: 0,
    }
}
