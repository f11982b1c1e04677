//! `doudi log`: how the logs stand to what was seen of them, and the confirmation of a fork or a lost key.

use serde_json::{Value, json};

use super::wiring::{self, Settings};
use super::{BAD, Exit, Failure, GOOD, Out, Outcome};
use crate::app::caller::Principal;
use crate::app::epochs::{EpochBegun, LogState};
use crate::app::{AppError, Caller};
use crate::area::AreaCode;
use crate::log::checkpoint::Checkpoint;
use crate::log::sequencer::{Ended, SeenHead};

/// Who the record says confirmed a fork from the command line.
const OPERATOR: &str = "operator";

/// Compare the logs with their high-water marks, and confirm a fork.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Compare every log with the largest head that this machine and the witnesses have seen of it.
    ///
    /// Changes nothing. Exit code 1 where the database does not hold what was seen: it was restored from a backup, or
    /// it is a standby that lags. Such a log is read-only.
    #[command(after_help = "Example:\n  doudi log status --database sqlite:doudi.sqlite --keys doudi.keys")]
    Status {
        #[command(flatten)]
        settings: Settings,
    },
    /// Confirm that entries of an area's log, or the key that signed it, are lost, and go on in a new epoch.
    ///
    /// --confirm-fork only where `doudi log status` says so, and only after the right database could not be found: what
    /// was signed and is lost stays lost, and those who hold receipts of it can prove it. --confirm-lost-key only after
    /// `doudi keys replace-signing`; it is refused while the key in use signed the log. Nothing is repaired. The old log
    /// stays as it is; the EPOCH entry of the new one names its head, and the head that was seen or the key that was
    /// lost. The documents of law come into use again by entries of their own. Called again, it finishes what was cut
    /// off.
    #[command(after_help = "\
Examples:
  doudi log next-epoch --database sqlite:doudi.sqlite --keys doudi.keys --area 340321 --confirm-fork
  doudi log next-epoch --database sqlite:doudi.sqlite --keys doudi.keys --area 340321 --confirm-lost-key")]
    NextEpoch {
        #[command(flatten)]
        settings: Settings,
        /// The area, 6 digits
        #[arg(long, value_name = "AREA")]
        area: String,
        /// The entries are lost; without a confirmation nothing is done
        #[arg(long, conflicts_with = "confirm_lost_key")]
        confirm_fork: bool,
        /// The secret of the key that signed the log is lost
        #[arg(long)]
        confirm_lost_key: bool,
    },
}

/// What an operator confirms.
#[derive(Clone, Copy)]
enum Confirmed {
    Fork,
    LostKey,
}

/// Runs one of the two.
pub fn run(args: &Args, out: &Out) -> Outcome {
    match &args.command {
        Command::Status { settings } => status(settings, out),
        Command::NextEpoch {
            settings,
            area,
            confirm_fork,
            confirm_lost_key,
        } => {
            let confirmed = match (confirm_fork, confirm_lost_key) {
                (true, _) => Some(Confirmed::Fork),
                (_, true) => Some(Confirmed::LostKey),
                (false, false) => None,
            };
            next_epoch(settings, area, confirmed, out)
        }
    }
}

fn status(settings: &Settings, out: &Out) -> Outcome {
    let config = settings.load()?;
    let states = wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        app.log_states().await.map_err(|error| failure(&error))
    })?;
    if states.is_empty() {
        out.line("this machine has seen no log yet");
    }
    for state in &states {
        show(state, out);
    }
    let holds = states.iter().all(|state| !state.rolled_back);
    Ok(if holds { Exit::Done } else { Exit::Refuted })
}

fn show(state: &LogState, out: &Out) {
    let (seen, found) = (&state.seen, state.found.as_ref());
    let found_text = found.map_or_else(|| "no log of the area".to_owned(), text);
    if state.rolled_back {
        out.line(format_args!(
            "{BAD}rolled back{BAD:#} {}: {} entries were seen, the database has {found_text}",
            seen.origin, seen.size
        ));
    } else {
        out.line(format_args!("{GOOD}holds{GOOD:#} {found_text}, seen {}", seen.size));
    }
    out.document(&json!({
        "rolled_back": state.rolled_back, "seen": seen_head(seen), "found": found.map(head),
    }));
}

fn text(head: &Checkpoint) -> String {
    format!("{} at {}", head.origin, head.size)
}

fn seen_text(head: &SeenHead) -> String {
    format!("{} at {}", head.origin, head.size)
}

fn seen_head(head: &SeenHead) -> Value {
    json!({
        "origin": head.origin.to_string(), "size": head.size.get(), "root": head.root.map(|root| root.to_string()),
    })
}

fn head(head: &Checkpoint) -> Value {
    json!({ "origin": head.origin.to_string(), "size": head.size.get(), "root": head.root.to_string() })
}

fn next_epoch(settings: &Settings, area: &str, confirmed: Option<Confirmed>, out: &Out) -> Outcome {
    let config = settings.load()?;
    let area: AreaCode = area
        .parse()
        .map_err(|_| Failure::usage(format!("{area}: not an area: give 6 digits")))?;
    let Some(confirmed) = confirmed else {
        return Err(Failure::usage(
            "a new epoch says for ever that entries or a key were lost: look for the right database or key file first, \
             then say --confirm-fork or --confirm-lost-key",
        ));
    };
    let begun = wiring::runtime()?.block_on(async {
        let app = wiring::app(&config).await?;
        let operator: Principal = OPERATOR
            .parse()
            .map_err(|_| Failure::failed("the operator has no name"))?;
        let operator = Caller::new(operator);
        let begun = match confirmed {
            Confirmed::Fork => app.begin_next_epoch(&operator, area).await,
            Confirmed::LostKey => app.begin_epoch_after_lost_key(&operator, area).await,
        };
        app.close().await;
        begun.map_err(|error| failure(&error))
    })?;
    let Some(EpochBegun { opened, policy_count }) = begun else {
        let text = match confirmed {
            Confirmed::Fork => format!("the database holds all that was seen of {area}: there is no fork to confirm"),
            Confirmed::LostKey => format!("the key in use signed the log of {area}: there is no lost key to confirm"),
        };
        let exit = Exit::Refuted;
        return Err(Failure { exit, text });
    };
    let after = opened.as_ref().map(|opened| &opened.after);
    let (seen, lost_key) = match after.map(|after| &after.ended) {
        Some(Ended::Forked(seen)) => (Some(seen), None),
        Some(Ended::KeyLost(key)) => (None, Some(key.to_string())),
        None => (None, None),
    };
    if let Some(opened) = &opened {
        let (log, previous) = (&opened.log.origin, seen_text(&opened.after.previous));
        out.line(format_args!("{GOOD}opened{GOOD:#} {log} after {previous}"));
    }
    if let Some(seen) = seen {
        out.line(format_args!("seen and lost: {}", seen_text(seen)));
    }
    if let Some(key) = &lost_key {
        out.line(format_args!("lost key: {key}"));
    }
    out.line(format_args!("{policy_count} documents of law are in use in it"));
    out.document(&json!({
        "opened": opened.as_ref().map(|opened| opened.log.origin.to_string()),
        "previous": after.map(|after| seen_head(&after.previous)),
        "seen": seen.map(seen_head),
        "lost_key": lost_key,
        "policies": policy_count,
    }));
    Ok(Exit::Done)
}

fn failure(error: &AppError) -> Failure {
    Failure::failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn run_line(folder: &std::path::Path, line: &[&str]) -> Outcome {
        let database = format!("sqlite:{}", folder.join("doudi.sqlite").display());
        let policy = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policy");
        let policy = policy.display().to_string();
        let settings = ["--database", &database, "--policy", &policy];
        let line = [&["doudi", "log"], line, &settings].concat();
        let cli = Cli::try_parse_from(line).expect("a command line");
        let crate::cli::Command::Log(args) = cli.command else {
            panic!("another command")
        };
        run(&args, &Out::new(false))
    }

    #[test]
    fn without_a_fork_the_status_holds_and_nothing_is_confirmed() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("doudi.sqlite").display());
        let runtime = wiring::runtime().expect("a runtime");
        runtime.block_on(crate::store::migrate(&url)).expect("a fresh database");
        assert_eq!(run_line(folder.path(), &["status"]).expect("done"), Exit::Done);
        let area = ["next-epoch", "--area", "340321"];
        let unsaid = run_line(folder.path(), &area).expect_err("not confirmed");
        assert_eq!(unsaid.exit, Exit::Usage);
        assert!(unsaid.text.contains("--confirm-fork"), "{}", unsaid.text);
        let none = run_line(folder.path(), &[&area[..], &["--confirm-fork"]].concat()).expect_err("no fork");
        assert_eq!(none.exit, Exit::Refuted);
        assert!(none.text.contains("no fork to confirm"), "{}", none.text);
        let kept = run_line(folder.path(), &[&area[..], &["--confirm-lost-key"]].concat()).expect_err("no loss");
        assert_eq!(kept.exit, Exit::Refuted);
        assert!(kept.text.contains("no lost key to confirm"), "{}", kept.text);
    }
}
