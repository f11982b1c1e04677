//! Bytes that are put together a word at a time: nearly every record of a trace fits one or two words, and one store
//! of eight bytes is much cheaper than eight of one.

/// Numbers below this take at most seven bytes as a uvarint: they fit a word with a byte before them.
const UVARINT_SHORT: u64 = 1 << 49;
/// Signed numbers of this size and less are short when zigzagged.
const ZIGZAG_SHORT: i64 = 1 << 48;

/// Up to eight bytes in a register.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Word {
    bytes: u64,
    bits: u32,
}

impl Word {
    pub(in crate::rules) const EMPTY: Word = Word { bytes: 0, bits: 0 };

    /// Bytes that a caller has put together: the first lies lowest, those beyond `count` are zero.
    #[inline]
    pub(in crate::rules) const fn new(bytes: u64, count: u32) -> Word {
        Word { bytes, bits: 8 * count }
    }

    /// A byte.
    #[inline]
    pub(in crate::rules) const fn byte(byte: u8) -> Word {
        Word {
            bytes: byte as u64,
            bits: 8,
        }
    }

    /// A byte after the others; the caller holds at most eight.
    #[inline]
    pub(in crate::rules) const fn then(self, byte: u8) -> Word {
        Word {
            bytes: self.bytes | (byte as u64) << self.bits,
            bits: self.bits + 8,
        }
    }

    /// With a number after the others that takes at most three bytes; the caller holds at most five.
    #[inline]
    pub(in crate::rules) const fn short_uvarint(self, value: u64) -> Option<Word> {
        let (low, middle, high) = (value & 0x7f, value >> 7 & 0x7f, value >> 14);
        let (bytes, count) = if value < 1 << 7 {
            (low, 1)
        } else if value < 1 << 14 {
            (low | 0x80 | middle << 8, 2)
        } else if value < 1 << 21 {
            (low | 0x80 | (middle | 0x80) << 8 | high << 16, 3)
        } else {
            return None;
        };
        Some(Word {
            bytes: self.bytes | bytes << self.bits,
            bits: self.bits + 8 * count,
        })
    }

    /// Small numbers of one byte each, at most eight, or nothing if one of them needs more.
    #[inline]
    pub(in crate::rules) fn small<const N: usize>(numbers: [u32; N]) -> Option<Word> {
        let all = numbers.iter().fold(0, |all, number| all | number);
        (all < 0x80).then(|| {
            numbers
                .iter()
                .fold(Word::EMPTY, |word, number| word.then(*number as u8))
        })
    }
}

/// A signed number as an unsigned one, small for small sizes.
#[inline]
pub(super) const fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

/// Bytes that grow.
#[derive(Debug, Default)]
pub(in crate::rules) struct Bytes {
    /// Written up to `end`; the rest is room.
    room: Vec<u8>,
    end: usize,
}

impl Bytes {
    /// None any more, with the room of these and at least so much.
    pub(in crate::rules) fn emptied(mut self, bytes: usize) -> Bytes {
        if self.room.len() < bytes {
            self.room.resize(bytes, 0);
        }
        self.end = 0;
        self
    }

    pub(in crate::rules) fn as_slice(&self) -> &[u8] {
        &self.room[..self.end]
    }

    pub(in crate::rules) fn into_vec(mut self) -> Vec<u8> {
        self.room.truncate(self.end);
        self.room
    }

    #[inline]
    pub(in crate::rules) fn word(&mut self, word: Word) {
        if let Some(room) = self.room[self.end..].first_chunk_mut::<8>() {
            *room = word.bytes.to_le_bytes();
            self.end += (word.bits / 8) as usize;
        } else {
            self.grown(word);
        }
    }

    /// Eight bytes, the first lowest.
    #[inline(always)]
    pub(in crate::rules) fn eight(&mut self, bytes: u64) {
        if let Some(room) = self.room[self.end..].first_chunk_mut::<8>() {
            *room = bytes.to_le_bytes();
            self.end += 8;
        } else {
            self.grown(Word { bytes, bits: 64 });
        }
    }

    /// Eight bytes of each, the first lowest.
    #[inline]
    pub(in crate::rules) fn eights(&mut self, all: impl ExactSizeIterator<Item = u64>) {
        let size = 8 * all.len();
        while self.room.len() - self.end < size {
            self.grow();
        }
        for (room, bytes) in self.room[self.end..].chunks_exact_mut(8).zip(all) {
            room.copy_from_slice(&bytes.to_le_bytes());
        }
        self.end += size;
    }

    /// Records of two words each, until one is not so short: that one, none at the end.
    ///
    /// The end is kept beside the bytes until then, because each write waits for the end of the one before.
    #[inline(always)]
    pub(in crate::rules) fn short_records<R>(
        &mut self,
        records: &mut impl Iterator<Item = R>,
        short: impl Fn(&R) -> Option<(Word, Word)>,
    ) -> Option<R> {
        let mut end = self.end;
        let stopped = records.find(|record| {
            let Some((first, second)) = short(record) else {
                return true;
            };
            if self.room.len() < end + 16 {
                self.grow();
            }
            let room = &mut self.room[end..end + 16];
            let at = (first.bits / 8) as usize;
            if let Some(room) = room.first_chunk_mut::<8>() {
                *room = first.bytes.to_le_bytes();
            }
            if let Some(room) = room.get_mut(at..at + 8) {
                room.copy_from_slice(&second.bytes.to_le_bytes());
            }
            end += at + (second.bits / 8) as usize;
            false
        });
        self.end = end;
        stopped
    }

    #[cold]
    fn grown(&mut self, word: Word) {
        self.grow();
        self.word(word);
    }

    fn grow(&mut self) {
        self.room.resize(2 * self.room.len() + 8, 0);
    }

    pub(in crate::rules) fn byte(&mut self, byte: u8) {
        self.word(Word::byte(byte));
    }

    pub(in crate::rules) fn extend(&mut self, bytes: &[u8]) {
        while self.room.len() < self.end + bytes.len() {
            self.grow();
        }
        self.room[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    pub(in crate::rules) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.extend(text.as_bytes());
    }

    pub(in crate::rules) fn count(&mut self, count: usize) {
        self.uvarint(count as u64);
    }

    pub(in crate::rules) fn pairs(&mut self, pairs: impl Iterator<Item = (u16, u32)> + Clone) {
        self.count(pairs.clone().count());
        for (first, second) in pairs {
            match Word::small([first.into(), second]) {
                Some(word) => self.word(word),
                None => {
                    self.uvarint(first.into());
                    self.uvarint(second.into());
                }
            }
        }
    }

    /// A byte and a signed number.
    #[inline]
    pub(in crate::rules) fn zigzag(&mut self, byte: u8, value: i64) {
        if (-ZIGZAG_SHORT..ZIGZAG_SHORT).contains(&value) {
            self.short(byte, zigzag(value));
        } else {
            self.byte(byte);
            self.zigzag_wide(value.into());
        }
    }

    /// A byte and a number, which mostly fit one word.
    pub(in crate::rules) fn short(&mut self, byte: u8, value: u64) {
        if value >= UVARINT_SHORT {
            self.byte(byte);
            self.uvarint_wide(value.into());
            return;
        }
        let (mut word, mut rest) = (Word::byte(byte), value);
        while rest >= 0x80 {
            word = word.then((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.word(word.then(rest as u8));
    }

    pub(in crate::rules) fn zigzag_wide(&mut self, value: i128) {
        // Numbers stay within 2^127-1 in size, so twice the size fits.
        let size = value.unsigned_abs() << 1;
        self.uvarint_wide(if value < 0 { size - 1 } else { size });
    }

    #[inline]
    pub(in crate::rules) fn uvarint(&mut self, value: u64) {
        if value < 0x80 {
            self.byte(value as u8);
        } else {
            self.uvarint_wide(value.into());
        }
    }

    pub(in crate::rules) fn uvarint_wide(&mut self, value: u128) {
        let mut rest = value;
        while rest >= 0x80 {
            self.byte((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.byte(rest as u8);
    }
}
