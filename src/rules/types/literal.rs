//! Reads the literals of parameters, bounds and declarations, of a type that is known.

use super::check::not_a_code;
use super::ty::Ty;
use crate::rules::calendar::Date;
use crate::rules::expr::{Literal, Unit};
use crate::rules::language::draft::Text;
use crate::rules::language::error::Remarks;
use crate::rules::language::lex::{self, Token};
use crate::rules::language::said::{Example, Fix, Wrong};
use crate::rules::number::Number;

/// A literal of this type. Money carries its unit; other units may be left out.
pub fn read(text: &Text, ty: &Ty, remarks: &mut Remarks<'_>) -> Option<Literal> {
    let written = text.value.trim();
    let read = match ty {
        Ty::Number(dimension) => return number(text, dimension.unit()?, remarks),
        Ty::Bare => return number(text, Unit::Ratio, remarks),
        Ty::Bool => match written {
            "true" | "真" => Some(Literal::Bool(true)),
            "false" | "假" => Some(Literal::Bool(false)),
            _ => None,
        },
        Ty::Code(codes) => {
            let code = codes
                .codes
                .iter()
                .find(|(code, name)| code == written || name == written);
            if code.is_none() {
                let (wrong, fix) = not_a_code(written, codes);
                remarks.error(text.span, wrong, fix);
                return None;
            }
            code.map(|(code, _)| Literal::Code(code.clone()))
        }
        Ty::Date | Ty::Month => match tokens(written).as_slice() {
            [Token::Date(date)] if *ty == Ty::Date => Some(Literal::Date(*date)),
            [Token::Month(month)] if *ty == Ty::Month => Some(Literal::Month(*month)),
            _ => None,
        },
        Ty::Area => is_area(written).then(|| Literal::Area(written.to_string())),
    };
    if read.is_none() {
        let fix = match ty {
            Ty::Bool => Fix::TrueOrFalseLiteral,
            Ty::Date => Fix::DayThatExists,
            Ty::Month => Fix::MonthLike,
            Ty::Area => Fix::AreaOf6Or9,
            Ty::Number(_) | Ty::Bare | Ty::Code(_) => Fix::ValueOfType,
        };
        let wrong = Wrong::IsNot {
            text: written.to_owned(),
            ty: ty.describe(),
        };
        remarks.error(text.span, wrong, fix);
    }
    read
}

/// Six digits, or nine for a township.
pub fn is_area(text: &str) -> bool {
    matches!(text.len(), 6 | 9) && text.bytes().all(|b| b.is_ascii_digit())
}

fn number(text: &Text, unit: Unit, remarks: &mut Remarks<'_>) -> Option<Literal> {
    let example = match unit {
        Unit::Fen => Example::Fen,
        Unit::FenPerPerson => Example::FenPerPerson,
        Unit::Ratio => Example::Ratio,
        Unit::Persons => Example::Persons,
        Unit::Count => Example::Count,
        Unit::Months => Example::Months,
        Unit::Days => Example::Days,
        Unit::Years => Example::Years,
    };
    let is_not = || Wrong::IsNot {
        text: text.value.clone(),
        ty: unit.into(),
    };
    let tokens = tokens(&text.value);
    let (sign, rest) = match tokens.as_slice() {
        [Token::Mark("-"), rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (value, given) = match rest {
        [Token::Number(value, given)] => (*value, *given),
        [Token::Bad(wrong, fix)] => {
            remarks.error(text.span, wrong.clone(), fix.clone());
            return None;
        }
        _ => {
            remarks.error(text.span, is_not(), Fix::LiteralLike { example });
            return None;
        }
    };
    let money = matches!(unit, Unit::Fen | Unit::FenPerPerson);
    let fits = match given {
        None => !money,
        Some(given) => given == unit || (unit == Unit::FenPerPerson && given == Unit::Fen),
    };
    let whole = unit == Unit::Ratio || value.denominator() == 1;
    if !fits || !whole {
        let wrong = if given.is_none() && money {
            Wrong::MoneyWithoutUnit {
                text: text.value.clone(),
            }
        } else {
            is_not()
        };
        remarks.error(text.span, wrong, Fix::LiteralLike { example });
        return None;
    }
    Some(Literal::Number(if sign { value.negated() } else { value }, unit))
}

fn tokens(text: &str) -> Vec<Token> {
    let offsets = vec![0; text.len() + 1];
    lex::tokens(text, &offsets)
        .into_iter()
        .map(|(token, _)| token)
        .collect()
}

/// A literal as people write it.
#[must_use]
pub fn shown(literal: &Literal) -> String {
    match literal {
        Literal::Bool(true) => "真".into(),
        Literal::Bool(false) => "假".into(),
        Literal::Number(value, unit) => number_shown(*value, *unit),
        Literal::Code(code) | Literal::Area(code) => code.clone(),
        Literal::Date(date) => date_shown(*date),
        Literal::Month(month) => {
            let (year, month) = month.civil();
            format!("{year:04}-{month:02}")
        }
    }
}

/// A day as people write it.
#[must_use]
pub fn date_shown(date: Date) -> String {
    let (year, month, day) = date.civil();
    format!("{year:04}-{month:02}-{day:02}")
}

fn number_shown(value: Number, unit: Unit) -> String {
    let sign = if value.numerator() < 0 { "-" } else { "" };
    let (numerator, denominator) = (value.numerator().unsigned_abs(), value.denominator().unsigned_abs());
    let plain = || match denominator {
        1 => format!("{sign}{numerator}"),
        _ => decimal(numerator, denominator).map_or_else(
            || format!("{sign}{numerator}/{denominator}"),
            |text| format!("{sign}{text}"),
        ),
    };
    let yuan = || {
        if denominator == 1 {
            format!("{sign}{}.{:02}元", numerator / 100, numerator % 100)
        } else {
            format!("{}分", plain())
        }
    };
    match unit {
        Unit::Fen => yuan(),
        Unit::FenPerPerson => format!("{}/人", yuan()),
        Unit::Ratio if denominator != 1 && 100 % denominator == 0 && numerator < denominator => {
            format!("{sign}{}%", numerator * (100 / denominator))
        }
        Unit::Ratio | Unit::Count => plain(),
        Unit::Persons => format!("{}人", plain()),
        Unit::Months => format!("{}个月", plain()),
        Unit::Days => format!("{}日", plain()),
        Unit::Years => format!("{}岁", plain()),
    }
}

/// A fraction as an exact decimal of at most six places, if it has one.
fn decimal(numerator: u128, denominator: u128) -> Option<String> {
    (1..=6_u32).find_map(|places| {
        let ten = 10_u128.pow(places);
        let scaled = numerator.checked_mul(ten)?;
        let width = usize::try_from(places).ok()?;
        (scaled % denominator == 0).then(|| {
            let digits = scaled / denominator;
            format!("{}.{:0width$}", digits / ten, digits % ten)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_people_write_them() {
        let n = |numerator, denominator| Number::ratio(numerator, denominator).unwrap();
        assert_eq!(number_shown(n(65_000, 1), Unit::Fen), "650.00元");
        assert_eq!(number_shown(n(-5, 1), Unit::Fen), "-0.05元");
        assert_eq!(number_shown(n(65_000, 1), Unit::FenPerPerson), "650.00元/人");
        assert_eq!(number_shown(n(1, 2), Unit::Ratio), "50%");
        assert_eq!(number_shown(n(3, 2), Unit::Ratio), "1.5");
        assert_eq!(number_shown(n(1, 3), Unit::Ratio), "1/3");
        assert_eq!(number_shown(n(1, 800), Unit::Ratio), "0.00125");
        assert_eq!(number_shown(n(12, 1), Unit::Months), "12个月");
    }
}
