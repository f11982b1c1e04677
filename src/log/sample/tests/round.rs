//! What the round refuses, each with its reason, on both sides of each limit; and what nobody can steer.

use super::*;

const START: i64 = 1_790_000_000;

fn commit(index: u64, party: &str, role: Role, number: u8) -> Logged {
    Logged {
        index: at(index),
        logged_seconds: START,
        document: SampleDocument::Commit(SampleCommit {
            period: "2026-Q3".parse().expect("a period"),
            party: party.parse().expect("a party"),
            role,
            commitment: value(number).commitment(),
        }),
    }
}

fn ask(index: u64, request: SampleRequest) -> Logged {
    Logged {
        index: at(index),
        logged_seconds: START + 10,
        document: SampleDocument::Request(request),
    }
}

fn reveal(index: u64, after: i64, party: &str, number: u8) -> Logged {
    Logged {
        index: at(index),
        logged_seconds: START + after,
        document: SampleDocument::Reveal(SampleReveal {
            period: "2026-Q3".parse().expect("a period"),
            party: party.parse().expect("a party"),
            value: Ok(value(number)),
        }),
    }
}

fn two_parties() -> Vec<Logged> {
    vec![
        commit(1, "audit-firm", Role::Auditor, 1),
        commit(2, "operator", Role::Operator, 2),
    ]
}

fn after(entries: &[Logged]) -> Round {
    Round::of(&"2026-Q3".parse().expect("a period"), entries)
}

#[test]
fn a_party_commits_once_before_the_request_and_never_to_a_value_of_another() {
    let entries = two_parties();
    let mut round = after(&entries);
    assert_eq!(
        round.admit(&commit(3, "operator", Role::Operator, 3)),
        Err(vec![Unmet::AlreadyCommitted])
    );
    assert_eq!(
        round.admit(&commit(3, "province", Role::Third, 2)),
        Err(vec![Unmet::CommitmentUsed])
    );
    assert_eq!(
        round.admit(&commit(3, "operator", Role::Operator, 1)),
        Err(vec![Unmet::AlreadyCommitted, Unmet::CommitmentUsed]),
        "every reason at once"
    );
    assert_eq!(round.admit(&commit(3, "province", Role::Third, 3)), Ok(()));
    assert_eq!(round.admit(&ask(20, request(10, 1))), Ok(()));
    assert_eq!(
        round.admit(&commit(21, "city", Role::Third, 4)),
        Err(vec![Unmet::RegistrationEnded])
    );
}

#[test]
fn a_commitment_of_an_earlier_period_cannot_be_used_again() {
    let mut entries = two_parties();
    for entry in &mut entries {
        let SampleDocument::Commit(commit) = &mut entry.document else {
            continue;
        };
        commit.period = "2026-Q2".parse().expect("a period");
    }
    let mut round = after(&entries);
    assert_eq!(
        round.admit(&commit(3, "operator", Role::Operator, 2)),
        Err(vec![Unmet::CommitmentUsed])
    );
}

#[test]
fn a_second_request_of_the_period_is_refused_and_changes_nothing() {
    let mut entries = two_parties();
    entries.push(ask(20, request(10, 1)));
    let mut round = after(&entries);
    assert_eq!(round.admit(&ask(21, request(15, 2))), Err(vec![Unmet::SecondRequest]));
    assert_eq!(round.request().map(|(_, request)| request.size), Some(1));
}

#[test]
fn only_an_auditor_asks_and_only_with_commitments_before_a_checkpoint_before_the_request() {
    let mut round = after(&two_parties());
    let mut by_operator = request(10, 1);
    by_operator.party = "operator".parse().expect("a party");
    assert_eq!(round.admit(&ask(20, by_operator)), Err(vec![Unmet::NotAnAuditor]));
    // The operator's commitment has index 2: a tree of 3 holds it, one of 2 does not.
    assert_eq!(round.admit(&ask(20, request(2, 1))), Err(vec![Unmet::TooFewParties]));
    assert_eq!(round.clone().admit(&ask(20, request(3, 1))), Ok(()));
    assert_eq!(round.admit(&ask(20, request(21, 1))), Err(vec![Unmet::NotClosed]));
    assert_eq!(round.clone().admit(&ask(20, request(20, 1))), Ok(()));
    assert_eq!(round.admit(&ask(20, request(10, 0))), Err(vec![Unmet::Malformed]));
    assert_eq!(round.stage(), Stage::Registering);
}

/// Two principals of one operator that commit first would know the whole seed, and could try requests until it suits.
#[test]
fn a_request_counts_only_with_the_askers_own_value_and_one_of_another_role() {
    let with = |values: u64| SampleRequest {
        values,
        ..request(10, 1)
    };
    let mut round = after(&[
        commit(1, "operator", Role::Operator, 2),
        commit(2, "province", Role::Third, 3),
        commit(3, "audit-firm", Role::Auditor, 1),
    ]);
    let asker: Party = "audit-firm".parse().expect("a party");
    assert_eq!(round.admit(&ask(20, with(2))), Err(vec![Unmet::AskerNotCalled]));
    // A checkpoint that does not hold the asker's own commitment closes the period too early.
    assert_eq!(round.admit(&ask(20, request(3, 1))), Err(vec![Unmet::AskerNotCalled]));
    assert_eq!(
        (
            round.fewest_values(&asker, size(3)),
            round.fewest_values(&asker, size(4))
        ),
        (None, Some(3))
    );
    assert_eq!(round.admit(&ask(20, with(3))), Ok(()));

    let mut round = after(&[
        commit(1, "audit-firm", Role::Auditor, 1),
        commit(2, "second-firm", Role::Auditor, 2),
        commit(3, "operator", Role::Operator, 3),
    ]);
    assert_eq!(round.admit(&ask(20, with(2))), Err(vec![Unmet::OneRole]));
    assert_eq!(round.fewest_values(&asker, size(10)), Some(3));
    assert_eq!(round.admit(&ask(20, with(3))), Ok(()));
}

#[test]
fn no_substitute_stands_in_for_the_asking_party_whoever_keeps_it_from_answering() {
    let mut entries = two_parties();
    entries.push(commit(3, "province", Role::Third, 3));
    entries.push(ask(20, request(10, 1)));
    let asker: Party = "audit-firm".parse().expect("a party");
    let silent = |by: &str| Logged {
        index: at(21),
        logged_seconds: START + 10 + REVEAL_SECONDS + 1,
        document: SampleDocument::Reveal(SampleReveal {
            period: "2026-Q3".parse().expect("a period"),
            party: asker.clone(),
            value: Err(Silence {
                why: Why::Silent,
                by: by.parse().expect("a party"),
            }),
        }),
    };
    entries.push(silent("operator"));
    let round = after(&entries);
    assert_eq!(
        (round.stage(), round.called().len()),
        (Stage::Void, 2),
        "nobody is called on in its place"
    );
}

#[test]
fn nothing_is_revealed_before_the_request_and_nothing_but_what_was_committed() {
    let mut entries = two_parties();
    let mut round = after(&entries);
    assert_eq!(round.admit(&reveal(3, 5, "operator", 2)), Err(vec![Unmet::NoRequest]));
    entries.push(ask(20, request(10, 1)));
    let mut round = after(&entries);
    assert_eq!(
        round.admit(&reveal(21, 20, "operator", 9)),
        Err(vec![Unmet::WrongValue])
    );
    assert_eq!(round.admit(&reveal(21, 20, "province", 3)), Err(vec![Unmet::NotCalled]));
    assert_eq!(round.admit(&reveal(21, 20, "operator", 2)), Ok(()));
    assert_eq!(
        round.admit(&reveal(22, 21, "operator", 2)),
        Err(vec![Unmet::NotCalled]),
        "answered already"
    );
    let late = 10 + REVEAL_SECONDS;
    assert_eq!(
        round.admit(&reveal(22, late + 1, "audit-firm", 9)),
        Err(vec![Unmet::Late, Unmet::WrongValue])
    );
    assert_eq!(
        round.admit(&reveal(22, late + 1, "audit-firm", 1)),
        Err(vec![Unmet::Late])
    );
    assert_eq!(round.admit(&reveal(22, late, "audit-firm", 1)), Ok(()));
    assert_eq!(round.stage(), Stage::Ready);
}

/// After the commitments the operator may append what it likes, in any order it likes, and choose when it reveals:
/// every seed it can reach holds the auditor's value, which it does not know until its own is bound.
#[test]
fn the_operator_cannot_choose_the_seed_after_the_commitments() {
    let mut entries = two_parties();
    entries.push(ask(20, request(10, 1)));
    let reveals = [reveal(21, 20, "audit-firm", 1), reveal(22, 30, "operator", 2)];
    let seed_of = |more: &[Logged]| {
        let mut all = entries.clone();
        all.extend_from_slice(more);
        after(&all).seed()
    };
    let honest = seed_of(&reveals).expect("both revealed");
    // Another order of reveals, later reveals, further commitments, further requests, values of its own: one seed.
    let swapped = [reveal(21, 20, "operator", 2), reveal(22, 30, "audit-firm", 1)];
    assert_eq!(seed_of(&swapped), Ok(honest));
    let noisy = [
        commit(21, "operator-b", Role::Operator, 7),
        ask(22, request(15, 1)),
        reveal(23, 25, "operator", 8),
        reveals[0].clone(),
        reveals[1].clone(),
    ];
    assert_eq!(seed_of(&noisy), Ok(honest));
    // What was fixed before makes it: another root, another range, another size.
    for changed in [
        SampleRequest {
            checkpoint_root: Hash::of(b"reordered"),
            ..request(10, 1)
        },
        SampleRequest {
            from: at(1),
            ..request(10, 1)
        },
        request(10, 2),
    ] {
        let mut other = two_parties();
        other.push(ask(20, changed));
        other.extend_from_slice(&reveals);
        assert_ne!(after(&other).seed(), Ok(honest));
    }
}

#[test]
fn refusing_without_a_substitute_voids_the_round_instead_of_choosing_a_sample() {
    let mut entries = two_parties();
    entries.push(ask(20, request(10, 1)));
    entries.push(reveal(21, 20, "audit-firm", 1));
    let party: Party = "operator".parse().expect("a party");
    entries.push(Logged {
        index: at(22),
        logged_seconds: START + 30,
        document: SampleDocument::Reveal(SampleReveal {
            period: "2026-Q3".parse().expect("a period"),
            party: party.clone(),
            value: Err(Silence {
                why: Why::Refused,
                by: party,
            }),
        }),
    });
    let mut round = after(&entries);
    assert_eq!((round.stage(), round.seed()), (Stage::Void, Err(vec![Unmet::Void])));
    assert_eq!(round.admit(&reveal(23, 40, "operator", 2)), Err(vec![Unmet::NotCalled]));
}

#[test]
fn a_result_counts_once_and_with_the_rounds_own_seed_alone() {
    let mut entries = two_parties();
    entries.push(ask(20, request(10, 1)));
    let result = |seed: Seed, asked: u64| Logged {
        index: at(30),
        logged_seconds: START + 50,
        document: SampleDocument::Result(SampleResult {
            period: "2026-Q3".parse().expect("a period"),
            request: at(asked),
            seed,
            population: 10,
            drawn: 1,
            unopened: 0,
        }),
    };
    let mut round = after(&entries);
    assert_eq!(round.admit(&result(seed(1), 20)), Err(vec![Unmet::Incomplete]));
    entries.extend([reveal(21, 20, "audit-firm", 1), reveal(22, 30, "operator", 2)]);
    let mut round = after(&entries);
    let right = round.seed().expect("ready");
    assert_eq!(round.admit(&result(seed(1), 20)), Err(vec![Unmet::OtherSeed]));
    assert_eq!(round.admit(&result(right, 19)), Err(vec![Unmet::OtherSeed]));
    assert_eq!(round.admit(&result(right, 20)), Ok(()));
    assert_eq!((round.stage(), round.derived()), (Stage::Drawn, Some(right)));
    assert_eq!(round.admit(&result(right, 20)), Err(vec![Unmet::Drawn]));
}

/// Whoever reveals last knows the seed: until the draw nothing of the range may go, and not for ever where nobody draws.
#[test]
fn a_round_holds_its_range_from_the_request_to_the_result_or_three_days_beyond_its_last_deadline() {
    let mut entries = two_parties();
    assert_eq!(after(&entries).held_until_seconds(), None);
    entries.push(ask(20, request(10, 1)));
    let until = Some(START + 10 + 2 * REVEAL_SECONDS);
    assert_eq!(after(&entries).held_until_seconds(), until);
    entries.extend([reveal(21, 20, "audit-firm", 1), reveal(22, 30, "operator", 2)]);
    let mut round = after(&entries);
    assert_eq!((round.stage(), round.held_until_seconds()), (Stage::Ready, until));
    let result = SampleDocument::Result(SampleResult {
        period: "2026-Q3".parse().expect("a period"),
        request: at(20),
        seed: round.seed().expect("ready"),
        population: 10,
        drawn: 1,
        unopened: 0,
    });
    let drawn = Logged {
        index: at(30),
        logged_seconds: START + 50,
        document: result,
    };
    assert_eq!(round.admit(&drawn), Ok(()));
    assert_eq!(round.held_until_seconds(), None);
}

#[test]
fn a_request_names_everything_that_is_wrong_with_it() {
    let fields = |request: &SampleRequest| request.check().into_iter().map(|wrong| wrong.field).collect::<Vec<_>>();
    let right = request(10, 1);
    assert_eq!(fields(&right), [""; 0]);
    let mut wrong = right.clone();
    (wrong.from, wrong.size, wrong.values) = (at(10), 0, 1);
    assert_eq!(fields(&wrong), ["to_size", "size", "values"]);
    for (values, fits) in [
        (1, false),
        (2, true),
        (VALUE_COUNT_MAX, true),
        (VALUE_COUNT_MAX + 1, false),
    ] {
        assert_eq!(
            fields(&SampleRequest {
                values,
                ..right.clone()
            })
            .is_empty(),
            fits,
            "{values}"
        );
    }
    for (count, fits) in [(SAMPLE_SIZE_MAX, true), (SAMPLE_SIZE_MAX + 1, false)] {
        assert_eq!(
            fields(&SampleRequest {
                size: count,
                ..right.clone()
            })
            .is_empty(),
            fits,
            "{count}"
        );
    }
    for (to, fits) in [(RANGE_ENTRY_COUNT_MAX, true), (RANGE_ENTRY_COUNT_MAX + 1, false)] {
        assert_eq!(fields(&request(to, 1)).is_empty(), fits, "{to}");
    }
    assert_eq!(
        fields(&SampleRequest {
            to: size(11),
            ..right.clone()
        }),
        ["to_size"],
        "beyond the checkpoint"
    );
    assert_eq!(
        fields(&SampleRequest {
            floor: 1,
            ..right.clone()
        }),
        ["allocation"]
    );
    assert_eq!(
        fields(&SampleRequest {
            draw: DrawKind::Stratified,
            ..right.clone()
        }),
        ["strata"]
    );
    let strata = vec![StratumField::Township];
    assert_eq!(
        fields(&SampleRequest {
            strata: strata.clone(),
            ..right.clone()
        }),
        ["strata"]
    );
    let stratified = SampleRequest {
        draw: DrawKind::Stratified,
        strata,
        ..right
    };
    assert_eq!(fields(&stratified), [""; 0]);
    assert_eq!(
        fields(&SampleRequest {
            allocation: Allocation::Neyman,
            ..stratified
        }),
        ["prior"]
    );
}
