//! Logs that were rolled back, and the epoch that an operator opens after a fork or a lost key.

use super::App;
use super::caller::Caller;
use super::error::AppError;
use super::laws::newest;
use super::record::{Asked, NewRecord};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::checkpoint::Checkpoint;
use crate::log::record::EntryKind;
use crate::log::sequencer::{Follows, NewPolicy, OpenedEpoch, RolledBack, SeenHead};
use crate::store::{LogRow, PolicyRow, RequestKey};

/// How a log stands to what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogState {
    /// The largest head that was seen, by this machine or by the witnesses.
    pub seen: SeenHead,
    /// The head in the database; none where it has no log of the area.
    pub found: Option<Checkpoint>,
    /// Whether the log is read-only.
    pub rolled_back: bool,
}

/// An epoch that was opened, and the documents of law that came along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochBegun {
    /// The epoch; none where it was open already and the law alone was brought into use.
    pub opened: Option<OpenedEpoch>,
    /// Documents of law that are in use in it.
    pub policy_count: usize,
}

impl App {
    /// Compares every log with its high-water mark and with its witnesses.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn log_states(&self) -> Result<Vec<LogState>, AppError> {
        self.witness_round().await?;
        self.sequencer.compare_with_marks().await?;
        let rolled_back = self.sequencer.rolled_back();
        let mut states = Vec::new();
        for mark in self.sequencer.marks() {
            let area = mark.checkpoint.origin.area();
            let found = match self.store.log_of_area(area).await? {
                Some(log) => self.head_of(log).await?,
                None => None,
            };
            let of_area = |log: &&RolledBack| log.seen.origin.area() == area;
            let against = rolled_back.iter().find(of_area).map(|log| log.seen.clone());
            let rolled_back = against.is_some();
            let seen = against.unwrap_or_else(|| mark.checkpoint.into());
            states.push(LogState {
                seen,
                found,
                rolled_back,
            });
        }
        Ok(states)
    }

    async fn head_of(&self, log: LogRow) -> Result<Option<Checkpoint>, AppError> {
        let head = self.store.head(log.log_id).await?;
        Ok(head.map(|head| Checkpoint {
            origin: log.origin,
            size: head.size,
            root: head.root,
        }))
    }

    /// Confirms a fork: opens the next epoch of an area whose log was rolled back and brings the law that the
    /// database has into use in it. Called again it finishes what was cut off. None where there is no fork.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn begin_next_epoch(&self, caller: &Caller, area: AreaCode) -> Result<Option<EpochBegun>, AppError> {
        let area = area.without_township();
        // A machine that has no marks learns of the fork from the witnesses.
        self.witness_round().await?;
        let opened = self.sequencer.open_next_epoch(area).await?;
        self.bring_law_along(caller, area, opened).await
    }

    /// Opens the next epoch of an area whose log was signed by a key that is lost, and brings the law into use in it.
    /// Called again it finishes what was cut off. None where the key in use signed the log.
    ///
    /// # Errors
    /// [`AppError`]; [`AppError::LogRolledBack`] where the fork is to be confirmed.
    pub async fn begin_epoch_after_lost_key(
        &self,
        caller: &Caller,
        area: AreaCode,
    ) -> Result<Option<EpochBegun>, AppError> {
        let area = area.without_township();
        self.witness_round().await?;
        let opened = self.sequencer.open_epoch_after_lost_key(area).await?;
        self.bring_law_along(caller, area, opened).await
    }

    /// Brings the law of the epoch before into use in the newest one, where there is a later one than the first.
    async fn bring_law_along(
        &self,
        caller: &Caller,
        area: AreaCode,
        opened: Option<OpenedEpoch>,
    ) -> Result<Option<EpochBegun>, AppError> {
        let Some(log) = self.store.log_of_area(area).await? else {
            return Ok(None);
        };
        if opened.is_none() && log.origin.epoch() == 1 {
            return Ok(None);
        }
        let rows = self.store.policies_of_area(area).await?;
        let epoch_before = rows
            .iter()
            .map(|row| row.log_id)
            .filter(|log_id| *log_id < log.log_id)
            .max();
        let before = rows
            .into_iter()
            .filter(|row| Some(row.log_id) == epoch_before)
            .collect();
        let mut policy_count = 0;
        for row in newest(before) {
            self.adopt_again(caller, &log, &row).await?;
            policy_count += 1;
        }
        Ok(Some(EpochBegun { opened, policy_count }))
    }

    /// Puts a document of the epoch before into use in this one. Its request id makes it happen once.
    async fn adopt_again(&self, caller: &Caller, log: &LogRow, row: &PolicyRow) -> Result<(), AppError> {
        let command = Json::object([
            ("adopt", Json::from(row.digest.to_string())),
            ("origin", log.origin.to_string().into()),
        ]);
        let asked = Asked {
            key: RequestKey {
                area: log.origin.area(),
                caller: caller.principal.as_str().to_owned(),
                request_id: format!("epoch-{}-{}", log.origin.epoch(), row.digest),
            },
            command: command.to_bytes(),
            trace_id: None,
        };
        let new = NewRecord {
            kind: EntryKind::Policy,
            law: None,
            documents: vec![
                ("policy", self.policy_bytes(row, "policy").await?),
                ("source", self.policy_bytes(row, "source").await?),
            ],
            case: None,
            sets_spans: false,
            persons: Vec::new(),
            policy: Some(NewPolicy {
                policy_id: row.policy_id.clone(),
                document_area: row.document_area,
                kind: row.kind.clone(),
                digest: row.digest,
                follows: Follows::Any,
            }),
        };
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let appended = self.append(&asked, record_id, new).await?;
        appended.map(drop).map_err(|_| AppError::CaseChanged)
    }
}
