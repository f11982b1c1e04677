//! The checkpoints at which periods close: which of them a sample may take, and what fsck says of those that were taken.

use super::*;
use crate::app::error::Forbidden;
use crate::app::fsck::{Plan, check_public};
use crate::log::fsck::{Finding, Level};

on_both!(
    a_period_closes_at_a_checkpoint_that_the_quorum_has_cosigned,
    fsck_names_a_request_that_closes_by_a_checkpoint_nobody_outside_had_cosigned,
    without_witnesses_a_period_closes_at_the_newest_checkpoint,
);

fn refused_to_close(closed: Result<CheckpointRow, AppError>) -> bool {
    matches!(closed, Err(AppError::NotAllowed { what: Forbidden::Sample, violations })
        if violations[0].description.contains("no quorum"))
}

async fn a_period_closes_at_a_checkpoint_that_the_quorum_has_cosigned(database: TestDatabase) {
    let keys = ring();
    let peers = [Peer::start(1, &keys).await, Peer::start(2, &keys).await];
    let refuses = always(response("403 Forbidden", "")).await;
    let witnesses = [(1, peers[0].url()), (2, peers[1].url()), (3, refuses)];
    let app = app(&database, &keys, watched_by(policy(&witnesses, "2"))).await;
    grown(&app, 2).await;
    let log = app.open_logs().await.expect("readable").remove(0);
    for asked in [None, Some(size(3))] {
        assert!(refused_to_close(app.closing_checkpoint(&log, asked).await), "{asked:?}");
    }
    assert!(round(&app).await.1);
    grow(&app).await.expect("appended");
    for asked in [None, Some(size(3))] {
        let closed = app.closing_checkpoint(&log, asked).await.expect("it is cosigned");
        assert_eq!(closed.size, size(3), "{asked:?}");
    }
    assert!(refused_to_close(app.closing_checkpoint(&log, Some(size(4))).await));
    let never = app.closing_checkpoint(&log, Some(size(1_000))).await;
    assert!(matches!(never, Err(AppError::Invalid(_))), "{never:?}");

    // One of two cosignatures is not a quorum, and a name under a wrong line is nobody.
    let row = |seed: u8, line: String| CosignatureRow {
        size: size(4),
        witness: cosigner(seed).key().name().to_string(),
        line,
    };
    let note = app.store.checkpoint_at(log.log_id, size(4)).await.expect("readable");
    let note = note.expect("signed").note;
    let text = Note::parse(note.as_bytes())
        .expect("a note")
        .unverified_text()
        .to_owned();
    let right = cosigner(1).cosign(&text, 1).expect("a time").to_string();
    let wrong = cosigner(2).cosign("another\n", 1).expect("a time").to_string();
    for row in [row(1, right), row(2, wrong)] {
        app.store.add_cosignature(log.log_id, &row).await.expect("kept");
    }
    assert!(refused_to_close(app.closing_checkpoint(&log, Some(size(4))).await));
    let third = cosigner(3).cosign(&text, 1).expect("a time").to_string();
    app.store
        .add_cosignature(log.log_id, &row(3, third))
        .await
        .expect("kept");
    app.closing_checkpoint(&log, Some(size(4))).await.expect("two of three");
}

async fn fsck_names_a_request_that_closes_by_a_checkpoint_nobody_outside_had_cosigned(database: TestDatabase) {
    let keys = ring();
    let peers = [Peer::start(1, &keys).await, Peer::start(2, &keys).await];
    let policy = policy(&[(1, peers[0].url()), (2, peers[1].url())], "2");
    let app = app(&database, &keys, watched_by(policy.clone())).await;
    let closes_at = |size: u64| format!(r#"{{"checkpoint":{{"size":{size}}}}}"#).into_bytes();
    let request = async |size| {
        let appended = grow_by(&app, EntryKind::SampleRequest, "sample_request", &closes_at(size)).await;
        appended.expect("appended");
    };
    // Before the log had witnesses: entry 2 is not judged.
    grow(&app).await.expect("appended");
    request(2).await;
    let log = app.open_logs().await.expect("readable").remove(0);
    let found = async || {
        let plan = Plan {
            to: Level::Witnesses,
            witnesses: Some(policy.clone()),
            ..Plan::default()
        };
        let logs = app.vault.verifier_keys(&log.origin).expect("a key");
        let report = check_public(&app.store, &log, &logs, &plan, |_| {})
            .await
            .expect("readable");
        let of_witnesses = |finding: &&Finding| finding.level == Level::Witnesses;
        let findings = report.findings.kept().iter().filter(of_witnesses);
        let found: Vec<String> = findings.map(ToString::to_string).collect();
        (found, report.levels[8].checked)
    };
    assert_eq!(found().await, (vec![], 0), "nobody has cosigned anything");
    assert!(round(&app).await.1);
    assert_eq!(found().await, (vec![], 2));
    // Entry 3 closes by what both have cosigned, entry 4 by a head that no witness has seen, entry 5 by one that a
    // single witness has seen.
    request(3).await;
    request(4).await;
    request(5).await;
    let note = app.store.checkpoint_at(log.log_id, size(5)).await.expect("readable");
    let note = Note::parse(note.expect("signed").note.as_bytes()).expect("a note");
    let cosigned = |seed: u8| CosignatureRow {
        size: size(5),
        witness: cosigner(seed).key().name().to_string(),
        line: cosigner(seed)
            .cosign(note.unverified_text(), 1)
            .expect("a time")
            .to_string(),
    };
    app.store.add_cosignature(log.log_id, &cosigned(1)).await.expect("kept");
    let wrong = |index: u64| {
        format!(
            "F8 entry {index}: closes its period by the checkpoint of size {index}, which no quorum of the witnesses \
             has cosigned"
        )
    };
    assert_eq!(found().await, (vec![wrong(4), wrong(5)], 6));
    app.store.add_cosignature(log.log_id, &cosigned(2)).await.expect("kept");
    assert_eq!(found().await, (vec![wrong(4)], 7));
}

async fn without_witnesses_a_period_closes_at_the_newest_checkpoint(database: TestDatabase) {
    let none = TrustPolicy::parse(b"quorum none\n").expect("a policy");
    let keys = ring();
    for watch in [Watch::default(), watched_by(none)] {
        let app = app(&database, &keys, watch).await;
        grown(&app, 2).await;
        let log = app.open_logs().await.expect("readable").remove(0);
        let newest = app.store.newest_checkpoint(log.log_id).await.expect("readable");
        let closed = app.closing_checkpoint(&log, None).await.expect("nobody is asked");
        assert_eq!(Some(closed), newest);
    }
}
