//! Who the people are. Held apart from the facts; never printed, never read by the rules.

use std::collections::BTreeMap;
use std::fmt;

use super::ids::{LocalId, NameError, PersonId};
use crate::canonical::Json;
use crate::rules::calendar::Date;

/// Weights of the 17 digits (GB 11643-1999, ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by remainder.
const CHECK: &[u8; 11] = b"10X98765432";

/// A citizen identity number (公民身份号码): 18 characters, a real birth date, a right check digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdNumber(String);

impl IdNumber {
    /// The 18 characters. For sealing and for the keyed hash that finds the person, nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for IdNumber {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let form = NameError("a citizen identity number: give 17 digits and a check character 0-9 or X");
        let (digits, check) = match text.as_bytes() {
            [digits @ .., check] if digits.len() == WEIGHTS.len() => (digits, *check),
            _ => return Err(form),
        };
        if !digits.iter().all(u8::is_ascii_digit) || !(check.is_ascii_digit() || check == b'X') {
            return Err(form);
        }
        let number = |range: std::ops::Range<usize>| {
            digits[range]
                .iter()
                .fold(0_i32, |sum, digit| sum * 10 + i32::from(digit - b'0'))
        };
        if Date::new(number(6..10), number(10..12), number(12..14)).is_none() {
            return Err(NameError(
                "a citizen identity number: its digits 7 to 14 are no existing date",
            ));
        }
        let sum: u32 = digits
            .iter()
            .zip(WEIGHTS)
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        if CHECK[(sum % 11) as usize] != check {
            return Err(NameError(
                "a citizen identity number: the check character does not fit, look for a slip",
            ));
        }
        Ok(IdNumber(text.to_owned()))
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(..)")
    }
}

/// One person.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonIdentity {
    /// Name.
    pub name: String,
    /// Citizen identity number.
    pub id_number: IdNumber,
    /// Telephone.
    pub phone: Option<String>,
}

/// The identity document of a request.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The people, by member.
    pub persons: BTreeMap<LocalId, PersonIdentity>,
    /// The caller's own number of the case.
    pub caller_case_number: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Bank account.
    pub bank_account: Option<String>,
    /// Names of officers, by officer id.
    pub officers: BTreeMap<String, String>,
}

impl Identity {
    /// The document that is sealed; `name_of` gives the id under which a member stands in it: the person id in a
    /// record, the member's own id in a request's digest.
    #[must_use]
    pub fn to_json(&self, name_of: impl Fn(&LocalId) -> String) -> Json {
        let persons = self.persons.iter().map(|(member, person)| {
            let mut fields = vec![
                ("id", Json::text(name_of(member))),
                ("name", Json::text(&*person.name)),
                ("id_number", Json::text(person.id_number.reveal())),
            ];
            fields.extend(person.phone.as_deref().map(|phone| ("phone", Json::text(phone))));
            Json::object(fields)
        });
        let officers = self
            .officers
            .iter()
            .map(|(id, name)| Json::object([("id", Json::text(&**id)), ("name", Json::text(&**name))]));
        let mut fields = vec![
            ("persons", Json::List(persons.collect())),
            ("officers", Json::List(officers.collect())),
        ];
        let optional = [
            ("caller_case_number", &self.caller_case_number),
            ("address", &self.address),
            ("bank_account", &self.bank_account),
        ];
        fields.extend(
            optional
                .into_iter()
                .filter_map(|(key, value)| Some((key, Json::text(value.as_deref()?)))),
        );
        Json::object(fields)
    }

    /// The document with the members' person ids.
    ///
    /// A member without a person id is left under its own id; the caller has given every member one.
    #[must_use]
    pub fn with_persons(&self, persons: &BTreeMap<LocalId, PersonId>) -> Json {
        self.to_json(|member| {
            persons
                .get(member)
                .map_or_else(|| member.to_string(), ToString::to_string)
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} persons)", self.persons.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_number_of_the_standard_is_right_and_every_other_check_character_is_wrong() {
        // GB 11643-1999 gives 11010519491231002X.
        for check in "0123456789X".chars() {
            let number = format!("11010519491231002{check}");
            assert_eq!(number.parse::<IdNumber>().is_ok(), check == 'X', "{check}");
        }
    }

    #[test]
    fn a_number_born_on_29_february_of_a_common_year_is_refused() {
        // Both have a right check digit; 1949 was a common year, 1948 a leap year.
        let with_check = |digits: &str| {
            let sum: u32 = digits.bytes().zip(WEIGHTS).map(|(d, w)| u32::from(d - b'0') * w).sum();
            format!("{digits}{}", char::from(CHECK[(sum % 11) as usize]))
        };
        assert!(with_check("11010519490229002").parse::<IdNumber>().is_err());
        assert!(with_check("11010519480229002").parse::<IdNumber>().is_ok());
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "11010519491231002x",
            "110105491231002",
            "1101051949123100２X",
            "11010519491231002XX",
        ] {
            assert!(text.parse::<IdNumber>().is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_personal_is_printed() {
        let id_number: IdNumber = "11010519491231002X".parse().expect("right");
        let person = PersonIdentity {
            name: "张三".to_owned(),
            id_number: id_number.clone(),
            phone: None,
        };
        let identity = Identity {
            persons: [("m1".parse().expect("an id"), person)].into(),
            ..Identity::default()
        };
        assert_eq!(
            format!("{identity:?} {id_number:?}"),
            "Identity(1 persons) IdNumber(..)"
        );
    }
}
