//! Replay: a recorded determination, decided again from its recorded facts by the law then in use.

use std::borrow::Cow;

use super::access::Purpose;
use super::caller::Caller;
use super::command::Replay;
use super::error::AppError;
use super::record::Opened;
use super::result::{DifferenceCause, ReplayDifference, Replayed};
use super::{App, ENGINE};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::record::EntryKind;
use crate::log::{Hash, LogIndex};
use crate::rules::decide::{DecisionFacts, Room, Written, decide_in};
use crate::rules::law::Law;
use crate::store::LogRow;

/// What a replay of a whole log found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Determinations that were decided again, equal or not.
    pub replayed: u64,
    /// Determinations whose documents are erased: nothing can be decided from them.
    pub erased: u64,
}

/// Entries of one read.
const READ_ENTRY_COUNT: u32 = 256;

impl App {
    /// Decides every determination of an area's logs again, epoch by epoch, in the order of the log. `each` hears of every one.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn replay_log(
        &self,
        area: AreaCode,
        mut each: impl FnMut(&str, &Replayed),
    ) -> Result<ReplayReport, AppError> {
        let mut report = ReplayReport::default();
        for log in self.logs_of(area).await? {
            self.replay_epoch(&log, &mut report, &mut each).await?;
        }
        Ok(report)
    }

    async fn replay_epoch(
        &self,
        log: &LogRow,
        report: &mut ReplayReport,
        each: &mut impl FnMut(&str, &Replayed),
    ) -> Result<(), AppError> {
        let mut next = 0;
        loop {
            let start = LogIndex::new(next).map_err(|error| AppError::internal(&error))?;
            let entries = self.store.entries(log.log_id, start, READ_ENTRY_COUNT).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            next = last.index.get() + 1;
            for entry in entries {
                let row = self
                    .store
                    .record_at(log.log_id, entry.index)
                    .await?
                    .ok_or(AppError::corrupt("an entry has no record"))?;
                let decided = [EntryKind::Determination, EntryKind::Correction];
                let (Some(case), true) = (&row.case_id, decided.iter().any(|kind| kind.name() == row.kind)) else {
                    continue;
                };
                let name = format!("areas/{}/cases/{case}/determinations/{}", row.area, row.record_id);
                match self.record_at(log.log_id, entry.index).await {
                    Ok(opened) => {
                        each(&name, &self.replay_record(&opened).await?);
                        report.replayed += 1;
                    }
                    Err(AppError::Erased { .. }) => report.erased += 1,
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Decides a recorded determination again and compares it byte for byte.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn replay(&self, caller: &Caller, command: Replay) -> Result<Replayed, AppError> {
        let opened = self.determination_named(&command.name).await?;
        let replayed = self.replay_record(&opened).await?;
        self.accessed(caller, Purpose::Replay, [&opened.row]).await?;
        Ok(replayed)
    }

    pub(super) async fn replay_record(&self, opened: &Opened) -> Result<Replayed, AppError> {
        let recorded = opened.content("determination")?;
        let facts = opened.json("facts")?;
        let law = self.law_of(opened, &facts).await?;
        let recorded_law = opened.entry.law().map(|law| law.manifest);
        let mut replayed = Replayed {
            difference: None,
            recorded_hash: Hash::of(recorded),
            replayed_hash: Hash::of(b""),
            trace_hash: Hash::of(b""),
            replayed: Vec::new(),
            recorded_engine: opened.entry.engine().to_owned(),
            engine: ENGINE.to_owned(),
        };
        if recorded_law != Some(law.digest) {
            let recorded = recorded_law.map(|digest| digest.to_string()).unwrap_or_default();
            replayed.difference = Some(difference(
                DifferenceCause::Policy,
                "law",
                &recorded,
                &law.digest.to_string(),
            ));
            return Ok(replayed);
        }
        let facts = match facts_again(&law.law, &facts) {
            Ok(facts) => facts,
            Err(difference) => {
                replayed.difference = Some(difference);
                return Ok(replayed);
            }
        };
        let again = decided_again(&law.law, &facts, recorded, &mut Room::default());
        replayed.trace_hash = again.trace.parse().unwrap_or(Hash::of(b""));
        replayed.replayed_hash = Hash::of(&again.bytes);
        replayed.replayed = again.bytes;
        replayed.difference = again.difference;
        Ok(replayed)
    }
}

/// A determination decided again.
pub(super) struct DecidedAgain<'l> {
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// SHA-256 of the trace, in hex.
    pub(super) trace: Cow<'l, str>,
    /// What it read that is a sample.
    pub(super) samples: Vec<Cow<'l, str>>,
    /// The first place in which it differs from the recorded one.
    pub(super) difference: Option<ReplayDifference>,
}

/// Facts that a law takes.
///
/// The error is a difference too: the law takes no such facts.
pub(super) fn facts_again(law: &Law, facts: &Json) -> Result<DecisionFacts, ReplayDifference> {
    DecisionFacts::read(law, facts).map_err(|refused| difference(DifferenceCause::Facts, &refused.to_string(), "", ""))
}

/// Decides recorded facts again by a law, and compares with the recorded bytes.
pub(super) fn decided_again<'l>(
    law: &'l Law,
    facts: &'l DecisionFacts,
    recorded: &[u8],
    room: &mut Room,
) -> DecidedAgain<'l> {
    let Written {
        bytes, trace, samples, ..
    } = decide_in(law, facts, room).written(room);
    // What is not equal is looked at once more, as JSON: that is rare.
    let difference = (bytes != recorded).then(|| match (Json::parse(recorded), Json::parse(&bytes)) {
        (Ok(recorded), Ok(replayed)) => first_difference("", &recorded, &replayed),
        _ => {
            let text = String::from_utf8_lossy(&bytes);
            difference(DifferenceCause::Engine, "determination", "not JSON", &text)
        }
    });
    DecidedAgain {
        bytes,
        trace,
        samples,
        difference,
    }
}

/// A recorded decision that is decided again to the same bytes, if its trace is the one that it promises.
pub(super) struct Promised<'l> {
    /// SHA-256 of the trace, as the recorded bytes have it.
    pub(super) trace_hash: Hash,
    /// What else it says; the bytes are the recorded ones, and are not kept.
    pub(super) written: Written<'l>,
}

/// Decides recorded facts again, and leaves it to the caller to hash what is appended to `traces`, with those of other
/// decisions. None where the bytes differ whatever the trace is: [`decided_again`] says where.
pub(super) fn promised_again<'l>(
    law: &'l Law,
    facts: &'l DecisionFacts,
    recorded: &'l [u8],
    traces: &mut Vec<u8>,
    room: &mut Room,
) -> Option<Promised<'l>> {
    let (promised, trace_hash) = promised_trace(recorded)?;
    let mut written = decide_in(law, facts, room).written_as_promised(promised, traces, room);
    let equal = written.bytes == recorded;
    room.take_back(std::mem::take(&mut written.bytes));
    equal.then_some(Promised { trace_hash, written })
}

/// What a determination says of its trace, which is the last but one of its members.
fn promised_trace(recorded: &[u8]) -> Option<(&str, Hash)> {
    let before = recorded.strip_suffix(b"\",\"v\":1}")?;
    let digits = before.last_chunk()?;
    Some((str::from_utf8(digits).ok()?, Hash::from_hex(digits)?))
}

pub(super) fn difference(cause: DifferenceCause, path: &str, recorded: &str, replayed: &str) -> ReplayDifference {
    ReplayDifference {
        cause,
        path: path.to_owned(),
        recorded: recorded.to_owned(),
        replayed: replayed.to_owned(),
    }
}

/// The first place in which two determinations differ; facts and law are the same, so the engine is the cause.
fn first_difference(path: &str, recorded: &Json, replayed: &Json) -> ReplayDifference {
    let engine = |path: &str, a: Option<&Json>, b: Option<&Json>| {
        let text = |json: Option<&Json>| json.map(ToString::to_string).unwrap_or_default();
        difference(DifferenceCause::Engine, path, &text(a), &text(b))
    };
    match (recorded, replayed) {
        (Json::Object(a), Json::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                match (a.get(key), b.get(key)) {
                    (Some(x), Some(y)) if x == y => {}
                    (Some(x), Some(y)) => return first_difference(&path, x, y),
                    (x, y) => return engine(&path, x, y),
                }
            }
            engine(path, Some(recorded), Some(replayed))
        }
        (Json::List(a), Json::List(b)) => {
            let place = (0..a.len().max(b.len()))
                .find(|at| a.get(*at) != b.get(*at))
                .unwrap_or_default();
            let path = format!("{path}[{place}]");
            match (a.get(place), b.get(place)) {
                (Some(x), Some(y)) => first_difference(&path, x, y),
                (x, y) => engine(&path, x, y),
            }
        }
        (a, b) => engine(path, Some(a), Some(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_by_its_path() {
        let json = |text: &str| Json::parse(text.as_bytes()).expect("subset");
        let found = first_difference(
            "",
            &json(r#"{"a":1,"household":{"flags":[],"required_steps":[{"code":"X"},{"code":"Y"}]}}"#),
            &json(r#"{"a":1,"household":{"flags":[],"required_steps":[{"code":"X"},{"code":"Z"}]}}"#),
        );
        assert_eq!(found.path, "household.required_steps[1].code");
        assert_eq!((found.recorded.as_str(), found.replayed.as_str()), ("\"Y\"", "\"Z\""));
    }

    #[test]
    fn a_member_that_is_missing_on_one_side_is_a_difference() {
        let json = |text: &str| Json::parse(text.as_bytes()).expect("subset");
        let found = first_difference("", &json(r#"{"a":1}"#), &json(r#"{"a":1,"b":true}"#));
        assert_eq!(
            (found.path.as_str(), found.recorded.as_str(), found.replayed.as_str()),
            ("b", "", "true")
        );
    }
}
