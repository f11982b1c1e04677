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
