//! What a finding may not be: judged by whoever decided, against the record, out of turn. Every reason at once.

use super::super::command::{AuditeeAnswer, FindingContent, FindingOutcome, Officer};
use super::super::error::Violation;
use super::Finding;
use crate::rules::calendar::Date;

/// What the guards know of the determination.
pub(super) struct Subject {
    /// Who decided; empty if nobody was named.
    pub(super) decider: String,
    /// Township of the decision, or the county.
    pub(super) township: String,
    /// What it pays a month.
    pub(super) amount_fen: u64,
    /// Whether it pays a basic programme.
    pub(super) is_paid: bool,
    /// Day of the decision.
    pub(super) decided_on: Date,
    /// Whether it is of the sample that the finding names; none if it names none.
    pub(super) in_sample: Option<bool>,
    /// The finding that stands.
    pub(super) standing: Option<Finding>,
    /// Whether the correction that the finding names is one of this determination; none if it names none.
    pub(super) corrects: Option<bool>,
}

/// Everything that is not allowed.
pub(super) fn violations(content: &FindingContent, subject: &Subject) -> Vec<Violation> {
    let mut found = Vec::new();
    people(content, subject, &mut found);
    outcomes(content, subject, &mut found);
    order(content, subject, &mut found);
    found
}

fn add(found: &mut Vec<Violation>, field: &str, description: &str) {
    found.push(Violation {
        field: field.to_owned(),
        description: description.to_owned(),
    });
}

/// Whether two numbers of officers are the same person's: nobody becomes another by a capital or a space.
fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Two people, neither of whom decided or is of the same township.
fn people(content: &FindingContent, subject: &Subject, found: &mut Vec<Violation>) {
    let decided = |officer: &Officer| !subject.decider.is_empty() && same(&officer.id, &subject.decider);
    let [first, second] = &content.reviewers;
    for (reviewer, field) in [(first, "first_reviewer"), (second, "second_reviewer")] {
        if decided(&reviewer.officer) {
            add(
                found,
                &format!("{field}.officer.id"),
                "decided this case: nobody reviews a decision of their own",
            );
        }
        if reviewer
            .township
            .is_some_and(|township| township.to_string() == subject.township)
        {
            add(
                found,
                &format!("{field}.township"),
                "is the township of the decision: give a reviewer of another one",
            );
        }
    }
    if same(&first.officer.id, &second.officer.id) {
        add(
            found,
            "second_reviewer.officer.id",
            "is the first reviewer: two people review",
        );
    }
    if content
        .sign_off
        .as_ref()
        .is_some_and(|sign_off| decided(&sign_off.officer))
    {
        add(
            found,
            "sign_off.officer.id",
            "decided this case: nobody signs off a decision of their own",
        );
    }
}

/// Outcomes that the determination can have.
fn outcomes(content: &FindingContent, subject: &Subject, found: &mut Vec<Violation>) {
    for (at, item) in content.items.iter().enumerate() {
        let field = |name: &str| format!("items[{at}].{name}");
        if item.outcome.is_of_payment() && !subject.is_paid {
            add(
                found,
                &field("outcome"),
                "is an error of what was paid, and the determination pays nothing",
            );
        }
        if item.outcome == FindingOutcome::EligibleRefused && subject.is_paid {
            add(
                found,
                &field("outcome"),
                "is an error of a refusal, and the determination pays",
            );
        }
        let bounded = matches!(item.outcome, FindingOutcome::Overpaid | FindingOutcome::IneligiblePaid);
        if bounded && subject.is_paid && item.amount_fen.is_some_and(|fen| fen > subject.amount_fen) {
            add(
                found,
                &field("amount_fen"),
                "is more than the determination pays a month: give the wrong part of one month",
            );
        }
    }
}

/// What has to come first.
fn order(content: &FindingContent, subject: &Subject, found: &mut Vec<Violation>) {
    if subject.in_sample == Some(false) {
        add(
            found,
            "period",
            "has no sample that holds the determination: leave it out, or review what was drawn",
        );
    }
    if subject.corrects == Some(false) {
        add(
            found,
            "correction",
            "is no correction of this determination: record it with Correct first",
        );
    }
    match (&subject.standing, content.amends) {
        (Some(standing), amends) if amends != Some(standing.name) => add(
            found,
            "amends",
            "does not name the finding that stands for this determination: read it and name it",
        ),
        (None, Some(_)) => add(found, "amends", "names a finding, and none stands: leave it out"),
        _ => {}
    }
    let was_signed = subject
        .standing
        .as_ref()
        .is_some_and(|standing| standing.content.sign_off.is_some());
    if was_signed && content.sign_off.is_none() {
        add(
            found,
            "sign_off",
            "is missing: a finding that is signed off is replaced by a signed one alone",
        );
    }
    if let Some(sign_off) = &content.sign_off {
        match &content.auditee {
            None if content.has_error() => add(
                found,
                "auditee",
                "is missing: an error is signed off after the auditee was heard",
            ),
            Some(auditee) if auditee.on > sign_off.on => {
                add(
                    found,
                    "sign_off.on",
                    "is before the auditee's answer: correct one of the two",
                );
            }
            _ => {}
        }
    }
    let answered = content.auditee.as_ref();
    if answered.is_some_and(|auditee| auditee.answer == AuditeeAnswer::Disputes && auditee.text.is_none()) {
        add(found, "auditee.text", "is missing: a dispute says what is disputed");
    }
    let early = |on: Option<Date>| on.is_some_and(|on| on < subject.decided_on);
    if early(answered.map(|auditee| auditee.on)) || early(content.sign_off.as_ref().map(|sign_off| sign_off.on)) {
        add(
            found,
            "sign_off.on",
            "or the auditee's answer is before the determination: correct the date",
        );
    }
}
