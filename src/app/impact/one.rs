//! One recorded decision under other documents: whether it used what is asked about, and what would differ.

use super::Previewed;
use super::documents::Documents;
use super::result::{ImpactOutcome, Impacted};
use crate::app::App;
use crate::app::command::{CaseName, DeterminationName, PreviewImpact, Use};
use crate::app::damage::recorded;
use crate::app::error::AppError;
use crate::app::record::Opened;
use crate::app::transfer::{MALFORMED, departs};
use crate::canonical::Json;
use crate::log::record::EntryKind;
use crate::rules::calendar::Month;
use crate::rules::determination::Determination;
use crate::rules::impact::{Calendars, clauses_used, comes_out_otherwise, recompute};

/// Later records of a case in one read.
const READ_LATER_COUNT: u32 = 64;

impl App {
    /// Nothing where the decision used none of what is asked about; then nothing where it would come out the same.
    pub(super) async fn recomputed(
        &self,
        opened: &Opened,
        command: &PreviewImpact,
        documents: &mut Documents,
    ) -> Result<Option<Option<Impacted>>, AppError> {
        let recorded = determination(opened)?;
        let facts = opened.json("facts")?;
        let law = self.law_of(opened, &facts).await?;
        if !uses(&recorded, &command.uses, || clauses_used(&law.law, &facts))? {
            return Ok(None);
        }
        let other = match recompute(documents.law(opened.row.area, &law)?.as_ref(), &facts) {
            Ok(other) => other,
            Err(reason) => {
                let impacted = impacted(opened, &recorded, Err(reason))?;
                return Ok(Some(Some(impacted)));
            }
        };
        let mut calendars = Calendars::after(&other.standing, &recorded, &other.determination);
        if !calendars.are_equal() {
            self.take_over(opened, command, documents, &mut calendars).await?;
        }
        let months = calendars.differences(command.through);
        if months.is_empty() && !comes_out_otherwise(&recorded, &other.determination) {
            return Ok(Some(None));
        }
        let mut impacted = impacted(opened, &recorded, Ok(outcome(&other.determination)))?;
        for month in &months {
            let more = month.was.get() - month.now.get();
            // A month is bounded by Fen and months by the years of a date: far inside i64.
            impacted.overpaid += more.max(0);
            impacted.underpaid += (-more).max(0);
        }
        impacted.months = months;
        Ok(Some(Some(impacted)))
    }

    /// Ends the calendars where later records of the case answer for its months.
    async fn take_over(
        &self,
        opened: &Opened,
        command: &PreviewImpact,
        documents: &mut Documents,
        calendars: &mut Calendars,
    ) -> Result<(), AppError> {
        let kinds = [EntryKind::Determination, EntryKind::Correction, EntryKind::Transfer];
        let kinds = kinds.map(|kind| kind.name().to_owned());
        let mut after = (opened.row.log_id, opened.row.index);
        loop {
            let case = opened.row.case_id.as_deref();
            let rows = self
                .store
                .records(opened.row.area, case, &kinds, Some(after), READ_LATER_COUNT)
                .await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = (last.log_id, last.index);
            for row in rows {
                let later = match self.previewed(&row).await? {
                    Previewed::Opened(later) => later,
                    Previewed::Erased | Previewed::Restricted => continue,
                };
                if row.kind == EntryKind::Transfer.name() {
                    if let Some(month) = first_month_elsewhere(&later.json("transfer")?)? {
                        calendars.left_in(month);
                    }
                    continue;
                }
                let recorded = determination(&later)?;
                calendars.taken_over_by(&recorded);
                // Where it would grant otherwise, it is itself listed with those months.
                let facts = later.json("facts")?;
                let law = self.law_of(&later, &facts).await?;
                if uses(&recorded, &command.uses, || clauses_used(&law.law, &facts))?
                    && let Ok(other) = recompute(documents.law(row.area, &law)?.as_ref(), &facts)
                {
                    calendars.taken_over_by(&other.determination);
                }
            }
        }
    }
}

/// Whether a decision used any of these; every decision where none is named.
fn uses(
    recorded: &Determination,
    wanted: &[Use],
    clauses: impl FnOnce() -> Result<Vec<String>, String>,
) -> Result<bool, AppError> {
    let read = |wanted: &Use| match wanted {
        Use::Parameter { id, row } => {
            let fits = |read: &&crate::rules::determination::ParameterRead| {
                read.id == *id && row.as_ref().is_none_or(|row| read.row == *row)
            };
            recorded.parameters.iter().any(|read| fits(&read))
        }
        Use::Choice(id) => recorded.choices.iter().any(|read| read.id == *id),
        Use::Clause(_) => false,
    };
    if wanted.is_empty() || wanted.iter().any(read) {
        return Ok(true);
    }
    let asked: Vec<&String> = wanted
        .iter()
        .filter_map(|wanted| match wanted {
            Use::Clause(id) => Some(id),
            Use::Parameter { .. } | Use::Choice(_) => None,
        })
        .collect();
    if asked.is_empty() {
        return Ok(false);
    }
    // A determination names no clauses: the law that decided is asked again.
    let demanded = clauses().map_err(|_| AppError::corrupt("the clauses of a recorded law cannot be read"))?;
    Ok(asked.into_iter().any(|id| demanded.contains(id)))
}

fn determination(opened: &Opened) -> Result<Determination, AppError> {
    Determination::from_json(&opened.json("determination")?).map_err(|_| opened.damaged("determination"))
}

/// The first month that the county which took a case over pays; none in an arrival.
fn first_month_elsewhere(transfer: &Json) -> Result<Option<Month>, AppError> {
    if !departs(transfer)? {
        return Ok(None);
    }
    let last: Month = recorded(transfer, "last_month", MALFORMED)?;
    Ok(last.plus(1))
}

fn impacted(
    opened: &Opened,
    recorded: &Determination,
    alternative: Result<ImpactOutcome, String>,
) -> Result<Impacted, AppError> {
    let case = opened.row.case_id.as_deref().and_then(|case| case.parse().ok());
    Ok(Impacted {
        name: DeterminationName {
            case: CaseName {
                area: opened.row.area,
                case: case.ok_or(AppError::corrupt("a record names no case"))?,
            },
            record: opened.row.record_id,
        },
        epoch: opened.log.origin.epoch(),
        index: opened.row.index,
        decision_date: recorded.decision_date,
        recorded: outcome(recorded),
        alternative,
        months: Vec::new(),
        overpaid: 0,
        underpaid: 0,
    })
}

fn outcome(determination: &Determination) -> ImpactOutcome {
    let household = &determination.household;
    ImpactOutcome {
        outcome: household.outcome,
        proposes: household.proposes,
        amount: household.amount,
    }
}
