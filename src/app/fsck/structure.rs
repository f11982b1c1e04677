//! F0 to F5: the log's own tables in one pass, pages read and hashed ahead while the tree is folded.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use futures::StreamExt as _;

use super::{Fsck, Heard, Plan, Progress, Seen};
use crate::app::AppError;
use crate::log::fsck::{
    Finding, Head, Leaves, Level, NoteCheck, Place, Problem, Signatures, TreeCheck, check_leaves, check_note,
};
use crate::log::note::VerifierKey;
use crate::log::tiles::{TILE_WIDTH, TileId};
use crate::log::{Hash, TreeSize};
use crate::store::{CheckpointRow, LogRow, RANGE_ROW_COUNT_MAX, Store, StoreError, TileRow};

/// Pages that are read and hashed while an earlier one is folded: one a core and one to spare.
const PAGE_AHEAD_COUNT: usize = 4;

/// A page of the log with what is stored of it elsewhere, after the checks that need nothing but the page.
struct Page {
    leaves: Leaves,
    checkpoints: Vec<(CheckpointRow, Option<NoteCheck>)>,
    tiles: BTreeMap<u64, TileRow>,
}

/// Checks the tables of one log.
pub(super) async fn check(
    store: &Arc<dyn Store>,
    log: &LogRow,
    keys: &[VerifierKey],
    plan: &Plan,
    fsck: &mut Fsck,
    heard: Heard<'_>,
) -> Result<Seen, AppError> {
    let Some(head) = store.head(log.log_id).await? else {
        fsck.findings.add(Level::Contiguity, Place::Head, Problem::NoHead);
        return Ok(Seen {
            size: TreeSize::EMPTY,
            root: crate::log::merkle::empty_root(),
        });
    };
    let stored = store.last_entry(log.log_id).await?.map_or(0, |last| last.get() + 1);
    let end = head.size.get().min(stored);
    if end < head.size.get() {
        let place = Place::Entries(end, head.size.get());
        fsck.findings.add(Level::Contiguity, place, Problem::Missing);
    }
    let trusted: Arc<[VerifierKey]> = if plan.wants(Level::Signatures) {
        keys.into()
    } else {
        Arc::from([])
    };
    let mut fold = Fold {
        tree: TreeCheck::default(),
        signatures: Signatures::default(),
        newest: TreeSize::EMPTY,
    };
    let ranges = (0..end)
        .step_by(RANGE_ROW_COUNT_MAX as usize)
        .map(|from| from..end.min(from + RANGE_ROW_COUNT_MAX));
    let mut pages = futures::stream::iter(ranges)
        .map(|range| tokio::spawn(read(Arc::clone(store), log.clone(), range, Arc::clone(&trusted))))
        .buffered(PAGE_AHEAD_COUNT);
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| AppError::internal(&error))??;
        let done = page.leaves.from + page.leaves.hashes.len() as u64;
        fold.page(page, fsck);
        fold.upper_tiles(store.as_ref(), log, fsck).await?;
        heard(Progress {
            level: Level::Signatures,
            done,
            total: end,
        });
    }
    drop(pages);
    fold.rest(store.as_ref(), log, end, &head.size, fsck).await?;
    fold.end(&head, fsck);
    if plan.wants(Level::Signatures) {
        super::epochs::check(store.as_ref(), log, keys, end, fsck).await?;
    }
    beyond(store.as_ref(), log, fsck).await?;
    let (tiles, checkpoints) = fold.tree.counts();
    fsck.checked.add(Level::Contiguity, head.size.get());
    fsck.checked.add(Level::Leaves, end);
    fsck.checked.add(Level::Tiles, tiles);
    fsck.checked.add(Level::Head, 1);
    fsck.checked.add(Level::Checkpoints, checkpoints);
    fsck.checked.add(Level::Signatures, fold.signatures.count());
    Ok(Seen {
        size: head.size,
        root: fold.tree.root(),
    })
}

/// Reads a page and makes the checks that need nothing else.
async fn read(
    store: Arc<dyn Store>,
    log: LogRow,
    range: Range<u64>,
    trusted: Arc<[VerifierKey]>,
) -> Result<Page, AppError> {
    let (from, to) = (range.start, range.end);
    let width = u64::from(TILE_WIDTH);
    let mut damage: Vec<Finding> = Vec::new();
    let entries = readable(
        store.entries_between(log.log_id, from, to).await,
        Level::Contiguity,
        &Place::Entries(from, to),
        &mut damage,
    )?;
    let checkpoints = readable(
        store.checkpoints_between(log.log_id, from + 1, to + 1).await,
        Level::Checkpoints,
        &Place::Entries(from, to),
        &mut damage,
    )?;
    let tile_count = u32::try_from(to / width - from / width).unwrap_or_default();
    let tiles = match tile_count {
        0 => Vec::new(),
        count => readable(
            store.tiles(log.log_id, 0, from / width, count).await,
            Level::Tiles,
            &Place::Entries(from, to),
            &mut damage,
        )?,
    };
    let checked = tokio::task::spawn_blocking(move || {
        let mut leaves = check_leaves(from, to, &entries);
        leaves.findings.splice(0..0, damage);
        let checked = |row: CheckpointRow| {
            let check = (!trusted.is_empty()).then(|| check_note(&log.origin, &row, &trusted));
            (row, check)
        };
        Page {
            leaves,
            checkpoints: checkpoints.into_iter().map(checked).collect(),
            tiles: tiles.into_iter().map(|row| (row.n, row)).collect(),
        }
    });
    checked.await.map_err(|error| AppError::internal(&error))
}

/// Rows, or none and a finding where they are not what they should be.
fn readable<T>(
    read: Result<Vec<T>, StoreError>,
    level: Level,
    place: &Place,
    damage: &mut Vec<Finding>,
) -> Result<Vec<T>, AppError> {
    match read {
        Ok(rows) => Ok(rows),
        Err(StoreError::Corrupt(what)) => {
            damage.push(Finding {
                level,
                place: place.clone(),
                problem: Problem::Unreadable(what),
            });
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}

/// What goes from page to page.
struct Fold {
    tree: TreeCheck,
    signatures: Signatures,
    /// Size of the newest checkpoint that was met.
    newest: TreeSize,
}

impl Fold {
    fn page(&mut self, page: Page, fsck: &mut Fsck) {
        fsck.findings.extend(page.leaves.findings);
        let mut checkpoints = page.checkpoints.into_iter().peekable();
        let leaves = page.leaves.hashes.into_iter().zip(page.leaves.logged);
        for (index, (leaf, logged)) in (page.leaves.from..).zip(leaves) {
            let leaf = leaf.or_else(|| stand_in(&page.tiles, index));
            self.tree.leaf(leaf);
            self.signatures.entry(index, logged, &mut fsck.findings);
            while let Some((row, check)) = checkpoints.next_if(|(row, _)| row.size.get() <= index + 1) {
                self.newest = row.size;
                self.tree.checkpoint(row.size, &row.root, &mut fsck.findings);
                if let Some(check) = check {
                    self.signatures.checkpoint(check, &mut fsck.findings);
                }
            }
        }
        for id in self.tree.waiting().into_iter().filter(|id| id.level == 0) {
            self.tree.tile(id, page.tiles.get(&id.n), &mut fsck.findings);
        }
    }

    /// Compares the tiles above level 0 that became full: one in 65,536 entries.
    async fn upper_tiles(&mut self, store: &dyn Store, log: &LogRow, fsck: &mut Fsck) -> Result<(), AppError> {
        for id @ TileId { level, n } in self.tree.waiting() {
            let mut damage = Vec::new();
            let rows = store.tiles(log.log_id, level, n, 1).await;
            let row = readable(rows, Level::Tiles, &Place::Tile(id), &mut damage)?.pop();
            if damage.is_empty() {
                self.tree
                    .tile(id, row.filter(|row| row.n == n).as_ref(), &mut fsck.findings);
            }
            fsck.findings.extend(damage);
        }
        Ok(())
    }

    /// The checkpoints beyond the entries that are there: their trees cannot be computed.
    async fn rest(
        &mut self,
        store: &dyn Store,
        log: &LogRow,
        end: u64,
        size: &TreeSize,
        fsck: &mut Fsck,
    ) -> Result<(), AppError> {
        let mut from = end + 1;
        while from <= size.get() {
            let Ok(least) = TreeSize::new(from) else { break };
            let Some(row) = store.checkpoint_from(log.log_id, least).await? else {
                break;
            };
            if row.size > *size {
                break;
            }
            self.newest = row.size;
            self.tree.checkpoint(row.size, &row.root, &mut fsck.findings);
            if fsck.findings.count(Level::Checkpoints) > crate::log::fsck::FINDING_COUNT_MAX as u64 {
                break;
            }
            from = row.size.get() + 1;
        }
        Ok(())
    }

    fn end(&mut self, head: &crate::store::HeadRow, fsck: &mut Fsck) {
        if self.tree.is_broken() {
            let place = Place::Entry(self.tree.size().get());
            fsck.findings.add(Level::Tiles, place, Problem::Unchecked);
        }
        let stored = Head {
            size: head.size,
            edge: head.compact.clone(),
            root: head.root,
        };
        self.tree.head(&stored, &mut fsck.findings);
        if self.newest != head.size {
            fsck.findings.add(Level::Head, Place::Head, Problem::HeadUnsigned);
        } else if self
            .signatures
            .newest_ms()
            .is_some_and(|newest| newest != head.last_time_ms)
        {
            fsck.findings.add(Level::Signatures, Place::Head, Problem::HeadTime);
        }
    }
}

/// A missing entry's leaf hash out of its tile, so that the levels after it can still be checked.
fn stand_in(tiles: &BTreeMap<u64, TileRow>, index: u64) -> Option<Hash> {
    let width = u64::from(TILE_WIDTH);
    let tile = tiles.get(&(index / width))?;
    let at = usize::try_from(index % width).ok()? * Hash::SIZE_BYTES;
    Hash::from_slice(tile.hashes.get(at..at + Hash::SIZE_BYTES)?).ok()
}

/// Rows beyond the head. The head is read after them: a log may grow while it is checked.
async fn beyond(store: &dyn Store, log: &LogRow, fsck: &mut Fsck) -> Result<(), AppError> {
    let entry = store.last_entry(log.log_id).await?;
    let tiles = store.last_tiles(log.log_id).await?;
    let checkpoint = store.newest_checkpoint(log.log_id).await?;
    let Some(head) = store.head(log.log_id).await? else {
        return Ok(());
    };
    if let Some(last) = entry.filter(|last| !head.size.holds(*last)) {
        let problem = Problem::BeyondHead(head.size);
        fsck.findings.add(Level::Contiguity, Place::Entry(last.get()), problem);
    }
    for (level, n) in tiles {
        let id = TileId { level, n };
        if id.width_at(head.size) < TILE_WIDTH {
            fsck.findings
                .add(Level::Tiles, Place::Tile(id), Problem::BeyondHead(head.size));
        }
    }
    if let Some(newest) = checkpoint.filter(|newest| newest.size > head.size) {
        let place = Place::Checkpoint(newest.size);
        fsck.findings
            .add(Level::Checkpoints, place, Problem::BeyondHead(head.size));
    }
    Ok(())
}
