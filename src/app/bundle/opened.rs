//! The opened documents of a tile, held against the entries that commit to them.

use crate::log::bundle::leaf::LeafDocument;
use crate::log::bundle::{LeafView, PlacedDocument, commitments};
use crate::log::record::entry::DOCUMENT_COUNT_MAX;

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

/// The documents of one entry that open it: few, so that they need no room of their own.
#[derive(Default)]
pub(super) struct Good<'a> {
    documents: [(&'a str, &'a [u8]); DOCUMENT_COUNT_MAX],
    count: usize,
}

impl<'a> Good<'a> {
    /// Beyond as many as an entry can commit to there are none.
    pub(super) fn add(&mut self, name: &'a str, content: &'a [u8]) {
        if let Some(next) = self.documents.get_mut(self.count) {
            *next = (name, content);
            self.count += 1;
        }
    }

    /// The content of a document by its name.
    pub(super) fn find(&self, name: &str) -> Option<&'a [u8]> {
        let good = self.documents[..self.count].iter();
        good.copied()
            .find_map(|(held, content)| (held == name).then_some(content))
    }
}
