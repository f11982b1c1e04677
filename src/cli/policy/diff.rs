//! `doudi policy diff`: what changes from one document to another, for whom, in words.

use std::path::PathBuf;

use super::check;
use super::files::{self, Paths};
use crate::cli::{Exit, Out, Outcome};
use crate::rules::document::Document;
use crate::rules::language::library::Read;
use crate::rules::{diff, render};

/// Say in words what changes from one document to another, and whom it concerns.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  doudi policy diff county-2021.yaml county-2022.yaml --above policy")]
pub struct Args {
    /// The document as it was.
    old: PathBuf,
    /// The document as it will be.
    new: PathBuf,
    /// A folder with the documents above.
    #[arg(long, value_name = "DIR")]
    above: Vec<PathBuf>,
}

/// Compares two documents that pass.
pub fn run(args: &Args, out: &Out) -> Outcome {
    // Each side is read by itself: two versions of one document in one reading would shadow each other.
    let old = Paths::new(vec![args.old.clone()], args.above.clone()).read_without(&args.new)?;
    let new = Paths::new(vec![args.new.clone()], args.above.clone()).read_without(&args.old)?;
    let (Some(before), Some(after)) = (sealed(old.asked().next(), out), sealed(new.asked().next(), out)) else {
        return Ok(Exit::Refuted);
    };
    let all = new.sealed();
    let page = render::markdown(&diff::diff(before, after, &files::layers(after, &all)));
    out.line(page.trim_end());
    out.document(&serde_json::json!({
        "old": before.digest().to_string(),
        "new": after.digest().to_string(),
        "page": page,
    }));
    Ok(Exit::Done)
}

fn sealed<'r>(read: Option<&'r Read>, out: &Out) -> Option<&'r Document> {
    match &read?.result {
        Ok(checked) => Some(&checked.document),
        Err(remarks) => {
            remarks.iter().for_each(|remark| check::show(remark, out));
            None
        }
    }
}
