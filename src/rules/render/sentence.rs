//! An expression as Chinese words.

use super::names::Names;
use crate::rules::document::Type;
use crate::rules::expr::{Aggregate, AggregateKind, Expr, Literal, Operator, RoundMode};

/// The words of an expression.
#[must_use]
pub fn sentence(expr: &Expr, names: &Names<'_>) -> String {
    Words { names, unit: None }.of(expr)
}

/// The words of an expression whose type is known: its codes get their Chinese names.
#[must_use]
pub fn typed_sentence(expr: &Expr, unit: &Type, names: &Names<'_>) -> String {
    Words {
        names,
        unit: Some(unit),
    }
    .of(expr)
}

struct Words<'n, 'd> {
    names: &'n Names<'d>,
    /// The type of the whole, for codes that stand as a result.
    unit: Option<&'n Type>,
}

/// How closely words hold together; what binds less than is wanted goes into parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Branch,
    Or,
    And,
    Comparison,
    Sum,
    Product,
    Word,
}

impl Words<'_, '_> {
    fn of(&self, expr: &Expr) -> String {
        match expr {
            Expr::Literal(literal) => self.names.literal(literal, self.unit),
            Expr::Fact(path) => self.names.fact(path),
            Expr::Known(path) => format!("有{}的记录", self.names.fact(path)),
            Expr::Clause(id) => format!("「{}」", self.names.clause(id)),
            Expr::Choice(id) => format!("选项{id}（{}）", self.names.question(id)),
            Expr::Lookup { parameter, keys, at } => self.lookup(parameter, keys, at),
            Expr::InBounds { value, parameter } => {
                format!("{}在{}允许的范围内", self.part(value), self.names.parameter(parameter))
            }
            Expr::Apply(operator, parts) => self.apply(*operator, parts),
            Expr::In(subject, codes) => {
                let list = self.list(subject);
                let codes: Vec<String> = codes
                    .iter()
                    .map(|code| self.names.code(list.as_deref(), code))
                    .collect();
                match codes.as_slice() {
                    [one] => format!("{}为{one}", self.part(subject)),
                    _ => format!("{}为{}之一", self.part(subject), codes.join("、")),
                }
            }
            Expr::Match(subject, arms) => self.cases(subject, arms),
            Expr::Round {
                value,
                quantum_fen,
                mode,
            } => {
                let to = match quantum_fen {
                    1 => "分",
                    10 => "角",
                    _ => "元",
                };
                let how = match mode {
                    RoundMode::HalfUp => "四舍五入",
                    RoundMode::Up => "进位",
                    RoundMode::Down => "舍去零头",
                };
                format!("{}{how}到{to}", self.part(value))
            }
            Expr::Aggregate(aggregate) => self.aggregate(aggregate),
        }
    }

    /// A part that must hold together: in parentheses unless it is one word.
    fn part(&self, expr: &Expr) -> String {
        self.held(expr, Binding::Word)
    }

    fn held(&self, expr: &Expr, wanted: Binding) -> String {
        let words = self.of(expr);
        if binding(expr) >= wanted {
            words
        } else {
            format!("（{words}）")
        }
    }

    fn lookup(&self, parameter: &str, keys: &[Expr], at: &Expr) -> String {
        let mut inside: Vec<String> = keys.iter().map(|key| self.key(key)).collect();
        // The date by which a parameter is usually read needs no words.
        let usual = matches!(at, Expr::Apply(Operator::MonthStart, month)
            if matches!(month.as_slice(), [Expr::Fact(path)] if path == "decision.month"))
            || matches!(at, Expr::Fact(path) if path == "decision.date");
        if !usual {
            inside.push(format!("取值日：{}", self.of(at)));
        }
        let name = self.names.parameter(parameter);
        if inside.is_empty() {
            name
        } else {
            format!("{name}（{}）", inside.join("，"))
        }
    }

    fn key(&self, key: &Expr) -> String {
        match key {
            Expr::Literal(Literal::Code(code)) => self.names.any_code(code),
            _ => self.of(key),
        }
    }

    /// The code list that a subject's codes come from.
    fn list(&self, subject: &Expr) -> Option<String> {
        match self.names.type_of(subject) {
            Some(Type::Code(list)) => Some(list),
            _ => None,
        }
    }

    fn cases(&self, subject: &Expr, arms: &[(String, Expr)]) -> String {
        if let Expr::Choice(id) = subject {
            let chosen = self.names.choice(id).map(|choice| choice.option.as_str());
            let arms = arms.iter().map(|(option, value)| {
                let mark = if chosen == Some(option.as_str()) {
                    "【现选】"
                } else {
                    ""
                };
                format!("{mark}{option}：{}", self.of(value))
            });
            let question = self.names.question(id);
            return format!("按选项{id}（{question}）——{}", arms.collect::<Vec<_>>().join("；"));
        }
        let list = self.list(subject);
        let arms = arms
            .iter()
            .map(|(code, value)| format!("{}的，为{}", self.names.code(list.as_deref(), code), self.of(value)));
        format!("按{}：{}", self.part(subject), arms.collect::<Vec<_>>().join("；"))
    }

    fn apply(&self, operator: Operator, parts: &[Expr]) -> String {
        // The first may bind as closely as the operator itself: a减b加c.
        let chain = |join: &str, own: Binding, next: Binding| {
            let words = parts
                .iter()
                .enumerate()
                .map(|(at, part)| self.held(part, if at == 0 { own } else { next }));
            words.collect::<Vec<_>>().join(join)
        };
        let listed = || {
            parts
                .iter()
                .map(|part| self.held(part, Binding::Sum))
                .collect::<Vec<_>>()
                .join("与")
        };
        let one = |at: usize| parts.get(at).map(|part| self.of(part)).unwrap_or_default();
        let held = |at: usize| parts.get(at).map(|part| self.part(part)).unwrap_or_default();
        match operator {
            Operator::Neg => format!("负{}", held(0)),
            Operator::Add => chain("加", Binding::Sum, Binding::Product),
            Operator::Sub => chain("减", Binding::Sum, Binding::Product),
            Operator::Mul => chain("乘以", Binding::Product, Binding::Word),
            Operator::Div => chain("除以", Binding::Product, Binding::Word),
            Operator::Min => format!("{}中较小的", listed()),
            Operator::Max => format!("{}中较大的", listed()),
            Operator::Eq | Operator::Ne => self.equality(operator == Operator::Eq, parts),
            Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge => self.order(operator, parts),
            Operator::And => chain("，并且", Binding::And, Binding::Comparison),
            Operator::Or => chain("，或者", Binding::Or, Binding::And),
            Operator::Not => match parts {
                [Expr::Known(path)] => format!("没有{}的记录", self.names.fact(path)),
                [Expr::In(subject, codes)] => {
                    let positive = self.of(&Expr::In(subject.clone(), codes.clone()));
                    positive.replacen('为', "不为", 1)
                }
                _ => format!("不是{}", held(0)),
            },
            Operator::If => {
                let condition = parts
                    .first()
                    .map(|part| self.held(part, Binding::Or))
                    .unwrap_or_default();
                let otherwise = match parts.get(2) {
                    Some(Expr::Apply(Operator::If, _)) => "否则，",
                    _ => "否则为",
                };
                format!(
                    "如果{condition}，为{}；{otherwise}{}",
                    self.branch(parts.get(1)),
                    one(2)
                )
            }
            Operator::Within => format!("{}在{}至{}之间（含两端）", held(0), one(1), one(2)),
            Operator::MonthOf => format!("{}所在月", held(0)),
            Operator::MonthStart => format!("{}的第一天", held(0)),
            Operator::MonthEnd => format!("{}的最后一天", held(0)),
            Operator::NextMonth => format!("{}的次月", held(0)),
            Operator::AddMonths | Operator::AddDays => format!("{}之后{}", held(0), one(1)),
            Operator::MonthsBetween => format!("{}至{}的月数", held(0), held(1)),
            Operator::DaysBetween => format!("{}至{}的日数", held(0), held(1)),
            Operator::AgeAt => format!("{}在{}的周岁", held(0), held(1)),
            Operator::AddWorkingDays => format!("{}之后第{}个工作日", held(0), one(1)),
            Operator::WithinArea => format!("{}属于{}", held(0), held(1)),
        }
    }

    /// The first branch of a condition: one that branches again must hold together.
    fn branch(&self, expr: Option<&Expr>) -> String {
        match expr {
            Some(expr @ (Expr::Apply(Operator::If, _) | Expr::Match(..))) => format!("（{}）", self.of(expr)),
            Some(expr) => self.of(expr),
            None => String::new(),
        }
    }

    fn equality(&self, equal: bool, parts: &[Expr]) -> String {
        let [left, right] = parts else { return String::new() };
        let word = match (self.names.type_of(left), equal) {
            (Some(Type::Number(_)) | None, true) if !matches!(right, Expr::Literal(Literal::Code(_))) => "等于",
            (Some(Type::Number(_)) | None, false) if !matches!(right, Expr::Literal(Literal::Code(_))) => "不等于",
            (_, true) => "为",
            (_, false) => "不为",
        };
        let right = match right {
            Expr::Literal(Literal::Code(code)) => self.names.code(self.list(left).as_deref(), code),
            other => self.held(other, Binding::Sum),
        };
        format!("{}{word}{right}", self.held(left, Binding::Sum))
    }

    fn order(&self, operator: Operator, parts: &[Expr]) -> String {
        let [left, right] = parts else { return String::new() };
        let time = |expr: &Expr| matches!(self.names.type_of(expr), Some(Type::Date | Type::Month));
        let dated = time(left) || time(right);
        let word = match (operator, dated) {
            (Operator::Lt, true) => "早于",
            (Operator::Le, true) => "不晚于",
            (Operator::Gt, true) => "晚于",
            (_, true) => "不早于",
            (Operator::Lt, false) => "低于",
            (Operator::Le, false) => "不高于",
            (Operator::Gt, false) => "高于",
            (_, false) => "不低于",
        };
        format!(
            "{}{word}{}",
            self.held(left, Binding::Sum),
            self.held(right, Binding::Sum)
        )
    }

    fn aggregate(&self, aggregate: &Aggregate) -> String {
        let scope = self.names.scope(&aggregate.scope);
        let filter = match &aggregate.filter {
            Expr::Literal(Literal::Bool(true)) => String::new(),
            filter => format!("{}的", self.condition_of(filter)),
        };
        match &aggregate.kind {
            AggregateKind::Sum(value) => format!("每个{filter}{scope}的{}之和", self.part(value)),
            AggregateKind::Count => format!("{filter}{scope}的个数"),
            AggregateKind::Any(value) => format!("有{filter}{scope}符合：{}", self.of(value)),
            AggregateKind::All(value) => format!("每个{filter}{scope}都符合：{}", self.of(value)),
            AggregateKind::Least(value, default) => {
                format!(
                    "{filter}{scope}的{}中最早或者最小的（没有时为{}）",
                    self.part(value),
                    self.of(default)
                )
            }
            AggregateKind::Greatest(value, default) => {
                format!(
                    "{filter}{scope}的{}中最晚或者最大的（没有时为{}）",
                    self.part(value),
                    self.of(default)
                )
            }
            AggregateKind::First { key, value, default } => {
                let none = default
                    .as_ref()
                    .map_or(String::new(), |d| format!("（没有时为{}）", self.of(d)));
                format!(
                    "{filter}{scope}中{}最先的那个的{}{none}",
                    self.part(key),
                    self.part(value)
                )
            }
        }
    }

    /// A filter before 的: more than one condition holds together in parentheses.
    fn condition_of(&self, filter: &Expr) -> String {
        match filter {
            Expr::Fact(_) | Expr::Clause(_) => format!("属于{}", self.of(filter)),
            Expr::Known(_) => self.of(filter),
            Expr::Apply(Operator::Not, parts) if matches!(parts.as_slice(), [Expr::Known(_)]) => self.of(filter),
            _ => format!("（{}）", self.of(filter)),
        }
    }
}

/// How closely the words of an expression hold together.
fn binding(expr: &Expr) -> Binding {
    match expr {
        Expr::Literal(_) | Expr::Fact(_) | Expr::Clause(_) | Expr::Lookup { .. } | Expr::Choice(_) => Binding::Word,
        Expr::Match(..) => Binding::Branch,
        Expr::Known(_) | Expr::InBounds { .. } | Expr::In(..) => Binding::Comparison,
        Expr::Round { .. } => Binding::Product,
        Expr::Aggregate(aggregate) => match aggregate.kind {
            AggregateKind::Any(_) | AggregateKind::All(_) => Binding::Branch,
            _ => Binding::Product,
        },
        Expr::Apply(operator, _) => match operator {
            Operator::If => Binding::Branch,
            Operator::Or => Binding::Or,
            Operator::And => Binding::And,
            Operator::Not
            | Operator::Eq
            | Operator::Ne
            | Operator::Lt
            | Operator::Le
            | Operator::Gt
            | Operator::Ge
            | Operator::Within
            | Operator::WithinArea => Binding::Comparison,
            Operator::Add | Operator::Sub | Operator::Neg | Operator::Min | Operator::Max => Binding::Sum,
            Operator::Mul | Operator::Div | Operator::AddMonths | Operator::AddDays | Operator::AddWorkingDays => {
                Binding::Product
            }
            Operator::MonthOf
            | Operator::MonthStart
            | Operator::MonthEnd
            | Operator::NextMonth
            | Operator::AgeAt
            | Operator::MonthsBetween
            | Operator::DaysBetween => Binding::Word,
        },
    }
}
