//! Each pure check on both sides of what it checks.

use super::*;
use crate::log::merkle::{CompactTree, leaf_hash};
use crate::log::tiles::TileId;
use crate::log::{Hash, LogIndex, TreeSize};
use crate::store::{EntryRow, TileRow};

fn entry(index: u64) -> EntryRow {
    let entry = format!("{{\"kind\":\"X\",\"logged\":{},\"v\":1}}", 100 + index).into_bytes();
    EntryRow {
        index: LogIndex::new(index).expect("small"),
        leaf_hash: leaf_hash(&entry),
        entry,
    }
}

fn size(size: u64) -> TreeSize {
    TreeSize::new(size).expect("small")
}

fn texts(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_range_gives_its_leaf_hashes_and_times() {
    let leaves = check_leaves(3, 5, &[entry(3), entry(4)]);
    assert_eq!(leaves.findings, []);
    assert_eq!(leaves.hashes, [Some(entry(3).leaf_hash), Some(entry(4).leaf_hash)]);
    assert_eq!(leaves.logged, [Some(103), Some(104)]);
}

#[test]
fn each_run_of_missing_entries_is_one_finding() {
    let leaves = check_leaves(10, 20, &[entry(11), entry(14), entry(15), entry(18)]);
    assert_eq!(
        texts(&leaves.findings),
        [
            "F0 entry 10: is missing",
            "F0 entries 12 to 13: is missing",
            "F0 entries 16 to 17: is missing",
            "F0 entry 19: is missing"
        ]
    );
    assert_eq!(leaves.hashes.iter().flatten().count(), 4);
}

#[test]
fn a_changed_byte_is_named_by_its_entry() {
    let mut changed = entry(4);
    changed.entry[0] ^= 1;
    let leaves = check_leaves(3, 6, &[entry(3), changed, entry(5)]);
    assert_eq!(leaves.findings.len(), 1);
    assert_eq!(
        (leaves.findings[0].level, leaves.findings[0].place.index()),
        (Level::Leaves, Some(4))
    );
}

#[test]
fn the_time_is_the_members_and_never_that_of_a_text() {
    assert_eq!(logged_seconds(br#"{"engine":"a","logged":7,"v":1}"#), Some(7));
    assert_eq!(
        logged_seconds(br#"{"engine":",\"logged\":9","logged":7,"v":1}"#),
        Some(7)
    );
    assert_eq!(logged_seconds(br#"{"engine":"a","logged":,"v":1}"#), None);
    assert_eq!(logged_seconds(b"{\"engine\":\"a\",\"logged\":7"), None, "cut off");
    assert_eq!(logged_seconds(b""), None);
}

/// A tree of so many leaves, with everything that is stored of it.
fn stored(count: u64) -> (TreeCheck, CompactTree) {
    let (mut check, mut tree) = (TreeCheck::default(), CompactTree::empty());
    for index in 0..count {
        let leaf = Hash::of(&index.to_be_bytes());
        check.leaf(Some(leaf));
        tree.append(leaf, |_, _| {});
    }
    (check, tree)
}

fn full_tile() -> TileRow {
    let (_, tree) = stored(256);
    TileRow {
        level: 0,
        n: 0,
        hashes: (0..256_u64)
            .flat_map(|index| *Hash::of(&index.to_be_bytes()).as_bytes())
            .collect(),
        root: tree.root(),
    }
}

const FIRST: TileId = TileId { level: 0, n: 0 };

#[test]
fn a_tile_waits_when_it_is_full_and_is_compared_once() {
    assert_eq!(stored(255).0.waiting(), []);
    let (mut check, _) = stored(256);
    assert_eq!(check.waiting(), [FIRST]);
    let mut found = Findings::default();
    check.tile(FIRST, Some(&full_tile()), &mut found);
    assert_eq!(
        (found.kept().len(), check.waiting().len(), check.counts()),
        (0, 0, (1, 0))
    );
}

#[test]
fn the_first_wrong_hash_of_a_tile_is_named_with_its_entry() {
    let problem = |spoil: fn(&mut TileRow)| {
        let (mut row, mut found) = (full_tile(), Findings::default());
        spoil(&mut row);
        stored(256).0.tile(FIRST, Some(&row), &mut found);
        found.kept()[0].problem.clone()
    };
    assert_eq!(
        problem(|row| row.hashes[17 * 32] ^= 1),
        Problem::TileHash { at: 17, entry: 17 }
    );
    assert_eq!(
        problem(|row| row.hashes.truncate(255 * 32)),
        Problem::TileHash { at: 255, entry: 255 }
    );
    assert_eq!(problem(|row| row.root = Hash::of(b"")), Problem::TileRoot);
    let mut found = Findings::default();
    stored(256).0.tile(FIRST, None, &mut found);
    assert_eq!(texts(found.kept()), ["F2 tile/0/000: is missing"]);
}

#[test]
fn a_checkpoint_is_compared_at_its_size() {
    let mut check = TreeCheck::default();
    let mut found = Findings::default();
    for index in 0..9_u64 {
        check.leaf(Some(Hash::of(&index.to_be_bytes())));
        check.checkpoint(size(index + 1), &stored(index + 1).1.root(), &mut found);
    }
    assert_eq!(found.kept(), []);
    check.checkpoint(size(9), &Hash::of(b""), &mut found);
    check.checkpoint(size(10), &Hash::of(b""), &mut found);
    let problems: Vec<&Problem> = found.kept().iter().map(|finding| &finding.problem).collect();
    assert_eq!(problems, [&Problem::CheckpointRoot, &Problem::Unchecked]);
}

#[test]
fn the_head_is_size_root_and_edge() {
    let (check, tree) = stored(7);
    let head = Head {
        size: size(7),
        edge: tree.edge_bytes(),
        root: tree.root(),
    };
    let problem = |head: Head| {
        let mut found = Findings::default();
        check.head(&head, &mut found);
        found.kept().first().map(|finding| finding.problem.code())
    };
    assert_eq!(problem(head.clone()), None);
    assert_eq!(
        problem(Head {
            size: size(8),
            ..head.clone()
        }),
        Some("HEAD_SIZE")
    );
    assert_eq!(
        problem(Head {
            root: Hash::of(b""),
            ..head.clone()
        }),
        Some("HEAD_ROOT")
    );
    assert_eq!(
        problem(Head {
            edge: vec![0; 96],
            ..head
        }),
        Some("HEAD_EDGE")
    );
}

#[test]
fn without_a_leaf_the_tree_ends_and_says_so() {
    let (mut check, _) = stored(3);
    check.leaf(None);
    check.leaf(Some(Hash::of(b"")));
    assert!(check.is_broken());
    assert_eq!(check.size(), size(3));
}

fn checked(size_of: u64, signed_ms: i64, key: [u8; 4]) -> NoteCheck {
    NoteCheck {
        size: size(size_of),
        signed_ms,
        signed_by: Ok(crate::log::note::KeyId::from_bytes(key)),
    }
}

#[test]
fn time_may_stand_still_and_never_goes_back() {
    let mut signatures = Signatures::default();
    let mut found = Findings::default();
    for (index, logged) in [(0, 5), (1, 5), (2, 6)] {
        signatures.entry(index, Some(logged), &mut found);
    }
    signatures.checkpoint(checked(3, 6_000, [1; 4]), &mut found);
    signatures.checkpoint(checked(4, 6_000, [1; 4]), &mut found);
    assert_eq!(found.kept(), []);
    signatures.entry(4, Some(5), &mut found);
    signatures.checkpoint(checked(5, 5_999, [1; 4]), &mut found);
    signatures.entry(5, Some(6), &mut found);
    signatures.checkpoint(checked(6, 5_999, [1; 4]), &mut found);
    let codes: Vec<(&str, String)> = found
        .kept()
        .iter()
        .map(|finding| (finding.problem.code(), finding.place.to_string()))
        .collect();
    assert_eq!(
        codes,
        [
            ("TIME_BACK", "entry 4".to_owned()),
            ("TIME_BACK", "checkpoint 5".to_owned()),
            ("SIGNED_EARLIER", "checkpoint 6".to_owned())
        ]
    );
}

#[test]
fn a_key_may_be_replaced_and_does_not_come_back() {
    let mut signatures = Signatures::default();
    let mut found = Findings::default();
    for (at, key) in [[1; 4], [1; 4], [2; 4], [2; 4]].into_iter().enumerate() {
        signatures.checkpoint(checked(at as u64 + 1, 1, key), &mut found);
    }
    assert_eq!(found.kept(), []);
    signatures.checkpoint(checked(5, 1, [1; 4]), &mut found);
    assert_eq!(found.kept()[0].problem.code(), "KEY_RETURNED");
}

#[test]
fn findings_beyond_the_limit_of_their_level_are_counted_and_not_kept() {
    let mut found = Findings::keeping(2);
    for index in 0..3 {
        found.add(Level::Leaves, Place::Entry(index), Problem::LeafHash);
    }
    found.add(Level::Head, Place::Head, Problem::HeadRoot);
    assert_eq!((found.kept().len(), found.count(Level::Leaves)), (3, 3));
    assert_eq!(found.first_level(), Some(Level::Leaves));
    assert_eq!(Findings::default().first_level(), None);
}

#[test]
fn every_level_has_its_code_and_reads_back() {
    for (number, level) in (0..).zip(Level::ALL) {
        assert_eq!((level.number(), level.code()), (number, &*format!("F{number}")));
        assert_eq!(Level::from_code(&level.code().to_lowercase()), Some(level));
    }
    assert_eq!(Level::from_code("F10"), None);
}
