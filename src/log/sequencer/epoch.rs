//! Opening the next epoch of an area after a confirmed fork: nothing is repaired, both heads are kept by name.

use std::collections::BTreeSet;

use super::commit::sign;
use super::draft::Draft;
use super::gate::{Mark, RolledBack, SeenHead};
use super::item::AppendError;
use super::{EPOCH_MAX, Shared, Stopped};
use crate::log::Origin;
use crate::log::TreeSize;
use crate::log::checkpoint::Committed;
use crate::log::merkle::{CompactTree, empty_root};
use crate::store::{HeadRow, LogId, LogRow, StoreError};

/// What the EPOCH entry says of the epoch before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The head that the database holds; the one that was seen where it holds none.
    pub previous: SeenHead,
    /// The largest head that was signed and seen, which the database does not continue.
    pub seen: SeenHead,
}

/// An epoch that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedEpoch {
    /// The new log.
    pub log: LogRow,
    /// What it follows.
    pub fork: Fork,
}

/// Opens the next epoch of the area that was rolled back, in one transaction under the lock of the old head.
pub(super) async fn open_next(shared: &Shared, rolled_back: RolledBack) -> Result<OpenedEpoch, Stopped> {
    let seen = rolled_back.seen;
    let area = seen.origin.area();
    let found = shared.store.log_of_area(area).await?;
    let mut append = shared.store.append().await?;
    let mut previous = seen.clone();
    let mut database_ms = None;
    if let Some(row) = found {
        let locked = append.lock(row.log_id, area).await?;
        if locked.open_log != row.log_id {
            return Err(StoreError::Conflict.into());
        }
        database_ms = locked.database_ms;
        previous = SeenHead {
            origin: row.origin,
            size: locked.head.size,
            root: Some(locked.head.root),
        };
    }
    let epoch = previous.origin.epoch().max(seen.origin.epoch()) + 1;
    let origin = Some(epoch).filter(|epoch| *epoch <= EPOCH_MAX);
    let origin = origin.and_then(|epoch| Origin::new(previous.origin.domain(), area, epoch).ok());
    let origin = origin.ok_or(AppendError::NoLog)?;
    let log = LogRow {
        log_id: LogId::of(&origin),
        origin,
        opened_ms: shared.clock.now_ms(),
    };
    let head = HeadRow {
        size: TreeSize::EMPTY,
        compact: Vec::new(),
        root: empty_root(),
        last_time_ms: 0,
    };
    append.open_log(&log, &head).await?;
    let time_ms = shared
        .trust
        .next_time_ms(shared.clock.as_ref(), database_ms, None)
        .map_err(AppendError::from)?;
    let fork = Fork { previous, seen };
    let mut draft = Draft::after(&log, CompactTree::empty(), time_ms, BTreeSet::new());
    let keys = shared
        .keys
        .verifier_keys(&log.origin)
        .map_err(|_| AppendError::Signing)?;
    draft.append_epoch(&keys, &shared.engine, Some(&fork))?;
    let signed = sign(shared, draft.checkpoint()).await?;
    draft.write(&mut append, &signed).await?;
    append.commit().await?;
    shared
        .gate
        .raise(Mark::of(&signed.release(&Committed::after_commit())))
        .await;
    Ok(OpenedEpoch { log, fork })
}

impl From<Stopped> for AppendError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Failed(error) => error,
            Stopped::Store(error) => error.into(),
        }
    }
}
