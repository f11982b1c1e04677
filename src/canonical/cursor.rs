//! Canonical JSON read from left to right, refusing whatever is not canonical where it stands.
//!
//! A reader that knows what it wants takes its values straight from the bytes and passes over the rest, so that no tree
//! is built: an auditor reads facts documents by the hundred thousand. `None` means not canonical, or not what was asked
//! for; why is for [`Json::parse_canonical`](super::Json::parse_canonical) to say.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{DEPTH_MAX, INTEGER_MAX};

/// The lowest bit of every byte of a word.
const EACH_BYTE: u64 = u64::from_le_bytes([1; 8]);
/// The highest bit of every byte of a word.
const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);

/// Digits of 2^53-1.
const DIGIT_COUNT_MAX: usize = 16;

/// A place in canonical JSON.
#[derive(Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Cursor<'a> {
    /// The beginning of a document; none where the bytes are no UTF-8.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Cursor<'a>> {
        let text = std::str::from_utf8(bytes).ok()?;
        Some(Cursor { text, at: 0, depth: 0 })
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// The byte that the next value begins with.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over a byte that must stand here.
    fn byte(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// `true` or `false`.
    pub fn bool(&mut self) -> Option<bool> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let (value, count) = if rest.starts_with(b"true") {
            (true, 4)
        } else if rest.starts_with(b"false") {
            (false, 5)
        } else {
            return None;
        };
        self.at += count;
        Some(value)
    }

    /// An integer of at most 2^53-1 in size.
    pub fn integer(&mut self) -> Option<i64> {
        let rest = &self.text.as_bytes()[self.at..];
        let sign = usize::from(rest.first() == Some(&b'-'));
        let mut value: i64 = 0;
        let mut count = 0;
        // What has more digits is larger than any that is written; so many fit.
        for digit in rest[sign..].iter().take(DIGIT_COUNT_MAX + 1) {
            if !digit.is_ascii_digit() {
                break;
            }
            value = value * 10 + i64::from(digit - b'0');
            count += 1;
        }
        let canonical = match rest.get(sign)? {
            b'0' => count == 1 && sign == 0,
            _ => count > 0,
        };
        self.at += sign + count;
        let fits = count <= DIGIT_COUNT_MAX && i128::from(value) <= INTEGER_MAX;
        (canonical && fits).then_some(if sign == 1 { -value } else { value })
    }

    /// A string; borrowed where it has no escape.
    #[inline]
    pub fn string(&mut self) -> Option<Cow<'a, str>> {
        self.byte(b'"')?;
        let start = self.at;
        self.at += plain_count(&self.text.as_bytes()[start..]);
        let plain = self.text.get(start..self.at)?;
        if self.peek()? == b'"' {
            self.at += 1;
            return Some(Cow::Borrowed(plain));
        }
        self.escaped(plain.to_owned()).map(Cow::Owned)
    }

    /// The rest of a string from its first escape on.
    fn escaped(&mut self, mut value: String) -> Option<String> {
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(value);
                }
                b'\\' => value.push(self.escape()?),
                _ => return None,
            }
            let start = self.at;
            self.at += plain_count(&self.text.as_bytes()[start..]);
            value.push_str(self.text.get(start..self.at)?);
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

    /// An array; `each` takes one item.
    #[inline]
    pub fn list(&mut self, each: impl FnMut(&mut Cursor<'a>) -> Option<()>) -> Option<()> {
        self.between(*b"[]", each)
    }

    /// An object; `each` takes one value, whose key it is given.
    #[inline]
    pub fn object(&mut self, mut each: impl FnMut(&mut Cursor<'a>, &Cow<'a, str>) -> Option<()>) -> Option<()> {
        let mut before: Option<Cow<'a, str>> = None;
        self.members(|cursor| {
            let key = cursor.string()?;
            let is_after = before
                .as_ref()
                .is_none_or(|before| order(before, &key) == Ordering::Less);
            is_after.then_some(())?;
            cursor.byte(b':')?;
            each(cursor, &key)?;
            before = Some(key);
            Some(())
        })
    }

    /// An object whose keys `each` takes itself, by [`Cursor::pass`] in ascending order, each with its value.
    #[inline]
    pub fn members(&mut self, each: impl FnMut(&mut Cursor<'a>) -> Option<()>) -> Option<()> {
        self.between(*b"{}", each)
    }

    /// What stands between two brackets, with commas.
    #[inline]
    fn between(&mut self, [open, close]: [u8; 2], mut each: impl FnMut(&mut Cursor<'a>) -> Option<()>) -> Option<()> {
        self.byte(open)?;
        self.depth += 1;
        (self.depth <= DEPTH_MAX).then_some(())?;
        if self.byte(close).is_none() {
            loop {
                each(self)?;
                if self.byte(close).is_some() {
                    break;
                }
                self.byte(b',')?;
            }
        }
        self.depth -= 1;
        Some(())
    }

    /// The next eight bytes, the first lowest; zero beyond the end.
    #[inline]
    #[must_use]
    pub fn word(&self) -> u64 {
        first_word(&self.text.as_bytes()[self.at..])
    }

    /// Passes over what is expected, if it stands here; `word` is [`Cursor::word`].
    #[inline]
    pub fn pass(&mut self, expected: &Expected, word: u64) -> bool {
        let is_here = word & expected.masks[0] == expected.words[0] && (expected.count <= 8 || self.has_rest(expected));
        if is_here {
            self.at += expected.count;
        }
        is_here
    }

    /// Whether what is expected after its first eight bytes stands here as well.
    #[inline]
    fn has_rest(&self, expected: &Expected) -> bool {
        let after = |count: usize| self.text.as_bytes().get(self.at + count..).unwrap_or_default();
        first_word(after(8)) & expected.masks[1] == expected.words[1]
            && (expected.tail.is_empty() || after(16).starts_with(&expected.tail))
    }

    /// The inside of a string of so many bytes. They may be anything: whoever asks holds them to digits and the like.
    #[inline]
    pub fn inside(&mut self, count: usize) -> Option<&'a [u8]> {
        let inside = self.text.as_bytes().get(self.at..self.at + count + 2)?;
        let [b'"', inside @ .., b'"'] = inside else { return None };
        self.at += count + 2;
        Some(inside)
    }

    /// Passes over a value without judging it: for whoever looks for one member of what is judged elsewhere.
    pub fn leap(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut open = 0_usize;
        loop {
            match *bytes.get(self.at)? {
                b'"' => self.leap_string()?,
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    open = open.checked_sub(1)?;
                    self.at += 1;
                }
                // Between two values of a list or an object.
                b',' if open > 0 => self.at += 1,
                _ => {
                    let ends = |byte: &u8| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']' | b',');
                    self.at += bytes[self.at..].iter().position(ends)?;
                }
            }
            if open == 0 {
                return Some(());
            }
        }
    }

    fn leap_string(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        self.at += 1;
        loop {
            self.at += plain_count(bytes.get(self.at..)?);
            match *bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                _ => self.at += 2,
            }
        }
    }

    /// Passes over a string.
    #[inline]
    fn skip_string(&mut self) -> Option<()> {
        let start = self.at;
        self.at += 1 + plain_count(self.text.as_bytes().get(start + 1..)?);
        if self.peek()? == b'"' {
            self.at += 1;
            return Some(());
        }
        self.at = start;
        self.string().map(|_| ())
    }

    /// Passes over a value.
    pub fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.skip_string(),
            b'{' => self.object(|cursor, _| cursor.skip()),
            b'[' => self.list(Cursor::skip),
            b't' | b'f' => self.bool().map(|_| ()),
            _ => self.integer().map(|_| ()),
        }
    }
}

/// The first eight bytes, the first lowest; zero beyond the end.
#[inline]
fn first_word(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word),
        None => {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        }
    }
}

/// Bytes that may stand next: compared as two words, and then the rest. Nearly every key ends within the two.
#[derive(Debug)]
pub struct Expected {
    words: [u64; 2],
    masks: [u64; 2],
    tail: Box<[u8]>,
    count: usize,
}

impl Expected {
    /// A string; none for one that is not ASCII or needs an escape.
    #[must_use]
    pub fn string(text: &str) -> Option<Expected> {
        Expected::of(text, "")
    }

    /// The key of a member, with its colon; none for one that is not ASCII or needs an escape.
    #[must_use]
    pub fn key(text: &str) -> Option<Expected> {
        Expected::of(text, ":")
    }

    fn of(text: &str, end: &str) -> Option<Expected> {
        if !text.is_ascii() || !is_plain(text) {
            return None;
        }
        let bytes = format!("\"{text}\"{end}").into_bytes();
        let mask = vec![0xff; bytes.len()];
        let words = |bytes: &[u8]| [0, 8].map(|from| first_word(bytes.get(from..).unwrap_or_default()));
        Some(Expected {
            words: words(&bytes),
            masks: words(&mask),
            tail: bytes.get(16..).unwrap_or_default().into(),
            count: bytes.len(),
        })
    }
}

/// Whether a string needs no escape.
#[inline]
pub(crate) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(last) = bytes.last_chunk::<8>() else {
        return bytes.iter().all(|byte| is_plain_byte(*byte));
    };
    // The last word lies over the one before, so that nothing is left to look at byte by byte.
    let (words, _) = bytes.as_chunks::<8>();
    let found = |word: &[u8; 8]| special(u64::from_le_bytes(*word));
    words.iter().fold(found(last), |all, word| all | found(word)) == 0
}

#[inline]
const fn is_plain_byte(byte: u8) -> bool {
    byte != b'"' && byte != b'\\' && byte >= 0x20
}

/// How many bytes from the first on need no escape and end no string: eight at a time.
#[inline]
fn plain_count(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let found = special(u64::from_le_bytes(*word));
        if found != 0 {
            return 8 * number + (found.trailing_zeros() / 8) as usize;
        }
    }
    8 * words.len() + rest.iter().take_while(|byte| is_plain_byte(**byte)).count()
}

/// The high bit of the first byte that is no plain character, and perhaps of others after it.
///
/// A byte is below n where it loses its high bit to a borrow when n is taken from it; it is equal to another where
/// what is left of both is below 1. A borrow may run on into later bytes, never into earlier ones.
fn special(word: u64) -> u64 {
    let below = |word: u64, n: u64| word.wrapping_sub(EACH_BYTE * n) & !word & HIGH_BITS;
    let equal = |byte: u8| below(word ^ (EACH_BYTE * u64::from(byte)), 1);
    below(word, 0x20) | equal(b'"') | equal(b'\\')
}

/// Bytes below this begin or continue characters whose order in UTF-16 is that of their bytes: up to U+DFFF.
const OTHER_ORDER_FROM: u8 = 0xee;

/// The order of keys: by UTF-16 code units.
#[inline]
fn order(a: &str, b: &str) -> Ordering {
    match a.bytes().zip(b.bytes()).find(|(a, b)| a != b) {
        None => a.len().cmp(&b.len()),
        Some((a, b)) if a.max(b) < OTHER_ORDER_FROM => a.cmp(&b),
        Some(_) => a.encode_utf16().cmp(b.encode_utf16()),
    }
}
