//! Facts against a small vocabulary: places, defaults, limits, every mistake at once.

use proptest::prelude::*;

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

type Read = Result<Box<Facts>, Vec<FactsError>>;

fn read(text: &str) -> Read {
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

/// The two ways of reading, of the same canonical bytes.
fn both_ways(document: &Json) -> (Option<Box<Facts>>, Read) {
    let schema = schema();
    // In the room of other facts, of which nothing may be left.
    let (mut scratch, other) = (
        Scratch::default(),
        br#"{"members":[{"id":"p1","jobs":[{},{}]},{"id":"p2"}]}"#,
    );
    let other = Facts::from_bytes(&schema, other, &mut scratch, |cursor, _| cursor.skip());
    scratch.take_back(other.expect("facts of the vocabulary"));
    let bytes = document.to_bytes();
    let quick = Facts::from_bytes(&schema, &bytes, &mut scratch, |cursor, _| cursor.skip());
    (quick, Facts::from_json(&schema, document))
}

/// Mostly records of the vocabulary, with values that fit their facts or do not.
fn document() -> impl Strategy<Value = Json> {
    let value = prop_oneof![
        4 => prop_oneof![Just("2021-07-01"), Just("2021-07"), Just("rural"), Just("p1")].prop_map(Json::text),
        2 => any::<bool>().prop_map(Json::Bool),
        2 => any::<i32>().prop_map(|number| Json::Int(number.into())),
        1 => prop_oneof![Just("2021-02-29"), Just("urban"), Just("县\"")].prop_map(Json::text),
        1 => Just(Json::List(Vec::new())),
    ];
    let fields = |names: &'static [&'static str]| {
        let name = prop::sample::select(names);
        prop::collection::btree_map(name.prop_map(str::to_owned), value.clone(), 0..4)
    };
    let list = |key: &'static str, items: BoxedStrategy<Json>, count: usize| {
        prop::collection::vec(items, 0..count).prop_map(move |items| (key.to_owned(), Json::List(items)))
    };
    let with = |fields: Members, lists: Vec<(String, Json)>| Json::Object(fields.into_iter().chain(lists).collect());
    let receipt = fields(&["month", "id", "key", "month"]).prop_map(Json::Object);
    let job = (
        fields(&["wage", "id", "source", "wage"]),
        list("receipts", receipt.boxed(), 3),
    )
        .prop_map(move |(fields, list)| with(fields, vec![list]));
    let income = fields(&["id", "key"]).prop_map(Json::Object);
    let lists = (list("jobs", job.boxed(), 3), list("incomes", income.boxed(), 3));
    let member = (fields(&["birth", "poor", "id", "key", "poor", "birth", "age"]), lists)
        .prop_map(move |(fields, (jobs, incomes))| with(fields, vec![jobs, incomes]));
    let case = fields(&["kind", "kind", "kind", "other"]).prop_map(|fields| ("case".to_owned(), Json::Object(fields)));
    let beside = fields(&["sources", "cause", "zones"]);
    (case, list("members", member.boxed(), 5), beside)
        .prop_map(move |(case, members, beside)| with(beside, vec![case, members]))
}

type Members = std::collections::BTreeMap<String, Json>;

proptest! {
    /// One walk over the bytes reads what the tree gives, and refuses what it refuses.
    #[test]
    fn facts_are_the_same_from_bytes_and_from_the_tree(document in document()) {
        let (quick, slow) = both_ways(&document);
        prop_assert_eq!(quick.is_some(), slow.is_ok(), "{}", document);
        if let (Some(quick), Ok(slow)) = (quick, slow) {
            prop_assert_eq!(format!("{quick:?}"), format!("{slow:?}"));
        }
    }
}

#[test]
fn bytes_that_are_not_canonical_are_no_recorded_facts() {
    let schema = schema();
    let read = |text: &str| {
        let mut beside = Vec::new();
        let facts = Facts::from_bytes(&schema, text.as_bytes(), &mut Scratch::default(), |cursor, key| {
            beside.push((key.to_owned(), cursor.value()?));
            Some(())
        });
        facts.map(|_| beside)
    };
    let beside = read("{\"members\":[],\"others\":{\"b\":[1]},\"sources\":{\"free\":1}}").expect("canonical");
    assert_eq!(
        Json::object(beside).to_string(),
        "{\"others\":{\"b\":[1]},\"sources\":{\"free\":1}}"
    );
    for text in [
        "{\"members\": []}",
        "{\"sources\":{\"b\":1,\"a\":1},\"members\":[]}",
        "{\"members\":[],\"others\":{\"b\":[01]}}",
        "{\"members\":[{\"poor\":true,\"poor\":true}]}",
        "{\"members\":[]}\n",
        "[]",
    ] {
        assert!(read(text).is_none(), "{text}");
    }
}
