//! The opened documents of a tile, held against the entries that commit to them.

use crate::log::bundle::leaf::LeafDocument;
use crate::log::bundle::{LeafView, PlacedDocument, commitments};

/// A document of a tile, held against its entry.
pub(super) struct Opened<'a> {
    pub(super) document: &'a PlacedDocument<'a>,
    /// What its entry says of it; none where it says nothing.
    pub(super) committed: Option<LeafDocument<'a>>,
    /// Whether it is the document that its entry commits to.
    pub(super) opens: bool,
}

/// Opens the documents of the entries from one on: together, because their hashes are most of the work.
pub(super) fn opened<'a>(
    leaves: &[Option<LeafView<'a>>],
    from: usize,
    documents: &'a [PlacedDocument<'a>],
) -> Vec<Opened<'a>> {
    let committed = |document: &PlacedDocument<'_>| {
        let at = usize::from(document.place.entry).checked_sub(from)?;
        let leaf = leaves.get(at)?.as_ref()?;
        leaf.document(document.place.document)
    };
    let mut opened: Vec<Opened<'a>> = documents
        .iter()
        .map(|document| Opened {
            document,
            committed: committed(document),
            opens: false,
        })
        .collect();
    let named = |one: &Opened<'a>| Some((one.committed?.name, one.document));
    let hashes = commitments(opened.iter().filter_map(named));
    let known = opened
        .iter_mut()
        .filter_map(|one| Some((one.committed?, &mut one.opens)));
    for ((committed, opens), hash) in known.zip(hashes) {
        *opens = hash == committed.commitment;
    }
    opened
}
