//! The openings of a bundle: every record is opened by the use case of auditors, in calls of a bounded size.

use super::super::App;
use super::super::caller::Caller;
use super::super::command::{LogName, OpenDocuments};
use super::super::disclosed::RecordState;
use super::super::error::AppError;
use super::fold::Bits;
use super::make::Choice;
use crate::log::LogIndex;
use crate::log::bundle::{Unopened, Why};
use crate::log::record::EntryKind;
use crate::log::sample::framed;
use crate::store::LogRow;

/// Records of one call: their documents fit its answer, but for unusually large households.
const RECORD_COUNT: usize = 256;

/// The documents of a decision or a finding that leave with a bundle.
const DOCUMENTS: [&str; 4] = ["facts", "determination", "frame", "finding"];

/// What was opened.
#[derive(Default)]
pub(super) struct OpenedRecords {
    records: Bits,
    /// Decisions among them.
    pub(super) decisions: u64,
    /// The OPENING entries.
    pub(super) openings: Vec<LogIndex>,
    /// Decisions and findings that could not be opened.
    pub(super) unopened: Vec<Unopened>,
}

impl OpenedRecords {
    /// Whether a record may leave.
    pub(super) fn holds(&self, index: LogIndex) -> bool {
        self.records.holds(index)
    }
}

/// Opens records, and says which. Their documents are read again when they are written: what leaves is what the
/// OPENING entry names, and never more.
pub(super) async fn open_records(
    app: &App,
    caller: &Caller,
    log: &LogRow,
    records: &[LogIndex],
    choice: &Choice,
    mut progress: impl FnMut(u64, u64) + Send,
) -> Result<OpenedRecords, AppError> {
    let mut opened = OpenedRecords::default();
    let mut rest = records;
    let mut count = RECORD_COUNT;
    while !rest.is_empty() {
        let (now, after) = rest.split_at(count.min(rest.len()));
        match app.open_documents(caller, command(log, now, choice)?).await {
            Ok(answer) => {
                for (index, record) in now.iter().zip(&answer.records) {
                    opened.take(*index, &record.kind, record.state);
                }
                opened.openings.extend(answer.opening.map(|opening| opening.index));
                rest = after;
                count = RECORD_COUNT;
                progress((records.len() - rest.len()) as u64, records.len() as u64);
            }
            // Too large for one answer: nothing was recorded.
            Err(AppError::Invalid(_)) if count > 1 && now.len() > 1 => count = now.len() / 2,
            Err(error) => return Err(error),
        }
    }
    Ok(opened)
}

impl OpenedRecords {
    fn take(&mut self, index: LogIndex, kind: &str, state: RecordState) {
        let decision = EntryKind::ALL
            .into_iter()
            .any(|known| framed(known) && known.name() == kind);
        if state.opens() {
            self.records.insert(index);
            self.decisions += u64::from(decision);
        } else if decision || kind == EntryKind::Finding.name() {
            let why = if state == RecordState::Erased {
                Why::Erased
            } else {
                Why::Restricted
            };
            self.unopened.push(Unopened { index, why });
        }
    }
}

fn command(log: &LogRow, records: &[LogIndex], choice: &Choice) -> Result<OpenDocuments, AppError> {
    let malformed = |error: &dyn std::error::Error| AppError::internal(&error.to_string());
    let documents = DOCUMENTS.iter().map(|name| name.parse()).collect::<Result<_, _>>();
    Ok(OpenDocuments {
        request_id: uuid::Uuid::new_v4()
            .to_string()
            .parse()
            .map_err(|error| malformed(&error))?,
        log: LogName {
            area: log.origin.area(),
            epoch: Some(log.origin.epoch()),
        },
        indices: records.to_vec(),
        determinations: Vec::new(),
        documents: documents.map_err(|error| malformed(&error))?,
        include_identity: choice.open_for.identity,
        purpose: choice.open_for.purpose,
        reference: choice.open_for.reference.clone(),
        validate_only: false,
    })
}
