//! fsck of sound logs: nothing is found, every level looks at everything, and a growing log raises no false alarm.

use doudi::app::fsck::{KeptHead, LevelState, Plan, Report, Sample, check_public};
use doudi::log::TreeSize;
use doudi::log::fsck::Level;

use super::damage::{Copy, login, new_postgres};
use super::synthetic::Synthetic;
use super::{LARGE_SIZES, SMALL_SIZES, folder, synthetic};

/// What anybody can check.
pub fn public_plan() -> Plan {
    Plan {
        to: Level::Signatures,
        sample: Sample::Nothing,
        ..Plan::default()
    }
}

pub async fn checked(log: &Synthetic, plan: &Plan) -> Report {
    check_public(&log.store, &log.log, &log.keys(), plan, |_| {})
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sound_log_is_sound_at_every_edge_and_everything_was_looked_at() {
    let folder = folder();
    let mut log = synthetic(&folder).await;
    let mut checkpoints = 0;
    for size in SMALL_SIZES.iter().chain(&[1023, 1024, 1025]).chain(&LARGE_SIZES) {
        log.grow(*size).await;
        checkpoints += 1;
        let report = checked(&log, &public_plan()).await;
        assert_eq!(report.findings.kept(), [], "at {size}");
        assert_eq!((report.size.get(), report.root), (*size, log.root()));
        let tiles = size / 256 + size / 65_536;
        let looked_at: Vec<u64> = report.levels[..6].iter().map(|level| level.checked).collect();
        assert_eq!(looked_at, [*size, *size, tiles, 1, checkpoints, checkpoints]);
        assert!(report.levels[..6].iter().all(|level| level.state == LevelState::Passed));
        assert!(
            report.levels[6..]
                .iter()
                .all(|level| matches!(level.state, LevelState::Skipped(_)))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_without_entries_is_sound() {
    let folder = folder();
    let log = synthetic(&folder).await;
    assert_eq!(checked(&log, &public_plan()).await.failed(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_grows_while_it_is_checked_raises_no_alarm() {
    let folder = folder();
    let mut log = synthetic(&folder).await;
    log.grow(2000).await;
    let (store, row, keys, plan) = (log.store.clone(), log.log.clone(), log.keys(), public_plan());
    let checking = tokio::spawn(async move {
        for _ in 0..20 {
            let report = check_public(&store, &row, &keys, &plan, |_| {}).await.unwrap();
            assert_eq!(report.findings.kept(), []);
        }
    });
    while !checking.is_finished() && log.size() < 60_000 {
        log.grow(log.size() + 37).await;
    }
    checking.await.unwrap();
}

fn kept(log: &Synthetic) -> KeptHead {
    KeptHead {
        keeper: "an auditor".to_owned(),
        size: TreeSize::new(log.size()).unwrap(),
        root: log.root(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_head_is_found_in_the_log_that_grew_out_of_it() {
    let folder = folder();
    let mut log = synthetic(&folder).await;
    let mut plan = Plan {
        to: Level::Witnesses,
        ..public_plan()
    };
    log.grow(300).await;
    let skipped = checked(&log, &plan).await;
    assert!(
        matches!(skipped.levels[8].state, LevelState::Skipped(_)),
        "nobody keeps a head"
    );
    plan.kept.push(kept(&log));
    log.grow(700).await;
    plan.kept.push(kept(&log));
    let report = checked(&log, &plan).await;
    assert_eq!(report.findings.kept(), []);
    assert_eq!(
        (report.levels[8].state, report.levels[8].checked),
        (LevelState::Passed, 2)
    );
}

/// Whoever checks writes nothing, whatever the login could do.
async fn takes_no_writes(url: &str) {
    use doudi::store::{Column, Insert};
    let store = doudi::store::open_read_only(url).await.unwrap();
    let written = match store.begin().await {
        Err(_) => false,
        Ok(mut transaction) => {
            let columns = vec![Column::Ints(vec![1]), Column::Ints(vec![1])];
            let table = "log_head (log_id, size)";
            transaction.insert(vec![Insert::new(table, columns)]).await.is_ok()
        }
    };
    assert!(!written);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_with_a_login_that_only_reads_checks_a_postgresql_log() {
    let url = new_postgres("template0").await;
    let mut log = Synthetic::open(&url, super::ORIGIN).await;
    log.grow(300).await;
    let auditor = login(&url, "doudi_reader").await;
    log.store = doudi::store::open_read_only(&auditor).await.unwrap();
    let plan = Plan {
        to: Level::Witnesses,
        kept: vec![kept(&log)],
        ..public_plan()
    };
    let report = checked(&log, &plan).await;
    assert_eq!(report.findings.kept(), []);
    assert_eq!(report.levels[5].checked, 1);
    takes_no_writes(&url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_file_that_may_only_be_read_is_checked() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let mut log = synthetic(&folder).await;
    log.grow(300).await;
    let copy = Copy::of(&format!("sqlite:{}", folder.path().join("doudi.sqlite").display())).await;
    let path = copy.url.trim_start_matches("sqlite:");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).unwrap();
    log.store = doudi::store::open_read_only(&copy.url).await.unwrap();
    assert_eq!(checked(&log, &public_plan()).await.findings.kept(), []);
    takes_no_writes(&copy.url).await;
}
