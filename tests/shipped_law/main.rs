//! The shipped law on its own worked cases and on random households: what must hold for every household.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the policies must stop")]

mod household;
mod properties;
mod spell;

use std::fs;

use doudi::rules::document::Document;
use doudi::rules::language::library::{File, lies_in, read_all};
use doudi::rules::language::say::{Lang, Say as _};
use doudi::rules::law::{Law, Published};
use doudi::rules::worked;

/// The shipped documents, as they stand in the folder.
fn shipped() -> Vec<Document> {
    let mut files: Vec<File> = fs::read_dir("policy")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml") && !path.ends_with("areas.yaml"))
        .map(|path| File {
            name: path.display().to_string(),
            text: fs::read_to_string(&path).unwrap(),
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let held = fs::read_to_string("policy/texts/huaimin-2021-142.txt").unwrap();
    let read = read_all(&files, &[held]).into_iter();
    read.map(|read| match read.result {
        Ok(checked) => checked.document.clone(),
        Err(remarks) => panic!("{}: {remarks:#?}", read.name),
    })
    .collect()
}

/// The law of an area out of the shipped documents.
fn law(documents: &[Document], area: &str) -> Law {
    let published = |document: &Document| Published::new(document.clone(), "doudi.example/340321/1", 1);
    let is_rule = |document: &&Document| document.vocabulary.is_none() && document.calendar.is_empty();
    let layers: Vec<Published> = documents
        .iter()
        .filter(is_rule)
        .filter(|document| lies_in(area, &document.area))
        .map(published)
        .collect();
    let calendar = published(documents.iter().find(|document| !document.calendar.is_empty()).unwrap());
    let vocabulary = published(documents.iter().find(|document| document.vocabulary.is_some()).unwrap());
    Law::resolve(area.parse().unwrap(), &layers, &calendar, &vocabulary)
        .unwrap_or_else(|problems| panic!("{area}: {problems:#?}"))
}

/// The law of the county that ships.
fn huaiyuan() -> Law {
    law(&shipped(), "340321")
}

#[test]
fn every_document_passes_its_own_worked_cases() {
    let documents = shipped();
    let mut count = 0;
    for document in documents.iter().filter(|document| !document.cases.is_empty()) {
        count += document.cases.len();
        assert_eq!(
            worked::run(&law(&documents, &document.area), document),
            [],
            "{}",
            document.policy
        );
    }
    assert!(count >= 11, "only {count} worked cases were found");
}

#[test]
fn a_worked_case_that_expects_something_else_is_told_so() {
    let documents = shipped();
    let mut county = documents
        .iter()
        .find(|document| document.policy == "huaiyuan")
        .unwrap()
        .clone();
    county.cases.truncate(1);
    county.cases[0].expect = doudi::canonical::Json::parse(
        "{\"household\":{\"outcome\":\"DIBAO\",\"amount_fen\":\"1050.01元\"}}".as_bytes(),
    )
    .unwrap();
    let found = worked::run(&law(&documents, "340321"), &county);
    let told: Vec<String> = found[0].differences.iter().map(|unlike| unlike.say(Lang::En)).collect();
    assert_eq!(told, ["household.amount_fen: expected 105001, came 105000"]);
}

#[test]
fn what_nobody_has_found_is_a_sample_and_says_so() {
    for document in shipped().iter().filter(|document| document.policy == "huaiyuan") {
        assert!(
            document
                .parameters
                .iter()
                .all(|parameter| parameter.values.iter().all(|value| value.sample))
        );
    }
}
