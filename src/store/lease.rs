//! A connection of PostgreSQL for the length of a statement or a transaction, with a bound on every answer.
//!
//! Without a bound a COMMIT would wait for the answer of a machine that is gone for ever, and with it the log. What was
//! cut off is in the middle of something, so its connection is closed and never handed to anybody else.

use std::time::Duration;

use deadpool::managed::Object;
use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use tokio::time::timeout;

use super::connect::{ALIVE_TIMEOUT, Connector, PostgresPool, silent, take};

/// How long PostgreSQL may take to answer within a transaction. Longer than a statement waits for the lock of a head,
/// which is 10 s.
pub(super) const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(15);

/// How long it may take to answer the service's other statements: no call waits longer.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The same for a process that only reads: an auditor's statement may go through all there is.
pub(super) const READER_TIMEOUT: Duration = Duration::from_secs(600);

/// A connection out of the pool.
pub(super) struct Lease {
    pool: PostgresPool,
    /// Nothing only within `drop`.
    pooled: Option<Object<Connector>>,
    /// How long an answer may take.
    bound: Duration,
    /// Within a statement: if this is dropped now, nobody knows what the connection would answer next.
    busy: bool,
    in_transaction: bool,
}

impl Lease {
    /// Waits for a connection, as long as the pool lets a call wait; each answer on it may take as long as `bound`.
    pub(super) async fn of(pool: &PostgresPool, bound: Duration) -> Result<Lease, sqlx::Error> {
        Ok(Lease {
            pooled: Some(take(pool).await?),
            pool: pool.clone(),
            bound,
            busy: false,
            in_transaction: false,
        })
    }

    /// Does something on the connection and waits for the answer, but not for ever.
    pub(super) async fn ask<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let pooled = self.pooled.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        self.busy = true;
        let connector = self.pool.manager();
        let heard = connector.hear(self.bound, work(&mut pooled.connection)).await;
        let answer = heard.ok_or_else(silent)?;
        self.busy = false;
        if let Err(error) = &answer {
            pooled.is_sure = false;
            // A refusal of one statement says nothing about the other connections.
            if error.as_database_error().is_none() {
                connector.doubt();
            }
        }
        answer
    }

    /// BEGIN. What is not committed is rolled back when this is dropped.
    pub(super) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        self.ask(async |connection| connection.execute("BEGIN").await).await?;
        self.in_transaction = true;
        Ok(())
    }

    /// COMMIT.
    pub(super) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.ask(async |connection| connection.execute("COMMIT").await).await?;
        self.in_transaction = false;
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut pooled) = self.pooled.take() else {
            return;
        };
        if self.busy {
            // Out of the pool; its socket is closed with it.
            drop(Object::take(pooled));
        } else if self.in_transaction {
            tokio::spawn(async move {
                let rolled_back = timeout(ALIVE_TIMEOUT, pooled.connection.execute("ROLLBACK")).await;
                if !matches!(rolled_back, Ok(Ok(_))) {
                    drop(Object::take(pooled));
                }
            });
        }
    }
}
