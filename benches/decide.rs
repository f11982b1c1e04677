//! How many decisions one core makes a second: `cargo bench --bench decide`.
//!
//! The law is the shipped one with the county documents of the tests. The design asks for
//! 400,000 decisions of a three-person household a second and core, the hash of the canonical trace
//! included: `applicants` is the plainest such household, `recipients` one with more to settle.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot read its law must stop")]

use std::fs;
use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use doudi::canonical::Json;
use doudi::rules::decide::{DecisionFacts, decide};
use doudi::rules::document::Document;
use doudi::rules::language::library::{File, read_all};
use doudi::rules::law::{Law, Published};

/// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The area whose law is measured.
const AREA: &str = "340321";

static LAW: LazyLock<Law> = LazyLock::new(|| {
    let names = [
        "vocabulary",
        "calendar",
        "100000-nation",
        "340000-anhui",
        "340300-bengbu",
    ];
    let shipped = names.iter().map(|name| format!("policy/{name}.yaml"));
    let files: Vec<File> = shipped
        .chain([format!("tests/policy/t1/{AREA}-t1.yaml")])
        .map(|name| File {
            text: fs::read_to_string(&name).unwrap(),
            name,
        })
        .collect();
    let texts = [fs::read_to_string("policy/texts/huaimin-2021-142.txt").unwrap()];
    let documents: Vec<Document> = read_all(&files, &texts)
        .into_iter()
        .map(|read| read.result.unwrap().document.clone())
        .collect();
    let published = |document: &Document| Published::new(document.clone(), "bench.example/340321/1", 1);
    let of = |wanted: &str| published(documents.iter().find(|document| document.policy == wanted).unwrap());
    let layers: Vec<Published> = documents
        .iter()
        .filter(|document| document.vocabulary.is_none() && document.calendar.is_empty())
        .map(published)
        .collect();
    Law::resolve(AREA.parse().unwrap(), &layers, &of("calendar"), &of("vocabulary")).unwrap()
});

/// A family of three that applies, with one income: the first of the worked cases.
const APPLICANTS: &str = r#"{
    "decision": {"date": "2021-08-18", "month": "2021-08", "kind": "determine"},
    "case": {"area": "340321", "residence_kind": "rural", "applied_on": "2021-08-18", "property_ok": true},
    "members": [
        {"id": "p1", "relation": "self", "birth": "1980-05-06",
            "incomes": [{"id": "i1", "kind": "other", "regularity": "monthly", "amount": 90000}]},
        {"id": "p2", "relation": "spouse", "birth": "1982-09-10"},
        {"id": "p3", "relation": "minor_child", "birth": "2012-03-01"}],
    "standing": []
}"#;

/// A recipient family under review: one member at work, one farming, one with a pension.
const RECIPIENTS: &str = r#"{
    "decision": {"date": "2021-08-20", "month": "2021-08", "kind": "review"},
    "case": {"area": "340321", "residence_kind": "rural", "applied_on": "2020-12-01", "accepted_on": "2020-12-02",
        "income_unstable": false, "property_ok": true, "obligor_status": "none"},
    "history": {"status": "dibao", "confirmed_on": "2021-01-15", "pay_from": "2021-02", "last_amount": 105000,
        "last_headcount": 3, "last_review": "2021-01-15"},
    "hearing": {"held_on": "2021-08-19"},
    "notice": {"reasons_written": true},
    "members": [
        {"id": "p1", "relation": "self", "birth": "1975-03-04", "labour": "full", "recipient_since": "2021-01-15",
            "counted_before": true, "severe_illness": false, "programme": "dibao",
            "jobs": [{"id": "j1", "start": "2021-08-03", "place": "340321", "wage": 200000}]},
        {"id": "p2", "relation": "spouse", "birth": "1978-07-08", "labour": "full", "recipient_since": "2021-01-15",
            "counted_before": true, "severe_illness": false, "programme": "dibao",
            "incomes": [{"id": "i1", "kind": "farm", "regularity": "monthly", "amount": 20000}]},
        {"id": "p3", "relation": "parent", "birth": "1950-01-02", "labour": "none", "recipient_since": "2021-01-15",
            "counted_before": true, "severe_illness": false, "programme": "dibao", "shares_life": true,
            "disability_kind": "limb", "disability_level": 2, "disability_until": "2030-01-01", "unmet_items": 0,
            "incomes": [{"id": "i2", "kind": "pension", "regularity": "monthly", "amount": 13000,
                "pension_scheme": "resident", "central_part": 9300, "local_part": 1200, "account_part": 2500}]}],
    "standing": [{"programme": "DIBAO", "persons": ["p1", "p2", "p3"], "from": "2021-02", "amount_fen": 105000,
        "supersedes": []}]
}"#;

fn main() {
    println!("{}", LAW.cost());
    for (name, household) in [("applicants", APPLICANTS), ("recipients", RECIPIENTS)] {
        let facts = DecisionFacts::read(&LAW, &Json::parse(household.as_bytes()).unwrap()).unwrap();
        println!("{name}: {}", decide(&LAW, &facts).determination().to_json());
    }
    divan::main();
}

// A sample of many, because one is too short for the clock.
#[divan::bench(sample_count = 1_000, sample_size = 100)]
fn applicants(bencher: Bencher<'_, '_>) {
    decisions(bencher, APPLICANTS);
}

#[divan::bench(sample_count = 1_000, sample_size = 100)]
fn recipients(bencher: Bencher<'_, '_>) {
    decisions(bencher, RECIPIENTS);
}

/// Decisions with the hash of the canonical trace.
fn decisions(bencher: Bencher<'_, '_>, household: &str) {
    let facts = DecisionFacts::read(&LAW, &Json::parse(household.as_bytes()).unwrap()).unwrap();
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench(|| decide(&LAW, black_box(&facts)).trace_digest());
}

#[divan::bench(sample_count = 1_000, sample_size = 20)]
fn recipients_from_the_facts_document_to_the_determination(bencher: Bencher<'_, '_>) {
    let document = Json::parse(RECIPIENTS.as_bytes()).unwrap();
    bencher.counter(ItemsCount::new(1_usize)).bench(|| {
        let facts = DecisionFacts::read(&LAW, black_box(&document)).unwrap();
        decide(&LAW, &facts).determination().to_bytes()
    });
}
