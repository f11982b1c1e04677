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
    pub(super) content: FindingContent,
    /// The entry that it is on; none in a log of an earlier epoch.
    pub(super) of: Option<LogIndex>,
    leaf_hash: Hash,
    pub(super) paid_fen: u64,
}

/// Largest finding: three texts of 2,000 bytes, sixteen items, three officers with their units, all of it escaped. What
/// is larger no service has recorded, and a tree of it takes a hundred times its size.
const FINDING_SIZE_MAX_BYTES: usize = 64 * 1024;

impl FindingRead {
    /// Reads the document of the entry at an index of a log.
    pub(super) fn parse(content: &[u8], index: LogIndex, origin: &str) -> Result<FindingRead, String> {
        if content.len() > FINDING_SIZE_MAX_BYTES {
            return Err(format!("has more than {FINDING_SIZE_MAX_BYTES} bytes"));
        }
        let json = Json::parse_canonical(content).map_err(|error| error.to_string())?;
        let member = |error: crate::reader::RecordError| format!("`{}` is absent or malformed", error.0);
        if need::<u64>(&json, "v").map_err(member)? != 1 {
            return Err("is of another version".to_owned());
        }
        let content = FindingContent::from_json(&json).map_err(member)?;
        let place: Json = need(&json, "of").map_err(member)?;
        let at = LogIndex::new(need(&place, "index").map_err(member)?).map_err(|error| error.to_string())?;
        let leaf_hash = need::<String>(&place, "leaf_hash").map_err(member)?;
        let leaf_hash: Hash = leaf_hash.parse().map_err(|_| "`leaf_hash` is no SHA-256".to_owned())?;
        let origin_of = need::<String>(&place, "origin").map_err(member)?;
        let is_own = origin_of == origin;
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
        let paid_fen: u64 = need(&json, "paid_fen").map_err(member)?;
        let caller: String = need(&json, "caller").map_err(member)?;
        // What nobody reads would be kept, and shown as if it had been judged.
        let mut known = content.to_json().as_object().cloned().unwrap_or_default();
        known.insert("v".to_owned(), Json::Int(1));
        known.insert("of".to_owned(), of_json(&origin_of, at, leaf_hash));
        known.insert("paid_fen".to_owned(), Json::integer(paid_fen.into()));
        known.insert("caller".to_owned(), Json::text(caller));
        if Json::Object(known) != json {
            return Err("has a member that no finding has, or one in another form".to_owned());
        }
        Ok(FindingRead {
            paid_fen,
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

/// The entry that a finding is on, as it stands in the document.
fn of_json(origin: &str, index: LogIndex, leaf_hash: Hash) -> Json {
    Json::object([
        ("index", Json::integer(index.get().into())),
        ("leaf_hash", Json::text(leaf_hash.to_string())),
        ("origin", origin.into()),
    ])
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
