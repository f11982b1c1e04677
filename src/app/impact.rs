//! What other documents would have changed: recorded decisions, recomputed on their recorded facts (PreviewImpact).
//!
//! Appends nothing. One pass over the logs of all epochs in their order; what is held is a page of rows, a few resolved
//! laws and the sums by month, so logs of any length cost the same memory.

mod documents;
mod one;
pub mod result;

use tokio::sync::mpsc::Sender;

use super::App;
use super::command::PreviewImpact;
use super::error::{AppError, ResourceKind};
use super::record::{Opened, readable};
use crate::area::AreaCode;
use crate::log::LogIndex;
use crate::log::record::EntryKind;
use crate::store::{LogRow, RecordCursor, RecordRow};
use documents::Documents;
use result::{ImpactEvent, ImpactProgress, ImpactTotal};

/// Records of one read; progress is told after each.
const READ_RECORD_COUNT: u32 = 256;

/// Logs of one read of their list.
const READ_LOG_COUNT: u32 = 1_000;

/// The part of a log that a preview reads.
struct Stretch {
    area: AreaCode,
    log: LogRow,
    from: u64,
    to: u64,
}

/// A preview under way.
struct Preview<'c> {
    command: &'c PreviewImpact,
    documents: Documents,
    entries: u64,
    /// Entries of the logs that were read to their end.
    passed: u64,
    total: ImpactTotal,
}

impl App {
    /// Recomputes the decisions of an area and tells of each that would come out otherwise, of the progress, and at
    /// the end the sums. Ends early, without an error, where nobody listens any more.
    ///
    /// # Errors
    /// [`AppError::PolicyInvalid`] if the documents do not pass or make no law, [`AppError::Invalid`] if something
    /// that a decision is to have used exists nowhere.
    pub async fn preview_impact(&self, command: &PreviewImpact, tell: &Sender<ImpactEvent>) -> Result<(), AppError> {
        let stretches = self.stretches(command).await?;
        let first = stretches.first().ok_or_else(|| AppError::NotFound {
            kind: ResourceKind::Log,
            name: format!("areas/{}", command.area),
        })?;
        let mut preview = Preview {
            command,
            documents: self.given_documents(command, first.area).await?,
            entries: stretches.iter().map(|stretch| stretch.to - stretch.from).sum(),
            passed: 0,
            total: ImpactTotal::default(),
        };
        for stretch in &stretches {
            if !self.read_stretch(stretch, &mut preview, tell).await? {
                return Ok(());
            }
        }
        preview.total.scanned = preview.entries;
        let _nobody_listens = tell.send(ImpactEvent::Total(preview.total)).await;
        Ok(())
    }

    /// Every log of each county that is asked for, in the order of the codes and epochs, from where to where it is read.
    /// Decisions of an earlier epoch stand and pay as those of the newest do.
    async fn stretches(&self, command: &PreviewImpact) -> Result<Vec<Stretch>, AppError> {
        let mut logs: Vec<(AreaCode, LogRow)> = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.logs(after, READ_LOG_COUNT).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.log_id);
            let wanted = page.into_iter().filter(|log| log.origin.area().lies_in(command.area));
            logs.extend(wanted.map(|log| (log.origin.area(), log)));
        }
        logs.sort_by_key(|(area, log)| (*area, log.origin.epoch()));
        logs.retain(|(area, _)| command.start_area.is_none_or(|start| *area >= start));
        let first = logs.first().map(|(area, _)| *area);
        let first = first.filter(|area| command.start_area.is_none_or(|start| *area == start));
        let start_epoch = command.start_epoch.unwrap_or(1);
        logs.retain(|(area, log)| Some(*area) != first || log.origin.epoch() >= start_epoch);
        let mut stretches = Vec::new();
        for (area, log) in logs {
            let size = self.log_head(log.log_id).await?.size.get();
            let to = command.end.map_or(size, |end| end.get().min(size));
            let resumed = Some(area) == first && log.origin.epoch() == start_epoch;
            let from = if resumed { command.start.get().min(to) } else { 0 };
            stretches.push(Stretch { area, log, from, to });
        }
        Ok(stretches)
    }

    /// Whether somebody still listens at the end of it.
    async fn read_stretch(
        &self,
        stretch: &Stretch,
        preview: &mut Preview<'_>,
        tell: &Sender<ImpactEvent>,
    ) -> Result<bool, AppError> {
        let kinds = [EntryKind::Determination, EntryKind::Correction].map(|kind| kind.name().to_owned());
        let mut next = stretch.from;
        // The entry at 0 is the log's own EPOCH and no decision.
        let before = LogIndex::new(next.saturating_sub(1)).map_err(|error| AppError::internal(&error))?;
        let mut after: Option<RecordCursor> = Some((stretch.log.log_id, before));
        while next < stretch.to {
            let rows = self
                .store
                .records(stretch.area, None, &kinds, after, READ_RECORD_COUNT)
                .await?;
            let full = rows.len() == READ_RECORD_COUNT as usize;
            after = rows.last().map(|row| (row.log_id, row.index));
            // An area's later logs come last in this order; they are read after this one.
            for row in rows.iter().filter(|row| row.log_id == stretch.log.log_id) {
                if row.index.get() >= stretch.to {
                    break;
                }
                next = row.index.get() + 1;
                if !self.read_record(row, preview, tell).await? {
                    return Ok(false);
                }
            }
            let beyond = rows
                .last()
                .is_none_or(|row| row.log_id != stretch.log.log_id || row.index.get() >= stretch.to);
            if beyond || !full {
                next = stretch.to;
            }
            let scanned = preview.passed + (next - stretch.from);
            if tell
                .send(ImpactEvent::Progress(preview.progress(stretch, next, scanned)?))
                .await
                .is_err()
            {
                return Ok(false);
            }
        }
        preview.passed += stretch.to - stretch.from;
        Ok(true)
    }

    async fn read_record(
        &self,
        row: &RecordRow,
        preview: &mut Preview<'_>,
        tell: &Sender<ImpactEvent>,
    ) -> Result<bool, AppError> {
        let opened = match self.previewed(row).await? {
            Previewed::Opened(opened) => opened,
            Previewed::Erased => {
                preview.total.erased += 1;
                return Ok(true);
            }
            Previewed::Restricted => {
                preview.total.restricted += 1;
                return Ok(true);
            }
        };
        let Some(outcome) = self
            .recomputed(&opened, preview.command, &mut preview.documents)
            .await?
        else {
            return Ok(true);
        };
        preview.total.recomputed += 1;
        let Some(impacted) = outcome else { return Ok(true) };
        preview
            .total
            .add(&impacted)
            .ok_or_else(|| AppError::internal(&"the sums of a preview overflow"))?;
        Ok(tell.send(ImpactEvent::Decision(Box::new(impacted))).await.is_ok())
    }
}

/// A record that a preview comes to.
enum Previewed {
    /// It can be read.
    Opened(Box<Opened>),
    /// Its documents are erased.
    Erased,
    /// The processing of its case is restricted.
    Restricted,
}

impl App {
    /// A record as far as a preview may read it: the same as everybody who is shown something of it.
    async fn previewed(&self, row: &RecordRow) -> Result<Previewed, AppError> {
        match self.record_as_is(row.log_id, row.index).await.and_then(readable) {
            Ok(opened) => Ok(Previewed::Opened(Box::new(opened))),
            Err(AppError::Erased { .. }) => Ok(Previewed::Erased),
            Err(AppError::Restricted { .. }) => Ok(Previewed::Restricted),
            Err(error) => Err(error),
        }
    }
}

impl Preview<'_> {
    fn progress(&self, stretch: &Stretch, next: u64, scanned: u64) -> Result<ImpactProgress, AppError> {
        Ok(ImpactProgress {
            area: stretch.area,
            epoch: stretch.log.origin.epoch(),
            next: LogIndex::new(next).map_err(|error| AppError::internal(&error))?,
            scanned,
            total: self.entries,
            recomputed: self.total.recomputed,
            impacted: self.total.impacted,
        })
    }
}
