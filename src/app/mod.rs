//! The use cases: what the RPCs and the command line do, each from a typed command to a typed result.

pub mod areas;
mod attempt;
pub mod audit;
mod beside;
pub mod caller;
mod case_file;
mod citations;
pub mod command;
pub mod decision;
pub mod determinations;
pub mod due;
pub mod entropy;
pub mod error;
pub mod estimate;
pub mod facts;
mod failure;
pub mod finding;
pub mod import_case;
pub mod key_file;
pub mod laws;
mod paging;
mod persons;
pub mod policies;
pub mod projection;
mod record;
pub mod remedy;
pub mod replay;
pub mod result;
pub mod sampling;
pub mod transfer;
pub mod vault;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use areas::AreaRegister;
pub use caller::Caller;
pub use error::AppError;
use laws::Laws;
use vault::Vault;

use crate::area::AreaCode;
use crate::log::sequencer::{Clock, Sequencer};
use crate::store::{LogId, LogRow, Store};

/// The engine's name and version, in every entry that it decides.
pub const ENGINE: &str = concat!("doudi/", env!("CARGO_PKG_VERSION"));

/// Everything that the use cases share.
pub struct App {
    store: Arc<dyn Store>,
    sequencer: Sequencer,
    vault: Arc<Vault>,
    laws: Laws,
    areas: AreaRegister,
    held_texts: Vec<String>,
    logs: Mutex<BTreeMap<LogId, LogRow>>,
    clock: Arc<dyn Clock>,
    /// One turn at a time in an area, while what is allowed depends on what was recorded before: samples, findings.
    turns: Mutex<BTreeMap<AreaCode, Arc<tokio::sync::Mutex<()>>>>,
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
            laws: Laws::default(),
            areas,
            held_texts,
            logs: Mutex::default(),
            clock,
            turns: Mutex::default(),
        }
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
