//! `doudi policy check`: every mistake at once, with file, line, column and the fix.

use super::files::{Found, Paths};
use super::law;
use crate::cli::{BAD, BOLD, Exit, GOOD, Out, Outcome, WARN};
use crate::rules::document::Document;
use crate::rules::language::{PolicyError, Severity};
use crate::rules::types::measure;

/// Check policy documents against the vocabulary and the documents above them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  doudi policy check policy\n  doudi policy check my-county.yaml --above policy")]
pub struct Args {
    #[command(flatten)]
    paths: Paths,
}

/// Checks, and says what it found.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let found = args.paths.read()?;
    let mut errors = 0_usize;
    for read in found.asked() {
        match &read.result {
            Ok(checked) => {
                checked.warnings.iter().for_each(|warning| show(warning, out));
                fine(&read.name, &checked.document, out);
            }
            Err(remarks) => {
                errors += remarks
                    .iter()
                    .filter(|remark| remark.severity == Severity::Error)
                    .count();
                remarks.iter().for_each(|remark| show(remark, out));
            }
        }
    }
    // A document above that is broken explains errors below it; it must not be taken for absent.
    for read in found
        .read
        .iter()
        .filter(|read| !found.asked.contains(&read.name) && read.result.is_err())
    {
        errors += 1;
        out.line(format!(
            "{BAD}error{BAD:#}: {} above is broken; check it first",
            read.name
        ));
    }
    if errors == 0 {
        errors += laws(&found, out);
    }
    if errors == 0 {
        return Ok(Exit::Done);
    }
    out.line(format!(
        "{BOLD}{errors} error{}{BOLD:#}",
        if errors == 1 { "" } else { "s" }
    ));
    Ok(Exit::Refuted)
}

/// Resolves the law of every document with rules of its own: documents that each pass may still contradict
/// each other. Says the bound of a decision's cost; answers how many laws fail.
fn laws(found: &Found, out: &Out) -> usize {
    let sealed = found.sealed();
    let mut failed = 0;
    for read in found.asked() {
        let Ok(checked) = &read.result else { continue };
        let document = &checked.document;
        if document.vocabulary.is_some() || law::is_calendar(document) {
            continue;
        }
        match law::resolve(document, &sealed) {
            Ok(law) => out.line(format!("{GOOD}law{GOOD:#} {}: {}", document.area, law.cost())),
            Err(problems) => {
                failed += 1;
                for problem in problems {
                    out.line(format!("{BAD}error{BAD:#}: law of {}: {problem}", document.area));
                    out.document(&serde_json::json!({ "law": document.area, "severity": "error", "message": problem }));
                }
            }
        }
    }
    failed
}

/// One remark, coloured, or as JSON.
pub fn show(remark: &PolicyError, out: &Out) {
    let style = match remark.severity {
        Severity::Error => BAD,
        Severity::Warning => WARN,
    };
    let word = remark.severity.word();
    let text = remark
        .text()
        .replacen(&format!(" {word}: "), &format!(" {style}{word}{style:#}: "), 1);
    out.line(text.trim_end());
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(&remark.to_json().to_string()) {
        out.document(&value);
    }
}

/// What a document holds, and the bound of its cost.
fn fine(name: &str, document: &Document, out: &Out) {
    let (nodes, depth) = document
        .clauses
        .iter()
        .map(|clause| measure(&clause.expr))
        .fold((0, 0), |(n, d), (a, b)| (n + a, d.max(b)));
    let rows: usize = document.outcomes.iter().map(|list| list.rows.len()).sum();
    let digest = document.digest();
    out.line(format!(
        "{GOOD}ok{GOOD:#} {name}: {} clauses ({nodes} nodes, depth {depth}), {} parameters, {rows} outcome rows, {} guards; {digest}",
        document.clauses.len(),
        document.parameters.len(),
        document.guards.len(),
    ));
    out.document(&serde_json::json!({
        "file": name,
        "policy": document.policy,
        "area": document.area,
        "digest": digest.to_string(),
        "clauses": document.clauses.len(),
        "nodes": nodes,
        "depth": depth,
    }));
}
