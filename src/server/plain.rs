//! A listener for plain HTTP/1.1 beside the gRPC service: the public read side, and the operations of a server.
//!
//! Everything of a connection is bounded; what is asked and answered is the caller's of this.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tracing::warn;

use super::incoming::{Connection, connections};

/// Request line and headers together; the longest path of ours has 60 bytes.
pub const HEAD_SIZE_MAX_BYTES: usize = 8 * 1024;

/// Headers of a request.
pub const HEADER_COUNT_MAX: usize = 64;

/// How long an answer may still take after the connection was asked to end.
const LAST_ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// What a listener may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at one time; further ones wait to be accepted.
    pub connections: usize,
    /// How long a connection may be silent before a request, or take to send its head.
    pub head: Duration,
    /// How long a connection may live.
    pub connection: Duration,
}

/// What answers requests.
pub trait Answers: Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, request: &Request<Incoming>) -> impl Future<Output = Response<Full<Bytes>>> + Send;
}

/// A running listener.
#[derive(Debug)]
pub struct Plain {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Plain {
    /// Answers on a listener until it is stopped.
    ///
    /// # Errors
    /// If the listener has no address.
    pub fn start(listener: TcpListener, answers: impl Answers, limits: Limits) -> std::io::Result<Plain> {
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, Arc::new(answers), limits, stopped));
        Ok(Plain { address, stop, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more, lets the answers under way end, and ends. Whether they ended within the bound.
    pub async fn stop(mut self, bound: Duration) -> bool {
        self.stop.send_replace(true);
        let ended = timeout(bound, &mut self.task).await.is_ok();
        if !ended {
            warn!(server.address = %self.address, "answers of a plain listener were cut off");
            self.task.abort();
        }
        ended
    }
}

async fn accept<A: Answers>(listener: TcpListener, answers: Arc<A>, limits: Limits, stopped: watch::Receiver<bool>) {
    let mut stops = stopped.clone();
    let mut incoming = Box::pin(connections(listener, limits.connections));
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            // An error means that the switch is gone, and the server with it.
            _ = stops.wait_for(|stopped| *stopped) => break,
            Some(_) = open.join_next(), if !open.is_empty() => {}
            next = incoming.next() => match next {
                Some(connection) => {
                    open.spawn(serve(connection, Arc::clone(&answers), limits, stopped.clone()));
                }
                None => break,
            },
        }
    }
    drop(incoming);
    while open.join_next().await.is_some() {}
}

/// Serves one connection until it ends, its time is up, or the server stops.
async fn serve<A: Answers>(
    connection: Connection,
    answers: Arc<A>,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(|request| {
        let answers = Arc::clone(&answers);
        async move { Ok::<_, std::convert::Infallible>(answers.answer(&request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(HEADER_COUNT_MAX)
        .max_buf_size(HEAD_SIZE_MAX_BYTES)
        .serve_connection(TokioIo::new(connection), service);
    let mut served = std::pin::pin!(served);
    tokio::select! {
        // How a connection ends is the reader's business: a reset or a time-out is nothing to tell.
        _ = &mut served => return,
        () = tokio::time::sleep(limits.connection) => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    served.as_mut().graceful_shutdown();
    let _ = timeout(LAST_ANSWER_TIME_MAX, served).await;
}
