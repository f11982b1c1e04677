//! Reads guards, schedules and what a case carries on.

use super::super::error::Remarks;
use super::super::said::{At, Fix, Wrong};
use super::super::source::Span;
use super::super::yaml::Value;
use super::fields::{Fields, expression};
use super::{Dated, Expression, Text, values};
use crate::rules::document::{GuardFailure, InForce};

/// A guard as it was written.
#[derive(Debug)]
pub struct DraftGuard {
    /// Id.
    pub id: Text,
    /// Scope; absent: the household.
    pub scope: Option<Text>,
    /// Legal effect.
    pub dated: Dated,
    /// Outcomes it applies to.
    pub outcomes: Vec<Text>,
    /// Effects it applies to.
    pub effects: Vec<Text>,
    /// What must hold.
    pub require: Expression,
    /// Reason code.
    pub reason: Option<Text>,
    /// What a failed guard does.
    pub on_failure: Option<GuardFailure>,
    /// Citation.
    pub cite: Option<Text>,
    /// The basis on which it replaces another.
    pub overrides: Option<Text>,
}

/// A schedule as it was written.
#[derive(Debug)]
pub struct DraftSchedule {
    /// Id.
    pub id: Text,
    /// Legal effect.
    pub in_force: InForce,
    /// Whether it applies.
    pub when: Expression,
    /// Whether the text has a `when` at all.
    pub has_when: bool,
    /// A date.
    pub value: Expression,
    /// Citation.
    pub cite: Option<Text>,
}

/// A carry as it was written.
#[derive(Debug)]
pub struct DraftCarry {
    /// Where it stands.
    pub span: Span,
    /// Path or name of a history fact.
    pub fact: Text,
    /// Whether it is carried.
    pub when: Expression,
    /// Whether the text has a `when` at all.
    pub has_when: bool,
    /// The value.
    pub value: Expression,
}

const GUARD_KEYS: [&str; 10] = [
    "id",
    "scope",
    "in_force",
    "by",
    "applies_to",
    "require",
    "reason",
    "on_failure",
    "cite",
    "overrides",
];

/// Reads all guards.
pub fn read(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftGuard> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "guards") {
        remarks.enter(At::Guard, "");
        let Some(fields) = Fields::open(entry.node, &GUARD_KEYS, remarks) else {
            continue;
        };
        let Some(id) = fields.entry_id(&entry, "id", remarks) else {
            continue;
        };
        super::fields::check_id(&id, remarks);
        remarks.enter(At::Guard, &id.value);
        let (mut outcomes, mut effects) = (Vec::new(), Vec::new());
        match fields.get("applies_to") {
            None => {
                remarks.error(id.span, Wrong::Missing { key: "applies_to" }, Fix::AddAppliesTo);
            }
            Some(node) => {
                if let Some(applies) = Fields::open(node, &["outcome", "effect"], remarks) {
                    outcomes = applies.texts(remarks, "outcome");
                    effects = applies.texts(remarks, "effect");
                    if outcomes.is_empty() && effects.is_empty() {
                        remarks.error(node.span, Wrong::AppliesToNothing, Fix::NameOutcomes);
                    }
                }
            }
        }
        read.push(DraftGuard {
            scope: fields.text(remarks, "scope"),
            dated: values::dated(&fields, remarks),
            outcomes,
            effects,
            require: fields.need_expression(remarks, "require"),
            reason: fields.need(remarks, "reason"),
            on_failure: on_failure(&fields, remarks),
            cite: fields.need(remarks, "cite"),
            overrides: fields.text(remarks, "overrides"),
            id,
        });
    }
    read
}

fn on_failure(fields: &Fields<'_>, remarks: &mut Remarks<'_>) -> Option<GuardFailure> {
    let text = fields.need(remarks, "on_failure")?;
    match text.value.as_str() {
        "propose" => Some(GuardFailure::Propose),
        "refuse" => Some(GuardFailure::Refuse),
        _ => {
            let wrong = Wrong::IsWord {
                key: "on_failure",
                value: text.value,
            };
            remarks.error(text.span, wrong, Fix::OnFailureForm);
            None
        }
    }
}

/// Reads all schedules.
pub fn read_schedules(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftSchedule> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "schedules") {
        remarks.enter(At::Schedule, "");
        let Some(fields) = Fields::open(entry.node, &["id", "in_force", "when", "value", "cite"], remarks) else {
            continue;
        };
        let Some(id) = fields.entry_id(&entry, "id", remarks) else {
            continue;
        };
        super::fields::check_id(&id, remarks);
        remarks.enter(At::Schedule, &id.value);
        read.push(DraftSchedule {
            in_force: values::in_force(&fields, remarks),
            when: fields.expression(remarks, "when"),
            has_when: fields.has("when"),
            value: fields.need_expression(remarks, "value"),
            cite: fields.need(remarks, "cite"),
            id,
        });
    }
    read
}

/// Reads all carries: a list, or a map from fact to value.
pub fn read_carries(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftCarry> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "carries") {
        remarks.enter(At::Carry, "");
        if let (Some(fact), Value::Scalar(scalar)) = (&entry.key, &entry.node.value) {
            remarks.enter(At::Carry, &fact.value);
            let value = expression(scalar, entry.node.span, remarks);
            read.push(DraftCarry {
                span: fact.span,
                fact: fact.clone(),
                when: None,
                has_when: false,
                value,
            });
            continue;
        }
        let Some(fields) = Fields::open(entry.node, &["fact", "when", "value"], remarks) else {
            continue;
        };
        let Some(fact) = fields.entry_id(&entry, "fact", remarks) else {
            continue;
        };
        remarks.enter(At::Carry, &fact.value);
        read.push(DraftCarry {
            span: fields.place(),
            when: fields.expression(remarks, "when"),
            has_when: fields.has("when"),
            value: fields.need_expression(remarks, "value"),
            fact,
        });
    }
    read
}
