//! PostgreSQL: the service works as the role `doudi_writer`, whoever logs in.

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Column as _, Executor as _, Postgres, Row as _, TypeInfo as _, ValueRef as _};

use super::StoreError;
use super::connect::{self, PostgresPool};
use super::driver::{Dialect, Insert, Pool, Store, Transaction, exactly};
use super::lease::{Lease, READ_TIMEOUT, READER_TIMEOUT, TRANSACTION_TIMEOUT};
use super::migrate;
use super::statement::{inserting, traced, within};
use super::value::{Cell, Column, Row, Value};

/// Connections of one process; each log that sequences holds one for the length of a batch.
const CONNECTION_COUNT_MAX: usize = 16;

/// Connections of a process that only reads: it must not take the service's away.
const READER_CONNECTION_COUNT_MAX: usize = 4;

/// What every connection sets itself, whatever the server's defaults or a pooler's are:
/// acknowledged is durable, and a replica that hangs with a head locked does not stop the others
/// for ever. No timeout may end a COMMIT that waits for a standby: PostgreSQL would answer success with a warning.
/// A machine that dies in the middle of a statement keeps what it locked until TCP finds it gone, since no timeout of a
/// session runs then: within half a minute, where the system's default is two hours.
///
/// All our statements find rows by keys. On tables that grew since they were last analysed the planner believes that
/// they hold few rows and reads them whole, more slowly with every decision: with `enable_...` off it takes the keys.
/// There being one way only, it is planned once: a plan for each call took a third of what the database did.
const SESSION: &str = "SET synchronous_commit = on; SET statement_timeout = 0; SET lock_timeout = '10s'; \
                       SET idle_in_transaction_session_timeout = '10s'; SET timezone = 'UTC'; \
                       SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4; \
                       SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; \
                       SET plan_cache_mode = force_generic_plan";

/// What a connection sets that only reads: the login keeps the rights it has, and writes nothing with them.
const SESSION_READ_ONLY: &str = "SET default_transaction_read_only = on; SET timezone = 'UTC'";

/// The role of the service: it inserts, and updates nothing of the log but its head.
pub const WRITER_ROLE: &str = "doudi_writer";

/// The role that destroys data keys and the map to a person, and may do nothing else.
pub const ERASER_ROLE: &str = "doudi_eraser";

/// The pool of one database.
pub struct PostgresStore {
    pool: PostgresPool,
    /// How long a statement outside of transactions may take.
    read_timeout: Duration,
}

fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    // Neither the text nor the cause is shown: a URL holds a password.
    PgConnectOptions::from_str(url).map_err(|_| {
        StoreError::Refused("the database URL is malformed: write postgres://user@host/database".to_owned())
    })
}

/// A connection for migrations, as the role that owns the tables.
pub(super) async fn owner(url: &str) -> Result<PgConnection, StoreError> {
    connect::connect(&options(url)?).await.map_err(StoreError::of_statement)
}

impl PostgresStore {
    /// Connects; every connection takes the writer's role and refuses to be more than that.
    pub(super) async fn open(url: &str) -> Result<PostgresStore, StoreError> {
        let session = format!("{SESSION}; SET ROLE {WRITER_ROLE}");
        let driver = PostgresStore::of(url, session, CONNECTION_COUNT_MAX, READ_TIMEOUT)?;
        driver.check_connection().await?;
        Ok(driver)
    }

    /// Connects to read only, as the login itself: an auditor's may be a member of `doudi_reader` alone.
    pub(super) fn open_read_only(url: &str) -> Result<PostgresStore, StoreError> {
        let session = SESSION_READ_ONLY.to_owned();
        PostgresStore::of(url, session, READER_CONNECTION_COUNT_MAX, READER_TIMEOUT)
    }

    fn of(url: &str, session: String, max: usize, read_timeout: Duration) -> Result<PostgresStore, StoreError> {
        let pool = connect::pool(options(url)?, session, max).map_err(StoreError::of_statement)?;
        Ok(PostgresStore { pool, read_timeout })
    }

    /// The version of the newest migration that was applied, as [`migrate::version`] reads it.
    pub(super) async fn version(&self) -> Result<Option<i64>, StoreError> {
        let mut lease = self.lease().await.map_err(StoreError::of_statement)?;
        let version = lease.ask(async |connection| migrate::version::<Postgres>(connection).await);
        version.await.map_err(StoreError::of_statement)
    }

    /// A connection for statements outside of transactions.
    async fn lease(&self) -> Result<Lease, sqlx::Error> {
        Lease::of(&self.pool, self.read_timeout).await
    }

    /// A connection within a transaction.
    async fn transaction(&self) -> Result<Lease, sqlx::Error> {
        let mut lease = Lease::of(&self.pool, TRANSACTION_TIMEOUT).await?;
        lease.begin().await?;
        Ok(lease)
    }

    /// The service is neither superuser nor owner, and its commits are durable.
    async fn check_connection(&self) -> Result<(), StoreError> {
        let sql = "SELECT current_setting('synchronous_commit'), \
                   (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), \
                   EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'log_entry' AND tableowner = current_user)";
        let lease = self.lease().await;
        let mut lease =
            lease.map_err(|error| role_missing(&error).unwrap_or_else(|| StoreError::of_statement(error)))?;
        let (commit, superuser, owner): (String, bool, bool) = lease
            .ask(async |connection| sqlx::query_as(sql).fetch_one(connection).await)
            .await
            .map_err(StoreError::of_statement)?;
        if commit != "on" && commit != "remote_apply" {
            return Err(StoreError::Refused(
                "synchronous_commit is not on: remove what turns it off".to_owned(),
            ));
        }
        if superuser || owner {
            return Err(StoreError::Refused(format!(
                "the role {WRITER_ROLE} is a superuser or owns the tables: give the tables to another role"
            )));
        }
        Ok(())
    }
}

/// SET ROLE fails where the migrations did not run or the login is not a member.
fn role_missing(error: &sqlx::Error) -> Option<StoreError> {
    let code = error.as_database_error()?.code()?;
    // undefined_object / invalid_parameter_value, insufficient_privilege.
    matches!(code.as_ref(), "42704" | "22023" | "42501").then(|| {
        StoreError::Refused(format!(
            "the login cannot take the role {WRITER_ROLE}: run doudi migrate as the owner, \
             then GRANT {WRITER_ROLE} TO the login of the service"
        ))
    })
}

/// SET ROLE fails where the login is no member of the eraser's role.
fn eraser_missing(error: &sqlx::Error) -> Option<StoreError> {
    let code = error.as_database_error()?.code()?;
    matches!(code.as_ref(), "42704" | "22023" | "42501").then(|| {
        StoreError::Refused(format!(
            "the login cannot take the role {ERASER_ROLE}, so nothing can be erased: \
             GRANT {ERASER_ROLE} TO the login of the service"
        ))
    })
}

#[async_trait]
impl Store for PostgresStore {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn read(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        traced(Dialect::Postgres, sql, async {
            let mut lease = self.lease().await.map_err(StoreError::of_statement)?;
            let rows = lease.ask(async |connection| bind(sql, args).fetch_all(connection).await);
            rows.await.map_err(StoreError::of_statement)?.iter().map(row).collect()
        })
        .await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let begun = async { self.transaction().await.map_err(StoreError::of_statement) };
        let lease = traced(Dialect::Postgres, "BEGIN", begun).await?;
        Ok(Box::new(PostgresTransaction { lease }))
    }

    async fn begin_erasing(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let mut lease = self.transaction().await.map_err(StoreError::of_statement)?;
        // Until the end of this transaction only: the connection is the writer's again after it.
        let role = AssertSqlSafe(format!("SET LOCAL ROLE {ERASER_ROLE}"));
        lease
            .ask(async |connection| connection.execute(role).await)
            .await
            .map_err(|error| eraser_missing(&error).unwrap_or_else(|| StoreError::of_statement(error)))?;
        Ok(Box::new(PostgresTransaction { lease }))
    }

    fn pools(&self) -> Vec<Pool> {
        let status = self.pool.status();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        vec![Pool {
            name: "postgresql",
            open: count(status.size),
            idle: count(status.available),
            max: count(status.max_size),
        }]
    }

    async fn close(&self) {
        connect::close(&self.pool).await;
    }
}

struct PostgresTransaction {
    lease: Lease,
}

#[async_trait]
impl Transaction for PostgresTransaction {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn read(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        traced(Dialect::Postgres, sql, async {
            let rows = self
                .lease
                .ask(async |connection| bind(sql, args).fetch_all(connection).await);
            rows.await.map_err(StoreError::of_statement)?.iter().map(row).collect()
        })
        .await
    }

    async fn change(&mut self, sql: &str, args: Vec<Value>) -> Result<u64, StoreError> {
        traced(Dialect::Postgres, sql, async {
            let done = self
                .lease
                .ask(async |connection| bind(sql, args).execute(connection).await);
            Ok(done.await.map_err(StoreError::of_statement)?.rows_affected())
        })
        .await
    }

    // One statement for all tables: every round trip is time in which the log is locked and the next batch waits.
    async fn insert(&mut self, inserts: Vec<Insert>) -> Result<(), StoreError> {
        if inserts.is_empty() {
            return Ok(());
        }
        let span = inserting(Dialect::Postgres, &inserts);
        let expected: Vec<usize> = inserts.iter().map(Insert::len).collect();
        let mut query = sqlx::query(AssertSqlSafe(insertion(&inserts)));
        for column in inserts.into_iter().flat_map(|insert| insert.columns) {
            query = match column {
                Column::Ints(cells) => query.bind(cells),
                Column::Texts(cells) => query.bind(cells),
                Column::MaybeTexts(cells) => query.bind(cells),
                Column::Bytes(cells) => query.bind(cells),
            };
        }
        within(span, async {
            let counted = self.lease.ask(async |connection| query.fetch_one(connection).await);
            let counted = counted.await.map_err(StoreError::of_statement)?;
            for (at, expected) in expected.into_iter().enumerate() {
                let touched: i64 = counted.try_get(at).map_err(StoreError::of_statement)?;
                exactly(touched.unsigned_abs(), expected)?;
            }
            Ok(())
        })
        .await
    }

    // With synchronous standbys an administrator's pg_cancel_backend during COMMIT gives success and
    // a warning, which the driver only logs. Nothing of ours cancels a COMMIT, and `SESSION` lets no timeout do it.
    // What such a standby then lacks is found by the high-water mark when it takes over.
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        traced(Dialect::Postgres, "COMMIT", async {
            self.lease.commit().await.map_err(StoreError::of_commit)
        })
        .await
    }
}

/// The statement that inserts the rows of several tables and counts what each took.
fn insertion(inserts: &[Insert]) -> String {
    let mut parameters = 1..;
    let tables = inserts.iter().enumerate().map(|(at, insert)| {
        let columns = insert.columns.iter().zip(parameters.by_ref());
        let arrays: Vec<String> = columns
            .map(|(column, parameter)| format!("${parameter}::{}", array_type(column)))
            .collect();
        let (table, arrays, tail) = (insert.table, arrays.join(", "), insert.tail);
        format!("t{at} AS (INSERT INTO {table} SELECT * FROM UNNEST({arrays}) {tail} RETURNING 1)")
    });
    let tables: Vec<String> = tables.collect();
    let counts: Vec<String> = (0..inserts.len())
        .map(|at| format!("(SELECT count(*) FROM t{at})"))
        .collect();
    format!("WITH {} SELECT {}", tables.join(", "), counts.join(", "))
}

fn array_type(column: &Column) -> &'static str {
    match column {
        Column::Ints(_) => "bigint[]",
        Column::Texts(_) | Column::MaybeTexts(_) => "text[]",
        Column::Bytes(_) => "bytea[]",
    }
}

fn bind(sql: &str, args: Vec<Value>) -> sqlx::query::Query<'static, Postgres, PgArguments> {
    // The text is one of ours; values go in as parameters only.
    let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    for arg in args {
        query = match arg {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
            Value::Texts(values) => query.bind(values),
            Value::Ints(values) => query.bind(values),
        };
    }
    query
}

fn row(row: &PgRow) -> Result<Row, StoreError> {
    let cells = row.columns().iter().map(|column| {
        let at = column.ordinal();
        if row.try_get_raw(at)?.is_null() {
            return Ok(Cell::Absent);
        }
        Ok(match column.type_info().name() {
            "INT8" => Cell::Int(row.try_get(at)?),
            "BYTEA" => Cell::Bytes(row.try_get(at)?),
            _ => Cell::Text(row.try_get(at)?),
        })
    });
    cells
        .collect::<Result<Vec<Cell>, sqlx::Error>>()
        .map(Row::new)
        .map_err(StoreError::of_statement)
}
