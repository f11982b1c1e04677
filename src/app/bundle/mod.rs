//! Bundles (`FORMAT.md`, section 20): made out of a database, and verified without one.
//!
//! `make`, with `opening` and `tile_files`, reads the store. Everything else reads a bundle alone: `verify` walks
//! through it once and hands each tile to `tile`, which any thread can do; `again` decides again what a tile opens, by
//! the law that `laws` resolves out of the bundle's POLICY entries, and `frames` makes its frame again, `openable` says
//! which documents may be there; `fold` puts the tiles together in order, `proofs` holds the head to its signatures,
//! `sample` draws again, `finding` holds findings to their rules, `accounts` asks what accounts for what is not opened,
//! `report` is what is said in the end.

mod accounts;
mod again;
mod files;
mod finding;
mod fold;
mod frames;
mod laws;
mod make;
mod openable;
mod opened;
mod opening;
mod proofs;
mod public;
mod report;
mod sample;
mod tile;
mod tile_files;
mod unchecked;
mod verify;
mod violation;

pub use laws::BundleLaws;
pub use make::{Choice, Made, MakeError, OpenFor, Phase, make};
pub use report::{Report, SampleReport};
pub use tile::{TileFiles, TileResult, TileRules, judge_tile};
pub use unchecked::NotChecked;
pub use verify::{Ask, Unreadable, verify};
pub use violation::{Code, VIOLATION_COUNT_MAX, Violation, Violations};
