//! What stands beside the log is changed by the owner of the database: it is not shown as proved, and fsck and the
//! comparison of the projection say where it differs.

use super::cases::{Place, Server, refused};
use super::erasure::parts;
use super::flow::AREA;
use super::restriction::{lift, restrict};
use super::*;
use crate::app::fsck::{Plan, Sample};
use crate::log::fsck::Level;
use crate::log::sequencer::Clock as _;
use crate::store::Dialect;
use crate::store::conformance::{As, TestDatabase, on_both};

on_both!(
    a_read_that_its_access_entry_contradicts_is_not_proved,
    what_a_head_says_of_erasure_and_restriction_is_what_the_records_say,
    a_head_names_the_keys_that_sealed_the_documents_of_its_case,
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

async fn set_head(place: &Place, case: &str, what: &str) {
    let id = case.rsplit('/').next().expect("an id");
    let sql = format!("UPDATE case_head SET {what} WHERE case_id = '{id}'");
    owner(place, "case_head", &["case_head_stays_erased"], &sql).await;
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

/// The same of the heads of cases, which the comparison of the projection finds too.
async fn heads_found(server: &Server) -> Vec<String> {
    let found = found(server).await;
    let area = AREA.parse().expect("an area");
    let compared = server.app.compare_projection(area, |_| {}).await.expect("readable");
    assert_eq!(compared.cases_different.len(), found.len(), "{found:?}");
    found
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

async fn what_a_head_says_of_erasure_and_restriction_is_what_the_records_say(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (_, case) = parts(&decided);
    let id = case.rsplit('/').next().expect("an id");
    let differs = |what: &str| [format!("F7 case {id}: says another {what} than the log")];
    assert_eq!(heads_found(&server).await, [""; 0]);

    set_head(&place, &case, "erased = 'case'").await;
    assert_eq!(heads_found(&server).await, differs("erasure"));
    set_head(&place, &case, "erased = 'identity'").await;
    assert_eq!(heads_found(&server).await, differs("erasure"));
    set_head(&place, &case, "erased = NULL").await;
    set_head(&place, &case, "restricted = 'case'").await;
    assert_eq!(heads_found(&server).await, differs("restriction"));
    set_head(&place, &case, "restricted = NULL").await;

    let restricted = server.audit.restrict_case(restrict(50, &case, pb::CaseScope::Case));
    restricted.await.expect("recorded");
    assert_eq!(heads_found(&server).await, [""; 0]);
    set_head(&place, &case, "restricted = NULL").await;
    assert_eq!(heads_found(&server).await, differs("restriction"));
    set_head(&place, &case, "restricted = 'case'").await;
    let lifted = server.audit.lift_restriction(lift(51, &case));
    lifted.await.expect("recorded");
    assert_eq!(heads_found(&server).await, [""; 0]);

    for (number, scope, other) in [
        (52, pb::CaseScope::Identity, "case"),
        (53, pb::CaseScope::Case, "identity"),
    ] {
        server.erase(number, &case, scope).await.expect("its time is over");
        assert_eq!(heads_found(&server).await, [""; 0], "{scope:?}");
        let before = server.head(&case).await.erased.expect("erased").code();
        set_head(&place, &case, &format!("erased = '{other}'")).await;
        assert_eq!(heads_found(&server).await, differs("erasure"));
        set_head(&place, &case, &format!("erased = '{before}'")).await;
    }
}

async fn a_head_names_the_keys_that_sealed_the_documents_of_its_case(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (_, case) = parts(&decided);
    let other = server.determinations.determine(refused(2)).await;
    let (_, other) = parts(&other.expect("a determination").into_inner());
    assert_eq!(heads_found(&server).await, [""; 0]);
    let id = case.rsplit('/').next().expect("an id");
    let (own, others) = (server.head(&case).await, server.head(&other).await);
    for (column, other_key, own_key, what) in [
        (
            "identity_key_ref",
            &others.identity_key_ref,
            &own.identity_key_ref,
            "identity key",
        ),
        (
            "content_key_ref",
            &others.content_key_ref,
            &own.content_key_ref,
            "content key",
        ),
    ] {
        set_head(&place, &case, &format!("{column} = '{other_key}'")).await;
        let wrong = format!("F7 case {id}: says another {what} than the log");
        assert_eq!(heads_found(&server).await, [wrong]);
        set_head(&place, &case, &format!("{column} = '{own_key}'")).await;
    }
}
