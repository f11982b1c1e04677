//! Recording what an appeal or a suit decided about a determination.

use super::App;
use super::caller::Caller;
use super::command::{DeterminationName, RecordRemedy, RemedyResult};
use super::damage::recorded;
use super::determinations::not_found;
use super::error::AppError;
use super::record::NewRecord;
use super::result::RemedyRecorded;
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::record::EntryKind;
use crate::rules::calendar::Date;
use crate::rules::case::{CaseState, PriorState};

impl App {
    /// Records the result of a remedy; the determination's state in the case follows it. What is paid changes by a
    /// new determination alone.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn record_remedy(&self, caller: &Caller, command: RecordRemedy) -> Result<RemedyRecorded, AppError> {
        let name = command.determination;
        let content = command.to_json();
        let asked = App::asked(name.case.area, caller, &command.request_id, &content);
        if let Some(first) = self.answered(&asked).await? {
            return Ok(RemedyRecorded {
                acknowledged: Some(first.acknowledged),
            });
        }
        let mut attempt = 0;
        loop {
            let file = self.case_file(name.case).await?;
            let record = name.record.to_string();
            if !file
                .state
                .prior
                .iter()
                .any(|prior| prior.record == record && prior.outcome.is_some())
            {
                return Err(not_found(&name));
            }
            if command.validate_only {
                return Ok(RemedyRecorded { acknowledged: None });
            }
            let record_id = RecordId::from_bytes(self.vault.random_id()?);
            let next = after(
                &file.state,
                &record_id.to_string(),
                command.decided_on,
                &record,
                command.result,
            );
            let mut document = content.as_object().cloned().unwrap_or_default();
            document.insert("caller".to_owned(), caller.principal.as_str().into());
            document.insert("v".to_owned(), Json::Int(1));
            let new = NewRecord {
                kind: EntryKind::Remedy,
                law: None,
                documents: vec![("remedy", Json::Object(document).to_bytes())],
                case: Some((&file, next)),
                sets_spans: false,
                persons: Vec::new(),
                policy: None,
            };
            if let Ok(opened) = self.append(&asked, record_id, new).await? {
                return Ok(RemedyRecorded {
                    acknowledged: Some(opened.acknowledged),
                });
            }
            attempt += 1;
            if attempt == super::decision::ATTEMPT_COUNT_MAX {
                return Err(AppError::CaseChanged);
            }
        }
    }
}

/// The state after a remedy: the record is listed, and the determination marked by the result.
fn after(state: &CaseState, record: &str, decided_on: Date, determination: &str, result: RemedyResult) -> CaseState {
    let mut next = state.after_event(record, EntryKind::Remedy.name(), decided_on);
    if let Some(state) = state_after(result) {
        next.mark(determination, state);
    }
    next
}

/// The same out of the recorded document.
pub(super) fn replayed(state: &CaseState, record: &str, document: &Json) -> Result<CaseState, AppError> {
    const MALFORMED: &str = "a recorded remedy is malformed";
    let decided_on = recorded(document, "decided_on", MALFORMED)?;
    let name: DeterminationName = recorded(document, "determination", MALFORMED)?;
    let result: String = recorded(document, "result", MALFORMED)?;
    let result = RemedyResult::from_code(&result).ok_or(AppError::corrupt(MALFORMED))?;
    Ok(after(state, record, decided_on, &name.record.to_string(), result))
}

/// What a remedy's result makes of the record; none where it stands as it was.
fn state_after(result: RemedyResult) -> Option<PriorState> {
    match result {
        RemedyResult::Upheld => None,
        RemedyResult::Changed => Some(PriorState::Changed),
        RemedyResult::Revoked => Some(PriorState::Revoked),
        RemedyResult::Remanded => Some(PriorState::Remanded),
    }
}
