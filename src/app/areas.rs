//! The register of areas: which codes exist, so that a decision cannot name a place nobody knows.

mod read;

use std::collections::BTreeMap;

use crate::area::{AreaCode, AreaLevel};
use crate::rules::calendar::Date;

/// First two digits of the province-level codes of GB/T 2260.
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
];

/// One area, from the day on which its code is used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// The code.
    pub code: AreaCode,
    /// The name.
    pub name: String,
    /// First day.
    pub from: Date,
    /// Last day; none: still in use.
    pub until: Option<Date>,
}

/// The areas of `policy/areas.yaml`.
#[derive(Clone, Debug, Default)]
pub struct AreaRegister {
    areas: BTreeMap<AreaCode, Vec<Area>>,
}

impl AreaRegister {
    /// A register of these areas. A code may have several intervals.
    #[must_use]
    pub fn new(areas: impl IntoIterator<Item = Area>) -> AreaRegister {
        let mut register = AreaRegister::default();
        for area in areas {
            register.areas.entry(area.code).or_default().push(area);
        }
        register
    }

    /// Whether decisions are made here at all: a listed county, or a township of one.
    #[must_use]
    pub fn decides(&self, area: AreaCode) -> bool {
        let county = area.without_township();
        county.level() == AreaLevel::County && self.areas.contains_key(&county)
    }

    /// Whether decisions are made here on a day.
    #[must_use]
    pub fn decides_on(&self, area: AreaCode, day: Date) -> bool {
        let county = self.areas.get(&area.without_township());
        self.decides(area)
            && county.is_some_and(|spans| {
                spans
                    .iter()
                    .any(|span| span.from <= day && span.until.is_none_or(|until| day <= until))
            })
    }

    /// Whether an area is listed, at whatever level.
    #[must_use]
    pub fn lists(&self, area: AreaCode) -> bool {
        self.areas.contains_key(&area)
    }

    /// Whether a place (of work, of registration) can exist: in a province of GB/T 2260. The register holds the
    /// counties that decide, not the nation's three thousand; a place it does not hold has no values, which the
    /// decision says as NEEDS_RULE.
    #[must_use]
    pub fn knows(&self, place: AreaCode) -> bool {
        self.lists(place) || PROVINCES.iter().any(|province| place.to_string().starts_with(province))
    }

    /// The name of an area, if it is listed.
    #[must_use]
    pub fn name(&self, area: AreaCode) -> Option<&str> {
        self.areas.get(&area)?.last().map(|span| span.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(text: &str) -> AreaCode {
        text.parse().expect("an area code")
    }

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn register() -> AreaRegister {
        let span = |code: &str, name: &str, until: Option<&str>| Area {
            code: area(code),
            name: name.to_owned(),
            from: day("2018-01-01"),
            until: until.map(day),
        };
        AreaRegister::new([
            span("340300", "蚌埠市", None),
            span("340321", "怀远县", None),
            span("340322", "五河县", Some("2020-12-31")),
        ])
    }

    #[test]
    fn a_listed_county_and_its_townships_decide_and_nothing_else_does() {
        let register = register();
        assert!(register.decides(area("340321")) && register.decides(area("340321100")));
        for other in ["340300", "340000", "340323", "310115"] {
            assert!(!register.decides(area(other)), "{other}");
        }
    }

    #[test]
    fn a_county_decides_from_its_first_to_its_last_day() {
        let register = register();
        let on = |date| register.decides_on(area("340322"), day(date));
        assert_eq!(
            [on("2017-12-31"), on("2018-01-01"), on("2020-12-31"), on("2021-01-01")],
            [false, true, true, false]
        );
    }

    #[test]
    fn a_place_in_any_province_is_known_and_one_outside_is_not() {
        let register = register();
        assert!(register.knows(area("310115")) && register.knows(area("340321")));
        assert!(!register.knows(area("990101")) && !register.knows(area("100000")));
    }
}
