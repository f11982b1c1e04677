//! F8: the log against heads that others keep, and the witnesses' lines that are stored.
//!
//! Whoever keeps heads of this log hands them in as [`KeptHead`]: a file of checkpoints, a witness, the local
//! high-water mark. This is the only level that sees a database that was cut off or rewritten whole.

use super::{Fsck, Plan};
use crate::app::AppError;
use crate::log::fsck::{Level, Place, Problem};
use crate::log::merkle::{root_nodes, root_of};
use crate::log::note::Note;
use crate::log::{Hash, TreeSize};
use crate::store::{LogRow, Store};

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
    let cosigned = cosignatures(store, log, fsck).await?;
    for kept in &plan.kept {
        let place = || Place::Kept(kept.keeper.clone(), kept.size);
        if kept.size > size {
            fsck.findings.add(Level::Witnesses, place(), Problem::Shrunk(size));
        } else {
            let nodes = store.nodes(log.log_id, &root_nodes(kept.size)).await?;
            if root_of(&nodes, kept.size).ok() != Some(kept.root) {
                fsck.findings.add(Level::Witnesses, place(), Problem::Forked);
            }
        }
    }
    let looked_at = cosigned + plan.kept.len() as u64;
    fsck.checked.add(Level::Witnesses, looked_at);
    if looked_at == 0 {
        let why = "nobody's heads were given: keep a checkpoint elsewhere and name it";
        fsck.skipped.push((Level::Witnesses, why));
    }
    Ok(())
}

/// The lines of witnesses belong to checkpoints that exist, and are signature lines. Whose keys they are of is for
/// those who trust the witness.
async fn cosignatures(store: &dyn Store, log: &LogRow, fsck: &mut Fsck) -> Result<u64, AppError> {
    let mut count = 0;
    let mut after: Option<(TreeSize, String)> = None;
    loop {
        let from = after.as_ref().map(|(size, witness)| (*size, witness.as_str()));
        let rows = store.cosignatures_after(log.log_id, from, COSIGNATURE_COUNT).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        after = Some((last.size, last.witness.clone()));
        let sizes: Vec<TreeSize> = rows.iter().map(|row| row.size).collect();
        let signed = store.signed_sizes(log.log_id, &sizes).await?;
        for row in rows {
            count += 1;
            let problem = if !signed.contains(&row.size) {
                "stands under no checkpoint"
            } else if Note::parse(format!("-\n\n{}\n", row.line.trim_end_matches('\n')).as_bytes()).is_err() {
                "is no signature line"
            } else {
                continue;
            };
            let place = Place::Checkpoint(row.size);
            fsck.findings
                .add(Level::Witnesses, place, Problem::Cosignature(problem));
        }
    }
}
