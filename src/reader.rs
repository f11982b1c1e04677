//! Reading stored records: the members of canonical JSON as typed values, with the path of what is wrong.

use crate::canonical::Json;

/// A member of a record that is missing or of another form. Names the path, never the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record member {0} is missing or malformed")]
pub struct RecordError(pub String);

/// A typed value out of JSON; `None` if it has another form.
pub trait FromJson: Sized {
    /// Reads the value.
    fn from_json(value: &Json) -> Option<Self>;
}

impl FromJson for String {
    fn from_json(value: &Json) -> Option<Self> {
        value.as_text().map(str::to_owned)
    }
}

impl FromJson for bool {
    fn from_json(value: &Json) -> Option<Self> {
        value.as_bool()
    }
}

impl FromJson for u64 {
    fn from_json(value: &Json) -> Option<Self> {
        u64::try_from(value.as_integer()?).ok()
    }
}

impl FromJson for Json {
    fn from_json(value: &Json) -> Option<Self> {
        Some(value.clone())
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Json) -> Option<Self> {
        value.as_list()?.iter().map(T::from_json).collect()
    }
}

/// The value of a member that must be there.
///
/// # Errors
/// [`RecordError`] with the member's name.
pub fn need<T: FromJson>(record: &Json, key: &str) -> Result<T, RecordError> {
    record
        .get(key)
        .and_then(T::from_json)
        .ok_or_else(|| RecordError(key.to_owned()))
}

/// The value of a member that may be absent.
///
/// # Errors
/// [`RecordError`] if it is there in another form.
pub fn maybe<T: FromJson>(record: &Json, key: &str) -> Result<Option<T>, RecordError> {
    match record.get(key) {
        None => Ok(None),
        Some(value) => T::from_json(value).map(Some).ok_or_else(|| RecordError(key.to_owned())),
    }
}

/// The items of a list member, read one by one; an absent list is empty.
///
/// # Errors
/// [`RecordError`] with the path of the first item that does not read.
pub fn each<T>(
    record: &Json,
    key: &str,
    read: impl Fn(&Json) -> Result<T, RecordError>,
) -> Result<Vec<T>, RecordError> {
    let Some(list) = record.get(key) else {
        return Ok(Vec::new());
    };
    let items = list.as_list().ok_or_else(|| RecordError(key.to_owned()))?;
    let at = |index: usize| move |error: RecordError| RecordError(format!("{key}[{index}].{}", error.0));
    items
        .iter()
        .enumerate()
        .map(|(index, item)| read(item).map_err(at(index)))
        .collect()
}

/// Puts a member where it has a value; an absent option is an absent key.
pub fn put(record: &mut std::collections::BTreeMap<String, Json>, key: &str, value: Option<impl Into<Json>>) {
    if let Some(value) = value {
        record.insert(key.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_item_is_named_by_its_path_and_never_by_its_value() {
        let record = Json::parse(br#"{"months":[{"amount":1},{"amount":"secret"}]}"#).expect("subset");
        let read = each(&record, "months", |item| need::<u64>(item, "amount"));
        assert_eq!(read, Err(RecordError("months[1].amount".to_owned())));
    }
}
