//! What the public halves of ERASURE entries account for (`FORMAT.md`, section 16).
//!
//! They do not say which case they are of, so they can show that something is not accounted for and never the opposite:
//! a record of a whole case that was erased stands before its ERASURE entry.

use super::{LogIndex, TreeSize};
use crate::canonical::Json;

/// The ERASURE entries of a log that are of whole cases, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erasures {
    erased: Vec<LogIndex>,
    /// The last restriction.
    restricted: Option<LogIndex>,
    /// Restrictions that no lift has undone yet.
    standing: u64,
}

impl Erasures {
    /// Takes the document `erasure` of the next ERASURE entry. Whether it is one.
    pub fn add(&mut self, index: LogIndex, erasure: &Json) -> bool {
        let text = |key: &str| erasure.get(key).and_then(Json::as_text);
        let whole = match text("scope") {
            Some("case") => true,
            Some("identity") => false,
            Some(_) | None => return false,
        };
        match text("act") {
            Some("erase") if whole => self.erased.push(index),
            Some("restrict") if whole => {
                self.restricted = Some(index);
                self.standing += 1;
            }
            Some("lift") if whole => self.standing = self.standing.saturating_sub(1),
            Some("erase" | "restrict" | "lift") => {}
            Some(_) | None => return false,
        }
        true
    }

    /// Takes the next ERASURE entry whose document is not at hand: whatever it may account for, it does.
    pub fn add_unread(&mut self, index: LogIndex) {
        self.erased.push(index);
    }

    /// Whether some case was erased as a whole after a record and within the first `size` entries.
    #[must_use]
    pub fn may_erase(&self, record: LogIndex, size: TreeSize) -> bool {
        let count = self.erased.partition_point(|erasure| size.holds(*erasure));
        self.erased[..count].last().is_some_and(|last| *last > record)
    }

    /// The ERASURE entries of whole cases that stand after one entry and before another.
    #[must_use]
    pub fn between(&self, after: LogIndex, before: LogIndex) -> &[LogIndex] {
        let from = self.erased.partition_point(|erasure| *erasure <= after);
        let to = self.erased.partition_point(|erasure| *erasure < before);
        self.erased.get(from..to).unwrap_or_default()
    }

    /// Whether some case was restricted as a whole after a record, and some restriction stands. Nothing is recorded in
    /// a restricted case.
    #[must_use]
    pub fn may_restrict(&self, record: LogIndex) -> bool {
        self.standing > 0 && self.restricted.is_some_and(|last| last > record)
    }

    /// Cases that were erased as a whole.
    #[must_use]
    pub fn erased_count(&self) -> u64 {
        self.erased.len() as u64
    }

    /// Restrictions of whole cases that stand.
    #[must_use]
    pub fn restricted_count(&self) -> u64 {
        self.standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(index: u64) -> LogIndex {
        LogIndex::new(index).expect("small")
    }

    fn size(entries: u64) -> TreeSize {
        TreeSize::new(entries).expect("small")
    }

    fn erasures(acts: &[(u64, &str, &str)]) -> Erasures {
        let mut erasures = Erasures::default();
        for (index, act, scope) in acts {
            let document = Json::object([("act", Json::text(*act)), ("scope", Json::text(*scope))]);
            assert!(erasures.add(at(*index), &document), "{act} {scope}");
        }
        erasures
    }

    #[test]
    fn an_erasure_accounts_for_what_stands_before_it_alone() {
        let erasures = erasures(&[(10, "erase", "case"), (20, "erase", "identity")]);
        assert!(erasures.may_erase(at(9), size(30)));
        assert!(!erasures.may_erase(at(11), size(30)), "recorded later");
        assert!(!erasures.may_erase(at(9), size(10)), "not erased yet");
    }

    #[test]
    fn erasures_between_two_entries_are_those_of_whole_cases_after_the_one_and_before_the_other() {
        let acts = [10, 20, 30].map(|index| (index, "erase", "case"));
        let erasures = erasures(&[&acts[..], &[(40, "erase", "identity")]].concat());
        assert_eq!(erasures.between(at(10), at(30)), [at(20)]);
        assert_eq!(erasures.between(at(9), at(31)), [at(10), at(20), at(30)]);
        assert_eq!(erasures.between(at(30), at(50)), []);
        assert_eq!(erasures.between(at(30), at(10)), []);
    }

    #[test]
    fn a_restriction_accounts_for_something_until_it_is_lifted() {
        let mut acts = vec![(10, "restrict", "case"), (11, "restrict", "case"), (12, "lift", "case")];
        assert!(erasures(&acts).may_restrict(at(9)), "one of two stands");
        assert!(!erasures(&acts).may_erase(at(9), size(30)), "nothing is erased");
        acts.push((13, "lift", "case"));
        assert!(!erasures(&acts).may_restrict(at(9)));
    }

    #[test]
    fn a_document_of_another_act_or_scope_is_none() {
        for (act, scope) in [("hide", "case"), ("erase", "log")] {
            let document = Json::object([("act", Json::text(act)), ("scope", Json::text(scope))]);
            assert!(!Erasures::default().add(at(1), &document));
        }
        assert!(!Erasures::default().add(at(1), &Json::List(Vec::new())));
    }
}
