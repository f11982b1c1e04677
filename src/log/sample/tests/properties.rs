//! Properties of the draw, of the allocation and of the cross-checks.

use proptest::prelude::*;

use super::*;
use crate::log::sample::allocate::{Share, allocate, deviation};

#[test]
fn a_deviation_is_the_root_of_the_rate_and_its_complement() {
    let of = |errors, reviewed| deviation(Prior { errors, reviewed });
    assert_eq!(of(1, 2), 500_000_000);
    assert_eq!(of(1, 10), 300_000_000);
    assert_eq!((of(0, 10), of(10, 10), of(0, 0)), (0, 0, 0));
}

#[test]
fn a_size_that_cannot_be_shared_is_refused_with_the_reason() {
    let share = |population, errors| Share {
        population,
        prior: Some(Prior { errors, reviewed: 10 }),
    };
    let shares = [share(10, 0), share(20, 0)];
    let by = |rule, size, floor| allocate(rule, &shares, size, floor);
    assert_eq!(by(Allocation::Proportional, 30, 0), Ok(vec![10, 20]));
    assert_eq!(
        by(Allocation::Proportional, 31, 0),
        Err(AllocationError::TooLarge { population: 30 })
    );
    assert_eq!(by(Allocation::Proportional, 10, 5), Ok(vec![5, 5]));
    assert_eq!(
        by(Allocation::Proportional, 9, 5),
        Err(AllocationError::Floors { floors: 10 })
    );
    assert_eq!(by(Allocation::Neyman, 10, 5), Err(AllocationError::NoDeviation));
    let without = [Share {
        population: 10,
        prior: None,
    }];
    assert_eq!(
        allocate(Allocation::Neyman, &without, 5, 0),
        Err(AllocationError::NoPrior)
    );
    let beyond = [share(10, 1), share(u64::MAX, 1)];
    for rule in [Allocation::Proportional, Allocation::Neyman] {
        assert_eq!(allocate(rule, &beyond, 5, u64::MAX), Err(AllocationError::Beyond));
    }
}

#[test]
fn a_frame_that_cannot_be_opened_moves_no_other_entry() {
    let mut asked = request(60, 8);
    asked.strata = vec![StratumField::Township];
    asked.draw = DrawKind::Stratified;
    asked.floor = 4;
    let mut frames: draw::Frames = (0..60).map(|index| (at(index), Some(frame(index % 2, 100)))).collect();
    let before = draw(&asked, &seed(3), &frames).expect("drawn");
    let spared = *frames
        .keys()
        .find(|index| !before.holds(**index))
        .expect("an entry that is not drawn");
    frames.insert(spared, None);
    let after = draw(&asked, &seed(3), &frames).expect("drawn");
    assert_eq!(after.unopened, [spared]);
    for (one, other) in before.strata.iter().zip(&after.strata) {
        assert_eq!(one.units, other.units);
    }
    // One that is drawn leaves its place to the next; the others stay.
    let drawn = before.strata[0].units[0];
    frames.insert(drawn, None);
    let after = draw(&asked, &seed(3), &frames).expect("drawn");
    assert_eq!(after.strata[0].units[..3], before.strata[0].units[1..]);
    assert_eq!(after.strata[1].units, before.strata[1].units);
}

#[test]
fn a_simple_draw_keeps_an_entry_whose_frame_cannot_be_opened() {
    let asked = request(10, 10);
    let frames: draw::Frames = (0..10)
        .map(|index| (at(index), (index > 0).then(|| frame(1, 100))))
        .collect();
    let selection = draw(&asked, &seed(1), &frames).expect("drawn");
    assert!(selection.holds(at(0)));
    assert_eq!((selection.unopened, selection.strata[0].population), (vec![at(0)], 10));
}

#[test]
fn amounts_that_nobody_is_paid_draw_nothing() {
    let mut asked = request(4, 1);
    asked.draw = DrawKind::SizeProportional;
    let frames: draw::Frames = (0..4).map(|index| (at(index), Some(frame(1, 0)))).collect();
    assert_eq!(draw(&asked, &seed(1), &frames), Err(DrawError::NoAmount));
}

#[test]
fn amounts_that_cannot_be_counted_together_draw_nothing() {
    let mut asked = request(4, 1);
    asked.draw = DrawKind::SizeProportional;
    let frames: draw::Frames = (0..4).map(|index| (at(index), Some(frame(1, i64::MAX)))).collect();
    assert_eq!(draw(&asked, &seed(1), &frames), Err(DrawError::TooLarge));
}

#[test]
fn fewer_than_three_townships_or_one_twice_are_refused() {
    let of = |codes: &[&str]| cross_checks(&seed(1), &codes.iter().map(|code| area(code)).collect::<Vec<_>>());
    assert!(of(&["340321101", "340321102", "340321103"]).is_ok());
    assert_eq!(of(&["340321101", "340321102"]), Err(CrossCheckError::TooFew));
    assert_eq!(
        of(&["340321101", "340321102", "340321101"]),
        Err(CrossCheckError::Twice)
    );
    let many: Vec<AreaCode> = (0..201)
        .map(|number| area(&format!("340321{:03}", 101 + number)))
        .collect();
    assert_eq!(cross_checks(&seed(1), &many), Err(CrossCheckError::TooMany));
    assert!(cross_checks(&seed(1), &many[1..]).is_ok());
}

proptest! {
    #[test]
    fn a_sample_is_of_the_population_without_replacement_and_as_large_as_asked(
        number in any::<u64>(), kinds in proptest::collection::vec(0_u8..4, 1..120), wanted in 1_u64..60, reserve in 0_u64..10,
    ) {
        // 0: another kind of entry; 1: unopened; others: townships.
        let mut frames = draw::Frames::new();
        for (index, kind) in kinds.iter().enumerate().filter(|(_, kind)| **kind > 0) {
            frames.insert(at(index as u64), (*kind > 1).then(|| frame(u64::from(*kind), 100)));
        }
        let mut asked = request(kinds.len() as u64, wanted);
        asked.reserve = reserve;
        match draw(&asked, &seed(number), &frames) {
            Ok(selection) => {
                let stratum = selection.strata.first();
                let units: Vec<LogIndex> = stratum.map(|s| s.units.iter().chain(&s.reserve).copied().collect()).unwrap_or_default();
                let mut distinct = units.clone();
                distinct.sort();
                distinct.dedup();
                prop_assert_eq!(distinct.len(), units.len());
                prop_assert!(units.iter().all(|unit| frames.contains_key(unit)));
                prop_assert_eq!(selection.drawn(), wanted);
                let kept = stratum.map_or(0, |s| s.reserve.len() as u64);
                prop_assert_eq!(kept, reserve.min(frames.len() as u64 - wanted));
            }
            Err(error) => {
                let population = frames.len() as u64;
                prop_assert!(wanted > population);
                prop_assert_eq!(error, DrawError::Allocation(AllocationError::TooLarge { population }));
            }
        }
    }

    #[test]
    fn shares_add_up_and_keep_floor_and_population(
        strata in proptest::collection::vec((0_u64..500, 0_u64..20), 1..12), size in 0_u64..3_000, floor in 0_u64..60, neyman in any::<bool>(),
    ) {
        let shares: Vec<Share> = strata.iter().map(|(population, errors)| Share {
            population: *population,
            prior: Some(Prior { errors: *errors, reviewed: 20 }),
        }).collect();
        let rule = if neyman { Allocation::Neyman } else { Allocation::Proportional };
        let allocated = allocate(rule, &shares, size, floor);
        let population: u64 = shares.iter().map(|share| share.population).sum();
        let floors: u64 = shares.iter().map(|share| share.population.min(floor)).sum();
        match allocated {
            Ok(allocated) => {
                prop_assert_eq!(allocated.iter().sum::<u64>(), size);
                for (share, units) in shares.iter().zip(allocated) {
                    prop_assert!(units <= share.population && units >= share.population.min(floor));
                }
            }
            Err(AllocationError::TooLarge { .. }) => prop_assert!(size > population),
            Err(AllocationError::Floors { .. }) => prop_assert!(size < floors),
            Err(AllocationError::NoDeviation) => prop_assert!(neyman && strata.iter().all(|(population, errors)| *population == 0 || *errors == 0)),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
    }

    #[test]
    fn nobody_reviews_their_own_and_no_two_each_other(number in any::<u64>(), count in 3_u64..40) {
        let townships: Vec<AreaCode> = (0..count).map(|number| area(&format!("340321{:03}", 100 + number))).collect();
        let checks = cross_checks(&seed(number), &townships).expect("enough");
        prop_assert_eq!(checks.len(), townships.len());
        for check in &checks {
            prop_assert_ne!(check.reviewer, check.reviewed);
            let back = CrossCheck { reviewer: check.reviewed, reviewed: check.reviewer };
            prop_assert!(!checks.contains(&back));
        }
        let mut reviewed: Vec<AreaCode> = checks.iter().map(|check| check.reviewed).collect();
        reviewed.sort();
        prop_assert_eq!(reviewed, townships);
    }
}
