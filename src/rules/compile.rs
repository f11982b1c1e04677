//! Expressions as an arena of small nodes: names resolved, codes interned, nothing left to look up.

mod cost;
mod diagram;
mod node;

use std::collections::{BTreeMap, BTreeSet};

use super::document::Type;
use super::expr::{Aggregate, AggregateKind, Expr, Literal, Operator};
use super::number::Number;
use super::value::{Cell, CodeIndex, Place, Table};
use super::vocabulary::{Codes, PAY_MONTH, Schema, ScopeIndex};

pub use cost::Cost;
pub(super) use cost::{CALL_DEPTH_MAX, DEPTH_MAX, EVALUATIONS_MAX, NODES_MAX, evaluations, expression_depth};
pub(super) use diagram::{FactAt, NO, Question, Test, YES};
pub(super) use node::{
    AggregateNode, Binary, Code, Comparison, Extent, Family, Fold, Kind, Node, NodeIndex, Operands, Part, Reach,
    Source, StepNode, Unary,
};

/// The fact that the decision procedure sets between outcome and guards.
pub(super) const PAY_FROM: &str = "decision.pay_from";

/// What a name means, for the compiler.
pub(super) struct Names<'a> {
    pub(super) schema: &'a Schema,
    /// Number and scope of each clause.
    pub(super) clauses: BTreeMap<String, (u16, ScopeIndex)>,
    /// Each parameter.
    pub(super) parameters: BTreeMap<String, ParameterName>,
    /// Number of each choice.
    pub(super) choices: BTreeMap<String, u16>,
}

/// A parameter as expressions name it.
#[derive(Clone, Copy)]
pub(super) struct ParameterName {
    pub(super) number: u16,
    pub(super) keys: usize,
    pub(super) bounds: Option<(Cell, Cell)>,
}

/// Builds the arena of one law.
pub(super) struct Compiler<'a> {
    pub(super) names: Names<'a>,
    pub(super) codes: Codes,
    pub(super) code: Code,
    /// Clauses that the expressions read since it was last taken.
    pub(super) reads: BTreeSet<u16>,
    /// Problems since they were last taken.
    pub(super) problems: Vec<String>,
    /// Whether the expression is a guard's.
    pub(super) in_guard: bool,
}

impl Compiler<'_> {
    /// Compiles an expression of a scope; what cannot be resolved becomes a problem.
    pub(super) fn expression(&mut self, expr: &Expr, scope: ScopeIndex) -> NodeIndex {
        let node = match expr {
            Expr::Literal(literal) => match self.literal(literal) {
                Some(cell) => Ok(Node::Const(cell)),
                None => Err("a constant that is no code or area".to_owned()),
            },
            Expr::Fact(path) => self.fact(path, scope),
            Expr::Known(path) => self.known(path, scope),
            Expr::Clause(id) => self.clause(id, scope),
            Expr::Choice(id) => match self.names.choices.get(id.as_str()) {
                Some(number) => Ok(Node::Choice(*number)),
                None => Err(format!("choice {id} is not declared")),
            },
            Expr::Lookup { parameter, keys, at } => self.lookup(parameter, keys, at, scope),
            Expr::InBounds { value, parameter } => self.in_bounds(value, parameter, scope),
            Expr::Apply(operator, arguments) => self.apply(*operator, arguments, scope),
            Expr::In(value, codes) => {
                let value = self.expression(value, scope);
                let codes = codes.iter().filter_map(|code| self.codes.intern(code));
                let codes: Vec<u32> = codes.map(CodeIndex::operand).collect();
                Ok(Node::In(value, self.code.operands(&codes)))
            }
            Expr::Match(value, arms) => {
                let value = self.expression(value, scope);
                let mut flat = Vec::with_capacity(2 * arms.len());
                for (code, arm) in arms {
                    flat.push(self.codes.intern(code).map_or(u32::MAX, CodeIndex::operand));
                    flat.push(self.expression(arm, scope).0);
                }
                Ok(Node::Match(value, self.code.operands(&flat)))
            }
            Expr::Round {
                value,
                quantum_fen,
                mode,
            } => Ok(Node::Round(self.expression(value, scope), *quantum_fen, *mode)),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, scope),
        };
        let node = node.unwrap_or_else(|problem| {
            self.problems.push(problem);
            Node::Const(Cell::Error(super::value::Fault::Type))
        });
        self.code.push(node)
    }

    /// A constant as a cell; none if an area code is malformed or there are too many codes.
    pub(super) fn literal(&mut self, literal: &Literal) -> Option<Cell> {
        match literal {
            Literal::Bool(value) => Some(Cell::from(*value)),
            Literal::Number(number, _) => Some(self.code.number(*number)),
            Literal::Code(code) => self.codes.intern(code).map(Cell::Code),
            Literal::Date(date) => Some(Cell::Date(*date)),
            Literal::Month(month) => Some(Cell::Month(*month)),
            Literal::Area(code) => code.parse().ok().map(Cell::Area),
        }
    }

    fn reach(&self, from: ScopeIndex, to: ScopeIndex) -> Option<Reach> {
        self.names
            .schema
            .outwards(from)
            .any(|scope| scope == to)
            .then_some(Reach { from, to })
    }

    fn fact(&mut self, path: &str, scope: ScopeIndex) -> Result<Node, String> {
        if path == PAY_FROM {
            return if self.in_guard {
                Ok(Node::PayFrom)
            } else {
                Err(format!("{PAY_FROM} is set after the outcome: only guards may read it"))
            };
        }
        let schema = self.names.schema;
        let index = schema
            .fact(path, scope)
            .ok_or_else(|| format!("fact {path} is not in the vocabulary of this scope or an outer one"))?;
        let fact = &schema.facts[index.at()];
        if schema.scope_id(fact.scope) == PAY_MONTH {
            return match &fact.unit {
                Type::Month => Ok(Node::PayMonth),
                Type::Number(_) => Ok(Node::PayIndex),
                Type::Bool | Type::Code(_) | Type::Date | Type::Area => {
                    Err(format!("fact {path}: a pay month has a month and an index alone"))
                }
            };
        }
        let reach = Reach {
            from: scope,
            to: fact.scope,
        };
        Ok(Node::Fact(Source::new(reach), index, fact.column))
    }

    fn known(&mut self, path: &str, scope: ScopeIndex) -> Result<Node, String> {
        match self.fact(path, scope)? {
            Node::Fact(source, _, column) => Ok(Node::Known(source, column)),
            // The engine's own facts are always set where they may be read.
            _ => Ok(Node::Const(Cell::Yes)),
        }
    }

    fn clause(&mut self, id: &str, scope: ScopeIndex) -> Result<Node, String> {
        let (number, of) = *self
            .names
            .clauses
            .get(id)
            .ok_or_else(|| format!("clause {id} is not declared"))?;
        self.reads.insert(number);
        let reach = self
            .reach(scope, of)
            .ok_or_else(|| format!("clause {id} is of an inner or another scope: read it through an aggregate"))?;
        Ok(Node::Clause(Source::new(reach), super::law::ClauseIndex(number)))
    }

    fn lookup(&mut self, parameter: &str, keys: &[Expr], at: &Expr, scope: ScopeIndex) -> Result<Node, String> {
        let (number, declared) = match self.names.parameters.get(parameter) {
            Some(name) => (name.number, name.keys),
            None => return Err(format!("parameter {parameter} is not declared")),
        };
        if declared != keys.len() {
            return Err(format!("parameter {parameter} has {declared} keys, not {}", keys.len()));
        }
        let mut operands: Vec<u32> = keys.iter().map(|key| self.expression(key, scope).0).collect();
        operands.push(self.expression(at, scope).0);
        Ok(Node::Lookup(number, self.code.operands(&operands)))
    }

    fn in_bounds(&mut self, value: &Expr, parameter: &str, scope: ScopeIndex) -> Result<Node, String> {
        let bounds = match self.names.parameters.get(parameter) {
            Some(name) => name.bounds,
            None => return Err(format!("parameter {parameter} is not declared")),
        };
        let (min, max) = bounds.ok_or_else(|| format!("parameter {parameter} has no bounds: declare them"))?;
        let value = self.expression(value, scope);
        let (min, max) = (self.code.push(Node::Const(min)), self.code.push(Node::Const(max)));
        Ok(Node::Within(value, min, max))
    }

    fn apply(&mut self, operator: Operator, arguments: &[Expr], scope: ScopeIndex) -> Result<Node, String> {
        if !operator.arity().contains(&arguments.len()) {
            return Err(format!("{} has too few or too many arguments", operator.name()));
        }
        let nodes: Vec<u32> = arguments.iter().map(|e| self.expression(e, scope).0).collect();
        Ok(match (node::family(operator), nodes.as_slice()) {
            (Family::Unary(unary), [a]) => Node::Unary(unary, NodeIndex(*a)),
            (Family::Binary(binary) | Family::Fold(_, binary), [a, b]) => {
                Node::Binary(binary, NodeIndex(*a), NodeIndex(*b))
            }
            (Family::Not, [a]) => Node::Not(NodeIndex(*a)),
            (Family::Compare(comparison), [a, b]) => self.comparison(comparison, NodeIndex(*a), NodeIndex(*b)),
            (Family::Fold(fold, _), many) => Node::Fold(fold, self.code.operands(many)),
            (Family::And, many) => Node::And(self.code.operands(many)),
            (Family::Or, many) => Node::Or(self.code.operands(many)),
            (Family::If, [c, a, b]) => Node::If(NodeIndex(*c), NodeIndex(*a), NodeIndex(*b)),
            (Family::Within, [x, lo, hi]) => Node::Within(NodeIndex(*x), NodeIndex(*lo), NodeIndex(*hi)),
            (
                Family::Unary(_) | Family::Binary(_) | Family::Compare(_) | Family::Not | Family::If | Family::Within,
                _,
            ) => {
                return Err(format!("{} has too few or too many arguments", operator.name()));
            }
        })
    }

    fn comparison(&self, comparison: Comparison, a: NodeIndex, b: NodeIndex) -> Node {
        if let (Comparison::Eq, Node::Fact(source, fact, column), Node::Const(Cell::Code(code))) =
            (comparison, self.code.node(a), self.code.node(b))
            && let Ok(code) = u16::try_from(code.operand())
            && matches!(self.names.schema.facts[fact.at()].unit, Type::Code(_))
        {
            return Node::IsCode(*source, *fact, *column, code);
        }
        if let Node::Const(Cell::Int(number)) = self.code.node(b) {
            return Node::Against(comparison, a, *number);
        }
        Node::Compare(comparison, a, b)
    }

    fn aggregate(&mut self, aggregate: &Aggregate, scope: ScopeIndex) -> Result<Node, String> {
        let schema = self.names.schema;
        let inner = schema
            .scope(&aggregate.scope)
            .ok_or_else(|| format!("scope {} is not in the vocabulary", aggregate.scope))?;
        if aggregate.scope == PAY_MONTH || inner == ScopeIndex::HOUSEHOLD {
            return Err(format!("scope {} has no list of records", aggregate.scope));
        }
        // Down from the nearest ancestor that encloses: the root encloses every scope.
        let mut path: Vec<ScopeIndex> = Vec::new();
        let mut anchor = inner;
        while path.is_empty() || !schema.outwards(scope).any(|outer| outer == anchor) {
            path.insert(0, anchor);
            anchor = schema.parent(anchor).unwrap_or(ScopeIndex::HOUSEHOLD);
        }
        let parent = schema.parent(inner).unwrap_or(ScopeIndex::HOUSEHOLD);
        let filter = match &aggregate.filter {
            Expr::Literal(Literal::Bool(true)) => None,
            filter => Some(self.expression(filter, inner)),
        };
        let (kind, parts) = match &aggregate.kind {
            AggregateKind::Sum(value) => (Kind::Sum, [Some(value), None, None]),
            AggregateKind::Count => (Kind::Count, [None, None, None]),
            AggregateKind::Any(value) => (Kind::Any, [Some(value), None, None]),
            AggregateKind::All(value) => (Kind::All, [Some(value), None, None]),
            AggregateKind::Least(value, default) => (Kind::Least, [Some(value), None, Some(default)]),
            AggregateKind::Greatest(value, default) => (Kind::Greatest, [Some(value), None, Some(default)]),
            AggregateKind::First { key, value, default } => (Kind::First, [Some(key), Some(value), default.as_ref()]),
        };
        let [first, second, default] = parts;
        let compiled = AggregateNode {
            kind,
            scope: inner,
            anchor: Reach {
                from: scope,
                to: anchor,
            },
            parent: self.reach(scope, parent),
            extent: if anchor == ScopeIndex::HOUSEHOLD {
                Extent::Whole
            } else if anchor == scope && path.len() == 1 {
                Extent::Under
            } else {
                Extent::Way
            },
            path,
            filter,
            value: first.map(|e| self.expression(e, inner)),
            taken: second.map(|e| self.expression(e, inner)),
            default: default.map(|e| self.expression(e, scope)),
        };
        Ok(Node::Aggregate(self.code.aggregate(compiled)))
    }
}

impl Code {
    /// A number as a cell, kept with the law if it is no small integer.
    pub(super) fn number(&mut self, number: Number) -> Cell {
        Cell::number(number, |number| {
            self.numbers.push(number);
            Place::new(Table::Law, self.numbers.len() - 1)
        })
    }
}
