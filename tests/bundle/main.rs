//! Bundles whose log itself is wrong, which only its operator could have signed: each is named, with its cause.

#![expect(clippy::unwrap_used, reason = "a test that cannot write its bundle must stop")]

mod disclosed;
mod printed;
mod synthetic;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use doudi::app::bundle::{Ask, Code, Report, verify};
use doudi::canonical::Json;
use doudi::log::Hash;
use synthetic::{Corpus, Shape, key, write};

/// A full tile and some; the first decision stands at 7.
const DECISIONS: u64 = 300;

fn verified(change: &dyn Fn(u64, &mut Shape)) -> Report {
    written(|path| write(path, &Corpus::read(), DECISIONS, change))
}

fn written(write: impl Fn(&Path)) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.tar");
    write(&path);
    let keys = [key()];
    let ask = Ask {
        keys: &keys,
        policy: None,
        previous: None,
        samples: &[],
        threads: 2,
        replay: true,
    };
    verify(File::open(&path).unwrap(), &ask, |_, _| {}).unwrap()
}

fn at<'j>(json: &'j Json, path: &str) -> &'j Json {
    let step = |json: &'j Json, key: &str| match json {
        Json::List(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    };
    path.split('/')
        .try_fold(json, step)
        .unwrap_or_else(|| panic!("no {path} in {json}"))
}

/// The decision at 270 is wrong, and the report says why and where.
fn differs(report: &Report, cause: &str, path: &str) {
    assert_eq!(report.violations().count(), 1, "{:?}", report.violations().kept());
    assert_eq!(report.violations().count_of(Code::Replay), 1);
    assert_eq!(report.decisions(), (DECISIONS, DECISIONS, 1));
    let json = report.to_json();
    let difference = at(&json, "decisions/differences/0");
    assert_eq!(at(difference, "index").as_integer(), Some(270));
    assert_eq!(at(difference, "cause").as_text(), Some(cause));
    assert_eq!(at(difference, "path").as_text(), Some(path));
    assert_eq!(at(&json, &format!("decisions/causes/{cause}")).as_integer(), Some(1));
}

fn replaced(bytes: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    *bytes = text.replacen(from, to, 1).into_bytes();
}

/// Another trace than the decision's stands in its determination.
fn retraced(shape: &mut Shape, trace: &str) {
    let determination = Json::parse(&shape.determination).unwrap();
    let recorded = at(&determination, "trace").as_text().unwrap();
    replaced(&mut shape.determination, recorded, trace);
}

#[test]
fn a_bundle_of_recorded_decisions_follows_again() {
    let report = verified(&|_, _| {});
    assert!(report.is_good(), "{:?}", report.violations().kept());
    assert_eq!(report.decisions(), (DECISIONS, DECISIONS, 0));
    assert_eq!(report.checkpoint().map(str::is_empty), Some(false));
}

#[test]
fn sample_values_are_named_with_the_decisions_that_read_them() {
    let recorded: RefCell<BTreeMap<u64, Vec<String>>> = RefCell::default();
    let report = verified(&|index, shape| {
        let determination = Json::parse(&shape.determination).unwrap();
        let samples = at(&determination, "samples").as_list().unwrap();
        let names = samples.iter().map(|name| name.as_text().unwrap().to_owned());
        recorded.borrow_mut().insert(index, names.collect());
    });
    let mut counted: BTreeMap<String, i128> = BTreeMap::new();
    for name in recorded.into_inner().into_values().flatten() {
        *counted.entry(name).or_default() += 1;
    }
    assert!(!counted.is_empty(), "the corpus reads samples");
    let json = report.to_json();
    let said = at(&json, "decisions/sample_values").as_object().unwrap();
    let said: BTreeMap<String, i128> = said
        .iter()
        .map(|(name, count)| (name.clone(), count.as_integer().unwrap()))
        .collect();
    assert_eq!(said, counted);
}

#[test]
fn a_determination_that_does_not_follow_is_the_engine_s() {
    let report = verified(&|index, shape| {
        if index == 270 {
            replaced(&mut shape.determination, "\"kind\":\"", "\"kind\":\"x");
        }
    });
    differs(&report, "engine", "kind");
}

#[test]
fn a_trace_that_is_another_is_the_engine_s() {
    let other = Hash::of(b"another trace").to_string();
    for trace in [&other[..], &other.to_uppercase(), "none"] {
        let report = verified(&|index, shape| {
            if index == 270 {
                retraced(shape, trace);
            }
        });
        differs(&report, "engine", "trace");
        let json = report.to_json();
        let difference = at(&json, "decisions/differences/0");
        assert_eq!(at(difference, "recorded").as_text(), Some(&*format!("\"{trace}\"")));
    }
}

#[test]
fn of_many_traces_that_are_others_each_is_named() {
    let report = verified(&|index, shape| {
        if index % 7 == 4 {
            retraced(shape, &Hash::of(b"").to_string());
        }
    });
    let wrong: Vec<u64> = (7..7 + DECISIONS).filter(|index| index % 7 == 4).collect();
    assert_eq!(report.decisions(), (DECISIONS, DECISIONS, wrong.len() as u64));
    assert_eq!(report.violations().count_of(Code::Replay), wrong.len() as u64);
    let json = report.to_json();
    let named: Vec<u64> = at(&json, "decisions/differences")
        .as_list()
        .unwrap()
        .iter()
        .map(|one| u64::try_from(at(one, "index").as_integer().unwrap()).unwrap())
        .collect();
    assert!(named.iter().all(|index| wrong.contains(index)), "{named:?}");
    assert!(named.len() > 16, "{named:?}");
}

#[test]
fn facts_that_the_vocabulary_does_not_allow_are_the_facts() {
    let report = verified(&|index, shape| {
        if index == 270 {
            replaced(&mut shape.facts, "\"case\":{", "\"case\":{\"a_new_fact\":1,");
        }
    });
    differs(&report, "facts", "the facts do not fit the vocabulary in 1 places");
}

#[test]
fn facts_that_are_not_canonical_are_the_facts() {
    let report = verified(&|index, shape| {
        if index == 270 {
            replaced(&mut shape.facts, "{", "{ ");
        }
    });
    differs(&report, "facts", "facts");
}

#[test]
fn another_law_is_the_policy() {
    let report = verified(&|index, shape| {
        if index == 270 {
            shape.law = Hash::of(b"another law");
        }
    });
    differs(&report, "policy", "law");
}

#[test]
fn law_that_was_published_after_the_decision_is_the_policy() {
    let report = verified(&|index, shape| {
        if index == 270 {
            replaced(&mut shape.facts, "\"size\":7", "\"size\":271");
        }
    });
    differs(&report, "policy", "known_at");
}

#[test]
fn a_frame_that_says_something_else_than_its_decision_is_named() {
    type Lie<'a> = (&'static str, &'a dyn Fn(&str, &mut Vec<u8>));
    let another = |member: &str, frame: &mut Vec<u8>| {
        let json = Json::parse(frame).unwrap();
        let mut members = json.as_object().unwrap().clone();
        let value = match &members[member] {
            Json::Bool(value) => Json::Bool(!value),
            Json::Int(value) => Json::Int(value + 1),
            _ => Json::from("another"),
        };
        members.insert(member.to_owned(), value);
        *frame = Json::Object(members).to_bytes();
    };
    let no_json = |_: &str, frame: &mut Vec<u8>| *frame = b"nope".to_vec();
    let lies: [Lie<'_>; 10] = [
        ("amount_fen", &another),
        ("continuing", &another),
        ("decider", &another),
        ("household_size", &another),
        ("outcome", &another),
        ("programme", &another),
        ("residence_kind", &another),
        ("source", &another),
        ("township", &another),
        ("document", &no_json),
    ];
    // Each in a decision of its own, around the edge of a tile.
    let first = 250;
    let report = verified(&|index, shape| {
        let number = index.checked_sub(first).and_then(|number| usize::try_from(number).ok());
        if let Some((member, lie)) = number.and_then(|number| lies.get(number)) {
            lie(member, &mut shape.frame);
        }
    });
    let kept = report.violations().kept();
    assert_eq!(report.violations().count(), lies.len() as u64, "{kept:?}");
    for ((member, _), (at, violation)) in lies.iter().zip((first..).zip(kept)) {
        assert_eq!(
            (violation.code, &violation.place),
            (Code::Frame, &format!("entry {at}"))
        );
        assert!(violation.text.ends_with(member), "{}", violation.text);
    }
}
