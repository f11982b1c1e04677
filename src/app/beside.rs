//! Records that change no case: samples and findings. How one is appended, and how many are read at once.

use std::sync::{Arc, PoisonError};

use tokio::sync::OwnedMutexGuard;

use super::App;
use super::command::CaseId;
use super::damage::Damage;
use super::error::AppError;
use super::record::{Asked, Opened};
use super::result::OpenedDocument;
use crate::area::AreaCode;
use crate::log::RecordId;
use crate::log::record::{CaseKeys, DocumentName, Entry, EntryKind, Place, open, open_public, write_documents};
use crate::log::sequencer::Item;
use crate::store::{DataKeyRow, LogRow, PAGE_ROW_COUNT_MAX, RecordDocument};

/// A record that changes no case.
pub(super) struct BesideRecord<'a> {
    pub(super) kind: EntryKind,
    pub(super) documents: Vec<(&'a str, Vec<u8>)>,
    /// What seals its sealed documents.
    pub(super) keys: Option<&'a CaseKeys>,
    /// Keys of its own, which no record used before.
    pub(super) new_keys: Vec<DataKeyRow>,
    /// The case that it is about, in the version that it was made on.
    pub(super) case: Option<(CaseId, u64)>,
}

/// A record with one of its documents, opened.
pub(super) struct ReadDocument {
    pub(super) row: RecordDocument,
    pub(super) entry: Entry,
    /// None if the record has none of that name, or its key was destroyed.
    pub(super) document: Option<OpenedDocument>,
}

impl App {
    /// Appends a record that changes no case, and reads it back.
    ///
    /// [`AppError::CaseChanged`] says that the case it is about has another version by now.
    pub(super) async fn append_beside(&self, asked: &Asked, new: BesideRecord<'_>) -> Result<Opened, AppError> {
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let documents: Vec<(&str, &[u8])> = new.documents.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
        let documents = write_documents(
            new.kind,
            asked.key.area,
            record_id,
            &documents,
            new.keys,
            &mut super::entropy::OsEntropy,
        )
        .map_err(|error| AppError::internal(&error))?;
        let item = Item {
            data_keys: new.new_keys,
            case_id: new.case.map(|(case, _)| case.to_string()),
            case_seen: new.case.map(|(_, version)| version),
            ..self.item(asked, record_id, new.kind, documents)
        };
        let sequenced = self.sequenced(asked, item).await?;
        self.record_at(sequenced.log_id, sequenced.index).await
    }

    /// Waits for its turn in an area and keeps it while the guard lives. Between replicas the log's order decides.
    pub(super) async fn turn(&self, area: AreaCode) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(area.without_township()).or_default())
        };
        turn.lock_owned().await
    }

    /// The open log of an area, if it has one yet.
    pub(super) async fn maybe_log(&self, area: AreaCode) -> Result<Option<LogRow>, AppError> {
        Ok(self.store.log_of_area(area.without_township()).await?)
    }

    /// The records `from..to` of some kinds with their document `name`, opened and checked against their
    /// commitments; `each` takes one after the other.
    pub(super) async fn read_documents(
        &self,
        log: &LogRow,
        kinds: &[EntryKind],
        name: &str,
        range: (u64, u64),
        mut each: impl FnMut(ReadDocument) -> Result<(), AppError> + Send,
    ) -> Result<(), AppError> {
        let kinds: Vec<String> = kinds.iter().map(|kind| kind.name().to_owned()).collect();
        let (mut from, to) = range;
        loop {
            let rows = self
                .store
                .records_with(log.log_id, &kinds, name, (from, to), PAGE_ROW_COUNT_MAX)
                .await?;
            let Some(last) = rows.last() else { return Ok(()) };
            from = last.record.index.get() + 1;
            for row in rows {
                each(self.read_document(log, row)?)?;
            }
        }
    }

    pub(super) fn read_document(&self, log: &LogRow, row: RecordDocument) -> Result<ReadDocument, AppError> {
        let damaged = |document: Option<&str>| Damage::of_record(&row.record, document);
        let entry = Entry::parse(&row.entry).map_err(|_| damaged(None))?;
        let Some(stored) = &row.document else {
            return Ok(ReadDocument {
                row,
                entry,
                document: None,
            });
        };
        let name: DocumentName = stored.name.parse().map_err(|_| damaged(None))?;
        let committed = entry
            .commitment_of(&stored.name)
            .ok_or_else(|| damaged(Some(name.as_str())))?;
        let opened = if stored.key_ref.is_none() {
            open_public(&name, &committed, &stored.bytes)
        } else {
            let key = row.key.as_ref().ok_or_else(|| damaged(Some(name.as_str())))?;
            let Some((_, key)) = self.vault.unwrap(key)? else {
                return Ok(ReadDocument {
                    row,
                    entry,
                    document: None,
                });
            };
            let place = Place {
                area: log.origin.area(),
                record_id: row.record.record_id,
                name: &name,
            };
            open(&key, place, &committed, &stored.bytes)
        };
        let opened = opened.map_err(|_| damaged(Some(name.as_str())))?;
        let document = OpenedDocument {
            name: stored.name.clone(),
            salt: *opened.salt.as_bytes(),
            content: opened.content,
        };
        Ok(ReadDocument {
            row,
            entry,
            document: Some(document),
        })
    }
}
