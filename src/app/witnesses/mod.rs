//! Following the logs with their witnesses: every checkpoint round goes to each of them, and what they say is kept.
//!
//! Asynchronous: no answer waits for a witness. What a quorum of them holds against a log makes it read-only.

mod http;
pub mod key;
pub mod server;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use http::{Answer, HttpError, WitnessHttp};
use tracing::{error, info, warn};

use super::App;
use super::error::AppError;
use crate::log::merkle::{consistency_nodes, prove_consistency};
use crate::log::note::{CosignerKey, Note, SignatureLine};
use crate::log::sequencer::{Mark, SeenHead};
use crate::log::witness::{AddCheckpoint, TrustPolicy};
use crate::log::{Origin, TreeSize};
use crate::store::{CheckpointRow, CosignatureRow, LogId, LogRow};

/// How often the newest checkpoints are submitted: well within the minute in which a checkpoint is to be witnessed.
pub const ROUND_INTERVAL: Duration = Duration::from_secs(5);

/// Requests to one witness about one checkpoint: it may tell another size once, and another replica may be faster.
const SUBMISSION_COUNT_MAX: u32 = 3;

/// Cosignatures that are looked through for the newest witnessed size: some hundred checkpoints back.
const COSIGNATURE_ROW_COUNT: u32 = 1000;

/// The witnesses of the logs.
pub struct Witnesses {
    policy: TrustPolicy,
    http: WitnessHttp,
    /// The size that a witness cosigned last, as far as it is known.
    cosigned: Mutex<BTreeMap<(usize, LogId), TreeSize>>,
    /// The witnesses that hold another history of a log.
    against: Mutex<BTreeMap<LogId, BTreeSet<usize>>>,
}

/// What came of one submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
    /// The witness has cosigned the checkpoint, now or before.
    Cosigned,
    /// It has cosigned what the log does not continue: this size.
    Disagrees(TreeSize),
    /// It refuses with this HTTP status.
    Refused(u16),
    /// It sent no cosignature of its key, or wrong ones.
    Unsigned,
    /// It gave no answer of the protocol.
    Silent,
}

/// What one round found of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The log.
    pub origin: Origin,
    /// The size that was submitted.
    pub size: TreeSize,
    /// Each witness that has a URL, by its key's name.
    pub submissions: Vec<(String, Submission)>,
    /// Whether the quorum is met at this size.
    pub witnessed: bool,
}

impl Witnesses {
    /// The witnesses of a policy.
    ///
    /// # Errors
    /// [`HttpError`] if one is reached by https and the system has no certificates.
    pub fn new(policy: TrustPolicy) -> Result<Witnesses, HttpError> {
        let mut urls = policy.witnesses.iter().filter_map(|witness| witness.url.as_deref());
        let tls = urls.any(|url| url.starts_with("https:"));
        Ok(Witnesses {
            policy,
            http: WitnessHttp::new(tls)?,
            cosigned: Mutex::default(),
            against: Mutex::default(),
        })
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &TrustPolicy {
        &self.policy
    }

    fn place(&self, name: &str) -> Option<usize> {
        let mut witnesses = self.policy.witnesses.iter();
        witnesses.position(|witness| witness.key.name().as_str() == name)
    }

    /// Whether those who hold something against the log suffice to stop it: the quorum, or anybody where it asks for
    /// nobody.
    fn stops(&self, log_id: LogId) -> bool {
        let against = self.against.lock().unwrap_or_else(PoisonError::into_inner);
        against
            .get(&log_id)
            .is_some_and(|witnesses| !witnesses.is_empty() && self.policy.is_met(witnesses))
    }
}

impl App {
    /// Submits the newest checkpoint of every open log to every witness. Nothing without witnesses.
    ///
    /// # Errors
    /// [`AppError`] if the database does not answer; a witness that does not is no error.
    pub async fn witness_round(&self) -> Result<Vec<Round>, AppError> {
        let Some(witnesses) = &self.witnesses else {
            return Ok(Vec::new());
        };
        let mut rounds = Vec::new();
        for log in self.open_logs().await? {
            let Some(newest) = self.store.newest_checkpoint(log.log_id).await? else {
                continue;
            };
            let reached = witnesses.policy.witnesses.iter().enumerate();
            let reached = reached.filter_map(|(at, witness)| Some((at, &witness.key, witness.url.as_deref()?)));
            let submissions = reached.map(|(at, key, url)| self.submit(witnesses, (at, key, url), &log, &newest));
            let submissions = futures::future::join_all(submissions).await;
            let submissions: Vec<_> = submissions.into_iter().collect::<Result<_, _>>()?;
            if witnesses.stops(log.log_id) {
                self.stop_log(&log, &newest, &submissions);
            }
            let size = self.witnessed_size(&log).await?;
            let witnessed = size >= newest.size && witnesses.policy.asks_for_witnesses();
            let (origin, size) = (log.origin, newest.size);
            rounds.push(Round {
                origin,
                size,
                submissions,
                witnessed,
            });
        }
        Ok(rounds)
    }

    /// Rounds until the task is dropped.
    pub async fn follow_witnesses(self: Arc<Self>) {
        loop {
            if let Err(error) = self.witness_round().await {
                self.met(&error);
                warn!(%error, "no checkpoint can be submitted to the witnesses now");
            }
            tokio::time::sleep(ROUND_INTERVAL).await;
        }
    }

    /// The open log of each area.
    async fn open_logs(&self) -> Result<Vec<LogRow>, AppError> {
        let mut open: BTreeMap<crate::area::AreaCode, LogRow> = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.store.logs(after, crate::store::PAGE_ROW_COUNT_MAX).await?;
            let Some(last) = page.last() else {
                return Ok(open.into_values().collect());
            };
            after = Some(last.log_id);
            // In the order of their keys: a later epoch takes the place of an earlier one.
            open.extend(page.into_iter().map(|log| (log.origin.area(), log)));
        }
    }

    /// The largest size of a log that a quorum has cosigned; told to whoever waits for it.
    pub(super) async fn witnessed_size(&self, log: &LogRow) -> Result<TreeSize, AppError> {
        let Some(witnesses) = &self.witnesses else {
            return Ok(TreeSize::EMPTY);
        };
        let rows = self
            .store
            .newest_cosignatures(log.log_id, COSIGNATURE_ROW_COUNT)
            .await?;
        for of_size in rows.chunk_by(|a, b| a.size == b.size) {
            let places = of_size.iter().filter_map(|row| witnesses.place(&row.witness)).collect();
            if witnesses.policy.asks_for_witnesses() && witnesses.policy.is_met(&places) {
                self.sequencer.vigil().witnessed(&log.origin, of_size[0].size);
                return Ok(of_size[0].size);
            }
        }
        Ok(TreeSize::EMPTY)
    }

    /// Whether the logs have witnesses whose quorum asks for somebody.
    pub(super) fn asks_for_witnesses(&self) -> bool {
        self.witnesses
            .as_ref()
            .is_some_and(|witnesses| witnesses.policy.asks_for_witnesses())
    }

    /// Whether the stored cosignatures of a checkpoint verify and meet the quorum.
    pub(super) async fn is_cosigned(&self, log: &LogRow, checkpoint: &CheckpointRow) -> Result<bool, AppError> {
        let Some(witnesses) = &self.witnesses else {
            return Ok(false);
        };
        let note = Note::parse(checkpoint.note.as_bytes())
            .map_err(|_| AppError::corrupt("a stored checkpoint or its tree does not verify"))?;
        let rows = self.store.cosignatures_at(log.log_id, checkpoint.size).await?;
        let place = |row: &CosignatureRow| {
            let at = witnesses.place(&row.witness)?;
            let line = SignatureLine::parse(row.line.trim_end_matches('\n'))?;
            let key = &witnesses.policy.witnesses.get(at)?.key;
            key.cosigned_at(note.unverified_text(), &line).map(|_| at)
        };
        let places = rows.iter().filter_map(place).collect();
        Ok(witnesses.policy.is_met(&places))
    }

    fn stop_log(&self, log: &LogRow, newest: &CheckpointRow, submissions: &[(String, Submission)]) {
        let largest = submissions.iter().filter_map(|(_, submission)| match submission {
            Submission::Disagrees(size) => Some(*size),
            Submission::Cosigned | Submission::Refused(_) | Submission::Unsigned | Submission::Silent => None,
        });
        let seen = SeenHead {
            origin: log.origin.clone(),
            size: largest.max().unwrap_or(newest.size),
            root: None,
        };
        let found = Mark {
            checkpoint: crate::log::checkpoint::Checkpoint {
                origin: log.origin.clone(),
                size: newest.size,
                root: newest.root,
            },
            note: newest.note.clone(),
        };
        self.sequencer.witnesses_disagree(seen, found);
    }

    /// Submits one checkpoint to one witness; never fails because of the witness.
    async fn submit(
        &self,
        witnesses: &Witnesses,
        (at, key, url): (usize, &CosignerKey, &str),
        log: &LogRow,
        newest: &CheckpointRow,
    ) -> Result<(String, Submission), AppError> {
        let name = key.name().to_string();
        let known = witnesses
            .cosigned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(at, log.log_id))
            .copied();
        let mut old = match known {
            Some(size) => size,
            None => self.store.cosigned_size(log.log_id, &name).await?,
        };
        if old == newest.size && known.is_some() {
            return Ok((name, Submission::Cosigned));
        }
        let mut submission = Submission::Silent;
        let mut newest = newest.clone();
        for _ in 0..SUBMISSION_COUNT_MAX {
            if old > newest.size {
                // Another replica may have appended and submitted meanwhile.
                let read = self.store.newest_checkpoint(log.log_id).await?;
                newest = read.ok_or(AppError::corrupt("a stored checkpoint or its tree does not verify"))?;
            }
            if old > newest.size {
                submission = Submission::Disagrees(old);
                break;
            }
            let request = self.add_checkpoint(log, old, &newest).await?;
            submission = match witnesses.http.add_checkpoint(url, &request).await {
                Ok(Answer::Lines(lines)) => self.keep(log, &newest, key, &lines).await?,
                Ok(Answer::Conflict(size)) if size != old => {
                    old = size;
                    continue;
                }
                Ok(Answer::Conflict(_) | Answer::Inconsistent) => Submission::Disagrees(old),
                Ok(Answer::Refused(status)) => Submission::Refused(status),
                Err(error) => {
                    warn!(witness.name = %name, checkpoint.origin = %log.origin, %error, "no cosignature");
                    Submission::Silent
                }
            };
            break;
        }
        self.note_submission(witnesses, at, log, &newest, &name, &submission);
        Ok((name, submission))
    }

    fn note_submission(
        &self,
        witnesses: &Witnesses,
        at: usize,
        log: &LogRow,
        newest: &CheckpointRow,
        name: &str,
        submission: &Submission,
    ) {
        let mut against = witnesses.against.lock().unwrap_or_else(PoisonError::into_inner);
        let against = against.entry(log.log_id).or_default();
        match submission {
            Submission::Cosigned => {
                against.remove(&at);
                let mut cosigned = witnesses.cosigned.lock().unwrap_or_else(PoisonError::into_inner);
                cosigned.insert((at, log.log_id), newest.size);
                info!(witness.name = %name, checkpoint.origin = %log.origin, checkpoint.size = %newest.size, "cosigned");
            }
            Submission::Disagrees(size) => {
                against.insert(at);
                error!(
                    alarm = "WITNESS_DISAGREES", witness.name = %name, checkpoint.origin = %log.origin,
                    checkpoint.size = %newest.size, witness.size = %size,
                    "a witness has cosigned what this log does not continue"
                );
            }
            Submission::Refused(status) => {
                warn!(
                    witness.name = %name, checkpoint.origin = %log.origin, http.status = status,
                    "a witness refuses: give it the log's verifier key"
                );
            }
            Submission::Unsigned => {
                warn!(witness.name = %name, checkpoint.origin = %log.origin, "a witness answers without a cosignature of its key");
            }
            Submission::Silent => {}
        }
    }

    async fn add_checkpoint(
        &self,
        log: &LogRow,
        old: TreeSize,
        newest: &CheckpointRow,
    ) -> Result<AddCheckpoint, AppError> {
        let plan = consistency_nodes(old, newest.size)
            .map_err(|_| AppError::corrupt("a stored checkpoint or its tree does not verify"))?;
        let nodes = self.store.nodes(log.log_id, &plan).await?;
        let proof = prove_consistency(&nodes, old, newest.size)
            .map_err(|_| AppError::corrupt("a stored checkpoint or its tree does not verify"))?;
        let note = newest.note.clone();
        Ok(AddCheckpoint { old, proof, note })
    }

    /// Keeps the cosignature of this key among the lines, if one verifies.
    async fn keep(
        &self,
        log: &LogRow,
        checkpoint: &CheckpointRow,
        key: &CosignerKey,
        lines: &[SignatureLine],
    ) -> Result<Submission, AppError> {
        let note = Note::parse(checkpoint.note.as_bytes())
            .map_err(|_| AppError::corrupt("a stored checkpoint or its tree does not verify"))?;
        let text = note.unverified_text();
        // Lines of other keys are passed over; a wrong one of this key spoils nothing that is right.
        let Some(line) = lines.iter().find(|line| key.cosigned_at(text, line).is_some()) else {
            return Ok(Submission::Unsigned);
        };
        let row = CosignatureRow {
            size: checkpoint.size,
            witness: key.name().to_string(),
            line: line.to_string(),
        };
        self.store.add_cosignature(log.log_id, &row).await?;
        Ok(Submission::Cosigned)
    }
}
