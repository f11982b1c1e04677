//! F0 and F1 of a range of entries, and the times that they state. Ranges are independent: check them in parallel.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::finding::{Finding, Level, Place};
use super::problem::Problem;
use crate::log::Hash;
use crate::log::merkle::leaf_hashes;
use crate::log::record::Entry;
use crate::store::EntryRow;

/// A range of entries after its own checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaves {
    /// First index of the range.
    pub from: u64,
    /// The stored leaf hash of each index; none where the entry is missing.
    pub hashes: Vec<Option<Hash>>,
    /// When each entry was logged, Unix seconds; none where it is missing or says nothing.
    pub logged: Vec<Option<i64>>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Checks the entries that were read for `from..to`, in order of their index.
#[must_use]
pub fn check_leaves(from: u64, to: u64, rows: &[EntryRow]) -> Leaves {
    let count = usize::try_from(to - from).unwrap_or(usize::MAX);
    let mut leaves = Leaves {
        from,
        hashes: vec![None; count],
        logged: vec![None; count],
        findings: Vec::new(),
    };
    let hashes = leaf_hashes(rows.iter().map(|row| &row.entry[..]));
    for (row, hash) in rows.iter().zip(hashes) {
        let index = row.index.get();
        let Some(at) = index
            .checked_sub(from)
            .and_then(|at| usize::try_from(at).ok())
            .filter(|at| *at < count)
        else {
            continue;
        };
        leaves.hashes[at] = Some(row.leaf_hash);
        if hash != row.leaf_hash {
            leaves.found(Level::Leaves, Place::Entry(index), Problem::LeafHash);
        }
        leaves.logged[at] = logged_seconds(&row.entry);
        if leaves.logged[at].is_none() {
            leaves.found(Level::Signatures, Place::Entry(index), Problem::NoTime);
        }
    }
    leaves.gaps();
    leaves
}

impl Leaves {
    fn found(&mut self, level: Level, place: Place, problem: Problem) {
        self.findings.push(Finding { level, place, problem });
    }

    /// Each run of missing entries is one finding.
    fn gaps(&mut self) {
        let mut begun = None;
        for at in 0..=self.hashes.len() {
            let missing = self.hashes.get(at).is_some_and(Option::is_none);
            let index = self.from + at as u64;
            match (begun, missing) {
                (None, true) => begun = Some(index),
                (Some(first), false) => {
                    begun = None;
                    self.found(Level::Contiguity, Place::Entries(first, index), Problem::Missing);
                }
                (None, false) | (Some(_), true) => {}
            }
        }
    }
}

/// When an entry was logged. Looks at this one member of its canonical bytes, because a million entries have to be
/// looked at; reads the whole entry where that does not settle it.
#[must_use]
pub fn logged_seconds(entry: &[u8]) -> Option<i64> {
    // A quote inside a string has a backslash before it, so these bytes are a member's name and nothing else.
    static MEMBER: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b",\"logged\":"));
    let quick = MEMBER.find(entry).and_then(|at| {
        let rest = &entry[at + MEMBER.needle().len()..];
        let length = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        std::str::from_utf8(&rest[..length]).ok()?.parse().ok()
    });
    quick.or_else(|| Entry::parse(entry).ok().map(|entry| entry.logged_seconds()))
}
