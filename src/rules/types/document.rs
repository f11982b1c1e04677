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
use super::symbols::{HOUSEHOLD, Symbols};
use super::ty::Ty;
use crate::rules::document::{Document, InForce, Instrument};
use crate::rules::expr::{Expr, Literal};
use crate::rules::language::Context;
use crate::rules::language::ast::Node;
use crate::rules::language::draft::{Draft, Text};
use crate::rules::language::error::{Remarks, nearest};
use crate::rules::language::parse::DEPTH_MAX;
use crate::rules::language::source::Span;

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

    fn error(&mut self, span: Span, message: impl Into<String>, fix: impl Into<String>) {
        self.remarks.error(span, message, fix);
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
            let message = format!("the expressions of the document have more than {NODE_COUNT_MAX} nodes");
            self.error(
                node.span,
                message,
                "move what several clauses compute into one clause, or split the document",
            );
        }
        if depth > DEPTH_MAX {
            let message = format!("the expression is {depth} deep and may be {DEPTH_MAX}");
            self.error(node.span, message, "give a part of it a name as a clause");
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
                Some(near) => format!("write `{near}`"),
                None => "declare it under `instruments:` of this or a superior document".to_string(),
            };
            self.remarks
                .error(cite.span, format!("there is no instrument `{id}`"), fix);
            return None;
        };
        if let Some(article) = article
            && !instrument.articles.iter().any(|known| known.id == article)
        {
            let fix = match nearest(article, instrument.articles.iter().map(|article| article.id.as_str())) {
                Some(near) => format!("write `{id}#{near}`"),
                None => format!("add the article to `articles:` of {id}, as a quote or a summary"),
            };
            self.remarks
                .error(cite.span, format!("{id} has no article `{article}` here"), fix);
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
                    Some(near) => format!("write `{near}`"),
                    None => "write a scope of the vocabulary, such as household, member or job".to_string(),
                };
                self.error(scope.span, format!("there is no scope `{}`", scope.value), fix);
            }
            [first, ..] => {
                let message = format!("`{}` names {} scopes", scope.value, found.len());
                self.error(scope.span, message, format!("write the id, such as {first}"));
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
                Some(near) => format!("write `{near}`"),
                None => "write fen, fen_per_person, ratio, persons, count, months, days, years, bool, date, month, \
                         area or code:LIST"
                    .to_string(),
            };
            self.error(word.span, format!("there is no type `{}`", word.value), fix);
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
            self.remarks
                .enter(place.map_or(String::new(), |id| format!("clause {}", id.value)));
            let fix = "no clause may read itself, not by way of others either: take one reading away";
            self.remarks
                .error(span, format!("a cycle: {}", cycle.join(" -> ")), fix);
        }
        self.sites.judge(&clauses, &self.symbols, self.remarks);
        if document.clauses.len() > CLAUSE_COUNT_MAX {
            let message = format!("the document has {} clauses", document.clauses.len());
            self.error(self.draft.policy.span, message, format!("keep to {CLAUSE_COUNT_MAX}"));
        }
    }
}

/// Whether two intervals share a day.
fn overlap(a: InForce, b: InForce) -> bool {
    let before = |a: InForce, b: InForce| a.until.is_some_and(|last| b.from.is_some_and(|first| last < first));
    !before(a, b) && !before(b, a)
}

/// Reports each id that stands twice.
fn unique<'t>(texts: impl IntoIterator<Item = &'t Text>, what: &str, remarks: &mut Remarks<'_>) {
    let mut seen = BTreeSet::new();
    for text in texts {
        if !seen.insert(text.value.as_str()) {
            remarks.enter(format!("{what} {}", text.value));
            remarks.error(
                text.span,
                format!("a second {what} `{}`", text.value),
                "give it another id",
            );
        }
    }
    remarks.enter("");
}
