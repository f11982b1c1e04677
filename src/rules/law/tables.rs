//! Clauses, parameters and choices of a law: what an evaluation looks up.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::canonical::Json;
use crate::rules::calendar::Date;
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

impl ClauseTable {
    /// The only version, if it has no limits.
    pub(in crate::rules) fn always(&self) -> Option<NodeIndex> {
        match self.versions.as_slice() {
            [only] if only.in_force.is_unlimited() => Some(only.node),
            _ => None,
        }
    }
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
    /// That value as it stands in a determination that read it.
    pub(in crate::rules) otherwise_written: OnceLock<Vec<u8>>,
    pub(in crate::rules) cite: Option<String>,
    /// For a lookup: by area, then the latest `from` first, then the highest number first.
    pub(in crate::rules) sorted: Vec<Row>,
    /// Places in `sorted` of the rows of the law's own area and its superiors, nearest first.
    pub(in crate::rules) here: Vec<usize>,
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
    /// As sealed.
    pub(in crate::rules) value: Arc<Json>,
    pub(in crate::rules) cite: Option<String>,
    pub(in crate::rules) sample: bool,
    /// As it stands in a determination that read it.
    pub(in crate::rules) written: OnceLock<Vec<u8>>,
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
    /// As it stands in a determination that read it.
    pub(in crate::rules) written: OnceLock<Vec<u8>>,
}

impl ParameterTable {
    /// Whether the first key is an area.
    pub(in crate::rules) fn by_area(&self) -> bool {
        self.keys.first() == Some(&Type::Area)
    }

    /// Finds the rows of the law's own area.
    pub(in crate::rules) fn settle_here(&mut self, area: Area) {
        self.here = area.chain().flat_map(|area| self.of_area(area)).collect();
    }

    /// The places in `sorted` of the rows of one area.
    fn of_area(&self, area: Area) -> Range<usize> {
        let start = self.sorted.partition_point(|row| row.area < area);
        let length = self.sorted[start..].partition_point(|row| row.area == area);
        start..start + length
    }

    /// The first row in force of an area or its superiors, nearest first, that fits; and whether any is in force.
    pub(in crate::rules) fn find(
        &self,
        own: Area,
        asked: Area,
        date: Date,
        fits: impl Fn(&Row) -> bool,
    ) -> (Option<&Row>, bool) {
        let mut in_force = false;
        let mut counts = |row: &&Row| {
            row.in_force.holds(date) && {
                in_force = true;
                fits(row)
            }
        };
        let found = if asked == own {
            self.here.iter().map(|at| &self.sorted[*at]).find(&mut counts)
        } else {
            let places = asked.chain().flat_map(|area| self.of_area(area));
            places.map(|at| &self.sorted[at]).find(&mut counts)
        };
        (found, in_force)
    }
}
