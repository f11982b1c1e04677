//! How many decisions of a bundle are verified and decided again a second: `cargo bench --bench bundle`.
//!
//! The decisions are those of the golden corpus, repeated and sealed anew: every kind of case that was ever made a
//! test of, and with `applicants` only its households of three that apply. The design asks for 100,000 decisions a
//! second and core; `deploy/profiled/run bench bundle` measures a build by profile, as a release can be.
//! `verify` is the whole way on one thread and on every core; the others are its parts on one thread, so that one sees
//! where the time goes. On a shared machine the fastest pass of `one_tile` says what a core does that nobody else uses.
//! The peak of memory is printed for a small bundle and a large one: it must not grow with the bundle.
//! `DOUDI_BENCH_DECISIONS` sets the size.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot write its bundle must stop")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use doudi::app::bundle::{Ask, BundleLaws, TileFiles, TileRules, judge_tile, verify};
use doudi::canonical::Json;
use doudi::log::LogIndex;
use doudi::log::bundle::tar::TarReader;
use doudi::log::bundle::{LeafView, decode_documents};
use doudi::log::merkle::leaf_hash;
use doudi::log::tiles::{TILE_WIDTH, decode_bundle};

#[path = "../tests/bundle/synthetic.rs"]
mod synthetic;

use synthetic::{Corpus, ORIGIN, key, write};

/// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Decisions of the large bundle.
const DECISION_COUNT: u64 = 100_000;

/// The small one is so many times smaller.
const TIMES: u64 = 8;

struct Bundles {
    small: PathBuf,
    large: PathBuf,
    applicants: PathBuf,
    decisions: u64,
    corpus: Corpus,
    folder: tempfile::TempDir,
}

static BUNDLES: LazyLock<Bundles> = LazyLock::new(|| {
    let asked = std::env::var("DOUDI_BENCH_DECISIONS").ok();
    let decisions = asked.map_or(DECISION_COUNT, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let corpus = Corpus::read();
    let (small, large) = (folder.path().join("small.tar"), folder.path().join("large.tar"));
    write(&small, &corpus, decisions / TIMES, &|_, _| {});
    write(&large, &corpus, decisions, &|_, _| {});
    let applicants = folder.path().join("applicants.tar");
    let mut plain = Corpus::read();
    plain.shapes.retain(|shape| is_of_applicants(&shape.facts));
    write(&applicants, &plain, decisions, &|_, _| {});
    Bundles {
        small,
        large,
        applicants,
        decisions,
        corpus,
        folder,
    }
});

/// Whether a household of three applies that receives nothing yet.
fn is_of_applicants(facts: &[u8]) -> bool {
    let facts = Json::parse(facts).unwrap();
    let text = |group: &str, key: &str| facts.get(group)?.get(key)?.as_text();
    let members = facts.get("members").and_then(Json::as_list).map_or(0, <[Json]>::len);
    members == 3 && text("decision", "kind") == Some("determine") && text("history", "status") == Some("none")
}

fn verified(path: &Path, threads: usize, replay: bool) -> Duration {
    let keys = [key()];
    let ask = Ask {
        keys: &keys,
        policy: None,
        previous: None,
        samples: &[],
        threads,
        replay,
    };
    let begin = Instant::now();
    let report = verify(File::open(path).unwrap(), &ask, |_, _| {}).unwrap();
    assert!(report.is_good(), "{:?}", report.violations().kept());
    begin.elapsed()
}

/// Peak of the process's memory, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// Forgets the peak until now.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn main() {
    let bundles = &*BUNDLES;
    let size = |path: &Path| std::fs::metadata(path).unwrap().len() >> 20;
    for (path, count) in [
        (&bundles.small, bundles.decisions / TIMES),
        (&bundles.large, bundles.decisions),
    ] {
        forget_peak();
        let before = peak_kib();
        let took = verified(path, 1, true);
        let (mib, peak) = (size(path), peak_kib());
        println!("{count} decisions, {mib} MiB: {took:?} on one thread, peak {peak} KiB ({before} before)");
    }
    divan::main();
    // A static is never dropped, and its files are large.
    std::fs::remove_dir_all(BUNDLES.folder.path()).unwrap();
}

fn whole(bencher: Bencher<'_, '_>, path: &Path, threads: usize, replay: bool) {
    let count = ItemsCount::new(BUNDLES.decisions);
    bencher.counter(count).bench(|| verified(path, threads, replay));
}

fn every_core() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn verify_on_one_thread(bencher: Bencher<'_, '_>) {
    whole(bencher, &BUNDLES.large, 1, true);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn verify_on_every_core(bencher: Bencher<'_, '_>) {
    whole(bencher, &BUNDLES.large, every_core(), true);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn verify_applicants_on_one_thread(bencher: Bencher<'_, '_>) {
    whole(bencher, &BUNDLES.applicants, 1, true);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn verify_applicants_on_every_core(bencher: Bencher<'_, '_>) {
    whole(bencher, &BUNDLES.applicants, every_core(), true);
}

/// One tile out of a bundle, without the way to it: its fastest pass is what a core does that nobody else uses.
fn one_tile(bencher: Bencher<'_, '_>, path: &Path) {
    let laws = BundleLaws::new(&ORIGIN.parse().unwrap());
    let mut files = TileFiles {
        n: 1,
        width: TILE_WIDTH,
        ..TileFiles::default()
    };
    let mut tar = TarReader::new(File::open(path).unwrap());
    while let Some(member) = tar.next_file().unwrap() {
        let bytes = tar.take(u64::MAX).unwrap();
        match &*member.path {
            "documents/000" => {
                for document in decode_documents(&bytes).unwrap() {
                    laws.adopt(LogIndex::new(document.place.entry.into()).unwrap(), 0, document.content);
                }
            }
            "tile/entries/001" => files.entries = Some(bytes),
            "tile/0/001" => files.hashes = Some(bytes),
            "documents/001" => files.documents = Some(bytes),
            _ => {}
        }
    }
    let rules = TileRules {
        origin: ORIGIN,
        laws: &laws,
        identity: false,
        replay: true,
    };
    bencher.counter(ItemsCount::new(usize::from(TILE_WIDTH))).bench(|| {
        let result = judge_tile(black_box(&files), &rules);
        assert_eq!(result.violations.count(), 0, "{:?}", result.violations.kept());
        assert_eq!(result.replays.len(), usize::from(TILE_WIDTH));
        result
    });
}

#[divan::bench(sample_count = 400, sample_size = 1)]
fn one_tile_of_every_kind(bencher: Bencher<'_, '_>) {
    one_tile(bencher, &BUNDLES.large);
}

#[divan::bench(sample_count = 400, sample_size = 1)]
fn one_tile_of_applicants(bencher: Bencher<'_, '_>) {
    one_tile(bencher, &BUNDLES.applicants);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn without_deciding_again(bencher: Bencher<'_, '_>) {
    whole(bencher, &BUNDLES.large, 1, false);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn reading_the_tar(bencher: Bencher<'_, '_>) {
    let bundles = &*BUNDLES;
    bencher.counter(ItemsCount::new(bundles.decisions)).bench(|| {
        let mut tar = TarReader::new(std::io::BufReader::with_capacity(
            64 * 1024,
            File::open(&bundles.large).unwrap(),
        ));
        let mut bytes = 0;
        while tar.next_file().unwrap().is_some() {
            bytes += tar.take(u64::MAX).unwrap().len();
        }
        bytes
    });
}

/// The first tile of entries.
fn entries() -> Vec<Vec<u8>> {
    let mut tar = TarReader::new(File::open(&BUNDLES.small).unwrap());
    while let Some(member) = tar.next_file().unwrap() {
        if member.path.starts_with("tile/entries/") {
            let bytes = tar.take(u64::MAX).unwrap();
            return decode_bundle(&bytes)
                .unwrap()
                .into_iter()
                .skip(16)
                .map(<[u8]>::to_vec)
                .collect();
        }
    }
    unreachable!("a bundle has entries");
}

#[divan::bench]
fn hashing_an_entry(bencher: Bencher<'_, '_>) {
    each(bencher, &entries(), leaf_hash);
}

#[divan::bench]
fn reading_an_entry(bencher: Bencher<'_, '_>) {
    each(bencher, &entries(), |entry| LeafView::read(entry, ORIGIN).is_some());
}

fn facts() -> Vec<Vec<u8>> {
    BUNDLES.corpus.shapes.iter().map(|shape| shape.facts.clone()).collect()
}

#[divan::bench]
fn hashing_facts(bencher: Bencher<'_, '_>) {
    each(bencher, &facts(), leaf_hash);
}

#[divan::bench]
fn reading_facts_as_canonical_json(bencher: Bencher<'_, '_>) {
    each(bencher, &facts(), |facts| Json::parse_canonical(facts).is_ok());
}

fn each<T>(bencher: Bencher<'_, '_>, items: &[Vec<u8>], work: impl Fn(&[u8]) -> T) {
    bencher.counter(ItemsCount::new(items.len())).bench_local(|| {
        for item in items {
            black_box(work(black_box(item)));
        }
    });
}
