//! What an entry shows to whom: those who decide see their cases, and of what watches over them the public part alone.

use std::collections::BTreeMap;

use super::findings::{finding, recorded};
use super::flow::AREA;
use super::opening::open;
use super::restriction::restrict;
use super::samples::{by, decided, drawn, simple};
use super::*;
use crate::app::Caller;
use crate::app::caller::Principal;
use crate::app::command::{GetEntry, LogName};
use crate::app::rights::Role;
use crate::log::LogIndex;
use crate::log::record::Entry;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(a_decider_sees_of_openings_erasures_samples_and_findings_what_is_public_and_both_sides_of_an_audit_see_all);

/// The documents that a caller of these roles is shown, by the kind of the entry.
async fn shown(app: &App, roles: &[Role]) -> BTreeMap<String, Vec<String>> {
    let caller = Caller {
        roles: roles.iter().copied().collect(),
        ..Caller::new(Principal::anonymous())
    };
    let mut shown = BTreeMap::new();
    for index in 0.. {
        let get = GetEntry {
            log: LogName {
                area: AREA.parse().expect("an area"),
                epoch: None,
            },
            index: LogIndex::new(index).expect("small"),
            include_documents: true,
        };
        let read = match app.get_entry(&caller, get).await {
            Ok(read) => read.acknowledged,
            // Its documents are restricted, as every other of its case.
            Err(crate::app::AppError::Restricted { .. }) => continue,
            Err(crate::app::AppError::NotFound { .. }) => return shown,
            Err(error) => panic!("{error}"),
        };
        let kind = Entry::parse(&read.entry).expect("an entry").kind().to_string();
        shown.insert(kind, read.documents.into_iter().map(|document| document.name).collect());
    }
    shown
}

async fn a_decider_sees_of_openings_erasures_samples_and_findings_what_is_public_and_both_sides_of_an_audit_see_all(
    database: TestDatabase,
) {
    let decided = decided(database, 4, Arc::new(SystemClock::new())).await;
    let sample = drawn(&decided, simple(1_010, 2)).await;
    let reviewed = &sample.strata[0].units[0].determination;
    let found = finding(2_000, reviewed, &[pb::FindingOutcome::Correct]);
    recorded(&decided, found).await.expect("allowed");
    let opened = decided.determinations[0]
        .acknowledgement
        .as_ref()
        .expect("recorded")
        .index;
    let opening = by("audit-firm", open(2_001, vec![opened]));
    decided.audit().open_documents(opening).await.expect("an opening");
    let names = decided
        .determinations
        .iter()
        .filter_map(|answer| answer.determination.as_ref());
    let other = names.into_iter().find(|determination| determination.name != *reviewed);
    let restricting = restrict(2_002, &other.expect("four").case, pb::CaseScope::Case);
    decided.audit().restrict_case(restricting).await.expect("restricted");

    let is_of_audit = |kind: &&str| !["EPOCH", "POLICY", "DETERMINATION"].contains(kind);
    let expected: [(&str, &[&str], &[&str]); 9] = [
        ("EPOCH", &["epoch"], &["epoch"]),
        (
            "DETERMINATION",
            &["facts", "determination", "frame"],
            &["facts", "determination", "frame"],
        ),
        ("OPENING", &["opening"], &["opening", "opened"]),
        ("ERASURE", &["erasure"], &["erasure", "erased"]),
        ("SAMPLE_COMMIT", &["sample_commit"], &["sample_commit"]),
        ("SAMPLE_REQUEST", &["sample_request"], &["sample_request"]),
        ("SAMPLE_REVEAL", &["sample_reveal"], &["sample_reveal"]),
        ("SAMPLE_RESULT", &["sample_result"], &["sample_result", "selection"]),
        ("FINDING", &[], &["finding"]),
    ];
    assert_eq!(expected.iter().filter(|(kind, ..)| is_of_audit(kind)).count(), 7);
    let (deciding, reviewing) = (
        shown(&decided.app, &[Role::Decide]).await,
        shown(&decided.app, &[Role::Review]).await,
    );
    let (auditing, operating) = (
        shown(&decided.app, &[Role::Audit]).await,
        shown(&decided.app, &[Role::Operate]).await,
    );
    for (kind, to_deciders, to_the_audit) in expected {
        assert_eq!(deciding[kind], to_deciders, "{kind}");
        assert_eq!(reviewing[kind], to_deciders, "{kind}");
        assert_eq!(auditing[kind], to_the_audit, "{kind}");
        assert_eq!(operating[kind], to_the_audit, "{kind}");
    }
}
