//! The checker on small documents that pass: what is sealed is what was written.

use crate::rules::document::{Document, Vocabulary};
use crate::rules::language::{Checked, Context, PolicyError, read};

const VOCABULARY: &str = r#"
policy: vocabulary
semantics: doudi-rules/1
area: "100000"
vocabulary:
  scopes:
    - {id: household, name: 户, limit: 1}
    - {id: member, name: 成员, parent: household, limit: 64}
    - {id: job, name: 工作, parent: member, limit: 256}
    - {id: job_receipt, name: 到账, parent: job, limit: 2048}
    - {id: income, name: 收入, parent: member, limit: 256}
    - {id: income_receipt, name: 到账, parent: income, limit: 2048}
  codes:
    decision_kind: {determine: 审核确认}
    residence_kind: {rural: 农村, urban: 城镇}
    window: {month: 当月, m3: 三个月}
  facts:
    - {path: decision.date, name: 决定日, unit: date, source: engine}
    - {path: decision.month, name: 核算月, unit: month, source: engine}
    - {path: decision.kind, name: 办理事项, unit: "code:decision_kind", source: engine}
    - {path: case.area, name: 本地, unit: area}
    - {path: case.residence_kind, name: 城乡, unit: "code:residence_kind"}
    - {path: member.birth, name: 出生日, scope: member, unit: date}
    - {path: member.level, name: 残疾等级, scope: member, unit: count, absent: 0}
    - {path: member.first_month, name: 扣减首月, scope: member, unit: month, source: history}
    - {path: job.wage, name: 月工资, scope: job, unit: fen}
    - {path: receipt.amount, name: 到账金额, scope: job_receipt, unit: fen}
    - {path: receipt.amount, name: 到账金额, scope: income_receipt, unit: fen}
"#;

const HEAD: &str = r#"
policy: nation
semantics: doudi-rules/1
area: "100000"
instruments:
  - {id: law, number: 法, title: 法, articles: {"1": 一}}
parameters:
  - {id: standard, name: 标准, unit: fen/p, keys: [area, 城乡]}
  - {id: standard_month, name: 月数, unit: months, by: 决定日, bounds: {min: 6, max: 12, cite: law}}
choices:
  P4: {name: 窗口, options: [month, m3], option: month}
groups:
  成年人: {over: 成员, where: "周岁(出生日, 决定日) >= 18岁"}
clauses:
"#;

fn shown(errors: &[PolicyError]) -> String {
    errors.iter().map(PolicyError::text).collect()
}

fn vocabulary() -> Document {
    match read(VOCABULARY, "vocabulary.yaml", &Context::default()) {
        Ok(checked) => checked.document,
        Err(errors) => panic!("{}", shown(&errors)),
    }
}

/// The sealed tree of one clause, as canonical JSON.
fn sealed(scope: &str, unit: &str, value: &str) -> String {
    let value = value.replace('\'', "''");
    let text =
        format!("{HEAD}  - {{id: x, name: 某条, scope: {scope}, unit: \"{unit}\", cite: law#1, value: '{value}'}}\n");
    let context = Context {
        documents: vec![vocabulary()],
        texts: Vec::new(),
    };
    match read(&text, "x.yaml", &context) {
        Ok(Checked { document, .. }) => document.clauses[0].expr.to_json().to_string(),
        Err(errors) => panic!("{}", shown(&errors)),
    }
}

#[test]
fn a_parameter_without_a_date_is_read_on_the_date_of_its_declaration() {
    assert_eq!(
        sealed("household", "fen", "标准[本地, 城乡] * 1人"),
        r#"["mul",["lookup","standard",[["fact","case.area"],["fact","case.residence_kind"]],["month_start",["fact","decision.month"]]],["lit",1,"persons"]]"#
    );
    assert_eq!(
        sealed("household", "months", "月数"),
        r#"["lookup","standard_month",[],["fact","decision.date"]]"#
    );
    assert!(sealed("household", "months", "月数[核算月]").contains("month_start"));
}

#[test]
fn a_group_is_its_scope_and_filter() {
    let filter = r#"["ge",["age_at",["fact","member.birth"],["fact","decision.date"]],["lit",18,"years"]]"#;
    assert_eq!(
        sealed("household", "persons", "个数(成年人)"),
        format!(r#"["count","member",{filter}]"#)
    );
    assert_eq!(
        sealed("household", "persons", "个数(成年人 其中 残疾等级 = 1)"),
        format!(r#"["count","member",["and",{filter},["eq",["fact","member.level"],["lit",1,"count"]]]]"#)
    );
}

#[test]
fn a_code_is_its_code_or_its_chinese_name() {
    let expected = r#"["eq",["fact","case.residence_kind"],["code","rural"]]"#;
    assert_eq!(sealed("household", "bool", "城乡 = rural"), expected);
    assert_eq!(sealed("household", "bool", "城乡 = 农村"), expected);
    assert_eq!(
        sealed("household", "bool", "城乡 在 {农村, urban}"),
        r#"["in",["fact","case.residence_kind"],["rural","urban"]]"#
    );
}

#[test]
fn options_of_a_choice_may_be_codes_of_a_list() {
    assert_eq!(sealed("household", "code:window", "选项.P4"), r#"["choice","P4"]"#);
    assert_eq!(
        sealed("household", "code<window>", "若 真 则 选项.P4 否则 m3"),
        r#"["if",true,["choice","P4"],["code","m3"]]"#
    );
}

#[test]
fn a_history_fact_yields_its_plain_name_to_a_clause() {
    assert_eq!(
        sealed("member", "month", "历史.扣减首月"),
        r#"["fact","member.first_month"]"#
    );
    assert_eq!(
        sealed("member", "month", "扣减首月"),
        r#"["fact","member.first_month"]"#
    );
}

#[test]
fn a_list_of_one_name_under_two_parents_is_the_enclosing_one() {
    assert!(sealed("job", "fen", "合计(到账, 到账金额)").contains("job_receipt"));
    assert!(sealed("income", "fen", "合计(到账, 到账金额)").contains("income_receipt"));
}

#[test]
fn a_set_of_numbers_is_equalities() {
    assert_eq!(
        sealed("member", "bool", "残疾等级 在 {1, 2}"),
        r#"["or",["eq",["fact","member.level"],["lit",1,"count"]],["eq",["fact","member.level"],["lit",2,"count"]]]"#
    );
}

#[test]
fn bounds_are_read_by_name() {
    assert_eq!(
        sealed("household", "bool", "月数 在 界限(月数)"),
        r#"["in_bounds",["lookup","standard_month",[],["fact","decision.date"]],"standard_month"]"#
    );
}

#[test]
fn the_vocabulary_is_sealed_with_its_literals() {
    let sealed = vocabulary();
    let Some(Vocabulary { facts, .. }) = &sealed.vocabulary else {
        panic!("no vocabulary")
    };
    let level = facts.iter().find(|fact| fact.path == "member.level").unwrap();
    assert!(level.absent.is_some());
    assert_eq!(Document::from_bytes(&sealed.to_bytes()).unwrap(), sealed);
}
