//! What a sample request fixes, as it stands in a SAMPLE_REQUEST entry.

use std::collections::BTreeMap;

use super::super::Hash;
use super::super::ids::{LogIndex, TreeSize};
use super::allocate::AllocationError;
use super::cross;
use super::documents::{Party, Period};
use super::words::words;
use super::{METHOD, RANGE_ENTRY_COUNT_MAX, SAMPLE_SIZE_MAX, STRATUM_COUNT_MAX, VALUE_COUNT_MAX, VALUE_COUNT_MIN};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::reader::{FromJson, RecordError, each, need};

/// Errors and reviews of an earlier audit that a prior may name.
pub const PRIOR_COUNT_MAX: u64 = 1_000_000_000;

words! {
    /// Which entries of the range are drawn from.
    Population {
        /// Every decision: DETERMINATION and CORRECTION.
        Decisions = "decisions",
        /// Decisions that pay a basic programme.
        Paid = "paid",
        /// The negative frame: refusals and stops.
        Negative = "negative",
    }
}

words! {
    /// How units are drawn.
    DrawKind {
        /// Each as likely as any other, without replacement.
        Simple = "simple",
        /// The same in each stratum.
        Stratified = "stratified",
        /// In proportion to the amount, with replacement.
        SizeProportional = "size_proportional",
    }
}

words! {
    /// How a stratified sample is shared among the strata.
    Allocation {
        /// By their sizes.
        Proportional = "proportional",
        /// By size times deviation.
        Neyman = "neyman",
    }
}

words! {
    /// A member of the frame that strata may be made of.
    StratumField {
        /// New or continuing.
        Continuing = "continuing",
        /// Who decided.
        Decider = "decider",
        /// What was decided.
        Outcome = "outcome",
        /// The basic programme.
        Programme = "programme",
        /// Urban or rural.
        ResidenceKind = "residence_kind",
        /// Decided here or imported.
        Source = "source",
        /// Township.
        Township = "township",
    }
}

/// What an earlier audit found in a stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prior {
    /// Errors.
    pub errors: u64,
    /// Cases reviewed.
    pub reviewed: u64,
}

impl Prior {
    fn is_wrong(&self) -> bool {
        self.errors > self.reviewed || self.reviewed > PRIOR_COUNT_MAX
    }
}

/// A request for a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleRequest {
    /// The period; one request each.
    pub period: Period,
    /// The auditor who asks.
    pub party: Party,
    /// Size of the checkpoint that closes the period.
    pub checkpoint_size: TreeSize,
    /// Its root.
    pub checkpoint_root: Hash,
    /// First entry of the range.
    pub from: LogIndex,
    /// The entry after the last.
    pub to: TreeSize,
    /// Which entries.
    pub population: Population,
    /// How they are drawn.
    pub draw: DrawKind,
    /// What makes the strata, in ascending order; empty but for a stratified draw.
    pub strata: Vec<StratumField>,
    /// How a stratified sample is shared.
    pub allocation: Allocation,
    /// Fewest units of a stratum.
    pub floor: u64,
    /// Units to draw.
    pub size: u64,
    /// Further units of each stratum, in order, for those that cannot be reviewed.
    pub reserve: u64,
    /// Earlier findings by stratum key, canonical JSON; for Neyman.
    pub prior: BTreeMap<String, Prior>,
    /// Values that make the seed.
    pub values: u64,
    /// Townships that review each other; empty for none.
    pub townships: Vec<AreaCode>,
}

/// What is wrong with a request: the field, then the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field.
    pub field: &'static str,
    /// What is wrong and the fix.
    pub text: String,
}

/// What an auditor chooses of a request, apart from the range; nothing where what was asked for cannot be read, so
/// that it is judged by the rest all the same.
#[derive(Clone, Copy, Debug)]
pub struct Choices<'a> {
    /// How units are drawn.
    pub draw: Option<DrawKind>,
    /// What makes the strata, in ascending order.
    pub strata: Option<&'a [StratumField]>,
    /// How a stratified sample is shared.
    pub allocation: Option<Allocation>,
    /// Fewest units of a stratum.
    pub floor: u64,
    /// Units to draw.
    pub size: u64,
    /// Further units of each stratum.
    pub reserve: u64,
    /// Earlier findings of each stratum.
    pub prior: Option<&'a [Prior]>,
    /// Values that make the seed.
    pub values: u64,
    /// Townships that review each other.
    pub townships: Option<&'a [AreaCode]>,
}

impl Choices<'_> {
    /// Everything that is wrong with them, whatever is drawn from.
    #[must_use]
    pub fn check(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut add = |field, text: String| wrong.push(Wrong { field, text });
        if self.size == 0 || self.size > SAMPLE_SIZE_MAX {
            add("size", format!("is out of range: give 1 to {SAMPLE_SIZE_MAX}"));
        }
        if self.reserve > SAMPLE_SIZE_MAX {
            add("reserve", format!("is out of range: give 0 to {SAMPLE_SIZE_MAX}"));
        }
        if self.values < VALUE_COUNT_MIN || self.values > VALUE_COUNT_MAX {
            add(
                "values",
                format!(
                    "is out of range: give {VALUE_COUNT_MIN} to {VALUE_COUNT_MAX}, so that no party makes the seed alone"
                ),
            );
        }
        let stratified = self.draw.map(|draw| draw == DrawKind::Stratified);
        if stratified
            .zip(self.strata)
            .is_some_and(|(stratified, strata)| stratified == strata.is_empty())
        {
            add(
                "strata",
                "does not fit the draw: name fields for a stratified draw and for no other".to_owned(),
            );
        }
        if self
            .strata
            .is_some_and(|strata| strata.windows(2).any(|pair| pair[0] >= pair[1]))
        {
            add("strata", "names a field twice: give each once".to_owned());
        }
        let has_prior = self.prior.is_some_and(|prior| !prior.is_empty());
        let neyman = self.allocation == Some(Allocation::Neyman);
        if stratified == Some(false) && (self.floor > 0 || has_prior || neyman) {
            add(
                "allocation",
                "is for a stratified draw: leave allocation, floor and prior out".to_owned(),
            );
        }
        if neyman && self.prior.is_some_and(<[Prior]>::is_empty) {
            add("prior", AllocationError::NoPrior.to_string());
        }
        if self.allocation == Some(Allocation::Proportional) && has_prior {
            add("prior", "is for a Neyman allocation: leave it out".to_owned());
        }
        if self.prior.is_some_and(|prior| prior.len() > STRATUM_COUNT_MAX) {
            add(
                "prior",
                format!("has too many strata: give at most {STRATUM_COUNT_MAX}"),
            );
        }
        if self.prior.unwrap_or_default().iter().any(Prior::is_wrong) {
            add(
                "prior",
                "has more errors than reviews, or too many reviews: correct the counts".to_owned(),
            );
        }
        let townships = self.townships.unwrap_or_default();
        if !townships.is_empty()
            && let Err(error) = cross::check(townships)
        {
            add("townships", error.to_string());
        }
        wrong
    }
}

impl SampleRequest {
    /// Everything that is wrong with it by itself, whatever the log holds.
    #[must_use]
    pub fn check(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut add = |field, text: String| wrong.push(Wrong { field, text });
        if self.to > self.checkpoint_size {
            add(
                "to_size",
                "is beyond the checkpoint: close the period with a later one".to_owned(),
            );
        }
        let range = self.to.get().saturating_sub(self.from.get());
        if range == 0 || range > RANGE_ENTRY_COUNT_MAX {
            add(
                "to_size",
                format!("gives a range without entries or of more than {RANGE_ENTRY_COUNT_MAX}: change it"),
            );
        }
        let prior: Vec<Prior> = self.prior.values().copied().collect();
        let choices = Choices {
            draw: Some(self.draw),
            strata: Some(&self.strata),
            allocation: Some(self.allocation),
            floor: self.floor,
            size: self.size,
            reserve: self.reserve,
            prior: Some(&prior),
            values: self.values,
            townships: Some(&self.townships),
        };
        wrong.extend(choices.check());
        wrong
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let number = |value: u64| Json::integer(value.into());
        let prior = self.prior.iter().map(|(key, prior)| {
            Json::object([
                ("key", Json::text(key.as_str())),
                ("errors", number(prior.errors)),
                ("reviewed", number(prior.reviewed)),
            ])
        });
        Json::object([
            ("v", Json::Int(1)),
            ("method", METHOD.into()),
            ("period", self.period.as_str().into()),
            ("party", self.party.as_str().into()),
            (
                "checkpoint",
                Json::object([
                    ("root", Json::text(self.checkpoint_root.to_string())),
                    ("size", number(self.checkpoint_size.get())),
                ]),
            ),
            ("from", number(self.from.get())),
            ("to", number(self.to.get())),
            ("population", self.population.word().into()),
            ("draw", self.draw.word().into()),
            (
                "strata",
                Json::List(self.strata.iter().map(|field| field.word().into()).collect()),
            ),
            ("allocation", self.allocation.word().into()),
            ("floor", number(self.floor)),
            ("size", number(self.size)),
            ("reserve", number(self.reserve)),
            ("prior", Json::List(prior.collect())),
            ("values", number(self.values)),
            (
                "townships",
                Json::List(self.townships.iter().map(|area| Json::text(area.to_string())).collect()),
            ),
        ])
    }

    /// Reads the document.
    ///
    /// # Errors
    /// [`RecordError`] names the member.
    pub fn from_json(json: &Json) -> Result<SampleRequest, RecordError> {
        let checkpoint: Json = need(json, "checkpoint")?;
        let size = |record: &Json, key: &str| -> Result<TreeSize, RecordError> {
            TreeSize::new(need(record, key)?).map_err(|_| RecordError(key.to_owned()))
        };
        let prior = each(json, "prior", |item| {
            let prior = Prior {
                errors: need(item, "errors")?,
                reviewed: need(item, "reviewed")?,
            };
            Ok((need(item, "key")?, prior))
        })?;
        Ok(SampleRequest {
            period: need(json, "period")?,
            party: need(json, "party")?,
            checkpoint_size: size(&checkpoint, "size")?,
            checkpoint_root: parsed(&checkpoint, "root")?,
            from: LogIndex::new(need(json, "from")?).map_err(|_| RecordError("from".to_owned()))?,
            to: size(json, "to")?,
            population: need(json, "population")?,
            draw: need(json, "draw")?,
            strata: need(json, "strata")?,
            allocation: need(json, "allocation")?,
            floor: need(json, "floor")?,
            size: need(json, "size")?,
            reserve: need(json, "reserve")?,
            prior: prior.into_iter().collect(),
            values: need(json, "values")?,
            townships: need::<Vec<Township>>(json, "townships")?
                .into_iter()
                .map(|area| area.0)
                .collect(),
        })
    }
}

struct Township(AreaCode);

impl FromJson for Township {
    fn from_json(value: &Json) -> Option<Self> {
        value.as_text()?.parse().ok().map(Township)
    }
}

/// A text member of a form of its own.
pub(super) fn parsed<T: std::str::FromStr>(json: &Json, key: &str) -> Result<T, RecordError> {
    let text: String = need(json, key)?;
    text.parse().map_err(|_| RecordError(key.to_owned()))
}
