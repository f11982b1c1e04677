//! The worked cases of a policy document: what its authors expect of it, decided by the law it stands in.
//!
//! A document whose own cases do not come out is not published.

use super::decide::{DecisionFacts, decide};
use super::document::{Document, WorkedCase};
use super::language::say::phrases;
use super::law::Law;
use crate::canonical::Json;

phrases! {
    /// One place of a determination that is not what its case expects.
    Unlike {
        Other { at: String, expected: String, came: String } =>
            "{at}: expected {expected}, came {came}", "{at}：应为 {expected}，实际为 {came}";
        Nothing { at: String, expected: String } =>
            "{at}: expected {expected}, came nothing", "{at}：应为 {expected}，实际没有";
        Facts { refused: String } =>
            "facts: {refused}; correct them by the vocabulary", "事实：{refused}；请按词汇表改正";
    }
}

/// A worked case that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkedDifference {
    /// The case.
    pub case: String,
    /// Each place of the determination that differs, with what was expected and what came.
    pub differences: Vec<Unlike>,
}

/// Runs the worked cases of a document by a law that holds it. Empty: every case came out.
#[must_use]
pub fn run(law: &Law, document: &Document) -> Vec<WorkedDifference> {
    let outcomes = document.cases.iter().map(|case| WorkedDifference {
        case: case.name.clone(),
        differences: differences(law, case),
    });
    outcomes.filter(|outcome| !outcome.differences.is_empty()).collect()
}

fn differences(law: &Law, case: &WorkedCase) -> Vec<Unlike> {
    let facts = match DecisionFacts::read(law, &in_fen(&case.facts)) {
        Ok(facts) => facts,
        Err(refused) => {
            let refused = format!("{refused:?}");
            return vec![Unlike::Facts { refused }];
        }
    };
    let decision = decide(law, &facts);
    let mut found = Vec::new();
    if let Some(refusal) = decision.refusal() {
        let reasons: Vec<Json> = refusal.guards.into_iter().map(|guard| guard.reason.into()).collect();
        let refused = Json::object([("refused", Json::List(reasons))]);
        compare("", &case.expect, Some(&refused), &mut found);
    } else {
        let determination = decision.determination().to_json();
        compare("", &in_fen(&case.expect), Some(&determination), &mut found);
    }
    found
}

/// Money as people write it (`1050.00元`) as fen; everything else as it stands.
fn in_fen(value: &Json) -> Json {
    match value {
        Json::Text(text) => fen(text).map_or_else(|| value.clone(), Json::Int),
        Json::List(items) => Json::List(items.iter().map(in_fen).collect()),
        Json::Object(members) => Json::object(members.iter().map(|(key, value)| (key.clone(), in_fen(value)))),
        Json::Bool(_) | Json::Int(_) => value.clone(),
    }
}

/// `1050.00元`, `1050.5元`, `1050元`.
fn fen(text: &str) -> Option<i64> {
    let amount = text.strip_suffix('元')?;
    let (sign, amount) = amount.strip_prefix('-').map_or((1, amount), |rest| (-1, rest));
    let (yuan, rest) = amount.split_once('.').unwrap_or((amount, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if yuan.is_empty() || rest.len() > 2 || !digits(yuan) || !digits(rest) {
        return None;
    }
    let whole = format!("{yuan}{rest:0<2}");
    whole.parse::<i64>().ok().map(|fen| sign * fen)
}

/// Every member that is expected is there and equal; lists have the same length. What is not named is not compared.
fn compare(at: &str, expected: &Json, found: Option<&Json>, differences: &mut Vec<Unlike>) {
    match (expected, found) {
        (Json::Object(members), Some(Json::Object(_))) => {
            for (key, value) in members {
                let place = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                compare(&place, value, found.and_then(|found| found.get(key)), differences);
            }
        }
        (Json::List(items), Some(Json::List(others))) if items.len() == others.len() => {
            for (number, (item, other)) in items.iter().zip(others).enumerate() {
                compare(&format!("{at}[{number}]"), item, Some(other), differences);
            }
        }
        _ if found == Some(expected) => {}
        _ => {
            let (at, expected) = (at.to_owned(), show(expected));
            differences.push(match found.map(show) {
                Some(came) => Unlike::Other { at, expected, came },
                None => Unlike::Nothing { at, expected },
            });
        }
    }
}

fn show(value: &Json) -> String {
    String::from_utf8_lossy(&value.to_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::language::say::{Lang, Say as _, held};

    #[test]
    fn a_difference_is_told_in_either_language() {
        held::translated(Unlike::WRITTEN);
        let unlike = Unlike::Other {
            at: "household.amount_fen".to_owned(),
            expected: "1".to_owned(),
            came: "2".to_owned(),
        };
        assert_eq!(unlike.say(Lang::Zh), "household.amount_fen：应为 1，实际为 2");
    }

    #[test]
    fn money_is_read_as_people_write_it_and_other_text_is_left_alone() {
        assert_eq!(
            ["1050.00元", "1050.5元", "0.01元", "-3元"].map(fen),
            [Some(105_000), Some(105_050), Some(1), Some(-300)]
        );
        assert_eq!(["元", "1.234元", "1050", "一元", "1.x元"].map(fen), [None; 5]);
    }

    #[test]
    fn only_what_is_expected_is_compared_and_every_difference_is_named() {
        let json = |text: &str| Json::parse(text.as_bytes()).expect("subset");
        let found = json(r#"{"a":{"b":1,"c":2},"d":["x"],"e":true}"#);
        let compared = |expected: &str| {
            let mut differences = Vec::new();
            compare("", &json(expected), Some(&found), &mut differences);
            differences
                .iter()
                .map(|unlike| unlike.say(Lang::En))
                .collect::<Vec<String>>()
        };
        assert_eq!(compared(r#"{"a":{"c":2},"d":["x"]}"#), [""; 0]);
        assert_eq!(
            compared(r#"{"a":{"b":2},"d":["x","y"],"f":1}"#),
            [
                "a.b: expected 2, came 1",
                r#"d: expected ["x","y"], came ["x"]"#,
                "f: expected 1, came nothing"
            ]
        );
    }
}
