//! What follows from a decision: due dates, and what the case carries on (`DECIDE.md` section 5).

use super::{Decided, Procedure};
use crate::canonical::Json;
use crate::rules::value::Value;
use crate::rules::vocabulary::ScopeIndex;

impl<'l> Procedure<'l> {
    pub(super) fn schedules(&mut self, decision: &mut Decided<'l>) {
        let law = self.law;
        for schedule in law.schedules() {
            // The date that selects a schedule is the decision's, which is always recorded.
            let Ok(Some(rule)) = self.evaluation.select(schedule) else {
                continue;
            };
            let value = match self.evaluation.evaluate(rule.when, 0) {
                Value::Bool(true) => self.evaluation.evaluate(rule.value, 0),
                Value::Missing(gap) => Value::Missing(gap),
                _ => continue,
            };
            match value {
                Value::Date(date) => decision.due.push((rule, date)),
                Value::Missing(gap) => decision.gaps.push(gap),
                _ => {}
            }
        }
    }

    pub(super) fn carries(&mut self, decision: &mut Decided<'l>) {
        let law = self.law;
        for carry in law.carries() {
            let of_household = carry.scope == ScopeIndex::HOUSEHOLD;
            let count = if of_household { 1 } else { self.facts.member_count() };
            for instance in 0..count {
                if self.evaluation.evaluate(carry.when, instance) != Value::Bool(true) {
                    continue;
                }
                if let Some(value) = recorded(&self.evaluation.evaluate(carry.value, instance)) {
                    let member = (!of_household).then_some(instance);
                    decision.carried.push((carry, member, value));
                }
            }
        }
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
