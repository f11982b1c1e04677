//! `doudi serve`: the gRPC server, from its settings to its shutdown.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::wiring::{self, Settings};
use super::{Exit, Failure, Out, Outcome};
use crate::app::App;
use crate::build;
use crate::config::Config;
use crate::readside::ReadSide;
use crate::server::{self, Access};
use crate::shutdown::Bounds;
use crate::telemetry::http::Operations;
use crate::telemetry::otlp::Export;
use crate::telemetry::{self, Telemetry};

/// Serve the determination, review, exit, policy and audit services.
///
/// Everything that can be wrong with the settings, the keys, the database and the register of areas is said before the
/// port is bound. SIGTERM and Ctrl-C shut down in order: health first, then calls in flight, then the log.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  doudi migrate --database sqlite:doudi.sqlite
  doudi serve --listen 127.0.0.1:50051 --database sqlite:doudi.sqlite --keys doudi.keys --policy policy
  doudi serve --database sqlite:doudi.sqlite --keys doudi.keys --policy policy --read-listen 127.0.0.1:8080
  curl http://127.0.0.1:8080/340321/1/checkpoint")]
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

/// How long a start waits for the witnesses: they may know a longer log than a restored database and a new machine.
const FIRST_ROUND_TIMEOUT: Duration = Duration::from_secs(15);

/// Serves until a signal; [`Exit::Failed`] if a step of the shutdown did not keep its bound.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let config = args.settings.load()?;
    let runtime = wiring::runtime()?;
    // Inside the runtime, which carries what is sent to a collector.
    let entered = runtime.enter();
    let telemetry = telemetry::start(config.log_format, &config.log_filter, export(&config).as_ref());
    let telemetry = telemetry.map_err(|error| Failure::usage(error.to_string()))?;
    server::log_panics_by_place();
    // Behind a log of PostgreSQL stand people: what decides about them has to be a build that others can make again.
    if config.database.starts_with("postgres") && !build::is_of_a_commit() {
        warn!(
            build.version = build::VERSION,
            "not a release build: nobody can build it again from a commit; install one made by deploy/release"
        );
    }
    drop(entered);
    runtime.block_on(serve(&config, args.confirm_clock, telemetry, out))
}

/// Where spans and lines are sent, if the settings name a collector.
fn export(config: &Config) -> Option<Export> {
    config.otlp_endpoint.as_ref().map(|endpoint| Export {
        endpoint: endpoint.clone(),
        sampled_per_million: config.trace_sampled_per_million,
        service: config.service_name.clone(),
    })
}

async fn serve(config: &Config, confirm_clock: bool, telemetry: Telemetry, out: &Out) -> Outcome {
    let access = wiring::access(config)?;
    wiring::prepare_high_water(config)?;
    let app = wiring::app(config).await?;
    if confirm_clock {
        app.confirm_clock();
    }
    // Before the port is bound: a log that was rolled back is read-only from the first call on.
    app.ready().await.map_err(|error| Failure::failed(error.to_string()))?;
    if config.witness_policy.is_some() {
        let first = tokio::time::timeout(FIRST_ROUND_TIMEOUT, app.witness_round()).await;
        if first.is_err() {
            warn!("the witnesses have not all answered yet: serving meanwhile");
        }
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
    let listener = bind(config.listen).await?;
    let read_side = read_side(config, &app).await?;
    let operations = operations(config, &app, &access).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::failed(error.to_string()))?;
    let stop = stop_signal()?;
    out.line(format_args!("listening on {address}"));
    let read_address = read_side.as_ref().map(|read_side| read_side.address().to_string());
    if let Some(address) = &read_address {
        out.line(format_args!("the public read side listens on http://{address}"));
    }
    let operations_address = operations.as_ref().map(|operations| operations.address().to_string());
    if let Some(address) = &operations_address {
        out.line(format_args!("metrics and probes are at http://{address}"));
    }
    out.document(&json!({
        "listening": address.to_string(), "read_listening": read_address,
        "operations_listening": operations_address,
    }));
    info!(server.address = %address, build.version = build::VERSION, "listening");
    let witnessing = tokio::spawn(app.clone().follow_witnesses());
    let bounds = Bounds::default();
    // The last step: the listeners, the spans and the lines each get a part of its time.
    let part = bounds.telemetry / 4;
    let mut read_in_time = true;
    let last = async {
        witnessing.abort();
        // Whoever keeps checkpoints may read the newest one until the end, and probes learn that it comes.
        if let Some(read_side) = read_side {
            read_in_time = read_side.stop(part).await;
        }
        if let Some(operations) = operations {
            operations.stop(part).await;
        }
        telemetry.flush(part).await;
    };
    let in_time = server::serve(listener, app, access, bounds, stop, last).await;
    match in_time.map(|in_time| in_time && read_in_time) {
        Ok(true) => Ok(Exit::Done),
        Ok(false) => Err(Failure::failed(
            "a step of the shutdown was cut off: the log says which",
        )),
        Err(error) => Err(Failure::failed(error.to_string())),
    }
}

/// Binds the port last, when nothing else can be wrong any more.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failure::failed(format!("{address}: {error}: free the port or choose another")))
}

/// The public read side on its own listener, if the settings name one.
async fn read_side(config: &Config, app: &App) -> Result<Option<ReadSide>, Failure> {
    let Some(address) = config.read_listen else {
        return Ok(None);
    };
    let started = ReadSide::start(bind(address).await?, app.public_logs());
    started
        .map(Some)
        .map_err(|error| Failure::failed(format!("{address}: {error}")))
}

/// Metrics and probes on their own listener, if the settings name one.
async fn operations(config: &Config, app: &Arc<App>, access: &Access) -> Result<Option<Operations>, Failure> {
    let Some(address) = config.operations_listen else {
        return Ok(None);
    };
    let (listener, measured) = (bind(address).await?, Arc::clone(app));
    let refresh = Box::new(move || measured.measure());
    let started = Operations::start(listener, &app.metrics(), Arc::clone(&access.probes), refresh);
    started
        .map(Some)
        .map_err(|error| Failure::failed(format!("{address}: {error}")))
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
