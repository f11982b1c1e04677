//! One attempt at a decision: on the case and the law as they stand now, and its record.

use std::sync::Arc;

use tokio::time::Instant;

use super::App;
use super::caller::Caller;
use super::case_file::CaseFile;
use super::command::{CaseId, CaseName, DeterminationName};
use super::decision::{Correction, Request};
use super::error::{AppError, Violation};
use super::facts::{FactsInput, document};
use super::fields::field_of;
use super::frame::FrameMembers;
use super::laws::AdoptedLaw;
use super::persons::Persons;
use super::record::{Asked, NewRecord, Opened};
use super::result::ExplanationStep;
use super::transfer;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::keys::PersonNames;
use crate::log::record::{EntryKind, LawUsed};
use crate::rules::calendar::Date;
use crate::rules::case::{CaseState, Corrected, PriorState, Standpoint};
use crate::rules::decide::{DecisionFacts, FactsRefused, Refusal, decide, explain};
use crate::rules::determination::{Determination, RequiredStep};
use crate::rules::document::SEMANTICS;
use crate::store::DecisionView;
use crate::telemetry::span;

/// Where the members stand in the request of a decision.
const MEMBERS_FIELD: &str = "input.facts.members";

/// One attempt's decision, with everything that its record holds.
pub(super) struct Attempt {
    pub(super) law: Arc<AdoptedLaw>,
    pub(super) file: CaseFile,
    /// The case as a correction that takes effect finds it.
    corrected: Option<Corrected>,
    pub(super) persons: Persons,
    pub(super) facts: Json,
    pub(super) determination: Determination,
    pub(super) explanation: Vec<ExplanationStep>,
}

impl App {
    /// Decides once, on what was found of the case, the law and the persons.
    pub(super) async fn attempt(
        &self,
        caller: &Caller,
        request: &Request<'_>,
        names: Vec<PersonNames>,
        found: DecisionView,
    ) -> Result<Attempt, AppError> {
        let law = self.law_in_use(request.area, found.log, found.newest_policy).await?;
        let file = match request.case {
            Some(case) => {
                let area = request.area.without_township();
                self.case_file_of(CaseName { area, case }, found.case).await?
            }
            None => {
                let case = CaseId::from_bytes(self.vault.random_id()?);
                self.new_case(CaseName {
                    area: request.area.without_township(),
                    case,
                })?
            }
        };
        // What was decided here is corrected here, also once the case is elsewhere.
        match &request.correction {
            Some(correction) => self.can_be_corrected(&file, correction.corrects).await?,
            None => transfer::stays(&file.state)?,
        }
        let household = request.household;
        let persons = self.persons(&household.members, MEMBERS_FIELD, names, found.persons, &file)?;
        let held = self.held_elsewhere(&persons, &file, found.spans).await?;
        let ids: Vec<String> = persons.ids.values().map(ToString::to_string).collect();
        let date = household.decision_date;
        let corrected = match &request.correction {
            Some(correction) => self.corrected(&file, correction, date).await?,
            None => None,
        };
        let history = match &corrected {
            Some(corrected) => corrected.history(date, &ids, &held),
            None => file.state.history(date, &ids, &held),
        };
        let facts = document(&FactsInput {
            area: handled_in(request.area, &file.state),
            kind: request.kind,
            cause: request.cause,
            correction: request.correction.as_ref(),
            household,
            persons: &persons.ids,
            history: &history,
            case: (&file.state, file.version),
            schema: law.law.schema(),
            known_at: (&law.origin, law.known_at),
            caller,
            request_id: request.request_id,
        });
        let read = DecisionFacts::read(&law.law, &facts).map_err(|error| refused_facts(&error))?;
        let began = Instant::now();
        let decision = span::decide().in_scope(|| decide(&law.law, &read));
        self.metrics.decided(began.elapsed());
        if let Some(refusal) = decision.refusal() {
            return Err(AppError::Refused {
                steps: steps_of(&refusal),
            });
        }
        let determination = decision.determination();
        let explanation = if request.mode.explain {
            law.explained(&explain(&law.law, &read))
        } else {
            Vec::new()
        };
        drop(decision);
        Ok(Attempt {
            law,
            file,
            corrected,
            persons,
            facts,
            determination,
            explanation,
        })
    }

    /// The case as a correction of a determination that took effect finds it.
    async fn corrected(
        &self,
        file: &CaseFile,
        correction: &Correction<'_>,
        made_on: Date,
    ) -> Result<Option<Corrected>, AppError> {
        let Some(decided_on) = correction.took_effect_on else {
            return Ok(None);
        };
        let before = self.case_before(file.name, correction.corrects).await?;
        let standpoint = Standpoint::of_correction(made_on, decided_on, correction.effective_from);
        Ok(Some(file.state.corrected(&before, standpoint)))
    }

    /// Whether no correction of a determination stands. A remedy marks a record anew, whatever it was marked as before:
    /// of one that was decided on by a remedy, the corrections themselves are asked.
    async fn can_be_corrected(&self, file: &CaseFile, determination: RecordId) -> Result<(), AppError> {
        let corrected = AppError::CaseState("it was corrected already: correct the correction instead");
        let determination = determination.to_string();
        let found = file.state.prior.iter().find(|prior| prior.record == determination);
        let remedied = match found.map(|prior| prior.state) {
            Some(PriorState::Corrected) => return Err(corrected),
            Some(PriorState::Changed | PriorState::Revoked | PriorState::Remanded) => true,
            Some(PriorState::Standing | PriorState::NoEffect) | None => false,
        };
        let corrections = file.state.prior.iter().filter(|prior| {
            remedied && prior.kind == EntryKind::Correction.name() && prior.state != PriorState::NoEffect
        });
        for correction in corrections {
            let name = DeterminationName {
                case: file.name,
                record: correction
                    .record
                    .parse()
                    .map_err(|_| AppError::corrupt("a case names no record"))?,
            };
            let facts = self.determination_named(&name).await?.json("facts")?;
            if facts.get("corrects").and_then(Json::as_text) == Some(&determination) {
                return Err(corrected);
            }
        }
        Ok(())
    }

    /// Writes an attempt down; none if others came first.
    pub(super) async fn record_attempt(
        &self,
        asked: &Asked,
        request: &Request<'_>,
        attempt: &Attempt,
    ) -> Result<Option<Opened>, AppError> {
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let determination = &attempt.determination;
        // What does not take effect changes nothing of what is remembered.
        let corrected = attempt.corrected.as_ref().filter(|_| determination.takes_effect());
        let mut next = transfer::after(
            corrected.map_or(&attempt.file.state, |corrected| &corrected.state),
            determination,
            &attempt.facts,
            &record_id.to_string(),
            request.entry(),
        );
        let corrected = request.correction.as_ref().filter(|_| determination.takes_effect());
        if let Some(corrected) = corrected {
            next.mark(&corrected.corrects.to_string(), PriorState::Corrected);
        }
        let identity = request.household.identity.with_persons(&attempt.persons.ids);
        let documents = vec![
            ("identity", identity.to_bytes()),
            ("facts", attempt.facts.to_bytes()),
            ("determination", determination.to_bytes()),
            (
                "frame",
                FrameMembers::of(&attempt.facts, determination).to_json().to_bytes(),
            ),
        ];
        let new = NewRecord {
            kind: request.entry(),
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
        let opened = self.append(asked, record_id, new).await?.ok();
        // A request that was answered meanwhile gives the record that answered it.
        if opened.as_ref().is_some_and(|opened| opened.row.record_id == record_id) {
            let corrects = request.correction.is_some();
            let kind = if corrects { "correction" } else { &determination.kind };
            self.metrics.determined(kind, determination.household.outcome.code());
        }
        Ok(opened)
    }
}

/// The area of the facts: the township that the request names, or else the one that handles the case.
fn handled_in(asked: AreaCode, state: &CaseState) -> AreaCode {
    if asked == asked.without_township() {
        state.township.unwrap_or(asked)
    } else {
        asked
    }
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
                field: format!("input.facts.{}", field_of(&error.path)),
                description: format!(
                    "{}: give what the vocabulary of the area has, or adopt a vocabulary that has it",
                    error.problem
                ),
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
