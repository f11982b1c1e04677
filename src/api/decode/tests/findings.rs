//! Findings that contradict themselves are refused with every place; one that is right is read as it was sent.

use super::{fields, sample};
use crate::api::decode::record_finding;
use crate::api::pb::{self, FindingCause, FindingOutcome, ProcedureStep};

const DETERMINATION: &str =
    "areas/340321/cases/0123456789abcdef0123456789abcdef/determinations/0123456789abcdef0123456789abcdef";

fn reviewer(id: &str) -> Option<pb::Reviewer> {
    Some(pb::Reviewer {
        officer: Some(pb::Officer {
            id: id.to_owned(),
            role: "审计".to_owned(),
            unit: "某会计师事务所".to_owned(),
            delegation: String::new(),
        }),
        township: String::new(),
    })
}

fn item(outcome: FindingOutcome, cause: FindingCause, amount_fen: Option<i64>, step: ProcedureStep) -> pb::FindingItem {
    pb::FindingItem {
        outcome: outcome as i32,
        cause: cause as i32,
        amount_fen,
        step: step as i32,
    }
}

fn with(items: Vec<pb::FindingItem>) -> pb::RecordFindingRequest {
    pb::RecordFindingRequest {
        request_id: "00000000-0000-4000-8000-000000000001".to_owned(),
        determination: DETERMINATION.to_owned(),
        items,
        first_reviewer: reviewer("a1"),
        second_reviewer: reviewer("a2"),
        ..Default::default()
    }
}

const NO_CAUSE: FindingCause = FindingCause::Unspecified;
const NO_STEP: ProcedureStep = ProcedureStep::Unspecified;

#[test]
fn an_empty_finding_names_every_required_field() {
    let found = fields(record_finding(pb::RecordFindingRequest::default()));
    let required = [
        "request_id",
        "determination",
        "items",
        "first_reviewer",
        "second_reviewer",
    ];
    assert_eq!(found, required);
}

#[test]
fn an_error_has_a_cause_and_its_amount_or_step_and_nothing_else_has_them() {
    let agency = FindingCause::Agency;
    for right in [
        item(FindingOutcome::Correct, NO_CAUSE, None, NO_STEP),
        item(FindingOutcome::Overpaid, agency, Some(1), NO_STEP),
        item(FindingOutcome::EligibleRefused, agency, Some(1), NO_STEP),
        item(FindingOutcome::Procedure, agency, None, ProcedureStep::Clock),
        item(FindingOutcome::EvidenceInsufficient, agency, None, NO_STEP),
        item(FindingOutcome::NotReviewable, NO_CAUSE, None, NO_STEP),
    ] {
        assert!(record_finding(with(vec![right])).is_ok(), "{right:?}");
    }
    for (wrong, expected) in [
        (
            item(FindingOutcome::Unspecified, agency, None, NO_STEP),
            &["items[0].outcome"][..],
        ),
        (
            item(FindingOutcome::Correct, agency, Some(1), ProcedureStep::Clock),
            &["items[0].cause", "items[0].step", "items[0].amount_fen"],
        ),
        (
            item(FindingOutcome::Overpaid, NO_CAUSE, None, NO_STEP),
            &["items[0].cause", "items[0].amount_fen"],
        ),
        (
            item(FindingOutcome::Overpaid, agency, Some(0), NO_STEP),
            &["items[0].amount_fen"],
        ),
        (
            item(FindingOutcome::Overpaid, agency, Some(-1), NO_STEP),
            &["items[0].amount_fen"],
        ),
        (
            item(FindingOutcome::Procedure, agency, None, NO_STEP),
            &["items[0].step"],
        ),
    ] {
        assert_eq!(fields(record_finding(with(vec![wrong]))), expected, "{wrong:?}");
    }
}

#[test]
fn correct_stands_alone_and_a_decision_has_one_error_of_its_amount() {
    let agency = FindingCause::Agency;
    let correct = item(FindingOutcome::Correct, NO_CAUSE, None, NO_STEP);
    let over = item(FindingOutcome::Overpaid, agency, Some(1), NO_STEP);
    let under = item(FindingOutcome::Underpaid, agency, Some(1), NO_STEP);
    let clock = item(FindingOutcome::Procedure, agency, None, ProcedureStep::Clock);
    let notice = item(FindingOutcome::Procedure, agency, None, ProcedureStep::Notice);
    assert!(record_finding(with(vec![over, clock, notice])).is_ok());
    assert_eq!(fields(record_finding(with(vec![correct, clock]))), ["items"]);
    assert_eq!(fields(record_finding(with(vec![over, under]))), ["items"]);
    assert_eq!(fields(record_finding(with(vec![clock, clock]))), ["items[1].outcome"]);
    assert_eq!(fields(record_finding(with(vec![clock; 17]))), ["items"], "16 at most");
}

#[test]
fn a_reviewers_township_has_nine_digits() {
    let correct = || vec![item(FindingOutcome::Correct, NO_CAUSE, None, NO_STEP)];
    let mut request = with(correct());
    request.first_reviewer.as_mut().expect("given").township = "340321".to_owned();
    request.amends = DETERMINATION.to_owned();
    request.sign_off = Some(pb::SignOff::default());
    request.auditee = Some(pb::AuditeeStatement::default());
    let expected = [
        "first_reviewer.township",
        "auditee.answer",
        "auditee.on",
        "sign_off.officer",
        "sign_off.on",
        "amends",
    ];
    assert_eq!(fields(record_finding(request)), expected);
    let mut request = with(correct());
    request.first_reviewer.as_mut().expect("given").township = "340321101".to_owned();
    request.sign_off = Some(pb::SignOff {
        officer: request
            .first_reviewer
            .as_ref()
            .and_then(|reviewer| reviewer.officer.clone()),
        on: sample::day(2026, 9, 1),
    });
    assert!(record_finding(request).is_ok());
}
