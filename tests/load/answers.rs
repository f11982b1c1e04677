//! The book of answers: a line of JSON for each, written by a thread of its own, so that no call waits for a disk.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use doudi::api::pb;
use prost::Message;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::clock::Clock;

/// How often the count of answers is told. A test that waits for some sees them this much later.
const TELL_EVERY: Duration = Duration::from_millis(50);

/// A call that was acknowledged.
pub struct Answer {
    pub request_id: String,
    /// When it was to be made; with retries and waiting, what the caller felt began here.
    pub due_us: u64,
    /// When its last attempt began.
    pub began_us: u64,
    /// How long that took.
    pub took_us: u64,
    pub acknowledgement: pb::Acknowledgement,
}

/// What the book holds in the end: p50 and p99 by both ways to count.
pub struct Counts {
    pub count: u64,
    pub took_us: [u64; 2],
    pub since_due_us: [u64; 2],
}

/// The writing thread.
pub struct Book(JoinHandle<Result<Counts, String>>);

impl Book {
    /// An empty book, and the way into it. It is complete when every sender is gone.
    pub fn open(path: &Path, keep_one_in: u64, clock: Clock) -> Result<(Self, Sender<Answer>), String> {
        let named = path.display().to_string();
        let file = File::create(path).map_err(|error| format!("--out {named}: {error}"))?;
        let (sender, answers) = channel();
        let mut writer = Writer {
            out: BufWriter::new(file),
            keep_one_in,
            clock,
            took_us: Vec::new(),
            since_due_us: Vec::new(),
        };
        let thread = std::thread::spawn(move || {
            let written = writer.write(&answers);
            written.map_err(|error| format!("--out {named}: {error}"))?;
            Ok(writer.counts())
        });
        Ok((Self(thread), sender))
    }

    /// Waits until everything is written.
    pub fn close(self) -> Result<Counts, String> {
        self.0.join().map_err(|_| "the writing thread broke".to_owned())?
    }
}

struct Writer {
    out: BufWriter<File>,
    keep_one_in: u64,
    clock: Clock,
    took_us: Vec<u64>,
    since_due_us: Vec<u64>,
}

impl Writer {
    fn write(&mut self, answers: &Receiver<Answer>) -> std::io::Result<()> {
        let mut told = Instant::now();
        loop {
            match answers.recv_timeout(TELL_EVERY.saturating_sub(told.elapsed())) {
                Ok(answer) => self.line(&answer)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.out.flush(),
            }
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                self.out.flush()?;
                // Nobody has to listen.
                let _ = writeln!(
                    std::io::stdout(),
                    "{}",
                    json!({"at_us": self.clock.at(told.into()), "acknowledged": self.took_us.len()})
                );
            }
        }
    }

    fn line(&mut self, answer: &Answer) -> std::io::Result<()> {
        let acknowledgement = &answer.acknowledgement;
        let mut line = json!({
            "request_id": answer.request_id,
            "index": acknowledgement.index,
            "entry_sha256": hex::encode(Sha256::digest(&acknowledgement.entry)),
            "due_us": answer.due_us,
            "began_us": answer.began_us,
            "took_us": answer.took_us,
        });
        if self.keep_one_in > 0 && acknowledgement.index.is_multiple_of(self.keep_one_in) {
            line["acknowledgement"] = STANDARD.encode(acknowledgement.encode_to_vec()).into();
        }
        self.took_us.push(answer.took_us);
        self.since_due_us
            .push((answer.began_us + answer.took_us).saturating_sub(answer.due_us));
        writeln!(self.out, "{line}")
    }

    fn counts(&mut self) -> Counts {
        Counts {
            count: self.took_us.len() as u64,
            took_us: percentiles(&mut self.took_us),
            since_due_us: percentiles(&mut self.since_due_us),
        }
    }
}

/// p50 and p99; zero of nothing.
fn percentiles(values: &mut [u64]) -> [u64; 2] {
    values.sort_unstable();
    [50, 99].map(|percent| values.get(values.len() * percent / 100).copied().unwrap_or(0))
}
