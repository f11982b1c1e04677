//! A file that is there whole or not at all: written beside its place, to the disk, then into its place.
//!
//! Whatever stops the writer, a power cut included, leaves what was there before. What was begun is removed with its
//! writer, unless that is killed; the name of such a file begins with [`UNFINISHED`].

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

/// Begins the name of a file that is being written: hidden, and nobody's to read.
pub const UNFINISHED: &str = ".unfinished-";

/// Who may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone: keys and what must stay secret.
    Owner,
    /// Whom the process lets read its new files (umask).
    AsUsual,
}

impl Readers {
    fn permissions(self) -> Permissions {
        Permissions::from_mode(match self {
            Readers::Owner => 0o600,
            Readers::AsUsual => 0o666,
        })
    }
}

/// A file that is being written.
#[derive(Debug)]
pub struct WholeFile(NamedTempFile);

impl WholeFile {
    /// Begins a file whose place is `path`.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(path: &Path, readers: Readers) -> io::Result<WholeFile> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix(UNFINISHED).permissions(readers.permissions());
        Ok(WholeFile(builder.tempfile_in(folder(path))?))
    }

    /// The open file, for reading and writing.
    #[must_use]
    pub fn as_file(&self) -> &File {
        self.0.as_file()
    }

    /// Puts it into its place, instead of what is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn replace(self, path: &Path) -> io::Result<()> {
        self.as_file().sync_all()?;
        self.0.persist(path).map_err(|refused| refused.error)?;
        sync_folder(path)
    }

    /// Puts it into its place, where nothing may be.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if something is there, which stays untouched; what the system says.
    pub fn create(self, path: &Path) -> io::Result<()> {
        self.as_file().sync_all()?;
        self.0.persist_noclobber(path).map_err(|refused| refused.error)?;
        sync_folder(path)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes a file, instead of what is there.
///
/// # Errors
/// What the system says.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mut file = WholeFile::begin(path, readers)?;
    file.write_all(bytes)?;
    file.replace(path)
}

/// Writes a new file.
///
/// # Errors
/// As [`WholeFile::create`].
pub fn create(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mut file = WholeFile::begin(path, readers)?;
    file.write_all(bytes)?;
    file.create(path)
}

/// An open file without a name in the folder of `path`: it is gone with whoever writes it, even one that is killed.
///
/// # Errors
/// What the system says.
pub fn nameless_beside(path: &Path) -> io::Result<File> {
    tempfile::tempfile_in(folder(path))
}

/// The folder that a path names a file in.
fn folder(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Makes the name of a new file durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path)).and_then(|folder| folder.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("readable");
        let name = |entry: io::Result<std::fs::DirEntry>| entry.expect("readable").file_name().into_string();
        entries.map(|entry| name(entry).expect("text")).collect()
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("note");
        for text in ["first", "second"] {
            replace(&path, text.as_bytes(), Readers::AsUsual).expect("written");
            assert_eq!(std::fs::read_to_string(&path).expect("there"), text);
        }
        assert_eq!(names(folder.path()), ["note"]);
    }

    #[test]
    fn what_is_given_up_half_way_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("note");
        replace(&path, b"first", Readers::AsUsual).expect("written");
        let mut file = WholeFile::begin(&path, Readers::AsUsual).expect("begun");
        file.write_all(b"sec").expect("written");
        assert!(names(folder.path()).iter().any(|name| name.starts_with(UNFINISHED)));
        drop(file);
        assert_eq!(names(folder.path()), ["note"]);
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "first");
    }

    #[test]
    fn a_new_file_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        create(&path, b"first", Readers::Owner).expect("written");
        let refused = create(&path, b"second", Readers::Owner).expect_err("it is there");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "first");
        assert_eq!(names(folder.path()), ["keys"]);
    }

    #[test]
    fn a_secret_is_its_owners_alone_and_other_files_are_as_the_process_makes_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let (secret, shown, usual) = ["secret", "shown", "usual"].map(|name| folder.path().join(name)).into();
        create(&secret, b"", Readers::Owner).expect("written");
        replace(&shown, b"", Readers::AsUsual).expect("written");
        std::fs::write(&usual, b"").expect("written");
        assert_eq!((mode(&secret), mode(&shown)), (0o600, mode(&usual)));
    }
}
