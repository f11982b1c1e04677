//! The same files in a folder: written once, added to, never written again, and read by the verifiers of others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doudi::app::export::{ExportError, Exported, export};

use super::client::Files;
use super::synthetic::Synthetic;
use super::{LARGE_SIZES, SMALL_SIZES, folder, oracles, public, synthetic};

async fn exported(log: &Synthetic, folder: &Path, check_all: bool) -> Result<Exported, ExportError> {
    let done = export(&public(log), &log.log, folder, check_all, |_, _| {}).await;
    done.map(|exported| exported.expect("the log has entries"))
}

fn files(folder: &Path) -> Files {
    Files::Folder(folder.join("340321/1"))
}

/// Every file below a folder with the time of its last change.
fn all(folder: &Path) -> BTreeMap<PathBuf, std::time::SystemTime> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            found.insert(path.clone(), path.metadata().unwrap().modified().unwrap());
        }
    }
    found
}

#[tokio::test]
async fn every_run_adds_what_is_new_and_verifiers_of_others_accept_each() {
    let (database, target) = (folder(), folder());
    let mut log = synthetic(&database).await;
    let vkey = log.signer.verifier_key().to_string();
    let mut before = None;
    for size in SMALL_SIZES.iter().chain(&LARGE_SIZES) {
        log.grow(*size).await;
        let there = all(target.path());
        let done = exported(&log, target.path(), false).await.unwrap();
        assert_eq!((done.size.get(), done.root), (*size, log.root()));
        let now = all(target.path());
        for (path, changed) in &there {
            let is_checkpoint = path.ends_with("checkpoint");
            assert_eq!(now[path] == *changed, !is_checkpoint, "{}", path.display());
        }
        assert_eq!(
            done.written,
            (now.len() - there.len()) as u64 + u64::from(!there.is_empty())
        );
        before = Some(oracles::verify(&files(target.path()), &vkey, before.as_ref()));
    }
    assert!(
        all(target.path())
            .keys()
            .all(|path| !path.to_string_lossy().contains("unfinished"))
    );
}

#[tokio::test]
async fn a_run_without_anything_new_writes_nothing_and_can_compare_all() {
    let (database, target) = (folder(), folder());
    let mut log = synthetic(&database).await;
    log.grow(300).await;
    let first = exported(&log, target.path(), false).await.unwrap();
    assert_eq!((first.before.get(), first.written), (0, 6));
    let there = all(target.path());
    let again = exported(&log, target.path(), false).await.unwrap();
    assert_eq!((again.before.get(), again.written), (300, 0));
    let whole = exported(&log, target.path(), true).await.unwrap();
    assert_eq!((whole.written, whole.kept), (0, 6));
    assert_eq!(all(target.path()), there);
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_finished_by_the_next() {
    let (database, target) = (folder(), folder());
    let mut log = synthetic(&database).await;
    log.grow(300).await;
    exported(&log, target.path(), false).await.unwrap();
    std::fs::remove_file(target.path().join("340321/1/checkpoint")).unwrap();
    std::fs::remove_file(target.path().join("340321/1/tile/0/000")).unwrap();
    let done = exported(&log, target.path(), false).await.unwrap();
    assert_eq!((done.before.get(), done.written, done.kept), (0, 2, 4));
}

#[tokio::test]
async fn a_file_that_differs_stops_the_export_and_is_left_alone() {
    let (database, target) = (folder(), folder());
    let mut log = synthetic(&database).await;
    log.grow(300).await;
    exported(&log, target.path(), false).await.unwrap();
    let tile = target.path().join("340321/1/tile/0/000");
    std::fs::write(&tile, b"other").unwrap();
    assert!(
        exported(&log, target.path(), false).await.is_ok(),
        "only what may be new is looked at"
    );
    let refused = exported(&log, target.path(), true).await;
    assert!(matches!(refused, Err(ExportError::Differs(path)) if path == tile));
    assert_eq!(std::fs::read(&tile).unwrap(), b"other");
}

#[tokio::test]
async fn a_folder_that_shows_more_or_another_history_is_not_touched() {
    let (database, backup, target) = (folder(), folder(), folder());
    let mut log = synthetic(&database).await;
    log.grow(300).await;
    exported(&log, target.path(), false).await.unwrap();
    let there = all(target.path());
    let mut older = synthetic(&backup).await;
    older.grow(299).await;
    let refused = exported(&older, target.path(), false).await;
    let Err(ExportError::Forked { shown, held, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((shown.get(), held.get()), (300, 299));

    let note = target.path().join("340321/1/checkpoint");
    let other = std::fs::read_to_string(&note)
        .unwrap()
        .replacen("/340321/1\n", "/340321/2\n", 1);
    std::fs::write(&note, other).unwrap();
    assert!(matches!(
        exported(&log, target.path(), false).await,
        Err(ExportError::Stranger { .. })
    ));
    assert_eq!(all(target.path()).len(), there.len());
}
