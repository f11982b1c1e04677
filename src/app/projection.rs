//! The case projection, rebuilt from the log alone and compared with what is stored.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::App;
use super::command::CaseName;
use super::erasure::erases_whole;
use super::error::AppError;
use super::record::Opened;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::merkle::leaf_hash;
use crate::log::record::EntryKind;
use crate::log::{LogIndex, RecordId};
use crate::reader::FromJson as _;
use crate::rules::calendar::Date;
use crate::rules::case::{CaseState, Earlier, HISTORY_BEFORE, PriorState, RecordPlace, Standpoint};
use crate::rules::determination::Determination;
use crate::store::{LogRow, RecordRow};

/// What a comparison found in one area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectionReport {
    /// Entries read.
    pub entries: u64,
    /// Cases whose stored state is the one that the log gives.
    pub cases_equal: u64,
    /// Cases that are erased: their records cannot be read, and need not be.
    pub cases_erased: u64,
    /// Cases whose state differs, or what their head says of erasure, restriction or keys, by id.
    pub cases_different: Vec<String>,
}

/// Entries of one read.
const READ_ENTRY_COUNT: u32 = 256;

/// Records of one read: most cases have some dozens.
const READ_RECORD_COUNT: u32 = 256;

impl App {
    /// Rebuilds every case of an area from its logs and compares the states. `progress` hears of each entry.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn compare_projection(
        &self,
        area: AreaCode,
        mut progress: impl FnMut(u64),
    ) -> Result<ProjectionReport, AppError> {
        let mut report = ProjectionReport::default();
        let mut cases = BTreeMap::new();
        for log in self.logs_of(area).await? {
            self.add_records_of(&log, &mut cases, |entries| {
                report.entries += entries;
                progress(report.entries);
            })
            .await?;
        }
        let shared = self.shared_keys().await?;
        for (case, records) in cases {
            let head = self.store.case_head(area.without_township(), &case).await?;
            let head_differs = match &head {
                Some(head) => self.head_differs(head, &records, &shared).await?.is_some(),
                None => true,
            };
            if head_differs {
                report.cases_different.push(case);
                continue;
            }
            let state = match self.retraced(&records).await {
                Ok(state) => state,
                Err(AppError::Erased { .. }) => {
                    report.cases_erased += 1;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let stored = self.stored_state(area, &case).await?;
            if stored.is_some_and(|stored| stored == state) {
                report.cases_equal += 1;
            } else {
                report.cases_different.push(case);
            }
        }
        Ok(report)
    }

    /// The records of a log by the cases that they name. `progress` hears of each entry.
    async fn add_records_of(
        &self,
        log: &LogRow,
        cases: &mut BTreeMap<String, Vec<RecordRow>>,
        mut progress: impl FnMut(u64),
    ) -> Result<(), AppError> {
        let mut from = 0;
        loop {
            let start = LogIndex::new(from).map_err(|error| AppError::internal(&error))?;
            let entries = self.store.entries(log.log_id, start, READ_ENTRY_COUNT).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            from = last.index.get() + 1;
            for entry in entries {
                progress(1);
                let row = self.store.record_at(log.log_id, entry.index).await?;
                let row = row.ok_or(AppError::corrupt("an entry has no record"))?;
                if let Some(case) = &row.case_id {
                    cases.entry(case.clone()).or_default().push(row);
                }
            }
        }
    }

    /// All records of a case, oldest first.
    pub(super) async fn records_of_case(&self, area: AreaCode, case: &str) -> Result<Vec<RecordRow>, AppError> {
        let mut records: Vec<RecordRow> = Vec::new();
        loop {
            let after = records.last().map(|last| (last.log_id, last.index));
            let more = self.store.records_of_case(area, case, after, READ_RECORD_COUNT).await?;
            if more.is_empty() {
                return Ok(records);
            }
            records.extend(more);
        }
    }

    /// A case out of its records.
    async fn retraced(&self, records: &[RecordRow]) -> Result<CaseState, AppError> {
        let mut retraced = Retraced::of(records);
        for record in records.iter().filter(|record| changes_a_case(&record.kind)) {
            let opened = self.record_at(record.log_id, record.index).await?;
            if erases_whole(&opened)? {
                return Err(opened.is_erased());
            }
            retraced.take(&opened)?;
        }
        Ok(retraced.state)
    }

    /// What a case was before a decision of it, as a correction of that decision sees it.
    pub(super) async fn case_before(&self, name: CaseName, decision: RecordId) -> Result<CaseState, AppError> {
        let records = self.records_of_case(name.area, &name.case.to_string()).await?;
        let mut retraced = Retraced::keeping();
        for record in records.iter().filter(|record| changes_a_case(&record.kind)) {
            retraced.take(&self.record_at(record.log_id, record.index).await?)?;
        }
        let earlier = retraced.earlier.unwrap_or_default();
        let before = earlier.before(&decision.to_string()).cloned();
        before.ok_or(AppError::corrupt("a decision is none of the records of its case"))
    }

    /// The state that is sealed in a case's head; none where there is no head, or its key was destroyed.
    pub(super) async fn stored_state(&self, area: AreaCode, case: &str) -> Result<Option<CaseState>, AppError> {
        let Some(row) = self.store.case_head(area.without_township(), case).await? else {
            return Ok(None);
        };
        let name = CaseName {
            area: row.area,
            case: row
                .case_id
                .parse()
                .map_err(|_| AppError::corrupt("the head of a case is malformed"))?,
        };
        let Some((_, key)) = self.content_key(&row).await? else {
            return Ok(None);
        };
        Ok(Some(self.state_of_row(name, &row, &key).await?))
    }
}

/// Whether entries of this kind can change the state of their case.
pub(super) fn changes_a_case(kind: &str) -> bool {
    let kinds = [
        EntryKind::Determination,
        EntryKind::Correction,
        EntryKind::Import,
        EntryKind::Remedy,
        EntryKind::Transfer,
        EntryKind::Erasure,
    ];
    kinds.iter().any(|changing| changing.name() == kind)
}

/// A case, record by record.
pub(super) struct Retraced {
    /// The state after the newest record that was taken.
    pub(super) state: CaseState,
    /// What its corrections go back to, where there are any.
    earlier: Option<Earlier>,
}

impl Retraced {
    /// The case before its first record; `records` are all that it has.
    pub(super) fn of(records: &[RecordRow]) -> Retraced {
        let is_correction = |record: &RecordRow| record.kind == EntryKind::Correction.name();
        Retraced {
            earlier: records.iter().any(is_correction).then(Earlier::default),
            ..Retraced::keeping()
        }
    }

    /// The same, for whoever asks what it was before a decision.
    fn keeping() -> Retraced {
        Retraced {
            state: CaseState::default(),
            earlier: Some(Earlier::default()),
        }
    }

    /// Takes the next record of the case; false if it is about the case and does not change it.
    pub(super) fn take(&mut self, opened: &Opened) -> Result<bool, AppError> {
        let before = |corrected: &str| self.earlier.as_ref()?.before(corrected);
        let Some(Next { state, goes_back }) = replayed(&self.state, before, opened)? else {
            return Ok(false);
        };
        let was = std::mem::replace(&mut self.state, state);
        self.state.place_newest(RecordPlace {
            origin: opened.log.origin.to_string(),
            index: opened.row.index.get(),
            leaf_hash: leaf_hash(&opened.acknowledged.entry).to_string(),
        });
        if let Some(earlier) = &mut self.earlier {
            let record = opened.row.record_id.to_string();
            earlier.add(record, was, goes_back.as_deref(), &self.state);
        }
        Ok(true)
    }
}

/// A state after one more record.
struct Next {
    state: CaseState,
    /// Of a correction, the record behind which it went back.
    goes_back: Option<String>,
}

impl From<CaseState> for Next {
    fn from(state: CaseState) -> Next {
        Next { state, goes_back: None }
    }
}

/// The state after one more record of the case; none if the record is about the case and does not change it. `before`
/// is the state before an earlier record.
fn replayed<'b>(
    state: &CaseState,
    before: impl FnOnce(&str) -> Option<&'b CaseState>,
    opened: &Opened,
) -> Result<Option<Next>, AppError> {
    let record = opened.row.record_id.to_string();
    let kind = opened.entry.kind().known();
    let kind = kind.ok_or(AppError::corrupt("an entry is of no known kind"))?;
    match kind {
        EntryKind::Determination | EntryKind::Correction => {
            let facts = opened.json("facts")?;
            let determination = Determination::from_json(&opened.json("determination")?)
                .map_err(|_| opened.damaged("determination"))?;
            let corrected = facts.get("corrects").and_then(Json::as_text);
            let corrected = corrected.filter(|_| determination.takes_effect());
            let goes_back = corrected.filter(|_| facts.get(HISTORY_BEFORE).is_some());
            let found = match goes_back {
                None => Cow::Borrowed(state),
                Some(corrected) => {
                    let before = before(corrected).ok_or_else(|| opened.damaged("facts"))?;
                    let standpoint = Standpoint::recorded(&determination, &facts);
                    Cow::Owned(state.corrected(before, standpoint).state)
                }
            };
            let mut next = super::transfer::after(&found, &determination, &facts, &record, kind);
            if let Some(corrected) = corrected {
                next.mark(corrected, PriorState::Corrected);
            }
            Ok(Some(Next {
                state: next,
                goes_back: goes_back.map(str::to_owned),
            }))
        }
        EntryKind::Import => {
            let facts = opened.json("facts")?;
            let decided_on = facts.get("import").and_then(|import| import.get("decided_on"));
            let decided_on = decided_on
                .and_then(Date::from_json)
                .ok_or_else(|| opened.damaged("facts"))?;
            let imported = CaseState::imported(&facts).map_err(|_| opened.damaged("facts"))?;
            Ok(Some(imported.after_import(&record, decided_on).into()))
        }
        EntryKind::Remedy => {
            super::remedy::replayed(state, &record, &opened.json("remedy")?).map(|next| Some(next.into()))
        }
        EntryKind::Transfer => {
            super::transfer::replayed(state, &record, &opened.json("transfer")?).map(|next| Some(next.into()))
        }
        EntryKind::Erasure => {
            super::erasure::replayed(state, &record, &opened.json("erased")?).map(|next| Some(next.into()))
        }
        EntryKind::Epoch
        | EntryKind::Policy
        | EntryKind::Link
        | EntryKind::Opening
        | EntryKind::Access
        | EntryKind::KeyEvent
        | EntryKind::SampleCommit
        | EntryKind::SampleRequest
        | EntryKind::SampleReveal
        | EntryKind::SampleResult
        | EntryKind::Finding
        | EntryKind::Relief
        | EntryKind::Fund
        | EntryKind::Monitoring
        | EntryKind::Inspection => Ok(None),
    }
}
