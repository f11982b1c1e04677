//! Facts against a small vocabulary: places, defaults, limits, every mistake at once.

use super::*;
use crate::rules::codec::Digest;
use crate::rules::document::{CodeList, FactDefinition, ScopeDefinition, Type, Vocabulary};
use crate::rules::expr::{Literal, Unit};

fn schema() -> Arc<Schema> {
    let scope = |id: &str, parent: Option<&str>, limit| ScopeDefinition {
        id: id.to_owned(),
        name: id.to_owned(),
        parent: parent.map(str::to_owned),
        limit,
    };
    let fact = |path: &str, scope: &str, unit, absent| FactDefinition {
        path: path.to_owned(),
        name: path.to_owned(),
        scope: scope.to_owned(),
        unit,
        absent,
        source: "caller".to_owned(),
        meaning: String::new(),
    };
    let vocabulary = Vocabulary {
        scopes: vec![
            scope("household", None, 1),
            scope("member", Some("household"), 3),
            scope("job", Some("member"), 256),
            scope("job_receipt", Some("job"), 2_048),
            scope("income", Some("member"), 256),
        ],
        codes: vec![CodeList {
            id: "kind".to_owned(),
            codes: vec![("rural".to_owned(), "农村".to_owned())],
        }],
        facts: vec![
            fact("case.kind", "household", Type::Code("kind".to_owned()), None),
            fact("member.birth", "member", Type::Date, None),
            fact("member.poor", "member", Type::Bool, Some(Literal::Bool(false))),
            fact("job.wage", "job", Type::Number(Unit::Fen), None),
            fact("receipt.month", "job_receipt", Type::Month, None),
        ],
    };
    Arc::new(Schema::new(&vocabulary, Digest::of(b"test")).expect("a vocabulary"))
}

fn read(text: &str) -> Result<Facts, Vec<FactsError>> {
    Facts::from_json(&schema(), &Json::parse(text.as_bytes()).expect("JSON of the test"))
}

#[test]
fn instances_are_numbered_in_document_order_over_the_household() {
    let facts = read(
        "{\"members\":[{\"id\":\"p1\",\"jobs\":[{\"id\":\"j1\"},{\"wage\":5}]},{\"id\":\"p2\"},\
         {\"id\":\"p3\",\"jobs\":[{\"receipts\":[{\"month\":\"2021-07\"}]}]}],\"sources\":{\"free\":1}}",
    )
    .expect("facts");
    let scope = |id| facts.schema.scope(id).expect("a scope");
    let jobs = &facts.tables[scope("job").at()];
    assert_eq!(
        (jobs.parents.as_slice(), jobs.starts.as_slice()),
        (&[0, 0, 2][..], &[0, 2, 2, 3][..])
    );
    assert_eq!(facts.place(scope("job"), 0).as_deref(), Some("p1/j1"));
    assert_eq!(facts.place(scope("job"), 1).as_deref(), Some("p1/1"));
    assert_eq!(facts.place(scope("job_receipt"), 0).as_deref(), Some("p3/0/0"));
    assert_eq!(facts.place(ScopeIndex::HOUSEHOLD, 0), None);
}

#[test]
fn a_default_is_a_value_that_is_not_known() {
    let facts = read("{\"members\":[{}]}").expect("facts");
    let at = |column| facts.spans[1].place(column, 0);
    assert_eq!((facts.cells[at(0)], facts.known[at(0)]), (Cell::Absent, false));
    assert_eq!((facts.cells[at(1)], facts.known[at(1)]), (Cell::No, false));
}

#[test]
fn every_mistake_is_named_at_once_and_no_value_is_quoted() {
    let errors = read(
        "{\"case\":{\"kind\":\"urban\",\"x\":1},\"members\":[{\"birth\":\"2021-02-29\",\"poor\":1,\"age\":3},5,\
         {\"id\":7,\"jobs\":[{\"wage\":\"1\"}],\"incomes\":{}}]}",
    )
    .expect_err("refused");
    let places: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(
        places,
        [
            "case/x",
            "case/kind",
            "members/0/age",
            "members/0/birth",
            "members/0/poor",
            "members/1",
            "members/2/id",
            "members/2/jobs/0/wage",
            "members/2/incomes"
        ]
    );
    assert!(errors.iter().all(|error| !error.to_string().contains("2021-02-29")));
}

#[test]
fn limits_hold_for_each_scope_and_for_jobs_and_incomes_together() {
    let members = |count: usize| format!("{{\"members\":[{}]}}", vec!["{}"; count].join(","));
    assert!(read(&members(3)).is_ok());
    assert_eq!(read(&members(5)).expect_err("too many").len(), 2);
    let items = |jobs: usize, incomes: usize| {
        let list = |count| vec!["{}"; count].join(",");
        format!(
            "{{\"members\":[{{\"jobs\":[{}],\"incomes\":[{}]}}]}}",
            list(jobs),
            list(incomes)
        )
    };
    assert!(read(&items(200, 56)).is_ok());
    assert!(read(&items(200, 57)).is_err());
}
