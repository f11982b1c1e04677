//! Reads several documents that build on each other: vocabulary first, then nation to county.

use std::rc::Rc;

use super::error::{PolicyError, Remarks};
use super::source::Source;
use super::yaml::{Value, Yaml};
use super::{Checked, Context, read, yaml};
use crate::rules::document::Document;

/// A file's name as it is shown, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The name as it is shown.
    pub name: String,
    /// The text.
    pub text: String,
}

/// What came of one file.
#[derive(Clone, Debug)]
pub struct Read {
    /// The name as it is shown.
    pub name: String,
    /// The document, or what is wrong with it.
    pub result: Result<Rc<Checked>, Vec<PolicyError>>,
}

/// Reads all files, each against the vocabulary, the calendar and the documents of the areas above its own.
/// The result is in the order of reading: the vocabulary, then nation, provinces, prefectures, counties.
#[must_use]
pub fn read_all(files: &[File], texts: &[String]) -> Vec<Read> {
    let mut order: Vec<(Rank, &File)> = files.iter().map(|file| (rank(file), file)).collect();
    order.sort_by(|(a, left), (b, right)| a.cmp(b).then_with(|| left.name.cmp(&right.name)));
    let mut sealed: Vec<Rc<Checked>> = Vec::new();
    let mut results = Vec::new();
    for (rank, file) in order {
        let documents: Vec<Document> = sealed
            .iter()
            .filter(|other| lies_in(&rank.area, &other.document.area))
            .map(|other| other.document.clone())
            .collect();
        let context = Context {
            documents,
            texts: texts.to_vec(),
        };
        let result = read(&file.text, &file.name, &context).map(Rc::new);
        if let Ok(checked) = &result {
            sealed.push(Rc::clone(checked));
        }
        results.push(Read {
            name: file.name.clone(),
            result,
        });
    }
    results
}

/// Whether one area is another or lies in it.
#[must_use]
pub fn lies_in(area: &str, other: &str) -> bool {
    let mut prefix = other;
    while let Some(shorter) = prefix.strip_suffix("00").filter(|shorter| !shorter.is_empty()) {
        prefix = shorter;
    }
    other == "100000" || area.starts_with(prefix)
}

/// The order of reading.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    not_vocabulary: bool,
    level: usize,
    area: String,
    /// A document of an area may build on that area's instruments and calendar.
    rules: bool,
}

/// Which document a text is: what its first keys say, empty where they say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    /// Its id.
    pub policy: String,
    /// Its area.
    pub area: String,
}

/// Reads which document a text is, whatever else is wrong with it.
#[must_use]
pub fn heading(text: &str) -> Heading {
    let tree = tree(text);
    Heading {
        policy: text_of(member(tree.as_ref(), "policy")),
        area: text_of(member(tree.as_ref(), "area")),
    }
}

fn tree(text: &str) -> Option<Yaml> {
    let source = Source::new("", text);
    yaml::read(&mut Remarks::new(&source))
}

fn member<'y>(tree: Option<&'y Yaml>, key: &str) -> Option<&'y Yaml> {
    match tree.map(|tree| &tree.value) {
        Some(Value::Map(members)) => members.iter().find(|(name, _)| name.text == key).map(|(_, node)| node),
        _ => None,
    }
}

fn text_of(node: Option<&Yaml>) -> String {
    match node.map(|node| &node.value) {
        Some(Value::Scalar(scalar)) => scalar.text.clone(),
        _ => String::new(),
    }
}

fn rank(file: &File) -> Rank {
    let tree = tree(&file.text);
    let member = |key: &str| member(tree.as_ref(), key);
    let area = text_of(member("area"));
    let level = match area.as_str() {
        "100000" | "" => 0,
        area if area.ends_with("0000") => 1,
        area if area.ends_with("00") => 2,
        _ => 3,
    };
    Rank {
        not_vocabulary: member("vocabulary").is_none(),
        level,
        area,
        rules: member("clauses").is_some() || member("outcomes").is_some() || member("parameters").is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::lies_in;

    #[test]
    fn a_county_lies_in_its_city_province_and_the_nation() {
        for other in ["100000", "340000", "340300", "340321"] {
            assert!(lies_in("340321", other));
        }
        assert!(!lies_in("340321", "340322"));
        assert!(!lies_in("340300", "340321"));
        assert!(!lies_in("341321", "340300"));
        assert!(lies_in("340321100", "340321"));
    }
}
