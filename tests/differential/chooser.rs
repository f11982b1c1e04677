//! Random choices that a printed seed repeats on every machine.

/// SplitMix64: small, and the same for ever.
pub struct Chooser(u64);

impl Chooser {
    pub fn new(seed: u64) -> Chooser {
        Chooser(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end` - 1.
    pub fn below(&mut self, end: i64) -> i64 {
        let end = u64::try_from(end).expect("ends are positive");
        i64::try_from(self.next() % end).expect("below an i64")
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below(most - least + 1)
    }

    pub fn one_in(&mut self, count: i64) -> bool {
        self.below(count) == 0
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.at(items.len())]
    }

    /// An index of a list of this length.
    pub fn at(&mut self, length: usize) -> usize {
        usize::try_from(self.below(i64::try_from(length).expect("short lists"))).expect("an index")
    }
}
