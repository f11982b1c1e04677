//! Resolution: the order of the law, what replaces what, and everything compiled once.

mod clauses;
mod parameters;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::check::Problems;
use super::{CLAUSES_MAX, LAYERS_MAX, Law, LawError, Published, manifest};
use crate::rules::calendar::WorkingCalendar;
use crate::rules::codec::Digest;
use crate::rules::compile::{
    CALL_DEPTH_MAX, Code, Compiler, Cost, DEPTH_MAX, EVALUATIONS_MAX, NODES_MAX, Names, NodeIndex, ParameterName,
    evaluations, expression_depth,
};
use crate::rules::document::Document;
use crate::rules::expr::Expr;
use crate::rules::value::Area;
use crate::rules::vocabulary::{Schema, ScopeIndex};

/// A layer with its parsed area.
struct Layer<'a> {
    document: &'a Document,
    area: Area,
}

/// The compiler with what every expression adds up to.
struct Builder<'a> {
    compiler: Compiler<'a>,
    problems: Problems,
    depth: usize,
    evaluations: u64,
}

pub(super) fn resolve(
    area: Area,
    published: &[Published],
    calendar: &Published,
    vocabulary: &Published,
) -> Result<Law, Vec<LawError>> {
    let mut problems = Problems::default();
    let ordered = order(area, published, &mut problems);
    let schema = match &vocabulary.document.vocabulary {
        Some(facts) => Schema::new(facts, vocabulary.digest).map_err(|e| e.to_string()),
        None => Err("the document has no vocabulary".to_owned()),
    };
    let schema = match schema {
        Ok(schema) => schema,
        Err(problem) => {
            problems.add(&vocabulary.document.policy, "vocabulary", problem);
            return problems.into_result(()).and(Err(Vec::new()));
        }
    };
    let layers: Vec<Layer<'_>> = ordered
        .iter()
        .map(|(area, published)| Layer {
            document: &published.document,
            area: *area,
        })
        .collect();
    let years = layers.iter().flat_map(|layer| &layer.document.calendar);
    let working = WorkingCalendar::new(calendar.document.calendar.iter().chain(years));
    let names = Names {
        schema: &schema,
        clauses: BTreeMap::new(),
        parameters: BTreeMap::new(),
        choices: BTreeMap::new(),
    };
    let mut builder = Builder {
        compiler: Compiler {
            names,
            codes: schema.codes.clone(),
            code: Code::default(),
            reads: BTreeSet::new(),
            problems: Vec::new(),
            in_guard: false,
        },
        problems,
        depth: 0,
        evaluations: 0,
    };
    let mut parameters = parameters::parameters(&layers, &mut builder);
    for table in &mut parameters {
        table.settle_here(area);
    }
    let choices = parameters::choices(&layers, &mut builder);
    for (number, table) in (0..).zip(&parameters) {
        let name = ParameterName {
            number,
            keys: table.keys.len(),
            bounds: table.bounds,
        };
        builder.compiler.names.parameters.insert(table.id.clone(), name);
    }
    let numbered = (0..).zip(&choices).map(|(number, table)| (table.id.clone(), number));
    builder.compiler.names.choices = numbered.collect();
    clauses::name(&layers, &mut builder);
    let (clauses, call_depths) = clauses::clauses(&layers, &mut builder);
    let mut lists = rules::outcomes(&layers, &mut builder);
    let guards = rules::guards(&layers, &mut builder);
    let schedules = rules::schedules(&layers, &mut builder);
    let carries = rules::carries(&layers, &mut builder);
    let cost = Cost {
        clauses: clauses.len(),
        nodes: builder.compiler.code.nodes.len(),
        depth: builder.depth,
        call_depth: call_depths.into_iter().max().unwrap_or(0) + builder.depth,
        evaluations: builder.evaluations,
    };
    builder.limits(&cost);
    let Builder {
        mut compiler, problems, ..
    } = builder;
    compiler.code.codes = compiler.codes;
    let mut code = compiler.code;
    code.diagrams();
    for list in &mut lists {
        list.always = rules::row_tests(&list.rows, &code);
    }
    code.scopes = clauses.iter().map(|clause| clause.scope).collect();
    code.always = clauses.iter().map(super::ClauseTable::always).collect();
    let sources: Vec<&Published> = ordered.iter().map(|(_, published)| *published).collect();
    let manifest = manifest::manifest(area, &sources, calendar, vocabulary);
    problems.into_result(()).map(|()| Law {
        area,
        area_code: area.to_string(),
        digest: Digest::of(&manifest.to_bytes()),
        schema: Arc::new(schema),
        calendar: working,
        clauses,
        parameters,
        choices,
        code,
        manifest,
        lists,
        concerned: super::GuardRule::concerned(&guards),
        guards,
        schedules,
        carries,
        cost,
    })
}

/// Nation first, within one area by policy id; documents of other areas are refused.
fn order<'a>(area: Area, published: &'a [Published], problems: &mut Problems) -> Vec<(Area, &'a Published)> {
    let mut layers: Vec<(usize, &str, Area, &Published)> = Vec::new();
    for layer in published {
        let document = &*layer.document;
        let position = document.area.parse::<Area>().ok().and_then(|own| {
            let position = area.chain().position(|superior| superior == own)?;
            Some((position, own))
        });
        match position {
            Some((position, own)) => layers.push((position, &document.policy, own, layer)),
            None => problems.add(
                &document.policy,
                "area",
                format!("the document is not of {area} or a superior area"),
            ),
        }
    }
    layers.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    for pair in layers.windows(2) {
        if (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1) {
            problems.add(
                pair[1].1,
                "area",
                "two documents of one policy and area: keep the newest",
            );
        }
    }
    if layers.len() > LAYERS_MAX {
        problems.add("", "law", format!("more than {LAYERS_MAX} documents for one area"));
    }
    layers.into_iter().map(|(_, _, own, layer)| (own, layer)).collect()
}

impl Builder<'_> {
    /// Compiles an expression of a scope that is evaluated at most once in each of its instances.
    fn expression(&mut self, policy: &str, what: &str, expr: &Expr, scope: ScopeIndex) -> NodeIndex {
        let depth = expression_depth(expr);
        self.depth = self.depth.max(depth);
        if depth > DEPTH_MAX {
            let problem =
                format!("an expression is {depth} deep, {DEPTH_MAX} is the most: name parts of it as clauses");
            self.problems.add(policy, what, problem);
        }
        let times = u64::from(self.compiler.names.schema.scopes[scope.at()].limit.max(1));
        let cost = evaluations(self.compiler.names.schema, expr, scope, times);
        self.evaluations = self.evaluations.saturating_add(cost);
        let node = self.compiler.expression(expr, scope);
        for problem in std::mem::take(&mut self.compiler.problems) {
            self.problems.add(policy, what, problem);
        }
        node
    }

    fn scope(&mut self, policy: &str, what: &str, id: &str) -> ScopeIndex {
        match self.compiler.names.schema.scope(id) {
            Some(scope) => scope,
            None => {
                self.problems
                    .add(policy, what, format!("scope {id} is not in the vocabulary"));
                ScopeIndex::HOUSEHOLD
            }
        }
    }

    fn limits(&mut self, cost: &Cost) {
        let mut hold = |within: bool, problem: String| {
            if !within {
                self.problems.add("", "law", problem);
            }
        };
        hold(cost.clauses <= CLAUSES_MAX, format!("more than {CLAUSES_MAX} clauses"));
        hold(
            cost.nodes <= NODES_MAX,
            format!("{} nodes, {NODES_MAX} is the most", cost.nodes),
        );
        hold(
            cost.call_depth <= CALL_DEPTH_MAX,
            format!("clauses nest {} deep, {CALL_DEPTH_MAX} is the most", cost.call_depth),
        );
        hold(
            cost.evaluations <= EVALUATIONS_MAX,
            format!(
                "{} node evaluations a decision, {EVALUATIONS_MAX} is the most",
                cost.evaluations
            ),
        );
    }
}
