//! A document as it was written: every part with its place, names and types not yet resolved.
//!
//! One file a part of the document reads it from YAML; `types` makes the sealed document of it.

mod calendar;
mod choices;
mod clauses;
mod fields;
mod guards;
mod instruments;
mod outcomes;
mod parameters;
mod values;
mod vocabulary;

use super::ast::Node;
use super::error::Remarks;
use super::said::{Fix, Wrong};
use super::source::Span;
use super::yaml::Yaml;
use crate::rules::document::{CalendarYear, InForce, SEMANTICS, SelectedBy, WorkedCase};
use fields::Fields;

pub use choices::DraftChoice;
pub use clauses::{DraftClause, DraftGroup, DraftLapse};
pub use guards::{DraftCarry, DraftGuard, DraftSchedule};
pub use instruments::DraftInstrument;
pub use outcomes::{DraftFlag, DraftList, DraftMonths, DraftRow, DraftThen};
pub use parameters::{DraftBounds, DraftParameter, DraftValue};
pub use vocabulary::{DraftFact, DraftVocabulary};

/// Something and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// What was read.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A text and where it stands.
pub type Text = Placed<String>;

/// An interval and the date that selects it, where the text says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dated {
    /// Legal effect.
    pub in_force: InForce,
    /// The date that selects it.
    pub by: Option<SelectedBy>,
}

/// A whole document.
#[derive(Debug)]
pub struct Draft {
    /// Id.
    pub policy: Text,
    /// Area code.
    pub area: Text,
    /// Title.
    pub title: String,
    /// Parts.
    pub instruments: Vec<DraftInstrument>,
    /// Parts.
    pub parameters: Vec<DraftParameter>,
    /// Parts.
    pub choices: Vec<DraftChoice>,
    /// Parts.
    pub groups: Vec<DraftGroup>,
    /// Parts.
    pub clauses: Vec<DraftClause>,
    /// Parts.
    pub outcomes: Vec<DraftList>,
    /// Parts.
    pub guards: Vec<DraftGuard>,
    /// Parts.
    pub schedules: Vec<DraftSchedule>,
    /// Parts.
    pub carries: Vec<DraftCarry>,
    /// Parts.
    pub calendar: Vec<Placed<CalendarYear>>,
    /// The vocabulary document alone has one.
    pub vocabulary: Option<DraftVocabulary>,
    /// Worked cases.
    pub cases: Vec<WorkedCase>,
}

/// An expression that could be read; what could not has been reported.
pub type Expression = Option<Node>;

const KEYS: [&str; 16] = [
    "policy",
    "semantics",
    "area",
    "title",
    "instruments",
    "parameters",
    "choices",
    "groups",
    "clauses",
    "outcomes",
    "guards",
    "schedules",
    "carries",
    "calendar",
    "vocabulary",
    "cases",
];

impl Draft {
    /// Reads a document. What is wrong is reported; `None` if there is no document at all.
    #[must_use]
    pub fn read(tree: &Yaml, remarks: &mut Remarks<'_>) -> Option<Draft> {
        let fields = Fields::open(tree, &KEYS, remarks)?;
        let policy = fields.id(remarks, "policy");
        let semantics = fields.need(remarks, "semantics");
        if let Some(semantics) = semantics.filter(|semantics| semantics.value != SEMANTICS) {
            let wrong = Wrong::OtherSemantics {
                ours: SEMANTICS,
                theirs: semantics.value,
            };
            remarks.error(semantics.span, wrong, Fix::WriteSemantics { ours: SEMANTICS });
        }
        let area = fields.need(remarks, "area");
        if let Some(area) = area.as_ref().filter(|area| !values::is_area(&area.value)) {
            let code = area.value.clone();
            remarks.error(area.span, Wrong::NotAreaCodeOf6 { code }, Fix::AreaLike);
        }
        let nowhere = || Placed {
            value: String::new(),
            span: tree.span,
        };
        let draft = Draft {
            policy: policy.unwrap_or_else(nowhere),
            area: area.unwrap_or_else(nowhere),
            title: fields
                .text(remarks, "title")
                .map(|title| title.value)
                .unwrap_or_default(),
            instruments: instruments::read(&fields, remarks),
            parameters: parameters::read(&fields, remarks),
            choices: choices::read(&fields, remarks),
            groups: clauses::read_groups(&fields, remarks),
            clauses: clauses::read(&fields, remarks),
            outcomes: outcomes::read(&fields, remarks),
            guards: guards::read(&fields, remarks),
            schedules: guards::read_schedules(&fields, remarks),
            carries: guards::read_carries(&fields, remarks),
            calendar: calendar::read(&fields, remarks),
            vocabulary: fields
                .get("vocabulary")
                .and_then(|node| vocabulary::read(node, remarks)),
            cases: calendar::read_cases(&fields, remarks),
        };
        remarks.leave();
        Some(draft)
    }
}
