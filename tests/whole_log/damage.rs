//! The owner of a database at work: copies it, takes its seat-belts off, and changes rows.

use std::collections::BTreeSet;
use std::path::Path;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

/// Takes the triggers of a SQLite database away. Returns what to run.
const SQLITE_TRIGGERS: &str = "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'";

/// Takes triggers, checks and foreign keys of a PostgreSQL database away.
const POSTGRES_BELTS: &str = "DO $$ DECLARE it record; BEGIN \
    FOR it IN SELECT conrelid::regclass AS rel, conname AS name FROM pg_constraint \
        WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace LOOP \
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', it.rel, it.name); END LOOP; \
    FOR it IN SELECT tgrelid::regclass AS rel, tgname AS name FROM pg_trigger WHERE NOT tgisinternal LOOP \
        EXECUTE format('DROP TRIGGER %I ON %s', it.name, it.rel); END LOOP; END $$";

/// A copy of a database that its owner spoils.
pub struct Copy {
    pub url: String,
    _folder: tempfile::TempDir,
}

impl Copy {
    /// Copies a database, whichever it is. Nobody else may be connected to a PostgreSQL one.
    pub async fn of(url: &str) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        if url.starts_with("sqlite:") {
            let path = folder.path().join("doudi.sqlite");
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            let copy = format!("VACUUM INTO '{}'", path.display());
            connection.execute(AssertSqlSafe(copy)).await.unwrap();
            return Copy {
                url: format!("sqlite:{}", path.display()),
                _folder: folder,
            };
        }
        let (_, name) = url.rsplit_once('/').unwrap();
        Copy {
            url: new_postgres(name).await,
            _folder: folder,
        }
    }

    /// Removes the copy: a server that keeps forty of them fills a small disk.
    pub async fn remove(self) {
        if let Some((base, name)) = self.url.rsplit_once('/').filter(|_| !self.url.starts_with("sqlite:")) {
            let mut owner = PgConnection::connect(&format!("{base}/postgres")).await.unwrap();
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            owner.execute(AssertSqlSafe(drop)).await.unwrap();
        }
    }

    /// Keeps the rows of these tables, for [`Copy::restore`].
    pub async fn save(&self, tables: &BTreeSet<&str>) {
        for table in tables {
            self.run(&[&format!("CREATE TABLE saved_{table} AS SELECT * FROM {table}")])
                .await;
        }
    }

    /// Puts the rows of a table back. A copy of the whole database for each change would take minutes.
    pub async fn restore(&self, table: &str) {
        let (clear, fill) = (
            format!("DELETE FROM {table}"),
            format!("INSERT INTO {table} SELECT * FROM saved_{table}"),
        );
        self.run(&[&clear, &fill]).await;
    }

    /// Runs statements without triggers and checks. `{zeros N}` is that many zero bytes.
    pub async fn run(&self, statements: &[&str]) {
        if self.url.starts_with("sqlite:") {
            run_sqlite(&self.url, statements).await;
            return;
        }
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        connection.execute(POSTGRES_BELTS).await.unwrap();
        for statement in statements {
            let statement = with_zeros(statement, |count| format!("decode(repeat('00', {count}), 'hex')"));
            let done = connection.execute(AssertSqlSafe(statement.clone())).await;
            let done = done.unwrap_or_else(|error| panic!("{statement}: {error}"));
            let changes = statement.contains(" WHERE ");
            assert!(done.rows_affected() > 0 || !changes, "{statement} changes nothing");
        }
        connection.close().await.unwrap();
    }
}

/// Runs statements on the SQLite database in a folder.
pub async fn sqlite(folder: &Path, statements: &[&str]) {
    run_sqlite(&format!("sqlite:{}", folder.join("doudi.sqlite").display()), statements).await;
}

async fn run_sqlite(url: &str, statements: &[&str]) {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let drops: Vec<String> = sqlx::query_scalar(SQLITE_TRIGGERS)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    // The owner of a file can turn checks off, too.
    let before = [
        "PRAGMA ignore_check_constraints = ON".to_owned(),
        "PRAGMA foreign_keys = OFF".to_owned(),
    ];
    for statement in before.into_iter().chain(drops) {
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    for statement in statements {
        let statement = with_zeros(statement, |count| format!("zeroblob({count})"));
        let done = connection.execute(AssertSqlSafe(statement.clone())).await;
        let done = done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        let changes = statement.contains(" WHERE ");
        assert!(done.rows_affected() > 0 || !changes, "{statement} changes nothing");
    }
    connection.close().await.unwrap();
}

fn with_zeros(statement: &str, zeros: impl Fn(u32) -> String) -> String {
    match statement.split_once("{zeros ") {
        None => statement.to_owned(),
        Some((before, rest)) => {
            let (count, after) = rest.split_once('}').unwrap();
            format!("{before}{}{after}", zeros(count.parse().unwrap()))
        }
    }
}

/// A new PostgreSQL database out of a template.
pub async fn new_postgres(template: &str) -> String {
    let server = std::env::var("DOUDI_TEST_POSTGRES")
        .expect("DOUDI_TEST_POSTGRES is not set: run ./tests/run, which starts a PostgreSQL");
    let name = format!("doudi_test_{}", uuid::Uuid::new_v4().simple());
    let mut owner = PgConnection::connect(&server).await.unwrap();
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    owner.execute(AssertSqlSafe(create)).await.unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

/// A login on the test server that may do no more than a role of ours, and the URL under which it reads a database.
pub async fn login(url: &str, role: &str) -> String {
    let mut owner = PgConnection::connect(url).await.unwrap();
    let name = format!("doudi_test_{}", uuid::Uuid::new_v4().simple());
    let create = format!("CREATE ROLE {name} LOGIN PASSWORD 'test' IN ROLE {role}");
    owner.execute(AssertSqlSafe(create)).await.unwrap();
    owner.close().await.unwrap();
    let (_, host) = url.rsplit_once('@').unwrap();
    format!("postgres://{name}:test@{host}")
}
