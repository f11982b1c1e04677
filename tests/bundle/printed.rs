//! What `doudi verify` says to a person.

use std::path::Path;
use std::process::{Command, Output};

use super::synthetic::{Beside, Corpus, key, write_beside};

/// A bundle of ten decisions with an entry of an unknown kind.
fn bundle(path: &Path) {
    let beside = Beside {
        more: vec![("DETERMINATION_B", None, Vec::new())],
        ..Beside::default()
    };
    write_beside(path, &Corpus::read(), 10, &|_, _| {}, &beside);
}

fn verify(bundle: &Path, more: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_doudi"))
        .args(["verify", &*bundle.to_string_lossy(), "--key", &key().to_string()])
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code(), said)
}

#[test]
fn what_is_not_checked_is_said_in_text_as_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.tar");
    bundle(&path);
    let (code, said) = verify(&path, &[]);
    assert_eq!(code, Some(0), "{said}");
    for unchecked in [
        "DETERMINATION_B (1)",
        "the log was not rewritten before is not shown",
        "whether facts are true",
    ] {
        let is_said = |line: &str| line.starts_with("not checked") && line.contains(unchecked);
        assert!(said.lines().any(is_said), "{unchecked}: {said}");
    }
}

#[test]
fn a_sample_that_is_asked_for_must_be_answered_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.tar");
    bundle(&path);
    let (code, said) = verify(&path, &["--sample", "2026-Q3", "--sample", "2026-Q4"]);
    assert_eq!(code, Some(1), "{said}");
    for period in ["2026-Q3", "2026-Q4"] {
        assert!(
            said.contains(&format!("SAMPLE sample {period}: is asked for")),
            "{said}"
        );
    }
}
