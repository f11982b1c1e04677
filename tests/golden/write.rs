//! Writes a new corpus: steps of the acceptance vectors, decided and sealed by the service itself.
//!
//! Those that an earlier corpus has are left out, but where a case is corrected: the first corpus has no corrections.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doudi::app::command::{
    CaseName, Correct, DecideExit, DeterminationName, Determine, Household, Identity, ImportCase, Mode, Officer,
    PublishPolicy, Review,
};
use doudi::app::result::Determined;
use doudi::app::vault::Vault;
use doudi::app::{App, AppError, AreaRegister, Caller, caller::Principal, entropy::OsEntropy};
use doudi::area::AreaCode;
use doudi::canonical::Json;
use doudi::log::Hash;
use doudi::log::keys::KeyRing;
use doudi::log::record::{Entry, KekId, KeyRef};
use doudi::log::sequencer::SystemClock;
use doudi::rules::outcome::Cause;
use doudi::store::Store;

/// A service over a database of its own, whose keys the test holds.
struct Service {
    app: App,
    store: Arc<dyn Store>,
    ring: KeyRing,
    caller: Caller,
    requests: u128,
}

fn officer() -> Officer {
    Officer {
        id: "o1".to_owned(),
        role: "审核".to_owned(),
        unit: "测试乡镇".to_owned(),
        delegation: None,
    }
}

impl Service {
    async fn open(folder: &std::path::Path) -> Service {
        let url = format!("sqlite:{}", folder.join("golden.sqlite").display());
        doudi::store::migrate(&url).await.unwrap();
        let store = doudi::store::open(&url).await.unwrap();
        let ring = KeyRing::generate(&mut OsEntropy).unwrap();
        let areas = AreaRegister::default();
        let texts = vec![fs::read_to_string("policy/texts/huaimin-2021-142.txt").unwrap()];
        let clock = Arc::new(SystemClock::new());
        let app = App::new(
            store.clone(),
            Vault::new(ring.clone()),
            clock,
            "doudi.example",
            areas,
            texts,
        );
        Service {
            app,
            store,
            ring,
            caller: Caller::new(Principal::anonymous()),
            requests: 0,
        }
    }

    fn request_id<T: std::str::FromStr>(&mut self) -> T
    where
        T::Err: std::fmt::Debug,
    {
        self.requests += 1;
        uuid::Uuid::from_u128(self.requests).to_string().parse().unwrap()
    }

    async fn publish(&mut self, area: AreaCode, path: &str) {
        let source = fs::read_to_string(path).unwrap();
        let command = PublishPolicy {
            request_id: self.request_id(),
            area,
            source,
            officer: officer(),
            validate_only: false,
            lang: Default::default(),
        };
        let published = self.app.publish_policy(&self.caller, command).await;
        published.unwrap_or_else(|error| panic!("{path}: {error:?}"));
    }
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_text).unwrap_or_default()
}

fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    json.get(key).and_then(Json::as_list).unwrap_or_default()
}

fn members(json: &Json) -> Vec<doudi::app::command::Member> {
    let member = |member: &Json| doudi::app::command::Member {
        id: text(member, "id").parse().unwrap(),
        person: None,
    };
    list(json, "members").iter().map(member).collect()
}

fn household(step: &Json) -> Household {
    let facts = step.get("facts").unwrap();
    let mut with_officer = facts.as_object().unwrap().clone();
    with_officer.insert("decided_by".to_owned(), officer().to_json());
    Household {
        decision_date: text(step, "date").parse().unwrap(),
        month: text(step, "month").parse().unwrap(),
        members: members(facts),
        facts: Json::Object(with_officer),
        identity: Identity::default(),
        relations: Vec::new(),
    }
}

/// What another authority left, as the decoder lays it out.
fn import(service: &mut Service, area: AreaCode, step: &Json) -> ImportCase {
    let imported = step.get("imported").unwrap();
    let mut history = BTreeMap::new();
    let skipped = [
        "authority",
        "document_number",
        "decided_on",
        "residence_kind",
        "members",
        "paid",
    ];
    for (key, value) in imported
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, _)| !skipped.contains(&key.as_str()))
    {
        let field = key
            .strip_suffix("_fen")
            .unwrap_or(key)
            .replace("grace_used_months", "grace_used");
        history.insert(field, value.clone());
    }
    let paid = list(imported, "paid").iter().map(|row| {
        let fields = row.as_object().unwrap().iter().filter(|(key, _)| *key != "id");
        Json::object(fields.map(|(key, value)| (key.strip_suffix("_fen").unwrap_or(key), value.clone())))
    });
    let document = Json::object([
        ("history", Json::Object(history)),
        ("members", Json::List(list(imported, "members").to_vec())),
        ("paid", Json::List(paid.collect())),
        (
            "case",
            Json::object([("residence_kind", imported.get("residence_kind").unwrap().clone())]),
        ),
    ]);
    ImportCase {
        request_id: service.request_id(),
        area,
        authority: text(imported, "authority").to_owned(),
        document_number: text(imported, "document_number").to_owned(),
        decided_on: text(imported, "decided_on").parse().unwrap(),
        members: members(imported),
        history: document,
        identity: Identity::default(),
        officer: officer(),
        validate_only: false,
    }
}

async fn decide(
    service: &mut Service,
    area: AreaCode,
    case: Option<CaseName>,
    step: &Json,
    decided: &BTreeMap<i128, DeterminationName>,
) -> Result<Determined, AppError> {
    let (mode, household) = (Mode::default(), household(step));
    let caller = service.caller.clone();
    match (text(step, "do"), case) {
        ("determine", case) => {
            let case = case.map(|name| name.case);
            let command = Determine {
                request_id: service.request_id(),
                area,
                case,
                household,
                mode,
            };
            service.app.determine(&caller, command).await
        }
        ("review", Some(case)) => {
            let cause = Cause::from_code(text(step, "cause")).unwrap();
            let command = Review {
                request_id: service.request_id(),
                case,
                cause,
                household,
                mode,
            };
            service.app.review(&caller, command).await
        }
        ("exit", Some(case)) => {
            let command = DecideExit {
                request_id: service.request_id(),
                case,
                household,
                mode,
            };
            service.app.decide_exit(&caller, command).await
        }
        ("correct", Some(_)) => {
            let corrects = step.get("corrects").and_then(Json::as_integer).unwrap();
            let effective_from = step.get("effective_from").and_then(Json::as_text);
            let command = Correct {
                request_id: service.request_id(),
                determination: decided[&corrects],
                cause: Cause::Correction,
                effective_from: effective_from.map(|month| month.parse().unwrap()),
                reason: "测试".to_owned(),
                household,
                mode,
            };
            service.app.correct(&caller, command).await
        }
        (other, _) => panic!("no step {other}"),
    }
}

/// The names of the records that the corpora have.
fn kept() -> BTreeSet<String> {
    let records = super::corpora().into_iter().flat_map(|folder| super::records(&folder));
    records.map(|record| text(&record, "name").to_owned()).collect()
}

/// One record with its sealed documents and their data keys.
async fn record(
    service: &Service,
    name: String,
    determined: &Determined,
    manifests: &mut BTreeMap<Hash, Json>,
) -> Json {
    let acknowledged = determined.acknowledged.as_ref().unwrap();
    let entry = Entry::parse(&acknowledged.entry).unwrap();
    let log = service.store.log_of_area(entry.origin().area()).await.unwrap().unwrap();
    let mut documents = Vec::new();
    for row in service.store.documents(log.log_id, acknowledged.index).await.unwrap() {
        let key_ref = row.key_ref.unwrap();
        let wrapped = service
            .store
            .data_keys(std::slice::from_ref(&key_ref))
            .await
            .unwrap()
            .remove(0);
        let (kek, key_ref): (KekId, KeyRef) = (wrapped.kek_id.parse().unwrap(), key_ref.parse().unwrap());
        let key = service
            .ring
            .unwrap_data_key(&kek, key_ref, &wrapped.wrapped.unwrap())
            .unwrap();
        documents.push(Json::object([
            ("name", Json::text(row.name)),
            ("key", Json::text(STANDARD.encode(key.expose()))),
            ("sealed", Json::text(STANDARD.encode(row.bytes))),
        ]));
    }
    let law = service.app.law(entry.origin().area()).await.unwrap();
    let manifest = manifests
        .entry(determined.law)
        .or_insert_with(|| law.law.manifest().clone());
    Json::object([
        ("name", Json::text(name)),
        ("record_id", Json::text(determined.name.unwrap().record.to_string())),
        ("entry", Json::text(STANDARD.encode(&acknowledged.entry))),
        ("receipt", Json::text(&*acknowledged.receipt)),
        ("manifest", manifest.clone()),
        ("documents", Json::List(documents)),
    ])
}

#[tokio::test]
#[ignore = "writes a new corpus into DOUDI_GOLDEN_DIR"]
async fn write_a_new_corpus() {
    let target = PathBuf::from(std::env::var("DOUDI_GOLDEN_DIR").unwrap());
    let kept = kept();
    fs::create_dir(&target).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let mut service = Service::open(scratch.path()).await;
    let mut sealed: BTreeSet<(String, Vec<u8>)> = BTreeSet::new();
    let mut lines = Vec::new();
    let mut manifests = BTreeMap::new();
    for code in ["340302", "340303", "340321", "340322", "340323"] {
        let area: AreaCode = code.parse().unwrap();
        for name in [
            "vocabulary",
            "calendar",
            "100000-nation",
            "340000-anhui",
            "340300-bengbu",
        ] {
            service.publish(area, &format!("policy/{name}.yaml")).await;
        }
        service.publish(area, &format!("tests/policy/t1/{code}-t1.yaml")).await;
        for published in &service.app.law(area).await.unwrap().documents {
            sealed.insert((published.digest.to_string(), published.document.to_json().to_bytes()));
        }
    }
    let mut files: Vec<PathBuf> = fs::read_dir("tests/vectors/acceptance")
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
    {
        let vectors = Json::parse(&fs::read(file).unwrap()).unwrap();
        for vector in list(&vectors, "cases") {
            let area: AreaCode = text(vector, "area").parse().unwrap();
            let steps = list(vector, "steps");
            let name = |position: usize| format!("{} step {position}", text(vector, "id"));
            let is_corrected = steps.iter().any(|step| text(step, "do") == "correct");
            if !is_corrected && (0..steps.len()).any(|position| kept.contains(&name(position))) {
                continue;
            }
            let mut case: Option<CaseName> = None;
            let mut decided = BTreeMap::new();
            for (position, step) in steps.iter().enumerate() {
                if step.get("new_case") == Some(&Json::Bool(true)) {
                    case = None;
                }
                if text(step, "do") == "import" {
                    let command = import(&mut service, area, step);
                    let caller = service.caller.clone();
                    case = service.app.import_case(&caller, command).await.unwrap().case;
                    continue;
                }
                match decide(&mut service, area, case, step, &decided).await {
                    Ok(determined) => {
                        case = determined.case;
                        decided.extend(determined.name.map(|name| (position as i128, name)));
                        let record = record(&service, name(position), &determined, &mut manifests).await;
                        lines.push(record.to_string());
                    }
                    Err(AppError::Refused { .. } | AppError::Held { .. }) => {}
                    Err(error) => panic!("{}: {error:?}", name(position)),
                }
            }
        }
    }
    let mut sums = Vec::new();
    let mut write = |name: String, bytes: &[u8]| {
        fs::write(target.join(&name), bytes).unwrap();
        sums.push(format!("{}  {name}\n", Hash::of(bytes)));
    };
    for (digest, bytes) in &sealed {
        write(format!("{digest}.json"), bytes);
    }
    write("records.jsonl".to_owned(), format!("{}\n", lines.join("\n")).as_bytes());
    fs::write(target.join("SHA256SUMS"), sums.concat()).unwrap();
    service.app.close().await;
}
