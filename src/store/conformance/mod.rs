//! One contract, every database: each test of this folder runs on SQLite and on a real PostgreSQL.
//!
//! `DOUDI_TEST_POSTGRES` is the URL of an owner who may create databases. Without it the
//! PostgreSQL half fails: what cannot run is not a pass.

mod append_only;
mod by_keys;
mod guards;
mod lists;
mod proofs;
mod roles;
pub(crate) mod sample;

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

use super::{Dialect, Store, WRITER_ROLE, migrate, open};

/// Runs each named function once with each database.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::store::conformance::TestDatabase::sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::store::conformance::TestDatabase::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// A fresh, migrated database of one test.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    pub(crate) dialect: Dialect,
    // Dropped with the test.
    _folder: tempfile::TempDir,
}

/// Who executes a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum As {
    /// The role that owns the tables.
    Owner,
    /// The role of the service.
    Writer,
    /// Another role.
    Role(&'static str),
}

impl TestDatabase {
    pub(crate) async fn sqlite() -> TestDatabase {
        let database = TestDatabase::empty_sqlite();
        migrate(&database.url).await.expect("a fresh database");
        database
    }

    pub(crate) fn empty_sqlite() -> TestDatabase {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("doudi.sqlite").display());
        TestDatabase {
            url,
            dialect: Dialect::Sqlite,
            _folder: folder,
        }
    }

    pub(crate) async fn postgres() -> TestDatabase {
        let database = TestDatabase::empty_postgres().await;
        migrate(&database.url).await.expect("a fresh database");
        database
    }

    pub(crate) async fn empty_postgres() -> TestDatabase {
        let server = std::env::var("DOUDI_TEST_POSTGRES")
            .expect("DOUDI_TEST_POSTGRES is not set: run ./tests/run, which starts a PostgreSQL");
        let mut random = [0; 8];
        getrandom::fill(&mut random).expect("the system's random source");
        let name = format!("doudi_test_{}", hex::encode(random));
        let mut owner = PgConnection::connect(&server).await.expect("the test server answers");
        owner
            .execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0")))
            .await
            .expect("an owner");
        let (base, _) = server.rsplit_once('/').expect("a URL with a database");
        let folder = tempfile::tempdir().expect("a temporary folder");
        TestDatabase {
            url: format!("{base}/{name}"),
            dialect: Dialect::Postgres,
            _folder: folder,
        }
    }

    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        open(&self.url).await.expect("a migrated database")
    }

    /// Runs statements past the store; the error is what the database says.
    pub(crate) async fn execute(&self, by: As, sql: &str) -> Result<u64, String> {
        match self.dialect {
            Dialect::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file opens");
                let done = connection.execute(AssertSqlSafe(sql.to_owned())).await;
                done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
            }
            Dialect::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("the server answers");
                let role = match by {
                    As::Owner => None,
                    As::Writer => Some(WRITER_ROLE),
                    As::Role(role) => Some(role),
                };
                if let Some(role) = role {
                    connection
                        .execute(AssertSqlSafe(format!("SET ROLE {role}")))
                        .await
                        .expect("the role exists");
                }
                let done = connection.execute(AssertSqlSafe(sql.to_owned())).await;
                done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
            }
        }
    }
}
