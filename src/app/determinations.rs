//! Reading determinations: one by its name, and those of a case.

use super::App;
use super::access::Purpose;
use super::caller::Caller;
use super::command::{DeterminationName, GetDetermination, ListDeterminations};
use super::error::{AppError, ResourceKind};
use super::paging::{place_cursor, rows};
use super::record::{IDENTITY, Opened};
use super::result::{DeterminationRead, DeterminationSummary, Listed};
use super::rights::Role;
use crate::canonical::Json;
use crate::log::record::EntryKind;
use crate::log::sample::framed;
use crate::rules::case::{CaseState, PriorState};
use crate::rules::determination::Determination;

/// There is no determination of that name.
pub(super) fn not_found(name: &DeterminationName) -> AppError {
    AppError::NotFound {
        kind: ResourceKind::Determination,
        name: name.to_string(),
    }
}

/// The entries that are determinations.
fn kinds() -> Vec<String> {
    [EntryKind::Determination, EntryKind::Correction]
        .map(|kind| kind.name().to_owned())
        .into()
}

impl App {
    /// The record of a determination by its name. A name of another case, or of a record that is no determination,
    /// names nothing: what else stands in a case has no such name.
    pub(super) async fn determination_named(&self, name: &DeterminationName) -> Result<Opened, AppError> {
        let opened = self.record(name.case.area, name.record, &name.to_string()).await?;
        let of_case = opened.row.case_id.as_deref() == Some(&name.case.case.to_string());
        if of_case && opened.entry.kind().known().is_some_and(framed) {
            Ok(opened)
        } else {
            Err(not_found(name))
        }
    }

    /// Reads a determination with its record and whether it still stands.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn get_determination(
        &self,
        caller: &Caller,
        command: GetDetermination,
    ) -> Result<DeterminationRead, AppError> {
        let name = command.name;
        self.log_of(name.case.area, command.min_tree_size).await?;
        let mut opened = self.determination_named(&name).await?;
        // Who decides a case knows its persons. To an auditor identities open by OpenDocuments alone, under a grant of
        // their own; no caller has both sides.
        if !caller.roles.has_any(&[Role::Decide, Role::Review]) {
            opened.without(IDENTITY);
        }
        let case = self.case_state(name.case).await?;
        let determined = self.determined(&opened, command.explain).await?;
        let state = state_of(&case, &name.record.to_string(), &determined.determination);
        self.accessed(caller, Purpose::GetDetermination, [&opened.row]).await?;
        Ok(DeterminationRead { determined, state })
    }

    /// Lists the determinations of a case, oldest first.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn list_determinations(
        &self,
        caller: &Caller,
        command: ListDeterminations,
    ) -> Result<Listed<DeterminationSummary>, AppError> {
        let case = command.case;
        self.log_of(case.area, command.min_tree_size).await?;
        let case_state = self.case_state(case).await?;
        let scope = Json::object([
            ("list", Json::from("determinations")),
            ("case", case.to_string().into()),
        ]);
        let after = self.record_cursor(case.area, &scope, &command.page).await?;
        let case_id = case.case.to_string();
        let found = self
            .store
            .records(case.area, Some(&case_id), &kinds(), after, rows(&command.page))
            .await?;
        let listed = self.page(
            &scope,
            &command.page,
            found,
            |row| place_cursor(row.log_id, row.index),
            |row| row,
        )?;
        let mut items = Vec::with_capacity(listed.items.len());
        self.accessed(caller, Purpose::ListDeterminations, &listed.items)
            .await?;
        for row in listed.items {
            let opened = self.record_at(row.log_id, row.index).await?;
            let determination = Determination::from_json(&opened.json("determination")?)
                .map_err(|_| opened.damaged("determination"))?;
            items.push(DeterminationSummary {
                name: DeterminationName {
                    case,
                    record: row.record_id,
                },
                index: row.index,
                kind: determination.kind.clone(),
                outcome: determination.household.outcome,
                decision_date: determination.decision_date,
                state: state_of(&case_state, &row.record_id.to_string(), &determination),
                logged_seconds: opened.acknowledged.logged_seconds,
            });
        }
        Ok(Listed {
            items,
            next: listed.next,
        })
    }
}

/// Whether a record still stands, by its case.
fn state_of(case: &CaseState, record: &str, determination: &Determination) -> PriorState {
    let known = case
        .prior
        .iter()
        .find(|prior| prior.record == record)
        .map(|prior| prior.state);
    known.unwrap_or(if determination.takes_effect() {
        PriorState::Standing
    } else {
        PriorState::NoEffect
    })
}
