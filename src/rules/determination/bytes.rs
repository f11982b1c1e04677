//! The bytes of a determination written straight away: the same as those of its JSON, without building it.
//!
//! A replay writes every determination once to compare it. Members stand in the order of canonical JSON, which is that
//! of their names; a test compares with the JSON itself.

use super::{
    Carried, ChoiceRead, DETERMINATION_VERSION, Decided, Determination, Due, MemberDecided, MissingFact, MissingRule,
    ParameterRead, PlannedOutcome, RequiredStep,
};
use crate::canonical::Json;
use crate::rules::calendar::{Date, Month};
use crate::rules::entitlement::{Difference, Entitlement};

/// Room for most determinations.
const USUAL_SIZE_BYTES: usize = 4_096;

impl<T: AsRef<str>> Determination<T> {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let parameters = |out: &mut Out| out.list("parameters", &self.parameters, parameter);
        let choices = |out: &mut Out| out.list("choices", &self.choices, choice);
        self.bytes(parameters, choices)
    }

    /// The canonical bytes of a determination whose own lists of what was read are empty: these stand in their place.
    #[must_use]
    pub(in crate::rules) fn to_bytes_with(&self, read: &ReadLists) -> Vec<u8> {
        let parameters = |out: &mut Out| out.written("parameters", &read.parameters);
        let choices = |out: &mut Out| out.written("choices", &read.choices);
        self.bytes(parameters, choices)
    }

    fn bytes(&self, parameters: impl FnOnce(&mut Out), choices: impl FnOnce(&mut Out)) -> Vec<u8> {
        let mut out = Out(Vec::with_capacity(USUAL_SIZE_BYTES));
        out.object(|out| {
            out.text("area", &self.area);
            out.list("carried", &self.carried, carried);
            out.text("cause", self.cause.code());
            choices(out);
            out.date("decision_date", self.decision_date);
            out.list("difference", &self.difference, difference);
            out.list("due", &self.due, due);
            out.list("entitlements", &self.entitlements, entitlement);
            out.key("household");
            decided(out, &self.household);
            out.text("kind", &self.kind);
            out.list("members", &self.members, member);
            out.list("missing_facts", &self.missing_facts, missing_fact);
            out.list("missing_rules", &self.missing_rules, missing_rule);
            out.month("month", self.month);
            parameters(out);
            out.texts("persons", &self.persons);
            out.list("proposed", &self.proposed, entitlement);
            out.texts("samples", &self.samples);
            out.text("trace", &self.trace);
            out.number("v", DETERMINATION_VERSION);
        });
        out.0
    }
}

fn decided<T: AsRef<str>>(out: &mut Out, decided: &Decided<T>) {
    out.object(|out| {
        out.maybe_number("amount_fen", decided.amount.map(|amount| amount.get()));
        out.maybe("cite", decided.cite.as_ref());
        out.maybe("effect", decided.effect.map(|effect| effect.code()));
        out.maybe("error", decided.error.as_ref());
        out.texts("flags", &decided.flags);
        out.maybe_month("from", decided.from);
        out.text("outcome", decided.outcome.code());
        if let Some(plan) = &decided.planned {
            out.key("planned");
            planned(out, plan);
        }
        out.maybe("proposes", decided.proposes.map(|outcome| outcome.code()));
        out.maybe("reason", decided.reason.as_ref());
        out.texts("refer", &decided.refer);
        out.list("required_steps", &decided.required_steps, required_step);
        out.maybe("row", decided.row.as_ref());
        out.maybe_number("shows_fen", decided.shows.map(|amount| amount.get()));
        out.maybe_month("valid_until", decided.valid_until);
    });
}

fn planned<T: AsRef<str>>(out: &mut Out, plan: &PlannedOutcome<T>) {
    out.object(|out| {
        out.texts("first", &plan.first);
        out.month("from", plan.from);
        out.text("outcome", plan.outcome.code());
        out.maybe("reason", plan.reason.as_ref());
    });
}

fn required_step<T: AsRef<str>>(out: &mut Out, step: &RequiredStep<T>) {
    out.object(|out| {
        out.bool("blocks", step.blocks);
        out.maybe("cite", step.cite.as_ref());
        out.text("code", &step.code);
    });
}

fn member<T: AsRef<str>>(out: &mut Out, member: &MemberDecided<T>) {
    out.object(|out| {
        out.key("decided");
        decided(out, &member.decided);
        out.text("member", &member.member);
    });
}

fn entitlement(out: &mut Out, held: &Entitlement) {
    out.object(|out| {
        out.number("amount_fen", held.amount.get());
        out.month("from", held.from);
        out.texts("persons", &held.persons);
        out.text("programme", held.programme.code());
        out.maybe("record", held.record.as_ref());
        out.texts("supersedes", &held.supersedes);
        out.maybe_month("to", held.to);
    });
}

fn difference(out: &mut Out, month: &Difference) {
    out.object(|out| {
        out.month("month", month.month);
        out.number("now_fen", month.now.get());
        out.number("was_fen", month.was.get());
    });
}

fn due<T: AsRef<str>>(out: &mut Out, due: &Due<T>) {
    out.object(|out| {
        out.text("cite", &due.cite);
        out.date("date", due.date);
        out.text("id", &due.id);
    });
}

fn carried<T: AsRef<str>>(out: &mut Out, carried: &Carried<T>) {
    out.object(|out| {
        out.text("fact", &carried.fact);
        out.maybe("member", carried.member.as_ref());
        out.json("value", &carried.value);
    });
}

fn parameter<T: AsRef<str>>(out: &mut Out, read: &ParameterRead<T>) {
    out.object(|out| {
        out.text("area", &read.area);
        out.maybe("cite", read.cite.as_ref());
        out.text("id", &read.id);
        out.text("row", &read.row);
        out.bool("sample", read.sample);
        out.json("value", &read.value);
    });
}

fn choice<T: AsRef<str>>(out: &mut Out, read: &ChoiceRead<T>) {
    out.object(|out| {
        out.maybe("cite", read.cite.as_ref());
        out.text("id", &read.id);
        out.text("option", &read.option);
    });
}

fn missing_fact<T: AsRef<str>>(out: &mut Out, missing: &MissingFact<T>) {
    out.object(|out| {
        out.maybe("at", missing.at.as_ref());
        out.text("fact", &missing.fact);
    });
}

fn missing_rule<T: AsRef<str>>(out: &mut Out, missing: &MissingRule<T>) {
    out.object(|out| {
        out.maybe("area", missing.area.as_ref());
        out.date("date", missing.date);
        out.text("rule", &missing.rule);
    });
}

impl<T: AsRef<str>> ParameterRead<T> {
    /// The canonical bytes.
    pub(in crate::rules) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Out(Vec::new());
        parameter(&mut out, self);
        out.0
    }
}

impl<T: AsRef<str>> ChoiceRead<T> {
    /// The canonical bytes.
    pub(in crate::rules) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Out(Vec::new());
        choice(&mut out, self);
        out.0
    }
}

/// What was read of a law, as items of lists that are written already.
#[derive(Debug, Default)]
pub(in crate::rules) struct ReadLists {
    parameters: Vec<u8>,
    choices: Vec<u8>,
}

impl ReadLists {
    pub(in crate::rules) fn parameter(&mut self, written: &[u8]) {
        item(&mut self.parameters, written);
    }

    pub(in crate::rules) fn choice(&mut self, written: &[u8]) {
        item(&mut self.choices, written);
    }
}

fn item(list: &mut Vec<u8>, written: &[u8]) {
    if !list.is_empty() {
        list.push(b',');
    }
    list.extend_from_slice(written);
}

/// The bytes as they grow.
struct Out(Vec<u8>);

impl Out {
    fn object(&mut self, members: impl FnOnce(&mut Out)) {
        self.0.push(b'{');
        members(self);
        self.0.push(b'}');
    }

    /// Begins a member. Its name needs no escape.
    fn key(&mut self, name: &str) {
        let begin: &[u8] = if self.0.last() == Some(&b'{') { b"\"" } else { b",\"" };
        self.0.extend_from_slice(begin);
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn string(&mut self, value: &str) {
        // No way out in the middle, so that many bytes are looked at together.
        let is_special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
        if value.bytes().fold(false, |special, byte| special | is_special(byte)) {
            Json::text(value).write(&mut self.0);
        } else {
            self.plain(value.as_bytes());
        }
    }

    /// A string without escapes.
    fn plain(&mut self, value: &[u8]) {
        self.0.push(b'"');
        self.0.extend_from_slice(value);
        self.0.push(b'"');
    }

    fn text(&mut self, name: &str, value: impl AsRef<str>) {
        self.key(name);
        self.string(value.as_ref());
    }

    fn maybe(&mut self, name: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn date(&mut self, name: &str, value: Date) {
        self.key(name);
        self.plain(&value.ascii());
    }

    fn month(&mut self, name: &str, value: Month) {
        self.key(name);
        self.plain(&value.ascii());
    }

    fn maybe_month(&mut self, name: &str, value: Option<Month>) {
        if let Some(value) = value {
            self.month(name, value);
        }
    }

    /// An amount beyond 2^53-1 is written as the JSON writes it.
    fn number(&mut self, name: &str, value: i64) {
        self.key(name);
        Json::Int(value).write(&mut self.0);
    }

    fn maybe_number(&mut self, name: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.number(name, value);
        }
    }

    fn bool(&mut self, name: &str, value: bool) {
        self.key(name);
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn json(&mut self, name: &str, value: &Json) {
        self.key(name);
        value.write(&mut self.0);
    }

    /// A list whose items are written already.
    fn written(&mut self, name: &str, items: &[u8]) {
        self.key(name);
        self.0.push(b'[');
        self.0.extend_from_slice(items);
        self.0.push(b']');
    }

    fn texts<T: AsRef<str>>(&mut self, name: &str, values: &[T]) {
        self.list(name, values, |out, value| out.string(value.as_ref()));
    }

    fn list<I>(&mut self, name: &str, items: &[I], write: impl Fn(&mut Out, &I)) {
        self.key(name);
        self.0.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.0.push(b',');
            }
            write(self, item);
        }
        self.0.push(b']');
    }
}
