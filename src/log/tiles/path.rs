//! Where a tile stands and the path it is served under.

use std::fmt;
use std::str::FromStr;

use super::{TILE_HEIGHT, TILE_WIDTH};
use crate::log::TreeSize;
use crate::log::ids::POSITION_MAX;
use crate::log::merkle::NodeId;

/// Highest level of tiles that a log of at most 2^62 entries has.
pub const TILE_LEVEL_MAX: u8 = 7;

/// A tile of hashes: those of tree level `8 * level`, from `256 * n` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// Level of the tile, from 0 for leaf hashes.
    pub level: u8,
    /// Position in its level.
    pub n: u64,
}

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileKind {
    /// Hashes of a level.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// A served file: `tile/0/x001/x234/067` or `tile/entries/000.p/5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePath {
    /// Hashes or entries.
    pub kind: TileKind,
    /// Position in its level.
    pub n: u64,
    /// Number of hashes or entries, 1 to 256; below 256 the tile is partial.
    pub width: u16,
}

/// The path names no tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile: give tile/<level>/<n> or tile/entries/<n>, n as x001/x234/067, with .p/<1..255>")]
pub struct TilePathError;

impl TileId {
    /// The tile that holds a node of the tree.
    #[must_use]
    pub fn holding(node: NodeId) -> TileId {
        let level = node.level / TILE_HEIGHT;
        TileId {
            level,
            n: node.index >> (TILE_HEIGHT - node.level % TILE_HEIGHT),
        }
    }

    /// Number of hashes of this tile in a log of that size: 0 if it has not begun, 256 if full.
    #[must_use]
    pub fn width_at(self, size: TreeSize) -> u16 {
        // Beyond level 7 a shift would empty any size below 2^62.
        let hashes = size
            .get()
            .checked_shr(u32::from(self.level) * u32::from(TILE_HEIGHT))
            .unwrap_or(0);
        let before = self.n.saturating_mul(u64::from(TILE_WIDTH));
        let width = hashes.saturating_sub(before).min(u64::from(TILE_WIDTH));
        u16::try_from(width).expect("at most 256")
    }

    /// The file that holds this tile in a log of that size, if it has begun.
    #[must_use]
    pub fn path_at(self, size: TreeSize) -> Option<TilePath> {
        let width = self.width_at(size);
        (width > 0).then_some(TilePath {
            kind: TileKind::Hashes(self.level),
            n: self.n,
            width,
        })
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.n % 1000];
        let mut rest = self.n / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (at, group) in groups.iter().enumerate().rev() {
            if at > 0 {
                write!(f, "x{group:03}/")?;
            } else {
                write!(f, "{group:03}")?;
            }
        }
        if self.width < TILE_WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(text: &str) -> Result<Self, TilePathError> {
        let (kind, rest) = text
            .strip_prefix("tile/")
            .and_then(|t| t.split_once('/'))
            .ok_or(TilePathError)?;
        let kind = if kind == "entries" {
            TileKind::Entries
        } else {
            TileKind::Hashes(kind.parse().map_err(|_| TilePathError)?)
        };
        let (groups, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((groups, width)) => (groups, width.parse().map_err(|_| TilePathError)?),
        };
        let mut n: u64 = 0;
        for group in groups.split('/') {
            let digits: u64 = group.trim_start_matches('x').parse().map_err(|_| TilePathError)?;
            n = n
                .checked_mul(1000)
                .and_then(|n| n.checked_add(digits))
                .ok_or(TilePathError)?;
        }
        let path = TilePath { kind, n, width };
        let level_exists = match kind {
            TileKind::Hashes(level) => level <= TILE_LEVEL_MAX,
            TileKind::Entries => true,
        };
        let in_range = level_exists && (1..=TILE_WIDTH).contains(&width) && n <= POSITION_MAX / u64::from(TILE_WIDTH);
        // One spelling a tile: whatever does not print as it was read is refused.
        if in_range && path.to_string() == text {
            Ok(path)
        } else {
            Err(TilePathError)
        }
    }
}
