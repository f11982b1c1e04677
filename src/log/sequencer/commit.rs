//! One attempt to commit a batch: for each log lock, check, select, stamp, sign, write; then commit and prove.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::answer::first_answer;
use super::clock::Readings;
use super::draft::{Draft, Registered};
use super::gate::{Mark, plan};
use super::item::{Acknowledged, AppendError, Item};
use super::lane::Answer;
use super::select::{Verdict, ask, select};
use super::{SIGN_MS_MAX, Shared, Stopped};
use crate::area::AreaCode;
use crate::log::checkpoint::{Checkpoint, Committed, SignedCheckpoint, UncommittedCheckpoint};
use crate::log::merkle::{CompactTree, empty_root};
use crate::log::note::{Signer, VerifierKey};
use crate::log::{LogIndex, Origin, TreeSize};
use crate::store::append::{Append, Locked};
use crate::store::{HeadRow, LogId, LogRow, StoreError};

/// The items of a batch that go to one log.
pub(super) struct Share {
    pub(super) area: AreaCode,
    /// The log that was open before; without, it is found or opened.
    pub(super) log: Option<LogRow>,
    pub(super) items: Vec<Arc<Item>>,
}

/// A share that was judged inside the transaction, and written as far as its items stand.
struct Judged {
    row: LogRow,
    verdicts: Vec<Verdict>,
    /// The places of the items that stand.
    places: Vec<Option<LogIndex>>,
    written: Option<(Draft, UncommittedCheckpoint)>,
    /// The head before; nothing in a log without entries.
    head: Option<Mark>,
}

/// Tries once to commit all shares in one transaction. What stops one share leaves the others as they are.
///
/// # Errors
/// [`Stopped`], for each share: this attempt wrote nothing of it, or we cannot tell ([`StoreError::Unknown`]).
pub(super) async fn attempt(shared: &Shared, shares: &mut [Share]) -> Vec<Result<Vec<Answer>, Stopped>> {
    let began = Instant::now();
    let committed = commit(shared, shares).await;
    let items = u32::try_from(count(shares)).unwrap_or(u32::MAX);
    shared.metrics.committed(items, began.elapsed(), result(&committed));
    let judged = match committed {
        Ok(judged) => judged,
        Err(error) => return shares.iter().map(|_| Err(error.clone().into())).collect(),
    };
    let mut outcomes = Vec::with_capacity(shares.len());
    for (share, judged) in shares.iter_mut().zip(judged) {
        outcomes.push(match judged {
            Ok(judged) => Ok(answers(shared, share, judged).await),
            Err(stopped) => Err(stopped),
        });
    }
    outcomes
}

/// The items of all shares.
pub(super) fn count(shares: &[Share]) -> usize {
    shares.iter().map(|share| share.items.len()).sum()
}

/// What became of a transaction, as it is counted.
fn result(committed: &Result<Vec<Result<Judged, Stopped>>, StoreError>) -> &'static str {
    match committed {
        Ok(judged) if judged.iter().all(Result::is_err) => "failed",
        Ok(judged) if judged.iter().flatten().any(|judged| judged.written.is_some()) => "committed",
        Ok(_) => "empty",
        Err(_) => "failed",
    }
}

/// One transaction over all shares. An error is that of the transaction as a whole.
async fn commit(shared: &Shared, shares: &mut [Share]) -> Result<Vec<Result<Judged, Stopped>>, StoreError> {
    for share in shares.iter_mut().filter(|share| share.log.is_none()) {
        share.log = shared.store.log_of_area(share.area).await?;
    }
    let mut append = shared.store.append().await?;
    let mut all = Vec::with_capacity(shares.len());
    // A share alone is kept or dropped with its transaction; of several, each goes back by itself.
    let several = shares.len() > 1;
    for share in shares.iter() {
        if several {
            append.mark().await?;
        }
        let judged = write_share(shared, share, &mut append).await;
        if several {
            let stands = judged.as_ref().is_ok_and(|judged| judged.written.is_some());
            append.settle(stands).await?;
        }
        all.push(judged);
    }
    if !all.iter().flatten().any(|judged| judged.written.is_some()) {
        return Ok(all);
    }
    if let Err(error) = append.commit().await {
        // Also a share of which nothing was written may have been judged by what another one wrote.
        for judged in all.iter_mut().filter(|judged| judged.is_ok()) {
            *judged = Err(error.clone().into());
        }
    }
    Ok(all)
}

/// Judges the items of one log and writes those that stand; nothing is committed yet.
async fn write_share(shared: &Shared, share: &Share, append: &mut Append) -> Result<Judged, Stopped> {
    let items: Vec<&Item> = share.items.iter().map(AsRef::as_ref).collect();
    let row = match &share.log {
        Some(row) => row.clone(),
        None => {
            shared.gate.admits_first_log(share.area)?;
            open_first_log(shared, share.area, append).await?
        }
    };
    let locked = append.lock(row.log_id, share.area).await?;
    // At once: what follows may wait for the persons of other batches.
    let readings = Readings::now(shared.clock.as_ref(), locked.database_ms);
    if locked.open_log != row.log_id {
        // A new epoch was opened; the next attempt finds it.
        return Err(StoreError::Conflict.into());
    }
    let tree = checked_tree(shared, &row.origin, &locked)?;
    let mark = shared.gate.mark(share.area);
    let nodes = append
        .nodes(row.log_id, &plan(mark.as_ref(), &row.origin, &locked.head))
        .await?;
    shared.gate.admits(mark.as_ref(), &row.origin, &locked.head, &nodes)?;
    shared.gate.settle(share.area).await?;
    if !shared.vigil.admits(&row.origin, locked.head.size) {
        return Err(AppendError::NotWitnessed.into());
    }
    let is_empty = tree.size() == TreeSize::EMPTY;
    let known = append.look_up(share.area, &ask(row.log_id, &items)).await?;
    let registered = Registered::of(&known.persons);
    let verdicts = select(&items, known);
    let head = locked.checkpoint.map(|newest| Mark {
        checkpoint: Checkpoint {
            origin: row.origin.clone(),
            size: newest.size,
            root: newest.root,
        },
        note: newest.note,
    });
    let mut judged = Judged {
        row,
        places: vec![None; items.len()],
        verdicts,
        written: None,
        head,
    };
    if !judged.verdicts.iter().any(|verdict| matches!(verdict, Verdict::Stands)) {
        return Ok(judged);
    }
    let last_ms = (!is_empty).then_some(locked.head.last_time_ms);
    let time_ms = shared
        .trust
        .next_time_ms(shared.clock.as_ref(), readings, last_ms)
        .map_err(AppendError::from)?;
    let mut draft = Draft::after(&judged.row, tree, time_ms, registered);
    if is_empty {
        let keys = shared
            .keys
            .verifier_keys(&judged.row.origin)
            .map_err(|_| AppendError::Signing)?;
        draft.append_epoch(&keys, &shared.engine, None)?;
    }
    for (at, item) in items.iter().enumerate() {
        if matches!(judged.verdicts[at], Verdict::Stands) {
            judged.places[at] = Some(draft.append(item)?);
        }
    }
    let signed = sign(shared, draft.checkpoint()).await?;
    draft.write(append, &signed).await?;
    judged.written = Some((draft, signed));
    Ok(judged)
}

/// The answers to the items of a share, after COMMIT.
async fn answers(shared: &Shared, share: &mut Share, judged: Judged) -> Vec<Answer> {
    let had_entries = judged.head.is_some();
    let mut head = judged.head;
    let written = judged.written.map(|(draft, signed)| {
        if had_entries {
            // The clock was found right; from here real time is known without it.
            shared.trust.confirm(shared.clock.as_ref());
        }
        let released = signed.release(&Committed::after_commit());
        head = Some(Mark::of(&released));
        draft.written(released)
    });
    share.log = head.is_some().then_some(judged.row);
    if let Some(head) = head {
        shared.vigil.grew(&head.checkpoint.origin, head.checkpoint.size);
        shared.gate.raise(head).await;
    }
    let mut answers: Vec<Answer> = Vec::with_capacity(share.items.len());
    for ((item, verdict), place) in share.items.iter().zip(judged.verdicts).zip(judged.places) {
        let answer = match verdict {
            Verdict::Stands => match (&written, place) {
                (Some(written), Some(place)) => written.answer(item, place),
                (None, _) | (_, None) => Err(AppendError::Unknown),
            },
            Verdict::Answered(request) => first_answer(shared.store.as_ref(), shared.keys.as_ref(), &request).await,
            Verdict::Repeats(first) => answers[first].clone().map(|first| Acknowledged {
                repeated: true,
                ..first
            }),
            Verdict::Refused(error) => Err(error),
        };
        answers.push(answer);
    }
    answers
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
pub(super) fn checked_tree(shared: &Shared, origin: &Origin, locked: &Locked) -> Result<CompactTree, AppendError> {
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
            let signers = shared.keys.signers(origin).map_err(|_| AppendError::Signing)?;
            let signs = |key: &&VerifierKey| signers.iter().any(|signer| signer.id() == key.id());
            let in_use: Vec<VerifierKey> = trusted.iter().filter(signs).cloned().collect();
            let note = checkpoint.note.as_bytes();
            let (signed, key_lost) = match SignedCheckpoint::verify(note, &in_use) {
                Ok(signed) => (signed, false),
                Err(_) => (
                    SignedCheckpoint::verify(note, &trusted).map_err(|_| damaged.clone())?,
                    true,
                ),
            };
            let row_fits = checkpoint.size == head.size && checkpoint.root == head.root;
            if !row_fits || *signed.checkpoint() != expected {
                return Err(damaged);
            }
            if key_lost { Err(AppendError::KeyLost) } else { Ok(tree) }
        }
    }
}

/// Signs the new head, within a bound: the head's lock is held meanwhile.
pub(super) async fn sign(shared: &Shared, checkpoint: Checkpoint) -> Result<UncommittedCheckpoint, Stopped> {
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
        Ok(Ok(Err(_)) | Err(_)) => Err(AppendError::Signing.into()),
        Err(_elapsed) => Err(Stopped::Unsigned),
    }
}
