//! The sequencer: gives items their place in the log, many in one commit, and answers with proofs.
//!
//! One task a log and process takes items from a bounded queue, gathers them for a few
//! milliseconds, and commits them in one transaction (`commit`). Several processes may sequence
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
mod item;
mod lane;
mod select;
#[cfg(test)]
mod tests;
mod tiles;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

pub use answer::first_answer;
pub use clock::{CLOCK_DIFFERENCE_MAX_MS, CLOCK_GAP_MAX_MS, Clock, ClockError, SystemClock};
pub use entropy::SystemEntropy;
pub use item::{Acknowledged, AppendError, CaseChange, CaseMark, Effects, Item, NewPolicy, PersonSpan};
use lane::{Job, Lane};

use super::Origin;
use super::note::{SignError, Signer, VerifierKey};
use crate::area::AreaCode;
use crate::store::{Store, StoreError};

/// Items that wait for one log. Beyond it callers are told to come later, before memory is short.
pub const QUEUE_ITEM_COUNT_MAX: usize = 1024;

/// Items of one commit. More would hold the head lock too long for the other replicas.
pub const BATCH_ITEM_COUNT_MAX: usize = 256;

/// How long a commit waits for further items after the first.
pub const GATHER_MS: u64 = 2;

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

/// Why a batch as a whole was not committed.
enum Stopped {
    /// Trying again does not help; nothing was written by this attempt.
    Failed(AppendError),
    /// The store failed; reading again may help.
    Store(StoreError),
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
}

/// Appends items to the logs of all areas.
pub struct Sequencer {
    shared: Arc<Shared>,
    lanes: Mutex<Option<BTreeMap<AreaCode, Lane>>>,
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
        let shared = Shared {
            store,
            keys,
            clock,
            domain: domain.to_owned(),
            engine: engine.to_owned(),
            trust: clock::Trust::default(),
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

    /// Appends an item to the open log of its area; opens the first log of an area that has none.
    ///
    /// A caller that stops waiting does not stop the commit.
    ///
    /// # Errors
    /// [`AppendError`] says whether something was written and what to do.
    pub async fn append(&self, item: Item) -> Result<Acknowledged, AppendError> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Job {
            item: Arc::new(item),
            reply,
        })?;
        // The task answers every job; if it is gone, it may have committed first.
        answer.await.unwrap_or(Err(AppendError::Unknown))
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
            .entry(area)
            .or_insert_with(|| Lane::start(self.shared.clone(), area));
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
