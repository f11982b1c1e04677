//! SQLite: one file, many readers, one writer.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{
    AssertSqlSafe, Column as _, Connection as _, Executor, QueryBuilder, Row as _, Sqlite, TypeInfo as _, ValueRef as _,
};
use tracing::warn;

use super::StoreError;
use super::driver::{Dialect, Insert, Pool, Store, Transaction, exactly};
use super::migrate;
use super::statement::{inserting, traced, within};
use super::value::{Cell, Column, Row, Value};

/// Before this version a WAL reset could corrupt the file.
pub const VERSION_MIN: &str = "3.51.3";

/// How long a statement waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long emptying the write-ahead log waits for those who read it. Nobody writes meanwhile, and it is tried again.
const SCRUB_TIMEOUT: Duration = Duration::from_millis(500);

/// Readers work beside the writer; more of them than cores do not help.
const READER_COUNT_MAX: u32 = 4;

/// Parameters of one statement that SQLite takes (`SQLITE_MAX_VARIABLE_NUMBER`, its default).
const PARAMETER_COUNT_MAX: usize = 32_766;

/// The two pools of one file.
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Whether the write-ahead log may still have what was destroyed. So it is taken to be at a start.
    unscrubbed: AtomicBool,
    /// What it is emptied over: a connection that waits for nobody for long.
    scrubbing: SqliteConnectOptions,
}

/// How every connection is set up.
fn options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| StoreError::Refused("the database URL is malformed: write sqlite:/path/to/file".to_owned()))?;
    Ok(options
        .journal_mode(SqliteJournalMode::Wal)
        // What was committed survives a power cut; NORMAL would lose the last commits.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is deleted or replaced is overwritten: a destroyed key must not wait in a free page.
        .pragma("secure_delete", "ON")
        .busy_timeout(BUSY_TIMEOUT))
}

/// How a connection is set up that only reads. The journal stays as it is: a backup may have another one.
fn reading(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| StoreError::Refused("the database URL is malformed: write sqlite:/path/to/file".to_owned()))?;
    Ok(options.read_only(true).busy_timeout(BUSY_TIMEOUT))
}

/// Says which file is not there or cannot be read, before SQLite says only that it is unable to open it.
fn found(options: SqliteConnectOptions) -> Result<SqliteConnectOptions, StoreError> {
    let file = options.get_filename();
    let refused = |why: &dyn std::fmt::Display| {
        let file = file.display();
        let next = "make it with `doudi migrate`, or name another one with --database";
        Err(StoreError::Refused(format!("the database file {file}: {why}: {next}")))
    };
    match std::fs::File::open(file).and_then(|file| file.metadata()) {
        Ok(data) if data.is_file() => Ok(options),
        Ok(_) => refused(&"is no file"),
        Err(error) => refused(&error),
    }
}

/// A connection for migrations; makes the file.
pub(super) async fn owner(url: &str) -> Result<SqliteConnection, StoreError> {
    let owner = SqliteConnection::connect_with(&options(url)?.create_if_missing(true)).await;
    let mut owner = owner.map_err(StoreError::of_statement)?;
    check_version(&mut owner).await?;
    Ok(owner)
}

impl SqliteStore {
    /// Opens the file, which must exist.
    pub(super) async fn open(url: &str) -> Result<SqliteStore, StoreError> {
        let file = found(options(url)?)?;
        // One writer: a second one would only wait for the file's lock.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .before_acquire(|connection, _| Box::pin(whole(connection)))
            .connect_with(file.clone())
            .await
            .map_err(StoreError::of_statement)?;
        check_version(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READER_COUNT_MAX)
            .connect_with(file.clone().read_only(true))
            .await
            .map_err(StoreError::of_statement)?;
        Ok(SqliteStore {
            writer,
            readers,
            unscrubbed: AtomicBool::new(true),
            scrubbing: file.busy_timeout(SCRUB_TIMEOUT),
        })
    }

    /// Opens the file to read only: nothing of it is written, not even its journal mode.
    pub(super) async fn open_read_only(url: &str) -> Result<SqliteStore, StoreError> {
        let readers = SqlitePoolOptions::new()
            .max_connections(READER_COUNT_MAX)
            .connect_with(found(reading(url)?)?)
            .await
            .map_err(StoreError::of_statement)?;
        check_version(&readers).await?;
        // SQLite itself refuses to begin a writing transaction on such a connection.
        Ok(SqliteStore {
            writer: readers.clone(),
            readers,
            // Whoever only reads has nothing to overwrite.
            unscrubbed: AtomicBool::new(false),
            scrubbing: reading(url)?,
        })
    }

    /// The version of the newest migration that was applied.
    pub(super) async fn version(&self) -> Result<Option<i64>, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(StoreError::of_statement)?;
        let version = migrate::version::<Sqlite>(&mut connection).await;
        version.map_err(StoreError::of_statement)
    }
}

/// Whether a writer is fit for the next transaction. On a full disk SQLite itself ends the transaction; the driver, whose
/// rollback then fails, would take it for open for ever and begin no other one.
async fn whole(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    Ok(!connection.is_in_transaction())
}

/// Writes the write-ahead log into the file and empties it. False where somebody still reads from it.
async fn emptied(options: &SqliteConnectOptions) -> Result<bool, sqlx::Error> {
    let mut connection = SqliteConnection::connect_with(options).await?;
    // The first column says busy; the statement itself succeeds all the same.
    let busy: Result<i64, sqlx::Error> = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut connection)
        .await;
    connection.close().await?;
    Ok(busy? == 0)
}

async fn check_version(database: impl Executor<'_, Database = Sqlite>) -> Result<(), StoreError> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(database)
        .await
        .map_err(StoreError::of_statement)?;
    if parts(&version) >= parts(VERSION_MIN) {
        Ok(())
    } else {
        Err(StoreError::Refused(format!(
            "SQLite {version} is too old: use {VERSION_MIN} or later"
        )))
    }
}

fn parts(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[async_trait]
impl Store for SqliteStore {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn read(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        traced(Dialect::Sqlite, sql, async {
            let rows = bind(sql, args).fetch_all(&self.readers).await;
            rows.map_err(StoreError::of_statement)?.iter().map(row).collect()
        })
        .await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        // A deferred transaction that reads and then writes gets SQLITE_BUSY_SNAPSHOT, which no timeout retries.
        let begun = async { self.writer.begin_with("BEGIN IMMEDIATE").await };
        let begun = async { begun.await.map_err(StoreError::of_statement) };
        let tx = traced(Dialect::Sqlite, "BEGIN", begun).await?;
        Ok(Box::new(SqliteTransaction { tx }))
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        self.unscrubbed.store(true, Ordering::Relaxed);
        self.scrub_again().await
    }

    async fn scrub_again(&self) -> Result<(), StoreError> {
        if !self.unscrubbed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        // secure_delete zeroes freed bytes of the file; the write-ahead log still has the pages as they were.
        let done = emptied(&self.scrubbing).await;
        if !matches!(done, Ok(true)) {
            self.unscrubbed.store(true, Ordering::Relaxed);
        }
        if !done.map_err(StoreError::of_statement)? {
            warn!("the write-ahead log may still have what was destroyed, because somebody reads: trying again later");
        }
        Ok(())
    }

    fn pools(&self) -> Vec<Pool> {
        let state = |name, pool: &SqlitePool| Pool {
            name,
            open: pool.size(),
            idle: u32::try_from(pool.num_idle()).unwrap_or(u32::MAX),
            max: pool.options().get_max_connections(),
        };
        vec![state("readers", &self.readers), state("writer", &self.writer)]
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

struct SqliteTransaction {
    tx: sqlx::Transaction<'static, Sqlite>,
}

impl SqliteTransaction {
    /// Inserts the rows of one table and says how many it took. The cells are taken out of their columns.
    async fn insert_table(&mut self, insert: &mut Insert) -> Result<u64, StoreError> {
        let count = insert.len();
        let step = PARAMETER_COUNT_MAX / insert.columns.len().max(1);
        let mut done = 0;
        for from in (0..count).step_by(step) {
            let rows = from..count.min(from + step);
            let mut query = QueryBuilder::<Sqlite>::new(format!("INSERT INTO {} ", insert.table));
            query.push_values(rows, |mut tuple, at| {
                for column in &mut insert.columns {
                    match column {
                        Column::Ints(cells) => tuple.push_bind(cells[at]),
                        Column::Texts(cells) => tuple.push_bind(std::mem::take(&mut cells[at])),
                        Column::MaybeTexts(cells) => tuple.push_bind(cells[at].take()),
                        Column::Bytes(cells) => tuple.push_bind(std::mem::take(&mut cells[at])),
                    };
                }
            });
            query.push(" ").push(insert.tail);
            // The text depends on the number of rows: not worth a place among the prepared statements.
            let query = query.build().persistent(false);
            done += within(inserting(Dialect::Sqlite, std::slice::from_ref(insert)), async {
                let done = query.execute(&mut *self.tx).await;
                Ok(done.map_err(StoreError::of_statement)?.rows_affected())
            })
            .await?;
        }
        Ok(done)
    }
}

#[async_trait]
impl Transaction for SqliteTransaction {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn read(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        traced(Dialect::Sqlite, sql, async {
            let rows = bind(sql, args).fetch_all(&mut *self.tx).await;
            rows.map_err(StoreError::of_statement)?.iter().map(row).collect()
        })
        .await
    }

    async fn change(&mut self, sql: &str, args: Vec<Value>) -> Result<u64, StoreError> {
        traced(Dialect::Sqlite, sql, async {
            let done = bind(sql, args).execute(&mut *self.tx).await;
            Ok(done.map_err(StoreError::of_statement)?.rows_affected())
        })
        .await
    }

    // A statement a table, and more where the rows are many: in this process none of them waits for anything.
    async fn insert(&mut self, inserts: Vec<Insert>) -> Result<(), StoreError> {
        for mut insert in inserts {
            let expected = insert.len();
            let touched = self.insert_table(&mut insert).await?;
            exactly(touched, expected)?;
        }
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        traced(Dialect::Sqlite, "COMMIT", async {
            self.tx.commit().await.map_err(StoreError::of_commit)
        })
        .await
    }
}

fn bind(sql: &str, args: Vec<Value>) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
    // The text is one of ours; values go in as parameters only.
    let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    for arg in args {
        query = match arg {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
            Value::Texts(values) => query.bind(serde_json::Value::from(values).to_string()),
            Value::Ints(values) => query.bind(serde_json::Value::from(values).to_string()),
        };
    }
    query
}

fn row(row: &SqliteRow) -> Result<Row, StoreError> {
    let cells = row.columns().iter().map(|column| {
        let at = column.ordinal();
        let raw = row.try_get_raw(at)?;
        if raw.is_null() {
            return Ok(Cell::Absent);
        }
        let kind = raw.type_info().name().to_owned();
        Ok(match kind.as_str() {
            "INTEGER" => Cell::Int(row.try_get(at)?),
            "BLOB" => Cell::Bytes(row.try_get(at)?),
            _ => Cell::Text(row.try_get(at)?),
        })
    });
    cells
        .collect::<Result<Vec<Cell>, sqlx::Error>>()
        .map(Row::new)
        .map_err(StoreError::of_statement)
}
