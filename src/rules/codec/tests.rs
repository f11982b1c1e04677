//! Sealed documents: one spelling, read back as written.

use proptest::prelude::*;

use super::*;
use crate::rules::document::{Article, ArticleText, CalendarYear, Clause, InForce, Instrument, SelectedBy, Type};
use crate::rules::expr::{Aggregate, AggregateKind, Operator, RoundMode, Unit};
use crate::rules::number::Number;

fn opened(text: &str) -> Result<Expr, SealedError> {
    Expr::from_json(&Json::parse(text.as_bytes()).expect("JSON of the test"))
}

fn words() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,6}"
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<bool>().prop_map(Literal::Bool),
        (-(1_i128 << 80)..(1 << 80), 1_i128..200)
            .prop_map(|(n, d)| Literal::Number(Number::ratio(n, d).expect("fits"), Unit::Fen)),
        (-9_i128..9, 1_i128..5).prop_map(|(n, d)| Literal::Number(Number::ratio(n, d).expect("fits"), Unit::Ratio)),
        words().prop_map(Literal::Code),
        Just(Literal::Date("2021-07-01".parse().expect("a date"))),
        Just(Literal::Month("2021-07".parse().expect("a month"))),
        Just(Literal::Area("340321".to_owned())),
    ]
}

fn expressions() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        literals().prop_map(Expr::Literal),
        words().prop_map(Expr::Fact),
        words().prop_map(Expr::Known),
        words().prop_map(Expr::Clause),
        words().prop_map(Expr::Choice),
    ];
    leaf.prop_recursive(4, 40, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 3);
        prop_oneof![
            (prop::sample::select(Operator::ALL), some.clone()).prop_map(|(operator, mut arguments)| {
                arguments.truncate(*operator.arity().end());
                Expr::Apply(operator, arguments)
            }),
            (words(), prop::collection::vec(inner.clone(), 0..3), inner.clone()).prop_map(|(parameter, keys, at)| {
                Expr::Lookup {
                    parameter,
                    keys,
                    at: Box::new(at),
                }
            }),
            (inner.clone(), words()).prop_map(|(value, parameter)| Expr::InBounds {
                value: Box::new(value),
                parameter
            }),
            (inner.clone(), prop::collection::vec(words(), 1..3)).prop_map(|(e, codes)| Expr::In(Box::new(e), codes)),
            (inner.clone(), prop::collection::vec((words(), inner.clone()), 1..3))
                .prop_map(|(e, arms)| Expr::Match(Box::new(e), arms)),
            inner.clone().prop_map(|value| Expr::Round {
                value: Box::new(value),
                quantum_fen: 10,
                mode: RoundMode::Up
            }),
            (words(), some, 0..8).prop_map(|(scope, mut three, kind)| {
                let (filter, a, b) = (three.remove(0), three.remove(0), three.remove(0));
                let kind = match kind {
                    0 => AggregateKind::Sum(a),
                    1 => AggregateKind::Count,
                    2 => AggregateKind::Any(a),
                    3 => AggregateKind::All(a),
                    4 => AggregateKind::Least(a, b),
                    5 => AggregateKind::Greatest(a, b),
                    6 => AggregateKind::First {
                        key: a.clone(),
                        value: a,
                        default: Some(b),
                    },
                    _ => AggregateKind::First {
                        key: a,
                        value: b,
                        default: None,
                    },
                };
                Expr::Aggregate(Box::new(Aggregate { kind, scope, filter }))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn an_expression_reads_back_as_it_was_sealed(expr in expressions()) {
        let bytes = expr.to_json().to_bytes();
        let read = Expr::from_json(&Json::parse_canonical(&bytes).expect("canonical"));
        prop_assert_eq!(read, Ok(expr));
    }
}

#[test]
fn a_document_reads_back_as_it_was_sealed() {
    let document = Document {
        policy: "bengbu".to_owned(),
        area: "340300".to_owned(),
        title: "蚌埠市".to_owned(),
        instruments: vec![Instrument {
            id: "bengbu166".to_owned(),
            number: "蚌民〔2021〕166号".to_owned(),
            title: "实施方案".to_owned(),
            issuers: vec!["蚌埠市民政局".to_owned()],
            parent: None,
            basis: Vec::new(),
            held: true,
            in_force: InForce {
                from: Some("2021-07-01".parse().expect("a date")),
                until: None,
            },
            articles: vec![Article {
                id: "二（一）".to_owned(),
                text: ArticleText::Quote("对已就业的".to_owned()),
            }],
        }],
        clauses: vec![Clause {
            id: "nth_month".to_owned(),
            name: "就业第几个月".to_owned(),
            scope: "job".to_owned(),
            unit: Type::Number(Unit::Months),
            cite: None,
            in_force: InForce::default(),
            by: SelectedBy::AssessedMonth,
            on_lapse: None,
            overrides: None,
            expr: Expr::Literal(Literal::Number(Number::integer(1), Unit::Months)),
        }],
        calendar: vec![CalendarYear {
            year: 2021,
            off: Vec::new(),
            work: Vec::new(),
            cite: None,
            sample: true,
        }],
        ..Document::default()
    };
    let bytes = document.to_bytes();
    assert_eq!(Document::from_bytes(&bytes), Ok(document.clone()));
    assert_eq!(
        String::from_utf8(bytes.clone()).expect("UTF-8"),
        "{\"area\":\"340300\",\"calendar\":[{\"sample\":true,\"year\":2021}],\"clauses\":[{\"by\":\"assessed_month\",\
         \"expr\":[\"lit\",1,\"months\"],\"id\":\"nth_month\",\"name\":\"就业第几个月\",\"scope\":\"job\",\
         \"unit\":\"months\"}],\"instruments\":[{\"articles\":[{\"id\":\"二（一）\",\"quote\":\"对已就业的\"}],\
         \"held\":true,\"id\":\"bengbu166\",\"in_force\":{\"from\":\"2021-07-01\"},\"issuers\":[\"蚌埠市民政局\"],\
         \"number\":\"蚌民〔2021〕166号\",\"title\":\"实施方案\"}],\"policy\":\"bengbu\",\
         \"semantics\":\"doudi-rules/1\",\"title\":\"蚌埠市\"}"
    );
    assert_eq!(document.digest(), Digest::of(&bytes));
}

#[test]
fn a_second_spelling_of_an_expression_is_refused() {
    for text in [
        "[\"q\",2,4]",
        "[\"q\",2,1]",
        "[\"q\",1,-2]",
        "[\"q\",1,2,\"ratio\"]",
        "[\"q\",1,0]",
        "[\"lit\",\"12\",\"fen\"]",
        "[\"lit\",1]",
        "[\"lit\",1,\"yuan\"]",
        "[\"lit\",\"-170141183460469231731687303715884105728\",\"fen\"]",
        "1",
        "\"true\"",
        "[]",
        "[\"fact\"]",
        "[\"fact\",\"a\",\"b\"]",
        "[\"add\",true]",
        "[\"sub\",true,true,true]",
        "[\"in\",true,[]]",
        "[\"match\",true,[]]",
        "[\"round\",true,5,\"up\"]",
        "[\"round\",true,1,\"even\"]",
        "[\"date\",\"2021-02-29\"]",
        "[\"area\",\"34032\"]",
        "[\"sum\",\"member\",true]",
        "[\"first\",\"member\",true,true,true,true,true]",
        "[\"now\"]",
    ] {
        assert!(opened(text).is_err(), "{text}");
    }
}

#[test]
fn an_unknown_key_an_empty_list_and_other_semantics_are_refused_with_their_place() {
    let refused = |text: &str| {
        let json = Json::parse(text.as_bytes()).expect("JSON of the test");
        Document::from_json(&json).expect_err("refused").to_string()
    };
    let head = "\"area\":\"100000\",\"policy\":\"p\",\"title\":\"t\"";
    assert_eq!(
        refused(&format!("{{{head},\"semantics\":\"doudi-rules/2\"}}")),
        "sealed policy at semantics: this engine reads doudi-rules/1"
    );
    let with = |more: &str| format!("{{{head},\"semantics\":\"doudi-rules/1\",{more}}}");
    assert_eq!(
        refused(&with("\"guard\":[]")),
        "sealed policy at guard: unknown key; remove it"
    );
    assert_eq!(
        refused(&with("\"guards\":[]")),
        "sealed policy at guards: an empty list is written by leaving the key out"
    );
    assert_eq!(
        refused(&with(
            "\"carries\":[{\"fact\":\"a\",\"when\":true,\"value\":[\"not\",[\"now\"]]}]"
        )),
        "sealed policy at carries/0/value/1: now is no operator of these semantics, or has too few arguments"
    );
}
