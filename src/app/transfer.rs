//! Handing a case to another county: a departure in one log, an arrival in the other.
//!
//! Two logs are two commits. The departure names the new case, so a call that was cut off between
//! them is finished by its retry, or by another call for the same transfer.

use super::App;
use super::caller::Caller;
use super::case_file::CaseFile;
use super::command::{CaseId, CaseName, TransferCase};
use super::damage::recorded;
use super::decision::ATTEMPT_COUNT_MAX;
use super::error::{AppError, Violation};
use super::record::{Asked, NewRecord, Opened, readable};
use super::result::Transferred;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::record::EntryKind;
use crate::rules::calendar::Month;
use crate::rules::case::{CaseState, PriorRecord};
use crate::rules::determination::Determination;
use crate::store::PersonRow;

/// What is said of a recorded transfer that cannot be read.
pub(super) const MALFORMED: &str = "a recorded transfer is malformed";

/// What is said of a case that has left for good.
const GONE: &str = "it was transferred: go on with it in the other county";

impl App {
    /// Transfers a case. The county of departure pays up to `last_month`; what comes after is for a determination
    /// of the county that takes it. A case that has left and has not arrived yet arrives out of its recorded departure,
    /// by whichever call asks for the same transfer.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn transfer_case(&self, caller: &Caller, command: TransferCase) -> Result<Transferred, AppError> {
        let to = command.to_area.without_township();
        if to == command.case.area {
            let description = "is the county that has the case: give another one".to_owned();
            return Err(AppError::Invalid(vec![Violation {
                field: "to_area".to_owned(),
                description,
            }]));
        }
        let content = command.to_json();
        let here = App::asked(command.case.area, caller, &command.request_id, &content);
        let there = App::asked(to, caller, &command.request_id, &content);
        let departed = self.answered(&here).await?;
        // Before anything leaves: a request id that was used there for something else lets nothing arrive.
        let arrived = self.answered(&there).await?;
        let departure = match departed {
            Some(departure) => departure,
            None => {
                let file = self.case_file(command.case).await?;
                match departure(&file.state) {
                    Some(left) => self.left(&command, left, arrived.is_some()).await?,
                    None if command.validate_only => {
                        return Ok(Transferred {
                            case: None,
                            departure: None,
                            arrival: None,
                        });
                    }
                    None => self.depart(&here, &command, file).await?,
                }
            }
        };
        let arrival = match arrived {
            Some(arrival) => Some(arrival),
            None => self.arrival(&there, to, &departure, command.validate_only).await?,
        };
        Ok(Transferred {
            case: arrival.as_ref().map(case_of).transpose()?,
            departure: Some(departure.acknowledged),
            arrival: arrival.map(|arrival| arrival.acknowledged),
        })
    }

    /// The recorded departure of a case that has left, for a call that finishes the same transfer. A case that has
    /// arrived is the other county's, unless this very call let it arrive.
    async fn left(&self, command: &TransferCase, left: &PriorRecord, own: bool) -> Result<Opened, AppError> {
        let record = left.record.parse().map_err(|_| AppError::corrupt(MALFORMED))?;
        let row = self.store.record(command.case.area, record).await?;
        let row = row.ok_or(AppError::corrupt(MALFORMED))?;
        let departure = readable(self.record_as_is(row.log_id, row.index).await?)?;
        let document = departure.json("transfer")?;
        let to_area: AreaCode = recorded(&document, "to_area", MALFORMED)?;
        let has_arrived = || self.has_arrived(to_area.without_township(), &departure);
        if to_area != command.to_area || (!own && has_arrived().await?.is_some()) {
            return Err(AppError::CaseState(GONE));
        }
        let last_month: Month = recorded(&document, "last_month", MALFORMED)?;
        if last_month != command.last_month {
            return Err(AppError::CaseState(
                "it has left with another last_month: ask for the one that its departure states",
            ));
        }
        Ok(departure)
    }

    /// The arrival that a departure names, if it is there, whichever request let it arrive.
    async fn has_arrived(&self, to: AreaCode, departure: &Opened) -> Result<Option<Opened>, AppError> {
        let case: CaseId = recorded(&departure.json("transfer")?, "to_case", MALFORMED)?;
        let kinds = [EntryKind::Transfer.name().to_owned()];
        // An arrival is the first record of its case.
        let found = self.store.records(to, Some(&case.to_string()), &kinds, None, 1).await?;
        match found.first() {
            Some(row) => readable(self.record_as_is(row.log_id, row.index).await?).map(Some),
            None => Ok(None),
        }
    }

    /// The arrival that a departure names: as it is there, or else recorded now. None of a dry run, which finishes
    /// nothing.
    async fn arrival(
        &self,
        asked: &Asked,
        to: AreaCode,
        departure: &Opened,
        validate_only: bool,
    ) -> Result<Option<Opened>, AppError> {
        for _ in 0..ATTEMPT_COUNT_MAX {
            if let Some(arrival) = self.has_arrived(to, departure).await? {
                return Ok(Some(arrival));
            }
            if validate_only {
                return Ok(None);
            }
            if let Some(arrival) = self.arrive(asked, to, departure).await? {
                return Ok(Some(arrival));
            }
        }
        Err(AppError::CaseChanged)
    }

    async fn depart(&self, asked: &Asked, command: &TransferCase, file: CaseFile) -> Result<Opened, AppError> {
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let to_case = CaseId::from_bytes(self.vault.random_id()?);
        let left = file.state.departed(command.last_month);
        let mut document = command.to_json().as_object().cloned().unwrap_or_default();
        document.insert("v".to_owned(), Json::Int(1));
        document.insert("direction".to_owned(), "departure".into());
        document.insert("to_case".to_owned(), to_case.to_string().into());
        document.insert(
            "state".to_owned(),
            arriving(&file.state, &left, command.to_area).to_json(),
        );
        let next = left.after_event(
            &record_id.to_string(),
            EntryKind::Transfer.name(),
            command.last_month.end(),
        );
        let new = NewRecord {
            kind: EntryKind::Transfer,
            law: None,
            documents: vec![("transfer", Json::Object(document).to_bytes())],
            case: Some((&file, next)),
            sets_spans: true,
            persons: Vec::new(),
            policy: None,
        };
        self.append(asked, record_id, new)
            .await?
            .map_err(|_| AppError::CaseChanged)
    }

    /// Records the arrival, out of the departure's record alone; none if another call came first.
    async fn arrive(&self, asked: &Asked, to: AreaCode, departure: &Opened) -> Result<Option<Opened>, AppError> {
        let left = departure.json("transfer")?;
        let case = recorded(&left, "to_case", MALFORMED)?;
        let last_month: Month = recorded(&left, "last_month", MALFORMED)?;
        let state = moving(&left)?;
        let file = self.new_case(CaseName { area: to, case })?;
        let persons = self.persons_met(departure, &file).await?;
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let document = Json::object([
            ("v", Json::Int(1)),
            ("direction", "arrival".into()),
            ("from", departure.acknowledged.origin.to_string().into()),
            ("from_index", Json::integer(departure.acknowledged.index.get().into())),
            ("from_record", departure.row.record_id.to_string().into()),
            ("last_month", last_month.to_string().into()),
            ("state", state.to_json()),
        ]);
        let new = NewRecord {
            kind: EntryKind::Transfer,
            law: None,
            documents: vec![("transfer", document.to_bytes())],
            case: Some((
                &file,
                state.after_event(&record_id.to_string(), EntryKind::Transfer.name(), last_month.end()),
            )),
            sets_spans: false,
            persons,
            policy: None,
        };
        Ok(self.append(asked, record_id, new).await?.ok())
    }

    /// The rows by which the case that left knows its persons, as rows of the case that arrives: an erasure of the one
    /// leaves the persons known in the other.
    async fn persons_met(&self, departure: &Opened, file: &CaseFile) -> Result<Vec<PersonRow>, AppError> {
        let row = &departure.row;
        let case = row.case_id.as_deref().unwrap_or_default();
        let left = self.store.case_head(row.area, case).await?;
        let left = left.ok_or(AppError::corrupt(MALFORMED))?;
        let mut rows = self.store.persons_of_key(&left.identity_key_ref).await?;
        for row in &mut rows {
            row.key_ref = file.keys.identity.0.to_string();
        }
        Ok(rows)
    }
}

/// Whether a case is still decided on here: a departure closes it.
pub(super) fn stays(state: &CaseState) -> Result<(), AppError> {
    match departure(state) {
        None => Ok(()),
        Some(_) => Err(AppError::CaseState(GONE)),
    }
}

/// The state after a determination. Where the case has left, that is a correction of what was decided here before: it
/// changes what was paid up to the last month here, and opens nothing again.
pub(super) fn after(
    state: &CaseState,
    determination: &Determination,
    facts: &Json,
    record: &str,
    kind: EntryKind,
) -> CaseState {
    let next = state.after(determination, facts, record, kind.name());
    match departure(state) {
        None => next,
        Some(left) => next.departed(left.date.month()),
    }
}

/// The departure of a case, dated by its last month here. An arrival is always the first record of its case, so that any
/// other transfer is a departure.
fn departure(state: &CaseState) -> Option<&PriorRecord> {
    let mut later = state.prior.iter().skip(1);
    later.find(|prior| prior.kind == EntryKind::Transfer.name())
}

/// The state that arrives: status and history of the case, and nothing to be paid by the new county yet.
fn arriving(before: &CaseState, left: &CaseState, to: AreaCode) -> CaseState {
    CaseState {
        township: Some(to).filter(|area| *area != area.without_township()),
        standing: left.standing.clone(),
        exited_on: before.exited_on,
        due: Vec::new(),
        prior: Vec::new(),
        ..before.clone()
    }
}

/// The state after a departure or an arrival, out of the recorded document.
pub(super) fn replayed(state: &CaseState, record: &str, document: &Json) -> Result<CaseState, AppError> {
    let last_month: Month = recorded(document, "last_month", MALFORMED)?;
    let before = if departs(document)? {
        state.departed(last_month)
    } else {
        moving(document)?
    };
    Ok(before.after_event(record, EntryKind::Transfer.name(), last_month.end()))
}

/// Whether a recorded transfer is the departure.
pub(super) fn departs(transfer: &Json) -> Result<bool, AppError> {
    Ok(recorded::<String>(transfer, "direction", MALFORMED)? == "departure")
}

/// The state that a recorded transfer takes along.
fn moving(transfer: &Json) -> Result<CaseState, AppError> {
    let state = transfer.get("state").ok_or(AppError::corrupt(MALFORMED))?;
    CaseState::from_json(state).map_err(|_| AppError::corrupt(MALFORMED))
}

fn case_of(arrival: &Opened) -> Result<CaseName, AppError> {
    let case = arrival
        .row
        .case_id
        .as_deref()
        .and_then(|case| case.parse().ok())
        .ok_or(AppError::corrupt(MALFORMED))?;
    Ok(CaseName {
        area: arrival.row.area,
        case,
    })
}
