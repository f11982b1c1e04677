//! A bundle made out of a database: openings first, then the log up to a checkpoint that holds them.
//!
//! The order is the point: every sealed document that leaves is named in an OPENING entry that was durable before it
//! left, and the bundle's own tree shows that entry. The files are written beside the bundle first, because the
//! manifest that precedes them says how large they are; the bundle appears whole or not at all.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};

use super::super::caller::Caller;
use super::super::command::OpeningPurpose;
use super::super::error::AppError;
use super::super::public_log::PublicLogs;
use super::super::{App, ENGINE};
use super::opening::open_records;
use super::tile_files::TileMaker;
use crate::area::AreaCode;
use crate::log::bundle::tar::{TarError, TarWriter, header, padding};
use crate::log::bundle::{BundlePath, Head, Manifest, Opened, files_of_tree};
use crate::log::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::log::merkle::{consistency_nodes, inclusion_nodes, prove_consistency, prove_inclusion};
use crate::log::receipt::Receipt;
use crate::log::record::EntryKind;
use crate::log::sample::{Period, framed};
use crate::log::{LogIndex, TreeSize};
use crate::store::{LogRow, RANGE_ROW_COUNT_MAX};
use crate::whole_file::{self, Readers, WholeFile};

/// Why documents are opened: what the OPENING entries say.
#[derive(Clone, Debug)]
pub struct OpenFor {
    /// What for.
    pub purpose: OpeningPurpose,
    /// The assignment, order or file that it belongs to. Sealed.
    pub reference: String,
    /// Identities too; needs a grant of its own.
    pub identity: bool,
}

/// What a bundle is to hold.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The area whose open log it is.
    pub area: AreaCode,
    /// Which decisions are opened.
    pub opened: Opened,
    /// The periods whose samples it answers for.
    pub samples: Vec<Period>,
    /// Why.
    pub open_for: OpenFor,
    /// The checkpoint of the audit before.
    pub previous: Option<Vec<u8>>,
    /// The operator's tlog-policy.
    pub trust_policy: Option<Vec<u8>>,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The manifest.
    pub manifest: Manifest,
    /// Decisions that are opened.
    pub opened: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why a bundle could not be made. Openings that were recorded stay recorded.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The log, or a use case.
    #[error(transparent)]
    App(#[from] AppError),
    /// The file system refused.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// A file that has no place in a tar.
    #[error(transparent)]
    Tar(#[from] TarError),
    /// The area has no log, or no entry yet.
    #[error("areas/{0} has no log with entries")]
    NoLog(AreaCode),
    /// The kept checkpoint is not one that this log signed.
    #[error("the checkpoint of --since is not one of this log: {0}")]
    Previous(#[from] CheckpointError),
    /// The log does not continue it.
    #[error("the log does not continue the checkpoint of --since: keep both, and run doudi fsck --kept")]
    Forked,
    /// A sample is not drawn yet.
    #[error("the sample of {0} is not drawn: draw it first, or leave it out")]
    NotDrawn(Period),
    /// The opened documents of one tile are too large.
    #[error("the opened documents of entries {from} to {to} have more than 256 MiB: open a sample instead of all")]
    TooLarge {
        /// First entry.
        from: u64,
        /// Last entry.
        to: u64,
    },
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Openings are recorded; counted in records.
    Opening,
    /// Files are written; counted in tiles.
    Writing,
}

/// Makes a bundle and writes it to `path`, which must not exist. `progress` hears how much of each phase is done.
///
/// # Errors
/// [`MakeError`].
pub async fn make(
    app: &App,
    caller: &Caller,
    choice: &Choice,
    path: &Path,
    mut progress: impl FnMut(Phase, u64, u64) + Send,
) -> Result<Made, MakeError> {
    let area = choice.area.without_township();
    let log = app.store.log_of_area(area).await.map_err(AppError::from)?;
    let log = log.ok_or(MakeError::NoLog(area))?;
    let keys = app.verifier_keys(&log.origin)?;
    let previous = choice
        .previous
        .as_deref()
        .map(|note| SignedCheckpoint::verify(note, &keys))
        .transpose()?;
    // An opening stands for ever: whatever may yet fail is tried before one is recorded.
    let body = whole_file::nameless_beside(path).map_err(|error| failed(path, error))?;
    let logs = PublicLogs::new(std::sync::Arc::clone(&app.store));
    let newest = async || -> Result<_, MakeError> {
        let checkpoint = logs.checkpoint(log.log_id).await?.ok_or(MakeError::NoLog(area))?;
        let signed = SignedCheckpoint::verify(checkpoint.note.as_bytes(), &keys)?;
        Ok((checkpoint, signed))
    };
    if let Some(previous) = &previous {
        let (_, signed) = newest().await?;
        consistency(app, &log, previous, &signed).await?;
    }
    let asked = Asked::of(app, &log, choice).await?;
    let opened = open_records(app, caller, &log, &asked.records, choice, |done, all| {
        progress(Phase::Opening, done, all);
    })
    .await?;
    // After the openings, so that the tree of the bundle holds them.
    let (checkpoint, signed) = newest().await?;
    let mut body = Body {
        tar: TarWriter::new(BufWriter::with_capacity(1 << 20, body)),
        files: Vec::new(),
    };
    body.add(BundlePath::Checkpoint, checkpoint.note.as_bytes())?;
    if let Some(policy) = &choice.trust_policy {
        body.add(BundlePath::TrustPolicy, policy)?;
    }
    if let Some(previous) = &previous {
        let proof = consistency(app, &log, previous, &signed).await?;
        body.add(BundlePath::Previous, choice.previous.as_deref().unwrap_or_default())?;
        body.add(BundlePath::Consistency, proof.as_bytes())?;
    }
    let maker = TileMaker {
        app,
        log: &log,
        opened: &opened,
        ranges: &asked.ranges,
        selections: &asked.selections,
        identity: choice.open_for.identity,
    };
    let tiles = checkpoint.size.get().div_ceil(u64::from(crate::log::tiles::TILE_WIDTH));
    let mut done = 0;
    for file in files_of_tree(checkpoint.size) {
        match file {
            BundlePath::Documents(tile) => {
                let documents = maker.documents(tile).await?;
                if !documents.is_empty() {
                    body.add(file, &documents)?;
                }
                done += 1;
                progress(Phase::Writing, done, tiles);
            }
            BundlePath::Tile(tile) => {
                let bytes = logs
                    .tile(log.log_id, tile)
                    .await?
                    .ok_or(AppError::corrupt("a tile of the log is missing"))?;
                body.add(file, &bytes)?;
            }
            _ => {}
        }
    }
    for index in asked.units.iter().filter(|index| opened.holds(**index)) {
        let receipt = receipt(app, &log, *index, &signed).await?;
        body.add(BundlePath::Receipt(*index), receipt.to_string().as_bytes())?;
    }
    let manifest = Manifest {
        engine: ENGINE.to_owned(),
        origin: log.origin.clone(),
        head: Head {
            size: checkpoint.size,
            root: checkpoint.root,
        },
        previous: previous.map(|previous| Head {
            size: previous.checkpoint().size,
            root: previous.checkpoint().root,
        }),
        opened: choice.opened,
        identity: choice.open_for.identity,
        openings: opened.openings.clone(),
        samples: asked.samples,
        unopened: opened.unopened.clone(),
        files: body.files,
    };
    let writer = body.tar.finish()?;
    let files = writer.into_inner().map_err(|error| failed(path, error.into_error()))?;
    let bytes = assemble(path, files, &manifest.to_bytes())?;
    Ok(Made {
        manifest,
        opened: opened.decisions,
        bytes,
    })
}

/// What the choice means in this log.
struct Asked {
    /// Records to open: decisions and findings, ascending.
    records: Vec<LogIndex>,
    samples: Vec<Period>,
    /// The ranges that samples are drawn from.
    ranges: Vec<(LogIndex, TreeSize)>,
    /// Results whose selection is given.
    selections: BTreeSet<LogIndex>,
    /// Units and reserves.
    units: BTreeSet<LogIndex>,
}

impl Asked {
    async fn of(app: &App, log: &LogRow, choice: &Choice) -> Result<Asked, MakeError> {
        let samples: BTreeSet<Period> = choice.samples.iter().cloned().collect();
        let mut asked = Asked {
            records: Vec::new(),
            samples: samples.into_iter().collect(),
            ranges: Vec::new(),
            selections: BTreeSet::new(),
            units: BTreeSet::new(),
        };
        let held = app.samples(choice.area).await?;
        for period in &asked.samples {
            let round = held.round(period);
            let not_drawn = || MakeError::NotDrawn(period.clone());
            let (_, request) = round.request().ok_or_else(not_drawn)?;
            let (_, _, selection) = app.selection(&held, &round).await?.ok_or_else(not_drawn)?;
            asked.ranges.push((request.from, request.to));
            asked.selections.extend(round.result().map(|(index, _)| *index));
            for stratum in &selection.strata {
                asked.units.extend(stratum.units.iter().chain(&stratum.reserve));
            }
        }
        let head = app.store.head(log.log_id).await.map_err(AppError::from)?;
        let size = head.map_or(0, |head| head.size.get());
        let mut from = 0;
        while from < size {
            let to = size.min(from + RANGE_ROW_COUNT_MAX);
            let rows = app
                .store
                .records_between(log.log_id, from, to)
                .await
                .map_err(AppError::from)?;
            let wanted = rows.into_iter().filter(|row| {
                let is = |kind: EntryKind| kind.name() == row.kind;
                let decision = EntryKind::ALL.into_iter().any(|kind| framed(kind) && is(kind));
                let drawn = choice.opened == Opened::Sample && asked.units.contains(&row.index);
                is(EntryKind::Finding) || decision && (choice.opened == Opened::All || drawn)
            });
            asked.records.extend(wanted.map(|row| row.index));
            from = to;
        }
        Ok(asked)
    }
}

/// The files as they are written.
struct Body {
    tar: TarWriter<BufWriter<File>>,
    files: Vec<(BundlePath, u64)>,
}

impl Body {
    fn add(&mut self, path: BundlePath, bytes: &[u8]) -> Result<(), MakeError> {
        self.tar.add(&path.to_string(), bytes)?;
        self.files.push((path, bytes.len() as u64));
        Ok(())
    }
}

/// The proof that the log continues a head, one hash a line.
async fn consistency(
    app: &App,
    log: &LogRow,
    previous: &SignedCheckpoint,
    signed: &SignedCheckpoint,
) -> Result<String, MakeError> {
    let (older, newer) = (previous.checkpoint(), signed.checkpoint());
    let plan = consistency_nodes(older.size, newer.size).map_err(|_| MakeError::Forked)?;
    let nodes = app.store.nodes(log.log_id, &plan).await.map_err(AppError::from)?;
    let proof = prove_consistency(&nodes, older.size, newer.size)
        .map_err(|_| AppError::corrupt("nodes of the tree are missing"))?;
    crate::log::merkle::verify_consistency(older.size, &older.root, newer.size, &newer.root, &proof)
        .map_err(|_| MakeError::Forked)?;
    Ok(proof.iter().map(|hash| hash.to_base64() + "\n").collect())
}

async fn receipt(app: &App, log: &LogRow, index: LogIndex, signed: &SignedCheckpoint) -> Result<Receipt, MakeError> {
    let corrupt = |_| AppError::corrupt("nodes of the tree are missing");
    let size = signed.checkpoint().size;
    let plan = inclusion_nodes(index, size).map_err(corrupt)?;
    let nodes = app.store.nodes(log.log_id, &plan).await.map_err(AppError::from)?;
    let proof = prove_inclusion(&nodes, index, size).map_err(corrupt)?;
    Ok(Receipt::new(index, proof, signed))
}

fn failed(path: &Path, error: io::Error) -> MakeError {
    let path = path.to_owned();
    MakeError::File { path, error }
}

/// Puts the manifest before the files, and the bundle into its place. Its size in bytes.
fn assemble(path: &Path, mut body: File, manifest: &[u8]) -> Result<u64, MakeError> {
    let error_of = |error| failed(path, error);
    let size = manifest.len() as u64;
    let mut out = WholeFile::begin(path, Readers::AsUsual).map_err(error_of)?;
    out.write_all(&header(crate::log::bundle::path::MANIFEST_PATH, size)?)
        .map_err(error_of)?;
    out.write_all(manifest).map_err(error_of)?;
    out.write_all(&vec![0; padding(size)]).map_err(error_of)?;
    body.rewind().map_err(error_of)?;
    io::copy(&mut body, &mut out).map_err(error_of)?;
    let bytes = out.as_file().metadata().map_err(error_of)?.len();
    out.replace(path).map_err(error_of)?;
    Ok(bytes)
}
