//! Deciding again what a tile opens: by the law that was known, which is mostly that of the decision before.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::replay::{Promised, decided_again, difference, facts_again, promised_again};
use super::super::result::{DifferenceCause, ReplayDifference};
use super::frames::{self, FramedFacts};
use super::laws::{BundleLaw, BundleLaws, LawSpan};
use crate::canonical::{Cursor, Json};
use crate::log::hash::Parts;
use crate::log::{Hash, LogIndex, TreeSize};
use crate::rules::decide::{DecisionFacts, Room};

/// Traces that are hashed together: enough to fill the lanes, and few enough to be in the cache until then.
const TRACE_COUNT: usize = 64;

/// A decision as a bundle opens it.
#[derive(Clone, Copy)]
pub(super) struct Recorded<'a> {
    pub(super) index: LogIndex,
    /// Unix seconds.
    pub(super) logged_seconds: i64,
    /// SHA-256 of the law manifest, as the entry names it.
    pub(super) law: Option<Hash>,
    pub(super) facts: &'a [u8],
    pub(super) determination: &'a [u8],
    pub(super) frame: Option<&'a [u8]>,
}

/// Decides the decisions of one tile again, one after another.
pub(super) struct Replayer<'a> {
    origin: &'a str,
    laws: &'a BundleLaws,
    /// The law of the decision before.
    law: Option<LawSpan>,
    room: Room,
    /// Traces whose decisions promise what their hashes are.
    traces: Vec<u8>,
    promises: Vec<Promise<'a>>,
    /// Decisions whose promises were broken.
    broken: Vec<Recorded<'a>>,
    /// Decisions by the sample values that they read.
    pub(super) sample_values: BTreeMap<String, u64>,
    /// Decisions by a law that had been replaced long before they were logged.
    pub(super) by_older_law: Vec<LogIndex>,
    /// Decisions whose frame is another, each with the first member that differs.
    pub(super) different_frames: Vec<(LogIndex, String)>,
}

/// A decision that is the recorded one if its trace has the hash that the recorded one names.
struct Promise<'a> {
    recorded: Recorded<'a>,
    /// Where the trace ends among all.
    end: usize,
    trace_hash: Hash,
}

impl<'a> Replayer<'a> {
    pub(super) fn new(origin: &'a str, laws: &'a BundleLaws) -> Replayer<'a> {
        Replayer {
            origin,
            laws,
            law: None,
            room: Room::default(),
            traces: Vec::new(),
            promises: Vec::new(),
            broken: Vec::new(),
            sample_values: BTreeMap::new(),
            by_older_law: Vec::new(),
            different_frames: Vec::new(),
        }
    }

    /// Decides a recorded decision again and compares it; the error is the first difference. What is equal is so but for
    /// its trace: [`Replayer::settle`] judges the traces of all. Its frame is compared too.
    pub(super) fn replay(&mut self, recorded: Recorded<'a>) -> Result<(), ReplayDifference> {
        // Taken out, so that no count of an `Arc` goes to and fro between the threads with every decision.
        let mut law = self.law.take();
        let replayed = self.replay_by(&mut law, recorded);
        self.law = law;
        replayed
    }

    /// The differences of the decisions whose traces have other hashes than they had promised.
    pub(super) fn settle(mut self) -> Vec<(LogIndex, ReplayDifference)> {
        self.hash_traces();
        // Each is decided once more by itself: that is rare, and says where it differs.
        let alone = |recorded: Recorded<'a>| {
            let (mut law, mut alone) = (None, Replayer::new(self.origin, self.laws));
            let (law, facts, _) = alone.read_by(&mut law, recorded)?;
            let again = decided_again(&law.law, &facts, recorded.determination, &mut alone.room);
            again.difference.map_or(Ok(()), Err)
        };
        let broken = self.broken.iter();
        broken
            .filter_map(|recorded| Some((recorded.index, alone(*recorded).err()?)))
            .collect()
    }

    /// Holds the traces that wait to their promises.
    fn hash_traces(&mut self) {
        let mut start = 0;
        let traces: Vec<Parts<'_>> = self
            .promises
            .iter()
            .map(|promise| {
                let trace = &self.traces[start..promise.end];
                start = promise.end;
                [trace, &[], &[]]
            })
            .collect();
        let hashes = Hash::of_many(&traces);
        let broken = self.promises.drain(..).zip(hashes);
        let broken = broken.filter(|(promise, hash)| promise.trace_hash != *hash);
        self.broken.extend(broken.map(|(promise, _)| promise.recorded));
        self.traces.clear();
    }

    fn replay_by(&mut self, before: &mut Option<LawSpan>, recorded: Recorded<'a>) -> Result<(), ReplayDifference> {
        let (law, facts, said) = self.read_by(before, recorded)?;
        let promised = promised_again(
            &law.law,
            &facts,
            recorded.determination,
            &mut self.traces,
            &mut self.room,
        );
        let mut framed = false;
        let (samples, difference) = match promised {
            Some(Promised { trace_hash, written }) => {
                let follows = |frame| Some(said?.framed.make(&facts, &written, frame?));
                framed = follows(recorded.frame) == Some(true);
                let end = self.traces.len();
                self.promises.push(Promise {
                    recorded,
                    end,
                    trace_hash,
                });
                if self.promises.len() == TRACE_COUNT {
                    self.hash_traces();
                }
                (written.samples, None)
            }
            None => {
                // Whatever it left is no trace of a promise.
                self.traces.truncate(self.promises.last().map_or(0, |last| last.end));
                let again = decided_again(&law.law, &facts, recorded.determination, &mut self.room);
                self.room.take_back(again.bytes);
                (again.samples, again.difference)
            }
        };
        for name in samples {
            match self.sample_values.get_mut(&*name) {
                Some(count) => *count += 1,
                None => drop(self.sample_values.insert(name.into_owned(), 1)),
            }
        }
        facts.give_back(&mut self.room);
        if let Some(difference) = difference {
            // Where another decision follows, which frame would follow is nothing more to say.
            return Err(difference);
        }
        if let Some(frame) = recorded.frame.filter(|_| !framed) {
            let different = frames::difference(recorded.facts, recorded.determination, frame);
            self.different_frames
                .extend(different.map(|member| (recorded.index, member)));
        }
        Ok(())
    }

    /// The law that was known, and the facts as it reads them, with what else they say where they were read in one walk.
    fn read_by<'s>(
        &mut self,
        before: &'s mut Option<LawSpan>,
        recorded: Recorded<'a>,
    ) -> Result<(&'s BundleLaw, DecisionFacts, Option<Said<'a>>), ReplayDifference> {
        let Recorded {
            index,
            logged_seconds,
            law: recorded_law,
            facts,
            ..
        } = recorded;
        let wrong = |cause, path, recorded: &str, replayed: &str| Err(difference(cause, path, recorded, replayed));
        // Read by the law of the decision before, and looked afterwards whether it is that of this one.
        let guessed = before.as_ref().and_then(|span| span.law.as_deref());
        let mut read = guessed.and_then(|law| self.read(law, facts));
        let known = match &mut read {
            Some((_, said)) => said.known_at.take(),
            None => KnownAt::find(facts),
        };
        let Some(KnownAt { origin, size }) = known else {
            canonical(facts)?;
            return wrong(DifferenceCause::Facts, "known_at", "", "says not which law was known");
        };
        // What a decision knew stood in its own log before it.
        if origin != self.origin || size.get() > index.get() {
            return wrong(
                DifferenceCause::Policy,
                "known_at",
                &size.to_string(),
                "the log's own entries before it",
            );
        }
        let is_the_same = before.as_ref().is_some_and(|span| span.holds(size));
        if !is_the_same {
            *before = None;
        }
        let span = before.get_or_insert_with(|| self.laws.at(size));
        if span.was_replaced(index, logged_seconds) {
            self.by_older_law.push(index);
        }
        let recorded = || recorded_law.map(|law| law.to_string()).unwrap_or_default();
        let Some(law) = span.law.as_deref() else {
            return wrong(
                DifferenceCause::Policy,
                "law",
                &recorded(),
                "the POLICY entries before it make no law",
            );
        };
        if Some(law.digest) != recorded_law {
            return wrong(DifferenceCause::Policy, "law", &recorded(), &law.digest.to_string());
        }
        let read = if is_the_same { read } else { self.read(law, facts) };
        match read {
            Some((facts, said)) => Ok((law, facts, Some(said))),
            None => Ok((law, facts_again(&law.law, &canonical(facts)?)?, None)),
        }
    }

    /// Facts in one walk, with what they say beside.
    fn read(&mut self, law: &BundleLaw, facts: &'a [u8]) -> Option<(DecisionFacts, Said<'a>)> {
        let mut said = Said::default();
        let facts = DecisionFacts::from_bytes(&law.law, facts, &mut self.room, |cursor, key| {
            match key {
                KnownAt::KEY => said.known_at = Some(KnownAt::read(cursor)?),
                _ => said.framed.read(cursor, key)?,
            }
            Some(())
        })?;
        Some((facts, said))
    }
}

/// What a facts document says that neither the rules nor the procedure read.
#[derive(Default)]
struct Said<'a> {
    known_at: Option<KnownAt<'a>>,
    framed: FramedFacts<'a>,
}

/// The log whose law was known, and the size of its tree.
struct KnownAt<'f> {
    origin: Cow<'f, str>,
    size: TreeSize,
}

impl<'f> KnownAt<'f> {
    /// The member of a facts document.
    const KEY: &'static str = "known_at";

    fn read(cursor: &mut Cursor<'f>) -> Option<KnownAt<'f>> {
        let (mut origin, mut size) = (None, None);
        cursor.object(|cursor, key| {
            match &**key {
                "origin" => origin = Some(cursor.string()?),
                "size" => size = Some(cursor.integer()?),
                _ => cursor.skip()?,
            }
            Some(())
        })?;
        Some(KnownAt {
            origin: origin?,
            size: TreeSize::new(u64::try_from(size?).ok()?).ok()?,
        })
    }

    /// In a facts document, whose other members are not judged. It stands before most of them.
    fn find(facts: &'f [u8]) -> Option<KnownAt<'f>> {
        let mut found = None;
        // The walk ends behind the member, with nothing.
        let _ = Cursor::new(facts)?.object(|cursor, key| {
            if key != KnownAt::KEY {
                return cursor.leap();
            }
            found = KnownAt::read(cursor);
            None
        });
        found
    }
}

/// Facts as a tree: for what the short way does not read.
fn canonical(facts: &[u8]) -> Result<Json, ReplayDifference> {
    let wrong = |_| difference(DifferenceCause::Facts, "facts", "", "not canonical JSON");
    Json::parse_canonical(facts).map_err(wrong)
}
