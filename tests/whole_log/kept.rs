//! What F8 finds by itself: lines of witnesses that stand under another log, and a closed epoch that went on.

use doudi::app::fsck::{LevelState, Plan};
use doudi::canonical::Json;
use doudi::log::TreeSize;
use doudi::log::checkpoint::Checkpoint;
use doudi::log::fsck::Level;
use doudi::log::note::{Cosigner, KeyName};
use doudi::log::witness::TrustPolicy;
use doudi::store::CosignatureRow;

use super::synthetic::Synthetic;
use super::whole::{checked, public_plan};
use super::{folder, synthetic};

/// A policy of one witness, and the witness.
fn witnessed() -> (TrustPolicy, Cosigner) {
    let witness = Cosigner::new(KeyName::new("witness.example/1").unwrap(), &[9; 32]);
    let text = format!("witness w {}\nquorum w\n", witness.key());
    (TrustPolicy::parse(text.as_bytes()).unwrap(), witness)
}

/// Stores the cosignature over the head of `of` as one over the head of `log`.
async fn cosign(log: &Synthetic, of: &Synthetic, witness: &Cosigner) {
    let head = Checkpoint {
        origin: of.log.origin.clone(),
        size: TreeSize::new(of.size()).unwrap(),
        root: of.root(),
    };
    let row = CosignatureRow {
        size: head.size,
        witness: witness.key().name().to_string(),
        line: witness.cosign(&head.to_string(), 1).unwrap().to_string(),
    };
    log.store.add_cosignature(log.log.log_id, &row).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cosigned_head_convicts_a_log_that_was_rewritten_or_cut_off() {
    let (first, second) = (folder(), folder());
    let mut log = synthetic(&first).await;
    log.grow(300).await;
    let (policy, witness) = witnessed();
    cosign(&log, &log, &witness).await;
    let plan = Plan {
        to: Level::Witnesses,
        witnesses: Some(policy),
        ..public_plan()
    };
    let report = checked(&log, &plan).await;
    assert_eq!((report.failed(), report.levels[8].checked), (None, 1));

    let mut rewritten = synthetic(&second).await;
    rewritten.engine = "doudi/0.1.1";
    rewritten.grow(300).await;
    cosign(&rewritten, &log, &witness).await;
    let unnamed = Plan {
        witnesses: None,
        ..plan.clone()
    };
    let report = checked(&rewritten, &unnamed).await;
    assert_eq!(report.failed(), None, "nobody says whose line it is");
    let seen = report.levels[8];
    assert!(matches!(seen.state, LevelState::Skipped(_)), "{seen:?}");
    assert_eq!(
        seen.checked, 0,
        "a line that nobody verified is nothing that was looked at"
    );
    let report = checked(&rewritten, &plan).await;
    assert_eq!(report.failed(), Some(Level::Witnesses));
    assert_eq!(report.findings.kept()[0].problem.code(), "COSIGNATURE");

    log.grow(400).await;
    let shorter = folder();
    let mut cut = synthetic(&shorter).await;
    cut.grow(300).await;
    cosign(&cut, &log, &witness).await;
    let report = checked(&cut, &plan).await;
    assert_eq!(report.failed(), Some(Level::Witnesses));
    assert_eq!(report.findings.kept()[0].problem.code(), "SHRUNK");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_epoch_has_exactly_the_head_that_the_next_one_names() {
    let folder = folder();
    let mut log = synthetic(&folder).await;
    log.grow(300).await;
    let url = format!("sqlite:{}", folder.path().join("doudi.sqlite").display());
    let plan = Plan {
        to: Level::Witnesses,
        ..public_plan()
    };
    let mut next = Synthetic::open(&url, "doudi.example/340321/2").await;
    let (origin, root) = (&log.log.origin, log.root());
    let previous = Json::object([
        ("origin", Json::text(origin.to_string())),
        ("root", Json::text(root.to_string())),
        ("size", Json::Int(300)),
    ]);
    let lost = Json::text(log.signer.verifier_key().to_string());
    next.after = vec![("previous", previous), ("lost_key", lost)];
    next.grow(2).await;
    assert_eq!(checked(&next, &plan).await.failed(), None);
    assert_eq!(checked(&log, &plan).await.failed(), None);
    log.grow(301).await;
    let report = checked(&log, &plan).await;
    assert_eq!(report.failed(), Some(Level::Witnesses));
    let finding = &report.findings.kept()[0];
    assert_eq!(finding.problem.code(), "CLOSED");
    assert_eq!(
        finding.place.to_string(),
        "head of size 300 kept by doudi.example/340321/2"
    );
}
