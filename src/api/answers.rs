//! The answers of a stream: each waits a bounded time for a reader that takes none, and the end comes last, whether the
//! reader took all of them or not.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::{FutureExt as _, Stream};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::timeout;
use tonic::Status;

use super::status;
use crate::app::AppError;

/// Longest that a reader may take no answer while one waits for it. A slow reader that stores each answer takes one in
/// seconds; one that takes none would keep a place that others wait for as long as its connection lives.
pub const READER_TIME_MAX: Duration = Duration::from_secs(60);

/// Whoever tells the answers of one stream; clones tell for the same reader.
pub(super) struct Teller<R> {
    sender: mpsc::Sender<Result<R, Status>>,
    /// One at a time: so each waits for the reader alone, and not for those who wait before it.
    turn: Arc<Mutex<()>>,
    unread: watch::Sender<bool>,
}

/// The end of a stream, which does not wait for the reader.
pub(super) struct End(oneshot::Sender<Status>);

/// The answers, and the error with which they end, if they do with one.
pub struct Answers<R> {
    answers: mpsc::Receiver<Result<R, Status>>,
    end: Option<oneshot::Receiver<Status>>,
}

/// A stream of answers, of which so many may wait for the reader.
pub(super) fn answers<R>(waiting_count_max: usize) -> (Teller<R>, End, Answers<R>) {
    let (sender, answers) = mpsc::channel(waiting_count_max);
    let (end, ended) = oneshot::channel();
    let teller = Teller {
        sender,
        turn: Arc::default(),
        unread: watch::Sender::new(false),
    };
    let answers = Answers {
        answers,
        end: Some(ended),
    };
    (teller, End(end), answers)
}

impl<R> Clone for Teller<R> {
    fn clone(&self) -> Self {
        Teller {
            sender: self.sender.clone(),
            turn: Arc::clone(&self.turn),
            unread: self.unread.clone(),
        }
    }
}

impl<R> Teller<R> {
    /// Tells an answer. It is dropped if the reader is gone, or takes none: then the stream has to end, see
    /// [`Teller::unread`].
    pub(super) async fn tell(&self, answer: R) {
        tokio::select! {
            biased;
            () = self.unread() => {}
            () = self.send(answer) => {}
        }
    }

    async fn send(&self, answer: R) {
        let _turn = self.turn.lock().await;
        if timeout(READER_TIME_MAX, self.sender.send(Ok(answer))).await.is_err() {
            self.unread.send_replace(true);
        }
    }

    /// Waits until an answer could not be told in time.
    pub(super) async fn unread(&self) {
        // The sender is ours, so the wait ends with the value alone.
        drop(self.unread.subscribe().wait_for(|unread| *unread).await);
    }

    /// Waits until the reader is gone.
    pub(super) async fn gone(&self) {
        self.sender.closed().await;
    }
}

impl End {
    /// Ends the answers with an error, after those that were told.
    pub(super) fn with(self, error: &AppError) {
        self.with_status(status::status(error));
    }

    /// The same with a status of the transport.
    pub(super) fn with_status(self, status: Status) {
        // A reader that is gone wants no end.
        drop(self.0.send(status));
    }
}

impl<R> Stream for Answers<R> {
    type Item = Result<R, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(answer) = ready!(self.answers.poll_recv(cx)) {
            return Poll::Ready(Some(answer));
        }
        let Some(end) = &mut self.end else {
            return Poll::Ready(None);
        };
        let ended = ready!(end.poll_unpin(cx));
        self.end = None;
        Poll::Ready(ended.ok().map(Err))
    }
}
