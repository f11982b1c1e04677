//! What resolution orders and what it refuses.

use super::*;
use crate::rules::document::{
    Bounds, Choice, Clause, FactDefinition, Guard, GuardFailure, OutcomeList as SealedList, Parameter,
    ParameterDeclaration, ParameterValue, ScopeDefinition, Type, Vocabulary,
};
use crate::rules::expr::{Aggregate, AggregateKind, Expr, Literal, Operator, Unit};
use crate::rules::number::Number;

fn document(policy: &str, area: &str) -> Document {
    Document {
        policy: policy.to_owned(),
        area: area.to_owned(),
        title: policy.to_owned(),
        ..Document::default()
    }
}

fn vocabulary() -> Document {
    let fact = |path: &str, scope: &str, unit| FactDefinition {
        path: path.to_owned(),
        name: path.to_owned(),
        scope: scope.to_owned(),
        unit,
        absent: None,
        source: "caller".to_owned(),
        meaning: String::new(),
    };
    let scope = |id: &str, parent: Option<&str>, limit| ScopeDefinition {
        id: id.to_owned(),
        name: id.to_owned(),
        parent: parent.map(str::to_owned),
        limit,
    };
    Document {
        vocabulary: Some(Vocabulary {
            scopes: vec![
                scope("household", None, 1),
                scope("member", Some("household"), 64),
                scope("job", Some("member"), 256),
            ],
            codes: Vec::new(),
            facts: vec![
                fact("decision.date", "household", Type::Date),
                fact("decision.pay_from", "household", Type::Month),
                fact("job.wage", "job", Type::Number(Unit::Fen)),
            ],
        }),
        ..document("vocabulary", "100000")
    }
}

fn clause(id: &str, scope: &str, expr: Expr) -> Clause {
    Clause {
        id: id.to_owned(),
        name: id.to_owned(),
        scope: scope.to_owned(),
        unit: Type::Bool,
        cite: None,
        in_force: InForce::default(),
        by: SelectedBy::AssessedMonth,
        on_lapse: None,
        overrides: None,
        expr,
    }
}

fn with_clauses(policy: &str, area: &str, clauses: Vec<Clause>) -> Document {
    Document {
        clauses,
        ..document(policy, area)
    }
}

fn yes() -> Expr {
    Expr::Literal(Literal::Bool(true))
}

fn months(value: i128) -> Literal {
    Literal::Number(Number::integer(value), Unit::Months)
}

fn resolve(documents: Vec<Document>) -> Result<Law, Vec<LawError>> {
    let layers: Vec<Published> = (0..)
        .zip(documents)
        .map(|(index, document)| Published::new(document, "log", index))
        .collect();
    let calendar = Published::new(document("calendar", "100000"), "log", 90);
    let vocabulary = Published::new(vocabulary(), "log", 91);
    Law::resolve("340321".parse().expect("an area"), &layers, &calendar, &vocabulary)
}

fn problems(documents: Vec<Document>) -> Vec<String> {
    resolve(documents)
        .expect_err("refused")
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn layers_stand_from_nation_to_county_whatever_order_they_came_in() {
    let law = resolve(vec![
        document("x", "340321"),
        document("b", "100000"),
        document("c", "340300"),
        document("a", "100000"),
    ])
    .expect("a law");
    let listed = law
        .manifest()
        .get("documents")
        .and_then(Json::as_list)
        .expect("documents");
    let indexes: Vec<Option<&Json>> = listed
        .iter()
        .map(|entry| entry.get("published").and_then(|place| place.get("index")))
        .collect();
    assert_eq!(
        indexes,
        [3, 1, 2, 0]
            .map(|index| Some(Json::Int(index)))
            .each_ref()
            .map(Option::as_ref)
    );
    assert_eq!(law.digest(), Digest::of(&law.manifest().to_bytes()));
}

#[test]
fn a_document_of_another_county_and_two_of_one_policy_are_refused() {
    assert_eq!(
        problems(vec![
            document("x", "340322"),
            document("n", "100000"),
            document("n", "100000")
        ]),
        [
            "policy x, area: the document is not of 340321 or a superior area",
            "policy n, area: two documents of one policy and area: keep the newest"
        ]
    );
}

#[test]
fn clauses_that_read_each_other_in_a_cycle_are_refused_by_name() {
    let a = clause(
        "a",
        "household",
        Expr::Apply(Operator::Not, vec![Expr::Clause("b".to_owned())]),
    );
    let b = clause("b", "household", Expr::Clause("a".to_owned()));
    assert_eq!(
        problems(vec![with_clauses("n", "100000", vec![a, b])]),
        ["policy n, clause a: the clauses read each other in a cycle: a -> b -> a"]
    );
}

#[test]
fn a_clause_that_shadows_must_say_that_it_overrides() {
    let nation = || with_clauses("n", "100000", vec![clause("a", "household", yes())]);
    let county = |overrides: Option<&str>, until: Option<&str>| {
        let mut own = clause("a", "household", yes());
        own.overrides = overrides.map(str::to_owned);
        own.in_force.until = until.map(|day| day.parse().expect("a date"));
        with_clauses("x", "340321", vec![own])
    };
    assert_eq!(problems(vec![nation(), county(None, None)]).len(), 1);
    assert_eq!(problems(vec![nation(), county(None, Some("2021-01-01"))]).len(), 1);
    assert!(resolve(vec![nation(), county(Some("x#1"), None)]).is_ok());
}

#[test]
fn two_versions_whose_effect_does_not_overlap_stand_side_by_side() {
    let limited = |from: Option<&str>, until: Option<&str>| {
        let mut own = clause("a", "household", yes());
        own.in_force = InForce {
            from: from.map(|day| day.parse().expect("a date")),
            until: until.map(|day| day.parse().expect("a date")),
        };
        own
    };
    let pair = |until, from| {
        with_clauses(
            "n",
            "100000",
            vec![limited(None, Some(until)), limited(Some(from), None)],
        )
    };
    assert!(resolve(vec![pair("2025-12-31", "2026-01-01")]).is_ok());
    assert!(resolve(vec![pair("2025-12-31", "2025-12-31")]).is_err());
}

#[test]
fn undeclared_names_and_inner_scopes_are_refused() {
    let wage = clause("wage", "job", Expr::Fact("job.wage".to_owned()));
    let wrong = [
        (
            Expr::Fact("job.wage".to_owned()),
            "fact job.wage is not in the vocabulary of this scope or an outer one",
        ),
        (Expr::Clause("b".to_owned()), "clause b is not declared"),
        (
            Expr::Clause("wage".to_owned()),
            "clause wage is of an inner or another scope: read it through an aggregate",
        ),
        (Expr::Choice("P1".to_owned()), "choice P1 is not declared"),
        (
            Expr::Fact("decision.pay_from".to_owned()),
            "decision.pay_from is set after the outcome: only guards may read it",
        ),
    ];
    for (expr, problem) in wrong {
        let document = with_clauses("n", "100000", vec![wage.clone(), clause("a", "household", expr)]);
        assert_eq!(problems(vec![document]), [format!("policy n, clause a: {problem}")]);
    }
}

#[test]
fn guards_alone_read_the_first_month_of_pay() {
    let guard = Guard {
        id: "one".to_owned(),
        scope: "household".to_owned(),
        in_force: InForce::default(),
        by: SelectedBy::DecisionDate,
        outcomes: Vec::new(),
        effects: Vec::new(),
        require: Expr::Apply(
            Operator::Eq,
            vec![
                Expr::Fact("decision.pay_from".to_owned()),
                Expr::Fact("decision.pay_from".to_owned()),
            ],
        ),
        reason: "R".to_owned(),
        on_failure: GuardFailure::Propose,
        cite: "n#1".to_owned(),
        overrides: None,
    };
    let document = Document {
        guards: vec![guard],
        ..document("n", "100000")
    };
    assert!(resolve(vec![document]).is_ok());
}

fn grace(policy: &str, area: &str, declared: bool, bounds: Option<(i128, i128)>, value: i128) -> Document {
    let declaration = ParameterDeclaration {
        name: "渐退期月数".to_owned(),
        unit: Type::Number(Unit::Months),
        keys: Vec::new(),
        by: SelectedBy::DecisionDate,
        otherwise: None,
        chosen_by: None,
        settable_by: vec!["nation".to_owned(), "county".to_owned()],
        cite: None,
    };
    let row = ParameterValue {
        id: format!("grace_{policy}"),
        area: None,
        keys: Vec::new(),
        in_force: InForce::default(),
        value: months(value),
        cite: None,
        sample: false,
        note: None,
    };
    let parameter = Parameter {
        id: "grace".to_owned(),
        declaration: declared.then_some(declaration),
        bounds: bounds.map(|(min, max)| Bounds {
            min: months(min),
            max: months(max),
            cite: "bengbu166#二（一）".to_owned(),
        }),
        values: vec![row],
    };
    Document {
        parameters: vec![parameter],
        ..document(policy, area)
    }
}

#[test]
fn a_county_sets_a_value_inside_the_bounds_of_its_superiors_and_not_outside() {
    let nation = || grace("n", "100000", true, Some((6, 12)), 6);
    for value in [6, 12] {
        assert!(
            resolve(vec![nation(), grace("x", "340321", false, None, value)]).is_ok(),
            "{value}"
        );
    }
    for value in [5, 13] {
        assert_eq!(
            problems(vec![nation(), grace("x", "340321", false, None, value)]),
            [format!(
                "policy x, parameter grace: {value} is outside 6..12, the bounds of bengbu166#二（一）"
            )]
        );
    }
    assert!(
        resolve(vec![nation(), grace("x", "340321", false, Some((6, 13)), 6)]).is_err(),
        "wider bounds"
    );
}

#[test]
fn a_level_that_may_not_set_a_parameter_is_refused() {
    assert_eq!(
        problems(vec![
            grace("n", "100000", true, None, 6),
            grace("c", "340300", false, None, 7)
        ]),
        ["policy c, parameter grace: a prefecture may not set it: nation, county may"]
    );
}

#[test]
fn a_value_without_a_declaration_and_a_second_declaration_are_refused() {
    assert_eq!(
        problems(vec![grace("x", "340321", false, None, 6)]),
        ["policy x, parameter grace: it is given values and never declared: declare it above"]
    );
    assert_eq!(
        problems(vec![
            grace("n", "100000", true, None, 6),
            grace("x", "340321", true, None, 6)
        ]),
        ["policy x, parameter grace: it is declared above already: give values only"]
    );
}

#[test]
fn an_option_that_is_not_declared_is_refused() {
    let choice = |options: &[&str], option: &str| Choice {
        id: "P1".to_owned(),
        name: "P1".to_owned(),
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        option: option.to_owned(),
        in_force: InForce::default(),
        cite: None,
        by: "默认".to_owned(),
        note: None,
    };
    let with = |policy: &str, area: &str, choice| Document {
        choices: vec![choice],
        ..document(policy, area)
    };
    let nation = || with("n", "100000", choice(&["strict", "at_most"], "strict"));
    assert!(resolve(vec![nation(), with("x", "340321", choice(&[], "at_most"))]).is_ok());
    assert_eq!(
        problems(vec![nation(), with("x", "340321", choice(&[], "loose"))]),
        ["policy x, choice P1: option loose is not one of strict, at_most"]
    );
}

#[test]
fn a_row_added_to_a_superiors_list_says_where_it_stands() {
    let list = |policy: &str, area: &str, id: &str, before: Option<&str>, overrides: Option<&str>| {
        let row = OutcomeRow {
            id: id.to_owned(),
            in_force: InForce::default(),
            overrides: overrides.map(str::to_owned),
            before: before.map(str::to_owned),
            when: yes(),
            outcome: "REFUSED".to_owned(),
            reason: None,
            cite: "n#1".to_owned(),
            persons: None,
            amount: None,
            from: None,
            months: None,
            valid: None,
            then: None,
            shows: None,
            first: Vec::new(),
            refer: Vec::new(),
            flags: Vec::new(),
        };
        Document {
            outcomes: vec![SealedList {
                id: "determine".to_owned(),
                kinds: vec!["determine".to_owned()],
                scope: "household".to_owned(),
                concerns: None,
                rows: vec![row],
            }],
            ..document(policy, area)
        }
    };
    let nation = || list("n", "100000", "all", None, None);
    let rows = |law: Law| -> Vec<(String, usize)> {
        law.lists()[0]
            .rows
            .iter()
            .map(|row| (row.id.clone(), row.versions.len()))
            .collect()
    };
    let before = resolve(vec![nation(), list("x", "340321", "own", Some("all"), None)]).expect("a law");
    assert_eq!(rows(before), [("own".to_owned(), 1), ("all".to_owned(), 1)]);
    let replaced = resolve(vec![nation(), list("x", "340321", "all", None, Some("x#1"))]).expect("a law");
    assert_eq!(rows(replaced), [("all".to_owned(), 2)]);
    assert!(resolve(vec![nation(), list("x", "340321", "own", None, None)]).is_err());
    assert!(resolve(vec![nation(), list("x", "340321", "own", Some("none"), None)]).is_err());
    assert!(resolve(vec![nation(), list("x", "340321", "all", None, None)]).is_err());
}

/// `not` around `true`, so many times.
fn nested(depth: usize) -> Expr {
    (1..depth).fold(yes(), |inner, _| Expr::Apply(Operator::Not, vec![inner]))
}

#[test]
fn an_expression_is_at_most_64_deep() {
    let deep = |depth| {
        vec![with_clauses(
            "n",
            "100000",
            vec![clause("a", "household", nested(depth))],
        )]
    };
    assert_eq!(resolve(deep(64)).expect("a law").cost().depth, 64);
    assert!(resolve(deep(65)).is_err());
}

#[test]
fn a_law_has_at_most_1000_clauses_and_10000_nodes() {
    let many = |count: usize, depth| {
        let clauses = (0..count).map(|n| clause(&format!("c{n}"), "household", nested(depth)));
        vec![with_clauses("n", "100000", clauses.collect())]
    };
    assert!(resolve(many(1_000, 10)).is_ok());
    assert!(resolve(many(1_001, 1)).is_err());
    assert!(resolve(many(1_000, 11)).is_err());
}

#[test]
fn clauses_nest_at_most_1000_deep_so_that_no_stack_overflows() {
    let chain = |count: usize| {
        let read = |n: usize| {
            if n == 0 {
                yes()
            } else {
                Expr::Clause(format!("c{}", n - 1))
            }
        };
        let clauses = (0..count).map(|n| clause(&format!("c{n}"), "household", read(n)));
        vec![with_clauses("n", "100000", clauses.collect())]
    };
    let law = resolve(chain(999)).expect("a law");
    assert_eq!(law.cost().call_depth, 1_000);
    let facts = crate::rules::facts::Facts::from_json(law.schema(), &Json::object::<String>([])).expect("facts");
    let mut evaluation = crate::rules::eval::Evaluation::new(&law, &facts);
    let last = law.clause("c998").expect("a clause");
    assert_eq!(evaluation.clause(last, 0), crate::rules::value::Value::Bool(true));
    assert!(resolve(chain(1_000)).is_err());
}

#[test]
fn the_cost_of_aggregates_is_bounded_by_the_households_limits_and_not_by_their_product() {
    let sum = |scope: &str, value: Expr| {
        Expr::Aggregate(Box::new(Aggregate {
            kind: AggregateKind::Sum(value),
            scope: scope.to_owned(),
            filter: yes(),
        }))
    };
    let total = sum("member", sum("job", Expr::Fact("job.wage".to_owned())));
    let law = resolve(vec![with_clauses("n", "100000", vec![clause("a", "household", total)])]).expect("a law");
    // 1 sum, 64 filters, 64 inner sums, 256 filters, 256 wages.
    assert_eq!(law.cost().evaluations, 1 + 64 + 64 + 256 + 256);
    let siblings = sum("member", yes());
    let law = resolve(vec![with_clauses("n", "100000", vec![clause("a", "member", siblings)])]).expect("a law");
    assert_eq!(law.cost().evaluations, 64 + 64 * 64 * 2);
}
