//! PostgreSQL finds the rows of a decision by their keys, also in tables that grew since they were last analysed: what
//! a decision reads does not grow with the log.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::super::append::Ask;
use super::super::{DecisionAsk, RequestKey, Store};
use super::{As, TestDatabase};

const TABLES: [&str; 3] = ["person_map", "person_span", "request"];

/// Rows of each table, of which the reads below concern a few.
const FILL: &str = "
    INSERT INTO request SELECT '340321', 'system-' || n % 7, 'request-' || n, '\\x00', 1, n, n + 1
        FROM generate_series(0, 19999) AS n;
    INSERT INTO person_link SELECT 'hmac-' || n, 'person-' || n FROM generate_series(0, 19999) AS n;
    INSERT INTO person_map SELECT 'hmac-' || n, 'person-' || n, 'key-' || n FROM generate_series(0, 19999) AS n;
    INSERT INTO person_span SELECT 'person-' || n, '2021-08', NULL, 'DIBAO', '340321', 'case-' || n
        FROM generate_series(0, 19999) AS n;";

/// Most rows that the reads may go through; each asks for less than ten.
const READ_ROW_COUNT_MAX: i64 = 200;

#[tokio::test]
async fn a_decision_reads_no_more_rows_in_a_large_log_than_in_a_small_one() {
    let database = TestDatabase::postgres().await;
    for table in TABLES {
        let sql = format!("ALTER TABLE {table} SET (autovacuum_enabled = false)");
        database.execute(As::Owner, &sql).await.expect("an owner");
    }
    let store = database.store().await;
    // The statements are prepared and planned while the tables are empty, as those of a new log are.
    for _ in 0..8 {
        read(&store, 0).await;
    }
    database.execute(As::Owner, FILL).await.expect("an owner");
    for _ in 0..8 {
        read(&store, 1).await;
    }
    // What was counted of a connection is told when it ends.
    store.close().await;
    let mut owner = PgConnection::connect(&database.url).await.expect("the server answers");
    let mut read = Vec::new();
    for _ in 0..100 {
        let sql = "SELECT relname::text, seq_tup_read, coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables \
                   WHERE relname = ANY($1) ORDER BY relname";
        read = sqlx::query_as::<_, (String, i64, i64)>(sql)
            .bind(TABLES.as_slice())
            .fetch_all(&mut owner)
            .await
            .expect("the server's own counts");
        if read.iter().all(|(_, _, by_key)| *by_key > 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for (table, whole, by_key) in read {
        assert_eq!(whole, 0, "{table} was read whole");
        assert!(
            (1..=READ_ROW_COUNT_MAX).contains(&by_key),
            "{table}: {by_key} rows were read"
        );
    }
}

/// What a decision reads before it decides and when it is appended, for three persons.
async fn read(store: &Arc<dyn Store>, found: usize) {
    let area = "340321".parse().expect("an area");
    let three = |of: &str| (500..503).map(|n| format!("{of}-{n}")).collect::<Vec<_>>();
    let ask = DecisionAsk {
        request: RequestKey {
            area,
            caller: "system-1".to_owned(),
            request_id: "request-1".to_owned(),
        },
        case_id: None,
        hmacs: three("hmac"),
        person_ids: three("person"),
    };
    let view = store.decision_view(&ask).await.expect("a database");
    assert_eq!((view.persons.len(), view.spans.len()), (3 * found, 3 * found));
    let mut append = store.append().await.expect("a database");
    let ask = Ask {
        requests: vec![
            ("system-1".to_owned(), "request-1".to_owned()),
            ("system-2".to_owned(), "request-9".to_owned()),
            // Another caller's request of the same id.
            ("system-3".to_owned(), "request-9".to_owned()),
        ],
        case_ids: three("case"),
        hmacs: three("hmac"),
        person_ids: three("person"),
        policies_of: None,
    };
    let known = append.look_up(area, &ask).await.expect("a database");
    let counts = [known.requests.len(), known.persons.len(), known.spans.len()];
    assert_eq!(counts, [2, 3, 3].map(|count| count * found));
}
