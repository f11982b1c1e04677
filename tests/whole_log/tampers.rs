//! What the owner of a database can do to it, and the level of fsck that sees it first: a promise that the tests keep.

use doudi::log::fsck::Level;

/// One thing that an owner does to a database.
pub struct Tamper {
    /// What, for people.
    pub what: &'static str,
    /// How. `{L}` is the log; `{J}` and `{K}` are neighbours behind the last full tile, `{K}` the only record of its case.
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
        statements: &["DELETE FROM log_entry WHERE log_id = {L} AND idx = 20"],
        level: Level::Contiguity,
        place: "entry 20",
    },
    Tamper {
        what: "cut off the tail",
        statements: &["DELETE FROM log_entry WHERE log_id = {L} AND idx >= {J}"],
        level: Level::Contiguity,
        place: "entries {J} to {LAST}",
    },
    Tamper {
        what: "set the head back",
        statements: &["UPDATE log_head SET size = size - 1 WHERE log_id = {L}"],
        level: Level::Contiguity,
        place: "entry {LAST}",
    },
    Tamper {
        what: "edit an entry",
        statements: &[
            "UPDATE log_entry SET entry = (SELECT entry FROM log_entry WHERE log_id = {L} AND idx = 21) \
                       WHERE log_id = {L} AND idx = 20",
        ],
        level: Level::Leaves,
        place: "entry 20",
    },
    Tamper {
        what: "edit a leaf hash",
        statements: &["UPDATE log_entry SET leaf_hash = {zeros 32} WHERE log_id = {L} AND idx = 20"],
        level: Level::Leaves,
        place: "entry 20",
    },
    Tamper {
        what: "swap two entries",
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
        statements: &["UPDATE log_tile SET hashes = {zeros 8192} WHERE log_id = {L} AND level = 0 AND n = 0"],
        level: Level::Tiles,
        place: "tile/0/000",
    },
    Tamper {
        what: "edit the root of a tile",
        statements: &["UPDATE log_tile SET root = {zeros 32} WHERE log_id = {L} AND level = 0 AND n = 0"],
        level: Level::Tiles,
        place: "tile/0/000",
    },
    Tamper {
        what: "delete a tile",
        statements: &["DELETE FROM log_tile WHERE log_id = {L} AND level = 0 AND n = 0"],
        level: Level::Tiles,
        place: "tile/0/000",
    },
    Tamper {
        what: "edit the root of the head",
        statements: &["UPDATE log_head SET root = {zeros 32} WHERE log_id = {L}"],
        level: Level::Head,
        place: "the head",
    },
    Tamper {
        what: "edit the right edge of the head",
        statements: &["UPDATE log_head SET compact = {zeros 32} WHERE log_id = {L}"],
        level: Level::Head,
        place: "the head",
    },
    Tamper {
        what: "delete the newest checkpoint",
        statements: &[
            "DELETE FROM log_checkpoint WHERE log_id = {L} AND size = (SELECT size FROM log_head WHERE log_id = {L})",
        ],
        level: Level::Head,
        place: "the head",
    },
    Tamper {
        what: "edit the root of a checkpoint",
        statements: &["UPDATE log_checkpoint SET root = {zeros 32} WHERE log_id = {L} AND size = 2"],
        level: Level::Checkpoints,
        place: "checkpoint 2",
    },
    Tamper {
        what: "edit the note of a checkpoint",
        statements: &[
            "UPDATE log_checkpoint SET note = (SELECT note FROM log_checkpoint WHERE log_id = {L} AND size = 3) \
                       WHERE log_id = {L} AND size = 2",
        ],
        level: Level::Signatures,
        place: "checkpoint 2",
    },
    Tamper {
        what: "spoil the signature of a checkpoint",
        statements: &["UPDATE log_checkpoint SET note = note || 'x' WHERE log_id = {L} AND size = 2"],
        level: Level::Signatures,
        place: "checkpoint 2",
    },
    Tamper {
        what: "date a checkpoint back",
        statements: &["UPDATE log_checkpoint SET signed_ms = 1 WHERE log_id = {L} AND size = 3"],
        level: Level::Signatures,
        place: "checkpoint 3",
    },
    Tamper {
        what: "edit a sealed document",
        statements: &[
            "UPDATE document SET bytes = (SELECT bytes FROM document WHERE log_id = {L} AND idx = 21 AND name = 'facts') \
                       WHERE log_id = {L} AND idx = 20 AND name = 'facts'",
        ],
        level: Level::Documents,
        place: "document facts of entry 20",
    },
    Tamper {
        what: "edit a public document",
        statements: &["UPDATE document SET bytes = {zeros 100} WHERE log_id = {L} AND idx = 1 AND name = 'policy'"],
        level: Level::Documents,
        place: "document policy of entry 1",
    },
    Tamper {
        what: "delete a document",
        statements: &["DELETE FROM document WHERE log_id = {L} AND idx = 20 AND name = 'frame'"],
        level: Level::Documents,
        place: "document frame of entry 20",
    },
    Tamper {
        what: "destroy a data key without an ERASURE entry",
        statements: &["UPDATE data_key SET wrapped = NULL, destroyed_ms = 1 WHERE key_ref = \
                       (SELECT key_ref FROM document WHERE log_id = {L} AND idx = {K} AND name = 'facts')"],
        level: Level::Documents,
        place: "document facts of entry {K}",
    },
    Tamper {
        what: "edit a wrapped data key",
        statements: &["UPDATE data_key SET wrapped = {zeros 60} WHERE key_ref = \
                       (SELECT key_ref FROM document WHERE log_id = {L} AND idx = {K} AND name = 'facts')"],
        level: Level::Documents,
        place: "document facts of entry {K}",
    },
    Tamper {
        what: "edit a record row: its kind",
        statements: &["UPDATE record SET kind = 'IMPORT' WHERE log_id = {L} AND idx = {K}"],
        level: Level::Projections,
        place: "record of entry {K}",
    },
    Tamper {
        what: "delete a record row of a public entry",
        statements: &["DELETE FROM record WHERE log_id = {L} AND idx = 1"],
        level: Level::Projections,
        place: "record of entry 1",
    },
    Tamper {
        what: "edit a case's stored state",
        statements: &["UPDATE case_head SET state = {zeros 60} WHERE case_id = \
                       (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "edit a case's due date",
        statements: &["UPDATE case_head SET next_due = '2099-01-01' WHERE case_id = \
                       (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "put a case into another township",
        statements: &["UPDATE case_head SET township = '340321999' WHERE case_id = \
                       (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "delete a case's head",
        statements: &[
            "DELETE FROM case_head WHERE case_id = (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})",
        ],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "edit the months that a person holds",
        statements: &["UPDATE person_span SET from_month = '2020-01' WHERE case_id = \
                       (SELECT case_id FROM record WHERE log_id = {L} AND idx = {K})"],
        level: Level::Projections,
        place: "case {CASE}",
    },
    Tamper {
        what: "edit the digest of a policy row",
        statements: &["UPDATE policy_document SET digest = {zeros 32} WHERE log_id = {L} AND idx = 3"],
        level: Level::Projections,
        place: "policy row of entry 3",
    },
    Tamper {
        what: "edit a request row: its entry",
        statements: &["UPDATE request SET idx = 21 WHERE log_id = {L} AND idx = {K}"],
        level: Level::Projections,
        place: "request of entry {K}",
    },
    Tamper {
        what: "edit a request row: its id",
        statements: &["UPDATE request SET request_id = 'x' WHERE log_id = {L} AND idx = {K}"],
        level: Level::Projections,
        place: "request of entry {K}",
    },
    Tamper {
        what: "edit a request row: the size of its receipt",
        statements: &["UPDATE request SET first_size = 1 WHERE log_id = {L} AND idx = {K}"],
        level: Level::Projections,
        place: "request of entry {K}",
    },
    Tamper {
        what: "delete a request row",
        statements: &["DELETE FROM request WHERE log_id = {L} AND idx = 1"],
        level: Level::Projections,
        place: "request of entry 1",
    },
];
