//! What the owner of a database can do to it, and the level of fsck that sees it first: a promise that the tests keep.

use doudi::log::fsck::Level;

/// One thing that an owner does to a database.
pub struct Tamper {
    /// What, for people.
    pub what: &'static str,
    /// The same in Chinese.
    pub in_chinese: &'static str,
    /// How. `{L}` is the log; `{J}` and `{K}` are neighbours behind the last full tile, `{K}` the only record of its
    /// case; `{A}` is the first of two ACCESS entries, with three rows each.
    pub statements: &'static [&'static str],
    /// The lowest level that sees it.
    pub level: Level,
    /// The first place that it names.
    pub place: &'static str,
}

impl Tamper {
    /// The table that it changes.
    pub fn table(&self) -> &'static str {
        let mut words = self.statements[0].split_ascii_whitespace();
        let verb = words.next().unwrap();
        let skipped = usize::from(verb == "DELETE");
        words.nth(skipped).unwrap()
    }
}

/// Entries 20 and 21 lie under the first tile.
pub const TAMPERS: &[Tamper] = &[
    Tamper {
        what: "delete an entry in the middle",
        in_chinese: "删除中间一个条目",
        statements: &["DELETE FROM log_entry WHERE log_id = {L} AND idx = 20"],
        level: Level::Contiguity,
        place: "entry 20",
    },
    Tamper {
        what: "cut off the tail",
        in_chinese: "截去末尾",
        statements: &["DELETE FROM log_entry WHERE log_id = {L} AND idx >= {J}"],
        level: Level::Contiguity,
        place: "entries {J} to {LAST}",
    },
    Tamper {
        what: "set the head back",
        in_chinese: "把日志头往回拨",
        statements: &["UPDATE log_head SET size = size - 1 WHERE log_id = {L}"],
        level: Level::Contiguity,
        place: "entry {LAST}",
    },
    Tamper {
        what: "edit an entry",
        in_chinese: "改动条目",
        statements: &[
            "UPDATE log_entry SET entry = (SELECT entry FROM log_entry WHERE log_id = {L} AND idx = 21) \
                       WHERE log_id = {L} AND idx = 20",
        ],
        level: Level::Leaves,
        place: "entry 20",
    },
    Tamper {
        what: "edit a leaf hash",
        in_chinese: "改动叶哈希",
        statements: &["UPDATE log_entry SET leaf_hash = {zeros 32} WHERE log_id = {L} AND idx = 20"],
        level: Level::Leaves,
        place: "entry 20",
    },
    Tamper {
        what: "swap two entries",
        in_chinese: "对调两个条目",
        statements: &[
            "UPDATE log_entry SET idx = 1000000 WHERE log_id = {L} AND idx = 20",
            "UPDATE log_entry SET idx = 20 WHERE log_id = {L} AND idx = 21",
            "UPDATE log_entry SET idx = 21 WHERE log_id = {L} AND idx = 1000000",
        ],
        level: Level::Tiles,
        place: "tile/0/000",
    },
    Tamper {
        what: "swap two entries behind the last full tile",
        in_chinese: "对调末尾未满瓦片里的两个条目",
        statements: &[
            "UPDATE log_entry SET idx = 1000000 WHERE log_id = {L} AND idx = {J}",
            "UPDATE log_entry SET idx = {J} WHERE log_id = {L} AND idx = {K}",
            "UPDATE log_entry SET idx = {K} WHERE log_id = {L} AND idx = 1000000",
        ],
        level: Level::Head,
        place: "the head",
    },
    Tamper {
        what: "edit a tile",
        in_chinese: "改动瓦片",
        statements: &["UPDATE log_tile SET hashes = {zeros 8192} WHERE log_id = {L} AND level = 0 AND n = 0"],
        level: Level::Tiles,
        place: "tile/0/000",
    },
    Tamper {
        what: "edit the root of a tile",
        in_chinese: "改动瓦片的根",
        statements: &["UPDATE log_tile SET root = {zeros 32} WHERE log_id = {L} AND level = 0 AND n = 0"],
        level: Level::Tiles,
        place: "tile/0/000",
    },
    Tamper {
        what: "delete a tile",
        in_chinese: "删除瓦片",
        statements: &["DELETE FROM log_tile WHERE log_id = {L} AND level = 0 AND n = 0"],
        level: Level::Tiles,
        place: "tile/0/000",
    },
    Tamper {
        what: "edit the root of the head",
        in_chinese: "改动日志头的根",
        statements: &["UPDATE log_head SET root = {zeros 32} WHERE log_id = {L}"],
        level: Level::Head,
        place: "the head",
    },
    Tamper {
        what: "edit the right edge of the head",
        in_chinese: "改动日志头的右边缘",
        statements: &["UPDATE log_head SET compact = {zeros 32} WHERE log_id = {L}"],
        level: Level::Head,
        place: "the head",
    },
    Tamper {
        what: "delete the newest checkpoint",
        in_chinese: "删除最新检查点",
        statements: &[
            "DELETE FROM log_checkpoint WHERE log_id = {L} AND size = (SELECT size FROM log_head WHERE log_id = {L})",
        ],
        level: Level::Head,
        place: "the head",
    },
    Tamper {
        what: "edit the root of a checkpoint",
        in_chinese: "改动检查点的根",
        statements: &["UPDATE log_checkpoint SET root = {zeros 32} WHERE log_id = {L} AND size = 2"],
        level: Level::Checkpoints,
        place: "checkpoint 2",
    },
    Tamper {
        what: "edit the note of a checkpoint",
        in_chinese: "换掉检查点的签名文本",
        statements: &[
            "UPDATE log_checkpoint SET note = (SELECT note FROM log_checkpoint WHERE log_id = {L} AND size = 3) \
                       WHERE log_id = {L} AND size = 2",
        ],
        level: Level::Signatures,
        place: "checkpoint 2",
    },
    Tamper {
        what: "spoil the signature of a checkpoint",
        in_chinese: "破坏检查点的签名",
        statements: &["UPDATE log_checkpoint SET note = note || 'x' WHERE log_id = {L} AND size = 2"],
        level: Level::Signatures,
        place: "checkpoint 2",
    },
    Tamper {
        what: "date a checkpoint back",
        in_chinese: "倒填检查点的日期",
        statements: &["UPDATE log_checkpoint SET signed_ms = 1 WHERE log_id = {L} AND size = 3"],
        level: Level::Signatures,
        place: "checkpoint 3",
    },
    Tamper {
        what: "edit a sealed document",
        in_chinese: "改动密封文件",
        statements: &[
            "UPDATE document SET bytes = (SELECT bytes FROM document WHERE log_id = {L} AND idx = 21 AND name = 'facts') \
                       WHERE log_id = {L} AND idx = 20 AND name = 'facts'",
        ],
        level: Level::Documents,
        place: "document facts of entry 20",
    },
    Tamper {
        what: "edit a public document",
        in_chinese: "改动公开文件",
        statements: &["UPDATE document SET bytes = {zeros 100} WHERE log_id = {L} AND idx = 1 AND name = 'policy'"],
        level: Level::Documents,
        place: "document policy of entry 1",
    },
    Tamper {
        what: "delete a document",
        in_chinese: "删除文件",
        statements: &["DELETE FROM document WHERE log_id = {L} AND idx = 20 AND name = 'frame'"],
        level: Level::Documents,
        place: "document frame of entry 20",
    },
    Tamper {
        what: "destroy a data key without an ERASURE entry",
        in_chinese: "没有 ERASURE 条目而销毁数据密钥",
        statements: &["UPDATE data_key SET wrapped = NULL, destroyed_ms = 1 WHERE key_ref = \
                       (SELECT key_ref FROM document WHERE log_id = {L} AND idx = {K} AND name = 'facts')"],
        level: Level::Documents,
        place: "document facts of entry {K}",
    },
    Tamper {
        what: "edit a wrapped data key",
        in_chinese: "改动已包裹的数据密钥",
        statements: &["UPDATE data_key SET wrapped = {zeros 60} WHERE key_ref = \
                       (SELECT key_ref FROM document WHERE log_id = {L} AND idx = {K} AND name = 'facts')"],
        level: Level::Documents,
        place: "document facts of entry {K}",
    },
    Tamper {
        what: "edit a record row: its kind",
        in_chinese: "改动记录行的种类",
        statements: &["UPDATE record SET kind = 'IMPORT' WHERE log_id = {L} AND idx = {K}"],
        level: Level::Projections,
        place: "record of entry {K}",
    },
    Tamper {
        what: "delete a record row of a public entry",
        in_chinese: "删除公开条目的记录行",
        statements: &["DELETE FROM record WHERE log_id = {L} AND idx = 1"],
        level: Level::Projections,
        place: "record of entry 1",
    },
    Tamper {
        what: "edit a case's stored state",
        in_chinese: "改动个案的存储状态",
        statements: &["UPDATE case_head SET state = {zeros 60} WHERE case_id = \
                       (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "edit a case's due date",
        in_chinese: "改动个案的复核到期日",
        statements: &["UPDATE case_head SET next_due = '2099-01-01' WHERE case_id = \
                       (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "put a case into another township",
        in_chinese: "把个案改到另一乡镇",
        statements: &["UPDATE case_head SET township = '340321999' WHERE case_id = \
                       (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "delete a case's head",
        in_chinese: "删除个案头行",
        statements: &[
            "DELETE FROM case_head WHERE case_id = (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})",
        ],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "edit the months that a person holds",
        in_chinese: "改动人员享受救助的月份",
        statements: &["UPDATE person_span SET from_month = '2020-01' WHERE case_id = \
                       (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "edit the digest of a policy row",
        in_chinese: "改动政策行的摘要",
        statements: &["UPDATE policy_document SET digest = {zeros 32} WHERE log_id = {L} AND idx = 3"],
        level: Level::Projections,
        place: "policy row of entry 3",
    },
    Tamper {
        what: "edit a request row: its entry",
        in_chinese: "改动请求行所指的条目",
        statements: &["UPDATE request SET idx = 21 WHERE log_id = {L} AND idx = {K}"],
        level: Level::Projections,
        place: "request of entry {K}",
    },
    Tamper {
        what: "edit a request row: its id",
        in_chinese: "改动请求行的编号",
        statements: &["UPDATE request SET request_id = 'x' WHERE log_id = {L} AND idx = {K}"],
        level: Level::Projections,
        place: "request of entry {K}",
    },
    Tamper {
        what: "edit a request row: the size of its receipt",
        in_chinese: "改动请求行的回执大小",
        statements: &["UPDATE request SET first_size = 1 WHERE log_id = {L} AND idx = {K}"],
        level: Level::Projections,
        place: "request of entry {K}",
    },
    Tamper {
        what: "delete a request row",
        in_chinese: "删除请求行",
        statements: &["DELETE FROM request WHERE log_id = {L} AND idx = 1"],
        level: Level::Projections,
        place: "request of entry 1",
    },
    Tamper {
        what: "mark a case as erased",
        in_chinese: "把个案标为已删除",
        statements: &["UPDATE case_head SET erased = 'case' WHERE case_id = \
             (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "mark the identity of a case as erased",
        in_chinese: "把个案的身份信息标为已删除",
        statements: &["UPDATE case_head SET erased = 'identity' WHERE case_id = \
             (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "mark a case as restricted",
        in_chinese: "把个案标为限制处理",
        statements: &["UPDATE case_head SET restricted = 'case' WHERE case_id = \
             (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "name the key of its documents as the identity key of a case",
        in_chinese: "把个案的内容密钥改作其身份密钥",
        statements: &[
            "UPDATE case_head SET identity_key_ref = content_key_ref WHERE case_id = \
             (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})",
        ],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "take a read out of its hour",
        in_chinese: "把一次访问从其小时中取出",
        statements: &["DELETE FROM access_place WHERE log_id = {L} AND idx = {A} AND ordinal = 0"],
        level: Level::Projections,
        place: "accesses of entry {A}",
    },
    Tamper {
        what: "put a read under another hour",
        in_chinese: "把一次访问放到另一小时之下",
        statements: &[
            "UPDATE access_place SET idx = idx + 1, ordinal = 3 WHERE log_id = {L} AND idx = {A} AND ordinal = 2",
        ],
        level: Level::Projections,
        place: "accesses of entry {A}",
    },
    Tamper {
        what: "swap two reads of an hour",
        in_chinese: "对调同一小时的两次访问",
        statements: &[
            "UPDATE access_place SET ordinal = 1000000 WHERE log_id = {L} AND idx = {A} AND ordinal = 0",
            "UPDATE access_place SET ordinal = 0 WHERE log_id = {L} AND idx = {A} AND ordinal = 1",
            "UPDATE access_place SET ordinal = 1 WHERE log_id = {L} AND idx = {A} AND ordinal = 1000000",
        ],
        level: Level::Projections,
        place: "accesses of entry {A}",
    },
    Tamper {
        what: "delete the row of a read",
        in_chinese: "删除访问行",
        statements: &["DELETE FROM access WHERE leaf_hash = \
             (SELECT leaf_hash FROM access_place WHERE log_id = {L} AND idx = {A} AND ordinal = 0)"],
        level: Level::Projections,
        place: "accesses of entry {A}",
    },
    Tamper {
        what: "edit who read",
        in_chinese: "改动访问人",
        statements: &[
            "UPDATE access SET content = (SELECT content FROM access WHERE leaf_hash = \
             (SELECT leaf_hash FROM access_place WHERE log_id = {L} AND idx = {A} AND ordinal = 1)) \
             WHERE leaf_hash = (SELECT leaf_hash FROM access_place WHERE log_id = {L} AND idx = {A} AND ordinal = 0)",
        ],
        level: Level::Projections,
        place: "accesses of entry {A}",
    },
    Tamper {
        what: "put a read under another case",
        in_chinese: "把访问行改到另一个案",
        statements: &["UPDATE access SET case_id = 'x' WHERE leaf_hash = \
             (SELECT leaf_hash FROM access_place WHERE log_id = {L} AND idx = {A} AND ordinal = 0)"],
        level: Level::Projections,
        place: "accesses of entry {A}",
    },
    Tamper {
        what: "put the reads of an hour under an entry that is none of accesses",
        in_chinese: "把一小时的访问改挂到别类条目之下",
        statements: &["UPDATE access_place SET idx = {K} WHERE log_id = {L} AND idx = {A}"],
        level: Level::Projections,
        place: "accesses of entry {A}",
    },
];
