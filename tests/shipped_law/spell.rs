//! What holds over a whole spell of assistance, decision after decision.

use std::collections::BTreeSet;

use doudi::canonical::Json;
use doudi::rules::calendar::Month;
use doudi::rules::case::CaseState;
use doudi::rules::outcome::{Outcome, Programme};

use crate::household::{Household, Numbers, STANDARD_FEN, step};
use crate::huaiyuan;

/// The twentieth of the month `count` months after July 2021.
fn day(count: i64) -> String {
    let month: Month = "2021-07".parse().unwrap();
    format!("{}-20", month.plus(count).unwrap())
}

#[test]
fn a_spell_deducts_in_twelve_months_at_most_whatever_the_employers() {
    let law = huaiyuan();
    let mut numbers = Numbers(4);
    for _ in 0..20 {
        let mut case = CaseState::default();
        step(&law, &mut case, "determine", &day(0), &Household::of(4), &[]);
        let mut start = 1;
        let mut deducted_months = 0;
        for month in 1..=20 {
            if numbers.below(4) == 0 {
                start = month;
            }
            let wage = 10_000 + numbers.fen(100_000);
            let mut household = Household::of(4);
            household.job = Some((day(start), "340321".to_owned(), wage));
            let decided = step(&law, &mut case, "review", &day(month), &household, &[]);
            let full = 4 * STANDARD_FEN - wage;
            deducted_months += u32::from(decided.household.amount.unwrap().get() > full);
        }
        assert_eq!(deducted_months, 12);
    }
}

#[test]
fn a_spell_never_pays_more_months_of_grace_than_were_granted() {
    let law = huaiyuan();
    let mut numbers = Numbers(5);
    for _ in 0..60 {
        let mut case = CaseState::default();
        let mut poor = Household::of(3);
        poor.income_fen = 90_000;
        step(&law, &mut case, "determine", &day(0), &poor, &[]);
        let granted = 6 + numbers.below(7);
        let officer = Json::object([
            ("grace_granted", Json::Bool(true)),
            ("grace_months", Json::integer(granted.into())),
            ("reason_given", Json::Bool(true)),
        ]);
        let mut first_calendar = None;
        // All before 2022-10-20, when the principle of six months begins.
        for month in 1..=14 {
            let mut household = Household::of(3);
            household.income_fen = numbers.fen(2 * 3 * STANDARD_FEN);
            let decided = step(
                &law,
                &mut case,
                "review",
                &day(month),
                &household,
                &[("officer", officer.clone())],
            );
            if decided.household.outcome == Outcome::Grace {
                let months: i64 = decided
                    .entitlements
                    .iter()
                    .map(|e| e.from.until(e.to.unwrap()) + 1)
                    .sum();
                first_calendar.get_or_insert(months);
            }
            if decided.household.outcome == Outcome::Stop {
                break;
            }
        }
        let calendar = case.standing.iter().filter(|held| held.programme == Programme::Grace);
        let paid: BTreeSet<Month> = calendar.flat_map(|held| months(held.from, held.to.unwrap())).collect();
        if let Some(first) = first_calendar {
            assert_eq!(u64::try_from(first).unwrap(), granted);
        }
        assert!(
            paid.len() as u64 <= granted,
            "{} months of grace were paid of {granted}",
            paid.len()
        );
    }
}

#[test]
fn nobody_is_paid_by_two_programmes_in_one_month() {
    let law = huaiyuan();
    let mut numbers = Numbers(6);
    for _ in 0..60 {
        let mut case = CaseState::default();
        let mut household = Household::of(3);
        step(&law, &mut case, "determine", &day(0), &household, &[]);
        for month in 1..=12 {
            household.income_fen = numbers.fen(2 * 3 * STANDARD_FEN);
            household.size = 1 + numbers.below(5) as usize;
            let kind = ["review", "review", "determine", "exit"][numbers.below(4) as usize];
            step(&law, &mut case, kind, &day(month), &household, &[]);
            let mut seen = BTreeSet::new();
            for held in &case.standing {
                let last = held.to.unwrap_or_else(|| "2024-12".parse().unwrap());
                for paid in months(held.from, last) {
                    for person in &held.persons {
                        assert!(
                            seen.insert((paid, person)),
                            "{person} is paid twice in {paid}: {:?}",
                            case.standing
                        );
                    }
                }
            }
        }
    }
}

fn months(from: Month, to: Month) -> impl Iterator<Item = Month> {
    (0..=from.until(to)).filter_map(move |step| from.plus(step))
}
