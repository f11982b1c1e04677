//! Bundles of a served log, on both databases: made and verified.

use std::io::Cursor;

use super::findings::{finding, recorded};
use super::flow::{AREA, POLICIES, determine, publish_policy};
use super::restriction::restrict;
use super::samples::{Decided, PERIOD, decided, drawn, simple};
use super::*;
use crate::app::bundle::{Ask, Choice, Code as Broken, MakeError, OpenFor, Report, Unreadable, make, verify};
use crate::app::caller::Principal;
use crate::app::command::OpeningPurpose;
use crate::canonical::Json;
use crate::log::bundle::Opened;
use crate::log::note::VerifierKey;
use crate::store::conformance::{TestDatabase, on_both};

/// Households that are decided.
pub(super) const COUNT: u32 = 8;

on_both!(
    a_bundle_of_a_sample_verifies_and_its_openings_stand_in_it,
    a_bundle_of_everything_decides_every_decision_again,
    every_decision_is_decided_again_by_the_law_that_was_known_then,
    a_restricted_case_takes_its_finding_along_and_the_report_says_so,
    what_a_bundle_cannot_be_made_of_is_refused_with_the_reason
);

pub(super) fn choice(opened: Opened, samples: &[&str]) -> Choice {
    Choice {
        area: AREA.parse().expect("an area"),
        opened,
        samples: samples.iter().map(|period| period.parse().expect("a period")).collect(),
        open_for: OpenFor {
            purpose: OpeningPurpose::Audit,
            reference: "审计〔2026〕7号".to_owned(),
            identity: false,
        },
        previous: None,
        trust_policy: None,
    }
}

pub(super) async fn made(decided: &Decided, choice: &Choice) -> Result<Vec<u8>, MakeError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bundle.tar");
    let caller = crate::app::Caller::new("audit-firm".parse::<Principal>().expect("a name"));
    make(&decided.app, &caller, choice, &path, |_, _, _| {}).await?;
    let names: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(names.len(), 1, "nothing unfinished is left");
    Ok(std::fs::read(&path).expect("the bundle"))
}

pub(super) async fn note_and_key(decided: &Decided) -> (String, VerifierKey) {
    let request = pb::GetCheckpointRequest {
        area: AREA.to_owned(),
        ..Default::default()
    };
    let answer = decided
        .audit()
        .get_checkpoint(request)
        .await
        .expect("a checkpoint")
        .into_inner();
    (answer.checkpoint, answer.verifier_key.parse().expect("a key"))
}

pub(super) fn verified_with(
    bytes: &[u8],
    key: &VerifierKey,
    previous: Option<&str>,
    threads: usize,
) -> Result<Report, Unreadable> {
    let ask = Ask {
        keys: std::slice::from_ref(key),
        policy: None,
        previous: previous.map(str::as_bytes),
        samples: &[],
        threads,
        replay: true,
    };
    verify(Cursor::new(bytes), &ask, |_, _| {})
}

pub(super) fn verified(bytes: &[u8], key: &VerifierKey) -> Report {
    verified_with(bytes, key, None, 2).expect("a bundle")
}

/// The codes of what is broken.
pub(super) fn broken(report: &Report) -> Vec<&'static str> {
    let codes = Broken::ALL
        .iter()
        .filter(|code| report.violations().count_of(**code) > 0);
    codes.map(|code| code.code()).collect()
}

pub(super) fn at<'j>(json: &'j Json, path: &str) -> &'j Json {
    let step = |json: &'j Json, key: &str| match json {
        Json::List(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    };
    path.split('/')
        .try_fold(json, step)
        .unwrap_or_else(|| panic!("no {path} in {json}"))
}

async fn a_bundle_of_a_sample_verifies_and_its_openings_stand_in_it(database: TestDatabase) {
    let decided = decided(database, COUNT, Arc::new(SystemClock::new())).await;
    let (before, key) = note_and_key(&decided).await;
    let sample = drawn(&decided, simple(1_010, 3)).await;
    let unit = &sample.strata[0].units[0];
    let outcome = pb::FindingOutcome::Overpaid;
    recorded(&decided, finding(2_000, &unit.determination, &[outcome]))
        .await
        .expect("a finding");
    let choice = Choice {
        previous: Some(before.clone().into_bytes()),
        ..choice(Opened::Sample, &[PERIOD])
    };
    let bytes = made(&decided, &choice).await.expect("made");
    for threads in [1, 2, 5] {
        let report = verified_with(&bytes, &key, Some(&before), threads).expect("a bundle");
        assert_eq!(broken(&report), Vec::<&str>::new(), "{:?}", report.violations().kept());
        assert_eq!(report.decisions(), (u64::from(COUNT), 3, 0));
        let json = report.to_json();
        assert_eq!(at(&json, "verdict").as_text(), Some("verified"));
        assert_eq!(at(&json, "previous/continues").as_bool(), Some(true));
        assert_eq!(at(&json, "samples/0/agrees").as_bool(), Some(true));
        assert_eq!(
            at(&json, "samples/0/strata/0/units").as_list().map(<[Json]>::len),
            Some(3)
        );
        assert_eq!(at(&json, "samples/0/strata/0/units/0/replay").as_text(), Some("equal"));
        assert_eq!(
            at(&json, "samples/0/strata/0/units/0/finding"),
            at(&json, "findings/list/0/index")
        );
        assert_eq!(at(&json, "findings/by_outcome/overpaid").as_integer(), Some(1));
        assert_eq!(at(&json, "documents/by_name/facts").as_integer(), Some(3));
        assert_eq!(at(&json, "documents/by_name/frame").as_integer(), Some(COUNT.into()));
        assert!(at(&json, "documents/by_name").get("identity").is_none());
        // Three decisions and one finding, in one call, recorded before any of them left.
        assert_eq!(report.manifest().openings.len(), 1);
        assert_eq!(at(&json, "entries/kinds/OPENING").as_integer(), Some(1));
        assert_eq!(report.checkpoint().map(str::is_empty), Some(false));
    }
    // The bundle of an hour later continues this one.
    let kept = verified(&bytes, &key).checkpoint().expect("verified").to_owned();
    let later = made(&decided, &choice).await.expect("made");
    let report = verified_with(&later, &key, Some(&kept), 2).expect("a bundle");
    assert!(report.is_good());
    assert_eq!(
        report.manifest().openings.len(),
        1,
        "its own, not that of the bundle before"
    );
}

async fn a_bundle_of_everything_decides_every_decision_again(database: TestDatabase) {
    let decided = decided(database, COUNT, Arc::new(SystemClock::new())).await;
    let (_, key) = note_and_key(&decided).await;
    let bytes = made(&decided, &choice(Opened::All, &[])).await.expect("made");
    let report = verified(&bytes, &key);
    assert_eq!(broken(&report), Vec::<&str>::new(), "{:?}", report.violations().kept());
    assert_eq!(report.decisions(), (u64::from(COUNT), u64::from(COUNT), 0));
    let nothing = made(&decided, &choice(Opened::Nothing, &[])).await.expect("made");
    let report = verified(&nothing, &key);
    assert_eq!((report.is_good(), report.decisions()), (true, (u64::from(COUNT), 0, 0)));
    assert!(report.manifest().openings.is_empty());
    let said = report.to_json();
    assert_eq!(at(&said, "not_checked/0/code").as_text(), Some("decisions_unopened"));
}

async fn every_decision_is_decided_again_by_the_law_that_was_known_then(database: TestDatabase) {
    let mut decided = decided(database, 2, Arc::new(SystemClock::new())).await;
    let mut client = DeterminationServiceClient::new(decided.running.channel.clone());
    let county = *POLICIES.last().expect("the county comes last");
    for number in 10..14 {
        // Another document each time.
        let title = "title: 测试政策 T1（默认选项）";
        let changed = county.replacen(title, &format!("{title}，第{}版", number), 1);
        assert_ne!(changed, county);
        publish_policy(&decided.running.channel, 900 + number, &changed).await;
        let answer = client.determine(determine(number)).await.expect("a determination");
        decided.determinations.push(answer.into_inner());
    }
    let (_, key) = note_and_key(&decided).await;
    let bytes = made(&decided, &choice(Opened::All, &[])).await.expect("made");
    for threads in [1, 2] {
        let report = verified_with(&bytes, &key, None, threads).expect("a bundle");
        assert_eq!(broken(&report), Vec::<&str>::new(), "{:?}", report.violations().kept());
        assert_eq!(report.decisions(), (6, 6, 0));
        let laws = report.to_json();
        let laws = at(&laws, "laws").as_list().map(<[Json]>::len);
        assert_eq!(laws, Some(5), "a law names the entries of its documents");
    }
}

async fn a_restricted_case_takes_its_finding_along_and_the_report_says_so(database: TestDatabase) {
    let decided = decided(database, COUNT, Arc::new(SystemClock::new())).await;
    let (_, key) = note_and_key(&decided).await;
    let sample = drawn(&decided, simple(1_010, 3)).await;
    let unit = &sample.strata[0].units[0];
    recorded(
        &decided,
        finding(2_000, &unit.determination, &[pb::FindingOutcome::Correct]),
    )
    .await
    .expect("a finding");
    let (case, _) = unit.determination.split_once("/determinations/").expect("a name");
    let restricted = restrict(2_001, case, pb::CaseScope::Case);
    decided.audit().restrict_case(restricted).await.expect("restricted");
    for opened in [Opened::Sample, Opened::All] {
        let bytes = made(&decided, &choice(opened, &[PERIOD])).await.expect("made");
        let report = verified(&bytes, &key);
        assert_eq!(broken(&report), Vec::<&str>::new(), "{:?}", report.violations().kept());
        assert_eq!(report.findings(), 0);
        let unopened: Vec<_> = report.manifest().unopened.iter().map(|one| one.why.code()).collect();
        assert_eq!(unopened, ["restricted", "restricted"], "the decision and its finding");
        let json = report.to_json();
        assert_eq!(at(&json, "decisions/restricted").as_integer(), Some(1));
        let unchecked = at(&json, "not_checked").as_list().expect("a list");
        let said = unchecked
            .iter()
            .find(|one| at(one, "code").as_text() == Some("findings_unopened"));
        assert_eq!(at(said.expect("it is told"), "count").as_integer(), Some(1));
    }
}

async fn what_a_bundle_cannot_be_made_of_is_refused_with_the_reason(database: TestDatabase) {
    let decided = decided(database, 1, Arc::new(SystemClock::new())).await;
    let undrawn = made(&decided, &choice(Opened::Sample, &[PERIOD])).await;
    assert!(matches!(undrawn, Err(MakeError::NotDrawn(_))), "{undrawn:?}");
    let elsewhere = Choice {
        area: "340322".parse().expect("an area"),
        ..choice(Opened::All, &[])
    };
    assert!(matches!(made(&decided, &elsewhere).await, Err(MakeError::NoLog(_))));
    let (note, _) = note_and_key(&decided).await;
    let forged = Choice {
        previous: Some(note.replacen('1', "2", 9).into_bytes()),
        ..choice(Opened::All, &[])
    };
    assert!(matches!(made(&decided, &forged).await, Err(MakeError::Previous(_))));
    let identity = Choice {
        open_for: OpenFor {
            identity: true,
            ..choice(Opened::All, &[]).open_for
        },
        ..choice(Opened::All, &[])
    };
    let refused = made(&decided, &identity).await;
    assert!(
        matches!(refused, Err(MakeError::App(crate::app::AppError::PermissionDenied))),
        "{refused:?}"
    );
}
