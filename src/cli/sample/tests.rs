//! The command line of samples: percentages as people write them, and exit codes of a file drawn again.

use super::super::{Exit, Out};
use super::redraw::{CheckArgs, DrawArgs, Given, check, draw};
use super::size::{confidence, millionths};
use crate::log::sample::Selection;
use crate::log::sample::tests::evidence::{evidence, keys};

#[test]
fn a_percentage_is_read_exactly_and_nothing_outside_it() {
    for (text, parts) in [
        ("5", 50_000),
        ("0.5", 5_000),
        ("99.9999", 999_999),
        ("0.0001", 1),
        ("12.50", 125_000),
    ] {
        assert_eq!(millionths(text), Ok(parts), "{text}");
    }
    for text in ["", "0", "100", "5%", "-1", "0.00001", "1e1", ".5", "5,5"] {
        assert!(millionths(text).is_err(), "{text}");
    }
    assert!(confidence("95").is_ok() && confidence("94").is_err());
}

/// How `draw` and `check` end on a file that records what `selected` makes of the sample, after `spoil`.
fn ends(selected: impl Fn(Selection) -> Selection, spoil: impl Fn(String) -> String) -> [Exit; 2] {
    let folder = tempfile::tempdir().unwrap();
    let given = || Given {
        file: folder.path().join("sample.json"),
        key: keys().remove(0),
    };
    std::fs::write(given().file, spoil(evidence(selected).to_json().to_string())).unwrap();
    let out = Out::new(true);
    [
        draw(&DrawArgs { given: given() }, &out).unwrap(),
        check(&CheckArgs { given: given() }, &out).unwrap(),
    ]
}

#[test]
fn a_sample_that_the_seed_draws_agrees_and_another_is_refuted() {
    let as_it_is = |file: String| file;
    assert_eq!(ends(|selection| selection, as_it_is), [Exit::Done, Exit::Done]);
    let another = |mut selection: Selection| {
        selection.strata[0].units.swap(0, 1);
        selection
    };
    assert_eq!(ends(another, as_it_is), [Exit::Done, Exit::Refuted]);
    let spoiled = |file: String| file.replacen("doudi-sample/1", "doudi-sample/2", 1);
    assert_eq!(ends(|selection| selection, spoiled), [Exit::Refuted, Exit::Refuted]);
}

#[test]
fn the_value_of_a_file_is_for_its_owner_alone_and_is_never_written_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("value.json");
    let line = ["doudi", "sample", "value", "--to", path.to_str().unwrap()];
    let made = || {
        let cli = <crate::cli::Cli as clap::Parser>::try_parse_from(line).unwrap();
        let crate::cli::Command::Sample(args) = cli.command else {
            panic!("another command")
        };
        super::run(&args, &Out::new(true))
    };
    assert_eq!(made().unwrap(), Exit::Done);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let first = std::fs::read(&path).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&first).unwrap();
    assert!(value["value"].is_string() && value["commitment"].is_string());
    assert_eq!(made().unwrap_err().exit, Exit::Failed);
    assert_eq!(std::fs::read(&path).unwrap(), first);
}
