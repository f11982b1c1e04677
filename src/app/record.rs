//! Records: how a use case writes one into the log, and how one is read back.

use super::caller::Caller;
use super::case_file::CaseFile;
use super::civil::{civil_date, civil_month};
use super::command::RequestId;
use super::damage::Damage;
use super::error::{AppError, ResourceKind};
use super::result::{Acknowledged, OpenedDocument};
use super::{App, ENGINE};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::record::{
    CaseKeys, DataKey, DocumentName, Entry, EntryKind, LawUsed, Place, Protection, RecordKeys, WrittenDocument, open,
    open_public, slots, write_documents, write_documents_of,
};
use crate::log::sequencer::{Acknowledged as Sequenced, AppendError, CaseChange, Effects, Item, NewPolicy, PersonSpan};
use crate::log::{LogIndex, RecordId};
use crate::rules::calendar::Month;
use crate::rules::case::CaseState;
use crate::rules::entitlement::Entitlement;
use crate::rules::outcome::CaseStatus;
use crate::store::{CaseScope, DataKeyRow, DocumentRow, LogId, LogRow, PersonRow, RecordRow, RequestKey};

/// Which request a record answers: its key, and the command's canonical bytes.
pub(super) struct Asked {
    pub(super) key: RequestKey,
    pub(super) command: Vec<u8>,
    pub(super) trace_id: Option<String>,
}

/// A record that is to be written.
pub(super) struct NewRecord<'a> {
    pub(super) kind: EntryKind,
    pub(super) law: Option<LawUsed>,
    pub(super) documents: Vec<(&'a str, Vec<u8>)>,
    /// The case with its next state; none for what concerns no case.
    pub(super) case: Option<(&'a CaseFile, CaseState)>,
    /// Whether the next state changes what persons hold.
    pub(super) sets_spans: bool,
    pub(super) persons: Vec<PersonRow>,
    pub(super) policy: Option<NewPolicy>,
}

/// A record with its documents opened.
pub(super) struct Opened {
    pub(super) log: LogRow,
    pub(super) row: RecordRow,
    pub(super) entry: Entry,
    pub(super) acknowledged: Acknowledged,
    /// What could not be opened any more.
    pub(super) gone: Gone,
}

impl Opened {
    /// The resource name of the record.
    pub(super) fn name(&self) -> String {
        name_of(&self.row)
    }

    /// The answer in place of an erased record.
    pub(super) fn is_erased(&self) -> AppError {
        AppError::Erased {
            name: self.name(),
            receipt: self.acknowledged.receipt.clone(),
        }
    }

    /// Takes a document out.
    pub(super) fn without(&mut self, name: &str) {
        self.acknowledged.documents.retain(|document| document.name != name);
    }

    /// The JSON of a document.
    pub(super) fn json(&self, name: &str) -> Result<Json, AppError> {
        Json::parse_canonical(self.content(name)?).map_err(|_| self.damaged(name))
    }

    /// The exact bytes of a document.
    pub(super) fn content(&self, name: &str) -> Result<&[u8], AppError> {
        let document = self
            .acknowledged
            .documents
            .iter()
            .find(|document| document.name == name);
        document
            .map(|document| &document.content[..])
            .ok_or_else(|| self.damaged(name))
    }

    /// A document of it is missing, or is not what such a document says.
    pub(super) fn damaged(&self, document: &str) -> AppError {
        Damage::of_record(&self.row, Some(document)).into()
    }
}

impl App {
    /// The request as the log keeps it.
    pub(super) fn asked(area: AreaCode, caller: &Caller, request_id: &RequestId, command: &Json) -> Asked {
        let key = RequestKey {
            area: area.without_township(),
            caller: caller.principal.as_str().to_owned(),
            request_id: request_id.to_string(),
        };
        Asked {
            key,
            command: command.to_bytes(),
            trace_id: caller.trace.as_ref().map(|trace| trace.trace_id.clone()),
        }
    }

    /// Seals and appends a record, and reads it back as it was acknowledged.
    ///
    /// The outer error ends the use case; the inner one says that others came first, and to decide again.
    pub(super) async fn append(
        &self,
        asked: &Asked,
        record_id: RecordId,
        new: NewRecord<'_>,
    ) -> Result<Result<Opened, Raced>, AppError> {
        let area = asked.key.area;
        let case_id = new.case.as_ref().map(|(file, _)| file.name.case.to_string());
        let documents: Vec<(&str, &[u8])> = new.documents.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
        let keys = new.case.as_ref().map(|(file, _)| &file.keys);
        let mut entropy = super::entropy::OsEntropy;
        let documents = write_documents(new.kind, area, record_id, &documents, keys, &mut entropy)
            .map_err(|error| AppError::internal(&error))?;
        let change = new
            .case
            .as_ref()
            .map(|(file, next)| App::change(file, next, new.sets_spans))
            .transpose()?;
        let data_keys = new.case.as_ref().map(|(file, _)| file.new_keys.clone());
        let item = Item {
            law: new.law,
            data_keys: data_keys.unwrap_or_default(),
            case_id: case_id.clone(),
            case: change,
            persons: new.persons,
            policy: new.policy,
            ..self.item(asked, record_id, new.kind, documents)
        };
        match self.sequenced(asked, item).await {
            // Somebody else's record answers a request that was repeated at the same time.
            Ok(sequenced) if sequenced.repeated => self.opened_as_stored(sequenced).await.and_then(readable).map(Ok),
            Ok(sequenced) => {
                let row = RecordRow {
                    log_id: sequenced.log_id,
                    index: sequenced.index,
                    area,
                    record_id,
                    case_id,
                    kind: new.kind.name().to_owned(),
                    erased: None,
                    restricted: None,
                };
                let keys = new.case.as_ref().map_or(Keys::None, |(file, _)| Keys::Case(&file.keys));
                self.opened(sequenced, row, &keys).await.map(Ok)
            }
            Err(error) if error.is_race() => Ok(Err(Raced)),
            Err(error) => Err(error.into()),
        }
    }

    /// An item that concerns no case and does nothing beside the log, for the caller to fill.
    pub(super) fn item(
        &self,
        asked: &Asked,
        record_id: RecordId,
        kind: EntryKind,
        documents: Vec<WrittenDocument>,
    ) -> Item {
        Item {
            request: asked.key.clone(),
            request_digest: self.vault.request_digest(&asked.command),
            record_id,
            kind,
            law: None,
            engine: ENGINE.to_owned(),
            documents,
            data_keys: Vec::new(),
            case_id: None,
            case: None,
            case_seen: None,
            persons: Vec::new(),
            policy: None,
            effects: Effects::default(),
            trace_id: asked.trace_id.clone(),
        }
    }

    /// Appends a record about records: what it seals has a key of its own, so that it outlives theirs. Read back as
    /// it stands in the log.
    pub(super) async fn append_about(
        &self,
        asked: &Asked,
        record_id: RecordId,
        kind: EntryKind,
        documents: &[(&str, Vec<u8>)],
        about: About,
    ) -> Result<Result<Opened, Raced>, AppError> {
        let documents: Vec<(&str, &[u8])> = documents.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
        let seals = slots(kind).unwrap_or_default();
        let own = if seals.iter().any(|slot| slot.protection == Protection::Entry) {
            Some(self.vault.new_entry_key()?)
        } else {
            None
        };
        let keys = RecordKeys {
            case: None,
            own: own.as_ref().map(|(key, _)| key),
        };
        let mut entropy = super::entropy::OsEntropy;
        let documents = write_documents_of(kind, asked.key.area, record_id, &documents, keys, &mut entropy)
            .map_err(|error| AppError::internal(&error))?;
        let item = Item {
            data_keys: own.into_iter().map(|(_, row)| row).collect(),
            case_id: about.case_id,
            case: about.change,
            effects: about.effects,
            ..self.item(asked, record_id, kind, documents)
        };
        match self.sequenced(asked, item).await {
            Ok(sequenced) => self.opened_as_stored(sequenced).await.map(Ok),
            Err(AppendError::CaseChanged) => Ok(Err(Raced)),
            Err(error) => Err(error.into()),
        }
    }

    /// The change of a case to its next state.
    fn change(file: &CaseFile, next: &CaseState, sets_spans: bool) -> Result<CaseChange, AppError> {
        Ok(CaseChange {
            expected_version: file.version,
            identity_key_ref: file.keys.identity.0.to_string(),
            content_key_ref: file.keys.content.0.to_string(),
            state: App::seal_case_state(file, next)?,
            next_due: next.next_due().map(civil_date).transpose()?,
            grace_end_month: grace_end(next).map(civil_month).transpose()?,
            township: next.township,
            spans: sets_spans.then(|| spans_of(next)).transpose()?,
        })
    }

    /// A record by its whole name, for somebody to read. By the name of another case it is not there: who may read
    /// that case learns nothing of this one, not even that it is restricted or erased.
    pub(super) async fn record(&self, area: AreaCode, record: RecordId, name: &str) -> Result<Opened, AppError> {
        let missing = || AppError::NotFound {
            kind: ResourceKind::Determination,
            name: name.to_owned(),
        };
        let row = self.store.record(area, record).await?.ok_or_else(missing)?;
        if name_of(&row) != name {
            return Err(missing());
        }
        readable(self.record_as_is(row.log_id, row.index).await?)
    }

    /// The record at a place of a log, whoever may read it: what rebuilding and replaying a log work on.
    pub(super) async fn record_at(&self, log_id: LogId, index: LogIndex) -> Result<Opened, AppError> {
        let opened = self.record_as_is(log_id, index).await?;
        match opened.gone {
            Gone::Nothing | Gone::Identity => Ok(opened),
            Gone::Content => Err(opened.is_erased()),
        }
    }

    /// The record at a place of a log, with the documents that still can be opened and the receipt of the first
    /// checkpoint that holds it.
    pub(super) async fn record_as_is(&self, log_id: LogId, index: LogIndex) -> Result<Opened, AppError> {
        let mut opened = self.records_as_they_are(log_id, &[index]).await?;
        opened.pop().ok_or(AppError::corrupt("a record is not there"))
    }

    /// A record of which nothing but its place is known here.
    pub(super) async fn opened_as_stored(&self, sequenced: Sequenced) -> Result<Opened, AppError> {
        let row = self
            .store
            .record_at(sequenced.log_id, sequenced.index)
            .await?
            .ok_or(AppError::corrupt("an entry has no record"))?;
        let refs: Vec<String> = sequenced
            .documents
            .iter()
            .filter_map(|document| document.key_ref.clone())
            .collect();
        let keys = if refs.is_empty() {
            Keys::None
        } else {
            Keys::Stored(self.store.data_keys(&refs).await?)
        };
        self.opened(sequenced, row, &keys).await
    }

    pub(super) async fn opened(
        &self,
        sequenced: Sequenced,
        row: RecordRow,
        keys: &Keys<'_>,
    ) -> Result<Opened, AppError> {
        let log = self.log_row(sequenced.log_id).await?;
        let entry = Entry::parse(&sequenced.entry).map_err(|_| Damage::of_record(&row, None))?;
        let (documents, gone) = self.open_stored(&log, &row, &entry, &sequenced.documents, keys)?;
        let acknowledged = Acknowledged {
            origin: log.origin.clone(),
            index: sequenced.index,
            entry: sequenced.entry,
            documents,
            receipt: sequenced.receipt,
            logged_seconds: entry.logged_seconds(),
        };
        Ok(Opened {
            log,
            row,
            entry,
            acknowledged,
            gone,
        })
    }

    /// Opens every document of an entry whose key is still there, and says what is gone.
    fn open_stored(
        &self,
        log: &LogRow,
        record: &RecordRow,
        entry: &Entry,
        stored: &[DocumentRow],
        keys: &Keys<'_>,
    ) -> Result<(Vec<OpenedDocument>, Gone), AppError> {
        let mut gone = Gone::Nothing;
        let mut opened = Vec::with_capacity(stored.len());
        for document in stored {
            let name: DocumentName = document.name.parse().map_err(|_| Damage::of_record(record, None))?;
            let damaged = || Damage::of_record(record, Some(name.as_str()));
            let committed = entry.commitment_of(&document.name).ok_or_else(damaged)?;
            let found = match &document.key_ref {
                None => open_public(&name, &committed, &document.bytes),
                Some(key_ref) => {
                    let Some(key) = self.document_key(keys, key_ref)? else {
                        let what = if document.name == IDENTITY {
                            Gone::Identity
                        } else {
                            Gone::Content
                        };
                        gone = gone.max(what);
                        continue;
                    };
                    let place = Place {
                        area: log.origin.area(),
                        record_id: record.record_id,
                        name: &name,
                    };
                    open(&key, place, &committed, &document.bytes)
                }
            };
            let found = found.map_err(|_| damaged())?;
            opened.push(OpenedDocument {
                name: document.name.clone(),
                salt: *found.salt.as_bytes(),
                content: found.content,
            });
        }
        Ok((opened, gone))
    }

    fn document_key(&self, keys: &Keys<'_>, key_ref: &str) -> Result<Option<DataKey>, AppError> {
        let unknown = AppError::corrupt("a document names a data key that is not there");
        let rows = match keys {
            Keys::None => return Err(unknown),
            Keys::Case(keys) => {
                let of_case = [&keys.identity, &keys.content]
                    .into_iter()
                    .find(|(known, _)| known.to_string() == key_ref);
                return of_case.map(|(_, key)| Some(key.clone())).ok_or(unknown);
            }
            Keys::Stored(rows) => rows,
        };
        let row = rows.iter().find(|row| row.key_ref == key_ref).ok_or(unknown)?;
        Ok(self.vault.unwrap(row)?.map(|(_, key)| key))
    }
}

/// The resource name of a record.
fn name_of(row: &RecordRow) -> String {
    let case = row.case_id.as_deref().unwrap_or_default();
    format!("areas/{}/cases/{case}/determinations/{}", row.area, row.record_id)
}

/// The document that tells who somebody is.
pub(super) const IDENTITY: &str = "identity";

/// The documents whose key was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gone {
    /// All can be opened.
    Nothing,
    /// The identity.
    Identity,
    /// What was decided, and from what.
    Content,
}

/// What a record about records concerns and does.
#[derive(Default)]
pub(super) struct About {
    /// The case, if it is one.
    pub(super) case_id: Option<String>,
    /// The change of that case.
    pub(super) change: Option<CaseChange>,
    /// What it does beside the log.
    pub(super) effects: Effects,
}

/// A record as far as it may be shown: erased and restricted cases are not, nor are their identities.
pub(super) fn readable(mut opened: Opened) -> Result<Opened, AppError> {
    // An erasure speaks of a case and is not part of it.
    if opened.row.kind == EntryKind::Erasure.name() {
        return Ok(opened);
    }
    if opened.gone == Gone::Content || opened.row.erased == Some(CaseScope::Case) {
        return Err(opened.is_erased());
    }
    match opened.row.restricted {
        Some(CaseScope::Case) => return Err(AppError::Restricted { name: opened.name() }),
        // From the entry on, and not only from the moment that the key is gone.
        Some(CaseScope::Identity) => opened.without(IDENTITY),
        None if opened.row.erased.is_some() => opened.without(IDENTITY),
        None => {}
    }
    Ok(opened)
}

/// What opens the documents of a record.
pub(super) enum Keys<'a> {
    /// It has no sealed documents.
    None,
    /// The case's keys, at hand where the record was just written.
    Case(&'a CaseKeys),
    /// Wrapped keys, as stored.
    Stored(Vec<DataKeyRow>),
}

/// Others came first: read again and decide again.
pub(super) struct Raced;

/// What the county of the case pays. What another county pays by its own records stays in a transferred case as
/// history, and is that county's.
pub(super) fn own_standing(state: &CaseState) -> impl Iterator<Item = &Entitlement> {
    let own = |held: &&Entitlement| {
        state
            .prior
            .iter()
            .any(|prior| held.record.as_ref() == Some(&prior.record))
    };
    state.standing.iter().filter(own)
}

/// The months that persons hold in a case by its state.
pub(super) fn spans_of(state: &CaseState) -> Result<Vec<PersonSpan>, AppError> {
    let mut spans = Vec::new();
    for held in own_standing(state) {
        for person_id in &held.persons {
            spans.push(PersonSpan {
                person_id: person_id.clone(),
                from: civil_month(held.from)?,
                to: held.to.map(civil_month).transpose()?,
                programme: held.programme.code().to_owned(),
            });
        }
    }
    Ok(spans)
}

/// The last month of a grace period that runs.
pub(super) fn grace_end(state: &CaseState) -> Option<Month> {
    let grace = state
        .grace
        .filter(|_| state.status == CaseStatus::Grace && state.leaving.is_none());
    grace.map(|grace| grace.until)
}
