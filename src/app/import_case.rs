//! Taking in a case that was decided elsewhere: a record of what another authority left, never a decision of ours.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use super::caller::Caller;
use super::command::{CaseId, CaseName, ImportCase, LocalId, PersonId};
use super::decision::ATTEMPT_COUNT_MAX;
use super::error::{AppError, Violation};
use super::persons::hmacs_of;
use super::record::{Asked, NewRecord, Opened, spans_of};
use super::result::Imported;
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::record::EntryKind;
use crate::log::sequencer::{PersonSpan, two_programmes};
use crate::reader::put;
use crate::rules::case::CaseState;
use crate::store::SpanRow;

/// Where the members stand in the request.
const MEMBERS_FIELD: &str = "imported.members";

impl App {
    /// Records a case that another authority decided.
    ///
    /// # Errors
    /// [`AppError`]; a person who holds a basic programme in another case is [`AppError::TwoProgrammes`].
    pub async fn import_case(&self, caller: &Caller, command: ImportCase) -> Result<Imported, AppError> {
        let asked = App::asked(command.area, caller, &command.request_id, &command.to_json());
        for _ in 0..ATTEMPT_COUNT_MAX {
            if let Some(first) = self.answered(&asked).await? {
                return imported(&first);
            }
            if let Some(imported) = self.import_once(caller, &asked, &command).await? {
                return Ok(imported);
            }
        }
        Err(AppError::CaseChanged)
    }

    /// Records the case on what is known of its persons now; none if others came first.
    async fn import_once(
        &self,
        caller: &Caller,
        asked: &Asked,
        command: &ImportCase,
    ) -> Result<Option<Imported>, AppError> {
        let case = CaseId::from_bytes(self.vault.random_id()?);
        let file = self.new_case(CaseName {
            area: command.area.without_township(),
            case,
        })?;
        let names = self.names(&command.members, &command.identity);
        let known = self.store.persons(&hmacs_of(&names)).await?;
        let persons = self.persons(&command.members, MEMBERS_FIELD, names, known, &file)?;
        let facts = facts_document(command, &persons.ids, caller);
        let state = CaseState::imported(&facts).map_err(|error| {
            let field = format!("imported.{}", error.0);
            AppError::Invalid(vec![Violation {
                field,
                description: "does not fit the rest of the case".to_owned(),
            }])
        })?;
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let next = state.after_import(&record_id.to_string(), command.decided_on);
        self.hold_no_other(&file.name, &next).await?;
        if command.validate_only {
            return Ok(Some(Imported {
                case: None,
                persons: Vec::new(),
                acknowledged: None,
            }));
        }
        let documents = vec![
            ("identity", command.identity.with_persons(&persons.ids).to_bytes()),
            ("frame", frame(command, &next).to_bytes()),
            ("facts", facts.to_bytes()),
        ];
        let new = NewRecord {
            kind: EntryKind::Import,
            law: None,
            documents,
            case: Some((&file, next)),
            sets_spans: true,
            persons: persons.new,
            policy: None,
        };
        let opened = self.append(asked, record_id, new).await?.ok();
        opened.as_ref().map(imported).transpose()
    }

    /// That the persons of a case hold nothing else in its months. The transaction asks again: what comes between is
    /// a race like any other.
    async fn hold_no_other(&self, case: &CaseName, state: &CaseState) -> Result<(), AppError> {
        let row = |span: &PersonSpan| span.row(case.area, &case.case.to_string());
        let spans: Vec<SpanRow> = spans_of(state)?.iter().map(row).collect();
        let persons: BTreeSet<String> = spans.iter().map(|span| span.person_id.clone()).collect();
        let held = self.store.spans_of_persons(&Vec::from_iter(persons)).await?;
        if two_programmes(&spans, &held) {
            return Err(AppError::TwoProgrammes);
        }
        Ok(())
    }
}

/// The record of an import as an answer.
fn imported(opened: &Opened) -> Result<Imported, AppError> {
    let facts = opened.json("facts")?;
    let case = opened
        .row
        .case_id
        .as_deref()
        .and_then(|case| case.parse().ok())
        .ok_or_else(|| opened.damaged("facts"))?;
    let members = facts.get("members").and_then(Json::as_list).unwrap_or_default();
    let persons = members
        .iter()
        .map(|member| member.get("id").and_then(Json::as_text)?.parse().ok());
    Ok(Imported {
        case: Some(CaseName {
            area: opened.row.area,
            case,
        }),
        persons: persons.collect::<Option<_>>().ok_or_else(|| opened.damaged("facts"))?,
        acknowledged: Some(opened.acknowledged.clone()),
    })
}

/// What the other authority left, with person ids, and who says so.
fn facts_document(command: &ImportCase, persons: &BTreeMap<LocalId, PersonId>, caller: &Caller) -> Json {
    let mut facts = command.history.as_object().cloned().unwrap_or_default();
    if let Some(Json::List(records)) = facts.get_mut("members") {
        for (record, member) in records.iter_mut().zip(&command.members) {
            if let (Json::Object(fields), Some(person)) = (record, persons.get(&member.id)) {
                fields.insert("id".to_owned(), person.to_string().into());
                fields.insert("key".to_owned(), member.id.as_str().into());
            }
        }
    }
    let authority = [
        ("authority", &command.authority),
        ("document_number", &command.document_number),
        ("decided_on", &command.decided_on.to_string()),
    ];
    facts.insert(
        "import".to_owned(),
        Json::object(authority.map(|(key, value)| (key, Json::text(value.as_str())))),
    );
    facts.insert("v".to_owned(), Json::Int(1));
    facts.insert("entered_by".to_owned(), command.officer.to_json());
    put(&mut facts, "caller", Some(caller.principal.as_str()));
    put(&mut facts, "request_id", Some(command.request_id.to_string()));
    put(
        &mut facts,
        "township",
        Some(command.area.to_string()).filter(|_| command.area != command.area.without_township()),
    );
    Json::Object(facts)
}

fn frame(command: &ImportCase, state: &CaseState) -> Json {
    let residence = command
        .history
        .get("case")
        .and_then(|case| case.get("residence_kind"))
        .and_then(Json::as_text);
    let programme = state.standing.last().map_or("", |held| held.programme.code());
    Json::object([
        ("township", Json::from(command.area.to_string())),
        ("programme", programme.into()),
        ("outcome", state.status.code().into()),
        ("residence_kind", residence.unwrap_or_default().into()),
        ("continuing", Json::Bool(true)),
        ("source", "import".into()),
        ("decider", command.officer.id.as_str().into()),
        (
            "amount_fen",
            Json::Int(state.last_amount.map_or(0, crate::rules::money::Fen::get)),
        ),
        ("household_size", Json::integer(command.members.len() as i128)),
    ])
}
