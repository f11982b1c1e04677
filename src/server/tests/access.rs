//! Who read a case: a row before each answer, an hourly root in the log, a proof for each row.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use super::cases::{Place, Server, checked, entry_json};
use super::closed_log::ClosedLog;
use super::flow::AREA;
use super::publishing::publication_in;
use super::*;
use crate::app::caller::Principal;
use crate::app::command::{GetDetermination, ListDeterminations, ListDueReviews, Page};
use crate::app::{AppError, Caller};
use crate::log::merkle::{leaf_hash, verify_inclusion};
use crate::log::sequencer::Clock as _;
use crate::log::{Hash, LogIndex, TreeSize};
use crate::store::conformance::{TestDatabase, on_both};
use crate::store::{AccessRow, Dialect, Insert, Row, Store, StoreError, Transaction, Value};

on_both!(
    every_read_is_a_row_and_its_hour_a_root_in_the_log_that_proves_it,
    a_read_costs_one_insert_and_a_list_one_for_all_its_rows,
    nothing_is_read_when_its_row_cannot_be_written,
    a_county_whose_log_takes_no_entries_keeps_no_other_open_and_is_closed_later,
    a_dry_run_of_a_named_case_is_a_row_and_one_of_a_new_case_is_none,
);

const HOUR_MS: i64 = 3_600_000;

fn rows(seen: &[pb::Access]) -> Vec<serde_json::Value> {
    seen.iter().map(|access| entry_json(&access.row)).collect()
}

async fn read_all(server: &mut Server, name: &str, case: &str) {
    server.read(name).await.expect("readable");
    let list = pb::ListDeterminationsRequest {
        parent: case.to_owned(),
        ..Default::default()
    };
    server.determinations.list_determinations(list).await.expect("a page");
    let replay = pb::ReplayRequest {
        determination: name.to_owned(),
    };
    server.audit.replay(replay).await.expect("a replay");
}

async fn every_read_is_a_row_and_its_hour_a_root_in_the_log_that_proves_it(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let determination = decided.determination.expect("always there");
    let (name, case) = (determination.name, determination.case);
    assert_eq!(server.accesses(&case).await, [], "deciding is no reading");
    read_all(&mut server, &name, &case).await;
    server.entry(decided.acknowledgement.expect("recorded").index).await;
    let seen = server.accesses(&case).await;
    let purposes: Vec<_> = rows(&seen)
        .iter()
        .map(|row| row["purpose"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(
        purposes,
        ["get_determination", "list_determinations", "replay", "get_entry"]
    );
    for (access, row) in seen.iter().zip(rows(&seen)) {
        assert_eq!(row["case"].as_str().map(|id| case.ends_with(id)), Some(true));
        assert_eq!((row["by"].as_str(), row["v"].as_i64()), (Some("anonymous"), Some(1)));
        assert_eq!(access.proof, None, "its hour is not over");
        assert_eq!(access.leaf_hash, leaf_hash(&access.row).as_bytes());
    }

    let soon = SystemClock::new().now_ms() + HOUR_MS;
    let size = server.kinds().await.len();
    assert_eq!(server.app.close_access_hours_before(soon).await.expect("closed"), 1);
    assert_eq!(
        server.app.close_access_hours_before(soon).await.expect("nothing left"),
        0
    );
    assert_eq!(server.kinds().await.len(), size + 1);
    let first = proved(&mut server, &case, 4, None).await;

    // The next hour's entry names the one before.
    server.read(&name).await.expect("readable");
    assert_eq!(server.app.close_access_hours_before(soon).await.expect("closed"), 1);
    let seen = server.accesses(&case).await;
    let last = seen.last().expect("five").proof.clone().expect("closed").entry_index;
    let document = &checked(&server.entry(last).await.acknowledgement.expect("a record"))[0].1;
    assert_eq!(
        (document["previous"].as_u64(), document["count"].as_u64()),
        (Some(first), Some(1))
    );
    let empty = pb::ListAccessesRequest {
        parent: case.replace(&case[case.len() - 8..], "00000000"),
        ..Default::default()
    };
    assert_eq!(
        reason(&server.audit.list_accesses(empty).await.expect_err("no such case")),
        "CASE_NOT_FOUND"
    );
}

/// Checks each row's proof against the root that the ACCESS entry states; gives the entry's index.
async fn proved(server: &mut Server, case: &str, count: u64, previous: Option<u64>) -> u64 {
    let seen = server.accesses(case).await;
    let index = seen[0].proof.as_ref().expect("closed").entry_index;
    let document = checked(&server.entry(index).await.acknowledgement.expect("a record"))
        .remove(0)
        .1;
    assert_eq!(
        (document["count"].as_u64(), document["previous"].as_u64()),
        (Some(count), previous)
    );
    assert_eq!(
        document["to"].as_i64().expect("a time") - document["from"].as_i64().expect("a time"),
        3600
    );
    let root: Hash = document["root"].as_str().expect("hex").parse().expect("a hash");
    for access in &seen {
        let proof = access.proof.as_ref().expect("closed");
        let hashes: Vec<Hash> = proof
            .hashes
            .iter()
            .map(|hash| Hash::from_slice(hash).expect("32 bytes"))
            .collect();
        let place = LogIndex::new(proof.leaf_index).expect("small");
        let size = TreeSize::new(proof.tree_size).expect("small");
        assert_eq!(size.get(), count);
        verify_inclusion(&leaf_hash(&access.row), place, size, &hashes, &root).expect("under the root");
        let other = leaf_hash(b"another row");
        assert!(verify_inclusion(&other, place, size, &hashes, &root).is_err());
    }
    index
}

/// A store that counts what is inserted into `access`, and can be made to fail there.
struct Counting {
    inner: Arc<dyn Store>,
    inserts: Arc<AtomicU64>,
    failing: bool,
}

struct CountingTransaction {
    inner: Box<dyn Transaction>,
    inserts: Arc<AtomicU64>,
    failing: bool,
}

#[async_trait]
impl Store for Counting {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    async fn read(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.inner.read(sql, args).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(CountingTransaction {
            inner: self.inner.begin().await?,
            inserts: self.inserts.clone(),
            failing: self.failing,
        }))
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[async_trait]
impl Transaction for CountingTransaction {
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
        if self.failing && inserts.iter().any(|insert| insert.table.starts_with("access ")) {
            return Err(StoreError::Conflict);
        }
        self.inserts.fetch_add(1, Ordering::SeqCst);
        self.inner.insert(inserts).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.inner.commit().await
    }
}

/// The use cases over a counting store.
async fn counting(place: &Place, failing: bool) -> (App, Arc<AtomicU64>) {
    let inserts = Arc::new(AtomicU64::new(0));
    let store = Counting {
        inner: place.database.store().await,
        inserts: inserts.clone(),
        failing,
    };
    (place.app(Arc::new(store)).await, inserts)
}

fn anybody() -> Caller {
    Caller::new(Principal::anonymous())
}

fn get(name: &str) -> GetDetermination {
    GetDetermination {
        name: name.parse().expect("a name"),
        explain: false,
        min_tree_size: TreeSize::EMPTY,
    }
}

fn page() -> Page {
    Page { size: 50, token: None }
}

async fn a_read_costs_one_insert_and_a_list_one_for_all_its_rows(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let determination = decided.determination.expect("always there");
    let mut next = super::cases::refused(2);
    next.case = determination.case.clone();
    next.input.as_mut().expect("input").identity = super::cases::refused(1).input.expect("input").identity;
    server
        .determinations
        .determine(next)
        .await
        .expect("a second one of the case");
    let (app, inserts) = counting(&place, false).await;
    app.get_determination(&anybody(), get(&determination.name))
        .await
        .expect("readable");
    assert_eq!(inserts.swap(0, Ordering::SeqCst), 1);
    let list = ListDeterminations {
        case: determination.case.parse().expect("a name"),
        page: page(),
        min_tree_size: TreeSize::EMPTY,
    };
    let listed = app.list_determinations(&anybody(), list).await.expect("a page");
    assert_eq!((listed.items.len(), inserts.swap(0, Ordering::SeqCst)), (2, 1));
    let due = ListDueReviews {
        area: AREA.parse().expect("an area"),
        due_by: "2000-01-01".parse().expect("a day"),
        page: page(),
        min_tree_size: TreeSize::EMPTY,
    };
    let nothing = app.list_due_reviews(&anybody(), due).await.expect("a page");
    assert_eq!(
        (nothing.items.len(), inserts.load(Ordering::SeqCst)),
        (0, 0),
        "what shows nothing writes nothing"
    );
    assert_eq!(server.accesses(&determination.case).await.len(), 3);
}

async fn nothing_is_read_when_its_row_cannot_be_written(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let determination = decided.determination.expect("always there");
    let (app, _) = counting(&place, true).await;
    let error = app
        .get_determination(&anybody(), get(&determination.name))
        .await
        .expect_err("no row, no answer");
    assert!(matches!(error, AppError::StoreUnavailable), "{error}");
    assert_eq!(server.accesses(&determination.case).await, []);
}

/// A row of an access that was made at this time.
fn row(area: &str, at_ms: i64) -> AccessRow {
    let content = format!("{area} {at_ms}").into_bytes();
    AccessRow {
        leaf_hash: leaf_hash(&content),
        area: area.parse().expect("an area"),
        case_id: "case".to_owned(),
        at_ms,
        content,
    }
}

async fn a_county_whose_log_takes_no_entries_keeps_no_other_open_and_is_closed_later(database: TestDatabase) {
    let place = Place::new(database);
    let (server, _) = place.with_a_case().await;
    let (store, closed) = ClosedLog::over(place.database.store().await, 3_403_210_001);
    let app = place.app(store.clone()).await;
    let other = publication_in("340322", 810, super::flow::POLICIES[0]);
    app.publish_policy(&anybody(), other).await.expect("published");
    // Some hours ahead, where the server that runs here closes nothing.
    let begin = (SystemClock::new().now_ms() / HOUR_MS + 10) * HOUR_MS;
    assert_eq!(app.close_access_hours_before(begin).await.expect("nothing is open"), 0);
    let rows = [row(AREA, begin), row("340322", begin)];
    server.store.record_accesses(&rows).await.expect("written");
    let open = async || -> Vec<String> {
        let areas = server.store.areas_with_open_accesses(0, i64::MAX).await;
        areas.expect("readable").iter().map(ToString::to_string).collect()
    };
    let refused = app.close_access_hours_before(begin + HOUR_MS).await;
    assert!(
        matches!(refused, Err(AppError::StoreUnavailable)),
        "it is said: {refused:?}"
    );
    assert_eq!(open().await, [AREA], "the other county's hour is closed");

    closed.store(false, Ordering::SeqCst);
    let much_later = begin + 20 * HOUR_MS;
    assert_eq!(app.close_access_hours_before(much_later).await.expect("closed"), 1);
    assert_eq!(open().await, Vec::<String>::new());
}

async fn a_dry_run_of_a_named_case_is_a_row_and_one_of_a_new_case_is_none(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let case = decided.determination.expect("always there").case;
    let mut dry = super::cases::refused(2);
    dry.input.as_mut().expect("input").identity = super::cases::refused(1).input.expect("input").identity;
    dry.validate_only = true;
    server.determinations.determine(dry.clone()).await.expect("a dry run");
    assert_eq!(server.accesses(&case).await, [], "no case was named");
    dry.case = case.clone();
    let shown = server
        .determinations
        .determine(dry)
        .await
        .expect("a dry run")
        .into_inner();
    assert!(shown.acknowledgement.is_none());
    let seen = rows(&server.accesses(&case).await);
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0]["purpose"].as_str(), seen[0].get("record")),
        (Some("dry_run"), None)
    );
}
