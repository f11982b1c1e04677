//! A failover that led to a lagging standby for a moment: the log is read-only until the right database is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::super::{AppendError, HighWater as _, Mark, SeenHead};
use super::bench::{self, Marks, Replica, guarded, item};
use crate::store::conformance::{TestDatabase, on_both};
use crate::store::{Dialect, Row, Store, StoreError, Transaction, Value};

on_both!(
    a_log_takes_entries_again_once_the_right_database_is_back,
    a_log_takes_entries_again_after_a_database_that_had_none_of_it,
    a_database_that_outgrew_what_was_seen_with_another_history_stays_read_only,
    what_witnesses_signed_otherwise_stays_read_only,
);

/// What answers at the database's address: the right one, or for a while another.
struct Address {
    right: Arc<dyn Store>,
    other: Arc<dyn Store>,
    led_astray: AtomicBool,
    _elsewhere: TestDatabase,
}

impl Address {
    fn led_astray(&self, now: bool) {
        self.led_astray.store(now, Ordering::SeqCst);
    }

    fn store(&self) -> &dyn Store {
        let astray = self.led_astray.load(Ordering::SeqCst);
        if astray {
            self.other.as_ref()
        } else {
            self.right.as_ref()
        }
    }
}

#[async_trait]
impl Store for Address {
    fn dialect(&self) -> Dialect {
        self.store().dialect()
    }

    async fn read(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.store().read(sql, args).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.store().begin().await
    }

    async fn close(&self) {
        self.right.close().await;
        self.other.close().await;
    }
}

/// A replica of a log with four entries, and another database with `count` items of its own.
async fn place(database: &TestDatabase, count: u32) -> (Arc<Address>, Arc<Marks>, Replica) {
    let elsewhere = TestDatabase::sqlite().await;
    let other = elsewhere.store().await;
    append(&bench::replica(other.clone()), 0..count).await;
    let right = database.store().await;
    let led_astray = AtomicBool::new(false);
    let address = Arc::new(Address {
        right,
        other,
        led_astray,
        _elsewhere: elsewhere,
    });
    let marks = Arc::new(Marks::default());
    let replica = guarded(address.clone(), marks.clone());
    append(&replica, 0..3).await;
    (address, marks, replica)
}

async fn append(replica: &Replica, numbers: std::ops::Range<u32>) {
    for number in numbers {
        replica.sequencer.append(item(number)).await.expect("appended");
    }
}

/// Compares, and says whether the log is read-only.
async fn read_only(replica: &Replica) -> bool {
    replica.sequencer.compare_with_marks().await.expect("readable");
    !replica.sequencer.rolled_back().is_empty()
}

/// Compares, and says whether the log takes an entry.
async fn takes_entries(replica: &Replica, number: u32) -> bool {
    let read_only = read_only(replica).await;
    match replica.sequencer.append(item(number)).await {
        Ok(_) => !read_only,
        Err(AppendError::RolledBack) => false,
        Err(error) => panic!("{error}"),
    }
}

async fn a_log_takes_entries_again_once_the_right_database_is_back(database: TestDatabase) {
    let (address, _, replica) = place(&database, 1).await;
    address.led_astray(true);
    assert!(!takes_entries(&replica, 10).await);
    assert!(!takes_entries(&replica, 10).await, "compared again it is no better");
    address.led_astray(false);
    assert!(takes_entries(&replica, 10).await);
    address.led_astray(true);
    assert!(!takes_entries(&replica, 11).await, "a second time as the first");
    // Meanwhile another replica went on in the right database: it continues what was seen here.
    append(&bench::replica(address.right.clone()), 12..14).await;
    address.led_astray(false);
    assert!(takes_entries(&replica, 15).await);
}

async fn a_log_takes_entries_again_after_a_database_that_had_none_of_it(database: TestDatabase) {
    let (address, _, replica) = place(&database, 0).await;
    address.led_astray(true);
    assert!(read_only(&replica).await);
    address.led_astray(false);
    assert!(takes_entries(&replica, 10).await);
}

async fn a_database_that_outgrew_what_was_seen_with_another_history_stays_read_only(database: TestDatabase) {
    let (address, _, replica) = place(&database, 1).await;
    address.led_astray(true);
    assert!(!takes_entries(&replica, 10).await);
    append(&bench::replica(address.other.clone()), 20..30).await;
    assert!(!takes_entries(&replica, 10).await);
}

async fn what_witnesses_signed_otherwise_stays_read_only(database: TestDatabase) {
    let (address, marks, replica) = place(&database, 1).await;
    let found: Mark = marks.marks().remove(0);
    let seen = SeenHead {
        size: crate::log::TreeSize::new(9).expect("small"),
        root: None,
        ..SeenHead::from(found.checkpoint.clone())
    };
    replica.sequencer.witnesses_disagree(seen, found);
    assert!(!takes_entries(&replica, 10).await, "our own mark says nothing of it");
    address.led_astray(true);
    assert!(!takes_entries(&replica, 10).await);
    address.led_astray(false);
    assert!(!takes_entries(&replica, 10).await);
}
