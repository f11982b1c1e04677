//! The use cases: what the RPCs and the command line do, each from a typed command to a typed result.

pub mod access;
pub mod areas;
mod attempt;
pub mod audit;
pub mod caller;
mod case_file;
mod citations;
pub mod command;
pub mod decision;
pub mod determinations;
pub mod disclosed;
pub mod due;
pub mod entropy;
mod erasure;
pub mod error;
pub mod facts;
mod failure;
pub mod grant;
pub mod import_case;
mod key_events;
pub mod key_file;
pub mod laws;
mod opening;
mod paging;
mod persons;
pub mod policies;
pub mod projection;
mod record;
pub mod remedy;
pub mod replay;
pub mod result;
pub mod transfer;
pub mod vault;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

pub use areas::AreaRegister;
pub use caller::Caller;
pub use error::AppError;
pub use grant::Duties;
use laws::Laws;
use vault::Vault;

use crate::log::sequencer::{Clock, Sequencer};
use crate::store::{LogId, LogRow, Store};

/// The engine's name and version, in every entry that it decides.
pub const ENGINE: &str = concat!("doudi/", env!("CARGO_PKG_VERSION"));

/// Everything that the use cases share.
pub struct App {
    store: Arc<dyn Store>,
    sequencer: Sequencer,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    duties: Duties,
    laws: Laws,
    areas: AreaRegister,
    held_texts: Vec<String>,
    logs: Mutex<BTreeMap<LogId, LogRow>>,
    /// Whether this process has closed every hour of accesses that it found open.
    accesses_closed: AtomicBool,
}

impl App {
    /// The use cases over a database whose migrations have run. `domain` begins the name of each log;
    /// `held_texts` are the texts in which a policy's quotes must stand.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        vault: Vault,
        clock: Arc<dyn Clock>,
        domain: &str,
        areas: AreaRegister,
        held_texts: Vec<String>,
    ) -> App {
        let vault = Arc::new(vault);
        let sequencer = Sequencer::new(store.clone(), vault.clone(), clock.clone(), domain, ENGINE);
        App {
            store,
            sequencer,
            vault,
            clock,
            duties: Duties::default(),
            laws: Laws::default(),
            areas,
            held_texts,
            logs: Mutex::default(),
            accesses_closed: AtomicBool::new(false),
        }
    }

    /// The same, with what the operator allows and how long records are kept. Without it no identity is opened and
    /// nothing is erased.
    #[must_use]
    pub fn with_duties(mut self, duties: Duties) -> App {
        self.duties = duties;
        self
    }

    /// The register of areas.
    #[must_use]
    pub fn areas(&self) -> &AreaRegister {
        &self.areas
    }

    /// Takes no more entries and waits until everything taken is durable and answered.
    pub async fn close(&self) {
        self.sequencer.close().await;
    }

    /// Whether the database answers: what readiness means.
    ///
    /// # Errors
    /// [`AppError::StoreUnavailable`].
    pub async fn ready(&self) -> Result<(), AppError> {
        self.store.logs(None, 1).await?;
        Ok(())
    }

    /// A log by its key. Its row never changes, so it is read once.
    async fn log_row(&self, log_id: LogId) -> Result<LogRow, AppError> {
        if let Some(log) = self.logs.lock().unwrap_or_else(PoisonError::into_inner).get(&log_id) {
            return Ok(log.clone());
        }
        let log = self.store.log(log_id).await?.ok_or(AppError::LogCorrupt)?;
        self.logs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(log_id, log.clone());
        Ok(log)
    }

    /// An operator says that the clock is right after a long quiet time.
    pub fn confirm_clock(&self) {
        self.sequencer.confirm_clock();
    }
}
