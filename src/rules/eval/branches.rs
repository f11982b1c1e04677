//! The branches that are taken while a clause or a step is evaluated.

use super::Evaluation;
use crate::rules::trace::Word;

/// Branches of one clause or step, in the order in which they were settled.
///
/// Up to seven small ones stand in the value itself, as a trace writes them: how many, then a byte each.
/// Where there are more, or an arm beyond 127, it is a place in the evaluation's table, so that branches that turn
/// out not to count are dropped by forgetting them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Branches(u64);

/// Most branches that stand in the value itself: with their number they fill it.
const HELD_MAX: u64 = 7;
/// Stands for the number of branches where they are in the table.
const IN_TABLE: u64 = 0xff;

impl Branches {
    pub(in crate::rules) const NONE: Branches = Branches(0);

    /// With one more, if it still fits.
    #[inline]
    fn then(self, arm: u16) -> Option<Branches> {
        let count = self.0 & 0xff;
        (count < HELD_MAX && arm < 0x80).then(|| Branches((self.0 + 1) | u64::from(arm) << (8 * (count + 1))))
    }

    /// As a trace writes them; none where they are in the table.
    #[inline]
    pub(in crate::rules) fn word(self) -> Option<Word> {
        let count = self.0 & 0xff;
        (count != IN_TABLE).then(|| Word::new(self.0, count as u32 + 1))
    }

    fn in_table(place: usize) -> Branches {
        Branches((place as u64) << 8 | IN_TABLE)
    }

    /// The place in the table, where they stand there.
    fn place(self) -> Option<usize> {
        (self.0 & 0xff == IN_TABLE).then_some((self.0 >> 8) as usize)
    }
}

/// A branch that no word holds, after those that were settled before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spilled {
    before: Branches,
    arm: u16,
}

impl Evaluation<'_> {
    /// Records a branch of what is being evaluated.
    #[inline]
    pub(super) fn record_branch(&mut self, arm: u16) {
        match self.live.then(arm) {
            Some(branches) => self.live = branches,
            None => self.spill(arm),
        }
    }

    #[cold]
    fn spill(&mut self, arm: u16) {
        self.spilled.push(Spilled { before: self.live, arm });
        self.live = Branches::in_table(self.spilled.len() - 1);
    }

    /// The arms, one by one.
    pub(in crate::rules) fn branches(&self, mut branches: Branches) -> Vec<u16> {
        let mut late = Vec::new();
        while let Some(place) = branches.place() {
            let last = self.spilled[place];
            late.push(last.arm);
            branches = last.before;
        }
        let [count, arms @ ..] = branches.0.to_le_bytes();
        let early = arms.into_iter().take(usize::from(count)).map(u16::from);
        early.chain(late.into_iter().rev()).collect()
    }
}
