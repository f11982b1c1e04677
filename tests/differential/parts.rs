//! The parts of an invented law around its clauses: parameters, choices, the calendar, rows, guards, schedules, carries.

use std::collections::BTreeMap;

use doudi::canonical::Json;

use crate::chooser::Chooser;
use crate::invent::{Inventor, Kind, lit};

type Members = BTreeMap<String, Json>;

pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    Json::object(members)
}

pub fn text(name: &str, value: impl Into<Json>) -> Json {
    Json::List(vec![name.into(), value.into()])
}

pub fn month(c: &mut Chooser) -> String {
    format!("{}-{:02}", c.between(2020, 2026), c.between(1, 12))
}

pub fn in_force(c: &mut Chooser) -> Json {
    let from = format!("{}-01", month(c));
    if c.one_in(2) {
        object([("from", from.into())])
    } else {
        object([("from", from.into()), ("until", "2026-12-31".into())])
    }
}

/// The nation's document without its clauses and rows.
pub fn nation(c: &mut Chooser) -> Members {
    let number = |min: i64, max: i64| object([("min", lit(min)), ("max", lit(max)), ("cite", "nation#1".into())]);
    let declare = |keys: &[&str], otherwise: Option<Json>| {
        let mut declaration = vec![
            ("name", "x".into()),
            ("unit", "count".into()),
            ("by", "assessed_month".into()),
        ];
        if !keys.is_empty() {
            declaration.push(("keys", Json::List(keys.iter().map(|key| Json::from(*key)).collect())));
        }
        declaration.extend(otherwise.map(|value| ("otherwise", value)));
        object(declaration)
    };
    let plain = object([
        ("id", "plain".into()),
        ("declaration", declare(&[], None)),
        ("values", rows(c, true, |_| Vec::new())),
    ]);
    let by_area = object([
        ("id", "by_area".into()),
        ("declaration", declare(&["area", "code:residence_kind"], None)),
        ("values", rows(c, true, |c| vec![residence(c)])),
    ]);
    let bounded = object([
        ("id", "bounded".into()),
        ("declaration", declare(&["count"], Some(lit(7)))),
        ("bounds", number(0, 50)),
        ("values", rows(c, true, |c| vec![lit(c.below(4))])),
    ]);
    let mut document = head("100000", "invented_nation", c);
    document.insert("parameters".to_owned(), Json::List(vec![plain, by_area, bounded]));
    document
}

/// The county's document without its clauses and rows.
pub fn county(c: &mut Chooser) -> Members {
    let mut document = head("340321", "invented_county", c);
    let by_area = object([
        ("id", "by_area".into()),
        ("values", rows(c, false, |c| vec![residence(c)])),
    ]);
    document.insert("parameters".to_owned(), Json::List(vec![by_area]));
    let year = object([
        ("year", Json::Int(2022)),
        ("off", Json::List(vec!["2022-01-03".into()])),
        ("sample", Json::Bool(true)),
    ]);
    document.insert("calendar".to_owned(), Json::List(vec![year]));
    document
}

fn head(area: &str, policy: &str, c: &mut Chooser) -> Members {
    let choice = object([
        ("id", "P1".into()),
        ("name", "x".into()),
        ("options", Json::List(vec!["a".into(), "b".into(), "c".into()])),
        ("option", (*c.pick(&["a", "b", "c"])).into()),
        ("in_force", in_force(c)),
        ("by", "default".into()),
    ]);
    let document = [
        ("semantics", "doudi-rules/1".into()),
        ("area", area.into()),
        ("policy", policy.into()),
        ("title", policy.into()),
        ("choices", Json::List(vec![choice])),
    ];
    document
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn residence(c: &mut Chooser) -> Json {
    if c.one_in(3) {
        "*".into()
    } else {
        text("code", *c.pick(&["rural", "urban"]))
    }
}

fn rows(c: &mut Chooser, areas: bool, keys: impl Fn(&mut Chooser) -> Vec<Json>) -> Json {
    let rows = (0..c.between(1, 6)).map(|number| {
        let mut row = vec![
            ("id", format!("r{number}").into()),
            ("value", lit(c.below(50))),
            ("sample", Json::Bool(c.one_in(4))),
        ];
        let keys = keys(c);
        if !keys.is_empty() {
            row.push(("keys", Json::List(keys)));
        }
        if areas && c.one_in(2) {
            row.push(("area", (*c.pick(&["340000", "340300", "340321"])).into()));
        }
        if !c.one_in(3) {
            row.push(("in_force", in_force(c)));
        }
        object(row)
    });
    Json::List(rows.collect())
}

/// A whole number of fen that can be paid, most of the time.
fn amount(inventor: &mut Inventor<'_>, scope: &str) -> Json {
    let value = inventor.expr(Kind::Number, scope, 2);
    if inventor.c.one_in(10) {
        return value;
    }
    let rounded = Json::List(vec!["round".into(), value, Json::Int(1), "half_up".into()]);
    let most = Json::List(vec!["min".into(), rounded, lit(1_000_000)]);
    Json::List(vec!["max".into(), most, lit(0)])
}

fn row(inventor: &mut Inventor<'_>, id: &str, scope: &str, when: Json) -> Json {
    let outcomes = [
        "DIBAO",
        "DIBAO",
        "TEKUN",
        "SINGLE_DIBAO",
        "GRACE",
        "GRACE",
        "EDGE",
        "RIGID",
        "OTHER_LOW_INCOME",
        "REFUSED",
        "STOP",
    ];
    let mut row = vec![
        ("id", id.into()),
        ("when", when),
        ("outcome", (*inventor.c.pick(&outcomes)).into()),
        ("cite", format!("nation#{id}").into()),
        ("first", Json::List(vec!["recheck".into()])),
        ("reason", "INCOME".into()),
    ];
    if inventor.c.one_in(3) {
        let count = lit(inventor.c.between(0, 14));
        let from = inventor.expr(Kind::Month, scope, 1);
        let amount = amount(inventor, "pay_month");
        row.push(("months", object([("from", from), ("count", count), ("amount", amount)])));
    } else {
        row.push(("amount", amount(inventor, scope)));
        row.push(("from", inventor.expr(Kind::Month, scope, 1)));
    }
    if inventor.c.one_in(2) {
        row.push(("persons", inventor.expr(Kind::Bool, "member", 2)));
    }
    if inventor.c.one_in(3) {
        row.push(("valid", lit(inventor.c.between(1, 12))));
    }
    if inventor.c.one_in(3) {
        let from = inventor.expr(Kind::Month, scope, 1);
        row.push((
            "then",
            object([
                ("outcome", "STOP".into()),
                ("from", from),
                ("reason", "GRACE_END".into()),
            ]),
        ));
    }
    if inventor.c.one_in(3) {
        row.push(("shows", amount(inventor, scope)));
    }
    if inventor.c.one_in(3) {
        let condition = inventor.expr(Kind::Bool, scope, 2);
        row.push(("flags", Json::List(vec![Json::List(vec!["look".into(), condition])])));
        row.push(("refer", Json::List(vec!["monitoring".into()])));
    }
    object(row)
}

pub fn outcomes(inventor: &mut Inventor<'_>) -> Json {
    let mut lists = Vec::new();
    for (id, scope) in [("main", "household"), ("persons", "member")] {
        let mut rows = Vec::new();
        for number in 0..inventor.c.between(1, 4) {
            let when = inventor.expr(Kind::Bool, scope, 2);
            rows.push(row(inventor, &format!("{id}{number}"), scope, when));
        }
        let last = if id == "main" && !inventor.c.one_in(4) {
            Json::Bool(true)
        } else {
            inventor.expr(Kind::Bool, scope, 1)
        };
        rows.push(row(inventor, "last", scope, last));
        let kinds = ["determine", "review", "exit"].map(Json::from).to_vec();
        let mut list = vec![
            ("id", id.into()),
            ("scope", scope.into()),
            ("kinds", Json::List(kinds)),
            ("rows", Json::List(rows)),
        ];
        if scope == "member" && inventor.c.one_in(2) {
            list.push(("concerns", inventor.expr(Kind::Bool, scope, 2)));
        }
        lists.push(object(list));
    }
    Json::List(lists)
}

/// A row before the last, and a second version of the last.
pub fn county_outcomes(inventor: &mut Inventor<'_>) -> Json {
    let when = inventor.expr(Kind::Bool, "household", 2);
    let mut before = row(inventor, "county", "household", when);
    let when = inventor.expr(Kind::Bool, "household", 2);
    let mut version = row(inventor, "last", "household", when);
    if let (Json::Object(before), Json::Object(version)) = (&mut before, &mut version) {
        before.insert("before".to_owned(), "last".into());
        version.insert("overrides".to_owned(), "nation#last".into());
        version.insert("in_force".to_owned(), in_force(inventor.c));
    }
    let kinds = ["determine", "review", "exit"].map(Json::from).to_vec();
    let rows = Json::List(vec![before, version]);
    Json::List(vec![object([
        ("id", "main".into()),
        ("scope", "household".into()),
        ("kinds", Json::List(kinds)),
        ("rows", rows),
    ])])
}

pub fn guards(inventor: &mut Inventor<'_>) -> Json {
    let mut guards = Vec::new();
    for (number, scope) in ["household", "member", "household"].into_iter().enumerate() {
        let mut guard = vec![
            ("id", format!("g{number}").into()),
            ("scope", scope.into()),
            ("by", inventor.by()),
            ("reason", format!("REASON_{number}").into()),
            (
                "on_failure",
                if number == 2 { "refuse".into() } else { "propose".into() },
            ),
            ("cite", "nation#1".into()),
        ];
        let pay_from = Json::List(vec!["fact".into(), "decision.pay_from".into()]);
        let early = Json::List(vec!["lt".into(), pay_from, text("month", month(inventor.c))]);
        let other = inventor.expr(Kind::Bool, scope, 2);
        guard.push(("require", Json::List(vec!["or".into(), early, other])));
        if inventor.c.one_in(2) {
            guard.push((
                "effects",
                Json::List(vec!["DECREASE".into(), "STOP".into(), "ENTRY".into()]),
            ));
        }
        if inventor.c.one_in(2) {
            guard.push((
                "outcomes",
                Json::List(vec!["DIBAO".into(), "GRACE".into(), "EDGE".into()]),
            ));
        }
        if inventor.c.one_in(3) {
            guard.push(("in_force", in_force(inventor.c)));
        }
        guards.push(object(guard));
    }
    Json::List(guards)
}

pub fn schedules(inventor: &mut Inventor<'_>) -> Json {
    let schedules = (0..3).map(|number| {
        object([
            ("id", format!("s{number}").into()),
            ("when", inventor.expr(Kind::Bool, "household", 1)),
            ("value", inventor.expr(Kind::Date, "household", 2)),
            ("cite", "nation#1".into()),
        ])
    });
    Json::List(schedules.collect())
}

pub fn carries(inventor: &mut Inventor<'_>) -> Json {
    let carry = |fact: &str, when, value| object([("fact", fact.into()), ("when", when), ("value", value)]);
    let when = inventor.expr(Kind::Bool, "member", 1);
    let value = inventor.expr(Kind::Month, "member", 2);
    let first = carry("member.deduction_first_month", when, value);
    let when = inventor.expr(Kind::Bool, "member", 1);
    let value = inventor.expr(Kind::Number, "member", 2);
    Json::List(vec![first, carry("member.deduction_months_used", when, value)])
}
