//! SHA-256 of many messages at once, for whoever verifies a whole tile.
//!
//! The rounds of one message wait for each other, so that a core is half idle. `tape-sha256` weaves the rounds of several
//! together, by the instructions that the processor has. It is a young crate, so a process holds it to `sha2` before it
//! takes a hash of it, message length by message length; if the two ever differed, `sha2` would hash everything.

use std::sync::OnceLock;

use tape_sha256::{Message, hash_messages, lane_width};

use super::Hash;

/// Bytes that one round of the compression takes.
const BLOCK_SIZE_BYTES: usize = 64;
/// Bytes after a message: a byte that ends it, and its length.
const PADDING_SIZE_BYTES: usize = 9;

/// A message in three parts, hashed as if they were one; those that are not needed are empty.
pub type Parts<'a> = [&'a [u8]; 3];

impl Hash {
    /// SHA-256 of each message, in their order: the same as [`Hash::of_parts`] of each.
    #[must_use]
    pub fn of_many(messages: &[Parts<'_>]) -> Vec<Hash> {
        if messages.len() < lane_width() || !agrees_with_one_by_one() {
            return messages.iter().map(|parts| Hash::of_parts(parts)).collect();
        }
        woven(messages)
    }
}

/// The messages in groups of equally many blocks: others cannot be woven together.
fn woven(messages: &[Parts<'_>]) -> Vec<Hash> {
    let blocks = |parts: &Parts<'_>| {
        let size: usize = parts.iter().map(|part| part.len()).sum();
        (size + PADDING_SIZE_BYTES).div_ceil(BLOCK_SIZE_BYTES)
    };
    let mut by_blocks: Vec<(usize, usize)> = messages.iter().map(blocks).zip(0..).collect();
    by_blocks.sort_unstable();
    // Full groups first; what is left of each run stands behind all of them, where it breaks no group.
    let (mut order, mut left) = (Vec::with_capacity(messages.len()), Vec::new());
    for run in by_blocks.chunk_by(|(a, _), (b, _)| a == b) {
        let (full, rest) = run.split_at(run.len() - run.len() % lane_width());
        order.extend(full.iter().map(|(_, at)| *at));
        left.extend(rest.iter().map(|(_, at)| *at));
    }
    order.append(&mut left);
    let ordered: Vec<Message<'_>> = order.iter().map(|at| message(&messages[*at])).collect();
    let mut digests = vec![[0; Hash::SIZE_BYTES]; ordered.len()];
    hash_messages(&ordered, &mut digests);
    let mut hashes = vec![Hash([0; Hash::SIZE_BYTES]); messages.len()];
    for (at, digest) in order.into_iter().zip(digests) {
        hashes[at] = Hash(digest);
    }
    hashes
}

fn message<'a>([prefix, body, tail]: &Parts<'a>) -> Message<'a> {
    Message { prefix, body, tail }
}

/// Longest message that is held against `sha2`: four blocks, so that every way to end one comes up with a full block
/// before it.
const PROBE_SIZE_MAX_BYTES: usize = 4 * BLOCK_SIZE_BYTES;

/// Whether messages woven together have the hashes that they have one by one: looked at once in a process.
fn agrees_with_one_by_one() -> bool {
    static AGREES: OnceLock<bool> = OnceLock::new();
    *AGREES.get_or_init(|| {
        let bytes: Vec<u8> = (0_u8..=u8::MAX)
            .cycle()
            .take(PROBE_SIZE_MAX_BYTES + lane_width())
            .collect();
        let agrees = (0..=PROBE_SIZE_MAX_BYTES).all(|size| {
            let probes: Vec<Parts<'_>> = (0..lane_width())
                .map(|lane| {
                    let (head, rest) = bytes[lane..lane + size].split_at(size.min(lane));
                    let (body, tail) = rest.split_at(rest.len() - rest.len().min(lane / 2));
                    [head, body, tail]
                })
                .collect();
            let one_by_one = probes.iter().map(|parts| Hash::of_parts(parts));
            one_by_one.eq(woven(&probes))
        });
        if !agrees {
            tracing::error!(
                backend = tape_sha256::backend(),
                "hashes of many messages differ from those of one: this processor is served one by one",
            );
        }
        agrees
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_by_one(messages: &[Parts<'_>]) -> Vec<Hash> {
        messages.iter().map(|parts| Hash::of_parts(parts)).collect()
    }

    #[test]
    fn this_processor_is_served_by_the_lanes() {
        assert!(agrees_with_one_by_one());
    }

    #[test]
    fn no_messages_have_no_hashes_and_few_have_theirs() {
        let all: [Parts<'_>; 20] = [[b"", b"abc", b""]; 20];
        for count in 0..all.len() {
            assert_eq!(
                Hash::of_many(&all[..count]),
                one_by_one(&all[..count]),
                "{count} messages"
            );
        }
    }

    #[test]
    fn messages_on_both_sides_of_every_edge_of_a_block_have_their_hashes() {
        let bytes: Vec<u8> = (0..1024_usize).map(|n| (n * 7 % 251) as u8).collect();
        for size in (0..=1024).filter(|size| matches!(size % 64, 0..=2 | 53..=57 | 62..=63)) {
            let messages: Vec<Parts<'_>> = (0..33)
                .map(|n| {
                    let (head, rest) = bytes[..size].split_at(size.min(n));
                    let (body, tail) = rest.split_at(rest.len() - rest.len().min(n % 5));
                    [head, body, tail]
                })
                .collect();
            assert_eq!(Hash::of_many(&messages), one_by_one(&messages), "{size} bytes");
        }
    }

    proptest! {
        #[test]
        fn many_messages_have_the_hashes_that_each_has_alone(
            messages in prop::collection::vec(
                [
                    prop::collection::vec(any::<u8>(), 0..150),
                    prop::collection::vec(any::<u8>(), 0..600),
                    prop::collection::vec(any::<u8>(), 0..80),
                ],
                0..80,
            ),
        ) {
            let parts: Vec<Parts<'_>> = messages.iter().map(|[a, b, c]| [&a[..], &b[..], &c[..]]).collect();
            prop_assert_eq!(Hash::of_many(&parts), one_by_one(&parts));
        }
    }
}
