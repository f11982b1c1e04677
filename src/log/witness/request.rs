//! The `add-checkpoint` request of C2SP tlog-witness v1.0.0: an old size, a consistency proof, a checkpoint.

use std::fmt;

use crate::log::note::NOTE_SIZE_MAX_BYTES;
use crate::log::{Hash, TreeSize};

/// Most hashes of a consistency proof between trees of at most 2^63 entries.
pub const PROOF_LINE_COUNT_MAX: usize = 63;

/// Largest request: the largest note, and a line of base64 a hash.
pub const REQUEST_SIZE_MAX_BYTES: usize = NOTE_SIZE_MAX_BYTES + 64 * (PROOF_LINE_COUNT_MAX + 2);

/// Content type of the answer that tells the size a witness has.
pub const CONTENT_TYPE_SIZE: &str = "text/x.tlog.size";

/// What is sent to a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness cosigned last; 0 for never.
    pub old: TreeSize,
    /// That the checkpoint continues the tree of that size.
    pub proof: Vec<Hash>,
    /// The checkpoint, a signed note.
    pub note: String,
}

/// Not the body of an `add-checkpoint` request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Another form.
    #[error("not an add-checkpoint request: send `old <size>`, proof lines in base64, an empty line, a checkpoint")]
    Shape,
    /// More hashes than any proof has.
    #[error("a consistency proof has at most {PROOF_LINE_COUNT_MAX} hashes")]
    TooLong,
}

impl AddCheckpoint {
    /// Reads a request body.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn parse(body: &[u8]) -> Result<AddCheckpoint, RequestError> {
        let text = std::str::from_utf8(body).map_err(|_| RequestError::Shape)?;
        let (head, note) = text.split_once("\n\n").ok_or(RequestError::Shape)?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .ok_or(RequestError::Shape)?;
        let old = old.parse().map_err(|_| RequestError::Shape)?;
        let proof: Result<Vec<Hash>, _> = lines.map(Hash::from_base64).collect();
        let proof = proof.map_err(|_| RequestError::Shape)?;
        if proof.len() > PROOF_LINE_COUNT_MAX {
            return Err(RequestError::TooLong);
        }
        let note = note.to_owned();
        Ok(AddCheckpoint { old, proof, note })
    }
}

/// The request body.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.proof {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo\
        +zyWE+xeMcTOAYQ8=\n";

    #[test]
    fn the_example_of_the_specification_is_read_and_written_back() {
        let read = AddCheckpoint::parse(EXAMPLE.as_bytes()).expect("an example");
        assert_eq!((read.old.get(), read.proof.len()), (20_852_014, 4));
        assert!(read.note.starts_with("example.com/behind-the-sofa\n20852163\n"));
        assert_eq!(read.to_string(), EXAMPLE);
    }

    #[test]
    fn a_first_request_has_no_proof() {
        let first = AddCheckpoint::parse(b"old 0\n\nnote\n").expect("a request");
        assert_eq!(
            (first.old, first.proof.len(), first.note.as_str()),
            (TreeSize::EMPTY, 0, "note\n")
        );
    }

    #[test]
    fn other_bodies_are_refused() {
        let many = format!(
            "old 1\n{}\nnote\n",
            format!("{}\n", Hash::of(b"x").to_base64()).repeat(64)
        );
        for (body, error) in [
            ("", RequestError::Shape),
            ("old 01\n\nnote\n", RequestError::Shape),
            ("old -1\n\nnote\n", RequestError::Shape),
            ("size 1\n\nnote\n", RequestError::Shape),
            ("old 1\nnot base64\n\nnote\n", RequestError::Shape),
            ("old 1\nAAAA\n\nnote\n", RequestError::Shape),
            ("old 1\nnote\n", RequestError::Shape),
            (&many, RequestError::TooLong),
        ] {
            assert_eq!(AddCheckpoint::parse(body.as_bytes()), Err(error), "{body:?}");
        }
    }
}
