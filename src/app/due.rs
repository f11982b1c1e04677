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
use crate::rules::calendar::{Date, Month};
use crate::rules::case::{CaseState, PriorState};
use crate::rules::determination::Due;
use crate::rules::outcome::Programme;
use crate::store::{CaseHeadRow, CivilDate, CivilMonth, DueBegin};

impl App {
    /// Lists what is due in an area up to a day, the most overdue case first. The dates of a case stand together: its
    /// head knows its earliest one alone, and the others are sealed.
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
        let given = match self.cursor(&scope, &command.page)? {
            None => None,
            Some(cursor) => Some(Given::read(&cursor)?),
        };
        let begin = match &given {
            None => DueBegin::First,
            Some(Given { due, case, last: None }) => DueBegin::After(due, case),
            Some(Given {
                due,
                case,
                last: Some(_),
            }) => DueBegin::At(due, case),
        };
        let heads = self
            .store
            .due_reviews(command.area, &until, begin, rows(&command.page))
            .await?;
        let size = usize::from(command.page.size);
        let more_heads = heads.len() > size;
        let (mut items, mut shown, mut reached, mut is_full) = (Vec::new(), Vec::new(), None, false);
        for head in heads {
            let Some((case, state)) = self.head_state(&head).await? else {
                reached = Some(Given {
                    due: head
                        .next_due
                        .ok_or(AppError::corrupt("a case that is due has no date"))?,
                    case: head.case_id,
                    last: None,
                });
                continue;
            };
            let before = given.as_ref().filter(|given| given.case == head.case_id);
            let duties = duties(&state, command.due_by, before);
            let fitting = duties.len().min(size - items.len());
            is_full = fitting < duties.len();
            if is_full && fitting == 0 {
                break;
            }
            let determination = standing(case, &state);
            items.extend(duties[..fitting].iter().map(|due| DueReview {
                case,
                schedule: due.id.clone(),
                due: due.date,
                determination,
            }));
            reached = Some(Given {
                due: head
                    .next_due
                    .clone()
                    .ok_or(AppError::corrupt("a case that is due has no date"))?,
                case: head.case_id.clone(),
                last: duties[..fitting]
                    .last()
                    .filter(|_| is_full)
                    .map(|due| (due.date, due.id.clone())),
            });
            if fitting > 0 {
                shown.push(head);
            }
            if is_full {
                break;
            }
        }
        self.heads_accessed(caller, Purpose::ListDueReviews, &shown).await?;
        let reached = reached.filter(|_| is_full || more_heads);
        let next = reached.map(|reached| self.page_token(&scope, &reached.to_json()));
        Ok(Listed {
            items,
            next: next.transpose()?,
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
            Ok((_, key)) => Ok(Some((name, App::open_case_state(name, row, &key)?))),
            Err(AppError::Erased { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// How far the pages before went: up to this case, or up to one of its dates if not all of them fitted.
struct Given {
    /// Earliest date of the case.
    due: CivilDate,
    case: String,
    /// Date and schedule.
    last: Option<(Date, String)>,
}

impl Given {
    fn read(cursor: &Json) -> Result<Given, AppError> {
        let last = match cursor.get("date") {
            None => None,
            Some(_) => {
                let date = text(cursor, "date")?.parse().map_err(|_| AppError::PageToken)?;
                Some((date, text(cursor, "schedule")?))
            }
        };
        Ok(Given {
            due: text(cursor, "due")?.parse().map_err(|_| AppError::PageToken)?,
            case: text(cursor, "case")?,
            last,
        })
    }

    fn to_json(&self) -> Json {
        let mut members = vec![
            ("due", Json::from(self.due.to_string())),
            ("case", self.case.clone().into()),
        ];
        if let Some((date, schedule)) = &self.last {
            members.push(("date", date.to_string().into()));
            members.push(("schedule", schedule.clone().into()));
        }
        Json::object(members)
    }
}

/// What is due in a case up to a day, by date and schedule, without what was given before.
fn duties<'s>(state: &'s CaseState, by: Date, given: Option<&Given>) -> Vec<&'s Due> {
    let last = given.and_then(|given| given.last.as_ref());
    let is_new = |due: &&Due| last.is_none_or(|(date, schedule)| (due.date, &due.id) > (*date, schedule));
    let mut duties: Vec<&Due> = state.due.iter().filter(|due| due.date <= by).filter(is_new).collect();
    duties.sort_by_key(|due| (due.date, &due.id));
    duties
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
