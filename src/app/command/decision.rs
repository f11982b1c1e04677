//! Commands that decide: an application, a review, an exit, a correction.

use super::household::Household;
use super::ids::{CaseId, CaseName, DeterminationName, RequestId};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::rules::outcome::Cause;

/// Decide an application.
#[derive(Clone, Debug, PartialEq)]
pub struct Determine {
    /// The request.
    pub request_id: RequestId,
    /// The deciding county, or a township of it.
    pub area: AreaCode,
    /// The case, in the same county; none: a new one.
    pub case: Option<CaseId>,
    /// The household.
    pub household: Household,
    /// How to answer.
    pub mode: Mode,
}

/// Review a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// The request.
    pub request_id: RequestId,
    /// The case.
    pub case: CaseName,
    /// `Cause::Review` or `Cause::Event`.
    pub cause: Cause,
    /// The household as it is now.
    pub household: Household,
    /// How to answer.
    pub mode: Mode,
}

/// Decide an exit.
#[derive(Clone, Debug, PartialEq)]
pub struct DecideExit {
    /// The request.
    pub request_id: RequestId,
    /// The case.
    pub case: CaseName,
    /// The household as it is now.
    pub household: Household,
    /// How to answer.
    pub mode: Mode,
}

/// Decide again what was decided wrongly.
#[derive(Clone, Debug, PartialEq)]
pub struct Correct {
    /// The request.
    pub request_id: RequestId,
    /// The determination that is corrected.
    pub determination: DeterminationName,
    /// `Cause::Correction`, `Cause::Remedy` or `Cause::Court`.
    pub cause: Cause,
    /// Why. Sealed.
    pub reason: String,
    /// First month that is decided anew; none: as the law says of a new decision.
    pub effective_from: Option<crate::rules::calendar::Month>,
    /// The household as it should have been decided.
    pub household: Household,
    /// How to answer.
    pub mode: Mode,
}

/// How to answer; never part of what is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Record nothing.
    pub validate_only: bool,
    /// Include the explanation.
    pub explain: bool,
}

impl Determine {
    /// The content, for the digest that tells a retry from another request.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut fields = vec![
            ("rpc", Json::text("Determine")),
            ("area", Json::text(self.area.to_string())),
            ("household", self.household.to_json()),
        ];
        fields.extend(self.case.map(|case| ("case", Json::text(case.to_string()))));
        Json::object(fields)
    }
}

impl Review {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::object([
            ("rpc", Json::text("Review")),
            ("case", Json::text(self.case.to_string())),
            ("cause", Json::text(self.cause.code())),
            ("household", self.household.to_json()),
        ])
    }
}

impl DecideExit {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::object([
            ("rpc", Json::text("DecideExit")),
            ("case", Json::text(self.case.to_string())),
            ("household", self.household.to_json()),
        ])
    }
}

impl Correct {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut fields = vec![
            ("rpc", Json::text("Correct")),
            ("determination", Json::text(self.determination.to_string())),
            ("cause", Json::text(self.cause.code())),
            ("reason", Json::text(&*self.reason)),
            ("household", self.household.to_json()),
        ];
        fields.extend(
            self.effective_from
                .map(|month| ("effective_from", Json::text(month.to_string()))),
        );
        Json::object(fields)
    }
}
