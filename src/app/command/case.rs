//! Commands that move a case: import, remedy, transfer.

use super::household::{Member, Officer};
use super::identity::Identity;
use super::ids::{CaseName, DeterminationName, RequestId};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::rules::calendar::{Date, Month};

/// Record a case that was decided elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportCase {
    /// The request.
    pub request_id: RequestId,
    /// The county that takes it, or a township of it.
    pub area: AreaCode,
    /// The authority that decided.
    pub authority: String,
    /// Number of its decision.
    pub document_number: String,
    /// Day of its decision.
    pub decided_on: Date,
    /// What it left, in the layout of the facts document: `case.residence_kind`, `history.*`, `members` with their
    /// history facts, `paid`; and beside them `sources`. The members' `id` is the caller's, as in a household.
    pub history: Json,
    /// The members in the order of the facts.
    pub members: Vec<Member>,
    /// Who they are.
    pub identity: Identity,
    /// Who enters it.
    pub officer: Officer,
    /// Record nothing.
    pub validate_only: bool,
}

crate::rules::outcome::codes! {
    /// Who decided on a remedy.
    RemedyBody {
        /// 行政复议.
        Reconsideration = "reconsideration",
        /// 行政诉讼.
        Court = "court",
        /// 上级纠正.
        Superior = "superior",
        /// 自行纠正.
        SelfCorrection = "self",
    }
}

crate::rules::outcome::codes! {
    /// Result of a remedy.
    RemedyResult {
        /// 维持.
        Upheld = "upheld",
        /// 变更.
        Changed = "changed",
        /// 撤销.
        Revoked = "revoked",
        /// 责令重作.
        Remanded = "remanded",
    }
}

/// Record the result of an appeal or a suit.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordRemedy {
    /// The request.
    pub request_id: RequestId,
    /// The determination that was attacked.
    pub determination: DeterminationName,
    /// Who decided.
    pub body: RemedyBody,
    /// Result.
    pub result: RemedyResult,
    /// Day it was filed.
    pub filed_on: Date,
    /// Day of the result, not before the filing.
    pub decided_on: Date,
    /// Number of the document.
    pub document_number: String,
    /// Words that matter. Sealed.
    pub summary: Option<String>,
    /// Who enters it.
    pub officer: Officer,
    /// Record nothing.
    pub validate_only: bool,
}

/// Hand a case to another county.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferCase {
    /// The request.
    pub request_id: RequestId,
    /// The case.
    pub case: CaseName,
    /// The county that takes it, or a township of it; another county.
    pub to_area: AreaCode,
    /// Last month that the county of departure pays.
    pub last_month: Month,
    /// Why. Sealed.
    pub reason: String,
    /// Who decides it.
    pub officer: Officer,
    /// Record nothing.
    pub validate_only: bool,
}

impl ImportCase {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let persons = self
            .members
            .iter()
            .filter_map(|member| Some((member.id.as_str(), Json::text(member.person?.to_string()))));
        Json::object([
            ("rpc", Json::text("ImportCase")),
            ("area", Json::text(self.area.to_string())),
            ("authority", Json::text(&*self.authority)),
            ("document_number", Json::text(&*self.document_number)),
            ("decided_on", Json::text(self.decided_on.to_string())),
            ("history", self.history.clone()),
            ("persons", Json::object(persons)),
            ("identity", self.identity.to_json(|member| member.to_string())),
            ("officer", self.officer.to_json()),
        ])
    }
}

impl RecordRemedy {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut fields = vec![
            ("rpc", Json::text("RecordRemedy")),
            ("determination", Json::text(self.determination.to_string())),
            ("body", Json::text(self.body.code())),
            ("result", Json::text(self.result.code())),
            ("filed_on", Json::text(self.filed_on.to_string())),
            ("decided_on", Json::text(self.decided_on.to_string())),
            ("document_number", Json::text(&*self.document_number)),
            ("officer", self.officer.to_json()),
        ];
        fields.extend(self.summary.as_deref().map(|words| ("summary", Json::text(words))));
        Json::object(fields)
    }
}

impl TransferCase {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::object([
            ("rpc", Json::text("TransferCase")),
            ("case", Json::text(self.case.to_string())),
            ("to_area", Json::text(self.to_area.to_string())),
            ("last_month", Json::text(self.last_month.to_string())),
            ("reason", Json::text(&*self.reason)),
            ("officer", self.officer.to_json()),
        ])
    }
}
