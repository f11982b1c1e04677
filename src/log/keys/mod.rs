//! The service's own keys: each for one purpose, each with an id and versions.
//!
//! Pure: reading the file and its access rights is the business of `app::key_file`.

mod file;
mod ring;

#[cfg(test)]
mod tests;

pub use file::{KEY_FILE_SIZE_MAX_BYTES, KeyFileFormatError};
pub use ring::{KeyPurpose, KeyRing, KeyState, KeySummary, PersonNames, ReplaceError, RotateError, UnknownKey};
