//! PostgreSQL without superusers: an owner migrates, a login of the writer serves, others are refused.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::super::{StoreError, WRITER_ROLE, migrate, open};
use super::sample::{full_batch, write};
use super::{As, TestDatabase};

#[tokio::test]
async fn neither_the_owner_nor_the_service_needs_to_be_a_superuser() {
    // The first migration of the server makes the roles.
    drop(TestDatabase::postgres().await);
    let database = TestDatabase::empty_postgres().await;
    let (server, name) = database.url.rsplit_once('/').expect("a URL with a database");
    let host = server
        .rsplit_once('@')
        .map_or(server.trim_start_matches("postgres://"), |(_, host)| host);
    let (owner, service) = (format!("{name}_owner"), format!("{name}_service"));
    for sql in [
        format!("CREATE ROLE {owner} LOGIN PASSWORD 'test'"),
        format!("CREATE ROLE {service} LOGIN PASSWORD 'test'"),
        format!("ALTER DATABASE {name} OWNER TO {owner}"),
    ] {
        database.execute(As::Owner, &sql).await.expect("a superuser");
    }
    let url = |login: &str| format!("postgres://{login}:test@{host}/{name}");
    migrate(&url(&owner)).await.expect("the owner of the database");
    let Err(StoreError::Refused(text)) = open(&url(&service)).await else {
        panic!("opened by a login that is not a writer");
    };
    assert!(text.contains("GRANT doudi_writer"), "{text}");
    database
        .execute(As::Owner, &format!("GRANT {WRITER_ROLE} TO {service}"))
        .await
        .expect("a superuser");
    let store = open(&url(&service)).await.expect("a writer");
    write(&store, full_batch()).await.expect("an empty database");
    store.close().await;
    let mut connection = PgConnection::connect(&url(&service)).await.expect("a login");
    for sql in [
        "DELETE FROM person_map",
        "DELETE FROM person_link",
        "UPDATE data_key SET kek_id = 'x'",
        "CREATE TABLE x (y int)",
    ] {
        let refused = connection.execute(AssertSqlSafe(sql)).await;
        assert!(
            refused.is_err_and(|error| error.to_string().contains("permission denied")),
            "{sql}"
        );
    }
}
