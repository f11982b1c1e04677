//! Whom a change concerns: the clauses and outcomes that read a thing, directly or through others.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::document::{Document, OutcomeRow};
use crate::rules::expr::Expr;
use crate::rules::render::Names;
use crate::rules::types::expression_parts;

/// Something that an expression can read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A clause.
    Clause(String),
    /// A parameter.
    Parameter(String),
    /// A choice.
    Choice(String),
}

/// Who reads what.
pub struct Reach<'d> {
    /// The clauses that read a thing.
    readers: BTreeMap<Thing, BTreeSet<&'d str>>,
    /// The outcome rows that read a thing: outcome codes.
    outcomes: BTreeMap<Thing, BTreeSet<&'d str>>,
}

impl<'d> Reach<'d> {
    /// Reads all documents.
    pub fn of(documents: &[&'d Document]) -> Reach<'d> {
        let mut reach = Reach {
            readers: BTreeMap::new(),
            outcomes: BTreeMap::new(),
        };
        for document in documents {
            for clause in &document.clauses {
                let lapse = clause.on_lapse.as_ref().map(|lapse| &lapse.when);
                for thing in lapse.into_iter().chain([&clause.expr]).flat_map(things) {
                    reach.readers.entry(thing).or_default().insert(&clause.id);
                }
            }
            for (list, row) in document
                .outcomes
                .iter()
                .flat_map(|list| list.rows.iter().map(move |row| (list, row)))
            {
                for thing in row_expressions(row).into_iter().chain(&list.concerns).flat_map(things) {
                    reach.outcomes.entry(thing).or_default().insert(&row.outcome);
                }
            }
        }
        reach
    }

    /// In words: which clauses read it, and which outcomes depend on it.
    pub fn words(&self, thing: &Thing, names: &Names<'_>) -> String {
        let mut clauses: BTreeSet<&str> = BTreeSet::new();
        let mut outcomes: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![thing.clone()];
        while let Some(thing) = open.pop() {
            outcomes.extend(self.outcomes.get(&thing).into_iter().flatten());
            for reader in self.readers.get(&thing).into_iter().flatten() {
                if clauses.insert(reader) {
                    open.push(Thing::Clause((*reader).to_string()));
                }
            }
        }
        let clauses: Vec<String> = clauses.into_iter().map(|id| names.clause(id)).collect();
        let outcomes: Vec<&str> = outcomes.into_iter().collect();
        match (clauses.is_empty(), outcomes.is_empty()) {
            (true, true) => "没有条款或者结果读取它".into(),
            (false, true) => format!("影响条款：{}", clauses.join("、")),
            (true, false) => format!("影响结果：{}", outcomes.join("、")),
            (false, false) => format!("影响条款：{}；影响结果：{}", clauses.join("、"), outcomes.join("、")),
        }
    }
}

fn things(expr: &Expr) -> Vec<Thing> {
    let mut found: Vec<Thing> = expression_parts(expr).into_iter().flat_map(things).collect();
    match expr {
        Expr::Clause(id) => found.push(Thing::Clause(id.clone())),
        Expr::Lookup { parameter, .. } | Expr::InBounds { parameter, .. } => {
            found.push(Thing::Parameter(parameter.clone()));
        }
        Expr::Choice(id) => found.push(Thing::Choice(id.clone())),
        Expr::Literal(_)
        | Expr::Fact(_)
        | Expr::Known(_)
        | Expr::Apply(..)
        | Expr::In(..)
        | Expr::Match(..)
        | Expr::Round { .. }
        | Expr::Aggregate(_) => {}
    }
    found
}

fn row_expressions(row: &OutcomeRow) -> Vec<&Expr> {
    let months = row
        .months
        .as_ref()
        .map(|months| [&months.from, &months.count, &months.amount]);
    [&row.when]
        .into_iter()
        .chain(&row.persons)
        .chain(&row.amount)
        .chain(&row.from)
        .chain(&row.valid)
        .chain(&row.shows)
        .chain(months.into_iter().flatten())
        .chain(row.then.as_ref().map(|then| &then.from))
        .chain(row.flags.iter().map(|(_, when)| when))
        .collect()
}
