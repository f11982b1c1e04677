//! One round of `commit-reveal/1`: which entries count, who is called on and until when, and the seed.
//!
//! The service asks the same code before it appends that a verifier asks afterwards, so that both know
//! the same rules. An entry that does not count is passed over; it changes nothing.

use std::collections::BTreeSet;

use super::super::Hash;
use super::super::ids::{LogIndex, TreeSize};
use super::documents::{Logged, Party, Period, SampleCommit, SampleDocument, SampleResult, SampleReveal};
use super::request::SampleRequest;
use super::seed::{Seed, SeedValue};
use super::words::{Role, Why};
use super::{REVEAL_SECONDS, VALUE_COUNT_MAX, VALUE_COUNT_MIN};

/// Why an entry does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// Registration has ended.
    #[error("the period has its request already: nobody registers after it, use another period")]
    RegistrationEnded,
    /// The party has a commitment.
    #[error("the party has committed in this period already: one commitment a party")]
    AlreadyCommitted,
    /// A commitment that was used before.
    #[error("this commitment was used before: draw 32 new random bytes")]
    CommitmentUsed,
    /// The period has a request.
    #[error("the period has its request already: one request a period, use another period")]
    SecondRequest,
    /// Only a registered auditor asks.
    #[error("the caller has not registered as auditor in this period: commit first, with the role auditor")]
    NotAnAuditor,
    /// Too few parties before the checkpoint.
    #[error(
        "fewer parties than values have committed before this checkpoint: wait for them and close with a later one"
    )]
    TooFewParties,
    /// Others would know the whole seed before they answer.
    #[error(
        "the caller's own commitment is not among the first values before this checkpoint, so others could know the \
         whole seed: ask for more values, or close with a later checkpoint"
    )]
    AskerNotCalled,
    /// The asking side would know the whole seed.
    #[error(
        "the first values before this checkpoint are all of auditors: ask for more values, or wait for the operator \
         or a third party and close with a later checkpoint"
    )]
    OneRole,
    /// The checkpoint does not lie before the request.
    #[error("the checkpoint lies after the request: close the period with one that was signed before")]
    NotClosed,
    /// The request contradicts itself.
    #[error("the request contradicts itself: see the fields of a sample request")]
    Malformed,
    /// The period has no request.
    #[error("the period has no request yet: nothing is revealed before it, or the others could choose theirs")]
    NoRequest,
    /// The party is not called on.
    #[error("the party is not called on: it has not committed in time, it is a substitute, or it has answered already")]
    NotCalled,
    /// Too late.
    #[error("72 hours have passed since the party was called on: its silence can be recorded, its value no more")]
    Late,
    /// The value is another one.
    #[error("the value is not the one that the party committed to: reveal the 32 bytes whose SHA-256 was committed")]
    WrongValue,
    /// Somebody else refuses for the party.
    #[error("only the party itself refuses: others record its silence after 72 hours")]
    NotTheParty,
    /// The time has not passed.
    #[error("the party still has time: silence is recorded after 72 hours")]
    NotYet,
    /// Values are missing.
    #[error("not every party that is called on has revealed: wait, or record refusals")]
    Incomplete,
    /// Nobody is left who may be called on.
    #[error("a value is missing and no substitute may take its place: the round is void, begin another period")]
    Void,
    /// The sample was drawn.
    #[error("the sample of this period is drawn already: read it")]
    Drawn,
    /// The result names another request or seed.
    #[error("the result is not of this round's request and seed")]
    OtherSeed,
}

/// A party that is called on to reveal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Its commitment.
    pub commit: SampleCommit,
    /// Place of the commitment: the order of registration.
    pub index: LogIndex,
    /// Last second at which its value counts.
    pub deadline_seconds: i64,
    /// What it answered; nothing yet.
    pub answer: Option<Result<SeedValue, Why>>,
}

/// Where a round stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Parties register.
    Registering,
    /// Parties are called on.
    Revealing,
    /// Every value is there.
    Ready,
    /// The sample is drawn.
    Drawn,
    /// A value is missing and no substitute may take its place.
    Void,
}

/// One period's round.
#[derive(Clone, Debug)]
pub struct Round {
    period: Period,
    commits: Vec<(LogIndex, SampleCommit)>,
    used: BTreeSet<Hash>,
    request: Option<(LogIndex, SampleRequest)>,
    called: Vec<Called>,
    substitutes: Vec<(LogIndex, SampleCommit)>,
    void: bool,
    result: Option<(LogIndex, SampleResult)>,
}

impl Round {
    /// The round of a period, from all entries of samples in the order of the log.
    pub fn of<'a>(period: &Period, entries: impl IntoIterator<Item = &'a Logged>) -> Round {
        let mut round = Round {
            period: period.clone(),
            commits: Vec::new(),
            used: BTreeSet::new(),
            request: None,
            called: Vec::new(),
            substitutes: Vec::new(),
            void: false,
            result: None,
        };
        for entry in entries {
            // What does not count is passed over.
            let _ = round.admit(entry);
        }
        round
    }

    /// Takes the next entry, if it counts.
    ///
    /// # Errors
    /// [`Unmet`], each reason; the round is as before.
    pub fn admit(&mut self, entry: &Logged) -> Result<(), Vec<Unmet>> {
        let of_this_period = *entry.document.period() == self.period;
        match &entry.document {
            SampleDocument::Commit(commit) => self.commit(entry.index, commit, of_this_period),
            _ if !of_this_period => Ok(()),
            SampleDocument::Request(request) => self.ask(entry, request),
            SampleDocument::Reveal(reveal) => self.reveal(entry, reveal),
            SampleDocument::Result(result) => self.conclude(entry.index, result),
        }
    }

    fn commit(&mut self, index: LogIndex, commit: &SampleCommit, of_this_period: bool) -> Result<(), Vec<Unmet>> {
        let mut unmet = Vec::new();
        if of_this_period && self.request.is_some() {
            unmet.push(Unmet::RegistrationEnded);
        }
        if of_this_period && self.registered(&commit.party).is_some() {
            unmet.push(Unmet::AlreadyCommitted);
        }
        if self.used.contains(&commit.commitment) {
            unmet.push(Unmet::CommitmentUsed);
        }
        finish(unmet)?;
        self.used.insert(commit.commitment);
        if of_this_period {
            self.commits.push((index, commit.clone()));
        }
        Ok(())
    }

    fn ask(&mut self, entry: &Logged, request: &SampleRequest) -> Result<(), Vec<Unmet>> {
        let mut unmet = Vec::new();
        if self.request.is_some() {
            unmet.push(Unmet::SecondRequest);
        }
        if self
            .registered(&request.party)
            .is_none_or(|(_, commit)| commit.role != Role::Auditor)
        {
            unmet.push(Unmet::NotAnAuditor);
        }
        let in_time = |(index, _): &&(LogIndex, SampleCommit)| request.checkpoint_size.holds(*index);
        let mut waiting: Vec<(LogIndex, SampleCommit)> = self.commits.iter().filter(in_time).cloned().collect();
        let values = usize::try_from(request.values).unwrap_or(usize::MAX);
        if waiting.len() < values {
            unmet.push(Unmet::TooFewParties);
        } else {
            let first = waiting.iter().take(values).map(|(_, commit)| commit);
            unmet.extend(one_sided(&request.party, first));
        }
        // The period closes before it is asked for; a checkpoint of the future could be chosen.
        if request.checkpoint_size.get() > entry.index.get() {
            unmet.push(Unmet::NotClosed);
        }
        if !request.check().is_empty() {
            unmet.push(Unmet::Malformed);
        }
        finish(unmet)?;
        self.substitutes = waiting.split_off(values);
        self.called = waiting
            .into_iter()
            .map(|party| call(party, entry.logged_seconds))
            .collect();
        self.request = Some((entry.index, request.clone()));
        Ok(())
    }

    fn reveal(&mut self, entry: &Logged, reveal: &SampleReveal) -> Result<(), Vec<Unmet>> {
        if self.request.is_none() {
            return Err(vec![Unmet::NoRequest]);
        }
        let open = |called: &&mut Called| called.commit.party == reveal.party && called.answer.is_none();
        let Some(called) = self.called.iter_mut().find(open) else {
            return Err(vec![Unmet::NotCalled]);
        };
        let late = entry.logged_seconds > called.deadline_seconds;
        let mut unmet = Vec::new();
        match &reveal.value {
            Ok(value) => {
                if late {
                    unmet.push(Unmet::Late);
                }
                if value.commitment() != called.commit.commitment {
                    unmet.push(Unmet::WrongValue);
                }
                finish(unmet)?;
                called.answer = Some(Ok(*value));
            }
            Err(silence) => {
                if silence.why == Why::Refused && silence.by != reveal.party {
                    unmet.push(Unmet::NotTheParty);
                }
                if silence.why == Why::Silent && !late {
                    unmet.push(Unmet::NotYet);
                }
                finish(unmet)?;
                called.answer = Some(Err(silence.why));
                self.replace(entry.logged_seconds);
            }
        }
        Ok(())
    }

    /// Calls on the next substitute in place of a party that gives no value, or ends the round.
    fn replace(&mut self, logged_seconds: i64) {
        let Some((_, request)) = &self.request else { return };
        let left = self
            .called
            .iter()
            .filter(|called| !matches!(called.answer, Some(Err(_))));
        let left = left.map(|called| &called.commit);
        let next = self.substitutes.first().map(|(_, commit)| commit);
        if next.is_none() || !one_sided(&request.party, left.chain(next)).is_empty() {
            // Going on without a value would let the last to reveal choose between two known samples; with one of the
            // same side, whoever keeps the asking party from answering could know the seed before it was asked for.
            self.void = true;
        } else {
            let next = self.substitutes.remove(0);
            self.called.push(call(next, logged_seconds));
        }
    }

    fn conclude(&mut self, index: LogIndex, result: &SampleResult) -> Result<(), Vec<Unmet>> {
        let seed = self.seed()?;
        let request = self.request.as_ref().map(|(at, _)| *at);
        if result.seed != seed || request != Some(result.request) {
            return Err(vec![Unmet::OtherSeed]);
        }
        self.result = Some((index, result.clone()));
        Ok(())
    }

    /// The seed, when the sample may be drawn.
    ///
    /// # Errors
    /// [`Unmet`] says what is missing.
    pub fn seed(&self) -> Result<Seed, Vec<Unmet>> {
        let unmet = match self.stage() {
            Stage::Registering => Unmet::NoRequest,
            Stage::Revealing => Unmet::Incomplete,
            Stage::Void => Unmet::Void,
            Stage::Drawn => Unmet::Drawn,
            Stage::Ready => return self.derived().ok_or_else(|| vec![Unmet::Incomplete]),
        };
        Err(vec![unmet])
    }

    /// The seed that the revealed values make, drawn or not; none while one is missing.
    #[must_use]
    pub fn derived(&self) -> Option<Seed> {
        let (_, request) = self.request.as_ref()?;
        let mut revealed: Vec<(LogIndex, SeedValue)> = self
            .called
            .iter()
            .filter_map(|called| Some((called.index, called.answer?.ok()?)))
            .collect();
        revealed.sort_by_key(|(index, _)| *index);
        let values: Vec<SeedValue> = revealed.into_iter().map(|(_, value)| value).collect();
        (values.len() as u64 == request.values).then(|| {
            Seed::derive(
                &request.checkpoint_root,
                request.from,
                request.to,
                request.size,
                &values,
            )
        })
    }

    /// The fewest values with which a party's request at a checkpoint of this size counts; none if no number is enough.
    #[must_use]
    pub fn fewest_values(&self, asker: &Party, checkpoint_size: TreeSize) -> Option<u64> {
        let in_time = self.commits.iter().filter(|(index, _)| checkpoint_size.holds(*index));
        let in_time: Vec<&SampleCommit> = in_time.map(|(_, commit)| commit).collect();
        let is_enough = |count: &u64| {
            let first = usize::try_from(*count).ok().and_then(|count| in_time.get(..count));
            first.is_some_and(|first| one_sided(asker, first.iter().copied()).is_empty())
        };
        (VALUE_COUNT_MIN..=VALUE_COUNT_MAX).find(is_enough)
    }

    /// Where the round stands.
    #[must_use]
    pub fn stage(&self) -> Stage {
        if self.result.is_some() {
            Stage::Drawn
        } else if self.void {
            Stage::Void
        } else if self.request.is_none() {
            Stage::Registering
        } else if self.derived().is_some() {
            Stage::Ready
        } else {
            Stage::Revealing
        }
    }

    /// Until when no case of the range may be erased, in seconds since 1970: while the sample is asked for and not drawn,
    /// for as long as the last party called on may reveal, and as long again for the draw. The last to reveal knows the
    /// seed, and could otherwise choose what it draws from.
    #[must_use]
    pub fn held_until_seconds(&self) -> Option<i64> {
        match self.stage() {
            Stage::Registering | Stage::Drawn | Stage::Void => None,
            Stage::Revealing | Stage::Ready => {
                let last = self.called.iter().map(|called| called.deadline_seconds).max()?;
                Some(last + REVEAL_SECONDS)
            }
        }
    }

    /// The commitment of a party.
    fn registered(&self, party: &Party) -> Option<&(LogIndex, SampleCommit)> {
        self.commits.iter().find(|(_, commit)| commit.party == *party)
    }

    /// The period.
    #[must_use]
    pub fn period(&self) -> &Period {
        &self.period
    }

    /// Everybody who committed in time to be asked, in the order of registration.
    #[must_use]
    pub fn commits(&self) -> &[(LogIndex, SampleCommit)] {
        &self.commits
    }

    /// The request with the place of its entry.
    #[must_use]
    pub fn request(&self) -> Option<&(LogIndex, SampleRequest)> {
        self.request.as_ref()
    }

    /// The parties called on, in the order of the calls.
    #[must_use]
    pub fn called(&self) -> &[Called] {
        &self.called
    }

    /// The result with the place of its entry.
    #[must_use]
    pub fn result(&self) -> Option<&(LogIndex, SampleResult)> {
        self.result.as_ref()
    }
}

/// Why one side could know all of these values before anything is asked for, and so try requests, or whom to call on,
/// until the sample suits it: without the asking auditor's own the others could, without another role's the auditors.
fn one_sided<'a>(asker: &Party, commits: impl Iterator<Item = &'a SampleCommit>) -> Vec<Unmet> {
    let (mut is_asked, mut is_shared) = (false, false);
    for commit in commits {
        is_asked |= commit.party == *asker;
        is_shared |= commit.role != Role::Auditor;
    }
    let mut unmet = Vec::new();
    if !is_asked {
        unmet.push(Unmet::AskerNotCalled);
    }
    if !is_shared {
        unmet.push(Unmet::OneRole);
    }
    unmet
}

fn call((index, commit): (LogIndex, SampleCommit), logged_seconds: i64) -> Called {
    Called {
        commit,
        index,
        deadline_seconds: logged_seconds + REVEAL_SECONDS,
        answer: None,
    }
}

fn finish(unmet: Vec<Unmet>) -> Result<(), Vec<Unmet>> {
    if unmet.is_empty() { Ok(()) } else { Err(unmet) }
}
