//! Reads an expression: operators by their binding, conditions, sets, names and literals.
//!
//! `primary.rs` reads what operators join; `call.rs` what stands in parentheses after a name.

use super::ast::{Kind, Name, Node};
use super::lex::{self, Placed, Token};
use super::names::{self, Keyword};
use super::said::{Fix, Wanted, Wrong};
use super::source::Span;
use crate::rules::expr::Operator;

/// Deepest nesting of an expression: the shipped clauses need about ten, and the evaluator recurses.
pub const DEPTH_MAX: usize = 64;

/// Most operators of one expression that nest to the left: with [`DEPTH_MAX`] it bounds every recursion over the tree.
pub const CHAINED_MAX: usize = 256;

/// Longest text of one expression; the longest shipped has a twentieth of it.
pub const TEXT_SIZE_MAX_BYTES: usize = 16 * 1024;

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What. In a box, because most expressions have nothing wrong.
    pub wrong: Box<Wrong>,
    /// What to do.
    pub fix: Box<Fix>,
}

impl Problem {
    pub(super) fn new(span: Span, wrong: Wrong, fix: Fix) -> Problem {
        Problem {
            span,
            wrong: Box::new(wrong),
            fix: Box::new(fix),
        }
    }
}

/// Reads a whole text. `offsets` gives the byte of the file for each byte of it.
///
/// # Errors
/// The first [`Problem`].
pub fn expression(text: &str, offsets: &[usize]) -> Result<Node, Problem> {
    let end = offsets.last().copied().unwrap_or_default();
    if text.len() > TEXT_SIZE_MAX_BYTES {
        let start = offsets.first().copied().unwrap_or_default();
        return Err(Problem::new(
            Span { start, end: start },
            Wrong::ExpressionTooLong {
                max: TEXT_SIZE_MAX_BYTES,
            },
            Fix::NameParts,
        ));
    }
    let mut parser = Parser {
        tokens: lex::tokens(text, offsets),
        at: 0,
        end: Span { start: end, end },
        depth: 0,
        chained: 0,
    };
    let node = parser.expression()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.unexpected(Wanted::End)),
    }
}

/// The state of reading.
pub(super) struct Parser {
    tokens: Vec<Placed>,
    pub(super) at: usize,
    end: Span,
    depth: usize,
    chained: usize,
}

impl Parser {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    /// Where the next token stands, or the end of the text.
    pub(super) fn here(&self) -> Span {
        self.tokens.get(self.at).map_or(self.end, |(_, span)| *span)
    }

    /// Where the last token that was taken stands.
    pub(super) fn behind(&self) -> Span {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(self.end, |(_, span)| *span)
    }

    pub(super) fn mark(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Mark(here)) if *here == mark);
        self.at += usize::from(found);
        found
    }

    pub(super) fn word(&mut self, keyword: Keyword) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if names::keyword(word) == Some(keyword));
        self.at += usize::from(found);
        found
    }

    pub(super) fn need_mark(&mut self, mark: &str) -> Result<Span, Problem> {
        if self.mark(mark) {
            Ok(self.behind())
        } else {
            Err(self.unexpected(Wanted::Mark { mark: mark.to_owned() }))
        }
    }

    pub(super) fn need_word(&mut self, keyword: Keyword, shown: Wanted) -> Result<(), Problem> {
        if self.word(keyword) {
            Ok(())
        } else {
            Err(self.unexpected(shown))
        }
    }

    pub(super) fn name(&mut self, wanted: Wanted) -> Result<Name, Problem> {
        let span = self.here();
        match self.peek() {
            Some(Token::Word(text)) if names::keyword(text).is_none() => {
                let name = Name {
                    text: text.clone(),
                    span,
                };
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected(wanted)),
        }
    }

    pub(super) fn unexpected(&self, wanted: Wanted) -> Problem {
        let span = self.here();
        let (wrong, fix) = match self.peek() {
            None => (Wrong::EndsWhere { wanted }, Fix::CompleteIt),
            Some(Token::Bad(wrong, fix)) => (wrong.clone(), fix.clone()),
            Some(Token::Word(word)) => {
                let fix = match glued_keyword(word) {
                    Some(keyword) => Fix::blank_after(keyword),
                    None => Fix::OperatorBetween,
                };
                let word = word.clone();
                (Wrong::StandsWhere { word, wanted }, fix)
            }
            Some(Token::Mark(mark)) => {
                let word = (*mark).to_owned();
                (Wrong::StandsWhere { word, wanted }, Fix::CheckParentheses)
            }
            Some(Token::Number(..) | Token::Date(_) | Token::Month(_)) => {
                (Wrong::NumberWhere { wanted }, Fix::WriteOperator)
            }
        };
        Problem::new(span, wrong, fix)
    }

    /// Any expression; every nesting comes through here, so the depth is counted here.
    pub(super) fn expression(&mut self) -> Result<Node, Problem> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Problem::new(
                self.here(),
                Wrong::ExpressionNested { max: DEPTH_MAX },
                Fix::NameAPart,
            ));
        }
        let node = self.chain(Keyword::Or, Operator::Or, |p| {
            p.chain(Keyword::And, Operator::And, Parser::negation)
        })?;
        self.depth -= 1;
        Ok(node)
    }

    /// One or more parts joined by one keyword.
    fn chain(
        &mut self,
        keyword: Keyword,
        operator: Operator,
        part: impl Fn(&mut Parser) -> Result<Node, Problem>,
    ) -> Result<Node, Problem> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.word(keyword) {
            parts.push(part(self)?);
        }
        Ok(joined(operator, parts))
    }

    fn negation(&mut self) -> Result<Node, Problem> {
        let start = self.here();
        let mut count = 0_usize;
        while self.word(Keyword::Not) {
            count += 1;
        }
        let node = self.comparison()?;
        if count > 1 {
            return Err(Problem::new(start, Wrong::NotTwice, Fix::TakeBothAway));
        }
        if count == 0 {
            return Ok(node);
        }
        Ok(Node {
            span: start.to(node.span),
            kind: Kind::Apply(Operator::Not, vec![node]),
        })
    }

    fn comparison(&mut self) -> Result<Node, Problem> {
        let left = self.sum()?;
        if self.word(Keyword::In) {
            return self.membership(left);
        }
        let Some(operator) = self.compare() else {
            return Ok(left);
        };
        let right = self.sum()?;
        let span = left.span.to(right.span);
        let before = self.here();
        if self.compare().is_some() {
            return Err(Problem::new(before, Wrong::Chained, Fix::WriteAnd));
        }
        Ok(Node {
            span,
            kind: Kind::Apply(operator, vec![left, right]),
        })
    }

    fn compare(&mut self) -> Option<Operator> {
        let operator = match self.peek()? {
            Token::Mark("=") => Operator::Eq,
            Token::Mark("<>") => Operator::Ne,
            Token::Mark("<") => Operator::Lt,
            Token::Mark("<=") => Operator::Le,
            Token::Mark(">") => Operator::Gt,
            Token::Mark(">=") => Operator::Ge,
            _ => return None,
        };
        self.at += 1;
        Some(operator)
    }

    /// What stands after 在: a set, bounds or a range.
    fn membership(&mut self, left: Node) -> Result<Node, Problem> {
        if self.mark("{") {
            let mut items = Vec::new();
            while !self.mark("}") {
                items.push(self.sum()?);
                if !self.mark(",") {
                    self.need_mark("}")?;
                    break;
                }
            }
            let span = left.span.to(self.behind());
            if items.is_empty() {
                return Err(Problem::new(span, Wrong::SetEmpty, Fix::NameACode));
            }
            return Ok(Node {
                span,
                kind: Kind::InSet(Box::new(left), items),
            });
        }
        if matches!(self.peek(), Some(Token::Word(word)) if word == "界限" || word == "bounds") {
            self.at += 1;
            self.need_mark("(")?;
            let parameter = self.name(Wanted::ParameterName)?;
            let close = self.need_mark(")")?;
            return Ok(Node {
                span: left.span.to(close),
                kind: Kind::InBounds(Box::new(left), parameter),
            });
        }
        let low = self.sum()?;
        self.need_mark("..")?;
        let high = self.sum()?;
        Ok(Node {
            span: left.span.to(high.span),
            kind: Kind::Apply(Operator::Within, vec![left, low, high]),
        })
    }

    pub(super) fn sum(&mut self) -> Result<Node, Problem> {
        let mut left = self.product()?;
        loop {
            let operator = if self.mark("+") {
                Operator::Add
            } else if self.mark("-") {
                Operator::Sub
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = self.extended(operator, left, right)?;
        }
    }

    fn product(&mut self) -> Result<Node, Problem> {
        let mut left = self.signed()?;
        loop {
            let operator = if self.mark("*") {
                Operator::Mul
            } else if self.mark("/") {
                Operator::Div
            } else {
                return Ok(left);
            };
            let right = self.signed()?;
            left = self.extended(operator, left, right)?;
        }
    }

    fn signed(&mut self) -> Result<Node, Problem> {
        let start = self.here();
        if !self.mark("-") {
            return self.primary();
        }
        let node = self.primary()?;
        let span = start.to(node.span);
        let kind = match node.kind {
            Kind::Number(value, unit) => Kind::Number(value.negated(), unit),
            _ => Kind::Apply(Operator::Neg, vec![node]),
        };
        Ok(Node { span, kind })
    }

    /// `left operator right`; chains of + and of * are kept flat, as they are written. Other chains nest to the
    /// left, and are limited like every nesting.
    fn extended(&mut self, operator: Operator, left: Node, right: Node) -> Result<Node, Problem> {
        let span = left.span.to(right.span);
        let flat = matches!(operator, Operator::Add | Operator::Mul);
        let kind = match left.kind {
            Kind::Apply(same, mut parts) if flat && same == operator => {
                parts.push(right);
                Kind::Apply(operator, parts)
            }
            kind => {
                self.chained += 1;
                if self.chained > CHAINED_MAX {
                    return Err(Problem::new(
                        span,
                        Wrong::TooManyParts { max: CHAINED_MAX },
                        Fix::NameAPart,
                    ));
                }
                Kind::Apply(operator, vec![Node { span: left.span, kind }, right])
            }
        };
        Ok(Node { span, kind })
    }
}

/// The keyword that a word begins with, where a blank was forgotten.
pub fn glued_keyword(word: &str) -> Option<&'static str> {
    let begins = |chinese: &&str| word.starts_with(*chinese) && word != *chinese;
    names::KEYWORDS
        .iter()
        .map(|(_, chinese, _)| *chinese)
        .filter(begins)
        .max_by_key(|chinese| chinese.len())
}

/// A chain of one operator as one node; a single part stays itself.
fn joined(operator: Operator, mut parts: Vec<Node>) -> Node {
    match (parts.len(), parts.first(), parts.last()) {
        (2.., Some(first), Some(last)) => {
            let span = first.span.to(last.span);
            Node {
                span,
                kind: Kind::Apply(operator, parts),
            }
        }
        _ => parts.remove(0),
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
