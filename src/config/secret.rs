//! The password of the database from a file of its own, as systemd, compose and Kubernetes hand secrets over.
//!
//! A password in the environment is inherited by every child and shows in crash reports; one in the configuration file
//! is copied about with it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zeroize::Zeroizing;

/// The setting that names the file.
pub(super) const KEY: &str = "database_password_file";

/// Access that the file may not grant, as for the key file: the group may read, since mounted secrets belong to a group.
const MODE_REFUSED: u32 = 0o037;

/// Longest file: PostgreSQL itself takes no longer password in a message.
const SIZE_MAX_BYTES: u16 = 1000;

/// The URL with the password of the file, or what is wrong with the two, then the fix.
pub(super) fn with_password(url: &str, file: &Path) -> Result<String, String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("has no effect with SQLite: take it out".to_owned());
    };
    let Some((user, place)) = rest.split_once('@') else {
        return Err("needs a user in the database URL: give postgres://USER@HOST/DATABASE".to_owned());
    };
    if user.contains(':') {
        return Err("stands beside a password in the database URL: take one of the two out".to_owned());
    }
    Ok(format!("{scheme}://{user}:{}@{place}", *encoded(&read(file)?)))
}

/// The one line of the file, without the newline that editors add.
fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    let unusable = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let file = File::open(path).map_err(unusable)?;
    // Of the opened file, so that nobody can swap it between the check and the reading.
    let mode = file.metadata().map_err(unusable)?.permissions().mode() & 0o7777;
    if mode & MODE_REFUSED != 0 {
        let path = path.display();
        return Err(format!(
            "{path} has mode {mode:04o}: take the access of others away, `chmod 600 {path}`"
        ));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(u64::from(SIZE_MAX_BYTES) + 1)
        .read_to_string(&mut text)
        .map_err(unusable)?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains(['\r', '\n', '\0']) || text.len() > usize::from(SIZE_MAX_BYTES) {
        return Err(format!(
            "{} is not one line of at most {SIZE_MAX_BYTES} bytes: write the password alone into it",
            path.display()
        ));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// The password as it may stand in a URL: every byte that is no letter or digit is escaped.
fn encoded(password: &str) -> Zeroizing<String> {
    let mut escaped = Zeroizing::new(String::new());
    for byte in password.bytes() {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a String takes everything");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::path::PathBuf;

    use super::super::{Config, Flags};
    use super::*;

    fn secret(folder: &tempfile::TempDir, text: &str, mode: u32) -> PathBuf {
        let path = folder.path().join("password");
        std::fs::write(&path, text).expect("written");
        set_permissions(&path, Permissions::from_mode(mode)).expect("our own file");
        path
    }

    fn load(database: &str, file: &Path) -> Result<String, String> {
        let given = [
            ("DOUDI_DATABASE".to_owned(), database.to_owned()),
            ("DOUDI_DATABASE_PASSWORD_FILE".to_owned(), file.display().to_string()),
        ];
        let config = Config::load(None, given, &Flags::default()).map_err(|error| error.to_string())?;
        Ok(config.database)
    }

    #[test]
    fn the_password_of_the_file_becomes_part_of_the_url() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = secret(&folder, "p@ss/兜\n", 0o600);
        assert_eq!(
            load("postgres://doudi@db/doudi?sslmode=verify-full", &file),
            Ok("postgres://doudi:p%40ss%2F%E5%85%9C@db/doudi?sslmode=verify-full".to_owned())
        );
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_and_one_of_a_group_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        for (mode, is_good) in [
            (0o400, true),
            (0o440, true),
            (0o640, true),
            (0o644, false),
            (0o660, false),
        ] {
            let loaded = load("postgres://doudi@db/doudi", &secret(&folder, "secret", mode));
            assert_eq!(loaded.is_ok(), is_good, "{mode:o}: {loaded:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_the_setting_and_never_with_the_password() {
        let folder = tempfile::tempdir().expect("a folder");
        let longest = "x".repeat(1000);
        let (url, good) = ("postgres://doudi@db/doudi", "secret");
        let cases = [
            (url, longest.clone(), "".to_owned()),
            (url, longest + "x", "not one line".to_owned()),
            (url, String::new(), "not one line".to_owned()),
            (url, "secret\nsecret\n".to_owned(), "not one line".to_owned()),
            ("sqlite:x", good.to_owned(), "no effect with SQLite".to_owned()),
            ("postgres://db/doudi", good.to_owned(), "needs a user".to_owned()),
            (
                "postgres://doudi:other@db/doudi",
                good.to_owned(),
                "take one of the two out".to_owned(),
            ),
        ];
        for (url, content, wanted) in cases {
            match load(url, &secret(&folder, &content, 0o600)) {
                Ok(_) => assert!(wanted.is_empty(), "{url} was taken"),
                Err(text) => {
                    assert!(
                        !wanted.is_empty() && text.contains(&wanted) && text.contains("PASSWORD_FILE"),
                        "{text}"
                    );
                    assert!(!text.contains("secret") && !text.contains("other@"), "{text}");
                }
            }
        }
        let absent = load(url, Path::new("/nowhere/password")).expect_err("not there");
        assert!(absent.contains("cannot be read"), "{absent}");
    }
}
