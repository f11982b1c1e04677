//! Commands of findings: what auditors found in a determination, and the list of it.

use std::fmt;
use std::str::FromStr;

use super::household::Officer;
use super::ids::{CaseName, DeterminationName, NameError, RequestId, county, parts};
use super::read::Page;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::sample::Period;
use crate::reader::{FromJson, RecordError, each, maybe, need, put};
use crate::rules::calendar::Date;
use crate::rules::outcome::codes;
use crate::statistics::Confidence;

codes! {
    /// What was found.
    FindingOutcome {
        /// Everything is right.
        Correct = "correct",
        /// 多发.
        Overpaid = "overpaid",
        /// 少发.
        Underpaid = "underpaid",
        /// 错保.
        IneligiblePaid = "ineligible_paid",
        /// 漏保: refused or stopped.
        EligibleRefused = "eligible_refused",
        /// 程序.
        Procedure = "procedure",
        /// 证据不足.
        EvidenceInsufficient = "evidence_insufficient",
        /// Could not be reviewed.
        NotReviewable = "not_reviewable",
    }
}

codes! {
    /// Where an error came from.
    FindingCause {
        /// 经办.
        Agency = "agency",
        /// 对象.
        Client = "client",
        /// 数据.
        Data = "data",
        /// 政策.
        Rule = "rule",
        /// 系统.
        System = "system",
    }
}

codes! {
    /// Which step of the procedure.
    ProcedureStep {
        /// 时限.
        Clock = "clock",
        /// 告知.
        Notice = "notice",
        /// 公示.
        Publicity = "publicity",
        /// 听证.
        Hearing = "hearing",
        /// Another.
        Other = "other",
    }
}

codes! {
    /// What the auditee says.
    AuditeeAnswer {
        /// Agrees.
        Agrees = "agrees",
        /// Disputes.
        Disputes = "disputes",
        /// Let the time pass.
        Silent = "silent",
    }
}

impl FindingOutcome {
    /// The kinds of errors, each with a rate of its own.
    pub const ERRORS: [FindingOutcome; 6] = [
        FindingOutcome::Procedure,
        FindingOutcome::Overpaid,
        FindingOutcome::Underpaid,
        FindingOutcome::IneligiblePaid,
        FindingOutcome::EligibleRefused,
        FindingOutcome::EvidenceInsufficient,
    ];

    /// Whether it says that something is wrong.
    #[must_use]
    pub fn is_error(self) -> bool {
        FindingOutcome::ERRORS.contains(&self)
    }

    /// Whether an amount belongs to it; of these a decision has at most one.
    #[must_use]
    pub const fn has_amount(self) -> bool {
        self.is_of_payment() || matches!(self, FindingOutcome::EligibleRefused)
    }

    /// Whether it is an error in what was paid.
    #[must_use]
    pub const fn is_of_payment(self) -> bool {
        matches!(
            self,
            FindingOutcome::Overpaid | FindingOutcome::Underpaid | FindingOutcome::IneligiblePaid
        )
    }
}

/// `areas/{area}/cases/{case}/findings/{record_id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingName {
    /// The case.
    pub case: CaseName,
    /// The record.
    pub record: RecordId,
}

impl FromStr for FindingName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let read = || {
            let [area, case, record] = parts(text, ["areas", "cases", "findings"])?;
            let case = CaseName {
                area: county(area)?,
                case: case.parse().ok()?,
            };
            Some(FindingName {
                case,
                record: record.parse().ok()?,
            })
        };
        read().ok_or(NameError(
            "the name of a finding: give areas/{area}/cases/{case}/findings/{record_id}",
        ))
    }
}

impl fmt::Display for FindingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/findings/{}", self.case, self.record)
    }
}

/// One thing that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingItem {
    /// What.
    pub outcome: FindingOutcome,
    /// Where it came from; for every error.
    pub cause: Option<FindingCause>,
    /// The wrong amount of a month.
    pub amount_fen: Option<u64>,
    /// Which step; for a procedure error.
    pub step: Option<ProcedureStep>,
}

/// A reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// Who.
    pub officer: Officer,
    /// The township that the reviewer belongs to.
    pub township: Option<AreaCode>,
}

/// The auditee's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditeeStatement {
    /// What it says.
    pub answer: AuditeeAnswer,
    /// In its words.
    pub text: Option<String>,
    /// When.
    pub on: Date,
}

/// The end of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOff {
    /// Who.
    pub officer: Officer,
    /// When.
    pub on: Date,
}

/// What a finding says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingContent {
    /// The determination.
    pub determination: DeterminationName,
    /// The period whose sample it is of.
    pub period: Option<Period>,
    /// What was found.
    pub items: Vec<FindingItem>,
    /// Who reviewed.
    pub reviewers: [Reviewer; 2],
    /// In words.
    pub summary: Option<String>,
    /// What shall be put right.
    pub rectification: Option<String>,
    /// The auditee's answer.
    pub auditee: Option<AuditeeStatement>,
    /// What corrected it.
    pub correction: Option<DeterminationName>,
    /// The end of the review.
    pub sign_off: Option<SignOff>,
    /// The finding that it takes the place of.
    pub amends: Option<FindingName>,
}

/// Record a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFinding {
    /// The request.
    pub request_id: RequestId,
    /// What it says.
    pub content: FindingContent,
    /// Record nothing.
    pub validate_only: bool,
}

/// List findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFindings {
    /// The county.
    pub area: AreaCode,
    /// Those of one period.
    pub period: Option<Period>,
    /// Which page.
    pub page: Page,
}

/// Estimate the error rates of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EstimateErrorRate {
    /// The county.
    pub area: AreaCode,
    /// The period.
    pub period: Period,
    /// How sure the intervals are.
    pub confidence: Confidence,
}

impl FindingContent {
    /// Whether it says that something is wrong.
    #[must_use]
    pub fn has_error(&self) -> bool {
        self.items.iter().any(|item| item.outcome.is_error())
    }

    /// As it is digested and sealed.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut out = std::collections::BTreeMap::new();
        put(&mut out, "determination", Some(self.determination.to_string()));
        put(&mut out, "period", self.period.as_ref().map(Period::as_str));
        put(
            &mut out,
            "items",
            Some(Json::List(self.items.iter().map(|item| item.to_json()).collect())),
        );
        put(
            &mut out,
            "reviewers",
            Some(Json::List(self.reviewers.iter().map(Reviewer::to_json).collect())),
        );
        put(&mut out, "summary", self.summary.as_deref());
        put(&mut out, "rectification", self.rectification.as_deref());
        put(
            &mut out,
            "auditee",
            self.auditee.as_ref().map(AuditeeStatement::to_json),
        );
        put(&mut out, "correction", self.correction.map(|name| name.to_string()));
        put(&mut out, "sign_off", self.sign_off.as_ref().map(SignOff::to_json));
        put(&mut out, "amends", self.amends.map(|name| name.to_string()));
        Json::Object(out)
    }

    /// Reads what was sealed.
    ///
    /// # Errors
    /// [`RecordError`] names the member.
    pub fn from_json(json: &Json) -> Result<FindingContent, RecordError> {
        let reviewers = each(json, "reviewers", Reviewer::from_json)?;
        Ok(FindingContent {
            determination: name(json, "determination")?.ok_or_else(|| RecordError("determination".to_owned()))?,
            period: maybe(json, "period")?,
            items: each(json, "items", FindingItem::from_json)?,
            reviewers: reviewers.try_into().map_err(|_| RecordError("reviewers".to_owned()))?,
            summary: maybe(json, "summary")?,
            rectification: maybe(json, "rectification")?,
            auditee: json.get("auditee").map(AuditeeStatement::from_json).transpose()?,
            correction: name(json, "correction")?,
            sign_off: json.get("sign_off").map(SignOff::from_json).transpose()?,
            amends: name(json, "amends")?,
        })
    }
}

impl RecordFinding {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::object([
            ("rpc", Json::text("RecordFinding")),
            ("finding", self.content.to_json()),
        ])
    }
}

impl FindingItem {
    fn to_json(self) -> Json {
        let mut out = std::collections::BTreeMap::new();
        put(&mut out, "outcome", Some(self.outcome.code()));
        put(&mut out, "cause", self.cause.map(FindingCause::code));
        put(
            &mut out,
            "amount_fen",
            self.amount_fen.map(|fen| Json::integer(fen.into())),
        );
        put(&mut out, "step", self.step.map(ProcedureStep::code));
        Json::Object(out)
    }

    fn from_json(json: &Json) -> Result<FindingItem, RecordError> {
        Ok(FindingItem {
            outcome: need(json, "outcome")?,
            cause: maybe(json, "cause")?,
            amount_fen: maybe(json, "amount_fen")?,
            step: maybe(json, "step")?,
        })
    }
}

impl Reviewer {
    fn to_json(&self) -> Json {
        let mut out = std::collections::BTreeMap::new();
        put(&mut out, "officer", Some(self.officer.to_json()));
        put(&mut out, "township", self.township.map(|area| area.to_string()));
        Json::Object(out)
    }

    fn from_json(json: &Json) -> Result<Reviewer, RecordError> {
        Ok(Reviewer {
            officer: officer(json)?,
            township: name(json, "township")?,
        })
    }
}

impl AuditeeStatement {
    fn to_json(&self) -> Json {
        let mut out = std::collections::BTreeMap::new();
        put(&mut out, "answer", Some(self.answer.code()));
        put(&mut out, "text", self.text.as_deref());
        put(&mut out, "on", Some(self.on.to_string()));
        Json::Object(out)
    }

    fn from_json(json: &Json) -> Result<AuditeeStatement, RecordError> {
        Ok(AuditeeStatement {
            answer: need(json, "answer")?,
            text: maybe(json, "text")?,
            on: need(json, "on")?,
        })
    }
}

impl SignOff {
    fn to_json(&self) -> Json {
        Json::object([
            ("officer", self.officer.to_json()),
            ("on", Json::text(self.on.to_string())),
        ])
    }

    fn from_json(json: &Json) -> Result<SignOff, RecordError> {
        Ok(SignOff {
            officer: officer(json)?,
            on: need(json, "on")?,
        })
    }
}

fn officer(json: &Json) -> Result<Officer, RecordError> {
    let record: Json = need(json, "officer")?;
    Ok(Officer {
        id: need(&record, "id")?,
        role: need(&record, "role")?,
        unit: need(&record, "unit")?,
        delegation: maybe(&record, "delegation")?,
    })
}

/// A name, or another text of a form of its own, that may be absent.
fn name<T: FromStr>(json: &Json, key: &str) -> Result<Option<T>, RecordError> {
    let text = json.get(key).map(String::from_json);
    match text {
        None => Ok(None),
        Some(text) => text
            .and_then(|text| text.parse().ok())
            .map(Some)
            .ok_or_else(|| RecordError(key.to_owned())),
    }
}
