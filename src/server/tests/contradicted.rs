//! What stands beside the log is changed by the owner of the database: it is not shown as proved, and fsck
//! says where it differs.

use super::cases::{Place, Server};
use super::erasure::parts;
use super::flow::AREA;
use super::*;
use crate::app::fsck::{Plan, Sample};
use crate::log::fsck::Level;
use crate::log::sequencer::Clock as _;
use crate::store::Dialect;
use crate::store::conformance::{As, TestDatabase, on_both};

on_both!(
    a_read_that_its_access_entry_contradicts_is_not_proved,
);

const HOUR_MS: i64 = 3_600_000;

/// Changes rows without the triggers of their table.
async fn owner(place: &Place, table: &str, triggers: &[&str], sql: &str) {
    let drops = triggers.iter().map(|name| format!("DROP TRIGGER IF EXISTS {name}"));
    let off: Vec<String> = match place.database.dialect {
        Dialect::Sqlite => drops.collect(),
        Dialect::Postgres => vec![format!("ALTER TABLE {table} DISABLE TRIGGER ALL")],
    };
    for off in off {
        place.database.execute(As::Owner, &off).await.expect("the owner");
    }
    let changed = place.database.execute(As::Owner, sql).await.expect("the owner");
    assert!(changed > 0, "{sql} changes nothing");
}

/// What fsck finds up to F7.
async fn found(server: &Server) -> Vec<String> {
    let area = AREA.parse().expect("an area");
    let log = server.store.log_of_area(area).await.expect("readable").expect("a log");
    let plan = Plan {
        to: Level::Projections,
        sample: Sample::Nothing,
        ..Plan::default()
    };
    let report = server.app.fsck(&log, &plan, |_| {}).await.expect("checked");
    report.findings.kept().iter().map(ToString::to_string).collect()
}

async fn a_read_that_its_access_entry_contradicts_is_not_proved(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    for _ in 0..3 {
        server.read(&name).await.expect("readable");
    }
    let soon = SystemClock::new().now_ms() + HOUR_MS;
    assert!(server.app.close_access_hours_before(soon).await.expect("closed") > 0);
    let proofs: Vec<_> = server
        .accesses(&case)
        .await
        .into_iter()
        .map(|seen| seen.proof)
        .collect();
    let entry = proofs[0].as_ref().expect("its hour is closed").entry_index;
    assert_eq!(found(&server).await, [""; 0]);

    let sql = format!("DELETE FROM access_place WHERE idx = {entry} AND ordinal = 0");
    owner(&place, "access_place", &["access_place_no_delete"], &sql).await;
    let list = pb::ListAccessesRequest {
        parent: case.clone(),
        ..Default::default()
    };
    let error = server
        .audit
        .list_accesses(list)
        .await
        .expect_err("a row of the hour is missing");
    assert_eq!((error.code(), reason(&error).as_str()), (Code::DataLoss, "LOG_CORRUPT"));
    let wrong = format!("F7 accesses of entry {entry}: says another number of rows than the log");
    assert_eq!(found(&server).await, [wrong]);
}
