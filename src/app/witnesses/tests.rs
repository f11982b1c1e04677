//! A log with several witnesses over real ports: good ones, one that is late, one that refuses, one that signs
//! garbage, one that holds another history.

mod closing;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::server::{WitnessServer, serve};
use super::*;
use crate::app::command::{GetCheckpoint, LogName};
use crate::app::entropy::OsEntropy;
use crate::app::high_water::HighWaterFolder;
use crate::app::record::{Asked, NewRecord};
use crate::app::vault::Vault;
use crate::app::{AreaRegister, Watch};
use crate::log::RecordId;
use crate::log::keys::KeyRing;
use crate::log::note::{Cosigner, KeyName};
use crate::log::record::EntryKind;
use crate::log::sequencer::{Clock, LogKeys as _, SystemClock, WITNESS_LAG_MAX_MS};
use crate::store::RequestKey;
use crate::store::conformance::{TestDatabase, on_both};

on_both!(
    every_round_is_cosigned_step_by_step_and_witnessed_by_the_quorum,
    a_witness_that_has_another_size_is_told_the_proof_from_there,
    a_witness_that_is_late_catches_up,
    one_good_witness_stands_among_those_that_refuse_and_sign_garbage,
    a_log_that_is_not_what_its_witness_cosigned_is_read_only,
    one_witness_of_three_alone_stops_nothing,
    where_witnesses_are_required_a_log_waits_for_them,
);

const AREA: &str = "340321";

#[derive(Default)]
struct MovedClock {
    real: SystemClock,
    ahead_ms: AtomicI64,
}

impl Clock for MovedClock {
    fn now_ms(&self) -> i64 {
        self.real.now_ms()
    }

    fn monotonic_ms(&self) -> i64 {
        self.real.monotonic_ms() + self.ahead_ms.load(Ordering::SeqCst)
    }
}

fn ring() -> KeyRing {
    KeyRing::generate(&mut OsEntropy).expect("the system has random bytes")
}

fn copy(keys: &KeyRing) -> KeyRing {
    KeyRing::parse(&keys.to_file()).expect("what it wrote")
}

fn origin() -> Origin {
    Origin::new("doudi.example", AREA.parse().expect("an area"), 1).expect("an origin")
}

async fn app(database: &TestDatabase, keys: &KeyRing, watch: Watch) -> App {
    app_by(Arc::new(MovedClock::default()), database, keys, watch).await
}

async fn app_by(clock: Arc<MovedClock>, database: &TestDatabase, keys: &KeyRing, watch: Watch) -> App {
    let (store, vault) = (database.store().await, Vault::new(copy(keys)));
    App::guarded(
        store,
        vault,
        clock,
        "doudi.example",
        AreaRegister::default(),
        Vec::new(),
        watch,
    )
}

fn watched_by(policy: TrustPolicy) -> Watch {
    Watch {
        witnesses: Some(Witnesses::new(policy).expect("no certificates are needed")),
        ..Watch::default()
    }
}

/// Appends one entry.
async fn grow(app: &App) -> Result<(), AppError> {
    grow_by(app, EntryKind::Policy, "policy", b"{}").await
}

async fn grow_by(app: &App, kind: EntryKind, name: &'static str, document: &[u8]) -> Result<(), AppError> {
    let record_id = RecordId::from_bytes(app.vault.random_id()?);
    let asked = Asked {
        key: RequestKey {
            area: AREA.parse().expect("an area"),
            caller: "tests".to_owned(),
            request_id: record_id.to_string(),
        },
        command: Vec::new(),
        trace_id: None,
    };
    let new = NewRecord {
        kind,
        law: None,
        documents: vec![(name, document.to_vec())],
        case: None,
        sets_spans: false,
        persons: Vec::new(),
        policy: None,
    };
    let appended = app.append(&asked, record_id, new).await?;
    assert!(appended.is_ok(), "nobody else is there");
    Ok(())
}

async fn grown(app: &App, count: u32) {
    for _ in 0..count {
        grow(app).await.expect("appended");
    }
}

fn cosigner(seed: u8) -> Cosigner {
    let name = KeyName::new(format!("witness.example/{seed}")).expect("a name");
    Cosigner::new(name, &[seed; 32])
}

/// A witness of ours on a port.
struct Peer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    folder: tempfile::TempDir,
}

impl Peer {
    async fn start(seed: u8, keys: &KeyRing) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Peer::on(listener, seed, keys, tempfile::tempdir().expect("a folder")).await
    }

    async fn on(listener: TcpListener, seed: u8, keys: &KeyRing, folder: tempfile::TempDir) -> Peer {
        let address = listener.local_addr().expect("bound");
        let logs = Vault::new(copy(keys)).verifier_keys(&origin()).expect("a key");
        let state = HighWaterFolder::open(folder.path()).expect("readable");
        let witness = WitnessServer::new(cosigner(seed), logs, Arc::new(SystemClock::new()), Arc::new(state));
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { drop(stopped.await) };
        let task = tokio::spawn(serve(listener, Arc::new(witness), stopped));
        Peer {
            address,
            stop,
            task,
            folder,
        }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Ends it and starts it again on what it remembers.
    async fn restart(self, seed: u8, keys: &KeyRing) -> Peer {
        self.stop.send(()).expect("it runs");
        self.task.await.expect("no panic");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Peer::on(listener, seed, keys, self.folder).await
    }
}

/// Something that answers every request alike.
async fn always(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 16 * 1024];
                let pause = std::time::Duration::from_millis(100);
                while let Ok(Ok(1..)) = tokio::time::timeout(pause, stream.read(&mut request)).await {}
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    format!("http://{address}")
}

fn response(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// A policy of these witnesses; `wanted` of them are the quorum.
fn policy(witnesses: &[(u8, String)], wanted: &str) -> TrustPolicy {
    let mut text = String::new();
    let mut names = String::new();
    for (seed, url) in witnesses {
        text += &format!("witness w{seed} {} {url}\n", cosigner(*seed).key());
        names += &format!(" w{seed}");
    }
    text += &format!("group g {wanted}{names}\nquorum g\n");
    TrustPolicy::parse(text.as_bytes()).expect("a policy")
}

/// One round of one log: what each witness did, and whether the quorum is met.
async fn round(app: &App) -> (Vec<Submission>, bool) {
    let round = app.witness_round().await.expect("readable").remove(0);
    let submissions = round
        .submissions
        .into_iter()
        .map(|(_, submission)| submission)
        .collect();
    (submissions, round.witnessed)
}

fn size(size: u64) -> TreeSize {
    TreeSize::new(size).expect("small")
}

async fn checkpoint(app: &App) -> crate::app::result::CheckpointRead {
    let log = LogName {
        area: AREA.parse().expect("an area"),
        epoch: None,
    };
    app.get_checkpoint(GetCheckpoint { log, tree_size: None })
        .await
        .expect("readable")
}

async fn every_round_is_cosigned_step_by_step_and_witnessed_by_the_quorum(database: TestDatabase) {
    let keys = ring();
    let peers = [Peer::start(1, &keys).await, Peer::start(2, &keys).await];
    let witnesses = [(1, peers[0].url()), (2, peers[1].url())];
    let app = app(&database, &keys, watched_by(policy(&witnesses, "all"))).await;
    assert_eq!(app.witness_round().await.expect("readable"), [], "there is no log yet");
    let mut expected = 1;
    for count in [1, 3, 0, 8] {
        grown(&app, count).await;
        expected += u64::from(count);
        assert_eq!(
            round(&app).await,
            (vec![Submission::Cosigned, Submission::Cosigned], true)
        );
        let read = checkpoint(&app).await;
        assert_eq!((read.tree_size, read.witnessed_size), (size(expected), size(expected)));
        let note = Note::parse(read.cosigned_note.as_bytes()).expect("a note");
        for seed in [1, 2] {
            let (witness, text) = (cosigner(seed), note.unverified_text());
            let cosigned = note
                .signatures()
                .iter()
                .any(|line| witness.key().cosigned_at(text, line).is_some());
            assert!(cosigned, "witness {seed}");
        }
        assert!(
            read.cosigned_note.starts_with(&read.note),
            "the log's own lines stand first"
        );
    }
    grown(&app, 1).await;
    let read = checkpoint(&app).await;
    assert_eq!(
        (read.tree_size, read.witnessed_size),
        (size(14), size(13)),
        "included, not witnessed yet"
    );
    let states = app.sequencer.vigil().states();
    assert_eq!(states[0].witnessed, size(13));
    assert!(states[0].lag_ms.is_some());
}

async fn a_witness_that_has_another_size_is_told_the_proof_from_there(database: TestDatabase) {
    let keys = ring();
    let peer = Peer::start(1, &keys).await;
    let app = app(&database, &keys, watched_by(policy(&[(1, peer.url())], "all"))).await;
    grown(&app, 4).await;
    // Somebody else submits the checkpoint: the log does not know that the witness has it.
    let http = WitnessHttp::new(false).expect("a client");
    let first = AddCheckpoint {
        old: TreeSize::EMPTY,
        proof: Vec::new(),
        note: checkpoint(&app).await.note,
    };
    let answer = http.add_checkpoint(&peer.url(), &first).await.expect("an answer");
    assert!(matches!(answer, Answer::Lines(_)), "{answer:?}");
    let answer = http.add_checkpoint(&peer.url(), &first).await.expect("an answer");
    assert_eq!(
        answer,
        Answer::Conflict(size(5)),
        "the protocol's word for an old size that is wrong"
    );
    grown(&app, 3).await;
    assert_eq!(round(&app).await, (vec![Submission::Cosigned], true));
    assert_eq!(checkpoint(&app).await.witnessed_size, size(8));
}

async fn a_witness_that_is_late_catches_up(database: TestDatabase) {
    let keys = ring();
    let good = Peer::start(1, &keys).await;
    // A port on which nobody listens yet.
    let reserved = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let late = reserved.local_addr().expect("bound");
    drop(reserved);
    let witnesses = [(1, good.url()), (2, format!("http://{late}"))];
    let app = app(&database, &keys, watched_by(policy(&witnesses, "all"))).await;
    for _ in 0..2 {
        grown(&app, 2).await;
        assert_eq!(
            round(&app).await,
            (vec![Submission::Cosigned, Submission::Silent], false)
        );
        assert_eq!(checkpoint(&app).await.witnessed_size, TreeSize::EMPTY);
    }
    let listener = TcpListener::bind(late).await.expect("the port is free");
    let _late = Peer::on(listener, 2, &keys, tempfile::tempdir().expect("a folder")).await;
    assert_eq!(
        round(&app).await,
        (vec![Submission::Cosigned, Submission::Cosigned], true)
    );
    assert_eq!(checkpoint(&app).await.witnessed_size, size(5));
}

async fn one_good_witness_stands_among_those_that_refuse_and_sign_garbage(database: TestDatabase) {
    let keys = ring();
    let good = Peer::start(1, &keys).await;
    let refuses = always(response("403 Forbidden", "")).await;
    let other_text = cosigner(3)
        .cosign("another checkpoint\n1\nAAAA\n", 1_700_000_000)
        .expect("a time");
    let garbage = always(response("200 OK", &format!("{other_text}\n"))).await;
    let foreign = cosigner(9).cosign("x\n", 1).expect("a time");
    let foreign = always(response("200 OK", &format!("{foreign}\n"))).await;
    let noise = always(response("200 OK", "this is no signature line\n")).await;
    let witnesses = [(1, good.url()), (2, refuses), (3, garbage), (4, foreign), (5, noise)];
    let app = app(&database, &keys, watched_by(policy(&witnesses, "any"))).await;
    grown(&app, 2).await;
    let expected = vec![
        Submission::Cosigned,
        Submission::Refused(403),
        Submission::Unsigned,
        Submission::Unsigned,
        Submission::Silent,
    ];
    assert_eq!(round(&app).await, (expected, true));
    let log = app.open_logs().await.expect("readable").remove(0);
    let kept = app.store.cosignatures_at(log.log_id, size(3)).await.expect("readable");
    assert_eq!(kept.len(), 1, "nothing of the others is kept");
    grow(&app).await.expect("the log goes on");
}

async fn a_log_that_is_not_what_its_witness_cosigned_is_read_only(database: TestDatabase) {
    let keys = ring();
    let mut peer = Peer::start(1, &keys).await;
    // The log as it was, in a database that is lost.
    let lost = TestDatabase::sqlite().await;
    let before = app(&lost, &keys, watched_by(policy(&[(1, peer.url())], "all"))).await;
    grown(&before, 5).await;
    assert_eq!(round(&before).await, (vec![Submission::Cosigned], true));
    peer = peer.restart(1, &keys).await;

    // The same log in another database: shorter, as long, longer. No mark of this machine says otherwise.
    let fork = app(&database, &keys, Watch::default()).await;
    for (count, witness_size) in [(3, 6), (2, 6), (4, 6)] {
        grown(&fork, count).await;
        let again = app(&database, &keys, watched_by(policy(&[(1, peer.url())], "all"))).await;
        assert_eq!(
            round(&again).await,
            (vec![Submission::Disagrees(size(witness_size))], false)
        );
        let refused = grow(&again).await;
        assert!(matches!(refused, Err(AppError::LogRolledBack)), "{refused:?}");
        assert_eq!(again.sequencer.rolled_back()[0].seen.size, size(witness_size));
        assert!(checkpoint(&again).await.tree_size > size(1), "reads go on");
    }
}

async fn one_witness_of_three_alone_stops_nothing(database: TestDatabase) {
    let keys = ring();
    let peers = [Peer::start(1, &keys).await, Peer::start(2, &keys).await];
    let liar = always(response("409 Conflict", "1000000\n")).await;
    let witnesses = [(1, peers[0].url()), (2, peers[1].url()), (3, liar)];
    let app = app(&database, &keys, watched_by(policy(&witnesses, "2"))).await;
    grown(&app, 2).await;
    let disagrees = Submission::Disagrees(size(1_000_000));
    assert_eq!(
        round(&app).await,
        (vec![Submission::Cosigned, Submission::Cosigned, disagrees], true)
    );
    grow(&app).await.expect("two of three have seen the log");
}

async fn where_witnesses_are_required_a_log_waits_for_them(database: TestDatabase) {
    let keys = ring();
    let reserved = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = reserved.local_addr().expect("bound");
    drop(reserved);
    let mut watch = watched_by(policy(&[(1, format!("http://{address}"))], "all"));
    watch.guards.witnesses_required = true;
    let clock = Arc::new(MovedClock::default());
    let app = app_by(clock.clone(), &database, &keys, watch).await;
    grown(&app, 2).await;
    assert_eq!(round(&app).await, (vec![Submission::Silent], false));
    clock.ahead_ms.store(WITNESS_LAG_MAX_MS + 1_000, Ordering::SeqCst);
    let refused = grow(&app).await;
    assert!(matches!(refused, Err(AppError::NotWitnessed)), "{refused:?}");
    let listener = TcpListener::bind(address).await.expect("the port is free");
    let _peer = Peer::on(listener, 1, &keys, tempfile::tempdir().expect("a folder")).await;
    assert_eq!(round(&app).await, (vec![Submission::Cosigned], true));
    grow(&app).await.expect("the witness has seen the log");
}
