//! The tiles of a bundle put together in their order: the tree, the times, the counts, and who was opened.

use std::collections::{BTreeMap, BTreeSet};

use super::super::result::ReplayDifference;
use super::finding::FindingRead;
use super::public::OpeningSays;
use super::tile::{Replay, TileResult};
use super::violation::{Code, Violations};
use crate::log::merkle::root_of;
use crate::log::sample::Logged;
use crate::log::tiles::{TILE_HEIGHT, TILE_WIDTH, TileId, Tiles, tile_root};
use crate::log::{Erasures, Hash, LogIndex, TreeSize};

/// Differences that a report names one by one.
const DIFFERENCE_COUNT_MAX: usize = 100;

/// Decisions by an older law that are named one by one: enough to find what they have in common.
const OLDER_LAW_COUNT_MAX: usize = 20;

/// Findings that a report lists: more than any audit reviews.
const FINDING_COUNT_MAX: usize = 100_000;

/// A set of entries: a bit each, so that a log of a hundred million decisions needs a few MiB.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn insert(&mut self, index: LogIndex) {
        let at = usize::try_from(index.get() / 64).unwrap_or(usize::MAX);
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (index.get() % 64);
    }

    pub(super) fn holds(&self, index: LogIndex) -> bool {
        let word = usize::try_from(index.get() / 64).ok().and_then(|at| self.0.get(at));
        word.is_some_and(|word| word >> (index.get() % 64) & 1 == 1)
    }

    /// The members, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = LogIndex> + '_ {
        let words = self.0.iter().zip(0_u64..);
        words.flat_map(|(word, at)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.filter_map(move |bit| LogIndex::new(at * 64 + bit).ok())
        })
    }
}

/// What the tiles say together.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) violations: Violations,
    /// Entries of which the leaf hashes are known.
    pub(super) entries: u64,
    pub(super) kinds: BTreeMap<String, u64>,
    pub(super) documents: BTreeMap<String, u64>,
    pub(super) document_bytes: u64,
    pub(super) logged: Option<(i64, i64)>,
    pub(super) decisions: u64,
    pub(super) decided: Bits,
    pub(super) opened: Bits,
    /// Decisions and findings of which something sealed with the key of their case is opened.
    pub(super) readable: Bits,
    pub(super) opened_count: u64,
    pub(super) different: BTreeSet<LogIndex>,
    pub(super) different_count: u64,
    pub(super) laws: BTreeMap<Hash, u64>,
    pub(super) engines: BTreeMap<String, u64>,
    pub(super) sample_values: BTreeMap<String, u64>,
    /// The first decisions by a law that had been replaced long before they were logged.
    pub(super) by_older_law: Vec<LogIndex>,
    pub(super) by_older_law_count: u64,
    pub(super) causes: BTreeMap<&'static str, u64>,
    pub(super) differences: Vec<(LogIndex, ReplayDifference)>,
    pub(super) samples: Vec<Logged>,
    pub(super) selections: BTreeMap<LogIndex, Vec<u8>>,
    pub(super) findings: Vec<(LogIndex, FindingRead)>,
    /// FINDING entries whose document is not opened.
    pub(super) unopened_findings: Vec<LogIndex>,
    pub(super) openings: BTreeMap<LogIndex, OpeningSays>,
    pub(super) erasures: Erasures,
    /// Leaf hashes that receipts need.
    pub(super) leaves: BTreeMap<LogIndex, Hash>,
    /// Hashes of level 8, 16 ... of the tree, those of full tiles.
    levels: Vec<Vec<Hash>>,
    /// Leaf hashes of the tiles in which roots are asked for.
    edges: BTreeMap<u64, Vec<Hash>>,
    /// A tile whose hashes are not known: no root follows any more.
    broken: bool,
}

/// What is to be kept of a tile beside the counts.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Tiles in which roots are asked for.
    pub(super) edges: BTreeSet<u64>,
    /// Entries whose receipts are in the bundle.
    pub(super) receipts: BTreeSet<LogIndex>,
}

fn add<K: Ord>(to: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *to.entry(key).or_default() += count;
    }
}

impl Folded {
    /// Takes the next tile.
    pub(super) fn take(&mut self, tile: TileResult, wanted: &Wanted) {
        let first = tile.n * u64::from(TILE_WIDTH);
        match tile.leaves {
            Some(leaves) => {
                self.entries += leaves.len() as u64;
                let end = first + leaves.len() as u64;
                let in_tile = |index: &&LogIndex| (first..end).contains(&index.get());
                for index in wanted.receipts.iter().filter(in_tile) {
                    let at = usize::try_from(index.get() - first).unwrap_or_default();
                    self.leaves.insert(*index, leaves[at]);
                }
                self.tree(tile.n, leaves, wanted);
            }
            None => self.broken = true,
        }
        if let (Some((_, before)), Some((after, _))) = (self.logged, tile.logged)
            && after < before
        {
            let place = format!("entry {first}");
            self.violations
                .add(Code::Time, place, "is logged earlier than the one before");
        }
        let begin = self.logged.map(|(begin, _)| begin);
        self.logged = tile
            .logged
            .map(|(first, last)| (begin.unwrap_or(first), last))
            .or(self.logged);
        self.violations.extend(tile.violations);
        add(&mut self.kinds, tile.kinds);
        add(&mut self.documents, tile.documents);
        add(&mut self.laws, tile.laws);
        add(&mut self.engines, tile.engines);
        add(&mut self.sample_values, tile.sample_values);
        add(&mut self.causes, tile.causes);
        self.document_bytes += tile.document_bytes;
        self.decisions += tile.decisions.len() as u64;
        tile.decisions.iter().for_each(|index| self.decided.insert(*index));
        tile.readable.iter().for_each(|index| self.readable.insert(*index));
        for (index, replay) in tile.replays {
            self.opened.insert(index);
            self.opened_count += 1;
            if replay == Replay::Different {
                self.different_count += 1;
                if self.different.len() < FINDING_COUNT_MAX {
                    self.different.insert(index);
                }
            }
        }
        self.by_older_law_count += tile.by_older_law.len() as u64;
        let room = OLDER_LAW_COUNT_MAX.saturating_sub(self.by_older_law.len());
        self.by_older_law.extend(tile.by_older_law.into_iter().take(room));
        let room = DIFFERENCE_COUNT_MAX.saturating_sub(self.differences.len());
        self.differences.extend(tile.differences.into_iter().take(room));
        self.samples.extend(tile.samples);
        self.selections.extend(tile.selections);
        let room = FINDING_COUNT_MAX.saturating_sub(self.findings.len());
        self.findings.extend(tile.findings.into_iter().take(room));
        let room = FINDING_COUNT_MAX.saturating_sub(self.unopened_findings.len());
        let unopened = tile.unopened_findings.into_iter();
        self.unopened_findings.extend(unopened.take(room));
        self.openings.extend(tile.openings);
        for (index, erasure) in tile.erasures {
            if !self.erasures.add(index, &erasure) {
                let place = format!("document erasure of entry {index}");
                self.violations
                    .add(Code::Document, place, "is no act on a case or its identity");
            }
        }
    }

    fn tree(&mut self, n: u64, leaves: Vec<Hash>, wanted: &Wanted) {
        if let Ok(full) = <&[Hash; TILE_WIDTH as usize]>::try_from(&leaves[..]) {
            self.push(0, tile_root(full));
        }
        if wanted.edges.contains(&n) {
            self.edges.insert(n, leaves);
        }
    }

    /// Adds the hash of a full tile of a level, and that of the tile above which it may complete.
    fn push(&mut self, level: usize, hash: Hash) {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        self.levels[level].push(hash);
        let hashes = &self.levels[level];
        if hashes.len().is_multiple_of(usize::from(TILE_WIDTH)) {
            let last = hashes.last_chunk::<{ TILE_WIDTH as usize }>().map(tile_root);
            if let Some(above) = last {
                self.push(level + 1, above);
            }
        }
    }

    /// The root of the tree at a size; none where a tile is not known.
    pub(super) fn root_at(&self, size: TreeSize) -> Option<Hash> {
        if self.broken || size.get() > self.entries {
            return None;
        }
        let mut tiles = Tiles::default();
        let in_edge = usize::try_from(size.get() % u64::from(TILE_WIDTH)).ok()?;
        if in_edge > 0 {
            let n = size.get() / u64::from(TILE_WIDTH);
            let leaves = self.edges.get(&n)?.get(..in_edge)?;
            tiles.insert(TileId { level: 0, n }, leaves.to_vec()).ok()?;
        }
        for (hashes, level) in self.levels.iter().zip(1_u8..) {
            let count = size.get() >> (u32::from(level) * u32::from(TILE_HEIGHT));
            let n = count / u64::from(TILE_WIDTH);
            let from = usize::try_from(n * u64::from(TILE_WIDTH)).ok()?;
            let to = usize::try_from(count).ok()?;
            if from < to {
                tiles.insert(TileId { level, n }, hashes.get(from..to)?.to_vec()).ok()?;
            }
        }
        root_of(&tiles, size).ok()
    }

    /// The hashes of a tile above the leaves, as the tree has them; none where a tile is not known.
    pub(super) fn hashes_of(&self, level: u8, n: u64, width: u16) -> Option<Vec<u8>> {
        if self.broken {
            return None;
        }
        let hashes = self.levels.get(usize::from(level).checked_sub(1)?)?;
        let from = usize::try_from(n * u64::from(TILE_WIDTH)).ok()?;
        let hashes = hashes.get(from..from + usize::from(width))?;
        Some(hashes.iter().flat_map(|hash| *hash.as_bytes()).collect())
    }

    /// Keeps the leaf hashes of a tile, for a root that is asked for later.
    pub(super) fn keep_edge(&mut self, n: u64, leaves: Vec<Hash>) {
        self.edges.insert(n, leaves);
    }
}
