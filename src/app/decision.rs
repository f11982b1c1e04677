//! Deciding: from a household's facts to a determination that stands in the log, one way for
//! applications, reviews, exits and corrections.

use std::collections::BTreeMap;

use super::App;
use super::caller::Caller;
use super::case_file::CaseFile;
use super::command::{
    CaseId, CaseName, Correct, DecideExit, DeterminationName, Determine, Household, LocalId, Mode, PersonId, RequestId,
    Review,
};
use super::error::{AppError, Violation};
use super::facts::{DecisionKind, FactsInput, document};
use super::laws::AdoptedLaw;
use super::record::{Asked, NewRecord, Opened};
use super::result::{Determined, ExplanationStep};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::record::{EntryKind, LawUsed};
use crate::rules::calendar::Month;
use crate::rules::case::PriorState;
use crate::rules::decide::{DecisionFacts, FactsRefused, Refusal, decide};
use crate::rules::determination::{Determination, RequiredStep};
use crate::rules::document::SEMANTICS;
use crate::rules::outcome::Cause;

/// How often a decision is made again when another one of the same case or person came first.
pub(super) const ATTEMPT_COUNT_MAX: u32 = 3;

/// A decision that is asked for, of whichever kind.
struct Request<'a> {
    area: AreaCode,
    case: Option<CaseId>,
    kind: DecisionKind,
    cause: Cause,
    entry: EntryKind,
    corrects: Option<RecordId>,
    effective_from: Option<Month>,
    reason: Option<&'a str>,
    household: &'a Household,
    request_id: &'a RequestId,
    mode: Mode,
}

/// One attempt's decision, with everything that its record holds.
struct Attempt {
    law: std::sync::Arc<AdoptedLaw>,
    file: CaseFile,
    persons: super::persons::Persons,
    facts: Json,
    determination: Determination,
    explanation: Vec<ExplanationStep>,
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
            entry: EntryKind::Determination,
            corrects: None,
            effective_from: None,
            reason: None,
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
            entry: EntryKind::Determination,
            corrects: None,
            effective_from: None,
            reason: None,
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
            entry: EntryKind::Determination,
            corrects: None,
            effective_from: None,
            reason: None,
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
        let earlier = self.record(name.case.area, name.record, &name.to_string()).await?;
        if earlier.row.case_id.as_deref() != Some(&name.case.case.to_string()) {
            return Err(super::determinations::not_found(&name));
        }
        let request = Request {
            area: name.case.area,
            case: Some(name.case.case),
            kind: kind_of(&earlier)?,
            cause: command.cause,
            entry: EntryKind::Correction,
            corrects: Some(name.record),
            effective_from: command.effective_from,
            reason: Some(&command.reason),
            household: &command.household,
            request_id: &command.request_id,
            mode: command.mode,
        };
        self.decided(caller, request, &content).await
    }

    async fn decided(&self, caller: &Caller, request: Request<'_>, content: &Json) -> Result<Determined, AppError> {
        let asked = App::asked(request.area, caller, request.request_id, content);
        if let Some(first) = self.answered(&asked).await? {
            return self.determined(&first, request.mode.explain).await;
        }
        for _ in 0..ATTEMPT_COUNT_MAX {
            let attempt = self.attempt(caller, &request).await?;
            if request.mode.validate_only {
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

    /// Decides once, on the case and the law as they stand now.
    async fn attempt(&self, caller: &Caller, request: &Request<'_>) -> Result<Attempt, AppError> {
        let law = self.law(request.area).await?;
        let file = match request.case {
            Some(case) => {
                self.case_file(CaseName {
                    area: request.area.without_township(),
                    case,
                })
                .await?
            }
            None => {
                let case = CaseId::from_bytes(self.vault.random_id()?);
                self.new_case(CaseName {
                    area: request.area.without_township(),
                    case,
                })?
            }
        };
        let household = request.household;
        let persons = self.persons(&household.members, &household.identity, &file).await?;
        let held = self.held_elsewhere(&persons, &file).await?;
        let ids: Vec<String> = persons.ids.values().map(ToString::to_string).collect();
        let history = file.state.history(household.decision_date, &ids, &held);
        let facts = document(&FactsInput {
            area: request.area,
            kind: request.kind,
            cause: request.cause,
            effective_from: request.effective_from,
            reason: request.reason,
            corrects: request.corrects,
            household,
            persons: &persons.ids,
            history: &history,
            case: (&file.state, file.version),
            known_at: (&law.origin, law.known_at),
            caller,
            request_id: request.request_id,
        });
        let read = DecisionFacts::read(&law.law, &facts).map_err(|error| refused_facts(&error))?;
        let mut decision = decide(&law.law, &read);
        if let Some(refusal) = decision.refusal() {
            return Err(AppError::Refused {
                steps: steps_of(&refusal),
            });
        }
        let determination = decision.determination();
        let explanation = if request.mode.explain {
            law.explained(&decision.explain())
        } else {
            Vec::new()
        };
        drop(decision);
        Ok(Attempt {
            law,
            file,
            persons,
            facts,
            determination,
            explanation,
        })
    }

    /// Writes an attempt down; none if others came first.
    async fn record_attempt(
        &self,
        asked: &Asked,
        request: &Request<'_>,
        attempt: &Attempt,
    ) -> Result<Option<Opened>, AppError> {
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let determination = &attempt.determination;
        let kind = request.entry.name();
        let mut next = attempt
            .file
            .state
            .after(determination, &attempt.facts, &record_id.to_string(), kind);
        let corrected = request.corrects.filter(|_| determination.takes_effect());
        if let Some(corrected) = corrected {
            next.mark(&corrected.to_string(), PriorState::Corrected);
        }
        let identity = request.household.identity.with_persons(&attempt.persons.ids);
        let documents = vec![
            ("identity", identity.to_bytes()),
            ("facts", attempt.facts.to_bytes()),
            ("determination", determination.to_bytes()),
            ("frame", frame(&attempt.facts, determination, "live").to_bytes()),
        ];
        let new = NewRecord {
            kind: request.entry,
            law: Some(LawUsed {
                manifest: attempt.law.digest,
                semantics: SEMANTICS.to_owned(),
            }),
            documents,
            case: Some((&attempt.file, next)),
            sets_spans: determination.takes_effect(),
            persons: attempt.persons.new.clone(),
            policy: None,
        };
        Ok(self.append(asked, record_id, new).await?.ok())
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
            Determination::from_json(&opened.json("determination")?).map_err(|_| AppError::LogCorrupt)?;
        let facts = opened.json("facts")?;
        let law = self.law_of(opened, &facts).await?;
        let explanation = if explain {
            explain_again(&law, &facts)?
        } else {
            Vec::new()
        };
        let case = opened
            .row
            .case_id
            .as_deref()
            .and_then(|case| case.parse().ok())
            .ok_or(AppError::LogCorrupt)?;
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

/// The kind of decision that a record holds, for its correction.
fn kind_of(opened: &Opened) -> Result<DecisionKind, AppError> {
    let determination = Determination::from_json(&opened.json("determination")?).map_err(|_| AppError::LogCorrupt)?;
    let kinds = [DecisionKind::Determine, DecisionKind::Review, DecisionKind::Exit];
    kinds
        .into_iter()
        .find(|kind| kind.code() == determination.kind)
        .ok_or(AppError::LogCorrupt)
}

fn explain_again(law: &AdoptedLaw, facts: &Json) -> Result<Vec<ExplanationStep>, AppError> {
    let read = DecisionFacts::read(&law.law, facts).map_err(|_| AppError::LogCorrupt)?;
    Ok(law.explained(&decide(&law.law, &read).explain()))
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

/// What a sampling frame needs, and no more.
pub(super) fn frame(facts: &Json, determination: &Determination, source: &str) -> Json {
    let case = |key: &str| {
        facts
            .get("case")
            .and_then(|case| case.get(key))
            .and_then(Json::as_text)
            .unwrap_or_default()
    };
    let township = facts
        .get("township")
        .and_then(Json::as_text)
        .unwrap_or_else(|| case("area"));
    let status = facts
        .get("history")
        .and_then(|history| history.get("status"))
        .and_then(Json::as_text);
    let decider = facts
        .get("decided_by")
        .and_then(|officer| officer.get("id"))
        .and_then(Json::as_text);
    let household = &determination.household;
    let members = BTreeMap::from([
        ("township", Json::from(township)),
        (
            "programme",
            household
                .outcome
                .programme()
                .map_or("", |programme| programme.code())
                .into(),
        ),
        ("outcome", household.outcome.code().into()),
        ("residence_kind", case("residence_kind").into()),
        ("continuing", Json::Bool(!matches!(status, None | Some("none")))),
        ("source", source.into()),
        ("decider", decider.unwrap_or_default().into()),
        (
            "amount_fen",
            Json::Int(household.amount.map_or(0, crate::rules::money::Fen::get)),
        ),
        ("household_size", Json::integer(determination.persons.len() as i128)),
    ]);
    Json::object(members)
}

fn steps_of(refusal: &Refusal) -> Vec<RequiredStep> {
    let step = |guard: &crate::rules::decide::RefusedBy| RequiredStep {
        code: guard.reason.clone(),
        cite: Some(guard.cite.clone()),
        blocks: true,
    };
    refusal.guards.iter().map(step).collect()
}

/// Facts that the adopted vocabulary does not take: the edge accepts more than this law knows.
fn refused_facts(error: &FactsRefused) -> AppError {
    let violations = match error {
        FactsRefused::Vocabulary(errors) => errors
            .iter()
            .map(|error| Violation {
                field: format!("input.facts.{}", error.path.replace('/', ".")),
                description: error.problem.to_owned(),
            })
            .collect(),
        FactsRefused::Part(part) => {
            vec![Violation {
                field: format!("input.facts.{part}"),
                description: "is missing or malformed".to_owned(),
            }]
        }
        FactsRefused::Area => {
            vec![Violation {
                field: "area".to_owned(),
                description: "is not the area of the law".to_owned(),
            }]
        }
    };
    AppError::Invalid(violations)
}
