//! The rollback gate: what this replica has seen of each log, compared with the database before anything is appended.
//!
//! A restored backup or a standby that lags behind would let the log sign a second history. The marks are kept beside
//! the database and never in it. They are raised after COMMIT and before the answers leave: so a crash never leaves a
//! mark that the database does not reach, and everything that was acknowledged lies below a mark.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::spawn_blocking;
use tracing::{error, info};

use super::item::AppendError;
use crate::area::AreaCode;
use crate::log::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::log::merkle::{NodeId, consistency_nodes, prove_consistency, verify_consistency};
use crate::log::{Hash, Origin, TreeSize};
use crate::store::{HeadRow, Store, StoreError};

/// The largest head of a log that was seen, and the note that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The head.
    pub checkpoint: Checkpoint,
    /// Its signed checkpoint.
    pub note: String,
}

impl Mark {
    /// The mark of a head that is durable.
    #[must_use]
    pub fn of(signed: &SignedCheckpoint) -> Mark {
        Mark {
            checkpoint: signed.checkpoint().clone(),
            note: signed.note().to_owned(),
        }
    }
}

/// Where marks survive a restart.
pub trait HighWater: Send + Sync + 'static {
    /// The newest mark of each area, as they were when the process started.
    fn marks(&self) -> Vec<Mark>;

    /// Makes a mark durable, unless a larger one of its log is there, or another one of its size. Blocks.
    ///
    /// # Errors
    /// What the system says.
    fn raise(&self, mark: &Mark) -> std::io::Result<Raised>;
}

/// What became of a mark that was to be raised. Several processes may share the place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Raised {
    /// It is durable.
    Durable,
    /// A larger one is there: another process of the same log came further. Says nothing about its history.
    Larger(Checkpoint),
    /// One of the same size with another root is there: two histories of the log were signed.
    Forked(Checkpoint),
}

/// Marks that end with the process: for logs that live no longer.
pub struct Forgetful;

impl HighWater for Forgetful {
    fn marks(&self) -> Vec<Mark> {
        Vec::new()
    }

    fn raise(&self, _mark: &Mark) -> std::io::Result<Raised> {
        Ok(Raised::Durable)
    }
}

/// A head that was seen, by this replica or by a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenHead {
    /// The log.
    pub origin: Origin,
    /// Its size.
    pub size: TreeSize,
    /// Its root; a witness tells the size alone.
    pub root: Option<Hash>,
}

impl From<Checkpoint> for SeenHead {
    fn from(head: Checkpoint) -> Self {
        SeenHead {
            origin: head.origin,
            size: head.size,
            root: Some(head.root),
        }
    }
}

/// A log that the database holds shorter than it was, or with another history. Read-only until the database holds again
/// what was seen, or an operator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolledBack {
    /// The head that was seen.
    pub seen: SeenHead,
    /// The newest head that the database has of the area; nothing where it has none.
    pub found: Option<Checkpoint>,
}

struct Seen {
    mark: Mark,
    durable: bool,
    tripped: Option<Tripped>,
}

/// Why a log is read-only.
#[derive(Clone)]
struct Tripped {
    rolled_back: RolledBack,
    by: By,
}

/// Who says so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Our own mark: a database that continues it is the right one.
    Mark,
    /// Witnesses, or a server that shares the folder of our marks: they saw another history than ours. Our mark says
    /// nothing about that, and only an operator decides.
    Others,
}

impl Seen {
    fn against_others(&self) -> bool {
        let tripped = self.tripped.as_ref();
        tripped.is_some_and(|tripped| tripped.by == By::Others)
    }
}

/// The marks of all areas: of each its newest epoch, since a new one is opened by an operator alone.
pub(super) struct Gate {
    high_water: Arc<dyn HighWater>,
    seen: Mutex<BTreeMap<AreaCode, Seen>>,
    /// The largest size of each log that had a mark when the process started, closed epochs among them.
    at_start: BTreeMap<Origin, TreeSize>,
}

impl Gate {
    pub(super) fn new(high_water: Arc<dyn HighWater>) -> Gate {
        let mut seen: BTreeMap<AreaCode, Seen> = BTreeMap::new();
        for mark in high_water.marks() {
            let later = |seen: &Seen| place(&seen.mark.checkpoint) > place(&mark.checkpoint);
            let area = mark.checkpoint.origin.area();
            if !seen.get(&area).is_some_and(later) {
                let (durable, tripped) = (true, None);
                seen.insert(area, Seen { mark, durable, tripped });
            }
        }
        let at_start = high_water.marks().into_iter();
        let at_start = at_start
            .map(|mark| (mark.checkpoint.origin, mark.checkpoint.size))
            .collect();
        Gate {
            high_water,
            at_start,
            seen: Mutex::new(seen),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<AreaCode, Seen>) -> T) -> T {
        act(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The logs that are read-only.
    pub(super) fn rolled_back(&self) -> Vec<RolledBack> {
        let tripped = |seen: &Seen| Some(seen.tripped.as_ref()?.rolled_back.clone());
        self.with(|seen| seen.values().filter_map(tripped).collect())
    }

    /// The largest size that a log is known to have had.
    pub(super) fn reached(&self, origin: &Origin) -> TreeSize {
        let now = self.mark(origin.area()).filter(|mark| mark.origin == *origin);
        let now = now.map_or(TreeSize::EMPTY, |mark| mark.size);
        self.at_start.get(origin).copied().unwrap_or(TreeSize::EMPTY).max(now)
    }

    /// Every mark.
    pub(super) fn marks(&self) -> Vec<Mark> {
        self.with(|seen| seen.values().map(|seen| seen.mark.clone()).collect())
    }

    /// Whether the area may get its first log: not where one was seen before.
    pub(super) fn admits_first_log(&self, area: AreaCode) -> Result<(), AppendError> {
        let seen = self.with(|seen| seen.get(&area).map(|seen| seen.mark.checkpoint.clone()));
        match seen {
            None => Ok(()),
            Some(seen) => Err(self.trip(
                RolledBack {
                    seen: seen.into(),
                    found: None,
                },
                By::Mark,
            )),
        }
    }

    /// What was seen of an area.
    pub(super) fn mark(&self, area: AreaCode) -> Option<Checkpoint> {
        self.with(|seen| seen.get(&area).map(|seen| seen.mark.checkpoint.clone()))
    }

    /// Whether the head may be built upon. A larger head than the mark must be proved to continue it, with the nodes
    /// of [`plan`]. The mark is one that was read before the head: a later one may be larger.
    pub(super) fn admits(
        &self,
        mark: Option<&Checkpoint>,
        origin: &Origin,
        head: &HeadRow,
        nodes: &BTreeMap<NodeId, Hash>,
    ) -> Result<(), AppendError> {
        let Some(mark) = mark else { return Ok(()) };
        if origin.epoch() > mark.origin.epoch() {
            // An operator has decided.
            return Ok(());
        }
        let area = origin.area();
        if self.is_read_only(area) {
            return Err(AppendError::RolledBack);
        }
        if continues(origin, head, mark, nodes) {
            return Ok(());
        }
        let (size, root) = (head.size, head.root);
        let origin = origin.clone();
        let found = Some(Checkpoint { origin, size, root });
        let seen = mark.clone().into();
        Err(self.trip(RolledBack { seen, found }, By::Mark))
    }

    fn is_read_only(&self, area: AreaCode) -> bool {
        self.with(|seen| seen.get(&area).is_some_and(|seen| seen.tripped.is_some()))
    }

    /// The database holds again what was seen: a standby that lagged behind led for a moment, and the right database is
    /// back. Nothing was appended meanwhile, so the mark is the one that was compared.
    fn clear(&self, area: AreaCode, mark: &Checkpoint) {
        let cleared = self.with(|seen| {
            let of_area = seen.get_mut(&area);
            let same = |seen: &&mut Seen| seen.mark.checkpoint == *mark && !seen.against_others();
            of_area.filter(same).and_then(|seen| seen.tripped.take())
        });
        if cleared.is_some() {
            info!(
                checkpoint.origin = %mark.origin, checkpoint.seen_size = %mark.size,
                "the database holds again the log that was signed: it takes entries"
            );
        }
    }

    /// Writes the mark of an area once more if it could not be written before: what was acknowledged last is not
    /// covered, and nothing is added to it.
    pub(super) async fn settle(&self, area: AreaCode) -> Result<(), AppendError> {
        let waiting = self.with(|seen| {
            // What is read-only is refused by its own reason.
            let waits = |seen: &&Seen| !seen.durable && seen.tripped.is_none();
            let seen = seen.get(&area).filter(waits)?;
            Some(seen.mark.clone())
        });
        match waiting {
            Some(mark) => self.write(&mark).await,
            None => Ok(()),
        }
    }

    /// Raises the mark of a log after COMMIT. Where it cannot be written the answer still leaves, because what it
    /// acknowledges is durable; the next append waits for the mark. Where another history of its size was seen, the log
    /// is read-only from here on.
    pub(super) async fn raise(&self, mark: Mark) {
        let area = mark.checkpoint.origin.area();
        let raised = self.with(|all| {
            let lower = |seen: &Seen| place(&seen.mark.checkpoint) < place(&mark.checkpoint);
            if !all.get(&area).is_none_or(lower) {
                return false;
            }
            // What others said of a log stands also where an append that had begun before is committed after it.
            let of_log = |seen: &Seen| seen.mark.checkpoint.origin == mark.checkpoint.origin;
            let before = all.remove(&area).filter(|seen| of_log(seen) && seen.against_others());
            let (durable, tripped) = (false, before.and_then(|seen| seen.tripped));
            let mark = mark.clone();
            all.insert(area, Seen { mark, durable, tripped });
            true
        });
        if raised {
            let _ = self.write(&mark).await;
        }
    }

    async fn write(&self, mark: &Mark) -> Result<(), AppendError> {
        let (high_water, written) = (self.high_water.clone(), mark.clone());
        let done = spawn_blocking(move || high_water.raise(&written)).await;
        let cause = match done {
            Ok(Ok(Raised::Forked(seen))) => {
                let found = Some(mark.checkpoint.clone());
                let seen = seen.into();
                return Err(self.trip(RolledBack { seen, found }, By::Others));
            }
            // Servers of one log share a folder, and raise in any order: the larger one covers what this one does.
            Ok(Ok(Raised::Durable | Raised::Larger(_))) => {
                self.with(|seen| {
                    let of_area = seen.get_mut(&mark.checkpoint.origin.area());
                    if let Some(seen) = of_area.filter(|seen| seen.mark == *mark) {
                        seen.durable = true;
                    }
                });
                return Ok(());
            }
            Ok(Err(error)) => error,
            Err(error) => std::io::Error::other(error),
        };
        error!(
            alarm = "HIGH_WATER_NOT_WRITTEN", checkpoint.origin = %mark.checkpoint.origin, error = %cause,
            "the high-water mark cannot be written: make room for it, nothing is appended until then"
        );
        Err(AppendError::Unavailable(Arc::new(cause)))
    }

    fn trip(&self, rolled_back: RolledBack, by: By) -> AppendError {
        let area = rolled_back.seen.origin.area();
        let found = rolled_back.found.as_ref();
        error!(
            alarm = "LOG_ROLLED_BACK",
            checkpoint.origin = %rolled_back.seen.origin, checkpoint.seen_size = %rolled_back.seen.size,
            checkpoint.found_origin = found.map(|found| found.origin.to_string()),
            checkpoint.found_size = found.map_or(0, |found| found.size.get()),
            "the database does not hold the log that was signed: it is read-only; restore the right database, \
             or confirm the fork with doudi log next-epoch"
        );
        self.with(|seen| {
            let of_area = seen.get_mut(&area);
            if let Some(seen) = of_area.filter(|seen| by == By::Others || !seen.against_others()) {
                seen.tripped = Some(Tripped { rolled_back, by });
            }
        });
        AppendError::RolledBack
    }

    /// Witnesses cosigned a larger head than the database has, or another one of its size.
    pub(super) fn witnesses_disagree(&self, seen: SeenHead, found: Mark) {
        let area = seen.origin.area();
        let found_head = found.checkpoint.clone();
        self.with(|all| {
            let (durable, tripped) = (true, None);
            all.entry(area).or_insert(Seen {
                mark: found,
                durable,
                tripped,
            });
        });
        let found = Some(found_head);
        self.trip(RolledBack { seen, found }, By::Others);
    }

    /// Compares every mark with the database, outside any transaction: at start-up, and again and again for logs
    /// that nobody appends to. A log that became read-only takes entries again once the database is proved to hold what
    /// was seen of it.
    pub(super) async fn compare(&self, store: &dyn Store) -> Result<(), StoreError> {
        // The marks first: a head that is read later is never smaller.
        let marks: BTreeMap<AreaCode, Checkpoint> = self.with(|seen| {
            let comparable = seen.iter().filter(|(_, seen)| !seen.against_others());
            comparable
                .map(|(area, seen)| (*area, seen.mark.checkpoint.clone()))
                .collect()
        });
        if marks.is_empty() {
            return Ok(());
        }
        let watched: Vec<AreaCode> = marks.keys().copied().collect();
        let mut heads = store.open_heads(&watched).await?;
        for (area, mark) in &marks {
            let area = *area;
            let read_only = self.is_read_only(area);
            let at = heads.iter().position(|(log, _)| log.origin.area() == area);
            let Some((log, head)) = at.map(|at| heads.swap_remove(at)) else {
                if !read_only {
                    let _ = self.admits_first_log(area);
                }
                continue;
            };
            let unchanged = mark.origin == log.origin && mark.root == head.root;
            if unchanged && !read_only {
                continue;
            }
            let nodes = store.nodes(log.log_id, &plan(Some(mark), &log.origin, &head)).await?;
            if !read_only {
                // What is refused is read-only from here on, and was said.
                let _ = self.admits(Some(mark), &log.origin, &head, &nodes);
            } else if continues(&log.origin, &head, mark, &nodes) {
                self.clear(area, mark);
            }
        }
        Ok(())
    }
}

/// Epoch and size: how far a log has come.
fn place(checkpoint: &Checkpoint) -> (u32, TreeSize) {
    (checkpoint.origin.epoch(), checkpoint.size)
}

/// The nodes that prove that a head grew out of the mark; none where they are equal.
pub(super) fn plan(mark: Option<&Checkpoint>, origin: &Origin, head: &HeadRow) -> Vec<NodeId> {
    let of_log = mark.filter(|mark| mark.origin == *origin);
    of_log
        .and_then(|mark| consistency_nodes(mark.size, head.size).ok())
        .unwrap_or_default()
}

/// Whether the head is the mark or grew out of it, proved by the stored tree. A proof between equal sizes is empty
/// and compares the roots.
fn continues(origin: &Origin, head: &HeadRow, mark: &Checkpoint, nodes: &BTreeMap<NodeId, Hash>) -> bool {
    let proof = prove_consistency(nodes, mark.size, head.size);
    let proved = |proof: Vec<Hash>| verify_consistency(mark.size, &mark.root, head.size, &head.root, &proof).is_ok();
    *origin == mark.origin && proof.is_ok_and(proved)
}
