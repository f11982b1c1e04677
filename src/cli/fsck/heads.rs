//! The heads that F8 compares the logs with: the marks of this machine and checkpoints that were kept as files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::app::fsck::KeptHead;
use crate::app::high_water::HighWaterFolder;
use crate::area::AreaCode;
use crate::cli::Failure;
use crate::log::Origin;
use crate::log::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::log::note::{NOTE_SIZE_MAX_BYTES, Note, VerifierKey};
use crate::log::sequencer::HighWater as _;

/// Who keeps the marks, in a finding.
const HIGH_WATER: &str = "the high-water mark of this machine";

/// Heads of logs, from outside of the database.
pub struct Heads {
    marks: Vec<Checkpoint>,
    files: Vec<KeptFile>,
}

/// A note that was kept.
struct KeptFile {
    path: PathBuf,
    note: Vec<u8>,
    origin: Origin,
}

impl Heads {
    /// Reads the folder of the marks and the files. Read them before the heads of the database: a log may grow
    /// meanwhile, and a mark never lies above its database.
    pub fn read(folder: &Path, files: &[PathBuf]) -> Result<Heads, Failure> {
        let marks = HighWaterFolder::open(folder).map_err(|error| Failure::usage(error.to_string()))?;
        let marks = marks.marks().into_iter().map(|mark| mark.checkpoint).collect();
        let files = files.iter().map(|path| kept(path)).collect::<Result<_, _>>()?;
        Ok(Heads { marks, files })
    }

    /// The logs that heads are kept of and that are not among these, of an area if one is asked for.
    pub fn absent(&self, present: &[Origin], area: Option<AreaCode>) -> BTreeSet<Origin> {
        let kept = self.files.iter().map(|file| &file.origin);
        let seen = self.marks.iter().map(|mark| &mark.origin).chain(kept);
        seen.filter(|origin| !present.contains(origin))
            .filter(|origin| area.is_none_or(|area| origin.area() == area.without_township()))
            .cloned()
            .collect()
    }

    /// The heads of a log. A file must be signed by the log's key: whoever could hand in any text would raise alarms.
    /// A mark needs no signature to count, it comes from the folder that this machine wrote.
    pub fn of_log(&self, origin: &Origin, keys: &[VerifierKey]) -> Result<Vec<KeptHead>, Failure> {
        let marks = self.marks.iter().filter(|mark| mark.origin == *origin);
        let mut heads: Vec<KeptHead> = marks.map(|mark| head(HIGH_WATER.to_owned(), mark)).collect();
        for file in self.files.iter().filter(|file| file.origin == *origin) {
            let path = file.path.display();
            let signed = SignedCheckpoint::verify(&file.note, keys)
                .map_err(|error| Failure::usage(format!("{path}: {error}")))?;
            heads.push(head(path.to_string(), signed.checkpoint()));
        }
        Ok(heads)
    }
}

fn head(keeper: String, checkpoint: &Checkpoint) -> KeptHead {
    KeptHead {
        keeper,
        size: checkpoint.size,
        root: checkpoint.root,
    }
}

fn kept(path: &Path) -> Result<KeptFile, Failure> {
    let note = read(path)?;
    let wrong = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    let parsed = Note::parse(&note).map_err(|error| wrong(&error))?;
    let checkpoint = Checkpoint::parse(parsed.unverified_text()).map_err(|error| wrong(&error))?;
    Ok(KeptFile {
        path: path.to_owned(),
        origin: checkpoint.origin,
        note,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let limit = NOTE_SIZE_MAX_BYTES as u64 + 1;
    std::fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| Failure::file(path, &error))?;
    Ok(bytes)
}
