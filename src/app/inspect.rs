//! What a bundle opens, read out of it for people: entries with the documents that open their commitments.
//!
//! A second walk through a file that [`super::bundle::verify`] has held to its signed head. One tile is in memory at a
//! time.

use std::io::{BufReader, Read, Seek};

use crate::log::bundle::tar::{TarError, TarReader};
use crate::log::bundle::{BundlePath, LeafView, decode_documents};
use crate::log::tiles::{TILE_WIDTH, TileKind, TilePath, decode_bundle};
use crate::log::{Hash, LogIndex, Origin};

/// An entry with what the bundle opens of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedEntry {
    /// Its place in the log.
    pub index: LogIndex,
    /// Its kind.
    pub kind: String,
    /// When it was logged, seconds since 1970.
    pub logged_seconds: i64,
    /// SHA-256 of the law manifest that it names.
    pub law: Option<Hash>,
    /// Name and version of the program that decided or wrote.
    pub engine: String,
    /// Name and bytes of each opened document, each the one that the entry commits to.
    pub documents: Vec<(String, Vec<u8>)>,
}

/// Hands each wanted entry of a verified bundle to `each`, in the order of the log. `has` says whether the tile from one
/// entry to before another can hold a wanted one; a tile that cannot is not read.
///
/// # Errors
/// [`TarError`]: the file is not the one that was verified any more.
pub fn opened_entries<R: Read + Seek>(
    mut input: R,
    origin: &Origin,
    has: impl Fn(u64, u64) -> bool,
    wanted: impl Fn(LogIndex, &LeafView<'_>) -> bool,
    mut each: impl FnMut(OpenedEntry),
) -> Result<(), TarError> {
    input.rewind()?;
    let origin = origin.to_string();
    let width = u64::from(TILE_WIDTH);
    let mut tar = TarReader::new(BufReader::new(input));
    let mut waiting: Vec<(u8, OpenedEntry)> = Vec::new();
    let mut entries = Vec::new();
    while let Some(member) = tar.next_file()? {
        let Ok(path) = member.path.parse::<BundlePath>() else {
            continue;
        };
        match path {
            BundlePath::Tile(TilePath {
                kind: TileKind::Entries,
                n,
                ..
            }) => {
                // A tile without opened documents has no file of them.
                waiting.drain(..).for_each(|(_, entry)| each(entry));
                if !has(n * width, (n + 1) * width) {
                    continue;
                }
                entries = tar.take(path.size_max())?;
                for (at, bytes) in (0_u8..=u8::MAX).zip(decode_bundle(&entries).unwrap_or_default()) {
                    let index = LogIndex::new(n * width + u64::from(at)).ok();
                    let leaf = index.and_then(|index| Some((index, LeafView::read(bytes, &origin)?)));
                    if let Some((index, leaf)) = leaf.filter(|(index, leaf)| wanted(*index, leaf)) {
                        waiting.push((at, opened(index, &leaf)));
                    }
                }
            }
            BundlePath::Documents(_) if !waiting.is_empty() => {
                let documents = tar.take(path.size_max())?;
                let of_tile = decode_bundle(&entries).unwrap_or_default();
                for document in decode_documents(&documents).unwrap_or_default() {
                    let at = document.place.entry;
                    let leaf = of_tile
                        .get(usize::from(at))
                        .and_then(|bytes| LeafView::read(bytes, &origin));
                    let held = leaf.and_then(|leaf| leaf.document(document.place.document));
                    let entry = waiting.iter_mut().find(|(waits, _)| *waits == at);
                    if let (Some(held), Some((_, entry))) = (held, entry)
                        && document.opens(held.name) == held.commitment
                    {
                        let opened = (held.name.to_owned(), document.content.to_vec());
                        entry.documents.push(opened);
                    }
                }
            }
            _ => {}
        }
    }
    waiting.into_iter().for_each(|(_, entry)| each(entry));
    Ok(())
}

fn opened(index: LogIndex, leaf: &LeafView<'_>) -> OpenedEntry {
    OpenedEntry {
        index,
        kind: leaf.kind.to_owned(),
        logged_seconds: leaf.logged_seconds,
        law: leaf.law,
        engine: leaf.engine(),
        documents: Vec::new(),
    }
}
