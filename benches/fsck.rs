//! How many entries fsck checks a second: `cargo bench --bench fsck`.
//!
//! F0 to F5 of one log in SQLite, of entries as large as those of decisions. The figure that the design asks for is
//! 200,000 entries a second. Beside it, in the same run: what reading the rows alone takes, and what hashing alone
//! takes on one core, so that the ratio says what the checks cost on top.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot write its log must stop")]

use std::sync::{Arc, LazyLock};

use divan::Bencher;
use divan::counter::ItemsCount;
use doudi::app::fsck::{Plan, Sample, check_public};
use doudi::log::Hash;
use doudi::log::fsck::{Level, check_leaves};
use doudi::log::note::VerifierKey;
use doudi::store::{EntryRow, LogRow, Store};
use tokio::runtime::Runtime;

#[path = "../tests/whole_log/synthetic.rs"]
mod synthetic;

/// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Entries of the log.
const ENTRY_COUNT: u64 = 200_000;

/// Entries of one commit, as under load: each has a checkpoint with its signature.
const COMMIT_ENTRY_COUNT: u64 = 128;

struct Log {
    runtime: Runtime,
    store: Arc<dyn Store>,
    log: LogRow,
    keys: Vec<VerifierKey>,
    root: Hash,
    folder: tempfile::TempDir,
}

static LOG: LazyLock<Log> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("bench.sqlite").display());
    let (log, keys, root) = runtime.block_on(async {
        let mut log = synthetic::Synthetic::open(&url, "doudi.example/340321/1").await;
        while log.size() < ENTRY_COUNT {
            log.grow(ENTRY_COUNT.min(log.size() + COMMIT_ENTRY_COUNT)).await;
        }
        (log.log.clone(), log.keys(), log.root())
    });
    let store = runtime.block_on(doudi::store::open_read_only(&url)).unwrap();
    Log {
        runtime,
        store,
        log,
        keys,
        root,
        folder,
    }
});

fn main() {
    LazyLock::force(&LOG);
    divan::main();
    // A static is never dropped, and its files are large.
    std::fs::remove_dir_all(LOG.folder.path()).unwrap();
}

async fn read(log: &Log, from: u64) -> Vec<EntryRow> {
    let to = ENTRY_COUNT.min(from + doudi::store::RANGE_ROW_COUNT_MAX);
    log.store.entries_between(log.log.log_id, from, to).await.unwrap()
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn f0_to_f5(bencher: Bencher<'_, '_>) {
    let plan = Plan {
        to: Level::Signatures,
        sample: Sample::Nothing,
        ..Plan::default()
    };
    bencher.counter(ItemsCount::new(ENTRY_COUNT)).bench(|| {
        let checked = check_public(&LOG.store, &LOG.log, &LOG.keys, &plan, |_| {});
        let report = LOG.runtime.block_on(checked).unwrap();
        assert_eq!((report.failed(), report.root), (None, LOG.root));
    });
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn reading_alone(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(ENTRY_COUNT)).bench(|| {
        LOG.runtime.block_on(async {
            let mut count = 0;
            while count < ENTRY_COUNT {
                count += read(&LOG, count).await.len() as u64;
            }
            count
        })
    });
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn hashing_alone_on_one_core(bencher: Bencher<'_, '_>) {
    let rows = LOG.runtime.block_on(read(&LOG, 0));
    let rounds = ENTRY_COUNT / rows.len() as u64;
    bencher.counter(ItemsCount::new(rounds * rows.len() as u64)).bench(|| {
        (0..rounds)
            .map(|_| {
                check_leaves(0, rows.len() as u64, divan::black_box(&rows))
                    .findings
                    .len()
            })
            .sum::<usize>()
    });
}
