//! A connection of PostgreSQL for the length of a statement or a transaction, with a bound on every answer.
//!
//! A machine that is gone without a goodbye ends no connection: without a bound a COMMIT would wait for its answer for
//! ever, and with it the log. What was cut off is in the middle of something, so its connection is closed and never
//! handed to anybody else.

use std::io;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection as _, Executor as _, Postgres};
use tokio::time::timeout;

/// How long PostgreSQL may take to answer within a transaction. Longer than a statement waits for the lock of a head,
/// which is 10 s.
pub(super) const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(15);

/// How long it may take to answer the service's other statements: no call waits longer.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The same for a process that only reads: an auditor's statement may go through all there is.
pub(super) const READER_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a connection that waited in the pool may take to say that it lives. Short: several may be dead at once.
const ALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection out of the pool.
pub(super) struct Lease {
    /// Nothing only within `drop`.
    connection: Option<PoolConnection<Postgres>>,
    /// How long an answer may take.
    bound: Duration,
    /// Within a statement: if this is dropped now, nobody knows what the connection would answer next.
    busy: bool,
    in_transaction: bool,
}

impl Lease {
    /// Waits for a free connection, as long as the pool lets a call wait; each answer on it may take as long as `bound`.
    pub(super) async fn of(pool: &PgPool, bound: Duration) -> Result<Lease, sqlx::Error> {
        Ok(Lease {
            connection: Some(pool.acquire().await?),
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
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        self.busy = true;
        let answer = timeout(self.bound, work(connection)).await.map_err(|_| silent())?;
        self.busy = false;
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
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if self.busy {
            connection.close_on_drop();
        } else if self.in_transaction {
            tokio::spawn(async move {
                let rolled_back = timeout(ALIVE_TIMEOUT, connection.execute("ROLLBACK")).await;
                if !matches!(rolled_back, Ok(Ok(_))) {
                    connection.close_on_drop();
                }
            });
        }
    }
}

/// Whether a connection that waited in the pool still lives.
///
/// # Errors
/// What was found instead; the pool then opens another one.
pub(super) async fn alive(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    timeout(ALIVE_TIMEOUT, connection.ping())
        .await
        .map_err(|_| silent())??;
    Ok(true)
}

fn silent() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(
        io::ErrorKind::TimedOut,
        "PostgreSQL did not answer in time",
    ))
}
