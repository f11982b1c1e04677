//! The key provider from a file: made once with mode 0600, read only if nobody else can read it.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::log::entropy::{Entropy, EntropyError};
use crate::log::keys::{KEY_FILE_SIZE_MAX_BYTES, KeyFileFormatError, KeyPurpose, KeyRing, ReplaceError, RotateError};
use crate::log::note::VerifierKey;
use crate::whole_file::{self, Readers};

/// Access that a key file may not grant: anything to others, writing or executing to the group.
/// The group may read, because Kubernetes mounts secrets as files of a group.
const MODE_REFUSED: u32 = 0o037;

/// Why keys cannot be had from a file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be opened, read or written.
    #[error("the key file {path} cannot be used: {cause}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Others can read or change it.
    #[error("the key file {path} has mode {mode:04o}: take the access of others away, `chmod 600 {path}`")]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Its content is not that of a key file.
    #[error("{path}: {cause}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: KeyFileFormatError,
    },
    /// The key that signs logs is not replaced.
    #[error("{path}: {cause}")]
    Replace {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: ReplaceError,
    },
    /// A key is not rotated.
    #[error("{path}: {cause}")]
    Rotate {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: RotateError,
    },
    /// No random bytes for new keys.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Reads the keys.
///
/// # Errors
/// [`KeyFileError`]; also if others can read the file.
pub fn load(path: &Path) -> Result<KeyRing, KeyFileError> {
    let bytes = read(path)?;
    KeyRing::parse(&bytes).map_err(|cause| KeyFileError::Format {
        path: path.to_owned(),
        cause,
    })
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let io = |cause| KeyFileError::Io {
        path: path.to_owned(),
        cause,
    };
    let file = File::open(path).map_err(io)?;
    // Of the opened file, so that nobody can swap it between the check and the reading.
    let mode = file.metadata().map_err(io)?.permissions().mode() & 0o7777;
    if mode & MODE_REFUSED != 0 {
        return Err(KeyFileError::Mode {
            path: path.to_owned(),
            mode,
        });
    }
    let limit = u64::try_from(KEY_FILE_SIZE_MAX_BYTES).expect("1 MiB") + 1;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(limit).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// Makes new keys and their file with mode 0600; an existing file is never touched.
///
/// # Errors
/// [`KeyFileError::Io`] if the file exists or cannot be written.
pub fn create(path: &Path, entropy: &mut dyn Entropy) -> Result<KeyRing, KeyFileError> {
    let ring = KeyRing::generate(entropy)?;
    // On the disk before use: keys that are lost after something was sealed with them lose what was sealed.
    whole_file::create(path, &ring.to_file(), Readers::Owner).map_err(io(path))?;
    Ok(ring)
}

/// Adds a version of a key to the file, on standby. The file is replaced as a whole, so that a crash leaves the one or
/// the other.
///
/// # Errors
/// [`KeyFileError`].
pub fn rotate(path: &Path, purpose: KeyPurpose, entropy: &mut dyn Entropy) -> Result<KeyRing, KeyFileError> {
    let _turn = turn(path)?;
    let ring = load(path)?.rotated(purpose, entropy).map_err(unrotated(path))?;
    replace(path, &ring)?;
    Ok(ring)
}

/// Puts the version on standby in use, once every server reads it.
///
/// # Errors
/// [`KeyFileError`]; [`KeyFileError::Rotate`] where none is on standby.
pub fn activate(path: &Path, purpose: KeyPurpose) -> Result<KeyRing, KeyFileError> {
    let _turn = turn(path)?;
    let ring = load(path)?.activated(purpose).map_err(unrotated(path))?;
    replace(path, &ring)?;
    Ok(ring)
}

fn unrotated(path: &Path) -> impl Fn(RotateError) -> KeyFileError {
    let path = path.to_owned();
    move |cause| match cause {
        RotateError::Entropy(cause) => cause.into(),
        cause @ (RotateError::Waiting(_) | RotateError::NoneWaits | RotateError::Signing) => {
            let path = path.clone();
            KeyFileError::Rotate { path, cause }
        }
    }
}

/// Gives a key file that lacks the key that signs logs a new one, and writes down the public key of the lost one.
///
/// # Errors
/// [`KeyFileError`]; [`KeyFileError::Replace`] while the key is there.
pub fn replace_signing(path: &Path, lost: &VerifierKey, entropy: &mut dyn Entropy) -> Result<KeyRing, KeyFileError> {
    let _turn = turn(path)?;
    let ring = KeyRing::replaced_signing(&read(path)?, lost, entropy).map_err(|cause| KeyFileError::Replace {
        path: path.to_owned(),
        cause,
    })?;
    replace(path, &ring)?;
    Ok(ring)
}

/// Changes come one after the other: of two at once, the later would undo the earlier. Held as long as the file is.
fn turn(path: &Path) -> Result<File, KeyFileError> {
    let taken = || io(path)(std::io::Error::other("another process is changing it: try again"));
    let file = File::open(path).map_err(io(path))?;
    file.try_lock().map_err(|_| taken())?;
    // Another process may have replaced the file since it was opened.
    let (held, there) = (file.metadata().map_err(io(path))?, path.metadata().map_err(io(path))?);
    if (held.dev(), held.ino()) == (there.dev(), there.ino()) {
        Ok(file)
    } else {
        Err(taken())
    }
}

fn replace(path: &Path, ring: &KeyRing) -> Result<(), KeyFileError> {
    whole_file::replace(path, &ring.to_file(), Readers::Owner).map_err(io(path))
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |cause| KeyFileError::Io {
        path: path.clone(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::entropy::OsEntropy;

    fn mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("our own file");
    }

    #[test]
    fn a_new_key_file_is_readable_by_its_owner_alone_and_reads_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        let made = create(&path, &mut OsEntropy).expect("made");
        let bits = std::fs::metadata(&path).expect("there").permissions().mode() & 0o7777;
        assert_eq!(bits, 0o600);
        assert_eq!(load(&path).expect("loaded").summary(), made.summary());
    }

    #[test]
    fn a_rotation_adds_a_version_on_standby_and_an_activation_puts_it_in_use() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        let before = create(&path, &mut OsEntropy).expect("made");
        let digest = before.request_digest(b"command");
        let none_waits = activate(&path, KeyPurpose::Idempotency).expect_err("nothing was rotated");
        assert!(none_waits.to_string().contains("doudi keys rotate"), "{none_waits}");
        let standby = rotate(&path, KeyPurpose::Idempotency, &mut OsEntropy).expect("rotated");
        assert_eq!(load(&path).expect("loaded").summary(), standby.summary());
        assert_eq!(standby.summary().len(), before.summary().len() + 1);
        assert_eq!(standby.request_digest(b"command"), digest, "it waits");
        let waits = rotate(&path, KeyPurpose::Idempotency, &mut OsEntropy).expect_err("one waits");
        assert!(waits.to_string().contains("doudi keys activate"), "{waits}");

        let after = activate(&path, KeyPurpose::Idempotency).expect("activated");
        assert_eq!(load(&path).expect("loaded").summary(), after.summary());
        assert_ne!(after.request_digest(b"command"), digest);
        assert!(
            after.is_same_request(&digest, b"command"),
            "the old answer is still found"
        );
        let bits = std::fs::metadata(&path).expect("there").permissions().mode() & 0o7777;
        assert_eq!(bits, 0o600);
    }

    #[test]
    fn of_two_changes_at_once_the_second_is_told_to_try_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        let before = create(&path, &mut OsEntropy).expect("made");
        let first = turn(&path).expect("nobody else's");
        let refused = rotate(&path, KeyPurpose::Idempotency, &mut OsEntropy).expect_err("the other's turn");
        assert!(refused.to_string().contains("try again"), "{refused}");
        let refused = activate(&path, KeyPurpose::Idempotency).expect_err("the other's turn");
        assert!(refused.to_string().contains("try again"), "{refused}");
        assert_eq!(load(&path).expect("untouched").summary(), before.summary());
        drop(first);
        rotate(&path, KeyPurpose::Idempotency, &mut OsEntropy).expect("rotated");
    }

    #[test]
    fn a_lost_signing_key_is_replaced_in_the_file_and_one_that_is_there_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        let before = create(&path, &mut OsEntropy).expect("made");
        let log = "doudi.example/340321/1".parse().expect("an origin");
        let lost = before.verifier_keys(&log).remove(0);
        let kept = replace_signing(&path, &lost, &mut OsEntropy);
        assert!(matches!(kept, Err(KeyFileError::Replace { .. })));
        let text = std::fs::read_to_string(&path).expect("readable");
        assert_eq!(load(&path).expect("untouched").summary(), before.summary());
        let mut json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let keys = json["keys"].as_array_mut().expect("keys");
        keys.retain(|key| key["purpose"] != "log-signing");
        std::fs::write(&path, json.to_string()).expect("written");
        let after = replace_signing(&path, &lost, &mut OsEntropy).expect("replaced");
        assert_eq!(
            load(&path).expect("loaded").verifier_keys(&log),
            after.verifier_keys(&log)
        );
        assert_eq!(after.verifier_keys(&log)[1], lost);
    }

    #[test]
    fn an_existing_file_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        let made = create(&path, &mut OsEntropy).expect("made");
        assert!(matches!(create(&path, &mut OsEntropy), Err(KeyFileError::Io { .. })));
        assert_eq!(load(&path).expect("loaded").summary(), made.summary());
    }

    #[test]
    fn a_file_that_others_can_read_or_the_group_can_write_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        create(&path, &mut OsEntropy).expect("made");
        for accepted in [0o600, 0o400, 0o440, 0o640] {
            mode(&path, accepted);
            assert!(load(&path).is_ok(), "{accepted:o}");
        }
        for refused in [0o604, 0o644, 0o660, 0o602, 0o601, 0o666] {
            mode(&path, refused);
            assert!(matches!(load(&path), Err(KeyFileError::Mode { .. })), "{refused:o}");
        }
    }

    #[test]
    fn an_absent_or_foreign_file_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        assert!(matches!(load(&path), Err(KeyFileError::Io { .. })));
        std::fs::write(&path, b"{}").expect("written");
        mode(&path, 0o600);
        let error = load(&path).expect_err("not a key file").to_string();
        assert!(
            error.contains("keys.json") && error.contains("doudi keys create"),
            "{error}"
        );
    }
}
