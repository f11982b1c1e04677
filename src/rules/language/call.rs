//! Reads what stands in parentheses after a name: functions, roundings and aggregates.

use super::ast::{Aggregate, AggregateName, Kind, Name, Node};
use super::error::nearest;
use super::lex::Token;
use super::names::{self, Function, Keyword};
use super::parse::{Parser, Problem, glued_keyword};
use super::said::{Count, Fix, Wanted, Wrong};
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
            Function::Known => Kind::Known(self.name(Wanted::FactName)?),
            Function::Round => {
                let value = self.expression()?;
                self.need_mark(",")?;
                let quantum_fen = self.one_of(Wanted::Quantum, names::quantum_fen)?;
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
            Count::Exactly { count: least }
        } else {
            Count::Between { least, most }
        };
        Err(Problem::new(
            name.span,
            Wrong::ArgumentCount {
                name: name.text.clone(),
                count: arguments.len(),
                wanted,
            },
            Fix::AddOrTakeArguments,
        ))
    }

    fn round_mode(&mut self) -> Result<RoundMode, Problem> {
        self.one_of(Wanted::RoundMode, names::round_mode)
    }

    fn one_of<T>(&mut self, wanted: Wanted, read: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
        let name = self.name(wanted.clone())?;
        read(&name.text).ok_or_else(|| {
            Problem::new(
                name.span,
                Wrong::StandsWhere {
                    word: name.text,
                    wanted: wanted.clone(),
                },
                Fix::WriteWanted { wanted },
            )
        })
    }

    fn aggregate(&mut self, name: &Name, kind: AggregateName) -> Result<Kind, Problem> {
        let scope = self.name(Wanted::ListOrGroup)?;
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
                return Err(Problem::new(
                    at,
                    Wrong::OnePartTooMany {
                        name: name.text.clone(),
                    },
                    Fix::FormIs { form: form(kind) },
                ));
            }
            *slot = Some(self.expression()?);
        }
        if !matches!(self.peek(), Some(Token::Mark(")"))) {
            return Err(self.unexpected(Wanted::CommaOrClose));
        }
        let wrong = |span: Span, wrong: Wrong| Problem::new(span, wrong, Fix::FormIs { form: form(kind) });
        let called = || name.text.clone();
        let ordered = kind == AggregateName::First;
        let bare = kind == AggregateName::Count;
        let extreme = matches!(kind, AggregateName::Least | AggregateName::Greatest);
        if ordered != key.is_some() {
            let told = if ordered {
                Wrong::FirstNeedsBy
            } else {
                Wrong::TakesNoBy { name: called() }
            };
            return Err(wrong(by, told));
        }
        if bare == value.is_some() {
            let told = if bare {
                Wrong::TakesNoValue { name: called() }
            } else {
                Wrong::NeedsValue { name: called() }
            };
            return Err(wrong(name.span, told));
        }
        if extreme && default.is_none() {
            return Err(wrong(name.span, Wrong::NoDefault { name: called() }));
        }
        if !(extreme || ordered) && default.is_some() {
            return Err(wrong(name.span, Wrong::TakesNoDefault { name: called() }));
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
        Fix::BlankOrBrackets {
            keyword: keyword.to_owned(),
        }
    } else if let Some(near) = nearest(&name.text, names::function_names()) {
        Fix::write(near)
    } else {
        Fix::ParenthesesCall
    };
    Problem::new(
        name.span,
        Wrong::NoFunction {
            name: name.text.clone(),
        },
        fix,
    )
}
