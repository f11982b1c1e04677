//! F7 and F9 of single records: the record's row, its request, the law it used, and its determination once more.

use super::{Page, Read};
use crate::app::AppError;
use crate::app::frame::{frame_difference, frame_of};
use crate::app::record::{Gone, Opened};
use crate::app::result::{Acknowledged, DifferenceCause};
use crate::canonical::Json;
use crate::log::fsck::{Level, Place, Problem};
use crate::log::record::EntryKind;
use crate::log::{Hash, TreeSize};
use crate::store::{EntryRow, RecordRow, RequestKey};

impl Page {
    /// F7 of one record: its row, its law and its request.
    pub(super) async fn projections(
        &mut self,
        index: u64,
        read: &Read,
        record: Option<&RecordRow>,
    ) -> Result<(), AppError> {
        self.done.checked.add(Level::Projections, 1);
        let Some(record) = record else {
            self.done
                .found(Level::Projections, Place::Record(index), Problem::RowMissing);
            return Ok(());
        };
        self.done.cases.extend(record.case_id.clone());
        if record.kind != read.entry.kind().as_str() {
            self.done
                .found(Level::Projections, Place::Record(index), Problem::RowDiffers("kind"));
        }
        if record.area != self.log.origin.area() {
            self.done
                .found(Level::Projections, Place::Record(index), Problem::RowDiffers("area"));
        }
        let Some(facts) = read.json("facts") else { return Ok(()) };
        self.request(index, &facts).await?;
        if let Some(used) = read.entry.law() {
            self.law(index, &facts, &used.manifest).await?;
        }
        Ok(())
    }

    /// The request that the facts name answers with this entry.
    async fn request(&mut self, index: u64, facts: &Json) -> Result<(), AppError> {
        let text = |key: &str| facts.get(key).and_then(Json::as_text).map(str::to_owned);
        let (Some(caller), Some(request_id)) = (text("caller"), text("request_id")) else {
            return Ok(());
        };
        let key = RequestKey {
            area: self.log.origin.area(),
            caller,
            request_id,
        };
        let problem = match self.app.store.request(&key).await? {
            None => Problem::RowMissing,
            Some(row) if row.log_id != self.log.log_id || row.index.get() != index => Problem::RowDiffers("entry"),
            Some(_) => return Ok(()),
        };
        self.done.found(Level::Projections, Place::Request(index), problem);
        Ok(())
    }

    /// The law that the decision used was published before it, and is the one that the entry names.
    async fn law(&mut self, index: u64, facts: &Json, named: &Hash) -> Result<(), AppError> {
        let known_at = facts
            .get("known_at")
            .and_then(|known| known.get("size"))
            .and_then(Json::as_integer);
        let known_at = known_at.and_then(|size| u64::try_from(size).ok());
        let Some(known_at) = known_at.and_then(|size| TreeSize::new(size).ok()) else {
            return Ok(());
        };
        let place = || Place::Entry(index);
        if known_at.get() > index {
            self.done.found(Level::Projections, place(), Problem::LawLater);
            return Ok(());
        }
        match self.app.law_known_at(self.log.origin.area(), &self.log, known_at).await {
            Ok(law) if law.digest == *named => Ok(()),
            Ok(_) | Err(AppError::LogCorrupt(_) | AppError::NoPolicyInForce { .. }) => {
                self.done.found(Level::Projections, place(), Problem::LawDiffers);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Every case that a record names has its head.
    pub(super) async fn case_heads(&mut self) -> Result<(), AppError> {
        let ids: Vec<String> = std::mem::take(&mut self.done.cases).into_iter().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let with_head = self.app.store.cases_with_head(self.log.origin.area(), &ids).await?;
        for case in ids.into_iter().filter(|case| !with_head.contains(case)) {
            self.done
                .found(Level::Projections, Place::Case(case), Problem::RowMissing);
        }
        Ok(())
    }

    /// F9: the determination once more, byte for byte, and its frame.
    pub(super) async fn replay(&mut self, row: EntryRow, read: Read, record: RecordRow) -> Result<(), AppError> {
        let index = row.index.get();
        let decided = [EntryKind::Determination, EntryKind::Correction];
        let whole = ["facts", "determination"].iter().all(|name| read.json(name).is_some());
        if !read.entry.kind().known().is_some_and(|kind| decided.contains(&kind)) || (!whole && read.erased) {
            return Ok(());
        }
        self.done.checked.add(Level::Replay, 1);
        let content = |name: &str| {
            let document = read.documents.iter().find(|document| document.name == name)?;
            Some(&document.content[..])
        };
        let made = content("facts")
            .zip(content("determination"))
            .and_then(|(facts, determination)| frame_of(facts, determination));
        let framed = content("frame")
            .zip(made)
            .and_then(|(frame, made)| frame_difference(frame, &made));
        let opened = Opened {
            log: self.log.clone(),
            row: record,
            acknowledged: Acknowledged {
                origin: self.log.origin.clone(),
                index: row.index,
                entry: row.entry,
                documents: read.documents,
                receipt: String::new(),
                logged_seconds: read.entry.logged_seconds(),
            },
            entry: read.entry,
            gone: Gone::Nothing,
        };
        let problem = match self.app.replay_record(&opened).await {
            Ok(replayed) => match replayed.difference {
                None => match framed {
                    None => return Ok(()),
                    Some(member) => Problem::Frame(member),
                },
                Some(difference) => Problem::Replay {
                    cause: match difference.cause {
                        DifferenceCause::Facts => "facts",
                        DifferenceCause::Policy => "policy",
                        DifferenceCause::Engine => "engine",
                    },
                    path: difference.path,
                },
            },
            Err(error @ (AppError::LogCorrupt(_) | AppError::NoPolicyInForce { .. })) => {
                Problem::NotReplayed(error.to_string())
            }
            Err(error) => return Err(error),
        };
        self.done.found(Level::Replay, Place::Entry(index), problem);
        Ok(())
    }
}
