//! Checks aggregates: which list, its filter, what is taken of each.

use super::check::{Checker, Typed};
use super::ty::Ty;
use crate::rules::expr::{Aggregate, AggregateKind, Expr, Literal, Operator, Unit};
use crate::rules::language::ast::{self, AggregateName, Name, Node};
use crate::rules::language::error::nearest;
use crate::rules::language::said::{Fix, Wrong};
use crate::rules::language::source::Span;
use crate::rules::vocabulary::MEMBER;

impl Checker<'_, '_> {
    /// 合计, 个数 and their kin.
    pub(super) fn aggregate(&mut self, aggregate: &ast::Aggregate, wanted: Option<&Ty>, span: Span) -> Option<Typed> {
        let (scope, group_filter) = self.list(&aggregate.scope)?;
        // The default stands outside: it is read where the aggregate stands.
        let default = aggregate.default.as_ref().map(|node| (node, self.expr(node, wanted)));
        self.scopes.push(scope.clone());
        let inside = self.inside(aggregate, wanted);
        self.scopes.pop();
        let (filter, key, value) = inside?;
        let filter = match (group_filter, filter) {
            (None, None) => Expr::Literal(Literal::Bool(true)),
            (Some(filter), None) | (None, Some(filter)) => filter,
            (Some(group), Some(own)) => Expr::Apply(Operator::And, vec![group, own]),
        };
        let (kind, ty) = match aggregate.kind {
            AggregateName::Count => {
                let unit = if scope == MEMBER { Unit::Persons } else { Unit::Count };
                (AggregateKind::Count, Ty::number(unit))
            }
            AggregateName::Sum => {
                let value = value?;
                if !matches!(value.ty, Ty::Number(_)) {
                    let told = Wrong::SumNeedsUnit {
                        ty: value.ty.describe(),
                    };
                    return self.wrong(span, told, Fix::CountOrAny);
                }
                (AggregateKind::Sum(value.expr), value.ty)
            }
            AggregateName::Any => (AggregateKind::Any(value?.expr), Ty::Bool),
            AggregateName::All => (AggregateKind::All(value?.expr), Ty::Bool),
            AggregateName::Least | AggregateName::Greatest => {
                let value = value?;
                if !ordered(&value.ty) {
                    let ty = value.ty.describe();
                    return self.wrong(span, Wrong::NoOrder { ty }, Fix::UseFirst);
                }
                let (node, default) = default?;
                let default = default?;
                self.fits(&default, &value.ty, node.span)?;
                let kind = match aggregate.kind {
                    AggregateName::Least => AggregateKind::Least(value.expr, default.expr),
                    _ => AggregateKind::Greatest(value.expr, default.expr),
                };
                (kind, value.ty)
            }
            AggregateName::First => {
                let value = value?;
                let key = key?;
                if !ordered(&key.ty) {
                    let ty = key.ty.describe();
                    return self.wrong(span, Wrong::ByNeedsOrder { ty }, Fix::OrderBy);
                }
                let default = match default {
                    None => None,
                    Some((node, default)) => {
                        let default = default?;
                        self.fits(&default, &value.ty, node.span)?;
                        Some(default.expr)
                    }
                };
                (
                    AggregateKind::First {
                        key: key.expr,
                        value: value.expr,
                        default,
                    },
                    value.ty,
                )
            }
        };
        Some(Typed {
            expr: Expr::Aggregate(Box::new(Aggregate { kind, scope, filter })),
            ty,
        })
    }

    /// Filter, key and value, read in an instance of the list.
    fn inside(
        &mut self,
        aggregate: &ast::Aggregate,
        wanted: Option<&Ty>,
    ) -> Option<(Option<Expr>, Option<Typed>, Option<Typed>)> {
        let conditions = matches!(aggregate.kind, AggregateName::Any | AggregateName::All);
        let value_wanted = if conditions { Some(Ty::Bool) } else { wanted.cloned() };
        let filter = aggregate.filter.as_ref().map(|node| self.expect(node, &Ty::Bool));
        let key = aggregate.key.as_ref().map(|node| self.expr(node, None));
        let value = aggregate.value.as_ref().map(|node: &Node| {
            let typed = self.expr(node, value_wanted.as_ref())?;
            if conditions {
                self.fits(&typed, &Ty::Bool, node.span)?;
            }
            Some(typed)
        });
        // Each part that is there must be right; the others are absent.
        Some((part(filter)?, part(key)?, part(value)?))
    }

    /// The scope of a list or a group, and the group's filter.
    fn list(&mut self, name: &Name) -> Option<(String, Option<Expr>)> {
        let symbols = self.symbols;
        if let Some(group) = symbols.group(&name.text) {
            // A group whose filter is wrong has been reported there.
            let filter = group.filter.clone()?;
            let scope = group.scope.clone();
            self.reachable(&scope, name.span)?;
            return Some((scope, Some(filter)));
        }
        let candidates: Vec<&str> = symbols
            .scopes_named(&name.text)
            .map(|scope| scope.id.as_str())
            .collect();
        // 到账 hangs under jobs and under incomes: the innermost enclosing one is meant.
        let parent = |id: &str| symbols.scope(id).and_then(|scope| scope.parent.clone());
        let nearest_parent = self.scopes.iter().rev().find_map(|enclosing| {
            candidates
                .iter()
                .find(|id| parent(id).as_deref() == Some(enclosing.as_str()))
                .copied()
        });
        match (nearest_parent, candidates.first()) {
            (Some(scope), _) => Some((scope.to_string(), None)),
            (None, Some(scope)) => {
                let scope = (*scope).to_string();
                self.reachable(&scope, name.span)?;
                Some((scope, None))
            }
            (None, None) => {
                let groups = symbols.groups.iter().map(|group| group.name.as_str());
                let names = groups.chain(symbols.scopes.iter().flat_map(|s| [s.name.as_str(), s.id.as_str()]));
                let fix = match nearest(&name.text, names) {
                    Some(near) => Fix::write(near),
                    None => Fix::ListLike,
                };
                let name_text = name.text.clone();
                self.wrong(name.span, Wrong::NoList { name: name_text }, fix)
            }
        }
    }

    /// A list can be walked only from inside its parent.
    fn reachable(&mut self, scope: &str, span: Span) -> Option<()> {
        let symbols = self.symbols;
        let shown = |id: &str| {
            symbols
                .scope(id)
                .map_or_else(|| id.to_string(), |scope| scope.name.clone())
        };
        let Some(parent) = symbols.scope(scope).and_then(|scope| scope.parent.clone()) else {
            let name = shown(scope);
            return self.wrong(span, Wrong::NotAList { name }, Fix::ListInside);
        };
        if self.scopes.contains(&parent) {
            return Some(());
        }
        let (list, parent) = (shown(scope), shown(&parent));
        let told = Wrong::LiesInside {
            list: list.clone(),
            parent: parent.clone(),
        };
        self.wrong(span, told, Fix::WalkFirst { parent, list })
    }
}

/// An absent part is fine, a wrong one is not.
fn part<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(None) => None,
        Some(Some(part)) => Some(Some(part)),
    }
}

fn ordered(ty: &Ty) -> bool {
    matches!(ty, Ty::Number(_) | Ty::Bare | Ty::Date | Ty::Month)
}
