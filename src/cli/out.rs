//! How a command speaks and ends: text for people, JSON for machines, exit codes, failures.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style};

use crate::rules::calendar::{DAY_SECONDS, Date, SHANGHAI_AHEAD_SECONDS};

/// How a command ended; the number is the exit code that scripts read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// 0: done, and what was to be checked holds.
    Done,
    /// 1: what was to be checked does not hold: a broken policy, a receipt that does not verify, a replay that differs.
    Refuted,
    /// 2: the command line or the configuration is wrong. `clap` uses the same number.
    Usage,
    /// 3: it could not be done: a file, the database or the server does not answer.
    Failed,
    /// 10 to 19: fsck found something; the lowest of the levels F0 to F9 that did.
    Unsound(u8),
}

/// Exit code of an fsck that found something at level F0.
const UNSOUND_FIRST: u8 = 10;

impl Exit {
    /// The number given to the operating system.
    pub fn number(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Refuted => 1,
            Exit::Usage => 2,
            Exit::Failed => 3,
            Exit::Unsound(level) => UNSOUND_FIRST + level,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.number())
    }
}

/// Why a command gave up. The text says what is wrong and then the fix, lower case, without personal data.
#[derive(Debug)]
pub struct Failure {
    /// The exit code it leads to.
    pub exit: Exit,
    /// What is wrong, then the fix.
    pub text: String,
}

impl Failure {
    /// The command line or the configuration is wrong (exit code 2).
    pub fn usage(text: impl Into<String>) -> Self {
        Failure {
            exit: Exit::Usage,
            text: text.into(),
        }
    }

    /// It could not be done (exit code 3).
    pub fn failed(text: impl Into<String>) -> Self {
        Failure {
            exit: Exit::Failed,
            text: text.into(),
        }
    }

    /// A file could not be read or written; names the file (exit code 3).
    pub fn file(path: &std::path::Path, error: &io::Error) -> Self {
        Failure::failed(format!("{}: {error}", path.display()))
    }

    /// A new file could not be written; one that is there already is named as what it is (exit code 3).
    pub fn new_file(path: &std::path::Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                let path = path.display();
                Failure::failed(format!(
                    "{path}: is there already and is never written over: name another file"
                ))
            }
            _ => Failure::file(path, error),
        }
    }
}

/// What every command returns.
pub type Outcome = Result<Exit, Failure>;

/// Headings and names.
pub const BOLD: Style = Style::new().bold();
/// What holds.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What does not hold.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What a reader should know: samples, missing rules.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// Side remarks.
pub const DIM: Style = Style::new().dimmed();

/// A moment as the clocks of the office showed it.
#[must_use]
pub fn office_time(seconds: i64) -> String {
    let second = (seconds + SHANGHAI_AHEAD_SECONDS).rem_euclid(DAY_SECONDS);
    let date = Date::in_shanghai(seconds).map_or_else(|| seconds.to_string(), |date| date.to_string());
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{date} {hour:02}:{minute:02}:{:02} +08:00", second % 60)
}

/// Where a command writes. Text goes through `anstream`, which drops colours when it is not a terminal.
pub struct Out {
    json: bool,
    lost: OnceLock<io::Error>,
}

impl Out {
    /// `json`: machines read this output.
    pub fn new(json: bool) -> Self {
        Out {
            json,
            lost: OnceLock::new(),
        }
    }

    /// Whether the caller asked for JSON.
    pub fn json(&self) -> bool {
        self.json
    }

    /// One line for people; nothing in JSON mode.
    pub fn line(&self, text: impl std::fmt::Display) {
        if !self.json {
            self.written(writeln!(anstream::stdout(), "{text}"));
        }
    }

    /// One JSON document a line for machines; nothing otherwise.
    pub fn document(&self, value: &serde_json::Value) {
        if self.json {
            self.written(writeln!(io::stdout(), "{value}"));
        }
    }

    /// Bytes for whatever reads them, in either form.
    pub fn bytes(&self, bytes: &[u8]) {
        self.written(io::stdout().write_all(bytes));
    }

    /// A closed pipe (`doudi ... | head`) is the reader's choice. Any other error is kept for [`Out::end`].
    fn written(&self, written: io::Result<()>) {
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            // The first one says what happened; those after it follow from it.
            let _ = self.lost.set(error);
        }
    }

    /// How the command ended, now that everything is written: not done if what it said is lost, on a full disk for one.
    ///
    /// # Errors
    /// The failure of the command, or else that of its output.
    pub fn end(&self, outcome: Outcome) -> Outcome {
        self.written(io::stdout().flush());
        let exit = outcome?;
        match self.lost.get() {
            Some(error) if exit == Exit::Done => {
                Err(Failure::failed(format!("standard output cannot be written: {error}")))
            }
            Some(_) | None => Ok(exit),
        }
    }

    /// A failure, on the error stream in either form.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let value = serde_json::json!({ "error": failure.text, "exit": failure.exit.number() });
            let _ = writeln!(io::stderr(), "{value}");
        } else {
            let _ = writeln!(anstream::stderr(), "{BAD}error{BAD:#}: {}", failure.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_as_in_the_office() {
        assert_eq!(office_time(0), "1970-01-01 08:00:00 +08:00");
        assert_eq!(office_time(16 * 3_600 + 61), "1970-01-02 00:01:01 +08:00");
    }

    #[test]
    fn what_could_not_be_written_is_a_failure_unless_its_reader_went_away() {
        let ended = |errors: &[io::ErrorKind], exit: Exit| {
            let out = Out::new(true);
            errors.iter().for_each(|kind| out.written(Err((*kind).into())));
            out.end(Ok(exit)).map_err(|failure| failure.exit)
        };
        assert_eq!(ended(&[], Exit::Done), Ok(Exit::Done));
        assert_eq!(ended(&[io::ErrorKind::BrokenPipe], Exit::Done), Ok(Exit::Done));
        let full = [io::ErrorKind::BrokenPipe, io::ErrorKind::StorageFull];
        assert_eq!(ended(&full, Exit::Done), Err(Exit::Failed));
        assert_eq!(
            ended(&full, Exit::Refuted),
            Ok(Exit::Refuted),
            "what was found is not hidden"
        );
    }

    #[test]
    fn the_exit_codes_are_the_documented_ones() {
        let all = [Exit::Done, Exit::Refuted, Exit::Usage, Exit::Failed];
        assert_eq!(all.map(Exit::number), [0, 1, 2, 3]);
        let help = <super::super::Cli as clap::CommandFactory>::command()
            .render_long_help()
            .to_string();
        for number in all.map(Exit::number) {
            assert!(
                help.contains(&format!("\n  {number}  ")),
                "the help text does not explain exit code {number}"
            );
        }
    }
}
