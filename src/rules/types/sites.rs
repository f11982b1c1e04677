//! What can be judged only when every clause is known: divisors, comparisons, amounts.

use std::collections::{BTreeMap, BTreeSet};

use super::symbols::{Symbols, number};
use super::ty::Dimension;
use crate::rules::expr::{AggregateKind, Expr, Literal, Operator, Unit};
use crate::rules::language::error::Remarks;
use crate::rules::language::source::Span;
use crate::rules::number::Number;

/// The versions of each clause, superior documents included.
pub type Clauses<'a> = BTreeMap<&'a str, Vec<&'a Expr>>;

/// One place to judge later.
#[derive(Debug)]
struct Site {
    place: String,
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
        let judge = Judge { clauses, symbols };
        for (site, persons) in &self.divisors {
            if !persons && !site.exprs.iter().all(|expr| judge.positive(expr, &mut BTreeSet::new())) {
                remarks.enter(&site.place);
                let fix =
                    "multiply across instead, give the parameter `bounds` above 0, or write 较大(1, ...) with the unit";
                remarks.error(site.span, "this divisor may be 0", fix);
            }
        }
        for site in &self.compared {
            if site.exprs.iter().any(|expr| judge.rounded(expr, &mut BTreeSet::new())) {
                remarks.enter(&site.place);
                let fix = "compare the exact value, and round only what is paid";
                remarks.warn(site.span, "a rounded value is compared here", fix);
            }
        }
        for site in &self.amounts {
            if !site.exprs.iter().all(|expr| judge.whole(expr, &mut BTreeSet::new())) {
                remarks.enter(&site.place);
                let fix = "write 取整(..., 分, 四舍五入) around it, as the choice on rounding says";
                remarks.error(site.span, "this amount may have a part of a fen", fix);
            }
        }
        remarks.enter("");
    }
}

struct Judge<'j> {
    clauses: &'j Clauses<'j>,
    symbols: &'j Symbols,
}

/// Ids of clauses that are being looked into, so that a cycle (reported elsewhere) ends.
type Seen = BTreeSet<String>;

impl Judge<'_> {
    /// Whether every version of a clause has a property.
    fn clause(&self, id: &str, seen: &mut Seen, on_cycle: bool, holds: impl Fn(&Expr, &mut Seen) -> bool) -> bool {
        if !seen.insert(id.to_string()) {
            return on_cycle;
        }
        let versions = self.clauses.get(id);
        let answer = versions.is_some_and(|versions| versions.iter().all(|expr| holds(expr, seen)));
        seen.remove(id);
        answer
    }

    /// Whether a number is certain to be above 0.
    fn positive(&self, expr: &Expr, seen: &mut Seen) -> bool {
        match expr {
            Expr::Literal(literal) => number(literal).is_some_and(|value| value.numerator() > 0),
            Expr::Clause(id) => self.clause(id, seen, false, |expr, seen| self.positive(expr, seen)),
            Expr::Lookup { parameter, .. } => self.symbols.parameter(parameter).is_some_and(|parameter| {
                parameter
                    .bounds
                    .is_some_and(|(min, _): (Number, Number)| min.numerator() > 0)
            }),
            Expr::Apply(operator, parts) => match operator {
                Operator::Max => parts.iter().any(|part| self.positive(part, seen)),
                Operator::Add | Operator::Mul | Operator::Div | Operator::Min => {
                    parts.iter().all(|part| self.positive(part, seen))
                }
                Operator::If => parts.iter().skip(1).all(|part| self.positive(part, seen)),
                _ => false,
            },
            Expr::Match(_, arms) => arms.iter().all(|(_, value)| self.positive(value, seen)),
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
    fn rounded(&self, expr: &Expr, seen: &mut Seen) -> bool {
        match expr {
            Expr::Round { .. } => true,
            Expr::Clause(id) => {
                // Any version that rounds: the negation of "every version does not".
                let exact = |expr: &Expr, seen: &mut Seen| !self.rounded(expr, seen);
                self.clauses.contains_key(id.as_str()) && !self.clause(id, seen, true, exact)
            }
            // A condition inside is judged as a comparison of its own.
            Expr::Apply(Operator::If, parts) => parts.iter().skip(1).any(|part| self.rounded(part, seen)),
            Expr::Apply(_, parts) => parts.iter().any(|part| self.rounded(part, seen)),
            Expr::Match(_, arms) => arms.iter().any(|(_, value)| self.rounded(value, seen)),
            Expr::Aggregate(aggregate) => match &aggregate.kind {
                AggregateKind::Sum(value) | AggregateKind::Least(value, _) | AggregateKind::Greatest(value, _) => {
                    self.rounded(value, seen)
                }
                AggregateKind::First { value, .. } => self.rounded(value, seen),
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
    fn whole(&self, expr: &Expr, seen: &mut Seen) -> bool {
        match expr {
            Expr::Round { .. } | Expr::Fact(_) => true,
            Expr::Literal(Literal::Number(value, _)) => value.denominator() == 1,
            Expr::Literal(_) => true,
            Expr::Clause(id) => self.clause(id, seen, true, |expr, seen| self.whole(expr, seen)),
            // Values of parameters in fen are whole by their literals.
            Expr::Lookup { parameter, .. } => self.symbols.parameter(parameter).is_some_and(|parameter| {
                !matches!(
                    parameter.ty.sealed(),
                    Some(crate::rules::document::Type::Number(Unit::Ratio))
                )
            }),
            Expr::Apply(operator, parts) => match operator {
                Operator::Div => false,
                Operator::If => parts.iter().skip(1).all(|part| self.whole(part, seen)),
                _ => parts.iter().all(|part| self.whole(part, seen)),
            },
            Expr::Match(_, arms) => arms.iter().all(|(_, value)| self.whole(value, seen)),
            Expr::Aggregate(aggregate) => match &aggregate.kind {
                AggregateKind::Sum(value) => self.whole(value, seen),
                AggregateKind::Least(value, default) | AggregateKind::Greatest(value, default) => {
                    self.whole(value, seen) && self.whole(default, seen)
                }
                AggregateKind::First { value, default, .. } => {
                    self.whole(value, seen) && default.as_ref().is_none_or(|default| self.whole(default, seen))
                }
                AggregateKind::Count | AggregateKind::Any(_) | AggregateKind::All(_) => true,
            },
            Expr::Known(_) | Expr::Choice(_) | Expr::InBounds { .. } | Expr::In(..) => true,
        }
    }
}
