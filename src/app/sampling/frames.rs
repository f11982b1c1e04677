//! The opened frames of a range.

use super::super::App;
use super::super::error::{AppError, ResourceKind};
use crate::area::AreaCode;
use crate::log::record::EntryKind;
use crate::log::sample::{Frame, SampleRequest, draw::Frames, framed};

impl App {
    /// Opens every frame of a request's range and checks each against its commitment.
    pub(in crate::app) async fn frames(&self, area: AreaCode, request: &SampleRequest) -> Result<Frames, AppError> {
        let missing = || AppError::NotFound {
            kind: ResourceKind::Log,
            name: format!("areas/{area}"),
        };
        let log = self.maybe_log(area).await?.ok_or_else(missing)?;
        let kinds: Vec<EntryKind> = EntryKind::ALL.into_iter().filter(|kind| framed(*kind)).collect();
        let mut frames = Frames::new();
        let range = (request.from.get(), request.to.get());
        self.read_documents(&log, &kinds, "frame", range, |read| {
            let frame = match &read.document {
                None => None,
                Some(document) => {
                    Some(Frame::parse(&document.content).ok_or(AppError::corrupt("a frame is malformed"))?)
                }
            };
            frames.insert(read.row.record.index, frame);
            Ok(())
        })
        .await?;
        Ok(frames)
    }
}
