//! Area codes: a county and everything above it (GB/T 2260, six digits) or a township (nine).

use std::fmt;
use std::str::FromStr;

use crate::canonical::Json;
use crate::reader::FromJson;

/// The nation, which has no code of its own in GB/T 2260: by convention here, the code `100000`.
const NATION: u32 = 100_000;

/// The code of an area; which areas exist is the register's business, not this type's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode {
    /// Six digits: nation, province, city or county.
    county: u32,
    /// Three digits from 001 of a township or subdistrict (GB/T 10114); 0 for none.
    township: u16,
}

/// What kind of area a code names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AreaLevel {
    /// `100000`.
    Nation,
    /// `340000`.
    Province,
    /// `340300`.
    City,
    /// `340321`.
    County,
    /// `340321100`.
    Township,
}

/// The text is not an area code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an area code: give six digits of GB/T 2260 (340321) or nine for a township (340321100)")]
pub struct AreaCodeError;

impl AreaCode {
    /// The whole nation.
    pub const NATION: AreaCode = AreaCode {
        county: NATION,
        township: 0,
    };

    /// What the code names.
    #[must_use]
    pub fn level(self) -> AreaLevel {
        if self.township != 0 {
            AreaLevel::Township
        } else if self.county == NATION {
            AreaLevel::Nation
        } else if self.county.is_multiple_of(10_000) {
            AreaLevel::Province
        } else if self.county.is_multiple_of(100) {
            AreaLevel::City
        } else {
            AreaLevel::County
        }
    }

    /// The area one level up: township, county, city, province, nation; none above the nation.
    #[must_use]
    pub fn superior(self) -> Option<AreaCode> {
        let county = match self.level() {
            AreaLevel::Nation => return None,
            AreaLevel::Province => NATION,
            AreaLevel::City => self.county / 10_000 * 10_000,
            AreaLevel::County => self.county / 100 * 100,
            AreaLevel::Township => self.county,
        };
        Some(AreaCode { county, township: 0 })
    }

    /// This area and all above it, the nearest first.
    pub fn and_superiors(self) -> impl Iterator<Item = AreaCode> {
        std::iter::successors(Some(self), |area| area.superior())
    }

    /// Whether this area is `other` or lies in it.
    #[must_use]
    pub fn lies_in(self, other: AreaCode) -> bool {
        self.and_superiors().any(|area| area == other)
    }

    /// The six digits without the township.
    #[must_use]
    pub fn without_township(self) -> AreaCode {
        AreaCode {
            county: self.county,
            township: 0,
        }
    }
}

impl FromStr for AreaCode {
    type Err = AreaCodeError;

    fn from_str(text: &str) -> Result<Self, AreaCodeError> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if !digits || text.starts_with('0') || !matches!(text.len(), 6 | 9) {
            return Err(AreaCodeError);
        }
        let (county, township) = text.split_at(6);
        let area = AreaCode {
            county: county.parse().map_err(|_| AreaCodeError)?,
            township: if township.is_empty() {
                0
            } else {
                township.parse().map_err(|_| AreaCodeError)?
            },
        };
        // 340321000 would be a second name of 340321.
        if area.to_string() == text {
            Ok(area)
        } else {
            Err(AreaCodeError)
        }
    }
}

impl FromJson for AreaCode {
    fn from_json(value: &Json) -> Option<Self> {
        value.as_text()?.parse().ok()
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.township == 0 {
            write!(f, "{}", self.county)
        } else {
            write!(f, "{}{:03}", self.county, self.township)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(text: &str) -> AreaCode {
        text.parse().expect("an area code")
    }

    #[test]
    fn a_township_lies_in_its_county_city_province_and_nation() {
        let above: Vec<String> = area("340321100").and_superiors().map(|a| a.to_string()).collect();
        assert_eq!(above, ["340321100", "340321", "340300", "340000", "100000"]);
        assert!(area("340321100").lies_in(area("340300")));
        assert!(!area("340300").lies_in(area("340321")));
        assert!(!area("340322").lies_in(area("340321")));
    }

    #[test]
    fn each_level_is_read_from_the_zeros() {
        assert_eq!(area("100000"), AreaCode::NATION);
        assert_eq!(area("100000").level(), AreaLevel::Nation);
        assert_eq!(area("340000").level(), AreaLevel::Province);
        assert_eq!(area("340300").level(), AreaLevel::City);
        assert_eq!(area("340321").level(), AreaLevel::County);
        assert_eq!(area("340321100").level(), AreaLevel::Township);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "34032",
            "3403211",
            "034032",
            "340321000",
            "34032x",
            "+40321",
            "３４０３２１",
            "3403211000",
        ] {
            assert_eq!(text.parse::<AreaCode>(), Err(AreaCodeError), "{text}");
        }
    }
}
