//! `doudi fsck` finds by itself what the database cannot know of itself: the marks of this machine.

use clap::Parser as _;

use super::*;
use crate::app::command::{Officer, PublishPolicy};
use crate::app::high_water::HighWaterFolder;
use crate::cli::Cli;
use crate::log::checkpoint::{Checkpoint, Committed, UncommittedCheckpoint};
use crate::log::note::{Ed25519Signer, KeyName, Signer};
use crate::log::sequencer::{HighWater as _, Mark, Raised};
use crate::log::{Hash, TreeSize};
use crate::rules::language::say::Lang;
use crate::store::conformance::{As, TestDatabase};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn command<'a>(database: &'a str, policy: &'a str, more: &[&'a str]) -> Args {
    let line = ["doudi", "fsck", "--database", database, "--policy", policy];
    let cli = Cli::try_parse_from(line.iter().chain(more)).expect("a command line");
    let crate::cli::Command::Fsck(args) = cli.command else {
        panic!("another command")
    };
    args
}

fn checked(database: &str, more: &[&str]) -> Outcome {
    run(&command(database, &format!("{ROOT}/policy"), more), &Out::new(false))
}

/// Publishes one document more and raises the mark, as a server does.
fn publish(database: &str, number: u32, name: &str) {
    let args = command(database, "policy", &[]);
    let mut config = args.settings.load().expect("settings");
    config.policy = format!("{ROOT}/policy").into();
    let policy = PublishPolicy {
        request_id: format!("00000000-0000-4000-8000-{number:012}").parse().expect("a UUID"),
        area: "340321".parse().expect("an area"),
        source: std::fs::read_to_string(format!("{ROOT}/policy/{name}.yaml")).expect("readable"),
        officer: Officer {
            id: "o1".to_owned(),
            role: "审核".to_owned(),
            unit: "测试".to_owned(),
            delegation: None,
        },
        validate_only: false,
        lang: Lang::En,
    };
    let caller = crate::app::Caller::new(crate::app::caller::Principal::anonymous());
    wiring::runtime().expect("a runtime").block_on(async {
        let app = wiring::app(&config).await.expect("put together");
        app.publish_policy(&caller, policy).await.expect("published");
        app.close().await;
    });
}

#[test]
fn a_database_that_is_older_than_the_mark_of_this_machine_is_found_without_being_told() {
    let runtime = wiring::runtime().expect("a runtime");
    let database = runtime.block_on(TestDatabase::sqlite());
    let folder = tempfile::tempdir().expect("a folder");
    publish(&database.url, 1, "vocabulary");
    let backup = folder.path().join("backup.sqlite");
    let sql = format!("VACUUM INTO '{}'", backup.display());
    runtime.block_on(database.execute(As::Owner, &sql)).expect("a backup");
    publish(&database.url, 2, "calendar");
    assert_eq!(checked(&database.url, &[]).expect("checked"), Exit::Done);

    let file = database.url.strip_prefix("sqlite:").expect("a file");
    let (keys, marks) = (format!("{file}.keys"), format!("{file}.high-water"));
    let backup = format!("sqlite:{}", backup.display());
    let given = ["--keys", &keys, "--high-water", &marks];
    assert_eq!(checked(&backup, &given).expect("checked"), Exit::Unsound(8));
    let below = [&given[..], &["--to", "F7"]].concat();
    assert_eq!(
        checked(&backup, &below).expect("checked"),
        Exit::Done,
        "F8 was not asked for"
    );
    let none = folder.path().join("none").display().to_string();
    let unmarked = checked(&backup, &["--keys", &keys, "--high-water", &none]);
    assert_eq!(unmarked.expect("checked"), Exit::Done, "sound in itself");
}

#[test]
fn a_log_that_is_gone_as_a_whole_is_found() {
    let runtime = wiring::runtime().expect("a runtime");
    let database = runtime.block_on(TestDatabase::sqlite());
    let nothing = checked(&database.url, &[]).expect_err("neither a log nor a mark");
    assert_eq!(nothing.exit, Exit::Failed);
    publish(&database.url, 1, "vocabulary");
    let file = database.url.strip_prefix("sqlite:").expect("a file");
    let marks = HighWaterFolder::open(std::path::Path::new(&format!("{file}.high-water"))).expect("readable");
    let origin: Origin = "doudi.local/340322/1".parse().expect("an origin");
    let signer = Ed25519Signer::new(KeyName::new(origin.to_string()).expect("a name"), &[5; 32]);
    let head = Checkpoint {
        origin,
        size: TreeSize::new(4).expect("small"),
        root: Hash::of(b"root"),
    };
    let signers: [&dyn Signer; 1] = [&signer];
    let signed = UncommittedCheckpoint::sign(head, &signers).expect("signed");
    let mark = Mark::of(&signed.release(&Committed::after_commit()));
    assert_eq!(marks.raise(&mark).expect("written"), Raised::Durable);
    assert_eq!(checked(&database.url, &[]).expect("checked"), Exit::Unsound(8));
    let here = checked(&database.url, &["--area", "340321"]);
    assert_eq!(here.expect("checked"), Exit::Done, "the log of this area is there");
}
