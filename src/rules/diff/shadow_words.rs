//! A shadow in words, Chinese and English, and as JSON for machines.

use super::shadow::{Prevails, Shadow, ShadowKind, Side};
use crate::canonical::Json;
use crate::reader::put;
use crate::rules::document::InForce;
use crate::rules::language::say::{Lang, Say, phrases};
use crate::rules::types::date_shown;

phrases! {
    /// What is set twice, in words.
    Thing {
        Parameter { id: String } => "parameter {id}", "参数 {id}";
        Choice { id: String } => "choice {id}", "选项 {id}";
        Clause { id: String } => "clause {id}", "条款 {id}";
        OutcomeRow { id: String } => "outcome {id}", "结果 {id}";
        Guard { id: String } => "guard {id}", "程序要求 {id}";
        Schedule { id: String } => "schedule {id}", "期限 {id}";
    }
}

phrases! {
    /// From when until when.
    Effect {
        Always => "always", "不限期";
        From { from: String } => "from {from}", "{from}起";
        Until { until: String } => "until {until}", "至{until}";
        Span { from: String, until: String } => "from {from} until {until}", "{from}至{until}";
    }
}

phrases! {
    /// A side with its ground.
    Place {
        Cited { policy: String, area: String, says: String, ground: String, effect: Effect } =>
            "{policy} of {area}{says} ({ground}, {effect})", "{area} 的 {policy}{says}（{ground}，{effect}）";
        Bare { policy: String, area: String, says: String, effect: Effect } =>
            "{policy} of {area}{says} ({effect})", "{area} 的 {policy}{says}（{effect}）";
    }
}

phrases! {
    /// Which of the two holds, and what to do.
    Relation {
        Overrides { thing: Thing, above: Place, below: Place, basis: String } =>
            "{thing}: {above} is replaced by {below}, which overrides it on the basis {basis}",
            "{thing}：{above}被{below}取代，后者依据 {basis} 声明取代";
        Nearer { thing: Thing, above: Place, below: Place } =>
            "{thing}: {above} gives way to {below}, which is nearer", "{thing}：{above}让位于{below}，后者更近";
        Undeclared { thing: Thing, above: Place, below: Place } =>
            "{thing}: {above} and {below} are both in force, and neither says that it replaces the other; \
             end the effect of the lower one, or publish it first with `overrides:` and its basis",
            "{thing}：{above}与{below}同时有效，双方都没有声明取代对方；请先终止下级规定的效力，\
             或者先发布写明 `overrides:` 及其依据的下级文件";
    }
}

phrases! {
    /// What P33 asks for where the superior rule is the later one.
    Later {
        EndTheLower { policy: String, until: String } =>
            "the superior rule is later: if it is to hold (P33), publish {policy} with `until` before {until}",
            "上位规定在后：如应适用上位规定（P33），请发布 {policy} 的新版本，使其规定在{until}之前终止";
    }
}

impl Shadow {
    /// In one or two sentences.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let thing = self.thing();
        let (above, below) = (place(&self.superior), place(&self.subordinate));
        let relation = match &self.prevails {
            Prevails::Overrides(basis) => Relation::Overrides {
                thing,
                above,
                below,
                basis: basis.clone(),
            },
            Prevails::Nearer => Relation::Nearer { thing, above, below },
            Prevails::Undeclared => Relation::Undeclared { thing, above, below },
        };
        let words = relation.say(lang);
        match (self.superior.in_force.from, &self.prevails) {
            (Some(from), Prevails::Overrides(_) | Prevails::Nearer) if self.superior_is_later => {
                let later = Later::EndTheLower {
                    policy: self.subordinate.policy.clone(),
                    until: date_shown(from),
                };
                let between = match lang {
                    Lang::En => "; ",
                    Lang::Zh => "；",
                };
                format!("{words}{between}{}", later.say(lang))
            }
            _ => words,
        }
    }

    /// For machines.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let (prevails, basis) = match &self.prevails {
            Prevails::Overrides(basis) => ("overrides", Some(basis.clone())),
            Prevails::Nearer => ("nearer", None),
            Prevails::Undeclared => ("undeclared", None),
        };
        let mut out = std::collections::BTreeMap::new();
        out.insert("kind".to_owned(), Json::text(self.kind.code()));
        out.insert("id".to_owned(), Json::text(&*self.id));
        out.insert("superior".to_owned(), side_json(&self.superior));
        out.insert("subordinate".to_owned(), side_json(&self.subordinate));
        out.insert("prevails".to_owned(), Json::text(prevails));
        put(&mut out, "basis", basis);
        out.insert("superior_is_later".to_owned(), Json::Bool(self.superior_is_later));
        Json::Object(out)
    }

    fn thing(&self) -> Thing {
        let id = self.id.clone();
        match self.kind {
            ShadowKind::Parameter => Thing::Parameter { id },
            ShadowKind::Choice => Thing::Choice { id },
            ShadowKind::Clause => Thing::Clause { id },
            ShadowKind::OutcomeRow => Thing::OutcomeRow { id },
            ShadowKind::Guard => Thing::Guard { id },
            ShadowKind::Schedule => Thing::Schedule { id },
        }
    }
}

fn place(side: &Side) -> Place {
    let row = side.row.iter().map(|row| format!(" {row}"));
    let value = side.value.iter().map(|value| format!(" = {value}"));
    let says: String = row.chain(value).collect();
    let (policy, area) = (side.policy.clone(), side.area.clone());
    let effect = effect(side.in_force);
    match side.instrument.clone() {
        Some(ground) => Place::Cited {
            policy,
            area,
            says,
            ground,
            effect,
        },
        None => Place::Bare {
            policy,
            area,
            says,
            effect,
        },
    }
}

fn effect(in_force: InForce) -> Effect {
    match (in_force.from.map(date_shown), in_force.until.map(date_shown)) {
        (None, None) => Effect::Always,
        (Some(from), None) => Effect::From { from },
        (None, Some(until)) => Effect::Until { until },
        (Some(from), Some(until)) => Effect::Span { from, until },
    }
}

fn side_json(side: &Side) -> Json {
    let mut out = std::collections::BTreeMap::new();
    out.insert("policy".to_owned(), Json::text(&*side.policy));
    out.insert("area".to_owned(), Json::text(&*side.area));
    put(&mut out, "row", side.row.clone());
    put(&mut out, "cite", side.cite.clone());
    put(&mut out, "instrument", side.instrument.clone());
    put(&mut out, "from", side.in_force.from.map(date_shown));
    put(&mut out, "until", side.in_force.until.map(date_shown));
    put(&mut out, "value", side.value.clone());
    Json::Object(out)
}
