//! `doudi policy diff`: what changes from one document to another, for whom, in words.

use std::path::PathBuf;

use super::check;
use super::files::{self, Paths};
use super::shelf::{Place, Shelf, named};
use crate::cli::wiring;
use crate::cli::{Exit, Failure, Out, Outcome};
use crate::log::Hash;
use crate::rules::document::Document;
use crate::rules::language::library::{Read, heading, lies_in};
use crate::rules::language::say::Lang;
use crate::rules::language::{Context, PolicyError, read};
use crate::rules::{diff, render};

/// Say in words what changes from one document to another, and whom it concerns.
///
/// Each side is a file, or a published document: its digest with --area, or areas/AREA/policies/DIGEST.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  doudi policy diff county-2021.yaml county-2022.yaml --above policy
  doudi policy diff areas/340321/policies/DIGEST county-2022.yaml --database sqlite:doudi.sqlite --keys doudi.keys
  doudi policy diff DIGEST DIGEST --area 340321 --server http://127.0.0.1:50051")]
pub struct Args {
    /// The document as it was: a file or a published document
    old: String,
    /// The document as it will be: a file or a published document
    new: String,
    /// A folder with the documents above a file; without it those in use in the area, where one side is published
    #[arg(long, value_name = "DIR")]
    above: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Compares two documents that pass.
pub fn run(args: &Args, lang: Lang, out: &Out) -> Outcome {
    let sides = match (named(&args.old), named(&args.new)) {
        (None, None) => files(args)?,
        (old, new) => {
            let area = old.and_then(|(area, _)| area).or(new.and_then(|(area, _)| area));
            wiring::runtime()?.block_on(async {
                let shelf = args.place.open(area).await?;
                published(args, shelf, old.map(|(_, d)| d), new.map(|(_, d)| d)).await
            })?
        }
    };
    let (before, after, around) = match sides {
        Ok(sides) => sides,
        Err(remarks) => {
            remarks.iter().for_each(|remark| check::show(remark, lang, out));
            return Ok(Exit::Refuted);
        }
    };
    let layers: Vec<&Document> = around.iter().collect();
    let page = render::markdown(&diff::diff(&before, &after, &files::layers(&after, &layers)));
    out.line(page.trim_end());
    out.document(&serde_json::json!({
        "old": before.digest().to_string(),
        "new": after.digest().to_string(),
        "page": page,
    }));
    Ok(Exit::Done)
}

/// Both documents and those around them, or what is wrong with a file.
type Sides = Result<(Document, Document, Vec<Document>), Vec<PolicyError>>;

/// Two files. Each is read by itself: two versions of one document in one reading would shadow each other.
fn files(args: &Args) -> Result<Sides, Failure> {
    let (old, new) = (PathBuf::from(&args.old), PathBuf::from(&args.new));
    let before = Paths::new(vec![old.clone()], args.above.clone()).read_without(&new)?;
    let after = Paths::new(vec![new], args.above.clone()).read_without(&old)?;
    let around = after.sealed().into_iter().cloned().collect();
    Ok(match (sealed(before.asked().next()), sealed(after.asked().next())) {
        (Ok(before), Ok(after)) => Ok((before, after, around)),
        (before, after) => Err([before.err(), after.err()].into_iter().flatten().flatten().collect()),
    })
}

fn sealed(read: Option<&Read>) -> Result<Document, Vec<PolicyError>> {
    match read.map(|read| &read.result) {
        Some(Ok(checked)) => Ok(checked.document.clone()),
        Some(Err(remarks)) => Err(remarks.clone()),
        None => Err(Vec::new()),
    }
}

/// At least one side is published; the documents around both are those in use in its area.
async fn published(args: &Args, mut shelf: Shelf, old: Option<Hash>, new: Option<Hash>) -> Result<Sides, Failure> {
    let in_use = shelf.in_use().await?;
    let mut found = Vec::new();
    for (digest, file) in [(old, &args.old), (new, &args.new)] {
        found.push(match digest {
            Some(digest) => Ok(shelf.document(digest).await?),
            None => file_among(file, &in_use, &args.above)?,
        });
    }
    let (Some(after), Some(before)) = (found.pop(), found.pop()) else {
        return Err(Failure::usage("two documents are compared"));
    };
    Ok(match (before, after) {
        (Ok(before), Ok(after)) => {
            // An earlier version in use would speak for the one that is compared.
            let other = |document: &Document| document.policy != after.policy || document.area != after.area;
            let around = in_use.into_iter().filter(other).collect();
            Ok((before, after, around))
        }
        (before, after) => Err([before.err(), after.err()].into_iter().flatten().flatten().collect()),
    })
}

/// A file, checked against the folder above it or against what is in use.
fn file_among(
    file: &str,
    in_use: &[Document],
    above: &[PathBuf],
) -> Result<Result<Document, Vec<PolicyError>>, Failure> {
    if !above.is_empty() {
        return Ok(sealed(
            Paths::new(vec![file.into()], above.to_vec()).read()?.asked().next(),
        ));
    }
    let (text, texts) = files::one(file.as_ref())?;
    let own = heading(&text);
    let superior =
        |other: &&Document| lies_in(&own.area, &other.area) && (other.policy != own.policy || other.area != own.area);
    let context = Context {
        documents: in_use.iter().filter(superior).cloned().collect(),
        texts,
    };
    Ok(read(&text, file, &context).map(|checked| checked.document))
}
