//! What was drawn, as it stands in the sealed document `selection` of a SAMPLE_RESULT entry.

use super::super::ids::LogIndex;
use super::STRATUM_COUNT_MAX;
use super::cross::CrossCheck;
use super::request::{SampleRequest, parsed};
use crate::canonical::Json;
use crate::reader::{FromJson, RecordError, each, need, put};

/// The units of one stratum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnStratum {
    /// Canonical JSON of the frame's members that make it; `{}` where there is one stratum.
    pub key: String,
    /// Units that it has.
    pub population: u64,
    /// Sum of the amounts, where they are drawn by.
    pub size_fen: Option<u64>,
    /// The sample, in the order of the draw.
    pub units: Vec<LogIndex>,
    /// The reserve, in order.
    pub reserve: Vec<LogIndex>,
}

/// A whole sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// By key, ascending.
    pub strata: Vec<DrawnStratum>,
    /// Entries of the range whose frame could not be opened.
    pub unopened: Vec<LogIndex>,
    /// Who reviews whom.
    pub cross_checks: Vec<CrossCheck>,
}

impl Selection {
    /// Units drawn, each as often as it was.
    #[must_use]
    pub fn drawn(&self) -> u64 {
        self.strata.iter().map(|stratum| stratum.units.len() as u64).sum()
    }

    /// Units of the population; of strata that no range holds, as many as can be counted.
    #[must_use]
    pub fn population(&self) -> u64 {
        let populations = self.strata.iter().map(|stratum| stratum.population);
        populations.fold(0, u64::saturating_add)
    }

    /// Whether a draw for this request can have made it, as far as sizes go: no stratum has more units than the range
    /// has entries, and there are not more strata than a draw makes. What a file says is counted with only after this.
    #[must_use]
    pub fn is_within(&self, request: &SampleRequest) -> bool {
        let range = request.to.get().saturating_sub(request.from.get());
        self.strata.len() <= STRATUM_COUNT_MAX && self.strata.iter().all(|stratum| stratum.population <= range)
    }

    /// Whether an entry is of the sample or of its reserve.
    #[must_use]
    pub fn holds(&self, index: LogIndex) -> bool {
        self.strata
            .iter()
            .any(|stratum| stratum.units.contains(&index) || stratum.reserve.contains(&index))
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let indices = |list: &[LogIndex]| Json::List(list.iter().map(|at| Json::integer(at.get().into())).collect());
        let stratum = |stratum: &DrawnStratum| {
            let mut members = std::collections::BTreeMap::new();
            put(&mut members, "key", Some(stratum.key.as_str()));
            put(
                &mut members,
                "population",
                Some(Json::integer(stratum.population.into())),
            );
            put(
                &mut members,
                "size_fen",
                stratum.size_fen.map(|size| Json::integer(size.into())),
            );
            put(&mut members, "units", Some(indices(&stratum.units)));
            put(&mut members, "reserve", Some(indices(&stratum.reserve)));
            Json::Object(members)
        };
        let check = |check: &CrossCheck| {
            Json::object([
                ("reviewer", Json::text(check.reviewer.to_string())),
                ("reviewed", Json::text(check.reviewed.to_string())),
            ])
        };
        Json::object([
            ("v", Json::Int(1)),
            ("strata", Json::List(self.strata.iter().map(stratum).collect())),
            ("unopened", indices(&self.unopened)),
            (
                "cross_checks",
                Json::List(self.cross_checks.iter().map(check).collect()),
            ),
        ])
    }

    /// Reads the document.
    ///
    /// # Errors
    /// [`RecordError`] names the member.
    pub fn from_json(json: &Json) -> Result<Selection, RecordError> {
        let indices = |record: &Json, key: &str| -> Result<Vec<LogIndex>, RecordError> {
            let list: Vec<Index> = need(record, key)?;
            Ok(list.into_iter().map(|index| index.0).collect())
        };
        let selection = Selection {
            strata: each(json, "strata", |item| {
                Ok(DrawnStratum {
                    key: need(item, "key")?,
                    population: need(item, "population")?,
                    size_fen: crate::reader::maybe(item, "size_fen")?,
                    units: indices(item, "units")?,
                    reserve: indices(item, "reserve")?,
                })
            })?,
            unopened: indices(json, "unopened")?,
            cross_checks: each(json, "cross_checks", |item| {
                Ok(CrossCheck {
                    reviewer: parsed(item, "reviewer")?,
                    reviewed: parsed(item, "reviewed")?,
                })
            })?,
        };
        // A misspelt member would be passed over as absent, and the draw compared with less than was recorded.
        if selection.to_json() == *json {
            Ok(selection)
        } else {
            Err(RecordError("selection".to_owned()))
        }
    }
}

struct Index(LogIndex);

impl FromJson for Index {
    fn from_json(value: &Json) -> Option<Self> {
        LogIndex::new(u64::from_json(value)?).ok().map(Index)
    }
}
