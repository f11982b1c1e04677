//! Changes as an officer reads them.

use super::*;
use crate::rules::language::{Context, PolicyError, read};
use crate::rules::render::markdown;

const VOCABULARY: &str = include_str!("../../../tests/policy/broken/above/vocabulary.yaml");
const NATION: &str = include_str!("../../../tests/policy/broken/above/100000-nation.yaml");
const FOUNDING: &str = include_str!("../../../policy/texts/huaimin-2021-142.txt");

fn sealed(text: &str, documents: &[Document]) -> Document {
    let context = Context {
        documents: documents.to_vec(),
        texts: vec![FOUNDING.to_string()],
    };
    match read(text, "x.yaml", &context) {
        Ok(checked) => checked.document,
        Err(errors) => panic!("{}", errors.iter().map(PolicyError::text).collect::<String>()),
    }
}

fn compared(old: &str, new: &str) -> String {
    let vocabulary = sealed(VOCABULARY, &[]);
    let (old, new) = (
        sealed(old, std::slice::from_ref(&vocabulary)),
        sealed(new, std::slice::from_ref(&vocabulary)),
    );
    markdown(&diff(&old, &new, &[&vocabulary]))
}

fn edited(from: &str, to: &str) -> String {
    assert!(NATION.contains(from), "{from} is not in the document");
    NATION.replace(from, to)
}

#[test]
fn a_changed_value_shows_both_values_and_whom_it_concerns() {
    let page = compared(NATION, &edited("value: 1.5, from: 2021-07", "value: 2, from: 2021-07"));
    assert!(
        page.contains("| 边缘倍数 | 100000 | 1.5（2021-07-01起，民发〔2021〕57号第8条） | 2（"),
        "{page}"
    );
    let page = compared(NATION, &edited("max: 12个月", "max: 9个月"));
    assert!(page.contains("6个月至12个月 | 6个月至9个月"), "{page}");
}

#[test]
fn a_changed_clause_shows_both_sentences_and_the_outcomes_that_read_it() {
    let page = compared(
        NATION,
        &edited("\"合计(工作, 月工资)\"", "\"合计(工作, 月工资 * 50%)\""),
    );
    assert!(page.contains("### 修改：工资合计（wages）"), "{page}");
    assert!(
        page.contains("| 内容 | 每个工作的月工资之和 | 每个工作的（月工资乘以50%）之和 |"),
        "{page}"
    );
    assert!(page.contains("影响条款：家庭月收入；影响结果：DIBAO"), "{page}");
}

#[test]
fn a_changed_choice_row_guard_and_order_are_named() {
    let page = compared(NATION, &edited("option: strict", "option: at_most"));
    assert!(
        page.contains("| P1 | 等于标准 | strict（默认） | at\\_most（默认） |"),
        "{page}"
    );
    let page = compared(NATION, &edited("reason: INCOME", "reason: OTHER"));
    assert!(page.contains("## 结果表"), "{page}");
    let page = compared(NATION, &edited("on_failure: propose", "on_failure: refuse"));
    assert!(page.contains("## 程序要求"), "{page}");
}

#[test]
fn equal_documents_change_nothing_and_a_title_changes_no_decision() {
    assert!(compared(NATION, NATION).contains("完全相同"));
    assert!(compared(NATION, &edited("title: 国家", "title: 全国")).contains("不改变任何决定的条文"));
}
