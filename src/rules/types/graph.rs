//! Cycles among clauses, and the size of expressions.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::expr::{AggregateKind, Expr};

/// Most clauses of one document.
pub const CLAUSE_COUNT_MAX: usize = 1_000;

/// Most nodes of one document's expressions: bounds the cost of a decision before the first request.
pub const NODE_COUNT_MAX: usize = 10_000;

/// The parts of an expression.
#[must_use]
pub fn parts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Literal(_) | Expr::Fact(_) | Expr::Known(_) | Expr::Clause(_) | Expr::Choice(_) => Vec::new(),
        Expr::Lookup { keys, at, .. } => keys.iter().chain([at.as_ref()]).collect(),
        Expr::InBounds { value, .. } | Expr::Round { value, .. } | Expr::In(value, _) => vec![value],
        Expr::Apply(_, parts) => parts.iter().collect(),
        Expr::Match(subject, arms) => [subject.as_ref()]
            .into_iter()
            .chain(arms.iter().map(|(_, arm)| arm))
            .collect(),
        Expr::Aggregate(aggregate) => {
            let mut all = vec![&aggregate.filter];
            match &aggregate.kind {
                AggregateKind::Count => {}
                AggregateKind::Sum(value) | AggregateKind::Any(value) | AggregateKind::All(value) => all.push(value),
                AggregateKind::Least(value, default) | AggregateKind::Greatest(value, default) => {
                    all.extend([value, default]);
                }
                AggregateKind::First { key, value, default } => {
                    all.extend([key, value]);
                    all.extend(default);
                }
            }
            all
        }
    }
}

/// How many nodes an expression has, and how deep it is.
#[must_use]
pub fn measure(expr: &Expr) -> (usize, usize) {
    let inner = parts(expr).into_iter().map(measure);
    let (nodes, depth) = inner.fold((0, 0), |(nodes, depth), (n, d)| (nodes + n, depth.max(d)));
    (nodes + 1, depth + 1)
}

/// The clauses that an expression reads.
pub fn reads<'e>(expr: &'e Expr, into: &mut BTreeSet<&'e str>) {
    if let Expr::Clause(id) = expr {
        into.insert(id);
    }
    for part in parts(expr) {
        reads(part, into);
    }
}

/// A cycle through each clause that stands in one: the ids from the clause back to itself.
#[must_use]
pub fn cycles<'e>(clauses: &BTreeMap<&'e str, Vec<&'e Expr>>) -> Vec<Vec<String>> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = clauses
        .iter()
        .map(|(id, versions)| {
            let mut read = BTreeSet::new();
            versions.iter().for_each(|expr| reads(expr, &mut read));
            (*id, read)
        })
        .collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for start in edges.keys() {
        if found.iter().flatten().any(|id| id == start) {
            continue;
        }
        if let Some(path) = way(start, start, &edges, &mut BTreeSet::new()) {
            found.push(path.into_iter().map(str::to_string).collect());
        }
    }
    found
}

/// A way along the edges from one clause to another, both ends included.
fn way<'e>(
    from: &'e str,
    to: &str,
    edges: &BTreeMap<&'e str, BTreeSet<&'e str>>,
    seen: &mut BTreeSet<&'e str>,
) -> Option<Vec<&'e str>> {
    for next in edges.get(from)? {
        if *next == to {
            return Some(vec![from, next]);
        }
        if seen.insert(next)
            && let Some(mut rest) = way(next, to, edges, seen)
        {
            rest.insert(0, from);
            return Some(rest);
        }
    }
    None
}
