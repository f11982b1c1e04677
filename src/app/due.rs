//! What falls due in an area: reviews and other dated duties, and grace periods that run.

use super::App;
use super::access::Purpose;
use super::caller::Caller;
use super::civil::civil_date;
use super::command::{CaseName, DeterminationName, ListDueReviews, ListGracePeriods};
use super::error::AppError;
use super::paging::{rows, text};
use super::result::{DueReview, GracePeriod, Listed};
use crate::canonical::Json;
use crate::rules::calendar::Month;
use crate::rules::case::{CaseState, PriorState};
use crate::rules::outcome::Programme;
use crate::store::{CaseHeadRow, CivilDate, CivilMonth};

impl App {
    /// Lists what is due in an area up to a day, the most overdue first.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn list_due_reviews(
        &self,
        caller: &Caller,
        command: ListDueReviews,
    ) -> Result<Listed<DueReview>, AppError> {
        self.log_of(command.area.without_township(), command.min_tree_size)
            .await?;
        let scope = Json::object([
            ("list", Json::from("due_reviews")),
            ("area", command.area.to_string().into()),
            ("due_by", command.due_by.to_string().into()),
        ]);
        let until = civil_date(command.due_by)?;
        let after = match self.cursor(&scope, &command.page)? {
            None => None,
            Some(cursor) => {
                let date: CivilDate = text(&cursor, "due")?.parse().map_err(|_| AppError::PageToken)?;
                Some((date, text(&cursor, "case")?))
            }
        };
        let after = after.as_ref().map(|(date, case)| (date, case.as_str()));
        let found = self
            .store
            .due_reviews(command.area, &until, after, rows(&command.page))
            .await?;
        let cursor = |row: &CaseHeadRow| {
            let due = row.next_due.as_ref().map(ToString::to_string).unwrap_or_default();
            Json::object([("due", Json::from(due)), ("case", row.case_id.clone().into())])
        };
        let listed = self.page(&scope, &command.page, found, cursor, |row| row)?;
        self.heads_accessed(caller, Purpose::ListDueReviews, &listed.items)
            .await?;
        let mut items = Vec::new();
        for row in listed.items {
            let Some((case, state)) = self.head_state(&row).await? else {
                continue;
            };
            let determination = standing(case, &state);
            let due = state.due.iter().filter(|due| due.date <= command.due_by);
            items.extend(due.map(|due| DueReview {
                case,
                schedule: due.id.clone(),
                due: due.date,
                determination,
            }));
        }
        Ok(Listed {
            items,
            next: listed.next,
        })
    }

    /// Lists the grace periods that run in an area, the first to end first.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn list_grace_periods(
        &self,
        caller: &Caller,
        command: ListGracePeriods,
    ) -> Result<Listed<GracePeriod>, AppError> {
        self.log_of(command.area.without_township(), command.min_tree_size)
            .await?;
        let scope = Json::object([
            ("list", Json::from("grace_periods")),
            ("area", command.area.to_string().into()),
            (
                "ending_by",
                command
                    .ending_by
                    .map(|month| month.to_string())
                    .unwrap_or_default()
                    .into(),
            ),
        ]);
        let first: CivilMonth = "0001-01".parse().map_err(|error| AppError::internal(&error))?;
        let after = match self.cursor(&scope, &command.page)? {
            None => None,
            Some(cursor) => {
                let month: CivilMonth = text(&cursor, "until")?.parse().map_err(|_| AppError::PageToken)?;
                Some((month, text(&cursor, "case")?))
            }
        };
        let after = after.as_ref().map(|(month, case)| (month, case.as_str()));
        let mut found = self
            .store
            .grace_periods(command.area, &first, after, rows(&command.page))
            .await?;
        let ends = |row: &CaseHeadRow| {
            row.grace_end_month
                .as_ref()
                .and_then(|month| month.as_str().parse::<Month>().ok())
        };
        found.retain(|row| {
            command
                .ending_by
                .is_none_or(|by| ends(row).is_some_and(|until| until <= by))
        });
        let cursor = |row: &CaseHeadRow| {
            let until = row
                .grace_end_month
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            Json::object([("until", Json::from(until)), ("case", row.case_id.clone().into())])
        };
        let listed = self.page(&scope, &command.page, found, cursor, |row| row)?;
        self.heads_accessed(caller, Purpose::ListGracePeriods, &listed.items)
            .await?;
        let mut items = Vec::new();
        for row in listed.items {
            let Some((case, state)) = self.head_state(&row).await? else {
                continue;
            };
            let Some(grace) = state.grace else { continue };
            let granted = state
                .standing
                .iter()
                .rev()
                .find(|held| held.programme == Programme::Grace);
            let record = granted
                .and_then(|held| held.record.as_deref())
                .and_then(|record| record.parse().ok());
            items.push(GracePeriod {
                case,
                from: grace.from,
                until: grace.until,
                granted_months: state.grace_granted_months,
                determination: record.map(|record| DeterminationName { case, record }),
            });
        }
        Ok(Listed {
            items,
            next: listed.next,
        })
    }

    /// The case of a head with its opened state; none if it was erased since the head was read.
    pub(super) async fn head_state(&self, row: &CaseHeadRow) -> Result<Option<(CaseName, CaseState)>, AppError> {
        let case = row
            .case_id
            .parse()
            .map_err(|_| AppError::corrupt("the head of a case is malformed"))?;
        let name = CaseName { area: row.area, case };
        match self.content_key_left(name, row).await {
            Ok(key) => Ok(Some((name, App::open_case_state(name, row, &key)?))),
            Err(AppError::Erased { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The newest determination of a case that stands.
fn standing(case: CaseName, state: &CaseState) -> Option<DeterminationName> {
    let newest = state
        .prior
        .iter()
        .rev()
        .find(|prior| prior.state == PriorState::Standing && prior.outcome.is_some())?;
    Some(DeterminationName {
        case,
        record: newest.record.parse().ok()?,
    })
}
