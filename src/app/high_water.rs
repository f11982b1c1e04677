//! The high-water marks of the logs in a folder beside the database: one small file a log, written in place.
//!
//! A file has two slots of [`SLOT_SIZE_BYTES`]. A mark is written over the smaller one, so that a torn write leaves the
//! other; processes that share the folder take turns by a lock on the file, and a witness holds its folder alone.
//! `src/log/FORMAT.md` section 12.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::log::checkpoint::Checkpoint;
use crate::log::note::Note;
use crate::log::sequencer::{HighWater, Mark, Raised};
use crate::log::{Hash, Origin};
use crate::whole_file::{self, Readers, WholeFile};

/// Room for a mark: a checkpoint with several signatures. A page, which disks write whole.
pub const SLOT_SIZE_BYTES: usize = 4096;

/// How the name of a file ends.
const EXTENSION: &str = "mark";

/// The file whose lock says that one process has the folder for itself.
const LOCK_FILE: &str = "lock";

/// Why the marks of a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HighWaterError {
    /// The folder or a file in it cannot be read.
    #[error("the high-water mark {path} cannot be read: {cause}: give the service access to it")]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The folder cannot be written.
    #[error("the folder of the high-water marks {path} cannot be written: {cause}: name another one by --high-water")]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Another process holds the folder for itself.
    #[error("another process holds {path}: stop it, or give this one a folder of its own that no other ever had")]
    Held {
        /// The folder.
        path: PathBuf,
    },
    /// Neither slot holds a mark.
    #[error(
        "the high-water mark {path} is damaged: compare the log with its witnesses and with kept receipts, \
         then move the file away"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// The marks of one folder.
pub struct HighWaterFolder {
    folder: PathBuf,
    marks: Vec<Mark>,
    files: Mutex<BTreeMap<Origin, File>>,
    // The system unlocks it when the process ends, however it ends.
    _held: Option<File>,
}

impl HighWaterFolder {
    /// Reads the marks; a folder that does not exist yet has none.
    ///
    /// # Errors
    /// [`HighWaterError`]; a damaged mark is never taken for none.
    pub fn open(folder: &Path) -> Result<HighWaterFolder, HighWaterError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |cause| HighWaterError::Io { path, cause }
        };
        let mut marks = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => Some(entries),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(folder)(error)),
        };
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(failed(folder))?.path();
            if path.extension().is_none_or(|extension| extension != EXTENSION) {
                continue;
            }
            let file = File::open(&path).map_err(failed(&path))?;
            file.lock_shared().map_err(failed(&path))?;
            let [first, second] = slots(&file).map_err(failed(&path))?;
            let newest = [first, second]
                .into_iter()
                .flatten()
                .max_by_key(|mark| mark.checkpoint.size);
            marks.push(newest.ok_or(HighWaterError::Damaged { path })?);
        }
        Ok(HighWaterFolder {
            folder: folder.to_owned(),
            marks,
            files: Mutex::default(),
            _held: None,
        })
    }

    /// The same for one process alone, for as long as the value lives: a witness that remembers what it cosigned. It is
    /// held before the marks are read, so that nobody raises them between.
    ///
    /// # Errors
    /// Also [`HighWaterError::Held`].
    pub fn hold(folder: &Path) -> Result<HighWaterFolder, HighWaterError> {
        let unwritable = |cause| HighWaterError::Unwritable {
            path: folder.to_owned(),
            cause,
        };
        std::fs::create_dir_all(folder).map_err(unwritable)?;
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false);
        let lock = options.open(folder.join(LOCK_FILE)).map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = folder.to_owned();
                return Err(HighWaterError::Held { path });
            }
            Err(TryLockError::Error(cause)) => return Err(unwritable(cause)),
        }
        let opened = HighWaterFolder::open(folder)?;
        Ok(HighWaterFolder {
            _held: Some(lock),
            ..opened
        })
    }

    /// Makes the folder and tries it, before the first entry would find that no mark can be written.
    ///
    /// # Errors
    /// [`HighWaterError::Unwritable`].
    pub fn prepare(folder: &Path) -> Result<(), HighWaterError> {
        let tried = std::fs::create_dir_all(folder)
            .and_then(|()| whole_file::nameless_beside(&folder.join(EXTENSION)))
            .and_then(|mut file| file.write_all(b"doudi"));
        tried.map_err(|cause| HighWaterError::Unwritable {
            path: folder.to_owned(),
            cause,
        })
    }

    /// The open file of the log of a mark.
    fn file(&self, mark: &Mark) -> io::Result<File> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = &mark.checkpoint.origin;
        if let Some(file) = files.get(origin) {
            return file.try_clone();
        }
        let path = self
            .folder
            .join(format!("{}.{EXTENSION}", origin.to_string().replace('/', "_")));
        if !path.exists() {
            self.begin(&path, mark)?;
        }
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        files.insert(origin.clone(), file.try_clone()?);
        Ok(file)
    }

    /// Makes the file of a log with its first mark: it is never there without one, whenever the power is cut.
    fn begin(&self, path: &Path, mark: &Mark) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let file = WholeFile::begin(path, Readers::Owner)?;
        // It is empty: nothing else can be there.
        let Raised::Durable = write(file.as_file(), mark)? else {
            return Err(io::Error::other("a new file of high-water marks has a mark"));
        };
        match file.create(path) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }
}

impl HighWater for HighWaterFolder {
    fn marks(&self) -> Vec<Mark> {
        self.marks.clone()
    }

    fn raise(&self, mark: &Mark) -> io::Result<Raised> {
        let file = self.file(mark)?;
        file.lock()?;
        let written = write(&file, mark);
        file.unlock()?;
        written
    }
}

/// Writes a mark over the smaller slot, unless one as large is there.
fn write(file: &File, mark: &Mark) -> io::Result<Raised> {
    let stored = slots(file)?.map(|slot| slot.map(|mark| mark.checkpoint));
    let head = &mark.checkpoint;
    if let Some(same_size) = stored.iter().flatten().find(|stored| stored.size == head.size) {
        return Ok(if same_size.root == head.root {
            Raised::Durable
        } else {
            Raised::Forked(same_size.clone())
        });
    }
    if let Some(larger) = stored.iter().flatten().find(|stored| stored.size > head.size) {
        return Ok(Raised::Larger(larger.clone()));
    }
    let sizes = stored.map(|stored| stored.map(|stored| stored.size));
    let content = format!("{}\n{}", Hash::of(mark.note.as_bytes()), mark.note);
    if content.len() > SLOT_SIZE_BYTES {
        let text = "the checkpoint has too many signatures for a high-water mark";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let mut slot = content.into_bytes();
    slot.resize(SLOT_SIZE_BYTES, 0);
    let at = if sizes[0] <= sizes[1] { 0 } else { SLOT_SIZE_BYTES };
    file.write_all_at(&slot, at as u64)?;
    file.sync_data()?;
    Ok(Raised::Durable)
}

/// What both slots hold; nothing for one that was never written, or not to its end.
fn slots(file: &File) -> io::Result<[Option<Mark>; 2]> {
    Ok([slot(file, 0)?, slot(file, SLOT_SIZE_BYTES as u64)?])
}

fn slot(file: &File, at: u64) -> io::Result<Option<Mark>> {
    let mut bytes = vec![0; SLOT_SIZE_BYTES];
    let mut read = 0;
    while read < bytes.len() {
        match file.read_at(&mut bytes[read..], at + read as u64)? {
            0 => break,
            count => read += count,
        }
    }
    Ok(parse(&bytes[..read]))
}

fn parse(bytes: &[u8]) -> Option<Mark> {
    let text = std::str::from_utf8(bytes).ok()?.trim_end_matches('\0');
    let (hash, note) = text.split_once('\n')?;
    if Hash::of(note.as_bytes()).to_string() != hash {
        return None;
    }
    let parsed = Note::parse(note.as_bytes()).ok()?;
    let checkpoint = Checkpoint::parse(parsed.unverified_text()).ok()?;
    let note = note.to_owned();
    Some(Mark { checkpoint, note })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::TreeSize;
    use crate::log::checkpoint::{Committed, UncommittedCheckpoint};
    use crate::log::note::{Ed25519Signer, KeyName, Signer};

    fn mark(area: &str, size: u64) -> Mark {
        mark_of(area, size, b"")
    }

    fn mark_of(area: &str, size: u64, history: &[u8]) -> Mark {
        let origin: Origin = format!("doudi.example/{area}/1").parse().expect("an origin");
        let signer = Ed25519Signer::new(KeyName::new(origin.to_string()).expect("a name"), &[5; 32]);
        let root = Hash::of_parts(&[history, &size.to_be_bytes()]);
        let size = TreeSize::new(size).expect("small");
        let signers: [&dyn Signer; 1] = [&signer];
        let signed = UncommittedCheckpoint::sign(Checkpoint { origin, size, root }, &signers).expect("signed");
        Mark::of(&signed.release(&Committed::after_commit()))
    }

    fn sizes(folder: &Path) -> Vec<u64> {
        let opened = HighWaterFolder::open(folder).expect("readable");
        let mut sizes: Vec<u64> = opened.marks().iter().map(|mark| mark.checkpoint.size.get()).collect();
        sizes.sort_unstable();
        sizes
    }

    #[test]
    fn a_mark_is_found_again_and_only_rises() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = temporary.path().join("marks");
        let marks = HighWaterFolder::open(&folder).expect("a folder that is not there yet has no marks");
        assert!(marks.marks().is_empty());
        for size in [3, 7] {
            assert_eq!(marks.raise(&mark("340321", size)).expect("written"), Raised::Durable);
        }
        for size in [5, 6] {
            let larger = Raised::Larger(mark("340321", 7).checkpoint);
            assert_eq!(marks.raise(&mark("340321", size)).expect("nothing to do"), larger);
        }
        assert_eq!(marks.raise(&mark("340322", 1)).expect("written"), Raised::Durable);
        assert_eq!(sizes(&folder), [1, 7]);
        let found = HighWaterFolder::open(&folder).expect("readable").marks();
        assert!(found.contains(&mark("340321", 7)), "the note is kept whole");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_found_before_the_first_entry() {
        let folder = tempfile::tempdir().expect("a folder");
        HighWaterFolder::prepare(&folder.path().join("marks")).expect("made");
        assert!(sizes(&folder.path().join("marks")).is_empty(), "nothing is left in it");
        let file = folder.path().join("file");
        std::fs::write(&file, b"").expect("writable");
        let refused = HighWaterFolder::prepare(&file.join("marks")).expect_err("below a file");
        assert!(refused.to_string().contains("--high-water"), "{refused}");
    }

    #[test]
    fn processes_that_share_the_folder_do_not_lower_each_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = HighWaterFolder::open(folder.path()).expect("readable");
        let two = HighWaterFolder::open(folder.path()).expect("readable");
        assert_eq!(one.raise(&mark("340321", 9)).expect("written"), Raised::Durable);
        let larger = Raised::Larger(mark("340321", 9).checkpoint);
        assert_eq!(two.raise(&mark("340321", 8)).expect("nothing to do"), larger);
        assert_eq!(two.raise(&mark("340321", 9)).expect("the same"), Raised::Durable);
        assert_eq!(sizes(folder.path()), [9]);
    }

    #[test]
    fn another_root_of_a_size_that_is_marked_is_a_fork_and_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = HighWaterFolder::open(folder.path()).expect("readable");
        let two = HighWaterFolder::open(folder.path()).expect("readable");
        for size in [8, 9] {
            assert_eq!(one.raise(&mark("340321", size)).expect("written"), Raised::Durable);
        }
        for size in [8, 9] {
            let forked = Raised::Forked(mark("340321", size).checkpoint);
            let other = mark_of("340321", size, b"another history");
            assert_eq!(two.raise(&other).expect("readable"), forked, "size {size}");
        }
        let found = HighWaterFolder::open(folder.path()).expect("readable").marks();
        assert_eq!(found, [mark("340321", 9)]);
    }

    #[test]
    fn a_folder_that_one_process_holds_is_refused_to_the_next_until_that_ends() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = temporary.path().join("state");
        let held = HighWaterFolder::hold(&folder).expect("nobody holds it");
        assert_eq!(held.raise(&mark("340321", 3)).expect("written"), Raised::Durable);
        let refused = HighWaterFolder::hold(&folder).err().expect("it is held");
        assert!(refused.to_string().contains("another process holds"), "{refused}");
        drop(held);
        let next = HighWaterFolder::hold(&folder).expect("free again");
        assert_eq!(next.marks(), [mark("340321", 3)], "and remembers");
    }

    #[test]
    fn a_write_that_was_torn_leaves_the_mark_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let marks = HighWaterFolder::open(folder.path()).expect("readable");
        for size in [3, 4] {
            assert_eq!(marks.raise(&mark("340321", size)).expect("written"), Raised::Durable);
        }
        let path = folder.path().join("doudi.example_340321_1.mark");
        let mut bytes = std::fs::read(&path).expect("readable");
        bytes[SLOT_SIZE_BYTES + 100] ^= 1;
        std::fs::write(&path, &bytes).expect("writable");
        assert_eq!(sizes(folder.path()), [3]);
        let over_the_torn_one = marks.raise(&mark("340321", 5));
        assert_eq!(over_the_torn_one.expect("written"), Raised::Durable);
        assert_eq!(sizes(folder.path()), [5]);
    }

    #[test]
    fn a_file_without_a_mark_is_refused_and_not_taken_for_none() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("doudi.example_340321_1.mark"), b"").expect("writable");
        let refused = HighWaterFolder::open(folder.path()).err();
        assert!(matches!(refused, Some(HighWaterError::Damaged { .. })));
        std::fs::write(folder.path().join("notes.txt"), b"").expect("writable");
        std::fs::remove_file(folder.path().join("doudi.example_340321_1.mark")).expect("there");
        assert!(sizes(folder.path()).is_empty(), "other files are left alone");
    }
}
