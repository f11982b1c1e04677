//! What resolution refuses, with the document and the thing it concerns.

use crate::rules::document::InForce;
use crate::rules::value::Area;

/// Why documents are no law.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("policy {policy}, {what}: {problem}")]
pub struct LawError {
    /// The document.
    pub policy: String,
    /// The thing, as `clause total_income`.
    pub what: String,
    /// What is wrong, and the fix.
    pub problem: String,
}

/// Collects every problem.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<LawError>,
}

/// Most problems that one refusal lists.
const PROBLEMS_MAX: usize = 256;

impl Problems {
    pub(super) fn add(&mut self, policy: &str, what: impl Into<String>, problem: impl Into<String>) {
        if self.found.len() < PROBLEMS_MAX {
            self.found.push(LawError {
                policy: policy.to_owned(),
                what: what.into(),
                problem: problem.into(),
            });
        }
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Vec<LawError>> {
        if self.found.is_empty() {
            Ok(value)
        } else {
            Err(self.found)
        }
    }
}

/// Whether two intervals share a day.
pub(super) fn overlap(a: InForce, b: InForce) -> bool {
    let before = |left: InForce, right: InForce| match (left.until, right.from) {
        (Some(until), Some(from)) => until < from,
        (Some(_) | None, Some(_) | None) => false,
    };
    !before(a, b) && !before(b, a)
}

/// The level of an area, as `settable_by` names it.
pub(super) fn level(area: Area) -> &'static str {
    match area.chain().count() {
        1 => "nation",
        2 => "province",
        3 => "prefecture",
        _ => "county",
    }
}
