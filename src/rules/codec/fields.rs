//! Reading and writing the members of a sealed object: which are required, which may be absent.

use std::collections::BTreeMap;

use super::SealedError;
use crate::canonical::Json;
use crate::rules::calendar::{Date, Month};

/// Where a value stands in the document.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(super) fn root() -> Path<'static> {
        Path {
            parent: None,
            step: Step::Root,
        }
    }

    pub(super) fn key(&'a self, key: &'a str) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Key(key),
        }
    }

    pub(super) fn index(&'a self, index: usize) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    pub(super) fn wrong(self, problem: impl Into<String>) -> SealedError {
        SealedError::At {
            path: self.text(),
            problem: problem.into(),
        }
    }

    fn text(self) -> String {
        let own = match self.step {
            Step::Root => return "the top".to_owned(),
            Step::Key(key) => key.to_owned(),
            Step::Index(index) => index.to_string(),
        };
        match self.parent {
            Some(parent) if !matches!(parent.step, Step::Root) => format!("{}/{own}", parent.text()),
            Some(_) | None => own,
        }
    }
}

/// A value with one sealed form.
pub(super) trait Sealed: Sized {
    fn seal(&self) -> Json;
    fn open(json: &Json, at: Path<'_>) -> Result<Self, SealedError>;
}

/// A member of an object: an absent option and an empty list are absent keys.
pub(super) trait Member: Sized {
    fn put(&self, key: &str, into: &mut BTreeMap<String, Json>);
    fn take(json: Option<&Json>, at: Path<'_>) -> Result<Self, SealedError>;
}

impl<T: Sealed> Member for T {
    fn put(&self, key: &str, into: &mut BTreeMap<String, Json>) {
        into.insert(key.to_owned(), self.seal());
    }

    fn take(json: Option<&Json>, at: Path<'_>) -> Result<Self, SealedError> {
        T::open(json.ok_or_else(|| at.wrong("the key is missing"))?, at)
    }
}

impl<T: Sealed> Member for Option<T> {
    fn put(&self, key: &str, into: &mut BTreeMap<String, Json>) {
        if let Some(value) = self {
            value.put(key, into);
        }
    }

    fn take(json: Option<&Json>, at: Path<'_>) -> Result<Self, SealedError> {
        json.map(|json| T::open(json, at)).transpose()
    }
}

impl<T: Sealed> Member for Vec<T> {
    fn put(&self, key: &str, into: &mut BTreeMap<String, Json>) {
        if !self.is_empty() {
            into.insert(key.to_owned(), Json::List(self.iter().map(Sealed::seal).collect()));
        }
    }

    fn take(json: Option<&Json>, at: Path<'_>) -> Result<Self, SealedError> {
        let Some(json) = json else {
            return Ok(Vec::new());
        };
        let items = list(json, at)?;
        if items.is_empty() {
            return Err(at.wrong("an empty list is written by leaving the key out"));
        }
        open_each(items, at)
    }
}

/// The members of one object, each read once.
pub(super) struct Fields<'a> {
    members: &'a BTreeMap<String, Json>,
    read: Vec<&'static str>,
    at: Path<'a>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(json: &'a Json, at: Path<'a>) -> Result<Fields<'a>, SealedError> {
        let members = json.as_object().ok_or_else(|| at.wrong("an object belongs here"))?;
        Ok(Fields {
            members,
            read: Vec::new(),
            at,
        })
    }

    /// Reads a member by the rules of its type.
    pub(super) fn required<T: Member>(&mut self, key: &'static str) -> Result<T, SealedError> {
        self.read.push(key);
        T::take(self.members.get(key), self.at.key(key))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.members.contains_key(key)
    }

    pub(super) fn wrong(&self, key: &str, problem: impl Into<String>) -> SealedError {
        self.at.key(key).wrong(problem)
    }

    /// Refuses keys that nobody read: they would be hashed and never evaluated.
    pub(super) fn finish(self) -> Result<(), SealedError> {
        match self.members.keys().find(|key| !self.read.contains(&key.as_str())) {
            Some(unknown) => Err(self.at.key(unknown).wrong("unknown key; remove it")),
            None => Ok(()),
        }
    }
}

/// The items of a list.
pub(super) fn list<'a>(json: &'a Json, at: Path<'_>) -> Result<&'a [Json], SealedError> {
    json.as_list().ok_or_else(|| at.wrong("a list belongs here"))
}

/// Every item of a list, in order.
pub(super) fn open_each<T: Sealed>(items: &[Json], at: Path<'_>) -> Result<Vec<T>, SealedError> {
    items
        .iter()
        .enumerate()
        .map(|(index, item)| T::open(item, at.index(index)))
        .collect()
}

impl Sealed for String {
    fn seal(&self) -> Json {
        Json::text(self)
    }

    fn open(json: &Json, at: Path<'_>) -> Result<String, SealedError> {
        json.as_text()
            .map(str::to_owned)
            .ok_or_else(|| at.wrong("a string belongs here"))
    }
}

impl Sealed for bool {
    fn seal(&self) -> Json {
        Json::Bool(*self)
    }

    fn open(json: &Json, at: Path<'_>) -> Result<bool, SealedError> {
        json.as_bool().ok_or_else(|| at.wrong("true or false belongs here"))
    }
}

/// Small whole numbers: a year, a limit.
macro_rules! small_integer {
    ($($type:ty)*) => {$(
        impl Sealed for $type {
            fn seal(&self) -> Json {
                Json::Int(i64::from(*self))
            }

            fn open(json: &Json, at: Path<'_>) -> Result<$type, SealedError> {
                match json {
                    Json::Int(value) => <$type>::try_from(*value).map_err(|_| at.wrong("the number is out of range")),
                    Json::Bool(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => {
                        Err(at.wrong("a whole number belongs here"))
                    }
                }
            }
        }
    )*};
}
small_integer!(i32 u32);

/// Dates and months, as strings.
macro_rules! civil {
    ($($type:ty)*) => {$(
        impl Sealed for $type {
            fn seal(&self) -> Json {
                Json::text(self.to_string())
            }

            fn open(json: &Json, at: Path<'_>) -> Result<$type, SealedError> {
                String::open(json, at)?.parse().map_err(|e| at.wrong(format!("{e}")))
            }
        }
    )*};
}
civil!(Date Month);

/// Anything kept as it was read.
impl Sealed for Json {
    fn seal(&self) -> Json {
        self.clone()
    }

    fn open(json: &Json, _: Path<'_>) -> Result<Json, SealedError> {
        Ok(json.clone())
    }
}
