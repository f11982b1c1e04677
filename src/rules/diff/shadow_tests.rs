//! A superior document names what a subordinate one sets as well, and which of the two holds.

use super::shadow::{Prevails, Shadow, ShadowKind, shadows};
use crate::rules::document::Document;
use crate::rules::language::say::Lang;
use crate::rules::language::{Context, PolicyError, read};

const VOCABULARY: &str = include_str!("../../../tests/policy/broken/above/vocabulary.yaml");
const NATION: &str = include_str!("../../../tests/policy/broken/above/100000-nation.yaml");
const FOUNDING: &str = include_str!("../../../policy/texts/huaimin-2021-142.txt");

const COUNTY: &str = "\
policy: county
semantics: doudi-rules/1
area: \"340321\"
title: 县
instruments:
  - {id: huai142, number: 怀民〔2021〕142号, title: 通知, articles: {\"1\": 扣减}}
parameters:
  - {id: edge_factor, values: []}
choices:
  P1: {option: at_most, in_force: 2021-07, cite: huai142#1}
clauses:
  - {id: wages, name: 工资合计, scope: member, unit: fen, cite: huai142#1, in_force: {from: 2021-07, until: 2025-12}, overrides: mca57#13, value: \"合计(工作, 月工资 * 50%)\"}
outcomes:
  determine:
    - {id: refused_income, when: 真, outcome: REFUSED, reason: INCOME, cite: huai142#1, overrides: mca57#23}
guards:
  - {id: heard, applies_to: {effect: [STOP]}, require: 财产认定, reason: HEARING, on_failure: propose, cite: huai142#1, in_force: 2026-07, overrides: mca57#23}
";

fn sealed(text: &str, documents: &[&Document]) -> Document {
    let context = Context {
        documents: documents.iter().copied().cloned().collect(),
        texts: vec![FOUNDING.to_string()],
    };
    match read(text, "x.yaml", &context) {
        Ok(checked) => checked.document,
        Err(errors) => panic!("{}", errors.iter().map(PolicyError::text).collect::<String>()),
    }
}

fn edited(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}

/// What the nation shadows in the county; the county was written against the nation as it is shipped.
fn found(nation: &str, county: &str) -> Vec<Shadow> {
    let vocabulary = sealed(VOCABULARY, &[]);
    let before = sealed(NATION, &[&vocabulary]);
    let county = sealed(county, &[&vocabulary, &before]);
    let nation = sealed(nation, &[&vocabulary]);
    shadows(&nation, &[&vocabulary, &before, &county])
}

fn named(found: &[Shadow]) -> Vec<(ShadowKind, &str)> {
    found.iter().map(|shadow| (shadow.kind, shadow.id.as_str())).collect()
}

#[test]
fn what_the_county_declares_is_listed_with_instrument_clause_and_dates_of_both() {
    let found = found(NATION, COUNTY);
    let expected = [
        (ShadowKind::Choice, "P1"),
        (ShadowKind::Clause, "wages"),
        (ShadowKind::OutcomeRow, "determine/refused_income"),
        (ShadowKind::Guard, "heard"),
    ];
    assert_eq!(named(&found), expected);
    let wages = &found[1];
    assert_eq!(wages.prevails, Prevails::Overrides("mca57#13".to_owned()));
    assert_eq!(
        wages.words(Lang::En),
        "clause wages: nation of 100000 (民发〔2021〕57号第13条, always) is replaced by county of 340321 \
         (怀民〔2021〕142号第1条, from 2021-07-01 until 2025-12-31), which overrides it on the basis mca57#13"
    );
    assert_eq!(
        wages.words(Lang::Zh),
        "条款 wages：100000 的 nation（民发〔2021〕57号第13条，不限期）被340321 的 county\
         （怀民〔2021〕142号第1条，2021-07-01至2025-12-31）取代，后者依据 mca57#13 声明取代"
    );
    assert_eq!(found[0].prevails, Prevails::Nearer);
    assert!(
        found[0].words(Lang::En).contains("county of 340321 = at_most"),
        "{}",
        found[0].words(Lang::En)
    );
}

#[test]
fn a_superior_rule_that_is_later_says_that_it_should_hold_and_how() {
    let later = edited(
        NATION,
        "name: 工资合计, scope: member, unit: fen, cite: mca57#13,",
        "name: 工资合计, scope: member, unit: fen, cite: mca57#13, in_force: 2024-01,",
    );
    let found = found(&later, COUNTY);
    let wages = &found[1];
    assert!(wages.superior_is_later);
    let words = wages.words(Lang::En);
    assert!(
        words.ends_with("publish county with `until` before 2024-01-01"),
        "{words}"
    );
    assert!(
        wages.words(Lang::Zh).contains("上位规定在后"),
        "{}",
        wages.words(Lang::Zh)
    );
    assert!(!found[0].superior_is_later, "the choice of the nation has no first day");
}

#[test]
fn what_ends_before_the_other_begins_and_what_is_elsewhere_shadows_nothing() {
    let begins = |from: &str| {
        edited(
            NATION,
            "name: 工资合计, scope: member, unit: fen, cite: mca57#13,",
            &format!("name: 工资合计, scope: member, unit: fen, cite: mca57#13, in_force: {from},"),
        )
    };
    let of_wages = |nation: &str| named(&found(nation, COUNTY)).contains(&(ShadowKind::Clause, "wages"));
    assert!(of_wages(&begins("2025-12-31")), "one day in common");
    assert!(!of_wages(&begins("2026-01-01")), "the day after");
    let vocabulary = sealed(VOCABULARY, &[]);
    let nation = sealed(NATION, &[&vocabulary]);
    let county = sealed(COUNTY, &[&vocabulary, &nation]);
    assert_eq!(
        shadows(&county, &[&vocabulary, &nation, &county]),
        [],
        "nothing lies below a county"
    );
}

#[test]
fn rows_of_a_parameter_meet_where_area_keys_and_dates_do() {
    let vocabulary = sealed(VOCABULARY, &[]);
    let nation = sealed(NATION, &[&vocabulary]);
    let city = "policy: city\nsemantics: doudi-rules/1\narea: \"340300\"\ntitle: 市\nparameters:\n  - {id: dibao_standard, values: [\
        {from: 2024-01, for: rural, value: 800元, cite: mca57#23}, {from: 2024-01, for: urban, value: 900元, cite: mca57#23}]}\n";
    let county = |area: &str| {
        let text = format!(
            "policy: county\nsemantics: doudi-rules/1\narea: \"{area}\"\ntitle: 县\nparameters:\n  - {{id: dibao_standard, \
             values: [{{from: 2021-07, for: rural, value: 650元, cite: mca57#23}}]}}\n"
        );
        sealed(&text, &[&vocabulary, &nation])
    };
    let city = sealed(city, &[&vocabulary, &nation]);
    let found = shadows(&city, &[&vocabulary, &nation, &county("340321")]);
    assert_eq!(
        named(&found),
        [(ShadowKind::Parameter, "dibao_standard")],
        "the rural rows alone"
    );
    let (above, below) = (&found[0].superior, &found[0].subordinate);
    assert_eq!(
        (above.value.as_deref(), below.value.as_deref()),
        (Some("800.00元/人"), Some("650.00元/人"))
    );
    assert!(found[0].superior_is_later);
    assert_eq!(
        shadows(&city, &[&vocabulary, &nation, &county("340421")]),
        [],
        "a county of another city"
    );
}

#[test]
fn a_clause_that_nobody_declares_is_a_collision() {
    let vocabulary = sealed(VOCABULARY, &[]);
    let before = sealed(NATION, &[&vocabulary]);
    let own = "policy: county\nsemantics: doudi-rules/1\narea: \"340321\"\ntitle: 县\nclauses:\n  \
        - {id: extra, name: 加项, unit: fen, cite: mca57#13, value: 1元}\n";
    let county = sealed(own, &[&vocabulary, &before]);
    let nation = edited(
        NATION,
        "clauses:\n",
        "clauses:\n  - {id: extra, name: 加项, unit: fen, cite: mca57#13, value: 2元}\n",
    );
    let nation = sealed(&nation, &[&vocabulary]);
    let found = shadows(&nation, &[&vocabulary, &county]);
    assert_eq!(found[0].prevails, Prevails::Undeclared);
    assert!(
        found[0]
            .words(Lang::En)
            .contains("neither says that it replaces the other")
    );
    assert_eq!(
        found[0]
            .to_json()
            .get("prevails")
            .and_then(crate::canonical::Json::as_text),
        Some("undeclared")
    );
}
