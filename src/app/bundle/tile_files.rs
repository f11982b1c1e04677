//! The opened documents of one tile, out of the database.

use std::collections::{BTreeMap, BTreeSet};

use super::super::App;
use super::super::error::AppError;
use super::make::MakeError;
use super::opening::OpenedRecords;
use crate::log::bundle::{DOCUMENTS_SIZE_MAX_BYTES, OpenedPlace, encode_document};
use crate::log::record::{EntryKind, Salt};
use crate::log::sample::framed;
use crate::log::tiles::{TILE_WIDTH, TilePath};
use crate::log::{LogIndex, TreeSize};
use crate::store::{CaseScope, DataKeyRow, LogRow, RecordDocument, RecordRow};

/// What the documents of a bundle are chosen by.
pub(super) struct TileMaker<'a> {
    pub(super) app: &'a App,
    pub(super) log: &'a LogRow,
    pub(super) opened: &'a OpenedRecords,
    pub(super) ranges: &'a [(LogIndex, TreeSize)],
    pub(super) selections: &'a BTreeSet<LogIndex>,
    pub(super) identity: bool,
}

impl TileMaker<'_> {
    /// The file; empty where nothing is opened.
    pub(super) async fn documents(&self, tile: TilePath) -> Result<Vec<u8>, MakeError> {
        let (store, log_id) = (&self.app.store, self.log.log_id);
        let from = tile.n * u64::from(TILE_WIDTH);
        let to = from + u64::from(tile.width);
        let of_store = AppError::from;
        let entries = store.entries_between(log_id, from, to).await.map_err(of_store)?;
        let records = store.records_between(log_id, from, to).await.map_err(of_store)?;
        let records: BTreeMap<LogIndex, RecordRow> = records.into_iter().map(|row| (row.index, row)).collect();
        let mut stored = store.documents_between(log_id, from, to).await.map_err(of_store)?;
        stored.retain(|one| {
            one.row.key_ref.is_none()
                || records
                    .get(&one.index)
                    .is_some_and(|record| self.leaves(record, &one.row.name))
        });
        let refs: BTreeSet<String> = stored.iter().filter_map(|one| one.row.key_ref.clone()).collect();
        let keys = store
            .data_keys(&refs.into_iter().collect::<Vec<_>>())
            .await
            .map_err(of_store)?;
        let keys: BTreeMap<&str, &DataKeyRow> = keys.iter().map(|row| (row.key_ref.as_str(), row)).collect();
        let mut out = Vec::new();
        for one in stored {
            let record = records
                .get(&one.index)
                .ok_or(AppError::corrupt("a record or document stands in no entry"))?;
            let at = usize::try_from(one.index.get() - from)
                .map_err(|_| AppError::corrupt("a record or document stands in no entry"))?;
            let entry = entries
                .get(at)
                .filter(|entry| entry.index == one.index)
                .ok_or(AppError::corrupt("a record or document stands in no entry"))?;
            let key = one.row.key_ref.as_deref().and_then(|key_ref| keys.get(key_ref));
            let row = RecordDocument {
                record: record.clone(),
                entry: entry.entry.clone(),
                key: key.map(|key| (*key).clone()),
                document: Some(one.row),
            };
            let read = self.app.read_document(self.log, row)?;
            // Its key is gone: it was erased since.
            let Some(document) = read.document else { continue };
            let number = read
                .entry
                .documents()
                .iter()
                .position(|held| held.name.as_str() == document.name);
            let number = number
                .and_then(|number| u8::try_from(number).ok())
                .ok_or(AppError::corrupt("a record or document stands in no entry"))?;
            let place = OpenedPlace {
                entry: u8::try_from(at).map_err(|_| AppError::corrupt("a record or document stands in no entry"))?,
                document: number,
            };
            encode_document(&mut out, place, &Salt::from_bytes(document.salt), &document.content);
            if out.len() as u64 > DOCUMENTS_SIZE_MAX_BYTES {
                return Err(MakeError::TooLarge { from, to: to - 1 });
            }
        }
        Ok(out)
    }

    /// Whether a sealed document leaves with the bundle.
    fn leaves(&self, record: &RecordRow, name: &str) -> bool {
        let index = record.index;
        let decision = EntryKind::ALL
            .into_iter()
            .any(|kind| framed(kind) && kind.name() == record.kind);
        let opened = self.opened.holds(index);
        let whole = record.erased.is_none() && record.restricted.is_none();
        // Restricted or erased since it was opened. Of a case that is erased as a whole nothing leaves, though its key
        // may not be destroyed yet.
        let erased = record.erased == Some(CaseScope::Case);
        let open = opened && !record.is_closed();
        match name {
            "frame" => {
                decision && !erased && (open || self.ranges.iter().any(|(from, to)| index >= *from && to.holds(index)))
            }
            "selection" => self.selections.contains(&index),
            "facts" | "determination" => decision && open,
            "finding" => open,
            "identity" => decision && open && whole && self.identity,
            _ => false,
        }
    }
}
