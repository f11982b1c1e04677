//! The nodes of the arena.

use std::cmp::Ordering;

use super::diagram::Test;
use crate::rules::expr::{Operator, RoundMode};
use crate::rules::law::ClauseIndex;
use crate::rules::number::Number;
use crate::rules::trace::PlainStep;
use crate::rules::value::Cell;
use crate::rules::vocabulary::{Codes, FactIndex, ScopeIndex};

/// A node by its place in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) struct NodeIndex(pub(in crate::rules) u32);

/// A run of the operand table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Operands {
    start: u32,
    count: u32,
}

/// From an instance of a scope outwards to the enclosing instance of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Reach {
    pub(in crate::rules) from: ScopeIndex,
    pub(in crate::rules) to: ScopeIndex,
}

/// The instance in which a fact or clause is read, seen from the instance of the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Source {
    /// The household: the one instance of the root.
    Household,
    /// The same instance of the same scope.
    Own(ScopeIndex),
    /// The enclosing instance of an outer scope.
    Outer(Reach),
}

impl Source {
    pub(in crate::rules) fn new(reach: Reach) -> Source {
        if reach.to == ScopeIndex::HOUSEHOLD {
            Source::Household
        } else if reach.from == reach.to {
            Source::Own(reach.to)
        } else {
            Source::Outer(reach)
        }
    }
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Node {
    Const(Cell),
    Fact(Source, FactIndex, u16),
    Known(Source, u16),
    /// Whether a fact that is a code is this one: the commonest comparison, without its two leaves.
    IsCode(Source, FactIndex, u16, u16),
    PayFrom,
    PayMonth,
    PayIndex,
    Clause(Source, ClauseIndex),
    Choice(u16),
    /// Keys, then the date.
    Lookup(u16, Operands),
    Unary(Unary, NodeIndex),
    Binary(Binary, NodeIndex, NodeIndex),
    Fold(Fold, Operands),
    Not(NodeIndex),
    Compare(Comparison, NodeIndex, NodeIndex),
    /// A comparison with a whole number: most have one on their right.
    Against(Comparison, NodeIndex, i64),
    And(Operands),
    Or(Operands),
    If(NodeIndex, NodeIndex, NodeIndex),
    Within(NodeIndex, NodeIndex, NodeIndex),
    /// Codes.
    In(NodeIndex, Operands),
    /// Code and arm in turn.
    Match(NodeIndex, Operands),
    Round(NodeIndex, u32, RoundMode),
    Aggregate(u32),
    /// A condition by its diagram, and its tree.
    Condition(u32, NodeIndex),
}

#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Unary {
    Neg,
    MonthOf,
    MonthStart,
    MonthEnd,
    NextMonth,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    AddMonths,
    AddDays,
    MonthsBetween,
    DaysBetween,
    AgeAt,
    AddWorkingDays,
    WithinArea,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Comparison {
    /// Whether it holds of two values in this order.
    #[inline]
    pub(in crate::rules) const fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Eq => order.is_eq(),
            Comparison::Ne => order.is_ne(),
            Comparison::Lt => order.is_lt(),
            Comparison::Le => order.is_le(),
            Comparison::Gt => order.is_gt(),
            Comparison::Ge => order.is_ge(),
        }
    }
}

/// A left fold over three or more operands.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Fold {
    Add,
    Mul,
    Min,
    Max,
}

impl Fold {
    /// The operation of one step.
    pub(in crate::rules) const fn step(self) -> Binary {
        match self {
            Fold::Add => Binary::Add,
            Fold::Mul => Binary::Mul,
            Fold::Min => Binary::Min,
            Fold::Max => Binary::Max,
        }
    }
}

/// How an operator is compiled.
pub(in crate::rules) enum Family {
    Unary(Unary),
    Binary(Binary),
    Fold(Fold, Binary),
    Compare(Comparison),
    Not,
    And,
    Or,
    If,
    Within,
}

pub(super) const fn family(operator: Operator) -> Family {
    match operator {
        Operator::Neg => Family::Unary(Unary::Neg),
        Operator::Add => Family::Fold(Fold::Add, Binary::Add),
        Operator::Sub => Family::Binary(Binary::Sub),
        Operator::Mul => Family::Fold(Fold::Mul, Binary::Mul),
        Operator::Div => Family::Binary(Binary::Div),
        Operator::Min => Family::Fold(Fold::Min, Binary::Min),
        Operator::Max => Family::Fold(Fold::Max, Binary::Max),
        Operator::Eq => Family::Compare(Comparison::Eq),
        Operator::Ne => Family::Compare(Comparison::Ne),
        Operator::Lt => Family::Compare(Comparison::Lt),
        Operator::Le => Family::Compare(Comparison::Le),
        Operator::Gt => Family::Compare(Comparison::Gt),
        Operator::Ge => Family::Compare(Comparison::Ge),
        Operator::And => Family::And,
        Operator::Or => Family::Or,
        Operator::Not => Family::Not,
        Operator::If => Family::If,
        Operator::Within => Family::Within,
        Operator::MonthOf => Family::Unary(Unary::MonthOf),
        Operator::MonthStart => Family::Unary(Unary::MonthStart),
        Operator::MonthEnd => Family::Unary(Unary::MonthEnd),
        Operator::NextMonth => Family::Unary(Unary::NextMonth),
        Operator::AddMonths => Family::Binary(Binary::AddMonths),
        Operator::AddDays => Family::Binary(Binary::AddDays),
        Operator::MonthsBetween => Family::Binary(Binary::MonthsBetween),
        Operator::DaysBetween => Family::Binary(Binary::DaysBetween),
        Operator::AgeAt => Family::Binary(Binary::AgeAt),
        Operator::AddWorkingDays => Family::Binary(Binary::AddWorkingDays),
        Operator::WithinArea => Family::Binary(Binary::WithinArea),
    }
}

#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Kind {
    Sum,
    Count,
    Any,
    All,
    Least,
    Greatest,
    First,
}

impl Kind {
    /// The value that decides `any` and `all` at once.
    pub(in crate::rules) const fn deciding(self) -> Option<Cell> {
        match self {
            Kind::Any => Some(Cell::Yes),
            Kind::All => Some(Cell::No),
            Kind::Sum | Kind::Count | Kind::Least | Kind::Greatest | Kind::First => None,
        }
    }
}

/// Over which instances an aggregate runs, where its way down is short.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Extent {
    /// All of the scope.
    Whole,
    /// Those right under the instance of the expression.
    Under,
    /// Those at the end of a longer way.
    Way,
}

/// An aggregate with its way down to the instances.
#[derive(Clone, Debug)]
pub(in crate::rules) struct AggregateNode {
    pub(in crate::rules) kind: Kind,
    pub(in crate::rules) scope: ScopeIndex,
    /// To the nearest ancestor of `scope` that encloses.
    pub(in crate::rules) anchor: Reach,
    /// To the parent of `scope`, where it encloses.
    pub(in crate::rules) parent: Option<Reach>,
    /// The scopes from below the anchor down to `scope`.
    pub(in crate::rules) path: Vec<ScopeIndex>,
    pub(in crate::rules) extent: Extent,
    /// None for literal true.
    pub(in crate::rules) filter: Option<NodeIndex>,
    /// What is added, compared or tested; of `first`, the key.
    pub(in crate::rules) value: Option<NodeIndex>,
    /// Of `first`, what is taken.
    pub(in crate::rules) taken: Option<NodeIndex>,
    pub(in crate::rules) default: Option<NodeIndex>,
}

/// A step with its place in the trace.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct StepNode {
    pub(in crate::rules) node: NodeIndex,
    /// The diagram of a step that is a condition; none for one that is a value, or where a law has too many tests.
    pub(in crate::rules) diagram: Option<u32>,
    /// How its records in the trace begin.
    pub(in crate::rules) plain: Option<PlainStep>,
    pub(in crate::rules) scope: ScopeIndex,
    pub(in crate::rules) part: Part,
}

/// SEMANTICS.md section 11, `part`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Part {
    pub(in crate::rules) section: u8,
    pub(in crate::rules) number: u32,
    pub(in crate::rules) row: u32,
    pub(in crate::rules) version: u32,
    pub(in crate::rules) part: u32,
}

impl Part {
    /// The section of outcome rows.
    pub(in crate::rules) const OUTCOME: u8 = 1;
    /// The section of guards.
    pub(in crate::rules) const GUARD: u8 = 2;
    /// The section of schedules.
    pub(in crate::rules) const SCHEDULE: u8 = 3;
    /// The section of carries.
    pub(in crate::rules) const CARRY: u8 = 4;
    /// The section of whom lists concern.
    pub(in crate::rules) const CONCERNS: u8 = 5;
    /// The part of the first flag of an outcome row.
    pub(in crate::rules) const FLAGS: u32 = 10;

    /// Whether the step is a condition by its part: `when`, `persons`, flags and guards.
    pub(in crate::rules) const fn is_condition(self) -> bool {
        match self.section {
            Part::OUTCOME => self.part <= 1 || self.part >= Part::FLAGS,
            _ => self.part == 0,
        }
    }
}

/// The arena of a law.
#[derive(Debug, Default)]
pub(in crate::rules) struct Code {
    pub(in crate::rules) nodes: Vec<Node>,
    pub(in crate::rules) steps: Vec<StepNode>,
    /// The scope of each clause.
    pub(in crate::rules) scopes: Vec<ScopeIndex>,
    /// The only version of each clause, if it has no limits: no date is read.
    pub(in crate::rules) always: Vec<Option<NodeIndex>>,
    pub(in crate::rules) numbers: Vec<Number>,
    pub(in crate::rules) codes: Codes,
    pub(in crate::rules) tests: Vec<Test>,
    operands: Vec<u32>,
    aggregates: Vec<AggregateNode>,
}

impl Code {
    pub(super) fn push(&mut self, node: Node) -> NodeIndex {
        self.nodes.push(node);
        // NODES_MAX is far below; a law with more is refused before it is evaluated.
        NodeIndex(u32::try_from(self.nodes.len() - 1).unwrap_or(0))
    }

    pub(super) fn operands(&mut self, operands: &[u32]) -> Operands {
        let start = u32::try_from(self.operands.len()).unwrap_or(0);
        self.operands.extend_from_slice(operands);
        Operands {
            start,
            count: u32::try_from(operands.len()).unwrap_or(0),
        }
    }

    pub(super) fn aggregate(&mut self, aggregate: AggregateNode) -> u32 {
        self.aggregates.push(aggregate);
        u32::try_from(self.aggregates.len() - 1).unwrap_or(0)
    }

    #[inline]
    pub(in crate::rules) fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.0 as usize]
    }

    pub(in crate::rules) fn of(&self, operands: Operands) -> &[u32] {
        let start = operands.start as usize;
        &self.operands[start..start + operands.count as usize]
    }

    pub(in crate::rules) fn aggregate_at(&self, index: u32) -> &AggregateNode {
        &self.aggregates[index as usize]
    }
}

const _: () = assert!(size_of::<Node>() <= 24, "nodes stay small enough for the cache");
