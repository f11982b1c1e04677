//! One case of the service, followed step by step by the rules alone.

use std::collections::BTreeMap;
use std::fs;

use doudi::canonical::Json;
use doudi::rules::calendar::Date;
use doudi::rules::case::{CaseState, Earlier, HISTORY_BEFORE, Standpoint};
use doudi::rules::decide::{DecisionFacts, Refusal, decide};
use doudi::rules::determination::Determination;
use doudi::rules::document::Document;
use doudi::rules::language::library::{File, read_all};
use doudi::rules::law::{Law, Published};

/// The counties of test policy T1: each with options of its own.
pub(crate) const COUNTIES: [&str; 5] = ["340302", "340303", "340321", "340322", "340323"];

/// The shipped documents and the county documents of the tests.
pub(crate) fn documents() -> Vec<Document> {
    let shipped = [
        "vocabulary",
        "calendar",
        "100000-nation",
        "340000-anhui",
        "340300-bengbu",
    ];
    let shipped = shipped.iter().map(|name| format!("policy/{name}.yaml"));
    let counties = COUNTIES.iter().map(|area| format!("tests/policy/t1/{area}-t1.yaml"));
    let files: Vec<File> = shipped
        .chain(counties)
        .map(|name| File {
            text: fs::read_to_string(&name).unwrap(),
            name,
        })
        .collect();
    let texts = [fs::read_to_string("policy/texts/huaimin-2021-142.txt").unwrap()];
    let mut documents = Vec::new();
    for read in read_all(&files, &texts) {
        match read.result {
            Ok(checked) => documents.push(checked.document.clone()),
            Err(errors) => panic!(
                "{}",
                errors.iter().map(|error| error.text()).collect::<Vec<_>>().join("\n")
            ),
        }
    }
    documents
}

/// The law of an area out of these documents.
pub(crate) fn law(documents: &[Document], area: &str) -> Law {
    let published = |document: &Document| Published::new(document.clone(), "doudi.example/340321/1", 1);
    let vocabulary = documents.iter().find(|document| document.vocabulary.is_some()).unwrap();
    let calendar = documents.iter().find(|document| !document.calendar.is_empty()).unwrap();
    let code: doudi::rules::value::Area = area.parse().unwrap();
    let layers: Vec<Published> = documents
        .iter()
        .filter(|document| document.vocabulary.is_none() && document.calendar.is_empty())
        .filter(|document| code.lies_in(document.area.parse().unwrap()))
        .map(published)
        .collect();
    Law::resolve(code, &layers, &published(calendar), &published(vocabulary)).unwrap_or_else(|errors| {
        panic!(
            "{area}: {}",
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        )
    })
}

pub(crate) fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_text).unwrap_or_default()
}

pub(crate) fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    json.get(key).and_then(Json::as_list).unwrap_or_default()
}

/// An object to add to.
pub(crate) fn object(json: Option<&Json>) -> BTreeMap<String, Json> {
    json.and_then(Json::as_object).cloned().unwrap_or_default()
}

/// One case of the service, followed step by step.
#[derive(Clone)]
pub(crate) struct Follower<'l> {
    pub(crate) law: &'l Law,
    pub(crate) state: CaseState,
    earlier: Earlier,
    /// Of each step that took effect, by its position, the day on which it stands.
    days: BTreeMap<usize, Date>,
}

impl<'l> Follower<'l> {
    /// A case of which nothing was decided yet.
    pub(crate) fn new(law: &'l Law) -> Follower<'l> {
        Follower {
            law,
            state: CaseState::default(),
            earlier: Earlier::default(),
            days: BTreeMap::new(),
        }
    }

    pub(crate) fn import(&mut self, imported: &Json) {
        let mut history = BTreeMap::new();
        for (key, value) in imported.as_object().unwrap() {
            let field = match key.as_str() {
                "last_amount_fen" => "last_amount",
                "grace_used_months" => "grace_used",
                other => other,
            };
            history.insert(field.to_owned(), value.clone());
        }
        let paid = list(imported, "paid").iter().map(|row| {
            let mut fields = object(Some(row));
            if let Some(amount) = fields.remove("amount_fen") {
                fields.insert("amount".to_owned(), amount);
            }
            Json::Object(fields)
        });
        let facts = Json::object([
            ("history", Json::Object(history)),
            ("members", imported.get("members").unwrap().clone()),
            ("paid", Json::List(paid.collect())),
        ]);
        self.state = CaseState::imported(&facts).unwrap();
    }

    fn facts(&mut self, step: &Json, kind: &str) -> Json {
        let date: Date = text(step, "date").parse().unwrap();
        let mut facts = object(step.get("facts"));
        let persons: Vec<String> = list(step.get("facts").unwrap(), "members")
            .iter()
            .map(|member| text(member, "id").to_owned())
            .collect();
        let effective_from = step.get("effective_from").and_then(Json::as_text);
        let corrected = self.corrected(step);
        let corrected_on = corrected
            .as_ref()
            .filter(|_| effective_from.is_some())
            .map(|(_, day)| day.to_string());
        let history = match corrected {
            None => self.state.history(date, &persons, &BTreeMap::new()),
            Some((record, decided_on)) => {
                let effective_from = effective_from.map(|month| month.parse().unwrap());
                let standpoint = Standpoint::of_correction(date, decided_on, effective_from);
                let history_before = Json::object([("decided_on", Json::text(decided_on.to_string()))]);
                facts.insert(HISTORY_BEFORE.to_owned(), history_before);
                let before = self.earlier.before(&record).unwrap();
                let corrected = self.state.corrected(before, standpoint);
                let history = corrected.history(date, &persons, &BTreeMap::new());
                self.state = corrected.state;
                history
            }
        };
        let mut case = object(facts.get("case"));
        case.insert("area".to_owned(), Json::text(self.law.area().to_string()));
        facts.insert("case".to_owned(), Json::Object(case));
        let decision = [
            ("date", text(step, "date")),
            ("month", text(step, "month")),
            ("kind", kind),
        ];
        let decision = decision
            .into_iter()
            .chain(effective_from.map(|month| ("effective_from", month)))
            .chain(corrected_on.as_deref().map(|day| ("corrected_on", day)));
        facts.insert(
            "decision".to_owned(),
            Json::object(decision.map(|(key, value)| (key, Json::text(value)))),
        );
        facts.insert("history".to_owned(), Json::Object(history.household.clone()));
        facts.insert("paid".to_owned(), Json::List(history.paid.clone()));
        facts.insert("standing".to_owned(), history.standing.clone());
        let cause = match (text(step, "do"), text(step, "cause")) {
            ("correct", _) => "correction",
            (_, "") => "initial",
            (_, cause) => cause,
        };
        facts.insert("cause".to_owned(), Json::text(cause));
        if let Some(month) = step.get("effective_from") {
            facts.insert("effective_from".to_owned(), month.clone());
        }
        if let Some(Json::List(members)) = facts.get_mut("members") {
            for member in members {
                let known = history.members[text(member, "id")].clone();
                let Json::Object(fields) = member else {
                    panic!("a member is an object")
                };
                fields.extend(known);
            }
        }
        Json::Object(facts)
    }

    /// The step that a step corrects, if that took effect: its record and its day.
    fn corrected(&self, step: &Json) -> Option<(String, Date)> {
        let position = step.get("corrects").and_then(Json::as_integer)?;
        let day = self.days.get(&usize::try_from(position).unwrap())?;
        Some((record(position), *day))
    }

    pub(crate) fn decide(&mut self, steps: &[Json], position: usize) -> Result<Determination, Refusal> {
        let before = self.state.clone();
        let facts = self.facts(&steps[position], kind(steps, position));
        let read = DecisionFacts::read(self.law, &facts).unwrap_or_else(|error| panic!("{error:?}"));
        let decision = decide(self.law, &read);
        if let Some(refusal) = decision.refusal() {
            self.state = before;
            return Err(refusal);
        }
        let determination = decision.determination();
        let read_back = Determination::from_json(&determination.to_json()).unwrap();
        assert_eq!(read_back, determination);
        let record = record(position as i128);
        let kind = "DETERMINATION";
        if determination.takes_effect() {
            self.state = self.state.after(&determination, &facts, &record, kind);
            let corrected = self.corrected(&steps[position]).map(|(corrected, _)| corrected);
            self.earlier.add(record, before, corrected.as_deref(), &self.state);
            let day = Standpoint::recorded(&determination, &facts).day;
            self.days.insert(position, day);
        } else {
            self.state = before.after(&determination, &facts, &record, kind);
        }
        Ok(determination)
    }
}

/// The record of a step.
fn record(position: i128) -> String {
    format!("r{position}")
}

/// The kind of decision of a step: a correction decides again what the corrected step decided.
pub(crate) fn kind(steps: &[Json], position: usize) -> &str {
    match text(&steps[position], "do") {
        "correct" => {
            let corrected = steps[position].get("corrects").and_then(Json::as_integer).unwrap();
            kind(steps, usize::try_from(corrected).unwrap())
        }
        other => other,
    }
}
