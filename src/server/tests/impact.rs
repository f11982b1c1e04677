//! P33 and PreviewImpact over the port, on both databases: what a document shadows, and what another would change.

use super::flow::{AREA, POLICIES, day, publication, request_id, v01};
use super::*;
use crate::api::pb::policy_service_client::PolicyServiceClient;
use crate::api::pb::preview_impact_response::Event;
use crate::api::pb::review_service_client::ReviewServiceClient;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    a_changed_standard_is_added_up_by_hand,
    a_changed_minimum_wage_concerns_the_months_until_the_next_review,
    decisions_that_come_out_the_same_are_not_listed,
    a_preview_goes_on_where_it_stopped_and_appends_nothing,
    a_preview_reads_nothing_of_a_restricted_case_and_counts_its_decisions,
    a_superior_document_lists_what_stands_against_it_below,
);

const T1: &str = POLICIES[5];
const ANHUI: &str = POLICIES[3];
const NATION: &str = POLICIES[2];

/// A server on a database of the test, with the policies of T1 and two cases.
struct World {
    running: Running,
    policies: PolicyServiceClient<Channel>,
    _database: TestDatabase,
}

/// What a preview answered.
#[derive(Default)]
struct Previewed {
    decisions: Vec<pb::ImpactedDecision>,
    progress: Vec<pb::ImpactProgress>,
    total: Option<pb::ImpactTotal>,
}

impl World {
    async fn new(database: TestDatabase) -> World {
        let running = start_on(&database.url).await;
        let policies =
            PolicyServiceClient::new(running.channel.clone()).max_encoding_message_size(POLICY_REQUEST_SIZE_MAX_BYTES);
        let mut world = World {
            running,
            policies,
            _database: database,
        };
        for (number, source) in (900..).zip(POLICIES) {
            world
                .publish(number, source, pb::Language::English)
                .await
                .expect("a policy that is right");
        }
        world
    }

    async fn publish(
        &mut self,
        number: u32,
        source: &str,
        language: pb::Language,
    ) -> Result<pb::PublishPolicyResponse, Status> {
        let request = pb::PublishPolicyRequest {
            language: language.into(),
            ..publication(number, source)
        };
        Ok(self.policies.publish_policy(request).await?.into_inner())
    }

    /// Case A: three members without income from 2021-09; one works from 2021-10 on, reviewed in October and again in
    /// July. Case B: 900 yuan a month, decided once.
    async fn decide(&mut self) {
        let mut determinations = DeterminationServiceClient::new(self.running.channel.clone());
        let mut reviews = ReviewServiceClient::new(self.running.channel.clone());
        let mut without_income = v01();
        members(&mut without_income)[0].incomes.clear();
        let determine = |number: u32, input: pb::DecisionInput| pb::DetermineRequest {
            request_id: request_id(number),
            area: AREA.to_owned(),
            input: Some(input),
            ..Default::default()
        };
        let first = determinations
            .determine(determine(1, without_income.clone()))
            .await
            .expect("decided");
        let case = amount(first.into_inner().determination, 195_000).case;
        let other = determinations.determine(determine(2, v01())).await.expect("decided");
        amount(other.into_inner().determination, 105_000);
        for (number, decided, month, fen) in [
            (3, day(2021, 10, 25), day(2021, 10, 0), 59_000),
            (4, day(2022, 7, 20), day(2022, 7, 0), 66_500),
        ] {
            let mut input = without_income.clone();
            input.decision_date = decided;
            input.month = month;
            let facts = input.facts.as_mut().expect("facts");
            facts.notice = Some(pb::NoticeFacts {
                reasons_written: Some(true),
                source: String::new(),
            });
            members(&mut input)[1].jobs = vec![pb::Job {
                id: "j1".to_owned(),
                start: day(2021, 10, 8),
                place: Some(AREA.to_owned()),
                wage_fen: Some(200_000),
                ..Default::default()
            }];
            let review = pb::ReviewRequest {
                request_id: request_id(number),
                case: case.clone(),
                cause: pb::Cause::Review.into(),
                input: Some(input),
                ..Default::default()
            };
            let reviewed = reviews.review(review).await.expect("reviewed").into_inner();
            amount(reviewed.determination, fen);
        }
    }

    async fn preview(&mut self, request: pb::PreviewImpactRequest) -> Result<Previewed, Status> {
        let mut events = self.policies.preview_impact(request).await?.into_inner();
        let mut found = Previewed::default();
        while let Some(message) = events.message().await? {
            assert!(found.total.is_none(), "nothing follows the sums");
            match message.event.expect("never empty") {
                Event::Decision(decision) => found.decisions.push(decision),
                Event::Progress(progress) => found.progress.push(progress),
                Event::Total(total) => found.total = Some(total),
            }
        }
        Ok(found)
    }

    async fn size(&self) -> u64 {
        let request = pb::GetCheckpointRequest {
            area: AREA.to_owned(),
            ..Default::default()
        };
        let checkpoint = AuditServiceClient::new(self.running.channel.clone())
            .get_checkpoint(request)
            .await;
        checkpoint.expect("a checkpoint").into_inner().tree_size
    }
}

fn members(input: &mut pb::DecisionInput) -> &mut Vec<pb::Member> {
    &mut input.facts.as_mut().expect("facts").members
}

fn amount(determination: Option<pb::Determination>, fen: i64) -> pb::Determination {
    let determination = determination.expect("always there");
    let household = determination.household.as_ref().expect("always there");
    assert_eq!(
        (household.outcome(), household.amount_fen),
        (pb::Outcome::Dibao, Some(fen)),
        "{household:?}"
    );
    determination
}

pub(super) fn asking(source: &str, uses: &[(pb::ImpactUseKind, &str, &str)]) -> pb::PreviewImpactRequest {
    let uses = uses.iter().map(|(kind, id, row)| pb::ImpactUse {
        kind: (*kind).into(),
        id: (*id).to_owned(),
        row: (*row).to_owned(),
    });
    pb::PreviewImpactRequest {
        area: AREA.to_owned(),
        sources: vec![source.to_owned()],
        uses: uses.collect(),
        through: day(2022, 12, 0),
        ..Default::default()
    }
}

fn edited(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}

pub(super) fn standard(yuan: u32) -> String {
    edited(T1, "for: rural, value: 650元", &format!("for: rural, value: {yuan}元"))
}

pub(super) const STANDARD: &[(pb::ImpactUseKind, &str, &str)] = &[(pb::ImpactUseKind::Parameter, "dibao_standard", "")];

/// First and last month of a decision, and its fen too much and too little.
fn sums(decision: &pb::ImpactedDecision) -> (String, String, i64, i64) {
    let month = |at: Option<&pb::ImpactMonth>| {
        let month = at.and_then(|month| month.month).expect("months");
        format!("{}-{:02}", month.year, month.month)
    };
    (
        month(decision.months.first()),
        month(decision.months.last()),
        decision.overpaid_fen,
        decision.underpaid_fen,
    )
}

/// 50 yuan more for each of three persons are 150 yuan a month: two cases, 16 months.
async fn a_changed_standard_is_added_up_by_hand(database: TestDatabase) {
    let mut world = World::new(database).await;
    world.decide().await;
    let found = world
        .preview(asking(&standard(700), STANDARD))
        .await
        .expect("a preview");
    let expected = [
        ("2021-09", "2021-10", 30_000),
        ("2021-09", "2022-12", 240_000),
        ("2021-11", "2022-07", 135_000),
        ("2022-08", "2022-12", 75_000),
    ];
    let expected = expected.map(|(first, last, fen)| (first.to_owned(), last.to_owned(), 0, fen));
    assert_eq!(found.decisions.iter().map(sums).collect::<Vec<_>>(), expected);
    let second = &found.decisions[1];
    let amounts = [&second.recorded, &second.alternative].map(|side| side.as_ref().and_then(|side| side.amount_fen));
    assert_eq!(amounts, [Some(105_000), Some(120_000)]);
    assert_eq!(
        (second.months[0].recorded_fen, second.months[0].alternative_fen),
        (105_000, 120_000)
    );
    assert!(
        found
            .decisions
            .iter()
            .all(|decision| decision.determination.starts_with("areas/340321/cases/"))
    );
    let total = found.total.expect("the sums");
    assert_eq!((total.recomputed, total.impacted, total.erased), (4, 4, 0));
    assert_eq!((total.overpaid_fen, total.underpaid_fen), (0, 480_000));
    assert_eq!(total.months.len(), 16);
    assert!(
        total
            .months
            .iter()
            .all(|month| (month.decisions, month.underpaid_fen) == (2, 30_000))
    );

    // The other way round, and by a document that is published by now and later than every decision.
    let lower = world
        .publish(10, &standard(600), pb::Language::English)
        .await
        .expect("it passes");
    let published = pb::PreviewImpactRequest {
        sources: Vec::new(),
        policies: vec![lower.policy.expect("published").name],
        ..asking("", STANDARD)
    };
    let total = world
        .preview(published)
        .await
        .expect("a preview")
        .total
        .expect("the sums");
    assert_eq!((total.overpaid_fen, total.underpaid_fen), (480_000, 0));
}

/// Half of 120 yuan more is deducted: 60 yuan a month from November to the review of July.
async fn a_changed_minimum_wage_concerns_the_months_until_the_next_review(database: TestDatabase) {
    let mut world = World::new(database).await;
    world.decide().await;
    let higher = edited(
        ANHUI,
        "from: 2018-11-01, until: 2021-12-02, value: 1280元",
        "from: 2018-11-01, until: 2021-12-02, value: 1400元",
    );
    let parameter = pb::ImpactUseKind::Parameter;
    let row = "minimum_wage_340321_2018-11-01";
    for (uses, recomputed) in [
        (vec![(parameter, "minimum_wage", row)], 1),
        (vec![(parameter, "minimum_wage", "")], 2),
        (vec![(pb::ImpactUseKind::Clause, "half_minimum_wage", "")], 2),
        (vec![], 4),
    ] {
        let found = world.preview(asking(&higher, &uses)).await.expect("a preview");
        let expected = [("2021-11".to_owned(), "2022-07".to_owned(), 0, 54_000)];
        assert_eq!(found.decisions.iter().map(sums).collect::<Vec<_>>(), expected);
        let total = found.total.expect("the sums");
        assert_eq!((total.recomputed, total.impacted), (recomputed, 1));
    }
    let misspelt = asking(&higher, &[(parameter, "minimum_wages", "")]);
    let error = world.preview(misspelt).await.err().expect("no such parameter");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::InvalidArgument, "REQUEST_INVALID")
    );
}

async fn decisions_that_come_out_the_same_are_not_listed(database: TestDatabase) {
    let mut world = World::new(database).await;
    world.decide().await;
    // The wage is far above half the minimum wage: whether the deduction is capped by it changes nothing.
    let uncapped = edited(
        T1,
        "parameters:\n",
        "choices:\n  P10: {option: uncapped, by: 县, cite: t1}\nparameters:\n",
    );
    let choice = [(pb::ImpactUseKind::Choice, "P10", "")];
    let found = world.preview(asking(&uncapped, &choice)).await.expect("a preview");
    let total = found.total.expect("the sums");
    assert_eq!((found.decisions.len(), total.recomputed, total.impacted), (0, 2, 0));
    assert_eq!((total.overpaid_fen, total.underpaid_fen, total.months.len()), (0, 0, 0));
    // Open entitlements are compared until the month that the caller gives, and none before they begin.
    for (through, fen) in [
        (day(2021, 8, 0), 0),
        (day(2021, 9, 0), 30_000),
        (day(2021, 11, 0), 90_000),
    ] {
        let request = pb::PreviewImpactRequest {
            through,
            ..asking(&standard(700), STANDARD)
        };
        let total = world
            .preview(request)
            .await
            .expect("a preview")
            .total
            .expect("the sums");
        assert_eq!((total.underpaid_fen, total.impacted), (fen, 4), "{through:?}");
    }
}

async fn a_preview_reads_nothing_of_a_restricted_case_and_counts_its_decisions(database: TestDatabase) {
    let mut world = World::new(database).await;
    world.decide().await;
    let whole = world
        .preview(asking(&standard(700), STANDARD))
        .await
        .expect("a preview");
    let case = |decision: &pb::ImpactedDecision| {
        let (case, _) = decision.determination.split_once("/determinations/").expect("a name");
        case.to_owned()
    };
    let restricted = case(&whole.decisions[0]);
    let restrict = super::restriction::restrict(50, &restricted, pb::CaseScope::Case);
    let mut audit = AuditServiceClient::new(world.running.channel.clone());
    audit.restrict_case(restrict).await.expect("recorded");
    let found = world
        .preview(asking(&standard(700), STANDARD))
        .await
        .expect("a preview");
    assert!(found.decisions.iter().all(|decision| case(decision) != restricted));
    let total = found.total.expect("the sums");
    assert_eq!(
        (total.recomputed, total.impacted, total.restricted, total.erased),
        (1, 1, 3, 0)
    );
    let lift = super::restriction::lift(51, &restricted);
    audit.lift_restriction(lift).await.expect("it is restricted");
    let again = world
        .preview(asking(&standard(700), STANDARD))
        .await
        .expect("a preview");
    assert_eq!(again.decisions, whole.decisions);
}

async fn a_preview_goes_on_where_it_stopped_and_appends_nothing(database: TestDatabase) {
    let mut world = World::new(database).await;
    world.decide().await;
    let size = world.size().await;
    let whole = world
        .preview(asking(&standard(700), STANDARD))
        .await
        .expect("a preview");
    let last = whole.progress.last().expect("progress");
    assert_eq!((last.scanned, last.total, last.next_index), (size, size, size));
    let cut = whole.decisions[1].index + 1;
    let (mut decisions, mut fen) = (Vec::new(), 0);
    for (start, end) in [(0, Some(cut)), (cut, None)] {
        let request = pb::PreviewImpactRequest {
            start_area: AREA.to_owned(),
            start_index: start,
            end_index: end,
            ..asking(&standard(700), STANDARD)
        };
        let part = world.preview(request).await.expect("a preview");
        let last = part.progress.last().expect("progress");
        assert_eq!(last.next_index, end.unwrap_or(size));
        decisions.extend(part.decisions);
        fen += part.total.expect("the sums").underpaid_fen;
    }
    assert_eq!(decisions, whole.decisions);
    assert_eq!(fen, 480_000);
    // A superior area is all its counties.
    let of_city = pb::PreviewImpactRequest {
        area: "340300".to_owned(),
        ..asking(&standard(700), STANDARD)
    };
    assert_eq!(
        world.preview(of_city).await.expect("a preview").decisions,
        whole.decisions
    );
    assert_eq!(world.size().await, size, "nothing was appended");

    let broken = asking(
        &edited(T1, "for: rural, value: 650元", "for: rural, value: 650"),
        STANDARD,
    );
    let error = world.preview(broken).await.err().expect("money without its unit");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::InvalidArgument, "POLICY_INVALID")
    );
    let nothing = pb::PreviewImpactRequest {
        sources: Vec::new(),
        ..asking("", STANDARD)
    };
    let error = world.preview(nothing).await.err().expect("no document");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::InvalidArgument, "REQUEST_INVALID")
    );
}

async fn a_superior_document_lists_what_stands_against_it_below(database: TestDatabase) {
    let mut world = World::new(database).await;
    let renamed = edited(NATION, "title: 全国规则", "title: 全国规则（再次发布）");
    let answer = world
        .publish(20, &renamed, pb::Language::Chinese)
        .await
        .expect("it passes");
    let deduction = answer.shadows.iter().find(|shadow| shadow.id == "employment_deduction");
    let deduction = deduction.unwrap_or_else(|| panic!("{:?}", answer.shadows));
    assert_eq!(
        (deduction.kind(), deduction.prevails()),
        (pb::ShadowKind::Clause, pb::ShadowPrevails::Overrides)
    );
    assert_eq!(deduction.basis, "mca57#13");
    let below = deduction.subordinate.as_ref().expect("always there");
    assert_eq!(
        (below.policy.as_str(), below.document_area.as_str()),
        ("bengbu", "340300")
    );
    assert!(below.instrument.starts_with("蚌民〔2021〕166号"), "{below:?}");
    assert_eq!((below.effective_from, below.effective_until), (day(2021, 7, 1), None));
    let above = deduction.superior.as_ref().expect("always there");
    assert!(above.instrument.starts_with("民发〔2021〕57号"), "{above:?}");
    assert!(deduction.words.contains("声明取代"), "{}", deduction.words);

    // A clause that Bengbu has already, without a word on which of the two holds: nothing is published.
    let colliding = edited(
        NATION,
        "\noutcomes:\n",
        "\n  - {id: job_first_month, name: 就业首月, scope: job, unit: month, cite: mca57#13, value: 月(就业开始日)}\noutcomes:\n",
    );
    let size = world.size().await;
    let error = world
        .publish(21, &colliding, pb::Language::English)
        .await
        .expect_err("a collision");
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::InvalidArgument, "POLICY_INVALID")
    );
    let details = error.get_details_bad_request().expect("mistakes");
    let told: Vec<&str> = details
        .field_violations
        .iter()
        .map(|found| found.description.as_str())
        .collect();
    let words = told
        .iter()
        .find(|words| words.starts_with("clause job_first_month: nation of 100000"));
    let words = words.unwrap_or_else(|| panic!("{told:?}"));
    assert!(
        words.contains("bengbu of 340300") && words.contains("neither says"),
        "{words}"
    );
    assert_eq!(world.size().await, size);
}
