//! A decision as the determination document (`DECIDE.md` section 7).

use std::borrow::Cow;
use std::marker::PhantomData;
use std::mem::take;

use super::{DecidedRow, Decision, DecisionFacts, Room, Stopped};
use crate::canonical::Json;
use crate::rules::calendar::Month;
use crate::rules::case::endings;
use crate::rules::determination::{
    Carried, Decided, Determination, Due, MemberDecided, MissingFact, MissingRule, PlannedOutcome, RequiredStep,
};
use crate::rules::document::GuardFailure;
use crate::rules::entitlement::{Difference, Entitlement, differences, supersede, superseded_records};
use crate::rules::money::Fen;
use crate::rules::outcome::{Effect, Outcome, Programme};
use crate::rules::trace::Bytes;
use crate::rules::value::Value;

/// A determination as its bytes, with what else a replay says of it.
pub struct Written<'l> {
    /// The canonical bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of the trace, in hex.
    pub trace: Cow<'l, str>,
    /// What it read that is a sample.
    pub samples: Vec<Cow<'l, str>>,
    /// The area whose law it is.
    pub area: Cow<'l, str>,
    /// The household's outcome, as it stands in the bytes.
    pub outcome: Outcome,
    /// The household's monthly amount.
    pub amount: Option<Fen>,
    /// How many persons the household's outcome covers.
    pub person_count: usize,
}

impl<'l> Decision<'l> {
    /// The determination document. It follows from the law, the facts and this decision alone.
    #[must_use]
    pub fn determination(&self) -> Determination {
        Determination {
            parameters: self.evaluation.parameters_read(),
            choices: self.evaluation.choices_read(),
            ..self.determination_beside(self.trace_digest().hex())
        }
    }

    /// The bytes of [`Decision::determination`], for whoever only compares them. The decision is over: its memory, and
    /// later that of the bytes, goes to the next.
    #[must_use]
    pub fn written(self, room: &mut Room) -> Written<'l> {
        let mut trace = take(&mut room.evaluation.trace);
        let digest = self.evaluation.trace_digest(&mut trace);
        self.written_with(digest.hex().into(), trace, room)
    }

    /// [`Decision::written`] of a decision of which somebody says what its trace's SHA-256 is, in hex: it stands in the
    /// bytes unjudged, and the trace is appended to `traces`, so that those of many decisions are hashed at once.
    #[must_use]
    pub fn written_as_promised(self, promised: &'l str, traces: &mut Vec<u8>, room: &mut Room) -> Written<'l> {
        let mut trace = take(&mut room.evaluation.trace);
        self.evaluation.write_trace(&mut trace);
        traces.extend_from_slice(trace.as_slice());
        self.written_with(promised.into(), trace, room)
    }

    fn written_with(self, digest: Cow<'l, str>, trace: Bytes, room: &mut Room) -> Written<'l> {
        let determination: Determination<Cow<'l, str>> = self.determination_beside(digest);
        let mut bytes = take(&mut room.bytes);
        determination.write_with(
            &mut bytes,
            self.evaluation.parameters_written(),
            self.evaluation.choices_written(),
        );
        room.evaluation = self.evaluation.into_buffers(trace);
        room.end(self.decided);
        Written {
            bytes,
            trace: determination.trace,
            samples: determination.samples,
            area: determination.area,
            outcome: determination.household.outcome,
            amount: determination.household.amount,
            person_count: determination.persons.len(),
        }
    }

    /// The determination without what was read of the law.
    fn determination_beside<T: Text<'l>>(&self, trace: T) -> Determination<T> {
        let (law, facts, decided) = (self.law, self.facts, &self.decided);
        let writer = Writer {
            facts,
            decision: self,
            texts: PhantomData,
        };
        let held = decided.household.is_held();
        let (mut entitlements, mut proposed) = (Vec::new(), Vec::new());
        let target = if held { &mut proposed } else { &mut entitlements };
        target.extend(writer.grants(&decided.household, &decided.persons));
        for (member, row) in &decided.members {
            let target = if held || row.is_held() {
                &mut proposed
            } else {
                &mut entitlements
            };
            target.extend(writer.grants(row, &[*member]));
        }
        let (missing_facts, missing_rules) = writer.missing();
        let mut determination = Determination {
            area: law.area_code.as_str().into(),
            kind: facts.kind().into(),
            cause: facts.cause(),
            decision_date: facts.decision_date(),
            month: facts.month(),
            household: writer.decided(&decided.household),
            persons: decided
                .persons
                .iter()
                .map(|member| facts.member_text(*member))
                .collect(),
            members: decided
                .members
                .iter()
                .map(|(member, row)| MemberDecided {
                    member: facts.member_text(*member),
                    decided: writer.decided(row),
                })
                .collect(),
            difference: Vec::new(),
            entitlements,
            proposed,
            due: writer.due(),
            carried: writer.carried(),
            samples: self.evaluation.samples_read(),
            parameters: Vec::new(),
            choices: Vec::new(),
            missing_facts,
            missing_rules,
            trace,
        };
        determination.difference = difference(&determination, facts);
        determination
    }
}

/// The months already due that change (section 5).
fn difference<T: AsRef<str>>(determination: &Determination<T>, facts: &DecisionFacts) -> Vec<Difference> {
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
    // Mostly nothing that is due yet: what is granted begins with the month to come.
    let Some(first) = first.filter(|first| *first <= facts.decision_month()) else {
        return Vec::new();
    };
    let now = supersede(facts.standing(), granted, &ended);
    differences(facts.standing(), &now, first, facts.decision_month())
}

/// A text of a determination: its own, or one that stands in the law, the facts or the decision.
trait Text<'d>: From<&'d str> + From<String> + AsRef<str> {}

impl<'d, T: From<&'d str> + From<String> + AsRef<str>> Text<'d> for T {}

struct Writer<'d, 'l, T> {
    facts: &'l DecisionFacts,
    decision: &'d Decision<'l>,
    texts: PhantomData<T>,
}

impl<'l, T: Text<'l>> Writer<'_, 'l, T> {
    fn decided(&self, row: &DecidedRow<'l>) -> Decided<T> {
        let Some(outcome) = row.outcome() else {
            return self.stopped(row);
        };
        let Some(rule) = row.row else { return self.stopped(row) };
        let text = &rule.text;
        let held = row.is_held();
        Decided {
            outcome: if held {
                row.effect.unwrap_or(Effect::Same).proposed()
            } else {
                outcome
            },
            proposes: held.then_some(outcome),
            effect: row.effect,
            row: Some(rule.name.as_str().into()),
            reason: text.reason.as_deref().map(T::from),
            cite: Some(text.cite.as_str().into()),
            amount: row.amount,
            from: row.from,
            valid_until: row.valid_until,
            shows: row.shows,
            required_steps: self.required_steps(row, &text.first, &text.cite),
            planned: text.then.as_ref().zip(row.then_from).and_then(|(then, from)| {
                Some(PlannedOutcome {
                    outcome: Outcome::from_code(&then.outcome)?,
                    from,
                    reason: then.reason.as_deref().map(T::from),
                    first: texts(&then.first),
                })
            }),
            refer: texts(&text.refer),
            flags: row
                .flags
                .iter()
                .map(|position| text.flags[*position].0.as_str().into())
                .collect(),
            error: None,
        }
    }

    /// A decision that needs or errs: the row it stood at, and nothing of what the row would grant.
    fn stopped(&self, row: &DecidedRow<'l>) -> Decided<T> {
        let (outcome, error) = match row.stopped {
            Some(Stopped::Missing(gap)) if self.decision.evaluation.lacks_a_rule(gap) => (Outcome::NeedsRule, None),
            Some(Stopped::Missing(_)) => (Outcome::NeedsFacts, None),
            Some(Stopped::Fault(fault)) => (Outcome::Error, Some(fault.code().into())),
            Some(Stopped::NoRow) | None => (Outcome::Error, Some("E_NO_ROW".into())),
        };
        Decided {
            outcome,
            proposes: None,
            effect: None,
            row: row.row.map(|rule| rule.name.as_str().into()),
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

    fn required_steps(&self, row: &DecidedRow<'l>, first: &'l [String], cite: &'l str) -> Vec<RequiredStep<T>> {
        let named = first.iter().map(|code| RequiredStep {
            code: code.as_str().into(),
            cite: Some(cite.into()),
            blocks: false,
        });
        let failed = row.failed.iter().map(|rule| {
            let guard = &rule.text;
            // A guard that refuses ends the call; in a dry run it is shown like any other step.
            let blocks = matches!(guard.on_failure, GuardFailure::Propose | GuardFailure::Refuse);
            RequiredStep {
                code: guard.reason.as_str().into(),
                cite: Some(guard.cite.as_str().into()),
                blocks,
            }
        });
        named.chain(failed).collect()
    }

    /// What a decision grants to members: one entitlement for each run of equal amounts.
    fn grants(&self, row: &DecidedRow<'l>, members: &[u32]) -> Vec<Entitlement> {
        let programme = row.outcome().and_then(Outcome::programme);
        let (Some(programme), Some(from), Some(amount)) = (programme, row.from, row.amount) else {
            return Vec::new();
        };
        if row.months.is_empty() {
            return vec![self.grant(programme, members, (from, None), amount)];
        }
        let mut grants = Vec::new();
        let mut start = from;
        for run in row.months.chunk_by(|a, b| a == b) {
            let length = i64::try_from(run.len()).unwrap_or(i64::MAX);
            let (Some(last), Some(next)) = (start.plus(length - 1), start.plus(length)) else {
                break;
            };
            grants.push(self.grant(programme, members, (start, Some(last)), run[0]));
            start = next;
        }
        grants
    }

    fn grant(
        &self,
        programme: Programme,
        members: &[u32],
        (from, to): (Month, Option<Month>),
        amount: Fen,
    ) -> Entitlement {
        let persons: Vec<String> = members.iter().map(|member| self.facts.member_id(*member)).collect();
        let mut granted = Entitlement {
            programme,
            supersedes: Vec::new(),
            persons,
            from,
            to,
            amount,
            record: None,
        };
        granted.supersedes = superseded_records(self.facts.standing(), &granted);
        granted
    }

    fn due(&self) -> Vec<Due<T>> {
        let due = self.decision.decided.due.iter().map(|(schedule, date)| Due {
            id: schedule.text.id.as_str().into(),
            date: *date,
            cite: schedule.text.cite.as_str().into(),
        });
        due.collect()
    }

    fn carried(&self) -> Vec<Carried<T>> {
        let decision = self.decision;
        let carried = decision.decided.carried.iter().filter_map(|(carry, member, value)| {
            Some(Carried {
                member: member.map(|member| self.facts.member_text(member)),
                fact: carry.text.fact.as_str().into(),
                value: recorded(&decision.evaluation.value(*value))?,
            })
        });
        carried.collect()
    }

    /// Everything that was missing, of all decisions and schedules together.
    fn missing(&self) -> (Vec<MissingFact<T>>, Vec<MissingRule<T>>) {
        let decided = &self.decision.decided;
        let gaps = decided
            .rows()
            .filter_map(|row| match row.stopped {
                Some(Stopped::Missing(gap)) => Some(gap),
                Some(Stopped::Fault(_) | Stopped::NoRow) | None => None,
            })
            .chain(decided.gaps.iter().copied());
        self.decision.evaluation.missing_of(gaps)
    }
}

fn texts<'l, T: Text<'l>>(all: &'l [String]) -> Vec<T> {
    all.iter().map(|text| text.as_str().into()).collect()
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
