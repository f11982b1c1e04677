//! Accepts connections, a bounded number at one time.
//!
//! Without a bound a flood of connections takes every file descriptor, and then the database's as well.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;
use tracing::{info, warn};

use crate::identity::Peer;
use crate::identity::certificate::Certificate;
use crate::identity::watch::Identity;

/// Connections at one time. A gRPC channel is one connection for all its calls; further ones wait in the listener's
/// queue until a place is free.
pub const CONNECTION_COUNT_MAX: usize = 1_024;

/// Pause after a connection that could not be accepted, so that a lack of file descriptors does not make a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Longest handshake: some round trips over a bad line.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that holds its place until it is dropped.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

/// The links of a listener; with an identity each proves a certificate first.
pub fn links(
    listener: TcpListener,
    count_max: usize,
    identity: Option<Arc<Identity>>,
) -> impl Stream<Item = io::Result<Link>> {
    let accepted = connections(listener, count_max);
    match identity {
        None => accepted.map(|connection| Ok(Link::Plain(connection))).boxed(),
        Some(identity) => accepted
            .map(move |connection| tokio::spawn(proved(Arc::clone(&identity), connection)))
            // Side by side: one slow handshake keeps nobody waiting, and each holds a place.
            .buffer_unordered(count_max)
            .filter_map(|proved| async move { proved.ok().flatten().map(Ok) })
            .boxed(),
    }
}

/// The connections of a listener.
pub fn connections(listener: TcpListener, count_max: usize) -> impl Stream<Item = Connection> + Send {
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
        Some((Connection { stream, _place: place }, (listener, places)))
    })
}

/// A connection after its handshake; none if it was refused.
async fn proved(identity: Arc<Identity>, connection: Connection) -> Option<Link> {
    let address = connection.stream.peer_addr().ok();
    let handshake = TlsAcceptor::from(Arc::clone(&identity.state().tls)).accept(connection);
    let refused = match tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await {
        Ok(Ok(stream)) => {
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            match shown.map(|der| Certificate::from_der(der)) {
                Some(Ok(certificate)) => {
                    let certificate = Arc::new(certificate);
                    return Some(Link::Tls(Box::new(stream), certificate));
                }
                // The verifier has read it; what it read, we can.
                Some(Err(_)) | None => "the certificate cannot be read".to_owned(),
            }
        }
        Ok(Err(error)) => error.to_string(),
        Err(_elapsed) => "the handshake took too long".to_owned(),
    };
    identity.count_refused_handshake();
    let address = address.map(|address| address.to_string()).unwrap_or_default();
    info!(peer.address = %address, cause = %refused, "a connection was refused: its certificate is not accepted");
    None
}

/// A connection that calls come over.
#[derive(Debug)]
pub enum Link {
    /// Without TLS: on this machine alone.
    Plain(Connection),
    /// With the certificate that it proved.
    Tls(Box<TlsStream<Connection>>, Arc<Certificate>),
}

impl Connected for Link {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        let (connection, certificate) = match self {
            Link::Plain(connection) => (connection, None),
            Link::Tls(stream, certificate) => (stream.get_ref().0, Some(Arc::clone(certificate))),
        };
        Peer {
            address: connection.stream.peer_addr().ok(),
            certificate,
        }
    }
}

impl AsyncRead for Link {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Link::Plain(connection) => Pin::new(connection).poll_read(context, buffer),
            Link::Tls(stream, _) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Link {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Link::Plain(connection) => Pin::new(connection).poll_write(context, bytes),
            Link::Tls(stream, _) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Link::Plain(connection) => Pin::new(connection).poll_flush(context),
            Link::Tls(stream, _) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Link::Plain(connection) => Pin::new(connection).poll_shutdown(context),
            Link::Tls(stream, _) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Link::Plain(connection) => Pin::new(connection).poll_write_vectored(context, parts),
            Link::Tls(stream, _) => Pin::new(stream.as_mut()).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Link::Plain(connection) => connection.is_write_vectored(),
            Link::Tls(stream, _) => stream.is_write_vectored(),
        }
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
    use super::*;

    #[tokio::test]
    async fn a_connection_beyond_the_limit_waits_until_another_is_dropped() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let mut connections = Box::pin(connections(listener, 1));
        let (_first, _second) = (TcpStream::connect(address).await, TcpStream::connect(address).await);
        let held = connections.next().await.expect("a connection");
        let wait = Duration::from_millis(50);
        assert!(
            tokio::time::timeout(wait, connections.next()).await.is_err(),
            "no place is free"
        );
        drop(held);
        assert!(connections.next().await.is_some());
    }
}
