//! The public files of the logs, as bytes: checkpoint, tiles of hashes, bundles of entries (C2SP tlog-tiles).
//!
//! What the HTTP read side serves and what an export writes come from here, so they are the same. Nothing else than
//! entries, hashes and signed notes is read: these tables hold public bytes alone.

use std::sync::Arc;

use super::damage::DamageMark;
use super::error::AppError;
use crate::area::AreaCode;
use crate::log::merkle::{NodeId, leaf_hashes};
use crate::log::note::Note;
use crate::log::tiles::{TILE_HEIGHT, TILE_WIDTH, TileId, TileKind, TilePath, encode_bundle, tile_root};
use crate::log::{Hash, Origin, TreeSize};
use crate::store::{LogId, LogRow, Store};

/// Greatest epoch of a log: its key in the tables has room for no more.
const EPOCH_MAX: u32 = 9999;

/// Any domain: the key of a log is made of area and epoch.
const ANY_DOMAIN: &str = "any";

/// The public files of every log of a database.
#[derive(Clone)]
pub struct PublicLogs {
    store: Arc<dyn Store>,
    damage: Arc<DamageMark>,
}

/// The newest checkpoint of a log as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicCheckpoint {
    /// Its size.
    pub size: TreeSize,
    /// Its root.
    pub root: Hash,
    /// The signed note, with the lines of the witnesses that have cosigned it.
    pub note: String,
}

impl PublicLogs {
    /// The public files of the logs in a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> PublicLogs {
        PublicLogs {
            store,
            damage: Arc::default(),
        }
    }

    /// The same for a server, whose mark is set where a reader is told of damage.
    #[must_use]
    pub fn marking(mut self, damage: Arc<DamageMark>) -> PublicLogs {
        self.damage = damage;
        self
    }

    /// A reader is told of this error.
    pub fn met(&self, error: &AppError) {
        self.damage.met(error);
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The log of an area in an epoch.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn log(&self, area: AreaCode, epoch: u32) -> Result<Option<LogRow>, AppError> {
        let Some(named) = Origin::new(ANY_DOMAIN, area, epoch).ok().filter(|_| epoch <= EPOCH_MAX) else {
            return Ok(None);
        };
        Ok(self.store.log(LogId::of(&named)).await?)
    }

    /// Logs in the order of area and epoch, a page after `after`.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn logs(&self, after: Option<LogId>, limit: u32) -> Result<Vec<LogRow>, AppError> {
        Ok(self.store.logs(after, limit).await?)
    }

    /// The newest checkpoint; none of a log that has no entries yet.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn checkpoint(&self, log: LogId) -> Result<Option<PublicCheckpoint>, AppError> {
        let Some(row) = self.store.newest_checkpoint(log).await? else {
            return Ok(None);
        };
        let lines = self.store.cosigned(log, row.size).await?;
        let lines = lines.iter().map(|row| row.line.as_str());
        Ok(Some(PublicCheckpoint {
            size: row.size,
            root: row.root,
            note: with_lines(row.note, lines),
        }))
    }

    /// The bytes of a tile or a bundle. None where no checkpoint was ever signed whose tree has just this file.
    ///
    /// # Errors
    /// [`AppError::LogCorrupt`] if what is stored does not fit its own hashes: such bytes would be cached for ever.
    pub async fn tile(&self, log: LogId, path: TilePath) -> Result<Option<Vec<u8>>, AppError> {
        if !self.was_published(log, path).await? {
            return Ok(None);
        }
        match path.kind {
            TileKind::Entries => self.bundle(log, path).await.map(Some),
            TileKind::Hashes(level) if path.width == TILE_WIDTH => self.full_tile(log, level, path.n).await.map(Some),
            TileKind::Hashes(level) => self.partial_tile(log, level, path).await.map(Some),
        }
    }

    /// Whether a checkpoint was signed at a size whose tree has this file: for a full one any size from its end on,
    /// for a partial one a size at which the tile had just this width.
    async fn was_published(&self, log: LogId, path: TilePath) -> Result<bool, AppError> {
        let Some((first, last)) = sizes_with(path) else {
            return Ok(false);
        };
        let signed = self.store.checkpoint_from(log, first).await?;
        Ok(signed.is_some_and(|signed| signed.size <= last))
    }

    async fn bundle(&self, log: LogId, path: TilePath) -> Result<Vec<u8>, AppError> {
        let from = path.n * u64::from(TILE_WIDTH);
        let rows = self
            .store
            .entries_between(log, from, from + u64::from(path.width))
            .await?;
        let hashes = leaf_hashes(rows.iter().map(|row| &row.entry[..]));
        let whole = rows.len() == usize::from(path.width) && rows.iter().map(|row| row.leaf_hash).eq(hashes);
        if !whole {
            return Err(AppError::corrupt("a tile or a bundle does not fit its hashes"));
        }
        let entries: Vec<Vec<u8>> = rows.into_iter().map(|row| row.entry).collect();
        encode_bundle(&entries).map_err(|_| AppError::corrupt("a tile or a bundle does not fit its hashes"))
    }

    async fn full_tile(&self, log: LogId, level: u8, n: u64) -> Result<Vec<u8>, AppError> {
        let row = self.store.tiles(log, level, n, 1).await?.pop();
        let row = row
            .filter(|row| row.n == n)
            .ok_or(AppError::corrupt("a tile or a bundle does not fit its hashes"))?;
        let (chunks, rest) = row.hashes.as_chunks::<{ Hash::SIZE_BYTES }>();
        let hashes: Vec<Hash> = chunks.iter().map(|chunk| Hash::from_bytes(*chunk)).collect();
        let full: &[Hash; TILE_WIDTH as usize] = hashes[..]
            .try_into()
            .map_err(|_| AppError::corrupt("a tile or a bundle does not fit its hashes"))?;
        if rest.is_empty() && tile_root(full) == row.root {
            Ok(row.hashes)
        } else {
            Err(AppError::corrupt("a tile or a bundle does not fit its hashes"))
        }
    }

    async fn partial_tile(&self, log: LogId, level: u8, path: TilePath) -> Result<Vec<u8>, AppError> {
        let first = path.n * u64::from(TILE_WIDTH);
        let nodes: Vec<NodeId> = (first..first + u64::from(path.width))
            .map(|index| NodeId {
                level: level * TILE_HEIGHT,
                index,
            })
            .collect();
        let found = self.store.nodes(log, &nodes).await?;
        let mut bytes = Vec::with_capacity(nodes.len() * Hash::SIZE_BYTES);
        for node in nodes {
            bytes.extend_from_slice(
                found
                    .get(&node)
                    .ok_or(AppError::corrupt("a tile or a bundle does not fit its hashes"))?
                    .as_bytes(),
            );
        }
        Ok(bytes)
    }
}

/// The files that a log of this size has and a log of size `before` had not, partial ones at the right edge last.
#[must_use]
pub fn files_between(before: TreeSize, after: TreeSize) -> Vec<TilePath> {
    let width = u64::from(TILE_WIDTH);
    let full = crate::log::tiles::completed_tiles(before, after)
        .into_iter()
        .map(|tile| TilePath {
            kind: TileKind::Hashes(tile.level),
            n: tile.n,
            width: TILE_WIDTH,
        });
    let bundles = (before.get() / width..after.get() / width).map(|n| TilePath {
        kind: TileKind::Entries,
        n,
        width: TILE_WIDTH,
    });
    let edge = (0..=crate::log::tiles::path::TILE_LEVEL_MAX).filter_map(|level| {
        let n = after
            .get()
            .checked_shr(u32::from(level + 1) * u32::from(TILE_HEIGHT))
            .unwrap_or(0);
        TileId { level, n }
            .path_at(after)
            .filter(|path| path.width < TILE_WIDTH)
    });
    let edge: Vec<TilePath> = edge.collect();
    let last_bundle = edge
        .iter()
        .find(|path| path.kind == TileKind::Hashes(0))
        .map(|path| TilePath {
            kind: TileKind::Entries,
            ..*path
        });
    full.chain(bundles)
        .chain(edge.iter().copied())
        .chain(last_bundle)
        .collect()
}

/// The smallest and the largest tree that has this very file; none beyond every log.
fn sizes_with(path: TilePath) -> Option<(TreeSize, TreeSize)> {
    let level = match path.kind {
        TileKind::Hashes(level) => level,
        TileKind::Entries => 0,
    };
    let each = 1_u64.checked_shl(u32::from(level) * u32::from(TILE_HEIGHT))?;
    let hashes = path
        .n
        .checked_mul(u64::from(TILE_WIDTH))?
        .checked_add(u64::from(path.width))?;
    let first = TreeSize::new(hashes.checked_mul(each)?).ok()?;
    let last = if path.width == TILE_WIDTH {
        TreeSize::MAX
    } else {
        TreeSize::new(first.get().checked_add(each - 1)?).unwrap_or(TreeSize::MAX)
    };
    Some((first, last))
}

/// A note with further signature lines. A line that would spoil the note is left out: it was not made by a witness.
fn with_lines<'a>(note: String, lines: impl Iterator<Item = &'a str>) -> String {
    let mut shown = note;
    for line in lines {
        let longer = format!("{shown}{}\n", line.trim_end_matches('\n'));
        let lines_before = shown.lines().count();
        let is_one_line = longer.lines().count() == lines_before + 1;
        if is_one_line && Note::parse(longer.as_bytes()).is_ok() {
            shown = longer;
        } else {
            tracing::error!("a stored cosignature is no signature line: run fsck");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(size: u64) -> TreeSize {
        TreeSize::new(size).expect("small")
    }

    fn paths(before: u64, after: u64) -> Vec<String> {
        files_between(size(before), size(after))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_growing_log_adds_full_tiles_once_and_partial_ones_at_its_edge() {
        assert_eq!(paths(0, 0), Vec::<String>::new());
        assert_eq!(paths(0, 1), ["tile/0/000.p/1", "tile/entries/000.p/1"]);
        assert_eq!(paths(1, 255), ["tile/0/000.p/255", "tile/entries/000.p/255"]);
        assert_eq!(paths(255, 256), ["tile/0/000", "tile/entries/000", "tile/1/000.p/1"]);
        assert_eq!(
            paths(256, 257),
            ["tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/001.p/1"]
        );
        assert_eq!(
            paths(65_535, 65_536),
            ["tile/0/255", "tile/1/000", "tile/entries/255", "tile/2/000.p/1"]
        );
    }

    #[test]
    fn the_files_of_every_size_are_those_whose_width_the_tile_has() {
        for after in [1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000] {
            for path in files_between(TreeSize::EMPTY, size(after)) {
                let (first, last) = sizes_with(path).expect("in range");
                assert!(first <= size(after) && size(after) <= last, "{path} at {after}");
                let before = size(first.get() - 1);
                let level = match path.kind {
                    TileKind::Hashes(level) => level,
                    TileKind::Entries => 0,
                };
                let tile = TileId { level, n: path.n };
                assert!(
                    tile.width_at(before) < path.width && tile.width_at(first) == path.width,
                    "{path}"
                );
            }
        }
    }

    #[test]
    fn a_path_beyond_every_log_has_no_size() {
        for path in [
            "tile/7/x999/999",
            "tile/7/x063/999",
            "tile/0/x018/x014/x398/x509/x481/983",
        ] {
            let path: TilePath = path.parse().expect("a path");
            assert_eq!(sizes_with(path), None, "{path}");
        }
    }

    #[test]
    fn only_lines_of_signatures_are_added_to_a_checkpoint() {
        let note = "text\n\n\u{2014} log AAAAAAE=\n".to_owned();
        let witness = "\u{2014} witness AAAAAAE=";
        let shown = with_lines(note.clone(), [witness].into_iter());
        assert_eq!(shown, format!("{note}{witness}\n"));
        assert_eq!(with_lines(note.clone(), [&*format!("{witness}\n")].into_iter()), shown);
        for spoilt in [
            "",
            "witness AAAAAAE=",
            "\n\u{2014} witness AAAAAAE=",
            "\u{2014} a AAAAAAE=\n\u{2014} b AAAAAAE=",
        ] {
            assert_eq!(with_lines(note.clone(), [spoilt].into_iter()), note, "{spoilt:?}");
        }
    }
}
