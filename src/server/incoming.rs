//! Accepts connections, a bounded number at one time.
//!
//! Without a bound a flood of connections takes every file descriptor, and then the database's as well.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::transport::server::{Connected, TcpConnectInfo};
use tracing::warn;

/// Connections at one time. A gRPC channel is one connection for all its calls; further ones wait in the listener's
/// queue until a place is free.
pub const CONNECTION_COUNT_MAX: usize = 1_024;

/// Pause after a connection that could not be accepted, so that a lack of file descriptors does not make a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection that holds its place until it is dropped.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

/// The connections of a listener.
pub fn connections(listener: TcpListener, count_max: usize) -> impl Stream<Item = io::Result<Connection>> {
    let places = Arc::new(Semaphore::new(count_max));
    futures::stream::unfold((listener, places), |(listener, places)| async move {
        // The semaphore is never closed; were it, there would be no more connections to accept.
        let place = Arc::clone(&places).acquire_owned().await.ok()?;
        let stream = loop {
            match listener.accept().await {
                Ok((stream, _address)) => break stream,
                Err(error) => {
                    warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        };
        // Small answers must not wait for each other; a connection that refuses this still works.
        if let Err(error) = stream.set_nodelay(true) {
            warn!(%error, "TCP_NODELAY could not be set");
        }
        Some((Ok(Connection { stream, _place: place }), (listener, places)))
    })
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn a_connection_beyond_the_limit_waits_until_another_is_dropped() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let mut connections = Box::pin(connections(listener, 1));
        let (_first, _second) = (TcpStream::connect(address).await, TcpStream::connect(address).await);
        let held = connections.next().await.expect("a connection").expect("accepted");
        let wait = Duration::from_millis(50);
        assert!(
            tokio::time::timeout(wait, connections.next()).await.is_err(),
            "no place is free"
        );
        drop(held);
        assert!(connections.next().await.expect("a connection").is_ok());
    }
}
