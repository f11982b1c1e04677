//! The round of a sample: who committed, what was asked for, who revealed (commit-reveal/1).
//!
//! The rules are those of [`crate::log::sample::Round`], asked before an entry is appended and again by
//! whoever verifies. Two replicas that append at once cannot break them: of two entries the log's order
//! decides which one counts.

mod closing;
mod draw;
mod export;
mod frames;
mod hold;

pub use draw::{DrawnSample, DrawnUnit, DrawnUnits, SampleRead};
pub(super) use draw::{name_of, no_sample};

use super::App;
use super::beside::BesideRecord;
use super::caller::Caller;
use super::command::{CommitSample, OfRound, RefuseReveal, RequestSample, RevealSample};
use super::error::{AppError, Forbidden, ResourceKind, Violation};
use super::record::Asked;
use super::result::Acknowledged;
use super::rights::Role;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::LogIndex;
use crate::log::sample::{
    DrawnStratum, Logged, Party, Period, Role as SampleRole, Round, SAMPLE_SIZE_MAX, SampleCommit, SampleDocument,
    SampleRequest, SampleReveal, Seed, Selection, Silence, Unmet, VALUE_COUNT_MIN, Why, draw as draw_units,
};
use crate::store::LogRow;

/// Units of a sample and of its reserves, in all strata together. The name of one takes some 120 bytes of an answer:
/// these and what else a sample says are below the largest message.
const UNIT_COUNT_MAX: usize = 20_000;

/// Entries of a range whose frame cannot be opened: their numbers stand in the answer too.
const UNOPENED_COUNT_MAX: usize = 50_000;

const _: () = assert!(
    UNIT_COUNT_MAX as u64 >= 2 * SAMPLE_SIZE_MAX,
    "one stratum holds the largest request"
);

/// What an entry of a round answers with.
#[derive(Clone, Debug)]
pub struct RoundRecorded {
    /// The record; none for a dry run.
    pub acknowledged: Option<Acknowledged>,
    /// The round after it.
    pub round: Round,
}

/// What the log holds of samples.
pub(super) struct Samples {
    pub(super) log: Option<LogRow>,
    pub(super) entries: Vec<Logged>,
    /// Where the next entry will stand.
    next: LogIndex,
    /// The time that it will not be before.
    now_seconds: i64,
}

impl Samples {
    pub(super) fn round(&self, period: &Period) -> Round {
        Round::of(period, &self.entries)
    }

    /// The round after a document that is appended now.
    fn admitted(&self, document: &SampleDocument) -> Result<Round, AppError> {
        let mut round = self.round(document.period());
        let entry = Logged {
            index: self.next,
            logged_seconds: self.now_seconds,
            document: document.clone(),
        };
        round.admit(&entry).map_err(|unmet| refused(&unmet))?;
        Ok(round)
    }
}

/// Refuses a caller who takes a side of the draw that is not theirs.
fn takes_the_side(caller: &Caller, side: SampleRole) -> Result<(), AppError> {
    let theirs = match side {
        SampleRole::Auditor => caller.roles.has(Role::Audit),
        SampleRole::Operator => caller.roles.has(Role::Operate),
        // A superior authority, by whichever of the roles it has; the table at the edge has asked for one.
        SampleRole::Third => true,
    };
    if theirs {
        Ok(())
    } else {
        Err(AppError::PermissionDenied)
    }
}

impl App {
    /// Binds the caller to a value that it reveals later.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn commit_sample(&self, caller: &Caller, command: CommitSample) -> Result<RoundRecorded, AppError> {
        takes_the_side(caller, command.role)?;
        let document = SampleDocument::Commit(SampleCommit {
            period: command.round.period.clone(),
            party: party(caller)?,
            role: command.role,
            commitment: command.commitment,
        });
        self.record_round(caller, &command.round, &command.to_json(), |_| Ok(document))
            .await
    }

    /// Fixes what is drawn from and how.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn request_sample(&self, caller: &Caller, command: RequestSample) -> Result<RoundRecorded, AppError> {
        let content = command.to_json();
        let round = command.round.clone();
        let asked = App::asked(round.area, caller, &round.request_id, &content);
        if let Some(first) = self.answered_round(&asked, &round).await? {
            return Ok(first);
        }
        let request = self.sample_request(caller, command).await?;
        self.can_be_drawn(round.area, &request).await?;
        self.record_round(caller, &round, &content, |_| Ok(SampleDocument::Request(request)))
            .await
    }

    /// Reveals the caller's value.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn reveal_sample(&self, caller: &Caller, command: RevealSample) -> Result<RoundRecorded, AppError> {
        let document = SampleDocument::Reveal(SampleReveal {
            period: command.round.period.clone(),
            party: party(caller)?,
            value: Ok(command.value),
        });
        self.record_round(caller, &command.round, &command.to_json(), |_| Ok(document))
            .await
    }

    /// Says that a value is missing: the caller refuses, or another party's time has passed.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn refuse_reveal(&self, caller: &Caller, command: RefuseReveal) -> Result<RoundRecorded, AppError> {
        let by = party(caller)?;
        let of = command.party.clone().unwrap_or_else(|| by.clone());
        let why = if of == by { Why::Refused } else { Why::Silent };
        let document = SampleDocument::Reveal(SampleReveal {
            period: command.round.period.clone(),
            party: of,
            value: Err(Silence { why, by }),
        });
        self.record_round(caller, &command.round, &command.to_json(), |_| Ok(document))
            .await
    }

    /// Appends a public document of a round, if the round allows it.
    async fn record_round(
        &self,
        caller: &Caller,
        of: &OfRound,
        content: &Json,
        document: impl FnOnce(&Samples) -> Result<SampleDocument, AppError>,
    ) -> Result<RoundRecorded, AppError> {
        let asked = App::asked(of.area, caller, &of.request_id, content);
        // One after the other, so that what is allowed now is still allowed when it is appended.
        let _turn = self.turn(of.area).await;
        if let Some(first) = self.answered_round(&asked, of).await? {
            return Ok(first);
        }
        let samples = self.samples(of.area).await?;
        let document = document(&samples)?;
        let round = samples.admitted(&document)?;
        if of.validate_only {
            return Ok(RoundRecorded {
                acknowledged: None,
                round,
            });
        }
        let kind = document.kind();
        let name = SampleDocument::name_in(kind)
            .ok_or(AppError::corrupt("the document of a sample is missing or malformed"))?;
        let new = BesideRecord {
            kind,
            documents: vec![(name, document.to_json().to_bytes())],
            keys: None,
            new_keys: Vec::new(),
            case: None,
        };
        let opened = self.append_beside(&asked, new).await?;
        Ok(RoundRecorded {
            acknowledged: Some(opened.acknowledged),
            // Read again: the entry's own time decides whether it counts.
            round: self.samples(of.area).await?.round(&of.period),
        })
    }

    /// The first answer to a request that was recorded before.
    async fn answered_round(&self, asked: &Asked, of: &OfRound) -> Result<Option<RoundRecorded>, AppError> {
        let Some(first) = self.answered(asked).await? else {
            return Ok(None);
        };
        Ok(Some(RoundRecorded {
            acknowledged: Some(first.acknowledged),
            round: self.samples(of.area).await?.round(&of.period),
        }))
    }

    /// The request as its entry will hold it.
    async fn sample_request(&self, caller: &Caller, command: RequestSample) -> Result<SampleRequest, AppError> {
        let missing = || AppError::NotFound {
            kind: ResourceKind::Log,
            name: format!("areas/{}", command.round.area),
        };
        let log = self.maybe_log(command.round.area).await?.ok_or_else(missing)?;
        let checkpoint = self.closing_checkpoint(&log, command.checkpoint_size).await?;
        let party = party(caller)?;
        let values = match command.values {
            Some(values) => values,
            None => {
                let round = self.samples(command.round.area).await?.round(&command.round.period);
                // Where no number is enough, the round says why.
                round.fewest_values(&party, checkpoint.size).unwrap_or(VALUE_COUNT_MIN)
            }
        };
        let request = SampleRequest {
            period: command.round.period.clone(),
            party,
            checkpoint_size: checkpoint.size,
            checkpoint_root: checkpoint.root,
            from: command.from,
            to: command.to.unwrap_or(checkpoint.size),
            population: command.population,
            draw: command.draw,
            strata: command.strata,
            allocation: command.allocation,
            floor: command.floor,
            size: command.size,
            reserve: command.reserve,
            prior: command.prior.into_iter().collect(),
            values,
            townships: command.townships,
        };
        let wrong: Vec<Violation> = request
            .check()
            .into_iter()
            .map(|wrong| Violation {
                field: wrong.field.to_owned(),
                description: wrong.text,
            })
            .collect();
        if wrong.is_empty() {
            Ok(request)
        } else {
            Err(AppError::Invalid(wrong))
        }
    }

    /// Tries the draw with a seed that means nothing: a request that cannot be drawn, or whose sample no answer holds,
    /// would use the period up.
    async fn can_be_drawn(&self, area: AreaCode, request: &SampleRequest) -> Result<(), AppError> {
        let frames = self.frames(area, request).await?;
        let seed = Seed::derive(&request.checkpoint_root, request.from, request.to, request.size, &[]);
        let selection = draw_units(request, &seed, &frames)
            .map_err(|error| invalid("size", &format!("cannot be drawn: {error}")))?;
        fits(&selection)
    }

    /// Everything that the open log of an area holds of samples.
    pub(super) async fn samples(&self, area: AreaCode) -> Result<Samples, AppError> {
        let clock_seconds = self.clock.now_ms().div_euclid(1_000);
        let first = LogIndex::new(0).map_err(|error| AppError::internal(&error))?;
        let Some(log) = self.maybe_log(area).await? else {
            return Ok(Samples {
                log: None,
                entries: Vec::new(),
                next: first,
                now_seconds: clock_seconds,
            });
        };
        let head = self.log_head(log.log_id).await?;
        let mut entries: Vec<Logged> = Vec::new();
        for kind in SampleDocument::KINDS {
            let name = SampleDocument::name_in(kind)
                .ok_or(AppError::corrupt("the document of a sample is missing or malformed"))?;
            self.read_documents(&log, &[kind], name, (0, head.size.get()), |read| {
                let document = read
                    .document
                    .ok_or(AppError::corrupt("the document of a sample is missing or malformed"))?;
                let json = Json::parse_canonical(&document.content)
                    .map_err(|_| AppError::corrupt("the document of a sample is missing or malformed"))?;
                // A method of a later version is none of ours.
                if let Ok(document) = SampleDocument::from_json(kind, &json) {
                    entries.push(Logged {
                        index: read.row.record.index,
                        logged_seconds: read.entry.logged_seconds(),
                        document,
                    });
                }
                Ok(())
            })
            .await?;
        }
        entries.sort_by_key(|entry| entry.index);
        Ok(Samples {
            next: head.size.next_index(),
            now_seconds: clock_seconds.max(head.last_time_ms.div_euclid(1_000)),
            log: Some(log),
            entries,
        })
    }
}

/// Refuses a sample that would not fit one answer. How many units each stratum gives does not depend on the seed.
fn fits(selection: &Selection) -> Result<(), AppError> {
    let drawn = |stratum: &DrawnStratum| stratum.units.len() + stratum.reserve.len();
    if selection.strata.iter().map(drawn).sum::<usize>() > UNIT_COUNT_MAX {
        let description =
            format!("gives more than {UNIT_COUNT_MAX} units with the reserve of every stratum: ask for less of either");
        return Err(invalid("size", &description));
    }
    if selection.unopened.len() > UNOPENED_COUNT_MAX {
        let description = format!("gives a range with more than {UNOPENED_COUNT_MAX} erased decisions: shorten it");
        return Err(invalid("to_size", &description));
    }
    Ok(())
}

/// The caller as a party.
fn party(caller: &Caller) -> Result<Party, AppError> {
    // Both names have the same form.
    caller
        .principal
        .as_str()
        .parse()
        .map_err(|error| AppError::internal(&error))
}

/// Every reason why the round does not allow it.
pub(super) fn refused(unmet: &[Unmet]) -> AppError {
    AppError::NotAllowed {
        what: Forbidden::Sample,
        violations: unmet
            .iter()
            .map(|unmet| Violation {
                field: "period".to_owned(),
                description: unmet.to_string(),
            })
            .collect(),
    }
}

fn invalid(field: &str, description: &str) -> AppError {
    AppError::Invalid(vec![Violation {
        field: field.to_owned(),
        description: description.to_owned(),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_that_no_answer_holds_is_refused_when_it_is_asked_for() {
        let at = |index| LogIndex::new(index).expect("a small index");
        let of = |strata: usize, units: usize, reserve: usize, unopened: usize| Selection {
            strata: vec![
                DrawnStratum {
                    key: "{}".to_owned(),
                    population: 1_000_000,
                    size_fen: None,
                    units: vec![at(1); units],
                    reserve: vec![at(2); reserve],
                };
                strata
            ],
            unopened: vec![at(3); unopened],
            cross_checks: Vec::new(),
        };
        let field = |selection: &Selection| match fits(selection) {
            Err(AppError::Invalid(violations)) => violations.into_iter().map(|violation| violation.field).collect(),
            Ok(()) | Err(_) => Vec::new(),
        };
        assert_eq!(field(&of(1, 10_000, 10_000, UNOPENED_COUNT_MAX)), [""; 0]);
        assert_eq!(field(&of(4, 1_000, 4_000, 0)), [""; 0]);
        assert_eq!(field(&of(4, 1_000, 4_001, 0)), ["size"]);
        assert_eq!(field(&of(1, 1, 0, UNOPENED_COUNT_MAX + 1)), ["to_size"]);
    }
}
