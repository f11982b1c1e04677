//! The facts document as the procedure reads it: the rules' facts, and what stands beside them.

use std::mem::take;

use super::Room;
use crate::canonical::{Cursor, Json};
use crate::reader::{each, maybe};
use crate::rules::calendar::Month;
use crate::rules::entitlement::Entitlement;
use crate::rules::eval::Layout;
use crate::rules::facts::{Facts, FactsError};
use crate::rules::law::Law;
use crate::rules::outcome::Cause;
use crate::rules::value::{Cell, CodeIndex};
use crate::rules::vocabulary::{Asked, MEMBER, ScopeIndex};

/// A facts document that no decision can be made on. Names places, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactsRefused {
    /// Values that do not fit the vocabulary.
    #[error("the facts do not fit the vocabulary in {} places", .0.len())]
    Vocabulary(Vec<FactsError>),
    /// A part that the procedure itself reads is missing or malformed.
    #[error("facts at {0}: missing or malformed")]
    Part(&'static str),
    /// The document is of another area than the law.
    #[error("facts at case/area: the law was resolved for another area")]
    Area,
}

/// The members of a facts document that the procedure itself reads.
#[derive(Default)]
struct Own {
    cause: Option<Cause>,
    effective_from: Option<Month>,
    standing: Vec<Entitlement>,
}

impl Own {
    fn read(document: &Json) -> Result<Own, FactsRefused> {
        Ok(Own {
            cause: maybe(document, "cause").map_err(|_| FactsRefused::Part("cause"))?,
            effective_from: maybe(document, "effective_from").map_err(|_| FactsRefused::Part("effective_from"))?,
            standing: each(document, "standing", Entitlement::from_json).map_err(|_| FactsRefused::Part("standing"))?,
        })
    }

    /// Takes a member where it stands in canonical bytes, if it is one of these. None where it is malformed.
    fn take(&mut self, cursor: &mut Cursor<'_>, key: &str) -> Option<bool> {
        match key {
            "cause" => self.cause = Some(Cause::from_code(&cursor.string()?)?),
            "effective_from" => self.effective_from = Some(cursor.string()?.parse().ok()?),
            "standing" => cursor.list(|cursor| {
                self.standing.push(Entitlement::from_cursor(cursor)?);
                Some(())
            })?,
            _ => return Some(false),
        }
        Some(true)
    }
}

/// A facts document that was read for one law.
#[derive(Debug)]
pub struct DecisionFacts {
    facts: Box<Facts>,
    layout: Layout,
    standing: Vec<Entitlement>,
    cause: Cause,
    effective_from: Option<Month>,
    decision_date: crate::rules::calendar::Date,
    month: Month,
    member_scope: ScopeIndex,
    kind: CodeIndex,
    is_recipient: bool,
}

impl DecisionFacts {
    /// Reads a facts document for a law.
    ///
    /// # Errors
    /// [`FactsRefused`] with every place that does not fit.
    pub fn read(law: &Law, document: &Json) -> Result<DecisionFacts, FactsRefused> {
        let facts = Facts::from_json(law.schema(), document).map_err(FactsRefused::Vocabulary)?;
        DecisionFacts::with(law, facts, Vec::new(), || Own::read(document))
    }

    /// Reads a recorded facts document for a law, straight from its canonical bytes. None where it does not fit, or is
    /// written in another way than most are: then [`DecisionFacts::read`] reads it, and says what is wrong.
    ///
    /// `beside` is given each member that neither the rules nor the procedure read, and reads or passes over its value.
    #[must_use]
    pub fn from_bytes<'a>(
        law: &Law,
        document: &'a [u8],
        room: &mut Room,
        mut beside: impl FnMut(&mut Cursor<'a>, &str) -> Option<()>,
    ) -> Option<DecisionFacts> {
        let mut own = Own::default();
        let facts = Facts::from_bytes(law.schema(), document, &mut room.facts, |cursor, key| {
            if own.take(cursor, key)? {
                Some(())
            } else {
                beside(cursor, key)
            }
        })?;
        DecisionFacts::with(law, facts, take(&mut room.places), || Ok(own)).ok()
    }

    /// Gives the memory of these facts to the next.
    pub fn give_back(self, room: &mut Room) {
        room.facts.take_back(self.facts);
        room.places = self.layout.into_room();
    }

    /// With the parts of the document that the procedure itself reads.
    fn with(
        law: &Law,
        facts: Box<Facts>,
        places: Vec<u32>,
        own: impl FnOnce() -> Result<Own, FactsRefused>,
    ) -> Result<DecisionFacts, FactsRefused> {
        let Cell::Area(area) = facts.asked(Asked::CaseArea) else {
            return Err(FactsRefused::Part("case/area"));
        };
        if area != law.area() {
            return Err(FactsRefused::Area);
        }
        let Cell::Code(kind) = facts.asked(Asked::DecisionKind) else {
            return Err(FactsRefused::Part("decision/kind"));
        };
        let own = own()?;
        let cause = own.cause.unwrap_or(Cause::Initial);
        let Cell::Date(decision_date) = facts.asked(Asked::DecisionDate) else {
            return Err(FactsRefused::Part("decision/date"));
        };
        let Cell::Month(month) = facts.asked(Asked::DecisionMonth) else {
            return Err(FactsRefused::Part("decision/month"));
        };
        let status = facts.code(facts.asked(Asked::HistoryStatus));
        Ok(DecisionFacts {
            standing: own.standing,
            effective_from: own.effective_from.filter(|_| sets_its_own_month(cause)),
            cause,
            decision_date,
            month,
            kind,
            is_recipient: matches!(status, Some("dibao" | "grace" | "tekun")),
            member_scope: law.schema().scope(MEMBER).ok_or(FactsRefused::Part("members"))?,
            layout: Layout::in_room(law, &facts.counts, places),
            facts,
        })
    }

    /// The facts that expressions read.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where the clauses of the law stand in their evaluation.
    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What stands before the decision.
    #[must_use]
    pub fn standing(&self) -> &[Entitlement] {
        &self.standing
    }

    /// Why it is decided.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// The month from which a correction takes effect.
    #[must_use]
    pub fn effective_from(&self) -> Option<Month> {
        self.effective_from
    }

    /// 决定日.
    #[must_use]
    pub fn decision_date(&self) -> crate::rules::calendar::Date {
        self.decision_date
    }

    /// The month of the decision date.
    #[must_use]
    pub fn decision_month(&self) -> Month {
        self.decision_date.month()
    }

    /// 核算月.
    #[must_use]
    pub fn month(&self) -> Month {
        self.month
    }

    /// The code of `decision.kind`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.facts.code(Cell::Code(self.kind)).unwrap_or_default()
    }

    /// [`DecisionFacts::kind`], interned.
    pub(super) fn kind_code(&self) -> CodeIndex {
        self.kind
    }

    /// `history.status` as it is recorded, "" where it is not; none where the vocabulary does not have it.
    #[must_use]
    pub fn recorded_status(&self) -> Option<&str> {
        self.facts.recorded_code(Asked::HistoryStatus)
    }

    /// 城乡类别: `case.residence_kind` as it is recorded, "" where it is not; none where the vocabulary does not have it.
    #[must_use]
    pub fn recorded_residence_kind(&self) -> Option<&str> {
        self.facts.recorded_code(Asked::ResidenceKind)
    }

    /// Whether the case receives assistance by its status.
    pub(super) fn is_recipient(&self) -> bool {
        self.is_recipient
    }

    /// How many members are recorded.
    #[must_use]
    pub fn member_count(&self) -> u32 {
        self.facts.count(self.member_scope)
    }

    /// The person id of a member; its position where the record has none.
    #[must_use]
    pub fn member_id(&self, member: u32) -> String {
        self.member_text(member)
    }

    /// [`DecisionFacts::member_id`] as any kind of text.
    pub(super) fn member_text<'f, T: From<&'f str> + From<String>>(&'f self, member: u32) -> T {
        match self.facts.id(self.member_scope, member) {
            Some(id) => id.into(),
            None => member.to_string().into(),
        }
    }
}

/// Whether a decision of this cause may set the month from which it takes effect.
fn sets_its_own_month(cause: Cause) -> bool {
    match cause {
        Cause::Correction | Cause::Remedy | Cause::Court => true,
        Cause::Initial | Cause::Review | Cause::Event => false,
    }
}
