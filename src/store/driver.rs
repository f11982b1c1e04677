//! What a database must be able to do for the store: read, begin, insert columns, commit.
//!
//! All SQL above this line is the same for both databases; what differs is in [`Dialect`].

use async_trait::async_trait;

use super::StoreError;
use super::value::{Column, Row, Value};

/// The database behind a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite: one file, one writer at a time.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// The name in logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgresql",
        }
    }

    /// `= any of the values of parameter n`, after a column.
    pub(super) fn among(self, parameter: usize) -> String {
        match self {
            Dialect::Sqlite => format!("IN (SELECT value FROM json_each(${parameter}))"),
            Dialect::Postgres => format!("= ANY(${parameter})"),
        }
    }

    /// A SELECT of the texts of parameter n, for one side of a UNION.
    pub(super) fn values(self, parameter: usize) -> String {
        match self {
            Dialect::Sqlite => format!("SELECT value FROM json_each(${parameter})"),
            Dialect::Postgres => format!("SELECT unnest(${parameter}::text[])"),
        }
    }

    /// A SELECT of the pairs of two lists of one length, parameters first and second.
    pub(super) fn pairs(self, first: usize, second: usize) -> String {
        match self {
            Dialect::Sqlite => {
                format!("SELECT value, json_extract(${second}, '$[' || key || ']') FROM json_each(${first})")
            }
            Dialect::Postgres => format!("SELECT * FROM unnest(${first}::text[], ${second}::text[])"),
        }
    }

    /// The rows of a table that fulfil a condition and whose key columns are what another SELECT gives.
    ///
    /// PostgreSQL looks them up one by one, by the whole key: it plans a statement once, mostly while the table is still
    /// small, and would else read by a part of the key and throw away the rest when the table is large.
    pub(super) fn of_keys(self, columns: &str, table: &str, condition: &str, keys: &[&str], asked: &str) -> String {
        match self {
            Dialect::Sqlite => {
                let keys = keys.join(", ");
                format!("SELECT {columns} FROM {table} WHERE {condition} AND ({keys}) IN ({asked})")
            }
            Dialect::Postgres => {
                let names: Vec<String> = (0..keys.len()).map(|at| format!("key_{at}")).collect();
                let equal = keys
                    .iter()
                    .zip(&names)
                    .map(|(key, name)| format!("AND {key} = asked.{name}"));
                let equal: Vec<String> = equal.collect();
                let (names, equal) = (names.join(", "), equal.join(" "));
                // OFFSET 0 keeps the planner from taking the two apart.
                format!(
                    "SELECT found.* FROM ({asked}) AS asked ({names}) CROSS JOIN LATERAL \
                     (SELECT {columns} FROM {table} WHERE {condition} {equal} OFFSET 0) AS found"
                )
            }
        }
    }

    /// All rows of a subquery as one text: a JSON list of a list a row, for columns that hold text.
    pub(super) fn lists(self, columns: &[&str]) -> String {
        let columns = columns.join(", ");
        match self {
            Dialect::Sqlite => format!("json_group_array(json_array({columns}))"),
            Dialect::Postgres => format!("coalesce(json_agg(json_build_array({columns})), '[]')::text"),
        }
    }

    /// What locks the rows of a SELECT until commit. In SQLite the whole transaction is the lock.
    pub(super) fn for_update(self) -> &'static str {
        match self {
            Dialect::Sqlite => "",
            Dialect::Postgres => " FOR UPDATE",
        }
    }

    /// The database's own time in ms; nothing where the database runs inside our process.
    pub(super) fn now_ms(self) -> &'static str {
        match self {
            Dialect::Sqlite => "NULL",
            Dialect::Postgres => "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
        }
    }
}

/// How a pool of connections is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// What it is for.
    pub name: &'static str,
    /// Connections that are open.
    pub open: u32,
    /// Of them, those that wait for work.
    pub idle: u32,
    /// The most that may be open.
    pub max: u32,
}

/// One database: what differs between two of them. Everything else is written once, as methods of `dyn Store`.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Which database it is.
    fn dialect(&self) -> Dialect;
    /// Reads outside any transaction.
    async fn read(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError>;
    /// Begins a transaction that will write.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;
    /// Begins a transaction that destroys keys: as the role that may, where the database has roles.
    async fn begin_erasing(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.begin().await
    }
    /// Overwrites what a destruction left behind in the files, as far as the database can.
    async fn scrub(&self) -> Result<(), StoreError> {
        Ok(())
    }
    /// Does what an earlier [`Store::scrub`] could not, also one of a process that ended; nothing if nothing is left.
    async fn scrub_again(&self) -> Result<(), StoreError> {
        Ok(())
    }
    /// How the pools of connections are used.
    fn pools(&self) -> Vec<Pool> {
        Vec::new()
    }
    /// Closes all connections.
    async fn close(&self);
}

/// Rows for one table, given by columns.
#[derive(Clone, Debug)]
pub struct Insert {
    /// `name (columns)`.
    pub table: &'static str,
    /// As many as the table names, all equally long.
    pub columns: Vec<Column>,
    /// What follows the rows; mostly nothing.
    pub tail: &'static str,
}

impl Insert {
    /// Rows of which none is there yet.
    #[must_use]
    pub fn new(table: &'static str, columns: Vec<Column>) -> Insert {
        Insert {
            table,
            columns,
            tail: "",
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A guarded statement that touched fewer rows met another writer.
pub(super) fn exactly(touched: u64, expected: usize) -> Result<(), StoreError> {
    if touched == expected as u64 {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

/// One transaction; dropped without commit it leaves nothing behind.
#[async_trait]
pub trait Transaction: Send {
    /// Which database it is.
    fn dialect(&self) -> Dialect;
    /// Reads inside the transaction.
    async fn read(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError>;
    /// Changes rows and says how many.
    async fn change(&mut self, sql: &str, args: Vec<Value>) -> Result<u64, StoreError>;
    /// Inserts all rows of all tables, in as few statements as the database can. A row that is not taken, because of
    /// the tail of its table, is [`StoreError::Conflict`].
    async fn insert(&mut self, inserts: Vec<Insert>) -> Result<(), StoreError>;
    /// Commits. Any error but [`StoreError::Conflict`] leaves the outcome open.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
