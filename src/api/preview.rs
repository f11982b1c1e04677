//! The stream of a preview: a bounded number at one time, each held back by a reader that is slow, and ended when the
//! server drains.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tracing::Instrument as _;

use super::answers::{Answers, answers};
use super::{encode, pb};
use crate::app::AppError;
use crate::app::impact::result::ImpactEvent;
use crate::shutdown::Drain;

/// Previews at one time. Each reads a whole log; more of them would take the database from those who decide.
pub const PREVIEW_COUNT_MAX: usize = 2;

/// Events that wait for the reader.
const EVENT_COUNT_MAX: usize = 64;

/// When a caller should come back who found every place taken.
const OVERLOADED_RETRY: Duration = Duration::from_secs(30);

/// The answers of a preview.
pub type Previewed = Answers<pb::PreviewImpactResponse>;

/// Runs previews within their limit.
#[derive(Clone, Debug)]
pub struct Previews {
    drain: Drain,
    places: Arc<Semaphore>,
}

impl Previews {
    /// None yet.
    #[must_use]
    pub fn new(drain: Drain) -> Previews {
        Previews {
            drain,
            places: Arc::new(Semaphore::new(PREVIEW_COUNT_MAX)),
        }
    }

    /// Begins one: `work` tells its events. It ends with the last of them, with the error that stopped it, when the
    /// server drains, or when nobody reads any more.
    ///
    /// # Errors
    /// [`AppError::Overloaded`] if every place is taken.
    pub fn run<F>(&self, work: impl FnOnce(mpsc::Sender<ImpactEvent>) -> F) -> Result<Previewed, AppError>
    where
        F: Future<Output = Result<(), AppError>> + Send + 'static,
    {
        let overloaded = AppError::Overloaded {
            retry_after: OVERLOADED_RETRY,
        };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| overloaded)?;
        let (tell, mut told) = mpsc::channel(EVENT_COUNT_MAX);
        let (teller, end, answers) = answers(1);
        let mut drain = self.drain.clone();
        let work = tokio::spawn(work(tell).in_current_span());
        tokio::spawn(async move {
            let stopped = loop {
                // Both waits in one, so that a drain is seen in either.
                let next = async {
                    let event = told.recv().await?;
                    teller.tell(encode::impact(event)).await;
                    Some(())
                };
                tokio::select! {
                    biased;
                    () = drain.begun() => break Some(AppError::ShuttingDown),
                    () = teller.unread() => break Some(AppError::Unread),
                    // It hears no end.
                    () = teller.gone() => break Some(AppError::Unread),
                    next = next => if next.is_none() { break None },
                }
            };
            let error = match stopped {
                Some(error) => {
                    work.abort();
                    Some(error)
                }
                None => {
                    let ended = work.await;
                    let ended = ended.unwrap_or_else(|_panic| Err(AppError::internal(&"a preview panicked")));
                    ended.err()
                }
            };
            if let Some(error) = error {
                end.with(&error);
            }
            drop(place);
        });
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt as _;
    use tonic::Code;

    use super::*;
    use crate::api::answers::READER_TIME_MAX;
    use crate::app::impact::result::ImpactTotal;
    use crate::shutdown::DrainSwitch;

    async fn endless(tell: mpsc::Sender<ImpactEvent>) -> Result<(), AppError> {
        let _open = tell;
        std::future::pending().await
    }

    /// Tells the sums and ends.
    async fn short(tell: mpsc::Sender<ImpactEvent>) -> Result<(), AppError> {
        drop(tell.send(ImpactEvent::Total(ImpactTotal::default())).await);
        Ok(())
    }

    /// Whether a place is free, at the latest in a while.
    async fn free(previews: &Previews) -> bool {
        for _ in 0..1_000 {
            if previews.run(short).is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        false
    }

    #[tokio::test]
    async fn one_preview_more_than_the_limit_is_refused_and_a_reader_that_leaves_frees_its_place() {
        let (_switch, drain) = DrainSwitch::new();
        let previews = Previews::new(drain);
        let mut open: Vec<Previewed> = (0..PREVIEW_COUNT_MAX)
            .map(|_| previews.run(endless).expect("a place"))
            .collect();
        assert!(matches!(previews.run(short), Err(AppError::Overloaded { .. })));
        open.pop();
        assert!(free(&previews).await, "the place of the reader who left");
    }

    #[tokio::test]
    async fn a_preview_ends_with_its_last_event_or_with_what_stopped_it() {
        let (_switch, drain) = DrainSwitch::new();
        let previews = Previews::new(drain);
        let mut answers = previews.run(short).expect("a place");
        assert!(answers.next().await.expect("the sums").is_ok());
        assert!(answers.next().await.is_none());
        let fails = |_tell| async { Err(AppError::CaseChanged) };
        let mut answers = previews.run(fails).expect("a place");
        assert!(answers.next().await.expect("an error").is_err());
        assert!(answers.next().await.is_none());
    }

    /// Tells events without end, as fast as they are taken.
    async fn busy(tell: mpsc::Sender<ImpactEvent>) -> Result<(), AppError> {
        while tell.send(ImpactEvent::Total(ImpactTotal::default())).await.is_ok() {}
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_no_events_loses_its_place_and_is_told_to_ask_again() {
        let (_switch, drain) = DrainSwitch::new();
        let previews = Previews::new(drain);
        let mut unread = previews.run(busy).expect("a place");
        tokio::time::sleep(READER_TIME_MAX - Duration::from_secs(1)).await;
        assert_eq!(previews.places.available_permits(), PREVIEW_COUNT_MAX - 1);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(previews.places.available_permits(), PREVIEW_COUNT_MAX);
        assert!(unread.next().await.expect("what waited").is_ok());
        let end = unread.next().await.expect("an end").expect_err("events are missing");
        assert_eq!(end.code(), Code::DeadlineExceeded);
    }

    #[tokio::test(start_paused = true)]
    async fn a_draining_server_ends_a_preview_whose_reader_takes_nothing() {
        let (switch, drain) = DrainSwitch::new();
        let previews = Previews::new(drain);
        let mut unread = previews.run(busy).expect("a place");
        tokio::time::sleep(Duration::from_secs(1)).await;
        switch.refuse_new_calls();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(previews.places.available_permits(), PREVIEW_COUNT_MAX);
        assert!(unread.next().await.expect("what waited").is_ok());
        let end = unread.next().await.expect("an end").expect_err("events are missing");
        assert_eq!(end.code(), Code::Unavailable);
    }

    #[tokio::test]
    async fn a_draining_server_ends_every_preview() {
        let (switch, drain) = DrainSwitch::new();
        let mut answers = Previews::new(drain).run(endless).expect("a place");
        switch.refuse_new_calls();
        let status = answers.next().await.expect("an answer").expect_err("no event");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(answers.next().await.is_none());
    }
}
