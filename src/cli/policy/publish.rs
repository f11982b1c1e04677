//! `doudi policy publish`: brings documents into use in an area, through the service.

use tonic::metadata::MetadataValue;
use tonic::{Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::check;
use super::files::Paths;
use super::words::{Mark, Words};
use crate::api::pb::policy_service_client::PolicyServiceClient;
use crate::api::pb::{self, Officer, PublishPolicyRequest, PublishPolicyResponse};
use crate::cli::client::Shown;
use crate::cli::{Exit, Failure, GOOD, Out, Outcome, WARN};
use crate::rules::language::Checked;
use crate::rules::language::say::{Lang, Say as _};

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
    #[command(flatten)]
    shown: Shown,
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
pub fn run(args: &Args, lang: Lang, out: &Out) -> Outcome {
    let found = args.paths.read()?;
    let mut documents: Vec<&Checked> = Vec::new();
    let mut broken = false;
    for read in found.asked() {
        match &read.result {
            Ok(checked) => documents.push(checked),
            Err(remarks) => {
                remarks.iter().for_each(|remark| check::show(remark, lang, out));
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
    runtime.block_on(publish(args, &documents, lang, out))
}

async fn publish(args: &Args, documents: &[&Checked], lang: Lang, out: &Out) -> Outcome {
    let mut client = PolicyServiceClient::new(args.shown.connect(&args.server).await?);
    for checked in documents {
        let id = args.request_id.unwrap_or_else(Uuid::new_v4);
        let document = &checked.document;
        match client.publish_policy(request(args, checked, lang, id)?).await {
            Ok(answer) => show(&answer.into_inner(), id, args.dry_run, lang, out),
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

fn request(args: &Args, checked: &Checked, lang: Lang, id: Uuid) -> Result<Request<PublishPolicyRequest>, Failure> {
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
        language: language(lang).into(),
    });
    if let Some(principal) = &args.principal {
        let value = MetadataValue::try_from(principal.as_str());
        let value = value.map_err(|_| Failure::usage("--principal has a character that a name cannot have"))?;
        request.metadata_mut().insert("doudi-principal", value);
    }
    Ok(request)
}

/// The language as the service knows it.
fn language(lang: Lang) -> pb::Language {
    match lang {
        Lang::En => pb::Language::English,
        Lang::Zh => pb::Language::Chinese,
    }
}

fn show(answer: &PublishPolicyResponse, id: Uuid, dry_run: bool, lang: Lang, out: &Out) {
    let Some(policy) = &answer.policy else { return };
    let digest = hex::encode(&policy.digest);
    let (name, cases) = (policy.policy.clone(), answer.cases_passed);
    let (mark, words) = if dry_run {
        let digest = digest.clone();
        (
            Mark::Ok,
            Words::Accepted {
                policy: name,
                digest,
                cases,
            },
        )
    } else {
        let (as_name, index) = (policy.name.clone(), policy.index);
        (
            Mark::Published,
            Words::Published {
                policy: name,
                name: as_name,
                index,
                cases,
            },
        )
    };
    out.line(format!("{GOOD}{}{GOOD:#} {}", mark.say(lang), words.say(lang)));
    if !answer.shadows.is_empty() {
        let (policy, count) = (policy.policy.clone(), answer.shadows.len());
        out.line(Words::ShadowsBelow { policy, count }.say(lang));
    }
    for shadow in &answer.shadows {
        out.line(format!("  {WARN}{}{WARN:#} {}", Mark::Shadow.say(lang), shadow.words));
    }
    answer.warnings.iter().for_each(|warning| out.line(warning));
    out.document(&serde_json::json!({
        "policy": policy.policy,
        "name": policy.name,
        "digest": digest,
        "index": policy.index,
        "request_id": id.to_string(),
        "warnings": answer.warnings,
        "shadows": answer.shadows.iter().map(shadow_json).collect::<Vec<_>>(),
    }));
}

fn shadow_json(shadow: &pb::Shadow) -> serde_json::Value {
    let day = |date: &Option<pb::Date>| date.map(|date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day));
    let side = |side: &Option<pb::ShadowSide>| {
        side.as_ref().map(|side| {
            serde_json::json!({
                "policy": side.policy, "area": side.document_area, "row": side.row, "cite": side.cite,
                "instrument": side.instrument, "from": day(&side.effective_from), "until": day(&side.effective_until),
                "value": side.value,
            })
        })
    };
    serde_json::json!({
        "kind": shadow.kind().as_str_name(), "id": shadow.id, "superior": side(&shadow.superior),
        "subordinate": side(&shadow.subordinate), "prevails": shadow.prevails().as_str_name(), "basis": shadow.basis,
        "superior_is_later": shadow.superior_is_later, "words": shadow.words,
    })
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
