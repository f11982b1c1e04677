//! The table is complete, and the guide for operators is made from it; `DOUDI_WRITE_TABLE=1` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use prost_reflect::{DescriptorPool, MethodDescriptor};

use super::*;
use crate::api::pb;

/// Every call of the contracts.
fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(pb::FILE_DESCRIPTOR_SET).expect("descriptors of our own");
    let services = pool
        .services()
        .filter(|service| service.full_name().starts_with("doudi."));
    let found: Vec<_> = services
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect();
    assert!(found.len() > 30, "the calls were not found");
    found
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

#[test]
fn every_call_of_the_contracts_has_a_row_and_every_row_is_one() {
    let contracts: BTreeSet<String> = methods().iter().map(path).collect();
    let rows: BTreeSet<String> = RPCS.iter().map(|rpc| rpc.path.to_owned()).collect();
    assert_eq!(rows, contracts);
    assert_eq!(RPCS.len(), rows.len(), "a call stands twice");
}

#[test]
fn every_request_names_the_place_that_its_row_asks_for() {
    for method in methods() {
        let rpc = rpc(&path(&method)).expect("a row");
        let mut message = method.input();
        if let Some(item) = ["determine", "review"]
            .iter()
            .filter(|_| method.is_client_streaming())
            .find_map(|name| message.get_field_by_name(name))
        {
            message = item.kind().as_message().expect("a request").clone();
        }
        let names = |fields: &[&str]| fields.iter().any(|field| message.get_field_by_name(field).is_some());
        let fits = match rpc.reach {
            Reach::Public => true,
            Reach::Area | Reach::County | Reach::Records => names(&["area"]),
            Reach::Case => names(&["case", "name", "parent", "determination"]),
        };
        assert!(fits, "{}", rpc.path);
    }
}

#[test]
fn who_may_act_on_a_case_may_also_read_it_and_no_role_is_idle() {
    for role in Role::ALL.iter().filter(|role| **role != Role::AuditIdentity) {
        assert!(
            RPCS.iter().any(|rpc| rpc.roles.contains(role) && rpc.roles != EVERY),
            "{role} may do nothing"
        );
    }
    assert!(
        RPCS.iter().all(|rpc| !rpc.roles.contains(&Role::AuditIdentity)),
        "a grant within a call, never a call"
    );
    assert!(rpc("/doudi.v1.AuditService/Nothing").is_none());
}

const HEAD: &str = "\
# Who may call what / 谁可以调用什么

A caller is known by certificate and the table of principals (`deploy/principals.toml`); each has roles and areas. A
call needs one of the roles of its row, and its place must be the caller's. Otherwise it is refused with
PERMISSION_DENIED before anything is looked up. Health is open to everybody. Made by `src/api/rpcs/tests.rs` from the
table in `src/api/rpcs.rs`, by which the server judges; a test makes every role call everything in its own and in other
areas.

调用方由证书和名册（`deploy/principals.toml`）识别，各有角色和区域。调用须具备该行任一角色，且所涉地点属于调用方区域；
否则在查询任何数据之前以 PERMISSION_DENIED 拒绝。健康检查对所有人开放。本表由 `src/api/rpcs.rs` 的同一张表生成。

| role 角色 | for 用途 |
|---|---|
| decide | applications, exits, imports, transfers, corrections, remedies 审核确认、退出、转入、迁移、更正、救济结果 |
| review | periodic review and events 定期核查、情形变化 |
| policy | publishing and previewing policies 政策发布与影响预览 |
| audit | proof, replay, samples, openings, findings 证明、重放、抽样、开示、复核结论 |
| audit-identity | with audit: OpenDocuments may include identities 与 audit 同时：开示可含身份信息 |
| operate | erasure, restriction, the operator's side of a sample 删除、限制处理、抽样中的运行方 |

";

const PLACES: &str = "
Not in one principal / 不得由同一主体兼任：

";

const TAIL: &str = "
Places / 地点：

- **public 公开**: what the public read side shows, and the law; no area is asked. 公开读取端已有的内容与政策，不问区域。
- **area 区域**: the county or township of the request; a township's caller names its nine digits. 请求中的县或乡镇；乡镇调用方用九位代码。
- **county 县**: the whole county; callers of a township are refused. 全县范围，乡镇调用方被拒绝。
- **case 个案**: where the case is handled. A township has the cases that its records named last; one of another
  township, and one that does not exist, are refused alike. 个案所在县；乡镇只及于本乡镇个案，不存在的与他乡镇的一样拒绝。
- **records 记录**: every record that is asked for, as its case; a township has no records beside cases. 逐条记录按其个案判断。

TransferCase writes into two logs and needs both areas; GetEntry without documents is public. In CommitSample the side
must fit the role: auditor with audit, operator with operate. GetDetermination shows the identity to decide and review
alone; GetEntry shows nobody an identity, and what openings, erasures, samples and findings seal to audit and operate
alone.
TransferCase 写入两地日志，须同时具备两地区域；不含文档的 GetEntry 是公开的。CommitSample 的一方须与角色相符。
GetDetermination 只向 decide 和 review 显示身份信息；GetEntry 不向任何人显示身份信息，调阅、删除、抽样和审计发现的密封内容
只向 audit 和 operate 显示。
";

fn guide() -> String {
    let columns: Vec<Role> = Role::ALL
        .iter()
        .copied()
        .filter(|role| *role != Role::AuditIdentity)
        .collect();
    let mut text = HEAD.to_owned();
    let heads: Vec<&str> = columns.iter().map(|role| role.code()).collect();
    writeln!(text, "| call 调用 | {} | place 地点 |", heads.join(" | ")).expect("a string");
    writeln!(text, "|---|{}---|", "---|".repeat(columns.len())).expect("a string");
    for rpc in RPCS {
        let marks: Vec<&str> = columns
            .iter()
            .map(|role| if rpc.roles.contains(role) { "yes" } else { "" })
            .collect();
        let place = match rpc.reach {
            Reach::Public => "public 公开",
            Reach::Area => "area 区域",
            Reach::County => "county 县",
            Reach::Case => "case 个案",
            Reach::Records => "records 记录",
        };
        let name = rpc.path.trim_start_matches("/doudi.v1.").replace('/', ".");
        writeln!(text, "| {name} | {} | {place} |", marks.join(" | ")).expect("a string");
    }
    text.push_str(PLACES);
    for (one, other, why) in Role::APART {
        writeln!(text, "- {one} + {other}: {why}").expect("a string");
    }
    text + TAIL
}

#[test]
fn the_guide_for_operators_is_the_table_that_the_server_judges_by() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/operate/ROLES.md");
    if std::env::var_os("DOUDI_WRITE_TABLE").is_some() {
        std::fs::write(path, guide()).expect("a writable checkout");
    }
    let found = std::fs::read_to_string(path).expect("the guide");
    assert!(
        found == guide(),
        "run the test once with DOUDI_WRITE_TABLE=1 and commit what it writes"
    );
}

#[test]
fn the_example_of_principals_is_right() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/principals.toml");
    let text = std::fs::read_to_string(path).expect("the example");
    let read = crate::identity::principals::Principals::read(&text).expect("no mistakes");
    assert!(read.count() >= Role::ALL.len());
}
