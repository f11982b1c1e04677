//! Where random bytes come from: a trait, so that the log stays pure and vectors can be written.

/// A source of random bytes that nobody can predict. Production uses the operating system's.
pub trait Entropy {
    /// Fills `out` whole, or fails.
    ///
    /// # Errors
    /// [`EntropyError`] if the source gives nothing; the caller must not go on.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError>;
}

/// The random source gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes: check the machine, nothing was written")]
pub struct EntropyError;

/// Draws an array.
///
/// # Errors
/// [`EntropyError`] from the source.
pub fn draw<const N: usize>(entropy: &mut dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// Bytes that count up from a first one: for tests and vectors only, since everybody knows them.
#[cfg(test)]
pub(crate) struct Counting(pub u8);

#[cfg(test)]
impl Entropy for Counting {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in out {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}
