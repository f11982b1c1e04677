//! What is wrong with a policy document: where, in which clause, what, and the fix.

use std::collections::BTreeSet;

use super::source::{Source, Span};
use crate::canonical::Json;

/// Most mistakes that are reported at once; a file with more is a file of another kind.
pub const ERROR_COUNT_MAX: usize = 200;

/// Whether a remark stops publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Publication is refused.
    Error,
    /// Publication goes on; an officer should look.
    Warning,
}

impl Severity {
    /// As it is printed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One remark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyError {
    /// The file as it was named to [`super::read`].
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Error or warning.
    pub severity: Severity,
    /// What it stands in: `clause wages`, `parameter minimum_wage`; empty at the top of the document.
    pub place: String,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub fix: String,
    /// The line of the file, for showing.
    pub excerpt: String,
    /// How many characters are meant, at least 1.
    pub width: usize,
}

impl PolicyError {
    /// The short form of a remark with the line and a mark under what is meant.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!(
            "{}:{}:{}: {}: ",
            self.file,
            self.line,
            self.column,
            self.severity.word()
        );
        if !self.place.is_empty() {
            out.push_str(&format!("{}: ", self.place));
        }
        out.push_str(&format!("{}\n", self.message));
        if !self.excerpt.trim().is_empty() {
            let number = self.line.to_string();
            let pad = " ".repeat(number.len());
            let before: String = self.excerpt.chars().take(self.column - 1).map(blank).collect();
            let meant: String = self
                .excerpt
                .chars()
                .skip(self.column - 1)
                .take(self.width)
                .map(underline)
                .collect();
            let meant = if meant.is_empty() { "^".to_string() } else { meant };
            out.push_str(&format!(
                "  {number} | {}\n  {pad} | {before}{meant}\n",
                self.excerpt.trim_end()
            ));
        }
        out.push_str(&format!("  fix: {}\n", self.fix));
        out
    }

    /// For machines.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let number = |n: usize| Json::integer(i128::try_from(n).unwrap_or(i128::MAX));
        Json::object([
            ("file", Json::text(&self.file)),
            ("line", number(self.line)),
            ("column", number(self.column)),
            ("severity", Json::text(self.severity.word())),
            ("place", Json::text(&self.place)),
            ("message", Json::text(&self.message)),
            ("fix", Json::text(&self.fix)),
        ])
    }
}

/// A Chinese character takes two columns of a terminal.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}')
}

fn blank(c: char) -> &'static str {
    if is_wide(c) { "  " } else { " " }
}

fn underline(c: char) -> &'static str {
    if is_wide(c) { "^^" } else { "^" }
}

/// Collects every remark on one file, so that all are reported at once.
#[derive(Debug)]
pub struct Remarks<'s> {
    source: &'s Source,
    place: String,
    found: BTreeSet<PolicyError>,
}

impl<'s> Remarks<'s> {
    /// Starts with none.
    #[must_use]
    pub fn new(source: &'s Source) -> Remarks<'s> {
        Remarks {
            source,
            place: String::new(),
            found: BTreeSet::new(),
        }
    }

    /// The file.
    #[must_use]
    pub fn source(&self) -> &'s Source {
        self.source
    }

    /// Names what the following remarks stand in.
    pub fn enter(&mut self, place: impl Into<String>) {
        self.place = place.into();
    }

    /// What the remarks stand in at the moment.
    #[must_use]
    pub fn place(&self) -> String {
        self.place.clone()
    }

    /// Publication is refused.
    pub fn error(&mut self, span: Span, message: impl Into<String>, fix: impl Into<String>) {
        self.add(Severity::Error, span, message.into(), fix.into());
    }

    /// An officer should look.
    pub fn warn(&mut self, span: Span, message: impl Into<String>, fix: impl Into<String>) {
        self.add(Severity::Warning, span, message.into(), fix.into());
    }

    fn add(&mut self, severity: Severity, span: Span, message: String, fix: String) {
        if self.found.len() >= ERROR_COUNT_MAX {
            return;
        }
        let at = self.source.position(span.start);
        let excerpt = self.source.line(at.line);
        let meant = self.source.slice(span).lines().next().unwrap_or_default().trim_end();
        self.found.insert(PolicyError {
            file: self.source.name().to_string(),
            line: at.line,
            column: at.column,
            severity,
            place: self.place.clone(),
            message,
            fix,
            excerpt: excerpt.to_string(),
            width: meant.chars().count().max(1),
        });
    }

    /// Whether any error was found; warnings do not count.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|remark| remark.severity == Severity::Error)
    }

    /// How many errors were found.
    #[must_use]
    pub fn error_count(&self) -> usize {
        self.found
            .iter()
            .filter(|remark| remark.severity == Severity::Error)
            .count()
    }

    /// All remarks in the order of the file.
    #[must_use]
    pub fn finish(self) -> Vec<PolicyError> {
        self.found.into_iter().collect()
    }
}

/// The nearest of some names, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// A longer word is no slip of the pen, and comparing it would cost its square.
    const LENGTH_MAX: usize = 64;
    let length = wanted.chars().count();
    if length > LENGTH_MAX {
        return None;
    }
    names
        .into_iter()
        .filter(|name| name.len() <= 4 * LENGTH_MAX)
        .map(|name| (distance(wanted, name), name))
        // One slip in a short name, two in a longer one; and never a wholly other word.
        .filter(|(distance, _)| *distance < length && *distance <= 1 + length / 4)
        .min()
        .map(|(_, name)| name)
}

/// The fewest insertions, deletions and replacements from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_under_chinese_text() {
        let source = Source::new("p.yaml", "value: 工资 + 未知\n");
        let mut remarks = Remarks::new(&source);
        remarks.enter("clause x");
        let start = source.text().find('未').unwrap_or_default();
        remarks.error(
            Span {
                start,
                end: start + "未知".len(),
            },
            "no such name: 未知",
            "declare it",
        );
        let text = remarks.finish().iter().map(PolicyError::text).collect::<String>();
        assert_eq!(
            text,
            "p.yaml:1:13: error: clause x: no such name: 未知\n  1 | value: 工资 + 未知\n    |               ^^^^\n  fix: declare it\n"
        );
    }

    #[test]
    fn the_nearest_name_is_offered_only_if_it_is_near() {
        assert_eq!(nearest("outcom", ["outcome", "value"]), Some("outcome"));
        assert_eq!(nearest("就业第几月", ["就业第几个月", "工资"]), Some("就业第几个月"));
        assert_eq!(nearest("abc", ["value"]), None);
        assert_eq!(nearest("甲", ["乙"]), None);
    }
}
