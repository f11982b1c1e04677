//! The bytes of a determination written straight away: the same as those of its JSON, without building it.
//!
//! A replay writes every determination once to compare it. Members stand in the order of canonical JSON, which is that
//! of their names; a test compares with the JSON itself.

use super::{
    Carried, ChoiceRead, DETERMINATION_VERSION, Decided, Determination, Due, MemberDecided, MissingFact, MissingRule,
    ParameterRead, PlannedOutcome, RequiredStep,
};
use crate::canonical::{Json, is_plain};
use crate::rules::calendar::{Date, Month};
use crate::rules::entitlement::{Difference, Entitlement};

/// Room for most determinations.
const USUAL_SIZE_BYTES: usize = 4_096;

/// The name of a member as it stands behind another one. It needs no escape.
macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

impl<T: AsRef<str>> Determination<T> {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let parameters = |out: &mut Out| out.list(key!("parameters"), &self.parameters, parameter);
        let choices = |out: &mut Out| out.list(key!("choices"), &self.choices, choice);
        let mut bytes = Vec::new();
        self.write(&mut bytes, parameters, choices);
        bytes
    }

    /// The canonical bytes of a determination whose own lists of what was read are empty: these, written already, stand
    /// in their place. `bytes` is emptied first.
    pub(in crate::rules) fn write_with<'w>(
        &self,
        bytes: &mut Vec<u8>,
        parameters: impl Iterator<Item = &'w [u8]>,
        choices: impl Iterator<Item = &'w [u8]>,
    ) {
        let parameters = |out: &mut Out| out.written(key!("parameters"), parameters);
        let choices = |out: &mut Out| out.written(key!("choices"), choices);
        self.write(bytes, parameters, choices);
    }

    fn write(&self, bytes: &mut Vec<u8>, parameters: impl FnOnce(&mut Out), choices: impl FnOnce(&mut Out)) {
        let mut out = Out(std::mem::take(bytes));
        out.0.clear();
        out.0.reserve(USUAL_SIZE_BYTES);
        out.object(|out| {
            out.text(key!("area"), &self.area);
            out.list(key!("carried"), &self.carried, carried);
            out.text(key!("cause"), self.cause.code());
            choices(out);
            out.date(key!("decision_date"), self.decision_date);
            out.list(key!("difference"), &self.difference, difference);
            out.list(key!("due"), &self.due, due);
            out.list(key!("entitlements"), &self.entitlements, entitlement);
            out.key(key!("household"));
            decided(out, &self.household);
            out.text(key!("kind"), &self.kind);
            out.list(key!("members"), &self.members, member);
            out.list(key!("missing_facts"), &self.missing_facts, missing_fact);
            out.list(key!("missing_rules"), &self.missing_rules, missing_rule);
            out.month(key!("month"), self.month);
            parameters(out);
            out.texts(key!("persons"), &self.persons);
            out.list(key!("proposed"), &self.proposed, entitlement);
            out.texts(key!("samples"), &self.samples);
            out.text(key!("trace"), &self.trace);
            out.number(key!("v"), DETERMINATION_VERSION);
        });
        *bytes = out.0;
    }
}

fn decided<T: AsRef<str>>(out: &mut Out, decided: &Decided<T>) {
    out.object(|out| {
        out.maybe_number(key!("amount_fen"), decided.amount.map(|amount| amount.get()));
        out.maybe(key!("cite"), decided.cite.as_ref());
        out.maybe(key!("effect"), decided.effect.map(|effect| effect.code()));
        out.maybe(key!("error"), decided.error.as_ref());
        out.texts(key!("flags"), &decided.flags);
        out.maybe_month(key!("from"), decided.from);
        out.text(key!("outcome"), decided.outcome.code());
        if let Some(plan) = &decided.planned {
            out.key(key!("planned"));
            planned(out, plan);
        }
        out.maybe(key!("proposes"), decided.proposes.map(|outcome| outcome.code()));
        out.maybe(key!("reason"), decided.reason.as_ref());
        out.texts(key!("refer"), &decided.refer);
        out.list(key!("required_steps"), &decided.required_steps, required_step);
        out.maybe(key!("row"), decided.row.as_ref());
        out.maybe_number(key!("shows_fen"), decided.shows.map(|amount| amount.get()));
        out.maybe_month(key!("valid_until"), decided.valid_until);
    });
}

fn planned<T: AsRef<str>>(out: &mut Out, plan: &PlannedOutcome<T>) {
    out.object(|out| {
        out.texts(key!("first"), &plan.first);
        out.month(key!("from"), plan.from);
        out.text(key!("outcome"), plan.outcome.code());
        out.maybe(key!("reason"), plan.reason.as_ref());
    });
}

fn required_step<T: AsRef<str>>(out: &mut Out, step: &RequiredStep<T>) {
    out.object(|out| {
        out.bool(key!("blocks"), step.blocks);
        out.maybe(key!("cite"), step.cite.as_ref());
        out.text(key!("code"), &step.code);
    });
}

fn member<T: AsRef<str>>(out: &mut Out, member: &MemberDecided<T>) {
    out.object(|out| {
        out.key(key!("decided"));
        decided(out, &member.decided);
        out.text(key!("member"), &member.member);
    });
}

fn entitlement(out: &mut Out, held: &Entitlement) {
    out.object(|out| {
        out.number(key!("amount_fen"), held.amount.get());
        out.month(key!("from"), held.from);
        out.texts(key!("persons"), &held.persons);
        out.text(key!("programme"), held.programme.code());
        out.maybe(key!("record"), held.record.as_ref());
        out.texts(key!("supersedes"), &held.supersedes);
        out.maybe_month(key!("to"), held.to);
    });
}

fn difference(out: &mut Out, month: &Difference) {
    out.object(|out| {
        out.month(key!("month"), month.month);
        out.number(key!("now_fen"), month.now.get());
        out.number(key!("was_fen"), month.was.get());
    });
}

fn due<T: AsRef<str>>(out: &mut Out, due: &Due<T>) {
    out.object(|out| {
        out.text(key!("cite"), &due.cite);
        out.date(key!("date"), due.date);
        out.text(key!("id"), &due.id);
    });
}

fn carried<T: AsRef<str>>(out: &mut Out, carried: &Carried<T>) {
    out.object(|out| {
        out.text(key!("fact"), &carried.fact);
        out.maybe(key!("member"), carried.member.as_ref());
        out.json(key!("value"), &carried.value);
    });
}

fn parameter<T: AsRef<str>>(out: &mut Out, read: &ParameterRead<T>) {
    out.object(|out| {
        out.text(key!("area"), &read.area);
        out.maybe(key!("cite"), read.cite.as_ref());
        out.text(key!("id"), &read.id);
        out.text(key!("row"), &read.row);
        out.bool(key!("sample"), read.sample);
        out.json(key!("value"), &read.value);
    });
}

fn choice<T: AsRef<str>>(out: &mut Out, read: &ChoiceRead<T>) {
    out.object(|out| {
        out.maybe(key!("cite"), read.cite.as_ref());
        out.text(key!("id"), &read.id);
        out.text(key!("option"), &read.option);
    });
}

fn missing_fact<T: AsRef<str>>(out: &mut Out, missing: &MissingFact<T>) {
    out.object(|out| {
        out.maybe(key!("at"), missing.at.as_ref());
        out.text(key!("fact"), &missing.fact);
    });
}

fn missing_rule<T: AsRef<str>>(out: &mut Out, missing: &MissingRule<T>) {
    out.object(|out| {
        out.maybe(key!("area"), missing.area.as_ref());
        out.date(key!("date"), missing.date);
        out.text(key!("rule"), &missing.rule);
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

/// The bytes as they grow.
///
/// Every member and every item is written with a comma before it; the first comma then becomes the bracket.
struct Out(Vec<u8>);

impl Out {
    fn object(&mut self, members: impl FnOnce(&mut Out)) {
        self.between(*b"{}", members);
    }

    #[inline]
    fn between(&mut self, [open, close]: [u8; 2], inside: impl FnOnce(&mut Out)) {
        let start = self.0.len();
        inside(self);
        match self.0.get_mut(start) {
            Some(comma) => *comma = open,
            None => self.0.push(open),
        }
        self.0.push(close);
    }

    /// Begins a member.
    #[inline(always)]
    fn key(&mut self, key: &'static str) {
        self.0.extend_from_slice(key.as_bytes());
    }

    #[inline]
    fn string(&mut self, value: &str) {
        if is_plain(value) {
            self.plain(value.as_bytes());
        } else {
            Json::text(value).write(&mut self.0);
        }
    }

    /// A string without escapes.
    #[inline]
    fn plain(&mut self, value: &[u8]) {
        self.0.reserve(value.len() + 2);
        self.0.push(b'"');
        self.0.extend_from_slice(value);
        self.0.push(b'"');
    }

    #[inline]
    fn text(&mut self, key: &'static str, value: impl AsRef<str>) {
        self.key(key);
        self.string(value.as_ref());
    }

    #[inline]
    fn maybe(&mut self, key: &'static str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn date(&mut self, key: &'static str, value: Date) {
        self.key(key);
        self.plain(&value.ascii());
    }

    fn month(&mut self, key: &'static str, value: Month) {
        self.key(key);
        self.plain(&value.ascii());
    }

    fn maybe_month(&mut self, key: &'static str, value: Option<Month>) {
        if let Some(value) = value {
            self.month(key, value);
        }
    }

    /// An amount beyond 2^53-1 is written as the JSON writes it.
    fn number(&mut self, key: &'static str, value: i64) {
        self.key(key);
        Json::Int(value).write(&mut self.0);
    }

    fn maybe_number(&mut self, key: &'static str, value: Option<i64>) {
        if let Some(value) = value {
            self.number(key, value);
        }
    }

    fn bool(&mut self, key: &'static str, value: bool) {
        self.key(key);
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn json(&mut self, key: &'static str, value: &Json) {
        self.key(key);
        value.write(&mut self.0);
    }

    /// A list whose items are written already.
    fn written<'w>(&mut self, key: &'static str, items: impl Iterator<Item = &'w [u8]>) {
        self.items(key, items, |out, item| out.0.extend_from_slice(item));
    }

    fn texts<T: AsRef<str>>(&mut self, key: &'static str, values: &[T]) {
        self.items(key, values, |out, value| out.string(value.as_ref()));
    }

    fn list<I>(&mut self, key: &'static str, items: &[I], write: impl Fn(&mut Out, &I)) {
        self.items(key, items, write);
    }

    #[inline]
    fn items<I>(&mut self, key: &'static str, items: impl IntoIterator<Item = I>, write: impl Fn(&mut Out, I)) {
        self.key(key);
        self.between(*b"[]", |out| {
            for item in items {
                out.0.push(b',');
                write(out, item);
            }
        });
    }
}
