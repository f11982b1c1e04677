//! Writes what `deploy/profiled/run` has the program work on: a bundle of the golden corpus, and a call for the load.
//!
//! A program of its own, so that its dependencies are those of the `doudi` that is trained. It is no part of what is
//! shipped.

#![expect(clippy::unwrap_used, reason = "a program that cannot write its files must stop")]

mod synthetic;

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use doudi::cli::demo::households;
use prost::Message;

use synthetic::{Corpus, key, write};

const EXAMPLE: &str = "\
Example: a bundle of 20,000 decisions, and how long the installed program takes for it:

  doudi-training /tmp/training --decisions 20000
  doudi verify --key \"$(cat /tmp/training/key)\" --threads 1 /tmp/training/bundle.tar";

/// Writes FOLDER/bundle.tar, FOLDER/key (the public key of its log) and FOLDER/request.bin (a DetermineRequest).
///
/// The decisions are those of the golden corpus, one after another; the folder of the repository must be the current one.
#[derive(Debug, Parser)]
#[command(name = "doudi-training", after_help = EXAMPLE)]
struct Arguments {
    /// Where the files go; made if it does not exist
    folder: PathBuf,
    /// How many decisions the bundle has
    #[arg(long, value_name = "COUNT", default_value_t = 20_000)]
    decisions: u64,
}

fn main() {
    let arguments = Arguments::parse();
    fs::create_dir_all(&arguments.folder).unwrap();
    let bundle = arguments.folder.join("bundle.tar");
    write(&bundle, &Corpus::read(), arguments.decisions, &|_, _| {});
    fs::write(arguments.folder.join("key"), format!("{}\n", key())).unwrap();
    fs::write(
        arguments.folder.join("request.bin"),
        households::application().encode_to_vec(),
    )
    .unwrap();
}
