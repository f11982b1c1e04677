//! The id of one call: the caller's own or a new one, in the answer's metadata and in every log line of the call.

use std::fmt;

use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

/// The header, of requests and of answers.
pub const CALL_ID_HEADER: &str = "x-request-id";

/// The id of a call. It finds log lines and proves nothing; the `request_id` of a message is another thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallId(Uuid);

impl CallId {
    /// The id that the caller gave, if it is a UUID; any other text could hold anything, a person's number too.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> CallId {
        let given = headers.get(CALL_ID_HEADER).and_then(|value| value.to_str().ok());
        let given = given.filter(|text| text.len() == uuid::fmt::Hyphenated::LENGTH);
        CallId(given.and_then(|text| text.parse().ok()).unwrap_or_else(Uuid::new_v4))
    }

    /// As a header's value.
    pub fn header(self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.to_string()).ok()
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(CALL_ID_HEADER, HeaderValue::from_static(given));
        CallId::of(&headers).to_string()
    }

    #[test]
    fn a_uuid_of_the_caller_is_kept_and_any_other_text_is_replaced() {
        let given = "6d1f6f0e-6c5a-4b4e-9a6e-1f2a3b4c5d6e";
        assert_eq!(of(given), given);
        for other in ["", "340321198001011234", "6d1f6f0e6c5a4b4e9a6e1f2a3b4c5d6e"] {
            assert!(of(other) != other && of(other).parse::<Uuid>().is_ok(), "{other}");
        }
        assert_ne!(CallId::of(&HeaderMap::new()), CallId::of(&HeaderMap::new()));
    }
}
