//! Random bytes of the operating system for the use cases: the sequencer's own source.

pub use crate::log::sequencer::SystemEntropy as OsEntropy;

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
