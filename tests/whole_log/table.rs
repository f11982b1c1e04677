//! `deploy/audit/TAMPERING.md`, made from the table that the tests keep; `DOUDI_WRITE_TABLE=1` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::tampers::TAMPERS;

const HEAD: &str = "\
# What tampering is seen by / 篡改由哪一级发现

The owner of the database drops every trigger and changes rows. The tests do each line to a real database: on SQLite
always, on PostgreSQL two of each level always and all of them with `--long`. The level is the lowest of `doudi fsck`
that sees it, the place the first that it names. Made by `tests/whole_log/table.rs` from the table that the tests keep.

数据库所有者删掉全部触发器后改动数据。测试对真实的数据库做每一行：SQLite 每次都做，PostgreSQL 每次每级做两行，加 `--long` 做全部。
级别是 `doudi fsck` 最先发现它的一级，位置是它指出的第一处。本表由 `tests/whole_log/table.rs` 从测试遵守的表生成。

`j`, `k` and `last` are entries behind the last full tile (末尾未满瓦片里的条目). `a` is an ACCESS entry (访问条目).

| change 改动 | seen by 发现级别 | first place 第一处 |
|---|---|---|
";

/// What no level below sees, because the database is sound in itself: who does, and the test that shows it.
const TAIL: &str = "
## Sound in itself / 自身一致的

| change 改动 | seen by 发现者 | test 测试 |
|---|---|---|
| an old backup put back 恢复旧备份 | F8: whoever kept a head 留存过日志头的人 | `an_old_backup_is_seen_by_whoever_kept_a_head_and_by_nobody_else` |
| the whole tree computed anew and signed with the real key 整棵树重算并用真密钥签名 | F8: whoever kept a head, witnesses, receipts 留存者、见证方、回执 | `a_tree_computed_anew_and_signed_with_the_real_key_is_seen_by_whoever_kept_a_head` |
| a false determination written with every key 持有全部密钥写入的虚假认定 | F9: replay 重放 | `a_false_determination_written_with_every_key_is_seen_when_it_is_decided_again` |
";

/// The Chinese for a place as fsck prints it.
fn place_in_chinese(place: &str) -> String {
    match place.split(' ').collect::<Vec<_>>()[..] {
        ["entry", at] => format!("条目 {at}"),
        ["entries", from, "to", to] => format!("条目 {from} 至 {to}"),
        ["the", "head"] => "日志头".to_owned(),
        ["the", "case"] => "该个案".to_owned(),
        ["checkpoint", size] => format!("检查点 {size}"),
        ["document", name, "of", "entry", at] => format!("条目 {at} 的文件 {name}"),
        ["record", "of", "entry", at] => format!("条目 {at} 的记录行"),
        ["policy", "row", "of", "entry", at] => format!("条目 {at} 的政策行"),
        ["request", "of", "entry", at] => format!("条目 {at} 的请求行"),
        ["accesses", "of", "entry", at] => format!("条目 {at} 的访问行"),
        [tile] if tile.starts_with("tile/") => "瓦片".to_owned(),
        _ => panic!("no Chinese for the place {place}"),
    }
}

fn table() -> String {
    let mut table = HEAD.to_owned();
    for tamper in TAMPERS {
        let (code, title) = (tamper.level.code(), tamper.level.title());
        let (what, in_chinese) = (tamper.what, tamper.in_chinese);
        let place = tamper
            .place
            .replace("{J}", "j")
            .replace("{K}", "k")
            .replace("{A}", "a")
            .replace("{LAST}", "last")
            .replace("case {CASE}", "the case");
        let place_in_chinese = place_in_chinese(&place);
        writeln!(
            table,
            "| {what} {in_chinese} | {code} {title} | {place} {place_in_chinese} |"
        )
        .unwrap();
    }
    table + TAIL
}

#[test]
fn the_table_for_auditors_is_the_one_that_the_tests_keep() {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/audit/TAMPERING.md"));
    if std::env::var_os("DOUDI_WRITE_TABLE").is_some() {
        fs::write(&path, table()).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    assert!(
        found == table(),
        "run the test once with DOUDI_WRITE_TABLE=1 and commit what it writes"
    );
}
