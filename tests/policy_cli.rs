//! The policy commands as an officer runs them: the binary itself, on files, on a database and on a service.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its world up must stop")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::sync::Arc;

use doudi::app::command::{Determine, Household, Identity, Member, Mode, Officer, PublishPolicy};
use doudi::app::vault::Vault;
use doudi::app::{App, AreaRegister, Caller, caller::Principal, entropy::OsEntropy, key_file};
use doudi::canonical::Json;
use doudi::log::sequencer::SystemClock;
use serde_json::{Value, json};

const AREA: &str = "340321";
const COUNTY: &str = "tests/policy/t1/340321-t1.yaml";

fn doudi(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doudi"));
    for variable in ["LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(variable);
    }
    command.args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The output of a command that ends well.
fn well(arguments: &[&str]) -> String {
    let output = doudi(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}\n{}\n{}",
        said(&output),
        String::from_utf8_lossy(&output.stderr)
    );
    said(&output)
}

fn officer() -> Officer {
    Officer {
        id: "o1".to_owned(),
        role: "确认".to_owned(),
        unit: "县民政局".to_owned(),
        delegation: None,
    }
}

fn request_id<T: std::str::FromStr<Err: std::fmt::Debug>>(number: u128) -> T {
    uuid::Uuid::from_u128(number).to_string().parse().unwrap()
}

/// The county's document with another rural standard, in a file of the folder.
fn county(folder: &Path, yuan: u32) -> String {
    let text = fs::read_to_string(COUNTY).unwrap();
    let file = folder.join(format!("county-{yuan}.yaml"));
    fs::write(
        &file,
        text.replace("for: rural, value: 650元", &format!("for: rural, value: {yuan}元")),
    )
    .unwrap();
    file.display().to_string()
}

/// A database with the policies of T1 in use and one household decided; the digest of the county's document.
async fn database(folder: &Path) -> (String, String) {
    let file = folder.join("doudi.sqlite");
    let url = format!("sqlite:{}", file.display());
    doudi::store::migrate(&url).await.unwrap();
    let store = doudi::store::open(&url).await.unwrap();
    let keys = key_file::create(&folder.join("doudi.sqlite.keys"), &mut OsEntropy).unwrap();
    let areas = AreaRegister::read("areas.yaml", &fs::read_to_string("policy/areas.yaml").unwrap()).unwrap();
    let texts = vec![fs::read_to_string("policy/texts/huaimin-2021-142.txt").unwrap()];
    let clock = Arc::new(SystemClock::new());
    let app = App::new(store, Vault::new(keys), clock, "doudi.local", areas, texts);
    let caller = Caller::new(Principal::anonymous());
    let policies = [
        "vocabulary",
        "calendar",
        "100000-nation",
        "340000-anhui",
        "340300-bengbu",
    ];
    let files = policies.map(|name| format!("policy/{name}.yaml"));
    let mut digest = String::new();
    for (number, file) in (1..).zip(files.iter().map(String::as_str).chain([COUNTY])) {
        let command = PublishPolicy {
            request_id: request_id(number),
            area: AREA.parse().unwrap(),
            source: fs::read_to_string(file).unwrap(),
            officer: officer(),
            validate_only: false,
            lang: doudi::rules::language::say::Lang::En,
        };
        let published = app.publish_policy(&caller, command).await.unwrap();
        digest = published.policy.digest.to_string();
    }
    let facts = Json::object([
        ("decided_by", officer().to_json()),
        (
            "case",
            Json::object([
                ("residence_kind", "rural".into()),
                ("applied_on", "2021-08-01".into()),
                ("accepted_on", "2021-08-02".into()),
                ("property_ok", Json::Bool(true)),
                ("obligor_status", "none".into()),
            ]),
        ),
        (
            "members",
            Json::List(vec![Json::object([
                ("id", Json::from("a")),
                ("relation", "self".into()),
                ("birth", "1980-05-06".into()),
                ("severe_illness", Json::Bool(false)),
                ("labour", "full".into()),
                ("hukou", AREA.into()),
                ("residence", AREA.into()),
            ])]),
        ),
    ]);
    let command = Determine {
        request_id: request_id(100),
        area: AREA.parse().unwrap(),
        case: None,
        household: Household {
            decision_date: "2021-08-18".parse().unwrap(),
            month: "2021-08".parse().unwrap(),
            members: vec![Member {
                id: "a".parse().unwrap(),
                person: None,
            }],
            facts,
            identity: Identity::default(),
            relations: Vec::new(),
        },
        mode: Mode::default(),
    };
    let determined = app.determine(&caller, command).await.unwrap();
    let amount = determined.determination.household.amount;
    assert_eq!(
        amount.map(|amount| amount.get()),
        Some(65_000),
        "{:?}",
        determined.determination
    );
    app.close().await;
    (url, digest)
}

/// A service that ends with the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// `doudi serve` on a free port, once it answers.
fn serve(url: &str) -> (Service, String) {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let child = Command::new(env!("CARGO_BIN_EXE_doudi"))
        .args([
            "serve",
            "--listen",
            &address,
            "--database",
            url,
            "--log-filter",
            "error",
        ])
        .spawn()
        .unwrap();
    let service = Service(child);
    for _ in 0..600 {
        if std::net::TcpStream::connect(&address).is_ok() {
            return (service, format!("http://{address}"));
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the service does not answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_document_is_compared_by_its_digest_from_a_database_and_from_a_service() {
    let folder = tempfile::tempdir().unwrap();
    let (url, digest) = database(folder.path()).await;
    let (new, same) = (county(folder.path(), 700), county(folder.path(), 650));
    let name = format!("areas/{AREA}/policies/{digest}");
    let page = well(&["policy", "diff", &name, &new, "--database", &url]);
    assert!(
        page.contains("| 低保标准 | 340321，农村 | 650.00元/人") && page.contains("700.00元/人"),
        "{page}"
    );
    assert!(page.contains("影响结果：") && page.contains("DIBAO"), "{page}");
    let (_service, server) = serve(&url);
    let served = well(&["policy", "diff", &digest, &new, "--area", AREA, "--server", &server]);
    assert_eq!(served, page, "either source gives one page");
    let equal = well(&["policy", "diff", &name, &same, "--database", &url]);
    assert!(equal.contains("两份文件完全相同"), "{equal}");

    let alone = doudi(&["policy", "diff", &digest, &new, "--database", &url]);
    assert_eq!(alone.status.code(), Some(2), "a digest needs its area");
    let unknown = doudi(&[
        "policy",
        "diff",
        &"ab".repeat(32),
        &new,
        "--area",
        AREA,
        "--database",
        &url,
    ]);
    assert_eq!(unknown.status.code(), Some(3), "no such document");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_impact_of_another_standard_is_a_table_for_people_and_lines_for_machines() {
    let folder = tempfile::tempdir().unwrap();
    let (url, _) = database(folder.path()).await;
    let new = county(folder.path(), 700);
    let asked = |more: &[&'static str]| {
        let mut arguments = vec!["policy", "impact", "--area", AREA, "--with", &new, "--database", &url];
        arguments.extend(["--uses", "parameter:dibao_standard", "--through", "2021-12"]);
        arguments.extend(more);
        well(&arguments)
    };
    // 50 yuan for one person, from September to December.
    let table = asked(&["--lang", "zh"]);
    assert!(
        table.contains("DIBAO 650.00 -> DIBAO 700.00；2021-09至2021-12共 4 个月，多发 0.00 元，少发 200.00 元"),
        "{table}"
    );
    assert!(table.contains("2021-12         1        0.00       50.00"), "{table}");
    assert!(table.contains("重算决定 1 件，其中 1 件会有不同"), "{table}");
    assert!(asked(&[]).contains("underpaid 200.00"));
    let lines = asked(&["--json"]);
    let found: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), 3, "a decision, the progress, the sums: {lines}");
    let decision = &found[0]["decision"];
    let case = decision["determination"].as_str().unwrap();
    assert!(case.starts_with("areas/340321/cases/"), "{case}");
    assert_eq!(
        decision["months"][0],
        json!({ "month": "2021-09", "recorded_fen": 65_000, "alternative_fen": 70_000 })
    );
    let progress = &found[1]["progress"];
    assert_eq!(progress["scanned"], progress["total"]);
    assert_eq!(found[2]["total"]["underpaid_fen"], json!(20_000));

    let broken = fs::read_to_string(&new).unwrap().replace("700元", "七百");
    fs::write(&new, broken).unwrap();
    let refused = doudi(&[
        "policy",
        "impact",
        "--area",
        AREA,
        "--with",
        &new,
        "--database",
        &url,
        "--through",
        "2021-12",
        "--lang",
        "zh",
    ]);
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(
        told.contains("`七百` 不是每人金额（元/人）") && told.contains("改法: 请写 650.00元"),
        "{told}"
    );
}

#[test]
fn the_language_is_that_of_the_flag_and_else_of_the_environment() {
    let broken = ["policy", "check", "tests/policy/broken/header.yaml"];
    let with = |variable: &str, value: &str, more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_doudi"))
            .env_remove("LC_ALL")
            .env_remove("LC_MESSAGES")
            .env_remove("LANG")
            .env(variable, value)
            .args(broken)
            .args(more)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        said(&output)
    };
    let english = "header.yaml:1:9: error: `My County` is not an id";
    let chinese = "header.yaml:1:9: 错误: `My County` 不是合格的编号";
    assert!(with("LANG", "C.UTF-8", &[]).contains(english));
    assert!(with("LANG", "zh_CN.UTF-8", &[]).contains(chinese));
    assert!(with("LC_ALL", "zh_CN.UTF-8", &["--lang", "en"]).contains(english));
    let told = with("LANG", "C", &["--lang", "zh"]);
    assert!(
        told.contains(chinese) && told.contains("改法: ") && told.contains("共 3 处错误"),
        "{told}"
    );
    let lines = with("LANG", "C", &["--lang", "zh", "--json"]);
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["severity"], &first["message"]),
        (&json!("error"), &json!("`My County` 不是合格的编号"))
    );
}

#[test]
fn a_folder_that_passes_lists_what_lower_documents_set_as_well() {
    let listed = well(&["policy", "check", "policy", "--lang", "en"]);
    let shadow = listed
        .lines()
        .find(|line| line.contains("clause employment_deduction: nation of 100000"));
    let shadow = shadow.unwrap_or_else(|| panic!("{listed}"));
    assert!(
        shadow.contains("is replaced by bengbu of 340300 (蚌民〔2021〕166号"),
        "{shadow}"
    );
    assert!(
        shadow.contains("from 2021-07-01") && shadow.contains("on the basis mca57#13"),
        "{shadow}"
    );
    let lines = well(&["policy", "check", "policy", "--json"]);
    let shadows = lines.lines().filter(|line| line.starts_with("{\"shadow\":")).count();
    assert!(shadows >= 2, "{lines}");
}
