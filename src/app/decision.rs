//! Deciding: from a household's facts to a determination that stands in the log, one way for
//! applications, reviews, exits and corrections.

use super::App;
use super::attempt::Attempt;
use super::caller::Caller;
use super::command::{
    CaseId, CaseName, Correct, DecideExit, DeterminationName, Determine, Household, LocalId, Mode, PersonId, RequestId,
    Review,
};
use super::error::AppError;
use super::facts::DecisionKind;
use super::laws::AdoptedLaw;
use super::persons::hmacs_of;
use super::record::Opened;
use super::result::{Determined, ExplanationStep};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::record::EntryKind;
use crate::rules::calendar::{Date, Month};
use crate::rules::case::Standpoint;
use crate::rules::decide::{DecisionFacts, explain};
use crate::rules::determination::Determination;
use crate::rules::outcome::Cause;
use crate::store::DecisionAsk;

/// How often a decision is made again when another one of the same case or person came first.
pub(super) const ATTEMPT_COUNT_MAX: u32 = 3;

/// A decision that is asked for, of whichever kind.
pub(super) struct Request<'a> {
    pub(super) area: AreaCode,
    pub(super) case: Option<CaseId>,
    pub(super) kind: DecisionKind,
    pub(super) cause: Cause,
    pub(super) correction: Option<Correction<'a>>,
    pub(super) household: &'a Household,
    pub(super) request_id: &'a RequestId,
    pub(super) mode: Mode,
}

/// What a correction says beside the household.
pub(super) struct Correction<'a> {
    pub(super) corrects: RecordId,
    /// The day of that determination, if it took effect: then it is decided anew on what the case knew before it.
    pub(super) took_effect_on: Option<Date>,
    pub(super) effective_from: Option<Month>,
    pub(super) reason: &'a str,
}

impl Request<'_> {
    /// The kind of entry that records it.
    pub(super) fn entry(&self) -> EntryKind {
        if self.correction.is_some() {
            EntryKind::Correction
        } else {
            EntryKind::Determination
        }
    }
}

impl App {
    /// Decides an application.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn determine(&self, caller: &Caller, command: Determine) -> Result<Determined, AppError> {
        let content = command.to_json();
        let request = Request {
            area: command.area,
            case: command.case,
            kind: DecisionKind::Determine,
            cause: Cause::Initial,
            correction: None,
            household: &command.household,
            request_id: &command.request_id,
            mode: command.mode,
        };
        self.decided(caller, request, &content).await
    }

    /// Reviews a case.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn review(&self, caller: &Caller, command: Review) -> Result<Determined, AppError> {
        let content = command.to_json();
        let request = Request {
            area: command.case.area,
            case: Some(command.case.case),
            kind: DecisionKind::Review,
            cause: command.cause,
            correction: None,
            household: &command.household,
            request_id: &command.request_id,
            mode: command.mode,
        };
        self.decided(caller, request, &content).await
    }

    /// Decides an exit: the act that takes effect. What a guard holds back is recorded as a proposal and refused.
    ///
    /// # Errors
    /// [`AppError::Held`] names the record and the required steps.
    pub async fn decide_exit(&self, caller: &Caller, command: DecideExit) -> Result<Determined, AppError> {
        let content = command.to_json();
        let request = Request {
            area: command.case.area,
            case: Some(command.case.case),
            kind: DecisionKind::Exit,
            cause: Cause::Review,
            correction: None,
            household: &command.household,
            request_id: &command.request_id,
            mode: command.mode,
        };
        let determined = self.decided(caller, request, &content).await?;
        let household = &determined.determination.household;
        if household.proposes.is_none() {
            return Ok(determined);
        }
        Err(AppError::Held {
            determination: determined.name.map(|name| name.to_string()).unwrap_or_default(),
            steps: household
                .required_steps
                .iter()
                .filter(|step| step.blocks)
                .cloned()
                .collect(),
        })
    }

    /// Decides again what was decided wrongly; the earlier record stays, marked as corrected.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn correct(&self, caller: &Caller, command: Correct) -> Result<Determined, AppError> {
        let content = command.to_json();
        let name = command.determination;
        let asked = App::asked(name.case.area, caller, &command.request_id, &content);
        // Before what it corrects is read, which may be erased by now: then the answer is that of the first record.
        if let Some(first) = self.answered(&asked).await? {
            return self.determined(&first, command.mode.explain).await;
        }
        let (kind, took_effect_on) = decided_by(&self.determination_named(&name).await?)?;
        let request = Request {
            area: name.case.area,
            case: Some(name.case.case),
            kind,
            cause: command.cause,
            correction: Some(Correction {
                corrects: name.record,
                took_effect_on,
                effective_from: command.effective_from,
                reason: &command.reason,
            }),
            household: &command.household,
            request_id: &command.request_id,
            mode: command.mode,
        };
        self.decided(caller, request, &content).await
    }

    async fn decided(&self, caller: &Caller, request: Request<'_>, content: &Json) -> Result<Determined, AppError> {
        let asked = App::asked(request.area, caller, request.request_id, content);
        let household = request.household;
        let names = self.names(&household.members, &household.identity);
        let ask = DecisionAsk {
            request: asked.key.clone(),
            case_id: request.case.map(|case| case.to_string()),
            hmacs: hmacs_of(&names),
            person_ids: household
                .members
                .iter()
                .filter_map(|member| Some(member.person?.to_string()))
                .collect(),
        };
        for _ in 0..ATTEMPT_COUNT_MAX {
            let found = self.store.decision_view(&ask).await?;
            if let Some(row) = &found.request {
                let first = self.answered_by(&asked, row).await?;
                return self.determined(&first, request.mode.explain).await;
            }
            let attempt = self.attempt(caller, &request, names.clone(), found).await?;
            if request.mode.validate_only {
                self.tried(caller, &attempt.file).await?;
                return Ok(self.dry(attempt));
            }
            if let Some(opened) = self.record_attempt(&asked, &request, &attempt).await? {
                let mut determined = self.determined(&opened, false).await?;
                determined.explanation = attempt.explanation;
                return Ok(determined);
            }
        }
        Err(AppError::CaseChanged)
    }

    /// The answer of a dry run: everything but the record.
    fn dry(&self, attempt: Attempt) -> Determined {
        let exists = attempt.file.version > 0;
        Determined {
            name: None,
            case: exists.then_some(attempt.file.name),
            citations: attempt.law.citations(&attempt.determination),
            law: attempt.law.digest,
            persons: Vec::new(),
            determination: attempt.determination,
            explanation: attempt.explanation,
            acknowledged: None,
        }
    }

    /// A recorded determination as an answer: the same for the first answer and for every later one.
    pub(super) async fn determined(&self, opened: &Opened, explain: bool) -> Result<Determined, AppError> {
        let determination =
            Determination::from_json(&opened.json("determination")?).map_err(|_| opened.damaged("determination"))?;
        let facts = opened.json("facts")?;
        let law = self.law_of(opened, &facts).await?;
        let explanation = if explain {
            explain_again(&law, &facts).ok_or_else(|| opened.damaged("facts"))?
        } else {
            Vec::new()
        };
        let case = opened
            .row
            .case_id
            .as_deref()
            .and_then(|case| case.parse().ok())
            .ok_or(AppError::corrupt("a record names no case"))?;
        let case = CaseName {
            area: opened.row.area,
            case,
        };
        Ok(Determined {
            name: Some(DeterminationName {
                case,
                record: opened.row.record_id,
            }),
            case: Some(case),
            citations: law.citations(&determination),
            law: law.digest,
            persons: persons_of(&facts),
            determination,
            explanation,
            acknowledged: Some(opened.acknowledged.clone()),
        })
    }
}

/// What kind of decision a record holds, for its correction, and the day on which it stands if it took effect.
fn decided_by(opened: &Opened) -> Result<(DecisionKind, Option<Date>), AppError> {
    let determination =
        Determination::from_json(&opened.json("determination")?).map_err(|_| opened.damaged("determination"))?;
    let kinds = [DecisionKind::Determine, DecisionKind::Review, DecisionKind::Exit];
    let kind = kinds.into_iter().find(|kind| kind.code() == determination.kind);
    let kind = kind.ok_or_else(|| opened.damaged("determination"))?;
    let day = Standpoint::recorded(&determination, &opened.json("facts")?).day;
    Ok((kind, determination.takes_effect().then_some(day)))
}

/// None if these are no facts of the law.
fn explain_again(law: &AdoptedLaw, facts: &Json) -> Option<Vec<ExplanationStep>> {
    let read = DecisionFacts::read(&law.law, facts).ok()?;
    Some(law.explained(&explain(&law.law, &read)))
}

/// The caller's ids of the members with their person ids, in the order of the facts.
fn persons_of(facts: &Json) -> Vec<(LocalId, PersonId)> {
    let members = facts.get("members").and_then(Json::as_list).unwrap_or_default();
    let text = |member: &Json, key: &str| member.get(key).and_then(Json::as_text).map(str::to_owned);
    members
        .iter()
        .filter_map(|member| Some((text(member, "key")?.parse().ok()?, text(member, "id")?.parse().ok()?)))
        .collect()
}
