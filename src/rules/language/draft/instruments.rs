//! Reads the instruments that a document cites.

use super::super::error::Remarks;
use super::super::said::{At, Fix, Wrong};
use super::super::source::Span;
use super::super::yaml::{Value, Yaml};
use super::fields::{Fields, text};
use super::{Text, values};
use crate::rules::document::{Article, ArticleText, InForce};

/// An instrument as it was written.
#[derive(Debug)]
pub struct DraftInstrument {
    /// Id.
    pub id: Text,
    /// 文号.
    pub number: Text,
    /// 标题.
    pub title: String,
    /// 发文机关.
    pub issuers: Vec<String>,
    /// The instrument that it forwards or implements.
    pub parent: Option<Text>,
    /// Its basis.
    pub basis: Vec<Text>,
    /// Whether its text is held.
    pub held: bool,
    /// Legal effect.
    pub in_force: InForce,
    /// Articles, each with the place of its text.
    pub articles: Vec<(Article, Span)>,
}

const KEYS: [&str; 9] = [
    "id", "number", "title", "issuers", "parent", "basis", "held", "in_force", "articles",
];

/// Reads all of them.
pub fn read(document: &Fields<'_>, remarks: &mut Remarks<'_>) -> Vec<DraftInstrument> {
    let mut read = Vec::new();
    for entry in document.entries(remarks, "instruments") {
        remarks.enter(At::Instrument, "");
        let Some(fields) = Fields::open(entry.node, &KEYS, remarks) else {
            continue;
        };
        let Some(id) = fields.entry_id(&entry, "id", remarks) else {
            continue;
        };
        super::fields::check_id(&id, remarks);
        remarks.enter(At::Instrument, &id.value);
        let Some(number) = fields.need(remarks, "number") else {
            continue;
        };
        read.push(DraftInstrument {
            id,
            number,
            title: fields
                .need(remarks, "title")
                .map(|title| title.value)
                .unwrap_or_default(),
            issuers: fields
                .texts(remarks, "issuers")
                .into_iter()
                .map(|issuer| issuer.value)
                .collect(),
            parent: fields.text(remarks, "parent"),
            basis: fields.texts(remarks, "basis"),
            held: fields.flag(remarks, "held"),
            in_force: values::in_force(&fields, remarks),
            articles: fields
                .entries(remarks, "articles")
                .iter()
                .filter_map(|entry| article(entry.key.as_ref(), entry.node, remarks))
                .collect(),
        });
    }
    read
}

fn article(key: Option<&Text>, node: &Yaml, remarks: &mut Remarks<'_>) -> Option<(Article, Span)> {
    let Some(id) = key else {
        remarks.error(node.span, Wrong::ArticleWithoutNumber, Fix::ArticlesAsMap);
        return None;
    };
    if let Value::Scalar(_) = &node.value {
        let words = text(node, &id.value, remarks)?;
        let article = Article {
            id: id.value.clone(),
            text: ArticleText::Summary(words.value),
        };
        return Some((article, node.span));
    }
    let fields = Fields::open(node, &["quote", "summary"], remarks)?;
    let (quote, summary) = (fields.text(remarks, "quote"), fields.text(remarks, "summary"));
    let (words, span) = match (quote, summary) {
        (Some(quote), None) => (ArticleText::Quote(quote.value), quote.span),
        (None, Some(summary)) => (ArticleText::Summary(summary.value), summary.span),
        (Some(_), Some(second)) => {
            let wrong = Wrong::ArticleTwoTexts { id: id.value.clone() };
            remarks.error(second.span, wrong, Fix::KeepQuote);
            return None;
        }
        (None, None) => {
            let wrong = Wrong::ArticleWithoutText { id: id.value.clone() };
            remarks.error(id.span, wrong, Fix::QuoteOrSummary);
            return None;
        }
    };
    Some((
        Article {
            id: id.value.clone(),
            text: words,
        },
        span,
    ))
}
