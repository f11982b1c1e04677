//! Commands of auditors: open documents, and list who read a case.

use super::ids::{CaseName, DeterminationName, RequestId};
use super::read::{LogName, Page};
use crate::canonical::Json;
use crate::log::LogIndex;
use crate::log::record::DocumentName;

/// Records of one opening: a sample of usual size, or a page of frames.
pub const OPENING_RECORD_COUNT_MAX: usize = 1_000;

crate::rules::outcome::codes! {
    /// What documents are opened for.
    OpeningPurpose {
        /// 审计.
        Audit = "audit",
        /// 监督检查.
        Inspection = "inspection",
        /// 行政复议、行政诉讼.
        Remedy = "remedy",
        /// 信访、投诉.
        Complaint = "complaint",
        /// 纪检监察.
        Discipline = "discipline",
        /// 本人查询.
        PersonRequest = "person_request",
    }
}

/// Open sealed documents of sampled or named records.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenDocuments {
    /// The request.
    pub request_id: RequestId,
    /// The log.
    pub log: LogName,
    /// Records by their place, as a sample gives them.
    pub indices: Vec<LogIndex>,
    /// Records by name, of the log's area.
    pub determinations: Vec<DeterminationName>,
    /// Only these documents; empty: all but the identity.
    pub documents: Vec<DocumentName>,
    /// The identity too: needs a grant of its own.
    pub include_identity: bool,
    /// What for.
    pub purpose: OpeningPurpose,
    /// The assignment, order or file that it belongs to. Sealed.
    pub reference: String,
    /// Open and record nothing; say what could be opened.
    pub validate_only: bool,
}

/// List who read a case.
#[derive(Clone, Debug, PartialEq)]
pub struct ListAccesses {
    /// The case.
    pub case: CaseName,
    /// Which page.
    pub page: Page,
}

impl OpenDocuments {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let names = self.determinations.iter().map(|name| Json::text(name.to_string()));
        let documents = self.documents.iter().map(|name| Json::text(name.as_str()));
        let indices = self.indices.iter().map(|index| Json::integer(index.get().into()));
        let mut members = vec![
            ("rpc", Json::text("OpenDocuments")),
            ("area", Json::text(self.log.area.to_string())),
            ("indices", Json::List(indices.collect())),
            ("determinations", Json::List(names.collect())),
            ("documents", Json::List(documents.collect())),
            ("identity", Json::Bool(self.include_identity)),
            ("purpose", Json::text(self.purpose.code())),
            ("reference", Json::text(&*self.reference)),
        ];
        members.extend(self.log.epoch.map(|epoch| ("epoch", Json::integer(epoch.into()))));
        Json::object(members)
    }
}
