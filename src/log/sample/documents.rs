//! The public documents of a sample's entries: commitment, reveal or refusal, result.

use std::fmt;
use std::str::FromStr;

use super::super::Hash;
use super::super::ids::LogIndex;
use super::super::record::EntryKind;
use super::METHOD;
use super::request::{SampleRequest, parsed};
use super::seed::{Seed, SeedValue};
use super::words::{Role, Why};
use crate::canonical::Json;
use crate::reader::{FromJson, RecordError, maybe, need};

/// Longest name of a period: `2026-Q3`, `2026-07-monthly`.
pub const PERIOD_SIZE_MAX_BYTES: usize = 32;

/// Longest name of a party: that of a caller.
pub const PARTY_SIZE_MAX_BYTES: usize = 64;

/// The period that a sample is of; it names one round of commitments, request and reveals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(String);

/// Who takes part: the stable name of a caller, of an organisation and never of a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Party(String);

/// The text is not the name of a period or a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct WordError(&'static str);

impl Period {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Period {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if (1..=PERIOD_SIZE_MAX_BYTES).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Period(text.to_owned()))
        } else {
            Err(WordError(
                "a period: give 1 to 32 letters, digits or '-', such as 2026-Q3",
            ))
        }
    }
}

impl Party {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Party {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
        if (1..=PARTY_SIZE_MAX_BYTES).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Party(text.to_owned()))
        } else {
            Err(WordError(
                "a party: give 1 to 64 small letters, digits, '.', '_' or '-'",
            ))
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromJson for Period {
    fn from_json(value: &Json) -> Option<Self> {
        value.as_text()?.parse().ok()
    }
}

impl FromJson for Party {
    fn from_json(value: &Json) -> Option<Self> {
        value.as_text()?.parse().ok()
    }
}

/// A party binds itself to a value that nobody else knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleCommit {
    /// The period.
    pub period: Period,
    /// Who.
    pub party: Party,
    /// What it is to the audit.
    pub role: Role,
    /// SHA-256 of the value.
    pub commitment: Hash,
}

/// The value of a party, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleReveal {
    /// The period.
    pub period: Period,
    /// Whose value.
    pub party: Party,
    /// The value, or why it is missing and who says so.
    pub value: Result<SeedValue, Silence>,
}

/// That a value is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Why.
    pub why: Why,
    /// Who says so.
    pub by: Party,
}

/// That a sample was drawn; what was drawn stands in the sealed document `selection`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleResult {
    /// The period.
    pub period: Period,
    /// The SAMPLE_REQUEST entry.
    pub request: LogIndex,
    /// The seed.
    pub seed: Seed,
    /// Units of the population.
    pub population: u64,
    /// Units drawn.
    pub drawn: u64,
    /// Entries of the range whose frame could not be opened.
    pub unopened: u64,
}

/// The public document of a sample's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleDocument {
    /// Of a SAMPLE_COMMIT entry.
    Commit(SampleCommit),
    /// Of a SAMPLE_REQUEST entry.
    Request(SampleRequest),
    /// Of a SAMPLE_REVEAL entry.
    Reveal(SampleReveal),
    /// Of a SAMPLE_RESULT entry.
    Result(SampleResult),
}

/// A document with the place and time of its entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Place.
    pub index: LogIndex,
    /// Unix time in seconds, as the entry says.
    pub logged_seconds: i64,
    /// The document.
    pub document: SampleDocument,
}

impl SampleDocument {
    /// The kinds of entries that these documents stand in.
    pub const KINDS: [EntryKind; 4] = [
        EntryKind::SampleCommit,
        EntryKind::SampleRequest,
        EntryKind::SampleReveal,
        EntryKind::SampleResult,
    ];

    /// The kind of its entry.
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        match self {
            SampleDocument::Commit(_) => EntryKind::SampleCommit,
            SampleDocument::Request(_) => EntryKind::SampleRequest,
            SampleDocument::Reveal(_) => EntryKind::SampleReveal,
            SampleDocument::Result(_) => EntryKind::SampleResult,
        }
    }

    /// The name of the public document in entries of a kind; none for other kinds.
    #[must_use]
    pub const fn name_in(kind: EntryKind) -> Option<&'static str> {
        match kind {
            EntryKind::SampleCommit => Some("sample_commit"),
            EntryKind::SampleRequest => Some("sample_request"),
            EntryKind::SampleReveal => Some("sample_reveal"),
            EntryKind::SampleResult => Some("sample_result"),
            _ => None,
        }
    }

    /// The period.
    #[must_use]
    pub const fn period(&self) -> &Period {
        match self {
            SampleDocument::Commit(commit) => &commit.period,
            SampleDocument::Request(request) => &request.period,
            SampleDocument::Reveal(reveal) => &reveal.period,
            SampleDocument::Result(result) => &result.period,
        }
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let head = |period: &Period| {
            vec![
                ("v", Json::Int(1)),
                ("method", METHOD.into()),
                ("period", period.as_str().into()),
            ]
        };
        match self {
            SampleDocument::Request(request) => request.to_json(),
            SampleDocument::Commit(commit) => {
                let mut members = head(&commit.period);
                members.extend([
                    ("party", commit.party.as_str().into()),
                    ("role", commit.role.word().into()),
                    ("commitment", Json::text(commit.commitment.to_string())),
                ]);
                Json::object(members)
            }
            SampleDocument::Reveal(reveal) => {
                let mut members = head(&reveal.period);
                members.push(("party", reveal.party.as_str().into()));
                match &reveal.value {
                    Ok(value) => members.push(("value", Json::text(hex::encode(value.as_bytes())))),
                    Err(silence) => members.extend([
                        ("missing", silence.why.word().into()),
                        ("by", silence.by.as_str().into()),
                    ]),
                }
                Json::object(members)
            }
            SampleDocument::Result(result) => {
                let number = |value: u64| Json::integer(value.into());
                let mut members = head(&result.period);
                members.extend([
                    ("request", number(result.request.get())),
                    ("seed", Json::text(result.seed.hash().to_string())),
                    ("population", number(result.population)),
                    ("drawn", number(result.drawn)),
                    ("unopened", number(result.unopened)),
                ]);
                Json::object(members)
            }
        }
    }

    /// Reads the document of an entry of this kind.
    ///
    /// # Errors
    /// [`RecordError`] names the member; `method` for one that this version does not know.
    pub fn from_json(kind: EntryKind, json: &Json) -> Result<SampleDocument, RecordError> {
        if need::<String>(json, "method")? != METHOD {
            return Err(RecordError("method".to_owned()));
        }
        Ok(match kind {
            EntryKind::SampleCommit => SampleDocument::Commit(SampleCommit {
                period: need(json, "period")?,
                party: need(json, "party")?,
                role: need(json, "role")?,
                commitment: parsed(json, "commitment")?,
            }),
            EntryKind::SampleRequest => SampleDocument::Request(SampleRequest::from_json(json)?),
            EntryKind::SampleReveal => SampleDocument::Reveal(SampleReveal {
                period: need(json, "period")?,
                party: need(json, "party")?,
                value: match maybe::<String>(json, "value")? {
                    Some(text) => {
                        let bytes: Option<[u8; 32]> = hex::decode(&text).ok().and_then(|bytes| bytes.try_into().ok());
                        Ok(SeedValue::from_bytes(
                            bytes.ok_or_else(|| RecordError("value".to_owned()))?,
                        ))
                    }
                    None => Err(Silence {
                        why: need(json, "missing")?,
                        by: need(json, "by")?,
                    }),
                },
            }),
            EntryKind::SampleResult => SampleDocument::Result(SampleResult {
                period: need(json, "period")?,
                request: LogIndex::new(need(json, "request")?).map_err(|_| RecordError("request".to_owned()))?,
                seed: Seed::from_hash(parsed(json, "seed")?),
                population: need(json, "population")?,
                drawn: need(json, "drawn")?,
                unopened: need(json, "unopened")?,
            }),
            _ => return Err(RecordError("kind".to_owned())),
        })
    }
}
