//! Reads the register of areas from its YAML, every mistake at once.

use super::{Area, AreaRegister};
use crate::area::{AreaCode, AreaLevel};
use crate::rules::calendar::Date;
use crate::rules::language::PolicyError;
use crate::rules::language::error::Remarks;
use crate::rules::language::said::{Fix, Wrong};
use crate::rules::language::source::Source;
use crate::rules::language::yaml::{self, Value, Yaml};

/// Keys of an area; `sample` is for people.
const KEYS: [&str; 6] = ["code", "name", "level", "from", "until", "sample"];

impl AreaRegister {
    /// Reads the text of `policy/areas.yaml`; `name` is only shown in mistakes.
    ///
    /// # Errors
    /// Every mistake with line, column and fix.
    pub fn read(name: &str, text: &str) -> Result<AreaRegister, Vec<PolicyError>> {
        let source = Source::new(name, text);
        let mut remarks = Remarks::new(&source);
        let areas = yaml::read(&mut remarks)
            .map(|tree| areas(&tree, &mut remarks))
            .unwrap_or_default();
        if remarks.has_errors() {
            Err(remarks.finish())
        } else {
            Ok(AreaRegister::new(areas))
        }
    }
}

fn areas(tree: &Yaml, remarks: &mut Remarks<'_>) -> Vec<Area> {
    let list = match &tree.value {
        Value::Map(fields) => fields
            .iter()
            .find(|(key, _)| key.text == "areas")
            .map(|(_, list)| &list.value),
        Value::Scalar(_) | Value::List(_) => None,
    };
    let Some(Value::List(items)) = list else {
        remarks.error(tree.span, Wrong::NoAreas, Fix::WriteAreas);
        return Vec::new();
    };
    items.iter().filter_map(|item| area(item, remarks)).collect()
}

fn area(item: &Yaml, remarks: &mut Remarks<'_>) -> Option<Area> {
    let Value::Map(fields) = &item.value else {
        remarks.error(item.span, Wrong::NotAnAreaEntry, Fix::AreaEntryForm);
        return None;
    };
    for (key, _) in fields {
        if !KEYS.contains(&key.text.as_str()) {
            let wrong = Wrong::UnknownKey { key: key.text.clone() };
            let keys = KEYS.join(", ");
            remarks.error(key.span, wrong, Fix::UseOneOf { keys });
        }
    }
    let code: Option<AreaCode> = needed(item, "code", remarks);
    let name: Option<String> = needed(item, "name", remarks);
    let from: Option<Date> = needed(item, "from", remarks);
    let level: Option<String> = needed(item, "level", remarks);
    let until = match text(item, "until") {
        None => Some(None),
        Some(_) => needed(item, "until", remarks).map(Some),
    };
    if let (Some(code), Some(level)) = (code, &level)
        && level != level_word(code.level())
    {
        let wrong = Wrong::NotOfLevel {
            code: code.to_string(),
            level: level.clone(),
        };
        let level = level_word(code.level());
        remarks.error(item.span, wrong, Fix::WriteLevel { level });
    }
    Some(Area {
        code: code?,
        name: name?,
        from: from?,
        until: until?,
    })
}

/// The levels as policy documents name them.
fn level_word(level: AreaLevel) -> &'static str {
    match level {
        AreaLevel::Nation => "nation",
        AreaLevel::Province => "province",
        AreaLevel::City => "prefecture",
        AreaLevel::County => "county",
        AreaLevel::Township => "township",
    }
}

fn text<'a>(item: &'a Yaml, key: &str) -> Option<(&'a Yaml, &'a str)> {
    let Value::Map(fields) = &item.value else { return None };
    let (_, node) = fields.iter().find(|(found, _)| found.text == key)?;
    match &node.value {
        Value::Scalar(scalar) => Some((node, &scalar.text)),
        Value::List(_) | Value::Map(_) => None,
    }
}

fn needed<T: std::str::FromStr<Err: std::fmt::Display>>(
    item: &Yaml,
    key: &'static str,
    remarks: &mut Remarks<'_>,
) -> Option<T> {
    let Some((node, value)) = text(item, key) else {
        remarks.error(item.span, Wrong::NoAreaField { key }, Fix::WriteKeyValue { key });
        return None;
    };
    match value.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            let form = error.to_string();
            remarks.error(node.span, Wrong::NotOfForm { key }, Fix::ByItsForm { form });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::language::say::{Lang, Say as _};

    #[test]
    fn the_shipped_register_is_read_and_huaiyuan_decides() {
        let register =
            AreaRegister::read("areas.yaml", include_str!("../../../policy/areas.yaml")).expect("no mistakes");
        let area = |text: &str| -> AreaCode { text.parse().expect("an area code") };
        assert!(register.decides_on(area("340321"), "2021-08-18".parse().expect("a date")));
        assert_eq!(register.name(area("340300")), Some("蚌埠市"));
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let text = "areas:\n\
                    - {code: \"340321000\", name: 怀远县, level: county, from: 2018-01-01}\n\
                    - {code: \"340322\", name: 五河县, level: prefecture, from: 2018-02-30}\n\
                    - {code: \"340322\", level: county, from: 2018-01-01, form: 1}\n";
        let found: Vec<String> = AreaRegister::read("areas.yaml", text)
            .expect_err("four mistakes")
            .iter()
            .map(|error| format!("{}: {}", error.line, error.wrong.say(Lang::En)))
            .collect();
        assert_eq!(
            found,
            [
                "2: code is not of its form",
                "3: 340322 is no prefecture",
                "3: from is not of its form",
                "4: no name",
                "4: unknown key form",
            ]
        );
    }
}
