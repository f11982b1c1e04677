//! What an evaluation read and what it lacked, in the words of a determination.

use std::borrow::Cow;
use std::sync::Arc;

use super::Evaluation;
use super::gaps::{GapSet, RuleGap, RuleKind};
use crate::canonical::Json;
use crate::rules::determination::{ChoiceRead, MissingFact, MissingRule, ParameterRead};
use crate::rules::value::Gap;

/// The id of the working-day calendar among rules and parameters.
const CALENDAR: &str = "calendar";

impl<'l> Evaluation<'l> {
    /// The facts and rules of a gap, facts in the order of the vocabulary, rules by kind and id.
    #[must_use]
    pub fn missing(&self, gap: Gap) -> (Vec<MissingFact>, Vec<MissingRule>) {
        self.named(&self.gaps.get(gap))
    }

    /// Whether a rule is missing in a gap.
    #[must_use]
    pub fn lacks_a_rule(&self, gap: Gap) -> bool {
        !self.gaps.get(gap).rules.is_empty()
    }

    /// The facts and rules of several gaps together, each once.
    #[must_use]
    pub fn missing_of<T: From<&'l str> + From<String>>(
        &self,
        gaps: impl Iterator<Item = Gap>,
    ) -> (Vec<MissingFact<T>>, Vec<MissingRule<T>>) {
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

    fn named<T: From<&'l str> + From<String>>(&self, set: &GapSet) -> (Vec<MissingFact<T>>, Vec<MissingRule<T>>) {
        let facts = set.facts.iter().map(|(fact, instance)| {
            let definition = &self.law.schema.facts[fact.at()];
            MissingFact {
                fact: definition.path.as_str().into(),
                at: self.facts.place(definition.scope, *instance).map(T::from),
            }
        });
        let rules = self.ordered_rules(set).into_iter().map(|(id, rule)| MissingRule {
            rule: id.into(),
            date: rule.date,
            area: rule.area.map(|area| area.to_string().into()),
        });
        (facts.collect(), rules.collect())
    }

    /// The rows of parameters that lookups gave, by parameter and row.
    #[must_use]
    pub fn parameters_read<T: From<&'l str> + From<String>>(&self) -> Vec<ParameterRead<T>> {
        let rows = self.rows_read().iter();
        rows.map(|&(parameter, row)| self.parameter_read(parameter, row))
            .collect()
    }

    fn parameter_read<T: From<&'l str> + From<String>>(&self, parameter: u16, row: u32) -> ParameterRead<T> {
        let table = &self.law.parameters[usize::from(parameter)];
        match row.checked_sub(1).map(|at| &table.rows[at as usize]) {
            Some(row) => ParameterRead {
                id: table.id.as_str().into(),
                row: row.id.as_str().into(),
                area: row.area.to_string().into(),
                value: Arc::clone(&row.value),
                cite: row.cite.as_deref().map(T::from),
                sample: row.sample,
            },
            None => ParameterRead {
                id: table.id.as_str().into(),
                row: "otherwise".into(),
                area: self.law.area.to_string().into(),
                value: Arc::new(
                    table
                        .otherwise
                        .as_ref()
                        .map_or(Json::Bool(false), |(_, value)| value.to_json()),
                ),
                cite: table.cite.as_deref().map(T::from),
                sample: false,
            },
        }
    }

    /// [`Evaluation::parameters_read`] as they stand in the determination. Each is written once for the law: decisions
    /// read the same ones again and again.
    pub(in crate::rules) fn parameters_written(&self) -> impl Iterator<Item = &'l [u8]> {
        self.rows_read().iter().map(|&(parameter, row)| {
            let table = &self.law.parameters[usize::from(parameter)];
            let text = row.checked_sub(1).map(|at| &table.rows[at as usize]);
            let written = text.map_or(&table.otherwise_written, |text| &text.written);
            let read = || self.parameter_read::<Cow<'l, str>>(parameter, row).to_bytes();
            written.get_or_init(read).as_slice()
        })
    }

    /// [`Evaluation::choices_read`], likewise.
    pub(in crate::rules) fn choices_written(&self) -> impl Iterator<Item = &'l [u8]> {
        self.options_read().map(|(choice, version)| {
            let setting = &self.law.choices[usize::from(choice)].settings[version as usize - 1];
            let read = || self.choice_read::<&str>(choice, version).to_bytes();
            setting.written.get_or_init(read).as_slice()
        })
    }

    /// What was read and is a sample: rows in their order, then `calendar YEAR` ascending.
    #[must_use]
    pub fn samples_read<T: From<&'l str> + From<String>>(&self) -> Vec<T> {
        let rows = self.rows_read().iter().filter_map(|&(parameter, row)| {
            let rows = &self.law.parameters[usize::from(parameter)].rows;
            row.checked_sub(1).map(|at| &rows[at as usize]).filter(|row| row.sample)
        });
        let mut years = self.years.clone();
        years.retain(|year| self.law.calendar.is_sample(*year));
        years.sort_unstable();
        rows.map(|row| row.id.as_str().into())
            .chain(years.iter().map(|year| format!("{CALENDAR} {year}").into()))
            .collect()
    }

    /// The options of choices that were read, in the order of the law.
    #[must_use]
    pub fn choices_read<T: From<&'l str>>(&self) -> Vec<ChoiceRead<T>> {
        let read = self.options_read();
        read.map(|(choice, version)| self.choice_read(choice, version))
            .collect()
    }

    fn choice_read<T: From<&'l str>>(&self, choice: u16, version: u32) -> ChoiceRead<T> {
        let table = &self.law.choices[usize::from(choice)];
        let setting = &table.settings[version as usize - 1];
        ChoiceRead {
            id: table.id.as_str().into(),
            option: setting.option.as_str().into(),
            cite: setting.cite.as_deref().map(T::from),
        }
    }

    /// (parameter, row), ascending.
    pub(in crate::rules) fn rows_read(&self) -> &[(u16, u32)] {
        self.rows.as_slice()
    }

    /// (choice, setting), ascending.
    pub(in crate::rules) fn options_read(&self) -> impl Iterator<Item = (u16, u32)> + Clone {
        let settings = (0..).zip(self.options.iter().copied());
        settings.filter(|(_, setting)| *setting != 0)
    }

    pub(in crate::rules) fn gap_set(&self, gap: Gap) -> Cow<'_, GapSet> {
        self.gaps.get(gap)
    }

    /// The rules of a set with their ids, by kind, id, area and date.
    pub(in crate::rules) fn ordered_rules(&self, set: &GapSet) -> Vec<(&'l str, RuleGap)> {
        let law = self.law;
        let id = |rule: &RuleGap| match rule.kind {
            RuleKind::Parameter => law.parameters[usize::from(rule.number)].id.as_str(),
            RuleKind::Clause => law.clauses[usize::from(rule.number)].id.as_str(),
            RuleKind::Choice => law.choices[usize::from(rule.number)].id.as_str(),
            RuleKind::Calendar => CALENDAR,
        };
        let mut rules: Vec<(&'l str, RuleGap)> = set.rules.iter().map(|rule| (id(rule), *rule)).collect();
        rules.sort_by(|(a, x), (b, y)| (x.kind, a, x.area, x.date).cmp(&(y.kind, b, y.area, y.date)));
        rules
    }
}
