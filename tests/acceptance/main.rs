//! The acceptance vectors, decided by the rules alone: every step of every case, with its exact amounts and months.
//!
//! The same vectors run through the gRPC port in `tests/python`; here a failure names the clause in a second.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its vectors must stop")]

mod expected;
mod follower;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use doudi::canonical::Json;
use doudi::rules::calendar::Month;
use doudi::rules::case::CaseState;
use doudi::rules::entitlement::paid_in;
use doudi::rules::law::Law;

use expected::differences;
use follower::{COUNTIES, Follower, documents, law, list, object, text};

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
            let mut follower = Follower::new(&laws[text(case, "area")]);
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
                // The law of the later day says otherwise.
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
