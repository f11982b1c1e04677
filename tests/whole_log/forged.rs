//! Whoever holds every key of the service writes entries past it: what is right passes, what is false is seen.

use std::sync::Arc;

use doudi::app::Caller;
use doudi::app::caller::Principal;
use doudi::app::command::{GetEntry, LogName};
use doudi::app::fsck::Plan;
use doudi::app::result::Acknowledged;
use doudi::app::vault::Vault;
use doudi::canonical::Json;
use doudi::log::fsck::Level;
use doudi::log::keys::KeyRing;
use doudi::log::record::{CaseKeys, Entry, EntryKind, LawUsed, Place, Salt, WrittenDocument, seal, write_documents};
use doudi::log::sequencer::{AppendError, Effects, Item, Sequencer, SystemClock, SystemEntropy};
use doudi::log::{LogIndex, RecordId};
use doudi::store::{DataKeyRow, RequestKey};

use super::damage::Copy;
use super::folder;
use super::real::{AREA, DOMAIN, Real};
use super::tampered::fsck;

async fn real(folder: &tempfile::TempDir) -> Real {
    Real::decided(&format!("sqlite:{}", folder.path().join("doudi.sqlite").display())).await
}

fn new_record_id() -> RecordId {
    RecordId::from_bytes(*uuid::Uuid::new_v4().as_bytes())
}

/// What goes into a forged entry.
struct Forged {
    record_id: RecordId,
    kind: EntryKind,
    law: Option<LawUsed>,
    request: (String, String),
    documents: Vec<WrittenDocument>,
    keys: CaseKeys,
}

/// Appends an entry under the service's own keys.
async fn append(real: &Real, forged: Forged) {
    let rows = [&forged.keys.identity, &forged.keys.content].map(|(key_ref, key)| {
        let (kek_id, wrapped) = real.ring.wrap(key, *key_ref, &mut SystemEntropy).unwrap();
        DataKeyRow {
            key_ref: key_ref.to_string(),
            wrapped: Some(wrapped),
            kek_id: kek_id.to_string(),
            retain_until: None,
            destroyed_ms: None,
        }
    });
    let (caller, request_id) = forged.request;
    let item = Item {
        request: RequestKey {
            area: AREA.parse().unwrap(),
            caller,
            request_id,
        },
        request_digest: real.ring.request_digest(b"forged"),
        record_id: forged.record_id,
        kind: forged.kind,
        law: forged.law,
        engine: "doudi/0.1.0".to_owned(),
        documents: forged.documents,
        data_keys: rows.to_vec(),
        case_id: None,
        case: None,
        case_seen: None,
        persons: Vec::new(),
        policy: None,
        effects: Effects::default(),
        trace_id: None,
    };
    let vault = Arc::new(Vault::new(real.ring.clone()));
    let sequencer = Sequencer::new(
        real.store.clone(),
        vault,
        Arc::new(SystemClock::new()),
        DOMAIN,
        "doudi/0.1.0",
    );
    // A busy machine may take longer to sign than the head's lock allows.
    while let Err(error) = sequencer.append(item.clone()).await {
        assert!(matches!(error, AppendError::Signing), "{error}");
    }
    sequencer.close().await;
}

/// A determination with its documents, as the service gives it.
async fn read(real: &Real, index: u64) -> Acknowledged {
    let command = GetEntry {
        log: LogName {
            area: AREA.parse().unwrap(),
            epoch: None,
        },
        index: LogIndex::new(index).unwrap(),
        include_documents: true,
    };
    real.app
        .get_entry(&Caller::new(Principal::anonymous()), command)
        .await
        .unwrap()
        .acknowledged
}

/// A determination with a larger amount than its facts and its law give.
async fn false_determination(real: &Real) -> Forged {
    let read = read(real, real.lone().await.0).await;
    let content = |name: &str| {
        let document = read.documents.iter().find(|document| document.name == name).unwrap();
        String::from_utf8(document.content.clone()).unwrap()
    };
    let request_id = uuid::Uuid::new_v4().to_string();
    let mut facts = Json::parse(content("facts").as_bytes())
        .unwrap()
        .as_object()
        .unwrap()
        .clone();
    facts.insert("request_id".to_owned(), Json::text(request_id.as_str()));
    let caller = facts["caller"].as_text().unwrap().to_owned();
    let facts = Json::Object(facts).to_bytes();
    let determination = content("determination").replace("105000", "205000");
    assert_ne!(determination, content("determination"), "the amount stands in it");
    let frame = content("frame");
    let documents = [
        ("facts", facts.as_slice()),
        ("determination", determination.as_bytes()),
        ("frame", frame.as_bytes()),
    ];
    let (record_id, kind) = (new_record_id(), EntryKind::Determination);
    let keys = KeyRing::new_case_keys(&mut SystemEntropy).unwrap();
    let area = AREA.parse().unwrap();
    Forged {
        documents: write_documents(kind, area, record_id, &documents, Some(&keys), &mut SystemEntropy).unwrap(),
        record_id,
        kind,
        law: Entry::parse(&read.entry).unwrap().law().cloned(),
        request: (caller, request_id),
        keys,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_false_determination_written_with_every_key_is_seen_when_it_is_decided_again() {
    let folder = folder();
    let real = real(&folder).await;
    let forged = false_determination(&real).await;
    append(&real, forged).await;
    let last = real.size().await - 1;
    real.store.close().await;
    let report = fsck(&real.url, &real.ring, &Plan::default()).await;
    let found: Vec<String> = report.findings.kept().iter().map(ToString::to_string).collect();
    assert_eq!((report.failed(), found.len()), (Some(Level::Replay), 1), "{found:?}");
    let expected = format!("F9 entry {last}: differs when it is decided again, because of the engine at ");
    assert!(found[0].starts_with(&expected), "{found:?}");
}

/// An ERASURE entry that names a data key, in a document under a key of its own.
fn erasure(key_ref: &str) -> Forged {
    let (record_id, kind) = (new_record_id(), EntryKind::Erasure);
    let keys = KeyRing::new_case_keys(&mut SystemEntropy).unwrap();
    let body = Json::object([("keys", Json::List(vec![Json::text(key_ref)]))]).to_bytes();
    let (name, salt) = ("erased".parse().unwrap(), Salt::draw(&mut SystemEntropy).unwrap());
    let place = Place {
        area: AREA.parse().unwrap(),
        record_id,
        name: &name,
    };
    let (key_of, key) = &keys.content;
    let (commitment, stored) = seal(key, place, &salt, &body, &mut SystemEntropy).unwrap();
    let document = WrittenDocument {
        commitment,
        key_ref: Some(*key_of),
        stored,
        salt,
        name: name.clone(),
    };
    Forged {
        record_id,
        kind,
        law: None,
        request: ("eraser".to_owned(), uuid::Uuid::new_v4().to_string()),
        documents: vec![document],
        keys,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroyed_key_that_an_erasure_names_is_no_damage_and_its_documents_are_counted() {
    let folder = folder();
    let real = real(&folder).await;
    let log = real.log().await;
    let (index, _) = real.lone().await;
    let documents = real
        .store
        .documents(log.log_id, LogIndex::new(index).unwrap())
        .await
        .unwrap();
    let facts = documents.iter().find(|document| document.name == "facts").unwrap();
    let key_ref = facts.key_ref.clone().unwrap();
    append(&real, erasure(&key_ref)).await;
    real.store.close().await;
    let copy = Copy::of(&real.url).await;
    let destroy = format!("UPDATE data_key SET wrapped = NULL, destroyed_ms = 1 WHERE key_ref = '{key_ref}'");
    copy.run(&[&destroy]).await;
    let report = fsck(&copy.url, &real.ring, &Plan::default()).await;
    assert_eq!(report.findings.kept(), []);
    assert_eq!(report.erased, 3, "facts, determination and frame");
}
