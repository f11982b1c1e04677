//! The use cases: what the RPCs and the command line do, each from a typed command to a typed result.

pub mod access;
mod answered;
pub mod areas;
mod attempt;
pub mod audit;
mod beside;
pub mod bundle;
pub mod caller;
mod case_file;
mod case_head;
mod citations;
mod civil;
pub mod command;
pub mod damage;
pub mod decision;
pub mod determinations;
pub mod disclosed;
pub mod due;
pub mod entropy;
pub mod epochs;
mod erasure;
pub mod error;
pub mod estimate;
pub mod export;
pub mod facts;
mod failure;
pub(crate) mod fields;
pub mod finding;
mod frame;
pub mod fsck;
pub mod gauges;
pub mod grant;
pub mod high_water;
mod hour;
pub mod impact;
pub mod import_case;
pub mod inspect;
mod key_events;
pub mod key_file;
pub mod laws;
mod opening;
mod paging;
mod persons;
pub mod policies;
pub mod projection;
pub mod public_log;
pub mod rates;
mod reach;
mod record;
mod records;
pub mod remedy;
pub mod replay;
pub mod result;
pub mod rights;
pub mod sampling;
pub mod transfer;
pub mod vault;
pub mod witnesses;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

pub use areas::AreaRegister;
pub use caller::Caller;
use damage::DamageMark;
pub use error::AppError;
pub use grant::Duties;
use laws::Laws;
use vault::Vault;
use witnesses::Witnesses;

use crate::area::AreaCode;
use crate::log::sequencer::{Clock, Guards, Sequencer};
use crate::store::{LogId, LogRow, Store};
use crate::telemetry::metrics::Metrics;

/// The engine's name and version, in every entry that it decides.
pub const ENGINE: &str = concat!("doudi/", env!("CARGO_PKG_VERSION"));

/// Everything that the use cases share.
pub struct App {
    store: Arc<dyn Store>,
    sequencer: Sequencer,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    damage: Arc<DamageMark>,
    duties: Duties,
    laws: Laws,
    areas: AreaRegister,
    held_texts: Vec<String>,
    witnesses: Option<Witnesses>,
    logs: Mutex<BTreeMap<LogId, LogRow>>,
    /// How far this process has closed the hours of accesses.
    hours_closed: tokio::sync::Mutex<access::HoursClosed>,
    /// Whether a log does not state the keys in use, because it takes no entries now.
    key_events_left: AtomicBool,
    /// One turn at a time in an area, while what is allowed depends on what was recorded before: samples, findings.
    turns: Mutex<BTreeMap<AreaCode, Arc<tokio::sync::Mutex<()>>>>,
}

/// What watches over the logs.
#[derive(Default)]
pub struct Watch {
    /// Marks that survive a restart, and whether witnesses are required.
    pub guards: Guards,
    /// The witnesses, if there are any.
    pub witnesses: Option<Witnesses>,
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
        App::guarded(store, vault, clock, domain, areas, held_texts, Watch::default())
    }

    /// The same with what watches over the logs.
    #[must_use]
    pub fn guarded(
        store: Arc<dyn Store>,
        vault: Vault,
        clock: Arc<dyn Clock>,
        domain: &str,
        areas: AreaRegister,
        held_texts: Vec<String>,
        watch: Watch,
    ) -> App {
        let vault = Arc::new(vault);
        let metrics = Arc::clone(&watch.guards.metrics);
        let sequencer = Sequencer::guarded(
            store.clone(),
            vault.clone(),
            clock.clone(),
            domain,
            ENGINE,
            watch.guards,
        );
        App {
            store,
            sequencer,
            vault,
            clock,
            metrics,
            damage: Arc::default(),
            duties: Duties::default(),
            laws: Laws::default(),
            areas,
            held_texts,
            witnesses: watch.witnesses,
            logs: Mutex::default(),
            hours_closed: tokio::sync::Mutex::default(),
            key_events_left: AtomicBool::new(false),
            turns: Mutex::default(),
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

    /// Whether the database answers and was found whole so far: what readiness means. A log that the database lost or
    /// holds shorter than it was becomes read-only here at the latest; reads go on, so that is no reason to be unready.
    ///
    /// # Errors
    /// [`AppError::StoreUnavailable`]; [`AppError::LogCorrupt`] once damage was met, until the process is restarted.
    pub async fn ready(&self) -> Result<(), AppError> {
        if self.damage.is_set() {
            return Err(AppError::corrupt("damage was met before: the log says where"));
        }
        let looked = self.look_at_logs().await;
        looked.inspect_err(|error| self.met(error))
    }

    async fn look_at_logs(&self) -> Result<(), AppError> {
        self.store.logs(None, 1).await?;
        self.sequencer.compare_with_marks().await?;
        Ok(())
    }

    /// Whether damage was met, for those who tell callers of it.
    #[must_use]
    pub fn damage(&self) -> Arc<DamageMark> {
        Arc::clone(&self.damage)
    }

    /// Work that no caller waits for ended with an error: damage is said here, because no answer says it.
    pub fn met(&self, error: &AppError) {
        if let AppError::LogCorrupt(damage) = error {
            damage.tell();
            self.damage.set();
        }
    }

    /// The public keys of a log.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the keys have none for it.
    pub fn verifier_keys(&self, origin: &crate::log::Origin) -> Result<Vec<crate::log::note::VerifierKey>, AppError> {
        use crate::log::sequencer::LogKeys as _;
        self.vault
            .verifier_keys(origin)
            .map_err(|error| AppError::internal(&error))
    }

    /// The public files of the logs, for whoever serves them.
    #[must_use]
    pub fn public_logs(&self) -> public_log::PublicLogs {
        public_log::PublicLogs::new(Arc::clone(&self.store)).marking(self.damage())
    }

    /// A log by its key. Its row never changes, so it is read once.
    async fn log_row(&self, log_id: LogId) -> Result<LogRow, AppError> {
        if let Some(log) = self.logs.lock().unwrap_or_else(PoisonError::into_inner).get(&log_id) {
            return Ok(log.clone());
        }
        let log = self
            .store
            .log(log_id)
            .await?
            .ok_or(AppError::corrupt("a record names a log that is not there"))?;
        self.remember(&log);
        Ok(log)
    }

    /// Keeps a log's row that was read.
    fn remember(&self, log: &LogRow) {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.entry(log.log_id).or_insert_with(|| log.clone());
    }

    /// An operator says that the clock is right after a long quiet time.
    pub fn confirm_clock(&self) {
        self.sequencer.confirm_clock();
    }
}
