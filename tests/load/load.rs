//! Asks servers for determinations and writes every answer down: the load of the soak test.
//!
//! A program of its own: callers in Python take as much of a small machine as the server does, and measure themselves.
//! It is no part of what is shipped.

mod answers;
mod callers;
mod clock;
mod pace;
mod servers;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use doudi::api::pb;
use prost::Message;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use answers::Book;
use callers::{Caller, Tally};
use clock::Clock;
use pace::Pace;
use servers::Servers;

/// Calls that were made are asked until they are answered, but not for ever: a killed PostgreSQL is back within seconds.
const FINISH_MAX: Duration = Duration::from_secs(60);

const EXAMPLE: &str = "\
Example: 16 callers, 400 calls a second in all, for a minute:

  doudi-load --server http://127.0.0.1:50051 --request request.bin \\
      --callers 16 --per-second 400 --seconds 60 --out answers.jsonl

While it runs, each line on standard output says how many calls are acknowledged; the last one is the summary.
SIGTERM ends the calling as --seconds does. Times are microseconds since 1970.";

/// Asks servers for determinations, writes every acknowledged call down and says how long they took.
#[derive(Debug, Parser)]
#[command(name = "doudi-load", after_help = EXAMPLE)]
struct Arguments {
    /// A server; given several times, callers are spread over them
    #[arg(long, value_name = "http://HOST:PORT", required_unless_present = "servers_file")]
    server: Vec<String>,
    /// A file with one server a line, read again whenever a call fails: servers may come back at other ports
    #[arg(long, value_name = "FILE", conflicts_with = "server")]
    servers_file: Option<PathBuf>,
    /// A serialized doudi.v1.DetermineRequest, sent with a new request id each time; of several, each caller has one
    #[arg(long, value_name = "FILE", required = true)]
    request: Vec<PathBuf>,
    /// How many calls may be under way at one time
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    callers: u16,
    /// Calls a second of all callers together; 0: each caller asks again as soon as it is answered
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    per_second: u32,
    /// How long new calls are made; without it until standard input is closed
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Where each acknowledged call becomes a line of JSON
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write the acknowledgement of every COUNTth entry of the log down whole, in base64; 0: none
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    keep_one_in: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("doudi-load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Calls until the end, waits for the answers, and gives the summary.
async fn run(arguments: &Arguments) -> Result<Value, String> {
    let templates = arguments.request.iter().map(|path| template(path));
    let templates: Vec<pb::DetermineRequest> = templates.collect::<Result<_, _>>()?;
    let servers = Arc::new(match &arguments.servers_file {
        Some(path) => Servers::of_file(path.clone())?,
        None => Servers::new(&arguments.server)?,
    });
    let clock = Clock::start();
    let pace = Arc::new(Pace::new(arguments.per_second));
    let tally = Arc::new(Tally::default());
    let (book, answers) = Book::open(&arguments.out, arguments.keep_one_in, clock)?;
    let (stop, stopped) = watch::channel(false);

    let mut callers = JoinSet::new();
    for (at, template) in (0..usize::from(arguments.callers)).zip(templates.iter().cycle()) {
        let caller = Caller {
            at,
            template: template.clone(),
            servers: Arc::clone(&servers),
            pace: Arc::clone(&pace),
            tally: Arc::clone(&tally),
            answers: answers.clone(),
            clock,
            stopped: stopped.clone(),
        };
        callers.spawn(caller.run());
    }
    drop(answers);
    tokio::select! {
        ended = end_of_calling(arguments.seconds) => ended?,
        // No caller ends by itself but for an error.
        joined = callers.join_next() => failure(joined)?,
    }
    stop.send_replace(true);
    let finish = async {
        while let Some(joined) = callers.join_next().await {
            failure(Some(joined))?;
        }
        Ok::<(), String>(())
    };
    let finished = timeout(FINISH_MAX, finish).await;
    // A caller that still waits holds the book open.
    callers.shutdown().await;
    let acknowledged = book.close()?;
    let summary = tally.summary(acknowledged, pace.skipped());
    match finished {
        Ok(done) => done.map(|()| summary),
        Err(_) => Err(format!(
            "calls are still not answered {} s after the last one was made: {summary}",
            FINISH_MAX.as_secs()
        )),
    }
}

fn template(path: &Path) -> Result<pb::DetermineRequest, String> {
    let bytes = fs::read(path).map_err(|error| format!("--request {}: {error}", path.display()))?;
    pb::DetermineRequest::decode(bytes.as_slice()).map_err(|error| {
        format!(
            "--request {}: {error}; write a serialized DetermineRequest",
            path.display()
        )
    })
}

/// Returns when no new calls are to be made.
async fn end_of_calling(seconds: Option<u64>) -> Result<(), String> {
    let told = |error| format!("signals cannot be received: {error}");
    let mut terminate = signal(SignalKind::terminate()).map_err(told)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(told)?;
    let over = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => closed_input().await,
        }
    };
    tokio::select! {
        () = over => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Returns when standard input is closed.
async fn closed_input() {
    let (closed, wait) = oneshot::channel();
    // A thread of its own: the runtime would wait for its end although nobody reads any more.
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut ignored = [0; 256];
        while input.read(&mut ignored).is_ok_and(|count| count > 0) {}
        let _ = closed.send(());
    });
    let _ = wait.await;
}

/// The error of a caller that has ended.
fn failure(joined: Option<Result<Result<(), String>, tokio::task::JoinError>>) -> Result<(), String> {
    match joined {
        Some(Ok(done)) => done,
        Some(Err(error)) => Err(format!("a caller broke: {error}")),
        None => Ok(()),
    }
}
