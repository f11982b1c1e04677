//! `doudi inspect`: what a bundle opens, for those who review it: decisions with their facts, and the documents of law.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::report::yuan;
use super::{BAD, BOLD, DIM, Exit, Failure, GOOD, Out, Outcome};
use crate::app::bundle::{Ask, Report, verify};
use crate::app::inspect::{OpenedEntry, opened_entries};
use crate::canonical::Json;
use crate::log::bundle::LeafView;
use crate::log::note::VerifierKey;
use crate::log::record::EntryKind;
use crate::log::{LogIndex, TreeSize};
use crate::rules::calendar::{DAY_SECONDS, Date, SHANGHAI_AHEAD_SECONDS};
use crate::rules::document::Document;
use crate::rules::language::library::lies_in;
use crate::rules::render;

/// Entries of one call: more than anybody reads at once, and so many decisions are a few MiB.
const ENTRY_COUNT_MAX: usize = 10_000;

/// Show the decisions that a bundle opens, with their facts, and write out the law that it holds.
///
/// Needs the bundle and the log's public key, nothing else. First the bundle is verified as `doudi verify` does, but for
/// deciding again: what is shown is what the entry under the signed head commits to, or nothing is shown. The facts are
/// those that were recorded; whether they are true is for the file and the visit. Identities are in a bundle only where
/// they were asked for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes:
  0  it was shown
  1  the bundle does not verify, or does not open what was asked for
  2  the command line is wrong
  3  the file is no bundle, or cannot be read

Example:
  doudi inspect 340321.tar --key doudi.example/340321/1+1b0c5be7+AVX3Z9Qc0... --entry 1204
  doudi inspect 340321.tar --key doudi.example/340321/1+1b0c5be7+AVX3Z9Qc0... --law law")]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["entry", "law"]))]
pub struct Args {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    file: PathBuf,
    /// The log's public key, as `doudi keys public` prints it
    #[arg(long, value_name = "VKEY", required = true)]
    key: Vec<VerifierKey>,
    /// Show this entry with its opened documents; may be given several times
    #[arg(long, value_name = "N", value_parser = index)]
    entry: Vec<LogIndex>,
    /// Write every document of law into this new folder: its sealed bytes, and a page with each clause beside its article
    #[arg(long, value_name = "DIR")]
    law: Option<PathBuf>,
}

fn index(text: &str) -> Result<LogIndex, String> {
    let number = text.parse().ok().and_then(|number| LogIndex::new(number).ok());
    number.ok_or_else(|| "not the place of an entry: give its number in the log".to_owned())
}

/// Verifies, then shows.
pub fn run(args: &Args, out: &Out) -> Outcome {
    if args.entry.len() > ENTRY_COUNT_MAX {
        return Err(Failure::usage(format!("more than {ENTRY_COUNT_MAX} entries at once")));
    }
    let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", args.file.display()));
    let file = File::open(&args.file).map_err(|error| failed(&error))?;
    let ask = Ask {
        keys: &args.key,
        policy: None,
        previous: None,
        samples: &[],
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        replay: false,
    };
    let report = verify(&file, &ask, |_, _| {}).map_err(|error| failed(&error))?;
    if !report.is_good() {
        for violation in report.violations().kept() {
            let (code, place, text) = (violation.code.code(), &violation.place, &violation.text);
            out.line(format_args!("{BAD}{code}{BAD:#} {place}: {text}"));
        }
        let text = "does not verify: nothing of it is shown; see `doudi verify`";
        return Err(refuted(&args.file, text));
    }
    let origin = report.manifest().origin.clone();
    out.line(format_args!(
        "{GOOD}verified{GOOD:#} {origin}, {} entries: what follows is what was committed to, and is not decided again here",
        report.entries()
    ));
    if let Some(folder) = &args.law {
        write_law(&file, &report, folder, out).map_err(|error| error.named(&failed))?;
    }
    let asked: BTreeSet<LogIndex> = args.entry.iter().copied().collect();
    let mut found = BTreeMap::new();
    let has = |from: u64, to: u64| asked.iter().any(|index| (from..to).contains(&index.get()));
    let wanted = |index: LogIndex, _: &LeafView<'_>| asked.contains(&index);
    opened_entries(&file, &origin, has, wanted, |entry| {
        found.insert(entry.index, entry);
    })
    .map_err(|error| failed(&error))?;
    let policies = report.to_json();
    let policies = policies.get("policies").and_then(Json::as_list).unwrap_or_default();
    // In the order in which they were asked for: that of the draw.
    for index in &args.entry {
        let Some(entry) = found.get(index).filter(|entry| !entry.documents.is_empty()) else {
            let text = format!("opens no document of entry {index}: it was not asked for, or is erased or restricted");
            return Err(refuted(&args.file, &text));
        };
        show(entry, policies, out);
    }
    Ok(Exit::Done)
}

fn refuted(path: &Path, text: &str) -> Failure {
    Failure {
        exit: Exit::Refuted,
        text: format!("{}: {text}", path.display()),
    }
}

/// One entry with its documents.
fn show(entry: &OpenedEntry, policies: &[Json], out: &Out) {
    let documents: Vec<(&str, Value)> = entry
        .documents
        .iter()
        .map(|(name, bytes)| {
            let shown = serde_json::from_slice(bytes);
            // All documents of decisions and findings are JSON.
            (name.as_str(), shown.unwrap_or_else(|_| hex::encode(bytes).into()))
        })
        .collect();
    let facts = documents.iter().find(|(name, _)| *name == "facts");
    let known_at = facts.and_then(|(_, facts)| TreeSize::new(facts["known_at"]["size"].as_u64()?).ok());
    let law = known_at.map_or_else(Vec::new, |size| law_known_at(policies, size));
    let digest = entry.law.map(|law| law.to_string());
    out.line(format_args!("\n{BOLD}entry {} {}{BOLD:#}", entry.index, entry.kind));
    let logged = time(entry.logged_seconds);
    out.line(format_args!("  {DIM}logged{DIM:#} {logged} by {}", entry.engine));
    if let Some(digest) = &digest {
        out.line(format_args!("  {DIM}law{DIM:#} {digest}, of the documents"));
        for policy in &law {
            let text = |key: &str| policy[key].as_str().unwrap_or_default().to_owned();
            let (index, area, title, digest) = (&policy["index"], text("area"), text("title"), text("digest"));
            out.line(format_args!("    entry {index}: {area} {title} {DIM}{digest}{DIM:#}"));
        }
    }
    for (name, document) in &documents {
        out.line(format_args!("{BOLD}{name}{BOLD:#}"));
        let mut lines = Vec::new();
        tree(document, 1, &mut lines);
        lines.iter().for_each(|line| out.line(line));
    }
    out.document(&json!({
        "index": entry.index.get(), "kind": entry.kind, "logged": entry.logged_seconds, "engine": entry.engine,
        "law": digest, "policies": law, "documents": documents.into_iter().collect::<BTreeMap<_, _>>(),
    }));
}

/// When it was logged, as the clocks of the office showed it.
fn time(seconds: i64) -> String {
    let second = (seconds + SHANGHAI_AHEAD_SECONDS).rem_euclid(DAY_SECONDS);
    let date = Date::in_shanghai(seconds).map_or_else(|| seconds.to_string(), |date| date.to_string());
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{date} {hour:02}:{minute:02}:{:02} +08:00", second % 60)
}

/// The documents of law that a decision knew: of each the newest below the size.
fn law_known_at(policies: &[Json], size: TreeSize) -> Vec<Value> {
    let mut newest: BTreeMap<(String, String), Value> = BTreeMap::new();
    for policy in policies {
        let policy: Value = serde_json::from_slice(&policy.to_bytes()).unwrap_or_default();
        let key = |name: &str| policy[name].as_str().unwrap_or_default().to_owned();
        let index = policy["index"].as_u64().and_then(|index| LogIndex::new(index).ok());
        if index.is_some_and(|index| size.holds(index)) {
            newest.insert((key("area"), key("policy")), policy);
        }
    }
    newest.into_values().collect()
}

/// A document line by line; an amount in fen is said in yuan as well.
fn tree(value: &Value, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (format!("{name}:"), value))
            .collect(),
        Value::Array(list) => list.iter().map(|value| ("-".to_owned(), value)).collect(),
        scalar => return lines.push(format!("{indent}{}", plain(scalar))),
    };
    for (name, value) in children {
        match value {
            Value::Object(members) if !members.is_empty() => {
                lines.push(format!("{indent}{name}"));
                tree(value, depth + 1, lines);
            }
            Value::Array(list) if !list.is_empty() => {
                lines.push(format!("{indent}{name}"));
                tree(value, depth + 1, lines);
            }
            scalar => {
                let yuan = scalar
                    .as_u64()
                    .filter(|_| name.ends_with("_fen:"))
                    .map(|fen| format!(" ({})", yuan(fen)));
                let yuan = yuan.unwrap_or_default();
                lines.push(format!("{indent}{name} {}{yuan}", plain(scalar)));
            }
        }
    }
}

/// A value without the marks of JSON. What was recorded may not steer a terminal.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.replace(char::is_control, "\u{fffd}")
}

/// Why the law was not written.
enum LawError {
    /// The folder, or a file in it.
    Folder(Failure),
    /// The bundle.
    Bundle(Box<dyn std::error::Error>),
}

impl LawError {
    fn named(self, bundle: &dyn Fn(&dyn std::fmt::Display) -> Failure) -> Failure {
        match self {
            LawError::Folder(failure) => failure,
            LawError::Bundle(error) => bundle(&error),
        }
    }
}

/// Writes the documents of law, each with its page.
fn write_law(file: &File, report: &Report, folder: &Path, out: &Out) -> Result<(), LawError> {
    let in_folder = |path: &Path, error: &std::io::Error| LawError::Folder(Failure::file(path, error));
    // A new one: pages of two bundles in one folder would pass for those of one.
    std::fs::create_dir(folder).map_err(|error| in_folder(folder, &error))?;
    let mut documents: Vec<(LogIndex, Document)> = Vec::new();
    let mut bytes = Vec::new();
    let is_policy = |_: LogIndex, leaf: &LeafView<'_>| leaf.known_kind() == Some(EntryKind::Policy);
    opened_entries(
        file,
        &report.manifest().origin,
        |_, _| true,
        is_policy,
        |entry| {
            let law = entry.documents.into_iter().find(|(name, _)| name == "policy");
            let document = law.and_then(|(_, content)| {
                let json = Json::parse_canonical(&content).ok()?;
                Some((Document::from_json(&json).ok()?, content))
            });
            if let Some((document, content)) = document {
                documents.push((entry.index, document));
                bytes.push(content);
            }
        },
    )
    .map_err(|error| LawError::Bundle(error.into()))?;
    for (at, ((index, document), sealed)) in documents.iter().zip(&bytes).enumerate() {
        // Of each document above, the version that was in use when this one came into use.
        let mut layers: BTreeMap<(&str, &str), &Document> = BTreeMap::new();
        for (_, above) in &documents[..at] {
            if lies_in(&document.area, &above.area)
                && (&above.area, &above.policy) != (&document.area, &document.policy)
            {
                layers.insert((&above.area, &above.policy), above);
            }
        }
        let layers: Vec<&Document> = layers.into_values().collect();
        let page = render::html(&document.title, &render::document(document, &layers));
        let safe = |text: &str| text.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
        let stem = format!("{:06}-{}-{}", index.get(), safe(&document.area), safe(&document.policy));
        for (ending, content) in [("json", &sealed[..]), ("html", page.as_bytes())] {
            let path = folder.join(format!("{stem}.{ending}"));
            std::fs::write(&path, content).map_err(|error| in_folder(&path, &error))?;
        }
        let digest = document.digest().to_string();
        out.line(format_args!("  {stem} {} {DIM}{digest}{DIM:#}", document.title));
        out.document(&json!({
            "index": index.get(), "area": document.area, "policy": document.policy, "title": document.title,
            "digest": digest, "file": folder.join(format!("{stem}.json")).display().to_string(),
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_said_line_by_line_and_steers_no_terminal() {
        let document = json!({
            "amount_fen": 105_000, "members": [{"id": "a", "incomes": []}], "note": "a\u{1b}[2Jb", "none": {},
        });
        let mut lines = Vec::new();
        tree(&document, 1, &mut lines);
        let said = lines.join("\n");
        let expected = "  amount_fen: 105000 (1050.00 \u{5143})\n  members:\n    -\n      id: a\n      incomes: []\n  \
                        none: {}\n  note: a\u{fffd}[2Jb";
        assert_eq!(said, expected);
        assert_eq!(time(0), "1970-01-01 08:00:00 +08:00");
        assert_eq!(time(16 * 3_600 + 61), "1970-01-02 00:01:01 +08:00");
    }

    #[test]
    fn the_law_of_a_decision_is_the_newest_of_each_document_that_it_knew() {
        let policies: Vec<Json> = [(1, "nation"), (2, "county"), (5, "county")]
            .map(|(index, policy)| {
                Json::object([
                    ("index", Json::integer(index)),
                    ("area", "340321".into()),
                    ("policy", policy.into()),
                ])
            })
            .to_vec();
        let known = |size| {
            let known = law_known_at(&policies, TreeSize::new(size).unwrap());
            known
                .iter()
                .map(|policy| policy["index"].as_u64().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(known(5), [2, 1]);
        assert_eq!(known(6), [5, 1]);
    }
}
