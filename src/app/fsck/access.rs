//! F7 of accesses: the rows of each hour are those whose number and root its ACCESS entry states, and no ACCESS entry is
//! left out of the chain.

use std::collections::BTreeSet;

use super::{Fsck, public_document};
use crate::app::AppError;
use crate::app::hour::{StatedHour, is_as_hashed};
use crate::log::LogIndex;
use crate::log::fsck::{Level, Place, Problem};
use crate::log::merkle::CompactTree;
use crate::log::record::EntryKind;
use crate::store::{LogRow, Store, StoreError};

/// ACCESS entries of one read.
const ENTRY_COUNT: u32 = 256;

/// Rows of one read.
const ROW_COUNT: u32 = 1000;

/// Compares the rows under every ACCESS entry of a log with it, and the entries with each other.
pub(super) async fn check(store: &dyn Store, log: &LogRow, fsck: &mut Fsck) -> Result<(), AppError> {
    // First, so that an hour that is closed meanwhile is no surprise.
    let mut with_rows = with_rows(store, log).await?;
    let kinds = [EntryKind::Access.name().to_owned()];
    let (mut after, mut newest) = (None, None);
    loop {
        let records = store
            .records(log.origin.area(), None, &kinds, after, ENTRY_COUNT)
            .await?;
        let Some(last) = records.last() else { break };
        after = Some((last.log_id, last.index));
        for record in records.iter().filter(|record| record.log_id == log.log_id) {
            let index = record.index;
            with_rows.remove(&index);
            let document = public_document(store, log, index, EntryKind::Access, "access").await?;
            // A document that is missing or cannot be read is found by F6.
            if let Some(stated) = document.as_ref().and_then(StatedHour::of) {
                if stated.previous != newest {
                    let place = Place::Entry(index.get());
                    fsck.findings.add(Level::Projections, place, Problem::AccessBefore);
                }
                if let Some(problem) = rows(store, log, index, &stated, fsck).await? {
                    let place = Place::Accesses(index.get());
                    fsck.findings.add(Level::Projections, place, problem);
                }
            }
            newest = Some(index);
        }
    }
    for index in with_rows {
        let place = Place::Accesses(index.get());
        fsck.findings.add(Level::Projections, place, Problem::RowUnknown);
    }
    Ok(())
}

/// The entries under which rows stand.
async fn with_rows(store: &dyn Store, log: &LogRow) -> Result<BTreeSet<LogIndex>, AppError> {
    let (mut all, mut after) = (BTreeSet::new(), None);
    loop {
        let page = store.entries_with_accesses(log.log_id, after, ENTRY_COUNT).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(*last);
        all.extend(page);
    }
}

/// What is wrong first with the rows under an ACCESS entry.
async fn rows(
    store: &dyn Store,
    log: &LogRow,
    index: LogIndex,
    stated: &StatedHour,
    fsck: &mut Fsck,
) -> Result<Option<Problem>, AppError> {
    let mut tree = CompactTree::empty();
    let mut after = None;
    loop {
        let page = match store.accesses_under(log.log_id, index, after, ROW_COUNT).await {
            Ok(page) => page,
            Err(StoreError::Corrupt(what)) => return Ok(Some(Problem::Unreadable(what))),
            Err(error) => return Err(error.into()),
        };
        let Some((last, ..)) = page.last() else { break };
        after = Some(*last);
        fsck.checked.add(Level::Projections, page.len() as u64);
        for (ordinal, leaf, row) in page {
            if ordinal != tree.size().get() {
                return Ok(Some(Problem::RowDiffers("number of rows")));
            }
            let Some(row) = row else {
                return Ok(Some(Problem::RowMissing));
            };
            if !is_as_hashed(&row) || row.area != log.origin.area() || !stated.holds(row.at_ms) {
                return Ok(Some(Problem::RowDiffers("case, time or content of a row")));
            }
            tree.append(leaf, |_, _| {});
        }
    }
    Ok(if tree.size().get() != stated.count {
        Some(Problem::RowDiffers("number of rows"))
    } else if tree.root() != stated.root {
        Some(Problem::RowDiffers("root of its rows"))
    } else {
        None
    })
}
