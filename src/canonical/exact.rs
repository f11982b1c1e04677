//! Canonical JSON as a tree, in one walk.
//!
//! One walk instead of reading, writing again and comparing. It takes what the long way takes; a test holds the two
//! together.

use std::collections::BTreeMap;

use super::Json;
use super::cursor::Cursor;

/// The value, if the bytes are its canonical form.
pub(super) fn read(bytes: &[u8]) -> Option<Json> {
    let mut cursor = Cursor::new(bytes)?;
    let value = cursor.value()?;
    cursor.is_at_end().then_some(value)
}

impl Cursor<'_> {
    /// The next value as a tree.
    pub fn value(&mut self) -> Option<Json> {
        Some(match self.peek()? {
            b'"' => Json::Text(self.string()?.into_owned()),
            b'{' => {
                let mut members: Vec<(String, Json)> = Vec::with_capacity(8);
                self.object(|cursor, key| {
                    members.push((key.clone().into_owned(), cursor.value()?));
                    Some(())
                })?;
                // In order but for keys beyond ASCII, so this builds the map from the left.
                Json::Object(BTreeMap::from_iter(members))
            }
            b'[' => {
                let mut items = Vec::new();
                self.list(|cursor| {
                    items.push(cursor.value()?);
                    Some(())
                })?;
                Json::List(items)
            }
            b't' | b'f' => Json::Bool(self.bool()?),
            _ => Json::Int(self.integer()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{DEPTH_MAX, JsonError};
    use super::*;

    /// The long way: read, write again, compare.
    fn long(bytes: &[u8]) -> Result<Json, JsonError> {
        let value = Json::parse(bytes)?;
        if value.to_bytes() == bytes {
            Ok(value)
        } else {
            Err(JsonError::NotCanonical)
        }
    }

    /// Whether a reader passes over the value.
    fn skips(bytes: &[u8]) -> bool {
        Cursor::new(bytes).is_some_and(|mut cursor| cursor.skip().is_some() && cursor.is_at_end())
    }

    /// Whether a reader that judges nothing finds the end of the value as well.
    fn leaps(bytes: &[u8]) -> bool {
        let within = [b"[", bytes, b",1]"].concat();
        let mut count = 0;
        let all = Cursor::new(&within).is_some_and(|mut cursor| {
            let read = cursor.list(|cursor| cursor.leap().map(|()| count += 1));
            read.is_some() && cursor.is_at_end()
        });
        all && count == 2
    }

    fn json() -> impl Strategy<Value = Json> {
        let text = prop_oneof![
            "[a-z]{0,6}",
            "[a-z\"\\\\\n县]{0,40}",
            "[\\u{0}-\\u{20}\"\\\\/\\u{7f}é县\\u{1f600}\\u{fb33}]{0,4}"
        ];
        let leaf = prop_oneof![
            any::<bool>().prop_map(Json::Bool),
            any::<i64>().prop_map(|value| Json::integer(value.into())),
            text.clone().prop_map(Json::Text),
        ];
        leaf.prop_recursive(4, 32, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::List),
                prop::collection::btree_map(text.clone(), inner, 0..5).prop_map(Json::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_and_every_change_is_judged_as_the_long_way_does(
            value in json(),
            at in any::<prop::sample::Index>(),
            byte in prop_oneof![any::<u8>(), Just(b' '), Just(b'0'), Just(b'-'), Just(b'"'), Just(b'\\'), Just(b',')],
            insert in any::<bool>(),
        ) {
            let bytes = value.to_bytes();
            prop_assert_eq!(read(&bytes), Some(value));
            prop_assert!(skips(&bytes));
            prop_assert!(leaps(&bytes));
            let mut changed = bytes;
            let at = at.index(changed.len());
            if insert { changed.insert(at, byte); } else { changed[at] = byte; }
            prop_assert_eq!(read(&changed), long(&changed).ok());
            prop_assert_eq!(skips(&changed), long(&changed).is_ok());
            prop_assert!(leaps(&changed) || long(&changed).is_err());
        }
    }

    #[test]
    fn it_is_as_deep_as_the_long_way() {
        for depth in [DEPTH_MAX - 1, DEPTH_MAX, DEPTH_MAX + 1, 100_000] {
            let text = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(read(text.as_bytes()), long(text.as_bytes()).ok(), "{depth}");
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            " 1",
            "1 ",
            "01",
            "-0",
            "-",
            "1.0",
            "1e3",
            "9007199254740992",
            "-9007199254740992",
            "12345678901234567",
            "99999999999999999999",
            "null",
            "tru",
            "[1,]",
            "[1 ,2]",
            "{\"a\":1,}",
            "{\"b\":1,\"a\":2}",
            "{\"a\":1,\"a\":2}",
            "\"\\/\"",
            "\"\\u000a\"",
            "\"\\u001F\"",
            "\"\\u0041\"",
            "\"a",
            "\"\n\"",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read(b"9007199254740991"), Some(Json::Int(9_007_199_254_740_991)));
    }
}
