//! F8: the log against heads that others keep, and the witnesses' lines that are stored.
//!
//! Whoever keeps heads of this log hands them in as [`KeptHead`]: a file of checkpoints, a witness, the local
//! high-water mark. This is the only level that sees a database that was cut off or rewritten whole. The epoch after a
//! log keeps its last head as well: a log that was closed goes on no more.

use std::collections::{BTreeMap, BTreeSet};

use super::closings::Closings;
use super::epochs::epoch_document;
use super::{Fsck, Plan};
use crate::app::AppError;
use crate::canonical::Json;
use crate::log::fsck::{Level, Place, Problem};
use crate::log::merkle::{root_nodes, root_of};
use crate::log::note::{CosignerKey, Note, SignatureLine};
use crate::log::{Hash, Origin, TreeSize};
use crate::store::{CosignatureRow, LogId, LogRow, Store};

/// Cosignatures of one read.
const COSIGNATURE_COUNT: u32 = 1000;

/// A head of the log that somebody else keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptHead {
    /// Who keeps it, for people: the name of a witness or of a file.
    pub keeper: String,
    /// Number of entries.
    pub size: TreeSize,
    /// Root of the tree.
    pub root: Hash,
}

/// Checks that the log only grew out of every head that is kept.
pub(super) async fn check(
    store: &dyn Store,
    log: &LogRow,
    size: TreeSize,
    plan: &Plan,
    fsck: &mut Fsck,
) -> Result<(), AppError> {
    let lines = cosignatures(store, log, size, plan, fsck).await?;
    let mut looked_at = lines.judged;
    for kept in &plan.kept {
        looked_at += 1;
        compare(store, log, size, kept, fsck).await?;
    }
    looked_at += epoch_after(store, log, size, fsck).await?;
    fsck.checked.add(Level::Witnesses, looked_at);
    if looked_at == 0 {
        let why = if lines.unverified == 0 {
            "nobody's heads were found: keep a checkpoint elsewhere and name it"
        } else {
            "the stored cosignatures are of witnesses that nobody named: give their policy, or a checkpoint that was \
             kept elsewhere"
        };
        fsck.skipped.push((Level::Witnesses, why));
    }
    Ok(())
}

/// Compares the log with one head.
async fn compare(
    store: &dyn Store,
    log: &LogRow,
    size: TreeSize,
    kept: &KeptHead,
    fsck: &mut Fsck,
) -> Result<(), AppError> {
    let problem = if kept.size > size {
        Problem::Shrunk(size)
    } else {
        let nodes = store.nodes(log.log_id, &root_nodes(kept.size)).await?;
        if root_of(&nodes, kept.size).ok() == Some(kept.root) {
            return Ok(());
        }
        Problem::Forked
    };
    let place = Place::Kept(kept.keeper.clone(), kept.size);
    fsck.findings.add(Level::Witnesses, place, problem);
    Ok(())
}

/// The head that the epoch after this log names as its last: nothing was appended to it since.
async fn epoch_after(store: &dyn Store, log: &LogRow, size: TreeSize, fsck: &mut Fsck) -> Result<u64, AppError> {
    let next = Origin::new(log.origin.domain(), log.origin.area(), log.origin.epoch() + 1).ok();
    let next = match next {
        Some(next) => store.log(LogId::of(&next)).await?,
        None => None,
    };
    let Some(next) = next else { return Ok(0) };
    let document = epoch_document(store, &next).await?;
    // An EPOCH entry that says nothing of the one before is found in the log that it opens.
    let Some(kept) = document.as_ref().and_then(|document| previous(document, log, &next)) else {
        return Ok(0);
    };
    if kept.size < size {
        let place = Place::Kept(kept.keeper.clone(), kept.size);
        fsck.findings.add(Level::Witnesses, place, Problem::Closed(size));
    }
    compare(store, log, size, &kept, fsck).await?;
    Ok(1)
}

/// The head of `log` that the EPOCH document of the next epoch names.
fn previous(document: &Json, log: &LogRow, next: &LogRow) -> Option<KeptHead> {
    let head = document.get("previous")?;
    let of_log = head.get("origin")?.as_text()? == log.origin.to_string();
    let size = u64::try_from(head.get("size")?.as_integer()?).ok()?;
    let kept = KeptHead {
        keeper: next.origin.to_string(),
        size: TreeSize::new(size).ok()?,
        root: head.get("root")?.as_text()?.parse().ok()?,
    };
    of_log.then_some(kept)
}

/// What the stored lines of witnesses came to.
#[derive(Clone, Copy, Debug, Default)]
struct Lines {
    /// Lines that are verified or wrong, and samples that were held against them.
    judged: u64,
    /// Lines of which nobody says whose they are: anybody who writes the database may have made them.
    unverified: u64,
}

/// The lines of witnesses belong to checkpoints that exist, and are signature lines. A line of a witness of the policy
/// is verified, and samples closed by checkpoints that a quorum had cosigned; whose keys the others are of is for those
/// who trust them.
async fn cosignatures(
    store: &dyn Store,
    log: &LogRow,
    size: TreeSize,
    plan: &Plan,
    fsck: &mut Fsck,
) -> Result<Lines, AppError> {
    let trusted: BTreeMap<&str, (usize, &CosignerKey)> = plan
        .witnesses
        .iter()
        .flat_map(|policy| policy.witnesses.iter().enumerate())
        .map(|(at, witness)| (witness.key.name().as_str(), (at, &witness.key)))
        .collect();
    let mut closings = Closings::of(store, log, plan.witnesses.as_ref()).await?;
    let mut lines = Lines::default();
    // Which witnesses have cosigned a size; the lines of one may go on in the next page.
    let mut by = (TreeSize::EMPTY, BTreeSet::new());
    let mut after: Option<(TreeSize, String)> = None;
    loop {
        let from = after.as_ref().map(|(size, witness)| (*size, witness.as_str()));
        let rows = store.cosignatures_after(log.log_id, from, COSIGNATURE_COUNT).await?;
        let Some(last) = rows.last() else {
            lines.judged += closings.map_or(0, |closings| closings.judge(fsck));
            return Ok(lines);
        };
        after = Some((last.size, last.witness.clone()));
        for of_size in rows.chunk_by(|a, b| a.size == b.size) {
            let at = of_size[0].size;
            let note = store.checkpoint_at(log.log_id, at).await?.map(|row| row.note);
            if by.0 != at {
                by = (at, BTreeSet::new());
            }
            for row in of_size {
                let witness = trusted.get(row.witness.as_str());
                let judged = match &note {
                    // The log may have grown since its head was read.
                    None if at > size && store.head(log.log_id).await?.is_none_or(|head| head.size < at) => {
                        let place = Place::Kept(row.witness.clone(), at);
                        fsck.findings.add(Level::Witnesses, place, Problem::Shrunk(size));
                        lines.judged += 1;
                        continue;
                    }
                    None => Err("stands under no checkpoint"),
                    Some(note) => is_verified(row, note, witness.map(|(_, key)| *key)),
                };
                match judged {
                    Ok(true) => {
                        lines.judged += 1;
                        by.1.extend(witness.map(|(place, _)| *place));
                    }
                    Ok(false) => lines.unverified += 1,
                    Err(problem) => {
                        lines.judged += 1;
                        let problem = Problem::Cosignature(problem);
                        fsck.findings.add(Level::Witnesses, Place::Checkpoint(at), problem);
                    }
                }
            }
            if let Some(closings) = &mut closings {
                closings.cosigned(at, &by.1);
            }
        }
    }
}

/// Whether a line under the note of its checkpoint is a cosignature of this witness; not, where nobody says whose it is.
///
/// The error is what is wrong with it.
fn is_verified(row: &CosignatureRow, note: &str, key: Option<&CosignerKey>) -> Result<bool, &'static str> {
    let text = row.line.trim_end_matches('\n');
    let is_line = Note::parse(format!("-\n\n{text}\n").as_bytes()).is_ok();
    let Some(line) = SignatureLine::parse(text).filter(|_| is_line) else {
        return Err("is no signature line");
    };
    let Some(key) = key.filter(|key| key.is_named_by(&line)) else {
        return Ok(false);
    };
    // A note that cannot be read is found by F5.
    let Ok(parsed) = Note::parse(note.as_bytes()) else {
        return Ok(false);
    };
    match key.cosigned_at(parsed.unverified_text(), &line) {
        Some(_) => Ok(true),
        None => Err("is not of this checkpoint: the witness saw another log, or the line was changed"),
    }
}
