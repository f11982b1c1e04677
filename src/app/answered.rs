//! Requests that were answered before: how their first answer is found, whichever version of the key digested them.

use super::App;
use super::error::AppError;
use super::record::{Asked, Opened, readable};
use crate::log::sequencer::{Acknowledged, AppendError, Item, first_answer};
use crate::store::RequestRow;

impl App {
    /// The record that answered this request before, if it did.
    pub(super) async fn answered(&self, asked: &Asked) -> Result<Option<Opened>, AppError> {
        match self.store.request(&asked.key).await? {
            Some(row) => self.answered_by(asked, &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The record that answered this request before.
    pub(super) async fn answered_by(&self, asked: &Asked, row: &RequestRow) -> Result<Opened, AppError> {
        if !self.vault.is_same_request(&row.digest, &asked.command) {
            return Err(AppError::RequestIdReused);
        }
        let first = first_answer(self.store.as_ref(), self.vault.as_ref(), row).await?;
        readable(self.opened_as_stored(first).await?)
    }

    /// Appends an item, or finds its first answer.
    ///
    /// The log compares digests as they are stored, and these have the version of their key. While a rotated key comes
    /// into use, two servers digest one request with two versions: so one that the log takes for another request is
    /// compared by its own version once before it is refused.
    pub(super) async fn sequenced(&self, asked: &Asked, item: Item) -> Result<Acknowledged, AppendError> {
        match self.sequencer.append(item).await {
            Err(AppendError::RequestReused) => match self.store.request(&asked.key).await? {
                Some(row) if self.vault.is_same_request(&row.digest, &asked.command) => {
                    first_answer(self.store.as_ref(), self.vault.as_ref(), &row).await
                }
                Some(_) | None => Err(AppendError::RequestReused),
            },
            appended => appended,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::AreaRegister;
    use crate::app::entropy::OsEntropy;
    use crate::app::record::NewRecord;
    use crate::app::vault::Vault;
    use crate::log::RecordId;
    use crate::log::keys::{KeyPurpose, KeyRing};
    use crate::log::record::EntryKind;
    use crate::log::sequencer::SystemClock;
    use crate::store::RequestKey;
    use crate::store::conformance::{TestDatabase, on_both};

    on_both!(a_request_that_two_servers_of_a_rotation_take_at_once_is_recorded_once,);

    async fn app(database: &TestDatabase, keys: KeyRing) -> App {
        let (store, clock) = (database.store().await, Arc::new(SystemClock::new()));
        App::new(
            store,
            Vault::new(keys),
            clock,
            "doudi.example",
            AreaRegister::default(),
            Vec::new(),
        )
    }

    /// Past the question whether it was answered, as two that come at once are: the record, or why there is none.
    async fn append(app: &App, command: &[u8]) -> Result<RecordId, AppError> {
        let record_id = RecordId::from_bytes(app.vault.random_id()?);
        let asked = Asked {
            key: RequestKey {
                area: "340321".parse().expect("an area"),
                caller: "tests".to_owned(),
                request_id: "one".to_owned(),
            },
            command: command.to_vec(),
            trace_id: None,
        };
        let new = NewRecord {
            kind: EntryKind::Policy,
            law: None,
            documents: vec![("policy", b"{}".to_vec())],
            case: None,
            sets_spans: false,
            persons: Vec::new(),
            policy: None,
        };
        let opened = app.append(&asked, record_id, new).await?;
        Ok(opened.ok().expect("no case changes").row.record_id)
    }

    async fn a_request_that_two_servers_of_a_rotation_take_at_once_is_recorded_once(database: TestDatabase) {
        let ring = KeyRing::generate(&mut OsEntropy).expect("random bytes");
        let standby = ring
            .rotated(KeyPurpose::Idempotency, &mut OsEntropy)
            .expect("random bytes");
        let activated = standby.activated(KeyPurpose::Idempotency).expect("it is on standby");
        let (one, other) = (app(&database, standby).await, app(&database, activated).await);
        let first = append(&one, b"a command").await.expect("recorded");
        assert_eq!(append(&other, b"a command").await.expect("answered"), first);
        let reused = append(&other, b"another command").await;
        assert!(matches!(reused, Err(AppError::RequestIdReused)));
    }
}
