//! What is wrong with a policy document: where, in which clause, what, and the fix.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::said::{At, Fix, Wrong};
use super::say::{Lang, Say as _};
use super::source::{Source, Span};
use crate::canonical::Json;

/// Most mistakes that are reported at once; a file with more is a file of another kind.
pub const ERROR_COUNT_MAX: usize = 200;

/// Most characters of a line that a remark shows. A document on one line must not hide the remark behind its text.
const EXCERPT_CHARACTER_COUNT_MAX: usize = 160;

/// Characters before what is meant that stay in a line that is cut: what it follows can be read.
const EXCERPT_BEFORE_COUNT: usize = 80;

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

    /// As it is printed in a language.
    #[must_use]
    pub fn word_in(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (severity, Lang::En) => severity.word(),
            (Severity::Error, Lang::Zh) => "错误",
            (Severity::Warning, Lang::Zh) => "警告",
        }
    }
}

/// What a remark stands in: `clause wages`, `parameter minimum_wage`; nothing at the top of the document.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Place(Option<(At, String)>);

impl Place {
    /// In words.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        match &self.0 {
            None => String::new(),
            Some((at, name)) if name.is_empty() => at.say(lang),
            Some((at, name)) => format!("{} {name}", at.say(lang)),
        }
    }
}

/// One remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The file as it was named to [`super::read`].
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Error or warning.
    pub severity: Severity,
    /// What it stands in.
    pub place: Place,
    /// What is wrong.
    pub wrong: Wrong,
    /// What to do about it.
    pub fix: Fix,
    /// The line of the file, for showing.
    pub excerpt: Excerpt,
    /// How many characters are meant, at least 1.
    pub width: usize,
}

/// What is shown of a line: all of it, or what stands around the column if it is long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    text: String,
    /// Characters of the text before what is meant.
    before: usize,
}

impl Excerpt {
    /// Cuts a line around a column, which counts from 1.
    fn around(line: &str, column: usize) -> Excerpt {
        let before = column.saturating_sub(1);
        if line.chars().nth(EXCERPT_CHARACTER_COUNT_MAX).is_none() {
            let text = line.to_owned();
            return Excerpt { text, before };
        }
        let from = before.saturating_sub(EXCERPT_BEFORE_COUNT);
        let mut rest = line.chars().skip(from);
        let mut text = if from > 0 { "…" } else { "" }.to_owned();
        text.extend(rest.by_ref().take(EXCERPT_CHARACTER_COUNT_MAX));
        if rest.next().is_some() {
            text.push('…');
        }
        Excerpt {
            text,
            before: before - from + usize::from(from > 0),
        }
    }
}

impl PolicyError {
    /// The short form of a remark with the line and a mark under what is meant, in English.
    #[must_use]
    pub fn text(&self) -> String {
        self.text_in(Lang::En)
    }

    /// The same in a language.
    #[must_use]
    pub fn text_in(&self, lang: Lang) -> String {
        let mut out = format!(
            "{}:{}:{}: {}: ",
            self.file,
            self.line,
            self.column,
            self.severity.word_in(lang)
        );
        let place = self.place.say(lang);
        if !place.is_empty() {
            out.push_str(&format!("{place}: "));
        }
        out.push_str(&format!("{}\n", self.wrong.say(lang)));
        let Excerpt { text, before } = &self.excerpt;
        if !text.trim().is_empty() {
            let number = self.line.to_string();
            let pad = " ".repeat(number.len());
            let blanks: String = text.chars().take(*before).map(blank).collect();
            let meant: String = text.chars().skip(*before).take(self.width).map(underline).collect();
            let meant = if meant.is_empty() { "^".to_string() } else { meant };
            out.push_str(&format!(
                "  {number} | {}\n  {pad} | {blanks}{meant}\n",
                text.trim_end()
            ));
        }
        let fix = match lang {
            Lang::En => "fix",
            Lang::Zh => "改法",
        };
        out.push_str(&format!("  {fix}: {}\n", self.fix.say(lang)));
        out
    }

    /// For machines, with the sentences in a language.
    #[must_use]
    pub fn to_json_in(&self, lang: Lang) -> Json {
        let number = |n: usize| Json::integer(i128::try_from(n).unwrap_or(i128::MAX));
        Json::object([
            ("file", Json::text(&self.file)),
            ("line", number(self.line)),
            ("column", number(self.column)),
            ("severity", Json::text(self.severity.word())),
            ("place", Json::text(self.place.say(lang))),
            ("message", Json::text(self.wrong.say(lang))),
            ("fix", Json::text(self.fix.say(lang))),
        ])
    }
}

/// By place in the file; what stands at one place in the order of its English text, in either language.
impl Ord for PolicyError {
    fn cmp(&self, other: &PolicyError) -> Ordering {
        let at = |error: &PolicyError| (error.line, error.column, error.severity);
        let text = |error: &PolicyError| {
            let place = error.place.say(Lang::En);
            (place, error.wrong.say(Lang::En), error.fix.say(Lang::En))
        };
        let order = self.file.cmp(&other.file).then_with(|| at(self).cmp(&at(other)));
        order.then_with(|| text(self).cmp(&text(other)))
    }
}

impl PartialOrd for PolicyError {
    fn partial_cmp(&self, other: &PolicyError) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A Chinese character takes two columns of a terminal.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}')
}

/// How many columns of a terminal a text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
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
    place: Place,
    found: BTreeSet<PolicyError>,
}

impl<'s> Remarks<'s> {
    /// Starts with none.
    #[must_use]
    pub fn new(source: &'s Source) -> Remarks<'s> {
        Remarks {
            source,
            place: Place::default(),
            found: BTreeSet::new(),
        }
    }

    /// The file.
    #[must_use]
    pub fn source(&self) -> &'s Source {
        self.source
    }

    /// Names what the following remarks stand in; the name is empty while it is not known.
    pub fn enter(&mut self, at: At, name: impl Into<String>) {
        self.place = Place(Some((at, name.into())));
    }

    /// The following remarks stand at the top of the document again.
    pub fn leave(&mut self) {
        self.place = Place::default();
    }

    /// The following remarks stand where an earlier one stood.
    pub fn go_back(&mut self, place: &Place) {
        self.place = place.clone();
    }

    /// What the remarks stand in at the moment.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place.clone()
    }

    /// Publication is refused.
    pub fn error(&mut self, span: Span, wrong: Wrong, fix: Fix) {
        self.add(Severity::Error, span, wrong, fix);
    }

    /// An officer should look.
    pub fn warn(&mut self, span: Span, wrong: Wrong, fix: Fix) {
        self.add(Severity::Warning, span, wrong, fix);
    }

    fn add(&mut self, severity: Severity, span: Span, wrong: Wrong, fix: Fix) {
        if self.found.len() >= ERROR_COUNT_MAX {
            return;
        }
        let at = self.source.position(span.start);
        let excerpt = Excerpt::around(self.source.line(at.line), at.column);
        let meant = self.source.slice(span).lines().next().unwrap_or_default().trim_end();
        self.found.insert(PolicyError {
            file: self.source.name().to_string(),
            line: at.line,
            column: at.column,
            severity,
            place: self.place.clone(),
            wrong,
            fix,
            excerpt,
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
        remarks.enter(At::Clause, "x");
        let start = source.text().find('未').unwrap_or_default();
        remarks.error(
            Span {
                start,
                end: start + "未知".len(),
            },
            Wrong::NoName {
                name: "未知".to_owned(),
            },
            Fix::CompleteIt,
        );
        let text = remarks.finish().iter().map(PolicyError::text).collect::<String>();
        assert_eq!(
            text,
            "p.yaml:1:13: error: clause x: there is no name `未知`\n  1 | value: 工资 + 未知\n    |               ^^^^\n  fix: complete it\n"
        );
    }

    #[test]
    fn a_long_line_is_shown_around_what_is_meant() {
        let line = format!("a: {}未知{}", "甲".repeat(500), "乙".repeat(500));
        let source = Source::new("p.yaml", &line);
        let mut remarks = Remarks::new(&source);
        let start = line.find('未').unwrap_or_default();
        let end = start + "未知".len();
        remarks.error(
            Span { start, end },
            Wrong::NoName {
                name: "未知".to_owned(),
            },
            Fix::CompleteIt,
        );
        let text = remarks.finish().iter().map(PolicyError::text).collect::<String>();
        let (before, after) = ("甲".repeat(80), "乙".repeat(78));
        let marked = format!("  1 | …{before}未知{after}…\n    | {}^^^^\n", " ".repeat(1 + 2 * 80));
        assert!(
            text.starts_with("p.yaml:1:504: error: ") && text.contains(&marked),
            "{text}"
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
