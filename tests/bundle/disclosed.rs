//! What a bundle opens, keeps back and excuses, held to the documents of each kind of entry.

use doudi::app::bundle::{Code, Report};
use doudi::canonical::Json;
use doudi::log::LogIndex;
use doudi::log::bundle::{Manifest, Opened, Unopened, Why};

use super::synthetic::{Beside, Corpus, Document, write_beside};
use super::{at, written};

/// Decisions of these bundles: from 7 on, so that the OPENING entry is at 17 and what stands beside after it.
const DECISIONS: u64 = 10;

fn beside(beside: &Beside<'_>) -> Report {
    written(|path| write_beside(path, &Corpus::read(), DECISIONS, &|_, _| {}, beside))
}

/// A bundle with one more entry, of which some documents are not opened.
fn with(kind: &'static str, documents: Vec<Document>, hidden: &[&str]) -> Report {
    beside(&Beside {
        more: vec![(kind, None, documents)],
        opened: &|index, name| index < 18 || !hidden.contains(&name),
        ..Beside::default()
    })
}

/// Codes and places of all that does not verify.
fn broken(report: &Report) -> Vec<(Code, &str)> {
    let kept = report.violations().kept().iter();
    kept.map(|violation| (violation.code, &*violation.place)).collect()
}

fn document(json: &str) -> Vec<u8> {
    Json::parse(json.as_bytes()).unwrap().to_bytes()
}

fn erasure() -> Vec<u8> {
    document(r#"{"act":"erase","basis":"order","scope":"case","v":1}"#)
}

/// What the report says is not checked.
fn not_checked(report: &Report, code: &str) -> Option<(Option<i128>, String)> {
    let json = report.to_json();
    let list = at(&json, "not_checked").as_list().unwrap();
    let one = list.iter().find(|one| at(one, "code").as_text() == Some(code))?;
    let count = one.get("count").and_then(Json::as_integer);
    Some((count, at(one, "text").as_text().unwrap().to_owned()))
}

#[test]
fn a_finding_that_is_withheld_is_missed_whatever_else_of_its_entry_is_there() {
    let both = || vec![("finding", document("{}")), ("note", document("{}"))];
    let report = with("FINDING", both(), &["finding"]);
    assert_eq!(
        broken(&report),
        [
            (Code::DocumentUnasked, "document note of entry 18"),
            (Code::DocumentMissing, "document finding of entry 18"),
        ]
    );
    assert_eq!(not_checked(&report, "findings_unopened").unwrap().0, Some(1));
}

#[test]
fn a_finding_entry_commits_to_a_finding() {
    let report = with("FINDING", Vec::new(), &[]);
    assert_eq!(
        broken(&report),
        [(Code::DocumentMissing, "document finding of entry 18")]
    );
}

#[test]
fn an_entry_commits_to_the_public_document_of_its_kind() {
    let public = [
        ("POLICY", "policy"),
        ("ACCESS", "access"),
        ("ERASURE", "erasure"),
        ("KEY_EVENT", "key_event"),
        ("OPENING", "opening"),
        ("SAMPLE_COMMIT", "sample_commit"),
        ("SAMPLE_REQUEST", "sample_request"),
        ("SAMPLE_REVEAL", "sample_reveal"),
        ("SAMPLE_RESULT", "sample_result"),
    ];
    for (kind, name) in public {
        let report = with(kind, Vec::new(), &[]);
        let place = format!("document {name} of entry 18");
        assert_eq!(broken(&report), [(Code::DocumentMissing, &*place)], "{kind}");
    }
}

#[test]
fn what_no_opening_counts_is_not_opened() {
    let sealed: [(&str, Vec<Document>, &[&str]); 6] = [
        (
            "IMPORT",
            vec![("facts", document("{}")), ("frame", document("{}"))],
            &["facts", "frame"],
        ),
        (
            "REMEDY",
            vec![("remedy", document("{}")), ("facts", document("{}"))],
            &["remedy", "facts"],
        ),
        ("TRANSFER", vec![("transfer", document("{}"))], &["transfer"]),
        ("LINK", vec![("link", document("{}"))], &["link"]),
        (
            "ERASURE",
            vec![("erasure", erasure()), ("erased", document("{}"))],
            &["erased"],
        ),
        (
            "KEY_EVENT",
            vec![("key_event", document("{}")), ("opened", document("{}"))],
            &["opened"],
        ),
    ];
    for (kind, documents, unasked) in sealed {
        let report = with(kind, documents.clone(), &[]);
        let places: Vec<String> = unasked
            .iter()
            .map(|name| format!("document {name} of entry 18"))
            .collect();
        let expected: Vec<(Code, &str)> = places.iter().map(|place| (Code::DocumentUnasked, &**place)).collect();
        assert_eq!(broken(&report), expected, "{kind}");
        assert!(with(kind, documents, unasked).is_good(), "{kind} without them");
    }
}

#[test]
fn an_entry_of_an_unknown_kind_verifies_and_is_named_and_opens_no_identity() {
    let report = with("DETERMINATION_B", vec![("facts", document("{}"))], &[]);
    assert!(report.is_good(), "{:?}", report.violations().kept());
    let (count, text) = not_checked(&report, "kinds_unknown").unwrap();
    assert_eq!(count, Some(1));
    assert!(text.ends_with(": DETERMINATION_B"), "{text}");
    assert_eq!(
        not_checked(&with("ACCESS", vec![("access", document("{}"))], &[]), "kinds_unknown"),
        None
    );
    let report = with("DETERMINATION_B", vec![("identity", b"nobody".to_vec())], &[]);
    assert_eq!(
        broken(&report),
        [(Code::DocumentUnasked, "document identity of entry 18")]
    );
}

#[test]
fn what_is_said_to_be_erased_shows_no_frame() {
    let excused = |manifest: &mut Manifest| {
        manifest.opened = Opened::All;
        manifest.unopened = vec![Unopened {
            index: LogIndex::new(9).unwrap(),
            why: Why::Erased,
        }];
    };
    let hiding = |hidden: &'static [&str]| {
        beside(&Beside {
            more: vec![("ERASURE", None, vec![("erasure", erasure())])],
            opened: &|index, name| index != 9 || !hidden.contains(&name),
            manifest: &excused,
            ..Beside::default()
        })
    };
    // The key that an erasure of the whole case destroys is that of the frame.
    let report = hiding(&["facts", "determination"]);
    assert_eq!(broken(&report), [(Code::DocumentMissing, "entry 9")]);
    let report = hiding(&["facts", "determination", "frame"]);
    assert!(report.is_good(), "{:?}", report.violations().kept());
}

fn finding(more: &str) -> Vec<u8> {
    let of = "\"index\":7,\"leaf_hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"";
    let reviewer = |id: &str| format!(r#"{{"officer":{{"id":"{id}","role":"复核","unit":"审计组"}}}}"#);
    document(&format!(
        r#"{{"v":1,"determination":"areas/340321/cases/{case}/determinations/{record}","caller":"audit-firm","paid_fen":0,
            "of":{{{of},"origin":"doudi.example/340321/2"}},"items":[{{"outcome":"correct"}}],
            "reviewers":[{},{}]{more}}}"#,
        reviewer("a-0"),
        reviewer("a-1"),
        case = "2".repeat(32),
        record = "1".repeat(32),
    ))
}

#[test]
fn a_finding_has_its_members_and_its_size_and_no_others() {
    let of = |more: &str| with("FINDING", vec![("finding", finding(more))], &[]);
    for good in ["", r#","summary":"核算有误""#] {
        let report = of(good);
        assert!(report.is_good(), "{:?}", report.violations().kept());
        assert_eq!(report.findings(), 1);
    }
    let long = format!(r#","summary":"{}""#, "x".repeat(64 * 1024));
    for wrong in [
        r#","zz":[{"":0}]"#,
        r#","auditee":{"answer":"agrees","on":"2026-07-01","zz":1}"#,
        &long,
    ] {
        let report = of(wrong);
        assert_eq!(broken(&report), [(Code::Finding, "entry 18")], "{}", &wrong[..20]);
    }
}

#[test]
fn a_decision_by_a_law_that_was_long_replaced_is_named() {
    let corpus = Corpus::read();
    let own = corpus.policies[&6].clone();
    let text = String::from_utf8(own.clone()).unwrap();
    assert!(text.starts_with(r#"{"area":"340321""#), "the county's own document");
    let foreign = text.replacen("340321", "340322", 1).into_bytes();
    let after = |policy: &[u8], seconds: u64| {
        let shape = corpus.shapes[0].clone();
        let documents = vec![
            ("facts", shape.facts),
            ("determination", shape.determination),
            ("frame", shape.frame),
        ];
        let more = vec![
            ("POLICY", None, vec![("policy", policy.to_vec())]),
            ("DETERMINATION", Some(shape.law), documents),
        ];
        // The POLICY entry stands at 18.
        let report = beside(&Beside {
            more,
            logged: &|index| if index > 18 { 18 + seconds } else { index },
            ..Beside::default()
        });
        assert!(report.is_good(), "{:?}", report.violations().kept());
        not_checked(&report, "law_older")
    };
    let (count, named) = after(&own, 601).unwrap();
    assert_eq!(count, Some(1));
    assert!(named.ends_with(": entries 19"), "{named}");
    assert_eq!(after(&own, 600), None, "no call lasts longer");
    assert_eq!(after(&foreign, 601), None, "another county's law");
}
