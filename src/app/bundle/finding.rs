//! Findings as a bundle opens them: read as the service reads them, and held to the rules of `FORMAT.md`, section 19.

use std::collections::{BTreeMap, BTreeSet};

use super::super::command::{FindingContent, FindingItem, FindingOutcome};
use super::fold::Folded;
use super::violation::Code;
use crate::canonical::Json;
use crate::log::sample::Frame;
use crate::log::{Hash, LogIndex};
use crate::reader::need;

/// A finding that reads as one.
#[derive(Clone, Debug)]
pub(super) struct FindingRead {
    pub(super) json: Json,
    content: FindingContent,
    /// The entry that it is on; none in a log of an earlier epoch.
    pub(super) of: Option<LogIndex>,
    leaf_hash: Hash,
    paid_fen: u64,
}

impl FindingRead {
    /// Reads the document of the entry at an index of a log.
    pub(super) fn parse(content: &[u8], index: LogIndex, origin: &str) -> Result<FindingRead, String> {
        let json = Json::parse_canonical(content).map_err(|error| error.to_string())?;
        let member = |error: crate::reader::RecordError| format!("`{}` is absent or malformed", error.0);
        if need::<u64>(&json, "v").map_err(member)? != 1 {
            return Err("is of another version".to_owned());
        }
        let content = FindingContent::from_json(&json).map_err(member)?;
        let place: Json = need(&json, "of").map_err(member)?;
        let at = LogIndex::new(need(&place, "index").map_err(member)?).map_err(|error| error.to_string())?;
        let leaf_hash = need::<String>(&place, "leaf_hash").map_err(member)?;
        let leaf_hash = leaf_hash.parse().map_err(|_| "`leaf_hash` is no SHA-256".to_owned())?;
        let is_own = need::<String>(&place, "origin").map_err(member)? == origin;
        if content.items.is_empty() {
            return Err("has no item".to_owned());
        }
        if let Some(text) = content.items.iter().find_map(|item| wrong(*item)) {
            return Err(text.to_owned());
        }
        let [first, second] = &content.reviewers;
        if first.officer.id == second.officer.id {
            return Err("has one reviewer: two people review".to_owned());
        }
        if is_own && at >= index {
            return Err("stands before the entry that it is on".to_owned());
        }
        Ok(FindingRead {
            paid_fen: need(&json, "paid_fen").map_err(member)?,
            json,
            content,
            of: Some(at).filter(|_| is_own),
            leaf_hash,
        })
    }

    /// What of it cannot be so, beside the entry that it is on.
    fn beside(&self, subject: &Subject) -> Option<String> {
        if subject.leaf != self.leaf_hash {
            return Some("names another leaf hash than that of the entry that it is on".to_owned());
        }
        if !subject.is_decision {
            return Some("is on an entry that is no decision".to_owned());
        }
        let frame = subject.frame.as_ref()?;
        let decider = frame.text("decider");
        let signed = self.content.sign_off.iter().map(|sign_off| &sign_off.officer);
        let mut people = self
            .content
            .reviewers
            .iter()
            .map(|reviewer| &reviewer.officer)
            .chain(signed);
        if !decider.is_empty() && people.any(|officer| officer.id == decider) {
            return Some("is by the one who decided: nobody reviews a decision of their own".to_owned());
        }
        let mut townships = self.content.reviewers.iter().filter_map(|reviewer| reviewer.township);
        if townships.any(|township| township.to_string() == frame.text("township")) {
            return Some("has a reviewer of the township that it is on".to_owned());
        }
        (self.paid_fen != frame.amount_fen()).then(|| "says another `paid_fen` than the decision's frame".to_owned())
    }
}

/// What an item may not be: each outcome has just its own members.
fn wrong(item: FindingItem) -> Option<&'static str> {
    let outcome = item.outcome;
    if item.cause.is_some() != outcome.is_error() {
        Some("has an error without a cause, or a cause without an error")
    } else if item.step.is_some() != (outcome == FindingOutcome::Procedure) {
        Some("has a procedure error without its step, or a step without one")
    } else if item.amount_fen.is_some() != outcome.has_amount() || item.amount_fen == Some(0) {
        Some("has an error of an amount without it, or an amount without one")
    } else {
        None
    }
}

/// The entry that a finding is on.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) leaf: Hash,
    pub(super) is_decision: bool,
    /// Its frame, where it is opened.
    pub(super) frame: Option<Frame>,
}

/// The entries that findings are on.
pub(super) fn subjects(folded: &Folded) -> BTreeSet<LogIndex> {
    folded.findings.iter().filter_map(|(_, finding)| finding.of).collect()
}

/// Holds every finding to the entry that it is on.
pub(super) fn judge(subjects: &BTreeMap<LogIndex, Subject>, folded: &mut Folded) {
    for (at, finding) in &folded.findings {
        let subject = finding.of.and_then(|of| subjects.get(&of));
        if let Some(text) = subject.and_then(|subject| finding.beside(subject)) {
            folded.violations.add(Code::Finding, format!("entry {at}"), text);
        }
    }
}
