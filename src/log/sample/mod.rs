//! Samples that nobody can steer: `commit-reveal/1` of `FORMAT.md`, section 18.
//!
//! Parties commit to random values before a period closes; a request fixes what is drawn from; the
//! values are revealed; their seed draws. `protocol` judges the entries, `draw` draws, `evidence`
//! does both again from exported files. Pure: the same entries give the same sample, for ever.

pub mod allocate;
pub mod cross;
pub mod documents;
pub mod draw;
mod erased;
pub mod evidence;
pub mod frame;
pub mod protocol;
pub mod request;
pub mod seed;
pub mod selection;
mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use allocate::{Allocated, AllocationError, allocate};
pub use cross::{CrossCheck, CrossCheckError, cross_checks};
pub use documents::{Logged, Party, Period, SampleCommit, SampleDocument, SampleResult, SampleReveal, Silence};
pub use draw::{DrawError, draw};
pub use evidence::{Agreement, Evidence, EvidenceError, Leaf, Redrawn, read_selection, redraw};
pub use frame::{Frame, framed};
pub use protocol::{Called, Round, Stage, Unmet};
pub use request::{Allocation, Choices, DrawKind, Population, Prior, SampleRequest, StratumField};
pub use seed::{Seed, SeedValue, Stream};
pub use selection::{DrawnStratum, Selection};
pub use words::{Role, Why};

/// The method, in every document of it. A new rule is a new method beside it.
pub const METHOD: &str = "commit-reveal/1";

/// Time to reveal, from the entry that calls on the party.
pub const REVEAL_SECONDS: i64 = 72 * 60 * 60;

/// Entries that one sample may be drawn from: their frames are opened and held in memory.
pub const RANGE_ENTRY_COUNT_MAX: u64 = 1_000_000;

/// Units of one sample, reserve apart: more than any audit reviews, and a document of it stays small.
pub const SAMPLE_SIZE_MAX: u64 = 10_000;

/// Fewest values that make a seed: the asking auditor's, and one of somebody else's.
pub const VALUE_COUNT_MIN: u64 = 2;

/// Values that make a seed: auditor, operator, and a few third parties.
pub const VALUE_COUNT_MAX: u64 = 16;

/// Strata of one sample: townships times programmes of a large county.
pub const STRATUM_COUNT_MAX: usize = 500;
