//! What things are called: facts, clauses, parameters and codes by their Chinese names.

use std::collections::BTreeMap;

use crate::rules::document::{ArticleText, Choice, Document, InForce, Instrument, Type};
use crate::rules::expr::{Aggregate, AggregateKind, Expr, Operator, Unit};
use crate::rules::types::literal_shown;

/// The names of a set of documents: the vocabulary and the layers, nation first.
#[derive(Debug, Default)]
pub struct Names<'d> {
    /// Name and type by path; two facts may share a path, and then share both.
    facts: BTreeMap<&'d str, (&'d str, &'d Type)>,
    clauses: BTreeMap<&'d str, (&'d str, &'d Type)>,
    parameters: BTreeMap<&'d str, (&'d str, &'d Type)>,
    scopes: BTreeMap<&'d str, &'d str>,
    codes: BTreeMap<&'d str, BTreeMap<&'d str, &'d str>>,
    choices: BTreeMap<&'d str, &'d Choice>,
    questions: BTreeMap<&'d str, &'d str>,
    instruments: BTreeMap<&'d str, &'d Instrument>,
}

impl<'d> Names<'d> {
    /// Collects the names; a later document's choice is the one in force.
    #[must_use]
    pub fn of(documents: impl IntoIterator<Item = &'d Document>) -> Names<'d> {
        let mut names = Names::default();
        for document in documents {
            if let Some(vocabulary) = &document.vocabulary {
                for scope in &vocabulary.scopes {
                    names.scopes.insert(&scope.id, &scope.name);
                }
                for list in &vocabulary.codes {
                    let codes = list
                        .codes
                        .iter()
                        .map(|(code, name)| (code.as_str(), name.as_str()))
                        .collect();
                    names.codes.insert(&list.id, codes);
                }
                for fact in &vocabulary.facts {
                    names.facts.insert(&fact.path, (&fact.name, &fact.unit));
                }
            }
            for clause in &document.clauses {
                names.clauses.insert(&clause.id, (&clause.name, &clause.unit));
            }
            for parameter in &document.parameters {
                if let Some(declaration) = &parameter.declaration {
                    names
                        .parameters
                        .insert(&parameter.id, (&declaration.name, &declaration.unit));
                }
            }
            for choice in &document.choices {
                names.choices.insert(&choice.id, choice);
                if !choice.name.is_empty() {
                    names.questions.insert(&choice.id, &choice.name);
                }
            }
            for instrument in &document.instruments {
                names.instruments.insert(&instrument.id, instrument);
            }
        }
        names
    }

    /// A fact's name.
    #[must_use]
    pub fn fact(&self, path: &str) -> String {
        self.facts.get(path).map_or(path, |(name, _)| name).to_string()
    }

    /// A clause's name.
    #[must_use]
    pub fn clause(&self, id: &str) -> String {
        self.clauses.get(id).map_or(id, |(name, _)| name).to_string()
    }

    /// A parameter's name.
    #[must_use]
    pub fn parameter(&self, id: &str) -> String {
        self.parameters.get(id).map_or(id, |(name, _)| name).to_string()
    }

    /// A scope's name.
    #[must_use]
    pub fn scope(&self, id: &str) -> String {
        self.scopes.get(id).map_or(id, |name| name).to_string()
    }

    /// The choice in force.
    #[must_use]
    pub fn choice(&self, id: &str) -> Option<&'d Choice> {
        self.choices.get(id).copied()
    }

    /// The question that a choice answers.
    #[must_use]
    pub fn question(&self, id: &str) -> String {
        self.questions.get(id).map_or(id, |question| question).to_string()
    }

    /// A code of a list by its Chinese name.
    #[must_use]
    pub fn code(&self, list: Option<&str>, code: &str) -> String {
        let name = list
            .and_then(|list| self.codes.get(list))
            .and_then(|codes| codes.get(code));
        name.map_or(code, |name| name).to_string()
    }

    /// A code whose list is not at hand: its Chinese name where every list that has it agrees.
    #[must_use]
    pub fn any_code(&self, code: &str) -> String {
        let mut found = self.codes.values().filter_map(|codes| codes.get(code));
        match (found.next(), found.next()) {
            (Some(name), None) => (*name).to_string(),
            (Some(name), Some(other)) if name == other => (*name).to_string(),
            _ => code.to_string(),
        }
    }

    /// The type of an expression as far as it can be read off it.
    #[must_use]
    pub fn type_of(&self, expr: &Expr) -> Option<Type> {
        let known = |found: Option<&(&str, &Type)>| found.map(|(_, unit)| (*unit).clone());
        match expr {
            Expr::Fact(path) => known(self.facts.get(path.as_str())),
            Expr::Clause(id) => known(self.clauses.get(id.as_str())),
            Expr::Lookup { parameter, .. } => known(self.parameters.get(parameter.as_str())),
            Expr::Round { .. } => Some(Type::Number(Unit::Fen)),
            Expr::Apply(operator, parts) => match operator {
                Operator::MonthOf | Operator::NextMonth => Some(Type::Month),
                Operator::MonthStart | Operator::MonthEnd | Operator::AddDays | Operator::AddWorkingDays => {
                    Some(Type::Date)
                }
                Operator::AddMonths | Operator::Min | Operator::Max => self.type_of(parts.first()?),
                Operator::If => self.type_of(parts.get(1)?),
                _ => None,
            },
            Expr::Match(_, arms) => self.type_of(&arms.first()?.1),
            Expr::Aggregate(aggregate) => self.type_of_aggregate(aggregate),
            Expr::Literal(_) | Expr::Known(_) | Expr::Choice(_) | Expr::InBounds { .. } | Expr::In(..) => None,
        }
    }

    fn type_of_aggregate(&self, aggregate: &Aggregate) -> Option<Type> {
        match &aggregate.kind {
            AggregateKind::Sum(value)
            | AggregateKind::Least(value, _)
            | AggregateKind::Greatest(value, _)
            | AggregateKind::First { value, .. } => self.type_of(value),
            AggregateKind::Any(_) | AggregateKind::All(_) => Some(Type::Bool),
            AggregateKind::Count => None,
        }
    }

    /// The words of a citation: instrument and article, the text, and whether it is quoted.
    #[must_use]
    pub fn article(&self, cite: &str) -> Option<(String, String, bool)> {
        let (id, article) = cite
            .split_once('#')
            .map_or((cite, None), |(id, article)| (id, Some(article)));
        let instrument = self.instruments.get(id)?;
        let found = article.and_then(|article| instrument.articles.iter().find(|known| known.id == article));
        let source = match article {
            Some(article) => format!("{} {}", self.instrument_title(id), article_words(article)),
            None => self.instrument_title(id),
        };
        match found.map(|article| &article.text) {
            Some(ArticleText::Quote(words)) => Some((source, words.clone(), true)),
            Some(ArticleText::Summary(words)) => Some((source, words.clone(), false)),
            None => Some((source, instrument.title.clone(), false)),
        }
    }

    /// An instrument's number and title.
    #[must_use]
    pub fn instrument_title(&self, id: &str) -> String {
        self.instruments.get(id).map_or_else(
            || id.to_string(),
            |found| format!("{}《{}》", found.number, found.title),
        )
    }

    /// A citation in a few words.
    #[must_use]
    pub fn citation(&self, cite: &str) -> String {
        let (id, article) = cite
            .split_once('#')
            .map_or((cite, None), |(id, article)| (id, Some(article)));
        let number = self
            .instruments
            .get(id)
            .map_or(id, |instrument| instrument.number.as_str());
        article.map_or_else(
            || number.to_string(),
            |article| format!("{number}{}", article_words(article)),
        )
    }

    /// A literal, its code by its Chinese name.
    #[must_use]
    pub fn literal(&self, literal: &crate::rules::expr::Literal, of: Option<&Type>) -> String {
        match (literal, of) {
            (crate::rules::expr::Literal::Code(code), Some(Type::Code(list))) => self.code(Some(list), code),
            _ => literal_shown(literal),
        }
    }
}

/// `8` is 第8条; an article that is no number stands as it is.
#[must_use]
pub fn article_words(article: &str) -> String {
    if article.bytes().all(|b| b.is_ascii_digit()) {
        format!("第{article}条")
    } else {
        article.to_string()
    }
}

/// An interval in words; empty if it has no ends.
#[must_use]
pub fn effect_words(in_force: InForce) -> String {
    let shown = crate::rules::types::date_shown;
    match (in_force.from, in_force.until) {
        (None, None) => String::new(),
        (Some(from), None) => format!("{}起", shown(from)),
        (None, Some(until)) => format!("至{}", shown(until)),
        (Some(from), Some(until)) => format!("{}至{}", shown(from), shown(until)),
    }
}

/// A type in words.
#[must_use]
pub fn unit_words(unit: &Type) -> String {
    match unit {
        Type::Number(unit) => match unit {
            Unit::Fen => "金额",
            Unit::FenPerPerson => "每人金额",
            Unit::Ratio => "比例",
            Unit::Persons => "人数",
            Unit::Count => "次数",
            Unit::Months => "月数",
            Unit::Days => "日数",
            Unit::Years => "岁数",
        },
        Type::Bool => "是否",
        Type::Code(_) => "类别",
        Type::Date => "日期",
        Type::Month => "月份",
        Type::Area => "区划",
    }
    .to_string()
}
