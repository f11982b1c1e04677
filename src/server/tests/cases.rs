//! A server over a database of either kind that can stop and start again, and one invented household in it.

use super::flow::{determine, officer, publish_policies, request_id};
use super::*;
use crate::app::Duties;
use crate::app::command::CaseName;
use crate::log::merkle::leaf_hash;
use crate::log::record::{Salt, commitment};
use crate::store::conformance::TestDatabase;
use crate::store::{CaseHeadRow, DataKeyRow, Store};

/// A database with its keys and settings, whatever runs over it.
pub(super) struct Place {
    pub(super) database: TestDatabase,
    pub(super) keys: KeyRing,
    pub(super) duties: Duties,
}

/// One process over a place.
pub(super) struct Server {
    pub(super) app: Arc<App>,
    pub(super) store: Arc<dyn Store>,
    pub(super) determinations: DeterminationServiceClient<Channel>,
    pub(super) audit: AuditServiceClient<Channel>,
    channel: Channel,
    _stop: oneshot::Sender<()>,
}

impl Place {
    pub(super) fn new(database: TestDatabase) -> Place {
        Place {
            database,
            keys: KeyRing::generate(&mut OsEntropy).expect("the system has random bytes"),
            duties: Duties {
                identity_to_loopback: false,
                retention_years: Some(3),
            },
        }
    }

    /// The use cases over another connection to the database, as another process has them.
    pub(super) async fn app(&self, store: Arc<dyn Store>) -> App {
        let areas = AreaRegister::read("areas.yaml", include_str!("../../../policy/areas.yaml")).expect("no mistakes");
        let texts = vec![include_str!("../../../policy/texts/huaimin-2021-142.txt").to_owned()];
        let clock = Arc::new(SystemClock::new());
        App::new(store, Vault::new(self.keys.clone()), clock, "test.doudi", areas, texts).with_duties(self.duties)
    }

    pub(super) async fn start(&self) -> Server {
        let store = self.database.store().await;
        let app = Arc::new(self.app(store.clone()).await);
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel::<()>();
        let served = app.clone();
        tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            serve(listener, served, Access::default(), BOUNDS, stop, async {}).await
        });
        let endpoint = Channel::from_shared(format!("http://{address}")).expect("an address");
        let channel = endpoint.connect().await.expect("a connection");
        Server {
            app,
            store,
            determinations: DeterminationServiceClient::new(channel.clone()),
            audit: AuditServiceClient::new(channel.clone()),
            channel,
            _stop: stop,
        }
    }

    /// A server whose area has its law and one refused household of three; its determination is the answer.
    pub(super) async fn with_a_case(&self) -> (Server, pb::DetermineResponse) {
        let mut server = self.start().await;
        publish_policies(&server.channel).await;
        let decided = server.decide(1).await;
        (server, decided)
    }
}

impl Server {
    /// Decides the household under this request id.
    pub(super) async fn decide(&mut self, number: u32) -> pb::DetermineResponse {
        let answer = self.determinations.determine(refused(number)).await;
        answer.expect("a determination").into_inner()
    }

    pub(super) async fn read(&mut self, name: &str) -> Result<pb::GetDeterminationResponse, Status> {
        let get = pb::GetDeterminationRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        self.determinations
            .get_determination(get)
            .await
            .map(tonic::Response::into_inner)
    }

    pub(super) async fn erase(
        &mut self,
        number: u32,
        case: &str,
        scope: pb::CaseScope,
    ) -> Result<pb::EraseCaseResponse, Status> {
        let erase = pb::EraseCaseRequest {
            request_id: request_id(number),
            case: case.to_owned(),
            scope: scope as i32,
            basis: pb::ErasureBasis::RetentionExpired as i32,
            reason: "到期".to_owned(),
            officer: officer(),
            validate_only: false,
        };
        self.audit.erase_case(erase).await.map(tonic::Response::into_inner)
    }

    pub(super) async fn accesses(&mut self, case: &str) -> Vec<pb::Access> {
        let list = pb::ListAccessesRequest {
            parent: case.to_owned(),
            ..Default::default()
        };
        self.audit
            .list_accesses(list)
            .await
            .expect("a page")
            .into_inner()
            .accesses
    }

    pub(super) async fn entry(&mut self, index: u64) -> pb::GetEntryResponse {
        let get = pb::GetEntryRequest {
            area: super::flow::AREA.to_owned(),
            index,
            include_documents: true,
            ..Default::default()
        };
        self.audit.get_entry(get).await.expect("an entry").into_inner()
    }

    /// The kinds of all entries, in order.
    pub(super) async fn kinds(&mut self) -> Vec<String> {
        let list = pb::ListEntriesRequest {
            area: super::flow::AREA.to_owned(),
            page_size: 1_000,
            ..Default::default()
        };
        let entries = self
            .audit
            .list_entries(list)
            .await
            .expect("a page")
            .into_inner()
            .entries;
        let kind = |entry: pb::LogEntry| entry_json(&entry.entry)["kind"].as_str().expect("a kind").to_owned();
        entries.into_iter().map(kind).collect()
    }

    pub(super) async fn head(&self, case: &str) -> CaseHeadRow {
        let name: CaseName = case.parse().expect("the name of a case");
        let head = self.store.case_head(name.area, &name.case.to_string()).await;
        head.expect("readable").expect("a case")
    }

    /// The rows of the case's identity and content keys.
    pub(super) async fn keys(&self, case: &str) -> (DataKeyRow, DataKeyRow) {
        let head = self.head(case).await;
        let refs = [head.identity_key_ref, head.content_key_ref];
        let rows = self.store.data_keys(&refs).await.expect("readable");
        let find = |key_ref: &String| rows.iter().find(|row| row.key_ref == *key_ref).expect("a row").clone();
        (find(&refs[0]), find(&refs[1]))
    }
}

/// V01 with an income far above the standard, so that nothing is paid, and with the numbers of its members.
pub(super) fn refused(number: u32) -> pb::DetermineRequest {
    let mut request = determine(number);
    let input = request.input.as_mut().expect("input");
    input.facts.as_mut().expect("facts").members[0].incomes[0].amount_fen = Some(900_000);
    let person = |(member, serial)| pb::PersonIdentity {
        member_id: member,
        name: "某".to_owned(),
        id_number: id_number(number * 10 + serial),
        ..Default::default()
    };
    let persons = ["a", "b", "c"].map(str::to_owned).into_iter().zip(1..).map(person);
    input.identity = Some(pb::Identity {
        persons: persons.collect(),
        ..Default::default()
    });
    request
}

/// A household that another authority decided, taken over with what it left.
pub(super) fn import(number: u32) -> pb::ImportCaseRequest {
    pb::ImportCaseRequest {
        request_id: request_id(number),
        area: super::flow::AREA.to_owned(),
        imported: Some(pb::ImportedCase {
            authority: "某县民政局".to_owned(),
            document_number: "1".to_owned(),
            decided_on: super::flow::day(2021, 4, 1),
            confirmed_on: super::flow::day(2021, 4, 1),
            pay_from: super::flow::day(2021, 5, 0),
            residence_kind: pb::ResidenceKind::Rural as i32,
            status: pb::AssistanceStatus::Dibao as i32,
            last_amount_fen: Some(59_000),
            members: vec![pb::ImportedMember {
                id: "a".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        }),
        officer: officer(),
        ..Default::default()
    }
}

/// A citizen identity number with a right check digit (GB 11643-1999).
fn id_number(serial: u32) -> String {
    let digits = format!("34032119800101{:03}", serial % 1000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = b"10X98765432"[usize::try_from(sum % 11).expect("small")];
    format!("{digits}{}", char::from(check))
}

pub(super) fn entry_json(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).expect("JSON")
}

/// The documents of a record, each checked against the commitment in its entry.
pub(super) fn checked(record: &pb::Acknowledgement) -> Vec<(String, serde_json::Value)> {
    let entry = entry_json(&record.entry);
    let committed = |name: &str| {
        let documents = entry["documents"].as_array().expect("documents");
        let found = documents.iter().find(|document| document["name"] == name).expect(name);
        found["commitment"].as_str().expect("hex").to_owned()
    };
    let check = |document: &pb::OpenedDocument| {
        let salt = Salt::from_bytes(document.salt.as_slice().try_into().expect("32 bytes"));
        let made = commitment(&document.name.parse().expect("a name"), &salt, &document.content);
        assert_eq!(made.to_string(), committed(&document.name), "{}", document.name);
        (document.name.clone(), entry_json(&document.content))
    };
    record.documents.iter().map(check).collect()
}

/// The receipt shows that the entry stands in the log.
pub(super) fn proved(place: &Place, entry: &[u8], receipt: &str) {
    let receipt = crate::log::receipt::Receipt::parse(receipt.as_bytes()).expect("a receipt");
    let origin = "test.doudi/340321/1".parse().expect("an origin");
    receipt
        .verify(&leaf_hash(entry), &place.keys.verifier_keys(&origin))
        .expect("it stands in the log");
}

/// What stands in the error's ErrorInfo under this key.
pub(super) fn told(error: &Status, key: &str) -> String {
    let info = error.get_details_error_info().expect("error info");
    info.metadata.get(key).cloned().unwrap_or_default()
}
