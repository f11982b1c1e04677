//! Which build this is: version and commit, and whether somebody could build the same again.

/// The commit of a release build, `development`, or `unknown` outside a repository; `-dirty` behind it if the sources
/// differed from the commit.
pub const COMMIT: &str = env!("COMMIT_OF_BUILD");

/// What `doudi --version` says behind the name.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("COMMIT_OF_BUILD"), ")");

/// Whether the source of this build is a commit and nothing else, so that an auditor can build it again.
#[must_use]
pub fn is_of_a_commit() -> bool {
    names_a_commit(COMMIT)
}

fn names_a_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_clean_commit_can_be_built_again() {
        let commit = "13ddd2b6a1c2f0e3d4c5b6a79881726354433221";
        assert!(names_a_commit(commit));
        for other in [&commit[1..], &format!("{commit}-dirty"), "unknown", "development", ""] {
            assert!(!names_a_commit(other), "{other}");
        }
    }

    #[test]
    fn the_version_names_the_package_and_the_commit() {
        assert!(
            VERSION.starts_with(env!("CARGO_PKG_VERSION")) && VERSION.contains(COMMIT),
            "{VERSION}"
        );
    }
}
