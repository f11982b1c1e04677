//! The fuzz targets over their corpus and a bounded number of mutations of it: what was found once is never lost, and
//! the promises of `fuzz/targets.rs` are tried in every run.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use targets::TARGETS;

/// Mutations of each file of a corpus.
const MUTATION_COUNT: u64 = 24;

/// The same in a long run.
const MUTATION_COUNT_LONG: u64 = 5_000;

/// Largest file that is mutated: a larger one is slow to read and rarely tells more.
const MUTATED_SIZE_MAX_BYTES: usize = 256 * 1024;

/// Words that the formats know: put into a file, they come further than any bytes.
const WORDS: [&[u8]; 16] = [
    b"\n\n",
    "\u{2014} ".as_bytes(),
    b"0",
    b"-1",
    b"18446744073709551616",
    b"x000/",
    b".p/255",
    b"{}",
    b"[]",
    b"\"v\":2",
    b"null",
    b"\xff\xfe",
    b"\x00",
    "如果".as_bytes(),
    b"quorum none\n",
    b"c2sp.org/tlog-proof@v1\n",
];

/// Splitmix64: a sequence that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap_or_default()
    }
}

fn mutated(bytes: &[u8], others: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut made = bytes.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(made.len() + 1);
        let end = (at + 1 + numbers.below(16)).min(made.len());
        match numbers.below(7) {
            0 if at < made.len() => made[at] ^= 1 << numbers.below(8),
            1 if at < made.len() => made[at] = u8::try_from(numbers.below(256)).unwrap_or_default(),
            2 => drop(made.drain(at..end)),
            3 => {
                let word = WORDS[numbers.below(WORDS.len())];
                made.splice(at..at, word.iter().copied());
            }
            4 => {
                let copied = made[at..end].to_vec();
                let to = numbers.below(made.len() + 1);
                made.splice(to..to, copied);
            }
            5 => made.truncate(at),
            _ => {
                let other = &others[numbers.below(others.len())];
                let from = numbers.below(other.len() + 1);
                made.truncate(at);
                made.extend_from_slice(&other[from..]);
            }
        }
    }
    made
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.expect("readable").path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let bytes = fs::read(&path).expect("readable");
            (path, bytes)
        })
        .collect()
}

/// Runs one target over a file and its mutations; the input that breaks a promise is written beside the test's output.
fn tried(name: &str, target: targets::Target, bytes: &[u8]) {
    let caught = std::panic::catch_unwind(|| target(bytes));
    if caught.is_err() {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
        fs::write(&path, bytes).expect("writable");
        panic!(
            "{name} breaks its promise on {}: make it a file of fuzz/corpus/{name}",
            path.display()
        );
    }
}

fn run(name: &str) {
    let (_, target) = TARGETS.into_iter().find(|(known, _)| *known == name).expect("a target");
    let files = corpus(name);
    assert!(files.len() >= 2, "a corpus holds something good and something bad");
    let all: Vec<Vec<u8>> = files.iter().map(|(_, bytes)| bytes.clone()).collect();
    let long = std::env::var("DOUDI_TEST_LONG").is_ok_and(|long| !long.is_empty());
    let count = if long { MUTATION_COUNT_LONG } else { MUTATION_COUNT };
    let mut numbers = Numbers(u64::try_from(name.len()).unwrap_or_default());
    for bytes in &all {
        tried(name, target, bytes);
        if bytes.len() <= MUTATED_SIZE_MAX_BYTES {
            for _ in 0..count {
                tried(name, target, &mutated(bytes, &all, &mut numbers));
            }
        }
    }
}

macro_rules! each {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*

        #[test]
        fn every_target_is_tried_here_and_has_a_fuzz_target() {
            let tried: Vec<&str> = vec![$(stringify!($name)),*];
            assert_eq!(tried, TARGETS.map(|(name, _)| name));
            for name in tried {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
                let text = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).expect("a fuzz target");
                assert!(text.contains(&format!("targets::{name}")), "{name}");
                let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("readable");
                assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
            }
        }
    };
}

each!(
    acknowledgement,
    add_checkpoint,
    bundle,
    entry,
    entry_bundle,
    json,
    note,
    policy,
    proof,
    receipt,
    sample,
    sealed,
    tile_path,
    trust_policy,
);
