//! `doudi verify-receipt`: checks that a decision stands in its log, without server or database.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{BAD, BOLD, DIM, Exit, Failure, GOOD, Out, Outcome};
use crate::log::acknowledgement::{ACKNOWLEDGEMENT_SIZE_MAX_BYTES, Acknowledgement, Refusal, Verified};
use crate::log::note::VerifierKey;

/// Check that acknowledged decisions stand in their log.
///
/// Needs the acknowledgement, saved as JSON as the service answered it, and the log's public key,
/// which you got from the operator by another way. Nothing else is read, no connection is made.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    doudi verify-receipt answer.json --key doudi.example/340321/1+1b0c5be7+AVX3Z9Qc0...")]
pub struct Args {
    /// Acknowledgements: the JSON form of the answer or of its `acknowledgement`; `-` reads standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The log's public key, as `doudi keys public` prints it
    #[arg(long, value_name = "VKEY")]
    key: String,
    /// Write this document's bytes to standard output and nothing else, if all of it verifies
    #[arg(long, value_name = "DOCUMENT")]
    print: Option<String>,
}

/// Verifies every file and says what was proved, or why nothing was.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let key: VerifierKey = args
        .key
        .parse()
        .map_err(|error| Failure::usage(format!("--key: {error}")))?;
    if args.print.is_some() && args.files.len() > 1 {
        return Err(Failure::usage("--print writes one document: give one file"));
    }
    let mut exit = Exit::Done;
    for path in &args.files {
        let file = read(path)?;
        let read = Acknowledgement::parse(&file);
        let verified = read.and_then(|read| Ok((read.verify(std::slice::from_ref(&key))?, read)));
        match (verified, &args.print) {
            (Ok((verified, _)), None) => proved(&verified, out),
            (Ok((_, read)), Some(name)) => return print(&read, name, out),
            (Err(refusal), _) => {
                refuted(path, &refusal, out);
                exit = Exit::Refuted;
            }
        }
    }
    Ok(exit)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let limit = u64::try_from(ACKNOWLEDGEMENT_SIZE_MAX_BYTES).expect("32 MiB") + 1;
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::file(path, &error))?;
    Ok(bytes)
}

fn print(read: &Acknowledgement, name: &str, out: &Out) -> Outcome {
    let document = read.documents.iter().find(|document| document.name == name);
    let document = document.ok_or_else(|| Failure::usage("--print: the file holds no such document"))?;
    out.bytes(&document.content);
    Ok(Exit::Done)
}

fn proved(verified: &Verified, out: &Out) {
    let Verified {
        entry,
        index,
        checkpoint,
        opened,
        unopened,
    } = verified;
    let names = |list: &[crate::log::record::DocumentName]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let logged = prost_types::Timestamp {
        seconds: entry.logged_seconds(),
        nanos: 0,
    };
    out.line(format!("{GOOD}verified{GOOD:#}: this record stands in the log"));
    out.line(format!("  {BOLD}log{BOLD:#}        {}", checkpoint.origin));
    out.line(format!(
        "  {BOLD}entry{BOLD:#}      {index} of {} ({})",
        checkpoint.size,
        entry.kind()
    ));
    out.line(format!("  {BOLD}root{BOLD:#}       {}", checkpoint.root));
    out.line(format!(
        "  {BOLD}logged{BOLD:#}     {logged} {DIM}(as the entry says){DIM:#}"
    ));
    if let Some(law) = entry.law() {
        out.line(format!(
            "  {BOLD}law{BOLD:#}        {} {DIM}({}){DIM:#}",
            law.manifest, law.semantics
        ));
    }
    out.line(format!("  {BOLD}documents{BOLD:#}  {}", or_none(&names(opened))));
    if !unopened.is_empty() {
        out.line(format!(
            "  {DIM}committed to, not in the file: {}{DIM:#}",
            names(unopened).join(", ")
        ));
    }
    out.document(&json!({
        "verified": true,
        "origin": checkpoint.origin.to_string(),
        "index": index.get(),
        "size": checkpoint.size.get(),
        "root": checkpoint.root.to_string(),
        "kind": entry.kind().as_str(),
        "logged": entry.logged_seconds(),
        "law": entry.law().map(|law| law.manifest.to_string()),
        "semantics": entry.law().map(|law| law.semantics.clone()),
        "engine": entry.engine(),
        "documents": names(opened),
        "unopened": names(unopened),
    }));
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn refuted(path: &Path, refusal: &Refusal, out: &Out) {
    let file = path.display().to_string();
    out.line(format!("{BAD}not verified{BAD:#}: {file}: {refusal}"));
    out.document(&json!({
        "verified": false, "file": file, "reason": refusal.reason(), "text": refusal.to_string()
    }));
}
