//! The frames of opened decisions made again, out of what is at hand when they are decided again.
//!
//! The facts are walked once more only up to `history`, which is near their beginning; their township was met when they
//! were read. Of the determination, which is compared byte for byte with the one that follows, two members are looked
//! up where they stand. What is not sure that way is made the long way, and the long way alone says that a frame
//! differs.

use std::borrow::Cow;

use memchr::memmem::Finder;

use super::super::frame::{FrameMembers, LIVE, frame_difference, frame_of};
use crate::canonical::Cursor;
use crate::log::LogIndex;
use crate::rules::outcome::Outcome;

/// Compares frames.
pub(super) struct Frames<'a> {
    household: Finder<'static>,
    persons: Finder<'static>,
    /// The township that the facts name; none at all where they were not read in one walk, which would have met it.
    pub(super) township: Option<Option<Cow<'a, str>>>,
    /// Decisions whose frame is another, each with the first member that differs.
    pub(super) different: Vec<(LogIndex, String)>,
}

/// How the members begin in a determination. Each stands behind a list, and no other member of this name does; within a
/// string the quotes would have backslashes.
const HOUSEHOLD: &[u8] = b"],\"household\":";
const PERSONS: &[u8] = b"],\"persons\":";

impl<'a> Frames<'a> {
    pub(super) fn new() -> Frames<'a> {
        Frames {
            household: Finder::new(HOUSEHOLD),
            persons: Finder::new(PERSONS),
            township: None,
            different: Vec::new(),
        }
    }

    /// Compares the frame of a decision whose facts were just read.
    pub(super) fn compare(&mut self, index: LogIndex, facts: &[u8], determination: &[u8], frame: &[u8]) {
        if self.follows(facts, determination, frame) == Some(true) {
            return;
        }
        // Facts or a determination that cannot be read are the replay's to say.
        let different = frame_of(facts, determination).and_then(|made| frame_difference(frame, &made));
        self.different.extend(different.map(|member| (index, member)));
    }

    /// Whether the frame is the one that follows; none where that takes the long way.
    fn follows(&self, facts: &[u8], determination: &[u8], frame: &[u8]) -> Option<bool> {
        let township = self.township.as_ref()?;
        let of = OfFacts::read(facts)?;
        let household = &determination[self.household.find(determination)? + HOUSEHOLD.len()..];
        let (household, persons) = household.split_at(self.persons.find(household)?);
        let persons = &persons[PERSONS.len()..];
        let (outcome, amount_fen) = decided(household)?;
        let mut household_size = 0;
        Cursor::new(persons)?.list(|cursor| {
            household_size += 1;
            cursor.leap()
        })?;
        let outcome = Outcome::from_code(&outcome)?;
        let members = FrameMembers {
            township: township.as_deref().or(of.area.as_deref())?,
            programme: outcome.programme().map_or("", |programme| programme.code()),
            outcome: outcome.code(),
            residence_kind: of.residence_kind.as_deref().unwrap_or_default(),
            continuing: FrameMembers::continues(of.status.as_deref()),
            source: LIVE,
            decider: of.decider.as_deref().unwrap_or_default(),
            amount_fen,
            household_size,
        };
        Some(members.is_written(frame))
    }
}

/// The outcome and the amount of a household.
fn decided(household: &[u8]) -> Option<(Cow<'_, str>, i64)> {
    let (mut outcome, mut amount_fen) = (None, 0);
    // The walk ends behind the outcome, with nothing.
    let _ = Cursor::new(household)?.object(|cursor, key| {
        match &**key {
            "amount_fen" => amount_fen = cursor.integer()?,
            "outcome" => {
                outcome = cursor.string();
                return None;
            }
            _ => cursor.leap()?,
        }
        Some(())
    });
    Some((outcome?, amount_fen))
}

/// What a frame takes out of the first members of a facts document.
#[derive(Default)]
struct OfFacts<'f> {
    area: Option<Cow<'f, str>>,
    residence_kind: Option<Cow<'f, str>>,
    decider: Option<Cow<'f, str>>,
    status: Option<Cow<'f, str>>,
}

impl<'f> OfFacts<'f> {
    fn read(facts: &'f [u8]) -> Option<OfFacts<'f>> {
        let mut of = OfFacts::default();
        let mut whole = false;
        let _ = Cursor::new(facts)?.object(|cursor, key| match &**key {
            "case" => cursor.object(|cursor, key| {
                match &**key {
                    "area" => of.area = Some(cursor.string()?),
                    "residence_kind" => of.residence_kind = Some(cursor.string()?),
                    _ => cursor.leap()?,
                }
                Some(())
            }),
            "decided_by" => cursor.object(|cursor, key| {
                match &**key {
                    "id" => of.decider = Some(cursor.string()?),
                    _ => cursor.leap()?,
                }
                Some(())
            }),
            "history" => {
                whole = cursor
                    .object(|cursor, key| {
                        match &**key {
                            "status" => of.status = Some(cursor.string()?),
                            _ => cursor.leap()?,
                        }
                        Some(())
                    })
                    .is_some();
                None
            }
            _ => cursor.leap(),
        });
        whole.then_some(of)
    }
}
