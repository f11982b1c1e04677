//! Random households over the whole vocabulary: missing facts, edge values, big values, days at the edges.

use std::collections::{BTreeMap, BTreeSet};

use doudi::canonical::Json;
use doudi::rules::calendar::{Date, Month};
use doudi::rules::document::{Document, FactDefinition, Type, Vocabulary};
use doudi::rules::expr::Unit;
use doudi::rules::vocabulary::PAY_MONTH;

use crate::chooser::Chooser;

type Members = BTreeMap<String, Json>;

/// Facts that every household has, because the call is refused without them, and one that none may state.
const OF_THE_CALL: [&str; 5] = [
    "decision.date",
    "decision.month",
    "decision.kind",
    "case.area",
    "decision.pay_from",
];

/// Where the households come from.
pub struct Population {
    vocabulary: Vocabulary,
    /// Facts that some rule asks about with `known`: whether they are recorded says something.
    asked_about: BTreeSet<String>,
}

impl Population {
    pub fn new(vocabulary: &Document, laws: &[Document]) -> Population {
        let mut asked_about = BTreeSet::new();
        for law in laws {
            known_paths(&law.to_json(), &mut asked_about);
        }
        Population {
            vocabulary: vocabulary.vocabulary.clone().expect("the vocabulary document has one"),
            asked_about,
        }
    }

    /// One facts document.
    pub fn facts(&self, area: &str, c: &mut Chooser) -> Json {
        let missing_of_1000 = *c.pick(&[0, 0, 0, 0, 0, 0, 5, 20, 200]);
        let today = day("2021-07-01").plus_days(c.below(2_000)).expect("in range");
        let mut record = Household {
            population: self,
            c,
            today,
            missing_of_1000,
            strange_one_in: 0,
            remarkable_one_in: 0,
            ordinary_fen: 0,
        };
        record.remarkable_one_in = *record.c.pick(&[3, 10, 40]);
        record.ordinary_fen = *record.c.pick(&[30_000, 100_000, 300_000, 800_000]);
        record.strange_one_in = *record.c.pick(&[0, 0, 0, 40, 400]);
        record.document(area)
    }
}

struct Household<'a> {
    population: &'a Population,
    c: &'a mut Chooser,
    today: Date,
    missing_of_1000: i64,
    /// One value in so many is far outside what a household has; 0 is none.
    strange_one_in: i64,
    /// One fact in so many is recorded where silence means something ordinary.
    remarkable_one_in: i64,
    /// Ordinary amounts stay below it.
    ordinary_fen: i64,
}

impl Household<'_> {
    fn document(&mut self, area: &str) -> Json {
        let mut top = Members::new();
        for fact in &self.population.vocabulary.facts {
            let (prefix, field) = fact.path.split_once('.').expect("a path has a dot");
            if fact.scope == "household" && !OF_THE_CALL.contains(&&*fact.path) && self.is_recorded(fact) {
                let value = self.value(fact);
                member(&mut top, prefix).insert(field.to_owned(), value);
            }
        }
        let month = self.today.month().plus(self.c.between(-1, 0)).expect("in range");
        let kinds = ["determine", "determine", "review", "review", "exit"];
        // No outcome list runs for a relief: an error, and recorded as one.
        let kind = if self.c.one_in(50) {
            "relief"
        } else {
            *self.c.pick(&kinds)
        };
        let decision = member(&mut top, "decision");
        decision.insert("date".to_owned(), self.today.to_string().into());
        decision.insert("month".to_owned(), month.to_string().into());
        decision.insert("kind".to_owned(), kind.into());
        member(&mut top, "case").insert("area".to_owned(), area.into());
        self.lists("household", &mut top);
        self.procedure(&mut top);
        Json::Object(top)
    }

    /// What the decision procedure reads beside the facts.
    fn procedure(&mut self, top: &mut Members) {
        let causes = ["initial", "review", "event", "correction", "remedy", "court"];
        if !self.c.one_in(3) {
            top.insert("cause".to_owned(), (*self.c.pick(&causes)).into());
        }
        if self.c.one_in(4) {
            let month = self.month();
            top.insert("effective_from".to_owned(), month.to_string().into());
        }
        if self.c.one_in(2) {
            let standing = (0..self.c.between(0, 3))
                .map(|number| self.entitlement(number))
                .collect();
            top.insert("standing".to_owned(), Json::List(standing));
        }
    }

    fn entitlement(&mut self, number: i64) -> Json {
        let programmes = ["DIBAO", "GRACE", "SINGLE_DIBAO", "TEKUN"];
        let persons = (0..3)
            .filter(|_| self.c.one_in(2))
            .map(|person| Json::from(format!("p{person}")));
        let persons = Json::List(persons.collect());
        let from = self.month();
        let mut members = vec![
            ("programme", (*self.c.pick(&programmes)).into()),
            ("persons", persons),
            ("from", from.to_string().into()),
            ("amount_fen", Json::Int(self.c.below(200_000))),
            ("supersedes", Json::List(Vec::new())),
        ];
        if self.c.one_in(2) {
            let to = from.plus(self.c.below(24)).expect("in range");
            members.push(("to", to.to_string().into()));
        }
        if self.c.one_in(2) {
            members.push(("record", format!("r{}", 9 - number).into()));
        }
        Json::object(members)
    }

    fn lists(&mut self, parent: &str, record: &mut Members) {
        for scope in &self.population.vocabulary.scopes {
            if scope.parent.as_deref() != Some(parent) || scope.id == PAY_MONTH {
                continue;
            }
            let counts: &[i64] = match &*scope.id {
                "member" => &[1, 1, 2, 2, 3, 3, 4, 5, 8, 0],
                "job_receipt" | "income_receipt" => &[0, 1, 3, 6, 12],
                _ => &[0, 0, 1, 1, 2, 3],
            };
            let count = *self.c.pick(counts);
            let records: Vec<Json> = (0..count).map(|number| self.record(&scope.id, number)).collect();
            if !records.is_empty() || self.c.one_in(2) {
                record.insert(list_key(&scope.id), Json::List(records));
            }
        }
    }

    fn record(&mut self, scope: &str, number: i64) -> Json {
        let mut record = Members::new();
        if scope == "member" {
            record.insert("id".to_owned(), format!("p{number}").into());
        } else if self.c.one_in(2) {
            record.insert("id".to_owned(), format!("{scope}-{number}").into());
        }
        if self.c.one_in(20) {
            record.insert("source".to_owned(), "visit".into());
        }
        for fact in &self.population.vocabulary.facts {
            if fact.scope == scope && self.is_recorded(fact) {
                let (_, field) = fact.path.split_once('.').expect("a path has a dot");
                let value = self.value(fact);
                record.insert(field.to_owned(), value);
            }
        }
        if scope == "member" && number == 0 && !self.c.one_in(10) {
            record.insert("relation".to_owned(), "self".into());
        }
        self.lists(scope, &mut record);
        Json::Object(record)
    }

    fn is_recorded(&mut self, fact: &FactDefinition) -> bool {
        if fact.path == "member.death" {
            self.c.one_in(8)
        } else if fact.path == "history.status" {
            self.c.one_in(2)
        } else if fact.absent.is_some() {
            self.c.one_in(self.remarkable_one_in)
        } else if self.population.asked_about.contains(&fact.path) {
            self.c.one_in(2)
        } else {
            self.c.below(1_000) >= self.missing_of_1000
        }
    }

    fn value(&mut self, fact: &FactDefinition) -> Json {
        let strange = self.strange_one_in > 0 && self.c.one_in(self.strange_one_in);
        match &fact.unit {
            Type::Number(unit) if strange => self.strange_number(*unit),
            Type::Number(Unit::Fen | Unit::FenPerPerson) => {
                let ordinary = self.c.below(self.ordinary_fen);
                Json::Int(
                    *self
                        .c
                        .pick(&[0, 1, ordinary, ordinary, ordinary, ordinary * 10, 65_000, 130_000]),
                )
            }
            Type::Number(_) => Json::Int(self.c.below(15)),
            // Property that breaks the rules ends a decision before anything else is asked.
            Type::Bool if fact.path == "case.property_ok" => Json::Bool(!self.c.one_in(6)),
            Type::Bool => Json::Bool(self.c.one_in(2)),
            Type::Code(list) => {
                let lists = &self.population.vocabulary.codes;
                let codes = &lists.iter().find(|codes| codes.id == *list).expect("declared").codes;
                Json::from(self.c.pick(codes).0.clone())
            }
            Type::Date if strange => (*self.c.pick(&["0001-01-01", "9999-12-31", "2020-02-29", "1900-02-28"])).into(),
            Type::Date if fact.path.ends_with("birth") => {
                let days = self.c.below(95 * 365);
                self.today.plus_days(-days).expect("in range").to_string().into()
            }
            Type::Date => {
                let day = self.today.plus_days(self.c.between(-900, 300)).expect("in range");
                let edges = [day, day, day.month().start(), day.month().end()];
                self.c.pick(&edges).to_string().into()
            }
            Type::Month if strange => (*self.c.pick(&["0001-01", "9999-12", "2020-02"])).into(),
            Type::Month => self.month().to_string().into(),
            Type::Area => {
                let areas = [
                    "340321",
                    "340321",
                    "340322",
                    "340300",
                    "310115",
                    "340321100",
                    "340321100200",
                    "999999",
                ];
                (*self.c.pick(&areas)).into()
            }
        }
    }

    fn month(&mut self) -> Month {
        self.today.month().plus(self.c.between(-20, 4)).expect("in range")
    }

    fn strange_number(&mut self, unit: Unit) -> Json {
        match self.c.below(8) {
            0 => Json::Int(-1),
            1 => Json::integer((1 << 53) - 1),
            2 => Json::integer(1 << 53),
            3 => Json::integer(i128::MAX),
            4 => Json::integer(-i128::MAX),
            5 => Json::integer(10_i128.pow(30)),
            6 if unit == Unit::Ratio => Json::List(vec!["q".into(), Json::Int(1), Json::Int(3)]),
            _ => Json::Int(self.c.below(1_000)),
        }
    }
}

/// The key of the list that holds the records of a scope.
fn list_key(scope: &str) -> String {
    let last = scope.rsplit('_').next().unwrap_or(scope);
    if scope == "paid" {
        scope.to_owned()
    } else {
        format!("{last}s")
    }
}

fn member<'a>(top: &'a mut Members, key: &str) -> &'a mut Members {
    let group = top
        .entry(key.to_owned())
        .or_insert_with(|| Json::Object(Members::new()));
    match group {
        Json::Object(members) => members,
        _ => panic!("{key} is an object"),
    }
}

fn known_paths(json: &Json, paths: &mut BTreeSet<String>) {
    match json {
        Json::List(items) => {
            if let [Json::Text(name), Json::Text(path)] = &items[..]
                && name == "known"
            {
                paths.insert(path.clone());
            }
            items.iter().for_each(|item| known_paths(item, paths));
        }
        Json::Object(members) => members.values().for_each(|item| known_paths(item, paths)),
        Json::Bool(_) | Json::Int(_) | Json::Text(_) => {}
    }
}

pub fn day(text: &str) -> Date {
    text.parse().expect("a day")
}
