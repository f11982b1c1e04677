//! What a certificate says that matters here: its public key, its URIs, and how long it holds.

use std::time::{SystemTime, UNIX_EPOCH};

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::log::Hash;

/// Most URIs of a certificate that are looked at: one names the caller, some authorities add their own.
const URI_COUNT_MAX: usize = 16;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub key: Hash,
    /// URIs among its subject alternative names.
    pub uris: Vec<String>,
    /// Second since 1970 after which it does not hold.
    pub not_after: i64,
}

/// The bytes are no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate")]
pub struct CertificateError;

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_der(der: &[u8]) -> Result<Certificate, CertificateError> {
        let (_, read) = X509Certificate::from_der(der).map_err(|_| CertificateError)?;
        let names = read
            .extensions()
            .iter()
            .filter_map(|extension| match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
                _ => None,
            });
        let uris = names.flatten().filter_map(|name| match name {
            GeneralName::URI(uri) => Some((*uri).to_owned()),
            _ => None,
        });
        Ok(Certificate {
            key: Hash::of(read.public_key().raw),
            uris: uris.take(URI_COUNT_MAX).collect(),
            not_after: read.validity().not_after.timestamp(),
        })
    }

    /// Whether it has expired; the handshake looked at that once, and connections live on.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_secs()).unwrap_or(i64::MAX) > self.not_after
    }
}
