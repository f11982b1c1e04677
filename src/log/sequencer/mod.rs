//! The sequencer: gives items their place in the log, many in one commit, and answers with proofs.
//!
//! A task takes what waits in a bounded queue, which is what came during the commit before, and commits it
//! in one transaction (`commit`): one task a log on PostgreSQL, one for all logs on SQLite, where one
//! commit covers every log that waits and each is checked, tried again and answered by itself. Several processes may sequence
//! one log: the lock on the head row and the guarded head update are the fence. Nothing is
//! answered before COMMIT; after an unknown outcome the head is read again under its lock before
//! anything is written, and what had been written is answered as a repeated request, by the same
//! code. The only part of the log that is not pure.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the sequencer reads the clock"
)]

mod answer;
mod clock;
mod commit;
mod draft;
mod entropy;
mod entry;
mod epoch;
mod gate;
mod item;
mod lane;
mod select;
#[cfg(test)]
mod tests;
mod tiles;
mod vigil;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::Instrument as _;

pub use answer::{first_answer, first_answers};
pub use clock::{CLOCK_DIFFERENCE_MAX_MS, CLOCK_GAP_MAX_MS, Clock, ClockError, SystemClock};
pub use entropy::SystemEntropy;
pub use epoch::{Ended, OpenedEpoch, Succession};
use gate::Gate;
pub use gate::{Forgetful, HighWater, Mark, Raised, RolledBack, SeenHead};
pub use item::{Acknowledged, AppendError, CaseChange, CaseMark, Effects, Follows, Item, NewPolicy, PersonSpan};
use lane::{Job, Lane, LaneOf};
pub use select::two_programmes;

pub use vigil::{Vigil, WITNESS_LAG_MAX_MS, Watched};

use super::note::{SignError, Signer, VerifierKey};
use super::{Origin, TreeSize};
use crate::area::AreaCode;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::Metrics;
use crate::telemetry::span;

/// Items that wait for one log, or for the one writer of a SQLite file. Beyond it callers are told to come later, before memory is short.
pub const QUEUE_ITEM_COUNT_MAX: usize = 1024;

/// Items of one commit. More would hold the head lock too long for the other replicas.
pub const BATCH_ITEM_COUNT_MAX: usize = 256;

/// Signing happens under the head lock: a slow module must not stop the log's other replicas.
pub const SIGN_MS_MAX: u64 = 100;

/// Attempts for one batch: races, short outages and unknown outcomes are tried again.
pub const ATTEMPT_COUNT_MAX: u32 = 5;

/// Epochs have four digits at most: the key of a log in the tables has room for no more.
const EPOCH_MAX: u32 = 9999;

/// The last second of the year 9999: the longest time that an entry states.
const LOGGED_SECONDS_MAX: i64 = 253_402_300_799;

/// The keys of the logs: the name of a log's key is its origin.
pub trait LogKeys: Send + Sync + 'static {
    /// Who signs checkpoints of the log, its own key first.
    ///
    /// # Errors
    /// [`SignError`] if there is no key for this log.
    fn signers(&self, origin: &Origin) -> Result<Vec<Arc<dyn Signer>>, SignError>;

    /// The public keys that verify checkpoints of the log.
    ///
    /// # Errors
    /// [`SignError`] if there is no key for this log.
    fn verifier_keys(&self, origin: &Origin) -> Result<Vec<VerifierKey>, SignError>;
}

/// Why the items of one log were not committed.
enum Stopped {
    /// Trying again does not help; nothing was written by this attempt.
    Failed(AppendError),
    /// The store failed; reading again may help.
    Store(StoreError),
    /// The signature did not come in time, of a module or for want of a processor; nothing was written, and the next
    /// attempt may have it.
    Unsigned,
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Stopped::Store(error)
    }
}

impl From<AppendError> for Stopped {
    fn from(error: AppendError) -> Self {
        Stopped::Failed(error)
    }
}

/// What all logs of a process share.
struct Shared {
    store: Arc<dyn Store>,
    keys: Arc<dyn LogKeys>,
    clock: Arc<dyn Clock>,
    domain: String,
    engine: String,
    trust: clock::Trust,
    gate: Gate,
    vigil: Arc<Vigil>,
    metrics: Arc<Metrics>,
}

/// What watches over the logs of a sequencer.
pub struct Guards {
    /// Marks that survive a restart: a database that does not hold what they say is read-only.
    pub high_water: Arc<dyn HighWater>,
    /// Whether nothing is built upon a head that a quorum of witnesses has left alone for [`WITNESS_LAG_MAX_MS`].
    pub witnesses_required: bool,
    /// Where queues and commits are counted.
    pub metrics: Arc<Metrics>,
}

impl Default for Guards {
    fn default() -> Self {
        Guards {
            high_water: Arc::new(Forgetful),
            witnesses_required: false,
            metrics: Arc::default(),
        }
    }
}

/// Appends items to the logs of all areas.
pub struct Sequencer {
    shared: Arc<Shared>,
    lanes: Mutex<Option<BTreeMap<LaneOf, Lane>>>,
}

impl Sequencer {
    /// A sequencer for logs named `<domain>/<area>/<epoch>`; `engine` is named in the entries that
    /// the sequencer itself makes.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        keys: Arc<dyn LogKeys>,
        clock: Arc<dyn Clock>,
        domain: &str,
        engine: &str,
    ) -> Sequencer {
        Sequencer::guarded(store, keys, clock, domain, engine, Guards::default())
    }

    /// The same with what watches over the logs.
    #[must_use]
    pub fn guarded(
        store: Arc<dyn Store>,
        keys: Arc<dyn LogKeys>,
        clock: Arc<dyn Clock>,
        domain: &str,
        engine: &str,
        guards: Guards,
    ) -> Sequencer {
        let vigil = Vigil::new(guards.witnesses_required, clock.clone());
        let shared = Shared {
            store,
            keys,
            clock,
            domain: domain.to_owned(),
            engine: engine.to_owned(),
            trust: clock::Trust::default(),
            gate: Gate::new(guards.high_water),
            vigil: Arc::new(vigil),
            metrics: guards.metrics,
        };
        Sequencer {
            shared: Arc::new(shared),
            lanes: Mutex::new(Some(BTreeMap::new())),
        }
    }

    /// An operator says that the clock is right now, after a quiet time longer than
    /// [`CLOCK_GAP_MAX_MS`].
    pub fn confirm_clock(&self) {
        self.shared.trust.confirm(self.shared.clock.as_ref());
    }

    /// Compares every log with what was seen of it; what does not hold becomes read-only. At start-up, and now and
    /// then afterwards for logs that nobody appends to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn compare_with_marks(&self) -> Result<(), StoreError> {
        self.shared.gate.compare(self.shared.store.as_ref()).await
    }

    /// The logs that are read-only, each with what was seen and what was found.
    #[must_use]
    pub fn rolled_back(&self) -> Vec<RolledBack> {
        self.shared.gate.rolled_back()
    }

    /// The largest size that a log is known to have had, 0 where nothing is known: what a database that holds less
    /// of it has lost. Ask before the head is read, which only grows.
    #[must_use]
    pub fn reached(&self, origin: &Origin) -> TreeSize {
        self.shared.gate.reached(origin)
    }

    /// The high-water mark of each area.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        self.shared.gate.marks()
    }

    /// Witnesses hold another history of this log: it becomes read-only.
    pub fn witnesses_disagree(&self, seen: SeenHead, found: Mark) {
        self.shared.gate.witnesses_disagree(seen, found);
    }

    /// How far the witnesses have come.
    #[must_use]
    pub fn vigil(&self) -> &Vigil {
        &self.shared.vigil
    }

    /// Opens the next epoch of an area whose log was rolled back, on an operator's word. The old log stays as it is.
    /// Nothing where the database holds all that was seen: there is no fork to confirm.
    ///
    /// # Errors
    /// [`AppendError`].
    pub async fn open_next_epoch(&self, area: AreaCode) -> Result<Option<OpenedEpoch>, AppendError> {
        self.compare_with_marks().await?;
        let of_area = |rolled_back: &RolledBack| rolled_back.seen.origin.area() == area;
        match self.rolled_back().into_iter().find(of_area) {
            Some(rolled_back) => Ok(Some(epoch::open_next(&self.shared, rolled_back).await?)),
            None => Ok(None),
        }
    }

    /// Opens the next epoch of an area whose log was signed by a key that is lost, on an operator's word. Nothing where
    /// the key in use signed it.
    ///
    /// # Errors
    /// [`AppendError`]; [`AppendError::RolledBack`] where the fork is to be confirmed first.
    pub async fn open_epoch_after_lost_key(&self, area: AreaCode) -> Result<Option<OpenedEpoch>, AppendError> {
        self.compare_with_marks().await?;
        let of_area = |rolled_back: &RolledBack| rolled_back.seen.origin.area() == area;
        if self.rolled_back().iter().any(of_area) {
            return Err(AppendError::RolledBack);
        }
        Ok(epoch::open_after_lost_key(&self.shared, area).await?)
    }

    /// Appends an item to the open log of its area; opens the first log of an area that has none.
    ///
    /// A caller that stops waiting does not stop the commit.
    ///
    /// # Errors
    /// [`AppendError`] says whether something was written and what to do.
    pub async fn append(&self, item: Item) -> Result<Acknowledged, AppendError> {
        let (reply, answer) = oneshot::channel();
        let span = span::append();
        self.enqueue(Job {
            item: Arc::new(item),
            reply,
            span: span.clone(),
            since: Instant::now(),
        })?;
        // The task answers every job; if it is gone, it may have committed first.
        answer.instrument(span).await.unwrap_or(Err(AppendError::Unknown))
    }

    /// Items that wait, in all queues and in the longest.
    #[must_use]
    pub fn queued(&self) -> (usize, usize) {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let depths = lanes.iter().flatten().map(|(_, lane)| lane.depth());
        depths.fold((0, 0), |(all, longest), depth| (all + depth, longest.max(depth)))
    }

    fn enqueue(&self, job: Job) -> Result<(), AppendError> {
        let area = job.item.request.area;
        let longest = Origin::new(&self.shared.domain, area, EPOCH_MAX).map_err(|_| AppendError::NoLog)?;
        // A bad item must not fail the batch that it would be in.
        job.item.entry_bytes(&longest, LOGGED_SECONDS_MAX)?;
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lanes = lanes.as_mut().ok_or(AppendError::ShuttingDown)?;
        // A task ends early through a bug only; its log is read again from the start.
        lanes.retain(|_, lane| !lane.ended());
        let lane = lanes
            .entry(LaneOf::area(area, self.shared.store.dialect()))
            .or_insert_with(|| Lane::start(self.shared.clone()));
        lane.enqueue(job)
    }

    /// Takes no more items and waits until everything that was taken is committed and answered.
    pub async fn close(&self) {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).take();
        for lane in lanes.into_iter().flatten() {
            lane.1.finish().await;
        }
    }
}
