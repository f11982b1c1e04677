//! Ids of requests, cases, people and members, and the resource names built from them.

use std::fmt;
use std::str::FromStr;

use crate::area::AreaCode;
use crate::log::{Hash, RecordId};

/// Longest id of a member or record inside a request. Shorter than a citizen identity number (18) and than a
/// telephone number with its first letter, so that neither fits.
pub const LOCAL_ID_SIZE_MAX_BYTES: usize = 16;

/// The text is not an id or name of the expected form. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct NameError(pub &'static str);

/// Chosen by the caller for one request; a retry sends the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(uuid::Uuid);

impl RequestId {
    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl FromStr for RequestId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let error = NameError("a request id: give a UUID as 36 characters, not all zero");
        let uuid = uuid::Uuid::try_parse(text).map_err(|_| error)?;
        // 36 characters: the library also reads braces, URNs and plain hex, which would be second spellings.
        if text.len() == 36 && !uuid.is_nil() {
            Ok(RequestId(uuid))
        } else {
            Err(error)
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Makes an id of 16 random bytes, 32 hex digits in names.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id of these random bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> $name {
                $name(bytes)
            }

            /// The 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                // The same spelling as a record's id: lower-case hex.
                let id: RecordId = text.parse().map_err(|_| NameError($what))?;
                Ok($name(*id.as_bytes()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                RecordId::from_bytes(self.0).fmt(f)
            }
        }
    };
}

random_id!(
    /// A case: random, minted by the service.
    CaseId,
    "a case id: give 32 lower-case hex digits"
);
random_id!(
    /// A person, across cases: random, minted by the service.
    PersonId,
    "a person id: give 32 lower-case hex digits"
);

/// A member or record inside one request, chosen by the caller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalId(String);

impl LocalId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LocalId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
        if first && text.len() <= LOCAL_ID_SIZE_MAX_BYTES && text.bytes().all(plain) {
            Ok(LocalId(text.to_owned()))
        } else {
            Err(NameError(
                "an id: give a small letter, then at most 15 small letters, digits, '_' or '-'",
            ))
        }
    }
}

impl fmt::Display for LocalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `areas/{area}/cases/{case}`; the area is the county.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaseName {
    /// The county.
    pub area: AreaCode,
    /// The case.
    pub case: CaseId,
}

/// `areas/{area}/cases/{case}/determinations/{record_id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeterminationName {
    /// The case.
    pub case: CaseName,
    /// The record.
    pub record: RecordId,
}

/// `areas/{area}/policies/{digest}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyName {
    /// The area in whose log the document was published.
    pub area: AreaCode,
    /// SHA-256 of the sealed document.
    pub digest: Hash,
}

/// The parts between the fixed words of a name; none if the words or their number differ.
pub(super) fn parts<'a, const N: usize>(text: &'a str, words: [&str; N]) -> Option<[&'a str; N]> {
    let mut pieces = text.split('/');
    let mut found = [""; N];
    for (slot, word) in found.iter_mut().zip(words) {
        if pieces.next()? != word {
            return None;
        }
        *slot = pieces.next()?;
    }
    pieces.next().is_none().then_some(found)
}

/// The county of a name.
pub(super) fn county(text: &str) -> Option<AreaCode> {
    text.parse()
        .ok()
        .filter(|area: &AreaCode| area.without_township() == *area)
}

impl FromStr for CaseName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let read = || {
            let [area, case] = parts(text, ["areas", "cases"])?;
            Some(CaseName {
                area: county(area)?,
                case: case.parse().ok()?,
            })
        };
        read().ok_or(NameError("the name of a case: give areas/{area}/cases/{case}"))
    }
}

impl FromStr for DeterminationName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let read = || {
            let [area, case, record] = parts(text, ["areas", "cases", "determinations"])?;
            let case = CaseName {
                area: county(area)?,
                case: case.parse().ok()?,
            };
            Some(DeterminationName {
                case,
                record: record.parse().ok()?,
            })
        };
        read().ok_or(NameError(
            "the name of a determination: give areas/{area}/cases/{case}/determinations/{record_id}",
        ))
    }
}

impl FromStr for PolicyName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let read = || {
            let [area, digest] = parts(text, ["areas", "policies"])?;
            Some(PolicyName {
                area: county(area)?,
                digest: digest.parse().ok()?,
            })
        };
        read().ok_or(NameError("the name of a policy: give areas/{area}/policies/{digest}"))
    }
}

impl fmt::Display for CaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "areas/{}/cases/{}", self.area, self.case)
    }
}

impl fmt::Display for DeterminationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/determinations/{}", self.case, self.record)
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "areas/{}/policies/{}", self.area, self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "areas/340321/cases/0123456789abcdef0123456789abcdef";

    #[test]
    fn names_read_back_and_have_one_spelling() {
        let case: CaseName = CASE.parse().expect("a case");
        assert_eq!(case.to_string(), CASE);
        let determination = format!("{CASE}/determinations/{}", "ab".repeat(16));
        let name: DeterminationName = determination.parse().expect("a determination");
        assert_eq!((name.case, name.to_string()), (case, determination));
        for other in [
            "",
            "areas/340321/cases/",
            "areas/340321100/cases/0123456789abcdef0123456789abcdef",
            "areas/340321/cases/0123456789ABCDEF0123456789ABCDEF",
            "areas/340321/cases/0123456789abcdef0123456789abcdef/",
            "/areas/340321/cases/0123456789abcdef0123456789abcdef",
        ] {
            assert!(other.parse::<CaseName>().is_err(), "{other}");
        }
    }

    #[test]
    fn an_identity_number_or_telephone_is_no_member_id() {
        for number in ["11010519491231002X", "13800138000", "340321199001011234", "A", ""] {
            assert!(number.parse::<LocalId>().is_err(), "{number}");
        }
        assert!("m1".parse::<LocalId>().is_ok());
    }

    #[test]
    fn a_request_id_is_a_uuid_of_36_characters() {
        let id = "6f1c2a34-0b7d-4f6e-9a51-2d3c4b5a6978";
        assert_eq!(id.parse::<RequestId>().map(|id| id.to_string()), Ok(id.to_owned()));
        for other in [
            "6f1c2a340b7d4f6e9a512d3c4b5a6978",
            "{6f1c2a34-0b7d-4f6e-9a51-2d3c4b5a6978}",
            "00000000-0000-0000-0000-000000000000",
            "",
        ] {
            assert!(other.parse::<RequestId>().is_err(), "{other}");
        }
    }
}
