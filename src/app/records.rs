//! Records of a log as they are stored, read together where they stand close to each other.
//!
//! Whoever opens all of a log would otherwise ask the database ten times for each record.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use super::error::AppError;
use super::record::{Keys, Opened};
use crate::log::LogIndex;
use crate::log::sequencer::first_answers;
use crate::log::tiles::TILE_WIDTH;
use crate::store::{DataKeyRow, LogId};

/// Records at most so far apart are read by one range: what lies between them is read for nothing.
const NEAR_ENTRY_COUNT: u64 = 4;

/// Entries of one range: those of a tile, so that a range of ordinary households has about a megabyte.
const RANGE_ENTRY_COUNT: u64 = TILE_WIDTH as u64;

impl App {
    /// The records at these places, each once, in the order of the places: with the documents that still can be opened
    /// and the receipt of the first checkpoint that holds it.
    pub(super) async fn records_as_they_are(
        &self,
        log_id: LogId,
        places: &[LogIndex],
    ) -> Result<Vec<Opened>, AppError> {
        let ascending: Vec<LogIndex> = BTreeSet::from_iter(places.iter().copied()).into_iter().collect();
        let mut read = BTreeMap::new();
        for range in ranges(&ascending) {
            for opened in self.range(log_id, range).await? {
                read.insert(opened.row.index, opened);
            }
        }
        let taken = places
            .iter()
            .map(|index| read.remove(index).ok_or(AppError::corrupt("a record is not there")));
        taken.collect()
    }

    async fn range(&self, log_id: LogId, places: &[LogIndex]) -> Result<Vec<Opened>, AppError> {
        let answers = first_answers(self.store.as_ref(), self.vault.as_ref(), log_id, places).await?;
        let refs = answers.iter().flat_map(|(answer, _)| &answer.documents);
        let refs: BTreeSet<String> = refs.filter_map(|document| document.key_ref.clone()).collect();
        let keys = self.store.data_keys(&Vec::from_iter(refs)).await?;
        let keys: BTreeMap<&str, &DataKeyRow> = keys.iter().map(|row| (row.key_ref.as_str(), row)).collect();
        let mut opened = Vec::with_capacity(answers.len());
        for (answer, row) in answers {
            let own: BTreeSet<&str> = answer
                .documents
                .iter()
                .filter_map(|document| document.key_ref.as_deref())
                .collect();
            let own = own.iter().filter_map(|key_ref| keys.get(key_ref).copied().cloned());
            let own = Keys::Stored(own.collect());
            opened.push(self.opened(answer, row, &own).await?);
        }
        Ok(opened)
    }
}

/// Places that ascend, as runs that are near each other and within a range.
fn ranges(places: &[LogIndex]) -> Vec<&[LogIndex]> {
    let mut ranges = Vec::new();
    let mut rest = places;
    while let Some(first) = rest.first() {
        let pairs = rest.windows(2);
        let belongs = |pair: &&[LogIndex]| {
            let (before, next) = (pair[0].get(), pair[1].get());
            next - before <= NEAR_ENTRY_COUNT && next - first.get() < RANGE_ENTRY_COUNT
        };
        let (range, after) = rest.split_at(1 + pairs.take_while(belongs).count());
        ranges.push(range);
        rest = after;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_of_one_tile_at_most_and_has_no_wide_gap() {
        let places = |indices: &[u64]| -> Vec<LogIndex> {
            let all = indices.iter().map(|index| LogIndex::new(*index).expect("small"));
            all.collect()
        };
        let lengths =
            |indices: &[u64]| -> Vec<usize> { ranges(&places(indices)).iter().map(|run| run.len()).collect() };
        assert_eq!(lengths(&[]), [0; 0]);
        assert_eq!(lengths(&[7]), [1]);
        assert_eq!(lengths(&[7, 11, 16, 17]), [2, 2], "four apart is near, five is not");
        let all: Vec<u64> = (5..600).collect();
        assert_eq!(lengths(&all), [256, 256, 83]);
    }
}
