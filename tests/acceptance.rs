//! The acceptance vectors, decided by the rules alone: every step of every case, with its exact amounts and months.
//!
//! The same vectors run through the gRPC port in `tests/python`; here a failure names the clause in a second.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its vectors must stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use doudi::canonical::Json;
use doudi::rules::calendar::{Date, Month};
use doudi::rules::case::{CaseState, Standpoint};
use doudi::rules::decide::{DecisionFacts, Refusal, decide};
use doudi::rules::determination::{Decided, Determination};
use doudi::rules::document::Document;
use doudi::rules::entitlement::paid_in;
use doudi::rules::language::library::{File, read_all};
use doudi::rules::law::{Law, Published};

/// The counties of test policy T1: each with options of its own.
const COUNTIES: [&str; 5] = ["340302", "340303", "340321", "340322", "340323"];

/// The shipped documents and the county documents of the tests.
fn documents() -> Vec<Document> {
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
fn law(documents: &[Document], area: &str) -> Law {
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

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_text).unwrap_or_default()
}

fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    json.get(key).and_then(Json::as_list).unwrap_or_default()
}

/// An object to add to.
fn object(json: Option<&Json>) -> BTreeMap<String, Json> {
    json.and_then(Json::as_object).cloned().unwrap_or_default()
}

/// One case of the service, followed step by step.
#[derive(Clone)]
struct Follower<'l> {
    law: &'l Law,
    state: CaseState,
    /// Of each step that took effect, by its position: the state before it, and the day on which it stands.
    before: BTreeMap<usize, (CaseState, Date)>,
}

impl Follower<'_> {
    fn import(&mut self, imported: &Json) {
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
        let history = match self.corrected(step) {
            None => self.state.history(date, &persons, &BTreeMap::new()),
            Some((before, decided_on)) => {
                let effective_from = step.get("effective_from").and_then(Json::as_text);
                let effective_from = effective_from.map(|month| month.parse().unwrap());
                let standpoint = Standpoint::of_correction(date, *decided_on, effective_from);
                let history_before = Json::object([("decided_on", Json::text(decided_on.to_string()))]);
                facts.insert("history_before".to_owned(), history_before);
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
        let effective_from = step.get("effective_from").and_then(Json::as_text);
        let decision = decision
            .into_iter()
            .chain(effective_from.map(|month| ("effective_from", month)));
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

    /// The step that a step corrects, if that took effect: the state before it, and its day.
    fn corrected(&self, step: &Json) -> Option<&(CaseState, Date)> {
        let position = step.get("corrects").and_then(Json::as_integer)?;
        self.before.get(&usize::try_from(position).unwrap())
    }

    fn decide(&mut self, steps: &[Json], position: usize) -> Result<Determination, Refusal> {
        let before = self.state.clone();
        let facts = self.facts(&steps[position], kind(steps, position));
        let read = DecisionFacts::read(self.law, &facts).unwrap_or_else(|error| panic!("{error:?}"));
        let decision = decide(self.law, &read);
        if let Some(refusal) = decision.refusal() {
            self.state = before;
            return Err(refusal);
        }
        let determination = decision.determination();
        if determination.takes_effect() {
            // A correction goes back behind what it corrects, and so does the correction of it.
            let went_back = self.corrected(&steps[position]).map(|(before, _)| before.clone());
            let day = Standpoint::recorded(&determination, &facts).day;
            self.before.insert(position, (went_back.unwrap_or(before), day));
        } else {
            self.state = before;
        }
        let read_back = Determination::from_json(&determination.to_json()).unwrap();
        assert_eq!(read_back, determination);
        self.state = self
            .state
            .after(&determination, &facts, &format!("r{position}"), "DETERMINATION");
        let corrects = steps[position].get("corrects").and_then(Json::as_integer);
        if let Some(corrected) = corrects.filter(|_| determination.takes_effect()) {
            // It takes the place of the steps between: whoever corrects one of them goes on from here.
            for (_, (before, _)) in self.before.range_mut(usize::try_from(corrected).unwrap() + 1..position) {
                before.clone_from(&self.state);
            }
        }
        Ok(determination)
    }
}

/// The kind of decision of a step: a correction decides again what the corrected step decided.
fn kind(steps: &[Json], position: usize) -> &str {
    match text(&steps[position], "do") {
        "correct" => {
            let corrected = steps[position].get("corrects").and_then(Json::as_integer).unwrap();
            kind(steps, usize::try_from(corrected).unwrap())
        }
        other => other,
    }
}

/// What differs between what is expected and what was decided, a line each.
fn differences(expect: &Json, decided: &Result<Determination, Refusal>) -> Vec<String> {
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

/// Goes through every step of every vector that is decided; `each` decides it.
fn every_step(mut each: impl FnMut(&mut Follower<'_>, &str, &[Json], usize)) {
    let documents = documents();
    let laws: BTreeMap<&str, Law> = COUNTIES.map(|area| (area, law(&documents, area))).into();
    let mut files: Vec<_> = fs::read_dir(Path::new("tests/vectors/acceptance"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
    {
        let vectors = Json::parse(&fs::read(file).unwrap()).unwrap();
        for case in list(&vectors, "cases") {
            let mut follower = Follower {
                law: &laws[text(case, "area")],
                state: CaseState::default(),
                before: BTreeMap::new(),
            };
            let all = list(case, "steps");
            for (position, step) in all.iter().enumerate() {
                if step.get("new_case") == Some(&Json::Bool(true)) {
                    follower.state = CaseState::default();
                }
                if text(step, "do") == "import" {
                    follower.import(step.get("imported").unwrap());
                } else {
                    each(&mut follower, text(case, "id"), all, position);
                }
            }
        }
    }
}

#[test]
fn every_acceptance_vector_is_decided_as_the_law_says() {
    let mut wrong = Vec::new();
    let mut steps = 0;
    every_step(|follower, case, all, position| {
        steps += 1;
        let decided = follower.decide(all, position);
        let found = differences(all[position].get("expect").unwrap(), &decided);
        let outcome = decided
            .as_ref()
            .map_or("refused", |found| found.household.outcome.code());
        let line = |line| format!("{case} step {position} ({outcome}): {line}");
        wrong.extend(found.into_iter().map(line));
    });
    assert!(steps > 100, "only {steps} steps were found");
    assert!(
        wrong.is_empty(),
        "{} of {steps} steps differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What a case pays in each month of some years.
fn calendar(state: &CaseState) -> Vec<(Month, i64)> {
    let first: Month = "2019-01".parse().unwrap();
    let months = (0..120).map(|step| first.plus(step).unwrap());
    months
        .map(|month| (month, paid_in(&state.standing, month, None).get()))
        .collect()
}

/// Days after a decision on which it is corrected: on the day itself, and when its months are due.
const CORRECTED_AFTER_DAYS: [i64; 2] = [0, 65];

#[test]
fn a_correction_that_says_what_was_decided_changes_nothing() {
    let mut wrong = Vec::new();
    let mut corrected = 0;
    every_step(|follower, case, all, position| {
        let Ok(first) = follower.decide(all, position) else {
            return;
        };
        // The single amounts that a grace plans are not decided by its correction, but by the review after it.
        let plans = first
            .members
            .iter()
            .any(|member| member.decided.from > first.household.from);
        let Some(from) = first.household.from.filter(|_| first.takes_effect() && !plans) else {
            return;
        };
        for days in CORRECTED_AFTER_DAYS {
            let mut step = object(all.get(position));
            step.insert("do".to_owned(), Json::text("correct"));
            step.insert("corrects".to_owned(), Json::integer(position as i128));
            step.insert("effective_from".to_owned(), Json::text(from.to_string()));
            let day = first.decision_date.plus_days(days).unwrap();
            step.insert("date".to_owned(), Json::text(day.to_string()));
            let mut steps = all[..=position].to_vec();
            steps.push(Json::Object(step));
            let mut again = follower.clone();
            let found = again.decide(&steps, position + 1);
            let outcome = found.as_ref().map(|found| found.household.outcome).ok();
            if days > 0 && outcome != Some(first.household.outcome) {
                // The law of the later day, or somebody's age on it, says otherwise.
                continue;
            }
            corrected += 1;
            let mut note = |text: String| wrong.push(format!("{case} step {position} after {days} days: {text}"));
            if !found.is_ok_and(|found| found.difference.is_empty()) {
                note("is refused, or pays otherwise what is due".to_owned());
            }
            let both = calendar(&follower.state).into_iter().zip(calendar(&again.state));
            let other = both.filter(|((_, was), (_, now))| was != now);
            for ((month, was), (_, now)) in other.take(1) {
                note(format!("pays {now} for {was} from {month}"));
            }
            // Of a household that is paid nothing a second refusal may say another reason.
            let kept = |state: &CaseState| {
                let is_paid = state.standing.iter().any(|held| held.to.is_none_or(|to| from <= to));
                is_paid.then(|| (state.status, state.grace, state.members.clone(), state.carried.clone()))
            };
            if kept(&again.state) != kept(&follower.state) {
                note(format!("{:?} was {:?}", kept(&again.state), kept(&follower.state)));
            }
        }
    });
    assert!(corrected > 900, "only {corrected} decisions were corrected");
    assert!(
        wrong.is_empty(),
        "{} of {corrected} corrections change something:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
