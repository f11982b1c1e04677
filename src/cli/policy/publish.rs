//! `doudi policy publish`: brings documents into use in an area, through the service.

use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::check;
use super::files::Paths;
use crate::api::pb::policy_service_client::PolicyServiceClient;
use crate::api::pb::{Officer, PublishPolicyRequest, PublishPolicyResponse};
use crate::cli::{Exit, Failure, GOOD, Out, Outcome};
use crate::rules::language::Checked;

/// Publish documents into an area's log: superior ones first, each checked here and again by the server.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  doudi policy publish policy --area 340321 --officer-id c1 --role 确认 --unit 怀远县民政局
  doudi policy publish my-county.yaml --above policy --dry-run --officer-id c1 --role 审核 --unit 怀远县民政局")]
pub struct Args {
    #[command(flatten)]
    paths: Paths,
    /// The service.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50051")]
    server: String,
    /// The area in which the documents come into use; by default each document's own.
    #[arg(long, value_name = "CODE")]
    area: Option<String>,
    /// Pseudonymous number of the officer who publishes.
    #[arg(long, value_name = "ID")]
    officer_id: String,
    /// The officer's role.
    #[arg(long)]
    role: String,
    /// The officer's unit.
    #[arg(long)]
    unit: String,
    /// The calling system's name, believed from the same machine alone.
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// UUID of this request, to try one document again without publishing it twice.
    #[arg(long, value_name = "UUID")]
    request_id: Option<Uuid>,
    /// Check on the server and record nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Publishes every document, in the order in which they build on each other.
pub fn run(args: &Args, out: &Out) -> Outcome {
    let found = args.paths.read()?;
    let mut documents: Vec<&Checked> = Vec::new();
    let mut broken = false;
    for read in found.asked() {
        match &read.result {
            Ok(checked) => documents.push(checked),
            Err(remarks) => {
                remarks.iter().for_each(|remark| check::show(remark, out));
                broken = true;
            }
        }
    }
    if broken {
        return Ok(Exit::Refuted);
    }
    if args.request_id.is_some() && documents.len() != 1 {
        return Err(Failure::usage(
            "--request-id names one publication; give one document with it",
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("the runtime does not start: {error}")))?;
    runtime.block_on(publish(args, &documents, out))
}

async fn publish(args: &Args, documents: &[&Checked], out: &Out) -> Outcome {
    let server = &args.server;
    let endpoint = Channel::from_shared(server.clone())
        .map_err(|error| Failure::usage(format!("--server {server}: {error}; write http://HOST:PORT")))?;
    let channel = endpoint
        .connect()
        .await
        .map_err(|_| Failure::failed(format!("{server} does not answer; start it with `doudi serve`")))?;
    let mut client = PolicyServiceClient::new(channel);
    for checked in documents {
        let id = args.request_id.unwrap_or_else(Uuid::new_v4);
        let document = &checked.document;
        match client.publish_policy(request(args, checked, id)?).await {
            Ok(answer) => show(&answer.into_inner(), id, args.dry_run, out),
            Err(status) if status.code() == tonic::Code::InvalidArgument => {
                refused(&document.policy, &status, out);
                return Ok(Exit::Refuted);
            }
            Err(status) => {
                let text = format!(
                    "{}: {}; to try again without publishing twice: --request-id {id}",
                    document.policy,
                    status.message()
                );
                return Err(Failure::failed(text));
            }
        }
    }
    Ok(Exit::Done)
}

fn request(args: &Args, checked: &Checked, id: Uuid) -> Result<Request<PublishPolicyRequest>, Failure> {
    let mut request = Request::new(PublishPolicyRequest {
        request_id: id.to_string(),
        area: args.area.clone().unwrap_or_else(|| checked.document.area.clone()),
        source: checked.source.clone(),
        officer: Some(Officer {
            id: args.officer_id.clone(),
            role: args.role.clone(),
            unit: args.unit.clone(),
            delegation: String::new(),
        }),
        validate_only: args.dry_run,
    });
    if let Some(principal) = &args.principal {
        let value = MetadataValue::try_from(principal.as_str());
        let value = value.map_err(|_| Failure::usage("--principal has a character that a name cannot have"))?;
        request.metadata_mut().insert("doudi-principal", value);
    }
    Ok(request)
}

fn show(answer: &PublishPolicyResponse, id: Uuid, dry_run: bool, out: &Out) {
    let Some(policy) = &answer.policy else { return };
    let digest = hex::encode(&policy.digest);
    let cases = answer.cases_passed;
    if dry_run {
        out.line(format!(
            "{GOOD}ok{GOOD:#} {} {digest}: {cases} cases pass; nothing recorded",
            policy.policy
        ));
    } else {
        out.line(format!(
            "{GOOD}published{GOOD:#} {} as {}: entry {}, {cases} cases",
            policy.policy, policy.name, policy.index
        ));
    }
    answer.warnings.iter().for_each(|warning| out.line(warning));
    out.document(&serde_json::json!({
        "policy": policy.policy,
        "name": policy.name,
        "digest": digest,
        "index": policy.index,
        "request_id": id.to_string(),
        "warnings": answer.warnings,
    }));
}

/// Every violation that the server names.
fn refused(policy: &str, status: &Status, out: &Out) {
    out.line(format!("{policy}: {}", status.message()));
    let details = status.get_error_details();
    for violation in details.bad_request().into_iter().flat_map(|bad| &bad.field_violations) {
        out.line(format!("  {}: {}", violation.field, violation.description));
    }
    out.document(&serde_json::json!({ "policy": policy, "error": status.message() }));
}
