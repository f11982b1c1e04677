//! Whatever an officer's file holds, reading it ends in a document or in remarks, never in a panic.

use proptest::prelude::*;

use super::say::{Lang, Say as _};
use super::{Context, read};

const VOCABULARY: &str = include_str!("../../../tests/policy/broken/above/vocabulary.yaml");
const NATION: &str = include_str!("../../../tests/policy/broken/above/100000-nation.yaml");
const FOUNDING: &str = include_str!("../../../policy/texts/huaimin-2021-142.txt");

fn context() -> Context {
    let vocabulary = read(VOCABULARY, "vocabulary.yaml", &Context::default()).map(|checked| checked.document);
    Context {
        documents: vocabulary.into_iter().collect(),
        texts: vec![FOUNDING.to_string()],
    }
}

#[test]
fn the_ends_of_lines_change_nothing_in_the_sealed_document() {
    for (text, context) in [(NATION, context()), (VOCABULARY, Context::default())] {
        let digest = |text: &str| read(text, "x.yaml", &context).map(|checked| checked.document.digest());
        assert!(digest(text).is_ok());
        assert_eq!(digest(&text.replace('\n', "\r\n")), digest(text));
    }
}

/// The text with a stretch of characters replaced.
fn spliced(text: &str, at: usize, length: usize, with: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let start = at % (chars.len() + 1);
    let end = (start + length).min(chars.len());
    let before: String = chars.iter().take(start).collect();
    let after: String = chars.iter().skip(end).collect();
    format!("{before}{with}{after}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_document_ends_in_remarks(at in 0_usize..20_000, length in 0_usize..40, with in "[\\[\\]{}()#:,;'\"\n 若则否在0-9a-z.*/<>=-]{0,8}") {
        for (text, context) in [(NATION, context()), (VOCABULARY, Context::default())] {
            let damaged = spliced(text, at, length, &with);
            match read(&damaged, "x.yaml", &context) {
                Ok(checked) => prop_assert_eq!(checked.source, damaged),
                Err(remarks) => prop_assert!(!remarks.is_empty()),
            }
        }
    }

    #[test]
    fn any_text_at_all_ends_in_remarks(text in "\\PC{0,200}") {
        let _ = read(&text, "x.yaml", &Context::default());
    }

    #[test]
    fn any_expression_is_read_or_explained(text in "[若则否或且非在 合计个数成员工作(){}\\[\\],;:.<>=+*/0-9元%-]{0,80}") {
        let offsets: Vec<usize> = (0..=text.len()).collect();
        if let Err(problem) = super::parse::expression(&text, &offsets) {
            for lang in Lang::ALL {
                prop_assert!(!problem.wrong.say(lang).is_empty() && !problem.fix.say(lang).is_empty());
            }
        }
    }
}

#[test]
fn what_is_far_too_large_is_refused_and_not_computed() {
    let head = "policy: p\nsemantics: doudi-rules/1\narea: \"340321\"\nclauses:\n";
    let clause = |index: usize, value: &str| {
        format!("  - {{id: c{index}, name: 条{index}, unit: count, cite: x, value: \"{value}\"}}\n")
    };
    let chain: String = (0..3_000)
        .map(|index| clause(index, &format!("条{} + 条{}", index + 1, index + 1)))
        .collect();
    let long_sum = clause(0, &vec!["1"; 8_000].join(" - "));
    let deep = "[".repeat(100_000);
    let texts = [
        format!("{head}{chain}"),
        format!("{head}{long_sum}"),
        format!("{head}{}", clause(0, &"1 + ".repeat(9_000))),
        deep.clone(),
        deep.replace('[', "{a: "),
        deep.replace('[', "- "),
        format!("a: {}", "x".repeat(5_000_000)),
    ];
    for text in texts {
        let remarks = read(&text, "x.yaml", &Context::default()).map(|_| ()).unwrap_err();
        assert!(!remarks.is_empty());
    }
}
