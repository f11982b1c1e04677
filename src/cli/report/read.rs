//! A verification as the report needs it, read out of the JSON of `doudi verify`.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::command::FindingOutcome;
use crate::app::rates::{Design, ErrorRates, Review, StratumUnits, Unit, may_pay};
use crate::canonical::Json;
use crate::log::sample::{DrawKind, Population};
use crate::reader::{RecordError, each, maybe, need};
use crate::statistics::Confidence;

/// The form of the JSON that is read.
const FORMAT: &str = "doudi-verification/1";

/// The verdict that nothing was found against the bundle.
const VERIFIED: &str = "verified";

/// What a verification found.
pub struct Verification {
    /// Whether everything verifies.
    pub is_good: bool,
    /// The whole of it, for what is shown as it is.
    pub json: Json,
    /// The samples.
    pub samples: Vec<Sample>,
    /// The findings, in the order of the log.
    pub findings: Vec<Finding>,
}

/// How far a recorded sample is shown to be the one that its seed draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Wholly.
    Whole,
    /// From what could be opened when it was drawn; the rest is of no stratum.
    OfOpened,
    /// As far as frames were not erased since.
    InPart,
    /// Not any more: the amounts by which it was drawn are erased in part.
    Not,
}

/// A sample with its units.
pub struct Sample {
    /// The period.
    pub period: String,
    /// Whether the draw is the one that the log records.
    pub agrees: bool,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// All of it.
    pub json: Json,
    /// Units of the population.
    pub population: u64,
    /// What it was drawn from, and how.
    pub design: Design,
    /// Entries of the range whose frames could not be opened when it was drawn.
    pub unopened_count: usize,
    /// Entries of the range whose frames were erased after the draw.
    pub erased_since_count: usize,
    /// Key and units of each stratum.
    pub strata: Vec<(String, StratumUnits)>,
}

impl Sample {
    /// The error rates that its findings show.
    pub fn rates(&self, confidence: Confidence) -> ErrorRates {
        let strata: Vec<StratumUnits> = self.strata.iter().map(|(_, stratum)| stratum.clone()).collect();
        ErrorRates::of(self.population, &strata, self.design, confidence)
    }

    /// Whether it is shown that the seed draws these units from all that there was to draw from. Where every decision is
    /// as likely as any other the kind of an entry decides, and no frame is needed.
    pub fn shown(&self) -> Shown {
        let is_by_kind = self.design.draw == DrawKind::Simple && self.design.population == Population::Decisions;
        match (self.erased_since_count, self.unopened_count) {
            (1.., _) if self.design.is_of_spending() => Shown::Not,
            (1.., _) => Shown::InPart,
            (0, 1..) if !is_by_kind => Shown::OfOpened,
            (0, _) => Shown::Whole,
        }
    }
}

/// One thing that was found.
pub struct Item {
    /// What.
    pub outcome: String,
    /// Where it came from.
    pub cause: Option<String>,
    /// Which step of the procedure.
    pub step: Option<String>,
    /// The wrong amount of a month.
    pub amount_fen: Option<u64>,
}

/// A finding.
pub struct Finding {
    /// Its entry.
    pub index: u64,
    /// The entry that it is on.
    pub of: Option<u64>,
    /// The period whose sample it is of.
    pub period: Option<String>,
    /// Whether no later finding took its place.
    pub stands: bool,
    /// What it says.
    pub review: Review,
    /// What was found.
    pub items: Vec<Item>,
    /// In words.
    pub summary: Option<String>,
    /// What is put right.
    pub rectification: Option<String>,
    /// What the auditee answered.
    pub auditee: Option<String>,
}

impl Verification {
    /// Reads it.
    ///
    /// # Errors
    /// [`RecordError`] names the member that is absent or malformed.
    pub fn read(json: &Json) -> Result<Verification, RecordError> {
        if need::<String>(json, "format")? != FORMAT {
            return Err(RecordError("format".to_owned()));
        }
        let list: Json = need(json, "findings")?;
        let findings = each(&list, "list", finding)?;
        let counting = counting(&findings);
        let samples = each(json, "samples", |sample| read_sample(sample, &counting))?;
        for member in [
            "bundle",
            "checkpoint",
            "entries",
            "documents",
            "decisions",
            "violations",
        ] {
            need::<Json>(json, member)?;
        }
        Ok(Verification {
            is_good: need::<String>(json, "verdict")? == VERIFIED,
            json: json.clone(),
            samples,
            findings,
        })
    }

    /// The verdict as it was said.
    pub fn verdict_word(&self) -> &'static str {
        if self.is_good { VERIFIED } else { "refuted" }
    }

    /// A member below others; a list or object that is absent is nothing.
    pub fn at(&self, path: &[&str]) -> Option<&Json> {
        path.iter().try_fold(&self.json, |json, key| json.get(key))
    }

    /// A count.
    pub fn count(&self, path: &[&str]) -> u64 {
        let value = self.at(path).and_then(Json::as_integer);
        value.and_then(|value| u64::try_from(value).ok()).unwrap_or_default()
    }

    /// A text, or a dash.
    pub fn text(&self, path: &[&str]) -> &str {
        self.at(path).and_then(Json::as_text).unwrap_or("\u{2013}")
    }

    /// A list.
    pub fn list(&self, path: &[&str]) -> &[Json] {
        self.at(path).and_then(Json::as_list).unwrap_or_default()
    }

    /// The standing findings by a name that each of their items gives, with how many items give it.
    pub fn counted(&self, name: impl Fn(&Item) -> Option<String>) -> Vec<(String, u64)> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for finding in self.findings.iter().filter(|finding| finding.stands) {
            for item in &finding.items {
                if let Some(name) = name(item) {
                    *counts.entry(name).or_default() += 1;
                }
            }
        }
        let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
        counts.sort_by(|(a, many), (b, few)| few.cmp(many).then_with(|| a.cmp(b)));
        counts
    }
}

fn finding(json: &Json) -> Result<Finding, RecordError> {
    let items = each(json, "items", |item| {
        Ok(Item {
            outcome: need(item, "outcome")?,
            cause: maybe(item, "cause")?,
            step: maybe(item, "step")?,
            amount_fen: maybe(item, "amount_fen")?,
        })
    })?;
    let outcomes = items.iter().map(|item| {
        let outcome = FindingOutcome::from_code(&item.outcome).ok_or_else(|| RecordError("outcome".to_owned()))?;
        Ok((outcome, item.amount_fen))
    });
    let review = Review {
        items: outcomes.collect::<Result<_, RecordError>>()?,
        paid_fen: maybe(json, "paid_fen")?.unwrap_or_default(),
        signed_off: need(json, "signed_off")?,
    };
    Ok(Finding {
        index: need(json, "index")?,
        of: maybe(json, "of")?,
        period: maybe(json, "period")?,
        stands: need(json, "stands")?,
        review,
        items,
        summary: maybe(json, "summary")?,
        rectification: maybe(json, "rectification")?,
        auditee: maybe(json, "auditee")?,
    })
}

/// The findings that count in a sample: those that stand for a determination that was reviewed for a sample, whichever
/// that was, by their entries. The service counts the same.
fn counting(findings: &[Finding]) -> BTreeMap<u64, &Finding> {
    let sampled: BTreeSet<Option<u64>> = findings
        .iter()
        .filter(|finding| finding.period.is_some())
        .map(|finding| finding.of)
        .collect();
    let counts = |finding: &&Finding| finding.stands && sampled.contains(&finding.of);
    findings
        .iter()
        .filter(counts)
        .map(|finding| (finding.index, finding))
        .collect()
}

fn read_sample(json: &Json, counting: &BTreeMap<u64, &Finding>) -> Result<Sample, RecordError> {
    let unit = |unit: &Json| -> Result<Unit, RecordError> {
        let named: Option<u64> = maybe(unit, "finding")?;
        let found = named.and_then(|index| counting.get(&index));
        Ok(match (found, unit.get("replay").and_then(Json::as_text)) {
            (Some(finding), _) => Unit::Found(finding.review.clone()),
            // Nothing can be recorded of it any more: the next of the reserve counts, as in the service.
            (None, Some("erased" | "restricted")) => Unit::Closed,
            (None, _) => Unit::Waiting,
        })
    };
    let strata = each(json, "strata", |stratum| {
        let key: String = need(stratum, "key")?;
        let units = StratumUnits {
            population: need(stratum, "population")?,
            may_pay: may_pay(&key),
            units: each(stratum, "units", unit)?,
            reserve: each(stratum, "reserve", unit)?,
        };
        Ok((key, units))
    })?;
    let count = |member: &str| json.get(member).and_then(Json::as_list).map_or(0, <[Json]>::len);
    Ok(Sample {
        agrees: need(json, "agrees")?,
        problem: maybe(json, "problem")?,
        population: maybe(json, "population")?.unwrap_or_default(),
        design: design(json.get("request"))?,
        unopened_count: count("unopened"),
        erased_since_count: count("erased_since"),
        json: json.clone(),
        strata,
        period: need(json, "period")?,
    })
}

/// What a request asks for. Without one nothing was drawn, and nothing is estimated.
fn design(request: Option<&Json>) -> Result<Design, RecordError> {
    let Some(request) = request else {
        return Ok(Design {
            population: Population::Decisions,
            draw: DrawKind::Simple,
        });
    };
    Ok(Design {
        population: need(request, "population")?,
        draw: need(request, "draw")?,
    })
}
