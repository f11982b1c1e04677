//! A decision as the determination document (`DECIDE.md` section 7).

use super::{DecidedRow, Decision, DecisionFacts, RowPlace, Stopped};
use crate::canonical::Json;
use crate::rules::calendar::Month;
use crate::rules::case::endings;
use crate::rules::determination::{
    Carried, Decided, Determination, Due, MemberDecided, MissingFact, MissingRule, PlannedOutcome, RequiredStep,
};
use crate::rules::document::GuardFailure;
use crate::rules::entitlement::{Difference, Entitlement, differences, supersede, superseded_records};
use crate::rules::law::Law;
use crate::rules::outcome::{Effect, Outcome, Programme};
use crate::rules::value::Value;

impl Decision<'_> {
    /// The determination document. It follows from the law, the facts and this decision alone.
    #[must_use]
    pub fn determination(&self) -> Determination {
        let (law, facts) = (self.law, self.facts);
        let writer = Writer {
            law,
            facts,
            decision: self,
        };
        let held = self.household.is_held();
        let covered: Vec<String> = self.persons.iter().map(|member| facts.member_id(*member)).collect();
        let (mut entitlements, mut proposed) = (Vec::new(), Vec::new());
        let target = if held { &mut proposed } else { &mut entitlements };
        target.extend(writer.grants(&self.household, &covered));
        for (member, decided) in &self.members {
            let target = if held || decided.is_held() {
                &mut proposed
            } else {
                &mut entitlements
            };
            target.extend(writer.grants(decided, &[facts.member_id(*member)]));
        }
        let (missing_facts, missing_rules) = writer.missing();
        let parameters = self.evaluation.parameters_read();
        let mut determination = Determination {
            area: law.area().to_string(),
            kind: facts.kind().to_owned(),
            cause: facts.cause(),
            decision_date: facts.decision_date(),
            month: facts.month(),
            household: writer.decided(&self.household),
            persons: covered,
            members: self
                .members
                .iter()
                .map(|(member, decided)| MemberDecided {
                    member: facts.member_id(*member),
                    decided: writer.decided(decided),
                })
                .collect(),
            difference: Vec::new(),
            entitlements,
            proposed,
            due: writer.due(),
            carried: writer.carried(),
            samples: self.evaluation.samples_read(),
            parameters,
            choices: self.evaluation.choices_read(),
            missing_facts,
            missing_rules,
            trace: self.trace_digest().to_string(),
        };
        determination.difference = difference(&determination, facts);
        determination
    }
}

/// The months already due that change (section 5).
fn difference(determination: &Determination, facts: &DecisionFacts) -> Vec<Difference> {
    if !determination.takes_effect() {
        return Vec::new();
    }
    let granted = &determination.entitlements;
    let ended = endings(determination);
    let first = granted
        .iter()
        .map(|new| new.from)
        .chain(ended.iter().map(|ending| ending.from))
        .min();
    let Some(first) = first else { return Vec::new() };
    let now = supersede(facts.standing(), granted, &ended);
    differences(facts.standing(), &now, first, facts.decision_month())
}

struct Writer<'a> {
    law: &'a Law,
    facts: &'a DecisionFacts,
    decision: &'a Decision<'a>,
}

impl Writer<'_> {
    fn decided(&self, row: &DecidedRow<'_>) -> Decided {
        let Some(outcome) = row.outcome() else {
            return self.stopped(row);
        };
        let Some(place) = row.row else { return self.stopped(row) };
        let text = &place.rule.text;
        let held = row.is_held();
        Decided {
            outcome: if held {
                row.effect.unwrap_or(Effect::Same).proposed()
            } else {
                outcome
            },
            proposes: held.then_some(outcome),
            effect: row.effect,
            row: Some(self.name(place)),
            reason: text.reason.clone(),
            cite: Some(text.cite.clone()),
            amount: row.amount,
            from: row.from,
            valid_until: row.valid_until,
            shows: row.shows,
            required_steps: self.required_steps(row, &text.first, &text.cite),
            planned: text.then.as_ref().zip(row.then_from).and_then(|(then, from)| {
                Some(PlannedOutcome {
                    outcome: Outcome::from_code(&then.outcome)?,
                    from,
                    reason: then.reason.clone(),
                    first: then.first.clone(),
                })
            }),
            refer: text.refer.clone(),
            flags: row
                .flags
                .iter()
                .map(|position| text.flags[*position].0.clone())
                .collect(),
            error: None,
        }
    }

    /// A decision that needs or errs: the row it stood at, and nothing of what the row would grant.
    fn stopped(&self, row: &DecidedRow<'_>) -> Decided {
        let (outcome, error) = match row.stopped {
            Some(Stopped::Missing(gap)) if !self.decision.evaluation.missing(gap).1.is_empty() => {
                (Outcome::NeedsRule, None)
            }
            Some(Stopped::Missing(_)) => (Outcome::NeedsFacts, None),
            Some(Stopped::Fault(fault)) => (Outcome::Error, Some(fault.code().to_owned())),
            Some(Stopped::NoRow) | None => (Outcome::Error, Some("E_NO_ROW".to_owned())),
        };
        Decided {
            outcome,
            proposes: None,
            effect: None,
            row: row.row.map(|place| self.name(place)),
            reason: None,
            cite: None,
            amount: None,
            from: None,
            valid_until: None,
            shows: None,
            required_steps: Vec::new(),
            planned: None,
            refer: Vec::new(),
            flags: Vec::new(),
            error,
        }
    }

    fn name(&self, place: RowPlace<'_>) -> String {
        let list = &self.law.lists()[place.list];
        format!("{}/{}", list.id, list.rows[place.row].id)
    }

    fn required_steps(&self, row: &DecidedRow<'_>, first: &[String], cite: &str) -> Vec<RequiredStep> {
        let named = first.iter().map(|code| RequiredStep {
            code: code.clone(),
            cite: Some(cite.to_owned()),
            blocks: false,
        });
        let failed = row.failed.iter().map(|rule| {
            let guard = &rule.text;
            // A guard that refuses ends the call; in a dry run it is shown like any other step.
            let blocks = matches!(guard.on_failure, GuardFailure::Propose | GuardFailure::Refuse);
            RequiredStep {
                code: guard.reason.clone(),
                cite: Some(guard.cite.clone()),
                blocks,
            }
        });
        named.chain(failed).collect()
    }

    /// What a decision grants: one entitlement for each run of equal amounts.
    fn grants(&self, row: &DecidedRow<'_>, persons: &[String]) -> Vec<Entitlement> {
        let programme = row.outcome().and_then(Outcome::programme);
        let (Some(programme), Some(from), Some(amount)) = (programme, row.from, row.amount) else {
            return Vec::new();
        };
        if row.months.is_empty() {
            return vec![self.grant(programme, persons, (from, None), amount)];
        }
        let mut grants = Vec::new();
        let mut start = from;
        for run in row.months.chunk_by(|a, b| a == b) {
            let length = i64::try_from(run.len()).unwrap_or(i64::MAX);
            let (Some(last), Some(next)) = (start.plus(length - 1), start.plus(length)) else {
                break;
            };
            grants.push(self.grant(programme, persons, (start, Some(last)), run[0]));
            start = next;
        }
        grants
    }

    fn grant(
        &self,
        programme: Programme,
        persons: &[String],
        (from, to): (Month, Option<Month>),
        amount: crate::rules::money::Fen,
    ) -> Entitlement {
        Entitlement {
            programme,
            persons: persons.to_vec(),
            from,
            to,
            amount,
            supersedes: superseded_records(self.facts.standing(), persons, from),
            record: None,
        }
    }

    fn due(&self) -> Vec<Due> {
        let due = self.decision.due.iter().map(|(schedule, date)| Due {
            id: schedule.text.id.clone(),
            date: *date,
            cite: schedule.text.cite.clone(),
        });
        due.collect()
    }

    fn carried(&self) -> Vec<Carried> {
        let carried = self.decision.carried.iter().filter_map(|(carry, member, value)| {
            Some(Carried {
                member: member.map(|member| self.facts.member_id(member)),
                fact: carry.text.fact.clone(),
                value: recorded(&self.decision.evaluation.value(*value))?,
            })
        });
        carried.collect()
    }

    /// Everything that was missing, of all decisions and schedules together.
    fn missing(&self) -> (Vec<MissingFact>, Vec<MissingRule>) {
        let rows = std::iter::once(&self.decision.household).chain(self.decision.members.iter().map(|(_, row)| row));
        let gaps = rows
            .filter_map(|row| match row.stopped {
                Some(Stopped::Missing(gap)) => Some(gap),
                Some(Stopped::Fault(_) | Stopped::NoRow) | None => None,
            })
            .chain(self.decision.gaps.iter().copied());
        self.decision.evaluation.missing_of(gaps)
    }
}

/// A value as it stands in a facts document; none for what is no value.
fn recorded(value: &Value<'_>) -> Option<Json> {
    Some(match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) if number.denominator() == 1 => Json::integer(number.numerator()),
        Value::Number(number) => Json::List(vec![
            Json::from("q"),
            Json::integer(number.numerator()),
            Json::integer(number.denominator()),
        ]),
        Value::Code(code) => Json::from(*code),
        Value::Date(date) => Json::from(date.to_string()),
        Value::Month(month) => Json::from(month.to_string()),
        Value::Area(area) => Json::from(area.to_string()),
        Value::Missing(_) | Value::Error(_) => return None,
    })
}
