//! The bytes of a determination written straight away: the same as those of its JSON, without building it.
//!
//! A replay writes every determination once to compare it. Members stand in the order of canonical JSON, which is that
//! of their names; a test compares with the JSON itself.

use std::fmt::Write as _;

use super::{
    Carried, ChoiceRead, DETERMINATION_VERSION, Decided, Determination, Due, MemberDecided, MissingFact, MissingRule,
    ParameterRead, PlannedOutcome, RequiredStep,
};
use crate::canonical::Json;
use crate::rules::entitlement::{Difference, Entitlement};

/// Room for most determinations.
const USUAL_SIZE_BYTES: usize = 4_096;

impl Determination {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Out(Vec::with_capacity(USUAL_SIZE_BYTES));
        out.object(|out| {
            out.text("area", &self.area);
            out.list("carried", &self.carried, carried);
            out.text("cause", self.cause.code());
            out.list("choices", &self.choices, choice);
            out.shown("decision_date", self.decision_date);
            out.list("difference", &self.difference, difference);
            out.list("due", &self.due, due);
            out.list("entitlements", &self.entitlements, entitlement);
            out.key("household");
            decided(out, &self.household);
            out.text("kind", &self.kind);
            out.list("members", &self.members, member);
            out.list("missing_facts", &self.missing_facts, missing_fact);
            out.list("missing_rules", &self.missing_rules, missing_rule);
            out.shown("month", self.month);
            out.list("parameters", &self.parameters, parameter);
            out.texts("persons", &self.persons);
            out.list("proposed", &self.proposed, entitlement);
            out.texts("samples", &self.samples);
            out.text("trace", &self.trace);
            out.number("v", DETERMINATION_VERSION);
        });
        out.0
    }
}

fn decided(out: &mut Out, decided: &Decided) {
    out.object(|out| {
        out.maybe_number("amount_fen", decided.amount.map(|amount| amount.get()));
        out.maybe("cite", decided.cite.as_deref());
        out.maybe("effect", decided.effect.map(|effect| effect.code()));
        out.maybe("error", decided.error.as_deref());
        out.texts("flags", &decided.flags);
        out.maybe_shown("from", decided.from);
        out.text("outcome", decided.outcome.code());
        if let Some(plan) = &decided.planned {
            out.key("planned");
            planned(out, plan);
        }
        out.maybe("proposes", decided.proposes.map(|outcome| outcome.code()));
        out.maybe("reason", decided.reason.as_deref());
        out.texts("refer", &decided.refer);
        out.list("required_steps", &decided.required_steps, required_step);
        out.maybe("row", decided.row.as_deref());
        out.maybe_number("shows_fen", decided.shows.map(|amount| amount.get()));
        out.maybe_shown("valid_until", decided.valid_until);
    });
}

fn planned(out: &mut Out, plan: &PlannedOutcome) {
    out.object(|out| {
        out.texts("first", &plan.first);
        out.shown("from", plan.from);
        out.text("outcome", plan.outcome.code());
        out.maybe("reason", plan.reason.as_deref());
    });
}

fn required_step(out: &mut Out, step: &RequiredStep) {
    out.object(|out| {
        out.bool("blocks", step.blocks);
        out.maybe("cite", step.cite.as_deref());
        out.text("code", &step.code);
    });
}

fn member(out: &mut Out, member: &MemberDecided) {
    out.object(|out| {
        out.key("decided");
        decided(out, &member.decided);
        out.text("member", &member.member);
    });
}

fn entitlement(out: &mut Out, held: &Entitlement) {
    out.object(|out| {
        out.number("amount_fen", held.amount.get());
        out.shown("from", held.from);
        out.texts("persons", &held.persons);
        out.text("programme", held.programme.code());
        out.maybe("record", held.record.as_deref());
        out.texts("supersedes", &held.supersedes);
        out.maybe_shown("to", held.to);
    });
}

fn difference(out: &mut Out, month: &Difference) {
    out.object(|out| {
        out.shown("month", month.month);
        out.number("now_fen", month.now.get());
        out.number("was_fen", month.was.get());
    });
}

fn due(out: &mut Out, due: &Due) {
    out.object(|out| {
        out.text("cite", &due.cite);
        out.shown("date", due.date);
        out.text("id", &due.id);
    });
}

fn carried(out: &mut Out, carried: &Carried) {
    out.object(|out| {
        out.text("fact", &carried.fact);
        out.maybe("member", carried.member.as_deref());
        out.json("value", &carried.value);
    });
}

fn parameter(out: &mut Out, read: &ParameterRead) {
    out.object(|out| {
        out.text("area", &read.area);
        out.maybe("cite", read.cite.as_deref());
        out.text("id", &read.id);
        out.text("row", &read.row);
        out.bool("sample", read.sample);
        out.json("value", &read.value);
    });
}

fn choice(out: &mut Out, read: &ChoiceRead) {
    out.object(|out| {
        out.maybe("cite", read.cite.as_deref());
        out.text("id", &read.id);
        out.text("option", &read.option);
    });
}

fn missing_fact(out: &mut Out, missing: &MissingFact) {
    out.object(|out| {
        out.maybe("at", missing.at.as_deref());
        out.text("fact", &missing.fact);
    });
}

fn missing_rule(out: &mut Out, missing: &MissingRule) {
    out.object(|out| {
        out.maybe("area", missing.area.as_deref());
        out.shown("date", missing.date);
        out.text("rule", &missing.rule);
    });
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
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn string(&mut self, value: &str) {
        if value.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
            self.0.push(b'"');
            self.0.extend_from_slice(value.as_bytes());
            self.0.push(b'"');
        } else {
            Json::text(value).write(&mut self.0);
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.key(name);
        self.string(value);
    }

    fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A date or a month: digits and dashes.
    fn shown(&mut self, name: &str, value: impl std::fmt::Display) {
        self.key(name);
        let mut text = Small::default();
        // Nothing that is shown here is longer.
        let _ = write!(text, "\"{value}\"");
        self.0.extend_from_slice(&text.bytes[..text.count]);
    }

    fn maybe_shown(&mut self, name: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.shown(name, value);
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

    fn texts(&mut self, name: &str, values: &[String]) {
        self.list(name, values, |out, value| out.string(value));
    }

    fn list<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut Out, &T)) {
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

/// A few characters without an allocation.
#[derive(Default)]
struct Small {
    bytes: [u8; 32],
    count: usize,
}

impl std::fmt::Write for Small {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = self
            .bytes
            .get_mut(self.count..self.count + text.len())
            .ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.count += text.len();
        Ok(())
    }
}
