//! Publishing a policy document.

use super::household::Officer;
use super::ids::RequestId;
use crate::area::AreaCode;
use crate::canonical::Json;

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
