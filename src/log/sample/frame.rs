//! The frame document of a decision: the few values that a sample is drawn by.

use super::super::record::EntryKind;
use super::request::{Population, SampleRequest};
use crate::canonical::Json;

/// Outcomes of the negative frame.
const NEGATIVE: [&str; 2] = ["REFUSED", "STOP"];

/// An opened frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Json);

/// Whether entries of a kind are decisions that a sample is drawn from.
#[must_use]
pub const fn framed(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::Determination | EntryKind::Correction)
}

impl Frame {
    /// Reads the document; none if the bytes are not a frame.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Frame> {
        let json = Json::parse_canonical(bytes).ok()?;
        let texts = [
            "township",
            "programme",
            "outcome",
            "residence_kind",
            "source",
            "decider",
        ];
        let whole = texts.iter().all(|key| json.get(key).and_then(Json::as_text).is_some())
            && json.get("continuing").and_then(Json::as_bool).is_some()
            && json.get("amount_fen").and_then(Json::as_integer).is_some();
        whole.then_some(Frame(json))
    }

    /// Only what a request draws by: the range of a large sample is held in memory.
    #[must_use]
    pub fn reduced(&self, request: &SampleRequest) -> Frame {
        let always = ["programme", "outcome", "amount_fen"];
        let fields = request.strata.iter().map(|field| field.word());
        let members = always.into_iter().chain(fields).filter_map(|key| {
            let value = self.0.get(key)?;
            Some((key, value.clone()))
        });
        Frame(Json::object(members))
    }

    /// A text member; empty where it does not apply.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Json::as_text).unwrap_or_default()
    }

    /// The amount of a month; nothing for what is not paid.
    #[must_use]
    pub fn amount_fen(&self) -> u64 {
        let amount = self.0.get("amount_fen").and_then(Json::as_integer);
        amount.and_then(|amount| u64::try_from(amount).ok()).unwrap_or(0)
    }

    /// Whether it is of the population.
    #[must_use]
    pub fn belongs_to(&self, population: Population) -> bool {
        match population {
            Population::Decisions => true,
            Population::Paid => !self.text("programme").is_empty(),
            Population::Negative => NEGATIVE.contains(&self.text("outcome")),
        }
    }

    /// The key of its stratum: canonical JSON of the members that make the strata.
    #[must_use]
    pub fn stratum(&self, request: &SampleRequest) -> String {
        let members = request.strata.iter().filter_map(|field| {
            let value = self.0.get(field.word())?;
            Some((field.word(), value.clone()))
        });
        Json::object(members).to_string()
    }
}
