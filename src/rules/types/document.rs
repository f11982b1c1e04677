//! Seals a document: each part checked against the vocabulary, the superior documents and itself.

mod calendar;
mod choices;
mod clauses;
mod guards;
mod instruments;
mod outcomes;
mod parameters;
mod vocabulary;

use std::collections::BTreeSet;

use super::check::Checker;
use super::graph::{self, CLAUSE_COUNT_MAX, NODE_COUNT_MAX};
use super::sites::{Clauses, Sites};
use super::symbols::Symbols;
use super::ty::Ty;
use crate::rules::document::{Document, InForce, Instrument};
use crate::rules::expr::{Expr, Literal};
use crate::rules::language::Context;
use crate::rules::language::ast::Node;
use crate::rules::language::draft::{Draft, Text};
use crate::rules::language::error::{Remarks, nearest};
use crate::rules::language::parse::DEPTH_MAX;
use crate::rules::language::said::{At, Fix, Wrong};
use crate::rules::language::source::Span;
use crate::rules::vocabulary::HOUSEHOLD;

/// What the parts of a document share while they are sealed.
struct Seal<'a, 's> {
    draft: &'a Draft,
    context: &'a Context,
    remarks: &'a mut Remarks<'s>,
    symbols: Symbols,
    sites: Sites,
    /// Nodes of all expressions so far.
    nodes: usize,
    /// Instruments of superior documents and of this one.
    instruments: Vec<Instrument>,
}

/// The sealed document. What is wrong is reported; the result is of use only without errors.
#[must_use]
pub fn seal(draft: &Draft, context: &Context, remarks: &mut Remarks<'_>) -> Document {
    let symbols = Symbols::of(&context.documents);
    let instruments = context
        .documents
        .iter()
        .flat_map(|document| document.instruments.iter().cloned())
        .collect();
    let mut seal = Seal {
        draft,
        context,
        remarks,
        symbols,
        sites: Sites::default(),
        nodes: 0,
        instruments,
    };
    // Declarations first, in the order in which they can name each other; expressions after them.
    let mut document = Document {
        policy: draft.policy.value.clone(),
        area: draft.area.value.clone(),
        title: draft.title.clone(),
        ..Document::default()
    };
    document.vocabulary = seal.vocabulary();
    document.instruments = seal.instruments();
    document.choices = seal.choices();
    document.parameters = seal.parameters();
    seal.declare_clauses();
    seal.groups();
    document.clauses = seal.clauses();
    document.outcomes = seal.outcomes();
    document.guards = seal.guards();
    document.schedules = seal.schedules();
    document.carries = seal.carries();
    document.calendar = seal.calendar();
    document.cases = draft.cases.clone();
    seal.whole(&document);
    document
}

impl<'s> Seal<'_, 's> {
    /// A checker that stands in a scope.
    fn checker(&mut self, scope: &str) -> Checker<'_, 's> {
        Checker::new(&self.symbols, self.remarks, &mut self.sites, scope)
    }

    fn error(&mut self, span: Span, wrong: Wrong, fix: Fix) {
        self.remarks.error(span, wrong, fix);
    }

    /// An expression of a type in a scope; literal true stands in for one that is wrong and reported.
    fn expression(&mut self, node: Option<&Node>, ty: &Ty, scope: &str) -> Expr {
        self.optional(node, ty, scope)
            .unwrap_or(Expr::Literal(Literal::Bool(true)))
    }

    fn optional(&mut self, node: Option<&Node>, ty: &Ty, scope: &str) -> Option<Expr> {
        let node = node?;
        // Past the limit nothing more is read: the cost of a check is bounded too.
        if self.nodes > NODE_COUNT_MAX {
            return None;
        }
        let expr = self.checker(scope).expect(node, ty)?;
        let (nodes, depth) = graph::measure(&expr);
        self.nodes += nodes;
        if self.nodes > NODE_COUNT_MAX {
            let wrong = Wrong::TooManyNodes { max: NODE_COUNT_MAX };
            self.error(node.span, wrong, Fix::ShareOrSplit);
        }
        if depth > DEPTH_MAX {
            let wrong = Wrong::TooDeep { depth, max: DEPTH_MAX };
            self.error(node.span, wrong, Fix::NameAPart);
        }
        Some(expr)
    }

    /// An amount that is paid or shown.
    fn amount(&mut self, node: Option<&Node>, scope: &str) -> Option<Expr> {
        let expr = self.optional(node, &Ty::number(crate::rules::expr::Unit::Fen), scope)?;
        self.sites.amount(&expr, node?.span, self.remarks);
        Some(expr)
    }

    /// A citation: the instrument and the article are known.
    fn cite(&mut self, cite: Option<&Text>) -> Option<String> {
        let cite = cite?;
        let (id, article) = cite
            .value
            .split_once('#')
            .map_or((cite.value.as_str(), None), |(i, a)| (i, Some(a)));
        let Some(instrument) = self.instruments.iter().find(|instrument| instrument.id == id) else {
            let fix = match nearest(id, self.instruments.iter().map(|instrument| instrument.id.as_str())) {
                Some(near) => Fix::write(near),
                None => Fix::DeclareInstrument,
            };
            let wrong = Wrong::NoInstrument { id: id.to_owned() };
            self.remarks.error(cite.span, wrong, fix);
            return None;
        };
        if let Some(article) = article
            && !instrument.articles.iter().any(|known| known.id == article)
        {
            let fix = match nearest(article, instrument.articles.iter().map(|article| article.id.as_str())) {
                Some(near) => Fix::write(format!("{id}#{near}")),
                None => Fix::AddArticle { id: id.to_owned() },
            };
            let wrong = Wrong::NoArticle {
                id: id.to_owned(),
                article: article.to_owned(),
            };
            self.remarks.error(cite.span, wrong, fix);
        }
        Some(cite.value.clone())
    }

    /// The id of a scope that is written by id or Chinese name; the household by default.
    fn scope(&mut self, scope: Option<&Text>) -> String {
        let Some(scope) = scope else {
            return HOUSEHOLD.to_string();
        };
        let found: Vec<String> = self
            .symbols
            .scopes_named(&scope.value)
            .map(|found| found.id.clone())
            .collect();
        match found.as_slice() {
            [one] => return one.clone(),
            [] => {
                let names = self
                    .symbols
                    .scopes
                    .iter()
                    .flat_map(|scope| [scope.id.as_str(), scope.name.as_str()]);
                let fix = match nearest(&scope.value, names) {
                    Some(near) => Fix::write(near),
                    None => Fix::ScopeLike,
                };
                let name = scope.value.clone();
                self.error(scope.span, Wrong::NoScope { name }, fix);
            }
            [first, ..] => {
                let wrong = Wrong::NamesScopes {
                    name: scope.value.clone(),
                    count: found.len(),
                };
                self.error(scope.span, wrong, Fix::WriteId { id: first.clone() });
            }
        }
        HOUSEHOLD.to_string()
    }

    /// The type of a word.
    fn ty(&mut self, word: &Text) -> Option<Ty> {
        // A missing unit has been reported where it is missing.
        if word.value.is_empty() {
            return None;
        }
        let ty = self.symbols.ty_named(&word.value);
        if ty.is_none() {
            let fix = match nearest(&word.value, self.symbols.type_words()) {
                Some(near) => Fix::write(near),
                None => Fix::TypesAre,
            };
            let word_text = word.value.clone();
            self.error(word.span, Wrong::NoType { word: word_text }, fix);
        }
        ty
    }

    /// What only the whole document shows: cycles, sizes, divisors, roundings.
    fn whole(&mut self, document: &Document) {
        let superior = self.context.documents.iter().flat_map(|document| &document.clauses);
        let mut clauses: Clauses<'_> = Clauses::new();
        for clause in superior.chain(&document.clauses) {
            clauses.entry(clause.id.as_str()).or_default().push(&clause.expr);
        }
        let own: Vec<&Text> = self.draft.clauses.iter().map(|clause| &clause.id).collect();
        for cycle in graph::cycles(&clauses) {
            let place = own.iter().find(|id| cycle.contains(&id.value));
            let span = place.map_or(self.draft.policy.span, |id| id.span);
            match place {
                Some(id) => self.remarks.enter(At::Clause, &id.value),
                None => self.remarks.leave(),
            }
            let path = cycle.join(" -> ");
            self.remarks.error(span, Wrong::Cycle { path }, Fix::NoSelfReading);
        }
        self.sites.judge(&clauses, &self.symbols, self.remarks);
        if document.clauses.len() > CLAUSE_COUNT_MAX {
            let wrong = Wrong::TooManyClauses {
                count: document.clauses.len(),
            };
            self.error(self.draft.policy.span, wrong, Fix::KeepTo { max: CLAUSE_COUNT_MAX });
        }
    }
}

/// Whether two intervals share a day.
fn overlap(a: InForce, b: InForce) -> bool {
    let before = |a: InForce, b: InForce| a.until.is_some_and(|last| b.from.is_some_and(|first| last < first));
    !before(a, b) && !before(b, a)
}

/// Reports each id that stands twice.
fn unique<'t>(texts: impl IntoIterator<Item = &'t Text>, what: At, remarks: &mut Remarks<'_>) {
    let mut seen = BTreeSet::new();
    for text in texts {
        if !seen.insert(text.value.as_str()) {
            remarks.enter(what.clone(), &text.value);
            let wrong = Wrong::Second {
                what: what.clone(),
                id: text.value.clone(),
            };
            remarks.error(text.span, wrong, Fix::AnotherId);
        }
    }
    remarks.leave();
}
