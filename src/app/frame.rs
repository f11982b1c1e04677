//! The frame of a decision: what a sample is drawn by, out of its facts and its determination.
//!
//! The service writes it once, and whoever verifies makes it again: a frame that says something else would put a
//! decision out of the reach of a sample.

use crate::canonical::{Json, is_plain};
use crate::rules::determination::Determination;
use crate::rules::money::Fen;

/// Where decisions of the service come from.
pub(super) const LIVE: &str = "live";

/// The members of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameMembers<'a> {
    pub(super) township: &'a str,
    pub(super) programme: &'a str,
    pub(super) outcome: &'a str,
    pub(super) residence_kind: &'a str,
    pub(super) continuing: bool,
    pub(super) source: &'a str,
    pub(super) decider: &'a str,
    pub(super) amount_fen: i64,
    pub(super) household_size: usize,
}

impl<'a> FrameMembers<'a> {
    /// What a sampling frame needs of a decision, and no more.
    pub(super) fn of(facts: &'a Json, determination: &'a Determination) -> FrameMembers<'a> {
        let within = |object: &str, key: &str| facts.get(object)?.get(key)?.as_text();
        let household = &determination.household;
        FrameMembers {
            township: facts
                .get("township")
                .and_then(Json::as_text)
                .unwrap_or_else(|| within("case", "area").unwrap_or_default()),
            programme: household.outcome.programme().map_or("", |programme| programme.code()),
            outcome: household.outcome.code(),
            residence_kind: within("case", "residence_kind").unwrap_or_default(),
            continuing: FrameMembers::continues(within("history", "status")),
            source: LIVE,
            decider: within("decided_by", "id").unwrap_or_default(),
            amount_fen: household.amount.map_or(0, Fen::get),
            household_size: determination.persons.len(),
        }
    }

    /// Whether a case of this status had assistance before.
    pub(super) fn continues(status: Option<&str>) -> bool {
        !matches!(status, None | Some("none"))
    }

    /// The document.
    pub(super) fn to_json(self) -> Json {
        Json::object([
            ("township", Json::from(self.township)),
            ("programme", self.programme.into()),
            ("outcome", self.outcome.into()),
            ("residence_kind", self.residence_kind.into()),
            ("continuing", Json::Bool(self.continuing)),
            ("source", self.source.into()),
            ("decider", self.decider.into()),
            ("amount_fen", Json::Int(self.amount_fen)),
            ("household_size", Json::integer(self.household_size as i128)),
        ])
    }

    /// Whether a document is written as this frame is. Said of few that are not, and of every one that is, but where a
    /// text needs an escape, which none that the service writes does.
    pub(super) fn is_written(self, document: &[u8]) -> bool {
        let FrameMembers {
            township,
            programme,
            outcome,
            residence_kind,
            continuing,
            source,
            decider,
            amount_fen,
            household_size,
        } = self;
        let (Ok(amount_fen), Ok(household_size)) = (u64::try_from(amount_fen), u64::try_from(household_size)) else {
            return false;
        };
        let mut rest = Rest(document);
        [township, programme, outcome, residence_kind, source, decider]
            .iter()
            .all(|text| is_plain(text))
            && rest.number("{\"amount_fen\":", amount_fen)
            && rest.word(",\"continuing\":")
            && rest.word(if continuing { "true" } else { "false" })
            && rest.text(",\"decider\":\"", decider)
            && rest.number(",\"household_size\":", household_size)
            && rest.text(",\"outcome\":\"", outcome)
            && rest.text(",\"programme\":\"", programme)
            && rest.text(",\"residence_kind\":\"", residence_kind)
            && rest.text(",\"source\":\"", source)
            && rest.text(",\"township\":\"", township)
            && rest.0 == b"}"
    }
}

/// What is left of a document that is held to what it should be.
struct Rest<'d>(&'d [u8]);

impl Rest<'_> {
    fn word(&mut self, word: &str) -> bool {
        let rest = self.0.strip_prefix(word.as_bytes());
        self.0 = rest.unwrap_or_default();
        rest.is_some()
    }

    fn text(&mut self, before: &str, text: &str) -> bool {
        self.word(before) && self.word(text) && self.word("\"")
    }

    /// A number in its one spelling.
    fn number(&mut self, before: &str, number: u64) -> bool {
        if !self.word(before) {
            return false;
        }
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        let value = digits.iter().try_fold(0_u64, |value, digit| {
            value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        });
        value == Some(number) && (count == 1 || digits.first() != Some(&b'0')) && count > 0
    }
}

/// The frame that recorded facts and a recorded determination make; none where they cannot be read.
pub(in crate::app) fn frame_of(facts: &[u8], determination: &[u8]) -> Option<Json> {
    let facts = Json::parse_canonical(facts).ok()?;
    let determination = Json::parse_canonical(determination).ok()?;
    let determination = Determination::from_json(&determination).ok()?;
    Some(FrameMembers::of(&facts, &determination).to_json())
}

/// The first member in which a recorded frame differs from the one that was made again; `document` where it is no JSON.
pub(in crate::app) fn frame_difference(recorded: &[u8], made: &Json) -> Option<String> {
    if recorded == made.to_bytes() {
        return None;
    }
    let recorded = Json::parse_canonical(recorded).ok();
    let Some((recorded, made)) = recorded.as_ref().and_then(Json::as_object).zip(made.as_object()) else {
        return Some("document".to_owned());
    };
    let keys = recorded.keys().chain(made.keys());
    keys.filter(|key| recorded.get(*key) != made.get(*key)).min().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: FrameMembers<'static> = FrameMembers {
        township: "340321101",
        programme: "DIBAO",
        outcome: "DIBAO",
        residence_kind: "rural",
        continuing: false,
        source: LIVE,
        decider: "办-1",
        amount_fen: 105_000,
        household_size: 3,
    };

    #[test]
    fn a_frame_is_written_as_its_json_is() {
        let bytes = FRAME.to_json().to_bytes();
        assert!(FRAME.is_written(&bytes));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(!FRAME.is_written(&changed), "another byte at {at}");
            assert!(!FRAME.is_written(&bytes[..at]), "cut at {at}");
        }
        let more = [&bytes[..], b" "].concat();
        assert!(!FRAME.is_written(&more));
        let zero = FrameMembers { amount_fen: 0, ..FRAME };
        assert!(zero.is_written(&zero.to_json().to_bytes()));
        let spelled = String::from_utf8(bytes).expect("text").replace(":105000", ":0105000");
        assert!(!FRAME.is_written(spelled.as_bytes()), "one spelling a number");
        let escaped = FrameMembers {
            decider: "a\"b",
            ..FRAME
        };
        assert!(
            !escaped.is_written(&escaped.to_json().to_bytes()),
            "that is compared the long way"
        );
    }

    #[test]
    fn a_frame_that_differs_is_named_by_the_member() {
        let made = FRAME.to_json();
        assert_eq!(frame_difference(&made.to_bytes(), &made), None);
        let lie = FrameMembers { amount_fen: 1, ..FRAME };
        assert_eq!(
            frame_difference(&lie.to_json().to_bytes(), &made).as_deref(),
            Some("amount_fen")
        );
        assert_eq!(frame_difference(b"nope", &made).as_deref(), Some("document"));
    }
}
