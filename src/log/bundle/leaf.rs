//! An entry read where it lies: the members that a verifier needs of each, without copying any.
//!
//! Canonical JSON has one spelling, so an entry is read from left to right with fixed words between its values. It
//! accepts what [`Entry::parse`](super::super::record::Entry::parse) accepts and nothing else; a test holds the two
//! together.

use super::super::record::KindName;
use super::super::record::entry::{DOCUMENT_COUNT_MAX, LABEL_SIZE_MAX_BYTES};
use super::super::tiles::ENTRY_SIZE_MAX_BYTES;
use super::super::{Hash, Origin};
use crate::log::record::{DocumentName, EntryKind};

/// The year 9999, as in the entry.
const SECONDS_MAX: i64 = 253_402_300_799;

/// A document that an entry commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafDocument<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its commitment.
    pub commitment: Hash,
}

/// What a verifier reads of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafView<'a> {
    documents: [Option<LeafDocument<'a>>; DOCUMENT_COUNT_MAX],
    /// Kind.
    pub kind: &'a str,
    known_kind: Option<EntryKind>,
    /// The log it was written for.
    pub origin: &'a str,
    /// Unix time in seconds.
    pub logged_seconds: i64,
    /// SHA-256 of the law manifest.
    pub law: Option<Hash>,
    /// The meaning of its law's operators, as it stands in the entry's bytes.
    pub raw_semantics: Option<&'a str>,
    engine: &'a str,
}

impl<'a> LeafView<'a> {
    /// Reads an entry; none for bytes that are no entry of this version. `origin` is the one that is expected: that one
    /// is not looked into.
    #[must_use]
    pub fn read(bytes: &'a [u8], origin: &str) -> Option<LeafView<'a>> {
        if bytes.len() > ENTRY_SIZE_MAX_BYTES {
            return None;
        }
        let mut cursor = Cursor(std::str::from_utf8(bytes).ok()?);
        cursor.word("{\"documents\":[")?;
        let documents = cursor.documents()?;
        cursor.word(",\"engine\":\"")?;
        let engine = cursor.label()?;
        cursor.word(",\"kind\":\"")?;
        let kind = cursor.plain()?;
        let known_kind = kind_of(kind);
        let mut law = None;
        if cursor.word(",\"law\":\"").is_some() {
            law = Some(cursor.hash()?);
        }
        cursor.word(",\"logged\":")?;
        let logged_seconds = cursor.integer()?;
        cursor.word(",\"origin\":\"")?;
        let named = cursor.plain()?;
        let mut raw_semantics = None;
        if law.is_some() {
            cursor.word(",\"semantics\":\"")?;
            raw_semantics = Some(cursor.label()?);
        }
        cursor.word(",\"v\":1}")?;
        let whole = cursor.0.is_empty()
            && (0..=SECONDS_MAX).contains(&logged_seconds)
            && (known_kind.is_some() || kind.parse::<KindName>().is_ok())
            && (named == origin || named.parse::<Origin>().is_ok());
        whole.then_some(LeafView {
            documents,
            kind,
            known_kind,
            origin: named,
            logged_seconds,
            law,
            raw_semantics,
            engine,
        })
    }

    /// Its documents in order.
    pub fn documents(&self) -> impl Iterator<Item = LeafDocument<'a>> + '_ {
        self.documents.iter().map_while(|document| *document)
    }

    /// A document by its number.
    #[must_use]
    pub fn document(&self, number: u8) -> Option<LeafDocument<'a>> {
        *self.documents.get(usize::from(number))?
    }

    /// The kind, if this version knows it.
    #[must_use]
    pub fn known_kind(&self) -> Option<EntryKind> {
        self.known_kind
    }

    /// Name and version of the program that decided or wrote.
    #[must_use]
    pub fn engine(&self) -> String {
        LeafView::label(self.engine)
    }

    /// The same as it stands in the entry's bytes.
    #[must_use]
    pub fn raw_engine(&self) -> &'a str {
        self.engine
    }

    /// A label out of the form that it has in an entry's bytes.
    #[must_use]
    pub fn label(raw: &str) -> String {
        let mut label = String::with_capacity(raw.len());
        let mut escaped = false;
        for character in raw.chars() {
            escaped = character == '\\' && !escaped;
            if !escaped {
                label.push(character);
            }
        }
        label
    }
}

fn kind_of(name: &str) -> Option<EntryKind> {
    EntryKind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// What is left to read.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// Passes over a word that must stand here.
    fn word(&mut self, word: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(word)?;
        Some(())
    }

    /// The rest of a string that holds no escape, with its end.
    fn plain(&mut self) -> Option<&'a str> {
        let end = self.0.bytes().position(|byte| byte == b'"' || byte == b'\\')?;
        let (value, rest) = self.0.split_at(end);
        self.0 = rest.strip_prefix('"')?;
        Some(value)
    }

    /// The rest of a label: printable ASCII, of which only two characters are ever escaped.
    fn label(&mut self) -> Option<&'a str> {
        let bytes = self.0.as_bytes();
        let (mut at, mut count) = (0, 0);
        loop {
            match bytes.get(at)? {
                b'"' => break,
                b'\\' if matches!(bytes.get(at + 1)?, b'"' | b'\\') => at += 2,
                b'\\' => return None,
                byte if byte.is_ascii_graphic() => at += 1,
                _ => return None,
            }
            count += 1;
        }
        let (value, rest) = self.0.split_at(at);
        self.0 = rest.strip_prefix('"')?;
        (1..=LABEL_SIZE_MAX_BYTES).contains(&count).then_some(value)
    }

    /// The rest of a string of 64 lower-case hex digits.
    fn hash(&mut self) -> Option<Hash> {
        let hash = Hash::from_hex(self.0.as_bytes().first_chunk()?)?;
        self.0 = self.0.get(Hash::HEX_SIZE_BYTES..)?.strip_prefix('"')?;
        Some(hash)
    }

    fn integer(&mut self) -> Option<i64> {
        let end = self.0.bytes().position(|byte| !byte.is_ascii_digit())?;
        let (digits, rest) = self.0.split_at(end);
        let canonical = digits == "0" || !digits.starts_with('0');
        self.0 = rest;
        digits.parse().ok().filter(|_| canonical)
    }

    fn documents(&mut self) -> Option<[Option<LeafDocument<'a>>; DOCUMENT_COUNT_MAX]> {
        let mut documents: [Option<LeafDocument<'a>>; DOCUMENT_COUNT_MAX] = [None; DOCUMENT_COUNT_MAX];
        if self.word("]").is_some() {
            return Some(documents);
        }
        for at in 0..DOCUMENT_COUNT_MAX {
            self.word("{\"commitment\":\"")?;
            let commitment = self.hash()?;
            self.word(",\"name\":\"")?;
            let name = self.plain()?;
            let again = documents[..at].iter().flatten().any(|before| before.name == name);
            if again || !DocumentName::is_name(name) {
                return None;
            }
            self.word("}")?;
            documents[at] = Some(LeafDocument { name, commitment });
            if self.word("]").is_some() {
                return Some(documents);
            }
            self.word(",")?;
        }
        None
    }
}
