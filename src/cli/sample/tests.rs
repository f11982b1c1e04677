//! The command line of samples reads percentages as people write them.

use super::size::{confidence, millionths};

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
