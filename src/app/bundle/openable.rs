//! Which documents of an entry a bundle must open, and which it may (`FORMAT.md`, sections 5 and 20): whatever else is
//! opened is disclosed to whoever holds the bundle, and no OPENING entry counts it.

use super::opened::Opened;
use super::violation::{Code, Violations};
use crate::log::LogIndex;
use crate::log::bundle::LeafView;
use crate::log::record::{EntryKind, Protection, slots};
use crate::log::sample::framed;

/// Holds the documents that are there to those that its entry and its kind ask for.
pub(super) fn judge(
    index: LogIndex,
    leaf: &LeafView<'_>,
    there: &[Opened<'_>],
    identity: bool,
    violations: &mut Violations,
) {
    let place = |name: &str| format!("document {name} of entry {index}");
    let is_there = |name: &str| {
        let mut names = there.iter().filter_map(|one| one.committed);
        names.any(|committed| committed.name == name)
    };
    let kind = leaf.known_kind().filter(|kind| slots(*kind).is_some());
    for slot in kind.and_then(slots).unwrap_or_default() {
        let is_public = slot.protection == Protection::Public;
        let is_committed = leaf.documents().any(|document| document.name == slot.name);
        if !is_committed && !slot.optional && (is_public || kind == Some(EntryKind::Finding)) {
            let text = "is what its kind of entry says, and its entry commits to none";
            violations.add(Code::DocumentMissing, place(slot.name), text);
        } else if is_committed && is_public && !is_there(slot.name) {
            violations.add(
                Code::DocumentMissing,
                place(slot.name),
                "is public and not in the bundle",
            );
        }
    }
    for name in there.iter().filter_map(|one| Some(one.committed?.name)) {
        if name == IDENTITY && !identity {
            let text = "the manifest says that no identity is opened";
            violations.add(Code::DocumentUnasked, place(name), text);
        } else if kind.is_some_and(|kind| !may_be_opened(kind, name)) {
            let text = "is sealed, and no bundle opens it of an entry of this kind";
            violations.add(Code::DocumentUnasked, place(name), text);
        }
    }
}

/// The document of names, ID numbers and bank accounts.
const IDENTITY: &str = "identity";

/// Whether a bundle may open a document of this name of entries of a kind.
fn may_be_opened(kind: EntryKind, name: &str) -> bool {
    let mut slots = slots(kind).unwrap_or_default().iter();
    let opens = |protection| match protection {
        Protection::Public => true,
        Protection::Identity => framed(kind),
        Protection::Content => framed(kind) || matches!(kind, EntryKind::SampleResult | EntryKind::Finding),
        Protection::Entry => false,
    };
    slots.any(|slot| slot.name == name && opens(slot.protection))
}

/// Whether this version knows which documents entries of a kind have. What others say is held to its hashes alone.
pub(super) fn is_known(kind: &str) -> bool {
    let known = EntryKind::ALL.into_iter().find(|known| known.name() == kind);
    known.is_some_and(|known| slots(known).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bundle_may_open_is_what_format_md_lists() {
        let sealed = |kind: EntryKind| -> Vec<&str> {
            let slots = slots(kind).unwrap_or_default().iter();
            let sealed = slots.filter(|slot| slot.protection != Protection::Public);
            sealed
                .filter(|slot| may_be_opened(kind, slot.name))
                .map(|slot| slot.name)
                .collect()
        };
        for kind in EntryKind::ALL {
            let expected: &[&str] = match kind {
                EntryKind::Determination | EntryKind::Correction => &["identity", "facts", "determination", "frame"],
                EntryKind::SampleResult => &["selection"],
                EntryKind::Finding => &["finding"],
                _ => &[],
            };
            assert_eq!(sealed(kind), expected, "{kind}");
            assert!(!may_be_opened(kind, "note"), "{kind}");
        }
    }
}
