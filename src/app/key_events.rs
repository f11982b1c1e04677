//! Keys of the service that change: each log states which version is in use, and data keys are wrapped anew.

use std::sync::atomic::Ordering;

use tracing::warn;

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

/// What came of stating one key in one log.
enum Stating {
    /// It is stated from now on.
    Stated,
    /// It was stated before.
    Known,
    /// The log takes no entries now: it is rolled back, its key is lost, its witnesses or its signer do not answer.
    Refused(AppError),
}

impl App {
    /// States in every open log which keys are in use, where a later version than the first is and the log does not
    /// say so yet. Says how many entries were written. A log that takes no entries is left for later: what it has is
    /// read and proved all the same.
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
        let mut left = false;
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
                    match self.record_key_event(log, key).await? {
                        Stating::Stated => written += 1,
                        Stating::Known => {}
                        Stating::Refused(cause) => {
                            warn!(log.origin = %log.origin, %cause, "the keys in use are not in the log yet: trying again");
                            left = true;
                            break;
                        }
                    }
                }
            }
        }
        self.key_events_left.store(left, Ordering::Relaxed);
        Ok(written)
    }

    /// The same again, for the logs that took no entries before.
    ///
    /// # Errors
    /// [`AppError`]; called again it goes on.
    pub async fn record_key_events_left(&self) -> Result<u64, AppError> {
        if self.key_events_left.load(Ordering::Relaxed) {
            self.record_key_events().await
        } else {
            Ok(0)
        }
    }

    /// States one key in one log.
    async fn record_key_event(&self, log: &LogRow, key: &KeySummary) -> Result<Stating, AppError> {
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
            return Ok(Stating::Known);
        }
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let documents = [("key_event", document)];
        let appended = self.append_about(&asked, record_id, EntryKind::KeyEvent, &documents, About::default());
        match appended.await {
            Ok(Ok(_)) => Ok(Stating::Stated),
            // No case changes, so nobody comes first.
            Ok(Err(_)) => Err(AppError::CaseChanged),
            // A lost key, a clock and a signer are among what the last one stands for; a database that does not answer
            // ends the reads before.
            Err(cause @ (AppError::LogRolledBack | AppError::NotWitnessed | AppError::StoreUnavailable)) => {
                Ok(Stating::Refused(cause))
            }
            Err(cause) => Err(cause),
        }
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
