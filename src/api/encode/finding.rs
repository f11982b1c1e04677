//! What the calls of findings and estimates answer.

use super::record::acknowledgement;
use super::{date, time};
use crate::api::pb;
use crate::app::command::{AuditeeAnswer, FindingCause, FindingItem, FindingOutcome, Officer, ProcedureStep, Reviewer};
use crate::app::finding::{Finding, FindingRecorded};
use crate::app::rates::{ErrorRates, KindRate};
use crate::app::result::Listed;
use crate::statistics::{Interval, Rate};

/// RecordFinding.
pub fn finding_recorded(recorded: FindingRecorded) -> pb::RecordFindingResponse {
    pb::RecordFindingResponse {
        finding: recorded.name.map(|name| name.to_string()).unwrap_or_default(),
        acknowledgement: recorded.acknowledged.map(acknowledgement),
    }
}

/// ListFindings.
pub fn findings(page: Listed<Finding>) -> pb::ListFindingsResponse {
    pb::ListFindingsResponse {
        findings: page.items.into_iter().map(finding).collect(),
        next_page_token: page.next.unwrap_or_default(),
    }
}

fn finding(read: Finding) -> pb::Finding {
    let content = read.content;
    let [first, second] = content.reviewers;
    pb::Finding {
        name: read.name.to_string(),
        index: read.index.get(),
        create_time: Some(time(read.logged_seconds)),
        determination: content.determination.to_string(),
        period: content.period.map(|period| period.to_string()).unwrap_or_default(),
        items: content.items.iter().map(item).collect(),
        first_reviewer: Some(reviewer(first)),
        second_reviewer: Some(reviewer(second)),
        summary: content.summary.unwrap_or_default(),
        rectification: content.rectification.unwrap_or_default(),
        auditee: content.auditee.map(|said| pb::AuditeeStatement {
            answer: answer(said.answer) as i32,
            text: said.text.unwrap_or_default(),
            on: Some(date(said.on)),
        }),
        correction: content.correction.map(|name| name.to_string()).unwrap_or_default(),
        sign_off: content.sign_off.map(|signed| pb::SignOff {
            officer: Some(officer(signed.officer)),
            on: Some(date(signed.on)),
        }),
        amends: content.amends.map(|name| name.to_string()).unwrap_or_default(),
    }
}

fn item(item: &FindingItem) -> pb::FindingItem {
    let cause = item.cause.map_or(pb::FindingCause::Unspecified, |cause| match cause {
        FindingCause::Agency => pb::FindingCause::Agency,
        FindingCause::Client => pb::FindingCause::Client,
        FindingCause::Data => pb::FindingCause::Data,
        FindingCause::Rule => pb::FindingCause::Rule,
        FindingCause::System => pb::FindingCause::System,
    });
    let step = item.step.map_or(pb::ProcedureStep::Unspecified, |step| match step {
        ProcedureStep::Clock => pb::ProcedureStep::Clock,
        ProcedureStep::Notice => pb::ProcedureStep::Notice,
        ProcedureStep::Publicity => pb::ProcedureStep::Publicity,
        ProcedureStep::Hearing => pb::ProcedureStep::Hearing,
        ProcedureStep::Other => pb::ProcedureStep::Other,
    });
    pb::FindingItem {
        outcome: outcome(item.outcome) as i32,
        cause: cause as i32,
        // Decoding keeps amounts below 10^12 fen.
        amount_fen: item.amount_fen.map(|fen| i64::try_from(fen).unwrap_or(i64::MAX)),
        step: step as i32,
    }
}

fn outcome(outcome: FindingOutcome) -> pb::FindingOutcome {
    match outcome {
        FindingOutcome::Correct => pb::FindingOutcome::Correct,
        FindingOutcome::Overpaid => pb::FindingOutcome::Overpaid,
        FindingOutcome::Underpaid => pb::FindingOutcome::Underpaid,
        FindingOutcome::IneligiblePaid => pb::FindingOutcome::IneligiblePaid,
        FindingOutcome::EligibleRefused => pb::FindingOutcome::EligibleRefused,
        FindingOutcome::Procedure => pb::FindingOutcome::Procedure,
        FindingOutcome::EvidenceInsufficient => pb::FindingOutcome::EvidenceInsufficient,
        FindingOutcome::NotReviewable => pb::FindingOutcome::NotReviewable,
    }
}

fn answer(answer: AuditeeAnswer) -> pb::AuditeeAnswer {
    match answer {
        AuditeeAnswer::Agrees => pb::AuditeeAnswer::Agrees,
        AuditeeAnswer::Disputes => pb::AuditeeAnswer::Disputes,
        AuditeeAnswer::Silent => pb::AuditeeAnswer::Silent,
    }
}

fn reviewer(reviewer: Reviewer) -> pb::Reviewer {
    pb::Reviewer {
        officer: Some(officer(reviewer.officer)),
        township: reviewer.township.map(|area| area.to_string()).unwrap_or_default(),
    }
}

fn officer(officer: Officer) -> pb::Officer {
    pb::Officer {
        id: officer.id,
        role: officer.role,
        unit: officer.unit,
        delegation: officer.delegation.unwrap_or_default(),
    }
}

/// EstimateErrorRate.
pub fn error_rates(rates: ErrorRates) -> pb::EstimateErrorRateResponse {
    let basis = if rates.of_spending {
        pb::RateBasis::Spending
    } else {
        pb::RateBasis::Cases
    };
    pb::EstimateErrorRateResponse {
        population: rates.population,
        drawn: rates.drawn,
        reviewed: rates.reviewed,
        missing: rates.missing,
        signed_off: rates.signed_off,
        confidence_percent: rates.confidence.percent(),
        basis: basis as i32,
        rates: rates.rates.into_iter().map(rate).collect(),
    }
}

fn rate(rate: KindRate) -> pb::ErrorRate {
    let decimal = |rate: Option<Rate>| rate.map(Rate::to_decimal).unwrap_or_default();
    let intervals = |found: &[Interval]| found.iter().map(interval).collect();
    pb::ErrorRate {
        outcome: outcome(rate.outcome) as i32,
        errors: rate.errors,
        rate: decimal(rate.estimate.rate),
        standard_error: decimal(rate.estimate.standard_error),
        intervals: intervals(&rate.estimate.intervals),
        worst_case: rate.worst_case.as_ref().map(interval),
        amount_rate: decimal(rate.amounts.rate),
        amount_intervals: intervals(&rate.amounts.intervals),
        statement: rate.statement,
        out_of_reach: rate.is_out_of_reach,
        amount_worst_case: rate.amounts_worst_case.as_ref().map(interval),
        amount_statement: rate.amount_statement.unwrap_or_default(),
    }
}

fn interval(interval: &Interval) -> pb::RateInterval {
    pb::RateInterval {
        method: interval.method.word().to_owned(),
        lower: interval.lower.map(Rate::to_decimal).unwrap_or_default(),
        upper: interval.upper.to_decimal(),
    }
}
