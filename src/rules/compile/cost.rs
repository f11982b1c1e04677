//! What a law costs in the worst case, known before the first request.

use std::fmt;

use crate::rules::expr::{Aggregate, AggregateKind, Expr};
use crate::rules::vocabulary::{Schema, ScopeIndex};

/// Deepest expression; officers' deepest clause is about 9.
pub(in crate::rules) const DEPTH_MAX: usize = 64;
/// Most nodes of a law; the shipped one has under two thousand.
pub(in crate::rules) const NODES_MAX: usize = 10_000;
/// Deepest nesting through clauses. Evaluation recurses, and a thread's stack must hold it.
pub(in crate::rules) const CALL_DEPTH_MAX: usize = 1_000;
/// Most node evaluations of one decision on the largest household: about a second.
pub(in crate::rules) const EVALUATIONS_MAX: u64 = 100_000_000;

/// The size of a law and the worst case of one decision under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Cost {
    /// Clauses.
    pub clauses: usize,
    /// Nodes of all expressions.
    pub nodes: usize,
    /// Deepest expression.
    pub depth: usize,
    /// Deepest nesting through clauses.
    pub call_depth: usize,
    /// Node evaluations of one decision on a household at every limit.
    pub evaluations: u64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} clauses, {} nodes, depth {} (through clauses {}), at most {} node evaluations a decision",
            self.clauses, self.nodes, self.depth, self.call_depth, self.evaluations
        )
    }
}

/// The depth of an expression; a constant or name is 1.
pub(in crate::rules) fn expression_depth(expr: &Expr) -> usize {
    1 + children(expr).into_iter().map(expression_depth).max().unwrap_or(0)
}

/// The node evaluations of an expression that is evaluated `times` in instances of `scope`, where
/// the whole scope has at most `limit` instances.
pub(in crate::rules) fn evaluations(schema: &Schema, expr: &Expr, scope: ScopeIndex, times: u64) -> u64 {
    let Expr::Aggregate(aggregate) = expr else {
        let below = children(expr)
            .into_iter()
            .map(|child| evaluations(schema, child, scope, times));
        return below.fold(times, u64::saturating_add);
    };
    let Some(inner) = schema.scope(&aggregate.scope) else {
        return times;
    };
    let limit = |scope: ScopeIndex| u64::from(schema.scopes[scope.at()].limit.max(1));
    // Straight below, the instances of one round over the scope add up to the household's limit.
    let below = schema.outwards(inner).skip(1).any(|outer| outer == scope);
    let rounds = if below { times.div_ceil(limit(scope)) } else { times };
    let visits = rounds.saturating_mul(limit(inner));
    let (inside, outside) = parts(aggregate);
    let cost = |exprs: Vec<&Expr>, scope, times: u64| {
        exprs
            .into_iter()
            .map(|e| evaluations(schema, e, scope, times))
            .fold(0, u64::saturating_add)
    };
    times
        .saturating_add(cost(inside, inner, visits))
        .saturating_add(cost(outside, scope, times))
}

/// What an aggregate evaluates in each instance, and what outside.
fn parts(aggregate: &Aggregate) -> (Vec<&Expr>, Vec<&Expr>) {
    let mut inside = vec![&aggregate.filter];
    let mut outside = Vec::new();
    match &aggregate.kind {
        AggregateKind::Count => {}
        AggregateKind::Sum(value) | AggregateKind::Any(value) | AggregateKind::All(value) => inside.push(value),
        AggregateKind::Least(value, default) | AggregateKind::Greatest(value, default) => {
            inside.push(value);
            outside.push(default);
        }
        AggregateKind::First { key, value, default } => {
            inside.extend([key, value]);
            outside.extend(default);
        }
    }
    (inside, outside)
}

/// The expressions directly under one.
fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Literal(_) | Expr::Fact(_) | Expr::Known(_) | Expr::Clause(_) | Expr::Choice(_) => Vec::new(),
        Expr::Lookup { keys, at, .. } => keys.iter().chain([&**at]).collect(),
        Expr::InBounds { value, .. } | Expr::In(value, _) | Expr::Round { value, .. } => vec![value],
        Expr::Apply(_, arguments) => arguments.iter().collect(),
        Expr::Match(value, arms) => std::iter::once(&**value)
            .chain(arms.iter().map(|(_, arm)| arm))
            .collect(),
        Expr::Aggregate(aggregate) => {
            let (mut inside, outside) = parts(aggregate);
            inside.extend(outside);
            inside
        }
    }
}
