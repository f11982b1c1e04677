//! `doudi demo`: a real server on a database of its own, the shipped policies, invented households.

pub mod households;
mod story;

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use tokio::sync::oneshot;
use tonic::transport::Channel;
use uuid::Uuid;

use super::{BOLD, DIM, Failure, GOOD, Out, Outcome, serve, wiring};
use crate::api::pb::policy_service_client::PolicyServiceClient;
use crate::api::{POLICY_REQUEST_SIZE_MAX_BYTES, pb};
use crate::config::Config;
use crate::rules::language::library::{File, read_all};
use crate::server;
use crate::shutdown::Bounds;
use story::Story;

/// The county of the demo.
const AREA: &str = "340321";

/// Run a server with the shipped policies and decide invented households through its port.
///
/// Each determination is printed with its clause; its receipt is verified as an outsider would, and it is replayed from
/// what was recorded. Values that nobody has found in a text are marked as samples (样例).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  doudi demo
  doudi demo --keep --listen 127.0.0.1:50051")]
pub struct Args {
    /// Leave the server running afterwards, and keep its folder.
    #[arg(long)]
    keep: bool,
    /// Where the server listens; by default any free port of this machine.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: std::net::SocketAddr,
    /// The folder with the policy documents.
    #[arg(long, value_name = "DIR", default_value = "policy")]
    policy: PathBuf,
    /// Where the demo keeps its database and keys; by default a new folder that is removed at the end.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Runs the demo; [`super::Exit::Refuted`] if a receipt does not verify or a replay differs.
pub fn run(args: &Args, out: &Out) -> Outcome {
    server::log_panics_by_place();
    wiring::runtime()?.block_on(demo(args, out))
}

async fn demo(args: &Args, out: &Out) -> Outcome {
    let of_its_own = std::env::temp_dir().join(format!("doudi-demo-{}", Uuid::new_v4()));
    let folder = args.folder.clone().unwrap_or(of_its_own);
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    let config = Config {
        listen: args.listen,
        database: format!("sqlite:{}", folder.join("doudi.sqlite").display()),
        policy: args.policy.clone(),
        ..Config::default()
    };
    crate::store::migrate(&config.database)
        .await
        .map_err(|error| wiring::store_failure(&error))?;
    let access = wiring::access(&config)?;
    let app = wiring::app(&config).await?;
    let listener = serve::bind(config.listen).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::failed(error.to_string()))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server::serve(
        listener,
        app,
        access,
        Bounds::default(),
        async { drop(stopped.await) },
        async {},
    ));

    let server = format!("http://{address}");
    let told = tell(args, &server, out).await;
    if args.keep && told.is_ok() {
        how_to_call(&server, &folder, out);
        serve::stop_signal()?.await;
    }
    drop(stop);
    let ended = served.await.map_err(|error| Failure::failed(error.to_string()))?;
    ended.map_err(|error| Failure::failed(error.to_string()))?;
    if !args.keep && args.folder.is_none() {
        std::fs::remove_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    }
    told
}

async fn tell(args: &Args, server: &str, out: &Out) -> Outcome {
    let channel = connect(server).await?;
    out.line(format_args!(
        "{BOLD}Doudi 兜底{BOLD:#}: a server at {server}, the county 怀远县 ({AREA})"
    ));
    publish(&channel, &args.policy, out).await?;
    let mut story = Story::new(channel, out).await?;
    for household in households::all() {
        story.tell(household).await?;
    }
    story.end()
}

async fn connect(server: &str) -> Result<Channel, Failure> {
    let endpoint = Channel::from_shared(server.to_owned()).map_err(|error| Failure::failed(error.to_string()))?;
    endpoint
        .connect()
        .await
        .map_err(|error| Failure::failed(format!("the demo's own server does not answer: {error}")))
}

/// Publishes every document of the folder, superior ones first.
async fn publish(channel: &Channel, policy: &Path, out: &Out) -> Result<(), Failure> {
    let files = documents(policy)?;
    let texts = wiring::held_texts(policy)?;
    let bar = if out.json() {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(files.len() as u64)
    };
    let mut client = PolicyServiceClient::new(channel.clone()).max_encoding_message_size(POLICY_REQUEST_SIZE_MAX_BYTES);
    let mut published = Vec::new();
    for read in read_all(&files, &texts) {
        let name = read.name.clone();
        let checked = read
            .result
            .map_err(|errors| Failure::usage(errors.iter().map(|error| error.text()).collect::<String>()))?;
        let request = pb::PublishPolicyRequest {
            request_id: Uuid::new_v4().to_string(),
            area: AREA.to_owned(),
            source: checked.source.clone(),
            officer: households::officer(),
            validate_only: false,
            ..Default::default()
        };
        let answer = client
            .publish_policy(request)
            .await
            .map_err(|status| Failure::failed(format!("{name}: {}", status.message())))?;
        let answer = answer.into_inner();
        bar.inc(1);
        published.push((name, answer));
    }
    bar.finish_and_clear();
    out.line(format_args!("\n{BOLD}The law in use 已启用的政策文件{BOLD:#}"));
    for (name, answer) in published {
        let policy = answer.policy.unwrap_or_default();
        let digest = crate::log::Hash::from_slice(&policy.digest)
            .map(|digest| digest.to_string())
            .unwrap_or_default();
        out.line(format_args!(
            "  {} {DIM}{name}, sha256 {}…, {} worked cases pass{DIM:#}",
            policy.title,
            &digest[..digest.len().min(12)],
            answer.cases_passed
        ));
    }
    Ok(())
}

/// The policy documents of a folder; the register of areas is no document of law.
fn documents(policy: &Path) -> Result<Vec<File>, Failure> {
    let listed = std::fs::read_dir(policy).map_err(|error| Failure::file(policy, &error))?;
    let mut files = Vec::new();
    for entry in listed {
        let path = entry.map_err(|error| Failure::file(policy, &error))?.path();
        let is_document = path.extension().is_some_and(|extension| extension == "yaml")
            && path.file_stem().is_some_and(|stem| stem != "areas");
        if is_document {
            let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
            files.push(File {
                name: path.display().to_string(),
                text,
            });
        }
    }
    Ok(files)
}

fn how_to_call(server: &str, folder: &Path, out: &Out) {
    out.line(format_args!(
        "\n{GOOD}The server keeps running at {server}{GOOD:#} (Ctrl-C ends it). Try, with any gRPC client:"
    ));
    out.line("  npx @bufbuild/buf curl --schema proto --protocol grpc --http2-prior-knowledge \\");
    out.line(format_args!(
        "    -d '{{\"area\": \"{AREA}\"}}' {server}/doudi.v1.AuditService/GetCheckpoint"
    ));
    out.line(format_args!("  doudi policy publish policy --area {AREA} --server {server} --dry-run --officer-id c1 --role 确认 --unit 怀远县民政局"));
    out.line(format_args!("The database and its keys are in {}.", folder.display()));
}
