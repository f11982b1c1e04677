//! What resolution refuses, in Chinese. Resolution itself speaks English, in the texts of [`LawError`]; each of its
//! sentences has its translation here, and a test reads its sources so that none is left out.

use super::words::At;
use crate::rules::language::say::{Lang, Say as _};
use crate::rules::law::LawError;

/// Each sentence of resolution and its translation; `{}` stands for what a sentence names, in the same order.
const SENTENCES: [(&str, &str); 45] = [
    ("the document has no vocabulary", "文件没有词汇表"),
    (
        "the document is not of {} or a superior area",
        "文件不属于 {} 或者其上级区划",
    ),
    (
        "two documents of one policy and area: keep the newest",
        "同一区划有两份编号相同的文件：请只保留最新的",
    ),
    ("more than {} documents for one area", "一个区划的文件超过 {} 份"),
    (
        "an expression is {} deep, {} is the most: name parts of it as clauses",
        "表达式深 {} 层，最多 {} 层：请把其中的部分写成条款",
    ),
    ("scope {} is not in the vocabulary", "词汇表中没有层级 {}"),
    ("more than {} clauses", "条款超过 {} 个"),
    ("{} nodes, {} is the most", "节点 {} 个，最多 {} 个"),
    ("clauses nest {} deep, {} is the most", "条款引用深 {} 层，最多 {} 层"),
    (
        "{} node evaluations a decision, {} is the most",
        "每次决定求值 {} 个节点，最多 {} 个",
    ),
    (
        "another version of the clause has another scope: keep one scope",
        "该条款的另一版本在别的层级：请用同一层级",
    ),
    (
        "it shadows an earlier version in force at the same time: say overrides and the basis, or end the effect of one",
        "它与同时有效的较早版本冲突：请写明 overrides 及其依据，或者终止其中一个的效力",
    ),
    ("the clauses read each other in a cycle: {}", "条款循环引用：{}"),
    (
        "it is declared above already: give values only",
        "上级已经声明：请只给出数值",
    ),
    (
        "it is given values and never declared: declare it above",
        "给出了数值却没有声明：请在上级文件声明",
    ),
    (
        "an area key comes first, and there is one at most",
        "区划键放在第一个，最多一个",
    ),
    ("a {} may not set it: {} may", "{} 一级无权设定，有权的是：{}"),
    (
        "its area does not lie in the document's area",
        "该行的区划不在文件的区划之内",
    ),
    (
        "it has {} keys beside the area, {} are declared",
        "除区划外写了 {} 个键，声明的是 {} 个",
    ),
    (
        "a key or the value is not of the declared type",
        "键或者值与声明的类型不符",
    ),
    (
        "{} is outside {}..{}, the bounds of {}",
        "{} 超出范围 {}..{}（依据 {}）",
    ),
    (
        "its options are declared above already: give the option alone",
        "可选项已由上级声明：请只写选定的一项",
    ),
    ("option {} is not one of {}", "选定的 {} 不在可选项 {} 之中"),
    (
        "a superior's list keeps its kinds and scope",
        "上级结果表的办理事项和层级不能改变",
    ),
    ("a superior's list keeps whom it concerns", "上级结果表适用于谁不能改变"),
    (
        "only a list of scope member says whom it concerns",
        "只有成员层级的结果表才规定适用于谁",
    ),
    (
        "it shadows an earlier row of the same id: say overrides and the basis",
        "它与较早的同编号结果行冲突：请写明 overrides 及其依据",
    ),
    ("the row it is put before does not exist", "要放在其前的那一行不存在"),
    (
        "a row added to a superior's list says before which row it stands",
        "往上级结果表加行，要写明放在哪一行之前",
    ),
    (
        "it shadows an earlier guard of the same id: say overrides and the basis",
        "它与较早的同编号程序要求冲突：请写明 overrides 及其依据",
    ),
    (
        "it shadows an earlier schedule of the same id: end the effect of one",
        "它与较早的同编号期限冲突：请终止其中一个的效力",
    ),
    ("the fact is not in the vocabulary", "词汇表中没有该事实"),
    ("the fact is carried already: keep one", "该事实已经带入：请只保留一处"),
    ("a constant that is no code or area", "常量不是代码或者区划"),
    ("choice {} is not declared", "选项 {} 没有声明"),
    (
        "{} is set after the outcome: only guards may read it",
        "{} 在得出结果之后才确定：只有程序要求可以读取",
    ),
    ("scope {} has no list of records", "层级 {} 没有记录列表"),
    (
        "fact {} is not in the vocabulary of this scope or an outer one",
        "本层级及其外层的词汇表中没有事实 {}",
    ),
    (
        "fact {}: a pay month has a month and an index alone",
        "事实 {}：支付月只有月份和序号",
    ),
    ("clause {} is not declared", "条款 {} 没有声明"),
    (
        "clause {} is of an inner or another scope: read it through an aggregate",
        "条款 {} 在内层或者别的层级：请通过汇总读取",
    ),
    ("parameter {} is not declared", "参数 {} 没有声明"),
    ("parameter {} has {} keys, not {}", "参数 {} 有 {} 个键，不是 {} 个"),
    (
        "parameter {} has no bounds: declare them",
        "参数 {} 没有设定范围：请声明",
    ),
    ("{} has too few or too many arguments", "{} 的参数个数不对"),
];

/// What a document of law is refused for, in a sentence.
#[must_use]
pub fn law_error(error: &LawError, lang: Lang) -> String {
    match lang {
        Lang::En => error.to_string(),
        Lang::Zh => {
            let of = if error.policy.is_empty() {
                String::new()
            } else {
                format!("{}，", error.policy)
            };
            format!("{of}{}：{}", place(&error.what), problem(&error.problem))
        }
    }
}

/// `clause total_income`, `parameter grace_months row r1`, `law`.
fn place(what: &str) -> String {
    let (kind, name) = what.split_once(' ').unwrap_or((what, ""));
    let kind = match kind {
        "area" => "区划".to_owned(),
        "law" => "规则".to_owned(),
        "outcome" => At::Outcomes.say(Lang::Zh),
        word => {
            let known = [
                At::Carry,
                At::Choice,
                At::Clause,
                At::Guard,
                At::Outcomes,
                At::Parameter,
                At::Schedule,
                At::Vocabulary,
            ];
            let found = known.into_iter().find(|at| at.say(Lang::En) == word);
            found.map_or_else(|| word.to_owned(), |at| at.say(Lang::Zh))
        }
    };
    let name = name.replace(" row ", " 的数值行 ");
    if name.is_empty() {
        kind
    } else {
        format!("{kind} {name}")
    }
}

/// The translation of a sentence; one that is not known stays as it is.
fn problem(english: &str) -> String {
    let found = SENTENCES.iter().find_map(|(template, chinese)| {
        let named = named(template, english)?;
        Some((chinese, named))
    });
    let Some((chinese, named)) = found else {
        return english.to_owned();
    };
    let mut parts = chinese.split("{}");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, name) in parts.zip(named) {
        out.push_str(name);
        out.push_str(part);
    }
    out
}

/// What a sentence names, if it is of this template.
fn named<'t>(template: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = template.split("{}").peekable();
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    while let Some(part) = parts.next() {
        let at = if parts.peek().is_none() {
            // The last part ends the sentence.
            rest.strip_suffix(part)?.len()
        } else {
            rest.find(part)?
        };
        found.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: [&str; 5] = [
        include_str!("../../law/layers.rs"),
        include_str!("../../law/layers/clauses.rs"),
        include_str!("../../law/layers/parameters.rs"),
        include_str!("../../law/layers/rules.rs"),
        include_str!("../../compile.rs"),
    ];

    /// The string literals of a source, each on one line and with `{}` for whatever is put in.
    fn literals(source: &str) -> Vec<String> {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        code.split('"')
            .skip(1)
            .step_by(2)
            .map(|literal| {
                let joined: String = literal.split("\\\n").map(str::trim_start).collect();
                let mut parts = joined.split('{');
                let mut out = parts.next().unwrap_or_default().to_owned();
                for part in parts {
                    out.push_str("{}");
                    out.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
                }
                out
            })
            .collect()
    }

    #[test]
    fn every_sentence_of_resolution_has_its_translation_and_no_other_has() {
        let written: Vec<String> = SOURCES.iter().flat_map(|source| literals(source)).collect();
        // A sentence has at least four words; shorter literals are names of things.
        for literal in written
            .iter()
            .filter(|text| text.matches(' ').count() >= 3 && *text != "parameter {} row {}")
        {
            assert!(
                SENTENCES.iter().any(|(english, _)| english == literal),
                "no translation of {literal:?}"
            );
        }
        for (english, chinese) in SENTENCES {
            assert!(written.iter().any(|text| text == english), "nobody says {english:?}");
            assert_eq!(
                english.matches("{}").count(),
                chinese.matches("{}").count(),
                "{english}"
            );
        }
    }

    #[test]
    fn what_a_sentence_names_stands_in_its_translation() {
        let error = |policy: &str, what: &str, problem: &str| LawError {
            policy: policy.to_owned(),
            what: what.to_owned(),
            problem: problem.to_owned(),
        };
        let outside = error(
            "county",
            "parameter grace_months row r1",
            "13 is outside 6..12, the bounds of bengbu166#二（一）",
        );
        assert_eq!(
            law_error(&outside, Lang::Zh),
            "county，参数 grace_months 的数值行 r1：13 超出范围 6..12（依据 bengbu166#二（一））"
        );
        assert_eq!(law_error(&outside, Lang::En), outside.to_string());
        let nested = error("", "law", "clauses nest 1001 deep, 1000 is the most");
        assert_eq!(law_error(&nested, Lang::Zh), "规则：条款引用深 1001 层，最多 1000 层");
        let unknown = error("county", "clause x", "something new");
        assert_eq!(law_error(&unknown, Lang::Zh), "county，条款 x：something new");
    }
}
