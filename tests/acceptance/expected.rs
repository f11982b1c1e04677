//! What a vector expects of a determination, and what is otherwise.

use std::collections::BTreeMap;

use doudi::canonical::Json;
use doudi::rules::decide::Refusal;
use doudi::rules::determination::{Decided, Determination};

use crate::follower::{list, object, text};

/// What differs between what is expected and what was decided, a line each.
pub(crate) fn differences(expect: &Json, decided: &Result<Determination, Refusal>) -> Vec<String> {
    let determination = match decided {
        Ok(determination) => determination,
        Err(refusal) => {
            let reasons: Vec<Json> = refusal.guards.iter().map(|guard| Json::text(&*guard.reason)).collect();
            return same("refused", expect.get("refused"), Json::List(reasons))
                .into_iter()
                .collect();
        }
    };
    let json = determination.to_json();
    let mut wrong: Vec<String> = Vec::new();
    for (key, wanted) in expect.as_object().unwrap() {
        wrong.extend(match key.as_str() {
            "members" => members(wanted, determination),
            "months" => same(key, Some(wanted), Json::List(months(determination))),
            "difference" => same(key, Some(wanted), json.get("difference").unwrap().clone()),
            "entitlements" => entitlements(wanted, determination),
            "due" => every(key, wanted, &object_of(&json, "due", "id", "date")),
            "no_due" => none(wanted, &object_of(&json, "due", "id", "date")),
            "choices" => every(key, wanted, &object_of(&json, "choices", "id", "option")),
            "parameters" => every(key, wanted, &parameters(&json)),
            "carried" => carried(wanted, determination),
            "missing_facts" => same(key, Some(wanted), distinct(&json, "missing_facts", "fact")),
            "missing_rules" => same(key, Some(wanted), distinct(&json, "missing_rules", "rule")),
            "refused" => Some("expected a refusal".to_owned()),
            _ => household(key, wanted, &determination.household),
        });
    }
    wrong
}

fn same(key: &str, wanted: Option<&Json>, found: Json) -> Option<String> {
    let wanted = wanted.cloned().unwrap_or(Json::List(Vec::new()));
    (wanted != found).then(|| format!("{key}: expected {wanted}, found {found}"))
}

fn household(key: &str, wanted: &Json, decided: &Decided) -> Option<String> {
    let json = decided.to_json();
    let blocking = || {
        decided
            .required_steps
            .iter()
            .filter(|step| step.blocks)
            .map(|step| Json::text(&*step.code))
    };
    match key {
        "required_steps" => same(key, Some(wanted), Json::List(blocking().collect())),
        "flags" | "refer" => {
            let found = list(&json, key);
            let missing = wanted.as_list().unwrap().iter().find(|code| !found.contains(code));
            missing.map(|code| format!("{key}: {code} is not among {}", Json::List(found.to_vec())))
        }
        "planned" => every(key, wanted, &object(json.get("planned"))),
        _ => same(key, Some(wanted), json.get(key).cloned().unwrap_or(Json::text(""))),
    }
}

fn members(wanted: &Json, determination: &Determination) -> Option<String> {
    for member in wanted.as_list().unwrap() {
        let id = text(member, "member");
        let Some(found) = determination.members.iter().find(|decided| decided.member == id) else {
            return Some(format!("members: nothing was decided for {id}"));
        };
        for (key, value) in member.as_object().unwrap().iter().filter(|(key, _)| *key != "member") {
            if let Some(wrong) = household(key, value, &found.decided) {
                return Some(format!("member {id}: {wrong}"));
            }
        }
    }
    None
}

fn months(determination: &Determination) -> Vec<Json> {
    let mut months = Vec::new();
    for held in determination.entitlements.iter().chain(&determination.proposed) {
        let Some(to) = held.to else { continue };
        months.extend((0..=held.from.until(to)).map(|step| {
            let month = held.from.plus(step).unwrap();
            Json::object([
                ("month", Json::text(month.to_string())),
                ("amount_fen", Json::Int(held.amount.get())),
            ])
        }));
    }
    months
}

fn entitlements(wanted: &Json, determination: &Determination) -> Option<String> {
    for held in wanted.as_list().unwrap() {
        let found = determination.entitlements.iter().any(|granted| {
            let json = granted.to_json();
            let members = held
                .get("members")
                .is_none_or(|members| json.get("persons") == Some(members));
            let keys = held.as_object().unwrap().iter().filter(|(key, _)| *key != "members");
            members && keys.into_iter().all(|(key, value)| json.get(key) == Some(value))
        });
        if !found {
            return Some(format!(
                "entitlements: {held} is not among {:?}",
                determination.entitlements
            ));
        }
    }
    None
}

fn object_of(json: &Json, key: &str, name: &str, value: &str) -> BTreeMap<String, Json> {
    list(json, key)
        .iter()
        .map(|item| (text(item, name).to_owned(), item.get(value).unwrap().clone()))
        .collect()
}

fn parameters(json: &Json) -> BTreeMap<String, Json> {
    let value = |item: &Json| match item.get("value") {
        Some(Json::List(literal)) if literal.len() > 1 => literal[1].clone(),
        Some(other) => other.clone(),
        None => Json::text(""),
    };
    list(json, "parameters")
        .iter()
        .map(|item| (text(item, "id").to_owned(), value(item)))
        .collect()
}

fn every(key: &str, wanted: &Json, found: &BTreeMap<String, Json>) -> Option<String> {
    let wanted = wanted.as_object()?;
    let wrong = wanted.iter().find(|(name, value)| found.get(*name) != Some(value));
    wrong.map(|(name, value)| format!("{key}.{name}: expected {value}, found {:?}", found.get(name)))
}

fn none(wanted: &Json, found: &BTreeMap<String, Json>) -> Option<String> {
    let ids = wanted.as_list().unwrap().iter().filter_map(Json::as_text);
    ids.filter(|id| found.contains_key(*id))
        .map(|id| format!("due: {id} must not be there"))
        .next()
}

fn carried(wanted: &Json, determination: &Determination) -> Option<String> {
    for (member, facts) in wanted.as_object().unwrap() {
        for (fact, value) in facts.as_object().unwrap() {
            let of = |carried: &&doudi::rules::determination::Carried| {
                carried.member.as_deref() == Some(member) && carried.fact == *fact
            };
            let found = determination.carried.iter().find(of).map(|carried| &carried.value);
            if found != Some(value) {
                return Some(format!("carried {member} {fact}: expected {value}, found {found:?}"));
            }
        }
    }
    None
}

fn distinct(json: &Json, key: &str, name: &str) -> Json {
    let mut names: Vec<Json> = list(json, key)
        .iter()
        .map(|item| Json::text(text(item, name)))
        .collect();
    names.dedup();
    Json::List(names)
}
