//! fsck: a whole log checked level by level, F0 to F9, without stopping at the first thing that is wrong.
//!
//! F0 to F5 need a database that can be read and the log's public keys (`structure`). F6, F7 and F9 open documents,
//! so they need the service's keys (`documents`, `requests`, `cases`, `access`). F8 compares the log with heads that others
//! keep, and samples with the cosignatures under them (`kept`, `closings`). Every pass reads the log in pages and holds
//! a bounded number of them.

mod access;
mod cases;
mod closings;
mod documents;
mod epochs;
mod kept;
mod requests;
mod structure;

use std::sync::Arc;

use super::App;
use super::error::AppError;
use crate::canonical::Json;
use crate::log::fsck::{FINDING_COUNT_MAX, Findings, Level, Place, Problem};
use crate::log::note::VerifierKey;
use crate::log::record::{Entry, EntryKind, open_public};
use crate::log::witness::TrustPolicy;
use crate::log::{Hash, LogIndex, Origin, TreeSize};
use crate::store::{LogRow, Store};

pub use documents::Sample;
pub use kept::KeptHead;

/// What is to be checked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The highest level; all below it are checked too.
    pub to: Level,
    /// Which determinations are decided again.
    pub sample: Sample,
    /// Heads of this log that others keep: witnesses, auditors, the high-water mark.
    pub kept: Vec<KeptHead>,
    /// The witnesses whose cosignatures are verified; without them their form alone is checked.
    pub witnesses: Option<TrustPolicy>,
    /// Findings that are kept of each level.
    pub finding_count_max: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            to: Level::Replay,
            sample: Sample::All,
            kept: Vec::new(),
            witnesses: None,
            finding_count_max: FINDING_COUNT_MAX,
        }
    }
}

impl Plan {
    fn wants(&self, level: Level) -> bool {
        level <= self.to
    }
}

/// What a level came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelState {
    /// It holds.
    Passed,
    /// Something is wrong.
    Failed,
    /// It was not checked, and why.
    Skipped(&'static str),
}

/// One level of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelReport {
    /// The level.
    pub level: Level,
    /// What it came to.
    pub state: LevelState,
    /// How many things it looked at: entries, tiles, checkpoints, documents, rows, heads, determinations.
    pub checked: u64,
    /// How many things are wrong.
    pub findings: u64,
}

/// What fsck found in one log.
#[derive(Clone, Debug)]
pub struct Report {
    /// The log.
    pub origin: Origin,
    /// Entries that the head says.
    pub size: TreeSize,
    /// Root of the tree that was computed.
    pub root: Hash,
    /// Every level in order.
    pub levels: Vec<LevelReport>,
    /// Documents that were erased: their commitments stand, and nobody can open them.
    pub erased: u64,
    /// What is wrong.
    pub findings: Findings,
}

impl Report {
    /// The lowest level that found something; none of a sound log.
    #[must_use]
    pub fn failed(&self) -> Option<Level> {
        self.findings.first_level()
    }
}

/// The report of a log that others keep heads of and that is not in the database at all.
#[must_use]
pub fn absent(origin: &Origin, plan: &Plan) -> Report {
    let mut fsck = Fsck::begin(plan);
    for kept in &plan.kept {
        let place = Place::Kept(kept.keeper.clone(), kept.size);
        fsck.findings
            .add(Level::Witnesses, place, Problem::Shrunk(TreeSize::EMPTY));
    }
    fsck.checked.add(Level::Witnesses, plan.kept.len() as u64);
    let why = "the database does not have this log";
    fsck.skipped.extend(Level::ALL.map(|level| (level, why)));
    let seen = Seen {
        size: TreeSize::EMPTY,
        root: crate::log::merkle::empty_root(),
    };
    fsck.report(origin, plan, seen, why)
}

/// How far a pass has come: the level it ends with, how many of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The last level of the pass.
    pub level: Level,
    /// Done.
    pub done: u64,
    /// Of how many.
    pub total: u64,
}

/// Whoever is told about progress.
pub(super) type Heard<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// How many things each level looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Checked([u64; Level::ALL.len()]);

impl Checked {
    fn add(&mut self, level: Level, count: u64) {
        self.0[usize::from(level.number())] += count;
    }
}

/// Checks F0 to F5 and F8 of a log, all that anybody can check who reads the database and has the log's public keys.
///
/// # Errors
/// [`AppError`] if the database does not answer. What is damaged is a finding, not an error.
pub async fn check_public(
    store: &Arc<dyn Store>,
    log: &LogRow,
    keys: &[VerifierKey],
    plan: &Plan,
    mut heard: impl FnMut(Progress) + Send,
) -> Result<Report, AppError> {
    let mut fsck = Fsck::begin(plan);
    let seen = structure::check(store, log, keys, plan, &mut fsck, &mut heard).await?;
    if plan.wants(Level::Witnesses) {
        kept::check(store.as_ref(), log, seen.size, plan, &mut fsck).await?;
    }
    Ok(fsck.report(&log.origin, plan, seen, "needs the service's keys"))
}

impl App {
    /// Checks a log at every level.
    ///
    /// # Errors
    /// As [`check_public`].
    pub async fn fsck(
        self: &Arc<App>,
        log: &LogRow,
        plan: &Plan,
        mut heard: impl FnMut(Progress) + Send,
    ) -> Result<Report, AppError> {
        let keys = self.verifier_keys(&log.origin)?;
        let mut fsck = Fsck::begin(plan);
        let seen = structure::check(&self.store, log, &keys, plan, &mut fsck, &mut heard).await?;
        if plan.wants(Level::Documents) {
            documents::check(self, log, seen.size, plan, &mut fsck, &mut heard).await?;
        }
        if plan.wants(Level::Projections) {
            requests::check(self, log, seen.size, &mut fsck).await?;
            cases::check(self, log, &mut fsck, &mut heard).await?;
            access::check(self.store.as_ref(), log, &mut fsck).await?;
        }
        if plan.wants(Level::Witnesses) {
            kept::check(self.store.as_ref(), log, seen.size, plan, &mut fsck).await?;
        }
        Ok(fsck.report(&log.origin, plan, seen, "was not asked for"))
    }
}

/// The public document of an entry of this log, if the entry is of that kind and commits to it.
async fn public_document(
    store: &dyn Store,
    log: &LogRow,
    index: LogIndex,
    kind: EntryKind,
    name: &str,
) -> Result<Option<Json>, AppError> {
    let (from, to) = (index.get(), index.get() + 1);
    let entries = store.entries_between(log.log_id, from, to).await?;
    let documents = store.documents_between(log.log_id, from, to).await?;
    let opened = || {
        let entry = Entry::parse(&entries.first()?.entry).ok()?;
        if entry.kind().known() != Some(kind) || *entry.origin() != log.origin {
            return None;
        }
        let committed = entry.commitment_of(name)?;
        let stored = documents.iter().find(|document| document.row.name == name)?;
        let opened = open_public(&name.parse().ok()?, &committed, &stored.row.bytes).ok()?;
        Json::parse_canonical(&opened.content).ok()
    };
    Ok(opened())
}

/// A check under way.
pub(super) struct Fsck {
    findings: Findings,
    checked: Checked,
    erased: u64,
    skipped: Vec<(Level, &'static str)>,
}

/// What the structure pass saw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    size: TreeSize,
    root: Hash,
}

impl Fsck {
    fn begin(plan: &Plan) -> Fsck {
        Fsck {
            findings: Findings::keeping(plan.finding_count_max),
            checked: Checked::default(),
            erased: 0,
            skipped: Vec::new(),
        }
    }

    fn report(self, origin: &Origin, plan: &Plan, seen: Seen, without_keys: &'static str) -> Report {
        let state = |level: Level| {
            let skipped = self.skipped.iter().find(|(skipped, _)| *skipped == level);
            let checked = self.checked.0[usize::from(level.number())];
            if self.findings.count(level) > 0 {
                LevelState::Failed
            } else if !plan.wants(level) {
                LevelState::Skipped("was not asked for")
            } else if let Some((_, why)) = skipped {
                LevelState::Skipped(why)
            } else if checked == 0 && matches!(level, Level::Documents | Level::Projections | Level::Replay) {
                LevelState::Skipped(without_keys)
            } else {
                LevelState::Passed
            }
        };
        let levels = Level::ALL.map(|level| LevelReport {
            level,
            state: state(level),
            checked: self.checked.0[usize::from(level.number())],
            findings: self.findings.count(level),
        });
        Report {
            origin: origin.clone(),
            size: seen.size,
            root: seen.root,
            levels: levels.to_vec(),
            erased: self.erased,
            findings: self.findings,
        }
    }
}
