//! Reads what operators join: literals, names, lookups, conditions and cases.

use super::ast::{Arm, Kind, Node};
use super::lex::Token;
use super::names::{self, Keyword};
use super::parse::{Parser, Problem};
use super::said::Wanted;
use crate::rules::expr::Operator;

impl Parser {
    pub(super) fn primary(&mut self) -> Result<Node, Problem> {
        let span = self.here();
        let kind = match self.peek() {
            Some(Token::Number(value, unit)) => Kind::Number(*value, *unit),
            Some(Token::Date(date)) => Kind::Date(*date),
            Some(Token::Month(month)) => Kind::Month(*month),
            Some(Token::Mark("(")) => {
                self.at += 1;
                let inner = self.expression()?;
                let close = self.need_mark(")")?;
                return Ok(Node {
                    span: span.to(close),
                    kind: inner.kind,
                });
            }
            Some(Token::Word(word)) => match names::keyword(word) {
                Some(Keyword::True) => Kind::Bool(true),
                Some(Keyword::False) => Kind::Bool(false),
                Some(Keyword::If) => return self.condition(),
                Some(Keyword::Match) => return self.cases(),
                None => return self.named(),
                Some(
                    Keyword::Then
                    | Keyword::Else
                    | Keyword::And
                    | Keyword::Or
                    | Keyword::Not
                    | Keyword::In
                    | Keyword::Where
                    | Keyword::By
                    | Keyword::Default,
                ) => return Err(self.unexpected(Wanted::Value)),
            },
            Some(Token::Mark(_) | Token::Bad(..)) | None => return Err(self.unexpected(Wanted::Value)),
        };
        self.at += 1;
        Ok(Node { span, kind })
    }

    fn condition(&mut self) -> Result<Node, Problem> {
        let start = self.here();
        self.at += 1;
        let condition = self.expression()?;
        self.need_word(Keyword::Then, Wanted::Then)?;
        let then = self.expression()?;
        self.need_word(Keyword::Else, Wanted::Else)?;
        let otherwise = self.expression()?;
        let span = start.to(otherwise.span);
        Ok(Node {
            span,
            kind: Kind::Apply(Operator::If, vec![condition, then, otherwise]),
        })
    }

    fn cases(&mut self) -> Result<Node, Problem> {
        let start = self.here();
        self.at += 1;
        let subject = self.sum()?;
        self.need_mark("{")?;
        let mut arms: Vec<Arm> = Vec::new();
        while !self.mark("}") {
            let mut codes = vec![self.name(Wanted::Code)?];
            while self.mark(",") {
                codes.push(self.name(Wanted::Code)?);
            }
            self.need_mark(":")?;
            arms.push((codes, self.expression()?));
            if !self.mark(";") {
                self.need_mark("}")?;
                break;
            }
        }
        Ok(Node {
            span: start.to(self.behind()),
            kind: Kind::Match(Box::new(subject), arms),
        })
    }

    /// What begins with a name: a choice, a call, a lookup or the name alone.
    fn named(&mut self) -> Result<Node, Problem> {
        let name = self.name(Wanted::Name)?;
        for prefix in ["选项.", "choice."] {
            if let Some(id) = name.text.strip_prefix(prefix) {
                return Ok(Node {
                    span: name.span,
                    kind: Kind::Choice(id.to_string()),
                });
            }
        }
        if matches!(self.peek(), Some(Token::Mark("("))) {
            return self.call(&name);
        }
        if !self.mark("[") {
            return Ok(Node {
                span: name.span,
                kind: Kind::Name(name.text),
            });
        }
        let mut keys = Vec::new();
        while !self.mark("]") {
            keys.push(self.expression()?);
            if !self.mark(",") {
                self.need_mark("]")?;
                break;
            }
        }
        Ok(Node {
            span: name.span.to(self.behind()),
            kind: Kind::Lookup(name, keys),
        })
    }
}
