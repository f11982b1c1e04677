//! Mutants of sealed documents: operators, constants, limits, choices, dates and order changed, still a law.

use doudi::canonical::Json;

use crate::chooser::Chooser;

/// What of a document is evaluated.
const EVALUATED: [&str; 7] = [
    "parameters",
    "choices",
    "clauses",
    "outcomes",
    "guards",
    "schedules",
    "carries",
];

/// Operators that take the place of another with the same arguments.
const SWAPS: [(&str, &[&str]); 21] = [
    ("lt", &["le", "gt", "ge"]),
    ("le", &["lt", "ge", "eq"]),
    ("gt", &["ge", "lt", "le"]),
    ("ge", &["gt", "le", "lt"]),
    ("eq", &["ne"]),
    ("ne", &["eq"]),
    ("min", &["max"]),
    ("max", &["min"]),
    ("and", &["or"]),
    ("or", &["and"]),
    ("add", &["mul", "min"]),
    ("sub", &["add", "div"]),
    ("mul", &["add", "max"]),
    ("div", &["mul", "sub"]),
    ("any", &["all"]),
    ("all", &["any"]),
    ("least", &["greatest"]),
    ("greatest", &["least"]),
    ("month_start", &["month_end"]),
    ("month_end", &["month_start"]),
    ("months_between", &["months_between"]),
];

/// One step on the way to a part of a document.
#[derive(Clone)]
enum Step {
    Key(String),
    Index(usize),
}

/// Changes one place of a document; the result may be refused as a document or as a law.
pub fn mutate(document: &mut Json, c: &mut Chooser) {
    let mut sites = Vec::new();
    for key in EVALUATED {
        if let Some(part) = document.get(key) {
            collect(part, &mut vec![Step::Key(key.to_owned())], &mut sites);
        }
    }
    if !sites.is_empty() {
        let path = sites.swap_remove(c.at(sites.len()));
        edit(reach(document, &path), c);
    }
}

fn collect(json: &Json, path: &mut Vec<Step>, sites: &mut Vec<Vec<Step>>) {
    if is_site(json) {
        sites.push(path.clone());
    }
    match json {
        Json::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                collect(item, path, sites);
                path.pop();
            }
        }
        Json::Object(members) => {
            for (key, item) in members {
                path.push(Step::Key(key.clone()));
                collect(item, path, sites);
                path.pop();
            }
        }
        Json::Bool(_) | Json::Int(_) | Json::Text(_) => {}
    }
}

fn reach<'a>(mut json: &'a mut Json, path: &[Step]) -> &'a mut Json {
    for step in path {
        json = match (json, step) {
            (Json::Object(members), Step::Key(key)) => members.get_mut(key).expect("collected"),
            (Json::List(items), Step::Index(index)) => &mut items[*index],
            _ => panic!("the path was collected from this document"),
        };
    }
    json
}

fn head(items: &[Json]) -> Option<&str> {
    items.first().and_then(Json::as_text)
}

fn is_site(json: &Json) -> bool {
    match json {
        Json::List(items) => match head(items) {
            Some(name) => {
                SWAPS.iter().any(|(operator, _)| *operator == name)
                    || matches!(
                        name,
                        "lit"
                            | "q"
                            | "date"
                            | "month"
                            | "if"
                            | "within"
                            | "known"
                            | "round"
                            | "match"
                            | "first"
                            | "sum"
                            | "count"
                    )
            }
            // Rows and values: their order and number.
            None => items.len() > 1 && items.iter().all(|item| item.as_object().is_some()),
        },
        Json::Object(members) => {
            members.contains_key("options")
                || members
                    .get("from")
                    .or(members.get("until"))
                    .is_some_and(|day| day.as_text().is_some())
        }
        Json::Bool(_) | Json::Int(_) | Json::Text(_) => false,
    }
}

fn edit(site: &mut Json, c: &mut Chooser) {
    match site {
        Json::List(items) => match head(items).map(str::to_owned) {
            Some(name) => node(&name, items, c),
            None => {
                let (a, b) = (c.at(items.len()), c.at(items.len()));
                if c.one_in(3) {
                    items.remove(a);
                } else {
                    items.swap(a, b);
                }
            }
        },
        Json::Object(members) => {
            if let Some(options) = members.get("options").and_then(Json::as_list).map(<[Json]>::to_vec) {
                members.insert("option".to_owned(), c.pick(&options).clone());
            } else {
                let key = if members.contains_key("from") { "from" } else { "until" };
                members.insert(
                    key.to_owned(),
                    format!("{}-{:02}-01", c.between(2020, 2026), c.between(1, 12)).into(),
                );
            }
        }
        Json::Bool(_) | Json::Int(_) | Json::Text(_) => {}
    }
}

fn node(name: &str, items: &mut Vec<Json>, c: &mut Chooser) {
    match name {
        "lit" => items[1] = constant(&items[1], c),
        "q" => {
            let (numerator, denominator) = *c.pick(&[(1, 3), (2, 3), (-1, 2), (7, 10), (1, 7)]);
            items[1] = Json::Int(numerator);
            items[2] = Json::Int(denominator);
        }
        "date" => items[1] = format!("{}-{:02}-28", c.between(2019, 2027), c.between(1, 12)).into(),
        "month" if items.len() == 2 => items[1] = format!("{}-{:02}", c.between(2019, 2027), c.between(1, 12)).into(),
        "if" if items.len() == 4 => items.swap(2, 3),
        "within" if items.len() == 4 => items.swap(2, 3),
        "known" => {
            let known = Json::List(std::mem::take(items));
            *items = vec!["not".into(), known];
        }
        "round" if items.len() == 4 => items[3] = (*c.pick(&["half_up", "up", "down"])).into(),
        "match" if items.len() == 3 => {
            if let Json::List(arms) = &mut items[2]
                && arms.len() > 1
            {
                if c.one_in(2) {
                    arms.pop();
                } else {
                    arms.reverse();
                }
            }
        }
        "first" if items.len() == 6 && c.one_in(2) => {
            items.pop();
        }
        "first" | "sum" | "count" if items.len() > 2 => items[2] = Json::Bool(true),
        "months_between" => items[1..].reverse(),
        _ => {
            if let Some((_, others)) = SWAPS.iter().find(|(operator, _)| *operator == name) {
                items[0] = (*c.pick(others)).into();
            }
        }
    }
}

fn constant(value: &Json, c: &mut Chooser) -> Json {
    let number = value.as_integer().unwrap_or(0);
    Json::integer(match c.below(9) {
        0 => 0,
        1 => -number,
        2 => number.saturating_mul(1_000),
        3 => 10_i128.pow(37),
        4 => number / 2,
        5 | 6 => number - 1,
        _ => number.saturating_add(1),
    })
}
