//! Opening the next epoch of an area after a confirmed fork or a lost key: nothing is repaired, the old head is kept by
//! name.

use super::clock::Readings;
use super::commit::{checked_tree, sign};
use super::draft::{Draft, Registered};
use super::gate::{Mark, RolledBack, SeenHead};
use super::item::AppendError;
use super::{EPOCH_MAX, Shared, Stopped};
use crate::area::AreaCode;
use crate::log::Origin;
use crate::log::TreeSize;
use crate::log::checkpoint::{Committed, SignedCheckpoint};
use crate::log::merkle::{CompactTree, empty_root};
use crate::log::note::VerifierKey;
use crate::store::append::{Append, Locked};
use crate::store::{HeadRow, LogId, LogRow, StoreError};

/// Why the epoch before ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The largest head that was signed and seen, which the database does not continue.
    Forked(SeenHead),
    /// The key that signed it, whose secret is lost.
    KeyLost(VerifierKey),
}

/// What the EPOCH entry says of the epoch before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The head that the database holds; the one that was seen where it holds none.
    pub previous: SeenHead,
    /// Why it ended.
    pub ended: Ended,
}

/// An epoch that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedEpoch {
    /// The new log.
    pub log: LogRow,
    /// What it follows.
    pub after: Succession,
}

/// Opens the next epoch of the area that was rolled back, in one transaction under the lock of the old head.
pub(super) async fn open_next(shared: &Shared, rolled_back: RolledBack) -> Result<OpenedEpoch, Stopped> {
    let seen = rolled_back.seen;
    let area = seen.origin.area();
    let found = shared.store.log_of_area(area).await?;
    let mut append = shared.store.append().await?;
    let mut previous = seen.clone();
    let mut readings = None;
    if let Some(row) = found {
        let locked = lock(&mut append, &row).await?;
        readings = Readings::now(shared.clock.as_ref(), locked.database_ms);
        previous = head_of(&row, &locked);
    }
    let epoch = previous.origin.epoch().max(seen.origin.epoch()) + 1;
    let ended = Ended::Forked(seen);
    begin(shared, append, readings, epoch, Succession { previous, ended }).await
}

/// Opens the next epoch of an area whose head was signed by a key that is in use no more; nothing where it is.
pub(super) async fn open_after_lost_key(shared: &Shared, area: AreaCode) -> Result<Option<OpenedEpoch>, Stopped> {
    let Some(row) = shared.store.log_of_area(area).await? else {
        return Ok(None);
    };
    let mut append = shared.store.append().await?;
    let locked = lock(&mut append, &row).await?;
    let readings = Readings::now(shared.clock.as_ref(), locked.database_ms);
    match checked_tree(shared, &row.origin, &locked) {
        Ok(_) => return Ok(None),
        Err(AppendError::KeyLost) => {}
        Err(error) => return Err(error.into()),
    }
    let trusted = shared
        .keys
        .verifier_keys(&row.origin)
        .map_err(|_| AppendError::Signing)?;
    let note = locked.checkpoint.as_ref().map(|newest| newest.note.as_bytes());
    let signed = |key: &&VerifierKey| {
        note.is_some_and(|note| SignedCheckpoint::verify(note, std::slice::from_ref(*key)).is_ok())
    };
    let lost = trusted.iter().find(signed).ok_or(AppendError::Signing)?;
    let after = Succession {
        previous: head_of(&row, &locked),
        ended: Ended::KeyLost(lost.clone()),
    };
    let epoch = row.origin.epoch() + 1;
    begin(shared, append, readings, epoch, after).await.map(Some)
}

async fn lock(append: &mut Append, row: &LogRow) -> Result<Locked, Stopped> {
    let locked = append.lock(row.log_id, row.origin.area()).await?;
    if locked.open_log != row.log_id {
        return Err(StoreError::Conflict.into());
    }
    Ok(locked)
}

fn head_of(row: &LogRow, locked: &Locked) -> SeenHead {
    SeenHead {
        origin: row.origin.clone(),
        size: locked.head.size,
        root: Some(locked.head.root),
    }
}

/// Opens an epoch with its first entry and commits it.
async fn begin(
    shared: &Shared,
    mut append: Append,
    readings: Option<Readings>,
    epoch: u32,
    after: Succession,
) -> Result<OpenedEpoch, Stopped> {
    let before = &after.previous.origin;
    let origin = Some(epoch).filter(|epoch| *epoch <= EPOCH_MAX);
    let origin = origin.and_then(|epoch| Origin::new(before.domain(), before.area(), epoch).ok());
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
        .next_time_ms(shared.clock.as_ref(), readings, None)
        .map_err(AppendError::from)?;
    let mut draft = Draft::after(&log, CompactTree::empty(), time_ms, Registered::default());
    let mut keys = shared
        .keys
        .verifier_keys(&log.origin)
        .map_err(|_| AppendError::Signing)?;
    // A key that is lost never signed under this name, and nobody is to believe it here.
    let signers = shared.keys.signers(&log.origin).map_err(|_| AppendError::Signing)?;
    if matches!(after.ended, Ended::KeyLost(_)) {
        keys.retain(|key| signers.iter().any(|signer| signer.id() == key.id()));
    }
    draft.append_epoch(&keys, &shared.engine, Some(&after))?;
    let signed = sign(shared, draft.checkpoint()).await?;
    draft.write(&mut append, &signed).await?;
    append.commit().await?;
    shared
        .gate
        .raise(Mark::of(&signed.release(&Committed::after_commit())))
        .await;
    Ok(OpenedEpoch { log, after })
}

impl From<Stopped> for AppendError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Failed(error) => error,
            Stopped::Store(error) => error.into(),
            Stopped::Unsigned => AppendError::Signing,
        }
    }
}
