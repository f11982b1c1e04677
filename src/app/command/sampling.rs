//! Commands of a sample's round.

use super::ids::RequestId;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::sample::{Allocation, DrawKind, Party, Period, Population, Prior, Role, SeedValue, StratumField};
use crate::log::{Hash, LogIndex, TreeSize};

/// A command of a round: which round, as which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfRound {
    /// The request.
    pub request_id: RequestId,
    /// The county.
    pub area: AreaCode,
    /// The period.
    pub period: Period,
    /// Record nothing.
    pub validate_only: bool,
}

/// Bind the caller to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitSample {
    /// Which round.
    pub round: OfRound,
    /// What the caller is to the audit.
    pub role: Role,
    /// SHA-256 of its value.
    pub commitment: Hash,
}

/// Ask for a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSample {
    /// Which round.
    pub round: OfRound,
    /// Size of the closing checkpoint; none: the newest.
    pub checkpoint_size: Option<TreeSize>,
    /// First entry.
    pub from: LogIndex,
    /// The entry after the last; none: the checkpoint's size.
    pub to: Option<TreeSize>,
    /// Which entries.
    pub population: Population,
    /// How they are drawn.
    pub draw: DrawKind,
    /// What makes the strata, ascending.
    pub strata: Vec<StratumField>,
    /// How they share the size.
    pub allocation: Allocation,
    /// Fewest units of a stratum.
    pub floor: u64,
    /// Units.
    pub size: u64,
    /// Reserve of a stratum.
    pub reserve: u64,
    /// Earlier findings by stratum key.
    pub prior: Vec<(String, Prior)>,
    /// Values of the seed; none: the fewest that make the request count.
    pub values: Option<u64>,
    /// Townships that review each other.
    pub townships: Vec<AreaCode>,
}

/// Reveal the caller's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevealSample {
    /// Which round.
    pub round: OfRound,
    /// The value.
    pub value: SeedValue,
}

/// Say that a value is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefuseReveal {
    /// Which round.
    pub round: OfRound,
    /// Whose; none: the caller's.
    pub party: Option<Party>,
}

/// Draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawSample {
    /// Which round.
    pub round: OfRound,
}

/// Read a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetSample {
    /// The county.
    pub area: AreaCode,
    /// The period.
    pub period: Period,
}

impl OfRound {
    /// The content, for the digest.
    fn json(&self, rpc: &str, more: Vec<(&str, Json)>) -> Json {
        let mut members = vec![
            ("rpc", Json::text(rpc)),
            ("area", Json::text(self.area.to_string())),
            ("period", Json::text(self.period.as_str())),
        ];
        members.extend(more);
        Json::object(members)
    }
}

impl CommitSample {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let more = vec![
            ("role", Json::text(self.role.word())),
            ("commitment", Json::text(self.commitment.to_string())),
        ];
        self.round.json("CommitSample", more)
    }
}

impl RequestSample {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let number = |value: u64| Json::integer(value.into());
        let prior = self.prior.iter().map(|(key, prior)| {
            Json::List(vec![
                Json::text(key.as_str()),
                number(prior.errors),
                number(prior.reviewed),
            ])
        });
        let mut more = vec![
            ("from", number(self.from.get())),
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
            (
                "townships",
                Json::List(self.townships.iter().map(|area| Json::text(area.to_string())).collect()),
            ),
        ];
        more.extend(self.checkpoint_size.map(|size| ("checkpoint_size", number(size.get()))));
        more.extend(self.values.map(|values| ("values", number(values))));
        more.extend(self.to.map(|to| ("to", number(to.get()))));
        self.round.json("RequestSample", more)
    }
}

impl RevealSample {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let value = Json::text(hex::encode(self.value.as_bytes()));
        self.round.json("RevealSample", vec![("value", value)])
    }
}

impl RefuseReveal {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let party = self.party.as_ref().map(|party| ("party", Json::text(party.as_str())));
        self.round.json("RefuseReveal", party.into_iter().collect())
    }
}

impl DrawSample {
    /// The content, for the digest.
    #[must_use]
    pub fn to_json(&self) -> Json {
        self.round.json("DrawSample", Vec::new())
    }
}
