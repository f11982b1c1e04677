//! Clauses, parameters and choices of a law: what an evaluation looks up.

use crate::rules::compile::NodeIndex;
use crate::rules::document::{InForce, SelectedBy, Type};
use crate::rules::expr::Literal;
use crate::rules::value::{Area, Cell, CodeIndex};
use crate::rules::vocabulary::ScopeIndex;

/// The versions of a clause.
#[derive(Debug)]
pub(in crate::rules) struct ClauseTable {
    pub(in crate::rules) id: String,
    pub(in crate::rules) scope: ScopeIndex,
    pub(in crate::rules) versions: Vec<ClauseVersion>,
}

#[derive(Debug)]
pub(in crate::rules) struct ClauseVersion {
    pub(in crate::rules) name: String,
    pub(in crate::rules) cite: Option<String>,
    pub(in crate::rules) in_force: InForce,
    pub(in crate::rules) by: SelectedBy,
    pub(in crate::rules) overrides: bool,
    pub(in crate::rules) node: NodeIndex,
    pub(in crate::rules) lapse: Option<Lapse>,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Lapse {
    pub(in crate::rules) when: NodeIndex,
    pub(in crate::rules) otherwise: Cell,
}

/// A parameter with the rows of all documents.
#[derive(Debug)]
pub(in crate::rules) struct ParameterTable {
    pub(in crate::rules) id: String,
    pub(in crate::rules) unit: Type,
    pub(in crate::rules) keys: Vec<Type>,
    pub(in crate::rules) otherwise: Option<(Cell, Literal)>,
    pub(in crate::rules) cite: Option<String>,
    /// For a lookup: by area, then the latest `from` first, then the highest number first.
    pub(in crate::rules) sorted: Vec<Row>,
    /// For people, by number less one.
    pub(in crate::rules) rows: Vec<RowText>,
    /// Greatest minimum and least maximum over all documents that set bounds.
    pub(in crate::rules) bounds: Option<(Cell, Cell)>,
}

#[derive(Debug)]
pub(in crate::rules) struct Row {
    pub(in crate::rules) area: Area,
    pub(in crate::rules) in_force: InForce,
    pub(in crate::rules) keys: Vec<Option<Cell>>,
    pub(in crate::rules) value: Cell,
    /// From 1, in the order of the law.
    pub(in crate::rules) number: u32,
}

#[derive(Debug)]
pub(in crate::rules) struct RowText {
    pub(in crate::rules) id: String,
    pub(in crate::rules) area: Area,
    pub(in crate::rules) value: Literal,
    pub(in crate::rules) cite: Option<String>,
    pub(in crate::rules) sample: bool,
}

/// The settings of a choice, in the order of the law.
#[derive(Debug)]
pub(in crate::rules) struct ChoiceTable {
    pub(in crate::rules) id: String,
    pub(in crate::rules) options: Vec<String>,
    pub(in crate::rules) settings: Vec<Setting>,
}

#[derive(Debug)]
pub(in crate::rules) struct Setting {
    pub(in crate::rules) in_force: InForce,
    pub(in crate::rules) code: CodeIndex,
    pub(in crate::rules) option: String,
    pub(in crate::rules) cite: Option<String>,
}

impl ParameterTable {
    /// Whether the first key is an area.
    pub(in crate::rules) fn by_area(&self) -> bool {
        self.keys.first() == Some(&Type::Area)
    }

    /// The rows of one area.
    pub(in crate::rules) fn of_area(&self, area: Area) -> &[Row] {
        let start = self.sorted.partition_point(|row| row.area < area);
        let length = self.sorted[start..].partition_point(|row| row.area == area);
        &self.sorted[start..start + length]
    }
}
