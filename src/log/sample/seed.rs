//! The seed of a sample and the numbers that follow from it: SHA-256 in counter mode.

use std::fmt;

use super::super::Hash;
use super::super::ids::{LogIndex, TreeSize};

/// Keeps seeds apart from every other hash.
const SEED_DOMAIN: &[u8] = b"doudi/sample/v1";

/// Keeps the streams of one seed apart from it and from each other.
const STREAM_DOMAIN: &[u8] = b"doudi/sample/stream/v1";

/// Words of 64 bits in one block.
const BLOCK_WORD_COUNT: usize = Hash::SIZE_BYTES / 8;

/// The random value of a party: 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SeedValue([u8; SeedValue::SIZE_BYTES]);

impl SeedValue {
    /// Length of a value.
    pub const SIZE_BYTES: usize = 32;

    /// The value of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; SeedValue::SIZE_BYTES]) -> SeedValue {
        SeedValue(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SeedValue::SIZE_BYTES] {
        &self.0
    }

    /// What a party commits to: SHA-256 of the value.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        Hash::of(&self.0)
    }
}

/// Prints nothing: until it is revealed a value is a secret.
impl fmt::Debug for SeedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeedValue")
    }
}

/// What a sample is drawn by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(Hash);

impl Seed {
    /// SHA-256("doudi/sample/v1" || root || from || to || k || values in the order of registration).
    #[must_use]
    pub fn derive(root: &Hash, from: LogIndex, to: TreeSize, k: u64, values: &[SeedValue]) -> Seed {
        let numbers = [from.get(), to.get(), k].map(u64::to_be_bytes);
        let mut parts: Vec<&[u8]> = vec![SEED_DOMAIN, root.as_bytes()];
        parts.extend(numbers.iter().map(|number| &number[..]));
        parts.extend(values.iter().map(|value| &value.0[..]));
        Seed(Hash::of_parts(&parts))
    }

    /// The seed with this digest.
    #[must_use]
    pub const fn from_hash(hash: Hash) -> Seed {
        Seed(hash)
    }

    /// The digest.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.0
    }

    /// The stream of one purpose; streams of different labels have nothing in common.
    #[must_use]
    pub fn stream(&self, label: &str) -> Stream {
        Stream {
            key: Hash::of_parts(&[STREAM_DOMAIN, b"\x00", self.0.as_bytes(), label.as_bytes()]),
            counter: 0,
            block: [0; BLOCK_WORD_COUNT],
            used: BLOCK_WORD_COUNT,
        }
    }
}

/// Numbers out of a seed.
#[derive(Clone, Debug)]
pub struct Stream {
    key: Hash,
    counter: u64,
    block: [u64; BLOCK_WORD_COUNT],
    used: usize,
}

impl Stream {
    /// The next 64 bits: block i is SHA-256(key || i), read as four big-endian words.
    pub fn word(&mut self) -> u64 {
        if self.used == BLOCK_WORD_COUNT {
            let digest = Hash::of_parts(&[self.key.as_bytes(), &self.counter.to_be_bytes()]);
            let (words, _) = digest.as_bytes().as_chunks::<8>();
            for (slot, word) in self.block.iter_mut().zip(words) {
                *slot = u64::from_be_bytes(*word);
            }
            self.counter += 1;
            self.used = 0;
        }
        let word = self.block[self.used];
        self.used += 1;
        word
    }

    /// A number below `bound`, each as likely as any other; 0 where there is only one.
    pub fn below(&mut self, bound: u64) -> u64 {
        loop {
            if let Some(number) = reduce(self.word(), bound) {
                return number;
            }
        }
    }
}

/// A word as a number below `bound`; none for the words of the last, incomplete round through the
/// numbers, which would make the first ones more likely (modulo bias).
pub(super) fn reduce(word: u64, bound: u64) -> Option<u64> {
    let bound = bound.max(1);
    // 2^64 mod bound, without leaving 64 bits.
    let excess = (u64::MAX % bound + 1) % bound;
    (word <= u64::MAX - excess).then(|| word % bound)
}
