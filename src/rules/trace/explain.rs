//! The readable trace: each demanded clause and step with its value, what it read and where it branched.

use std::collections::BTreeMap;

use crate::canonical::Json;
use crate::rules::codec::Digest;
use crate::rules::compile::Part;
use crate::rules::eval::{Branches, Evaluation, Read, StepRecord};
use crate::rules::law::ClauseIndex;
use crate::rules::value::Cell;
use crate::rules::vocabulary::ScopeIndex;

impl Evaluation<'_> {
    /// The trace for people, as JSON: `clauses` in the order of the law, then `steps` as they were
    /// demanded, of an evaluation that was made for it ([`Evaluation::explained`]). A branch not taken appears as its condition's value alone.
    #[must_use]
    pub fn explain(&mut self) -> Json {
        let trace: Digest = self.trace().digest();
        let demanded: Vec<(ClauseIndex, u32)> = self
            .demanded_clauses()
            .map(|record| (record.clause, record.instance))
            .collect();
        let clauses = demanded
            .into_iter()
            .map(|(clause, instance)| self.explain_clause(clause, instance))
            .collect();
        let steps = self.steps.clone().unwrap_or_default();
        let steps = steps.into_iter().map(|record| self.explain_step(record)).collect();
        Json::object([
            ("trace", Json::text(trace.to_string())),
            ("clauses", Json::List(clauses)),
            ("steps", Json::List(steps)),
        ])
    }

    fn explain_clause(&mut self, clause: ClauseIndex, instance: u32) -> Json {
        let table = &self.law.clauses[clause.at()];
        let mut out = BTreeMap::new();
        out.insert("clause".to_owned(), Json::text(&table.id));
        self.put_place(table.scope, instance, &mut out);
        let Some(record) = self.demanded(clause, instance) else {
            return Json::Object(out);
        };
        let version = usize::from(record.version)
            .checked_sub(1)
            .and_then(|at| table.versions.get(at));
        if let Some(named) = version.or(table.versions.last()) {
            out.insert("name".to_owned(), Json::text(&named.name));
            if let Some(cite) = &named.cite {
                out.insert("cite".to_owned(), Json::text(cite));
            }
        }
        out.insert("in_force".to_owned(), Json::Bool(version.is_some()));
        if let Some(version) = version {
            let reads = self.reads_of(version.node, instance);
            self.put_reads(reads, &mut out);
        }
        self.put_outcome(record.value, record.branches, &mut out);
        Json::Object(out)
    }

    fn explain_step(&mut self, record: StepRecord) -> Json {
        let step = self.law.code.steps[record.step.0 as usize];
        let mut out = BTreeMap::new();
        out.insert("step".to_owned(), Json::text(self.step_name(record.step)));
        self.put_place(step.scope, record.instance, &mut out);
        let reads = self.reads_of(step.node, record.instance);
        self.put_reads(reads, &mut out);
        self.put_outcome(record.value, record.branches, &mut out);
        Json::Object(out)
    }

    /// `determine/dibao.amount`, `guard/hearing.require`.
    fn step_name(&self, step: crate::rules::law::Step) -> String {
        let part = self.law.code.steps[step.0 as usize].part;
        let at = part.number as usize;
        let outcome = [
            "when",
            "persons",
            "amount",
            "from",
            "months.from",
            "months.count",
            "months.amount",
            "valid",
        ];
        match part.section {
            Part::OUTCOME => {
                let list = &self.law.lists()[at];
                let row = &list.rows[part.row as usize].id;
                let name = match (part.part as usize).checked_sub(outcome.len()) {
                    None => outcome[part.part as usize].to_owned(),
                    Some(0) => "then.from".to_owned(),
                    Some(1) => "shows".to_owned(),
                    Some(flag) => format!("flags.{}", flag - 2),
                };
                format!("{}/{row}.{name}", list.id)
            }
            Part::GUARD => format!("guard/{}.require", self.law.guards()[at].id),
            Part::CONCERNS => format!("{}.concerns", self.law.lists()[at].id),
            Part::SCHEDULE => format!("schedule/{}.{}", self.law.schedules()[at].id, when_or_value(part.part)),
            _ => format!(
                "carry/{}.{}",
                self.law.carries()[at].text.fact,
                when_or_value(part.part)
            ),
        }
    }

    fn put_place(&self, scope: ScopeIndex, instance: u32, out: &mut BTreeMap<String, Json>) {
        out.insert("scope".to_owned(), Json::text(self.law.schema.scope_id(scope)));
        out.insert("instance".to_owned(), Json::Int(instance.into()));
        if let Some(at) = self.facts.place(scope, instance) {
            out.insert("at".to_owned(), Json::text(at));
        }
    }

    fn put_outcome(&self, value: Cell, branches: Branches, out: &mut BTreeMap<String, Json>) {
        out.insert("value".to_owned(), self.readable(value));
        let branches = self.branches(branches);
        if !branches.is_empty() {
            let arms = branches.into_iter().map(|arm| Json::Int(arm.into())).collect();
            out.insert("branches".to_owned(), Json::List(arms));
        }
    }

    fn put_reads(&self, reads: Vec<Read>, out: &mut BTreeMap<String, Json>) {
        let mut seen = Vec::new();
        for read in reads {
            let json = self.readable_read(&read);
            if !seen.contains(&json) {
                seen.push(json);
            }
        }
        if !seen.is_empty() {
            out.insert("reads".to_owned(), Json::List(seen));
        }
    }

    fn readable_read(&self, read: &Read) -> Json {
        match read {
            Read::Fact(fact, instance, value) => {
                let definition = &self.law.schema.facts[fact.at()];
                let mut out = BTreeMap::from([("fact".to_owned(), Json::text(&definition.path))]);
                self.put_place(definition.scope, *instance, &mut out);
                out.insert("value".to_owned(), self.readable(*value));
                Json::Object(out)
            }
            Read::Clause(clause, instance, value) => {
                let table = &self.law.clauses[clause.at()];
                let mut out = BTreeMap::from([("clause".to_owned(), Json::text(&table.id))]);
                self.put_place(table.scope, *instance, &mut out);
                out.insert("value".to_owned(), self.readable(*value));
                Json::Object(out)
            }
            Read::Parameter(parameter, value) => Json::object([
                (
                    "parameter",
                    Json::text(&self.law.parameters[usize::from(*parameter)].id),
                ),
                ("value", self.readable(*value)),
            ]),
            Read::Choice(choice, value) => Json::object([
                ("choice", Json::text(&self.law.choices[usize::from(*choice)].id)),
                ("value", self.readable(*value)),
            ]),
            Read::Branch(condition, taken) => Json::object([
                ("condition", self.readable(*condition)),
                ("taken", Json::Int((*taken).into())),
            ]),
        }
    }

    /// A value as people read it: `true`, `650`, `1/3`, `2021-07`, or what is missing.
    fn readable(&self, cell: Cell) -> Json {
        match cell {
            Cell::No => Json::Bool(false),
            Cell::Yes => Json::Bool(true),
            Cell::Int(value) => Json::integer(value.into()),
            Cell::Wide(place) => Json::text(self.number(place).to_string()),
            Cell::Code(code) => Json::text(self.law.code.codes.name(code)),
            Cell::Date(date) => Json::text(date.to_string()),
            Cell::Month(month) => Json::text(month.to_string()),
            Cell::Area(area) => Json::text(area.to_string()),
            Cell::Missing(gap) => {
                let (facts, rules) = self.missing(gap);
                let facts = facts.into_iter().map(|fact| match fact.at {
                    Some(at) => Json::text(format!("{} ({at})", fact.fact)),
                    None => Json::text(fact.fact),
                });
                let rules = rules
                    .into_iter()
                    .map(|rule| Json::text(format!("{} {}", rule.rule, rule.date)));
                Json::object([("missing", Json::List(facts.chain(rules).collect()))])
            }
            Cell::Error(fault) => Json::object([("error", Json::text(fault.code()))]),
            Cell::Absent => Json::object([("error", Json::text("E_TYPE"))]),
        }
    }
}

const fn when_or_value(part: u32) -> &'static str {
    if part == 0 { "when" } else { "value" }
}
