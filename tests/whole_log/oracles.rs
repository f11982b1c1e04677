//! Verifiers that others wrote, unmodified: `tlog_tiles` reads our tiles, `signed_note` our checkpoints, `ct-merkle`
//! builds the tree from our entries. Nothing of ours is used to check.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use signed_note::{StandardVerifier, VerifierList};
use tlog_tiles::{Error, HashReader as _, Tile, TileHashReader, TileReader};

use super::client::Files;

/// Height of our tiles, fixed by C2SP.
const HEIGHT: u8 = 8;

/// The checkpoint as `signed_note` and `tlog_tiles` accept it.
pub fn checkpoint(files: &Files, vkey: &str) -> tlog_tiles::Checkpoint {
    let note = signed_note::Note::from_bytes(&files.get("checkpoint")).expect("a note");
    let verifier = StandardVerifier::new(vkey).expect("a key");
    let (verified, _) = note
        .verify(&VerifierList::new(vec![Box::new(verifier)]))
        .expect("signed by the log");
    assert_eq!(verified.len(), 1);
    tlog_tiles::Checkpoint::from_bytes(note.text()).expect("a checkpoint")
}

/// Reads tiles as the crate's client does.
struct Reader<'a>(&'a Files);

impl TileReader for Reader<'_> {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        // That crate writes the height into the path, as the Go checksum database does; C2SP fixes it to 8.
        let path = |tile: &Tile| tile.path().replacen("tile/8/", "tile/", 1);
        Ok(tiles.iter().map(|tile| self.0.get(&path(tile))).collect())
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

/// Some indices of a tree: its edges, those of its tiles, and a few between.
fn some_indices(size: u64) -> Vec<u64> {
    let mut indices: Vec<u64> = [
        0,
        1,
        254,
        255,
        256,
        257,
        65_534,
        65_535,
        65_536,
        size / 3,
        size / 2,
        size - 1,
    ]
    .into_iter()
    .filter(|index| *index < size)
    .collect();
    indices.sort_unstable();
    indices.dedup();
    indices
}

/// Every entry of a log, out of its bundles.
pub fn entries(files: &Files, size: u64) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    for n in 0..size.div_ceil(256) {
        let width = (size - n * 256).min(256);
        let data = Tile::new(HEIGHT, 0, n, u32::try_from(width).unwrap(), true).path();
        let bundle = files.get(&data.replacen("tile/8/data/", "tile/entries/", 1));
        let mut rest = bundle.as_slice();
        while let [high, low, more @ ..] = rest {
            let (entry, more) = more.split_at(usize::from(u16::from_be_bytes([*high, *low])));
            entries.push(entry.to_vec());
            rest = more;
        }
        assert!(rest.is_empty());
    }
    assert_eq!(entries.len() as u64, size);
    entries
}

/// Checks a log as a stranger would: its newest head is signed, its tiles give that head, its entries stand in it, and
/// it continues the head that the stranger saw before. Returns the head.
pub fn verify(files: &Files, vkey: &str, before: Option<&tlog_tiles::Checkpoint>) -> tlog_tiles::Checkpoint {
    let head = checkpoint(files, vkey);
    let (size, root) = (head.size(), *head.hash());
    let tiles = Reader(files);
    let reader = TileHashReader::new(size, root, &tiles);
    assert_eq!(tlog_tiles::tree_hash(size, &reader).expect("tiles").0, root.0);
    let entries = entries(files, size);
    for index in some_indices(size) {
        let proof = tlog_tiles::prove_record(size, index, &reader).expect("tiles");
        let leaf = tlog_tiles::record_hash(&entries[usize::try_from(index).unwrap()]);
        tlog_tiles::check_record(&proof, size, root, index, leaf).expect("the entry stands in the log");
        let position = tlog_tiles::stored_hash_index(0, index);
        assert_eq!(reader.read_hashes(&[position]).expect("tiles")[0].0, leaf.0);
    }
    if let Some(before) = before.filter(|before| before.size() > 0) {
        let proof = tlog_tiles::prove_tree(size, before.size(), &reader).expect("tiles");
        tlog_tiles::check_tree(&proof, size, root, before.size(), *before.hash()).expect("the log only grew");
    }
    ct_merkle(&entries, &root.0, before);
    head
}

/// The same with a crate that builds its own tree.
fn ct_merkle(entries: &[Vec<u8>], root: &[u8; 32], before: Option<&tlog_tiles::Checkpoint>) {
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for (index, entry) in (0..).zip(entries) {
        if before.is_some_and(|before| before.size() == index && index > 0) {
            let before = before.expect("just asked");
            assert_eq!(tree.root().as_bytes().as_slice(), before.hash().0);
        }
        tree.push(entry.clone());
    }
    assert_eq!(tree.root().as_bytes().as_slice(), root);
    let last = entries.len() - 1;
    let proof = tree.prove_inclusion(last);
    tree.root()
        .verify_inclusion(&entries[last], last as u64, &proof)
        .expect("included");
}
