//! Deciding again what a tile opens: by the law that was known, which is mostly that of the decision before.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::replay::{decided_again, difference, facts_again};
use super::super::result::{DifferenceCause, ReplayDifference};
use super::laws::{BundleLaw, BundleLaws, LawSpan};
use crate::canonical::{Cursor, Json};
use crate::log::{Hash, LogIndex, TreeSize};
use crate::rules::decide::{DecisionFacts, Room};

/// Decides the decisions of one tile again, one after another.
pub(super) struct Replayer<'a> {
    origin: &'a str,
    laws: &'a BundleLaws,
    /// The law of the decision before.
    law: Option<LawSpan>,
    room: Room,
    /// Decisions by the sample values that they read.
    pub(super) sample_values: BTreeMap<String, u64>,
}

impl<'a> Replayer<'a> {
    pub(super) fn new(origin: &'a str, laws: &'a BundleLaws) -> Replayer<'a> {
        Replayer {
            origin,
            laws,
            law: None,
            room: Room::default(),
            sample_values: BTreeMap::new(),
        }
    }

    /// Decides a recorded decision again and compares it; the error is the first difference.
    pub(super) fn replay(
        &mut self,
        index: LogIndex,
        recorded_law: Option<Hash>,
        facts: &[u8],
        determination: &[u8],
    ) -> Result<(), ReplayDifference> {
        // Taken out, so that no count of an `Arc` goes to and fro between the threads with every decision.
        let mut law = self.law.take();
        let replayed = self.replay_by(&mut law, index, recorded_law, facts, determination);
        self.law = law;
        replayed
    }

    fn replay_by(
        &mut self,
        before: &mut Option<LawSpan>,
        index: LogIndex,
        recorded_law: Option<Hash>,
        facts: &[u8],
        determination: &[u8],
    ) -> Result<(), ReplayDifference> {
        let wrong = |cause, path, recorded: &str, replayed: &str| Err(difference(cause, path, recorded, replayed));
        // Read by the law of the decision before, and looked afterwards whether it is that of this one.
        let guessed = before.as_ref().and_then(|span| span.law.as_deref());
        let read = guessed.and_then(|law| self.read(law, facts));
        let (read, known) = match read {
            Some((facts, known)) => (Some(facts), known),
            None => (None, KnownAt::find(facts)),
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
        let span = match before {
            Some(span) if is_the_same => span,
            _ => before.insert(self.laws.at(size)),
        };
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
        let read = if is_the_same {
            read
        } else {
            self.read(law, facts).map(|(facts, _)| facts)
        };
        let facts = match read {
            Some(facts) => facts,
            None => facts_again(&law.law, &canonical(facts)?)?,
        };
        let again = decided_again(&law.law, &facts, determination, &mut self.room);
        for name in again.samples {
            match self.sample_values.get_mut(&*name) {
                Some(count) => *count += 1,
                None => drop(self.sample_values.insert(name.into_owned(), 1)),
            }
        }
        let (difference, bytes) = (again.difference, again.bytes);
        self.room.take_back(bytes);
        facts.give_back(&mut self.room);
        difference.map_or(Ok(()), Err)
    }

    /// Facts in one walk, with what they say of the law that was known.
    fn read<'f>(&mut self, law: &BundleLaw, facts: &'f [u8]) -> Option<(DecisionFacts, Option<KnownAt<'f>>)> {
        let mut known = None;
        let facts = DecisionFacts::from_bytes(&law.law, facts, &mut self.room, |cursor, key| {
            if key == KnownAt::KEY {
                known = Some(KnownAt::read(cursor)?);
                Some(())
            } else {
                cursor.skip()
            }
        })?;
        Some((facts, known))
    }
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
