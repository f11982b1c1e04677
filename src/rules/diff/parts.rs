//! Compares the documents part by part.

use std::collections::BTreeMap;

use super::Sides;
use super::reach::Thing;
use crate::rules::document::{Bounds, Clause, Document, ParameterValue};
use crate::rules::expr::Expr;
use crate::rules::render::{Block, Names, effect_words, guard_words, outcome_row_words, sentence, value_cells};
use crate::rules::types::literal_shown;

/// Something of one side, the other or both, by its key.
type Pairs<'d, T> = BTreeMap<String, (Option<&'d T>, Option<&'d T>)>;

/// Pairs the parts of two documents by a key; equal ones are left out.
fn pairs<'d, T: PartialEq>(old: &'d [T], new: &'d [T], key: impl Fn(&T) -> String) -> Pairs<'d, T> {
    let mut pairs: Pairs<'d, T> = BTreeMap::new();
    // Several versions of a clause share an id: the first is compared with the first.
    let mut seen: BTreeMap<(bool, String), usize> = BTreeMap::new();
    for (side, parts) in [(false, old), (true, new)] {
        for part in parts {
            let id = key(part);
            let nth = seen.entry((side, id.clone())).or_default();
            *nth += 1;
            let slot = pairs.entry(format!("{id} {nth}")).or_default();
            if side { slot.1 = Some(part) } else { slot.0 = Some(part) }
        }
    }
    pairs.retain(|_, (old, new)| old != new);
    pairs
}

impl<'d> Sides<'d> {
    fn concerns(&self, thing: &Thing) -> String {
        self.reach_new.words(thing, &self.names_new)
    }

    /// Whom the removal of a thing concerns: those that read it before.
    fn concerned(&self, thing: &Thing) -> String {
        self.reach_old.words(thing, &self.names_old)
    }

    pub(super) fn parameters(&self, page: &mut Vec<Block>) {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let ids = self
            .old
            .parameters
            .iter()
            .chain(&self.new.parameters)
            .map(|parameter| parameter.id.as_str());
        let ids: std::collections::BTreeSet<&str> = ids.collect();
        for id in ids {
            let find = |document: &'d Document| document.parameters.iter().find(|parameter| parameter.id == id);
            let (old, new) = (find(self.old), find(self.new));
            let values = |side: Option<&'d crate::rules::document::Parameter>| {
                side.map(|parameter| parameter.values.as_slice()).unwrap_or_default()
            };
            let concerns = self.concerns(&Thing::Parameter(id.to_string()));
            let name = self.names_new.parameter(id);
            for (old, new) in pairs(values(old), values(new), |value| value.id.clone()).into_values() {
                rows.push(self.value_change(&name, old, new, &concerns));
            }
            let bounds = |side: Option<&'d crate::rules::document::Parameter>| side.and_then(|p| p.bounds.as_ref());
            if bounds(old) != bounds(new) {
                let (old, new) = (bounds_words(bounds(old)), bounds_words(bounds(new)));
                rows.push(vec![name.clone(), "范围".into(), old, new, concerns.clone()]);
            }
            let declaration = |side: Option<&'d crate::rules::document::Parameter>| {
                side.and_then(|parameter| parameter.declaration.as_ref())
            };
            match (declaration(old), declaration(new)) {
                (None, None) => {}
                (Some(old), Some(new)) if old == new => {}
                (None, Some(_)) => rows.push(vec![name, "声明".into(), "无".into(), "新增".into(), concerns]),
                (Some(_), None) => rows.push(vec![name, "声明".into(), "有".into(), "取消".into(), concerns]),
                (Some(_), Some(_)) => {
                    rows.push(vec![
                        name,
                        "声明".into(),
                        "原声明".into(),
                        "类型、键或者设定权改变".into(),
                        concerns,
                    ]);
                }
            }
        }
        table(page, "参数", &["参数", "适用", "原来", "现在", "涉及"], rows);
    }

    fn value_change(
        &self,
        name: &str,
        old: Option<&ParameterValue>,
        new: Option<&ParameterValue>,
        concerns: &str,
    ) -> Vec<String> {
        let side = |document: &Document, value: Option<&ParameterValue>, names: &Names<'_>| match value {
            None => (String::new(), "无".to_string()),
            Some(value) => {
                let [whom, shown, effect, cite] = value_cells(document, value, names);
                let rest: Vec<String> = [effect, cite].into_iter().filter(|text| !text.is_empty()).collect();
                let rest = if rest.is_empty() {
                    String::new()
                } else {
                    format!("（{}）", rest.join("，"))
                };
                (whom, format!("{shown}{rest}"))
            }
        };
        let (whom_old, old) = side(self.old, old, &self.names_old);
        let (whom_new, new) = side(self.new, new, &self.names_new);
        let whom = if whom_new.is_empty() { whom_old } else { whom_new };
        vec![name.to_string(), whom, old, new, concerns.to_string()]
    }

    pub(super) fn choices(&self, page: &mut Vec<Block>) {
        let mut rows = Vec::new();
        for (old, new) in pairs(&self.old.choices, &self.new.choices, |choice| choice.id.clone()).into_values() {
            let Some(any) = new.or(old) else { continue };
            let shown = |side: Option<&crate::rules::document::Choice>| {
                side.map_or_else(
                    || "不再由本文件选定".to_string(),
                    |choice| format!("{}（{}）{}", choice.option, choice.by, effect_words(choice.in_force)),
                )
            };
            rows.push(vec![
                any.id.clone(),
                self.names_new.question(&any.id),
                shown(old),
                shown(new),
                self.concerns(&Thing::Choice(any.id.clone())),
            ]);
        }
        table(page, "选项", &["编号", "问题", "原来", "现在", "涉及"], rows);
    }

    pub(super) fn clauses(&self, page: &mut Vec<Block>) {
        let changes = pairs(&self.old.clauses, &self.new.clauses, |clause| clause.id.clone());
        heading(page, "条款", changes.is_empty());
        for (old, new) in changes.into_values() {
            let Some(any) = new.or(old) else { continue };
            let thing = Thing::Clause(any.id.clone());
            let (what, concerns) = match (old, new) {
                (None, _) => ("新增", self.concerns(&thing)),
                (_, None) => ("取消", self.concerned(&thing)),
                (Some(_), Some(_)) => ("修改", self.concerns(&thing)),
            };
            page.push(Block::Heading(3, format!("{what}：{}（{}）", any.name, any.id)));
            let scope = self.names_new.scope(&any.scope);
            page.push(Block::Text(format!("对每个{scope}；{concerns}。")));
            let rows: Vec<Vec<String>> = clause_rows(old, new, &self.names_old, &self.names_new);
            page.push(Block::Table(["", "原来", "现在"].map(str::to_string).to_vec(), rows));
        }
    }

    pub(super) fn outcomes(&self, page: &mut Vec<Block>) {
        let mut rows = Vec::new();
        let lists = self
            .old
            .outcomes
            .iter()
            .chain(&self.new.outcomes)
            .map(|list| list.id.as_str());
        for id in lists.collect::<std::collections::BTreeSet<&str>>() {
            let find = |document: &'d Document| document.outcomes.iter().find(|list| list.id == id);
            let (old, new) = (find(self.old), find(self.new));
            let slice = |side: Option<&'d crate::rules::document::OutcomeList>| {
                side.map(|list| list.rows.as_slice()).unwrap_or_default()
            };
            for (key, (old, new)) in pairs(slice(old), slice(new), |row| row.id.clone()) {
                let old = old.map_or_else(|| "无".into(), |row| outcome_row_words(row, &self.names_old));
                let new = new.map_or_else(|| "取消".into(), |row| outcome_row_words(row, &self.names_new));
                rows.push(vec![format!("{id} {}", key.trim_end_matches(" 1")), old, new]);
            }
            let concerns = |side: Option<&'d crate::rules::document::OutcomeList>, names: &Names<'_>| {
                let concerns = side.and_then(|list| list.concerns.as_ref());
                concerns.map_or_else(|| "全部".to_string(), |expr| sentence(expr, names))
            };
            let (before, after) = (concerns(old, &self.names_old), concerns(new, &self.names_new));
            if before != after {
                rows.push(vec![format!("{id} 适用于"), before, after]);
            }
            let order = |side| slice(side).iter().map(|row| row.id.as_str()).collect::<Vec<&str>>();
            let (before, after) = (order(old), order(new));
            let kept = |ids: &[&'d str], other: &[&'d str]| {
                ids.iter()
                    .copied()
                    .filter(|id| other.contains(id))
                    .collect::<Vec<&str>>()
            };
            if kept(&before, &after) != kept(&after, &before) {
                rows.push(vec![format!("{id} 次序"), before.join("、"), after.join("、")]);
            }
        }
        table(page, "结果表", &["结果", "原来", "现在"], rows);
    }

    pub(super) fn guards(&self, page: &mut Vec<Block>) {
        let changes = pairs(&self.old.guards, &self.new.guards, |guard| guard.id.clone());
        let rows = changes.into_iter().map(|(key, (old, new))| {
            let old = old.map_or_else(|| "无".into(), |guard| guard_words(guard, &self.names_old));
            let new = new.map_or_else(|| "取消".into(), |guard| guard_words(guard, &self.names_new));
            vec![key.trim_end_matches(" 1").to_string(), old, new]
        });
        table(page, "程序要求", &["要求", "原来", "现在"], rows.collect());
    }

    pub(super) fn schedules(&self, page: &mut Vec<Block>) {
        let words = |schedule: &crate::rules::document::Schedule, names: &Names<'_>| {
            let effect = effect_words(schedule.in_force);
            format!(
                "{}时：{} {effect}",
                sentence(&schedule.when, names),
                sentence(&schedule.value, names)
            )
        };
        let changes = pairs(&self.old.schedules, &self.new.schedules, |schedule| schedule.id.clone());
        let rows = changes.into_iter().map(|(key, (old, new))| {
            let old = old.map_or_else(|| "无".into(), |schedule| words(schedule, &self.names_old));
            let new = new.map_or_else(|| "取消".into(), |schedule| words(schedule, &self.names_new));
            vec![key.trim_end_matches(" 1").to_string(), old, new]
        });
        table(page, "期限", &["期限", "原来", "现在"], rows.collect());
    }

    pub(super) fn carries(&self, page: &mut Vec<Block>) {
        let words = |when: &Expr, value: &Expr, names: &Names<'_>| {
            format!("{}时：{}", sentence(when, names), sentence(value, names))
        };
        let changes = pairs(&self.old.carries, &self.new.carries, |carry| carry.fact.clone());
        let rows = changes.into_values().filter_map(|(old, new)| {
            let fact = self.names_new.fact(&new.or(old)?.fact);
            let old = old.map_or_else(
                || "无".into(),
                |carry| words(&carry.when, &carry.value, &self.names_old),
            );
            let new = new.map_or_else(
                || "取消".into(),
                |carry| words(&carry.when, &carry.value, &self.names_new),
            );
            Some(vec![fact, old, new])
        });
        table(page, "带入下次决定", &["历史事实", "原来", "现在"], rows.collect());
    }

    pub(super) fn facts(&self, page: &mut Vec<Block>) {
        let (Some(old), Some(new)) = (&self.old.vocabulary, &self.new.vocabulary) else {
            return;
        };
        let key = |fact: &crate::rules::document::FactDefinition| format!("{} {}", fact.scope, fact.path);
        let rows = pairs(&old.facts, &new.facts, key)
            .into_values()
            .filter_map(|(old, new)| {
                let what = match (old, new) {
                    (None, _) => "新增",
                    (_, None) => "取消",
                    (Some(_), Some(_)) => "修改",
                };
                let any = new.or(old)?;
                Some(vec![any.path.clone(), any.name.clone(), what.to_string()])
            });
        table(page, "事实", &["路径", "名称", "变更"], rows.collect());
    }
}

/// What differs between two versions of a clause.
fn clause_rows(
    old: Option<&Clause>,
    new: Option<&Clause>,
    names_old: &Names<'_>,
    names_new: &Names<'_>,
) -> Vec<Vec<String>> {
    let cells = |label: &str, of: &dyn Fn(&Clause, &Names<'_>) -> String| {
        let old = old.map(|clause| of(clause, names_old)).unwrap_or_default();
        let new = new.map(|clause| of(clause, names_new)).unwrap_or_default();
        (old != new).then(|| vec![label.to_string(), old, new])
    };
    [
        cells("内容", &|clause, names| sentence(&clause.expr, names)),
        cells("期限", &|clause, _| effect_words(clause.in_force)),
        cells("依据", &|clause, names| {
            clause
                .cite
                .as_deref()
                .map(|cite| names.citation(cite))
                .unwrap_or_default()
        }),
        cells("期限以外", &|clause, names| {
            clause
                .on_lapse
                .as_ref()
                .map(|lapse| sentence(&lapse.when, names))
                .unwrap_or_default()
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn bounds_words(bounds: Option<&Bounds>) -> String {
    bounds.map_or_else(
        || "无".into(),
        |bounds| format!("{}至{}", literal_shown(&bounds.min), literal_shown(&bounds.max)),
    )
}

fn heading(page: &mut Vec<Block>, title: &str, empty: bool) {
    if !empty {
        page.push(Block::Heading(2, title.to_string()));
    }
}

fn table(page: &mut Vec<Block>, title: &str, head: &[&str], rows: Vec<Vec<String>>) {
    heading(page, title, rows.is_empty());
    if !rows.is_empty() {
        page.push(Block::Table(
            head.iter().map(|cell| (*cell).to_string()).collect(),
            rows,
        ));
    }
}
