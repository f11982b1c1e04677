//! F7 of cases and policies: each stored state is the one that the case's records give, one case at a time.

use std::sync::Arc;

use futures::StreamExt as _;

use super::documents::opened;
use super::{Fsck, Heard, Progress};
use crate::app::case_head::SharedKeys;
use crate::app::command::CaseId;
use crate::app::erasure::erases_whole;
use crate::app::projection::{Retraced, changes_a_case};
use crate::app::record::{Opened, grace_end, own_standing};
use crate::app::{App, AppError};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::fsck::{Finding, Level, Place, Problem};
use crate::log::record::EntryKind;
use crate::log::{Hash, TreeSize};
use crate::rules::case::CaseState;
use crate::rules::determination::Determination;
use crate::store::{CaseHeadRow, LogRow, RecordRow};

/// Cases of one read.
const CASE_COUNT: u32 = 256;

/// POLICY entries of one read.
const RECORD_COUNT: u32 = 256;

/// Cases under way at one time.
const CASE_AHEAD_COUNT: usize = 3;

/// Compares the policy rows of the log and, if it is the area's open log, every case of the area.
pub(super) async fn check(app: &Arc<App>, log: &LogRow, fsck: &mut Fsck, heard: Heard<'_>) -> Result<(), AppError> {
    policies(app, log, fsck).await?;
    let area = log.origin.area();
    let open = app.store.log_of_area(area).await?;
    if open.is_none_or(|open| open.log_id != log.log_id) {
        // The cases of a closed log went on in the next one.
        return Ok(());
    }
    let shared = Arc::new(app.shared_keys().await?);
    let mut after: Option<String> = None;
    let mut done = 0;
    loop {
        let heads = app.store.case_heads(area, after.as_deref(), CASE_COUNT).await?;
        let Some(last) = heads.last() else { break };
        after = Some(last.case_id.clone());
        let mut cases = futures::stream::iter(heads)
            .map(|head| tokio::spawn(case(Arc::clone(app), area, head, Arc::clone(&shared))))
            .buffered(CASE_AHEAD_COUNT);
        while let Some(found) = cases.next().await {
            let found = found.map_err(|error| AppError::internal(&error))??;
            fsck.findings.extend(found);
            fsck.checked.add(Level::Projections, 1);
            done += 1;
            heard(Progress {
                level: Level::Projections,
                done,
                total: 0,
            });
        }
    }
    if let Some(case) = app.store.span_without_case(area).await? {
        fsck.findings
            .add(Level::Projections, Place::Case(case), Problem::RowUnknown);
    }
    Ok(())
}

/// One case: its records once more, and what its head and its spans say.
async fn case(
    app: Arc<App>,
    area: AreaCode,
    head: CaseHeadRow,
    shared: Arc<SharedKeys>,
) -> Result<Vec<Finding>, AppError> {
    let finding = |problem| {
        vec![Finding {
            level: Level::Projections,
            place: Place::Case(head.case_id.clone()),
            problem,
        }]
    };
    let records = app.records_of_case(area, &head.case_id).await?;
    if records.is_empty() {
        return Ok(finding(Problem::RowUnknown));
    }
    let is_newest = |record: &RecordRow| (record.log_id, record.index) == (head.last_log_id, head.last_index);
    if !records.iter().any(is_newest) {
        return Ok(finding(Problem::RowDiffers("newest entry")));
    }
    if let Some(what) = app.head_differs(&head, &records, &shared).await? {
        return Ok(finding(Problem::RowDiffers(what)));
    }
    let rebuilt = match rebuild(&app, records).await? {
        Rebuilt::Case(rebuilt) => rebuilt,
        // A record is erased or damaged; the second was found with its documents.
        Rebuilt::Closed => return Ok(Vec::new()),
        Rebuilt::Broken => return Ok(finding(Problem::StateDiffers)),
    };
    let state = rebuilt.state;
    if head.case_id.parse::<CaseId>().is_err() {
        return Ok(finding(Problem::RowDiffers("case id")));
    }
    // Whoever checks a log reads a restricted case too, and shows nothing of it.
    let stored = match app.stored_state(area, &head.case_id).await {
        Ok(Some(state)) => state,
        Ok(None) => return Ok(Vec::new()),
        Err(AppError::LogCorrupt(_) | AppError::Internal { .. }) => return Ok(finding(Problem::StateDiffers)),
        Err(error) => return Err(error),
    };
    if stored != state {
        return Ok(finding(Problem::StateDiffers));
    }
    let due = state.next_due().map(|date| date.to_string());
    if head.next_due.as_ref().map(|date| date.as_str().to_owned()) != due {
        return Ok(finding(Problem::RowDiffers("due date")));
    }
    let grace = grace_end(&state).map(|month| month.to_string());
    if head.grace_end_month.as_ref().map(|month| month.as_str().to_owned()) != grace {
        return Ok(finding(Problem::RowDiffers("end of grace")));
    }
    if head.township != state.township {
        return Ok(finding(Problem::RowDiffers("township")));
    }
    if rebuilt.spans != stored_spans(&app, area, &head.case_id).await? {
        return Ok(finding(Problem::RowDiffers("months of a person")));
    }
    Ok(Vec::new())
}

/// Months of a person: person, first month, last month, programme.
type Span = (String, String, Option<String>, String);

/// A case out of its records alone.
#[derive(Default)]
struct Case {
    state: CaseState,
    /// In order.
    spans: Vec<Span>,
}

/// What the records of a case give.
enum Rebuilt {
    /// The case.
    Case(Box<Case>),
    /// A record cannot be opened.
    Closed,
    /// The records do not follow from each other.
    Broken,
}

/// A case out of all its records.
async fn rebuild(app: &Arc<App>, records: Vec<RecordRow>) -> Result<Rebuilt, AppError> {
    let mut retraced = Retraced::of(&records);
    let mut case = Case::default();
    for record in records {
        if !changes_a_case(&record.kind) {
            continue;
        }
        let log = app.log_row(record.log_id).await?;
        let Some(opened) = opened(app, &log, &record).await? else {
            return Ok(Rebuilt::Closed);
        };
        // The entry closes the case: the keys may go later than it, and no state is left to compare.
        match erases_whole(&opened) {
            Ok(true) => return Ok(Rebuilt::Closed),
            Ok(false) => {}
            Err(_) => return Ok(Rebuilt::Broken),
        }
        match retraced.take(&opened) {
            Ok(true) if sets_spans(&record.kind, &opened) => case.spans = spans_of(&retraced.state),
            Ok(_) => {}
            Err(_) => return Ok(Rebuilt::Broken),
        }
    }
    case.state = retraced.state;
    Ok(Rebuilt::Case(Box::new(case)))
}

/// Whether the months that persons hold were written with this record.
fn sets_spans(kind: &str, opened: &Opened) -> bool {
    if kind == EntryKind::Transfer.name() {
        let document = opened.json("transfer").ok();
        let direction = document
            .as_ref()
            .and_then(|document| document.get("direction").and_then(Json::as_text));
        return direction == Some("departure");
    }
    let determination = opened.json("determination").ok();
    let determination = determination.and_then(|json| Determination::from_json(&json).ok());
    kind == EntryKind::Import.name() || determination.is_some_and(|determination| determination.takes_effect())
}

fn spans_of(state: &CaseState) -> Vec<Span> {
    let held = own_standing(state).flat_map(|held| {
        let to = held.to.map(|month| month.to_string());
        let span = move |person: &String| {
            (
                person.clone(),
                held.from.to_string(),
                to.clone(),
                held.programme.code().to_owned(),
            )
        };
        held.persons.iter().map(span)
    });
    let mut spans: Vec<Span> = held.collect();
    spans.sort();
    spans
}

async fn stored_spans(app: &App, area: AreaCode, case_id: &str) -> Result<Vec<Span>, AppError> {
    let stored = app.store.spans_of_case(area, case_id).await?.into_iter().map(|span| {
        let to = span.to.map(|month| month.as_str().to_owned());
        (span.person_id, span.from.as_str().to_owned(), to, span.programme)
    });
    let mut spans: Vec<Span> = stored.collect();
    spans.sort();
    Ok(spans)
}

/// Each POLICY entry has its row and each row its POLICY entry, with the digest of what was published.
async fn policies(app: &App, log: &LogRow, fsck: &mut Fsck) -> Result<(), AppError> {
    let rows = app.store.policies(log.log_id, TreeSize::MAX).await?;
    let mut known = std::collections::BTreeSet::new();
    for row in &rows {
        fsck.checked.add(Level::Projections, 1);
        known.insert(row.index);
        let problem = match app.policy_document(row).await {
            Err(AppError::LogCorrupt(_)) => Problem::RowUnknown,
            Err(error) => return Err(error),
            Ok(document) => {
                let digest = Hash::from_slice(document.digest().as_bytes()).ok();
                if digest != Some(row.digest) {
                    Problem::RowDiffers("digest")
                } else if document.policy != row.policy_id {
                    Problem::RowDiffers("policy id")
                } else if document.area != row.document_area.to_string() {
                    Problem::RowDiffers("area")
                } else if crate::app::policies::kind_of(&document) != row.kind {
                    Problem::RowDiffers("kind")
                } else {
                    continue;
                }
            }
        };
        fsck.findings
            .add(Level::Projections, Place::Policy(row.index.get()), problem);
    }
    let mut after = None;
    let kinds = [EntryKind::Policy.name().to_owned()];
    loop {
        let records = app
            .store
            .records(log.origin.area(), None, &kinds, after, RECORD_COUNT)
            .await?;
        let Some(last) = records.last() else { return Ok(()) };
        after = Some((last.log_id, last.index));
        for record in records.iter().filter(|record| record.log_id == log.log_id) {
            if !known.contains(&record.index) {
                let place = Place::Policy(record.index.get());
                fsck.findings.add(Level::Projections, place, Problem::RowMissing);
            }
        }
    }
}
