//! The typed expression tree of `doudi-rules/1`: what is sealed, hashed, evaluated and replayed.
//!
//! The meaning of every operator stands in `SEMANTICS.md` and never changes.

use super::calendar::{Date, Month};
use super::number::Number;

/// One expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A constant.
    Literal(Literal),
    /// The value of a fact, by its vocabulary path: `["fact","job.wage"]`.
    Fact(String),
    /// Whether a fact is recorded; never missing itself: `["known","member.death"]`.
    Known(String),
    /// The value of another clause, in the nearest enclosing instance of its scope: `["clause","nth_month"]`.
    Clause(String),
    /// The option in force of an open choice: `["choice","P10"]`.
    Choice(String),
    /// A parameter in force on a date: `["lookup","minimum_wage",[key,...],date]`.
    Lookup {
        /// The parameter's id.
        parameter: String,
        /// One expression a declared key; an `area` key falls back to the nearest superior.
        keys: Vec<Expr>,
        /// The date whose value is wanted.
        at: Box<Expr>,
    },
    /// Whether a value lies in the bounds of a parameter, both ends included: `["in_bounds",value,"grace_months"]`.
    InBounds {
        /// The value that is tested.
        value: Box<Expr>,
        /// The parameter whose bounds are read.
        parameter: String,
    },
    /// An operator over its arguments: `["add",a,b]`.
    Apply(Operator, Vec<Expr>),
    /// Membership of a code in a set: `["in",e,["a","b"]]`.
    In(Box<Expr>, Vec<String>),
    /// The arm of a code; the checker holds it exhaustive: `["match",e,[["a",x],["b",y]]]`.
    Match(Box<Expr>, Vec<(String, Expr)>),
    /// A rounding to a multiple of some fen: `["round",e,quantum_fen,"half_up"]`.
    Round {
        /// The exact amount.
        value: Box<Expr>,
        /// 1 (fen), 10 (jiao) or 100 (yuan).
        quantum_fen: u32,
        /// How a value between two multiples goes.
        mode: RoundMode,
    },
    /// An aggregate over the instances of a scope; its form is `[op,scope,filter,...]`.
    Aggregate(Box<Aggregate>),
}

/// A constant with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `true` or `false`.
    Bool(bool),
    /// `["lit",n,"fen"]`, or `["q",n,d]` for a ratio that is not an integer.
    Number(Number, Unit),
    /// `["code","rural"]`.
    Code(String),
    /// `["date","2021-07-01"]`.
    Date(Date),
    /// `["month","2021-07"]`.
    Month(Month),
    /// `["area","340321"]`.
    Area(String),
}

/// The unit of a number. A unit is checked at publication; a value at run time is a bare number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// 分, one hundredth of a yuan.
    Fen,
    /// 分每人.
    FenPerPerson,
    /// A pure ratio.
    Ratio,
    /// 人.
    Persons,
    /// A bare count.
    Count,
    /// 个月, a span.
    Months,
    /// 日, a span.
    Days,
    /// 岁, a span.
    Years,
}

/// The operators that take expressions and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// `neg` a.
    Neg,
    /// `add` a b ...
    Add,
    /// `sub` a b.
    Sub,
    /// `mul` a b ...
    Mul,
    /// `div` a b, exact; by zero it is E_DIV.
    Div,
    /// `min` a b ... (较小).
    Min,
    /// `max` a b ... (较大).
    Max,
    /// `eq` a b.
    Eq,
    /// `ne` a b.
    Ne,
    /// `lt` a b.
    Lt,
    /// `le` a b.
    Le,
    /// `gt` a b.
    Gt,
    /// `ge` a b.
    Ge,
    /// `and` a b ... (Kleene, from the left, stops at false).
    And,
    /// `or` a b ... (Kleene, from the left, stops at true).
    Or,
    /// `not` a.
    Not,
    /// `if` c a b: evaluates the branch it takes, no other.
    If,
    /// `within` x lo hi: lo <= x <= hi.
    Within,
    /// `month_of` date (月).
    MonthOf,
    /// `month_start` month -> date (月首日).
    MonthStart,
    /// `month_end` month -> date (月末日).
    MonthEnd,
    /// `next_month` date or month -> month (次月).
    NextMonth,
    /// `add_months` date-or-month months (月加); a date is clamped to the end of the month.
    AddMonths,
    /// `add_days` date days (日加).
    AddDays,
    /// `months_between` a b -> months from a to b, of the months in which they lie (月差).
    MonthsBetween,
    /// `days_between` a b -> days from a to b (日差).
    DaysBetween,
    /// `age_at` birth date -> whole years (周岁).
    AgeAt,
    /// `add_working_days` date count (工作日加), by the calendar of the law.
    AddWorkingDays,
    /// `within_area` a b: a is b or lies in b (属于).
    WithinArea,
}

/// How [`Expr::Round`] treats a value between two multiples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundMode {
    /// 四舍五入: half away from zero.
    HalfUp,
    /// 进位: up, towards positive infinity.
    Up,
    /// 舍去: down, towards negative infinity.
    Down,
}

/// An aggregate. `filter` is literal true where the text has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// What is done with the instances that pass the filter.
    pub kind: AggregateKind,
    /// The scope iterated: the instances under the nearest enclosing instance of its parent.
    pub scope: String,
    /// A bool; evaluated in each instance.
    pub filter: Expr,
}

/// The aggregates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AggregateKind {
    /// `["sum",scope,filter,value]` (合计); 0 over nothing.
    Sum(Expr),
    /// `["count",scope,filter]` (个数).
    Count,
    /// `["any",scope,filter,value]` (任一); stops at the first true.
    Any(Expr),
    /// `["all",scope,filter,value]` (全部); stops at the first false.
    All(Expr),
    /// `["least",scope,filter,value,default]` (最早, 最小).
    Least(Expr, Expr),
    /// `["greatest",scope,filter,value,default]` (最晚, 最大).
    Greatest(Expr, Expr),
    /// `["first",scope,filter,key,value,default]` (首个 ... 按 ...): the value of the instance with the least key.
    First {
        /// What is least; ties go to the first in document order.
        key: Expr,
        /// What is taken of that instance.
        value: Expr,
        /// What stands in for nothing; without it the value "needs a fact" of the scope.
        default: Option<Expr>,
    },
}
