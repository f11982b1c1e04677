//! An expression as it was written: names are not yet resolved, units not yet checked.

use super::source::Span;
use crate::rules::calendar::{Date, Month};
use crate::rules::expr::{Operator, RoundMode, Unit};
use crate::rules::number::Number;

/// A node and where it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name, dots included.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One arm of 分情况: its codes and its value.
pub type Arm = (Vec<Name>, Node);

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 真, 假.
    Bool(bool),
    /// A number; without a unit it fits a count or a ratio.
    Number(Number, Option<Unit>),
    /// `2021-07-01`.
    Date(Date),
    /// `2021-07`.
    Month(Month),
    /// A fact, a clause, a parameter without keys, or a code.
    Name(String),
    /// 选项.P10.
    Choice(String),
    /// 低保标准[本地, 城乡].
    Lookup(Name, Vec<Node>),
    /// 已知(x).
    Known(Name),
    /// An operator that takes expressions and nothing else.
    Apply(Operator, Vec<Node>),
    /// x 在 {a, b}.
    InSet(Box<Node>, Vec<Node>),
    /// x 在 界限(p).
    InBounds(Box<Node>, Name),
    /// 分情况 x { a: e; b: e }.
    Match(Box<Node>, Vec<Arm>),
    /// 取整(x, 分, 四舍五入).
    Round(Box<Node>, u32, RoundMode),
    /// 合计(到账 其中 c, v) and its kin.
    Aggregate(Box<Aggregate>),
}

/// An aggregate as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// What is done.
    pub kind: AggregateName,
    /// A scope or a group.
    pub scope: Name,
    /// 其中.
    pub filter: Option<Node>,
    /// 按, of 首个 alone.
    pub key: Option<Node>,
    /// Absent for 个数 alone.
    pub value: Option<Node>,
    /// 若无.
    pub default: Option<Node>,
}

/// The aggregates by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateName {
    /// 合计.
    Sum,
    /// 个数.
    Count,
    /// 任一.
    Any,
    /// 全部.
    All,
    /// 最早, 最小.
    Least,
    /// 最晚, 最大.
    Greatest,
    /// 首个.
    First,
}
