//! The database itself keeps the log append-only: as writer, as owner, and by every way around.

use super::sample::{area, full_batch, index, log_row, write};
use super::{As, Dialect, TestDatabase, on_both};

on_both!(
    no_row_of_the_record_is_changed_or_deleted,
    no_table_of_the_record_is_emptied,
    no_row_is_replaced_by_an_insert,
    the_head_only_grows,
    a_destroyed_key_stays_destroyed_and_stays_listed,
    an_erased_case_stays_erased,
);

/// Every append-only table with a column that an attacker might set.
const TABLES: [(&str, &str); 12] = [
    ("log", "origin = 'other'"),
    ("log_entry", "entry = entry"),
    ("log_tile", "hashes = hashes"),
    ("log_checkpoint", "note = 'forged'"),
    ("log_cosignature", "line = 'forged'"),
    ("document", "bytes = bytes"),
    ("request", "idx = 2"),
    ("record", "case_id = 'other'"),
    ("policy_document", "policy_id = 'other'"),
    ("access", "case_id = 'other'"),
    ("access_place", "ordinal = 7"),
    ("erased_key", "idx = 7"),
];

/// The statement is refused, and for a reason of ours: a typing error in a test proves nothing.
async fn refused(database: &TestDatabase, by: As, sql: &str) {
    let reasons = [
        "append-only",
        "only grows",
        "next index",
        "stays destroyed",
        "stays erased",
        "permission denied",
        "must be owner",
        "duplicate key",
        "check constraint",
    ];
    let error = database.execute(by, sql).await.expect_err(sql);
    assert!(
        reasons.iter().any(|reason| error.contains(reason)),
        "{by:?}: {sql}: {error}"
    );
}

/// A database with a row in every table.
async fn filled(database: &TestDatabase) {
    write(&database.store().await, full_batch())
        .await
        .expect("an empty database");
    let cosignature = format!(
        "INSERT INTO log_cosignature VALUES ({}, 256, 'witness', 'line')",
        log_row().log_id
    );
    database
        .execute(As::Writer, &cosignature)
        .await
        .expect("the first cosignature");
}

async fn no_row_of_the_record_is_changed_or_deleted(database: TestDatabase) {
    filled(&database).await;
    for by in [As::Writer, As::Owner] {
        for (table, change) in TABLES {
            for sql in [format!("UPDATE {table} SET {change}"), format!("DELETE FROM {table}")] {
                refused(&database, by, &sql).await;
            }
        }
        refused(&database, by, "DELETE FROM log_head").await;
        refused(&database, by, "DELETE FROM data_key").await;
    }
    if database.dialect == Dialect::Postgres {
        let replica = "SET session_replication_role = replica; DELETE FROM log_entry";
        let error = database.execute(As::Owner, replica).await.expect_err("ENABLE ALWAYS");
        assert!(error.contains("log_entry is append-only"), "{error}");
        for sql in [
            "DROP TRIGGER log_entry_append_only ON log_entry",
            "ALTER TABLE log_entry DISABLE TRIGGER ALL",
        ] {
            refused(&database, As::Writer, sql).await;
        }
    }
    let store = database.store().await;
    let entries = store.entries(log_row().log_id, index(0), 1000).await.expect("readable");
    assert_eq!(entries.len(), 256, "everything is still there");
}

async fn no_table_of_the_record_is_emptied(database: TestDatabase) {
    filled(&database).await;
    let empty = match database.dialect {
        // SQLite has no TRUNCATE; a DELETE without WHERE would be its truncate optimisation.
        Dialect::Sqlite => "DELETE FROM",
        Dialect::Postgres => "TRUNCATE",
    };
    for by in [As::Writer, As::Owner] {
        for (table, _) in TABLES.into_iter().chain([("log_head", ""), ("data_key", "")]) {
            let cascade = if database.dialect == Dialect::Postgres {
                " CASCADE"
            } else {
                ""
            };
            let sql = format!("{empty} {table}{cascade}");
            refused(&database, by, &sql).await;
        }
    }
}

async fn no_row_is_replaced_by_an_insert(database: TestDatabase) {
    filled(&database).await;
    let log_id = log_row().log_id;
    let leaf = "SELECT leaf_hash FROM log_entry WHERE idx = 7";
    let mut attempts = vec![format!(
        "INSERT INTO log_entry SELECT log_id, 5, entry, leaf_hash FROM log_entry WHERE idx = 7 AND log_id = {log_id}"
    )];
    match database.dialect {
        Dialect::Sqlite => attempts.extend([
            format!("INSERT OR REPLACE INTO log_entry VALUES ({log_id}, 5, x'66', ({leaf}))"),
            format!("REPLACE INTO log_entry (rowid, log_id, idx, entry, leaf_hash) VALUES (5, {log_id}, 256, x'66', ({leaf}))"),
            format!("REPLACE INTO document (rowid, log_id, idx, ordinal, name, bytes) VALUES (1, {log_id}, 9, 0, 'x', x'66')"),
            format!("REPLACE INTO log VALUES ({}, '340322', 1, '{}', 5)", 3_403_220_001_i64, log_row().origin),
            format!("REPLACE INTO log_head VALUES ({log_id}, 0, x'', zeroblob(32), 0)"),
            format!("REPLACE INTO log_checkpoint VALUES ({log_id}, 256, zeroblob(32), 'forged', 5)"),
            "REPLACE INTO request SELECT area, caller, request_id, x'00', log_id, 2, 3 FROM request".to_owned(),
            "REPLACE INTO record SELECT log_id, 300, area, record_id, 'other', kind FROM record WHERE idx = 3".to_owned(),
            "REPLACE INTO access SELECT leaf_hash, area, 'other', at_ms, content FROM access".to_owned(),
            "REPLACE INTO access_place SELECT leaf_hash, log_id, idx, 7 FROM access_place".to_owned(),
            "REPLACE INTO erased_key SELECT key_ref, log_id, 7 FROM erased_key".to_owned(),
            "REPLACE INTO data_key (key_ref, wrapped, kek_id) VALUES ('key 1', x'00', 'kek')".to_owned(),
            format!("INSERT INTO log_entry VALUES ({log_id}, 5, x'66', ({leaf})) \
                     ON CONFLICT DO UPDATE SET entry = x'66'"),
            // Also no gap: an entry takes the next index.
            format!("INSERT INTO log_entry VALUES ({log_id}, 300, x'66', ({leaf}))"),
        ]),
        Dialect::Postgres => attempts.extend([
            format!("INSERT INTO log_entry VALUES ({log_id}, 5, 'f', sha256('\\x0066')) \
                     ON CONFLICT (log_id, idx) DO UPDATE SET entry = excluded.entry"),
            // The database computes the leaf hash itself.
            format!("INSERT INTO log_entry VALUES ({log_id}, 256, 'f', ({leaf}))"),
        ]),
    }
    for by in [As::Writer, As::Owner] {
        for sql in &attempts {
            refused(&database, by, sql).await;
        }
    }
}

async fn the_head_only_grows(database: TestDatabase) {
    filled(&database).await;
    for by in [As::Writer, As::Owner] {
        for change in [
            "size = 255",
            "size = 256",
            "size = 257, last_time_ms = 0",
            "size = 257, log_id = 1",
        ] {
            let sql = format!("UPDATE log_head SET {change}");
            refused(&database, by, &sql).await;
        }
    }
    let store = database.store().await;
    let head = store.head(log_row().log_id).await.expect("readable").expect("a head");
    assert_eq!(head, full_batch().head);
    assert_eq!(store.log_of_area(area()).await.expect("readable"), Some(log_row()));
}

async fn a_destroyed_key_stays_destroyed_and_stays_listed(database: TestDatabase) {
    filled(&database).await;
    let destroy = "UPDATE data_key SET wrapped = NULL, destroyed_ms = 5 WHERE key_ref = 'key 1'";
    if database.dialect == Dialect::Postgres {
        refused(&database, As::Writer, destroy).await;
        refused(&database, As::Role("doudi_reader"), "SELECT * FROM data_key").await;
        assert!(
            database
                .execute(As::Role("doudi_reader"), "SELECT * FROM log_entry")
                .await
                .is_ok()
        );
        refused(&database, As::Role("doudi_eraser"), "DELETE FROM data_key").await;
        refused(&database, As::Role("doudi_eraser"), "DELETE FROM document").await;
    }
    let eraser = As::Role("doudi_eraser");
    database.execute(eraser, destroy).await.expect("the eraser's act");
    let revive = "UPDATE data_key SET destroyed_ms = 6 WHERE key_ref = 'key 1'";
    for by in [eraser, As::Owner] {
        refused(&database, by, revive).await;
    }
    let keys = database
        .store()
        .await
        .data_keys(&["key 1".to_owned()])
        .await
        .expect("readable");
    assert_eq!((keys[0].wrapped.as_ref(), keys[0].destroyed_ms), (None, Some(5)));
}

async fn an_erased_case_stays_erased(database: TestDatabase) {
    filled(&database).await;
    let set = |erased: &str| format!("UPDATE case_head SET erased = {erased} WHERE case_id = 'case 1'");
    for allowed in ["NULL", "'identity'", "'identity'", "'case'"] {
        database.execute(As::Writer, &set(allowed)).await.expect("only further");
        if allowed == "'identity'" {
            refused(&database, As::Writer, &set("NULL")).await;
        }
    }
    for back in ["NULL", "'identity'"] {
        refused(&database, As::Writer, &set(back)).await;
    }
}
