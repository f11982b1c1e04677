//! Which files a bundle has, and in which order they stand.

use std::fmt;
use std::str::FromStr;

use super::super::tiles::path::TILE_LEVEL_MAX;
use super::super::tiles::{ENTRY_SIZE_MAX_BYTES, TILE_WIDTH, TileId, TileKind, TilePath};
use super::super::{Hash, LogIndex, TreeSize};
use super::DOCUMENTS_SIZE_MAX_BYTES;
use crate::log::note::NOTE_SIZE_MAX_BYTES;
use crate::log::receipt::RECEIPT_SIZE_MAX_BYTES;
use crate::log::witness::policy::POLICY_SIZE_MAX_BYTES;

/// Path of the manifest.
pub const MANIFEST_PATH: &str = "manifest.json";

/// Begins the path of opened documents; the rest is that of the bundle of entries.
const DOCUMENTS: &str = "documents/";
/// Begins the path of a bundle of entries.
const ENTRIES: &str = "tile/entries/";
/// Begins the path of a receipt.
const RECEIPTS: &str = "receipts/";

/// A file of a bundle after its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundlePath {
    /// The signed head.
    Checkpoint,
    /// The operator's tlog-policy.
    TrustPolicy,
    /// The head of the audit before.
    Previous,
    /// The proof that the log continues it.
    Consistency,
    /// Entries or hashes.
    Tile(TilePath),
    /// The opened documents of a bundle of entries, whose path this is.
    Documents(TilePath),
    /// A receipt.
    Receipt(LogIndex),
}

/// The path is none of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a file of a bundle: see FORMAT.md, section 20")]
pub struct PathError;

impl BundlePath {
    /// Largest size of such a file.
    #[must_use]
    pub const fn size_max(self) -> u64 {
        match self {
            BundlePath::Checkpoint | BundlePath::Previous => NOTE_SIZE_MAX_BYTES as u64,
            BundlePath::TrustPolicy => POLICY_SIZE_MAX_BYTES as u64,
            // A proof has at most 64 lines of 45 bytes.
            BundlePath::Consistency => 64 * 45,
            BundlePath::Tile(TilePath {
                kind: TileKind::Entries,
                width,
                ..
            }) => width as u64 * (2 + ENTRY_SIZE_MAX_BYTES as u64),
            BundlePath::Tile(TilePath {
                kind: TileKind::Hashes(_),
                width,
                ..
            }) => width as u64 * Hash::SIZE_BYTES as u64,
            BundlePath::Documents(_) => DOCUMENTS_SIZE_MAX_BYTES,
            BundlePath::Receipt(_) => RECEIPT_SIZE_MAX_BYTES as u64,
        }
    }

    /// Its place in the order: of two files the one with the smaller place comes first.
    #[must_use]
    pub const fn place(self) -> (u8, u64, u8) {
        match self {
            BundlePath::Checkpoint => (0, 0, 0),
            BundlePath::TrustPolicy => (1, 0, 0),
            BundlePath::Previous => (2, 0, 0),
            BundlePath::Consistency => (2, 0, 1),
            BundlePath::Tile(TilePath {
                kind: TileKind::Entries,
                n,
                ..
            }) => (3, n, 0),
            BundlePath::Tile(TilePath {
                kind: TileKind::Hashes(0),
                n,
                ..
            }) => (3, n, 1),
            BundlePath::Documents(TilePath { n, .. }) => (3, n, 2),
            BundlePath::Tile(TilePath {
                kind: TileKind::Hashes(level),
                n,
                ..
            }) => (3 + level, n, 0),
            BundlePath::Receipt(index) => (u8::MAX, index.get(), 0),
        }
    }

    /// Whether a tree of this size can have such a file.
    #[must_use]
    pub fn is_of(self, size: TreeSize) -> bool {
        match self {
            BundlePath::Tile(path) | BundlePath::Documents(path) => {
                let level = match path.kind {
                    TileKind::Entries => 0,
                    TileKind::Hashes(level) => level,
                };
                TileId { level, n: path.n }.width_at(size) == path.width
            }
            BundlePath::Receipt(index) => size.holds(index),
            BundlePath::Checkpoint | BundlePath::TrustPolicy | BundlePath::Previous | BundlePath::Consistency => true,
        }
    }
}

impl fmt::Display for BundlePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BundlePath::Checkpoint => f.write_str("checkpoint"),
            BundlePath::TrustPolicy => f.write_str("trust-policy"),
            BundlePath::Previous => f.write_str("previous/checkpoint"),
            BundlePath::Consistency => f.write_str("previous/consistency"),
            BundlePath::Tile(path) => path.fmt(f),
            BundlePath::Documents(path) => {
                let entries = path.to_string();
                write!(f, "{DOCUMENTS}{}", entries.strip_prefix(ENTRIES).unwrap_or_default())
            }
            BundlePath::Receipt(index) => write!(f, "{RECEIPTS}{index}"),
        }
    }
}

impl FromStr for BundlePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let path = match text {
            "checkpoint" => BundlePath::Checkpoint,
            "trust-policy" => BundlePath::TrustPolicy,
            "previous/checkpoint" => BundlePath::Previous,
            "previous/consistency" => BundlePath::Consistency,
            text => {
                if let Some(rest) = text.strip_prefix(DOCUMENTS) {
                    BundlePath::Documents(format!("{ENTRIES}{rest}").parse().map_err(|_| PathError)?)
                } else if let Some(index) = text.strip_prefix(RECEIPTS) {
                    BundlePath::Receipt(index.parse().map_err(|_| PathError)?)
                } else {
                    BundlePath::Tile(text.parse().map_err(|_| PathError)?)
                }
            }
        };
        // One spelling a file.
        if path.to_string() == text {
            Ok(path)
        } else {
            Err(PathError)
        }
    }
}

/// The entries, hashes and places of documents of a tree, in the order of a bundle.
pub fn files_of_tree(size: TreeSize) -> impl Iterator<Item = BundlePath> {
    let leaves = tiles(0, size).flat_map(|path| {
        let entries = TilePath {
            kind: TileKind::Entries,
            ..path
        };
        [
            BundlePath::Tile(entries),
            BundlePath::Tile(path),
            BundlePath::Documents(entries),
        ]
    });
    let above = (1..=TILE_LEVEL_MAX).flat_map(move |level| tiles(level, size).map(BundlePath::Tile));
    leaves.chain(above)
}

/// The tiles of a level in a tree of this size.
fn tiles(level: u8, size: TreeSize) -> impl Iterator<Item = TilePath> {
    let hashes = size.get() >> (u32::from(level) * 8);
    let count = hashes.div_ceil(u64::from(TILE_WIDTH));
    (0..count).filter_map(move |n| TileId { level, n }.path_at(size))
}
