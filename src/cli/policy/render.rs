//! `doudi policy render`: documents as pages for people.

use std::path::PathBuf;

use clap::ValueEnum;

use super::check;
use super::files::Paths;
use crate::cli::{Exit, Failure, Out, Outcome};
use crate::rules::document::Document;
use crate::rules::language::say::Lang;
use crate::rules::render;

/// Write documents as pages: each clause as a Chinese sentence beside the article, with its values.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  doudi policy render policy/340300-bengbu.yaml --above policy\n  doudi policy render policy --format html --into pages"
)]
pub struct Args {
    #[command(flatten)]
    paths: Paths,
    /// The form of the page.
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    format: Format,
    /// A folder for one file a document; without it pages go to standard output.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Markdown,
    Html,
}

/// Renders every document that passes; a broken one ends in its mistakes.
pub fn run(args: &Args, lang: Lang, out: &Out) -> Outcome {
    let found = args.paths.read()?;
    let sealed = found.sealed();
    let mut exit = Exit::Done;
    for read in found.asked() {
        let document = match &read.result {
            Ok(checked) => &checked.document,
            Err(remarks) => {
                remarks.iter().for_each(|remark| check::show(remark, lang, out));
                exit = Exit::Refuted;
                continue;
            }
        };
        let page = page(document, &super::files::layers(document, &sealed), args.format);
        let ending = match args.format {
            Format::Markdown => "md",
            Format::Html => "html",
        };
        match &args.into {
            None => out.line(&page),
            Some(folder) => {
                let file = folder.join(format!("{}-{}.{ending}", document.area, document.policy));
                std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
                std::fs::write(&file, &page).map_err(|error| Failure::file(&file, &error))?;
                out.line(format!("wrote {}", file.display()));
            }
        }
        out.document(&serde_json::json!({ "policy": document.policy, "area": document.area, "page": page }));
    }
    Ok(exit)
}

fn page(document: &Document, layers: &[&Document], format: Format) -> String {
    let blocks = render::document(document, layers);
    match format {
        Format::Markdown => render::markdown(&blocks),
        Format::Html => render::html(&document.title, &blocks),
    }
}
