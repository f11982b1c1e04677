//! Reads what stands in parentheses after a name: functions, roundings and aggregates.

use super::ast::{Aggregate, AggregateName, Kind, Name, Node};
use super::error::nearest;
use super::lex::Token;
use super::names::{self, Function, Keyword};
use super::parse::{Parser, Problem, glued_keyword};
use super::source::Span;
use crate::rules::expr::{Operator, RoundMode};

impl Parser {
    /// The next token is the opening parenthesis.
    pub(super) fn call(&mut self, name: &Name) -> Result<Node, Problem> {
        let Some(function) = names::function(&name.text) else {
            return Err(unknown_function(name));
        };
        self.need_mark("(")?;
        let kind = match function {
            Function::Operator(operator, least, most) => self.arguments(name, operator, least, most)?,
            Function::Known => Kind::Known(self.name("the name of a fact")?),
            Function::Round => {
                let value = self.expression()?;
                self.need_mark(",")?;
                let quantum_fen = self.one_of("分, 角 or 元", names::quantum_fen)?;
                self.need_mark(",")?;
                Kind::Round(Box::new(value), quantum_fen, self.round_mode()?)
            }
            Function::RoundFen => {
                let value = self.expression()?;
                self.need_mark(",")?;
                Kind::Round(Box::new(value), 1, self.round_mode()?)
            }
            Function::Aggregate(kind) => self.aggregate(name, kind)?,
        };
        let close = self.need_mark(")")?;
        Ok(Node {
            span: name.span.to(close),
            kind,
        })
    }

    fn arguments(&mut self, name: &Name, operator: Operator, least: usize, most: usize) -> Result<Kind, Problem> {
        let mut arguments = vec![self.expression()?];
        while self.mark(",") {
            arguments.push(self.expression()?);
        }
        if (least..=most).contains(&arguments.len()) {
            return Ok(Kind::Apply(operator, arguments));
        }
        let wanted = if least == most {
            least.to_string()
        } else {
            format!("{least} to {most}")
        };
        Err(Problem {
            span: name.span,
            message: format!("{} has {} arguments and takes {wanted}", name.text, arguments.len()),
            fix: "add or take away arguments".into(),
        })
    }

    fn round_mode(&mut self) -> Result<RoundMode, Problem> {
        self.one_of("四舍五入, 进位 or 舍去", names::round_mode)
    }

    fn one_of<T>(&mut self, wanted: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
        let name = self.name(wanted)?;
        read(&name.text).ok_or_else(|| Problem {
            span: name.span,
            message: format!("`{}` stands where {wanted} should stand", name.text),
            fix: format!("write {wanted}"),
        })
    }

    fn aggregate(&mut self, name: &Name, kind: AggregateName) -> Result<Kind, Problem> {
        let scope = self.name("a list such as 成员 or 工作, or a group")?;
        let filter = if self.word(Keyword::Where) {
            Some(self.expression()?)
        } else {
            None
        };
        let by = self.here();
        let key = if self.word(Keyword::By) {
            Some(self.expression()?)
        } else {
            None
        };
        let (mut value, mut default) = (None, None);
        while matches!(self.peek(), Some(Token::Mark("," | ":"))) {
            let _ = self.mark(",") || self.mark(":");
            let at = self.here();
            let slot = if self.word(Keyword::Default) {
                &mut default
            } else {
                &mut value
            };
            if slot.is_some() {
                let fix = format!("the form is {}", form(kind));
                return Err(Problem {
                    span: at,
                    message: format!("{} has one part too many", name.text),
                    fix,
                });
            }
            *slot = Some(self.expression()?);
        }
        if !matches!(self.peek(), Some(Token::Mark(")"))) {
            return Err(self.unexpected("`,` or `)`"));
        }
        let wrong = |span: Span, message: String| Problem {
            span,
            message,
            fix: format!("the form is {}", form(kind)),
        };
        let ordered = kind == AggregateName::First;
        let bare = kind == AggregateName::Count;
        let extreme = matches!(kind, AggregateName::Least | AggregateName::Greatest);
        if ordered != key.is_some() {
            let message = if ordered {
                "首个 needs 按 (by)".to_string()
            } else {
                format!("{} takes no 按", name.text)
            };
            return Err(wrong(by, message));
        }
        if bare == value.is_some() {
            let what = if bare {
                "takes no value"
            } else {
                "needs a value after the list"
            };
            return Err(wrong(name.span, format!("{} {what}", name.text)));
        }
        if extreme && default.is_none() {
            return Err(wrong(
                name.span,
                format!("{} over nothing has no value: 若无 (default) is missing", name.text),
            ));
        }
        if !(extreme || ordered) && default.is_some() {
            return Err(wrong(name.span, format!("{} takes no 若无", name.text)));
        }
        Ok(Kind::Aggregate(Box::new(Aggregate {
            kind,
            scope,
            filter,
            key,
            value,
            default,
        })))
    }
}

/// The form of an aggregate, for the fix.
fn form(kind: AggregateName) -> &'static str {
    match kind {
        AggregateName::Sum => "合计(到账 其中 条件, 值)",
        AggregateName::Count => "个数(成员 其中 条件)",
        AggregateName::Any => "任一(成员 其中 条件, 条件)",
        AggregateName::All => "全部(成员 其中 条件, 条件)",
        AggregateName::Least => "最早(工作 其中 条件, 值, 若无 值)",
        AggregateName::Greatest => "最晚(工作 其中 条件, 值, 若无 值)",
        AggregateName::First => "首个(工作 其中 条件 按 次序, 值, 若无 值)",
    }
}

fn unknown_function(name: &Name) -> Problem {
    let fix = if let Some(keyword) = glued_keyword(&name.text) {
        format!("put a blank after `{keyword}`; a parameter is read with brackets")
    } else if let Some(near) = nearest(&name.text, names::function_names()) {
        format!("write `{near}`")
    } else {
        "parentheses call functions; a parameter is read with brackets: 低保标准[本地, 城乡]".to_string()
    };
    Problem {
        span: name.span,
        message: format!("there is no function `{}`", name.text),
        fix,
    }
}
