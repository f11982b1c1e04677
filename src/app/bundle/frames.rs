//! The frame of an opened decision, made again where the decision is.
//!
//! Most of what it takes is at hand then, as the rules read it; two members of the facts are read beside. What is not
//! sure that way is made the long way, out of the recorded documents, and the long way alone says that a frame differs.

use std::borrow::Cow;

use super::super::frame::{FrameMembers, LIVE, frame_difference, frame_of};
use crate::canonical::Cursor;
use crate::rules::decide::{DecisionFacts, Written};
use crate::rules::money::Fen;

/// What a frame takes out of facts that neither the rules nor the procedure read.
#[derive(Default)]
pub(super) struct FramedFacts<'a> {
    township: Option<Cow<'a, str>>,
    decider: Option<Cow<'a, str>>,
}

impl<'a> FramedFacts<'a> {
    /// Reads a member of the facts or passes over it.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'a>, key: &str) -> Option<()> {
        match key {
            "township" => self.township = Some(cursor.string()?),
            "decided_by" => cursor.object(|cursor, key| {
                match &**key {
                    "id" => self.decider = Some(cursor.string()?),
                    _ => cursor.skip()?,
                }
                Some(())
            })?,
            _ => cursor.skip()?,
        }
        Some(())
    }

    /// Whether this frame is seen to follow from the facts, which were read in one walk, and the determination that was
    /// made of them again.
    pub(super) fn make(&self, facts: &DecisionFacts, determination: &Written<'_>, frame: &[u8]) -> bool {
        let (Some(status), Some(residence_kind)) = (facts.recorded_status(), facts.recorded_residence_kind()) else {
            return false;
        };
        let outcome = determination.outcome;
        let made = FrameMembers {
            township: self.township.as_deref().unwrap_or(&determination.area),
            programme: outcome.programme().map_or("", |programme| programme.code()),
            outcome: outcome.code(),
            residence_kind,
            continuing: FrameMembers::continues(Some(status).filter(|status| !status.is_empty())),
            source: LIVE,
            decider: self.decider.as_deref().unwrap_or_default(),
            amount_fen: determination.amount.map_or(0, Fen::get),
            household_size: determination.person_count,
        };
        made.is_written(frame)
    }
}

/// The first member in which a frame is not the one that its facts and its determination make. None too where these
/// cannot be read, which is the replay's to say.
pub(super) fn difference(facts: &[u8], determination: &[u8], frame: &[u8]) -> Option<String> {
    frame_difference(frame, &frame_of(facts, determination)?)
}
