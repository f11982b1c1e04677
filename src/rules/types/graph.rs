//! Cycles among clauses, and the size of expressions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

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

/// Who reads whom among some clauses.
type Edges<'e> = BTreeMap<&'e str, BTreeSet<&'e str>>;

fn edges<'e>(clauses: &BTreeMap<&'e str, Vec<&'e Expr>>) -> Edges<'e> {
    let read = |versions: &Vec<&'e Expr>| {
        let mut read = BTreeSet::new();
        versions.iter().for_each(|expr| reads(expr, &mut read));
        read.retain(|id| clauses.contains_key(id));
        read
    };
    clauses.iter().map(|(id, versions)| (*id, read(versions))).collect()
}

/// The clauses in an order in which each stands after those that it reads; those on or behind a cycle are left out.
#[must_use]
pub fn order<'e>(clauses: &BTreeMap<&'e str, Vec<&'e Expr>>) -> Vec<&'e str> {
    let edges = edges(clauses);
    let mut waits: BTreeMap<&str, usize> = edges.iter().map(|(id, read)| (*id, read.len())).collect();
    let mut readers: Edges<'_> = BTreeMap::new();
    for (id, read) in &edges {
        read.iter().for_each(|read| {
            readers.entry(read).or_default().insert(id);
        });
    }
    let mut ready: Vec<&str> = waits
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    let mut order = Vec::new();
    while let Some(id) = ready.pop() {
        order.push(id);
        for reader in readers.get(id).into_iter().flatten() {
            if let Some(count) = waits.get_mut(reader) {
                *count -= 1;
                if *count == 0 {
                    ready.push(reader);
                }
            }
        }
    }
    order
}

/// A shortest cycle through clauses that stand in one: the ids from a clause back to itself.
#[must_use]
pub fn cycles<'e>(clauses: &BTreeMap<&'e str, Vec<&'e Expr>>) -> Vec<Vec<String>> {
    let fine: BTreeSet<&str> = order(clauses).into_iter().collect();
    let edges = edges(clauses);
    let mut found: Vec<Vec<String>> = Vec::new();
    for start in edges.keys().filter(|id| !fine.contains(*id)) {
        if found.len() < CYCLE_COUNT_MAX
            && !found.iter().flatten().any(|id| id == start)
            && let Some(path) = way_back(start, &edges)
        {
            found.push(path);
        }
    }
    found
}

/// Most cycles that are reported: each costs a walk over all clauses.
const CYCLE_COUNT_MAX: usize = 16;

/// The shortest way from a clause back to itself, both ends included.
fn way_back(start: &str, edges: &Edges<'_>) -> Option<Vec<String>> {
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(id) = open.pop_front() {
        for next in edges.get(id)? {
            if *next == start {
                let mut path = vec![start.to_string()];
                let mut at = id;
                while at != start {
                    path.push(at.to_string());
                    at = from.get(at)?;
                }
                path.push(start.to_string());
                path.reverse();
                return Some(path);
            }
            if !from.contains_key(next) {
                from.insert(next, id);
                open.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(read: &[&str]) -> Expr {
        Expr::Apply(
            crate::rules::expr::Operator::Add,
            read.iter().map(|id| Expr::Clause((*id).to_string())).collect(),
        )
    }

    #[test]
    fn a_clause_stands_after_what_it_reads_and_cycles_are_named() {
        let texts = [
            ("a", vec!["b", "c"]),
            ("b", vec!["c"]),
            ("c", vec![]),
            ("d", vec!["e"]),
            ("e", vec!["d", "a"]),
        ];
        let exprs: Vec<(&str, Expr)> = texts.iter().map(|(id, read)| (*id, clause(read))).collect();
        let clauses: BTreeMap<&str, Vec<&Expr>> = exprs.iter().map(|(id, expr)| (*id, vec![expr])).collect();
        assert_eq!(order(&clauses), ["c", "b", "a"]);
        assert_eq!(cycles(&clauses), [["d", "e", "d"]]);
    }
}
