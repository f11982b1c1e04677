//! Random bytes of the operating system: the one place that asks for them.

use crate::log::entropy::{Entropy, EntropyError};

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(out).map_err(|_| EntropyError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::entropy::draw;

    #[test]
    fn two_draws_differ() {
        let draw = || draw::<32>(&mut OsEntropy).expect("the system has random bytes");
        assert_ne!(draw(), draw());
    }
}
