//! What goes beyond one epoch, over the port: findings on decisions of an earlier one, and previews of all of them.

use super::findings::finding;
use super::flow::{AREA, publish};
use super::impact::{STANDARD, asking, standard};
use super::lost_key::replaced;
use super::restored::{app_on, area, decide, run, stop};
use super::samples::{PERIOD, VALUES, by, commit, draw, reasons, reveal, simple};
use super::*;
use crate::api::pb::policy_service_client::PolicyServiceClient;
use crate::api::pb::preview_impact_response::Event;
use crate::app::Caller;
use crate::app::caller::Principal;
use crate::store::conformance::TestDatabase;

/// A server in the second epoch of an area, with a decision in each that stands at the same index of its log.
struct Two {
    running: Running,
    earlier: pb::Determination,
    newer: pb::Determination,
    _database: TestDatabase,
    _folder: tempfile::TempDir,
}

impl Two {
    async fn new() -> Two {
        let (database, folder) = (TestDatabase::sqlite().await, tempfile::tempdir().expect("a folder"));
        let keys = KeyRing::generate(&mut OsEntropy).expect("the system has random bytes");
        let marks = folder.path().join("marks");
        let running = run(app_on(&database.url, &keys, &marks).await).await;
        publish(&running).await;
        let earlier = decide(&running, 1).await.expect("a determination");
        stop(running).await;

        let app = app_on(&database.url, &replaced(&keys), &marks).await;
        let running = run(app.clone()).await;
        let operator = Caller::new("operator".parse::<Principal>().expect("a name"));
        let begun = app.begin_epoch_after_lost_key(&operator, area()).await.expect("done");
        assert!(begun.expect("a lost key").opened.is_some());
        let newer = decide(&running, 2).await.expect("a determination");
        let place = |answer: &pb::DetermineResponse| {
            let acknowledged = answer.acknowledgement.clone().expect("it was recorded");
            (acknowledged.origin, acknowledged.index)
        };
        assert_eq!(place(&earlier), ("test.doudi/340321/1".to_owned(), 7));
        assert_eq!(place(&newer), ("test.doudi/340321/2".to_owned(), 7));
        Two {
            running,
            earlier: earlier.determination.expect("always there"),
            newer: newer.determination.expect("always there"),
            _database: database,
            _folder: folder,
        }
    }

    fn audit(&self) -> AuditServiceClient<Channel> {
        AuditServiceClient::new(self.running.channel.clone())
    }

    /// A round of the new epoch, drawn: its one decision.
    async fn drawn(&self) {
        let mut audit = self.audit();
        let parties = [
            ("audit-firm", pb::PartyRole::Auditor),
            ("operator", pb::PartyRole::Operator),
        ];
        for (number, ((name, role), value)) in (1_000..).zip(parties.into_iter().zip(VALUES)) {
            let request = by(name, commit(number, role, value));
            audit.commit_sample(request).await.expect("committed");
        }
        let request = by("audit-firm", simple(1_010, 1));
        audit.request_sample(request).await.expect("asked");
        for (number, ((name, _), value)) in (1_011..).zip(parties.into_iter().zip(VALUES)) {
            let request = by(name, reveal(number, value));
            audit.reveal_sample(request).await.expect("revealed");
        }
        let sample = audit.draw_sample(by("audit-firm", draw(1_013))).await.expect("drawn");
        let sample = sample.into_inner().sample.expect("always there");
        assert_eq!(sample.strata[0].units[0].determination, self.newer.name);
    }

    async fn recorded(&self, request: pb::RecordFindingRequest) -> Result<String, Status> {
        let answer = self.audit().record_finding(by("audit-firm", request)).await?;
        Ok(answer.into_inner().finding)
    }

    /// Units reviewed, and those overpaid.
    async fn overpaid(&self) -> (u64, u64) {
        let request = pb::EstimateErrorRateRequest {
            area: AREA.to_owned(),
            period: PERIOD.to_owned(),
            confidence_percent: 0,
        };
        let rates = self.audit().estimate_error_rate(request).await.expect("a sample");
        let rates = rates.into_inner();
        let of = |rate: &&pb::ErrorRate| rate.outcome() == pb::FindingOutcome::Overpaid;
        let errors = rates.rates.iter().find(of).map(|rate| rate.errors);
        (rates.reviewed, errors.expect("every kind"))
    }
}

#[tokio::test]
async fn a_finding_on_a_decision_of_an_earlier_epoch_says_nothing_of_the_one_at_its_index_now() {
    use pb::FindingOutcome as Found;
    let two = Two::new().await;
    two.drawn().await;
    let earlier = |number, amends: &str| pb::RecordFindingRequest {
        period: String::new(),
        amends: amends.to_owned(),
        ..finding(number, &two.earlier.name, &[Found::Correct])
    };
    // The sample holds the entry of its index in the new log, which is another one.
    let of_sample = pb::RecordFindingRequest {
        period: PERIOD.to_owned(),
        ..earlier(2_000, "")
    };
    let refused = two.recorded(of_sample).await.expect_err("not of the sample");
    let fields: Vec<String> = reasons(&refused).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["period"]);

    let overpaid = finding(2_001, &two.newer.name, &[Found::Overpaid]);
    two.recorded(overpaid).await.expect("allowed");
    assert_eq!(two.overpaid().await, (1, 1));
    let standing = two.recorded(earlier(2_002, "")).await.expect("allowed");
    assert_eq!(two.overpaid().await, (1, 1), "what was found in the new log stands");

    // The finding stands in the new log, and is what stands for the decision in the old one.
    let unnamed = two.recorded(earlier(2_003, "")).await.expect_err("one stands");
    let fields: Vec<String> = reasons(&unnamed).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["amends"]);
    two.recorded(earlier(2_004, &standing)).await.expect("amended");
    assert_eq!(two.overpaid().await, (1, 1));
    stop(two.running).await;
}

#[tokio::test]
async fn a_preview_recomputes_the_decisions_of_every_epoch_and_goes_on_within_one() {
    let two = Two::new().await;
    let mut policies =
        PolicyServiceClient::new(two.running.channel.clone()).max_encoding_message_size(POLICY_REQUEST_SIZE_MAX_BYTES);
    let both = [(1, two.earlier.name.clone()), (2, two.newer.name.clone())];
    for (start_epoch, start_index, expected) in [(0, 0, &both[..]), (1, 8, &both[1..]), (2, 0, &both[1..]), (2, 8, &[])]
    {
        let request = pb::PreviewImpactRequest {
            start_epoch,
            start_index,
            ..asking(&standard(700), STANDARD)
        };
        let mut events = policies.preview_impact(request).await.expect("a preview").into_inner();
        let (mut decisions, mut reached, mut total) = (Vec::new(), None, None);
        while let Some(message) = events.message().await.expect("no error") {
            match message.event.expect("never empty") {
                Event::Decision(decision) => decisions.push((decision.epoch, decision.determination)),
                Event::Progress(progress) => reached = Some(progress),
                Event::Total(sums) => total = Some(sums),
            }
        }
        assert_eq!(decisions, expected, "from {start_index} of epoch {start_epoch}");
        let total = total.expect("the sums");
        assert_eq!(total.recomputed, expected.len() as u64);
        if let Some(reached) = reached {
            assert_eq!(
                (reached.epoch, reached.scanned, reached.total),
                (2, total.scanned, total.scanned)
            );
        }
    }
    stop(two.running).await;
}
