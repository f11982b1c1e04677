//! Bundles: one file with all that an auditor needs, `FORMAT.md`, section 20.
//!
//! `tar` is the outermost form, one spelling of a POSIX tar. `path` is which files there are and in which order,
//! `manifest` what the maker says of them, `documents` the opened documents of a tile. Pure: bytes in, bytes out.
//! What a bundle proves is judged by `crate::app::bundle`, because a replay needs the rules.

pub mod documents;
pub mod leaf;
pub mod manifest;
pub mod path;
pub mod tar;

#[cfg(test)]
mod tests;

pub use documents::{DocumentsError, OpenedPlace, PlacedDocument, commitments, decode_documents, encode_document};
pub use leaf::LeafView;
pub use manifest::{Head, Manifest, ManifestError, Opened, Unopened, Why, specifications};
pub use path::{BundlePath, PathError, files_of_tree};
pub use tar::{TarError, TarReader, TarWriter};

/// First member of a manifest.
pub const BUNDLE_FORMAT: &str = "doudi-bundle/1";

/// Largest manifest: a line for each file of a log of some fifty million entries.
pub const MANIFEST_SIZE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Largest file of opened documents. A tile of decisions has one or two MiB; this holds 64 of the largest documents.
pub const DOCUMENTS_SIZE_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Files that one manifest lists: what the largest manifest has room for.
pub const FILE_COUNT_MAX: usize = 1_000_000;
