//! Typed results of the use cases; the edge turns them into messages.

use std::collections::BTreeMap;

use super::command::{CaseName, DeterminationName, LocalId, PersonId, PolicyName};
pub use super::disclosed::{
    AccessProof, AccessSeen, CaseErased, CaseRestricted, DocumentsOpened, RecordOpened, RecordState,
};
use crate::area::AreaCode;
use crate::log::{Hash, LogIndex, Origin, TreeSize};
use crate::rules::calendar::{Date, Month};
use crate::rules::case::PriorState;
use crate::rules::determination::Determination;
use crate::rules::diff::shadow::Shadow;
use crate::rules::language::say::Lang;

/// An entry that stands in the log, with all that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The log.
    pub origin: Origin,
    /// Position.
    pub index: LogIndex,
    /// The bytes of the entry.
    pub entry: Vec<u8>,
    /// Its documents, as far as they may be shown.
    pub documents: Vec<OpenedDocument>,
    /// The receipt: a tlog-proof file.
    pub receipt: String,
    /// When it was logged, seconds since 1970.
    pub logged_seconds: i64,
}

/// A document with the salt that opens its commitment.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedDocument {
    /// Name.
    pub name: String,
    /// Salt.
    pub salt: [u8; 32],
    /// The bytes committed to.
    pub content: Vec<u8>,
}

/// Prints no content: documents hold personal data.
impl std::fmt::Debug for OpenedDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedDocument({}, {} bytes)", self.name, self.content.len())
    }
}

/// A determination, from a decision just made or read back.
#[derive(Clone, Debug)]
pub struct Determined {
    /// Its name; none for a dry run.
    pub name: Option<DeterminationName>,
    /// Its case; none for a dry run of a new case.
    pub case: Option<CaseName>,
    /// The determination.
    pub determination: Determination,
    /// SHA-256 of the law manifest.
    pub law: Hash,
    /// The persons of the members, in the order of the facts.
    pub persons: Vec<(LocalId, PersonId)>,
    /// What is cited in the determination and its explanation, by citation id. A missing one is shown by its id alone.
    pub citations: BTreeMap<String, Citation>,
    /// The steps, where they were asked for.
    pub explanation: Vec<ExplanationStep>,
    /// The record; none for a dry run.
    pub acknowledged: Option<Acknowledged>,
}

/// A place in an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// 文号.
    pub number: String,
    /// 标题.
    pub title: String,
    /// Article.
    pub article: String,
    /// The words.
    pub text: String,
    /// A quote of a held text; otherwise a summary.
    pub quoted: bool,
}

/// A step of the explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplanationStep {
    /// Clause id.
    pub clause: String,
    /// Chinese name.
    pub name: String,
    /// `<person id>/<job id>`; empty for the household.
    pub at: String,
    /// Exact value.
    pub value: String,
    /// Unit.
    pub unit: String,
    /// The clause as a sentence.
    pub text: String,
    /// Citation id.
    pub cite: Option<String>,
}

/// A determination that was read, and whether it stands.
#[derive(Clone, Debug)]
pub struct DeterminationRead {
    /// The determination.
    pub determined: Determined,
    /// Whether it stands.
    pub state: PriorState,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Token of the next page; none on the last.
    pub next: Option<String>,
}

/// A determination in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeterminationSummary {
    /// Name.
    pub name: DeterminationName,
    /// Index in the log.
    pub index: LogIndex,
    /// determine, review or exit.
    pub kind: String,
    /// Outcome for the household.
    pub outcome: crate::rules::outcome::Outcome,
    /// 决定日.
    pub decision_date: Date,
    /// Whether it stands.
    pub state: PriorState,
    /// When it was logged, seconds since 1970.
    pub logged_seconds: i64,
}

/// An imported case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The case; none for a dry run.
    pub case: Option<CaseName>,
    /// The persons, in the order of the members; empty for a dry run.
    pub persons: Vec<PersonId>,
    /// The record; none for a dry run.
    pub acknowledged: Option<Acknowledged>,
}

/// A recorded remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemedyRecorded {
    /// The record; none for a dry run.
    pub acknowledged: Option<Acknowledged>,
}

/// A transferred case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// The case in the area that takes it; none for a dry run.
    pub case: Option<CaseName>,
    /// The record of the area of departure; none for a dry run.
    pub departure: Option<Acknowledged>,
    /// The record of the area that takes it; none for a dry run.
    pub arrival: Option<Acknowledged>,
}

/// A case that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueReview {
    /// The case.
    pub case: CaseName,
    /// The schedule.
    pub schedule: String,
    /// The day.
    pub due: Date,
    /// The determination that set it; none for an import.
    pub determination: Option<DeterminationName>,
}

/// A running grace period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GracePeriod {
    /// The case.
    pub case: CaseName,
    /// First month.
    pub from: Month,
    /// Last month.
    pub until: Month,
    /// Months granted in the spell.
    pub granted_months: u64,
    /// The determination that granted it; none for an import.
    pub determination: Option<DeterminationName>,
}

/// A published policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name; none for a dry run.
    pub name: Option<PolicyName>,
    /// Id of the document.
    pub policy: String,
    /// Its own area.
    pub document_area: AreaCode,
    /// Title.
    pub title: String,
    /// SHA-256 of the sealed form.
    pub digest: Hash,
    /// Index of its entry; none for a dry run.
    pub index: Option<LogIndex>,
    /// When it was published, seconds since 1970; none for a dry run.
    pub logged_seconds: Option<i64>,
    /// A later document took its place.
    pub superseded: bool,
}

/// A document just published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The document.
    pub policy: Policy,
    /// The record; none for a dry run.
    pub acknowledged: Option<Acknowledged>,
    /// What is worth a second look.
    pub warnings: Vec<String>,
    /// Worked cases that were run.
    pub cases_passed: u32,
    /// What subordinate documents set as well.
    pub shadows: Vec<Shadow>,
    /// The language of what is said.
    pub lang: Lang,
}

/// A document that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRead {
    /// The document.
    pub policy: Policy,
    /// The sealed form; empty where it was not asked for.
    pub sealed: Vec<u8>,
    /// The officers' text; empty where it was not asked for.
    pub source: String,
    /// The rendering; empty where it was not asked for.
    pub rendering: String,
}

/// A signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRead {
    /// The note, verbatim.
    pub note: String,
    /// The log.
    pub origin: Origin,
    /// Size.
    pub tree_size: TreeSize,
    /// Root.
    pub root: Hash,
    /// Verifier key.
    pub verifier_key: String,
    /// The note with the cosignatures of this size after its own signature lines.
    pub cosigned_note: String,
    /// The largest size of the log that a quorum of witnesses has cosigned; 0 for none.
    pub witnessed_size: TreeSize,
}

/// An entry that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRead {
    /// The entry with its receipt.
    pub acknowledged: Acknowledged,
    /// Leaf hash.
    pub leaf_hash: Hash,
}

/// An entry in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Position.
    pub index: LogIndex,
    /// The bytes.
    pub entry: Vec<u8>,
    /// Leaf hash.
    pub leaf_hash: Hash,
    /// When it was logged, seconds since 1970.
    pub logged_seconds: i64,
}

/// An inclusion proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProved {
    /// The entry.
    pub index: LogIndex,
    /// The tree.
    pub tree_size: TreeSize,
    /// Leaf hash.
    pub leaf_hash: Hash,
    /// Siblings from the leaf up.
    pub hashes: Vec<Hash>,
    /// Root.
    pub root: Hash,
    /// Checkpoint of that size, if it had one.
    pub checkpoint: Option<String>,
}

/// A consistency proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProved {
    /// Earlier size.
    pub first: TreeSize,
    /// Later size.
    pub second: TreeSize,
    /// The proof.
    pub hashes: Vec<Hash>,
    /// Root of the earlier tree.
    pub first_root: Hash,
    /// Root of the later tree.
    pub second_root: Hash,
    /// Checkpoint of the later size, if it had one.
    pub checkpoint: Option<String>,
}

/// Why a replay differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceCause {
    /// The recorded facts.
    Facts,
    /// The policy documents.
    Policy,
    /// The engine.
    Engine,
}

/// The first difference between a record and its replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayDifference {
    /// Why.
    pub cause: DifferenceCause,
    /// Where.
    pub path: String,
    /// What was recorded, canonical JSON; empty where nothing was.
    pub recorded: String,
    /// What the replay gave; empty where it gave nothing.
    pub replayed: String,
}

/// A replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The first difference; none where the bytes are equal.
    pub difference: Option<ReplayDifference>,
    /// SHA-256 of the recorded determination.
    pub recorded_hash: Hash,
    /// SHA-256 of the replayed determination.
    pub replayed_hash: Hash,
    /// SHA-256 of the trace, computed anew.
    pub trace_hash: Hash,
    /// The replayed determination.
    pub replayed: Vec<u8>,
    /// Engine that decided then.
    pub recorded_engine: String,
    /// Engine that decides now.
    pub engine: String,
}
