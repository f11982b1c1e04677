//! What an ACCESS entry states of an hour, and whether rows of accesses fit it. `src/log/FORMAT.md` section 15.

use crate::canonical::Json;
use crate::log::merkle::leaf_hash;
use crate::log::{Hash, LogIndex};
use crate::store::AccessRow;

/// What an ACCESS entry states of an hour of an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StatedHour {
    /// First second, Unix.
    from_seconds: i64,
    /// The second after its last, Unix.
    to_seconds: i64,
    /// Rows of its tree.
    pub(super) count: u64,
    /// Root of its tree.
    pub(super) root: Hash,
    /// The ACCESS entry before it in the same log.
    pub(super) previous: Option<LogIndex>,
}

impl StatedHour {
    /// Out of the document `access`; none where that is no such document.
    pub(super) fn of(document: &Json) -> Option<StatedHour> {
        let integer = |key: &str| document.get(key)?.as_integer();
        let previous = match document.get("previous") {
            None => None,
            Some(previous) => Some(LogIndex::new(u64::try_from(previous.as_integer()?).ok()?).ok()?),
        };
        Some(StatedHour {
            from_seconds: i64::try_from(integer("from")?).ok()?,
            to_seconds: i64::try_from(integer("to")?).ok()?,
            count: u64::try_from(integer("count")?).ok()?,
            root: document.get("root")?.as_text()?.parse().ok()?,
            previous,
        })
    }

    /// Whether a time lies in it.
    pub(super) fn holds(&self, at_ms: i64) -> bool {
        (self.from_seconds..self.to_seconds).contains(&at_ms.div_euclid(1000))
    }
}

/// Whether a row is found by what it says: the columns are no part of the leaf, and its content is.
pub(super) fn is_as_hashed(row: &AccessRow) -> bool {
    let says = |content: Json| {
        let at = content.get("at").and_then(Json::as_integer);
        let case = content.get("case").and_then(Json::as_text);
        at == Some(row.at_ms.into()) && case == Some(&row.case_id)
    };
    leaf_hash(&row.content) == row.leaf_hash && Json::parse_canonical(&row.content).is_ok_and(says)
}
