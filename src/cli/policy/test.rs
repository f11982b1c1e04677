//! `doudi policy test`: the worked cases of documents, decided by the law that the documents make.

use super::files::Paths;
use super::words::{Mark, Words};
use super::{check, law};
use crate::cli::{BAD, BOLD, Exit, GOOD, Out, Outcome};
use crate::rules::language::say::{Lang, Say as _};
use crate::rules::worked;

/// Run the worked cases that documents carry; a document whose cases do not come out is not published.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  doudi policy test policy\n  doudi policy test my-county.yaml --above policy")]
pub struct Args {
    #[command(flatten)]
    paths: Paths,
}

/// Decides every case and compares.
pub fn run(args: &Args, lang: Lang, out: &Out) -> Outcome {
    let found = args.paths.read()?;
    let sealed = found.sealed();
    let (ok, differs, error) = (Mark::Ok.say(lang), Mark::Differs.say(lang), Mark::Error.say(lang));
    let (mut count, mut wrong) = (0_usize, 0_usize);
    let mut broken = false;
    for read in found.asked() {
        let document = match &read.result {
            Ok(checked) => &checked.document,
            Err(remarks) => {
                remarks.iter().for_each(|remark| check::show(remark, lang, out));
                broken = true;
                continue;
            }
        };
        if document.cases.is_empty() {
            continue;
        }
        let law = match law::resolve(document, &sealed, lang) {
            Ok(law) => law,
            Err(problems) => {
                problems
                    .iter()
                    .for_each(|problem| out.line(format!("{BAD}{error}{BAD:#}: {}: {problem}", read.name)));
                broken = true;
                continue;
            }
        };
        let differences = worked::run(&law, document);
        for case in &document.cases {
            count += 1;
            let difference = differences.iter().find(|difference| difference.case == case.name);
            let parts: Vec<String> = difference
                .into_iter()
                .flat_map(|difference| &difference.differences)
                .map(|unlike| unlike.say(lang))
                .collect();
            wrong += usize::from(difference.is_some());
            if difference.is_none() {
                out.line(format!("{GOOD}{ok}{GOOD:#} {} {}", document.policy, case.name));
            } else {
                out.line(format!("{BAD}{differs}{BAD:#} {} {}", document.policy, case.name));
                parts.iter().for_each(|part| out.line(format!("  {part}")));
            }
            out.document(&serde_json::json!({
                "policy": document.policy, "case": case.name, "holds": difference.is_none(), "differences": parts,
            }));
        }
    }
    out.line(format!("{BOLD}{}{BOLD:#}", Words::Cases { count, wrong }.say(lang)));
    Ok(if broken || wrong > 0 { Exit::Refuted } else { Exit::Done })
}
