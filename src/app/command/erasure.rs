//! Commands that take the personal data of a case away or out of use.

use super::household::Officer;
use super::ids::{CaseName, RequestId};
use crate::canonical::Json;
use crate::store::CaseScope;

crate::rules::outcome::codes! {
    /// On which legal ground data is erased or its processing restricted (个人信息保护法 第四十七条).
    ErasureBasis {
        /// 保存期限已届满.
        RetentionExpired = "retention_expired",
        /// 处理目的已实现、无法实现或者不再必要.
        PurposeEnded = "purpose_ended",
        /// 个人撤回同意.
        ConsentWithdrawn = "consent_withdrawn",
        /// 违法处理.
        Unlawful = "unlawful",
        /// 个人请求.
        PersonRequest = "person_request",
        /// 法院、复议机关或者监督机关决定.
        Order = "order",
    }
}

/// What a restriction or an erasure says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounds {
    /// The legal ground.
    pub basis: ErasureBasis,
    /// Why, in words. Sealed.
    pub reason: String,
    /// Who decides it.
    pub officer: Officer,
}

/// Erase the identity of a case, or the whole case.
#[derive(Clone, Debug, PartialEq)]
pub struct EraseCase {
    /// The request.
    pub request_id: RequestId,
    /// The case.
    pub case: CaseName,
    /// How much of it.
    pub scope: CaseScope,
    /// Why.
    pub grounds: Grounds,
    /// Record and destroy nothing.
    pub validate_only: bool,
}

/// Restrict the processing of a case (限制处理): nothing is destroyed, nothing is read.
#[derive(Clone, Debug, PartialEq)]
pub struct RestrictCase {
    /// The request.
    pub request_id: RequestId,
    /// The case.
    pub case: CaseName,
    /// How much of it.
    pub scope: CaseScope,
    /// Why.
    pub grounds: Grounds,
    /// Record nothing.
    pub validate_only: bool,
}

/// Lift the restriction of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct LiftRestriction {
    /// The request.
    pub request_id: RequestId,
    /// The case.
    pub case: CaseName,
    /// Why.
    pub grounds: Grounds,
    /// Record nothing.
    pub validate_only: bool,
}

impl Grounds {
    /// As it stands in the sealed document, and in the digest of a request.
    #[must_use]
    pub fn members(&self) -> [(&'static str, Json); 3] {
        [
            ("basis", Json::text(self.basis.code())),
            ("reason", Json::text(&*self.reason)),
            ("by", self.officer.to_json()),
        ]
    }
}

/// The content of a request, for its digest.
fn content(rpc: &str, case: CaseName, scope: Option<CaseScope>, grounds: &Grounds) -> Json {
    let named = [("rpc", Json::text(rpc)), ("case", Json::text(case.to_string()))];
    let scope = scope.map(|scope| ("scope", Json::text(scope.code())));
    Json::object(named.into_iter().chain(scope).chain(grounds.members()))
}

impl EraseCase {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        content("EraseCase", self.case, Some(self.scope), &self.grounds)
    }
}

impl RestrictCase {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        content("RestrictCase", self.case, Some(self.scope), &self.grounds)
    }
}

impl LiftRestriction {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        content("LiftRestriction", self.case, None, &self.grounds)
    }
}
