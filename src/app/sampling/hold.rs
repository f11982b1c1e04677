//! What may not be erased while a sample is asked for and not drawn.
//!
//! The last party to reveal knows the seed. By erasing cases of the range before the draw it could choose among samples.

use std::collections::BTreeSet;

use super::super::App;
use super::super::command::CaseName;
use super::super::error::{AppError, Forbidden, Violation};
use crate::log::LogIndex;
use crate::log::record::EntryKind;
use crate::log::sample::{SampleDocument, SampleRequest, framed};
use crate::rules::calendar::Date;
use crate::store::PAGE_ROW_COUNT_MAX;

/// A sample that is asked for and not drawn.
struct Open {
    request: SampleRequest,
    until: Date,
}

impl App {
    /// Refuses to erase a case of which a decision stands in the range of an open round. The caller keeps the area's turn
    /// until the erasure is recorded, so that no request comes between.
    ///
    /// # Errors
    /// [`AppError::NotAllowed`] with every such sample.
    pub(in crate::app) async fn is_in_no_open_sample(&self, case: CaseName) -> Result<(), AppError> {
        let samples = self.samples(case.area).await?;
        let Some(log) = &samples.log else { return Ok(()) };
        let asked = samples.entries.iter().filter_map(|entry| match &entry.document {
            SampleDocument::Request(request) => Some(&request.period),
            SampleDocument::Commit(_) | SampleDocument::Reveal(_) | SampleDocument::Result(_) => None,
        });
        let periods: BTreeSet<_> = asked.collect();
        let mut open = Vec::new();
        for period in periods {
            let round = samples.round(period);
            let held = round.held_until_seconds().filter(|until| samples.now_seconds <= *until);
            if let (Some(until), Some((_, request))) = (held, round.request()) {
                open.push(Open {
                    request: request.clone(),
                    until: Date::in_shanghai(until)
                        .ok_or_else(|| AppError::internal(&"a sample is held beyond the calendar"))?,
                });
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        let kinds: Vec<String> = EntryKind::ALL
            .into_iter()
            .filter(|kind| framed(*kind))
            .map(|kind| kind.name().to_owned())
            .collect();
        let case_id = case.case.to_string();
        // The entry at 0 is the log's own EPOCH.
        let first = LogIndex::new(0).map_err(|error| AppError::internal(&error))?;
        let mut after = Some((log.log_id, first));
        let mut indices = Vec::new();
        loop {
            let rows = self
                .store
                .records(case.area, Some(&case_id), &kinds, after, PAGE_ROW_COUNT_MAX)
                .await?;
            let Some(last) = rows.last() else { break };
            after = Some((last.log_id, last.index));
            indices.extend(rows.iter().filter(|row| row.log_id == log.log_id).map(|row| row.index));
        }
        let holds = |open: &&Open| {
            let of_range = |index: &LogIndex| *index >= open.request.from && open.request.to.holds(*index);
            indices.iter().any(of_range)
        };
        let violations: Vec<Violation> = open.iter().filter(holds).map(violation).collect();
        if violations.is_empty() {
            Ok(())
        } else {
            Err(AppError::NotAllowed {
                what: Forbidden::Sample,
                violations,
            })
        }
    }
}

fn violation(open: &Open) -> Violation {
    Violation {
        field: "case".to_owned(),
        description: format!(
            "stands in the range of the sample {}, which is asked for and not drawn: erase it after the result, or after {}; \
             it can be restricted now",
            open.request.period, open.until
        ),
    }
}
