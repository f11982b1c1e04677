//! Invented laws: random clauses, in two documents with rows, guards, schedules and carries.
//!
//! They make no sense as law. They reach what the shipped policy does not: every operator, overflow, lapses, versions.

use doudi::canonical::Json;
use doudi::rules::document::{Document, Vocabulary};

use crate::chooser::Chooser;
use crate::invent::Kind::{self, Area, Bool, Code, Date, Month, Number};
use crate::invent::{Inventor, lit};
use crate::parts::{self, object, text};

/// Clauses of one invented law.
const CLAUSES: usize = 40;
/// Depth of an invented expression.
const DEPTH: i64 = 4;

/// Two documents, of the nation and of the county.
pub fn documents(vocabulary: &Vocabulary, c: &mut Chooser) -> [Document; 2] {
    let mut inventor = Inventor {
        vocabulary,
        c,
        clauses: Vec::new(),
        nested: 0,
    };
    let nation = inventor.nation();
    let county = inventor.county();
    [nation, county].map(|json| Document::from_json(&json).expect("an invented document is well formed"))
}

impl Inventor<'_> {
    /// One clause, or a second version that overrides an earlier one.
    fn clause(&mut self, id: String, scope: String, kind: Kind, overrides: bool) -> Json {
        let (unit, otherwise) = match kind {
            Number => ("fen", lit(0)),
            Bool => ("bool", Json::Bool(false)),
            Date => ("date", text("date", "2021-01-01")),
            Month => ("month", text("month", "2021-01")),
            Area => ("area", text("area", "340321")),
            Code => ("code:residence_kind", text("code", "rural")),
        };
        let mut clause = vec![
            ("id", id.clone().into()),
            ("name", id.clone().into()),
            ("scope", scope.clone().into()),
            ("unit", unit.into()),
            ("by", self.by()),
        ];
        let depth = self.c.between(1, DEPTH);
        clause.push(("expr", self.expr(kind, &scope, depth)));
        if overrides || self.c.one_in(5) {
            clause.push(("in_force", parts::in_force(self.c)));
            if self.c.one_in(2) {
                let when = self.expr(Bool, &scope, 1);
                clause.push(("on_lapse", object([("when", when), ("otherwise", otherwise)])));
            }
        }
        if overrides {
            clause.push(("overrides", "nation#1".into()));
        } else {
            self.clauses.push((id, scope, kind));
        }
        object(clause)
    }

    /// The date that selects; seldom the application's, which need not exist.
    pub fn by(&mut self) -> Json {
        (*self.c.pick(&[
            "decision_date",
            "decision_date",
            "assessed_month",
            "assessed_month",
            "application_date",
        ]))
        .into()
    }

    fn clauses(&mut self) -> Json {
        let scopes = [
            "household",
            "member",
            "member",
            "job",
            "job_receipt",
            "income",
            "asset",
            "expense",
        ];
        let kinds = [Number, Number, Number, Bool, Bool, Date, Month, Area, Code];
        let mut clauses = Vec::new();
        for number in 0..CLAUSES {
            let (scope, kind) = (*self.c.pick(&scopes), *self.c.pick(&kinds));
            clauses.push(self.clause(format!("c{number}"), scope.to_owned(), kind, false));
        }
        Json::List(clauses)
    }

    fn nation(&mut self) -> Json {
        let clauses = self.clauses();
        let mut document = parts::nation(self.c);
        document.insert("clauses".to_owned(), clauses);
        document.insert("outcomes".to_owned(), parts::outcomes(self));
        document.insert("guards".to_owned(), parts::guards(self));
        document.insert("schedules".to_owned(), parts::schedules(self));
        document.insert("carries".to_owned(), parts::carries(self));
        Json::Object(document)
    }

    /// The county adds a row before the last, sets the choice and overrides a clause of its superior.
    fn county(&mut self) -> Json {
        let mut document = parts::county(self.c);
        let over = self.c.below(5);
        // A later version must not read what reads it: it reads constants and facts alone.
        let (id, scope, kind) = self.clauses[usize::try_from(over).expect("small")].clone();
        let readable = std::mem::take(&mut self.clauses);
        let clause = self.clause(id, scope, kind, true);
        self.clauses = readable;
        document.insert("clauses".to_owned(), Json::List(vec![clause]));
        document.insert("outcomes".to_owned(), parts::county_outcomes(self));
        Json::Object(document)
    }
}
