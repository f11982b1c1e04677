//! The log as tiles (C2SP tlog-tiles v0.1.0): 256 hashes of one level, or 256 entries, a file.

pub mod bundle;
pub mod hashes;
pub mod path;

#[cfg(test)]
mod tests;

pub use bundle::{BundleError, ENTRY_SIZE_MAX_BYTES, decode_bundle, encode_bundle};
pub use hashes::{Tiles, TilesError, completed_tiles, tile_root, tiles_of};
pub use path::{TileId, TileKind, TilePath, TilePathError};

/// Height of a tile in levels of the tree.
pub const TILE_HEIGHT: u8 = 8;

/// Hashes or entries of a full tile.
pub const TILE_WIDTH: u16 = 1 << TILE_HEIGHT;
