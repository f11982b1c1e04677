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
use std::time::Duration;

use tokio::net::TcpListener;
use tracing::info;

use crate::app::public_log::PublicLogs;
use crate::server::plain::{Limits, Plain};

pub use crate::server::plain::{HEAD_SIZE_MAX_BYTES, HEADER_COUNT_MAX};
pub use answer::{CHECKPOINT_FRESH_SECONDS, READ_COUNT_MAX, REQUEST_TIME_MAX};
pub use path::PATH_SIZE_MAX_BYTES;

/// Connections at one time; further ones wait to be accepted. A cache in front needs few.
pub const CONNECTION_COUNT_MAX: usize = 256;

/// How long a connection may be silent before a request, or take to send its head.
pub const HEAD_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a connection may live: a reader that takes no bytes gives its place back after this.
pub const CONNECTION_TIME_MAX: Duration = Duration::from_secs(300);

/// What a connection may take.
const LIMITS: Limits = Limits {
    connections: CONNECTION_COUNT_MAX,
    head: HEAD_TIME_MAX,
    connection: CONNECTION_TIME_MAX,
};

/// The running read side.
#[derive(Debug)]
pub struct ReadSide(Plain);

impl ReadSide {
    /// Serves the logs on a listener until it is stopped.
    ///
    /// # Errors
    /// If the listener has no address.
    pub fn start(listener: TcpListener, logs: PublicLogs) -> std::io::Result<ReadSide> {
        ReadSide::with_limits(listener, logs, LIMITS)
    }

    fn with_limits(listener: TcpListener, logs: PublicLogs, limits: Limits) -> std::io::Result<ReadSide> {
        let plain = Plain::start(listener, answer::Reader::new(logs), limits)?;
        info!(read.address = %plain.address(), "the public read side listens");
        Ok(ReadSide(plain))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Accepts no more, lets the answers under way end, and ends. Whether they ended within the bound.
    pub async fn stop(self, bound: Duration) -> bool {
        self.0.stop(bound).await
    }
}
