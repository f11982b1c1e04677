//! The words of the sealed form that stand for enumerations: units, types, dates that select.

use super::SealedError;
use super::fields::{Path, Sealed};
use crate::canonical::Json;
use crate::rules::document::{GuardFailure, SelectedBy, Type};
use crate::rules::expr::{RoundMode, Unit};

/// One word a variant; both directions from one table.
macro_rules! words {
    ($type:ty, $what:literal { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// The word of the sealed form.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(<$type>::$variant => $word),+ }
            }

            /// The variant of a word of the sealed form.
            #[must_use]
            pub fn from_word(word: &str) -> Option<$type> {
                match word { $($word => Some(<$type>::$variant),)+ _ => None }
            }
        }

        impl Sealed for $type {
            fn seal(&self) -> Json {
                Json::text(self.word())
            }

            fn open(json: &Json, at: Path<'_>) -> Result<$type, SealedError> {
                json.as_text().and_then(<$type>::from_word).ok_or_else(|| at.wrong(concat!($what, " belongs here")))
            }
        }
    };
}

words!(Unit, "a unit" {
    Fen = "fen", FenPerPerson = "fen_per_person", Ratio = "ratio", Persons = "persons", Count = "count",
    Months = "months", Days = "days", Years = "years",
});
words!(RoundMode, "half_up, up or down" { HalfUp = "half_up", Up = "up", Down = "down" });
words!(SelectedBy, "assessed_month, decision_date or application_date" {
    AssessedMonth = "assessed_month", DecisionDate = "decision_date", ApplicationDate = "application_date",
});
words!(GuardFailure, "propose or refuse" { Propose = "propose", Refuse = "refuse" });

impl Type {
    /// The word of the sealed form; a code names its list: `code:rural_urban`.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Type::Number(unit) => unit.word().to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Code(list) => format!("code:{list}"),
            Type::Date => "date".to_owned(),
            Type::Month => "month".to_owned(),
            Type::Area => "area".to_owned(),
        }
    }

    /// The type of a word of the sealed form.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Type> {
        match word {
            "bool" => Some(Type::Bool),
            "date" => Some(Type::Date),
            "month" => Some(Type::Month),
            "area" => Some(Type::Area),
            other => match other.strip_prefix("code:") {
                Some("") => None,
                Some(list) => Some(Type::Code(list.to_owned())),
                None => Unit::from_word(other).map(Type::Number),
            },
        }
    }
}

impl Sealed for Type {
    fn seal(&self) -> Json {
        Json::text(self.word())
    }

    fn open(json: &Json, at: Path<'_>) -> Result<Type, SealedError> {
        json.as_text()
            .and_then(Type::from_word)
            .ok_or_else(|| at.wrong("a type belongs here, as fen, bool, date or code:LIST"))
    }
}
