//! Public documents of a bundle that its other parts are held against.

use crate::canonical::Json;
use crate::log::note::VerifierKey;

/// What an OPENING entry says in public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningSays {
    /// Records that it lists.
    pub count: u64,
    /// Whether identities were given.
    pub identity: bool,
}

impl OpeningSays {
    pub(super) fn parse(content: &[u8]) -> Option<OpeningSays> {
        let json = Json::parse_canonical(content).ok()?;
        Some(OpeningSays {
            count: u64::try_from(json.get("count")?.as_integer()?).ok()?,
            identity: json.get("identity")?.as_bool()?,
        })
    }
}

/// Why the document of an EPOCH entry does not open this log.
pub(super) fn not_epoch(content: &[u8], origin: &str) -> Option<&'static str> {
    let Ok(json) = Json::parse_canonical(content) else {
        return Some("is not canonical JSON");
    };
    if json.get("origin").and_then(Json::as_text) != Some(origin) {
        return Some("opens another log");
    }
    let keys = json.get("keys").and_then(Json::as_list).unwrap_or_default();
    let is_own = |key: &Json| {
        let key = key.as_text().and_then(|text| text.parse::<VerifierKey>().ok());
        key.is_some_and(|key| key.name().as_str() == origin)
    };
    let all_own = !keys.is_empty() && keys.iter().all(is_own);
    (!all_own).then_some("names no keys of this log, or keys of another one")
}
