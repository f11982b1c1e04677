//! The facts document as the procedure reads it: the rules' facts, and what stands beside them.

use crate::canonical::Json;
use crate::reader::{FromJson, each};
use crate::rules::calendar::Month;
use crate::rules::entitlement::Entitlement;
use crate::rules::eval::Layout;
use crate::rules::facts::{Facts, FactsError, Scratch};
use crate::rules::law::Law;
use crate::rules::outcome::Cause;
use crate::rules::value::{Cell, CodeIndex};
use crate::rules::vocabulary::{MEMBER, ScopeIndex};

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
const OF_THE_PROCEDURE: [&str; 3] = ["cause", "effective_from", "standing"];

/// A facts document that was read for one law.
#[derive(Debug)]
pub struct DecisionFacts {
    facts: Facts,
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
        DecisionFacts::with(law, facts, document)
    }

    /// Reads a recorded facts document for a law, straight from its canonical bytes. None where it does not fit, or is
    /// written in another way than most are: then [`DecisionFacts::read`] reads it, and says what is wrong.
    #[must_use]
    pub fn from_bytes(law: &Law, document: &[u8], scratch: &mut Scratch) -> Option<DecisionFacts> {
        let (facts, beside) = Facts::from_bytes(law.schema(), document, &OF_THE_PROCEDURE, scratch)?;
        DecisionFacts::with(law, facts, &beside).ok()
    }

    /// Gives the room of these facts to the next.
    pub fn give_back(self, scratch: &mut Scratch) {
        scratch.take_back(self.facts);
    }

    /// With the parts of the document that the procedure itself reads.
    fn with(law: &Law, facts: Facts, document: &Json) -> Result<DecisionFacts, FactsRefused> {
        if facts.area("case.area").ok_or(FactsRefused::Part("case/area"))? != law.area() {
            return Err(FactsRefused::Area);
        }
        let (_, Cell::Code(kind)) = facts.household("decision.kind") else {
            return Err(FactsRefused::Part("decision/kind"));
        };
        let cause = match document.get("cause") {
            None => Some(Cause::Initial),
            Some(code) => Cause::from_json(code),
        };
        let cause = cause.ok_or(FactsRefused::Part("cause"))?;
        let effective_from = match document.get("effective_from") {
            None => None,
            Some(month) => Some(Month::from_json(month).ok_or(FactsRefused::Part("effective_from"))?),
        };
        Ok(DecisionFacts {
            standing: each(document, "standing", Entitlement::from_json).map_err(|_| FactsRefused::Part("standing"))?,
            effective_from: effective_from.filter(|_| sets_its_own_month(cause)),
            cause,
            decision_date: facts.date("decision.date").ok_or(FactsRefused::Part("decision/date"))?,
            month: facts
                .month("decision.month")
                .ok_or(FactsRefused::Part("decision/month"))?,
            kind,
            is_recipient: matches!(facts.code("history.status"), Some("dibao" | "grace" | "tekun")),
            member_scope: law.schema().scope(MEMBER).ok_or(FactsRefused::Part("members"))?,
            layout: Layout::new(law, &facts.counts),
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
        self.facts.code("decision.kind").unwrap_or_default()
    }

    /// [`DecisionFacts::kind`], interned.
    pub(super) fn kind_code(&self) -> CodeIndex {
        self.kind
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
