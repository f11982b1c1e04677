//! A whole document as a page.

use std::collections::BTreeSet;

use super::blocks::Block;
use super::names::{Names, effect_words, unit_words};
use super::rules::{guards, outcome_list, schedules};
use super::sentence::{sentence, typed_sentence};
use crate::rules::document::{Clause, Document, Parameter, ParameterValue, SelectedBy};
use crate::rules::expr::{Expr, Literal};
use crate::rules::types::{expression_parts, literal_shown};

/// A document; `layers` are the vocabulary and the documents above it, nation first, for names and values.
#[must_use]
pub fn document(document: &Document, layers: &[&Document]) -> Vec<Block> {
    let all: Vec<&Document> = layers.iter().copied().chain([document]).collect();
    let names = Names::of(all.iter().copied());
    let title = if document.title.is_empty() {
        &document.policy
    } else {
        &document.title
    };
    let mut page = vec![
        Block::Heading(1, title.clone()),
        Block::Text(format!(
            "文件 {}，区划 {}，语义 doudi-rules/1，摘要值 {}",
            document.policy,
            document.area,
            document.digest()
        )),
    ];
    instruments(document, &mut page);
    parameters(document, &names, &mut page);
    choices(document, &names, &mut page);
    if !document.clauses.is_empty() {
        page.push(Block::Heading(2, "条款".into()));
        document
            .clauses
            .iter()
            .for_each(|each| page.extend(clause(each, &names, &all)));
    }
    for list in &document.outcomes {
        outcome_list(list, &names, &mut page);
    }
    guards(document, &names, &mut page);
    schedules(document, &names, &mut page);
    page
}

/// One clause: its heading, the article, the sentence and the values it depends on.
#[must_use]
pub fn clause(clause: &Clause, names: &Names<'_>, documents: &[&Document]) -> Vec<Block> {
    let mut page = vec![Block::Heading(3, format!("{}（{}）", clause.name, clause.id))];
    if let Some((source, words, quoted)) = clause.cite.as_deref().and_then(|cite| names.article(cite)) {
        page.push(Block::Article { source, words, quoted });
    }
    let by = match clause.by {
        SelectedBy::AssessedMonth => "核算月",
        SelectedBy::DecisionDate => "决定日",
        SelectedBy::ApplicationDate => "申请日",
    };
    let effect = effect_words(clause.in_force);
    let effect = if effect.is_empty() {
        String::new()
    } else {
        format!("{by}在{effect}内的，")
    };
    let scope = names.scope(&clause.scope);
    let kind = unit_words(&clause.unit);
    page.push(Block::Text(format!(
        "每个{scope}的{}（{kind}）：{effect}{}。",
        clause.name,
        typed_sentence(&clause.expr, &clause.unit, names)
    )));
    if let Some(lapse) = &clause.on_lapse {
        page.push(Block::Text(format!(
            "期限以外：{}的，没有规则，不作推定；其余为{}。",
            sentence(&lapse.when, names),
            names.literal(&lapse.otherwise, Some(&clause.unit))
        )));
    }
    if let Some(basis) = &clause.overrides {
        page.push(Block::Text(format!(
            "本条替代上级文件的同名条款，依据：{}。",
            names.citation(basis)
        )));
    }
    let rows = thresholds(&clause.expr, names, documents);
    if !rows.is_empty() {
        let head = ["名称", "适用", "值", "期限", "依据"].map(str::to_string).to_vec();
        page.push(Block::Table(head, rows));
    }
    page
}

/// Most rows of one parameter beside a clause; a longer table stands once, under its parameter.
const VALUE_ROWS_MAX: usize = 12;

/// The values that an expression depends on: literals with a unit, parameters with their rows, choices.
fn thresholds(expr: &Expr, names: &Names<'_>, documents: &[&Document]) -> Vec<Vec<String>> {
    let (mut literals, mut parameters, mut choices) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    collect(expr, &mut literals, &mut parameters, &mut choices);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for id in parameters {
        let found = documents.iter().flat_map(|document| {
            document
                .parameters
                .iter()
                .filter(|parameter| parameter.id == id)
                .map(|parameter| (*document, parameter))
        });
        let found: Vec<[String; 4]> = found
            .flat_map(|(document, parameter)| parameter.values.iter().map(move |value| (document, value)))
            .map(|(document, value)| value_cells(document, value, names))
            .collect();
        let name = names.parameter(&id);
        let one = |text: &str| {
            vec![
                name.clone(),
                String::new(),
                text.to_string(),
                String::new(),
                String::new(),
            ]
        };
        match found.len() {
            0 => rows.push(one("未设定：不作推定")),
            1..=VALUE_ROWS_MAX => {
                rows.extend(
                    found
                        .into_iter()
                        .map(|cells| [name.clone()].into_iter().chain(cells).collect()),
                );
            }
            many => rows.push(one(&format!("共{many}行，见参数表"))),
        }
    }
    for id in choices {
        if let Some(choice) = names.choice(&id) {
            let cite = choice
                .cite
                .as_deref()
                .map(|cite| names.citation(cite))
                .unwrap_or_default();
            let by = format!("{}（选定：{}）", names.question(&id), choice.by);
            rows.push(vec![
                format!("选项{id}"),
                by,
                choice.option.clone(),
                effect_words(choice.in_force),
                cite,
            ]);
        }
    }
    for literal in literals {
        rows.push(vec![
            "条文中的数".into(),
            String::new(),
            literal,
            String::new(),
            String::new(),
        ]);
    }
    rows
}

fn collect(
    expr: &Expr,
    literals: &mut BTreeSet<String>,
    parameters: &mut BTreeSet<String>,
    choices: &mut BTreeSet<String>,
) {
    match expr {
        // 0 and 1 are arithmetic, not thresholds.
        Expr::Literal(literal @ Literal::Number(value, _)) if value.numerator().unsigned_abs() > 1 => {
            literals.insert(literal_shown(literal));
        }
        Expr::Literal(literal @ Literal::Date(_)) => {
            literals.insert(literal_shown(literal));
        }
        Expr::Lookup { parameter, .. } | Expr::InBounds { parameter, .. } => {
            parameters.insert(parameter.clone());
        }
        Expr::Choice(id) => {
            choices.insert(id.clone());
        }
        _ => {}
    }
    for part in expression_parts(expr) {
        collect(part, literals, parameters, choices);
    }
}

/// A dated value: whom it holds for, the value, from when till when, the citation.
#[must_use]
pub fn value_cells(document: &Document, value: &ParameterValue, names: &Names<'_>) -> [String; 4] {
    let area = value.area.as_deref().unwrap_or(&document.area);
    let keys = value.keys.iter().map(|key| {
        key.as_ref()
            .map_or_else(|| "任何".to_string(), |key| key_shown(key, names))
    });
    let whom = [area.to_string()]
        .into_iter()
        .chain(keys)
        .collect::<Vec<_>>()
        .join("，");
    let mut shown = literal_shown(&value.value);
    if value.sample {
        shown.push_str("（样例）");
    }
    let cite = value
        .cite
        .as_deref()
        .map(|cite| names.citation(cite))
        .unwrap_or_default();
    [whom, shown, effect_words(value.in_force), cite]
}

fn key_shown(key: &Literal, names: &Names<'_>) -> String {
    match key {
        Literal::Code(code) => names.any_code(code),
        _ => literal_shown(key),
    }
}

fn instruments(document: &Document, page: &mut Vec<Block>) {
    if document.instruments.is_empty() {
        return;
    }
    page.push(Block::Heading(2, "依据文件".into()));
    let head = ["文号", "标题", "发文机关", "施行", "原文"]
        .map(str::to_string)
        .to_vec();
    let rows = document.instruments.iter().map(|instrument| {
        let held = if instrument.held { "持有" } else { "原文未持有" };
        vec![
            instrument.number.clone(),
            instrument.title.clone(),
            instrument.issuers.join("、"),
            effect_words(instrument.in_force),
            held.to_string(),
        ]
    });
    page.push(Block::Table(head, rows.collect()));
}

fn parameters(document: &Document, names: &Names<'_>, page: &mut Vec<Block>) {
    if document.parameters.is_empty() {
        return;
    }
    page.push(Block::Heading(2, "参数".into()));
    for parameter in &document.parameters {
        page.push(Block::Heading(
            3,
            format!("{}（{}）", names.parameter(&parameter.id), parameter.id),
        ));
        page.extend(parameter_words(parameter, names));
        let rows: Vec<Vec<String>> = parameter
            .values
            .iter()
            .map(|value| value_cells(document, value, names).to_vec())
            .collect();
        if !rows.is_empty() {
            page.push(Block::Table(
                ["适用", "值", "期限", "依据"].map(str::to_string).to_vec(),
                rows,
            ));
        }
    }
}

fn parameter_words(parameter: &Parameter, names: &Names<'_>) -> Option<Block> {
    let mut words = Vec::new();
    if let Some(declaration) = &parameter.declaration {
        words.push(unit_words(&declaration.unit));
        if let Some(otherwise) = &declaration.otherwise {
            words.push(format!(
                "没有列出的为{}",
                names.literal(otherwise, Some(&declaration.unit))
            ));
        }
        if !declaration.settable_by.is_empty() {
            let levels = declaration.settable_by.iter().map(|level| level_words(level));
            words.push(format!("由{}设定", levels.collect::<Vec<_>>().join("、")));
        }
    }
    if let Some(bounds) = &parameter.bounds {
        let cite = names.citation(&bounds.cite);
        words.push(format!(
            "范围{}至{}（{cite}）",
            literal_shown(&bounds.min),
            literal_shown(&bounds.max)
        ));
    }
    (!words.is_empty()).then(|| Block::Text(format!("{}。", words.join("；"))))
}

fn level_words(level: &str) -> &str {
    match level {
        "nation" => "国家",
        "province" => "省",
        "prefecture" => "设区的市",
        "county" => "县",
        other => other,
    }
}

fn choices(document: &Document, names: &Names<'_>, page: &mut Vec<Block>) {
    if document.choices.is_empty() {
        return;
    }
    page.push(Block::Heading(2, "选项".into()));
    let head = ["编号", "问题", "选定", "全部选项", "谁选定", "依据", "理由"]
        .map(str::to_string)
        .to_vec();
    let rows = document.choices.iter().map(|choice| {
        vec![
            choice.id.clone(),
            names.question(&choice.id),
            choice.option.clone(),
            choice.options.join("、"),
            choice.by.clone(),
            choice
                .cite
                .as_deref()
                .map(|cite| names.citation(cite))
                .unwrap_or_default(),
            choice.note.clone().unwrap_or_default(),
        ]
    });
    page.push(Block::Table(head, rows.collect()));
}
