//! Reads a file's YAML into a tree that knows where everything stands.
//!
//! Strict: no anchors, no tags, one document, no key twice. Scalars are text; what they mean is
//! for the reader of the key to say, so `340321` and `"340321"` are the same.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::error::Remarks;
use super::pitfall;
use super::said::{Fix, NodeKind, Wrong};
use super::source::Span;

/// Largest file that is read: the longest shipped table has a tenth of it.
pub const FILE_SIZE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Deepest nesting of lists and maps; the documents need eight.
pub const NESTING_MAX: usize = 24;

/// A node of the tree.
#[derive(Clone, Debug)]
pub struct Yaml {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text.
    Scalar(Scalar),
    /// A list.
    List(Vec<Yaml>),
    /// A map in the order of the file; keys are scalars, none twice.
    Map(Vec<(Key, Yaml)>),
}

/// A key of a map.
#[derive(Clone, Debug)]
pub struct Key {
    /// The key.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A text and how it was written.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text as YAML reads it.
    pub text: String,
    /// Whether it is neither quoted nor a block: YAML's own marks end it early.
    pub plain: bool,
    /// Whether it is a `>` or `|` block.
    pub block: bool,
}

impl Yaml {
    /// What the node is, in words.
    #[must_use]
    pub fn kind(&self) -> NodeKind {
        match &self.value {
            Value::Scalar(scalar) if scalar.text.is_empty() && scalar.plain => NodeKind::Nothing,
            Value::Scalar(_) => NodeKind::Text,
            Value::List(_) => NodeKind::List,
            Value::Map(_) => NodeKind::Map,
        }
    }
}

impl Scalar {
    /// For each byte of the text, and one past it, the byte of the file that it was read from.
    #[must_use]
    pub fn offsets(&self, raw: &str, span: Span) -> Vec<usize> {
        // The first line of a block may be its mark, `>-` or `|`.
        let marked = self.block && raw.starts_with(['>', '|']);
        let mut at = if marked {
            raw.find('\n').map_or(0, |newline| newline + 1)
        } else {
            0
        };
        let mut offsets = Vec::with_capacity(self.text.len() + 1);
        for c in self.text.chars() {
            // YAML adds blanks, line breaks, quotes and backslashes, and takes nothing else away.
            let rest = raw.get(at..).unwrap_or_default();
            let found = if c.is_whitespace() {
                rest.find(char::is_whitespace)
            } else {
                rest.find(c)
            };
            let here = at + found.unwrap_or_default();
            offsets.extend(std::iter::repeat_n(span.start + here, c.len_utf8()));
            if let Some(found) = found {
                at += found + rest[found..].chars().next().map_or(1, char::len_utf8);
            }
        }
        offsets.push(span.start + at);
        offsets
    }
}

/// Reads the tree; `None` if there is none to speak of.
#[must_use]
pub fn read(remarks: &mut Remarks<'_>) -> Option<Yaml> {
    let source = remarks.source();
    if source.text().len() > FILE_SIZE_MAX_BYTES {
        remarks.error(
            Span::default(),
            Wrong::FileTooLarge {
                max: FILE_SIZE_MAX_BYTES,
            },
            Fix::SplitByLevel,
        );
        return None;
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(source.text()),
        bytes: source
            .text()
            .char_indices()
            .map(|(at, _)| at)
            .chain([source.text().len()])
            .collect(),
        remarks,
    };
    let tree = reader.document();
    if tree.is_none() && !reader.remarks.has_errors() {
        reader
            .remarks
            .error(Span::default(), Wrong::FileEmpty, Fix::BeginWithKeys);
    }
    tree
}

/// A node or the end of what encloses it.
enum Step {
    Node(Yaml),
    End(Span),
}

struct Reader<'r, 's> {
    parser: Parser<'s, saphyr_parser::StrInput<'s>>,
    /// The byte of each character: the scanner counts characters.
    bytes: Vec<usize>,
    remarks: &'r mut Remarks<'s>,
}

impl Reader<'_, '_> {
    fn byte(&self, marker: &Marker) -> usize {
        self.bytes
            .get(marker.index())
            .or(self.bytes.last())
            .copied()
            .unwrap_or_default()
    }

    fn next(&mut self) -> Option<(Event<'static>, Span)> {
        match self.parser.next_event()? {
            Ok((event, span)) => {
                let span = Span {
                    start: self.byte(&span.start),
                    end: self.byte(&span.end),
                };
                Some((owned(event), span))
            }
            Err(error) => {
                let at = self.byte(error.marker());
                let (span, wrong, fix) = pitfall::explain(self.remarks.source(), at, error.info());
                self.remarks.error(span, wrong, fix);
                None
            }
        }
    }

    fn document(&mut self) -> Option<Yaml> {
        let mut tree = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return tree,
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(_) => {
                    if tree.is_some() {
                        self.remarks.error(span, Wrong::SecondDocument, Fix::OneDocument);
                        return None;
                    }
                    match self.node(0)? {
                        Step::Node(node) => tree = Some(node),
                        Step::End(_) => return None,
                    }
                }
                Event::Alias(_)
                | Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::SequenceEnd
                | Event::MappingStart(..)
                | Event::MappingEnd => return None,
            }
        }
    }

    fn node(&mut self, depth: usize) -> Option<Step> {
        let (event, span) = self.next()?;
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag) | Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => {
                (*anchor, tag.is_some())
            }
            Event::Alias(_) => (1, false),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => (0, false),
        };
        if anchor != 0 {
            self.remarks.error(span, Wrong::Anchor, Fix::WriteValueOut);
            return None;
        }
        if tag {
            self.remarks.error(span, Wrong::Tag, Fix::NoTag);
            return None;
        }
        if depth > NESTING_MAX {
            let wrong = Wrong::NestedTooDeep { max: NESTING_MAX };
            self.remarks.error(span, wrong, Fix::Flatten);
            return None;
        }
        match event {
            Event::Scalar(text, style, _, _) => {
                let scalar = Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                    block: matches!(style, ScalarStyle::Literal | ScalarStyle::Folded),
                };
                Some(Step::Node(Yaml {
                    span,
                    value: Value::Scalar(scalar),
                }))
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.node(depth + 1)? {
                        Step::Node(node) => items.push(node),
                        Step::End(end) => {
                            return Some(Step::Node(Yaml {
                                span: span.to(end),
                                value: Value::List(items),
                            }));
                        }
                    }
                }
            }
            Event::MappingStart(..) => self.map(span, depth),
            Event::SequenceEnd | Event::MappingEnd => Some(Step::End(span)),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::Alias(_) => None,
        }
    }

    fn map(&mut self, span: Span, depth: usize) -> Option<Step> {
        let mut members: Vec<(Key, Yaml)> = Vec::new();
        loop {
            let key = match self.node(depth + 1)? {
                Step::End(end) => {
                    return Some(Step::Node(Yaml {
                        span: span.to(end),
                        value: Value::Map(members),
                    }));
                }
                Step::Node(node) => node,
            };
            let Value::Scalar(text) = key.value else {
                self.remarks.error(key.span, Wrong::KeyNotText, Fix::QuoteKey);
                return None;
            };
            let Step::Node(value) = self.node(depth + 1)? else {
                return None;
            };
            if members.iter().any(|(other, _)| other.text == text.text) {
                let wrong = Wrong::KeyTwice { key: text.text };
                self.remarks.error(key.span, wrong, Fix::KeepOneOfKeys);
                continue;
            }
            members.push((
                Key {
                    text: text.text,
                    span: key.span,
                },
                value,
            ));
        }
    }
}

/// The event without its borrow of the text; only scalars hold any.
fn owned(event: Event<'_>) -> Event<'static> {
    match event {
        Event::Scalar(text, style, anchor, tag) => {
            let tag = tag.map(|tag| std::borrow::Cow::Owned(tag.into_owned()));
            Event::Scalar(std::borrow::Cow::Owned(text.into_owned()), style, anchor, tag)
        }
        Event::SequenceStart(anchor, tag) => {
            Event::SequenceStart(anchor, tag.map(|tag| std::borrow::Cow::Owned(tag.into_owned())))
        }
        Event::MappingStart(anchor, tag) => {
            Event::MappingStart(anchor, tag.map(|tag| std::borrow::Cow::Owned(tag.into_owned())))
        }
        Event::Nothing => Event::Nothing,
        Event::StreamStart => Event::StreamStart,
        Event::StreamEnd => Event::StreamEnd,
        Event::DocumentStart(explicit) => Event::DocumentStart(explicit),
        Event::DocumentEnd => Event::DocumentEnd,
        Event::Alias(anchor) => Event::Alias(anchor),
        Event::SequenceEnd => Event::SequenceEnd,
        Event::MappingEnd => Event::MappingEnd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::language::source::Source;

    fn scalar_at(text: &str, wanted: &str) -> String {
        let source = Source::new("x.yaml", text);
        let mut remarks = Remarks::new(&source);
        let tree = read(&mut remarks);
        let Some(Yaml {
            value: Value::Map(members),
            ..
        }) = tree
        else {
            panic!("{:?}", remarks.finish())
        };
        let (_, node) = &members[0];
        let Value::Scalar(scalar) = &node.value else {
            panic!("{node:?}")
        };
        let offsets = scalar.offsets(source.slice(node.span), node.span);
        let at = scalar.text.find(wanted).unwrap_or_default();
        let position = source.position(offsets[at]);
        format!("{}:{}", position.line, position.column)
    }

    #[test]
    fn every_way_of_writing_a_text_keeps_its_place() {
        assert_eq!(scalar_at("v: 工资 + 未知\n", "未知"), "1:9");
        assert_eq!(scalar_at("v: '工资 + ''未知'\n", "未知"), "1:12");
        assert_eq!(scalar_at("v: \"工资 + 未知\"\n", "未知"), "1:10");
        assert_eq!(scalar_at("v: >-\n  -工资 +\n  未知 + 1\n", "未知"), "3:3");
        assert_eq!(scalar_at("v: |\n  工资 +\n    未知\n", "未知"), "3:5");
        assert_eq!(scalar_at("v: 工资\n  + 未知\n", "未知"), "2:5");
        assert_eq!(scalar_at("v: >-\n  -工资\n", "-"), "2:3");
    }

    #[test]
    fn a_key_given_twice_an_anchor_and_a_second_document_are_refused() {
        for text in [
            "a: 1\na: 2\n",
            "a: &x 1\nb: *x\n",
            "a: !x 1\n",
            "a: 1\n---\nb: 2\n",
            "",
            "a: [1\n",
        ] {
            let source = Source::new("x.yaml", text);
            let mut remarks = Remarks::new(&source);
            let _ = read(&mut remarks);
            assert_eq!(remarks.error_count(), 1, "{text:?}");
        }
    }
}
