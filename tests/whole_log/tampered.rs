//! The owner of a real database drops its triggers and changes rows: each change, and the level that sees it first.
//!
//! `tampers.rs` is the table, `table.rs` its form for auditors.

use std::sync::Arc;

use doudi::app::fsck::{KeptHead, LevelState, Plan, Report, Sample};
use doudi::log::fsck::Level;
use doudi::log::keys::KeyRing;

use super::damage::{Copy, new_postgres};
use super::real::{AREA, Real, app_over};
use super::tampers::{TAMPERS, Tamper};
use super::whole::{checked, public_plan};
use super::{folder, synthetic};

/// Up to a level: what lies above it cannot see it first.
fn plan_to(level: Level) -> Plan {
    Plan {
        to: level,
        sample: Sample::Nothing,
        ..Plan::default()
    }
}

/// Checks a database with the service's keys, reading only.
pub async fn fsck(url: &str, ring: &KeyRing, plan: &Plan) -> Report {
    let store = doudi::store::open_read_only(url).await.unwrap();
    let log = store.log_of_area(AREA.parse().unwrap()).await.unwrap().unwrap();
    let report = app_over(Arc::clone(&store), ring)
        .fsck(&log, plan, |_| {})
        .await
        .unwrap();
    store.close().await;
    report
}

/// All changes on SQLite, where a check takes a second; on PostgreSQL two of each level, and all with `--long`.
fn chosen(url: &str) -> Vec<&'static Tamper> {
    let long = std::env::var_os("DOUDI_TEST_LONG").is_some_and(|long| !long.is_empty());
    let is_early = |tamper: &&'static Tamper| {
        let mut of_level = TAMPERS.iter().filter(|other| other.level == tamper.level).take(2);
        of_level.any(|other| other.what == tamper.what)
    };
    let all = url.starts_with("sqlite:") || long;
    TAMPERS.iter().filter(|tamper| all || is_early(tamper)).collect()
}

/// A sound database is sound, and every change of the table is seen where the table says.
async fn each_change_is_seen(url: &str) {
    let real = Real::decided(url).await;
    let log = real.log().await;
    let last = real.size().await - 1;
    let (lone, case) = real.lone().await;
    real.store.close().await;

    let all = Plan::default();
    let report = fsck(url, &real.ring, &all).await;
    assert_eq!(report.findings.kept(), [], "a sound log");
    let sound = |level: Level| report.levels[usize::from(level.number())];
    assert!(
        Level::ALL
            .iter()
            .all(|level| *level == Level::Witnesses || sound(*level).state == LevelState::Passed)
    );
    assert!(
        sound(Level::Replay).checked > 200,
        "{} determinations",
        sound(Level::Replay).checked
    );

    let name = |text: &str| {
        text.replace("{L}", &log.log_id.to_string())
            .replace("{J}", &(lone - 1).to_string())
            .replace("{K}", &lone.to_string())
            .replace("{A}", &(last - 1).to_string())
            .replace("{LAST}", &last.to_string())
            .replace("{CASE}", &case)
    };
    let mut wrong = Vec::new();
    let copy = Copy::of(url).await;
    copy.save(&TAMPERS.iter().map(Tamper::table).collect()).await;
    for tamper in chosen(url) {
        let statements: Vec<String> = tamper.statements.iter().map(|statement| name(statement)).collect();
        copy.run(&statements.iter().map(String::as_str).collect::<Vec<_>>())
            .await;
        let report = fsck(&copy.url, &real.ring, &plan_to(tamper.level)).await;
        copy.restore(tamper.table()).await;
        let place = name(tamper.place);
        let first = report
            .findings
            .kept()
            .iter()
            .find(|finding| Some(finding.level) == report.failed());
        let seen = first.map(|finding| (finding.level, finding.place.to_string()));
        if seen != Some((tamper.level, place.clone())) {
            wrong.push(format!(
                "{}: {:?}",
                tamper.what,
                report
                    .findings
                    .kept()
                    .iter()
                    .take(4)
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
            ));
        }
    }
    assert_eq!(
        fsck(&copy.url, &real.ring, &plan_to(Level::Projections)).await.failed(),
        None,
        "restored"
    );
    copy.remove().await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_to_a_sqlite_database_is_seen_by_its_level() {
    let folder = folder();
    let url = format!("sqlite:{}", folder.path().join("doudi.sqlite").display());
    each_change_is_seen(&url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_to_a_postgresql_database_are_seen_by_their_level() {
    each_change_is_seen(&new_postgres("template0").await).await;
}

/// A head of a log that somebody kept.
fn kept(size: doudi::log::TreeSize, root: doudi::log::Hash) -> Vec<KeptHead> {
    vec![KeptHead {
        keeper: "an auditor".to_owned(),
        size,
        root,
    }]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_backup_is_seen_by_whoever_kept_a_head_and_by_nobody_else() {
    let folder = folder();
    let mut log = synthetic(&folder).await;
    log.grow(300).await;
    let backup = Copy::of(&format!("sqlite:{}", folder.path().join("doudi.sqlite").display())).await;
    log.grow(400).await;
    let plan = Plan {
        to: Level::Witnesses,
        kept: kept(doudi::log::TreeSize::new(400).unwrap(), log.root()),
        ..public_plan()
    };
    log.store = doudi::store::open_read_only(&backup.url).await.unwrap();
    assert_eq!(
        checked(&log, &public_plan()).await.failed(),
        None,
        "the backup is sound in itself"
    );
    let report = checked(&log, &plan).await;
    assert_eq!(report.failed(), Some(Level::Witnesses));
    assert_eq!(
        report.findings.kept()[0].place.to_string(),
        "head of size 400 kept by an auditor"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tree_computed_anew_and_signed_with_the_real_key_is_seen_by_whoever_kept_a_head() {
    let (first, second) = (folder(), folder());
    let mut log = synthetic(&first).await;
    log.grow(300).await;
    let mut rewritten = synthetic(&second).await;
    rewritten.engine = "doudi/0.1.1";
    rewritten.grow(350).await;
    let plan = Plan {
        to: Level::Witnesses,
        kept: kept(doudi::log::TreeSize::new(300).unwrap(), log.root()),
        ..public_plan()
    };
    assert_eq!(
        checked(&rewritten, &public_plan()).await.failed(),
        None,
        "the rewritten log is sound in itself"
    );
    let report = checked(&rewritten, &plan).await;
    assert_eq!(report.failed(), Some(Level::Witnesses));
    assert_eq!(report.findings.kept()[0].problem.code(), "FORKED");
}
