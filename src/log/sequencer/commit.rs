//! One attempt to commit a batch: lock, check, select, stamp, sign, write, commit, prove.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::answer::first_answer;
use super::draft::{Draft, Written};
use super::item::{AppendError, Item};
use super::lane::Answer;
use super::select::{Verdict, ask, select};
use super::{SIGN_MS_MAX, Shared, Stopped};
use crate::area::AreaCode;
use crate::log::checkpoint::{Checkpoint, Committed, SignedCheckpoint, UncommittedCheckpoint};
use crate::log::merkle::{CompactTree, empty_root};
use crate::log::note::Signer;
use crate::log::{LogIndex, Origin, TreeSize};
use crate::store::append::{Append, Locked};
use crate::store::{HeadRow, LogId, LogRow, StoreError};

/// What became of the items of a batch that was tried.
struct Tried {
    verdicts: Vec<Verdict>,
    /// The places of the items that stand; their batch is committed.
    places: Vec<Option<LogIndex>>,
    written: Option<Written>,
}

/// Tries once. `log` is the log that was open before; without, it is found or opened.
///
/// # Errors
/// [`Stopped`]: this attempt wrote nothing, or we cannot tell ([`StoreError::Unknown`]).
pub(super) async fn attempt(
    shared: &Shared,
    area: AreaCode,
    log: &mut Option<LogRow>,
    items: &[Arc<Item>],
) -> Result<Vec<Answer>, Stopped> {
    let items: Vec<&Item> = items.iter().map(AsRef::as_ref).collect();
    let tried = commit(shared, area, log, &items).await?;
    let mut answers: Vec<Answer> = Vec::with_capacity(items.len());
    for ((item, verdict), place) in items.iter().zip(tried.verdicts).zip(tried.places) {
        let answer = match verdict {
            Verdict::Stands => match (&tried.written, place) {
                (Some(written), Some(place)) => written.answer(item, place),
                (None, _) | (_, None) => Err(AppendError::Unknown),
            },
            Verdict::Answered(request) => first_answer(shared.store.as_ref(), shared.keys.as_ref(), &request).await,
            Verdict::Repeats(first) => answers[first].clone(),
            Verdict::Refused(error) => Err(error),
        };
        answers.push(answer);
    }
    Ok(answers)
}

async fn commit(shared: &Shared, area: AreaCode, log: &mut Option<LogRow>, items: &[&Item]) -> Result<Tried, Stopped> {
    let found = match log.take() {
        Some(found) => Some(found),
        None => shared.store.log_of_area(area).await?,
    };
    let mut append = shared.store.append().await?;
    let row = match found {
        Some(row) => row,
        None => open_first_log(shared, area, &mut append).await?,
    };
    let locked = append.lock(row.log_id, area).await?;
    if locked.open_log != row.log_id {
        // A new epoch was opened; the next attempt finds it.
        return Err(StoreError::Conflict.into());
    }
    let tree = checked_tree(shared, &row.origin, &locked)?;
    let is_empty = tree.size() == TreeSize::EMPTY;
    let known = append.look_up(area, &ask(items)).await?;
    let registered = known.persons.iter().map(|person| person.hmac.clone()).collect();
    let verdicts = select(items, known);
    if !verdicts.iter().any(|verdict| matches!(verdict, Verdict::Stands)) {
        *log = (!is_empty).then_some(row);
        return Ok(Tried {
            places: vec![None; items.len()],
            verdicts,
            written: None,
        });
    }
    let last_ms = (!is_empty).then_some(locked.head.last_time_ms);
    let time_ms = shared
        .trust
        .next_time_ms(shared.clock.as_ref(), locked.database_ms, last_ms)
        .map_err(AppendError::from)?;
    let mut draft = Draft::after(&row, tree, time_ms, registered);
    if is_empty {
        let keys = shared
            .keys
            .verifier_keys(&row.origin)
            .map_err(|_| AppendError::Signing)?;
        draft.append_epoch(&keys, &shared.engine)?;
    }
    let mut places = Vec::with_capacity(items.len());
    for (item, verdict) in items.iter().zip(&verdicts) {
        places.push(match verdict {
            Verdict::Stands => Some(draft.append(item)?),
            Verdict::Answered(_) | Verdict::Repeats(_) | Verdict::Refused(_) => None,
        });
    }
    let signed = sign(shared, draft.checkpoint()).await?;
    draft.write(&mut append, &signed).await?;
    append.commit().await?;
    let released = signed.release(&Committed::after_commit());
    if last_ms.is_some() {
        // The clock was found right; from here real time is known without it.
        shared.trust.confirm(shared.clock.as_ref());
    }
    *log = Some(row);
    Ok(Tried {
        verdicts,
        places,
        written: Some(draft.written(released)),
    })
}

/// Opens epoch 1 of an area inside the transaction that appends its first entries.
async fn open_first_log(shared: &Shared, area: AreaCode, append: &mut Append) -> Result<LogRow, Stopped> {
    let origin = Origin::new(&shared.domain, area, 1).map_err(|_| AppendError::NoLog)?;
    let row = LogRow {
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
    append.open_log(&row, &head).await?;
    Ok(row)
}

/// The tree of the head, after checking it against root, newest checkpoint and signature: on a
/// damaged head nothing may be built.
fn checked_tree(shared: &Shared, origin: &Origin, locked: &Locked) -> Result<CompactTree, AppendError> {
    let damaged = AppendError::Corrupt("the head does not fit its root or its newest checkpoint");
    let head = &locked.head;
    let tree = CompactTree::from_edge_bytes(head.size, &head.compact).map_err(|_| damaged.clone())?;
    if tree.root() != head.root {
        return Err(damaged);
    }
    match &locked.checkpoint {
        None if head.size == TreeSize::EMPTY => Ok(tree),
        None => Err(damaged),
        Some(checkpoint) => {
            let expected = Checkpoint {
                origin: origin.clone(),
                size: head.size,
                root: head.root,
            };
            let trusted = shared.keys.verifier_keys(origin).map_err(|_| AppendError::Signing)?;
            let signed = SignedCheckpoint::verify(checkpoint.note.as_bytes(), &trusted).map_err(|_| damaged.clone())?;
            let row_fits = checkpoint.size == head.size && checkpoint.root == head.root;
            if row_fits && *signed.checkpoint() == expected {
                Ok(tree)
            } else {
                Err(damaged)
            }
        }
    }
}

/// Signs the new head, within a bound: the head's lock is held meanwhile.
async fn sign(shared: &Shared, checkpoint: Checkpoint) -> Result<UncommittedCheckpoint, AppendError> {
    let signers = shared
        .keys
        .signers(&checkpoint.origin)
        .map_err(|_| AppendError::Signing)?;
    let signing = spawn_blocking(move || {
        let signers: Vec<&dyn Signer> = signers.iter().map(|signer| signer.as_ref()).collect();
        UncommittedCheckpoint::sign(checkpoint, &signers)
    });
    match timeout(Duration::from_millis(SIGN_MS_MAX), signing).await {
        Ok(Ok(Ok(signed))) => Ok(signed),
        Ok(Ok(Err(_)) | Err(_)) | Err(_) => Err(AppendError::Signing),
    }
}
