//! Households for the tests: a small deterministic source of numbers, and facts documents.

use std::collections::BTreeMap;

use doudi::canonical::Json;
use doudi::rules::case::CaseState;
use doudi::rules::decide::{DecisionFacts, decide};
use doudi::rules::determination::Determination;
use doudi::rules::law::Law;

/// The sample standard of the shipped county, in fen.
pub const STANDARD_FEN: i64 = 65_000;

/// Numbers that look random and are the same in every run (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    /// A number from 0 to `bound` - 1.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    /// An amount below `bound` fen.
    pub fn fen(&mut self, bound: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(bound).unwrap())).unwrap()
    }
}

/// A rural household: an adult, a spouse, children, all without income until some is given.
#[derive(Clone)]
pub struct Household {
    /// Members, at least one.
    pub size: usize,
    /// A monthly income of the first member.
    pub income_fen: i64,
    /// Start of a job of the second member (the first, if alone), its place and wage.
    pub job: Option<(String, String, i64)>,
}

/// Member ids, in order.
pub const MEMBERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

impl Household {
    /// `size` people without income.
    pub fn of(size: usize) -> Household {
        Household {
            size,
            income_fen: 0,
            job: None,
        }
    }

    fn members(&self) -> Json {
        let worker = usize::from(self.size > 1);
        let member = |number: usize| {
            let (relation, birth) = match number {
                0 => ("self", "1980-05-06"),
                1 => ("spouse", "1982-09-10"),
                _ => ("minor_child", "2012-03-01"),
            };
            let mut record = BTreeMap::from([
                ("id".to_owned(), Json::text(MEMBERS[number])),
                ("relation".to_owned(), Json::text(relation)),
                ("birth".to_owned(), Json::text(birth)),
            ]);
            if number == 0 && self.income_fen > 0 {
                record.insert("incomes".to_owned(), Json::List(vec![income(self.income_fen)]));
            }
            if let Some((start, place, wage)) = self.job.as_ref().filter(|_| number == worker) {
                let job = Json::object([
                    ("id", Json::text("j1")),
                    ("start", Json::text(start.as_str())),
                    ("place", Json::text(place.as_str())),
                    ("wage", Json::Int(*wage)),
                ]);
                record.insert("jobs".to_owned(), Json::List(vec![job]));
            }
            Json::Object(record)
        };
        Json::List((0..self.size).map(member).collect())
    }
}

fn income(fen: i64) -> Json {
    Json::object([
        ("id", Json::text("i1")),
        ("kind", Json::text("other")),
        ("regularity", Json::text("monthly")),
        ("amount", Json::Int(fen)),
    ])
}

/// Decides about a household of a case on a day, for the month of that day; the case goes on.
/// Groups of further facts may be given.
pub fn step(
    law: &Law,
    case: &mut CaseState,
    kind: &str,
    date: &str,
    household: &Household,
    more: &[(&str, Json)],
) -> Determination {
    let ids: Vec<String> = MEMBERS[..household.size].iter().map(|id| (*id).to_owned()).collect();
    let history = case.history(date.parse().unwrap(), &ids, &BTreeMap::new());
    let members = household.members();
    let members = members.as_list().unwrap().iter().map(|member| {
        let mut record = member.as_object().unwrap().clone();
        record.extend(history.members[record["id"].as_text().unwrap()].clone());
        Json::Object(record)
    });
    let decision = [("date", date), ("month", &date[..7]), ("kind", kind)];
    let mut case_facts = vec![
        ("area", Json::text(law.area().to_string())),
        ("residence_kind", Json::text("rural")),
        ("property_ok", Json::Bool(true)),
    ];
    if kind == "determine" {
        case_facts.push(("applied_on", Json::text(date)));
    }
    let mut facts = BTreeMap::from([
        (
            "decision".to_owned(),
            Json::object(decision.map(|(key, value)| (key, Json::text(value)))),
        ),
        ("case".to_owned(), Json::object(case_facts)),
        (
            "notice".to_owned(),
            Json::object([("reasons_written", Json::Bool(true))]),
        ),
        ("members".to_owned(), Json::List(members.collect())),
        ("history".to_owned(), Json::Object(history.household)),
        ("paid".to_owned(), Json::List(history.paid)),
        ("standing".to_owned(), history.standing),
    ]);
    facts.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    let facts = Json::Object(facts);
    let read = DecisionFacts::read(law, &facts).unwrap();
    let decision = decide(law, &read);
    assert_eq!(decision.refusal(), None);
    let determination = decision.determination();
    let again = decide(law, &read).determination();
    assert_eq!(
        determination.to_bytes(),
        again.to_bytes(),
        "a second evaluation gave other bytes"
    );
    *case = case.after(&determination, &facts, &format!("{kind}-{date}"), "DETERMINATION");
    determination
}

/// A new application of this household.
pub fn apply(law: &Law, date: &str, household: &Household) -> Determination {
    step(law, &mut CaseState::default(), "determine", date, household, &[])
}
