//! The parser on the clauses of the law, and on what officers get wrong.

use super::*;
use crate::rules::expr::Unit;
use crate::rules::language::say::{Lang, Say as _};
use crate::rules::number::Number;

fn parse(text: &str) -> Result<Node, Problem> {
    let offsets: Vec<usize> = (0..=text.len()).collect();
    expression(text, &offsets)
}

/// The tree without places, as an officer would bracket it.
fn shown(text: &str) -> String {
    fn show(node: &Node) -> String {
        let all = |nodes: &[Node]| nodes.iter().map(show).collect::<Vec<_>>().join(" ");
        match &node.kind {
            Kind::Bool(value) => value.to_string(),
            Kind::Number(value, unit) => match unit {
                None => value.numerator().to_string(),
                Some(unit) => format!("{}{unit:?}", value.numerator()),
            },
            Kind::Date(_) => "date".into(),
            Kind::Month(_) => "month".into(),
            Kind::Name(name) => name.clone(),
            Kind::Choice(id) => format!("choice:{id}"),
            Kind::Lookup(name, keys) => format!("{}[{}]", name.text, all(keys)),
            Kind::Known(name) => format!("(known {})", name.text),
            Kind::Apply(operator, nodes) => format!("({operator:?} {})", all(nodes)),
            Kind::InSet(left, items) => format!("(in {} {{{}}})", show(left), all(items)),
            Kind::InBounds(left, name) => format!("(bounds {} {})", show(left), name.text),
            Kind::Match(subject, arms) => {
                let arms = arms.iter().map(|(codes, value)| {
                    let codes: Vec<_> = codes.iter().map(|code| code.text.as_str()).collect();
                    format!("{}:{}", codes.join("|"), show(value))
                });
                format!("(match {} {})", show(subject), arms.collect::<Vec<_>>().join(" "))
            }
            Kind::Round(value, quantum, mode) => format!("(round {} {quantum} {mode:?})", show(value)),
            Kind::Aggregate(aggregate) => {
                let part = |name: &str, node: &Option<Node>| {
                    node.as_ref()
                        .map_or(String::new(), |node| format!(" {name} {}", show(node)))
                };
                format!(
                    "({:?} {}{}{}{}{})",
                    aggregate.kind,
                    aggregate.scope.text,
                    part("where", &aggregate.filter),
                    part("by", &aggregate.key),
                    part("of", &aggregate.value),
                    part("else", &aggregate.default)
                )
            }
        }
    }
    show(&parse(text).unwrap())
}

#[test]
fn the_employment_deduction_reads_as_its_clause() {
    let text = "若 原为低保对象 且 就业第几个月 在 1个月..扣减月数 则 较小(工资, 最低工资[就业地, 月首日(核算月)] * 50%) 否则 0元";
    assert_eq!(
        shown(text),
        "(If (And 原为低保对象 (Within 就业第几个月 1Months 扣减月数)) \
         (Min 工资 (Mul 最低工资[就业地 (MonthStart 核算月)] 1Ratio)) 0Fen)"
    );
}

#[test]
fn chinese_and_english_read_the_same() {
    assert_eq!(
        shown("若 甲 且 非 乙 则 较大(一, 二) 否则 合计(工作 其中 丙, 丁)"),
        shown("if 甲 and not 乙 then max(一, 二) else sum(工作 where 丙, 丁)")
    );
    assert_eq!(shown("取整到分(甲，四舍五入)"), shown("round(甲, fen, half_up)"));
    assert_eq!(
        shown("首个(工作 其中 甲 按 乙，丙，若无 丁)"),
        shown("first(工作 where 甲 by 乙, 丙, default 丁)")
    );
}

#[test]
fn operators_bind_as_in_arithmetic() {
    assert_eq!(shown("甲 + 乙 * 丙 - 丁"), "(Sub (Add 甲 (Mul 乙 丙)) 丁)");
    assert_eq!(shown("甲 + 乙 + 丙"), "(Add 甲 乙 丙)");
    assert_eq!(shown("(甲 + 乙) * -3"), "(Mul (Add 甲 乙) -3)");
    assert_eq!(shown("甲 或 乙 且 丙 或 丁"), "(Or 甲 (And 乙 丙) 丁)");
    assert_eq!(shown("非 甲 = 乙"), "(Not (Eq 甲 乙))");
    assert_eq!(shown("甲 - 若 乙 则 1元 否则 0元"), "(Sub 甲 (If 乙 100Fen 0Fen))");
}

#[test]
fn sets_bounds_and_cases_are_read() {
    assert_eq!(shown("城乡 在 {rural、urban}"), "(in 城乡 {rural urban})");
    assert_eq!(shown("渐退期 在 界限(渐退期月数)"), "(bounds 渐退期 渐退期月数)");
    assert_eq!(
        shown("分情况 选项.P3 { a: 1元; b, c: 2元; }"),
        "(match choice:P3 a:100Fen b|c:200Fen)"
    );
    assert_eq!(
        shown("合计(到账 其中 月差(到账月, 核算月) 在 0个月..2个月: 到账金额) / 3"),
        "(Div (Sum 到账 where (Within (MonthsBetween 到账月 核算月) 0Months 2Months) of 到账金额) 3)"
    );
    assert_eq!(shown("个数(计入成员)"), "(Count 计入成员)");
}

#[test]
fn half_is_exact() {
    let node = parse("50%").unwrap();
    assert_eq!(node.kind, Kind::Number(Number::ratio(1, 2).unwrap(), Some(Unit::Ratio)));
}

#[test]
fn what_is_wrong_is_said_with_the_fix() {
    for (text, message, fix) in [
        ("", "ends where a value", "complete"),
        ("甲 +", "ends where a value", "complete"),
        ("若 甲 则 乙", "否则", "complete"),
        ("甲 乙", "`乙` stands where the end", "operator"),
        ("非已知(死亡日)", "no function `非已知`", "blank after `非`"),
        ("低保标准(本地)", "no function", "brackets"),
        ("月首曰(甲)", "no function", "`月首日`"),
        ("较小(甲)", "has 1 arguments", "add"),
        ("最早(工作, 开始日)", "若无", "form"),
        ("个数(成员, 甲)", "takes no value", "form"),
        ("首个(工作, 甲)", "needs 按", "form"),
        ("合计(工作)", "needs a value", "form"),
        ("甲 < 乙 < 丙", "chained", "在"),
        ("取整(甲, 厘, 四舍五入)", "`厘`", "分"),
        ("甲 在 {}", "empty", "at least one"),
        ("非 非 甲", "twice", "both"),
        ("甲 ? 乙", "`?` has no meaning", "take it out"),
        ("2021-02-29", "not in the calendar", "exists"),
    ] {
        let problem = parse(text).unwrap_err();
        let (told, advised) = (problem.wrong.say(Lang::En), problem.fix.say(Lang::En));
        assert!(told.contains(message), "{text}: {told}");
        assert!(advised.contains(fix), "{text}: {advised}");
    }
}

#[test]
fn nesting_is_limited_before_the_stack_is() {
    let deep = "(".repeat(5000) + "1" + &")".repeat(5000);
    assert!(
        parse(&deep)
            .unwrap_err()
            .wrong
            .say(Lang::En)
            .contains("nested more than 64")
    );
    let signs = "-".repeat(5000) + "1";
    assert!(parse(&signs).is_err());
}
