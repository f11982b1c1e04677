//! Who calls: certificates, the table that maps them to principals, and the TLS that asks for them.
//!
//! A connection proves a certificate ([`tls`]). Each call looks its certificate up in the table ([`principals`]) as it
//! stands then, so that a caller who is taken out of the table is out at once, also on a connection that is open.
//! Files are read again when they change ([`watch`]); a broken one changes nothing.
//!
//! A certificate is known by a URI in its subject alternative names, by the SHA-256 of its public key, or by both. The
//! URI keeps a principal through a renewal with a new key and trusts the authority for names; the key trusts nobody
//! and is listed beside its successor while the two overlap.

pub mod certificate;
pub mod principals;
pub mod tls;
pub mod watch;

use std::net::SocketAddr;
use std::sync::Arc;

use certificate::Certificate;

/// What is known of the other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address.
    pub address: Option<SocketAddr>,
    /// The certificate that it proved; none on a connection without TLS.
    pub certificate: Option<Arc<Certificate>>,
}

impl Peer {
    /// Whether it is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.address
            .is_some_and(|address| address.ip().to_canonical().is_loopback())
    }
}
