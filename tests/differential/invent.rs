//! Random well-typed expressions over every operator.

use doudi::canonical::Json;
use doudi::rules::document::{Type, Vocabulary};

use crate::chooser::Chooser;
use crate::parts::{month, text};

/// What kind of value an expression has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Bool,
    Date,
    Month,
    Area,
    Code,
}

use Kind::{Area, Bool, Code, Date, Month, Number};

/// Grows expressions. Clauses may read those before them.
pub struct Inventor<'a> {
    pub vocabulary: &'a Vocabulary,
    pub c: &'a mut Chooser,
    /// Id, scope and kind of the clauses that may be read.
    pub clauses: Vec<(String, String, Kind)>,
    /// How many aggregates enclose the expression that grows.
    pub nested: usize,
}

impl Inventor<'_> {
    pub fn expr(&mut self, kind: Kind, scope: &str, depth: i64) -> Json {
        if depth == 0 || self.nested > 2 || self.c.one_in(8) {
            return self.leaf(kind, scope);
        }
        let depth = depth - 1;
        match self.c.below(10) {
            0 => self.call("if", &[Bool, kind, kind], scope, depth),
            1 => self.branch_by_code(kind, scope, depth),
            2 | 3 if kind != Bool => self.chosen_of(kind, scope, depth),
            4 | 5 => self.leaf(kind, scope),
            _ => match kind {
                Number => self.number(scope, depth),
                Bool => self.bool(scope, depth),
                Date => self.date(scope, depth),
                Month => self.month(scope, depth),
                Area | Code => self.leaf(kind, scope),
            },
        }
    }

    fn call(&mut self, name: &str, kinds: &[Kind], scope: &str, depth: i64) -> Json {
        let mut items = vec![Json::from(name)];
        for kind in kinds {
            items.push(self.expr(*kind, scope, depth));
        }
        Json::List(items)
    }

    fn number(&mut self, scope: &str, depth: i64) -> Json {
        match self.c.below(13) {
            0 => self.call("add", &[Number, Number, Number], scope, depth),
            1 => self.call("sub", &[Number, Number], scope, depth),
            2 => self.call("mul", &[Number, Number], scope, depth),
            3 => self.call("div", &[Number, Number], scope, depth),
            4 => self.call("neg", &[Number], scope, depth),
            5 => {
                let value = self.expr(Number, scope, depth);
                let mode = *self.c.pick(&["half_up", "up", "down"]);
                let quantum = *self.c.pick(&[1, 10, 100]);
                Json::List(vec!["round".into(), value, Json::Int(quantum), mode.into()])
            }
            6 => self.call("months_between", &[Date, Month], scope, depth),
            7 => self.call("days_between", &[Date, Date], scope, depth),
            8 => self.call("age_at", &[Date, Date], scope, depth),
            9 | 10 => self.lookup(scope, depth),
            11 => self.aggregate("sum", Number, scope, depth),
            _ => {
                let over = self.over(scope);
                let filter = self.inside(|inventor| inventor.filter(&over, depth));
                Json::List(vec!["count".into(), over.into(), filter])
            }
        }
    }

    fn bool(&mut self, scope: &str, depth: i64) -> Json {
        let name = *self.c.pick(&["lt", "le", "gt", "ge", "eq", "ne"]);
        let ordered = *self.c.pick(&[Number, Number, Date, Month]);
        match self.c.below(11) {
            0 => self.call("and", &[Bool, Bool, Bool], scope, depth),
            1 => self.call("or", &[Bool, Bool, Bool], scope, depth),
            2 => self.call("not", &[Bool], scope, depth),
            3 => self.call("within", &[ordered, ordered, ordered], scope, depth),
            4 => {
                let name = *self.c.pick(&["eq", "ne"]);
                self.call(name, &[Area, Area], scope, depth)
            }
            5 => self.call("within_area", &[Area, Area], scope, depth),
            6 => self.aggregate("any", Bool, scope, depth),
            7 => self.aggregate("all", Bool, scope, depth),
            8 => {
                let code = self.expr(Code, scope, depth);
                Json::List(vec![
                    "in".into(),
                    code,
                    Json::List(vec!["rural".into(), "other".into(), "full".into()]),
                ])
            }
            9 => {
                let value = self.expr(Number, scope, depth);
                Json::List(vec!["in_bounds".into(), value, "bounded".into()])
            }
            _ => self.call(name, &[ordered, ordered], scope, depth),
        }
    }

    fn date(&mut self, scope: &str, depth: i64) -> Json {
        match self.c.below(5) {
            0 => self.call("month_start", &[Month], scope, depth),
            1 => self.call("month_end", &[Month], scope, depth),
            2 => self.call("add_months", &[Date, Number], scope, depth),
            3 => self.call("add_days", &[Date, Number], scope, depth),
            _ => {
                let date = self.expr(Date, scope, depth);
                let days = self.c.between(-1, 60);
                Json::List(vec!["add_working_days".into(), date, lit(days)])
            }
        }
    }

    fn month(&mut self, scope: &str, depth: i64) -> Json {
        match self.c.below(4) {
            0 => self.call("month_of", &[Date], scope, depth),
            1 => self.call("next_month", &[Month], scope, depth),
            2 => self.call("next_month", &[Date], scope, depth),
            _ => self.call("add_months", &[Month, Number], scope, depth),
        }
    }

    /// Aggregates that give the kind of their value, and the orders.
    fn chosen_of(&mut self, kind: Kind, scope: &str, depth: i64) -> Json {
        let ordered = matches!(kind, Number | Date | Month);
        if ordered && self.c.one_in(2) {
            let name = *self.c.pick(&["min", "max"]);
            return self.call(name, &[kind, kind], scope, depth);
        }
        let over = self.over(scope);
        let of = *self.c.pick(&[Number, Date, Month]);
        let extreme = ordered && self.c.one_in(2);
        let name = if extreme {
            *self.c.pick(&["least", "greatest"])
        } else {
            "first"
        };
        let mut items = vec![Json::from(name), over.clone().into()];
        self.inside(|inventor| {
            items.push(inventor.filter(&over, depth));
            if !extreme {
                items.push(inventor.expr(of, &over, depth));
            }
            items.push(inventor.expr(kind, &over, depth));
        });
        if extreme || self.c.one_in(2) {
            items.push(self.expr(kind, scope, depth));
        }
        Json::List(items)
    }

    fn aggregate(&mut self, name: &str, kind: Kind, scope: &str, depth: i64) -> Json {
        let over = self.over(scope);
        self.inside(|inventor| {
            let filter = inventor.filter(&over, depth);
            let value = inventor.expr(kind, &over, depth);
            Json::List(vec![name.into(), over.clone().into(), filter, value])
        })
    }

    /// Grows what stands inside an aggregate.
    fn inside<T>(&mut self, grow: impl FnOnce(&mut Self) -> T) -> T {
        self.nested += 1;
        let grown = grow(self);
        self.nested -= 1;
        grown
    }

    fn filter(&mut self, over: &str, depth: i64) -> Json {
        if self.c.one_in(2) {
            Json::Bool(true)
        } else {
            self.expr(Bool, over, depth)
        }
    }

    /// The scope that an aggregate goes over: a long one only outside others, so that the law keeps its bound of cost.
    fn over(&mut self, scope: &str) -> String {
        let short = ["asset", "paid", "obligor", "member"];
        let middle = ["asset", "expense", "member", "job", "income"];
        let long = ["member", "job", "job_receipt", "income", "income_receipt", "obligor"];
        let over = match scope {
            "household" | "member" | "pay_month" if self.nested == 0 => *self.c.pick(&long),
            "household" | "member" | "pay_month" if self.nested == 1 => *self.c.pick(&middle),
            _ => *self.c.pick(&short),
        };
        over.to_owned()
    }

    fn branch_by_code(&mut self, kind: Kind, scope: &str, depth: i64) -> Json {
        let subject = Json::List(vec!["choice".into(), "P1".into()]);
        let mut arms = Vec::new();
        for code in ["a", "b", "c"] {
            arms.push(Json::List(vec![code.into(), self.expr(kind, scope, depth)]));
        }
        if self.c.one_in(20) {
            arms.pop();
        }
        Json::List(vec!["match".into(), subject, Json::List(arms)])
    }

    fn lookup(&mut self, scope: &str, depth: i64) -> Json {
        let (name, kinds): (&str, &[Kind]) = *self.c.pick(&[
            ("plain", &[][..]),
            ("by_area", &[Area, Code][..]),
            ("bounded", &[Number][..]),
        ]);
        let keys = kinds.iter().map(|kind| self.expr(*kind, scope, depth)).collect();
        let date = self.expr(Date, scope, depth);
        Json::List(vec!["lookup".into(), name.into(), Json::List(keys), date])
    }

    fn leaf(&mut self, kind: Kind, scope: &str) -> Json {
        if self.c.one_in(3) {
            let readable = self.ancestors(scope);
            let of_kind = |(_, of, its): &&(String, String, Kind)| *its == kind && readable.contains(of);
            let clauses: Vec<&(String, String, Kind)> = self.clauses.iter().filter(of_kind).collect();
            if !clauses.is_empty() {
                return Json::List(vec!["clause".into(), self.c.pick(&clauses).0.clone().into()]);
            }
        }
        if !self.c.one_in(3) {
            let paths = self.paths(kind, scope);
            if !paths.is_empty() {
                return Json::List(vec!["fact".into(), self.c.pick(&paths).clone().into()]);
            }
        }
        match kind {
            Number if self.c.one_in(4) => {
                Json::List(vec!["q".into(), Json::Int(self.c.between(-3, 3) * 2 + 1), Json::Int(2)])
            }
            Number if self.c.one_in(30) => lit_big(10_i128.pow(37)),
            Number => lit(self.c.between(-5, 100)),
            Bool if self.c.one_in(2) => {
                let readable = self.ancestors(scope);
                let facts = self
                    .vocabulary
                    .facts
                    .iter()
                    .filter(|fact| readable.contains(&fact.scope) && fact.path != "decision.pay_from");
                let paths: Vec<&String> = facts.map(|fact| &fact.path).collect();
                Json::List(vec!["known".into(), self.c.pick(&paths).to_string().into()])
            }
            Bool => Json::Bool(self.c.one_in(2)),
            Date => text(
                "date",
                format!(
                    "{}-{:02}-{:02}",
                    self.c.between(2019, 2024),
                    self.c.between(1, 12),
                    self.c.between(1, 28)
                ),
            ),
            Month => text("month", month(self.c)),
            Area => text("area", *self.c.pick(&["340321", "340300", "340321100", "310000"])),
            Code => text("code", *self.c.pick(&["rural", "urban", "other"])),
        }
    }

    fn paths(&self, kind: Kind, scope: &str) -> Vec<String> {
        let readable = self.ancestors(scope);
        let of_kind = |unit: &Type| match unit {
            Type::Number(_) => kind == Number,
            Type::Bool => kind == Bool,
            Type::Code(_) => kind == Code,
            Type::Date => kind == Date,
            Type::Month => kind == Month,
            Type::Area => kind == Area,
        };
        let facts = self.vocabulary.facts.iter();
        let facts = facts
            .filter(|fact| of_kind(&fact.unit) && readable.contains(&fact.scope) && fact.path != "decision.pay_from");
        facts.map(|fact| fact.path.clone()).collect()
    }

    fn ancestors(&self, scope: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut next = Some(scope.to_owned());
        while let Some(id) = next {
            next = self
                .vocabulary
                .scopes
                .iter()
                .find(|scope| scope.id == id)
                .and_then(|scope| scope.parent.clone());
            found.push(id);
        }
        found
    }
}

pub fn lit(number: i64) -> Json {
    lit_big(i128::from(number))
}

fn lit_big(number: i128) -> Json {
    Json::List(vec!["lit".into(), Json::integer(number), "count".into()])
}
