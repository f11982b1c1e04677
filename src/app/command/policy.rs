//! Publishing a policy document, and what another one would change.

use super::household::Officer;
use super::ids::{PolicyName, RequestId};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::LogIndex;
use crate::rules::calendar::Month;
use crate::rules::language::say::Lang;

/// Bring a policy document into use in an area.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishPolicy {
    /// The request.
    pub request_id: RequestId,
    /// The area in whose log it is published.
    pub area: AreaCode,
    /// The officers' text.
    pub source: String,
    /// Who publishes.
    pub officer: Officer,
    /// Record nothing.
    pub validate_only: bool,
    /// The language of mistakes, warnings and shadows; no part of what is recorded.
    pub lang: Lang,
}

impl PublishPolicy {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::object([
            ("rpc", Json::text("PublishPolicy")),
            ("area", Json::text(self.area.to_string())),
            ("source", Json::text(&*self.source)),
            ("officer", self.officer.to_json()),
        ])
    }
}

/// Recompute recorded decisions under other documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewImpact {
    /// The county, or an area whose counties are meant.
    pub area: AreaCode,
    /// Texts of unpublished documents, superiors first.
    pub sources: Vec<String>,
    /// Published documents.
    pub policies: Vec<PolicyName>,
    /// Only decisions that used one of these; none: every decision.
    pub uses: Vec<Use>,
    /// Last month that is compared.
    pub through: Month,
    /// The area to go on in; none: the first.
    pub start_area: Option<AreaCode>,
    /// The epoch to go on in, in the first area; none: its first.
    pub start_epoch: Option<u32>,
    /// The index to go on from, in that epoch's log.
    pub start: LogIndex,
    /// The index to stop before, in every log; none: its end.
    pub end: Option<LogIndex>,
    /// The language of mistakes in the sources.
    pub lang: Lang,
}

/// Something that a decision may have used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// A parameter; with a row, that one alone.
    Parameter {
        /// Its id.
        id: String,
        /// The row's id.
        row: Option<String>,
    },
    /// A choice.
    Choice(String),
    /// A clause.
    Clause(String),
}
