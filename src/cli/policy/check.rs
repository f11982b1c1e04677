//! `doudi policy check`: every mistake at once, with file, line, column and the fix.

use super::files::{Found, Paths};
use super::law;
use super::words::{Mark, Words, cost};
use crate::cli::{BAD, BOLD, Exit, GOOD, Out, Outcome, WARN};
use crate::rules::diff::shadow::{Shadow, shadows};
use crate::rules::document::Document;
use crate::rules::language::say::{Lang, Say as _};
use crate::rules::language::{PolicyError, Severity};
use crate::rules::types::measure;

/// Check policy documents against the vocabulary and the documents above them, and list what those below set as well.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  doudi policy check policy\n  doudi policy check my-county.yaml --above policy")]
pub struct Args {
    #[command(flatten)]
    paths: Paths,
}

/// Checks, and says what it found.
pub fn run(args: &Args, lang: Lang, out: &Out) -> Outcome {
    let found = args.paths.read()?;
    let mut errors = 0_usize;
    for read in found.asked() {
        match &read.result {
            Ok(checked) => {
                checked.warnings.iter().for_each(|warning| show(warning, lang, out));
                fine(&read.name, &checked.document, lang, out);
            }
            Err(remarks) => {
                errors += remarks
                    .iter()
                    .filter(|remark| remark.severity == Severity::Error)
                    .count();
                remarks.iter().for_each(|remark| show(remark, lang, out));
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
        let file = read.name.clone();
        let (error, words) = (Mark::Error.say(lang), Words::BrokenAbove { file }.say(lang));
        out.line(format!("{BAD}{error}{BAD:#}: {words}"));
    }
    if errors == 0 {
        below(&found, lang, out);
        errors += laws(&found, lang, out);
    }
    if errors == 0 {
        return Ok(Exit::Done);
    }
    let words = if errors == 1 {
        Words::OneError
    } else {
        Words::Errors { count: errors }
    };
    out.line(format!("{BOLD}{}{BOLD:#}", words.say(lang)));
    Ok(Exit::Refuted)
}

/// Resolves the law of every document with rules of its own: documents that each pass may still contradict
/// each other. Says the bound of a decision's cost; answers how many laws fail.
fn laws(found: &Found, lang: Lang, out: &Out) -> usize {
    let sealed = found.sealed();
    let mut failed = 0;
    for read in found.asked() {
        let Ok(checked) = &read.result else { continue };
        let document = &checked.document;
        if document.vocabulary.is_some() || law::is_calendar(document) {
            continue;
        }
        match law::resolve(document, &sealed, lang) {
            Ok(law) => {
                let (mark, words) = (Mark::Law.say(lang), cost(&law.cost()).say(lang));
                out.line(format!("{GOOD}{mark}{GOOD:#} {}: {words}", document.area));
            }
            Err(problems) => {
                failed += 1;
                for problem in problems {
                    let area = document.area.clone();
                    let (error, law) = (Mark::Error.say(lang), Words::Law { area }.say(lang));
                    out.line(format!("{BAD}{error}{BAD:#}: {law}: {problem}"));
                    out.document(&serde_json::json!({ "law": document.area, "severity": "error", "message": problem }));
                }
            }
        }
    }
    failed
}

/// What documents below one of those asked for set as well (P33). A collision that nobody declares is an error of the
/// lower document, and was told there.
fn below(found: &Found, lang: Lang, out: &Out) {
    let sealed = found.sealed();
    for read in found.asked() {
        let Ok(checked) = &read.result else { continue };
        let found = shadows(&checked.document, &sealed);
        if !found.is_empty() {
            let policy = checked.document.policy.clone();
            let count = found.len();
            out.line(Words::ShadowsBelow { policy, count }.say(lang));
        }
        found.iter().for_each(|found| shadow(found, lang, out));
    }
}

/// One shadow, or as JSON.
pub fn shadow(found: &Shadow, lang: Lang, out: &Out) {
    let words = found.words(lang);
    let mark = Mark::Shadow.say(lang);
    out.line(format!("  {WARN}{mark}{WARN:#} {words}"));
    if let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&found.to_json().to_string()) {
        value["words"] = words.into();
        out.document(&serde_json::json!({ "shadow": value }));
    }
}

/// One remark, coloured, or as JSON.
pub fn show(remark: &PolicyError, lang: Lang, out: &Out) {
    let style = match remark.severity {
        Severity::Error => BAD,
        Severity::Warning => WARN,
    };
    let word = remark.severity.word_in(lang);
    let text = remark
        .text_in(lang)
        .replacen(&format!(" {word}: "), &format!(" {style}{word}{style:#}: "), 1);
    out.line(text.trim_end());
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(&remark.to_json_in(lang).to_string()) {
        out.document(&value);
    }
}

/// What a document holds, and the bound of its cost.
fn fine(name: &str, document: &Document, lang: Lang, out: &Out) {
    let (nodes, depth) = document
        .clauses
        .iter()
        .map(|clause| measure(&clause.expr))
        .fold((0, 0), |(n, d), (a, b)| (n + a, d.max(b)));
    let rows: usize = document.outcomes.iter().map(|list| list.rows.len()).sum();
    let digest = document.digest();
    let words = Words::Passes {
        file: name.to_owned(),
        clauses: document.clauses.len(),
        nodes,
        depth,
        parameters: document.parameters.len(),
        rows,
        guards: document.guards.len(),
        digest: digest.to_string(),
    };
    out.line(format!("{GOOD}{}{GOOD:#} {}", Mark::Ok.say(lang), words.say(lang)));
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
