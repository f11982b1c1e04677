//! Canonical JSON: the one byte form of everything that is hashed as JSON (RFC 8785).
//!
//! The subset is strings, integers, booleans, arrays and objects. There is no null and no
//! fraction, so two writers cannot disagree about a number. Integers beyond 2^53-1 are decimal
//! strings, because many readers would round them.

mod cursor;
mod exact;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

pub(crate) use cursor::is_plain;
pub use cursor::{Cursor, Expected};

/// Largest integer that is written as a JSON number; beyond it a decimal string is written.
pub const INTEGER_MAX: i128 = (1 << 53) - 1;

/// Deepest nesting that [`Json::parse`] accepts, the limit of the JSON reader underneath.
pub const DEPTH_MAX: usize = 127;

/// One canonical JSON value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Json {
    /// `true` or `false`.
    Bool(bool),
    /// An integer of at most 2^53-1 in size; build it with [`Json::integer`].
    Int(i64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object; keys are unique and written in the order of their UTF-16 code units.
    Object(BTreeMap<String, Json>),
}

/// Why bytes are not canonical JSON of the subset. Never quotes the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON of the subset: malformed, null, a fraction or a key given twice.
    #[error("not JSON of the doudi subset at line {line} column {column}")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 0 as the reader counts.
        column: usize,
    },
    /// JSON, but its bytes are not the canonical ones.
    #[error("JSON is not in canonical form (RFC 8785)")]
    NotCanonical,
}

impl Json {
    /// An integer: a number up to [`INTEGER_MAX`] in size, beyond it a decimal string.
    #[must_use]
    pub fn integer(value: i128) -> Json {
        match i64::try_from(value) {
            Ok(small) if value.unsigned_abs() <= INTEGER_MAX.unsigned_abs() => Json::Int(small),
            _ => Json::Text(value.to_string()),
        }
    }

    /// A string.
    #[must_use]
    pub fn text(value: impl Into<String>) -> Json {
        Json::Text(value.into())
    }

    /// An object from its members; the last of two equal keys stays.
    #[must_use]
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Json)>) -> Json {
        Json::Object(members.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// Reads JSON of the subset; any spacing and key order is accepted.
    ///
    /// # Errors
    /// [`JsonError::Malformed`] for anything outside the subset, duplicate keys included.
    pub fn parse(bytes: &[u8]) -> Result<Json, JsonError> {
        serde_json::from_slice(bytes).map_err(|e| JsonError::Malformed {
            line: e.line(),
            column: e.column(),
        })
    }

    /// Reads canonical JSON and refuses bytes that are not in canonical form.
    ///
    /// # Errors
    /// [`JsonError::Malformed`], or [`JsonError::NotCanonical`] for another spelling of the value.
    pub fn parse_canonical(bytes: &[u8]) -> Result<Json, JsonError> {
        if let Some(value) = exact::read(bytes) {
            return Ok(value);
        }
        // What is wrong, and where, is for the long way to say.
        let value = Json::parse(bytes)?;
        if value.to_bytes() == bytes {
            Ok(value)
        } else {
            Err(JsonError::NotCanonical)
        }
    }

    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.write(&mut out);
        out
    }

    /// Appends the canonical bytes to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Json::Bool(true) => out.extend_from_slice(b"true"),
            Json::Bool(false) => out.extend_from_slice(b"false"),
            Json::Int(value) => write_integer(*value, out),
            Json::Text(value) => write_text(value, out),
            Json::List(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Json::Object(members) => write_object(members, out),
        }
    }

    /// The string, if this is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Json::Text(value) = self {
            Some(value)
        } else {
            None
        }
    }

    /// The boolean, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Json::Bool(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// The integer, from a number or from the decimal string of one beyond [`INTEGER_MAX`].
    #[must_use]
    pub fn as_integer(&self) -> Option<i128> {
        match self {
            Json::Int(value) => Some(i128::from(*value)),
            Json::Text(text) => {
                let value: i128 = text.parse().ok()?;
                (value.unsigned_abs() > INTEGER_MAX.unsigned_abs() && value.to_string() == *text).then_some(value)
            }
            Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
        }
    }

    /// The items, if this is an array.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Json]> {
        if let Json::List(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The members, if this is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&BTreeMap<String, Json>> {
        if let Json::Object(members) = self {
            Some(members)
        } else {
            None
        }
    }

    /// The member `key` of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.as_object()?.get(key)
    }
}

/// Digits from the last to the first, without an allocation.
fn write_integer(value: i64, out: &mut Vec<u8>) {
    // Nineteen digits and a sign.
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    out.extend_from_slice(&digits[at..]);
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Json::Text(value.to_owned())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Json::Text(value)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Self {
        Json::List(items)
    }
}

/// The canonical text, the same characters as [`Json::to_bytes`].
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_bytes()))
    }
}

/// serde_json escapes strings exactly as RFC 8785 3.2.2.2 asks: the two-character forms where
/// they exist, lower-case `\u00xx` for other controls, everything else as UTF-8.
fn write_text(value: &str, out: &mut Vec<u8>) {
    if is_plain(value) {
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(serde_json::Value::from(value).to_string().as_bytes());
    }
}

fn write_object(members: &BTreeMap<String, Json>, out: &mut Vec<u8>) {
    let mut ordered: Vec<(&String, &Json)> = members.iter().collect();
    // UTF-8 order and UTF-16 order differ only beyond ASCII.
    if members.keys().any(|key| !key.is_ascii()) {
        ordered.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    }
    out.push(b'{');
    for (at, (key, value)) in ordered.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_text(key, out);
        out.push(b':');
        value.write(out);
    }
    out.push(b'}');
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, an integer, a boolean, an array or an object")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Json, E> {
        if i128::from(value).abs() <= INTEGER_MAX {
            Ok(Json::Int(value))
        } else {
            Err(E::custom("an integer beyond 2^53-1 must be a decimal string"))
        }
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Json, E> {
        let signed =
            i64::try_from(value).map_err(|_| E::custom("an integer beyond 2^53-1 must be a decimal string"))?;
        self.visit_i64(signed)
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            if members.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice in one object"));
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ordered_by_utf16_code_units() {
        // RFC 8785 3.2.3: the surrogate pair of U+1F600 sorts before U+FB33.
        let value = Json::parse("{\"\u{fb33}\":1,\"\u{1f600}\":2,\"1\":3,\"\\r\":4}".as_bytes()).expect("subset");
        assert_eq!(value.to_string(), "{\"\\r\":4,\"1\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }

    #[test]
    fn null_fractions_duplicates_and_large_numbers_are_refused() {
        for text in [
            "null",
            "1.5",
            "1e3",
            "{\"a\":1,\"a\":2}",
            "9007199254740992",
            "-9007199254740992",
            "",
            "[1,]",
        ] {
            assert!(Json::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(Json::parse(b"9007199254740991"), Ok(Json::Int(9_007_199_254_740_991)));
    }

    #[test]
    fn integers_beyond_two_to_the_53_are_decimal_strings() {
        assert_eq!(Json::integer(9_007_199_254_740_992), Json::text("9007199254740992"));
        assert_eq!(Json::text("9007199254740992").as_integer(), Some(9_007_199_254_740_992));
        assert_eq!(
            Json::text("12").as_integer(),
            None,
            "a small integer has one spelling, the number"
        );
        assert_eq!(Json::text("+9007199254740992").as_integer(), None);
    }

    #[test]
    fn another_spelling_of_the_same_value_is_not_canonical() {
        assert_eq!(Json::parse_canonical(b"{\"a\": 1}"), Err(JsonError::NotCanonical));
        assert_eq!(
            Json::parse_canonical(b"{\"a\":1}").map(|v| v.to_string()),
            Ok("{\"a\":1}".to_owned())
        );
        assert_eq!(Json::parse_canonical(b"\"\\u0041\""), Err(JsonError::NotCanonical));
        assert!(Json::parse_canonical(b"-0").is_err());
    }

    #[test]
    fn control_characters_are_escaped_in_lower_case() {
        assert_eq!(
            Json::text("\u{1f}\n\"\\/\u{7f}").to_string(),
            "\"\\u001f\\n\\\"\\\\/\u{7f}\""
        );
    }
}
