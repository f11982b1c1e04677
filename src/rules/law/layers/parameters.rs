//! Parameters and choices: declared once, given values by the levels that may, inside the bounds.

use std::collections::{BTreeMap, BTreeSet};

use super::{Builder, Layer};
use std::sync::{Arc, OnceLock};

use crate::rules::calendar::Date;
use crate::rules::document::{Bounds, Choice, InForce, Parameter, ParameterDeclaration, ParameterValue, Type};
use crate::rules::expr::Literal;
use crate::rules::law::check::level;
use crate::rules::law::tables::{RowText, Setting};
use crate::rules::law::{ChoiceTable, ParameterTable, Row};
use crate::rules::number::Number;
use crate::rules::value::{Area, Cell};

/// One parameter's entries over the layers.
struct Gathered<'a> {
    declaration: Option<&'a ParameterDeclaration>,
    entries: Vec<(&'a Layer<'a>, &'a Parameter)>,
}

pub(super) fn parameters(layers: &[Layer<'_>], builder: &mut Builder<'_>) -> Vec<ParameterTable> {
    let mut order: Vec<&str> = Vec::new();
    let mut gathered: BTreeMap<&str, Gathered<'_>> = BTreeMap::new();
    for layer in layers {
        for parameter in &layer.document.parameters {
            let entry = gathered.entry(&parameter.id).or_insert_with(|| {
                order.push(&parameter.id);
                Gathered {
                    declaration: None,
                    entries: Vec::new(),
                }
            });
            entry.entries.push((layer, parameter));
            if let Some(declaration) = &parameter.declaration
                && entry.declaration.replace(declaration).is_some()
            {
                let what = format!("parameter {}", parameter.id);
                let problem = "it is declared above already: give values only";
                builder.problems.add(&layer.document.policy, what, problem);
            }
        }
    }
    order.into_iter().map(|id| table(id, &gathered[id], builder)).collect()
}

fn table(id: &str, gathered: &Gathered<'_>, builder: &mut Builder<'_>) -> ParameterTable {
    let what = format!("parameter {id}");
    let mut table = ParameterTable {
        id: id.to_owned(),
        unit: Type::Bool,
        keys: Vec::new(),
        otherwise: None,
        otherwise_written: OnceLock::new(),
        cite: None,
        sorted: Vec::new(),
        here: Vec::new(),
        rows: Vec::new(),
        bounds: None,
    };
    let Some(declaration) = gathered.declaration else {
        let policy = gathered.entries.first().map_or("", |(layer, _)| &layer.document.policy);
        builder
            .problems
            .add(policy, what, "it is given values and never declared: declare it above");
        return table;
    };
    table.unit = declaration.unit.clone();
    table.keys.clone_from(&declaration.keys);
    table.cite.clone_from(&declaration.cite);
    if table.keys.iter().skip(1).any(|key| *key == Type::Area) {
        builder
            .problems
            .add("", &what, "an area key comes first, and there is one at most");
    }
    if let Some(otherwise) = &declaration.otherwise {
        table.otherwise = builder
            .compiler
            .literal(otherwise)
            .map(|cell| (cell, otherwise.clone()));
    }
    let mut bounds: Vec<&Bounds> = Vec::new();
    for (layer, parameter) in &gathered.entries {
        let policy = &layer.document.policy;
        if let Some(own) = &parameter.bounds {
            hold_bounds(policy, &what, [&own.min, &own.max], &bounds, builder);
            bounds.push(own);
        }
        let allowed = &declaration.settable_by;
        if !parameter.values.is_empty() && !allowed.is_empty() && !allowed.iter().any(|by| by == level(layer.area)) {
            let problem = format!("a {} may not set it: {} may", level(layer.area), allowed.join(", "));
            builder.problems.add(policy, &what, problem);
        }
        for value in &parameter.values {
            hold_bounds(policy, &what, [&value.value], &bounds, builder);
            row(layer, value, &mut table, builder);
        }
    }
    table.bounds = narrowest(&bounds, builder);
    // Latest first: the first row in force that fits is the one that counts.
    let from = |row: &Row| row.in_force.from.map_or(i64::MIN, Date::days);
    table
        .sorted
        .sort_by(|a, b| (a.area, from(b), b.number).cmp(&(b.area, from(a), a.number)));
    table
}

fn row(layer: &Layer<'_>, value: &ParameterValue, table: &mut ParameterTable, builder: &mut Builder<'_>) {
    let policy = &layer.document.policy;
    let what = format!("parameter {} row {}", table.id, value.id);
    let area = match value.area.as_deref().map(str::parse::<Area>) {
        None => layer.area,
        Some(Ok(area)) if area.lies_in(layer.area) => area,
        Some(Ok(_)) => {
            return builder
                .problems
                .add(policy, what, "its area does not lie in the document's area");
        }
        Some(Err(error)) => return builder.problems.add(policy, what, error.to_string()),
    };
    let own: Vec<Type> = table.keys.iter().filter(|key| **key != Type::Area).cloned().collect();
    if own.len() != value.keys.len() {
        let problem = format!(
            "it has {} keys beside the area, {} are declared",
            value.keys.len(),
            own.len()
        );
        return builder.problems.add(policy, what, problem);
    }
    let fits = value
        .keys
        .iter()
        .zip(&own)
        .all(|(key, unit)| key.as_ref().is_none_or(|key| is_of(key, unit)));
    if !fits || !is_of(&value.value, &table.unit) {
        return builder
            .problems
            .add(policy, what, "a key or the value is not of the declared type");
    }
    let mut cell = |literal: &Literal| builder.compiler.literal(literal).unwrap_or(Cell::Absent);
    let keys = value.keys.iter().map(|key| key.as_ref().map(&mut cell)).collect();
    let in_force: InForce = value.in_force;
    let number = u32::try_from(table.rows.len() + 1).unwrap_or(u32::MAX);
    table.sorted.push(Row {
        area,
        in_force,
        keys,
        value: cell(&value.value),
        number,
    });
    table.rows.push(RowText {
        id: value.id.clone(),
        area,
        value: Arc::new(value.value.to_json()),
        cite: value.cite.clone().or_else(|| table.cite.clone()),
        sample: value.sample,
        written: OnceLock::new(),
    });
}

/// Whether a constant has the kind of a type; units were checked when the document was sealed.
fn is_of(literal: &Literal, unit: &Type) -> bool {
    match (literal, unit) {
        (Literal::Bool(_), Type::Bool)
        | (Literal::Code(_), Type::Code(_))
        | (Literal::Date(_), Type::Date)
        | (Literal::Month(_), Type::Month)
        | (Literal::Area(_), Type::Area) => true,
        (Literal::Number(_, given), Type::Number(declared)) => given == declared,
        (
            Literal::Bool(_)
            | Literal::Number(..)
            | Literal::Code(_)
            | Literal::Date(_)
            | Literal::Month(_)
            | Literal::Area(_),
            Type::Number(_) | Type::Bool | Type::Code(_) | Type::Date | Type::Month | Type::Area,
        ) => false,
    }
}

fn number(literal: &Literal) -> Option<Number> {
    if let Literal::Number(number, _) = literal {
        Some(*number)
    } else {
        None
    }
}

/// Refuses values outside the bounds of this or a superior document, naming both sides.
fn hold_bounds<const N: usize>(
    policy: &str,
    what: &str,
    values: [&Literal; N],
    bounds: &[&Bounds],
    builder: &mut Builder<'_>,
) {
    for bound in bounds {
        let (min, max) = (number(&bound.min), number(&bound.max));
        for value in values.iter().filter_map(|value| number(value)) {
            if min.is_some_and(|min| value < min) || max.is_some_and(|max| value > max) {
                let range = [min, max].map(|end| end.map_or_else(|| "?".to_owned(), |end| end.to_string()));
                let problem = format!(
                    "{value} is outside {}..{}, the bounds of {}",
                    range[0], range[1], bound.cite
                );
                builder.problems.add(policy, what, problem);
            }
        }
    }
}

fn narrowest(bounds: &[&Bounds], builder: &mut Builder<'_>) -> Option<(Cell, Cell)> {
    let min = bounds.iter().filter_map(|bound| number(&bound.min)).max()?;
    let max = bounds.iter().filter_map(|bound| number(&bound.max)).min()?;
    Some((builder.compiler.code.number(min), builder.compiler.code.number(max)))
}

pub(super) fn choices(layers: &[Layer<'_>], builder: &mut Builder<'_>) -> Vec<ChoiceTable> {
    let mut tables: Vec<ChoiceTable> = Vec::new();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for layer in layers {
        for choice in &layer.document.choices {
            let number = *numbers.entry(&choice.id).or_insert_with(|| {
                tables.push(ChoiceTable {
                    id: choice.id.clone(),
                    options: choice.options.clone(),
                    settings: Vec::new(),
                });
                tables.len() - 1
            });
            setting(&layer.document.policy, choice, &mut tables[number], builder);
        }
    }
    tables
}

fn setting(policy: &str, choice: &Choice, table: &mut ChoiceTable, builder: &mut Builder<'_>) {
    let what = format!("choice {}", choice.id);
    if !choice.options.is_empty() && choice.options != table.options {
        let problem = "its options are declared above already: give the option alone";
        builder.problems.add(policy, &what, problem);
    }
    let distinct: BTreeSet<&String> = table.options.iter().collect();
    if !distinct.contains(&choice.option) {
        let problem = format!("option {} is not one of {}", choice.option, table.options.join(", "));
        builder.problems.add(policy, &what, problem);
    }
    if let Some(code) = builder.compiler.codes.intern(&choice.option) {
        table.settings.push(Setting {
            in_force: choice.in_force,
            code,
            option: choice.option.clone(),
            cite: choice.cite.clone(),
            written: OnceLock::new(),
        });
    }
}
