//! The files of a bundle in their order, tile by tile, held against the manifest's list.

use std::collections::BTreeMap;
use std::io::Read;

use super::tile::TileFiles;
use super::violation::{Code, Violations};
use crate::log::bundle::tar::{Member, TarError, TarReader};
use crate::log::bundle::{BundlePath, Manifest};
use crate::log::receipt::Receipt;
use crate::log::tiles::{TileId, TileKind, TilePath};
use crate::log::{Hash, LogIndex, TreeSize};

/// What is read of a bundle after its manifest.
pub(super) struct BundleFiles<'m, R> {
    tar: TarReader<R>,
    manifest: &'m Manifest,
    /// The next file of the list.
    next: usize,
    /// The tile whose files are being read; none after the last.
    open: Option<TileFiles>,
    /// A file of a later tile.
    ahead: Option<(BundlePath, Vec<u8>)>,
    ended: bool,
    /// Checkpoints and proof, by path.
    pub(super) small: BTreeMap<String, Vec<u8>>,
    /// What each receipt proves by, or what is wrong with it. Of its checkpoint nothing is kept: it is the bundle's own.
    pub(super) receipts: Vec<(LogIndex, Result<Vec<Hash>, String>)>,
    /// Tiles above the leaves.
    pub(super) above: Vec<(TilePath, Vec<u8>)>,
    /// What is wrong with the set of files.
    pub(super) violations: Violations,
}

/// The tile of leaves `n` in a tree of this size, without its files yet.
fn tile(n: u64, size: TreeSize) -> Option<TileFiles> {
    let width = TileId { level: 0, n }.width_at(size);
    (width > 0).then(|| TileFiles {
        n,
        width,
        ..TileFiles::default()
    })
}

/// The tile of leaves that a file belongs to.
fn tile_of(path: BundlePath) -> Option<u64> {
    match path {
        BundlePath::Tile(TilePath {
            kind: TileKind::Entries | TileKind::Hashes(0),
            n,
            ..
        })
        | BundlePath::Documents(TilePath { n, .. }) => Some(n),
        _ => None,
    }
}

/// Path of the signed head, which stands before all receipts.
pub(super) const CHECKPOINT_PATH: &str = "checkpoint";

/// The hashes by which a receipt proves an entry under the checkpoint of the bundle, or why it proves nothing.
fn proof_of(index: LogIndex, receipt: &[u8], note: &[u8]) -> Result<Vec<Hash>, String> {
    let receipt = Receipt::parse(receipt).map_err(|error| error.to_string())?;
    if receipt.index() != index {
        Err("is of another entry than its name says".to_owned())
    } else if receipt.unverified_checkpoint().as_bytes() != note {
        Err("is not under the checkpoint of this bundle".to_owned())
    } else {
        Ok(receipt.proof().to_vec())
    }
}

impl<'m, R: Read> BundleFiles<'m, R> {
    /// The files after the manifest.
    pub(super) fn new(tar: TarReader<R>, manifest: &'m Manifest) -> BundleFiles<'m, R> {
        BundleFiles {
            tar,
            manifest,
            next: 0,
            open: tile(0, manifest.head.size),
            ahead: None,
            ended: false,
            small: BTreeMap::new(),
            receipts: Vec::new(),
            above: Vec::new(),
            violations: Violations::default(),
        }
    }

    pub(super) fn manifest(&self) -> &'m Manifest {
        self.manifest
    }

    /// The files of the next tile of leaves, whichever are there; none after the last, when all files are read.
    pub(super) fn next_tile(&mut self) -> Option<TileFiles> {
        while let Some((path, bytes)) = self.ahead.take().or_else(|| self.next_file()) {
            let Some(n) = tile_of(path) else {
                self.beside(path, bytes);
                continue;
            };
            let open = self.open.as_mut()?;
            if n > open.n {
                self.ahead = Some((path, bytes));
                return self.close();
            }
            match path {
                BundlePath::Documents(_) => open.documents = Some(bytes),
                BundlePath::Tile(at) if at.kind == TileKind::Entries => open.entries = Some(bytes),
                _ => open.hashes = Some(bytes),
            }
        }
        self.close()
    }

    fn close(&mut self) -> Option<TileFiles> {
        let done = self.open.take()?;
        self.open = tile(done.n + 1, self.manifest.head.size);
        Some(done)
    }

    fn beside(&mut self, path: BundlePath, bytes: Vec<u8>) {
        match path {
            BundlePath::Tile(at) => self.above.push((at, bytes)),
            BundlePath::Receipt(index) => {
                let note = self.small.get(CHECKPOINT_PATH).map_or(&[][..], |note| &note[..]);
                self.receipts.push((index, proof_of(index, &bytes, note)));
            }
            path => {
                self.small.insert(path.to_string(), bytes);
            }
        }
    }

    /// The next file that the manifest lists and that a tree of this size can have.
    fn next_file(&mut self) -> Option<(BundlePath, Vec<u8>)> {
        while !self.ended {
            let member = match self.tar.next_file() {
                Ok(Some(member)) => member,
                Ok(None) => {
                    self.end();
                    return None;
                }
                Err(error) => {
                    self.broken(&error);
                    return None;
                }
            };
            let Some(path) = self.listed(&member) else { continue };
            match self.tar.take(path.size_max()) {
                Ok(bytes) if path.is_of(self.manifest.head.size) => return Some((path, bytes)),
                // That no tree of this size has it was said of the manifest.
                Ok(_) => {}
                Err(error @ TarError::TooLarge { .. }) => self.violations.add(Code::Tar, path, error),
                Err(error) => {
                    self.broken(&error);
                    return None;
                }
            }
        }
        None
    }

    /// The path of a file, if the manifest lists it here or later.
    fn listed(&mut self, member: &Member) -> Option<BundlePath> {
        let unlisted = "is in the bundle and the manifest does not list it here";
        let path: Option<BundlePath> = member.path.parse().ok();
        let rest = self.manifest.files.get(self.next..).unwrap_or_default();
        let at = path.and_then(|path| {
            let at = rest
                .binary_search_by_key(&path.place(), |(path, _)| path.place())
                .ok()?;
            (rest[at].0 == path).then_some(at)
        });
        let (Some(path), Some(at)) = (path, at) else {
            self.violations.add(Code::Unlisted, &member.path, unlisted);
            return None;
        };
        for (missing, _) in &rest[..at] {
            let text = "the manifest lists it and it is not there";
            self.violations.add(Code::Missing, missing, text);
        }
        let size = rest[at].1;
        if size != member.size {
            let text = format!("has {} bytes and the manifest says {size}", member.size);
            self.violations.add(Code::Size, path, text);
        }
        self.next += at + 1;
        Some(path)
    }

    fn broken(&mut self, error: &TarError) {
        self.violations.add(Code::Tar, "the bundle", error);
        self.end();
    }

    fn end(&mut self) {
        self.ended = true;
        let rest = self.manifest.files.get(self.next..).unwrap_or_default();
        for (missing, _) in rest {
            let text = "the manifest lists it and it is not there";
            self.violations.add(Code::Missing, missing, text);
        }
        self.next = self.manifest.files.len();
    }
}
