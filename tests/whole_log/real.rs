//! A real log: the acceptance vectors of one county decided by the service itself, and further households until the
//! log has a full tile and a tail.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use doudi::app::command::{
    CaseName, DecideExit, Determine, Household, Identity, ImportCase, Member, Mode, Officer, PublishPolicy,
    RecordRemedy, RemedyBody, RemedyResult, Review, TransferCase,
};
use doudi::app::result::Determined;
use doudi::app::vault::Vault;
use doudi::app::{App, AppError, AreaRegister, Caller, caller::Principal, entropy::OsEntropy};
use doudi::area::AreaCode;
use doudi::canonical::Json;
use doudi::log::keys::KeyRing;
use doudi::log::merkle::leaf_hash;
use doudi::log::sequencer::{Clock as _, SystemClock};
use doudi::rules::language::say::Lang;
use doudi::rules::outcome::Cause;
use doudi::store::{AccessRow, LogRow, Store};
use futures::StreamExt as _;

pub const DOMAIN: &str = "doudi.example";
pub const AREA: &str = "340321";

/// Entries that the log has at least: a full tile and some.
const SIZE_MIN: u64 = 300;

/// Households that are decided beside the vectors, and entries behind the last full tile.
const FILL_MIN: u64 = 40;

/// What one ACCESS entry is over.
const HOUR_MS: i64 = 3_600_000;

/// How often a request is sent.
const ATTEMPT_COUNT_MAX: u32 = 20;

/// A service over a database of its own, whose keys the test holds.
pub struct Real {
    pub url: String,
    pub ring: KeyRing,
    pub app: Arc<App>,
    pub store: Arc<dyn Store>,
    caller: Caller,
    requests: u128,
}

pub fn app_over(store: Arc<dyn Store>, ring: &KeyRing) -> Arc<App> {
    let texts = vec![fs::read_to_string("policy/texts/huaimin-2021-142.txt").unwrap()];
    let (areas, clock) = (AreaRegister::default(), Arc::new(SystemClock::new()));
    Arc::new(App::new(store, Vault::new(ring.clone()), clock, DOMAIN, areas, texts))
}

fn officer() -> Officer {
    Officer {
        id: "o1".to_owned(),
        role: "审核".to_owned(),
        unit: "测试乡镇".to_owned(),
        delegation: None,
    }
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_text).unwrap_or_default()
}

fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    json.get(key).and_then(Json::as_list).unwrap_or_default()
}

fn members(json: &Json) -> Vec<Member> {
    let member = |member: &Json| Member {
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

/// A busy machine may take longer to sign than the head's lock allows; then the same request is sent again.
async fn retried<T, F: Future<Output = Result<T, AppError>>>(attempt: impl Fn() -> F) -> Result<T, AppError> {
    for _ in 0..ATTEMPT_COUNT_MAX {
        match attempt().await {
            Err(AppError::StoreUnavailable) => tokio::time::sleep(Duration::from_millis(100)).await,
            answer => return answer,
        }
    }
    attempt().await
}

impl Real {
    /// Decides everything. `url` is an empty database.
    pub async fn decided(url: &str) -> Real {
        let mut real = Real::empty(url).await;
        let area: AreaCode = AREA.parse().unwrap();
        real.publish_all(area, AREA).await;
        let mut file_names: Vec<_> = fs::read_dir("tests/vectors/acceptance")
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        file_names.sort();
        for file in file_names {
            let vectors = Json::parse(&fs::read(file).unwrap()).unwrap();
            for vector in list(&vectors, "cases")
                .iter()
                .filter(|vector| text(vector, "area") == AREA)
            {
                real.follow(area, vector).await;
            }
        }
        let moved = real.fill(area).await;
        real.remedy(&moved).await;
        real.transfer(&moved).await;
        real.read(&moved).await;
        real.app.close().await;
        real
    }

    pub async fn empty(url: &str) -> Real {
        doudi::store::migrate(url).await.unwrap();
        let store = doudi::store::open(url).await.unwrap();
        let ring = KeyRing::generate(&mut OsEntropy).unwrap();
        Real {
            url: url.to_owned(),
            app: app_over(Arc::clone(&store), &ring),
            ring,
            store,
            caller: Caller::new(Principal::anonymous()),
            requests: 0,
        }
    }

    pub async fn log(&self) -> LogRow {
        self.store.log_of_area(AREA.parse().unwrap()).await.unwrap().unwrap()
    }

    pub async fn size(&self) -> u64 {
        let log = self.log().await;
        self.store.head(log.log_id).await.unwrap().unwrap().size.get()
    }

    /// The newest entry that is the only record of its case, and the case.
    pub async fn lone(&self) -> (u64, String) {
        let (log, mut index) = (self.log().await, self.size().await - 1);
        loop {
            let at = doudi::log::LogIndex::new(index).unwrap();
            let record = self.store.record_at(log.log_id, at).await.unwrap().unwrap();
            if let Some(case) = record.case_id {
                let records = self.store.records_of_case(record.area, &case, None, 2).await.unwrap();
                if records.len() == 1 && record.kind == "DETERMINATION" {
                    return (index, case);
                }
            }
            index -= 1;
        }
    }

    fn request_id<T: std::str::FromStr>(&mut self) -> T
    where
        T::Err: std::fmt::Debug,
    {
        self.requests += 1;
        uuid::Uuid::from_u128(self.requests).to_string().parse().unwrap()
    }

    async fn publish_all(&mut self, area: AreaCode, code: &str) {
        let shipped = [
            "vocabulary",
            "calendar",
            "100000-nation",
            "340000-anhui",
            "340300-bengbu",
        ];
        let shipped = shipped.iter().map(|name| format!("policy/{name}.yaml"));
        for path in shipped.chain([format!("tests/policy/t1/{code}-t1.yaml")]) {
            let command = PublishPolicy {
                request_id: self.request_id(),
                area,
                source: fs::read_to_string(&path).unwrap(),
                officer: officer(),
                validate_only: false,
                lang: Lang::En,
            };
            let published = retried(|| self.app.publish_policy(&self.caller, command.clone())).await;
            published.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        }
    }

    /// Takes the steps of one vector as far as the law lets them be taken.
    async fn follow(&mut self, area: AreaCode, vector: &Json) {
        let mut case: Option<CaseName> = None;
        for step in list(vector, "steps") {
            if step.get("new_case") == Some(&Json::Bool(true)) {
                case = None;
            }
            match text(step, "do") {
                "import" => {
                    let command = self.import(area, step);
                    case = retried(|| self.app.import_case(&self.caller, command.clone()))
                        .await
                        .unwrap()
                        .case;
                }
                "correct" => return,
                _ => match self.decide(area, case, step).await {
                    Ok(determined) => case = determined.case,
                    Err(AppError::Refused { .. } | AppError::Held { .. }) => {}
                    Err(error) => panic!("{}: {error:?}", text(vector, "id")),
                },
            }
        }
    }

    async fn decide(&mut self, area: AreaCode, case: Option<CaseName>, step: &Json) -> Result<Determined, AppError> {
        let (mode, household, request_id) = (Mode::default(), household(step), self.request_id());
        match (text(step, "do"), case) {
            ("determine", case) => {
                let case = case.map(|name| name.case);
                let command = Determine {
                    request_id,
                    area,
                    case,
                    household,
                    mode,
                };
                retried(|| self.app.determine(&self.caller, command.clone())).await
            }
            ("review", Some(case)) => {
                let cause = Cause::from_code(text(step, "cause")).unwrap();
                let command = Review {
                    request_id,
                    case,
                    cause,
                    household,
                    mode,
                };
                retried(|| self.app.review(&self.caller, command.clone())).await
            }
            ("exit", Some(case)) => {
                let command = DecideExit {
                    request_id,
                    case,
                    household,
                    mode,
                };
                retried(|| self.app.decide_exit(&self.caller, command.clone())).await
            }
            (other, _) => panic!("no step {other}"),
        }
    }

    /// What another authority left, as the decoder lays it out.
    fn import(&mut self, area: AreaCode, step: &Json) -> ImportCase {
        let imported = step.get("imported").unwrap();
        let skipped = [
            "authority",
            "document_number",
            "decided_on",
            "residence_kind",
            "members",
            "paid",
        ];
        let fields = imported.as_object().unwrap().iter();
        let history: BTreeMap<String, Json> = fields
            .filter(|(key, _)| !skipped.contains(&key.as_str()))
            .map(|(key, value)| {
                let field = key.strip_suffix("_fen").unwrap_or(key);
                (field.replace("grace_used_months", "grace_used"), value.clone())
            })
            .collect();
        let paid = list(imported, "paid").iter().map(|row| {
            let fields = row.as_object().unwrap().iter().filter(|(key, _)| *key != "id");
            Json::object(fields.map(|(key, value)| (key.strip_suffix("_fen").unwrap_or(key), value.clone())))
        });
        let residence = imported.get("residence_kind").unwrap().clone();
        ImportCase {
            request_id: self.request_id(),
            area,
            authority: text(imported, "authority").to_owned(),
            document_number: text(imported, "document_number").to_owned(),
            decided_on: text(imported, "decided_on").parse().unwrap(),
            members: members(imported),
            history: Json::object([
                ("history", Json::Object(history)),
                ("members", Json::List(list(imported, "members").to_vec())),
                ("paid", Json::List(paid.collect())),
                ("case", Json::object([("residence_kind", residence)])),
            ]),
            identity: Identity::default(),
            officer: officer(),
            validate_only: false,
        }
    }

    /// Decides one household again and again until the log is long enough; several at one time, so that commits hold
    /// more than one. Returns the last.
    async fn fill(&mut self, area: AreaCode) -> Determined {
        let vectors = Json::parse(&fs::read("tests/vectors/acceptance/entry.json").unwrap()).unwrap();
        let step = list(&list(&vectors, "cases")[0], "steps")[0].clone();
        let size = self.size().await;
        let mut wanted = SIZE_MIN.max(size + FILL_MIN);
        while wanted % 256 < FILL_MIN {
            wanted += 1;
        }
        let missing = wanted - size;
        let commands: Vec<Determine> = (0..missing)
            .map(|_| Determine {
                request_id: self.request_id(),
                area,
                case: None,
                household: household(&step),
                mode: Mode::default(),
            })
            .collect();
        let (app, caller) = (Arc::clone(&self.app), self.caller.clone());
        let determined: Vec<Determined> = futures::stream::iter(commands)
            .map(|command| {
                let (app, caller) = (Arc::clone(&app), caller.clone());
                async move { retried(|| app.determine(&caller, command.clone())).await.unwrap() }
            })
            .buffer_unordered(8)
            .collect()
            .await;
        determined.into_iter().next_back().unwrap()
    }

    async fn remedy(&mut self, of: &Determined) {
        let command = RecordRemedy {
            request_id: self.request_id(),
            determination: of.name.unwrap(),
            body: RemedyBody::Court,
            result: RemedyResult::Revoked,
            filed_on: "2021-09-01".parse().unwrap(),
            decided_on: "2021-10-01".parse().unwrap(),
            document_number: "1".to_owned(),
            summary: None,
            officer: officer(),
            validate_only: false,
        };
        retried(|| self.app.record_remedy(&self.caller, command.clone()))
            .await
            .unwrap();
    }

    async fn transfer(&mut self, of: &Determined) {
        let to_area: AreaCode = "340322".parse().unwrap();
        self.publish_all(to_area, "340322").await;
        let command = TransferCase {
            request_id: self.request_id(),
            case: of.case.unwrap(),
            to_area,
            last_month: "2021-12".parse().unwrap(),
            reason: "搬迁".to_owned(),
            officer: officer(),
            validate_only: false,
        };
        retried(|| self.app.transfer_case(&self.caller, command.clone()))
            .await
            .unwrap();
    }

    /// Three reads of a case in each of two hours that are over, and the two ACCESS entries over them.
    async fn read(&mut self, of: &Determined) {
        let case = of.case.unwrap();
        let now_ms = SystemClock::new().now_ms();
        let mut rows = Vec::new();
        for (hours_ago, reader) in [3, 2]
            .into_iter()
            .flat_map(|hours_ago| [0, 1, 2].map(|reader| (hours_ago, reader)))
        {
            let at_ms = (now_ms.div_euclid(HOUR_MS) - hours_ago) * HOUR_MS + reader;
            let content = Json::object([
                ("v", Json::Int(1)),
                ("at", Json::Int(at_ms)),
                ("by", Json::text(format!("reader {reader}"))),
                ("case", Json::text(case.case.to_string())),
                ("purpose", Json::text("get_determination")),
                ("nonce", Json::text(format!("{reader:032x}"))),
            ])
            .to_bytes();
            rows.push(AccessRow {
                leaf_hash: leaf_hash(&content),
                area: case.area,
                case_id: case.case.to_string(),
                at_ms,
                content,
            });
        }
        self.store.record_accesses(&rows).await.unwrap();
        assert_eq!(retried(|| self.app.close_access_hours()).await.unwrap(), 2);
    }
}
