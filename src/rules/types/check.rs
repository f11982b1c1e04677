//! Checks one expression: names, types, units; and builds its sealed tree.

use std::rc::Rc;

use super::resolve::Meaning;
use super::sites::Sites;
use super::symbols::Symbols;
use super::ty::{Codes, Ty};
use crate::rules::expr::{Expr, Literal, Operator, Unit};
use crate::rules::language::ast::{Arm, Kind, Name, Node};
use crate::rules::language::error::{Remarks, nearest};
use crate::rules::language::said::{Fix, Wrong};
use crate::rules::language::source::Span;
use crate::rules::number::Number;
use crate::rules::vocabulary::HOUSEHOLD;

/// An expression and its type.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The sealed tree.
    pub expr: Expr,
    /// Its type.
    pub ty: Ty,
}

/// Checks the expressions of a document; what is wrong is reported, `None` says that it was.
pub struct Checker<'c, 's> {
    /// What names mean.
    pub symbols: &'c Symbols,
    /// Where mistakes go.
    pub remarks: &'c mut Remarks<'s>,
    /// What can be judged only when all clauses are known.
    pub sites: &'c mut Sites,
    /// The scopes one stands in, household first.
    pub scopes: Vec<String>,
}

impl<'c, 's> Checker<'c, 's> {
    /// Stands in a scope.
    pub fn new(
        symbols: &'c Symbols,
        remarks: &'c mut Remarks<'s>,
        sites: &'c mut Sites,
        scope: &str,
    ) -> Checker<'c, 's> {
        let scopes = if symbols.scope(scope).is_some() {
            symbols.chain(scope)
        } else {
            vec![HOUSEHOLD.to_string()]
        };
        Checker {
            symbols,
            remarks,
            sites,
            scopes,
        }
    }

    /// Reports a mistake.
    pub fn wrong<T>(&mut self, span: Span, wrong: Wrong, fix: Fix) -> Option<T> {
        self.remarks.error(span, wrong, fix);
        None
    }

    /// An expression of a wanted type.
    pub fn expect(&mut self, node: &Node, wanted: &Ty) -> Option<Expr> {
        let typed = self.expr(node, Some(wanted))?;
        self.fits(&typed, wanted, node.span)?;
        Some(typed.expr)
    }

    /// Holds a type to what is wanted.
    pub fn fits(&mut self, typed: &Typed, wanted: &Ty, span: Span) -> Option<()> {
        if wanted.accepts(&typed.ty) {
            return Some(());
        }
        let told = Wrong::ThisIs {
            given: typed.ty.describe(),
            wanted: wanted.describe(),
        };
        let fix = mismatch_fix(&typed.ty, wanted);
        self.wrong(span, told, fix)
    }

    /// Any expression. `wanted` decides what a bare number or a code means, nothing else.
    pub fn expr(&mut self, node: &Node, wanted: Option<&Ty>) -> Option<Typed> {
        match &node.kind {
            Kind::Bool(value) => Some(Typed {
                expr: Expr::Literal(Literal::Bool(*value)),
                ty: Ty::Bool,
            }),
            Kind::Date(date) => Some(Typed {
                expr: Expr::Literal(Literal::Date(*date)),
                ty: Ty::Date,
            }),
            Kind::Month(month) => Some(Typed {
                expr: Expr::Literal(Literal::Month(*month)),
                ty: Ty::Month,
            }),
            Kind::Number(value, Some(unit)) => Some(number(*value, *unit)),
            Kind::Number(value, None) => self.bare_number(*value, wanted, node.span),
            Kind::Name(name) => self.name(name, node.span, wanted),
            Kind::Choice(id) => self.choice(id, node.span),
            Kind::Lookup(name, keys) => self.lookup(name, keys, node.span),
            Kind::Known(name) => self.known(name),
            Kind::Apply(operator, arguments) => self.apply(*operator, arguments, wanted, node.span),
            Kind::InSet(left, items) => self.in_set(left, items),
            Kind::InBounds(left, parameter) => self.in_bounds(left, parameter),
            Kind::Match(subject, arms) => self.cases(subject, arms, wanted, node.span),
            Kind::Round(value, quantum_fen, mode) => {
                let value = Box::new(self.expect(value, &Ty::number(Unit::Fen))?);
                let expr = Expr::Round {
                    value,
                    quantum_fen: *quantum_fen,
                    mode: *mode,
                };
                Some(Typed {
                    expr,
                    ty: Ty::number(Unit::Fen),
                })
            }
            Kind::Aggregate(aggregate) => self.aggregate(aggregate, wanted, node.span),
        }
    }

    /// A number without a unit is what its neighbour wants: a count, a ratio or an area code.
    fn bare_number(&mut self, value: Number, wanted: Option<&Ty>, span: Span) -> Option<Typed> {
        let unit = match wanted {
            Some(Ty::Area) => return self.area(span),
            Some(Ty::Number(dimension)) if dimension.unit() == Some(Unit::Count) => Unit::Count,
            _ => Unit::Ratio,
        };
        if unit == Unit::Count && value.denominator() != 1 {
            return self.wrong(span, Wrong::CountDecimal, Fix::WholeNumber);
        }
        let known = matches!(wanted, Some(Ty::Number(d)) if matches!(d.unit(), Some(Unit::Count | Unit::Ratio)));
        let ty = if known { Ty::number(unit) } else { Ty::Bare };
        Some(Typed {
            expr: Expr::Literal(Literal::Number(value, unit)),
            ty,
        })
    }

    fn area(&mut self, span: Span) -> Option<Typed> {
        let code = self.remarks.source().slice(span).trim().to_string();
        if matches!(code.len(), 6 | 9) && code.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Typed {
                expr: Expr::Literal(Literal::Area(code)),
                ty: Ty::Area,
            });
        }
        self.wrong(span, Wrong::AreaDigits, Fix::AreaCodeLike)
    }

    fn name(&mut self, name: &str, span: Span, wanted: Option<&Ty>) -> Option<Typed> {
        if let Some(Ty::Code(codes)) = wanted
            && let Some((code, _)) = codes.codes.iter().find(|(code, shown)| code == name || shown == name)
        {
            let expr = Expr::Literal(Literal::Code(code.clone()));
            return Some(Typed {
                expr,
                ty: Ty::Code(Rc::clone(codes)),
            });
        }
        match self.symbols.resolve(name, &self.scopes) {
            Ok(Meaning::Fact(fact)) => Some(Typed {
                expr: Expr::Fact(fact.path.clone()),
                ty: fact.ty.clone(),
            }),
            Ok(Meaning::Clause(clause)) => {
                // A clause whose own declaration is wrong has been reported there.
                let ty = clause.ty.clone()?;
                Some(Typed {
                    expr: Expr::Clause(clause.id.clone()),
                    ty,
                })
            }
            Ok(Meaning::Parameter(parameter)) => {
                let place = Name {
                    text: parameter.id.clone(),
                    span,
                };
                self.lookup(&place, &[], span)
            }
            Err(unresolved) => match wanted {
                Some(Ty::Code(codes)) => {
                    let (told, fix) = not_a_code(name, codes);
                    self.wrong(span, told, fix)
                }
                _ => {
                    let (told, fix) = *unresolved;
                    self.wrong(span, told, fix)
                }
            },
        }
    }

    fn choice(&mut self, id: &str, span: Span) -> Option<Typed> {
        if let Some(options) = self.symbols.choices.get(id) {
            return Some(Typed {
                expr: Expr::Choice(id.to_string()),
                ty: Ty::Code(Rc::clone(options)),
            });
        }
        let fix = match nearest(id, self.symbols.choices.keys().map(String::as_str)) {
            Some(near) => Fix::WriteChoice { id: near.to_owned() },
            None => Fix::DeclareChoice,
        };
        self.wrong(span, Wrong::NoChoice { id: id.to_owned() }, fix)
    }

    fn in_set(&mut self, left: &Node, items: &[Node]) -> Option<Typed> {
        let subject = self.expr(left, None)?;
        let items: Vec<Option<Expr>> = items.iter().map(|item| self.expect(item, &subject.ty)).collect();
        let items = items.into_iter().collect::<Option<Vec<Expr>>>()?;
        let codes: Option<Vec<String>> = items.iter().map(code_of).collect();
        let expr = match codes {
            Some(codes) => Expr::In(Box::new(subject.expr), codes),
            // A set of numbers or dates is short for equalities.
            None => {
                let equal = items
                    .into_iter()
                    .map(|item| Expr::Apply(Operator::Eq, vec![subject.expr.clone(), item]));
                let mut equal: Vec<Expr> = equal.collect();
                if equal.len() == 1 {
                    equal.remove(0)
                } else {
                    Expr::Apply(Operator::Or, equal)
                }
            }
        };
        Some(Typed { expr, ty: Ty::Bool })
    }

    /// 分情况: every code once, and no other.
    fn cases(&mut self, subject: &Node, arms: &[Arm], wanted: Option<&Ty>, span: Span) -> Option<Typed> {
        let typed = self.expr(subject, None)?;
        let Ty::Code(codes) = &typed.ty else {
            let told = Wrong::CasesNeedCode {
                ty: typed.ty.describe(),
            };
            return self.wrong(subject.span, told, Fix::UseIf);
        };
        let codes = Rc::clone(codes);
        let mut read: Vec<(String, Option<Expr>)> = Vec::new();
        let mut ty: Option<Ty> = wanted.cloned();
        for (names, value) in arms {
            let value_typed = self.expr(value, ty.as_ref());
            if let Some(typed) = &value_typed {
                match &ty {
                    None | Some(Ty::Bare) => ty = Some(typed.ty.clone()),
                    Some(ty) => {
                        let ty = ty.clone();
                        let _ = self.fits(typed, &ty, value.span);
                    }
                }
            }
            for name in names {
                let code = codes
                    .codes
                    .iter()
                    .find(|(code, shown)| *code == name.text || *shown == name.text);
                match code {
                    None => self.no_such_arm(name, &codes),
                    Some((code, _)) if read.iter().any(|(other, _)| other == code) => {
                        let told = Wrong::CodeTwice { code: code.clone() };
                        self.remarks.error(name.span, told, Fix::OneArm);
                    }
                    Some((code, _)) => read.push((code.clone(), value_typed.clone().map(|typed| typed.expr))),
                }
            }
        }
        let missing: Vec<&str> = codes
            .codes
            .iter()
            .map(|(code, _)| code.as_str())
            .filter(|c| !read.iter().any(|(r, _)| r == c))
            .collect();
        if !missing.is_empty() {
            let told = Wrong::CasesLeaveOut {
                codes: missing.join(", "),
                list: codes.list.clone(),
            };
            return self.wrong(span, told, Fix::AddArms);
        }
        let arms: Option<Vec<(String, Expr)>> = read.into_iter().map(|(code, value)| Some((code, value?))).collect();
        Some(Typed {
            expr: Expr::Match(Box::new(typed.expr), arms?),
            ty: ty?,
        })
    }

    fn no_such_arm(&mut self, name: &Name, codes: &Codes) {
        let (told, fix) = not_a_code(&name.text, codes);
        self.remarks.error(name.span, told, fix);
    }
}

/// A word that is no code of a list, and the code that may be meant.
pub fn not_a_code(name: &str, codes: &Codes) -> (Wrong, Fix) {
    let known: Vec<&str> = codes.codes.iter().map(|(code, _)| code.as_str()).collect();
    let fix = match nearest(name, known.iter().copied()) {
        Some(near) => Fix::write(near),
        None => Fix::CodesAre {
            codes: known.join(", "),
        },
    };
    let told = Wrong::NotACodeOf {
        name: name.to_owned(),
        list: codes.list.clone(),
    };
    (told, fix)
}

/// A literal with its unit.
fn number(value: Number, unit: Unit) -> Typed {
    Typed {
        expr: Expr::Literal(Literal::Number(value, unit)),
        ty: Ty::number(unit),
    }
}

fn code_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(Literal::Code(code)) => Some(code.clone()),
        _ => None,
    }
}

/// What to do about a type that does not fit.
pub fn mismatch_fix(given: &Ty, wanted: &Ty) -> Fix {
    let unit = |ty: &Ty| match ty {
        Ty::Number(dimension) => dimension.unit(),
        Ty::Bare | Ty::Bool | Ty::Code(_) | Ty::Date | Ty::Month | Ty::Area => None,
    };
    let bare = *given == Ty::Bare;
    match (unit(given), unit(wanted)) {
        (Some(Unit::FenPerPerson), Some(Unit::Fen)) => Fix::TimesPersons,
        (Some(Unit::Fen), Some(Unit::FenPerPerson)) => Fix::DividePersons,
        (None, Some(Unit::Fen)) if bare => Fix::MoneyUnit,
        (None, Some(Unit::FenPerPerson)) if bare => Fix::UnitLike {
            example: "650.00元/人"
        },
        (None, Some(Unit::Months)) if bare => Fix::UnitLike { example: "3个月" },
        (None, Some(Unit::Days)) if bare => Fix::UnitLike { example: "7日" },
        (None, Some(Unit::Years)) if bare => Fix::UnitLike { example: "60岁" },
        (None, Some(Unit::Persons)) if bare => Fix::UnitLike { example: "1人" },
        _ => match (given, wanted) {
            (Ty::Month, Ty::Date) => Fix::MonthEdges,
            (Ty::Date, Ty::Month) => Fix::MonthOf,
            (Ty::Number(_) | Ty::Bare, Ty::Bool) => Fix::CompareIt,
            _ => Fix::MakeIt { ty: wanted.describe() },
        },
    }
}
