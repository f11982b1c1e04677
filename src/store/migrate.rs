//! Migrations: run by the owner with `doudi migrate`, checked by the service before it serves.

use std::sync::Arc;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{ColumnIndex, Connection as _, Database, Decode, Executor, IntoArguments, Postgres, Sqlite, Type};

use super::{Dialect, StoreError, postgres, scheme, sqlite};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// What [`migrate`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Version of the schema before; 0 for an empty database.
    pub before: i64,
    /// Version of the schema now.
    pub now: i64,
}

/// Brings the database of the URL to this build's schema. Run it as the owner of the tables; for
/// SQLite it makes the file.
///
/// # Errors
/// [`StoreError::Refused`] if a migration that was applied differs from this build's.
pub async fn migrate(url: &str) -> Result<Migrated, StoreError> {
    match scheme(url)? {
        Dialect::Sqlite => {
            let mut owner = sqlite::owner(url).await?;
            let before = version::<Sqlite>(&mut owner).await.map_err(StoreError::of_statement)?;
            let done = SQLITE.run(&mut owner).await;
            let _ = owner.close().await;
            finished(before, Dialect::Sqlite, done)
        }
        Dialect::Postgres => {
            let mut owner = postgres::owner(url).await?;
            let before = version::<Postgres>(&mut owner)
                .await
                .map_err(StoreError::of_statement)?;
            let done = POSTGRES.run(&mut owner).await;
            let _ = owner.close().await;
            finished(before, Dialect::Postgres, done)
        }
    }
}

fn finished(before: Option<i64>, dialect: Dialect, done: Result<(), MigrateError>) -> Result<Migrated, StoreError> {
    match done {
        Ok(()) => Ok(Migrated {
            before: before.unwrap_or(0),
            now: wanted(dialect),
        }),
        Err(MigrateError::VersionMismatch(version) | MigrateError::VersionMissing(version)) => {
            Err(StoreError::Refused(format!(
                "migration {version} of the database is not this build's: use the build that made it, or a later one"
            )))
        }
        Err(error) => Err(StoreError::Unavailable(Arc::new(error))),
    }
}

fn wanted(dialect: Dialect) -> i64 {
    let migrator = match dialect {
        Dialect::Sqlite => &SQLITE,
        Dialect::Postgres => &POSTGRES,
    };
    migrator.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Refuses a database whose schema, of the given version, is not this build's.
pub(super) fn check(dialect: Dialect, version: Option<i64>) -> Result<(), StoreError> {
    let wanted = wanted(dialect);
    match version {
        Some(found) if found == wanted => Ok(()),
        found => Err(StoreError::Refused(format!(
            "the database schema has version {} and this build needs {wanted}: run doudi migrate",
            found.unwrap_or(0)
        ))),
    }
}

/// The newest migration that was applied; nothing in a database that never saw one.
pub(super) async fn version<DB>(connection: &mut DB::Connection) -> Result<Option<i64>, sqlx::Error>
where
    DB: Database<Arguments: IntoArguments<DB>>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    i64: Type<DB> + for<'r> Decode<'r, DB>,
    usize: ColumnIndex<DB::Row>,
{
    let sql = "SELECT max(version) FROM _sqlx_migrations";
    match sqlx::query_scalar::<DB, Option<i64>>(sql).fetch_one(connection).await {
        // The table is missing before the first migration.
        Err(error) if error.as_database_error().is_some() => Ok(None),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

    use super::*;
    use crate::store::conformance::TestDatabase;

    /// The migration that gives each case its rows of the persons that it met.
    const PERSON_ROWS: i64 = 14;

    /// Two persons whom one case registered, and a running case in which one of them holds months.
    const BEFORE: [&str; 3] = [
        "INSERT INTO person_map (hmac, person_id, key_ref) VALUES ('h1', 'p1', 'first'), ('h2', 'p2', 'first')",
        "INSERT INTO case_head (area, case_id, version, last_log_id, last_idx, identity_key_ref, content_key_ref, state) \
         VALUES ('340321', 'c', 1, 1, 1, 'running', 'content', 'x')",
        "INSERT INTO person_span (person_id, from_month, programme, area, case_id) \
         VALUES ('p1', '2021-09', 'DIBAO', '340321', 'c')",
    ];

    fn before(all: &Migrator) -> Migrator {
        let earlier = all.iter().filter(|migration| migration.version < PERSON_ROWS);
        Migrator {
            migrations: Cow::Owned(earlier.cloned().collect()),
            ..Migrator::DEFAULT
        }
    }

    async fn keeps_what_running_cases_know(database: TestDatabase) {
        let done = migrate(&database.url).await.expect("migrates");
        assert!(done.before < PERSON_ROWS && done.now >= PERSON_ROWS, "{done:?}");
        let store = database.store().await;
        store.destroy_keys(&["first".to_owned()], 1).await.expect("erased");
        let left = store
            .persons(&["h1".to_owned(), "h2".to_owned()])
            .await
            .expect("readable");
        let left: Vec<(&str, &str)> = left.iter().map(|row| (&*row.person_id, &*row.key_ref)).collect();
        assert_eq!(left, [("p1", "running")], "whom a running case pays stays known");
    }

    #[tokio::test]
    async fn a_migrated_sqlite_keeps_the_persons_of_running_cases() {
        let database = TestDatabase::empty_sqlite();
        let mut owner = sqlite::owner(&database.url).await.expect("a file");
        before(&SQLITE).run(&mut owner).await.expect("migrates");
        for sql in BEFORE {
            let sql = AssertSqlSafe(sql.replace("'x'", "x'00'"));
            sqlx::query(sql).execute(&mut owner).await.expect("rows of before");
        }
        SqliteConnection::close(owner).await.expect("closes");
        keeps_what_running_cases_know(database).await;
    }

    #[tokio::test]
    async fn a_migrated_postgresql_keeps_the_persons_of_running_cases() {
        let database = TestDatabase::empty_postgres().await;
        let mut owner = postgres::owner(&database.url).await.expect("an owner");
        before(&POSTGRES).run(&mut owner).await.expect("migrates");
        for sql in BEFORE {
            sqlx::query(sql).execute(&mut owner).await.expect("rows of before");
        }
        PgConnection::close(owner).await.expect("closes");
        keeps_what_running_cases_know(database).await;
    }
}
