//! Opening documents for an auditor: one OPENING entry a call, durable before any document leaves.

use std::collections::BTreeSet;

use super::App;
use super::access::{Purpose, Read};
use super::caller::Caller;
use super::command::{OPENING_RECORD_COUNT_MAX, OpenDocuments};
use super::determinations::not_found;
use super::error::{AppError, Violation};
use super::record::{About, Asked, Gone, IDENTITY, Opened};
use super::result::{DocumentsOpened, RecordOpened, RecordState};
use crate::canonical::Json;
use crate::log::record::EntryKind;
use crate::log::sequencer::Effects;
use crate::log::{LogIndex, RecordId};
use crate::store::{AccessRow, CaseScope, LogRow};

/// Most bytes of entries, receipts and documents of one answer: below the largest message, with room for the rest.
const OPENING_SIZE_MAX_BYTES: usize = 3 * 1024 * 1024;

impl App {
    /// Opens the documents of sampled or named records.
    ///
    /// # Errors
    /// [`AppError::PermissionDenied`] for identities without a grant, before anything is looked up.
    pub async fn open_documents(&self, caller: &Caller, command: OpenDocuments) -> Result<DocumentsOpened, AppError> {
        let grant = if command.include_identity {
            Some(self.identity_grant(caller, command.purpose)?)
        } else {
            None
        };
        let log = self.log_named(&command.log).await?;
        let asked = App::asked(command.log.area, caller, &command.request_id, &command.to_json());
        let first = self.answered(&asked).await?;
        let mut opened = Vec::new();
        let places = self.places(&log, &command).await?;
        for record in self.records_as_they_are(log.log_id, &places).await? {
            opened.push(shown(
                record,
                &command,
                grant.is_some_and(|grant| grant.purpose == command.purpose),
            ));
        }
        fits(&opened)?;
        if command.validate_only {
            opened
                .iter_mut()
                .for_each(|(record, _)| record.acknowledged.documents.clear());
            return Ok(answer(opened, None));
        }
        let Some(first) = first else {
            let opening = self.record_opening(caller, &asked, &log, &command, &opened).await?;
            return Ok(answer(opened, Some(opening)));
        };
        // What was withheld then is in no list: this request does not open it later.
        let listed = listed(&first)?;
        for (record, state) in &mut opened {
            if !listed.contains(&record.row.index) && *state != RecordState::Erased {
                record.acknowledged.documents.clear();
                *state = RecordState::Withheld;
            }
        }
        let rows = self.opening_rows(caller, &command, first.row.record_id, &opened)?;
        self.store.record_accesses(&rows).await?;
        Ok(answer(opened, Some(first)))
    }

    /// The places of the records that are asked for, each once, in the order of the request.
    async fn places(&self, log: &LogRow, command: &OpenDocuments) -> Result<Vec<LogIndex>, AppError> {
        let mut places = Vec::new();
        let mut seen = BTreeSet::new();
        let size = self.log_head(log.log_id).await?.size;
        let outside = command
            .indices
            .iter()
            .enumerate()
            .filter(|(_, index)| !size.holds(**index));
        let outside: Vec<Violation> = outside
            .map(|(at, _)| Violation {
                field: format!("indices[{at}]"),
                description: "lies outside the log: give the index of an entry".to_owned(),
            })
            .collect();
        if !outside.is_empty() {
            return Err(AppError::Invalid(outside));
        }
        places.extend(command.indices.iter().copied().filter(|index| seen.insert(*index)));
        for name in &command.determinations {
            let row = self.store.record(name.case.area, name.record).await?;
            let of_case = Some(name.case.case.to_string());
            let row = row.filter(|row| row.log_id == log.log_id && row.case_id == of_case);
            let index = row.ok_or_else(|| not_found(name))?.index;
            places.extend(seen.insert(index).then_some(index));
        }
        debug_assert!(places.len() <= OPENING_RECORD_COUNT_MAX, "the edge counts them");
        Ok(places)
    }

    /// Writes the OPENING entry, with one row of access a record in its transaction.
    async fn record_opening(
        &self,
        caller: &Caller,
        asked: &Asked,
        log: &LogRow,
        command: &OpenDocuments,
        opened: &[(Opened, RecordState)],
    ) -> Result<Opened, AppError> {
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let records: Vec<Json> = opened
            .iter()
            .filter(|(_, state)| state.opens())
            .map(|(record, _)| {
                Json::object([
                    ("index", Json::integer(record.row.index.get().into())),
                    ("record", record.row.record_id.to_string().into()),
                ])
            })
            .collect();
        let named = [
            ("v", Json::Int(1)),
            ("purpose", Json::from(command.purpose.code())),
            ("identity", Json::Bool(command.include_identity)),
        ];
        let public = named
            .clone()
            .into_iter()
            .chain([("count", Json::integer(records.len() as i128))]);
        let only = command.documents.iter().map(|name| Json::text(name.as_str())).collect();
        let trace = caller
            .trace
            .as_ref()
            .map(|trace| ("trace", trace.trace_id.clone().into()));
        let sealed = named.into_iter().chain(trace).chain([
            ("by", Json::from(caller.principal.as_str())),
            ("reference", command.reference.clone().into()),
            ("origin", log.origin.to_string().into()),
            ("documents", Json::List(only)),
            ("records", Json::List(records)),
            ("request", command.request_id.to_string().into()),
        ]);
        let documents = [
            ("opening", Json::object(public).to_bytes()),
            ("opened", Json::object(sealed).to_bytes()),
        ];
        let about = About {
            effects: Effects {
                accesses: self.opening_rows(caller, command, record_id, opened)?,
                ..Effects::default()
            },
            ..About::default()
        };
        let appended = self.append_about(asked, record_id, EntryKind::Opening, &documents, about);
        // No case changes, so nobody comes first.
        appended.await?.map_err(|_| AppError::CaseChanged)
    }

    /// One row of access for each case record that is opened.
    fn opening_rows(
        &self,
        caller: &Caller,
        command: &OpenDocuments,
        opening: RecordId,
        opened: &[(Opened, RecordState)],
    ) -> Result<Vec<AccessRow>, AppError> {
        let purpose = if command.include_identity {
            Purpose::OpenIdentity
        } else {
            Purpose::OpenDocuments
        };
        let mut rows = Vec::new();
        for (record, state) in opened {
            let Some(case_id) = record.row.case_id.as_deref().filter(|_| state.opens()) else {
                continue;
            };
            let read = Read {
                case_id,
                record: Some(record.row.record_id),
                opening: Some(opening),
            };
            rows.push(self.access_row(caller, purpose, record.row.area, &read)?);
        }
        Ok(rows)
    }
}

/// What of a record this command may show, and why the rest is missing.
fn shown(mut record: Opened, command: &OpenDocuments, identity: bool) -> (Opened, RecordState) {
    let about_case = record.row.kind == EntryKind::Erasure.name();
    let (erased, restricted) = (record.row.erased, record.row.restricted);
    let state = if about_case {
        RecordState::Open
    } else if record.gone == Gone::Content || erased == Some(CaseScope::Case) {
        RecordState::Erased
    } else if restricted == Some(CaseScope::Case) {
        RecordState::Withheld
    } else if erased.is_some() || record.gone == Gone::Identity {
        RecordState::IdentityErased
    } else {
        RecordState::Open
    };
    if !state.opens() {
        record.acknowledged.documents.clear();
    }
    if !identity || erased.is_some() || restricted.is_some() {
        record.without(IDENTITY);
    }
    let wanted = |name: &str| {
        command.documents.is_empty()
            || name == IDENTITY
            || command.documents.iter().any(|document| document.as_str() == name)
    };
    record.acknowledged.documents.retain(|document| wanted(&document.name));
    (record, state)
}

/// Refuses what would not fit one answer, before it is recorded as opened.
fn fits(opened: &[(Opened, RecordState)]) -> Result<(), AppError> {
    let size = |record: &Opened| {
        let documents: usize = record
            .acknowledged
            .documents
            .iter()
            .map(|document| document.content.len() + document.salt.len())
            .sum();
        documents + record.acknowledged.entry.len() + record.acknowledged.receipt.len()
    };
    let size_bytes: usize = opened.iter().map(|(record, _)| size(record)).sum();
    if size_bytes <= OPENING_SIZE_MAX_BYTES {
        return Ok(());
    }
    Err(invalid(
        "indices",
        "are larger together than 3 MiB: open fewer records, or name the documents wanted",
    ))
}

/// The records that an OPENING entry lists.
fn listed(opening: &Opened) -> Result<BTreeSet<LogIndex>, AppError> {
    let document = opening.json("opened")?;
    let records = document
        .get("records")
        .and_then(Json::as_list)
        .ok_or_else(|| opening.damaged("opened"))?;
    let index = |record: &Json| {
        let index = record.get("index").and_then(Json::as_integer)?;
        LogIndex::new(u64::try_from(index).ok()?).ok()
    };
    records
        .iter()
        .map(|record| index(record).ok_or_else(|| opening.damaged("opened")))
        .collect()
}

fn answer(opened: Vec<(Opened, RecordState)>, opening: Option<Opened>) -> DocumentsOpened {
    let records = opened.into_iter().map(|(record, state)| RecordOpened {
        case: record
            .row
            .case_id
            .map(|case| format!("areas/{}/cases/{case}", record.row.area)),
        record: record.row.record_id,
        kind: record.row.kind,
        state,
        acknowledged: record.acknowledged,
    });
    DocumentsOpened {
        records: records.collect(),
        opening: opening.map(|opening| opening.acknowledged),
    }
}

fn invalid(field: &str, description: &str) -> AppError {
    AppError::Invalid(vec![Violation {
        field: field.to_owned(),
        description: description.to_owned(),
    }])
}
