//! The contract and the vocabulary say the same: every fact of the caller, every code, every limit.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_types::FileDescriptorSet;

use super::sample;
use crate::api::decode::{determine, limits};
use crate::api::pb;
use crate::canonical::Json;

const VOCABULARY: &str = include_str!("../../../../policy/vocabulary.yaml");

/// The value of `key: value` in a flow mapping on one line.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let start = line.find(&format!("{key}: "))? + key.len() + 2;
    line[start..]
        .split([',', '}'])
        .next()
        .map(|text| text.trim().trim_matches('"'))
}

/// Paths in the vocabulary that the caller supplies; both receipts lists share `receipt.`.
fn caller_paths() -> BTreeSet<String> {
    let facts = VOCABULARY
        .lines()
        .filter(|line| line.contains("{path: ") && value(line, "source") == Some("caller"));
    facts
        .filter_map(|line| value(line, "path"))
        .map(str::to_owned)
        .collect()
}

/// Fields that records have beside their facts.
const NO_FACTS: [&str; 3] = ["id", "source", "key"];

fn collect(group: &str, value: &Json, found: &mut BTreeSet<String>) {
    match value {
        Json::List(items) => items.iter().for_each(|item| collect(group, item, found)),
        Json::Object(fields) => {
            for (field, value) in fields {
                match value {
                    Json::List(_) => collect(field.trim_end_matches('s'), value, found),
                    _ if NO_FACTS.contains(&field.as_str()) => {}
                    _ => {
                        found.insert(format!("{group}.{field}"));
                    }
                }
            }
        }
        Json::Bool(_) | Json::Int(_) | Json::Text(_) => {}
    }
}

#[test]
fn a_full_request_gives_every_fact_of_the_caller_and_no_other() {
    let command = determine(sample::determine(), &sample::areas()).expect("a valid request");
    let mut found = BTreeSet::new();
    for (group, value) in command.household.facts.as_object().expect("an object") {
        if !["sources", "discretion", "decided_by"].contains(&group.as_str()) {
            collect(group.trim_end_matches('s'), value, &mut found);
        }
    }
    assert!(found.len() > 60, "the sample must fill in every fact");
    assert_eq!(found, caller_paths());
}

/// The enum of each code list that callers use.
const ENUMS: [(&str, &str); 17] = [
    ("residence_kind", "ResidenceKind"),
    ("applied_for", "ApplicationScope"),
    ("obligor_status", "ObligorStatus"),
    ("exit_ground", "ExitGround"),
    ("status", "AssistanceStatus"),
    ("programme", "PersonProgramme"),
    ("relation", "MemberRelation"),
    ("excluded_for", "ExclusionGround"),
    ("education", "Education"),
    ("labour", "Labour"),
    ("disability_kind", "DisabilityKind"),
    ("supported_by", "Supporter"),
    ("regularity", "Regularity"),
    ("income_kind", "IncomeKind"),
    ("pension_scheme", "PensionScheme"),
    ("expense_kind", "ExpenseKind"),
    ("obligor_kind", "ObligorKind"),
];

#[test]
fn every_enum_has_the_codes_of_its_list() {
    let lists: BTreeMap<&str, BTreeSet<String>> = VOCABULARY
        .lines()
        .filter_map(|line| Some((value(line, "id")?, line.split_once("codes: {")?.1)))
        .map(|(id, codes)| {
            let codes = codes.trim_end_matches('}').split(", ");
            (
                id,
                codes
                    .filter_map(|code| Some(code.split_once(':')?.0.to_owned()))
                    .collect(),
            )
        })
        .collect();
    let descriptors = FileDescriptorSet::decode(pb::FILE_DESCRIPTOR_SET).expect("descriptors");
    let enums: Vec<_> = descriptors.file.iter().flat_map(|file| &file.enum_type).collect();
    for (list, name) in ENUMS.into_iter().chain([("asset_kind", "AssetKind")]) {
        let values = &enums.iter().find(|e| e.name() == name).expect(name).value;
        let prefix = values[0].name().trim_end_matches("UNSPECIFIED").to_owned();
        let codes: BTreeSet<String> = values[1..]
            .iter()
            .map(|v| v.name().trim_start_matches(&*prefix).to_ascii_lowercase())
            .collect();
        assert_eq!(Some(&codes), lists.get(list), "{name} and {list}");
    }
}

#[test]
fn the_limits_are_those_of_the_scopes() {
    let limit = |scope: &str| -> usize {
        let line = VOCABULARY
            .lines()
            .find(|line| line.contains("limit:") && value(line, "id") == Some(scope));
        value(line.expect(scope), "limit")
            .expect(scope)
            .parse()
            .expect("a number")
    };
    assert_eq!(limit("member"), limits::MEMBER_COUNT_MAX);
    assert_eq!(
        (limit("job"), limit("income")),
        (limits::JOB_AND_INCOME_COUNT_MAX, limits::JOB_AND_INCOME_COUNT_MAX)
    );
    assert_eq!(
        (limit("job_receipt"), limit("income_receipt")),
        (limits::RECEIPT_COUNT_MAX, limits::RECEIPT_COUNT_MAX)
    );
    assert_eq!(
        (limit("asset"), limit("expense")),
        (limits::ASSET_COUNT_MAX, limits::EXPENSE_COUNT_MAX)
    );
    assert_eq!(
        (limit("obligor"), limit("paid")),
        (limits::OBLIGOR_COUNT_MAX, limits::PAYMENT_COUNT_MAX)
    );
}
