//! No bytes make the decoder panic, and whatever it accepts is within the limits.

use proptest::prelude::*;
use prost::Message;

use super::sample;
use crate::api::decode;
use crate::api::pb;

/// Decodes arbitrary bytes as `T` and hands them on; bytes that are no `T` are somebody else's error.
fn feed<T: Message + Default, R>(bytes: &[u8], read: impl Fn(T) -> R) {
    if let Ok(message) = T::decode(bytes) {
        drop(read(message));
    }
}

fn feed_all(bytes: &[u8]) {
    let areas = sample::areas();
    feed(bytes, |raw: pb::DetermineRequest| decode::determine(raw, &areas));
    feed(bytes, |raw: pb::ReviewRequest| decode::review(raw, &areas));
    feed(bytes, |raw: pb::DecideExitRequest| decode::decide_exit(raw, &areas));
    feed(bytes, |raw: pb::CorrectRequest| decode::correct(raw, &areas));
    feed(bytes, |raw: pb::ImportCaseRequest| decode::import_case(raw, &areas));
    feed(bytes, decode::record_remedy);
    feed(bytes, |raw: pb::TransferCaseRequest| decode::transfer_case(raw, &areas));
    feed(bytes, |raw: pb::PublishPolicyRequest| {
        decode::publish_policy(raw, &areas)
    });
    feed(bytes, decode::get_determination);
    feed(bytes, decode::list_determinations);
    feed(bytes, |raw: pb::ListDueReviewsRequest| {
        decode::list_due_reviews(raw, &areas)
    });
    feed(bytes, |raw: pb::ListGracePeriodsRequest| {
        decode::list_grace_periods(raw, &areas)
    });
    feed(bytes, decode::get_policy);
    feed(bytes, |raw: pb::ListPoliciesRequest| decode::list_policies(raw, &areas));
    feed(bytes, |raw: pb::GetCheckpointRequest| {
        decode::get_checkpoint(raw, &areas)
    });
    feed(bytes, |raw: pb::GetEntryRequest| decode::get_entry(raw, &areas));
    feed(bytes, |raw: pb::ListEntriesRequest| decode::list_entries(raw, &areas));
    feed(bytes, |raw: pb::ProveInclusionRequest| {
        decode::prove_inclusion(raw, &areas)
    });
    feed(bytes, |raw: pb::ProveConsistencyRequest| {
        decode::prove_consistency(raw, &areas)
    });
    feed(bytes, decode::replay);
    feed(bytes, |raw: pb::CommitSampleRequest| decode::commit_sample(raw, &areas));
    feed(bytes, |raw: pb::RequestSampleRequest| {
        decode::request_sample(raw, &areas)
    });
    feed(bytes, |raw: pb::RevealSampleRequest| decode::reveal_sample(raw, &areas));
    feed(bytes, |raw: pb::RefuseRevealRequest| decode::refuse_reveal(raw, &areas));
    feed(bytes, |raw: pb::DrawSampleRequest| decode::draw_sample(raw, &areas));
    feed(bytes, |raw: pb::GetSampleRequest| decode::get_sample(raw, &areas));
    feed(bytes, decode::record_finding);
    feed(bytes, |raw: pb::ListFindingsRequest| decode::list_findings(raw, &areas));
    feed(bytes, |raw: pb::EstimateErrorRateRequest| {
        decode::estimate_error_rate(raw, &areas)
    });
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        feed_all(&bytes);
    }

    /// A flipped byte reaches deeper than random bytes do: most of the message still parses.
    #[test]
    fn a_damaged_request_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = sample::determine().encode_to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        feed_all(&bytes);
    }

    /// Numbers of every size in every place that holds one.
    #[test]
    fn numbers_of_every_size_are_answered(number in any::<i64>(), small in any::<i32>(), day in any::<[i32; 3]>()) {
        let mut request = sample::determine();
        let input = request.input.as_mut().expect("input");
        let date = sample::day(day[0], day[1], day[2]);
        input.month = date;
        let member = &mut input.facts.as_mut().expect("facts").members[0];
        member.birth = date;
        member.unmet_items = Some(small);
        member.relation = Some(small);
        member.jobs[0].wage_fen = Some(number);
        member.jobs[0].receipts[0].amount_fen = Some(number);
        feed_all(&request.encode_to_vec());
    }
}
