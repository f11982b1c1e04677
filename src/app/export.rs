//! The public files of a log written to a folder, for a web server or an object store.
//!
//! Immutable files are written once and never again; one that differs stops the export. The checkpoint comes last,
//! so that the folder never promises what it does not hold yet.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::AppError;
use super::public_log::{PublicLogs, files_between};
use crate::log::checkpoint::Checkpoint;
use crate::log::merkle::{root_nodes, root_of};
use crate::log::note::Note;
use crate::log::{Hash, Origin, TreeSize};
use crate::store::{LogId, LogRow};
use crate::whole_file::{self, Readers};

/// What was exported of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The log.
    pub origin: Origin,
    /// Size of the tree in the folder before.
    pub before: TreeSize,
    /// Size of the tree in the folder now.
    pub size: TreeSize,
    /// Root of that tree.
    pub root: Hash,
    /// Files that were written.
    pub written: u64,
    /// Files that were there already, byte for byte the same.
    pub kept: u64,
}

/// Why an export stopped. What was written before is right, and the checkpoint in the folder is still true.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] AppError),
    /// The file system refused.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: std::io::Error,
    },
    /// A file that never changes has other bytes than the log's.
    #[error("{}: its bytes are not those of the log: find out who changed it, then export to an empty folder", .0.display())]
    Differs(PathBuf),
    /// The checkpoint in the folder is not one of this log.
    #[error("{}: this checkpoint is not of the log {origin}: export to another folder", path.display())]
    Stranger {
        /// The checkpoint's file.
        path: PathBuf,
        /// The log.
        origin: Origin,
    },
    /// The folder shows a larger tree or another history than the database has.
    #[error(
        "{}: the folder shows {shown} entries that are not the beginning of the database's {held}: \
         an old backup or a rewritten log; keep the folder and run fsck", path.display()
    )]
    Forked {
        /// The checkpoint's file.
        path: PathBuf,
        /// Size in the folder.
        shown: TreeSize,
        /// Size in the database.
        held: TreeSize,
    },
}

/// Exports one log into `folder/<area>/<epoch>`. `check_all` compares every file that is there, not only those
/// that may be new. `progress` hears how many files of how many are done. None of a log without entries.
///
/// # Errors
/// [`ExportError`].
pub async fn export(
    logs: &PublicLogs,
    log: &LogRow,
    folder: &Path,
    check_all: bool,
    mut progress: impl FnMut(u64, u64),
) -> Result<Option<Exported>, ExportError> {
    let Some(checkpoint) = logs.checkpoint(log.log_id).await? else {
        return Ok(None);
    };
    let area = log.origin.area().to_string();
    let folder = folder.join(area).join(log.origin.epoch().to_string());
    let shown = shown_before(logs, log, &folder, checkpoint.size).await?;
    let from = if check_all { TreeSize::EMPTY } else { shown };
    let files = files_between(from, checkpoint.size);
    let mut exported = Exported {
        origin: log.origin.clone(),
        before: shown,
        size: checkpoint.size,
        root: checkpoint.root,
        written: 0,
        kept: 0,
    };
    let total = files.len() as u64 + 1;
    for file in files {
        let bytes = logs
            .tile(log.log_id, file)
            .await?
            .ok_or(AppError::corrupt("a tile of the log is missing"))?;
        if add(&folder.join(file.to_string()), &bytes)? {
            exported.written += 1;
        } else {
            exported.kept += 1;
        }
        progress(exported.written + exported.kept, total);
    }
    let path = folder.join("checkpoint");
    if fs::read(&path).is_ok_and(|there| there == checkpoint.note.as_bytes()) {
        exported.kept += 1;
    } else {
        replace(&path, checkpoint.note.as_bytes())?;
        exported.written += 1;
    }
    progress(total, total);
    Ok(Some(exported))
}

/// Size of the tree that the folder shows, after checking that the log only grew out of it.
async fn shown_before(logs: &PublicLogs, log: &LogRow, folder: &Path, held: TreeSize) -> Result<TreeSize, ExportError> {
    let path = folder.join("checkpoint");
    let note = match fs::read(&path) {
        Ok(note) => note,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(TreeSize::EMPTY),
        Err(error) => return Err(ExportError::File { path, error }),
    };
    let shown = Note::parse(&note)
        .ok()
        .and_then(|note| Checkpoint::parse(note.unverified_text()).ok());
    let Some(shown) = shown.filter(|shown| shown.origin == log.origin) else {
        let origin = log.origin.clone();
        return Err(ExportError::Stranger { path, origin });
    };
    if shown.size > held || root_at(logs, log.log_id, shown.size).await? != Some(shown.root) {
        let shown = shown.size;
        return Err(ExportError::Forked { path, shown, held });
    }
    Ok(shown.size)
}

async fn root_at(logs: &PublicLogs, log: LogId, size: TreeSize) -> Result<Option<Hash>, AppError> {
    let nodes = logs.store().nodes(log, &root_nodes(size)).await?;
    Ok(root_of(&nodes, size).ok())
}

/// Adds a file that never changes. Whether it was written; not, if it was there with these bytes.
fn add(path: &Path, bytes: &[u8]) -> Result<bool, ExportError> {
    match fs::read(path) {
        Ok(there) if there == bytes => Ok(false),
        Ok(_) => Err(ExportError::Differs(path.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            replace(path, bytes)?;
            Ok(true)
        }
        Err(error) => Err(ExportError::File {
            path: path.to_owned(),
            error,
        }),
    }
}

/// Writes a file whole or not at all, and the folders that it stands in.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let failed = |error: std::io::Error| ExportError::File {
        path: path.to_owned(),
        error,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    whole_file::replace(path, bytes, Readers::AsUsual).map_err(failed)
}
