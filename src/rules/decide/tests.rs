//! Whom a list concerns, and what the trace says of it (`DECIDE.md` section 3).

use std::fs;

use super::{DecisionFacts, decide, explain};
use crate::canonical::Json;
use crate::rules::document::Document;
use crate::rules::law::{Law, LawError, Published};

/// A list of members that concerns those who are counted.
const LISTS: &str = r#"[
 {"id":"main","kinds":["determine"],"scope":"household","rows":[
  {"id":"all","when":true,"outcome":"REFUSED","reason":"INCOME","cite":"n#1"}]},
 {"id":"single","kinds":["determine"],"scope":"member","concerns":["fact","member.counted"],"rows":[
  {"id":"noted","when":["fact","member.note"],"outcome":"REFUSED","reason":"NOTED","cite":"n#2"},
  {"id":"other","when":true,"outcome":"REFUSED","reason":"OTHER","cite":"n#3"}]}]"#;

fn published(text: &str) -> Published {
    let json = Json::parse(text.as_bytes()).expect("JSON of the test");
    Published::new(Document::from_json(&json).expect("a sealed document"), "log", 0)
}

fn policy(name: &str, lists: &str) -> Published {
    published(&format!(
        r#"{{"semantics":"doudi-rules/1","policy":"{name}","area":"100000","title":"t","outcomes":{lists}}}"#
    ))
}

fn law(policies: &[Published]) -> Result<Law, Vec<LawError>> {
    let vocabulary = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/semantics/vocabulary.json"
    ))
    .expect("the vocabulary of the vectors");
    let calendar = r#"{"semantics":"doudi-rules/1","policy":"calendar","area":"100000","title":"t"}"#;
    let area = "340321".parse().expect("an area");
    Law::resolve(area, policies, &published(calendar), &published(&vocabulary))
}

fn facts(law: &Law, members: &str) -> DecisionFacts {
    let text = format!(
        r#"{{"decision":{{"date":"2021-08-20","month":"2021-08","kind":"determine"}},"case":{{"area":"340321"}},"members":{members}}}"#
    );
    DecisionFacts::read(law, &Json::parse(text.as_bytes()).expect("JSON")).expect("facts")
}

#[test]
fn a_list_decides_nothing_for_members_whom_it_does_not_concern_and_asks_none_of_its_rows_of_them() {
    let law = law(&[policy("n", LISTS)]).expect("a law");
    let facts = facts(
        &law,
        r#"[{"id":"a","counted":false,"note":true},{"id":"b","counted":true,"note":true},{"id":"c","counted":true}]"#,
    );
    let determination = decide(&law, &facts).determination();
    let decided: Vec<(&str, Option<&str>)> = determination
        .members
        .iter()
        .map(|member| (member.member.as_str(), member.decided.reason.as_deref()))
        .collect();
    assert_eq!(decided, [("b", Some("NOTED")), ("c", Some("OTHER"))]);
    let explained = explain(&law, &facts);
    let steps = explained.get("steps").and_then(Json::as_list).expect("steps");
    let names: Vec<(&str, Option<&str>)> = steps
        .iter()
        .filter_map(|step| {
            let at = step.get("at").and_then(Json::as_text);
            Some((step.get("step")?.as_text()?, at))
        })
        .collect();
    assert_eq!(
        names,
        [
            ("main/all.when", None),
            ("single.concerns", Some("a")),
            ("single.concerns", Some("b")),
            ("single/noted.when", Some("b")),
            ("single.concerns", Some("c")),
            ("single/noted.when", Some("c")),
            ("single/other.when", Some("c")),
        ]
    );
}

#[test]
fn the_trace_holds_whom_a_list_concerns_as_section_five() {
    let law = law(&[policy("n", LISTS)]).expect("a law");
    let facts = facts(&law, r#"[{"id":"a","counted":false}]"#);
    let decision = decide(&law, &facts);
    assert_eq!(
        hex::encode(&decision.evaluation.trace().as_bytes()[20..]),
        String::from("00") // no clauses
            + "02" // two steps
            + "010000010000" + "01" + "00" // outcome 0/0 when: true
            + "050100010000" + "00" + "00" // list 1 concerns, member 0: false
            + "0000" // no rows, no choices
    );
}

#[test]
fn a_member_of_whom_it_is_not_known_whether_a_list_concerns_them_needs_that_fact() {
    let law = law(&[policy("n", LISTS)]).expect("a law");
    let determination = decide(&law, &facts(&law, r#"[{"id":"a"}]"#)).determination();
    assert_eq!(determination.members.len(), 1);
    let decided = &determination.members[0].decided;
    assert_eq!((decided.outcome.code(), decided.row.as_deref()), ("NEEDS_FACTS", None));
    assert_eq!(determination.missing_facts[0].fact, "member.counted");
    assert_eq!(determination.missing_facts[0].at.as_deref(), Some("a"));
}

#[test]
fn only_the_document_that_opens_a_list_of_members_says_whom_it_concerns() {
    let said_again = r#"[{"id":"single","kinds":["determine"],"scope":"member","concerns":true}]"#;
    let of_household = r#"[{"id":"main","kinds":["determine"],"scope":"household","concerns":true,"rows":[
        {"id":"all","when":true,"outcome":"REFUSED","reason":"INCOME","cite":"n#1"}]}]"#;
    for policies in [
        vec![policy("n", LISTS), policy("o", said_again)],
        vec![policy("n", of_household)],
    ] {
        let problems = law(&policies).map(|_| ()).expect_err("refused");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].to_string().contains("whom it concerns"), "{problems:?}");
    }
}
