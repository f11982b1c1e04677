//! Clauses: numbered by first appearance, versions in the order of the law, no cycles.

use std::collections::BTreeSet;

use super::{Builder, Layer};
use crate::rules::compile::expression_depth;
use crate::rules::document::Clause;
use crate::rules::law::check::overlap;
use crate::rules::law::{ClauseTable, ClauseVersion, Lapse};
use crate::rules::value::Cell;

/// Tells the compiler every clause's number and scope, before any expression is compiled.
pub(super) fn name(layers: &[Layer<'_>], builder: &mut Builder<'_>) {
    for layer in layers {
        let policy = &layer.document.policy;
        for clause in &layer.document.clauses {
            let what = format!("clause {}", clause.id);
            let scope = builder.scope(policy, &what, &clause.scope);
            let next = builder.compiler.names.clauses.len();
            let named = &mut builder.compiler.names.clauses;
            let (_, first) = *named
                .entry(clause.id.clone())
                .or_insert((u16::try_from(next).unwrap_or(u16::MAX), scope));
            if first != scope {
                let problem = "another version of the clause has another scope: keep one scope";
                builder.problems.add(policy, what, problem);
            }
        }
    }
}

/// Compiles the clauses; also gives the depth of each through the clauses it reads.
pub(super) fn clauses(layers: &[Layer<'_>], builder: &mut Builder<'_>) -> (Vec<ClauseTable>, Vec<usize>) {
    let mut tables: Vec<Option<ClauseTable>> = builder.compiler.names.clauses.iter().map(|_| None).collect();
    let mut graph: Vec<(usize, BTreeSet<u16>)> = vec![(0, BTreeSet::new()); tables.len()];
    let mut policies: Vec<&str> = vec![""; tables.len()];
    for layer in layers {
        for clause in &layer.document.clauses {
            let (number, scope) = builder.compiler.names.clauses[&clause.id];
            let number = usize::from(number);
            let version = version(layer, clause, builder);
            let (depth, reads) = &mut graph[number];
            *depth = (*depth).max(clause_depth(clause));
            reads.append(&mut builder.compiler.reads);
            policies[number] = &layer.document.policy;
            let table = tables[number].get_or_insert_with(|| ClauseTable {
                id: clause.id.clone(),
                scope,
                versions: Vec::new(),
            });
            let shadows =
                |earlier: &ClauseVersion| earlier.by != version.by || overlap(earlier.in_force, version.in_force);
            if !version.overrides && table.versions.iter().any(shadows) {
                builder.problems.add(
                    &layer.document.policy,
                    format!("clause {}", clause.id),
                    "it shadows an earlier version in force at the same time: say overrides and the basis, \
                     or end the effect of one",
                );
            }
            table.versions.push(version);
        }
    }
    let tables: Vec<ClauseTable> = tables.into_iter().flatten().collect();
    let mut walk = Walk {
        graph: &graph,
        depths: vec![None; tables.len()],
    };
    for (number, table) in tables.iter().enumerate() {
        if let Err(cycle) = walk.visit(number, &mut Vec::new()) {
            let names: Vec<&str> = cycle.iter().map(|at| tables[*at].id.as_str()).collect();
            let problem = format!("the clauses read each other in a cycle: {}", names.join(" -> "));
            builder
                .problems
                .add(policies[number], format!("clause {}", table.id), problem);
            break;
        }
    }
    let depths = walk.depths.into_iter().map(|depth| depth.unwrap_or(0)).collect();
    (tables, depths)
}

fn version(layer: &Layer<'_>, clause: &Clause, builder: &mut Builder<'_>) -> ClauseVersion {
    let policy = &layer.document.policy;
    let what = format!("clause {}", clause.id);
    let (_, scope) = builder.compiler.names.clauses[&clause.id];
    builder.compiler.reads.clear();
    let node = builder.expression(policy, &what, &clause.expr, scope);
    let lapse = clause.on_lapse.as_ref().map(|lapse| Lapse {
        when: builder.expression(policy, &what, &lapse.when, scope),
        otherwise: builder.compiler.literal(&lapse.otherwise).unwrap_or(Cell::Absent),
    });
    ClauseVersion {
        name: clause.name.clone(),
        cite: clause.cite.clone(),
        in_force: clause.in_force,
        by: clause.by,
        overrides: clause.overrides.is_some(),
        node,
        lapse,
    }
}

fn clause_depth(clause: &Clause) -> usize {
    let lapse = clause
        .on_lapse
        .as_ref()
        .map_or(0, |lapse| expression_depth(&lapse.when));
    expression_depth(&clause.expr).max(lapse)
}

/// Depth first through the clauses that read each other.
struct Walk<'g> {
    graph: &'g [(usize, BTreeSet<u16>)],
    /// Known depths; recursion ends at CLAUSES_MAX because a longer path repeats a clause.
    depths: Vec<Option<usize>>,
}

impl Walk<'_> {
    fn visit(&mut self, number: usize, path: &mut Vec<usize>) -> Result<usize, Vec<usize>> {
        if let Some(depth) = self.depths[number] {
            return Ok(depth);
        }
        let seen = path.iter().position(|earlier| *earlier == number);
        path.push(number);
        if let Some(start) = seen {
            return Err(path.split_off(start));
        }
        let (own, reads) = &self.graph[number];
        let mut deepest = 0;
        for read in reads {
            deepest = deepest.max(self.visit(usize::from(*read), path)?);
        }
        path.pop();
        self.depths[number] = Some(own + deepest);
        Ok(own + deepest)
    }
}
