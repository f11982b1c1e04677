//! Clauses of the law as an officer reads them.

use super::*;
use crate::rules::document::Document;
use crate::rules::language::{Context, PolicyError, read};

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

fn above() -> Vec<Document> {
    let vocabulary = sealed(VOCABULARY, &[]);
    let nation = sealed(NATION, std::slice::from_ref(&vocabulary));
    vec![vocabulary, nation]
}

fn county(clauses: &str) -> (Document, Vec<Document>) {
    let above = above();
    let head = "policy: county\nsemantics: doudi-rules/1\narea: \"340321\"\ntitle: <怀远>\n";
    (sealed(&format!("{head}{clauses}"), &above), above)
}

/// The sentence of one clause with this value.
fn words(scope: &str, unit: &str, value: &str) -> String {
    let clause = format!(
        "clauses:\n  - {{id: x, name: 某条, scope: {scope}, unit: \"{unit}\", cite: mca57#13, value: '{value}'}}\n"
    );
    let (document, above) = county(&clause);
    let names = Names::of(above.iter().chain([&document]));
    typed_sentence(&document.clauses[0].expr, &document.clauses[0].unit, &names)
}

#[test]
fn a_deduction_reads_as_a_sentence() {
    assert_eq!(
        words(
            "job",
            "fen",
            "若 城乡 = rural 且 就业开始日 <= 决定日 则 较小(月工资, 最低工资[就业地] * 50%) 否则 0元"
        ),
        "如果城乡为农村，并且就业开始日不晚于决定日，为月工资与最低工资（就业地）乘以50%中较小的；否则为0.00元"
    );
}

#[test]
fn amounts_are_low_or_high_and_dates_early_or_late() {
    assert_eq!(
        words("household", "bool", "家庭月收入 < 保障线总额"),
        "「家庭月收入」低于「保障线总额」"
    );
    assert_eq!(words("household", "bool", "申请日 < 决定日"), "申请日早于决定日");
    assert_eq!(
        words("household", "bool", "家庭月收入 - 1元 >= 2元 * 3"),
        "「家庭月收入」减0.01元不低于0.02元乘以3"
            .replace("0.01", "1.00")
            .replace("0.02", "2.00")
    );
}

#[test]
fn the_chosen_option_is_marked() {
    assert_eq!(
        words(
            "household",
            "bool",
            "分情况 选项.P1 { strict: 家庭月收入 < 保障线总额; at_most: 真 }"
        ),
        "按选项P1（等于标准）——【现选】strict：「家庭月收入」低于「保障线总额」；at_most：真"
    );
}

#[test]
fn aggregates_and_absent_records_are_words() {
    assert_eq!(
        words("household", "persons", "个数(成员 其中 非 已知(死亡日))"),
        "没有死亡日的记录的成员的个数"
    );
    assert_eq!(
        words("member", "fen", "合计(工作, 月工资) / 3"),
        "每个工作的月工资之和除以3"
    );
    assert_eq!(
        words("household", "code:residence_kind", "若 财产认定 则 rural 否则 城镇"),
        "如果财产认定，为农村；否则为城镇"
    );
}

#[test]
fn what_is_nested_keeps_its_meaning_by_parentheses() {
    assert_eq!(
        words("household", "fen", "(家庭月收入 + 1元) * 2"),
        "（「家庭月收入」加1.00元）乘以2"
    );
    assert_eq!(
        words("household", "bool", "非 (财产认定 或 家庭月收入 > 0元)"),
        "不是（财产认定，或者「家庭月收入」高于0.00元）"
    );
}

#[test]
fn a_page_shows_the_article_the_thresholds_and_whether_the_text_is_held() {
    let (document, above) = county(
        "parameters:\n  - {id: grace_months, value: 6个月, from: 2021-07, cite: bengbu166#二（一）, sample: true}\n\
         clauses:\n  - {id: g, name: 渐退期, unit: months, cite: bengbu166#二（一）, value: '渐退期月数[本地]'}\n  \
         - {id: h, name: 其他, unit: months, cite: mca57#13, value: 9个月}\n",
    );
    let layers: Vec<&Document> = above.iter().collect();
    let page = markdown(&super::document(&document, &layers));
    assert!(page.contains("# \\<怀远\\>"), "{page}");
    assert!(page.contains("〔原文〕可给予 6 至 12 个月的渐退期"), "{page}");
    assert!(page.contains("〔摘要，原文未持有〕家庭收入"), "{page}");
    assert!(
        page.contains("| 渐退期月数 | 340321 | 6个月（样例） | 2021-07-01起 | 蚌民〔2021〕166号二（一） |"),
        "{page}"
    );
    assert!(page.contains("| 条文中的数 |  | 9个月 |  |  |"), "{page}");
    let page = html("<怀远>", &super::document(&document, &layers));
    assert!(
        page.contains("<h1>&lt;怀远&gt;</h1>") && !page.contains("<怀远>"),
        "{page}"
    );
    assert!(page.contains("<blockquote class=\"quote\">"), "{page}");
}
