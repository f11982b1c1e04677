//! Determination to canonical JSON. An absent option is an absent key; a list is always there.

use std::collections::BTreeMap;

use super::{
    Carried, ChoiceRead, DETERMINATION_VERSION, Decided, Determination, Due, MemberDecided, MissingFact, MissingRule,
    ParameterRead, PlannedOutcome, RequiredStep,
};
use crate::canonical::Json;
use crate::reader::put;
use crate::rules::entitlement::{Difference, Entitlement, texts};

impl Determination {
    /// The canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::object([
            ("v", Json::Int(DETERMINATION_VERSION)),
            ("area", self.area.as_str().into()),
            ("kind", self.kind.as_str().into()),
            ("cause", self.cause.code().into()),
            ("decision_date", self.decision_date.to_string().into()),
            ("month", self.month.to_string().into()),
            ("household", self.household.to_json()),
            ("persons", texts(&self.persons)),
            ("members", list(&self.members, MemberDecided::to_json)),
            ("entitlements", list(&self.entitlements, Entitlement::to_json)),
            ("proposed", list(&self.proposed, Entitlement::to_json)),
            (
                "difference",
                list(&self.difference, |difference: &Difference| difference.to_json()),
            ),
            ("due", list(&self.due, Due::to_json)),
            ("carried", list(&self.carried, Carried::to_json)),
            ("parameters", list(&self.parameters, ParameterRead::to_json)),
            ("choices", list(&self.choices, ChoiceRead::to_json)),
            ("missing_facts", list(&self.missing_facts, MissingFact::to_json)),
            ("missing_rules", list(&self.missing_rules, MissingRule::to_json)),
            ("samples", texts(&self.samples)),
            ("trace", self.trace.as_str().into()),
        ])
    }
}

impl Decided {
    /// The canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "outcome", Some(self.outcome.code()));
        put(&mut out, "proposes", self.proposes.map(|outcome| outcome.code()));
        put(&mut out, "effect", self.effect.map(|effect| effect.code()));
        put(&mut out, "row", self.row.clone());
        put(&mut out, "reason", self.reason.clone());
        put(&mut out, "cite", self.cite.clone());
        put(
            &mut out,
            "amount_fen",
            self.amount.map(|amount| Json::Int(amount.get())),
        );
        put(&mut out, "from", self.from.map(|month| month.to_string()));
        put(&mut out, "valid_until", self.valid_until.map(|month| month.to_string()));
        put(&mut out, "shows_fen", self.shows.map(|amount| Json::Int(amount.get())));
        put(
            &mut out,
            "required_steps",
            Some(list(&self.required_steps, RequiredStep::to_json)),
        );
        put(&mut out, "planned", self.planned.as_ref().map(PlannedOutcome::to_json));
        put(&mut out, "refer", Some(texts(&self.refer)));
        put(&mut out, "flags", Some(texts(&self.flags)));
        put(&mut out, "error", self.error.clone());
        Json::Object(out)
    }
}

impl MemberDecided {
    fn to_json(&self) -> Json {
        Json::object([
            ("member", self.member.as_str().into()),
            ("decided", self.decided.to_json()),
        ])
    }
}

impl RequiredStep {
    fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "code", Some(self.code.clone()));
        put(&mut out, "cite", self.cite.clone());
        put(&mut out, "blocks", Some(self.blocks));
        Json::Object(out)
    }
}

impl PlannedOutcome {
    fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "outcome", Some(self.outcome.code()));
        put(&mut out, "from", Some(self.from.to_string()));
        put(&mut out, "reason", self.reason.clone());
        put(&mut out, "first", Some(texts(&self.first)));
        Json::Object(out)
    }
}

impl Due {
    /// The canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::object([
            ("id", self.id.as_str().into()),
            ("date", Json::from(self.date.to_string())),
            ("cite", self.cite.as_str().into()),
        ])
    }
}

impl Carried {
    fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "member", self.member.clone());
        put(&mut out, "fact", Some(self.fact.clone()));
        put(&mut out, "value", Some(self.value.clone()));
        Json::Object(out)
    }
}

impl ParameterRead {
    fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "id", Some(self.id.clone()));
        put(&mut out, "row", Some(self.row.clone()));
        put(&mut out, "area", Some(self.area.clone()));
        put(&mut out, "value", Some(Json::clone(&self.value)));
        put(&mut out, "cite", self.cite.clone());
        put(&mut out, "sample", Some(self.sample));
        Json::Object(out)
    }
}

impl ChoiceRead {
    fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "id", Some(self.id.clone()));
        put(&mut out, "option", Some(self.option.clone()));
        put(&mut out, "cite", self.cite.clone());
        Json::Object(out)
    }
}

impl MissingFact {
    fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "fact", Some(self.fact.clone()));
        put(&mut out, "at", self.at.clone());
        Json::Object(out)
    }
}

impl MissingRule {
    fn to_json(&self) -> Json {
        let mut out = BTreeMap::new();
        put(&mut out, "rule", Some(self.rule.clone()));
        put(&mut out, "date", Some(self.date.to_string()));
        put(&mut out, "area", self.area.clone());
        Json::Object(out)
    }
}

fn list<T>(items: &[T], write: impl Fn(&T) -> Json) -> Json {
    Json::List(items.iter().map(write).collect())
}
