//! The vectors of SEMANTICS.md section 14, written by hand: every evaluator must pass them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::canonical::Json;
use crate::rules::document::Document;
use crate::rules::expr::Literal;
use crate::rules::law::Published;
use crate::rules::value::Fault;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/semantics"))
}

fn read(name: &str) -> Json {
    let bytes = std::fs::read(folder().join(name)).expect("a file of the vectors");
    Json::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn published(document: Json) -> Published {
    Published::new(Document::from_json(&document).expect("a sealed document"), "vectors", 0)
}

fn with(document: &Json, more: &[(&str, Json)]) -> Json {
    let mut members = document.as_object().expect("an object").clone();
    for (key, value) in more {
        members.entry((*key).to_owned()).or_insert_with(|| value.clone());
    }
    Json::Object(members)
}

fn object(members: &[(&str, Json)]) -> Json {
    Json::object(members.iter().cloned())
}

fn list(json: &Json, key: &str) -> Vec<Json> {
    json.get(key)
        .and_then(Json::as_list)
        .map(<[Json]>::to_vec)
        .unwrap_or_default()
}

fn text<'j>(json: &'j Json, key: &str) -> Option<&'j str> {
    json.get(key).and_then(Json::as_text)
}

/// Facts over the defaults, key by key of the two upper levels.
fn merged(facts: &Json) -> Json {
    let defaults = Json::parse(
        b"{\"decision\":{\"date\":\"2021-08-20\",\"month\":\"2021-08\",\"kind\":\"determine\"},\
          \"case\":{\"area\":\"340321\"}}",
    )
    .expect("JSON");
    let mut top = defaults.as_object().expect("an object").clone();
    for (key, value) in facts.as_object().expect("an object") {
        let both = match (top.get(key).and_then(Json::as_object), value.as_object()) {
            (Some(old), Some(new)) => {
                let mut both: BTreeMap<String, Json> = old.clone();
                both.extend(new.clone());
                Json::Object(both)
            }
            _ => value.clone(),
        };
        top.insert(key.clone(), both);
    }
    Json::Object(top)
}

/// The vector's law: its documents, and one more whose only clause is the expression.
fn law(vector: &Json, vocabulary: &Published) -> Result<Law, Vec<crate::rules::law::LawError>> {
    let head = |policy: &str| {
        [
            ("semantics", Json::text("doudi-rules/1")),
            ("title", Json::text("vector")),
            ("policy", Json::text(policy)),
            ("area", Json::text("340321")),
        ]
    };
    let clause = object(&[
        ("id", Json::text("subject")),
        ("name", Json::text("subject")),
        ("scope", Json::text(text(vector, "scope").unwrap_or("household"))),
        ("unit", Json::text("bool")),
        ("by", Json::text("decision_date")),
        ("expr", vector.get("expr").expect("an expression").clone()),
    ]);
    let subject = with(&object(&[("clauses", Json::List(vec![clause]))]), &head("zz_subject"));
    let mut calendar = object(&head("calendar"));
    let years = list(vector, "calendar");
    if !years.is_empty() {
        calendar = with(&calendar, &[("calendar", Json::List(years))]);
    }
    let mut layers: Vec<Published> = list(vector, "documents")
        .iter()
        .map(|document| published(with(document, &head(""))))
        .collect();
    layers.push(published(subject));
    Law::resolve(
        "340321".parse().expect("an area"),
        &layers,
        &published(calendar),
        vocabulary,
    )
}

fn run(vector: &Json, vocabulary: &Published) -> Result<(), String> {
    let law = law(vector, vocabulary).map_err(|errors| format!("{errors:?}"))?;
    let facts = Facts::from_json(law.schema(), &merged(vector.get("facts").expect("facts")))
        .map_err(|errors| format!("{errors:?}"))?;
    let instance = match vector.get("instance") {
        Some(Json::Int(instance)) => u32::try_from(*instance).expect("an instance"),
        _ => 0,
    };
    let mut evaluation = Evaluation::new(&law, &facts);
    let value = evaluation.clause(law.clause("subject").expect("the subject"), instance);
    let found = shown(&evaluation, value);
    let expect = vector.get("expect").expect("an expectation");
    let wanted = match expect
        .get("value")
        .map(|value| Literal::from_json(value).expect("a constant"))
    {
        Some(Literal::Number(number, _)) => object(&[("value", Json::text(number.to_string()))]),
        Some(other) => object(&[("value", other.to_json())]),
        None => expect.clone(),
    };
    if found != wanted {
        return Err(format!("expected {wanted}, found {found}"));
    }
    let trace = hex::encode(evaluation.trace().as_bytes());
    match text(vector, "trace") {
        Some(wanted) if wanted.replace(' ', "") != trace => Err(format!("expected trace {wanted}, found {trace}")),
        Some(_) | None => Ok(()),
    }
}

/// A value in the form of an expectation; numbers without their unit.
fn shown(evaluation: &Evaluation<'_>, value: Value<'_>) -> Json {
    let value = match value {
        Value::Bool(value) => Literal::Bool(value).to_json(),
        Value::Number(number) => Json::text(number.to_string()),
        Value::Code(code) => Literal::Code(code.to_owned()).to_json(),
        Value::Date(date) => Literal::Date(date).to_json(),
        Value::Month(month) => Literal::Month(month).to_json(),
        Value::Area(area) => Literal::Area(area.to_string()).to_json(),
        Value::Error(fault) => return object(&[("error", Json::text(fault.code()))]),
        Value::Missing(gap) => {
            let set = evaluation.gap_set(gap);
            let facts = set.facts.iter().map(|(fact, instance)| {
                let path = &evaluation.law.schema.facts[fact.at()].path;
                Json::List(vec![Json::text(path), Json::Int((*instance).into())])
            });
            let rules = evaluation.ordered_rules(&set).into_iter().map(|(id, rule)| {
                let area = rule.area.map_or_else(String::new, |area| area.to_string());
                Json::List(vec![
                    Json::Int(rule.kind.byte().into()),
                    Json::text(id),
                    Json::text(area),
                    Json::text(rule.date.to_string()),
                ])
            });
            let mut missing = BTreeMap::new();
            for (key, items) in [("facts", facts.collect::<Vec<_>>()), ("rules", rules.collect())] {
                if !items.is_empty() {
                    missing.insert(key.to_owned(), Json::List(items));
                }
            }
            return object(&[("missing", Json::Object(missing))]);
        }
    };
    object(&[("value", value)])
}

#[test]
fn every_vector_of_the_semantics_holds() {
    let vocabulary = published(read("vocabulary.json"));
    let mut failures = Vec::new();
    let mut count = 0;
    let mut names: Vec<_> = std::fs::read_dir(folder())
        .expect("the vectors")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    for name in names.iter().filter(|name| *name != "vocabulary.json") {
        for vector in list(&read(name), "vectors") {
            count += 1;
            if let Err(problem) = run(&vector, &vocabulary) {
                failures.push(format!("{name}: {}: {problem}", text(&vector, "name").unwrap_or("?")));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= 60, "only {count} vectors were found");
}

#[test]
fn every_error_has_the_code_that_records_carry() {
    let codes = [Fault::Division, Fault::Overflow, Fault::Range, Fault::Type].map(Fault::code);
    assert_eq!(codes, ["E_DIV", "E_OVERFLOW", "E_RANGE", "E_TYPE"]);
}
