//! Tiles against the specification's examples, an independent crate, and random paths.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::log::merkle::{
    CompactTree, HashReader as _, NodeId, consistency_nodes, inclusion_nodes, leaf_hash, prove_consistency,
    prove_inclusion,
};
use crate::log::{Hash, LogIndex, TreeSize};

fn size(size: u64) -> TreeSize {
    TreeSize::new(size).expect("small")
}

fn nodes(size: u64) -> BTreeMap<NodeId, Hash> {
    let mut tree = CompactTree::empty();
    let mut nodes = BTreeMap::new();
    for n in 0..size {
        tree.append(leaf_hash(&n.to_be_bytes()), |node, hash| {
            nodes.insert(node, hash);
        });
    }
    nodes
}

/// The tile as it is served at a size, from the nodes of its level.
fn tile(nodes: &BTreeMap<NodeId, Hash>, id: TileId, at: TreeSize) -> Vec<Hash> {
    let level = id.level * TILE_HEIGHT;
    let first = id.n * u64::from(TILE_WIDTH);
    (first..first + u64::from(id.width_at(at)))
        .map(|index| nodes[&NodeId { level, index }])
        .collect()
}

#[test]
fn paths_are_those_of_the_specification() {
    for (path, kind, n, width) in [
        ("tile/0/000", TileKind::Hashes(0), 0, 256),
        ("tile/0/x001/x234/067", TileKind::Hashes(0), 1_234_067, 256),
        ("tile/1/x001/234.p/8", TileKind::Hashes(1), 1_234, 8),
        ("tile/entries/x123/x456/789.p/255", TileKind::Entries, 123_456_789, 255),
    ] {
        let tile = TilePath { kind, n, width };
        assert_eq!(tile.to_string(), path);
        assert_eq!(path.parse(), Ok(tile));
    }
    for path in [
        "",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/1234",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/0/x001/x067",
        "tile/0/xx001/067",
        "tile/00/000",
        "tile/8/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/08",
        "tile/data/000",
        "tile/0/+01",
        "/tile/0/000",
        "tile/0/../0/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(path.parse::<TilePath>(), Err(TilePathError), "{path}");
    }
}

#[test]
fn tlog_tiles_prints_the_same_paths_and_names_the_same_new_tiles() {
    for (level, n, width) in [(0, 0, 256), (0, 1_234_067, 256), (1, 1_000, 3), (3, 5, 255)] {
        let theirs = tlog_tiles::Tile::new(8, level, n, u32::from(width), false).path();
        // That crate writes the height, as the Go checksum database does; C2SP fixes it to 8.
        let theirs = theirs.replacen("tile/8/", "tile/", 1);
        let kind = TileKind::Hashes(level);
        assert_eq!(TilePath { kind, n, width }.to_string(), theirs);
    }
    for (before, after) in [
        (0, 255),
        (0, 256),
        (255, 257),
        (256, 512),
        (65_535, 65_536),
        (70_000, 140_000),
    ] {
        let theirs: Vec<TileId> = tlog_tiles::Tile::new_tiles(8, before, after)
            .into_iter()
            .filter(|tile| tile.width() == 256)
            .map(|tile| TileId {
                level: tile.level(),
                n: tile.level_index(),
            })
            // It lists a full tile again whenever its level grew at all; ours are new ones only.
            .filter(|id| id.width_at(size(before)) < TILE_WIDTH)
            .collect();
        assert_eq!(
            completed_tiles(size(before), size(after)),
            theirs,
            "{before} to {after}"
        );
    }
}

#[test]
fn widths_at_the_edges_of_a_tile() {
    let leaf = TileId { level: 0, n: 0 };
    let second = TileId { level: 0, n: 1 };
    let above = TileId { level: 1, n: 0 };
    for (at, widths) in [
        (0, [0, 0, 0]),
        (1, [1, 0, 0]),
        (255, [255, 0, 0]),
        (256, [256, 0, 1]),
        (257, [256, 1, 1]),
        (65_535, [256, 256, 255]),
        (65_536, [256, 256, 256]),
    ] {
        assert_eq!(
            [leaf, second, above].map(|id| id.width_at(size(at))),
            widths,
            "size {at}"
        );
    }
    assert_eq!(second.path_at(size(256)), None);
    assert_eq!(second.path_at(size(257)).expect("begun").to_string(), "tile/0/001.p/1");
}

#[test]
fn proofs_from_tiles_are_the_proofs_from_nodes() {
    let all = nodes(66_000);
    for (n, i, m) in [
        (1, 0, 1),
        (255, 17, 100),
        (256, 255, 256),
        (257, 256, 256),
        (1_000, 700, 513),
        (65_536, 65_535, 65_535),
        (66_000, 3, 65_537),
    ] {
        let (at, index) = (size(n), LogIndex::new(i).expect("small"));
        let plan = [
            inclusion_nodes(index, at).expect("in range"),
            consistency_nodes(size(m), at).expect("in order"),
        ]
        .concat();
        let mut tiles = Tiles::default();
        for id in tiles_of(&plan) {
            tiles.insert(id, tile(&all, id, at)).expect("a tile");
        }
        assert_eq!(prove_inclusion(&tiles, index, at), prove_inclusion(&all, index, at));
        assert_eq!(
            prove_consistency(&tiles, size(m), at),
            prove_consistency(&all, size(m), at)
        );
    }
}

#[test]
fn a_full_tile_has_its_root_in_the_tile_above() {
    let all = nodes(512);
    let full: [Hash; 256] = tile(&all, TileId { level: 0, n: 1 }, size(512))
        .try_into()
        .expect("full");
    assert_eq!(tile_root(&full), all[&NodeId { level: 8, index: 1 }]);
    let mut tiles = Tiles::default();
    tiles.insert(TileId { level: 0, n: 1 }, full.to_vec()).expect("a tile");
    assert_eq!(
        tiles.node(NodeId { level: 8, index: 1 }),
        None,
        "that node is in the tile above"
    );
    assert_eq!(
        tiles.insert_bytes(TileId { level: 0, n: 0 }, &[0; 33]),
        Err(TilesError(33))
    );
    assert!(tiles.insert(TileId { level: 0, n: 0 }, Vec::new()).is_err());
}

#[test]
fn an_entry_of_65535_bytes_fits_and_one_more_does_not() {
    let largest = vec![7; ENTRY_SIZE_MAX_BYTES];
    let bundle = encode_bundle(&[largest.as_slice(), b""]).expect("fits");
    assert_eq!(decode_bundle(&bundle), Ok(vec![largest.as_slice(), b"".as_slice()]));
    let larger = vec![7; ENTRY_SIZE_MAX_BYTES + 1];
    assert_eq!(encode_bundle(&[larger]), Err(BundleError::EntrySize(65_536)));
    assert_eq!(encode_bundle::<Vec<u8>>(&[]), Err(BundleError::Count(0)));
    assert_eq!(encode_bundle(&vec![b""; 257]), Err(BundleError::Count(257)));
    assert_eq!(decode_bundle(&bundle[..10]), Err(BundleError::Truncated(0)));
    assert_eq!(decode_bundle(&[0]), Err(BundleError::Truncated(0)));
}

proptest! {
    #[test]
    fn arbitrary_input_never_panics(text in ".{0,40}", bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = text.parse::<TilePath>();
        let _ = format!("tile/0/{text}").parse::<TilePath>();
        let _ = decode_bundle(&bytes);
        let _ = Tiles::default().insert_bytes(TileId { level: 0, n: 0 }, &bytes);
    }

    #[test]
    fn every_path_reads_back(level in 0..=path::TILE_LEVEL_MAX, n in 0..1_u64 << 50, width in 1..=TILE_WIDTH) {
        let path = TilePath { kind: TileKind::Hashes(level), n, width };
        prop_assert_eq!(path.to_string().parse(), Ok(path));
    }

    #[test]
    fn bundles_read_back(entries in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..50)) {
        let bytes = encode_bundle(&entries).expect("small");
        let expected: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(decode_bundle(&bytes), Ok(expected));
    }
}
