//! What can be judged only when every clause is known: divisors, comparisons, amounts.

use std::collections::{BTreeMap, BTreeSet};

use super::graph;
use super::symbols::{Symbols, number};
use super::ty::Dimension;
use crate::rules::expr::{AggregateKind, Expr, Literal, Operator, Unit};
use crate::rules::language::error::{Place, Remarks};
use crate::rules::language::said::{Fix, Wrong};
use crate::rules::language::source::Span;
use crate::rules::number::Number;

/// The versions of each clause, superior documents included.
pub type Clauses<'a> = BTreeMap<&'a str, Vec<&'a Expr>>;

/// One place to judge later.
#[derive(Debug)]
struct Site {
    place: Place,
    span: Span,
    exprs: Vec<Expr>,
}

/// All places to judge later.
#[derive(Debug, Default)]
pub struct Sites {
    divisors: Vec<(Site, bool)>,
    compared: Vec<Site>,
    amounts: Vec<Site>,
}

impl Sites {
    /// Something is divided by this; a number of persons is never zero where it decides (L21).
    pub fn divided(&mut self, divisor: &Expr, dimension: Dimension, span: Span, remarks: &Remarks<'_>) {
        let persons = dimension.unit() == Some(Unit::Persons);
        self.divisors.push((
            Site {
                place: remarks.place(),
                span,
                exprs: vec![divisor.clone()],
            },
            persons,
        ));
    }

    /// These are compared.
    pub fn compared(&mut self, exprs: &[Expr], span: Span, remarks: &Remarks<'_>) {
        self.compared.push(Site {
            place: remarks.place(),
            span,
            exprs: exprs.to_vec(),
        });
    }

    /// This is paid or shown: it must be whole fen.
    pub fn amount(&mut self, expr: &Expr, span: Span, remarks: &Remarks<'_>) {
        self.amounts.push(Site {
            place: remarks.place(),
            span,
            exprs: vec![expr.clone()],
        });
    }

    /// Judges all places.
    pub fn judge(&self, clauses: &Clauses<'_>, symbols: &Symbols, remarks: &mut Remarks<'_>) {
        let judge = Judge::of(clauses, symbols);
        for (site, persons) in &self.divisors {
            if !persons && !site.exprs.iter().all(|expr| judge.positive(expr)) {
                remarks.go_back(&site.place);
                remarks.error(site.span, Wrong::DivisorMayBeZero, Fix::MultiplyAcross);
            }
        }
        for site in &self.compared {
            if site.exprs.iter().any(|expr| judge.rounded(expr)) {
                remarks.go_back(&site.place);
                remarks.warn(site.span, Wrong::RoundedCompared, Fix::CompareExact);
            }
        }
        for site in &self.amounts {
            if !site.exprs.iter().all(|expr| judge.whole(expr)) {
                remarks.go_back(&site.place);
                remarks.error(site.span, Wrong::AmountMayHavePart, Fix::RoundIt);
            }
        }
        remarks.leave();
    }
}

/// What is known of every clause, worked out once for each: those it reads come first, so nothing recurses
/// through clauses. Of a clause on a cycle (reported elsewhere) nothing is known.
struct Judge<'j> {
    symbols: &'j Symbols,
    positive: BTreeSet<&'j str>,
    rounded: BTreeSet<&'j str>,
    fractional: BTreeSet<&'j str>,
}

impl<'j> Judge<'j> {
    fn of(clauses: &Clauses<'j>, symbols: &'j Symbols) -> Judge<'j> {
        let mut judge = Judge {
            symbols,
            positive: BTreeSet::new(),
            rounded: BTreeSet::new(),
            fractional: BTreeSet::new(),
        };
        for id in graph::order(clauses) {
            let versions = clauses.get(id).map(Vec::as_slice).unwrap_or_default();
            if versions.iter().all(|expr| judge.positive(expr)) {
                judge.positive.insert(id);
            }
            if versions.iter().any(|expr| judge.rounded(expr)) {
                judge.rounded.insert(id);
            }
            if !versions.iter().all(|expr| judge.whole(expr)) {
                judge.fractional.insert(id);
            }
        }
        judge
    }

    /// Whether a number is certain to be above 0.
    fn positive(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Literal(literal) => number(literal).is_some_and(|value| value.numerator() > 0),
            Expr::Clause(id) => self.positive.contains(id.as_str()),
            Expr::Lookup { parameter, .. } => self.symbols.parameter(parameter).is_some_and(|parameter| {
                parameter
                    .bounds
                    .is_some_and(|(min, _): (Number, Number)| min.numerator() > 0)
            }),
            Expr::Apply(operator, parts) => match operator {
                Operator::Max => parts.iter().any(|part| self.positive(part)),
                Operator::Add | Operator::Mul | Operator::Div | Operator::Min => {
                    parts.iter().all(|part| self.positive(part))
                }
                Operator::If => parts.iter().skip(1).all(|part| self.positive(part)),
                _ => false,
            },
            Expr::Match(_, arms) => arms.iter().all(|(_, value)| self.positive(value)),
            Expr::Fact(_)
            | Expr::Known(_)
            | Expr::Choice(_)
            | Expr::InBounds { .. }
            | Expr::In(..)
            | Expr::Round { .. }
            | Expr::Aggregate(_) => false,
        }
    }

    /// Whether a rounding feeds a value.
    fn rounded(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Round { .. } => true,
            Expr::Clause(id) => self.rounded.contains(id.as_str()),
            // A condition inside is judged as a comparison of its own.
            Expr::Apply(Operator::If, parts) => parts.iter().skip(1).any(|part| self.rounded(part)),
            Expr::Apply(_, parts) => parts.iter().any(|part| self.rounded(part)),
            Expr::Match(_, arms) => arms.iter().any(|(_, value)| self.rounded(value)),
            Expr::Aggregate(aggregate) => match &aggregate.kind {
                AggregateKind::Sum(value) | AggregateKind::Least(value, _) | AggregateKind::Greatest(value, _) => {
                    self.rounded(value)
                }
                AggregateKind::First { value, .. } => self.rounded(value),
                AggregateKind::Count | AggregateKind::Any(_) | AggregateKind::All(_) => false,
            },
            Expr::Literal(_)
            | Expr::Fact(_)
            | Expr::Known(_)
            | Expr::Choice(_)
            | Expr::Lookup { .. }
            | Expr::InBounds { .. }
            | Expr::In(..) => false,
        }
    }

    /// Whether an amount is whole fen: rounded, read from a fact, or made of such.
    fn whole(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Round { .. } | Expr::Fact(_) => true,
            Expr::Literal(Literal::Number(value, _)) => value.denominator() == 1,
            Expr::Literal(_) => true,
            Expr::Clause(id) => !self.fractional.contains(id.as_str()),
            // Values of parameters in fen are whole by their literals.
            Expr::Lookup { parameter, .. } => self.symbols.parameter(parameter).is_some_and(|parameter| {
                !matches!(
                    parameter.ty.sealed(),
                    Some(crate::rules::document::Type::Number(Unit::Ratio))
                )
            }),
            Expr::Apply(operator, parts) => match operator {
                Operator::Div => false,
                Operator::If => parts.iter().skip(1).all(|part| self.whole(part)),
                _ => parts.iter().all(|part| self.whole(part)),
            },
            Expr::Match(_, arms) => arms.iter().all(|(_, value)| self.whole(value)),
            Expr::Aggregate(aggregate) => match &aggregate.kind {
                AggregateKind::Sum(value) => self.whole(value),
                AggregateKind::Least(value, default) | AggregateKind::Greatest(value, default) => {
                    self.whole(value) && self.whole(default)
                }
                AggregateKind::First { value, default, .. } => {
                    self.whole(value) && default.as_ref().is_none_or(|default| self.whole(default))
                }
                AggregateKind::Count | AggregateKind::Any(_) | AggregateKind::All(_) => true,
            },
            Expr::Known(_) | Expr::Choice(_) | Expr::InBounds { .. } | Expr::In(..) => true,
        }
    }
}
