//! The case projection, rebuilt from the log alone and compared with what is stored.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use super::command::CaseName;
use super::error::AppError;
use super::record::Opened;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::LogIndex;
use crate::log::record::EntryKind;
use crate::reader::FromJson as _;
use crate::rules::calendar::Date;
use crate::rules::case::{CaseState, PriorState, RecordPlace};
use crate::rules::determination::Determination;
use crate::store::LogRow;

/// What a comparison found in one area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectionReport {
    /// Entries read.
    pub entries: u64,
    /// Cases whose stored state is the one that the log gives.
    pub cases_equal: u64,
    /// Cases that are erased: their records cannot be read, and need not be.
    pub cases_erased: u64,
    /// Cases that differ, by id.
    pub cases_different: Vec<String>,
}

/// The cases of an area as its logs give them.
#[derive(Default)]
struct Rebuilt {
    cases: BTreeMap<String, CaseState>,
    erased: BTreeSet<String>,
}

/// Entries of one read.
const READ_ENTRY_COUNT: u32 = 256;

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
        let mut rebuilt = Rebuilt::default();
        for log in self.logs_of(area).await? {
            self.rebuild(&log, &mut rebuilt, |entries| {
                report.entries += entries;
                progress(report.entries);
            })
            .await?;
        }
        let Rebuilt { cases, erased } = rebuilt;
        for (case, state) in cases.into_iter().filter(|(case, _)| !erased.contains(case)) {
            if self
                .stored_state(area, &case)
                .await?
                .is_some_and(|stored| stored == state)
            {
                report.cases_equal += 1;
            } else {
                report.cases_different.push(case);
            }
        }
        report.cases_erased = erased.len() as u64;
        Ok(report)
    }

    /// Goes through one log after those of the epochs before. `progress` hears of each entry.
    async fn rebuild(
        &self,
        log: &LogRow,
        rebuilt: &mut Rebuilt,
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
                let Some(case) = row.ok_or(AppError::corrupt("an entry has no record"))?.case_id else {
                    continue;
                };
                match self.record_at(log.log_id, entry.index).await {
                    Ok(opened) => {
                        let state = rebuilt.cases.entry(case).or_default();
                        let Some(next) = replayed(state, &opened)? else {
                            continue;
                        };
                        *state = next;
                        state.place_newest(RecordPlace {
                            origin: log.origin.to_string(),
                            index: entry.index.get(),
                            leaf_hash: entry.leaf_hash.to_string(),
                        });
                    }
                    Err(AppError::Erased { .. }) => {
                        rebuilt.erased.insert(case);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
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

/// The state after one more record of the case; none if the record is about the case and does not change it.
pub(super) fn replayed(state: &CaseState, opened: &Opened) -> Result<Option<CaseState>, AppError> {
    let record = opened.row.record_id.to_string();
    let kind = opened.entry.kind().known();
    let kind = kind.ok_or(AppError::corrupt("an entry is of no known kind"))?;
    match kind {
        EntryKind::Determination | EntryKind::Correction => {
            let facts = opened.json("facts")?;
            let determination = Determination::from_json(&opened.json("determination")?)
                .map_err(|_| opened.damaged("determination"))?;
            let mut next = super::transfer::after(state, &determination, &facts, &record, kind);
            if let Some(corrected) = facts
                .get("corrects")
                .and_then(Json::as_text)
                .filter(|_| determination.takes_effect())
            {
                next.mark(corrected, PriorState::Corrected);
            }
            Ok(Some(next))
        }
        EntryKind::Import => {
            let facts = opened.json("facts")?;
            let decided_on = facts.get("import").and_then(|import| import.get("decided_on"));
            let decided_on = decided_on
                .and_then(Date::from_json)
                .ok_or_else(|| opened.damaged("facts"))?;
            let imported = CaseState::imported(&facts).map_err(|_| opened.damaged("facts"))?;
            Ok(Some(imported.after_import(&record, decided_on)))
        }
        EntryKind::Remedy => super::remedy::replayed(state, &record, &opened.json("remedy")?).map(Some),
        EntryKind::Transfer => super::transfer::replayed(state, &record, &opened.json("transfer")?).map(Some),
        EntryKind::Erasure => super::erasure::replayed(state, &record, &opened.json("erased")?).map(Some),
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
