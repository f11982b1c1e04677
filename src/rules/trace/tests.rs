//! Steps, calendars of months and the readable form, over a law of one row.

use std::fs;

use crate::canonical::Json;
use crate::rules::document::Document;
use crate::rules::eval::Evaluation;
use crate::rules::facts::Facts;
use crate::rules::law::{Law, Published};
use crate::rules::value::Value;

const POLICY: &str = r#"{"semantics":"doudi-rules/1","policy":"n","area":"100000","title":"t",
"clauses":[{"id":"base","name":"月额","scope":"pay_month","unit":"fen","cite":"n#1","by":"assessed_month",
  "expr":["if",["le",["fact","pay_month.index"],["lit",1,"count"]],["lit",2,"fen"],["fact","case.amount"]]}],
"outcomes":[{"id":"determine","kinds":["determine"],"scope":"household","rows":[
  {"id":"grace","when":["known","case.amount"],"outcome":"GRACE","cite":"n#1",
   "months":{"from":["next_month",["fact","decision.date"]],"count":["lit",2,"months"],"amount":["clause","base"]}}]}],
"guards":[{"id":"order","scope":"household","by":"decision_date","require":
   ["lt",["month_of",["fact","decision.date"]],["fact","decision.pay_from"]],"reason":"R","on_failure":"refuse","cite":"n#1",
   "in_force":{"from":"2021-08-20"}}]}"#;

fn law() -> Law {
    let published = |text: &str| {
        let json = Json::parse(text.as_bytes()).expect("JSON of the test");
        Published::new(Document::from_json(&json).expect("a sealed document"), "log", 0)
    };
    let vocabulary = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/semantics/vocabulary.json"
    ))
    .expect("the vocabulary of the vectors");
    let calendar = r#"{"semantics":"doudi-rules/1","policy":"calendar","area":"100000","title":"t"}"#;
    Law::resolve(
        "340321".parse().expect("an area"),
        &[published(POLICY)],
        &published(calendar),
        &published(&vocabulary),
    )
    .expect("a law")
}

fn facts(law: &Law, date: &str) -> Box<Facts> {
    let text = format!("{{\"decision\":{{\"date\":\"{date}\"}},\"case\":{{\"amount\":300}}}}");
    Facts::from_json(law.schema(), &Json::parse(text.as_bytes()).expect("JSON")).expect("facts")
}

#[test]
fn a_calendar_of_months_is_evaluated_month_by_month_and_every_step_is_in_the_trace() {
    let law = law();
    let facts = facts(&law, "2021-08-20");
    let mut evaluation = Evaluation::new(&law, &facts);
    let list = &law.lists()[0];
    let rule = evaluation.select(&list.rows[0]).expect("dated").expect("a row");
    assert_eq!(evaluation.evaluate(rule.when, 0), Value::Bool(true));
    let months = rule.months.expect("months");
    let Value::Month(from) = evaluation.evaluate(months.from, 0) else {
        panic!("a month")
    };
    assert_eq!(from.to_string(), "2021-09");
    let instances = evaluation.add_months(from, 2).expect("two months");
    let amounts: Vec<Value<'_>> = instances.map(|at| evaluation.evaluate(months.amount, at)).collect();
    let fen = |value: i128| Value::Number(crate::rules::number::Number::integer(value));
    assert_eq!(amounts, [fen(2), fen(300)]);
    evaluation.set_pay_from(Some(from));
    let guard = evaluation.select(&law.guards()[0]).expect("dated").expect("a guard");
    assert_eq!(evaluation.evaluate(guard.require, 0), Value::Bool(true));
    assert_eq!(
        hex::encode(&evaluation.trace().as_bytes()[20..]),
        String::from("02") // two clauses: base in months 0 and 1
            + "0000" + "01" + "0204" + "0101" // month 0, version 1: 2 fen, one branch: then
            + "0001" + "01" + "02d804" + "0100" // month 1: 300 fen, one branch: else
            + "05" // five steps
            + "010000010000" + "01" + "00" // outcome 0/0 when: true
            + "010000010400" + "06c4bd01" + "00" // months.from: 2021-09
            + "010000010600" + "0204" + "00" // months.amount of month 0
            + "010000010601" + "02d804" + "00" // of month 1
            + "020000010000" + "01" + "00" // guard 0: true
            + "0000" // no rows, no choices
    );
}

#[test]
fn the_months_of_all_calendars_stay_within_the_limit_of_the_vocabulary() {
    let law = law();
    let facts = facts(&law, "2021-08-20");
    let mut evaluation = Evaluation::new(&law, &facts);
    let from = "2021-09".parse().expect("a month");
    assert_eq!(evaluation.add_months(from, 7), Some(0..7));
    assert_eq!(evaluation.add_months(from, 6), None);
    assert_eq!(evaluation.add_months(from, 5), Some(7..12));
    assert_eq!(evaluation.add_months(from, 0), Some(12..12));
    let last = "9999-12".parse().expect("a month");
    assert_eq!(Evaluation::new(&law, &facts).add_months(last, 2), None);
}

#[test]
fn a_guard_that_is_not_in_force_does_not_exist() {
    let law = law();
    let facts = facts(&law, "2021-08-19");
    let mut evaluation = Evaluation::new(&law, &facts);
    assert!(evaluation.select(&law.guards()[0]).expect("dated").is_none());
}

#[test]
fn the_first_month_of_pay_is_missing_until_it_is_set() {
    let law = law();
    let facts = facts(&law, "2021-08-20");
    let mut evaluation = Evaluation::new(&law, &facts);
    let guard = evaluation.select(&law.guards()[0]).expect("dated").expect("a guard");
    let Value::Missing(gap) = evaluation.evaluate(guard.require, 0) else {
        panic!("missing")
    };
    assert_eq!(evaluation.missing(gap).0[0].fact, "decision.pay_from");
}

#[test]
fn the_readable_trace_names_clause_citation_value_what_was_read_and_the_branch() {
    let law = law();
    let facts = facts(&law, "2021-08-20");
    let mut evaluation = Evaluation::new(&law, &facts).explained();
    let rule = evaluation
        .select(&law.lists()[0].rows[0])
        .expect("dated")
        .expect("a row");
    let amount = rule.months.expect("months").amount;
    evaluation
        .add_months("2021-09".parse().expect("a month"), 2)
        .expect("two months");
    evaluation.evaluate(amount, 1);
    let before = evaluation.trace();
    let explained = evaluation.explain();
    assert_eq!(evaluation.trace(), before, "explaining demands nothing");
    assert_eq!(
        explained.get("clauses").and_then(Json::as_list).expect("clauses")[0].to_string(),
        "{\"branches\":[0],\"cite\":\"n#1\",\"clause\":\"base\",\"in_force\":true,\"instance\":1,\
         \"name\":\"月额\",\"reads\":[{\"condition\":false,\"taken\":0},{\"fact\":\"case.amount\",\"instance\":0,\
         \"scope\":\"household\",\"value\":300}],\"scope\":\"pay_month\",\"value\":300}"
    );
    let steps = explained.get("steps").and_then(Json::as_list).expect("steps");
    assert_eq!(steps[0].get("step"), Some(&Json::text("determine/grace.months.amount")));
}
