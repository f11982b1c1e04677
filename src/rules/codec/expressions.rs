//! Expressions and constants: arrays that begin with the name of the operator.

use super::SealedError;
use super::fields::{Path, Sealed, list, open_each};
use crate::canonical::Json;
use crate::rules::expr::{Aggregate, AggregateKind, Expr, Literal, Operator, RoundMode, Unit};
use crate::rules::number::Number;

/// The quanta of a rounding in fen: fen, jiao, yuan.
const QUANTA_FEN: [u32; 3] = [1, 10, 100];

impl Sealed for Expr {
    fn seal(&self) -> Json {
        match self {
            Expr::Literal(literal) => literal.seal(),
            Expr::Fact(path) => node("fact", [Json::text(path)]),
            Expr::Known(path) => node("known", [Json::text(path)]),
            Expr::Clause(id) => node("clause", [Json::text(id)]),
            Expr::Choice(id) => node("choice", [Json::text(id)]),
            Expr::Lookup { parameter, keys, at } => node(
                "lookup",
                [Json::text(parameter), Json::List(seal_each(keys)), at.seal()],
            ),
            Expr::InBounds { value, parameter } => node("in_bounds", [value.seal(), Json::text(parameter)]),
            Expr::Apply(operator, arguments) => node(operator.name(), seal_each(arguments)),
            Expr::In(value, codes) => node("in", [value.seal(), Json::List(seal_each(codes))]),
            Expr::Match(value, arms) => node("match", [value.seal(), Json::List(seal_each(arms))]),
            Expr::Round {
                value,
                quantum_fen,
                mode,
            } => node("round", [value.seal(), quantum_fen.seal(), mode.seal()]),
            Expr::Aggregate(aggregate) => seal_aggregate(aggregate),
        }
    }

    fn open(json: &Json, at: Path<'_>) -> Result<Expr, SealedError> {
        if let Json::Bool(value) = json {
            return Ok(Expr::Literal(Literal::Bool(*value)));
        }
        let (name, rest) = split(json, at)?;
        if let Some(operator) = Operator::from_name(name) {
            if !operator.arity().contains(&rest.len()) {
                let (least, most) = (operator.arity().start().to_owned(), operator.arity().end().to_owned());
                return Err(at.wrong(format!("{name} takes {least} to {most} arguments")));
            }
            return Ok(Expr::Apply(operator, arguments(rest, 1, at)?));
        }
        match (name, rest) {
            ("fact", [path]) => String::open(path, at.index(1)).map(Expr::Fact),
            ("known", [path]) => String::open(path, at.index(1)).map(Expr::Known),
            ("clause", [id]) => String::open(id, at.index(1)).map(Expr::Clause),
            ("choice", [id]) => String::open(id, at.index(1)).map(Expr::Choice),
            ("lookup", [parameter, keys, day]) => Ok(Expr::Lookup {
                parameter: String::open(parameter, at.index(1))?,
                keys: open_each(list(keys, at.index(2))?, at.index(2))?,
                at: Box::new(Expr::open(day, at.index(3))?),
            }),
            ("in_bounds", [value, parameter]) => Ok(Expr::InBounds {
                value: Box::new(Expr::open(value, at.index(1))?),
                parameter: String::open(parameter, at.index(2))?,
            }),
            ("in", [value, codes]) => {
                let value = Box::new(Expr::open(value, at.index(1))?);
                Ok(Expr::In(value, open_some(codes, at.index(2))?))
            }
            ("match", [value, arms]) => {
                let value = Box::new(Expr::open(value, at.index(1))?);
                Ok(Expr::Match(value, open_some(arms, at.index(2))?))
            }
            ("round", [value, quantum, mode]) => open_round(value, quantum, mode, at),
            ("lit" | "q" | "code" | "date" | "month" | "area", _) => Literal::open(json, at).map(Expr::Literal),
            _ => open_aggregate(name, rest, at),
        }
    }
}

impl Sealed for Literal {
    fn seal(&self) -> Json {
        match self {
            Literal::Bool(value) => Json::Bool(*value),
            Literal::Number(number, unit) => seal_number(*number, *unit),
            Literal::Code(code) => node("code", [Json::text(code)]),
            Literal::Date(date) => node("date", [date.seal()]),
            Literal::Month(month) => node("month", [month.seal()]),
            Literal::Area(code) => node("area", [Json::text(code)]),
        }
    }

    fn open(json: &Json, at: Path<'_>) -> Result<Literal, SealedError> {
        if let Json::Bool(value) = json {
            return Ok(Literal::Bool(*value));
        }
        match split(json, at)? {
            ("lit", [value, unit]) => {
                let number = Number::integer(open_integer(value, at.index(1))?);
                Ok(Literal::Number(number, Unit::open(unit, at.index(2))?))
            }
            ("q", [numerator, denominator, unit @ ..]) => open_fraction(numerator, denominator, unit, at),
            ("code", [code]) => String::open(code, at.index(1)).map(Literal::Code),
            ("date", [date]) => Sealed::open(date, at.index(1)).map(Literal::Date),
            ("month", [month]) => Sealed::open(month, at.index(1)).map(Literal::Month),
            ("area", [code]) => {
                let code = String::open(code, at.index(1))?;
                let digits = code.bytes().all(|b| b.is_ascii_digit()) && !code.starts_with('0');
                if digits && matches!(code.len(), 6 | 9 | 12) {
                    Ok(Literal::Area(code))
                } else {
                    Err(at.wrong("an area code has 6, 9 or 12 digits"))
                }
            }
            _ => Err(at.wrong("a constant belongs here")),
        }
    }
}

fn node(name: &str, rest: impl IntoIterator<Item = Json>) -> Json {
    Json::List(std::iter::once(Json::text(name)).chain(rest).collect())
}

fn seal_each<T: Sealed>(items: &[T]) -> Vec<Json> {
    items.iter().map(Sealed::seal).collect()
}

fn split<'a>(json: &'a Json, at: Path<'_>) -> Result<(&'a str, &'a [Json]), SealedError> {
    match json.as_list() {
        Some([Json::Text(name), rest @ ..]) => Ok((name, rest)),
        Some(_) | None => Err(at.wrong("an expression belongs here: true, false or a list that begins with a name")),
    }
}

/// The expressions of `rest`, which begins at index `from` of its node.
fn arguments(rest: &[Json], from: usize, at: Path<'_>) -> Result<Vec<Expr>, SealedError> {
    rest.iter()
        .enumerate()
        .map(|(index, item)| Expr::open(item, at.index(from + index)))
        .collect()
}

fn open_some<T: Sealed>(json: &Json, at: Path<'_>) -> Result<Vec<T>, SealedError> {
    match list(json, at)? {
        [] => Err(at.wrong("at least one belongs here")),
        items => open_each(items, at),
    }
}

fn open_round(value: &Json, quantum: &Json, mode: &Json, at: Path<'_>) -> Result<Expr, SealedError> {
    let quantum_fen = u32::open(quantum, at.index(2))?;
    if !QUANTA_FEN.contains(&quantum_fen) {
        return Err(at.index(2).wrong("1, 10 or 100 fen belongs here"));
    }
    Ok(Expr::Round {
        value: Box::new(Expr::open(value, at.index(1))?),
        quantum_fen,
        mode: RoundMode::open(mode, at.index(3))?,
    })
}

/// `["lit",n,unit]`, or `["q",n,d]` with the unit unless it is a ratio.
fn seal_number(number: Number, unit: Unit) -> Json {
    if let Some(value) = number.as_integer() {
        return node("lit", [Json::integer(value), unit.seal()]);
    }
    let mut items = vec![
        Json::text("q"),
        Json::integer(number.numerator()),
        Json::integer(number.denominator()),
    ];
    if unit != Unit::Ratio {
        items.push(unit.seal());
    }
    Json::List(items)
}

fn open_fraction(numerator: &Json, denominator: &Json, unit: &[Json], at: Path<'_>) -> Result<Literal, SealedError> {
    let unit = match unit {
        [] => Unit::Ratio,
        [unit] => match Unit::open(unit, at.index(3))? {
            Unit::Ratio => return Err(at.wrong("a ratio is written without its unit")),
            other => other,
        },
        _ => return Err(at.wrong("a fraction is [\"q\",numerator,denominator] with at most a unit")),
    };
    let wanted = (
        open_integer(numerator, at.index(1))?,
        open_integer(denominator, at.index(2))?,
    );
    match Number::ratio(wanted.0, wanted.1) {
        Ok(number) if (number.numerator(), number.denominator()) == wanted && number.as_integer().is_none() => {
            Ok(Literal::Number(number, unit))
        }
        Ok(_) | Err(_) => Err(at.wrong("a fraction is reduced, and its denominator is 2 or more")),
    }
}

fn open_integer(json: &Json, at: Path<'_>) -> Result<i128, SealedError> {
    json.as_integer()
        .filter(|value| *value != i128::MIN)
        .ok_or_else(|| at.wrong("a whole number belongs here, beyond 2^53-1 as a decimal string"))
}

fn seal_aggregate(aggregate: &Aggregate) -> Json {
    let (name, rest): (&str, Vec<&Expr>) = match &aggregate.kind {
        AggregateKind::Sum(value) => ("sum", vec![value]),
        AggregateKind::Count => ("count", vec![]),
        AggregateKind::Any(value) => ("any", vec![value]),
        AggregateKind::All(value) => ("all", vec![value]),
        AggregateKind::Least(value, default) => ("least", vec![value, default]),
        AggregateKind::Greatest(value, default) => ("greatest", vec![value, default]),
        AggregateKind::First { key, value, default } => (
            "first",
            [Some(key), Some(value), default.as_ref()]
                .into_iter()
                .flatten()
                .collect(),
        ),
    };
    let mut items = vec![Json::text(name), Json::text(&aggregate.scope), aggregate.filter.seal()];
    items.extend(rest.into_iter().map(Sealed::seal));
    Json::List(items)
}

fn open_aggregate(name: &str, rest: &[Json], at: Path<'_>) -> Result<Expr, SealedError> {
    let [scope, filter, values @ ..] = rest else {
        return Err(at.wrong(format!(
            "{name} is no operator of these semantics, or has too few arguments"
        )));
    };
    let mut values = arguments(values, 3, at)?;
    let mut next = || (!values.is_empty()).then(|| values.remove(0));
    let kind = match (name, next(), next(), next()) {
        ("sum", Some(value), None, None) => AggregateKind::Sum(value),
        ("count", None, None, None) => AggregateKind::Count,
        ("any", Some(value), None, None) => AggregateKind::Any(value),
        ("all", Some(value), None, None) => AggregateKind::All(value),
        ("least", Some(value), Some(default), None) => AggregateKind::Least(value, default),
        ("greatest", Some(value), Some(default), None) => AggregateKind::Greatest(value, default),
        ("first", Some(key), Some(value), default) => AggregateKind::First { key, value, default },
        _ => return Err(at.wrong(format!("{name} is no operator of these semantics with these arguments"))),
    };
    if !values.is_empty() {
        return Err(at.wrong(format!("{name} has too many arguments")));
    }
    Ok(Expr::Aggregate(Box::new(Aggregate {
        kind,
        scope: String::open(scope, at.index(1))?,
        filter: Expr::open(filter, at.index(2))?,
    })))
}
