//! The files of identity, read again when they change: by looking every few seconds, and on SIGHUP at once.
//!
//! All four are one state: a new one is used as a whole or not at all, and a broken one leaves the old one in use.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

use super::certificate::Certificate;
use super::principals::{Principals, TABLE_SIZE_MAX_BYTES, TableError};
use super::tls::{Material, TlsError, own, server_config};
use crate::log::Hash;

/// How often the files are looked at. A renewed certificate is there hours before the old one ends.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// Where the files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The server's chain.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authorities of callers.
    pub client_ca: PathBuf,
    /// The table of principals.
    pub principals: PathBuf,
}

/// What the files say together.
pub struct State {
    /// What connections are accepted with.
    pub tls: Arc<ServerConfig>,
    /// The server's own certificate among it.
    pub certificate: Certificate,
    /// Who callers are.
    pub principals: Principals,
}

/// The files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// One cannot be read.
    #[error("{}: {cause}: correct the path or its permissions", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Certificates, key or authorities.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// The table.
    #[error("{}: {cause}", path.display())]
    Table {
        /// Which.
        path: PathBuf,
        /// Every line.
        cause: TableError,
    },
}

/// How often files were taken over and refused since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reloads {
    /// Taken over.
    pub done: u64,
    /// Refused; the state before stayed in use.
    pub refused: u64,
}

/// The state in use.
pub struct Identity {
    files: Files,
    state: RwLock<Arc<State>>,
    /// What was looked at last, used or refused, so that each content is read and complained of once.
    seen: Mutex<Hash>,
    /// Whether the log says that the certificate in use has run out.
    expiry_told: AtomicBool,
    done: AtomicU64,
    refused: AtomicU64,
    handshakes_refused: AtomicU64,
}

struct Contents([Vec<u8>; 4]);

impl Identity {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn open(files: Files) -> Result<Arc<Identity>, LoadError> {
        let contents = contents(&files)?;
        let state = state(&files, &contents)?;
        Ok(Arc::new(Identity {
            state: RwLock::new(Arc::new(state)),
            seen: Mutex::new(contents.digest()),
            expiry_told: AtomicBool::new(false),
            done: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            handshakes_refused: AtomicU64::new(0),
            files,
        }))
    }

    /// The state in use.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often files were taken over and refused.
    #[must_use]
    pub fn reloads(&self) -> Reloads {
        Reloads {
            done: self.done.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    /// A connection was refused for its certificate.
    pub fn count_refused_handshake(&self) {
        self.handshakes_refused.fetch_add(1, Ordering::Relaxed);
    }

    /// How many connections were refused for their certificate.
    #[must_use]
    pub fn handshakes_refused(&self) -> u64 {
        self.handshakes_refused.load(Ordering::Relaxed)
    }

    /// Reads the files if they changed. Says in the log what came of it.
    pub fn look(&self) {
        self.read_again();
        if self.state().certificate.has_expired() && !self.expiry_told.swap(true, Ordering::Relaxed) {
            // Callers refuse the connection by themselves: nothing else would say why nobody comes.
            error!(
                alarm = "CERTIFICATE_EXPIRED",
                "the server certificate has expired and new connections fail: renew the file, it is read within seconds"
            );
        }
    }

    fn read_again(&self) {
        let read = contents(&self.files);
        let digest = read.as_ref().map_or(Hash::of(b"unreadable"), Contents::digest);
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if *seen == digest {
                return;
            }
            *seen = digest;
        }
        match read.and_then(|contents| state(&self.files, &contents)) {
            Ok(state) => {
                let count = state.principals.count();
                *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
                self.expiry_told.store(false, Ordering::Relaxed);
                self.done.fetch_add(1, Ordering::Relaxed);
                info!(
                    identity.principals = count,
                    "certificates and principals were read again"
                );
            }
            Err(cause) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                error!(%cause, "certificates and principals cannot be read again: those before stay in use");
            }
        }
    }

    /// Looks again and again, and at once on SIGHUP.
    pub async fn follow(self: Arc<Self>) {
        let mut hangup = signal(SignalKind::hangup())
            .map_err(|cause| warn!(%cause, "SIGHUP is not handled: files are looked at by time alone"))
            .ok();
        loop {
            let asked = async {
                match &mut hangup {
                    Some(hangup) => drop(hangup.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = asked => info!("SIGHUP: looking at certificates and principals"),
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
            }
            let this = Arc::clone(&self);
            // Files block, and a large table takes a moment to read.
            if let Err(cause) = tokio::task::spawn_blocking(move || this.look()).await {
                error!(%cause, "certificates and principals could not be looked at");
            }
        }
    }
}

impl Contents {
    fn digest(&self) -> Hash {
        let digests: Vec<u8> = self.0.iter().flat_map(|file| *Hash::of(file).as_bytes()).collect();
        Hash::of(&digests)
    }
}

fn contents(files: &Files) -> Result<Contents, LoadError> {
    let read = |path: &Path| {
        let failed = |cause| LoadError::File {
            path: path.to_owned(),
            cause,
        };
        let too_large = || std::io::Error::other(format!("is larger than {TABLE_SIZE_MAX_BYTES} bytes"));
        let size = std::fs::metadata(path).map_err(failed)?.len();
        if size > TABLE_SIZE_MAX_BYTES as u64 {
            return Err(failed(too_large()));
        }
        std::fs::read(path).map_err(failed)
    };
    Ok(Contents([
        read(&files.certificate)?,
        read(&files.key)?,
        read(&files.client_ca)?,
        read(&files.principals)?,
    ]))
}

fn state(files: &Files, Contents([certificate, key, client_ca, principals]): &Contents) -> Result<State, LoadError> {
    let material = Material {
        certificate,
        key,
        client_ca,
    };
    let refused = |cause| LoadError::Table {
        path: files.principals.clone(),
        cause,
    };
    let text = String::from_utf8_lossy(principals);
    Ok(State {
        tls: server_config(material)?,
        certificate: own(certificate)?,
        principals: Principals::read(&text).map_err(refused)?,
    })
}
