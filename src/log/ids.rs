//! Positions and names in the log: an index, a size and the name of a record.

use std::fmt;
use std::str::FromStr;

/// Position of an entry in its log, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogIndex(u64);

/// Number of entries of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeSize(u64);

/// Largest index or size: both databases keep them in a signed 64-bit column, and doubling a
/// position must not overflow.
pub const POSITION_MAX: u64 = (1 << 62) - 1;

/// The position is beyond [`POSITION_MAX`] or not a plain decimal number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in a log: give a decimal number below 2^62 without sign or leading zeros")]
pub struct PositionError;

impl LogIndex {
    /// The index with this number.
    ///
    /// # Errors
    /// [`PositionError`] beyond [`POSITION_MAX`].
    pub const fn new(value: u64) -> Result<LogIndex, PositionError> {
        if value < POSITION_MAX {
            Ok(LogIndex(value))
        } else {
            Err(PositionError)
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The size of the smallest tree that holds this entry.
    #[must_use]
    pub const fn size_with(self) -> TreeSize {
        TreeSize(self.0 + 1)
    }
}

impl TreeSize {
    /// A log without entries.
    pub const EMPTY: TreeSize = TreeSize(0);

    /// The largest size that can be; larger than any log.
    pub const MAX: TreeSize = TreeSize(POSITION_MAX);

    /// The size with this number.
    ///
    /// # Errors
    /// [`PositionError`] beyond [`POSITION_MAX`].
    pub const fn new(value: u64) -> Result<TreeSize, PositionError> {
        if value <= POSITION_MAX {
            Ok(TreeSize(value))
        } else {
            Err(PositionError)
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The index that the next entry of a log of this size receives.
    #[must_use]
    pub const fn next_index(self) -> LogIndex {
        LogIndex(self.0)
    }

    /// Whether the log of this size holds the entry.
    #[must_use]
    pub const fn holds(self, index: LogIndex) -> bool {
        index.0 < self.0
    }
}

impl fmt::Display for LogIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for LogIndex {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        LogIndex::new(decimal(text)?)
    }
}

impl FromStr for TreeSize {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        TreeSize::new(decimal(text)?)
    }
}

/// A number in its one spelling: digits, no sign, no leading zero.
fn decimal(text: &str) -> Result<u64, PositionError> {
    let value: u64 = text.parse().map_err(|_| PositionError)?;
    if value.to_string() == text {
        Ok(value)
    } else {
        Err(PositionError)
    }
}

/// The name of a record: 16 random bytes, so that it tells nothing about case, time or order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; RecordId::SIZE_BYTES]);

/// The text is not the name of a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a record id: give 32 lower-case hex digits")]
pub struct RecordIdError;

impl RecordId {
    /// Length of the name; at this length random names never meet.
    pub const SIZE_BYTES: usize = 16;

    /// The name with these random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; RecordId::SIZE_BYTES]) -> RecordId {
        RecordId(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; RecordId::SIZE_BYTES] {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for RecordId {
    type Err = RecordIdError;

    fn from_str(text: &str) -> Result<Self, RecordIdError> {
        let mut bytes = [0; RecordId::SIZE_BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| RecordIdError)?;
        let id = RecordId(bytes);
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(RecordIdError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_has_one_spelling() {
        assert_eq!("0".parse(), LogIndex::new(0));
        assert_eq!("1234067".parse(), TreeSize::new(1_234_067));
        for text in ["", "+1", "01", "-1", " 1", "1.0", "18446744073709551615"] {
            assert_eq!(text.parse::<TreeSize>(), Err(PositionError), "{text}");
        }
    }

    #[test]
    fn every_index_has_a_size_that_holds_it() {
        let last = LogIndex::new(POSITION_MAX - 1).expect("in range");
        assert_eq!(last.size_with(), TreeSize::new(POSITION_MAX).expect("in range"));
        assert_eq!(LogIndex::new(POSITION_MAX), Err(PositionError));
        assert!(last.size_with().holds(last));
        assert!(!TreeSize::EMPTY.holds(TreeSize::EMPTY.next_index()));
    }

    #[test]
    fn a_record_id_is_32_lower_case_hex_digits() {
        let id = RecordId::from_bytes([0xab; 16]);
        assert_eq!(id.to_string(), "abababababababababababababababab");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("ABababababababababababababababab".parse::<RecordId>().is_err());
        assert!("ab".parse::<RecordId>().is_err());
    }
}
