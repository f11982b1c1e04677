//! The log's public read side: checkpoints, tiles and entries over HTTP in the C2SP tlog-tiles layout.
//!
//! On a listener of its own, so that readers never take a place from callers who decide. The prefix of a log is
//! `http://ADDRESS/<area>/<epoch>`; under it stand `checkpoint`, `tile/<L>/<N>[.p/<W>]` and
//! `tile/entries/<N>[.p/<W>]` (`src/log/FORMAT.md`, section 10). Everything served is public bytes; who asks is not
//! asked. HTTP/1.1 in the clear: a web server or a cache in front adds TLS.

mod answer;
mod path;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::app::public_log::PublicLogs;
use crate::server::incoming::{Connection, connections};

pub use answer::{CHECKPOINT_FRESH_SECONDS, READ_COUNT_MAX, REQUEST_TIME_MAX};
pub use path::PATH_SIZE_MAX_BYTES;

/// Connections at one time; further ones wait to be accepted. A cache in front needs few.
pub const CONNECTION_COUNT_MAX: usize = 256;

/// Request line and headers together; the longest path of ours has 60 bytes.
pub const HEAD_SIZE_MAX_BYTES: usize = 8 * 1024;

/// Headers of a request.
pub const HEADER_COUNT_MAX: usize = 64;

/// How long a connection may be silent before a request, or take to send its head.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a connection may live: a reader that takes no bytes gives its place back after this.
pub const CONNECTION_TIME_MAX: Duration = Duration::from_secs(300);

/// How long an answer may still take after the connection was asked to end.
const LAST_ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// The running read side.
#[derive(Debug)]
pub struct ReadSide {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl ReadSide {
    /// Serves the logs on a listener until it is stopped.
    ///
    /// # Errors
    /// If the listener has no address.
    pub fn start(listener: TcpListener, logs: PublicLogs) -> std::io::Result<ReadSide> {
        ReadSide::with_limits(listener, logs, Limits::default())
    }

    fn with_limits(listener: TcpListener, logs: PublicLogs, limits: Limits) -> std::io::Result<ReadSide> {
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, answer::Reader::new(logs), limits, stopped));
        info!(read.address = %address, "the public read side listens");
        Ok(ReadSide { address, stop, task })
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
            warn!("answers of the public read side were cut off");
            self.task.abort();
        }
        ended
    }
}

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    connections: usize,
    head: Duration,
    connection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: CONNECTION_COUNT_MAX,
            head: HEAD_TIME_MAX,
            connection: CONNECTION_TIME_MAX,
        }
    }
}

async fn accept(listener: TcpListener, reader: answer::Reader, limits: Limits, stopped: watch::Receiver<bool>) {
    let reader = Arc::new(reader);
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
                    open.spawn(serve(connection, Arc::clone(&reader), limits, stopped.clone()));
                }
                None => break,
            },
        }
    }
    drop(incoming);
    while open.join_next().await.is_some() {}
}

/// Serves one connection until it ends, its time is up, or the server stops.
async fn serve(
    connection: Connection,
    reader: Arc<answer::Reader>,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(|request| {
        let reader = Arc::clone(&reader);
        async move { Ok::<_, std::convert::Infallible>(reader.answer(&request).await) }
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
