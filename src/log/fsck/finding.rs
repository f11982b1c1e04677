//! What a check found: at which level, where, and what is wrong.

use std::fmt;

use super::problem::Problem;
use crate::log::TreeSize;
use crate::log::tiles::{TILE_WIDTH, TileId, TileKind, TilePath};

/// Findings of one level that are kept; further ones are counted. One edited leaf breaks every later checkpoint, and
/// nobody reads the ten-thousandth.
pub const FINDING_COUNT_MAX: usize = 100;

/// A level of checks, in the order in which they build on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// F0: every index has one entry, and there are as many as the head says.
    Contiguity,
    /// F1: each entry's leaf hash is that of its bytes.
    Leaves,
    /// F2: the tiles hold the hashes of the tree.
    Tiles,
    /// F3: the head is the head of the tree.
    Head,
    /// F4: every checkpoint's root is that of the tree at its size.
    Checkpoints,
    /// F5: every checkpoint is signed by the log's key, keys follow each other, and time does not go back.
    Signatures,
    /// F6: documents open and match their commitments; missing only where they were erased.
    Documents,
    /// F7: projections and requests say what the log says, both ways, and each law was published before it was used.
    Projections,
    /// F8: heads that others have seen are heads of this log.
    Witnesses,
    /// F9: each determination follows again from its facts and its law, byte for byte.
    Replay,
}

impl Level {
    /// All levels in order.
    pub const ALL: [Level; 10] = [
        Level::Contiguity,
        Level::Leaves,
        Level::Tiles,
        Level::Head,
        Level::Checkpoints,
        Level::Signatures,
        Level::Documents,
        Level::Projections,
        Level::Witnesses,
        Level::Replay,
    ];

    /// Its number, 0 to 9.
    #[must_use]
    pub fn number(self) -> u8 {
        u8::try_from(Level::ALL.iter().position(|level| *level == self).unwrap_or_default()).unwrap_or_default()
    }

    /// `F0` to `F9`.
    #[must_use]
    pub fn code(self) -> &'static str {
        ["F0", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9"][usize::from(self.number())]
    }

    /// The level with this code, in either case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Level> {
        Level::ALL
            .into_iter()
            .find(|level| level.code().eq_ignore_ascii_case(code))
    }

    /// What it checks, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Level::Contiguity => "contiguity 连续",
            Level::Leaves => "leaf hashes 叶哈希",
            Level::Tiles => "tiles 瓦片",
            Level::Head => "head 头",
            Level::Checkpoints => "checkpoints 检查点",
            Level::Signatures => "signatures and time 签名与时间",
            Level::Documents => "documents 文件",
            Level::Projections => "projections and requests 投影与请求",
            Level::Witnesses => "witnesses and kept heads 见证与留存检查点",
            Level::Replay => "replay 重放",
        }
    }
}

/// Where something is wrong. Names positions, sizes and random ids; nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The log as a whole.
    Log,
    /// The head row.
    Head,
    /// An entry.
    Entry(u64),
    /// The entries from the first up to, not including, the second.
    Entries(u64, u64),
    /// A tile of hashes.
    Tile(TileId),
    /// The checkpoint of a size.
    Checkpoint(TreeSize),
    /// A document of an entry.
    Document(u64, String),
    /// The record row of an entry.
    Record(u64),
    /// The policy row of an entry.
    Policy(u64),
    /// A request row that names an entry.
    Request(u64),
    /// The rows of accesses that stand under an entry.
    Accesses(u64),
    /// The head of a case.
    Case(String),
    /// What somebody else keeps: a witness, a file of checkpoints, the high-water mark.
    Kept(String, TreeSize),
}

impl Place {
    /// The entry that it concerns, where it concerns one.
    #[must_use]
    pub fn index(&self) -> Option<u64> {
        match self {
            Place::Entry(index)
            | Place::Entries(index, _)
            | Place::Document(index, _)
            | Place::Record(index)
            | Place::Policy(index)
            | Place::Request(index)
            | Place::Accesses(index) => Some(*index),
            Place::Log | Place::Head | Place::Tile(_) | Place::Checkpoint(_) | Place::Case(_) | Place::Kept(..) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Log => f.write_str("the log"),
            Place::Head => f.write_str("the head"),
            Place::Entry(index) => write!(f, "entry {index}"),
            Place::Entries(from, to) if to - from == 1 => write!(f, "entry {from}"),
            Place::Entries(from, to) => write!(f, "entries {from} to {}", to - 1),
            Place::Tile(TileId { level, n }) => TilePath {
                kind: TileKind::Hashes(*level),
                n: *n,
                width: TILE_WIDTH,
            }
            .fmt(f),
            Place::Checkpoint(size) => write!(f, "checkpoint {size}"),
            Place::Document(index, name) => write!(f, "document {name} of entry {index}"),
            Place::Record(index) => write!(f, "record of entry {index}"),
            Place::Policy(index) => write!(f, "policy row of entry {index}"),
            Place::Request(index) => write!(f, "request of entry {index}"),
            Place::Accesses(index) => write!(f, "accesses of entry {index}"),
            Place::Case(case) => write!(f, "case {case}"),
            Place::Kept(who, size) => write!(f, "head of size {size} kept by {who}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The level that saw it.
    pub level: Level,
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.level.code(), self.place, self.problem)
    }
}

/// Findings, a bounded number a level, and how many there were.
#[derive(Clone, Debug)]
pub struct Findings {
    kept: Vec<Finding>,
    counts: [u64; Level::ALL.len()],
    count_max: usize,
}

impl Default for Findings {
    fn default() -> Self {
        Findings::keeping(FINDING_COUNT_MAX)
    }
}

impl Findings {
    /// Keeps this many findings of each level.
    #[must_use]
    pub fn keeping(count_max: usize) -> Findings {
        Findings {
            kept: Vec::new(),
            counts: [0; Level::ALL.len()],
            count_max,
        }
    }

    /// Adds a finding, or counts it where its level has enough.
    pub fn add(&mut self, level: Level, place: Place, problem: Problem) {
        let count = &mut self.counts[usize::from(level.number())];
        *count += 1;
        if *count <= self.count_max as u64 {
            self.kept.push(Finding { level, place, problem });
        }
    }

    /// Adds those of a part of the log.
    pub fn extend(&mut self, others: Vec<Finding>) {
        for Finding { level, place, problem } in others {
            self.add(level, place, problem);
        }
    }

    /// How many a level found.
    #[must_use]
    pub fn count(&self, level: Level) -> u64 {
        self.counts[usize::from(level.number())]
    }

    /// Those that were kept, in the order in which they were found.
    #[must_use]
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// The lowest level that found something.
    #[must_use]
    pub fn first_level(&self) -> Option<Level> {
        Level::ALL.into_iter().find(|level| self.count(*level) > 0)
    }
}
