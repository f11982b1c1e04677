//! What is missing: sets of facts and rules, kept once an evaluation.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::rules::calendar::Date;
use crate::rules::law::ClauseIndex;
use crate::rules::value::{Area, Gap, GapKind};
use crate::rules::vocabulary::FactIndex;

/// A missing rule; the number is that of the parameter, clause or choice in the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) struct RuleGap {
    pub(in crate::rules) kind: RuleKind,
    pub(in crate::rules) number: u16,
    pub(in crate::rules) area: Option<Area>,
    pub(in crate::rules) date: Date,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum RuleKind {
    Parameter,
    Clause,
    Choice,
    Calendar,
}

impl RuleKind {
    /// The byte in a trace.
    pub(in crate::rules) const fn byte(self) -> u8 {
        match self {
            RuleKind::Parameter => 1,
            RuleKind::Clause => 2,
            RuleKind::Choice => 3,
            RuleKind::Calendar => 4,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::rules) struct GapSet {
    pub(in crate::rules) facts: BTreeSet<(FactIndex, u32)>,
    pub(in crate::rules) rules: BTreeSet<RuleGap>,
}

/// All sets of one evaluation.
#[derive(Debug, Default)]
pub(in crate::rules) struct Gaps {
    sets: Vec<GapSet>,
}

impl Gaps {
    fn keep(&mut self, set: GapSet) -> Gap {
        // A decision joins the same few sets over and over: the last is often the one wanted.
        if self.sets.last() != Some(&set) {
            self.sets.push(set);
        }
        Gap::set(u32::try_from(self.sets.len() - 1).unwrap_or(u32::MAX))
    }

    fn rule(&mut self, kind: RuleKind, number: u16, area: Option<Area>, date: Date) -> Gap {
        let rule = RuleGap {
            kind,
            number,
            area,
            date,
        };
        self.keep(GapSet {
            facts: BTreeSet::new(),
            rules: BTreeSet::from([rule]),
        })
    }

    pub(in crate::rules) fn parameter(&mut self, number: u16, area: Area, date: Date) -> Gap {
        self.rule(RuleKind::Parameter, number, Some(area), date)
    }

    pub(in crate::rules) fn clause(&mut self, clause: ClauseIndex, date: Date) -> Gap {
        self.rule(RuleKind::Clause, clause.0, None, date)
    }

    pub(in crate::rules) fn choice(&mut self, number: u16, date: Date) -> Gap {
        self.rule(RuleKind::Choice, number, None, date)
    }

    /// `first` is the first day of the year that is not loaded.
    pub(in crate::rules) fn calendar(&mut self, first: Date) -> Gap {
        self.rule(RuleKind::Calendar, 0, None, first)
    }

    pub(in crate::rules) fn union(&mut self, a: Gap, b: Gap) -> Gap {
        if a == b {
            return a;
        }
        let (one, other) = (self.get(a), self.get(b));
        let (has_all, has_none) = (
            other.facts.is_subset(&one.facts) && other.rules.is_subset(&one.rules),
            one.facts.is_subset(&other.facts) && one.rules.is_subset(&other.rules),
        );
        if has_all {
            return a;
        }
        if has_none {
            return b;
        }
        let other = other.into_owned();
        let mut set = one.into_owned();
        set.facts.extend(other.facts);
        set.rules.extend(other.rules);
        self.keep(set)
    }

    pub(in crate::rules) fn get(&self, gap: Gap) -> Cow<'_, GapSet> {
        match gap.kind() {
            GapKind::Set(at) => Cow::Borrowed(&self.sets[at as usize]),
            GapKind::Fact(fact, instance) => Cow::Owned(GapSet {
                facts: BTreeSet::from([(fact, instance)]),
                rules: BTreeSet::new(),
            }),
        }
    }
}
