//! The key of a witness in a file of three lines, readable by its owner alone: form, name, seed in base64.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use zeroize::Zeroizing;

use crate::log::entropy::{Entropy, draw};
use crate::log::note::{Cosigner, KeyName};
use crate::whole_file::{self, Readers};

/// First line of the file.
const FORM: &str = "doudi-witness-key/1";

/// Largest file: a name and a seed.
const FILE_SIZE_MAX_BYTES: u64 = 1024;

/// Access that the file may not grant: anything to others, writing or executing to the group.
const MODE_REFUSED: u32 = 0o037;

/// Makes a new key and its file with mode 0600; an existing file is never touched.
///
/// # Errors
/// What the system says.
pub fn create(path: &Path, name: KeyName, entropy: &mut dyn Entropy) -> io::Result<Cosigner> {
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(draw(entropy).map_err(io::Error::other)?);
    let text = Zeroizing::new(format!("{FORM}\n{name}\n{}\n", BASE64_STANDARD.encode(*seed)));
    whole_file::create(path, text.as_bytes(), Readers::Owner)?;
    Ok(Cosigner::new(name, &seed))
}

/// Reads a key.
///
/// # Errors
/// What the system says; also if others can read the file, or it is no key file of a witness.
pub fn load(path: &Path) -> io::Result<Cosigner> {
    let refused = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text);
    let file = File::open(path)?;
    if file.metadata()?.permissions().mode() & MODE_REFUSED != 0 {
        return Err(refused("others have access to it: take it away with chmod 600"));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_SIZE_MAX_BYTES).read_to_string(&mut text)?;
    let wrong = || refused("not the key of a witness: make one with `doudi witness key`");
    let mut lines = text.lines();
    let (Some(FORM), Some(name), Some(seed), None) = (lines.next(), lines.next(), lines.next(), lines.next()) else {
        return Err(wrong());
    };
    let name = KeyName::new(name).map_err(|_| wrong())?;
    let seed = Zeroizing::new(BASE64_STANDARD.decode(seed).map_err(|_| wrong())?);
    let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| wrong())?;
    Ok(Cosigner::new(name, seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::entropy::OsEntropy;

    #[test]
    fn a_key_is_read_back_and_refused_where_others_can_read_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("witness.key");
        let name = KeyName::new("witness.example/w1").expect("a name");
        let made = create(&path, name.clone(), &mut OsEntropy).expect("made");
        assert_eq!(load(&path).expect("read").key(), made.key());
        assert!(
            create(&path, name, &mut OsEntropy).is_err(),
            "an existing file is never touched"
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("our own file");
        assert!(load(&path).is_err());
    }
}
