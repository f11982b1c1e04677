//! A bundle verified: one walk through the file, every tile judged by some thread, everything put together in order.
//!
//! Memory holds a few tiles at a time and what a report says of all; never the whole bundle. Nothing stops at the first
//! violation: the auditor sees all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, Read, Seek};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use memchr::memmem;

use super::accounts::opened;
use super::files::{BundleFiles, CHECKPOINT_PATH};
use super::fold::{Folded, Wanted};
use super::laws::BundleLaws;
use super::proofs::{check_receipts, checkpoint, consistency, tree};
use super::report::Report;
use super::sample::samples;
use super::tile::{TileFiles, TileResult, TileRules, judge_tile};
use super::violation::{Code, Violations};
use crate::log::bundle::path::MANIFEST_PATH;
use crate::log::bundle::tar::{TarError, TarReader};
use crate::log::bundle::{
    BundlePath, Head, LeafView, MANIFEST_SIZE_MAX_BYTES, Manifest, ManifestError, decode_documents, files_of_tree,
};
use crate::log::checkpoint::Checkpoint;
use crate::log::note::{Note, VerifierKey};
use crate::log::record::EntryKind;
use crate::log::sample::Period;
use crate::log::tiles::{TILE_WIDTH, decode_bundle};
use crate::log::witness::TrustPolicy;
use crate::log::{Hash, LogIndex, TreeSize};

/// What the auditor brings along.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Keys that came by another way than the bundle.
    pub keys: &'a [VerifierKey],
    /// The auditor's own policy: its logs' keys count too, and its witnesses.
    pub policy: Option<&'a TrustPolicy>,
    /// The checkpoint kept from the audit before.
    pub previous: Option<&'a [u8]>,
    /// Periods whose samples the bundle must answer for.
    pub samples: &'a [Period],
    /// Threads that judge tiles.
    pub threads: usize,
    /// Decide again what is opened. Without it a bundle is only held to its hashes.
    pub replay: bool,
}

/// The file is no bundle: there is nothing to judge.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It does not begin like one.
    #[error("not a bundle: {0}")]
    Tar(#[from] TarError),
    /// Its first file is another.
    #[error("not a bundle: its first file is not {MANIFEST_PATH}")]
    NoManifest,
    /// Its manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The kept checkpoint is none.
    #[error("the checkpoint of the audit before cannot be read: give the file that --keep wrote")]
    Previous,
}

/// Buffer before the reader of the tar: for headers and small files. Those of a tile are larger, and are read past it.
pub(super) const BUFFER_SIZE_BYTES: usize = 64 * 1024;

/// Tiles that wait for each thread, so that none is idle while the file is read.
const WAITING_COUNT: usize = 2;

/// Verifies a bundle. `progress` hears of tiles done, and of their number.
///
/// # Errors
/// [`Unreadable`]; everything that does not verify is in the report.
pub fn verify<R: Read + Seek>(
    mut input: R,
    ask: &Ask<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Report, Unreadable> {
    let kept = match ask.previous {
        None => None,
        Some(note) => Some(kept_head(note).ok_or(Unreadable::Previous)?),
    };
    let bytes = input.seek(io::SeekFrom::End(0))?;
    input.rewind()?;
    let mut tar = TarReader::new(BufReader::with_capacity(BUFFER_SIZE_BYTES, &mut input));
    if tar.next_file()?.is_none_or(|member| member.path != MANIFEST_PATH) {
        return Err(Unreadable::NoManifest);
    }
    let manifest_bytes = tar.take(MANIFEST_SIZE_MAX_BYTES)?;
    let manifest = Manifest::parse(&manifest_bytes)?;
    let size = manifest.head.size;
    let edge = |size: TreeSize| size.get() / u64::from(TILE_WIDTH);
    let mut wanted = Wanted {
        edges: [size]
            .into_iter()
            .chain(kept.as_ref().map(|kept| kept.size))
            .map(edge)
            .collect(),
        receipts: receipts(&manifest),
    };
    wanted.edges.extend(manifest.previous.map(|head| edge(head.size)));
    let laws = BundleLaws::new(&manifest.origin);
    let mut folded = Folded::default();
    whole_set(&manifest, &mut folded.violations);
    let mut files = BundleFiles::new(tar, &manifest);
    run(&mut files, &laws, ask, &wanted, &mut folded, &mut progress);
    let BundleFiles {
        small,
        receipts: held,
        above,
        violations,
        ..
    } = files;
    folded.violations.extend(violations);
    let root = folded.root_at(size);
    let text = |path: &str| small.get(path).map_or(&[][..], |bytes| &bytes[..]);
    let signed = checkpoint(&manifest, text(CHECKPOINT_PATH), ask, &mut folded.violations);
    tree(&manifest, root, above, &mut folded);
    let previous = kept.map(|kept| {
        let root = folded.root_at(kept.size);
        let continues = manifest.origin == kept.origin && root == Some(kept.root);
        if !continues {
            let text = if manifest.origin != kept.origin {
                "is that of another log"
            } else if kept.size > size {
                "the log is shorter than the one that was kept: it was cut off, or an old backup was restored"
            } else if root.is_none() {
                "cannot be compared: entries of the bundle up to this size are missing or cannot be read"
            } else {
                "the log had another root at this size: its history was rewritten"
            };
            folded
                .violations
                .add(Code::Previous, format!("checkpoint of size {}", kept.size), text);
        }
        let (size, root) = (kept.size, kept.root);
        (Head { size, root }, continues)
    });
    consistency(&manifest, &small, ask, &mut folded);
    check_receipts(&manifest, &held, &mut folded);
    let samples = samples(&mut input, &manifest, &mut folded);
    for period in ask.samples.iter().filter(|period| !manifest.samples.contains(period)) {
        let text =
            "is asked for, and the bundle does not answer for it: ask the operator for a bundle with this sample";
        folded.violations.add(Code::Sample, format!("sample {period}"), text);
    }
    opened(&manifest, &samples, &mut folded);
    let periods: BTreeSet<_> = folded
        .samples
        .iter()
        .map(|logged| logged.document.period().clone())
        .collect();
    let other_samples = periods
        .into_iter()
        .filter(|period| !manifest.samples.contains(period))
        .collect();
    Ok(Report {
        manifest_hash: Hash::of(&manifest_bytes),
        bytes,
        signed,
        previous,
        root,
        samples,
        other_samples,
        note: String::from_utf8_lossy(text(CHECKPOINT_PATH)).into_owned(),
        folded,
        laws,
        manifest,
    })
}

/// The head of a kept checkpoint. Its signature was verified when it was kept, and its root is compared.
fn kept_head(note: &[u8]) -> Option<Checkpoint> {
    let note = Note::parse(note).ok()?;
    Checkpoint::parse(note.unverified_text()).ok()
}

fn receipts(manifest: &Manifest) -> BTreeSet<LogIndex> {
    let index = |(path, _): &(BundlePath, u64)| match path {
        BundlePath::Receipt(index) => Some(*index),
        _ => None,
    };
    manifest.files.iter().filter_map(index).collect()
}

/// Whether the manifest lists what a tree of this size has, and nothing else.
fn whole_set(manifest: &Manifest, violations: &mut Violations) {
    let size = manifest.head.size;
    let mut listed = manifest.files.iter().map(|(path, _)| *path).peekable();
    let mut wanted = vec![BundlePath::Checkpoint];
    if manifest.previous.is_some() {
        wanted.extend([BundlePath::Previous, BundlePath::Consistency]);
    }
    for path in wanted.into_iter().chain(files_of_tree(size)) {
        while let Some(before) = listed.next_if(|before| before.place() < path.place()) {
            stray(before, manifest, violations);
        }
        if listed
            .next_if(|next| next.place() == path.place())
            .is_some_and(|found| found != path)
        {
            violations.add(Code::Unlisted, path, "stands in another width than the tree has it");
        } else if manifest
            .files
            .binary_search_by_key(&path.place(), |(path, _)| path.place())
            .is_err()
            && !matches!(path, BundlePath::Documents(_))
        {
            violations.add(Code::Missing, path, "the tree has it and the manifest does not list it");
        }
    }
    listed.for_each(|path| stray(path, manifest, violations));
}

/// A file that no tree asks for: some may stand beside.
fn stray(path: BundlePath, manifest: &Manifest, violations: &mut Violations) {
    let may = match path {
        BundlePath::TrustPolicy => true,
        BundlePath::Receipt(_) => path.is_of(manifest.head.size),
        BundlePath::Checkpoint
        | BundlePath::Previous
        | BundlePath::Consistency
        | BundlePath::Tile(_)
        | BundlePath::Documents(_) => false,
    };
    if !may {
        violations.add(
            Code::Unlisted,
            path,
            "the manifest lists it and the tree has no such file",
        );
    }
}

/// The tiles in their order, whoever was done first.
#[derive(Default)]
struct Order {
    next: u64,
    waiting: BTreeMap<u64, TileResult>,
}

impl Order {
    fn add(&mut self, result: TileResult, wanted: &Wanted, folded: &mut Folded) {
        self.waiting.insert(result.n, result);
        while let Some(next) = self.waiting.remove(&self.next) {
            folded.take(next, wanted);
            self.next += 1;
        }
    }
}

/// Judges every tile on the threads of the ask, and folds them in order.
fn run<R: Read>(
    files: &mut BundleFiles<'_, R>,
    laws: &BundleLaws,
    ask: &Ask<'_>,
    wanted: &Wanted,
    folded: &mut Folded,
    progress: &mut impl FnMut(u64, u64),
) {
    let manifest = files.manifest();
    let origin = manifest.origin.to_string();
    let rules = TileRules {
        origin: &origin,
        laws,
        identity: manifest.identity,
        replay: ask.replay,
    };
    let tiles = manifest.head.size.get().div_ceil(u64::from(TILE_WIDTH));
    let mut order = Order::default();
    if ask.threads <= 1 {
        while let Some(tile) = files.next_tile() {
            adopt(&tile, &origin, laws, &mut folded.violations);
            order.add(judge_tile(&tile, &rules), wanted, folded);
            progress(order.next, tiles);
        }
        return;
    }
    // As many tiles as are sent and not folded yet; a thread that is done never waits for this one.
    let open_max = ask.threads * WAITING_COUNT;
    std::thread::scope(|scope| {
        let (jobs, waiting) = sync_channel::<TileFiles>(open_max);
        let (done, results) = sync_channel::<TileResult>(open_max);
        let waiting = std::sync::Arc::new(Mutex::new(waiting));
        for _ in 0..ask.threads {
            let (done, waiting, rules) = (done.clone(), waiting.clone(), &rules);
            scope.spawn(move || {
                loop {
                    let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(files) = job else { return };
                    if done.send(judge_tile(&files, rules)).is_err() {
                        return;
                    }
                }
            });
        }
        drop((done, waiting));
        let mut sent = 0;
        while let Some(tile) = files.next_tile() {
            adopt(&tile, &origin, laws, &mut folded.violations);
            while sent - order.next >= open_max as u64 {
                let Ok(result) = results.recv() else { return };
                order.add(result, wanted, folded);
                progress(order.next, tiles);
            }
            if jobs.send(tile).is_err() {
                return;
            }
            sent += 1;
        }
        drop(jobs);
        for result in results {
            order.add(result, wanted, folded);
            progress(order.next, tiles);
        }
    });
}

/// Whether one of these entries may be of kind POLICY. In canonical JSON these bytes are a member and its value, because
/// within a string every quote has a backslash before it.
fn says_policy(entries: &[u8]) -> bool {
    memmem::find(entries, b"\"kind\":\"POLICY\"").is_some()
}

/// Takes the documents of law of a tile before any decision of it, or of a later one, is decided again.
fn adopt(tile: &TileFiles, origin: &str, laws: &BundleLaws, violations: &mut Violations) {
    let (Some(entries), Some(documents)) = (&tile.entries, &tile.documents) else {
        return;
    };
    // Most tiles have none.
    if !says_policy(entries) {
        return;
    }
    let Ok(entries) = decode_bundle(entries) else { return };
    let policies: BTreeSet<usize> = (0..entries.len()).filter(|at| says_policy(entries[*at])).collect();
    for document in decode_documents(documents).unwrap_or_default() {
        let at = usize::from(document.place.entry);
        if !policies.contains(&at) {
            continue;
        }
        let leaf = LeafView::read(entries[at], origin).filter(|leaf| leaf.known_kind() == Some(EntryKind::Policy));
        let logged_seconds = leaf.as_ref().map_or(0, |leaf| leaf.logged_seconds);
        let committed = leaf.and_then(|leaf| leaf.document(document.place.document));
        let is_law = committed.is_some_and(|held| held.name == "policy" && document.opens("policy") == held.commitment);
        if let Ok(index) = LogIndex::new(tile.n * u64::from(TILE_WIDTH) + at as u64)
            && is_law
            && !laws.adopt(index, logged_seconds, document.content)
        {
            let place = format!("document policy of entry {index}");
            violations.add(Code::Document, place, "is no document of law");
        }
    }
}
