//! `doudi verify`: a bundle checked on the auditor's own machine, without network and without database.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::{BAD, BOLD, DIM, Exit, Failure, GOOD, Out, Outcome, WARN};
use crate::app::bundle::{Ask, NotChecked, Report, Unreadable, verify};
use crate::log::bundle::{Manifest, ManifestError};
use crate::log::checkpoint::Checkpoint;
use crate::log::note::{Note, VerifierKey};
use crate::log::sample::Period;
use crate::log::witness::TrustPolicy;
use crate::whole_file::{self, Readers};

/// Verify a bundle: its log, its documents, its samples, and every opened decision decided again.
///
/// Needs the bundle and the log's public key, which you got from the operator by another way. Nothing else is read, no
/// connection is made. All violations are named, at most 100 of each kind, and everything that this does not show. Keep the checkpoint with --keep, and give it
/// with --previous to the next audit: then nobody can rewrite what you have seen. A checkpoint that was kept is never
/// written over unseen: where the file of --keep is there, it is held against the bundle like that of --previous, and
/// replaced only if the log continues it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes:
  0  everything verifies, and every opened decision follows again byte for byte
  1  something does not, or the manifest is spoilt
  2  the command line is wrong, or --keep names a file that is not to be written over
  3  the file is no bundle, or cannot be read

Example:
  doudi verify 340321.tar --key doudi.example/340321/1+1b0c5be7+AVX3Z9Qc0... --keep 340321.checkpoint
  doudi verify 340321.tar --policy witnesses.txt --previous last-year.checkpoint --json")]
pub struct Args {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    file: PathBuf,
    /// The log's public key, as `doudi keys public` prints it
    #[arg(long, value_name = "VKEY", required_unless_present = "policy")]
    key: Vec<VerifierKey>,
    /// Your own trust policy (C2SP tlog-policy): keys of logs, witnesses, and how many must have cosigned
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The checkpoint that you kept from the audit before
    #[arg(long, value_name = "CHECKPOINT")]
    previous: Option<PathBuf>,
    /// A sample that the bundle must answer for, by its period; may be given several times
    #[arg(long, value_name = "PERIOD")]
    sample: Vec<Period>,
    /// Keep the checkpoint of this audit here, if everything verifies; one that is there counts as --previous
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Threads; as many as there are cores if not given
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Members of a manifest that another version writes otherwise.
const OF_A_VERSION: [&str; 2] = ["format", "specifications"];

/// Verifies and says what was found; [`Exit::Refuted`] if something does not verify.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let read = |path: &PathBuf| std::fs::read(path).map_err(|error| Failure::file(path, &error));
    let policy = match &args.policy {
        None => None,
        Some(path) => {
            let parsed = TrustPolicy::parse(&read(path)?);
            Some(parsed.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?)
        }
    };
    let given = args.previous.as_ref().map(read).transpose()?;
    let kept = args.keep.as_ref().map(|path| Kept::read(path)).transpose()?.flatten();
    let logs = policy.as_ref().map_or(&[][..], |policy| &policy.logs);
    let mut keys = args.key.iter().chain(logs);
    let of_this_log = |kept: &&Kept| keys.any(|key| key.name().as_str() == kept.checkpoint.origin.to_string());
    let of_keep = kept.as_ref().filter(of_this_log);
    let previous = given.as_deref().or(of_keep.map(|kept| &kept.note[..]));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let ask = Ask {
        keys: &args.key,
        policy: policy.as_ref(),
        previous,
        samples: &args.sample,
        threads: args.threads.unwrap_or(cores),
        replay: true,
    };
    let file = File::open(&args.file).map_err(|error| Failure::file(&args.file, &error))?;
    let bar = bar(out);
    let verified = verify(file, &ask, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = verified.map_err(|error| unreadable(args, &error))?;
    said(&report, out);
    // Our JSON is JSON.
    out.document(&serde_json::from_slice(&report.to_json().to_bytes()).unwrap_or_default());
    if !report.is_good() {
        return Ok(Exit::Refuted);
    }
    if let (Some(path), Some(note)) = (&args.keep, report.checkpoint()) {
        if let Some(kept) = &kept {
            kept.may_be_replaced(report.manifest(), previous)?;
        }
        whole_file::replace(path, note.as_bytes(), Readers::AsUsual).map_err(|error| Failure::file(path, &error))?;
        out.line(format_args!("{DIM}kept the checkpoint in {}{DIM:#}", path.display()));
    }
    Ok(Exit::Done)
}

/// What lies in the file of --keep already.
struct Kept {
    path: PathBuf,
    note: Vec<u8>,
    checkpoint: Checkpoint,
}

impl Kept {
    fn read(path: &Path) -> Result<Option<Kept>, Failure> {
        let note = match std::fs::read(path) {
            Ok(note) => note,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::file(path, &error)),
        };
        let parsed = Note::parse(&note).ok();
        let checkpoint = parsed.and_then(|note| Checkpoint::parse(note.unverified_text()).ok());
        let checkpoint = checkpoint.ok_or_else(|| refused(path, "is there and is no checkpoint"))?;
        Ok(Some(Kept {
            path: path.to_owned(),
            note,
            checkpoint,
        }))
    }

    /// A checkpoint that was kept makes room for one that was seen to continue it, and for none other. `previous` is
    /// what the bundle was held against.
    fn may_be_replaced(&self, by: &Manifest, previous: Option<&[u8]>) -> Result<(), Failure> {
        let Checkpoint { origin, size, root } = &self.checkpoint;
        let is_head = (*size, *root) == (by.head.size, by.head.root);
        if *origin != by.origin {
            Err(refused(&self.path, "holds the checkpoint of another log"))
        } else if is_head || previous == Some(&self.note) {
            Ok(())
        } else {
            let why = "holds a checkpoint that --previous does not give, so the bundle was not held against it";
            Err(refused(&self.path, why))
        }
    }
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::usage(format!("{}: {why}: name another file for --keep", path.display()))
}

fn bar(out: &Out) -> ProgressBar {
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::no_length()
    };
    let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} tiles {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Which file it is, and what its owner can do. A manifest of this version with a member that no manifest has was
/// written by nobody's program: the bundle is refuted and not unreadable.
fn unreadable(args: &Args, error: &Unreadable) -> Failure {
    let bundle = args.file.display();
    match error {
        Unreadable::Previous => {
            let previous = args.previous.as_ref().or(args.keep.as_ref()).unwrap_or(&args.file);
            Failure::usage(format!("{}: {error}", previous.display()))
        }
        Unreadable::Manifest(ManifestError(member)) if !OF_A_VERSION.contains(&member.as_str()) => Failure {
            exit: Exit::Refuted,
            text: format!(
                "{bundle}: MANIFEST manifest.json: `{member}` is not what a manifest has there, or names a file twice or \
                 out of order: the bundle was changed or badly copied; have it copied again, and keep this one"
            ),
        },
        Unreadable::Tar(_) | Unreadable::NoManifest | Unreadable::Manifest(_) | Unreadable::Io(_) => {
            Failure::failed(format!("{bundle}: {error}"))
        }
    }
}

fn said(report: &Report, out: &Out) {
    let manifest = report.manifest();
    let (count, opened, different) = report.decisions();
    out.line(format_args!(
        "{BOLD}{}{BOLD:#} {} entries",
        manifest.origin,
        report.entries()
    ));
    out.line(format_args!(
        "  {} of {opened} opened decisions follow again, of {count} in the log",
        opened - different
    ));
    for sample in report.samples() {
        let mark = if sample.agrees {
            format!("{GOOD}agrees{GOOD:#}")
        } else {
            format!("{BAD}differs{BAD:#}")
        };
        out.line(format_args!("  sample {}: {mark}", sample.period));
    }
    out.line(format_args!("  {} findings", report.findings()));
    let violations = report.violations();
    for violation in violations.kept() {
        let (code, place, text) = (violation.code.code(), &violation.place, &violation.text);
        out.line(format_args!("{BAD}{code}{BAD:#} {place}: {text}"));
    }
    let hidden = violations.count() - violations.kept().len() as u64;
    if hidden > 0 {
        out.line(format_args!("{WARN}{hidden} more are counted and not shown{WARN:#}"));
    }
    for NotChecked { count, text, .. } in report.not_checked() {
        let count = count.map(|count| format!(" ({count})")).unwrap_or_default();
        out.line(format_args!("{WARN}not checked{WARN:#}: {text}{count}"));
    }
    if report.is_good() {
        out.line(format_args!("{GOOD}verified{GOOD:#}"));
    } else {
        out.line(format_args!("{BAD}refuted{BAD:#}: {} violations", violations.count()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::bundle::Head;
    use crate::log::{Hash, TreeSize};

    const ORIGIN: &str = "doudi.example/340321/1";

    fn manifest(origin: &str, size: u64) -> Manifest {
        Manifest {
            engine: "doudi".to_owned(),
            origin: origin.parse().unwrap(),
            head: Head {
                size: TreeSize::new(size).unwrap(),
                root: Hash::from_bytes([7; 32]),
            },
            previous: None,
            opened: crate::log::bundle::Opened::All,
            identity: false,
            openings: Vec::new(),
            samples: Vec::new(),
            unopened: Vec::new(),
            files: Vec::new(),
        }
    }

    #[test]
    fn a_kept_checkpoint_makes_room_only_for_one_that_was_seen_to_continue_it() {
        let checkpoint = Checkpoint {
            origin: ORIGIN.parse().unwrap(),
            size: TreeSize::new(9).unwrap(),
            root: Hash::from_bytes([7; 32]),
        };
        let kept = Kept {
            path: "kept".into(),
            note: b"the note".to_vec(),
            checkpoint,
        };
        let of = |origin: &str, size, previous: Option<&[u8]>| {
            let replaced = kept.may_be_replaced(&manifest(origin, size), previous);
            replaced.map_err(|failure| (failure.exit, failure.text))
        };
        assert_eq!(of(ORIGIN, 12, Some(b"the note")), Ok(()));
        assert_eq!(of(ORIGIN, 9, None), Ok(()), "the same head again");
        for previous in [None, Some(&b"another"[..])] {
            let (exit, text) = of(ORIGIN, 12, previous).unwrap_err();
            assert_eq!(exit, Exit::Usage);
            assert!(
                text.contains("not held against it: name another file for --keep"),
                "{text}"
            );
        }
        let (_, text) = of("doudi.example/340322/1", 12, Some(b"the note")).unwrap_err();
        assert!(text.contains("another log"), "{text}");
    }

    #[test]
    fn a_file_that_is_no_checkpoint_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        assert!(Kept::read(&path).unwrap().is_none(), "nothing is there");
        std::fs::write(&path, "a report").unwrap();
        assert_eq!(Kept::read(&path).err().unwrap().exit, Exit::Usage);
    }
}
