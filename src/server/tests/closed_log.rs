//! A database in which one log takes no entries for a while; every other log and all reads go on.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::*;
use crate::store::{Dialect, Insert, Row, Store, StoreError, Transaction, Value};

/// The store, and the switch that closes the log.
pub(super) struct ClosedLog {
    inner: Arc<dyn Store>,
    log_id: i64,
    closed: Arc<AtomicBool>,
}

struct ClosedTransaction {
    inner: Box<dyn Transaction>,
    log_id: i64,
    closed: Arc<AtomicBool>,
}

impl ClosedLog {
    /// The log is closed from the start.
    pub(super) fn over(inner: Arc<dyn Store>, log_id: i64) -> (Arc<ClosedLog>, Arc<AtomicBool>) {
        let closed = Arc::new(AtomicBool::new(true));
        let store = ClosedLog {
            inner,
            log_id,
            closed: Arc::clone(&closed),
        };
        (Arc::new(store), closed)
    }
}

#[async_trait]
impl Store for ClosedLog {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    async fn read(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.inner.read(sql, args).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(ClosedTransaction {
            inner: self.inner.begin().await?,
            log_id: self.log_id,
            closed: Arc::clone(&self.closed),
        }))
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[async_trait]
impl Transaction for ClosedTransaction {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    async fn read(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        // Whoever appends reads the log's row or its head first.
        let of_log = matches!(args.first(), Some(Value::Int(id)) if *id == self.log_id);
        if of_log && self.closed.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(Arc::new(std::io::Error::other("closed"))));
        }
        self.inner.read(sql, args).await
    }

    async fn change(&mut self, sql: &str, args: Vec<Value>) -> Result<u64, StoreError> {
        self.inner.change(sql, args).await
    }

    async fn insert(&mut self, inserts: Vec<Insert>) -> Result<(), StoreError> {
        self.inner.insert(inserts).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.inner.commit().await
    }
}
