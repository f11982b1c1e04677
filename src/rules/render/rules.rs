//! What decides and what guards a decision, in words: outcome lists, guards, due dates.

use super::blocks::Block;
use super::names::{Names, effect_words};
use super::sentence::sentence;
use crate::rules::document::{Document, Guard, GuardFailure, OutcomeList, OutcomeRow};
use crate::rules::expr::{Expr, Literal};

pub(super) fn outcome_list(list: &OutcomeList, names: &Names<'_>, page: &mut Vec<Block>) {
    page.push(Block::Heading(2, format!("结果表：{}", list.id)));
    let kinds = list
        .kinds
        .iter()
        .map(|kind| names.code(Some("decision_kind"), kind))
        .collect::<Vec<_>>()
        .join("、");
    let concerned = list.concerns.as_ref().map_or_else(
        || format!("每个{}", names.scope(&list.scope)),
        |concerns| format!("{}的每个{}", sentence(concerns, names), names.scope(&list.scope)),
    );
    page.push(Block::Text(format!(
        "办理{kinds}时，对{concerned}依次检查，第一条符合的决定结果："
    )));
    page.push(Block::Steps(
        list.rows.iter().map(|row| outcome_row_words(row, names)).collect(),
    ));
}

/// A row of an outcome list in words.
#[must_use]
pub fn outcome_row_words(row: &OutcomeRow, names: &Names<'_>) -> String {
    let words = |expr: &Expr| sentence(expr, names);
    let when = if row.when == Expr::Literal(Literal::Bool(true)) {
        "其余".to_string()
    } else {
        format!("如果{}", words(&row.when))
    };
    let mut out = format!("{when}：{}", row.outcome);
    let mut add = |text: String| {
        out.push('，');
        out.push_str(&text);
    };
    if let Some(reason) = &row.reason {
        add(format!("理由 {reason}"));
    }
    if let Some(persons) = &row.persons {
        add(format!("覆盖{}的成员", words(persons)));
    }
    if let Some(amount) = &row.amount {
        add(format!("月额为{}", words(amount)));
    }
    if let Some(from) = &row.from {
        add(format!("从{}起", words(from)));
    }
    if let Some(months) = &row.months {
        let (from, count, amount) = (words(&months.from), words(&months.count), words(&months.amount));
        add(format!("从{from}起共{count}，每月{amount}"));
    }
    if let Some(valid) = &row.valid {
        add(format!("有效{}", words(valid)));
    }
    if let Some(then) = &row.then {
        add(format!("之后计划从{}起{}", words(&then.from), then.outcome));
    }
    if let Some(shows) = &row.shows {
        add(format!("同时列出{}（不发放）", words(shows)));
    }
    if !row.first.is_empty() {
        add(format!("先办：{}", row.first.join("、")));
    }
    if !row.refer.is_empty() {
        add(format!("转介：{}", row.refer.join("、")));
    }
    for (flag, when) in &row.flags {
        add(format!("{}的标注 {flag}", words(when)));
    }
    let effect = effect_words(row.in_force);
    let effect = if effect.is_empty() {
        effect
    } else {
        format!("；{effect}有效")
    };
    format!("{out}（{}{effect}）", names.citation(&row.cite))
}

pub(super) fn guards(document: &Document, names: &Names<'_>, page: &mut Vec<Block>) {
    if document.guards.is_empty() {
        return;
    }
    page.push(Block::Heading(2, "程序要求".into()));
    page.push(Block::Steps(
        document.guards.iter().map(|guard| guard_words(guard, names)).collect(),
    ));
}

/// A guard in words.
#[must_use]
pub fn guard_words(guard: &Guard, names: &Names<'_>) -> String {
    let whom: Vec<&str> = guard
        .outcomes
        .iter()
        .chain(&guard.effects)
        .map(String::as_str)
        .collect();
    let effect = effect_words(guard.in_force);
    let failure = match guard.on_failure {
        GuardFailure::Propose => "记录为拟办，不生效",
        GuardFailure::Refuse => "不予受理，不作记录",
    };
    format!(
        "{}{}：要求{}；不符合的（{}），{failure}（{}）",
        if effect.is_empty() {
            effect
        } else {
            format!("{effect}，")
        },
        whom.join("、"),
        sentence(&guard.require, names),
        guard.reason,
        names.citation(&guard.cite)
    )
}

pub(super) fn schedules(document: &Document, names: &Names<'_>, page: &mut Vec<Block>) {
    if document.schedules.is_empty() {
        return;
    }
    page.push(Block::Heading(2, "期限".into()));
    let rows = document.schedules.iter().map(|schedule| {
        let when = match &schedule.when {
            Expr::Literal(Literal::Bool(true)) => "总是".to_string(),
            when => sentence(when, names),
        };
        let date = sentence(&schedule.value, names);
        vec![
            schedule.id.clone(),
            when,
            date,
            effect_words(schedule.in_force),
            names.citation(&schedule.cite),
        ]
    });
    let head = ["期限", "何时适用", "日期", "施行", "依据"]
        .map(str::to_string)
        .to_vec();
    page.push(Block::Table(head, rows.collect()));
}
