//! Canonical JSON read from left to right, refusing whatever is not canonical where it stands.
//!
//! One walk instead of reading, writing again and comparing: facts documents are read by the hundred thousand. It takes
//! what the long way takes; a test holds the two together.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{DEPTH_MAX, INTEGER_MAX, Json};

/// The value, if the bytes are its canonical form.
pub(super) fn read(bytes: &[u8]) -> Option<Json> {
    let mut reader = Reader {
        text: std::str::from_utf8(bytes).ok()?,
        at: 0,
    };
    let value = reader.value(0)?;
    (reader.at == bytes.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += word.len();
        rest.starts_with(word.as_bytes()).then_some(value)
    }

    /// Passes over a byte that must stand here.
    fn byte(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        match self.next()? {
            b'"' => self.string().map(Json::Text),
            b'{' => self.object(depth + 1),
            b'[' => self.list(depth + 1),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            _ => self.integer(),
        }
    }

    fn integer(&mut self) -> Option<Json> {
        let rest = &self.text.as_bytes()[self.at..];
        let sign = usize::from(rest.first() == Some(&b'-'));
        let count = rest[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = rest.get(sign..sign + count)?;
        let canonical = match digits {
            [] => false,
            [b'0'] => sign == 0,
            [first, ..] => *first != b'0',
        };
        let text = self.text.get(self.at..self.at + sign + count)?;
        let value: i64 = text.parse().ok()?;
        self.at += sign + count;
        (canonical && i128::from(value).abs() <= INTEGER_MAX).then_some(Json::Int(value))
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.byte(b'[')?;
        let mut items = Vec::new();
        if depth > DEPTH_MAX {
            return None;
        }
        if self.byte(b']').is_some() {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.byte(b']').is_some() {
                return Some(Json::List(items));
            }
            self.byte(b',')?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.byte(b'{')?;
        if depth > DEPTH_MAX {
            return None;
        }
        if self.byte(b'}').is_some() {
            return Some(Json::Object(BTreeMap::new()));
        }
        let mut members: Vec<(String, Json)> = Vec::with_capacity(8);
        loop {
            let key = self.string()?;
            if members
                .last()
                .is_some_and(|(before, _)| order(before, &key) != Ordering::Less)
            {
                return None;
            }
            self.byte(b':')?;
            members.push((key, self.value(depth)?));
            if self.byte(b'}').is_some() {
                // In order but for keys beyond ASCII, so this builds the map from the left.
                return Some(Json::Object(members.into_iter().collect()));
            }
            self.byte(b',')?;
        }
    }

    fn string(&mut self) -> Option<String> {
        self.byte(b'"')?;
        let bytes = self.text.as_bytes();
        let plain = |byte: &u8| *byte != b'"' && *byte != b'\\' && *byte >= 0x20;
        let run = |from: usize| bytes[from..].iter().take_while(|byte| plain(byte)).count();
        let count = run(self.at);
        let mut value = self.text.get(self.at..self.at + count)?.to_owned();
        self.at += count;
        loop {
            match self.next()? {
                b'"' => {
                    self.at += 1;
                    return Some(value);
                }
                b'\\' => value.push(self.escape()?),
                _ => return None,
            }
            let count = run(self.at);
            value.push_str(self.text.get(self.at..self.at + count)?);
            self.at += count;
        }
    }

    /// The escapes that are written, each for the one character that needs it.
    fn escape(&mut self) -> Option<char> {
        let rest = &self.text.as_bytes()[self.at..];
        let (value, count) = match rest.get(1)? {
            b'"' => ('"', 2),
            b'\\' => ('\\', 2),
            b'b' => ('\u{8}', 2),
            b't' => ('\t', 2),
            b'n' => ('\n', 2),
            b'f' => ('\u{c}', 2),
            b'r' => ('\r', 2),
            b'u' => {
                let digits = std::str::from_utf8(rest.get(2..6)?).ok()?;
                let code = u32::from_str_radix(digits, 16).ok()?;
                let two = matches!(code, 0x8 | 0x9 | 0xa | 0xc | 0xd);
                let canonical = code < 0x20 && !two && format!("{code:04x}") == digits;
                (char::from_u32(code).filter(|_| canonical)?, 6)
            }
            _ => return None,
        };
        self.at += count;
        Some(value)
    }
}

/// The order of keys: by UTF-16 code units, which is the order of bytes within ASCII.
fn order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        a.cmp(b)
    } else {
        a.encode_utf16().cmp(b.encode_utf16())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::JsonError;
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

    fn json() -> impl Strategy<Value = Json> {
        let text = prop_oneof![
            "[a-z]{0,6}",
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
            let mut changed = bytes;
            let at = at.index(changed.len());
            if insert { changed.insert(at, byte); } else { changed[at] = byte; }
            prop_assert_eq!(read(&changed), long(&changed).ok());
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
