//! What the store refuses: other schemas, stale writers, and what opening must not tell.

use std::sync::Arc;

use sqlx::{Connection as _, Executor as _, SqliteConnection};

use super::super::{Store, StoreError, open};
use super::sample::{batch, case_head, full_batch, log_row, request_key, size, write};
use super::{As, Dialect, TestDatabase, on_both};
use crate::log::merkle::CompactTree;

on_both!(
    a_batch_on_an_old_head_writes_nothing,
    a_case_is_written_only_over_the_version_before,
    a_transaction_that_is_not_committed_leaves_nothing,
    a_log_is_opened_once,
    an_entry_has_at_most_65535_bytes,
    migrations_run_twice_change_nothing,
    a_database_of_another_version_is_refused,
);

async fn a_batch_on_an_old_head_writes_nothing(database: TestDatabase) {
    let store = database.store().await;
    write(&store, full_batch()).await.expect("an empty database");
    let mut stale = batch(tree_of(256), 3);
    stale.size_before = size(255);
    assert!(matches!(write(&store, stale).await, Err(StoreError::Conflict)));
    let log_id = log_row().log_id;
    assert_eq!(
        store.head(log_id).await.expect("readable").expect("a head").size,
        size(256)
    );
    assert_eq!(
        store.entry(log_id, size(256).next_index()).await.expect("readable"),
        None
    );
}

/// The tree of the sample entries, of this size.
pub(super) fn tree_of(count: u64) -> CompactTree {
    let edge = batch(CompactTree::empty(), count).head.compact;
    CompactTree::from_edge_bytes(size(count), &edge).expect("an edge")
}

async fn a_case_is_written_only_over_the_version_before(database: TestDatabase) {
    let store = database.store().await;
    write(&store, full_batch()).await.expect("an empty database");
    for stale in [1, 3] {
        let mut next = batch(tree_of(256), 1);
        next.cases = vec![case_head("case 1", stale)];
        assert!(
            matches!(write(&store, next).await, Err(StoreError::Conflict)),
            "version {stale} over version 1"
        );
    }
    let mut next = batch(tree_of(256), 1);
    next.cases = vec![case_head("case 1", 2)];
    write(&store, next).await.expect("the version after the stored one");
    let head = store
        .case_head(log_row().origin.area(), "case 1")
        .await
        .expect("readable");
    assert_eq!(head, Some(case_head("case 1", 2)));
}

async fn a_transaction_that_is_not_committed_leaves_nothing(database: TestDatabase) {
    let store = database.store().await;
    let mut append = store.append().await.expect("a transaction");
    append
        .open_log(&log_row(), &super::sample::empty_head())
        .await
        .expect("an empty database");
    append.write(full_batch()).await.expect("an empty database");
    drop(append);
    assert_eq!(store.log(log_row().log_id).await.expect("readable"), None);
    assert_eq!(store.request(&request_key()).await.expect("readable"), None);
    write(&store, full_batch()).await.expect("still an empty database");
}

async fn a_log_is_opened_once(database: TestDatabase) {
    let store = database.store().await;
    write(&store, full_batch()).await.expect("an empty database");
    assert!(matches!(write(&store, full_batch()).await, Err(StoreError::Conflict)));
    let mut append = store.append().await.expect("a transaction");
    let locked = append
        .lock(log_row().log_id, log_row().origin.area())
        .await
        .expect("a head");
    assert_eq!((locked.head.size, locked.open_log), (size(256), log_row().log_id));
    assert_eq!(locked.checkpoint, Some(full_batch().checkpoint));
    assert_eq!(locked.database_ms.is_some(), database.dialect == Dialect::Postgres);
}

async fn an_entry_has_at_most_65535_bytes(database: TestDatabase) {
    let store = database.store().await;
    for (length, fits) in [(0, false), (65_536, false), (65_535, true)] {
        let mut batch = batch(CompactTree::empty(), 1);
        batch.entries[0].entry = vec![b'e'; length];
        batch.entries[0].leaf_hash = crate::log::merkle::leaf_hash(&batch.entries[0].entry);
        assert_eq!(write(&store, batch).await.is_ok(), fits, "{length} bytes");
    }
}

async fn migrations_run_twice_change_nothing(database: TestDatabase) {
    let again = super::migrate(&database.url).await.expect("the owner");
    assert_eq!(again.before, again.now);
}

async fn a_database_of_another_version_is_refused(database: TestDatabase) {
    let version = "UPDATE _sqlx_migrations SET version = 99 WHERE version = 2";
    database.execute(As::Owner, version).await.expect("the owner");
    let Err(StoreError::Refused(text)) = open(&database.url).await else {
        panic!("opened")
    };
    assert!(text.contains("run doudi migrate"), "{text}");
    assert!(matches!(
        super::migrate(&database.url).await,
        Err(StoreError::Refused(_))
    ));
}

#[tokio::test]
async fn a_url_is_never_quoted() {
    for url in [
        "mysql://u:secret@h/d",
        "secret",
        "postgres://u:secret@h:port/d",
        "sqlite://secret?mode=secret",
    ] {
        let Err(error) = open(url).await else { panic!("opened") };
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_database_without_migrations_is_refused() {
    let database = TestDatabase::empty_postgres().await;
    let Err(StoreError::Refused(text)) = open(&database.url).await else {
        panic!("opened")
    };
    assert!(text.contains("run doudi migrate"), "{text}");
    let database = TestDatabase::empty_sqlite();
    assert!(open(&database.url).await.is_err(), "the file is made by migrate alone");
}

#[tokio::test]
async fn what_was_destroyed_leaves_the_write_ahead_log_as_soon_as_nobody_reads_it() {
    let database = TestDatabase::sqlite().await;
    let store = database.store().await;
    write(&store, full_batch()).await.expect("an empty database");
    let path = database.url.trim_start_matches("sqlite:");
    let wal = || std::fs::metadata(format!("{path}-wal")).map_or(0, |file| file.len());
    let mut reader = SqliteConnection::connect(&database.url).await.expect("the file opens");
    for sql in ["BEGIN", "SELECT count(*) FROM log_entry"] {
        reader.execute(sql).await.expect("a reader");
    }
    store.destroy_keys(&["key 1".to_owned()], 1).await.expect("destroyed");
    assert!(wal() > 0, "somebody reads, and what they see is kept");
    store.scrub_again().await.expect("tried");
    assert!(wal() > 0);
    reader.execute("COMMIT").await.expect("a reader that ends");
    store.scrub_again().await.expect("done");
    assert_eq!(wal(), 0);
    // Another process may have been cut off before it could.
    let next = database.store().await;
    write_one(&next).await;
    assert!(wal() > 0);
    next.scrub_again().await.expect("done");
    assert_eq!(wal(), 0);
    write_one(&next).await;
    next.scrub_again().await.expect("nothing to do");
    assert!(wal() > 0, "nothing was destroyed since");
}

/// Any transaction that writes.
async fn write_one(store: &Arc<dyn Store>) {
    let mut tx = store.begin().await.expect("a writer");
    tx.change("CREATE TABLE IF NOT EXISTS one (x INTEGER)", Vec::new())
        .await
        .expect("a table");
    tx.change("INSERT INTO one VALUES (1)", Vec::new())
        .await
        .expect("a row");
    tx.commit().await.expect("committed");
}
