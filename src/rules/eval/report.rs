//! What an evaluation read and what it lacked, in the words of a determination.

use std::borrow::Cow;

use super::Evaluation;
use super::gaps::{GapSet, RuleGap, RuleKind};
use crate::canonical::Json;
use crate::rules::determination::{ChoiceRead, MissingFact, MissingRule, ParameterRead};
use crate::rules::value::Gap;

/// The id of the working-day calendar among rules and parameters.
const CALENDAR: &str = "calendar";

impl Evaluation<'_> {
    /// The facts and rules of a gap, facts in the order of the vocabulary, rules by kind and id.
    #[must_use]
    pub fn missing(&self, gap: Gap) -> (Vec<MissingFact>, Vec<MissingRule>) {
        self.named(&self.gaps.get(gap))
    }

    /// The facts and rules of several gaps together, each once.
    #[must_use]
    pub fn missing_of(&self, gaps: impl Iterator<Item = Gap>) -> (Vec<MissingFact>, Vec<MissingRule>) {
        let mut all = GapSet::default();
        for set in gaps.map(|gap| self.gaps.get(gap)) {
            all.facts.extend(&set.facts);
            all.rules.extend(&set.rules);
        }
        self.named(&all)
    }

    /// Two gaps as one.
    pub fn join_gaps(&mut self, a: Gap, b: Gap) -> Gap {
        self.gaps.union(a, b)
    }

    fn named(&self, set: &GapSet) -> (Vec<MissingFact>, Vec<MissingRule>) {
        let facts = set.facts.iter().map(|(fact, instance)| {
            let definition = &self.law.schema.facts[fact.at()];
            MissingFact {
                fact: definition.path.clone(),
                at: self.facts.place(definition.scope, *instance),
            }
        });
        let rules = self.ordered_rules(set).into_iter().map(|(id, rule)| MissingRule {
            rule: id.to_owned(),
            date: rule.date,
            area: rule.area.map(|area| area.to_string()),
        });
        (facts.collect(), rules.collect())
    }

    /// The rows of parameters that lookups gave, by parameter and row.
    #[must_use]
    pub fn parameters_read(&self) -> Vec<ParameterRead> {
        let rows = self.rows_read().iter().map(|&(parameter, row)| {
            let table = &self.law.parameters[usize::from(parameter)];
            match row.checked_sub(1).map(|at| &table.rows[at as usize]) {
                Some(row) => ParameterRead {
                    id: table.id.clone(),
                    row: row.id.clone(),
                    area: row.area.to_string(),
                    value: row.value.to_json(),
                    cite: row.cite.clone(),
                    sample: row.sample,
                },
                None => ParameterRead {
                    id: table.id.clone(),
                    row: "otherwise".to_owned(),
                    area: self.law.area.to_string(),
                    value: table
                        .otherwise
                        .as_ref()
                        .map_or(Json::Bool(false), |(_, value)| value.to_json()),
                    cite: table.cite.clone(),
                    sample: false,
                },
            }
        });
        rows.collect()
    }

    /// What was read and is a sample: rows in their order, then `calendar YEAR` ascending.
    #[must_use]
    pub fn samples_read(&self) -> Vec<String> {
        let rows = self.parameters_read().into_iter().filter(|read| read.sample);
        let mut years = self.years.clone();
        years.retain(|year| self.law.calendar.is_sample(*year));
        years.sort_unstable();
        rows.map(|read| read.row)
            .chain(years.iter().map(|year| format!("{CALENDAR} {year}")))
            .collect()
    }

    /// The options of choices that were read, in the order of the law.
    #[must_use]
    pub fn choices_read(&self) -> Vec<ChoiceRead> {
        let read = self.options_read().map(|(choice, version)| {
            let table = &self.law.choices[usize::from(choice)];
            let setting = &table.settings[version as usize - 1];
            ChoiceRead {
                id: table.id.clone(),
                option: setting.option.clone(),
                cite: setting.cite.clone(),
            }
        });
        read.collect()
    }

    /// (parameter, row), ascending.
    pub(in crate::rules) fn rows_read(&self) -> &[(u16, u32)] {
        self.rows.as_slice()
    }

    /// (choice, setting), ascending.
    pub(in crate::rules) fn options_read(&self) -> impl Iterator<Item = (u16, u32)> + Clone {
        let read = (0..).zip(&self.options).filter(|(_, chosen)| chosen.setting != 0);
        read.map(|(choice, chosen)| (choice, chosen.setting))
    }

    pub(in crate::rules) fn gap_set(&self, gap: Gap) -> Cow<'_, GapSet> {
        self.gaps.get(gap)
    }

    /// The rules of a set with their ids, by kind, id, area and date.
    pub(in crate::rules) fn ordered_rules(&self, set: &GapSet) -> Vec<(&str, RuleGap)> {
        let id = |rule: &RuleGap| match rule.kind {
            RuleKind::Parameter => self.law.parameters[usize::from(rule.number)].id.as_str(),
            RuleKind::Clause => self.law.clauses[usize::from(rule.number)].id.as_str(),
            RuleKind::Choice => self.law.choices[usize::from(rule.number)].id.as_str(),
            RuleKind::Calendar => CALENDAR,
        };
        let mut rules: Vec<(&str, RuleGap)> = set.rules.iter().map(|rule| (id(rule), *rule)).collect();
        rules.sort_by(|(a, x), (b, y)| (x.kind, a, x.area, x.date).cmp(&(y.kind, b, y.area, y.date)));
        rules
    }
}
