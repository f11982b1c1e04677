//! The task of one log, or of all logs of a SQLite file: takes what waits in its queue, commits, answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tracing::{Instrument as _, Span, error, warn};

use super::commit::{Share, attempt, count};
use super::item::{Acknowledged, AppendError, Item};
use super::{ATTEMPT_COUNT_MAX, BATCH_ITEM_COUNT_MAX, QUEUE_ITEM_COUNT_MAX, Shared, Stopped};
use crate::area::AreaCode;
use crate::store::{Dialect, LogRow, StoreError, cause};
use crate::telemetry::span;

/// First pause between two attempts; each further one is twice as long.
const RETRY_MS: u64 = 20;

pub(super) type Answer = Result<Acknowledged, AppendError>;

/// One item and who waits for its answer.
pub(super) struct Job {
    pub(super) item: Arc<Item>,
    pub(super) reply: oneshot::Sender<Answer>,
    /// The caller's wait, and since when.
    pub(super) span: Span,
    pub(super) since: Instant,
}

/// What one task commits. PostgreSQL commits each log for itself, so that logs do not wait for each other;
/// SQLite has one writer, whose one commit covers all logs that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LaneOf {
    Log(AreaCode),
    Database,
}

impl LaneOf {
    pub(super) fn area(area: AreaCode, dialect: Dialect) -> LaneOf {
        match dialect {
            Dialect::Sqlite => LaneOf::Database,
            Dialect::Postgres => LaneOf::Log(area),
        }
    }
}

/// A queue and its task.
pub(super) struct Lane {
    queue: mpsc::Sender<Job>,
    task: JoinHandle<()>,
}

impl Lane {
    /// Starts the task.
    pub(super) fn start(shared: Arc<Shared>) -> Lane {
        let (queue, jobs) = mpsc::channel(QUEUE_ITEM_COUNT_MAX);
        let logs = BTreeMap::new();
        let task = tokio::spawn(Sequence { shared, logs }.run(jobs));
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

    /// Items that wait.
    pub(super) fn depth(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
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
    /// Logs that were open when they were last written.
    logs: BTreeMap<AreaCode, LogRow>,
}

impl Sequence {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::with_capacity(BATCH_ITEM_COUNT_MAX);
        while let Some(first) = jobs.recv().await {
            batch.push(first);
            // What came while the batch before was committed goes together; what comes later is not waited for.
            while batch.len() < BATCH_ITEM_COUNT_MAX
                && let Ok(next) = jobs.try_recv()
            {
                batch.push(next);
            }
            self.sequence(batch.drain(..)).await;
        }
    }

    /// Commits a batch, trying the logs again for which that can help; every job gets one answer.
    async fn sequence(&mut self, batch: impl Iterator<Item = Job>) {
        let (mut shares, mut waiting) = self.parted(batch);
        let mut pause = Duration::from_millis(RETRY_MS);
        for number in 1..=ATTEMPT_COUNT_MAX {
            let span = span::commit(waiting.iter().flat_map(|callers| &callers.spans), count(&shares));
            let outcomes = attempt(&self.shared, &mut shares).instrument(span).await;
            let tried = std::mem::take(&mut shares)
                .into_iter()
                .zip(std::mem::take(&mut waiting));
            for ((mut share, mut callers), outcome) in tried.zip(outcomes) {
                match outcome {
                    Ok(answers) => {
                        self.logs.extend(share.log.map(|log| (share.area, log)));
                        callers.answer(answers);
                    }
                    Err(stopped) => {
                        if callers.may_try_again(share.area, number, stopped) {
                            // Whatever was assumed of the log is read again.
                            share.log = None;
                            shares.push(share);
                            waiting.push(callers);
                        } else {
                            callers.give_up();
                        }
                    }
                }
            }
            if shares.is_empty() {
                return;
            }
            sleep(pause).await;
            pause *= 2;
        }
    }

    /// The batch by logs, each in the order of the queue.
    fn parted(&mut self, batch: impl Iterator<Item = Job>) -> (Vec<Share>, Vec<Callers>) {
        let mut parts: BTreeMap<AreaCode, (Share, Callers)> = BTreeMap::new();
        for job in batch {
            let area = job.item.request.area;
            let (share, callers) = parts.entry(area).or_insert_with(|| {
                let log = self.logs.remove(&area);
                let items = Vec::new();
                (Share { area, log, items }, Callers::default())
            });
            self.shared.metrics.waited(job.since.elapsed());
            share.items.push(job.item);
            callers.replies.push(job.reply);
            callers.spans.push(job.span);
        }
        parts.into_values().unzip()
    }
}

/// Who waits for the answers of one log, and what stood against it so far.
#[derive(Default)]
struct Callers {
    replies: Vec<oneshot::Sender<Answer>>,
    spans: Vec<Span>,
    reason: Option<AppendError>,
    outcome_unknown: bool,
}

impl Callers {
    fn answer(self, answers: Vec<Answer>) {
        for (reply, answer) in self.replies.into_iter().zip(answers) {
            // A caller that stopped waiting finds its entry by request id.
            let _ = reply.send(answer);
        }
    }

    /// Notes why an attempt stopped; whether another one can help.
    fn may_try_again(&mut self, area: AreaCode, number: u32, stopped: Stopped) -> bool {
        match stopped {
            Stopped::Failed(failed) => {
                error!(%area, error = %failed, "nothing can be appended to the log");
                self.reason = Some(failed);
                false
            }
            Stopped::Unsigned => {
                warn!(%area, attempt = number, "the checkpoint was not signed in time, trying again");
                self.reason = Some(AppendError::Signing);
                number < ATTEMPT_COUNT_MAX
            }
            Stopped::Store(failed) => {
                warn!(%area, attempt = number, error = %failed, cause = cause(&failed), "append failed, reading again");
                self.outcome_unknown |= matches!(failed, StoreError::Unknown(_));
                let damaged = matches!(failed, StoreError::Corrupt(_));
                self.reason = Some(failed.into());
                !damaged && number < ATTEMPT_COUNT_MAX
            }
        }
    }

    fn give_up(self) {
        // Once an outcome was unknown, only finding the entries would have settled it.
        let known = self.reason.filter(|_| !self.outcome_unknown);
        let error = known.unwrap_or(AppendError::Unknown);
        for reply in self.replies {
            let _ = reply.send(Err(error.clone()));
        }
    }
}
