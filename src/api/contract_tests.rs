//! The contracts keep their own rules; each is checked on the descriptors that clients get by reflection.

use std::collections::BTreeSet;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::pb;

fn pool() -> DescriptorPool {
    DescriptorPool::decode(pb::FILE_DESCRIPTOR_SET).expect("descriptors of our own")
}

/// The message and all of ours that its fields hold.
fn reach(message: MessageDescriptor, found: &mut BTreeSet<String>, fields: &mut Vec<FieldDescriptor>) {
    if !message.full_name().starts_with("doudi.") || !found.insert(message.full_name().to_owned()) {
        return;
    }
    for field in message.fields() {
        if let Kind::Message(inner) = field.kind() {
            reach(inner, found, fields);
        }
        fields.push(field);
    }
}

#[test]
fn every_field_of_every_request_says_how_it_behaves() {
    let pool = pool();
    let behaviour = pool
        .get_extension_by_name("google.api.field_behavior")
        .expect("the extension");
    let (mut messages, mut fields) = (BTreeSet::new(), Vec::new());
    for method in pool
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>())
    {
        reach(method.input(), &mut messages, &mut fields);
    }
    assert!(fields.len() > 200, "the requests were not found");
    for field in fields {
        let Value::List(values) = field.options().get_extension(&behaviour).into_owned() else {
            panic!("field_behavior is a list");
        };
        assert!(!values.is_empty(), "{} has no field_behavior", field.full_name());
    }
}

#[test]
fn the_facts_know_every_field_whose_name_ends_with_its_unit() {
    let (mut messages, mut fields) = (BTreeSet::new(), Vec::new());
    let household = pool().get_message_by_name("doudi.v1.HouseholdFacts");
    reach(household.expect("the facts"), &mut messages, &mut fields);
    let names: BTreeSet<String> = fields.iter().map(|field| field.name().to_owned()).collect();
    let amounts: Vec<&String> = names.iter().filter(|name| name.contains("_fen")).collect();
    assert_eq!(amounts, crate::app::fields::AMOUNT_FIELDS);
    let facts = amounts.iter().filter_map(|name| name.split("_fen").next());
    let twice: Vec<&str> = facts.filter(|fact| names.contains(*fact)).collect();
    assert_eq!(twice, [""; 0], "a fact stands for two fields");
}

#[test]
fn the_zero_of_every_enum_is_unspecified() {
    let enums: Vec<_> = pool()
        .all_enums()
        .filter(|e| e.full_name().starts_with("doudi."))
        .collect();
    assert!(enums.len() > 20, "the enums were not found");
    for found in enums {
        let zero = found.get_value(0).expect("a zero");
        assert!(zero.name().ends_with("_UNSPECIFIED"), "{}", zero.full_name());
    }
}

#[test]
fn no_field_is_a_floating_point_number() {
    for message in pool().all_messages().filter(|m| m.full_name().starts_with("doudi.")) {
        for field in message.fields() {
            assert!(
                !matches!(field.kind(), Kind::Double | Kind::Float),
                "{}",
                field.full_name()
            );
        }
    }
}

#[test]
fn every_call_that_appends_asks_for_a_request_id_and_offers_a_dry_run() {
    const APPENDS: [&str; 18] = [
        "DetermineRequest",
        "ImportCaseRequest",
        "CorrectRequest",
        "RecordRemedyRequest",
        "TransferCaseRequest",
        "ReviewRequest",
        "DecideExitRequest",
        "PublishPolicyRequest",
        "OpenDocumentsRequest",
        "EraseCaseRequest",
        "RestrictCaseRequest",
        "LiftRestrictionRequest",
        "CommitSampleRequest",
        "RequestSampleRequest",
        "RevealSampleRequest",
        "RefuseRevealRequest",
        "DrawSampleRequest",
        "RecordFindingRequest",
    ];
    let pool = pool();
    for name in APPENDS {
        let message = pool.get_message_by_name(&format!("doudi.v1.{name}")).expect(name);
        assert!(message.get_field_by_name("request_id").is_some(), "{name}");
        assert!(message.get_field_by_name("validate_only").is_some(), "{name}");
    }
    for message in pool
        .all_messages()
        .filter(|m| m.name().starts_with("List") && m.name().ends_with("Request"))
    {
        for field in ["page_size", "page_token"] {
            assert!(
                message.get_field_by_name(field).is_some(),
                "{} has no {field}",
                message.name()
            );
        }
    }
}

#[test]
fn the_five_services_have_their_calls() {
    let pool = pool();
    let calls = |name: &str| -> Vec<String> {
        let service = pool.get_service_by_name(&format!("doudi.v1.{name}")).expect(name);
        service.methods().map(|method| method.name().to_owned()).collect()
    };
    assert_eq!(
        calls("DeterminationService"),
        [
            "Determine",
            "BatchDetermine",
            "ImportCase",
            "Correct",
            "RecordRemedy",
            "TransferCase",
            "GetDetermination",
            "ListDeterminations",
        ]
    );
    assert_eq!(calls("ReviewService"), ["Review", "BatchReview", "ListDueReviews"]);
    assert_eq!(calls("ExitService"), ["DecideExit", "ListGracePeriods"]);
    assert_eq!(
        calls("PolicyService"),
        ["PublishPolicy", "GetPolicy", "ListPolicies", "PreviewImpact"]
    );
    assert_eq!(
        calls("AuditService"),
        [
            "GetCheckpoint",
            "GetEntry",
            "ListEntries",
            "ProveInclusion",
            "ProveConsistency",
            "Replay",
            "OpenDocuments",
            "ListAccesses",
            "EraseCase",
            "RestrictCase",
            "LiftRestriction",
            "CommitSample",
            "RequestSample",
            "RevealSample",
            "RefuseReveal",
            "GetSample",
            "DrawSample",
            "RecordFinding",
            "ListFindings",
            "EstimateErrorRate",
        ]
    );
}
