//! Requests of findings and estimates.

use super::codes::typed;
use super::limits::REASON_SIZE_MAX_BYTES;
use super::provenance::officer;
use super::read::county;
use super::scalar;
use super::violations::{Path, Violations};
use crate::api::pb;
use crate::app::command::{
    AuditeeAnswer, AuditeeStatement, DeterminationName, EstimateErrorRate, FindingCause, FindingContent, FindingItem,
    FindingName, FindingOutcome, ListFindings, ProcedureStep, RecordFinding, Reviewer, SignOff,
};
use crate::app::{AppError, AreaRegister};
use crate::area::{AreaCode, AreaLevel};
use crate::log::sample::Period;
use crate::statistics::Confidence;

const AT: Path<'static> = Path::ROOT;

/// Things found in one decision.
const ITEM_COUNT_MAX: usize = 16;

/// Confidence where the caller does not say.
const CONFIDENCE_PERCENT_DEFAULT: u32 = 95;

/// Reads RecordFinding.
///
/// # Errors
/// [`AppError::Invalid`] with every violation; so do all of this file.
pub fn record_finding(raw: pb::RecordFindingRequest) -> Result<RecordFinding, AppError> {
    let mut v = Violations::default();
    let request_id = v.parse(AT.field("request_id"), &raw.request_id);
    let determination: Option<DeterminationName> = v.parse(AT.field("determination"), &raw.determination);
    let period: Option<Option<Period>> = maybe(AT.field("period"), &raw.period, &mut v);
    let items = items(raw.items, &mut v);
    let first = reviewer(raw.first_reviewer, AT.field("first_reviewer"), &mut v);
    let second = reviewer(raw.second_reviewer, AT.field("second_reviewer"), &mut v);
    let summary = v.maybe_text(AT.field("summary"), raw.summary, REASON_SIZE_MAX_BYTES);
    let rectification = v.maybe_text(AT.field("rectification"), raw.rectification, REASON_SIZE_MAX_BYTES);
    let auditee = match raw.auditee {
        None => Some(None),
        Some(raw) => statement(raw, AT.field("auditee"), &mut v).map(Some),
    };
    let correction: Option<Option<DeterminationName>> = maybe(AT.field("correction"), &raw.correction, &mut v);
    let sign_off = match raw.sign_off {
        None => Some(None),
        Some(raw) => signed(raw, AT.field("sign_off"), &mut v).map(Some),
    };
    let amends: Option<Option<FindingName>> = maybe(AT.field("amends"), &raw.amends, &mut v);
    let command = (|| {
        Some(RecordFinding {
            request_id: request_id?,
            content: FindingContent {
                determination: determination?,
                period: period?,
                items,
                reviewers: [first?, second?],
                summary: summary?,
                rectification: rectification?,
                auditee: auditee?,
                correction: correction?,
                sign_off: sign_off?,
                amends: amends?,
            },
            validate_only: raw.validate_only,
        })
    })();
    v.finish(command)
}

/// Reads ListFindings.
pub fn list_findings(raw: pb::ListFindingsRequest, areas: &AreaRegister) -> Result<ListFindings, AppError> {
    let mut v = Violations::default();
    let area = county(&raw.area, areas, &mut v);
    let period = maybe(AT.field("period"), &raw.period, &mut v);
    let page = v.page(raw.page_size, raw.page_token);
    let command = (|| {
        Some(ListFindings {
            area: area?,
            period: period?,
            page: page?,
        })
    })();
    v.finish(command)
}

/// Reads EstimateErrorRate.
pub fn estimate_error_rate(
    raw: pb::EstimateErrorRateRequest,
    areas: &AreaRegister,
) -> Result<EstimateErrorRate, AppError> {
    let mut v = Violations::default();
    let area = county(&raw.area, areas, &mut v);
    let period = v.parse(AT.field("period"), &raw.period);
    let percent = match raw.confidence_percent {
        0 => CONFIDENCE_PERCENT_DEFAULT,
        given => given,
    };
    let confidence = Confidence::of_percent(percent).ok_or("is no level: give 90, 95 or 99, or 0 for 95");
    let confidence = v.check(AT.field("confidence_percent"), confidence);
    let command = (|| {
        Some(EstimateErrorRate {
            area: area?,
            period: period?,
            confidence: confidence?,
        })
    })();
    v.finish(command)
}

/// A text of a form of its own that may be absent: the outer `None` is a violation.
fn maybe<T: std::str::FromStr<Err: std::fmt::Display>>(
    at: Path<'_>,
    raw: &str,
    v: &mut Violations,
) -> Option<Option<T>> {
    if raw.is_empty() {
        Some(None)
    } else {
        v.parse(at, raw).map(Some)
    }
}

fn items(raw: Vec<pb::FindingItem>, v: &mut Violations) -> Vec<FindingItem> {
    let at = AT.field("items");
    if raw.is_empty() {
        v.require::<()>(at, None);
    }
    let raw = v.limit(at, raw, ITEM_COUNT_MAX);
    let mut read: Vec<FindingItem> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let at = at.item(index);
        let Some(item) = item(&raw, at, v) else { continue };
        if read
            .iter()
            .any(|other| other.outcome == item.outcome && other.step == item.step)
        {
            v.add(at.field("outcome"), "stands twice: give each once");
        }
        read.push(item);
    }
    let alone = |item: &FindingItem| !item.outcome.is_error();
    if read.len() > 1 && read.iter().any(alone) {
        v.add(at, "holds correct or not reviewable beside another: these stand alone");
    }
    if read.iter().filter(|item| item.outcome.has_amount()).count() > 1 {
        v.add(
            at,
            "holds several of overpaid, underpaid, ineligible and refused: one decision has one of them",
        );
    }
    read
}

fn item(raw: &pb::FindingItem, at: Path<'_>, v: &mut Violations) -> Option<FindingItem> {
    let outcome = typed::<pb::FindingOutcome, _>(raw.outcome, FindingOutcome::from_code);
    let outcome = v.check(at.field("outcome"), outcome)?;
    let is_error = outcome.is_error();
    let cause = wanted(is_error, raw.cause, "errors", at.field("cause"), v, |raw| {
        typed::<pb::FindingCause, _>(raw, FindingCause::from_code)
    });
    let is_procedure = outcome == FindingOutcome::Procedure;
    let step = wanted(is_procedure, raw.step, "procedure errors", at.field("step"), v, |raw| {
        typed::<pb::ProcedureStep, _>(raw, ProcedureStep::from_code)
    });
    let amount = match (outcome.has_amount(), raw.amount_fen) {
        (true, Some(fen)) => match scalar::fen(fen) {
            Ok(fen) if fen.get() > 0 => u64::try_from(fen.get()).ok(),
            Ok(_) => {
                v.add(at.field("amount_fen"), "is 0: an error of an amount has one");
                None
            }
            Err(text) => {
                v.add(at.field("amount_fen"), text);
                None
            }
        },
        (true, None) => v.require(at.field("amount_fen"), None),
        (false, Some(_)) => {
            v.add(
                at.field("amount_fen"),
                "is for overpaid, underpaid, ineligible and refused: leave it out",
            );
            None
        }
        (false, None) => None,
    };
    Some(FindingItem {
        outcome,
        cause,
        amount_fen: amount,
        step,
    })
}

/// A code that some outcomes must have and the others may not.
fn wanted<T>(
    wanted: bool,
    raw: i32,
    of: &str,
    at: Path<'_>,
    v: &mut Violations,
    read: impl Fn(i32) -> Result<T, &'static str>,
) -> Option<T> {
    match (wanted, raw) {
        (true, 0) => v.require(at, None),
        (true, raw) => v.check(at, read(raw)),
        (false, 0) => None,
        (false, _) => {
            v.add(at, format!("is for {of}: leave it out"));
            None
        }
    }
}

fn reviewer(raw: Option<pb::Reviewer>, at: Path<'_>, v: &mut Violations) -> Option<Reviewer> {
    let raw = v.require(at, raw)?;
    let officer = officer(raw.officer, at.field("officer"), v);
    let township: Option<Option<AreaCode>> = maybe(at.field("township"), &raw.township, v);
    if let Some(Some(area)) = township
        && area.level() != AreaLevel::Township
    {
        v.add(
            at.field("township"),
            "is no township: give nine digits, or leave it out",
        );
    }
    Some(Reviewer {
        officer: officer?,
        township: township?,
    })
}

fn statement(raw: pb::AuditeeStatement, at: Path<'_>, v: &mut Violations) -> Option<AuditeeStatement> {
    let answer = typed::<pb::AuditeeAnswer, _>(raw.answer, AuditeeAnswer::from_code);
    let answer = v.check(at.field("answer"), answer);
    let text = v.maybe_text(at.field("text"), raw.text, REASON_SIZE_MAX_BYTES);
    let on = v.date(at.field("on"), raw.on);
    Some(AuditeeStatement {
        answer: answer?,
        text: text?,
        on: on?,
    })
}

fn signed(raw: pb::SignOff, at: Path<'_>, v: &mut Violations) -> Option<SignOff> {
    let officer = officer(raw.officer, at.field("officer"), v);
    let on = v.date(at.field("on"), raw.on);
    Some(SignOff {
        officer: officer?,
        on: on?,
    })
}
