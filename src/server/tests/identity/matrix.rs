//! Every role makes every call in its own area, in its township's county, in another township and in another county;
//! what must be refused follows from the table alone.

use bytes::{Buf, BufMut};
use futures::StreamExt as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, Value};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use super::super::cases::refused;
use super::flow::{COUNTY, OTHER_COUNTY, OTHER_TOWNSHIP, TOWNSHIP, decided_in};
use super::*;
use crate::api::rpcs::{RPCS, Reach, rpc};
use crate::app::rights::{Areas, Roles, area_prefix};
use crate::area::AreaCode;

/// Where a call is made, and whose that place is.
struct Place {
    area: AreaCode,
    case: String,
    determination: String,
    index: u64,
}

/// Messages as bytes: any call with any request.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

/// A request that names the place and nothing else.
fn request(message: MessageDescriptor, reach: Reach, place: &Place) -> DynamicMessage {
    let area = match reach {
        Reach::Area => place.area,
        Reach::Public | Reach::County | Reach::Case | Reach::Records => place.area.without_township(),
    };
    let mut request = DynamicMessage::new(message.clone());
    let mut set = |name: &str, value: Value| {
        if message.get_field_by_name(name).is_some() {
            request.set_field_by_name(name, value);
        }
    };
    set("area", Value::String(area.to_string()));
    set("to_area", Value::String(place.area.to_string()));
    set("index", Value::U64(place.index));
    set("include_documents", Value::Bool(true));
    set(
        "determinations",
        Value::List(vec![Value::String(place.determination.clone())]),
    );
    if reach == Reach::Case {
        set("case", Value::String(place.case.clone()));
        set("parent", Value::String(place.case.clone()));
        set("name", Value::String(place.determination.clone()));
        set("determination", Value::String(place.determination.clone()));
    }
    request
}

/// How a call ends; of a stream of items, how its only item does.
async fn call(channel: &Channel, method: &MethodDescriptor, reach: Reach, place: &Place) -> Code {
    let item = ["determine", "review"].iter().find_map(|name| {
        let field = method.input().get_field_by_name(name)?;
        Some((field.clone(), field.kind().as_message()?.clone()))
    });
    let request = match &item {
        Some((field, inner)) => {
            let mut outer = DynamicMessage::new(method.input());
            outer.set_field_by_name("correlation_id", Value::String("c".to_owned()));
            outer.set_field(field, Value::Message(request(inner.clone(), reach, place)));
            outer
        }
        None => request(method.input(), reach, place),
    };
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.expect("ready");
    let messages = Request::new(futures::stream::iter([request.encode_to_vec()]));
    let answer = client.streaming(messages, path.parse().expect("a path"), Raw).await;
    let mut answers = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return status.code(),
    };
    let mut code = Code::Ok;
    while let Some(next) = answers.next().await {
        match next {
            Ok(bytes) if item.is_some() => {
                let read = DynamicMessage::decode(method.output(), bytes.as_slice()).expect("an answer");
                let status = read.get_field_by_name("status").expect("a status").into_owned();
                let of_item = status
                    .as_message()
                    .expect("a message")
                    .get_field_by_name("code")
                    .expect("a code");
                code = Code::from(of_item.as_i32().expect("a number"));
            }
            Ok(_) => {}
            Err(status) => return status.code(),
        }
    }
    code
}

/// Whether the table lets the caller do it there.
fn allowed(roles: Roles, areas: &Areas, path: &str, place: &Place) -> bool {
    let rpc = rpc(path).expect("a row");
    let there = match rpc.reach {
        Reach::Public => true,
        Reach::Area | Reach::Case | Reach::Records => areas.hold(place.area),
        Reach::County => areas.hold(place.area.without_township()),
    };
    roles.has_any(rpc.roles) && there
}

/// Every caller of the matrix: name, roles, area.
fn callers() -> Vec<(String, Vec<Role>, &'static str)> {
    let mut callers = Vec::new();
    for role in Role::ALL {
        for area in [COUNTY, TOWNSHIP, OTHER_COUNTY] {
            let roles = if *role == Role::AuditIdentity {
                vec![Role::Audit, Role::AuditIdentity]
            } else {
                vec![*role]
            };
            callers.push((format!("{role}-{area}"), roles, area));
        }
    }
    callers
}

#[tokio::test]
async fn every_role_may_call_what_the_table_says_where_it_says_and_nothing_else() {
    let callers = callers();
    let areas: Vec<[&str; 1]> = callers.iter().map(|(_, _, area)| [*area]).collect();
    let rows: Vec<Row<'_>> = callers
        .iter()
        .zip(&areas)
        .map(|((name, roles, _), areas)| (name.as_str(), roles.as_slice(), areas.as_slice()))
        .collect();
    let server = Secured::start(&rows).await;
    super::super::flow::publish_policies(&server.caller("policy-340321").await).await;
    let deciding = server.caller("decide-340321").await;
    let mut places = Vec::new();
    for (number, area) in (1..).zip([COUNTY, TOWNSHIP, OTHER_TOWNSHIP]) {
        let decided = decided_in(&deciding, number, area).await.expect("a determination");
        let determination = decided.determination.expect("always there");
        places.push(Place {
            area: area_prefix(area).expect("an area"),
            case: determination.case,
            determination: determination.name,
            index: decided.acknowledgement.expect("recorded").index,
        });
    }
    let nobody = |area: &str| Place {
        area: area_prefix(area).expect("an area"),
        case: format!("areas/{area}/cases/{}", "0".repeat(32)),
        determination: format!("areas/{area}/cases/{0}/determinations/{0}", "0".repeat(32)),
        index: 1_000_000,
    };
    // What does not exist is refused like what is another's.
    places.extend([nobody(COUNTY), nobody(OTHER_COUNTY)]);

    let pool = DescriptorPool::decode(pb::FILE_DESCRIPTOR_SET).expect("descriptors of our own");
    let methods: Vec<MethodDescriptor> = pool
        .services()
        .filter(|service| service.full_name().starts_with("doudi."))
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect();
    assert_eq!(methods.len(), RPCS.len());
    let (mut let_in, mut kept_out, mut wrong) = (0, 0, Vec::new());
    for (name, roles, area) in &callers {
        let channel = server.caller(name).await;
        let areas = Areas::new([area_prefix(area).expect("an area")]);
        let roles: Roles = roles.iter().copied().collect();
        for method in &methods {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let reach = rpc(&path).expect("a row").reach;
            for place in &places {
                let code = call(&channel, method, reach, place).await;
                let expected = allowed(roles, &areas, &path, place);
                if expected {
                    let_in += 1;
                } else {
                    kept_out += 1;
                }
                let refused = matches!(code, Code::PermissionDenied | Code::Unauthenticated);
                if refused == expected {
                    wrong.push(format!("{name} {path} at {} {}: {code:?}", place.area, place.case));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        let_in + kept_out,
        wrong.join("\n")
    );
    assert!(let_in > 300 && kept_out > 1_000, "{let_in} {kept_out}");
}

/// Everything that a call of one request answers, or how it is refused.
async fn answered(channel: &Channel, method: &MethodDescriptor, reach: Reach, place: &Place) -> Result<Vec<u8>, Code> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.expect("ready");
    let request = request(method.input(), reach, place).encode_to_vec();
    let messages = Request::new(futures::stream::iter([request]));
    let answer = client.streaming(messages, path.parse().expect("a path"), Raw).await;
    let answers = answer.map_err(|status| status.code())?.into_inner();
    let answers: Vec<Result<Vec<u8>, Status>> = answers.collect().await;
    let answers: Result<Vec<Vec<u8>>, Status> = answers.into_iter().collect();
    answers.map(|answers| answers.concat()).map_err(|status| status.code())
}

#[tokio::test]
async fn no_call_shows_an_identity_to_an_auditor_without_the_grant_and_a_decider_reads_it() {
    let rows: &[Row<'_>] = &[
        ("policy", &[Role::Policy], &[COUNTY]),
        ("decide", &[Role::Decide], &[COUNTY]),
        ("review", &[Role::Review], &[COUNTY]),
        ("audit", &[Role::Audit], &[COUNTY]),
    ];
    let server = Secured::start(rows).await;
    super::super::flow::publish_policies(&server.caller("policy").await).await;
    let mut request = refused(1);
    let persons = &mut request
        .input
        .as_mut()
        .expect("input")
        .identity
        .as_mut()
        .expect("identity")
        .persons;
    persons[0].name = "不给审计看的姓名".to_owned();
    let needles = [persons[0].name.clone(), persons[0].id_number.clone()];
    let deciding = server.caller("decide").await;
    let decided = DeterminationServiceClient::new(deciding.clone())
        .determine(request)
        .await;
    let decided = decided.expect("a determination").into_inner();
    let determination = decided.determination.expect("always there");
    let place = Place {
        area: area_prefix(COUNTY).expect("an area"),
        case: determination.case,
        determination: determination.name,
        index: decided.acknowledgement.expect("recorded").index,
    };
    let shows = |answer: &[u8]| {
        let found = |needle: &String| answer.windows(needle.len()).any(|part| part == needle.as_bytes());
        needles.iter().any(found)
    };
    let pool = DescriptorPool::decode(pb::FILE_DESCRIPTOR_SET).expect("descriptors of our own");
    let services = pool
        .services()
        .filter(|service| service.full_name().starts_with("doudi."));
    let methods: Vec<MethodDescriptor> = services
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect();
    let (auditing, reviewing) = (server.caller("audit").await, server.caller("review").await);
    let (mut read, mut deciders_read) = (Vec::new(), Vec::new());
    for method in &methods {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let rpc = rpc(&path).expect("a row");
        if rpc.roles.contains(&Role::Audit) {
            let answer = answered(&auditing, method, rpc.reach, &place).await;
            assert!(!answer.as_ref().is_ok_and(|answer| shows(answer)), "{path}");
            read.extend(answer.is_ok().then(|| method.name().to_owned()));
        }
        for channel in [&deciding, &reviewing] {
            let answer = answered(channel, method, rpc.reach, &place).await;
            deciders_read.extend(
                answer
                    .is_ok_and(|answer| shows(&answer))
                    .then(|| method.name().to_owned()),
            );
        }
    }
    for name in [
        "GetDetermination",
        "ListDeterminations",
        "ListGracePeriods",
        "GetEntry",
        "Replay",
    ] {
        assert!(read.iter().any(|found| found == name), "{name} was not read: {read:?}");
    }
    assert_eq!(deciders_read, ["GetDetermination", "GetDetermination"]);
}
