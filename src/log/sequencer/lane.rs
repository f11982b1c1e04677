//! The task of one log: takes items from its queue, gathers, commits, answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{error, warn};

use super::commit::attempt;
use super::item::{Acknowledged, AppendError, Item};
use super::{ATTEMPT_COUNT_MAX, BATCH_ITEM_COUNT_MAX, GATHER_MS, QUEUE_ITEM_COUNT_MAX, Shared, Stopped};
use crate::area::AreaCode;
use crate::store::{LogRow, StoreError};

/// First pause between two attempts; each further one is twice as long.
const RETRY_MS: u64 = 20;

pub(super) type Answer = Result<Acknowledged, AppendError>;

/// One item and who waits for its answer.
pub(super) struct Job {
    pub(super) item: Arc<Item>,
    pub(super) reply: oneshot::Sender<Answer>,
}

/// The queue and the task of one log.
pub(super) struct Lane {
    queue: mpsc::Sender<Job>,
    task: JoinHandle<()>,
}

impl Lane {
    /// Starts the task.
    pub(super) fn start(shared: Arc<Shared>, area: AreaCode) -> Lane {
        let (queue, jobs) = mpsc::channel(QUEUE_ITEM_COUNT_MAX);
        let task = tokio::spawn(
            Sequence {
                shared,
                area,
                log: None,
            }
            .run(jobs),
        );
        Lane { queue, task }
    }

    /// Puts a job into the queue without waiting. A task that ended leaves its jobs unanswered,
    /// and their callers learn that the outcome is unknown.
    pub(super) fn enqueue(&self, job: Job) -> Result<(), AppendError> {
        match self.queue.try_send(job) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(AppendError::QueueFull),
        }
    }

    /// Whether the task ended, which only a bug makes it do while the queue is open.
    pub(super) fn ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Closes the queue and waits for the rest to be answered.
    pub(super) async fn finish(self) {
        drop(self.queue);
        if let Err(error) = self.task.await {
            error!(%error, "the task of a log ended early");
        }
    }
}

struct Sequence {
    shared: Arc<Shared>,
    area: AreaCode,
    log: Option<LogRow>,
}

impl Sequence {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::with_capacity(BATCH_ITEM_COUNT_MAX);
        while let Some(first) = jobs.recv().await {
            batch.push(first);
            gather(&mut jobs, &mut batch).await;
            let items: Vec<Arc<Item>> = batch.iter().map(|job| job.item.clone()).collect();
            let answers = self.sequence(&items).await;
            for (job, answer) in batch.drain(..).zip(answers) {
                // A caller that stopped waiting finds its entry by request id.
                let _ = job.reply.send(answer);
            }
        }
    }

    /// Commits a batch, trying again where that can help; one answer an item, in order.
    async fn sequence(&mut self, items: &[Arc<Item>]) -> Vec<Answer> {
        let mut outcome_unknown = false;
        let mut pause = Duration::from_millis(RETRY_MS);
        let mut reason = AppendError::Unknown;
        for number in 1..=ATTEMPT_COUNT_MAX {
            match attempt(&self.shared, self.area, &mut self.log, items).await {
                Ok(answers) => return answers,
                Err(Stopped::Failed(failed)) => {
                    error!(area = %self.area, error = %failed, "nothing can be appended to the log");
                    reason = failed;
                    break;
                }
                Err(Stopped::Store(failed)) => {
                    let cause = std::error::Error::source(&failed).map(ToString::to_string);
                    warn!(area = %self.area, attempt = number, error = %failed, cause, "append failed, reading again");
                    outcome_unknown |= matches!(failed, StoreError::Unknown(_));
                    let damaged = matches!(failed, StoreError::Corrupt(_));
                    reason = failed.into();
                    if damaged {
                        break;
                    }
                }
            }
            // Whatever was assumed of the log is read again.
            self.log = None;
            sleep(pause).await;
            pause *= 2;
        }
        // Once an outcome was unknown, only finding the entries would have settled it.
        let error = if outcome_unknown { AppendError::Unknown } else { reason };
        items.iter().map(|_| Err(error.clone())).collect()
    }
}

/// Fills the batch with what waits, and with what comes within a moment.
async fn gather(jobs: &mut mpsc::Receiver<Job>, batch: &mut Vec<Job>) {
    let deadline = Instant::now() + Duration::from_millis(GATHER_MS);
    while batch.len() < BATCH_ITEM_COUNT_MAX {
        let room = BATCH_ITEM_COUNT_MAX - batch.len();
        match timeout_at(deadline, jobs.recv_many(batch, room)).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}
