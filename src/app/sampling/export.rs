//! The evidence of a sample: all that anybody needs to draw it again elsewhere.

use super::super::App;
use super::super::error::AppError;
use super::draw::no_sample;
use crate::area::AreaCode;
use crate::log::acknowledgement::AcknowledgedDocument;
use crate::log::record::{EntryKind, Salt};
use crate::log::sample::{Evidence, Leaf, Period, SampleDocument, framed};
use crate::log::{LogIndex, TreeSize};
use crate::store::PAGE_ROW_COUNT_MAX;

impl App {
    /// Exports the entries of an area's open log with the public documents of its samples and erasures, the opened
    /// frames of the period's range, and its selection. `progress` hears of each entry and of their number.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn export_sample(
        &self,
        area: AreaCode,
        period: &Period,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Evidence, AppError> {
        let samples = self.samples(area).await?;
        let round = samples.round(period);
        let (Some(log), Some((_, request))) = (samples.log.clone(), round.request()) else {
            return Err(no_sample(area, period));
        };
        let checkpoint = self
            .store
            .newest_checkpoint(log.log_id)
            .await?
            .ok_or(AppError::corrupt("a log has no checkpoint"))?;
        let size = checkpoint.size;
        let mut entries: Vec<Leaf> = Vec::new();
        loop {
            let from = LogIndex::new(entries.len() as u64).map_err(|error| AppError::internal(&error))?;
            let rows = self.store.entries(log.log_id, from, PAGE_ROW_COUNT_MAX).await?;
            let rows: Vec<_> = rows.into_iter().filter(|row| size.holds(row.index)).collect();
            if rows.is_empty() {
                break;
            }
            entries.extend(rows.into_iter().map(|row| Leaf {
                entry: row.entry,
                documents: Vec::new(),
            }));
            progress(entries.len() as u64, size.get());
        }
        let whole = (0, size.get());
        let framed: Vec<EntryKind> = EntryKind::ALL.into_iter().filter(|kind| framed(*kind)).collect();
        let mut wanted: Vec<(Vec<EntryKind>, &str, (u64, u64))> =
            vec![(framed, "frame", (request.from.get(), request.to.get()))];
        wanted.push((vec![EntryKind::Erasure], "erasure", whole));
        for kind in SampleDocument::KINDS {
            wanted.extend(SampleDocument::name_in(kind).map(|name| (vec![kind], name, whole)));
        }
        if let Some((index, _)) = round.result() {
            let at = (index.get(), TreeSize::get(index.size_with()));
            wanted.push((vec![EntryKind::SampleResult], "selection", at));
        }
        for (kinds, name, range) in wanted {
            self.read_documents(&log, &kinds, name, range, |read| {
                let at = usize::try_from(read.row.record.index.get()).map_err(|error| AppError::internal(&error))?;
                if let (Some(leaf), Some(document)) = (entries.get_mut(at), read.document) {
                    leaf.documents.push(AcknowledgedDocument {
                        name: document.name,
                        salt: Salt::from_bytes(document.salt),
                        content: document.content,
                    });
                }
                Ok(())
            })
            .await?;
        }
        Ok(Evidence {
            period: period.clone(),
            checkpoint: checkpoint.note,
            entries,
        })
    }
}
