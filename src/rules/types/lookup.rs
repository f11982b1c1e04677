//! Checks what is read beside facts and clauses: parameters, their bounds, whether a fact is recorded.

use super::check::{Checker, Typed};
use super::resolve::Meaning;
use super::symbols::ParameterSymbol;
use super::ty::Ty;
use crate::rules::document::SelectedBy;
use crate::rules::expr::{Expr, Operator};
use crate::rules::language::ast::{Name, Node};
use crate::rules::language::error::nearest;
use crate::rules::language::said::{Fix, Joined, Wrong};
use crate::rules::language::source::Span;

impl Checker<'_, '_> {
    /// A parameter by its keys and, if the text gives one, a date.
    pub(super) fn lookup(&mut self, name: &Name, keys: &[Node], span: Span) -> Option<Typed> {
        let symbols = self.symbols;
        let Some(parameter) = symbols.parameter(&name.text) else {
            let names = symbols.parameters.iter().flat_map(|p| [p.name.as_str(), p.id.as_str()]);
            let fix = match nearest(&name.text, names) {
                Some(near) => Fix::write(near),
                None => Fix::DeclareParameter,
            };
            let name_text = name.text.clone();
            return self.wrong(name.span, Wrong::NoParameter { name: name_text }, fix);
        };
        let wanted = parameter.keys.len();
        if !(wanted..=wanted + 1).contains(&keys.len()) {
            let name = parameter.name.clone();
            let fix = if wanted == 0 {
                Fix::WriteAlone { name: name.clone() }
            } else {
                Fix::WriteWithKeys {
                    name: name.clone(),
                    keys: Joined(parameter.keys.iter().map(Ty::describe).collect()),
                }
            };
            let count = keys.len();
            return self.wrong(span, Wrong::KeyCount { name, wanted, count }, fix);
        }
        let mut read = Vec::with_capacity(wanted);
        for (node, ty) in keys.iter().zip(&parameter.keys) {
            read.push(self.expect(node, ty));
        }
        let at = match keys.get(wanted) {
            Some(node) => self.day(node)?,
            None => default_date(parameter),
        };
        let keys = read.into_iter().collect::<Option<Vec<Expr>>>()?;
        let expr = Expr::Lookup {
            parameter: parameter.id.clone(),
            keys,
            at: Box::new(at),
        };
        Some(Typed {
            expr,
            ty: parameter.ty.clone(),
        })
    }

    /// A date, or a month for its first day.
    fn day(&mut self, node: &Node) -> Option<Expr> {
        let typed = self.expr(node, Some(&Ty::Date))?;
        match typed.ty {
            Ty::Date => Some(typed.expr),
            Ty::Month => Some(Expr::Apply(Operator::MonthStart, vec![typed.expr])),
            Ty::Number(_) | Ty::Bare | Ty::Bool | Ty::Code(_) | Ty::Area => {
                let ty = typed.ty.describe();
                self.wrong(node.span, Wrong::LastNotDate { ty }, Fix::DateOrTakeOut)
            }
        }
    }

    pub(super) fn known(&mut self, name: &Name) -> Option<Typed> {
        match self.symbols.resolve(&name.text, &self.scopes) {
            Ok(Meaning::Fact(fact)) => Some(Typed {
                expr: Expr::Known(fact.path.clone()),
                ty: Ty::Bool,
            }),
            Ok(Meaning::Clause(_)) => self.wrong(name.span, Wrong::KnownClause, Fix::NameFacts),
            Ok(Meaning::Parameter(_)) => self.wrong(name.span, Wrong::KnownParameter, Fix::NeverAGuess),
            Err(unresolved) => {
                let (told, fix) = *unresolved;
                self.wrong(name.span, told, fix)
            }
        }
    }

    pub(super) fn in_bounds(&mut self, left: &Node, name: &Name) -> Option<Typed> {
        let Some(parameter) = self.symbols.parameter(&name.text) else {
            let name_text = name.text.clone();
            return self.wrong(
                name.span,
                Wrong::NoParameter { name: name_text },
                Fix::BoundsOfParameter,
            );
        };
        if parameter.bounds.is_none() {
            let parameter = parameter.name.clone();
            return self.wrong(name.span, Wrong::NoBounds { name: parameter }, Fix::GiveBounds);
        }
        let value = Box::new(self.expect(left, &parameter.ty)?);
        Some(Typed {
            expr: Expr::InBounds {
                value,
                parameter: parameter.id.clone(),
            },
            ty: Ty::Bool,
        })
    }
}

/// The date that selects a parameter where the text gives none.
fn default_date(parameter: &ParameterSymbol) -> Expr {
    let fact = |path: &str| Expr::Fact(path.to_string());
    match parameter.by {
        SelectedBy::AssessedMonth => Expr::Apply(Operator::MonthStart, vec![fact("decision.month")]),
        SelectedBy::DecisionDate => fact("decision.date"),
        SelectedBy::ApplicationDate => fact("case.applied_on"),
    }
}
