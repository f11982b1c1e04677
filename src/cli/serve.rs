//! `doudi serve`: the gRPC server, from its settings to its shutdown.

use std::future::Future;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::wiring::{self, Settings};
use super::{Exit, Failure, Out, Outcome};
use crate::config::Config;
use crate::server;
use crate::shutdown::Bounds;
use crate::telemetry;

/// Serve the determination, review, exit, policy and audit services.
///
/// Everything that can be wrong with the settings, the keys, the database and the register of areas is said before the
/// port is bound. SIGTERM and Ctrl-C shut down in order: health first, then calls in flight, then the log.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi migrate --database sqlite:doudi.sqlite
  doudi serve --listen 127.0.0.1:50051 --database sqlite:doudi.sqlite --policy policy")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// The machine's clock is right, although the newest entry is more than a day old
    ///
    /// After a quiet day a fresh process appends nothing until an operator says this once: a clock that jumped ahead
    /// would date entries for ever. It is an act of one start, so it is no setting of a file or a variable.
    #[arg(long)]
    confirm_clock: bool,
}

/// Serves until a signal; [`Exit::Failed`] if a step of the shutdown did not keep its bound.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let config = args.settings.load()?;
    telemetry::start(config.log_format, &config.log_filter).map_err(|error| Failure::usage(error.to_string()))?;
    server::log_panics_by_place();
    wiring::runtime()?.block_on(serve(&config, args.confirm_clock, out))
}

async fn serve(config: &Config, confirm_clock: bool, out: &Out) -> Outcome {
    let app = wiring::app(config).await?;
    if confirm_clock {
        app.confirm_clock();
    }
    // A crash may have come between an erasure and its keys, and a backup may have brought keys back.
    let destroyed = app
        .finish_erasures()
        .await
        .map_err(|error| Failure::failed(format!("erased keys cannot be destroyed again: {error}")))?;
    if destroyed > 0 {
        warn!(
            erasure.keys = destroyed,
            "destroyed keys of erased cases that were still there"
        );
    }
    app.record_key_events()
        .await
        .map_err(|error| Failure::failed(format!("the keys in use cannot be recorded: {error}")))?;
    let listener = bind(config).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::failed(error.to_string()))?;
    if !address.ip().is_loopback() {
        warn!(server.address = %address, "callers are not identified yet: serve on a loopback address only");
    }
    let stop = stop_signal()?;
    out.line(format_args!("listening on {address}"));
    out.document(&json!({ "listening": address.to_string() }));
    info!(server.address = %address, "listening");
    let in_time = server::serve(listener, app, Bounds::default(), stop, async {}).await;
    match in_time {
        Ok(true) => Ok(Exit::Done),
        Ok(false) => Err(Failure::failed(
            "a step of the shutdown was cut off: the log says which",
        )),
        Err(error) => Err(Failure::failed(error.to_string())),
    }
}

/// Binds the port last, when nothing else can be wrong any more.
pub async fn bind(config: &Config) -> Result<TcpListener, Failure> {
    TcpListener::bind(config.listen)
        .await
        .map_err(|error| Failure::failed(format!("{}: {error}: free the port or choose another", config.listen)))
}

/// Done on SIGTERM or Ctrl-C. The handlers are in place when this returns.
pub fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let failure = |error: std::io::Error| Failure::failed(format!("signals cannot be handled: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failure)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failure)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
