//! Which entries are of one trace is told to operators of the whole county alone; a record names the place of its call.

use super::flow::{COUNTY, OTHER_COUNTY, TOWNSHIP};
use super::*;
use crate::api::pb::audit_service_client::AuditServiceClient;

const ROWS: &[Row<'_>] = &[
    ("policy", &[Role::Policy], &[COUNTY]),
    ("audit", &[Role::Audit], &[COUNTY]),
    ("operate", &[Role::Operate], &[COUNTY]),
    ("operate-township", &[Role::Operate], &[TOWNSHIP]),
    ("operate-other", &[Role::Operate], &[OTHER_COUNTY]),
];

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn listed(channel: &Channel, trace_id: &str) -> Result<usize, Code> {
    let request = pb::ListEntriesRequest {
        area: COUNTY.to_owned(),
        trace_id: trace_id.to_owned(),
        ..Default::default()
    };
    let answered = AuditServiceClient::new(channel.clone()).list_entries(request).await;
    answered
        .map(|page| page.into_inner().entries.len())
        .map_err(|status| status.code())
}

#[tokio::test]
async fn a_trace_leads_operators_of_the_county_to_its_entries_and_nobody_else() {
    let server = Secured::start(ROWS).await;
    super::super::flow::publish_policies(&server.caller("policy").await).await;
    let everything = listed(&server.caller("audit").await, "").await.expect("public");
    assert!(everything > 1);
    for (caller, expected) in [
        ("operate", Ok(0)),
        ("audit", Err(Code::PermissionDenied)),
        ("policy", Err(Code::PermissionDenied)),
        ("operate-township", Err(Code::PermissionDenied)),
        ("operate-other", Err(Code::PermissionDenied)),
    ] {
        let channel = server.caller(caller).await;
        assert_eq!(listed(&channel, TRACE).await, expected, "{caller}");
        assert_eq!(
            listed(&channel, "").await,
            Ok(everything),
            "{caller}: entries are public"
        );
    }
}
