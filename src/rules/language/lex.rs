//! Splits an expression into words, numbers and marks, each with its place in the file.

use winnow::Parser as _;
use winnow::combinator::{alt, opt, peek, preceded};
use winnow::error::EmptyError;
use winnow::stream::{LocatingSlice, Location as _, Stream as _};
use winnow::token::{any, literal, take_while};

use super::said::{Fix, Wrong};
use super::source::Span;
use crate::rules::calendar::{Date, Month};
use crate::rules::expr::Unit;
use crate::rules::number::Number;

/// Most digits of a number: no amount of a budget has more, and the product of two still fits.
pub const DIGIT_COUNT_MAX: usize = 18;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A number and its unit.
    Number(Number, Option<Unit>),
    /// `2021-07-01`.
    Date(Date),
    /// `2021-07`.
    Month(Month),
    /// A name or a keyword.
    Word(String),
    /// A mark, in its half-width form.
    Mark(&'static str),
    /// What cannot be read: what is wrong, and the fix.
    Bad(Wrong, Fix),
}

/// A token and its place in the file.
pub type Placed = (Token, Span);

type Input<'i> = LocatingSlice<&'i str>;

/// Marks, longest first; the second form is the one that the parser sees.
const MARKS: [(&str, &str); 45] = [
    ("..", ".."),
    ("<=", "<="),
    (">=", ">="),
    ("<>", "<>"),
    ("!=", "<>"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "<>"),
    ("…", ".."),
    ("＜＝", "<="),
    ("＞＝", ">="),
    ("(", "("),
    (")", ")"),
    ("[", "["),
    ("]", "]"),
    ("{", "{"),
    ("}", "}"),
    (",", ","),
    (";", ";"),
    (":", ":"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("（", "("),
    ("）", ")"),
    ("［", "["),
    ("］", "]"),
    ("【", "["),
    ("】", "]"),
    ("｛", "{"),
    ("｝", "}"),
    ("，", ","),
    ("、", ","),
    ("；", ";"),
    ("：", ":"),
    ("＝", "="),
    ("＋", "+"),
    ("－", "-"),
    ("×", "*"),
    ("÷", "/"),
    ("／", "/"),
];

/// What follows a number without a blank, its unit, and how many of it the word means.
const UNITS: [(&str, Unit, i128); 23] = [
    ("元", Unit::Fen, 100),
    ("yuan", Unit::Fen, 100),
    ("角", Unit::Fen, 10),
    ("分", Unit::Fen, 1),
    ("fen", Unit::Fen, 1),
    ("人", Unit::Persons, 1),
    ("person", Unit::Persons, 1),
    ("persons", Unit::Persons, 1),
    ("个月", Unit::Months, 1),
    ("month", Unit::Months, 1),
    ("months", Unit::Months, 1),
    ("日", Unit::Days, 1),
    ("天", Unit::Days, 1),
    ("day", Unit::Days, 1),
    ("days", Unit::Days, 1),
    ("岁", Unit::Years, 1),
    ("周岁", Unit::Years, 1),
    ("years", Unit::Years, 1),
    ("次", Unit::Count, 1),
    ("项", Unit::Count, 1),
    ("级", Unit::Count, 1),
    ("个工作日", Unit::Count, 1),
    ("工作日", Unit::Count, 1),
];

/// Splits a text. `offsets` gives for each byte of it the byte of the file ([`super::yaml::Scalar::offsets`]).
#[must_use]
pub fn tokens(text: &str, offsets: &[usize]) -> Vec<Placed> {
    let mut input = LocatingSlice::new(text);
    let mut tokens = Vec::new();
    loop {
        let _: Result<&str, EmptyError> = take_while(0.., char::is_whitespace).parse_next(&mut input);
        let start = input.current_token_start();
        // `token` takes at least one character, so this ends.
        let Ok(token) = token(&mut input) else { return tokens };
        tokens.push((token, place(text, offsets, start, input.current_token_start())));
    }
}

fn place(text: &str, offsets: &[usize], start: usize, end: usize) -> Span {
    let last = text
        .get(start..end)
        .and_then(|slice| slice.chars().last())
        .map_or(1, char::len_utf8);
    let first_byte = offsets.get(start).copied().unwrap_or_default();
    let last_char = offsets.get(end - 1).copied().unwrap_or(first_byte);
    Span {
        start: first_byte,
        end: last_char + last,
    }
}

fn token(input: &mut Input<'_>) -> Result<Token, EmptyError> {
    alt((day_or_month, number, word, mark, unknown)).parse_next(input)
}

fn digits<'i>(count: impl Into<winnow::stream::Range>, input: &mut Input<'i>) -> Result<&'i str, EmptyError> {
    take_while(count, |c: char| c.is_ascii_digit()).parse_next(input)
}

/// Four digits, a hyphen and two digits without blanks are a month or a day, never a subtraction.
fn day_or_month(input: &mut Input<'_>) -> Result<Token, EmptyError> {
    let year = digits(4..=4, input)?;
    let month = preceded("-", |i: &mut Input<'_>| digits(2..=2, i).map(str::to_string)).parse_next(input)?;
    let day = opt(preceded("-", |i: &mut Input<'_>| digits(2..=2, i).map(str::to_string))).parse_next(input)?;
    let more: Option<char> = opt(peek(any)).parse_next(input)?;
    if more.is_some_and(|c| c.is_ascii_digit()) {
        return Err(EmptyError);
    }
    let number = |text: &str| text.parse::<i32>().unwrap_or_default();
    let token = match &day {
        Some(day) => Date::new(number(year), number(&month), number(day)).map(Token::Date),
        None => Month::new(number(year), number(&month)).map(Token::Month),
    };
    Ok(token.unwrap_or_else(|| {
        let written = day.map_or(format!("{year}-{month}"), |day| format!("{year}-{month}-{day}"));
        Token::Bad(Wrong::NotInCalendar { date: written }, Fix::DayThatExists)
    }))
}

fn number(input: &mut Input<'_>) -> Result<Token, EmptyError> {
    let whole = digits(1.., input)?;
    let fraction = opt(preceded(".", |i: &mut Input<'_>| digits(1.., i).map(str::to_string))).parse_next(input)?;
    let fraction = fraction.unwrap_or_default();
    let unit = unit(input)?;
    if whole.len() + fraction.len() > DIGIT_COUNT_MAX {
        let wrong = Wrong::TooManyDigits { max: DIGIT_COUNT_MAX };
        return Ok(Token::Bad(wrong, Fix::SmallerNumber));
    }
    let (unit, scale) = match unit {
        UnitWord::None => (None, Number::integer(1)),
        UnitWord::Percent => (Some(Unit::Ratio), Number::ratio(1, 100).unwrap_or(Number::ZERO)),
        UnitWord::Known(unit, times) => (Some(unit), Number::integer(times)),
        UnitWord::Unknown(word) => {
            let number = whole.to_owned();
            return Ok(Token::Bad(Wrong::NotAUnit { word, number }, Fix::UnitsAre));
        }
    };
    let value = (whole.to_string() + &fraction).parse::<i128>().ok();
    let denominator = 10_i128.checked_pow(u32::try_from(fraction.len()).unwrap_or(u32::MAX));
    let exact = value
        .zip(denominator)
        .and_then(|(value, ten)| Number::ratio(value, ten).ok()?.times(scale).ok());
    let Some(exact) = exact else {
        return Ok(Token::Bad(Wrong::NumberTooLarge, Fix::SmallerNumber));
    };
    let money = matches!(unit, Some(Unit::Fen | Unit::FenPerPerson));
    if exact.denominator() != 1 && unit.is_some_and(|unit| unit != Unit::Ratio) {
        let (wrong, fix) = if money {
            (Wrong::PartOfFen, Fix::TwoDecimals)
        } else {
            (Wrong::PartOfSpan, Fix::WholeHalfYear)
        };
        return Ok(Token::Bad(wrong, fix));
    }
    Ok(Token::Number(exact, unit))
}

enum UnitWord {
    None,
    Percent,
    Known(Unit, i128),
    Unknown(String),
}

/// The unit directly behind a number.
fn unit(input: &mut Input<'_>) -> Result<UnitWord, EmptyError> {
    if opt(alt((literal("%"), literal("％")))).parse_next(input)?.is_some() {
        return Ok(UnitWord::Percent);
    }
    let word: &str = take_while(0.., is_word).parse_next(input)?;
    if word.is_empty() {
        return Ok(UnitWord::None);
    }
    let Some((_, unit, times)) = UNITS.iter().find(|(name, ..)| *name == word) else {
        return Ok(UnitWord::Unknown(word.to_string()));
    };
    let per_person = *unit == Unit::Fen && {
        let before = input.checkpoint();
        let person = opt(alt((literal("/人"), literal("/person")))).parse_next(input)?;
        let more: Option<char> = opt(peek(any)).parse_next(input)?;
        let alone = person.is_some() && !more.is_some_and(is_word);
        if !alone {
            input.reset(&before);
        }
        alone
    };
    Ok(UnitWord::Known(
        if per_person { Unit::FenPerPerson } else { *unit },
        *times,
    ))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A name: words joined by single dots.
fn word(input: &mut Input<'_>) -> Result<Token, EmptyError> {
    let first: char = peek(any).parse_next(input)?;
    if !(first.is_alphabetic() || first == '_') {
        return Err(EmptyError);
    }
    let part = |i: &mut Input<'_>| -> Result<String, EmptyError> {
        take_while(1.., is_word)
            .parse_next(i)
            .map(|part: &str| part.to_string())
    };
    let mut text = part(input)?;
    while let Some(more) = opt(preceded(".", part)).parse_next(input)? {
        text.push('.');
        text.push_str(&more);
    }
    Ok(Token::Word(text))
}

fn mark(input: &mut Input<'_>) -> Result<Token, EmptyError> {
    for (written, read) in MARKS {
        if opt(literal(written)).parse_next(input)?.is_some() {
            return Ok(Token::Mark(read));
        }
    }
    Err(EmptyError)
}

fn unknown(input: &mut Input<'_>) -> Result<Token, EmptyError> {
    let c: char = any.parse_next(input)?;
    Ok(Token::Bad(Wrong::NoMeaning { mark: c.to_string() }, Fix::TakeItOut))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lex(text: &str) -> Vec<Token> {
        let offsets: Vec<usize> = (0..=text.len()).collect();
        tokens(text, &offsets).into_iter().map(|(token, _)| token).collect()
    }

    fn number(value: i128, unit: Unit) -> Token {
        Token::Number(Number::integer(value), Some(unit))
    }

    #[test]
    fn literals_carry_their_units() {
        assert_eq!(
            lex("650.00元 650元/人 1人 12个月 7日 60岁 3次"),
            [
                number(65_000, Unit::Fen),
                number(65_000, Unit::FenPerPerson),
                number(1, Unit::Persons),
                number(12, Unit::Months),
                number(7, Unit::Days),
                number(60, Unit::Years),
                number(3, Unit::Count)
            ]
        );
        let half = Number::ratio(1, 2).unwrap();
        assert_eq!(lex("50%"), [Token::Number(half, Some(Unit::Ratio))]);
        assert_eq!(lex("0.5"), [Token::Number(half, None)]);
        assert!(matches!(lex("0.005元")[..], [Token::Bad(..)]));
        assert!(matches!(lex("6.5个月")[..], [Token::Bad(..)]));
        assert!(matches!(lex("6坪")[..], [Token::Bad(..)]));
    }

    #[test]
    fn a_range_is_not_a_decimal_point_and_a_month_is_not_a_subtraction() {
        assert_eq!(lex("1..3")[1], Token::Mark(".."));
        assert_eq!(lex("2021-07"), [Token::Month(Month::new(2021, 7).unwrap())]);
        assert_eq!(lex("2021-07-01"), [Token::Date(Date::new(2021, 7, 1).unwrap())]);
        assert_eq!(lex("2021 - 07").len(), 3);
        assert!(matches!(lex("2021-02-29")[..], [Token::Bad(..)]));
        assert!(matches!(lex("2021-13")[..], [Token::Bad(..)]));
    }

    #[test]
    fn full_width_marks_are_the_same_as_half_width() {
        assert_eq!(lex("较小（甲，乙）≤ 丙"), lex("较小(甲,乙)<= 丙"));
    }

    #[test]
    fn names_keep_their_dots() {
        assert_eq!(
            lex("历史.扣减首月 选项.P10"),
            [Token::Word("历史.扣减首月".into()), Token::Word("选项.P10".into())]
        );
    }
}
