//! Keys of the service that change: each log states which version is in use, and data keys are wrapped anew.

use super::App;
use super::access::SERVICE;
use super::error::AppError;
use super::record::{About, Asked};
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::keys::{KeyPurpose, KeyState, KeySummary};
use crate::log::record::EntryKind;
use crate::store::{LogRow, RequestKey};

/// Logs of one read.
const LOG_COUNT: u32 = 256;

/// Data keys of one transaction: a small one, because readers of the same cases wait for it.
const REWRAP_KEY_COUNT: u32 = 500;

/// Versions of these are stated in the log: they decide what can be read and which answer a retry finds.
const STATED: [KeyPurpose; 2] = [KeyPurpose::KeyEncryption, KeyPurpose::Idempotency];

impl App {
    /// States in every open log which keys are in use, where a later version than the first is and the log does not
    /// say so yet. Says how many entries were written.
    ///
    /// # Errors
    /// [`AppError`]; called again it goes on.
    pub async fn record_key_events(&self) -> Result<u64, AppError> {
        let keys = self.vault.summary();
        let rotated: Vec<&KeySummary> = keys
            .iter()
            .filter(|key| key.state == KeyState::InUse && key.version > 1 && STATED.contains(&key.purpose))
            .collect();
        let mut written = 0;
        let mut after = None;
        while !rotated.is_empty() {
            let logs = self.store.logs(after, LOG_COUNT).await?;
            let Some(last) = logs.last() else { break };
            after = Some(last.log_id);
            for log in &logs {
                // A closed log takes no more entries.
                let open = self.store.log_of_area(log.origin.area()).await?;
                if open.as_ref() != Some(log) {
                    continue;
                }
                for key in &rotated {
                    written += u64::from(self.record_key_event(log, key).await?);
                }
            }
        }
        Ok(written)
    }

    /// States one key in one log; whether it was not stated before.
    async fn record_key_event(&self, log: &LogRow, key: &KeySummary) -> Result<bool, AppError> {
        let purpose = key.purpose.name();
        let document = Json::object([
            ("v", Json::Int(1)),
            ("event", "in_use".into()),
            ("purpose", purpose.into()),
            ("version", Json::integer(key.version.into())),
            ("id", key.id.clone().into()),
        ])
        .to_bytes();
        let asked = Asked {
            key: RequestKey {
                area: log.origin.area(),
                caller: SERVICE.to_owned(),
                request_id: format!("key/{}/{purpose}/{}", log.origin.epoch(), key.version),
            },
            command: document.clone(),
            trace_id: None,
        };
        if self.answered(&asked).await?.is_some() {
            return Ok(false);
        }
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let documents = [("key_event", document)];
        let appended = self.append_about(&asked, record_id, EntryKind::KeyEvent, &documents, About::default());
        // No case changes, so nobody comes first.
        appended.await?.map(|_| true).map_err(|_| AppError::CaseChanged)
    }

    /// Wraps every data key with the key-encryption key in use; `each` hears how many are done. Stopped at any
    /// point, the next run goes on with what is left.
    ///
    /// # Errors
    /// [`AppError`]; what is done stays done.
    pub async fn rewrap_keys(&self, mut each: impl FnMut(u64)) -> Result<u64, AppError> {
        let kek_id = self.vault.kek_id();
        let mut done = 0;
        loop {
            let rows = self.store.keys_wrapped_otherwise(&kek_id, REWRAP_KEY_COUNT).await?;
            if rows.is_empty() {
                return Ok(done);
            }
            let wrapped = rows
                .iter()
                .map(|row| self.vault.wrap_anew(row))
                .collect::<Result<Vec<_>, _>>()?;
            self.store.rewrap_keys(&wrapped).await?;
            done += rows.len() as u64;
            each(done);
        }
    }
}
