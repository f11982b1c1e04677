//! Erasing a case over the port, on both databases.

use super::cases::{Place, Server, checked, proved, refused, told};
use super::findings::finding;
use super::flow::{day, request_id};
use super::*;
use crate::app::fsck::Plan;
use crate::log::sequencer::Clock as _;
use crate::rules::calendar::Date;
use crate::store::conformance::{As, TestDatabase, on_both};
use crate::store::{CaseScope, Dialect};

on_both!(
    an_erased_identity_is_gone_and_everything_else_still_reads_and_replays,
    an_erased_case_answers_erased_with_its_receipt_to_reads_and_to_the_old_request,
    a_repeated_correction_of_an_erased_case_answers_with_the_receipt_of_the_correction,
    nothing_is_erased_before_its_retention_date_and_the_error_names_it,
    a_case_of_which_assistance_still_runs_is_not_erased,
    a_start_destroys_again_what_a_backup_brought_back,
    a_crash_between_the_entry_and_the_keys_is_finished_by_the_next_start,
    keys_that_a_failed_erasure_left_go_while_the_server_runs_and_the_case_is_sound_meanwhile,
    a_case_is_kept_for_its_newest_finding,
);

pub(super) fn names(record: &pb::Acknowledgement) -> Vec<&str> {
    record.documents.iter().map(|document| document.name.as_str()).collect()
}

pub(super) fn parts(decided: &pb::DetermineResponse) -> (String, String) {
    let determination = decided.determination.as_ref().expect("always there");
    (determination.name.clone(), determination.case.clone())
}

pub(super) async fn replay(server: &mut Server, name: &str) -> Result<pb::ReplayResponse, Status> {
    let replay = pb::ReplayRequest {
        determination: name.to_owned(),
    };
    server.audit.replay(replay).await.map(tonic::Response::into_inner)
}

async fn an_erased_identity_is_gone_and_everything_else_still_reads_and_replays(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    let before = server
        .read(&name)
        .await
        .expect("readable")
        .acknowledgement
        .expect("a record");
    assert_eq!(names(&before), ["identity", "facts", "determination", "frame"]);
    let (identity, _) = server.keys(&case).await;
    let hmacs = place
        .keys
        .person_names(&refused(1).input.expect("input").identity.expect("identity").persons[0].id_number)
        .registers;
    assert_eq!(server.store.persons(&hmacs).await.expect("readable").len(), 1);

    let erased = server
        .erase(50, &case, pb::CaseScope::Identity)
        .await
        .expect("its time is over");
    let record = erased.acknowledgement.expect("a record");
    proved(&place, &record.entry, &record.receipt);
    let documents = checked(&record);
    assert_eq!(documents[0].1["act"], "erase");
    assert_eq!(documents[0].1["basis"], "retention_expired");
    assert_eq!(documents[1].1["keys"], serde_json::json!([identity.key_ref]));
    assert_eq!(documents[1].1["case"], case);
    assert_eq!(erased.retained_until, day(2024, 8, 18));

    let (identity, content) = server.keys(&case).await;
    assert!(identity.wrapped.is_none() && identity.destroyed_ms.is_some());
    assert!(content.wrapped.is_some() && content.destroyed_ms.is_none());
    assert_eq!(server.store.persons(&hmacs).await.expect("readable"), []);
    assert_eq!(server.head(&case).await.erased, Some(CaseScope::Identity));

    let after = server
        .read(&name)
        .await
        .expect("still readable")
        .acknowledgement
        .expect("a record");
    assert_eq!(names(&after), ["facts", "determination", "frame"]);
    assert_eq!((&after.entry, &after.receipt), (&before.entry, &before.receipt));
    proved(&place, &after.entry, &after.receipt);
    assert!(replay(&mut server, &name).await.expect("a replay").equal);
    let again = server.decide(1).await;
    assert_eq!(
        names(&again.acknowledgement.expect("a record")),
        ["facts", "determination", "frame"]
    );
    let reviewed = pb::RecordFindingRequest {
        period: String::new(),
        ..finding(70, &name, &[pb::FindingOutcome::Correct])
    };
    let recorded = server.audit.record_finding(reviewed.clone()).await;
    let recorded = recorded.expect("what reads can be reviewed").into_inner();
    let retried = server.audit.record_finding(reviewed).await;
    assert_eq!(retried.expect("the first answer").into_inner(), recorded);
    let area = "340321".parse().expect("an area");
    let compared = server.app.compare_projection(area, |_| {}).await.expect("readable");
    assert_eq!((compared.cases_equal, compared.cases_different.len()), (1, 0));

    let mut next = refused(2);
    next.case = case.clone();
    let error = server
        .determinations
        .determine(next)
        .await
        .expect_err("nobody is known any more");
    assert_eq!(reason(&error), "ERASED");
    let retried = server
        .erase(50, &case, pb::CaseScope::Identity)
        .await
        .expect("the first answer");
    assert_eq!(retried.acknowledgement, Some(record));
    let error = server
        .erase(51, &case, pb::CaseScope::Identity)
        .await
        .expect_err("once is enough");
    assert_eq!(reason(&error), "ERASED");
}

async fn an_erased_case_answers_erased_with_its_receipt_to_reads_and_to_the_old_request(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    let record = decided.acknowledgement.expect("a record");
    let wrapped = server.keys(&case).await.1.wrapped.expect("not destroyed yet");
    let erased = server
        .erase(50, &case, pb::CaseScope::Case)
        .await
        .expect("its time is over");
    let (identity, content) = server.keys(&case).await;
    assert!(identity.wrapped.is_none() && content.wrapped.is_none());
    let head = server.head(&case).await;
    assert_eq!((head.erased, head.state.as_slice()), (Some(CaseScope::Case), &b""[..]));

    let mut errors = vec![
        server.read(&name).await.expect_err("erased"),
        replay(&mut server, &name).await.expect_err("erased"),
        server
            .determinations
            .determine(refused(1))
            .await
            .expect_err("the old request"),
    ];
    let get = pb::GetEntryRequest {
        area: "340321".to_owned(),
        index: record.index,
        include_documents: true,
        ..Default::default()
    };
    errors.push(
        server
            .audit
            .get_entry(get.clone())
            .await
            .expect_err("its documents are erased"),
    );
    for error in errors {
        assert_eq!(
            (error.code(), reason(&error).as_str()),
            (Code::FailedPrecondition, "ERASED")
        );
        proved(&place, &record.entry, &told(&error, "receipt"));
    }
    let bare = pb::GetEntryRequest {
        include_documents: false,
        ..get
    };
    let entry = server
        .audit
        .get_entry(bare)
        .await
        .expect("everybody may have it")
        .into_inner();
    assert_eq!(entry.acknowledgement.expect("a record").entry, record.entry);
    let list = pb::ListDeterminationsRequest {
        parent: case.clone(),
        ..Default::default()
    };
    let error = server
        .determinations
        .list_determinations(list)
        .await
        .expect_err("erased");
    let erasure = erased.acknowledgement.expect("a record");
    proved(&place, &erasure.entry, &told(&error, "receipt"));
    let area = "340321".parse().expect("an area");
    let compared = server.app.compare_projection(area, |_| {}).await.expect("readable");
    assert_eq!((compared.cases_erased, compared.cases_different.len()), (1, 0));
    let replayed = server.app.replay_log(area, |_, _| {}).await.expect("readable");
    assert_eq!((replayed.replayed, replayed.erased), (0, 1));
    not_on_disk(&place, &wrapped);
}

/// The bytes of a destroyed key stand in no file of SQLite; PostgreSQL's pages are its own business.
fn not_on_disk(place: &Place, wrapped: &[u8]) {
    let Some(path) = place.database.url.strip_prefix("sqlite:") else {
        return;
    };
    for suffix in ["", "-wal"] {
        let bytes = std::fs::read(format!("{path}{suffix}")).unwrap_or_default();
        assert!(
            !bytes.windows(wrapped.len()).any(|window| window == wrapped),
            "in {path}{suffix}"
        );
    }
}

async fn a_repeated_correction_of_an_erased_case_answers_with_the_receipt_of_the_correction(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    let correct = pb::CorrectRequest {
        request_id: request_id(60),
        determination: name,
        reason: "收入核算有误".to_owned(),
        input: refused(1).input,
        cause: pb::Cause::Correction as i32,
        ..Default::default()
    };
    let first = server.determinations.correct(correct.clone()).await;
    let first = first.expect("a correction").into_inner();
    let corrected = first.determination.clone().expect("always there").name;
    let again = server.determinations.correct(correct.clone()).await;
    assert_eq!(again.expect("the first answer").into_inner(), first);
    server
        .erase(50, &case, pb::CaseScope::Case)
        .await
        .expect("its time is over");
    let error = server.determinations.correct(correct).await.expect_err("erased");
    assert_eq!(reason(&error), "ERASED");
    assert_eq!(
        told(&error, "receipt"),
        first.acknowledgement.expect("recorded").receipt
    );
    let resource = error.get_details_resource_info().expect("what is erased");
    assert_eq!(resource.resource_name, corrected);
}

async fn nothing_is_erased_before_its_retention_date_and_the_error_names_it(database: TestDatabase) {
    let mut place = Place::new(database);
    place.duties.retention_years = Some(30);
    let (mut server, decided) = place.with_a_case().await;
    let (_, case) = parts(&decided);
    let kinds = server.kinds().await;
    let error = server
        .erase(50, &case, pb::CaseScope::Identity)
        .await
        .expect_err("too early");
    assert_eq!(
        (reason(&error).as_str(), told(&error, "retained_until").as_str()),
        ("RETAINED", "2051-08-18")
    );
    place.duties.retention_years = None;
    let mut unset = place.start().await;
    let error = unset
        .erase(51, &case, pb::CaseScope::Identity)
        .await
        .expect_err("no retention is set");
    assert_eq!(reason(&error), "CASE_STATE");

    // On the day itself it may be erased, a day before it may not.
    place.duties.retention_years = Some(1);
    let mut server = place.start().await;
    let seconds = SystemClock::new().now_ms().div_euclid(1000) + 8 * 3600;
    let today = Date::new(1970, 1, 1)
        .and_then(|day| day.plus_days(seconds.div_euclid(86_400)))
        .expect("a day");
    for (number, days, allowed) in [(2, 0, true), (3, 1, false)] {
        let on = today.plus_months(-12).and_then(|on| on.plus_days(days)).expect("a day");
        let (year, month, of_month) = on.civil();
        let mut request = refused(number);
        let input = request.input.as_mut().expect("input");
        input.decision_date = day(year, month, of_month);
        input.month = day(year, month, 0);
        let decided = server
            .determinations
            .determine(request)
            .await
            .expect("recorded")
            .into_inner();
        let (_, case) = parts(&decided);
        let erased = server.erase(60 + number, &case, pb::CaseScope::Identity).await;
        assert_eq!(erased.is_ok(), allowed, "{days}: {erased:?}");
    }
    let erasures = server
        .kinds()
        .await
        .into_iter()
        .filter(|kind| kind == "ERASURE")
        .count();
    assert_eq!((erasures, kinds.contains(&"ERASURE".to_owned())), (1, false));
}

async fn a_case_of_which_assistance_still_runs_is_not_erased(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, _) = place.with_a_case().await;
    let granted = server.determinations.determine(super::flow::determine(9)).await;
    let (_, case) = parts(&granted.expect("a determination").into_inner());
    let error = server
        .erase(50, &case, pb::CaseScope::Case)
        .await
        .expect_err("it is paid");
    assert_eq!(reason(&error), "CASE_STATE");
    assert!(!server.kinds().await.contains(&"ERASURE".to_owned()));
}

/// Brings a wrapped key back past every guard, as an operator does who restores a table.
async fn restore(place: &Place, key_ref: &str, wrapped: &[u8]) {
    let (off, on) = match place.database.dialect {
        Dialect::Sqlite => ("DROP TRIGGER IF EXISTS data_key_not_revived", None),
        Dialect::Postgres => (
            "ALTER TABLE data_key DISABLE TRIGGER ALL",
            Some("ALTER TABLE data_key ENABLE ALWAYS TRIGGER data_key_not_revived"),
        ),
    };
    let bytes = hex::encode(wrapped);
    let literal = match place.database.dialect {
        Dialect::Sqlite => format!("x'{bytes}'"),
        Dialect::Postgres => format!("'\\x{bytes}'::bytea"),
    };
    let back = format!("UPDATE data_key SET wrapped = {literal}, destroyed_ms = NULL WHERE key_ref = '{key_ref}'");
    for sql in [Some(off), Some(back.as_str()), on].into_iter().flatten() {
        place.database.execute(As::Owner, sql).await.expect("the owner");
    }
}

async fn a_start_destroys_again_what_a_backup_brought_back(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    let kept = server.keys(&case).await;
    server
        .erase(50, &case, pb::CaseScope::Case)
        .await
        .expect("its time is over");
    for key in [&kept.0, &kept.1] {
        restore(&place, &key.key_ref, key.wrapped.as_ref().expect("kept")).await;
    }
    assert!(server.keys(&case).await.1.wrapped.is_some(), "the backup is back");
    let error = server.read(&name).await.expect_err("the entry counts, not the key");
    assert_eq!(reason(&error), "ERASED");

    let next = place.start().await;
    assert_eq!(next.app.finish_erasures().await.expect("it may erase"), 2);
    let (identity, content) = next.keys(&case).await;
    assert!(identity.wrapped.is_none() && content.wrapped.is_none());
    assert_eq!(next.app.finish_erasures().await.expect("it may erase"), 0);
}

/// What keeps every key from being destroyed, as if the process ended right before, and what lets it happen again.
fn holding(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Sqlite => (
            "CREATE TRIGGER held BEFORE UPDATE ON data_key BEGIN SELECT RAISE(ABORT, 'held'); END",
            "DROP TRIGGER held",
        ),
        Dialect::Postgres => (
            "REVOKE UPDATE (wrapped, kek_id, destroyed_ms) ON data_key FROM doudi_eraser",
            "GRANT UPDATE (wrapped, kek_id, destroyed_ms) ON data_key TO doudi_eraser",
        ),
    }
}

/// Erases a case whose entry is recorded and whose keys are held; what releases them.
async fn cut_off(place: &Place, server: &mut Server, case: &str) -> &'static str {
    let (hold, release) = holding(place.database.dialect);
    place.database.execute(As::Owner, hold).await.expect("the owner");
    let error = server
        .erase(50, case, pb::CaseScope::Case)
        .await
        .expect_err("the keys are held");
    assert_eq!(reason(&error), "STORE_UNAVAILABLE");
    release
}

async fn a_crash_between_the_entry_and_the_keys_is_finished_by_the_next_start(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    let release = cut_off(&place, &mut server, &case).await;
    assert!(
        server.kinds().await.contains(&"ERASURE".to_owned()),
        "the entry is durable"
    );
    assert!(server.keys(&case).await.1.wrapped.is_some(), "the key is not destroyed");
    let error = server.read(&name).await.expect_err("the entry counts, not the key");
    assert_eq!(reason(&error), "ERASED");
    drop(server);

    place.database.execute(As::Owner, release).await.expect("the owner");
    let mut next = place.start().await;
    assert_eq!(next.app.finish_erasures().await.expect("it may erase"), 2);
    assert!(next.keys(&case).await.1.wrapped.is_none());
    let retried = next
        .erase(50, &case, pb::CaseScope::Case)
        .await
        .expect("the first answer");
    assert!(retried.acknowledgement.is_some());
}

async fn keys_that_a_failed_erasure_left_go_while_the_server_runs_and_the_case_is_sound_meanwhile(
    database: TestDatabase,
) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (_, case) = parts(&decided);
    let release = cut_off(&place, &mut server, &case).await;
    let area = "340321".parse().expect("an area");
    let log = server.store.log_of_area(area).await.expect("readable").expect("a log");
    let report = server.app.fsck(&log, &Plan::default(), |_| {}).await.expect("checked");
    assert_eq!(
        report.findings.kept(),
        [],
        "an erased case is no damage, its keys gone or not"
    );
    let compared = server.app.compare_projection(area, |_| {}).await.expect("readable");
    assert_eq!((compared.cases_erased, compared.cases_different.len()), (1, 0));

    place.database.execute(As::Owner, release).await.expect("the owner");
    let looking = tokio::spawn(write_own_entries(server.app.clone()));
    for _ in 0..500 {
        if server.keys(&case).await.1.wrapped.is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    looking.abort();
    let (identity, content) = server.keys(&case).await;
    assert!(
        identity.wrapped.is_none() && content.wrapped.is_none(),
        "nobody had to start anything"
    );
}

async fn a_case_is_kept_for_its_newest_finding(database: TestDatabase) {
    let place = Place::new(database);
    let (mut server, decided) = place.with_a_case().await;
    let (name, case) = parts(&decided);
    let reviewed = pb::RecordFindingRequest {
        period: String::new(),
        ..finding(70, &name, &[pb::FindingOutcome::Correct])
    };
    let recorded = server
        .audit
        .record_finding(reviewed)
        .await
        .expect("recorded")
        .into_inner();
    let entry = super::cases::entry_json(&recorded.acknowledgement.expect("recorded").entry);
    let logged = Date::in_shanghai(entry["logged"].as_i64().expect("seconds")).expect("a day");
    let until = logged.plus_months(36).expect("a day").to_string();
    let error = server
        .erase(50, &case, pb::CaseScope::Identity)
        .await
        .expect_err("what was found of it is younger than it");
    assert_eq!(
        (reason(&error), told(&error, "retained_until")),
        ("RETAINED".to_owned(), until)
    );
}
