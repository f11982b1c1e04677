//! What holds for every household that is decided once.

use doudi::rules::case::CaseState;
use doudi::rules::outcome::Outcome;

use crate::household::{Household, Numbers, STANDARD_FEN, apply, step};
use crate::huaiyuan;

/// Half of the minimum wage of the places that the tests use, in 2021, in fen.
const HALF_WAGES: [(&str, i64); 4] = [
    ("340321", 64_000),
    ("340302", 69_000),
    ("340104", 77_500),
    ("310000", 129_500),
];

#[test]
fn more_income_never_gives_more_and_a_fen_more_gives_at_most_a_fen_less() {
    let law = huaiyuan();
    let mut numbers = Numbers(1);
    for _ in 0..200 {
        let size = 1 + numbers.below(6) as usize;
        let line = STANDARD_FEN * size as i64;
        let mut poorer = Household::of(size);
        poorer.income_fen = numbers.fen(line);
        let mut richer = poorer.clone();
        richer.income_fen += numbers.fen(line - poorer.income_fen + 1);
        let amount = |household: &Household| {
            let decided = apply(&law, "2021-08-18", household).household;
            decided.amount.map_or(0, |amount| amount.get())
        };
        let (more, less) = (amount(&poorer), amount(&richer));
        assert_eq!(more - less, richer.income_fen - poorer.income_fen);
        assert_eq!(more, line - poorer.income_fen);
    }
}

#[test]
fn one_more_person_without_income_raises_an_entitlement_by_one_standard() {
    let law = huaiyuan();
    let mut numbers = Numbers(2);
    for _ in 0..100 {
        let size = 1 + numbers.below(5) as usize;
        let mut household = Household::of(size);
        household.income_fen = numbers.fen(STANDARD_FEN * size as i64);
        let before = apply(&law, "2021-08-18", &household).household.amount.unwrap().get();
        household.size += 1;
        let after = apply(&law, "2021-08-18", &household).household.amount.unwrap().get();
        assert_eq!(after - before, STANDARD_FEN);
    }
}

#[test]
fn a_wage_flips_eligibility_exactly_once_at_the_line() {
    let law = huaiyuan();
    for size in 1..=6 {
        let line = STANDARD_FEN * size as i64;
        let outcome = |wage: i64| {
            let mut household = Household::of(size);
            household.job = Some(("2021-03-01".to_owned(), "340321".to_owned(), wage));
            apply(&law, "2021-08-18", &household).household.outcome
        };
        for below in [1, line / 2, line - 2, line - 1] {
            assert_eq!(outcome(below), Outcome::Dibao);
        }
        for at_or_above in [line, line + 1, line + 2, line * 5 / 4] {
            assert_eq!(outcome(at_or_above), Outcome::Edge);
        }
    }
}

#[test]
fn the_deduction_is_never_more_than_the_wage_or_half_the_minimum_wage_of_the_place() {
    let law = huaiyuan();
    let mut numbers = Numbers(3);
    for _ in 0..200 {
        let (place, half) = HALF_WAGES[numbers.below(4) as usize];
        let wage = 1 + numbers.fen(4 * STANDARD_FEN - 1);
        let mut case = CaseState::default();
        step(&law, &mut case, "determine", "2021-07-20", &Household::of(4), &[]);
        let mut household = Household::of(4);
        household.job = Some(("2021-08-02".to_owned(), place.to_owned(), wage));
        let decided = step(&law, &mut case, "review", "2021-09-20", &household, &[]);
        let deducted = decided.household.amount.unwrap().get() - (4 * STANDARD_FEN - wage);
        assert_eq!(deducted, wage.min(half), "{place}, {wage} fen");
    }
}
