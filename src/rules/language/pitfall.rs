//! YAML's own traps, explained in the words of somebody who writes policies (L23).

use super::said::{Fix, Wrong};
use super::source::{Source, Span};

/// Marks that begin something else than a text.
const OPENING_MARKS: &str = "[{%>|@&*!\"'`";

/// What a message of the YAML scanner means, where, and what to do.
#[must_use]
pub fn explain(source: &Source, at: usize, info: &str) -> (Span, Wrong, Fix) {
    let line_number = source.position(at).line;
    let line = source.line(line_number);
    let whole = Span { start: at, end: at };
    if line.contains('\t') && line.trim_start_matches(' ').starts_with('\t') {
        return (whole, Wrong::TabAtStart, Fix::IndentWithBlanks);
    }
    if info.contains("mapping values") {
        return (whole, Wrong::SecondColon, Fix::QuoteIt);
    }
    if let Some(mark) = value_of(line)
        .and_then(|value| value.chars().next())
        .filter(|c| OPENING_MARKS.contains(*c))
    {
        let wrong = Wrong::BeginsWithMark {
            mark: mark.to_string(),
            info: info.to_owned(),
        };
        return (whole, wrong, Fix::QuoteIt);
    }
    let info = info.to_owned();
    (whole, Wrong::NotYaml { info }, Fix::CheckIndentation)
}

/// What stands after the key of a line, or after its dash.
fn value_of(line: &str) -> Option<&str> {
    let line = line.trim_start().trim_start_matches("- ");
    let value = line.split_once(": ").map_or(line, |(_, value)| value);
    Some(value.trim_start()).filter(|value| !value.is_empty())
}

/// A plain text that ended at a ` #`: what was cut off, as it stands in the file.
#[must_use]
pub fn cut_off(source: &Source, end: usize) -> Option<&str> {
    let rest = source.text().get(end..)?.lines().next()?;
    rest.trim_start().strip_prefix('#').map(|_| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_traps_are_named() {
        for (text, wanted) in [
            ("value: 合计(成员: 计入收入)", "colon and blank"),
            ("value: %50", "begins with `%`"),
            ("value: {a, b} 在", "begins with `{`"),
            ("value: [本地] + 1", "begins with `[`"),
            ("a:\n\tb: 1", "a tab"),
        ] {
            let source = Source::new("x.yaml", text);
            let mut remarks = super::super::error::Remarks::new(&source);
            let _ = super::super::yaml::read(&mut remarks);
            let found = remarks.finish();
            assert_eq!(found.len(), 1, "{text}");
            let told = found[0].text();
            assert!(told.contains(wanted), "{text}: {told}");
        }
    }
}
