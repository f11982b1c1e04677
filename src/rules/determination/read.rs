//! Canonical JSON to determination, for everything that works on stored records.

use std::sync::Arc;

use super::{
    Carried, ChoiceRead, DETERMINATION_VERSION, Decided, Determination, Due, MemberDecided, MissingFact, MissingRule,
    ParameterRead, PlannedOutcome, RequiredStep,
};
use crate::canonical::Json;
use crate::reader::{RecordError, each, maybe, need};
use crate::rules::entitlement::{Difference, Entitlement};

impl Determination {
    /// Reads what [`Determination::to_json`] wrote.
    ///
    /// # Errors
    /// [`RecordError`] with the path of what is wrong; a later version of the layout is one.
    pub fn from_json(value: &Json) -> Result<Determination, RecordError> {
        if need::<u64>(value, "v")? != DETERMINATION_VERSION.unsigned_abs() {
            return Err(RecordError("v".to_owned()));
        }
        Ok(Determination {
            area: need(value, "area")?,
            kind: need(value, "kind")?,
            cause: need(value, "cause")?,
            decision_date: need(value, "decision_date")?,
            month: need(value, "month")?,
            household: decided(&need(value, "household")?)?,
            persons: need(value, "persons")?,
            members: each(value, "members", |item| {
                Ok(MemberDecided {
                    member: need(item, "member")?,
                    decided: decided(&need(item, "decided")?)?,
                })
            })?,
            entitlements: each(value, "entitlements", Entitlement::from_json)?,
            proposed: each(value, "proposed", Entitlement::from_json)?,
            difference: each(value, "difference", Difference::from_json)?,
            due: each(value, "due", Due::from_json)?,
            carried: each(value, "carried", |item| {
                Ok(Carried {
                    member: maybe(item, "member")?,
                    fact: need(item, "fact")?,
                    value: need(item, "value")?,
                })
            })?,
            parameters: each(value, "parameters", parameter_read)?,
            choices: each(value, "choices", |item| {
                Ok(ChoiceRead {
                    id: need(item, "id")?,
                    option: need(item, "option")?,
                    cite: maybe(item, "cite")?,
                })
            })?,
            missing_facts: each(value, "missing_facts", |item| {
                Ok(MissingFact {
                    fact: need(item, "fact")?,
                    at: maybe(item, "at")?,
                })
            })?,
            missing_rules: each(value, "missing_rules", |item| {
                Ok(MissingRule {
                    rule: need(item, "rule")?,
                    date: need(item, "date")?,
                    area: maybe(item, "area")?,
                })
            })?,
            samples: need(value, "samples")?,
            trace: need(value, "trace")?,
        })
    }
}

impl Due {
    /// Reads what [`Due::to_json`] wrote.
    ///
    /// # Errors
    /// [`RecordError`] with the member that is wrong.
    pub fn from_json(value: &Json) -> Result<Due, RecordError> {
        Ok(Due {
            id: need(value, "id")?,
            date: need(value, "date")?,
            cite: need(value, "cite")?,
        })
    }
}

fn decided(value: &Json) -> Result<Decided, RecordError> {
    Ok(Decided {
        outcome: need(value, "outcome")?,
        proposes: maybe(value, "proposes")?,
        effect: maybe(value, "effect")?,
        row: maybe(value, "row")?,
        reason: maybe(value, "reason")?,
        cite: maybe(value, "cite")?,
        amount: maybe(value, "amount_fen")?,
        from: maybe(value, "from")?,
        valid_until: maybe(value, "valid_until")?,
        shows: maybe(value, "shows_fen")?,
        required_steps: each(value, "required_steps", |item| {
            Ok(RequiredStep {
                code: need(item, "code")?,
                cite: maybe(item, "cite")?,
                blocks: need(item, "blocks")?,
            })
        })?,
        planned: maybe::<Json>(value, "planned")?.as_ref().map(planned).transpose()?,
        refer: need(value, "refer")?,
        flags: need(value, "flags")?,
        error: maybe(value, "error")?,
    })
}

fn planned(value: &Json) -> Result<PlannedOutcome, RecordError> {
    Ok(PlannedOutcome {
        outcome: need(value, "outcome")?,
        from: need(value, "from")?,
        reason: maybe(value, "reason")?,
        first: need(value, "first")?,
    })
}

fn parameter_read(value: &Json) -> Result<ParameterRead, RecordError> {
    Ok(ParameterRead {
        id: need(value, "id")?,
        row: need(value, "row")?,
        area: need(value, "area")?,
        value: Arc::new(need(value, "value")?),
        cite: maybe(value, "cite")?,
        sample: need(value, "sample")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document with every member in use, written by hand.
    const FULL: &str = r#"{"area":"340321","carried":[{"fact":"member.deduction_first_month","member":"p1","value":"2021-08"}],
        "cause":"review","choices":[{"cite":"bengbu166#二（一）","id":"P10","option":"capped"}],"decision_date":"2021-09-20",
        "difference":[{"month":"2021-09","now_fen":1,"was_fen":2}],"due":[{"cite":"mca57#31","date":"2022-09-20","id":"next_review"}],
        "entitlements":[],"household":{"amount_fen":59000,"cite":"mca57#33","effect":"STOP","error":"E_DIV","flags":["EQUALITY_REVIEW"],
        "from":"2021-10","outcome":"PROPOSED_STOP","planned":{"first":["recheck"],"from":"2022-04","outcome":"STOP","reason":"INCOME"},
        "proposes":"STOP","reason":"INCOME","refer":["monitoring"],"required_steps":[{"blocks":true,"cite":"sal#48","code":"HEARING_REQUIRED"}],
        "row":"determine/stop","shows_fen":20000,"valid_until":"2022-09"},"kind":"review",
        "members":[{"decided":{"flags":[],"outcome":"REFUSED","refer":[],"required_steps":[]},"member":"p1"}],
        "missing_facts":[{"at":"p1","fact":"member.birth"}],"missing_rules":[{"area":"340321","date":"2021-09-01","rule":"dibao_standard"}],
        "month":"2021-09","persons":["p1"],"parameters":[{"area":"340321","cite":"x#1","id":"dibao_standard","row":"s1","sample":true,"value":65000}],
        "proposed":[{"amount_fen":1,"from":"2021-10","persons":["p1"],"programme":"GRACE","record":"r","supersedes":["q"],"to":"2022-03"}],
        "samples":["s1"],"trace":"00","v":1}"#;

    #[test]
    fn a_determination_reads_back_to_the_same_bytes() {
        let json = Json::parse(FULL.as_bytes()).expect("subset");
        let read = Determination::from_json(&json).expect("a full determination");
        assert_eq!(read.to_json(), json);
        assert!(!read.takes_effect(), "a proposal takes no effect");
    }

    #[test]
    fn a_later_layout_is_refused_and_not_guessed() {
        let json = Json::parse(FULL.replace("\"v\":1", "\"v\":2").as_bytes()).expect("subset");
        assert_eq!(Determination::from_json(&json), Err(RecordError("v".to_owned())));
    }
}
