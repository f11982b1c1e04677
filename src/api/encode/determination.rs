//! Determinations: the document, with the words of what it cites.

use std::collections::BTreeMap;

use super::record::acknowledgement;
use super::{date, hash, month, time};
use crate::api::pb;
use crate::app::result::{Citation, DeterminationRead, DeterminationSummary, Determined, ExplanationStep, Listed};
use crate::rules::case::PriorState;
use crate::rules::determination::{Decided, PlannedOutcome, RequiredStep};
use crate::rules::entitlement::Entitlement;
use crate::rules::outcome::{Cause, Effect, Outcome, Programme};

/// The words of citations, by id.
struct Citations(BTreeMap<String, Citation>);

impl Citations {
    /// A citation with its words; one whose words are not at hand is its id alone.
    fn get(&self, id: &str) -> pb::Citation {
        let found = self.0.get(id).cloned();
        found.map_or_else(
            || pb::Citation {
                id: id.to_owned(),
                ..Default::default()
            },
            |words| pb::Citation {
                id: id.to_owned(),
                number: words.number,
                title: words.title,
                article: words.article,
                text: words.text,
                quoted: words.quoted,
            },
        )
    }

    fn maybe(&self, id: Option<&str>) -> Option<pb::Citation> {
        id.map(|id| self.get(id))
    }
}

/// A determination with its record.
pub fn determined(result: Determined) -> (pb::Determination, Option<pb::Acknowledgement>) {
    let citations = Citations(result.citations);
    let d = result.determination;
    let message = pb::Determination {
        name: result.name.map(|name| name.to_string()).unwrap_or_default(),
        case: result.case.map(|name| name.to_string()).unwrap_or_default(),
        area: d.area,
        kind: kind(&d.kind) as i32,
        cause: cause(d.cause) as i32,
        decision_date: Some(date(d.decision_date)),
        month: Some(month(d.month)),
        household: Some(decided(d.household, &citations)),
        members: d
            .members
            .into_iter()
            .map(|member| pb::MemberDecided {
                person: member.member,
                decided: Some(decided(member.decided, &citations)),
            })
            .collect(),
        entitlements: d.entitlements.into_iter().map(entitlement).collect(),
        proposed: d.proposed.into_iter().map(entitlement).collect(),
        difference: d
            .difference
            .into_iter()
            .map(|item| pb::Difference {
                month: Some(month(item.month)),
                was_fen: item.was.get(),
                now_fen: item.now.get(),
            })
            .collect(),
        due_dates: d
            .due
            .into_iter()
            .map(|due| pb::DueDate {
                citation: Some(citations.get(&due.cite)),
                schedule: due.id,
                date: Some(date(due.date)),
            })
            .collect(),
        missing_facts: d
            .missing_facts
            .into_iter()
            .map(|missing| pb::MissingFact {
                path: missing.fact,
                at: missing.at.unwrap_or_default(),
            })
            .collect(),
        missing_rules: d
            .missing_rules
            .into_iter()
            .map(|missing| pb::MissingRule {
                rule: missing.rule,
                date: Some(date(missing.date)),
                area: missing.area.unwrap_or_default(),
            })
            .collect(),
        parameters: d
            .parameters
            .into_iter()
            .map(|read| pb::ParameterRead {
                citation: citations.maybe(read.cite.as_deref()),
                id: read.id,
                row: read.row,
                area: read.area,
                value: read.value.to_string(),
                sample: read.sample,
            })
            .collect(),
        choices: d
            .choices
            .into_iter()
            .map(|read| pb::ChoiceRead {
                citation: citations.maybe(read.cite.as_deref()),
                id: read.id,
                option: read.option,
            })
            .collect(),
        samples: d.samples,
        law: hash(&result.law),
        // Hex of our own making; a record that is damaged does not get this far.
        trace_hash: hex::decode(d.trace).unwrap_or_default(),
        explanation: result
            .explanation
            .into_iter()
            .map(|item| step(item, &citations))
            .collect(),
        counted_persons: d.persons,
        persons: result
            .persons
            .into_iter()
            .map(|(member, person)| pb::MemberPerson {
                member_id: member.to_string(),
                person: person.to_string(),
            })
            .collect(),
    };
    (message, result.acknowledged.map(acknowledgement))
}

/// GetDetermination.
pub fn read(result: DeterminationRead) -> pb::GetDeterminationResponse {
    let (determination, acknowledgement) = determined(result.determined);
    pb::GetDeterminationResponse {
        determination: Some(determination),
        acknowledgement,
        state: state(result.state) as i32,
    }
}

/// ListDeterminations.
pub fn listed(page: Listed<DeterminationSummary>) -> pb::ListDeterminationsResponse {
    let determinations = page.items.into_iter().map(|item| pb::DeterminationSummary {
        name: item.name.to_string(),
        index: item.index.get(),
        kind: kind(&item.kind) as i32,
        outcome: outcome(item.outcome) as i32,
        decision_date: Some(date(item.decision_date)),
        state: state(item.state) as i32,
        create_time: Some(time(item.logged_seconds)),
    });
    pb::ListDeterminationsResponse {
        determinations: determinations.collect(),
        next_page_token: page.next.unwrap_or_default(),
    }
}

fn decided(decided: Decided, citations: &Citations) -> pb::Decided {
    pb::Decided {
        outcome: outcome(decided.outcome) as i32,
        proposes: decided.proposes.map_or(pb::Outcome::Unspecified, outcome) as i32,
        effect: decided.effect.map_or(pb::Effect::Unspecified, effect) as i32,
        reason: decided.reason.unwrap_or_default(),
        citation: citations.maybe(decided.cite.as_deref()),
        row: decided.row.unwrap_or_default(),
        amount_fen: decided.amount.map(|amount| amount.get()),
        from: decided.from.map(month),
        valid_until: decided.valid_until.map(month),
        shown_fen: decided.shows.map(|amount| amount.get()),
        required_steps: decided
            .required_steps
            .into_iter()
            .map(|item| required(item, citations))
            .collect(),
        planned: decided.planned.map(planned),
        referrals: decided.refer,
        flags: decided.flags,
        error: decided.error.unwrap_or_default(),
    }
}

fn required(step: RequiredStep, citations: &Citations) -> pb::RequiredStep {
    pb::RequiredStep {
        citation: citations.maybe(step.cite.as_deref()),
        code: step.code,
        blocks: step.blocks,
    }
}

fn planned(planned: PlannedOutcome) -> pb::PlannedOutcome {
    pb::PlannedOutcome {
        outcome: outcome(planned.outcome) as i32,
        from: Some(month(planned.from)),
        reason: planned.reason.unwrap_or_default(),
        required_steps: planned.first,
    }
}

fn entitlement(held: Entitlement) -> pb::Entitlement {
    pb::Entitlement {
        programme: programme(held.programme) as i32,
        persons: held.persons,
        from: Some(month(held.from)),
        to: held.to.map(month),
        amount_fen: held.amount.get(),
        supersedes: held.supersedes,
    }
}

fn step(step: ExplanationStep, citations: &Citations) -> pb::ExplanationStep {
    pb::ExplanationStep {
        citation: citations.maybe(step.cite.as_deref()),
        clause: step.clause,
        name: step.name,
        at: step.at,
        value: step.value,
        unit: step.unit,
        text: step.text,
    }
}

/// The record's own word for what was decided about.
fn kind(code: &str) -> pb::DecisionKind {
    let name = format!("DECISION_KIND_{}", code.to_ascii_uppercase());
    pb::DecisionKind::from_str_name(&name).unwrap_or(pb::DecisionKind::Unspecified)
}

pub(super) fn outcome(outcome: Outcome) -> pb::Outcome {
    match outcome {
        Outcome::Dibao => pb::Outcome::Dibao,
        Outcome::Tekun => pb::Outcome::Tekun,
        Outcome::SingleDibao => pb::Outcome::SingleDibao,
        Outcome::Grace => pb::Outcome::Grace,
        Outcome::Edge => pb::Outcome::Edge,
        Outcome::Rigid => pb::Outcome::Rigid,
        Outcome::OtherLowIncome => pb::Outcome::OtherLowIncome,
        Outcome::Refused => pb::Outcome::Refused,
        Outcome::Stop => pb::Outcome::Stop,
        Outcome::ProposedEntry => pb::Outcome::ProposedEntry,
        Outcome::ProposedIncrease => pb::Outcome::ProposedIncrease,
        Outcome::ProposedSame => pb::Outcome::ProposedSame,
        Outcome::ProposedDecrease => pb::Outcome::ProposedDecrease,
        Outcome::ProposedStop => pb::Outcome::ProposedStop,
        Outcome::NeedsFacts => pb::Outcome::NeedsFacts,
        Outcome::NeedsRule => pb::Outcome::NeedsRule,
        Outcome::Error => pb::Outcome::Error,
    }
}

fn effect(effect: Effect) -> pb::Effect {
    match effect {
        Effect::Entry => pb::Effect::Entry,
        Effect::Increase => pb::Effect::Increase,
        Effect::Same => pb::Effect::Same,
        Effect::Decrease => pb::Effect::Decrease,
        Effect::Stop => pb::Effect::Stop,
    }
}

fn programme(programme: Programme) -> pb::Programme {
    match programme {
        Programme::Dibao => pb::Programme::Dibao,
        Programme::Grace => pb::Programme::Grace,
        Programme::SingleDibao => pb::Programme::SingleDibao,
        Programme::Tekun => pb::Programme::Tekun,
    }
}

fn cause(cause: Cause) -> pb::Cause {
    match cause {
        Cause::Initial => pb::Cause::Initial,
        Cause::Review => pb::Cause::Review,
        Cause::Event => pb::Cause::Event,
        Cause::Correction => pb::Cause::Correction,
        Cause::Remedy => pb::Cause::Remedy,
        Cause::Court => pb::Cause::Court,
    }
}

fn state(state: PriorState) -> pb::DeterminationState {
    match state {
        PriorState::Standing => pb::DeterminationState::Standing,
        PriorState::NoEffect => pb::DeterminationState::NoEffect,
        PriorState::Corrected => pb::DeterminationState::Corrected,
        PriorState::Changed => pb::DeterminationState::Changed,
        PriorState::Revoked => pb::DeterminationState::Revoked,
        PriorState::Remanded => pb::DeterminationState::Remanded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::determination::Determination;

    /// V53: a stop without a hearing, as the engine records it.
    const PROPOSED_STOP: &[u8] = include_bytes!("proposed_stop.json");

    fn sample() -> Determined {
        let json = crate::canonical::Json::parse(PROPOSED_STOP).expect("JSON of the subset");
        let words = Citation {
            number: "中华人民共和国社会救助法".to_owned(),
            title: String::new(),
            article: "48".to_owned(),
            text: "听取意见".to_owned(),
            quoted: false,
        };
        Determined {
            name: None,
            case: None,
            determination: Determination::from_json(&json).expect("a determination"),
            law: crate::log::Hash::of(b"law"),
            persons: Vec::new(),
            citations: [("sal#48".to_owned(), words)].into(),
            explanation: Vec::new(),
            acknowledged: None,
        }
    }

    #[test]
    fn a_proposal_names_what_is_held_back_and_the_clause_that_asks_for_a_step() {
        let (message, acknowledgement) = determined(sample());
        assert!(acknowledgement.is_none(), "a dry run has no record");
        assert_eq!((message.name.as_str(), message.kind()), ("", pb::DecisionKind::Exit));
        let household = message.household.expect("always there");
        assert_eq!(
            (household.outcome(), household.proposes()),
            (pb::Outcome::ProposedStop, pb::Outcome::Stop)
        );
        let step = &household.required_steps[0];
        assert_eq!((step.code.as_str(), step.blocks), ("HEARING_REQUIRED", true));
        assert_eq!(
            step.citation.as_ref().map(|c| (c.id.as_str(), c.text.as_str())),
            Some(("sal#48", "听取意见"))
        );
        // A citation whose words are not at hand still has its id.
        assert_eq!(
            household.citation.map(|c| (c.id, c.text)),
            Some(("sc649#13".to_owned(), String::new()))
        );
    }

    #[test]
    fn a_month_is_a_date_without_a_day_and_a_date_has_one() {
        let (message, _) = determined(sample());
        assert_eq!(
            message.month,
            Some(pb::Date {
                year: 2026,
                month: 7,
                day: 0
            })
        );
        assert_eq!(
            message.decision_date,
            Some(pb::Date {
                year: 2026,
                month: 7,
                day: 1
            })
        );
        assert_eq!(message.trace_hash.len(), 32);
    }
}
