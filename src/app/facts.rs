//! The facts document of one decision: the caller's facts, the case's history, and where all of it came from.
//!
//! A replay reads nothing but this document and the law, so everything that a decision rests on is in it.

use std::collections::BTreeMap;

use super::caller::Caller;
use super::command::{Household, LocalId, PersonId, RequestId};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::{Origin, TreeSize};
use crate::reader::put;
use crate::rules::calendar::Date;
use crate::rules::case::{CaseState, HISTORY_BEFORE, History, PriorRecord};
use crate::rules::outcome::Cause;
use crate::rules::vocabulary::Schema;

/// The version of the document's layout.
const FACTS_VERSION: i64 = 1;

/// The first month that a correction changes, where the vocabulary knows it.
const EFFECTIVE_FROM: &str = "decision.effective_from";

/// The day of what it corrects, for ages; likewise.
const CORRECTED_ON: &str = "decision.corrected_on";

/// What kind of decision it is: selects the outcome lists of the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionKind {
    /// 审核确认.
    Determine,
    /// 定期核查.
    Review,
    /// 退出.
    Exit,
}

impl DecisionKind {
    /// The code of `decision.kind`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            DecisionKind::Determine => "determine",
            DecisionKind::Review => "review",
            DecisionKind::Exit => "exit",
        }
    }
}

/// Everything that goes into a facts document.
pub struct FactsInput<'a> {
    /// The deciding area, or a township of it.
    pub area: AreaCode,
    /// What is decided.
    pub kind: DecisionKind,
    /// Why.
    pub cause: Cause,
    /// What a correction says beside the household.
    pub(super) correction: Option<&'a super::decision::Correction<'a>>,
    /// The household.
    pub household: &'a Household,
    /// The members' person ids.
    pub persons: &'a BTreeMap<LocalId, PersonId>,
    /// The case's history facts.
    pub history: &'a History,
    /// The case before this decision, and its version; the default of a new case.
    pub case: (&'a CaseState, u64),
    /// The vocabulary of the law: a fact that it does not have is not supplied.
    pub schema: &'a Schema,
    /// The log whose POLICY entries below `size` are the law of this decision.
    pub known_at: (&'a Origin, TreeSize),
    /// Who asks.
    pub caller: &'a Caller,
    /// In which request.
    pub request_id: &'a RequestId,
}

/// The facts document.
#[must_use]
pub fn document(input: &FactsInput<'_>) -> Json {
    let mut facts = match input.household.facts_with(input.persons) {
        Json::Object(groups) => groups,
        Json::Bool(_) | Json::Int(_) | Json::Text(_) | Json::List(_) => BTreeMap::new(),
    };
    facts.insert("v".to_owned(), Json::Int(FACTS_VERSION));
    facts.insert("decision".to_owned(), decision(input));
    facts.insert("cause".to_owned(), input.cause.code().into());
    add_area(&mut facts, input.area);
    add_history(&mut facts, input.history);
    facts.insert("chain".to_owned(), chain(input.case.0, input.case.1));
    facts.insert(
        "known_at".to_owned(),
        Json::object([
            ("origin", Json::from(input.known_at.0.to_string())),
            ("size", Json::integer(input.known_at.1.get().into())),
        ]),
    );
    facts.insert("caller".to_owned(), input.caller.principal.as_str().into());
    facts.insert("request_id".to_owned(), input.request_id.to_string().into());
    put(&mut facts, "trace", input.caller.trace.as_ref().map(trace));
    if let Some(correction) = input.correction {
        put(&mut facts, "corrects", Some(correction.corrects.to_string()));
        put(
            &mut facts,
            "effective_from",
            correction.effective_from.map(|month| month.to_string()),
        );
        let before = |decided_on: Date| {
            Json::object([
                ("decided_on", Json::from(decided_on.to_string())),
                ("record", correction.corrects.to_string().into()),
            ])
        };
        put(&mut facts, HISTORY_BEFORE, correction.took_effect_on.map(before));
        put(&mut facts, "correction_reason", Some(correction.reason));
    }
    let relations = input.household.relations.iter().map(|relation| {
        Json::object([
            ("kind", Json::from(relation.kind.code())),
            ("determination", relation.determination.to_string().into()),
        ])
    });
    facts.insert("relations".to_owned(), Json::List(relations.collect()));
    Json::Object(facts)
}

/// The call itself, as rules read it.
fn decision(input: &FactsInput<'_>) -> Json {
    let mut decision = vec![
        ("date", Json::from(input.household.decision_date.to_string())),
        ("month", Json::from(input.household.month.to_string())),
        ("kind", input.kind.code().into()),
    ];
    if let Some(correction) = input.correction
        && let Some(month) = correction.effective_from
    {
        let day = correction.took_effect_on.map(|day| day.to_string());
        let told = [
            (EFFECTIVE_FROM, "effective_from", Some(month.to_string())),
            (CORRECTED_ON, "corrected_on", day),
        ];
        let known = told
            .into_iter()
            .filter(|(path, ..)| input.schema.has_household_fact(path));
        decision.extend(known.filter_map(|(_, key, value)| Some((key, value?.into()))));
    }
    Json::object(decision)
}

/// `case.area` is the county that decides; the township that handles the case stands beside the facts.
fn add_area(facts: &mut BTreeMap<String, Json>, area: AreaCode) {
    let county = area.without_township();
    let case = facts
        .entry("case".to_owned())
        .or_insert_with(|| Json::Object(BTreeMap::new()));
    if let Json::Object(fields) = case {
        fields.insert("area".to_owned(), county.to_string().into());
    }
    if area != county {
        facts.insert("township".to_owned(), area.to_string().into());
    }
}

fn add_history(facts: &mut BTreeMap<String, Json>, history: &History) {
    facts.insert("history".to_owned(), Json::Object(history.household.clone()));
    facts.insert("paid".to_owned(), Json::List(history.paid.clone()));
    facts.insert("standing".to_owned(), history.standing.clone());
    let Some(Json::List(members)) = facts.get_mut("members") else {
        return;
    };
    for member in members {
        let Json::Object(fields) = member else { continue };
        let known = fields
            .get("id")
            .and_then(Json::as_text)
            .and_then(|id| history.members.get(id))
            .cloned();
        fields.extend(known.into_iter().flatten());
    }
}

/// What lets an auditor tell that the history is complete: the case's version and its records so far.
fn chain(state: &CaseState, version: u64) -> Json {
    let mut chain = BTreeMap::new();
    put(&mut chain, "previous", state.prior.last().map(PriorRecord::to_json));
    put(&mut chain, "case_version", Some(Json::integer(version.into())));
    put(
        &mut chain,
        "prior",
        Some(state.prior.iter().map(PriorRecord::to_json).collect::<Vec<_>>()),
    );
    Json::Object(chain)
}

fn trace(trace: &super::caller::TraceContext) -> Json {
    let mut place = BTreeMap::new();
    put(&mut place, "trace_id", Some(trace.trace_id.as_str()));
    put(&mut place, "span_id", Some(trace.span_id.as_str()));
    put(&mut place, "parent_span_id", trace.parent_span_id.as_deref());
    put(&mut place, "flags", Some(Json::Int(trace.flags.into())));
    Json::Object(place)
}
