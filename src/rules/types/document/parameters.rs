//! Parameters: declared once, set by those who may, inside the bounds of superior documents.

use std::collections::BTreeSet;

use super::super::literal;
use super::super::symbols::{ParameterSymbol, number};
use super::super::ty::Ty;
use super::{Seal, unique};
use crate::rules::document::{Bounds, Parameter, ParameterDeclaration, ParameterValue, SelectedBy};
use crate::rules::expr::Literal;
use crate::rules::language::draft::{DraftParameter, DraftValue, Text};
use crate::rules::language::error::nearest;
use crate::rules::language::library::lies_in;
use crate::rules::language::said::{At, Fix, Range, Wrong};
use crate::rules::number::Number;

/// The levels of government, highest first.
const LEVELS: [&str; 4] = ["nation", "province", "prefecture", "county"];

impl Seal<'_, '_> {
    pub(super) fn parameters(&mut self) -> Vec<Parameter> {
        let draft = self.draft;
        unique(
            draft.parameters.iter().map(|parameter| &parameter.id),
            At::Parameter,
            self.remarks,
        );
        let mut sealed = Vec::new();
        let mut row_ids: BTreeSet<String> = BTreeSet::new();
        for parameter in &draft.parameters {
            self.remarks.enter(At::Parameter, &parameter.id.value);
            sealed.extend(self.parameter(parameter, &mut row_ids));
        }
        self.remarks.leave();
        sealed
    }

    fn parameter(&mut self, draft: &DraftParameter, row_ids: &mut BTreeSet<String>) -> Option<Parameter> {
        let id = &draft.id.value;
        let known = self.symbols.parameter(id).filter(|known| known.id == *id).cloned();
        let declaration = match (&known, &draft.unit, &draft.name) {
            (None, Some(unit), Some(name)) => Some(self.declare(draft, unit, name)?),
            (None, ..) => {
                let names: Vec<String> = self.symbols.parameters.iter().map(|known| known.id.clone()).collect();
                let fix = match nearest(id, names.iter().map(String::as_str)) {
                    Some(near) => Fix::WriteOrDeclare { word: near.to_owned() },
                    None => Fix::DeclareWithUnit,
                };
                self.error(draft.id.span, Wrong::NotDeclaredAbove { id: id.clone() }, fix);
                return None;
            }
            (Some(known), unit, name) => {
                if let Some(again) = unit.as_ref().or(name.as_ref()) {
                    let wrong = Wrong::DeclaredBy {
                        id: id.clone(),
                        policy: known.declared_in.clone(),
                    };
                    self.error(again.span, wrong, Fix::ValuesAlone);
                }
                None
            }
        };
        let symbol = self.symbols.parameter(id)?.clone();
        let bounds = self.bounds(draft, &symbol);
        let level = level(&self.draft.area.value);
        let may_set = symbol.settable_by.is_empty() || symbol.settable_by.iter().any(|allowed| allowed == level);
        if !may_set && !draft.values.is_empty() {
            let wrong = Wrong::MayNotSet { level, id: id.clone() };
            let levels = symbol.settable_by.join(", ");
            self.error(draft.id.span, wrong, Fix::SetBy { levels });
        }
        // The narrowed bounds hold for this document's own rows too.
        let symbol = self.symbols.parameter(id)?.clone();
        let mut values: Vec<ParameterValue> = Vec::new();
        for row in &draft.values {
            for value in self.rows(draft, row, &symbol) {
                if !row_ids.insert(value.id.clone()) {
                    let id = value.id.clone();
                    self.error(row.span, Wrong::RowTwice { id }, Fix::KeepOneOrFrom);
                }
                values.push(value);
            }
        }
        Some(Parameter {
            id: id.clone(),
            declaration,
            bounds,
            values,
        })
    }

    fn declare(&mut self, draft: &DraftParameter, unit: &Text, name: &Text) -> Option<ParameterDeclaration> {
        let keys: Vec<Option<Ty>> = draft.keys.iter().map(|key| self.ty(key)).collect();
        let ty = self.ty(unit)?;
        let keys = keys.into_iter().collect::<Option<Vec<Ty>>>()?;
        if let Some((at, _)) = keys.iter().enumerate().skip(1).find(|(_, key)| **key == Ty::Area)
            && let Some(text) = draft.keys.get(at)
        {
            self.error(text.span, Wrong::AreaNotFirst, Fix::AreaFirst);
        }
        for level in draft
            .settable_by
            .iter()
            .filter(|level| !LEVELS.contains(&level.value.as_str()))
        {
            let wrong = Wrong::NoLevel {
                level: level.value.clone(),
            };
            let levels = LEVELS.join(", ");
            self.remarks.error(level.span, wrong, Fix::LevelsAre { levels });
        }
        if let Some(other) = self.symbols.parameters.iter().find(|other| other.name == name.value) {
            let wrong = Wrong::NameOfParameter {
                name: name.value.clone(),
                id: other.id.clone(),
            };
            self.error(name.span, wrong, Fix::AnotherName);
        }
        let by = draft.by.unwrap_or(SelectedBy::AssessedMonth);
        let otherwise = match &draft.otherwise {
            None => None,
            Some(text) => Some(literal::read(text, &ty, self.remarks)?),
        };
        self.symbols.parameters.push(ParameterSymbol {
            id: draft.id.value.clone(),
            name: name.value.clone(),
            ty: ty.clone(),
            keys: keys.clone(),
            by,
            bounds: None,
            settable_by: draft.settable_by.iter().map(|level| level.value.clone()).collect(),
            declared_in: self.draft.policy.value.clone(),
        });
        Some(ParameterDeclaration {
            name: name.value.clone(),
            unit: ty.sealed()?,
            keys: keys.iter().filter_map(Ty::sealed).collect(),
            by,
            otherwise,
            chosen_by: draft.chosen_by.as_ref().map(|by| by.value.clone()),
            settable_by: draft.settable_by.iter().map(|level| level.value.clone()).collect(),
            cite: self.cite(draft.cite.as_ref()),
        })
    }

    /// Bounds of this document: inside those of superior ones.
    fn bounds(&mut self, draft: &DraftParameter, symbol: &ParameterSymbol) -> Option<Bounds> {
        let written = draft.bounds.as_ref()?;
        let min = literal::read(&written.min, &symbol.ty, self.remarks);
        let max = literal::read(&written.max, &symbol.ty, self.remarks);
        let cite = self.cite(Some(&written.cite));
        let (min, max) = (min?, max?);
        let (Some(low), Some(high)) = (number(&min), number(&max)) else {
            self.error(written.min.span, Wrong::OnlyNumbersHaveBounds, Fix::TakeBoundsAway);
            return None;
        };
        if above(low, high) {
            self.error(written.max.span, Wrong::MaxBelowMin, Fix::Exchange);
        }
        if let Some((least, most)) = symbol.bounds
            && (above(least, low) || above(high, most))
        {
            let wrong = Wrong::BoundsOutside {
                min: literal::shown(&min),
                max: literal::shown(&max),
                of: self.superior_bounds(&symbol.id),
            };
            self.error(written.min.span, wrong, Fix::OnlyNarrow);
        }
        if let Some(known) = self.symbols.parameter_mut(&symbol.id) {
            known.bounds = Some((low, high));
        }
        Some(Bounds { min, max, cite: cite? })
    }

    /// The bounds in force as people write them, with the clause that sets them.
    fn superior_bounds(&self, id: &str) -> Range {
        let bounds = self
            .context
            .documents
            .iter()
            .flat_map(|document| &document.parameters)
            .filter(|parameter| parameter.id == id)
            .filter_map(|parameter| parameter.bounds.as_ref())
            .next_back();
        bounds.map_or(Range::Above, |bounds| Range::Of {
            min: literal::shown(&bounds.min),
            max: literal::shown(&bounds.max),
            cite: bounds.cite.clone(),
        })
    }

    /// A row, once for each of its areas.
    fn rows(&mut self, draft: &DraftParameter, row: &DraftValue, symbol: &ParameterSymbol) -> Vec<ParameterValue> {
        let has_area = symbol.keys.first() == Some(&Ty::Area);
        let plain = symbol.keys.len() - usize::from(has_area);
        let mut areas: Vec<Text> = row.areas.clone();
        let mut keys = row.keys.as_slice();
        // `for` may name the area first, as the keys do.
        if has_area && areas.is_empty() && keys.len() == plain + 1 {
            areas.extend(keys.first().cloned());
            keys = keys.get(1..).unwrap_or_default();
        }
        if !has_area && let Some(area) = areas.first() {
            let id = symbol.id.clone();
            self.error(area.span, Wrong::NoAreaKey { id }, Fix::TakeAreaAway);
            return Vec::new();
        }
        if keys.len() != plain {
            let wrong = Wrong::ForKeys {
                count: keys.len(),
                id: symbol.id.clone(),
                plain,
            };
            self.error(row.span, wrong, Fix::ForForm);
            return Vec::new();
        }
        let types = symbol.keys.iter().skip(usize::from(has_area));
        let read: Vec<Option<Option<Literal>>> = keys
            .iter()
            .zip(types)
            .map(|(text, ty)| match (text.value.as_str(), ty) {
                ("*", Ty::Code(_)) => Some(None),
                _ => literal::read(text, ty, self.remarks).map(Some),
            })
            .collect();
        for area in &areas {
            self.area_is_ours(area);
        }
        let value = match (&row.value, &symbol.ty) {
            (Some(text), ty) => literal::read(text, ty, self.remarks),
            (None, Ty::Bool) => Some(Literal::Bool(true)),
            (None, _) => {
                self.error(row.span, Wrong::Missing { key: "value" }, Fix::AddKey { key: "value" });
                None
            }
        };
        let cite = self.cite(row.cite.as_ref().or(draft.cite.as_ref()));
        let (Some(keys), Some(value)) = (read.into_iter().collect::<Option<Vec<_>>>(), value) else {
            return Vec::new();
        };
        self.value_is_in_bounds(row, symbol, &value);
        if row.cite.is_none() && draft.cite.is_none() && !row.sample {
            self.error(row.span, Wrong::ValueCitesNothing, Fix::CiteOrSample);
        }
        let areas: Vec<Option<String>> = if areas.is_empty() {
            vec![None]
        } else {
            areas.into_iter().map(|area| Some(area.value)).collect()
        };
        let many = areas.len() > 1;
        let make = |area: Option<String>| ParameterValue {
            id: match &row.id {
                Some(id) if !many => id.value.clone(),
                Some(id) => format!("{}_{}", id.value, area.clone().unwrap_or_default()),
                None => row_id(&symbol.id, area.as_deref(), &keys, row),
            },
            area,
            keys: keys.clone(),
            in_force: row.in_force,
            value: value.clone(),
            cite: cite.clone(),
            sample: row.sample,
            note: row.note.as_ref().map(|note| note.value.clone()),
        };
        areas.into_iter().map(make).collect()
    }

    /// A level sets values for its own area and those in it; the nation for any.
    fn area_is_ours(&mut self, area: &Text) {
        let own = &self.draft.area.value;
        if !literal::is_area(&area.value) {
            let code = area.value.clone();
            self.error(area.span, Wrong::NotAnAreaCode { code }, Fix::SixOrNine);
        } else if !lies_in(&area.value, own) {
            let wrong = Wrong::NotInArea {
                area: area.value.clone(),
                own: own.clone(),
            };
            self.error(area.span, wrong, Fix::SetHigher);
        }
    }

    fn value_is_in_bounds(&mut self, row: &DraftValue, symbol: &ParameterSymbol, value: &Literal) {
        let (Some((least, most)), Some(given)) = (symbol.bounds, number(value)) else {
            return;
        };
        if above(least, given) || above(given, most) {
            let span = row.value.as_ref().map_or(row.span, |value| value.span);
            let wrong = Wrong::OutsideBounds {
                value: literal::shown(value),
                of: self.bounds_shown(&symbol.id),
            };
            self.error(span, wrong, Fix::ChooseInside);
        }
    }

    fn bounds_shown(&self, id: &str) -> Range {
        let own = self.draft.parameters.iter().find(|parameter| parameter.id.value == id);
        match own.and_then(|parameter| parameter.bounds.as_ref()) {
            Some(bounds) => Range::Of {
                min: bounds.min.value.clone(),
                max: bounds.max.value.clone(),
                cite: bounds.cite.value.clone(),
            },
            None => self.superior_bounds(id),
        }
    }
}

/// The id of a row that has none of its own: what it holds for, from when.
fn row_id(parameter: &str, area: Option<&str>, keys: &[Option<Literal>], row: &DraftValue) -> String {
    let keys = keys
        .iter()
        .map(|key| key.as_ref().map_or_else(|| "any".to_string(), literal::shown));
    let from = row.in_force.from.map(literal::date_shown);
    [parameter.to_string()]
        .into_iter()
        .chain(area.map(str::to_string))
        .chain(keys)
        .chain(from)
        .collect::<Vec<_>>()
        .join("_")
}

/// The level of an area.
pub(super) fn level(area: &str) -> &'static str {
    match area {
        "100000" => "nation",
        area if area.ends_with("0000") => "province",
        area if area.ends_with("00") => "prefecture",
        _ => "county",
    }
}

/// Whether one number is above another; differences of literals cannot overflow.
fn above(a: Number, b: Number) -> bool {
    a.minus(b).is_ok_and(|difference| difference.numerator() > 0)
}
