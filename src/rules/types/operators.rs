//! Checks the operators: what they take, and the unit of what they give.

use super::check::{Checker, Typed, mismatch_fix};
use super::ty::{Dimension, Ty};
use crate::rules::expr::{Expr, Literal, Operator, Unit};
use crate::rules::language::ast::{Kind, Node};
use crate::rules::language::names::operator_name;
use crate::rules::language::said::{Fix, Wrong};
use crate::rules::language::source::Span;

impl Checker<'_, '_> {
    /// An operator over its arguments.
    pub(super) fn apply(
        &mut self,
        operator: Operator,
        nodes: &[Node],
        wanted: Option<&Ty>,
        span: Span,
    ) -> Option<Typed> {
        let typed = match operator {
            Operator::And | Operator::Or | Operator::Not => {
                let read: Vec<Option<Expr>> = nodes.iter().map(|node| self.expect(node, &Ty::Bool)).collect();
                (read.into_iter().collect::<Option<Vec<Expr>>>()?, Ty::Bool)
            }
            Operator::If => return self.condition(nodes, wanted),
            Operator::Neg | Operator::Add | Operator::Sub | Operator::Min | Operator::Max => {
                self.alike(operator, nodes, wanted)?
            }
            Operator::Mul => self.product(nodes)?,
            Operator::Div => self.quotient(nodes)?,
            Operator::Eq | Operator::Ne => {
                let (read, _) = self.same(operator, nodes, None)?;
                self.sites.compared(&read, span, self.remarks);
                (read, Ty::Bool)
            }
            Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge | Operator::Within => {
                let (read, ty) = self.same(operator, nodes, None)?;
                if matches!(ty, Ty::Bool | Ty::Code(_) | Ty::Area) {
                    return self.wrong(span, Wrong::NoOrder { ty: ty.describe() }, Fix::CompareEqual);
                }
                self.sites.compared(&read, span, self.remarks);
                (read, Ty::Bool)
            }
            Operator::MonthOf => (self.arguments(nodes, &[Ty::Date])?, Ty::Month),
            Operator::MonthStart | Operator::MonthEnd => (self.arguments(nodes, &[Ty::Month])?, Ty::Date),
            Operator::NextMonth => {
                let (read, _) = self.date_or_month(operator, nodes.first()?)?;
                (vec![read], Ty::Month)
            }
            Operator::AddMonths => {
                let (first, ty) = self.date_or_month(operator, nodes.first()?)?;
                (vec![first, self.expect(nodes.get(1)?, &Ty::number(Unit::Months))?], ty)
            }
            Operator::AddDays => (self.arguments(nodes, &[Ty::Date, Ty::number(Unit::Days)])?, Ty::Date),
            Operator::AddWorkingDays => (self.arguments(nodes, &[Ty::Date, Ty::number(Unit::Count)])?, Ty::Date),
            Operator::MonthsBetween => {
                let (first, _) = self.date_or_month(operator, nodes.first()?)?;
                let (second, _) = self.date_or_month(operator, nodes.get(1)?)?;
                (vec![first, second], Ty::number(Unit::Months))
            }
            Operator::DaysBetween => (self.arguments(nodes, &[Ty::Date, Ty::Date])?, Ty::number(Unit::Days)),
            Operator::AgeAt => (self.arguments(nodes, &[Ty::Date, Ty::Date])?, Ty::number(Unit::Years)),
            Operator::WithinArea => (self.arguments(nodes, &[Ty::Area, Ty::Area])?, Ty::Bool),
        };
        Some(Typed {
            expr: Expr::Apply(operator, typed.0),
            ty: typed.1,
        })
    }

    fn arguments(&mut self, nodes: &[Node], wanted: &[Ty]) -> Option<Vec<Expr>> {
        let read: Vec<Option<Expr>> = nodes
            .iter()
            .zip(wanted)
            .map(|(node, ty)| self.expect(node, ty))
            .collect();
        read.into_iter().collect()
    }

    fn date_or_month(&mut self, operator: Operator, node: &Node) -> Option<(Expr, Ty)> {
        let typed = self.expr(node, None)?;
        if matches!(typed.ty, Ty::Date | Ty::Month) {
            return Some((typed.expr, typed.ty));
        }
        let told = Wrong::DateOrMonthWanted {
            operator: operator_name(operator),
            ty: typed.ty.describe(),
        };
        self.wrong(node.span, told, Fix::DateOrMonth)
    }

    /// 若: a bool, and two branches alike.
    fn condition(&mut self, nodes: &[Node], wanted: Option<&Ty>) -> Option<Typed> {
        let [condition, then, otherwise] = nodes else {
            return None;
        };
        let condition = self.expect(condition, &Ty::Bool);
        let branches = self.same_nodes(Operator::If, &[then, otherwise], wanted);
        let (mut branches, ty) = branches?;
        let mut read = vec![condition?];
        read.append(&mut branches);
        Some(Typed {
            expr: Expr::Apply(Operator::If, read),
            ty,
        })
    }

    /// Numbers alike, and the result like them.
    fn alike(&mut self, operator: Operator, nodes: &[Node], wanted: Option<&Ty>) -> Option<(Vec<Expr>, Ty)> {
        let (read, ty) = self.same(operator, nodes, wanted)?;
        let comparable = matches!(operator, Operator::Min | Operator::Max) && matches!(ty, Ty::Date | Ty::Month);
        if matches!(ty, Ty::Number(_) | Ty::Bare) || comparable {
            return Some((read, ty));
        }
        let span = nodes.first()?.span;
        let fix = match ty {
            Ty::Date | Ty::Month => Fix::DateFunctions,
            Ty::Bool => Fix::AndOr,
            Ty::Number(_) | Ty::Bare | Ty::Code(_) | Ty::Area => Fix::NumbersAlone,
        };
        let told = Wrong::DoesNotWorkOn {
            operator: operator_name(operator),
            ty: ty.describe(),
        };
        self.wrong(span, told, fix)
    }

    fn same(&mut self, operator: Operator, nodes: &[Node], wanted: Option<&Ty>) -> Option<(Vec<Expr>, Ty)> {
        let nodes: Vec<&Node> = nodes.iter().collect();
        self.same_nodes(operator, &nodes, wanted)
    }

    /// Expressions of one type. The one that knows its type decides what bare numbers and codes mean.
    fn same_nodes(&mut self, operator: Operator, nodes: &[&Node], wanted: Option<&Ty>) -> Option<(Vec<Expr>, Ty)> {
        let mut ty: Option<Ty> = None;
        let mut read: Vec<Option<Typed>> = vec![None; nodes.len()];
        // Two rounds: first what knows its type by itself, then what takes it from a neighbour.
        for adapts in [false, true] {
            for (node, slot) in nodes.iter().zip(&mut read) {
                if self.adapts(node) != adapts {
                    continue;
                }
                // What is wanted from outside is a wish; the outside reports if it is not met.
                let hint = ty.clone().or_else(|| wanted.cloned());
                let Some(typed) = self.expr(node, hint.as_ref()) else {
                    continue;
                };
                ty = match ty {
                    None => Some(typed.ty.clone()),
                    Some(known) if known.accepts(&typed.ty) => Some(known),
                    Some(known) if typed.ty.accepts(&known) => Some(typed.ty.clone()),
                    Some(known) => return self.unlike(operator, &typed.ty, &known, node.span),
                };
                *slot = Some(typed);
            }
            // Without its neighbour's type a bare code would draw a second error for one mistake.
            if ty.is_none() && !adapts && nodes.iter().any(|node| !self.adapts(node)) {
                return None;
            }
        }
        let exprs: Option<Vec<Expr>> = read.into_iter().map(|typed| typed.map(|typed| typed.expr)).collect();
        Some((exprs?, ty?))
    }

    fn unlike<T>(&mut self, operator: Operator, given: &Ty, known: &Ty, span: Span) -> Option<T> {
        let (one, other) = (known.describe(), given.describe());
        let told = match operator {
            Operator::If => Wrong::BranchesDiffer { one, other },
            _ => Wrong::Joins {
                operator: operator_name(operator),
                one,
                other,
            },
        };
        let dated = |ty: &Ty| matches!(ty, Ty::Date | Ty::Month);
        let fix = match (given, known) {
            _ if matches!(operator, Operator::Add | Operator::Sub) && (dated(given) || dated(known)) => {
                Fix::DateFunctions
            }
            (Ty::Bare, _) => mismatch_fix(given, known),
            (_, Ty::Bare) => mismatch_fix(known, given),
            _ => mismatch_fix(given, known),
        };
        self.wrong(span, told, fix)
    }

    /// Whether an expression takes its type from its neighbour: a bare number, or a code that is no other name.
    fn adapts(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::Number(_, None) => true,
            Kind::Name(name) => self.symbols.is_code(name) && self.symbols.resolve(name, &self.scopes).is_err(),
            Kind::Apply(Operator::If, parts) => parts.iter().skip(1).all(|part| self.adapts(part)),
            Kind::Match(_, arms) => arms.iter().all(|(_, value)| self.adapts(value)),
            _ => false,
        }
    }

    fn number(&mut self, operator: Operator, node: &Node) -> Option<(Expr, Dimension)> {
        let typed = self.expr(node, None)?;
        match typed.ty {
            Ty::Number(dimension) => Some((typed.expr, dimension)),
            Ty::Bare => Some((typed.expr, Dimension::of(Unit::Ratio))),
            ty @ (Ty::Bool | Ty::Code(_) | Ty::Date | Ty::Month | Ty::Area) => {
                let told = Wrong::DoesNotWorkOn {
                    operator: operator_name(operator),
                    ty: ty.describe(),
                };
                self.wrong(node.span, told, Fix::NumbersAlone)
            }
        }
    }

    fn product(&mut self, nodes: &[Node]) -> Option<(Vec<Expr>, Ty)> {
        let read: Vec<Option<(Expr, Dimension)>> = nodes.iter().map(|node| self.number(Operator::Mul, node)).collect();
        let read = read.into_iter().collect::<Option<Vec<_>>>()?;
        let mut dimension: Option<Dimension> = None;
        let mut exprs = Vec::with_capacity(read.len());
        for (expr, factor) in read {
            // `次数 * 2` stays a count: a whole literal does not make a ratio of it.
            let whole = matches!(&expr, Expr::Literal(Literal::Number(value, Unit::Ratio)) if value.denominator() == 1);
            let count = |other: Dimension| other == Dimension::of(Unit::Count) && whole;
            dimension = Some(match dimension {
                None => factor,
                Some(product) if count(product) => product,
                Some(product) => product.times(factor),
            });
            exprs.push(expr);
        }
        Some((exprs, Ty::Number(dimension?)))
    }

    fn quotient(&mut self, nodes: &[Node]) -> Option<(Vec<Expr>, Ty)> {
        let [left, right] = nodes else { return None };
        let left = self.number(Operator::Div, left);
        let right_read = self.number(Operator::Div, right);
        let ((left, above), (divisor, below)) = (left?, right_read?);
        self.sites.divided(&divisor, below, right.span, self.remarks);
        Some((vec![left, divisor], Ty::Number(above.over(below))))
    }
}
