//! What was to be opened, what was, and what in the log accounts for the rest.

use std::collections::BTreeSet;

use super::fold::Folded;
use super::report::SampleReport;
use super::violation::Code;
use crate::log::bundle::{BundlePath, Manifest, Opened, Why};
use crate::log::sample::Agreement;
use crate::log::{Erasures, LogIndex, TreeSize};

/// Who was to be opened, who was, and whether the log says so.
pub(super) fn opened(manifest: &Manifest, samples: &[SampleReport], folded: &mut Folded) {
    let excused: BTreeSet<LogIndex> = manifest.unopened.iter().map(|unopened| unopened.index).collect();
    let drawn: BTreeSet<LogIndex> = samples.iter().flat_map(|sample| sample.units.keys().copied()).collect();
    let (mut missing, mut unasked) = (Vec::new(), Vec::new());
    match manifest.opened {
        Opened::All => {
            let decided = folded.decided.iter();
            missing.extend(decided.filter(|index| !folded.opened.holds(*index) && !excused.contains(index)));
        }
        Opened::Sample | Opened::Nothing => {
            let asked = |index: &LogIndex| manifest.opened == Opened::Sample && drawn.contains(index);
            let wanted = drawn.iter().copied().filter(asked);
            missing.extend(wanted.filter(|index| !folded.opened.holds(*index) && !excused.contains(index)));
            // A sample that cannot be drawn was said to be wrong; whom it would have asked for, nobody can say.
            let is_known = manifest.opened == Opened::Nothing || samples.iter().all(|sample| sample.redrawn.is_some());
            unasked.extend(folded.opened.iter().filter(|index| is_known && !asked(index)));
        }
    }
    for index in missing {
        let text = "the manifest says that it is opened, and it is not";
        folded
            .violations
            .add(Code::DocumentMissing, format!("entry {index}"), text);
    }
    for index in unasked {
        let text = "is opened, and the manifest does not say so";
        folded
            .violations
            .add(Code::DocumentUnasked, format!("entry {index}"), text);
    }
    excuses(manifest, folded);
    openings(manifest, folded);
    receipts(manifest, &drawn, folded);
}

/// Whether ERASURE entries can account for what is said to be erased or restricted. Whether one accounts for this very
/// record only the operator's keys can show; that none can, the log shows.
fn excuses(manifest: &Manifest, folded: &mut Folded) {
    for unopened in &manifest.unopened {
        let is_readable = folded.readable.holds(unopened.index);
        let Err(text) = excuse(unopened.why, unopened.index, is_readable, &folded.erasures) else {
            continue;
        };
        let place = format!("entry {}", unopened.index);
        folded.violations.add(Code::DocumentMissing, place, text);
    }
    for index in &folded.unopened_findings {
        let erasures = &folded.erasures;
        if erasures.may_erase(*index, TreeSize::MAX) || erasures.may_restrict(*index) {
            continue;
        }
        let text = "is not opened, and no ERASURE entry can account for it";
        let place = format!("document finding of entry {index}");
        folded.violations.add(Code::DocumentMissing, place, text);
    }
}

fn excuse(why: Why, index: LogIndex, is_readable: bool, erasures: &Erasures) -> Result<(), &'static str> {
    match why {
        // One key seals all that a case says: where a frame can be read, facts and determination can.
        Why::Erased if is_readable => {
            Err("the manifest says that it is erased, and a document of it is opened that an erasure takes with it")
        }
        Why::Erased if !erasures.may_erase(index, TreeSize::MAX) => {
            Err("the manifest says that it is erased, and no case was erased as a whole after it")
        }
        Why::Restricted if !erasures.may_restrict(index) => {
            Err("the manifest says that it is restricted, and no restriction of a case after it stands")
        }
        Why::Erased | Why::Restricted => Ok(()),
    }
}

/// Whether the OPENING entries of the manifest are such, and say as much as was opened.
fn openings(manifest: &Manifest, folded: &mut Folded) {
    let mut listed = 0_u64;
    for index in &manifest.openings {
        let text = match folded.openings.get(index) {
            Some(says) => {
                listed = listed.saturating_add(says.count);
                match (says.identity, manifest.identity) {
                    (true, false) => "says that identities were opened, and the manifest that none was",
                    (false, true) => "says that no identity was opened, and the manifest that they were",
                    (true, true) | (false, false) => continue,
                }
            }
            None => "the manifest names it as an OPENING entry, and it is none",
        };
        folded.violations.add(Code::Opening, format!("entry {index}"), text);
    }
    if listed < folded.opened_count {
        let opened = folded.opened_count;
        let text = format!("list {listed} records, and {opened} decisions are opened");
        folded
            .violations
            .add(Code::Opening, "the OPENING entries of the manifest", text);
    }
}

/// Whether each unit that is opened has its receipt.
fn receipts(manifest: &Manifest, drawn: &BTreeSet<LogIndex>, folded: &mut Folded) {
    let held: BTreeSet<LogIndex> = manifest
        .files
        .iter()
        .filter_map(|(path, _)| match path {
            BundlePath::Receipt(index) => Some(*index),
            _ => None,
        })
        .collect();
    for index in drawn {
        if folded.opened.holds(*index) && !held.contains(index) {
            let text = "is not there, and its unit is opened";
            folded.violations.add(Code::Receipt, BundlePath::Receipt(*index), text);
        }
    }
}

/// What is wrong with what a sample is worth; none if it agrees.
pub(super) fn disagreement(agreement: &Agreement) -> Option<String> {
    match agreement {
        Agreement::Equal | Agreement::Partly(_) => None,
        Agreement::Unrecorded => Some("the log holds no result for this period yet".to_owned()),
        Agreement::Different => Some("the log records another sample than the seed draws".to_owned()),
        Agreement::Withheld(withheld) => {
            let count = withheld.len();
            let first = withheld.first().map(ToString::to_string).unwrap_or_default();
            Some(format!(
                "the frames of {count} entries are withheld, of {first} first: no ERASURE entry can account for them"
            ))
        }
    }
}
