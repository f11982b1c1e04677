//! What a decision would have paid under another law, month by month beside what stands by its record.
//!
//! Pure, like a decision. Facts are those of the record, and so is what stood before it: a decision answers for
//! what it did to that calendar, until a later decision of its case takes over.

use super::calendar::Month;
use super::case::endings;
use super::decide::{DecisionFacts, decide};
use super::determination::{Decided, Determination};
use super::entitlement::{Difference, Ending, Entitlement, differences, supersede};
use super::law::Law;
use crate::canonical::Json;

/// A decision made again.
#[derive(Clone, Debug)]
pub struct Recomputed {
    /// What comes out.
    pub determination: Determination,
    /// What stood before it, by its facts.
    pub standing: Vec<Entitlement>,
}

/// Decides on recorded facts by a law.
///
/// # Errors
/// Why the facts cannot be read by that law; names places, never values.
pub fn recompute(law: &Law, facts: &Json) -> Result<Recomputed, String> {
    let read = DecisionFacts::read(law, facts).map_err(|refused| refused.to_string())?;
    let decision = decide(law, &read);
    Ok(Recomputed {
        determination: decision.determination(),
        standing: read.standing().to_vec(),
    })
}

/// The ids of the clauses that a decision demands, in the order of the law.
///
/// # Errors
/// As [`recompute`].
pub fn clauses_used(law: &Law, facts: &Json) -> Result<Vec<String>, String> {
    let read = DecisionFacts::read(law, facts).map_err(|refused| refused.to_string())?;
    Ok(decide(law, &read).demanded_clauses())
}

/// Whether two determinations differ in an outcome, in what is paid, or in what would be paid. What was read, what
/// is due and the trace do not count.
#[must_use]
pub fn comes_out_otherwise(a: &Determination, b: &Determination) -> bool {
    let decided = |a: &Decided, b: &Decided| {
        (a.outcome, a.proposes, a.amount, a.from, a.valid_until)
            != (b.outcome, b.proposes, b.amount, b.from, b.valid_until)
    };
    let members = a.members.len() != b.members.len()
        || a.members
            .iter()
            .zip(&b.members)
            .any(|(a, b)| a.member != b.member || decided(&a.decided, &b.decided));
    decided(&a.household, &b.household)
        || members
        || a.persons != b.persons
        || a.entitlements != b.entitlements
        || a.proposed != b.proposed
}

/// The two calendars of a case after one decision: by the record, and as it would have come out.
#[derive(Clone, Debug)]
pub struct Calendars {
    was: Vec<Entitlement>,
    now: Vec<Entitlement>,
    first: Option<Month>,
}

impl Calendars {
    /// Both calendars after a decision on what stood before it.
    #[must_use]
    pub fn after(standing: &[Entitlement], recorded: &Determination, other: &Determination) -> Calendars {
        let (was, now) = (Change::of(recorded), Change::of(other));
        Calendars {
            was: supersede(standing, was.granted, &was.ended),
            now: supersede(standing, now.granted, &now.ended),
            first: was.first().into_iter().chain(now.first()).min(),
        }
    }

    /// Whether they pay the same in every month.
    #[must_use]
    pub fn are_equal(&self) -> bool {
        self.was == self.now
    }

    /// A later decision of the case answers for what it grants or ends, by its record or as it would come out:
    /// from its first month on its persons' months are its own.
    pub fn taken_over_by(&mut self, later: &Determination) {
        let change = Change::of(later);
        for calendar in [&mut self.was, &mut self.now] {
            let mut next = supersede(calendar, change.granted, &change.ended);
            next.truncate(next.len() - change.granted.len());
            *calendar = next;
        }
    }

    /// Another county pays from `month` on.
    pub fn left_in(&mut self, month: Month) {
        for calendar in [&mut self.was, &mut self.now] {
            *calendar = calendar.iter().filter_map(|held| held.ended_before(month)).collect();
        }
    }

    /// The months up to `through` in which they pay different sums.
    #[must_use]
    pub fn differences(&self, through: Month) -> Vec<Difference> {
        let Some(first) = self.first else { return Vec::new() };
        differences(&self.was, &self.now, first, through)
    }
}

/// What a determination does to a calendar; nothing where it takes no effect.
struct Change<'d> {
    granted: &'d [Entitlement],
    ended: Vec<Ending>,
}

impl Change<'_> {
    fn of(determination: &Determination) -> Change<'_> {
        if determination.takes_effect() {
            Change {
                granted: &determination.entitlements,
                ended: endings(determination),
            }
        } else {
            Change {
                granted: &[],
                ended: Vec::new(),
            }
        }
    }

    fn first(&self) -> Option<Month> {
        let granted = self.granted.iter().map(|granted| granted.from);
        granted.chain(self.ended.iter().map(|ending| ending.from)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A determination that grants 低保 to `persons` from a month on, or stops, or neither.
    fn determination(outcome: &str, persons: &str, grants: &str) -> Determination {
        let text = format!(
            r#"{{"area":"340321","carried":[],"cause":"initial","choices":[],"decision_date":"2021-08-18","difference":[],
            "due":[],"entitlements":[{grants}],"household":{{"flags":[],"from":"2021-12","outcome":"{outcome}","refer":[],
            "required_steps":[]}},"kind":"determine","members":[],"missing_facts":[],"missing_rules":[],"month":"2021-08",
            "parameters":[],"persons":[{persons}],"proposed":[],"samples":[],"trace":"00","v":1}}"#
        );
        let json = Json::parse(text.as_bytes()).expect("subset");
        Determination::from_json(&json).expect("a determination")
    }

    fn dibao(persons: &str, from: &str, fen: i64) -> Determination {
        let grant = format!(
            r#"{{"amount_fen":{fen},"from":"{from}","persons":[{persons}],"programme":"DIBAO","supersedes":[]}}"#
        );
        determination("DIBAO", persons, &grant)
    }

    fn month(text: &str) -> Month {
        text.parse().expect("a month")
    }

    fn fen(calendars: &Calendars, through: &str) -> Vec<(String, i64)> {
        let months = calendars.differences(month(through)).into_iter();
        months
            .map(|found| (found.month.to_string(), found.now.get() - found.was.get()))
            .collect()
    }

    const AB: &str = r#""a","b""#;

    #[test]
    fn an_open_entitlement_differs_until_the_month_that_is_given() {
        let calendars = Calendars::after(&[], &dibao(AB, "2021-09", 100), &dibao(AB, "2021-09", 150));
        assert_eq!(fen(&calendars, "2021-08"), []);
        assert_eq!(
            fen(&calendars, "2021-10"),
            [("2021-09".to_owned(), 50), ("2021-10".to_owned(), 50)]
        );
    }

    #[test]
    fn a_later_decision_answers_for_its_own_months_and_persons() {
        let recorded = determination("REFUSED", AB, "");
        let mut calendars = Calendars::after(&[], &recorded, &dibao(AB, "2021-09", 100));
        calendars.taken_over_by(&dibao(AB, "2021-11", 70));
        assert_eq!(
            fen(&calendars, "2022-12"),
            [("2021-09".to_owned(), 100), ("2021-10".to_owned(), 100)]
        );
        let mut others = Calendars::after(&[], &recorded, &dibao(AB, "2021-09", 100));
        others.taken_over_by(&dibao(r#""c""#, "2021-10", 70));
        assert_eq!(
            fen(&others, "2021-11").len(),
            1,
            "a household has one programme, whoever is counted"
        );
    }

    #[test]
    fn a_stop_and_a_departure_end_both_calendars_and_what_takes_no_effect_ends_none() {
        let both = || Calendars::after(&[], &dibao(AB, "2021-11", 100), &dibao(AB, "2021-11", 90));
        let mut stopped = both();
        stopped.taken_over_by(&determination("STOP", AB, ""));
        assert_eq!(fen(&stopped, "2022-12"), [("2021-11".to_owned(), -10)]);
        let mut left = both();
        left.left_in(month("2022-01"));
        assert_eq!(fen(&left, "2022-12").len(), 2);
        let mut undecided = both();
        undecided.taken_over_by(&determination("NEEDS_FACTS", AB, ""));
        assert_eq!(fen(&undecided, "2022-12").len(), 14);
    }

    #[test]
    fn what_was_read_and_what_is_due_is_no_other_outcome() {
        let (a, mut b) = (dibao(AB, "2021-09", 100), dibao(AB, "2021-09", 100));
        b.samples.push("row".to_owned());
        b.trace = "01".to_owned();
        assert!(!comes_out_otherwise(&a, &b));
        assert!(comes_out_otherwise(&a, &dibao(AB, "2021-10", 100)));
        assert!(comes_out_otherwise(&a, &determination("REFUSED", AB, "")));
    }
}
