//! How a command speaks and ends: text for people, JSON for machines, exit codes, failures.

use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

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
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Failure::failed(format!("{}: {error}", path.display()))
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

/// Where a command writes. Text goes through `anstream`, which drops colours when it is not a terminal.
pub struct Out {
    json: bool,
}

impl Out {
    /// `json`: machines read this output.
    pub fn new(json: bool) -> Self {
        Out { json }
    }

    /// Whether the caller asked for JSON.
    pub fn json(&self) -> bool {
        self.json
    }

    /// One line for people; nothing in JSON mode.
    pub fn line(&self, text: impl std::fmt::Display) {
        if !self.json {
            // A closed pipe (`doudi ... | head`) is the reader's choice, not an error of ours.
            let _ = writeln!(anstream::stdout(), "{text}");
        }
    }

    /// One JSON document a line for machines; nothing otherwise.
    pub fn document(&self, value: &serde_json::Value) {
        if self.json {
            let _ = writeln!(std::io::stdout(), "{value}");
        }
    }

    /// A failure, on the error stream in either form.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let value = serde_json::json!({ "error": failure.text, "exit": failure.exit.number() });
            let _ = writeln!(std::io::stderr(), "{value}");
        } else {
            let _ = writeln!(anstream::stderr(), "{BAD}error{BAD:#}: {}", failure.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
