//! The opened frames of a range.

use std::collections::BTreeMap;

use super::super::App;
use super::super::error::{AppError, ResourceKind};
use crate::area::AreaCode;
use crate::log::LogIndex;
use crate::log::record::EntryKind;
use crate::log::sample::{Frame, SampleRequest, draw::Frames, framed};
use crate::store::RecordRow;

/// The decisions of a range: their frames, and their records for names.
pub(in crate::app) struct RangeFrames {
    pub(in crate::app) frames: Frames,
    pub(in crate::app) records: BTreeMap<LogIndex, RecordRow>,
}

impl App {
    /// Opens every frame of a request's range and checks each against its commitment.
    pub(in crate::app) async fn frames(
        &self,
        area: AreaCode,
        request: &SampleRequest,
    ) -> Result<RangeFrames, AppError> {
        let missing = || AppError::NotFound {
            kind: ResourceKind::Log,
            name: format!("areas/{area}"),
        };
        let log = self.maybe_log(area).await?.ok_or_else(missing)?;
        let kinds: Vec<EntryKind> = EntryKind::ALL.into_iter().filter(|kind| framed(*kind)).collect();
        let mut found = RangeFrames {
            frames: Frames::new(),
            records: BTreeMap::new(),
        };
        let range = (request.from.get(), request.to.get());
        self.read_documents(&log, &kinds, "frame", range, |read| {
            let frame = match &read.document {
                None => None,
                Some(document) => Some(Frame::parse(&document.content).ok_or(AppError::LogCorrupt)?),
            };
            found.frames.insert(read.row.record.index, frame);
            found.records.insert(read.row.record.index, read.row.record);
            Ok(())
        })
        .await?;
        Ok(found)
    }
}
