//! What a superior document sets that a subordinate one sets too, and which of the two holds (P33).
//!
//! Resolution never decides by date which document wins, so a later superior rule does not end a lower one by
//! itself. Whoever publishes the superior document reads here what stands against it below.

use crate::rules::document::{Document, InForce, ParameterValue, SelectedBy};
use crate::rules::language::library::lies_in;
use crate::rules::render::Names;
use crate::rules::types::literal_shown;

/// Most shadows that are listed; a county that sets more has rewritten the document, and reads it whole.
pub const SHADOW_COUNT_MAX: usize = 1_000;

/// What is set twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShadowKind {
    /// Rows of a parameter.
    Parameter,
    /// A choice.
    Choice,
    /// A clause.
    Clause,
    /// A row of an outcome list.
    OutcomeRow,
    /// A guard.
    Guard,
    /// A schedule.
    Schedule,
}

impl ShadowKind {
    /// Its code in answers for machines.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ShadowKind::Parameter => "parameter",
            ShadowKind::Choice => "choice",
            ShadowKind::Clause => "clause",
            ShadowKind::OutcomeRow => "outcome",
            ShadowKind::Guard => "guard",
            ShadowKind::Schedule => "schedule",
        }
    }
}

/// Which of the two holds where both are in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prevails {
    /// The subordinate one: it says `overrides` on this basis.
    Overrides(String),
    /// The subordinate one: a value or option of the nearer area is taken.
    Nearer,
    /// Neither: nothing is declared, and the documents are no law together.
    Undeclared,
}

/// One side: where it stands, on what ground, from when until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The document.
    pub policy: String,
    /// Its area.
    pub area: String,
    /// The row, of a parameter.
    pub row: Option<String>,
    /// The clause it cites, `instrument#article`.
    pub cite: Option<String>,
    /// Number and article of the instrument in words.
    pub instrument: Option<String>,
    /// Legal effect.
    pub in_force: InForce,
    /// The value or option, as people write it.
    pub value: Option<String>,
}

/// One thing that both set for a common date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// What it is.
    pub kind: ShadowKind,
    /// Its id; `list/row` for a row of an outcome list.
    pub id: String,
    /// The superior document's.
    pub superior: Side,
    /// The subordinate document's.
    pub subordinate: Side,
    /// Which holds.
    pub prevails: Prevails,
    /// The superior one takes effect later: by P33 it should hold from its day on, and the subordinate one end.
    pub superior_is_later: bool,
}

/// Everything that `superior` sets and a document of an area inside its own sets too, for a common date.
/// `all` are the documents whose instruments may be cited.
#[must_use]
pub fn shadows(superior: &Document, all: &[&Document]) -> Vec<Shadow> {
    let names = Names::of(all.iter().copied().chain([superior]));
    let below = |other: &&&Document| other.area != superior.area && lies_in(&other.area, &superior.area);
    let mut found = Vec::new();
    for subordinate in all.iter().filter(below) {
        let mut pair = Pair {
            superior,
            subordinate,
            names: &names,
            found: &mut found,
        };
        pair.parameters();
        pair.choices();
        pair.clauses();
        pair.outcomes();
        pair.guards();
        pair.schedules();
    }
    found.sort_by(|a, b| (a.kind, &a.id, &a.subordinate.area).cmp(&(b.kind, &b.id, &b.subordinate.area)));
    found
}

struct Pair<'p> {
    superior: &'p Document,
    subordinate: &'p Document,
    names: &'p Names<'p>,
    found: &'p mut Vec<Shadow>,
}

/// What one side says of a thing.
#[derive(Default)]
struct Said {
    row: Option<String>,
    cite: Option<String>,
    in_force: InForce,
    value: Option<String>,
}

impl Pair<'_> {
    fn parameters(&mut self) {
        let (superior, subordinate) = (self.superior, self.subordinate);
        for above in &superior.parameters {
            let rows = |below: &'_ &crate::rules::document::Parameter| below.id == above.id;
            let lower = subordinate
                .parameters
                .iter()
                .filter(rows)
                .flat_map(|below| &below.values);
            for lower in lower {
                for upper in &above.values {
                    if !self.rows_meet(upper, lower) {
                        continue;
                    }
                    let said = |value: &ParameterValue| Said {
                        row: Some(value.id.clone()),
                        cite: value.cite.clone(),
                        in_force: value.in_force,
                        value: Some(literal_shown(&value.value)),
                    };
                    let (upper, lower) = (said(upper), said(lower));
                    self.add(ShadowKind::Parameter, &above.id, upper, lower, Prevails::Nearer);
                }
            }
        }
    }

    /// Whether some lookup could give either row: nested areas, keys and dates in common.
    fn rows_meet(&self, upper: &ParameterValue, lower: &ParameterValue) -> bool {
        let above = upper.area.as_deref().unwrap_or(&self.superior.area);
        let below = lower.area.as_deref().unwrap_or(&self.subordinate.area);
        let keys = upper.keys.len() == lower.keys.len()
            && upper.keys.iter().zip(&lower.keys).all(|pair| match pair {
                (Some(a), Some(b)) => a == b,
                (None, _) | (_, None) => true,
            });
        keys && lies_in(below, above) && overlap(upper.in_force, lower.in_force)
    }

    fn choices(&mut self) {
        let (superior, subordinate) = (self.superior, self.subordinate);
        for above in &superior.choices {
            for below in subordinate.choices.iter().filter(|below| below.id == above.id) {
                if overlap(above.in_force, below.in_force) {
                    let said = |choice: &crate::rules::document::Choice| Said {
                        row: None,
                        cite: choice.cite.clone(),
                        in_force: choice.in_force,
                        value: Some(choice.option.clone()),
                    };
                    self.add(
                        ShadowKind::Choice,
                        &above.id,
                        said(above),
                        said(below),
                        Prevails::Nearer,
                    );
                }
            }
        }
    }

    fn clauses(&mut self) {
        let (superior, subordinate) = (self.superior, self.subordinate);
        for above in &superior.clauses {
            for below in subordinate.clauses.iter().filter(|below| below.id == above.id) {
                if meet((above.in_force, above.by), (below.in_force, below.by)) {
                    let (upper, lower) = (
                        cited(above.cite.as_ref(), above.in_force),
                        cited(below.cite.as_ref(), below.in_force),
                    );
                    self.add(
                        ShadowKind::Clause,
                        &above.id,
                        upper,
                        lower,
                        declared(below.overrides.as_ref()),
                    );
                }
            }
        }
    }

    fn outcomes(&mut self) {
        let (superior, subordinate) = (self.superior, self.subordinate);
        for list in &superior.outcomes {
            let same = subordinate.outcomes.iter().filter(|below| below.id == list.id);
            for below in same.flat_map(|below| &below.rows) {
                for above in list.rows.iter().filter(|above| above.id == below.id) {
                    if overlap(above.in_force, below.in_force) {
                        let id = format!("{}/{}", list.id, above.id);
                        let (upper, lower) = (
                            cited(Some(&above.cite), above.in_force),
                            cited(Some(&below.cite), below.in_force),
                        );
                        self.add(
                            ShadowKind::OutcomeRow,
                            &id,
                            upper,
                            lower,
                            declared(below.overrides.as_ref()),
                        );
                    }
                }
            }
        }
    }

    fn guards(&mut self) {
        let (superior, subordinate) = (self.superior, self.subordinate);
        for above in &superior.guards {
            for below in subordinate.guards.iter().filter(|below| below.id == above.id) {
                if meet((above.in_force, above.by), (below.in_force, below.by)) {
                    let (upper, lower) = (
                        cited(Some(&above.cite), above.in_force),
                        cited(Some(&below.cite), below.in_force),
                    );
                    self.add(
                        ShadowKind::Guard,
                        &above.id,
                        upper,
                        lower,
                        declared(below.overrides.as_ref()),
                    );
                }
            }
        }
    }

    fn schedules(&mut self) {
        let (superior, subordinate) = (self.superior, self.subordinate);
        for above in &superior.schedules {
            for below in subordinate.schedules.iter().filter(|below| below.id == above.id) {
                if overlap(above.in_force, below.in_force) {
                    let (upper, lower) = (
                        cited(Some(&above.cite), above.in_force),
                        cited(Some(&below.cite), below.in_force),
                    );
                    self.add(ShadowKind::Schedule, &above.id, upper, lower, Prevails::Undeclared);
                }
            }
        }
    }

    fn add(&mut self, kind: ShadowKind, id: &str, upper: Said, lower: Said, prevails: Prevails) {
        if self.found.len() >= SHADOW_COUNT_MAX {
            return;
        }
        // What is in force without a first day was there before anything that has one.
        let superior_is_later = upper.in_force.from > lower.in_force.from;
        let names = self.names;
        let side = |document: &Document, said: Said| Side {
            policy: document.policy.clone(),
            area: document.area.clone(),
            row: said.row,
            instrument: said.cite.as_deref().map(|cite| names.citation(cite)),
            cite: said.cite,
            in_force: said.in_force,
            value: said.value,
        };
        self.found.push(Shadow {
            kind,
            id: id.to_owned(),
            superior: side(self.superior, upper),
            subordinate: side(self.subordinate, lower),
            prevails,
            superior_is_later,
        });
    }
}

fn cited(cite: Option<&String>, in_force: InForce) -> Said {
    Said {
        cite: cite.cloned(),
        in_force,
        ..Said::default()
    }
}

fn declared(overrides: Option<&String>) -> Prevails {
    overrides.map_or(Prevails::Undeclared, |basis| Prevails::Overrides(basis.clone()))
}

/// Two versions meet also where different dates select them: nothing keeps those apart.
fn meet(a: (InForce, SelectedBy), b: (InForce, SelectedBy)) -> bool {
    a.1 != b.1 || overlap(a.0, b.0)
}

/// Whether two intervals share a day.
fn overlap(a: InForce, b: InForce) -> bool {
    let before = |a: InForce, b: InForce| a.until.is_some_and(|last| b.from.is_some_and(|first| last < first));
    !before(a, b) && !before(b, a)
}
