//! The stream of a preview: a bounded number at one time, each held back by a reader that is slow, and ended when the
//! server drains.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{encode, pb, status};
use crate::app::command::PreviewImpact;
use crate::app::{App, AppError};
use crate::shutdown::Drain;

/// Previews at one time. Each reads a whole log; more of them would take the database from those who decide.
pub const PREVIEW_COUNT_MAX: usize = 2;

/// Events that wait for the reader.
const EVENT_COUNT_MAX: usize = 64;

/// When a caller should come back who found every place taken.
const OVERLOADED_RETRY: Duration = Duration::from_secs(30);

/// The answers of a preview.
pub type Previewed = ReceiverStream<Result<pb::PreviewImpactResponse, Status>>;

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

    /// Begins one. It ends with its last event, with the error that stopped it, or when nobody reads any more.
    ///
    /// # Errors
    /// [`AppError::Overloaded`] if every place is taken.
    pub fn run(&self, app: Arc<App>, command: PreviewImpact) -> Result<Previewed, AppError> {
        let overloaded = AppError::Overloaded {
            retry_after: OVERLOADED_RETRY,
        };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| overloaded)?;
        let (tell, mut told) = mpsc::channel(EVENT_COUNT_MAX);
        let (sender, receiver) = mpsc::channel(1);
        let mut drain = self.drain.clone();
        tokio::spawn(async move {
            let work = tokio::spawn(async move { app.preview_impact(&command, &tell).await });
            loop {
                let event = tokio::select! {
                    biased;
                    () = drain.begun() => {
                        work.abort();
                        drop(sender.send(Err(status::status(&AppError::ShuttingDown))).await);
                        return;
                    }
                    event = told.recv() => event,
                };
                let Some(event) = event else { break };
                if sender.send(Ok(encode::impact(event))).await.is_err() {
                    work.abort();
                    return;
                }
            }
            let ended = work
                .await
                .unwrap_or_else(|_panic| Err(AppError::internal(&"a preview panicked")));
            if let Err(error) = ended {
                drop(sender.send(Err(status::status(&error))).await);
            }
            drop(place);
        });
        Ok(ReceiverStream::new(receiver))
    }
}
