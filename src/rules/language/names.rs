//! The words of the language, Chinese and English in pairs.

use super::ast::AggregateName;
use crate::rules::expr::{Operator, RoundMode};

/// Words that are never names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// 若.
    If,
    /// 则.
    Then,
    /// 否则.
    Else,
    /// 且.
    And,
    /// 或.
    Or,
    /// 非.
    Not,
    /// 在.
    In,
    /// 真.
    True,
    /// 假.
    False,
    /// 分情况.
    Match,
    /// 其中, inside an aggregate.
    Where,
    /// 按, inside 首个.
    By,
    /// 若无, inside an aggregate.
    Default,
}

/// Each keyword with its Chinese and English form.
pub const KEYWORDS: [(Keyword, &str, &str); 13] = [
    (Keyword::If, "若", "if"),
    (Keyword::Then, "则", "then"),
    (Keyword::Else, "否则", "else"),
    (Keyword::And, "且", "and"),
    (Keyword::Or, "或", "or"),
    (Keyword::Not, "非", "not"),
    (Keyword::In, "在", "in"),
    (Keyword::True, "真", "true"),
    (Keyword::False, "假", "false"),
    (Keyword::Match, "分情况", "match"),
    (Keyword::Where, "其中", "where"),
    (Keyword::By, "按", "by"),
    (Keyword::Default, "若无", "default"),
];

/// The keyword of a word.
#[must_use]
pub fn keyword(word: &str) -> Option<Keyword> {
    KEYWORDS
        .iter()
        .find(|(_, chinese, english)| word == *chinese || word == *english)
        .map(|(keyword, ..)| *keyword)
}

/// What a name before a parenthesis calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// An operator, with the least and the greatest number of arguments.
    Operator(Operator, usize, usize),
    /// 取整.
    Round,
    /// 取整到分.
    RoundFen,
    /// 已知.
    Known,
    /// An aggregate.
    Aggregate(AggregateName),
}

/// Most arguments of 较小 and 较大.
const ARGUMENT_COUNT_MAX: usize = 16;

const fn operator(operator: Operator, count: usize) -> Function {
    Function::Operator(operator, count, count)
}

/// Each function with its names.
pub const FUNCTIONS: [(Function, &[&str]); 23] = [
    (
        Function::Operator(Operator::Min, 2, ARGUMENT_COUNT_MAX),
        &["较小", "min"],
    ),
    (
        Function::Operator(Operator::Max, 2, ARGUMENT_COUNT_MAX),
        &["较大", "max"],
    ),
    (operator(Operator::MonthOf, 1), &["月", "month_of"]),
    (operator(Operator::MonthStart, 1), &["月首日", "month_start"]),
    (operator(Operator::MonthEnd, 1), &["月末日", "month_end"]),
    (operator(Operator::NextMonth, 1), &["次月", "next_month"]),
    (operator(Operator::AddMonths, 2), &["月加", "add_months"]),
    (operator(Operator::AddDays, 2), &["日加", "add_days"]),
    (operator(Operator::MonthsBetween, 2), &["月差", "months_between"]),
    (operator(Operator::DaysBetween, 2), &["日差", "days_between"]),
    (operator(Operator::AgeAt, 2), &["周岁", "age_at"]),
    (operator(Operator::AddWorkingDays, 2), &["工作日加", "add_working_days"]),
    (operator(Operator::WithinArea, 2), &["属于", "within_area"]),
    (Function::Round, &["取整", "round"]),
    (Function::RoundFen, &["取整到分", "round_fen"]),
    (Function::Known, &["已知", "known"]),
    (Function::Aggregate(AggregateName::Sum), &["合计", "sum"]),
    (Function::Aggregate(AggregateName::Count), &["个数", "count"]),
    (Function::Aggregate(AggregateName::Any), &["任一", "any"]),
    (Function::Aggregate(AggregateName::All), &["全部", "all"]),
    (
        Function::Aggregate(AggregateName::Least),
        &["最早", "最小", "least", "earliest"],
    ),
    (
        Function::Aggregate(AggregateName::Greatest),
        &["最晚", "最大", "greatest", "latest"],
    ),
    (Function::Aggregate(AggregateName::First), &["首个", "first"]),
];

/// The function of a name.
#[must_use]
pub fn function(name: &str) -> Option<Function> {
    FUNCTIONS
        .iter()
        .find(|(_, names)| names.contains(&name))
        .map(|(function, _)| *function)
}

/// Every name of every function.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().flat_map(|(_, names)| names.iter().copied())
}

/// The quantum of a rounding, in fen.
#[must_use]
pub fn quantum_fen(word: &str) -> Option<u32> {
    match word {
        "分" | "fen" => Some(1),
        "角" | "jiao" => Some(10),
        "元" | "yuan" => Some(100),
        _ => None,
    }
}

/// How a rounding goes.
#[must_use]
pub fn round_mode(word: &str) -> Option<RoundMode> {
    match word {
        "四舍五入" | "half_up" => Some(RoundMode::HalfUp),
        "进位" | "up" => Some(RoundMode::Up),
        "舍去" | "down" => Some(RoundMode::Down),
        _ => None,
    }
}

/// The Chinese name of an operator that is written as a function or a mark.
#[must_use]
pub fn operator_name(operator: Operator) -> &'static str {
    match operator {
        Operator::Neg | Operator::Sub => "-",
        Operator::Add => "+",
        Operator::Mul => "*",
        Operator::Div => "/",
        Operator::Min => "较小",
        Operator::Max => "较大",
        Operator::Eq => "=",
        Operator::Ne => "<>",
        Operator::Lt => "<",
        Operator::Le => "<=",
        Operator::Gt => ">",
        Operator::Ge => ">=",
        Operator::And => "且",
        Operator::Or => "或",
        Operator::Not => "非",
        Operator::If => "若",
        Operator::Within => "在",
        Operator::MonthOf => "月",
        Operator::MonthStart => "月首日",
        Operator::MonthEnd => "月末日",
        Operator::NextMonth => "次月",
        Operator::AddMonths => "月加",
        Operator::AddDays => "日加",
        Operator::MonthsBetween => "月差",
        Operator::DaysBetween => "日差",
        Operator::AgeAt => "周岁",
        Operator::AddWorkingDays => "工作日加",
        Operator::WithinArea => "属于",
    }
}
