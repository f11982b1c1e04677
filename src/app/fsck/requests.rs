//! F7 of requests: each names an entry of the log and a checkpoint that holds it, and each entry that somebody asked
//! for has one.

use super::Fsck;
use crate::app::{App, AppError};
use crate::log::fsck::{Level, Place, Problem};
use crate::log::record::EntryKind;
use crate::log::{LogIndex, TreeSize};
use crate::store::{LogRow, RANGE_ROW_COUNT_MAX, RequestKey, RequestRow};

/// Requests of one read.
const REQUEST_COUNT: u32 = 1000;

/// Kinds that the service may write without being asked.
const UNASKED: [EntryKind; 3] = [EntryKind::Epoch, EntryKind::Access, EntryKind::KeyEvent];

/// One bit an entry: a hundred million entries take 12 MB.
struct Asked(Vec<u64>);

impl Asked {
    fn of(size: TreeSize) -> Asked {
        let words = usize::try_from(size.get().div_ceil(64)).unwrap_or_default();
        Asked(vec![0; words])
    }

    /// Marks an entry; whether it was marked before.
    fn mark(&mut self, index: LogIndex) -> bool {
        let (word, bit) = (index.get() / 64, 1 << (index.get() % 64));
        let Some(word) = usize::try_from(word).ok().and_then(|word| self.0.get_mut(word)) else {
            return false;
        };
        let before = *word & bit != 0;
        *word |= bit;
        before
    }

    fn is_marked(&self, index: u64) -> bool {
        let word = usize::try_from(index / 64).ok().and_then(|word| self.0.get(word));
        word.is_some_and(|word| word & (1 << (index % 64)) != 0)
    }
}

/// Compares the requests of the log's area with its entries, both ways.
pub(super) async fn check(app: &App, log: &LogRow, size: TreeSize, fsck: &mut Fsck) -> Result<(), AppError> {
    let stored = app.store.last_entry(log.log_id).await?.map_or(0, |last| last.get() + 1);
    // The head may be forged; the bits are for entries that are there.
    let size = TreeSize::new(size.get().min(stored)).map_err(|error| AppError::internal(&error))?;
    let mut asked = Asked::of(size);
    let mut after: Option<RequestKey> = None;
    loop {
        let page = app
            .store
            .requests_after(log.origin.area(), after.as_ref(), REQUEST_COUNT)
            .await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        let of_log: Vec<RequestRow> = page.into_iter().filter(|row| row.log_id == log.log_id).collect();
        page_of_requests(app, log, size, &of_log, &mut asked, fsck).await?;
    }
    unasked(app, log, size, &asked, fsck).await
}

async fn page_of_requests(
    app: &App,
    log: &LogRow,
    size: TreeSize,
    rows: &[RequestRow],
    asked: &mut Asked,
    fsck: &mut Fsck,
) -> Result<(), AppError> {
    let sizes: Vec<TreeSize> = rows.iter().map(|row| row.first_size).collect();
    let signed = app.store.signed_sizes(log.log_id, &sizes).await?;
    let signed: std::collections::BTreeSet<TreeSize> = signed.into_iter().collect();
    for row in rows {
        fsck.checked.add(Level::Projections, 1);
        let place = Place::Request(row.index.get());
        if !size.holds(row.index) {
            // Appended while we were looking, or to an entry that is not there.
            let head = app
                .store
                .head(log.log_id)
                .await?
                .map_or(TreeSize::EMPTY, |head| head.size);
            if !head.holds(row.index) || app.store.entry(log.log_id, row.index).await?.is_none() {
                fsck.findings.add(Level::Projections, place, Problem::RowUnknown);
            }
            continue;
        }
        if asked.mark(row.index) {
            fsck.findings.add(Level::Projections, place.clone(), Problem::RowTwice);
        }
        if !signed.contains(&row.first_size) || !row.first_size.holds(row.index) {
            let problem = Problem::FirstSize(row.first_size);
            fsck.findings.add(Level::Projections, place, problem);
        }
    }
    Ok(())
}

/// Entries without a request, of kinds that are written on request alone.
async fn unasked(app: &App, log: &LogRow, size: TreeSize, asked: &Asked, fsck: &mut Fsck) -> Result<(), AppError> {
    for from in (0..size.get()).step_by(RANGE_ROW_COUNT_MAX as usize) {
        let to = size.get().min(from + RANGE_ROW_COUNT_MAX);
        if (from..to).all(|index| asked.is_marked(index)) {
            continue;
        }
        // The record's kind was compared with the entry's before.
        for row in app.store.records_between(log.log_id, from, to).await? {
            let index = row.index.get();
            let may_be_unasked = UNASKED.iter().any(|kind| kind.name() == row.kind);
            if !asked.is_marked(index) && !may_be_unasked {
                fsck.findings
                    .add(Level::Projections, Place::Request(index), Problem::RowMissing);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_marked_once_and_beyond_the_size_never() {
        let index = |index| LogIndex::new(index).expect("small");
        let mut asked = Asked::of(TreeSize::new(65).expect("small"));
        assert!(!asked.mark(index(64)) && asked.mark(index(64)));
        assert!(asked.is_marked(64) && !asked.is_marked(63));
        assert!(!asked.mark(index(128)) && !asked.is_marked(128));
    }
}
