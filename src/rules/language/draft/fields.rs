//! Takes a map apart: known keys alone, each read as what it should be.

use super::super::ast::Node;
use super::super::error::{Remarks, nearest};
use super::super::parse;
use super::super::pitfall;
use super::super::said::{Fix, Wrong};
use super::super::source::Span;
use super::super::yaml::{Key, Scalar, Value, Yaml};
use super::{Placed, Text};

/// The members of one map.
pub struct Fields<'y> {
    /// Where the map stands.
    pub span: Span,
    members: &'y [(Key, Yaml)],
}

/// An entry of a part that is a list, or a map whose keys are ids.
pub struct Entry<'y> {
    /// The key, if it is a map.
    pub key: Option<Text>,
    /// The entry.
    pub node: &'y Yaml,
}

impl<'y> Fields<'y> {
    /// Opens a map that may have these keys and no other.
    pub fn open(node: &'y Yaml, keys: &[&str], remarks: &mut Remarks<'_>) -> Option<Fields<'y>> {
        let Value::Map(members) = &node.value else {
            let keys = keys.join(", ");
            remarks.error(
                node.span,
                Wrong::MapWanted { kind: node.kind() },
                Fix::WriteKeys { keys },
            );
            return None;
        };
        for (key, _) in members.iter().filter(|(key, _)| !keys.contains(&key.text.as_str())) {
            let fix = match nearest(&key.text, keys.iter().copied()) {
                Some(near) => Fix::write(near),
                None => Fix::KeysAre { keys: keys.join(", ") },
            };
            let key_text = key.text.clone();
            remarks.error(key.span, Wrong::NoKeyHere { key: key_text }, fix);
        }
        Some(Fields {
            span: node.span,
            members,
        })
    }

    /// The node of a key.
    pub fn get(&self, key: &str) -> Option<&'y Yaml> {
        self.members
            .iter()
            .find(|(name, _)| name.text == key)
            .map(|(_, node)| node)
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Where to point for a map: its first key.
    pub fn place(&self) -> Span {
        self.members.first().map_or(self.span, |(key, _)| key.span)
    }

    /// A text, if the key is there.
    pub fn text(&self, remarks: &mut Remarks<'_>, key: &str) -> Option<Text> {
        text(self.get(key)?, key, remarks)
    }

    /// A text that must be there.
    pub fn need(&self, remarks: &mut Remarks<'_>, key: &'static str) -> Option<Text> {
        if !self.has(key) {
            remarks.error(self.place(), Wrong::Missing { key }, Fix::AddKey { key });
            return None;
        }
        self.text(remarks, key)
    }

    /// An id that must be there.
    pub fn id(&self, remarks: &mut Remarks<'_>, key: &'static str) -> Option<Text> {
        let id = self.need(remarks, key)?;
        check_id(&id, remarks);
        Some(id)
    }

    /// A list of texts, or one text; empty if the key is not there.
    pub fn texts(&self, remarks: &mut Remarks<'_>, key: &str) -> Vec<Text> {
        let Some(node) = self.get(key) else { return Vec::new() };
        match &node.value {
            Value::List(items) => items.iter().filter_map(|item| text(item, key, remarks)).collect(),
            Value::Scalar(_) | Value::Map(_) => text(node, key, remarks).into_iter().collect(),
        }
    }

    /// `true` or `false`; false if the key is not there.
    pub fn flag(&self, remarks: &mut Remarks<'_>, key: &'static str) -> bool {
        let Some(text) = self.text(remarks, key) else {
            return false;
        };
        if !matches!(text.value.as_str(), "true" | "false") {
            let value = shorten(&text.value);
            remarks.error(text.span, Wrong::IsValue { key, value }, Fix::TrueOrFalse);
        }
        text.value == "true"
    }

    /// An expression, if the key is there and it can be read.
    pub fn expression(&self, remarks: &mut Remarks<'_>, key: &'static str) -> Option<Node> {
        let node = self.get(key)?;
        let Value::Scalar(scalar) = &node.value else {
            let kind = node.kind();
            remarks.error(node.span, Wrong::ExpressionWanted { kind, key }, Fix::QuoteExpression);
            return None;
        };
        expression(scalar, node.span, remarks)
    }

    /// An expression that must be there.
    pub fn need_expression(&self, remarks: &mut Remarks<'_>, key: &'static str) -> Option<Node> {
        if !self.has(key) {
            remarks.error(self.place(), Wrong::Missing { key }, Fix::AddExpression { key });
            return None;
        }
        self.expression(remarks, key)
    }

    /// The entries of a part: a list, or a map by id.
    pub fn entries(&self, remarks: &mut Remarks<'_>, key: &str) -> Vec<Entry<'y>> {
        self.get(key)
            .map(|node| entries(node, key, remarks))
            .unwrap_or_default()
    }

    /// The id of an entry: the key of the map it stands in, or its own `id`.
    pub fn entry_id(&self, entry: &Entry<'_>, key: &'static str, remarks: &mut Remarks<'_>) -> Option<Text> {
        match &entry.key {
            None => self.need(remarks, key),
            Some(id) => {
                if let Some(own) = self.text(remarks, key).filter(|own| own.value != id.value) {
                    let wrong = Wrong::TwoIds {
                        by_key: id.value.clone(),
                        own: own.value,
                        key,
                    };
                    remarks.error(own.span, wrong, Fix::LeaveOut { key });
                }
                Some(id.clone())
            }
        }
    }
}

/// The entries of a list, or of a map by id.
pub fn entries<'y>(node: &'y Yaml, key: &str, remarks: &mut Remarks<'_>) -> Vec<Entry<'y>> {
    match &node.value {
        Value::List(items) => items.iter().map(|node| Entry { key: None, node }).collect(),
        Value::Map(members) => members
            .iter()
            .map(|(key, node)| Entry {
                key: Some(Placed {
                    value: key.text.clone(),
                    span: key.span,
                }),
                node,
            })
            .collect(),
        Value::Scalar(scalar) if scalar.text.is_empty() => Vec::new(),
        Value::Scalar(_) => {
            let key = key.to_owned();
            remarks.error(node.span, Wrong::ListWanted { key }, Fix::WriteEntries);
            Vec::new()
        }
    }
}

/// A node as a text that is not empty.
pub fn text(node: &Yaml, key: &str, remarks: &mut Remarks<'_>) -> Option<Text> {
    match &node.value {
        Value::Scalar(scalar) if scalar.text.trim().is_empty() => {
            let fix = match cut(scalar, node.span, remarks) {
                Some(cut) => Fix::Comment { cut },
                None => Fix::ValueOrLeaveOut,
            };
            let key = key.to_owned();
            remarks.error(node.span, Wrong::Empty { key }, fix);
            None
        }
        Value::Scalar(scalar) => Some(Placed {
            value: scalar.text.clone(),
            span: node.span,
        }),
        Value::List(_) | Value::Map(_) => {
            let (kind, key) = (node.kind(), key.to_owned());
            remarks.error(node.span, Wrong::TextWanted { kind, key }, Fix::QuoteTextOrOne);
            None
        }
    }
}

/// Reads an expression out of a scalar.
pub fn expression(scalar: &Scalar, span: Span, remarks: &mut Remarks<'_>) -> Option<Node> {
    let offsets = scalar.offsets(remarks.source().slice(span), span);
    match parse::expression(&scalar.text, &offsets) {
        Ok(node) => Some(node),
        Err(problem) => {
            let fix = match cut(scalar, span, remarks) {
                Some(cut) => Fix::Comment { cut },
                None => *problem.fix,
            };
            remarks.error(problem.span, *problem.wrong, fix);
            None
        }
    }
}

fn cut(scalar: &Scalar, span: Span, remarks: &Remarks<'_>) -> Option<String> {
    if scalar.plain {
        pitfall::cut_off(remarks.source(), span.end).map(shorten)
    } else {
        None
    }
}

/// Ids stand in sealed documents, file names and URLs.
pub fn check_id(id: &Text, remarks: &mut Remarks<'_>) {
    let mut chars = id.value.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_lowercase());
    if !(first && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') && id.value.len() <= 64) {
        let text = shorten(&id.value);
        remarks.error(id.span, Wrong::NotAnId { text }, Fix::IdForm);
    }
}

/// A text short enough to be named in a sentence.
pub fn shorten(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 40;
    if text.chars().count() <= SHOWN_CHARS_MAX {
        return text.to_string();
    }
    text.chars().take(SHOWN_CHARS_MAX).chain(['…']).collect()
}
