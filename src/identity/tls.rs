//! TLS that asks every caller for a certificate: 1.2 and 1.3, nothing resumed, one authority file.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};

use super::certificate::Certificate;

/// What gRPC speaks over TLS.
const ALPN: &[u8] = b"h2";

const UNREADABLE: &str = "cannot be read: give X.509 in PEM";

/// The contents of the files.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// The server's chain, PEM, its own certificate first.
    pub certificate: &'a [u8],
    /// Its private key, PEM.
    pub key: &'a [u8],
    /// The authorities whose certificates callers may show, PEM.
    pub client_ca: &'a [u8],
}

/// Which file cannot be used and why. Never quotes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The server's chain.
    #[error("the server certificate {0}")]
    Certificate(String),
    /// The server's key.
    #[error("the server key {0}")]
    Key(String),
    /// The authorities.
    #[error("the client authorities {0}")]
    ClientCa(String),
}

/// What connections are accepted with.
///
/// # Errors
/// [`TlsError`].
pub fn server_config(material: Material<'_>) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(material.certificate).map_err(TlsError::Certificate)?;
    holds(chain.first()).map_err(TlsError::Certificate)?;
    let key = PrivateKeyDer::from_pem_slice(material.key).map_err(|_| {
        TlsError::Key("is no private key: give an unencrypted PEM of PKCS#8, SEC1 or PKCS#1".to_owned())
    })?;
    let mut roots = RootCertStore::empty();
    for authority in certificates(material.client_ca).map_err(TlsError::ClientCa)? {
        let wrong = |error| TlsError::ClientCa(format!("hold one that cannot be used ({error}): take it out"));
        roots.add(authority).map_err(wrong)?;
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| TlsError::ClientCa(format!("cannot be used: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| TlsError::Key(format!("cannot be used: {error}")))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|error| {
            TlsError::Key(format!(
                "does not fit its certificate ({error}): give the pair of one request"
            ))
        })?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    // A resumed session would carry a certificate past its end and past a change of the authorities.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) | Err(_) => Err("is no PEM with certificates: give one or more CERTIFICATE blocks".to_owned()),
    }
}

/// The server's own certificate, the first of its chain.
///
/// # Errors
/// [`TlsError::Certificate`].
pub fn own(chain: &[u8]) -> Result<Certificate, TlsError> {
    let chain = certificates(chain).map_err(TlsError::Certificate)?;
    let own = chain.first().and_then(|der| Certificate::from_der(der).ok());
    own.ok_or_else(|| TlsError::Certificate(UNREADABLE.to_owned()))
}

/// A server with an expired certificate would refuse everybody, and look as if it worked.
fn holds(certificate: Option<&CertificateDer<'_>>) -> Result<(), String> {
    let read = certificate.and_then(|der| Certificate::from_der(der).ok());
    let read = read.ok_or(UNREADABLE)?;
    if read.has_expired() {
        return Err("has expired: renew it, or correct the clock".to_owned());
    }
    Ok(())
}
