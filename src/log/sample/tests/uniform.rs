//! Uniformity, measured: chi-square over fixed seeds, so that the figures never change. Integers only.

use super::*;
use crate::log::sample::seed::reduce;

/// Chi-square against equal shares, times the number expected in a cell: sum of squared differences.
fn squares(counts: &[u64]) -> u64 {
    let expected = counts.iter().sum::<u64>() / counts.len() as u64;
    counts.iter().map(|count| count.abs_diff(expected).pow(2)).sum()
}

/// Counts words out of one stream into three equal cells of numbers below 3 * 2^62.
fn cells(number_of: impl Fn(&mut Stream) -> u64) -> [u64; 3] {
    let mut stream = seed(7).stream("uniform");
    let mut counts = [0; 3];
    for _ in 0..30_000 {
        let number = number_of(&mut stream);
        counts[usize::try_from(number >> 62).expect("three cells")] += 1;
    }
    counts
}

/// Two degrees of freedom: 13.8 is passed once in a thousand times.
#[test]
fn numbers_are_uniform_where_a_plain_remainder_would_not_be() {
    const BOUND: u64 = 3 << 62;
    const LIMIT: u64 = 10_000 * 138 / 10;
    assert!(squares(&cells(|stream| stream.below(BOUND))) < LIMIT);
    // The same measure sees modulo bias at once: the first cell is hit twice as often.
    assert!(squares(&cells(|stream| stream.word() % BOUND)) > 100 * LIMIT);
}

#[test]
fn words_of_the_last_incomplete_round_are_drawn_again() {
    // 2^64 = 6148914691236517205 * 3 + 1: one word is left over.
    assert_eq!(reduce(u64::MAX - 1, 3), Some(2));
    assert_eq!(reduce(u64::MAX, 3), None);
    assert_eq!(reduce(u64::MAX, 1 << 63), Some((1 << 63) - 1), "no word is left over");
    assert_eq!(reduce(u64::MAX, 1), Some(0));
    let bound = 3_u64 << 62;
    assert_eq!(
        (reduce(bound - 1, bound), reduce(bound, bound)),
        (Some(bound - 1), None)
    );
}

/// Every entry is drawn equally often over many seeds, and so is every pair: 45 pairs of ten entries, of which a
/// sample of three holds three. 44 degrees of freedom: 78.7 is passed once in a thousand times.
#[test]
fn every_entry_and_every_pair_of_entries_is_drawn_equally_often() {
    const SEEDS: u64 = 6_000;
    let asked = request(10, 3);
    let frames: draw::Frames = (0..10).map(|index| (at(index), Some(frame(1, 100)))).collect();
    let (mut entries, mut pairs) = ([0_u64; 10], [[0_u64; 10]; 10]);
    for number in 0..SEEDS {
        let selection = draw(&asked, &seed(number), &frames).expect("drawn");
        let mut units: Vec<usize> = selection.strata[0]
            .units
            .iter()
            .map(|index| usize::try_from(index.get()).expect("ten"))
            .collect();
        units.sort_unstable();
        for (first, &one) in units.iter().enumerate() {
            entries[one] += 1;
            units[first + 1..].iter().for_each(|&other| pairs[one][other] += 1);
        }
    }
    let pairs: Vec<u64> = (0..10)
        .flat_map(|one| (one + 1..10).map(move |other| (one, other)))
        .map(|(a, b)| pairs[a][b])
        .collect();
    assert_eq!(pairs.len(), 45);
    assert!(squares(&pairs) < SEEDS / 15 * 787 / 10, "{pairs:?}");
    // Nine degrees of freedom: 27.9.
    assert!(squares(&entries) < SEEDS * 3 / 10 * 279 / 10, "{entries:?}");
}

/// Units that pay 100, 200, 300 and 400 are drawn one, two, three and four times in ten. Three degrees of
/// freedom: 16.3.
#[test]
fn units_are_drawn_in_proportion_to_their_amounts() {
    const DRAWS: u64 = 40_000;
    let mut asked = request(6, 8_000);
    asked.draw = DrawKind::SizeProportional;
    asked.population = request::Population::Paid;
    let frames: draw::Frames = (0..6)
        .map(|index| {
            (
                at(index),
                Some(frame(
                    1,
                    [100, 0, 200, 300, 0, 400][usize::try_from(index).expect("six")],
                )),
            )
        })
        .collect();
    let mut counts = [0_u64; 6];
    for number in 0..DRAWS / asked.size {
        let selection = draw(&asked, &seed(number), &frames).expect("drawn");
        for unit in &selection.strata[0].units {
            counts[usize::try_from(unit.get()).expect("six")] += 1;
        }
    }
    assert_eq!((counts[1], counts[4]), (0, 0), "what pays nothing is never drawn");
    // Chi-square times a thousand: 1000 * d^2 / expected.
    let chi: u64 = [(0, 1), (2, 2), (3, 3), (5, 4)]
        .into_iter()
        .map(|(at, tenths)| counts[at].abs_diff(DRAWS / 10 * tenths).pow(2) * 1_000 / (DRAWS / 10 * tenths))
        .sum();
    assert!(chi < 16_300, "{chi} {counts:?}");
}

/// Six townships: each reviews each of the five others equally often. Four degrees of freedom a reviewer: 18.5.
#[test]
fn every_township_reviews_every_other_equally_often() {
    const SEEDS: u64 = 5_000;
    let townships: Vec<AreaCode> = (1..=6).map(|number| area(&format!("34032110{number}"))).collect();
    let mut counts = std::collections::BTreeMap::new();
    for number in 0..SEEDS {
        for check in cross_checks(&seed(number), &townships).expect("six") {
            *counts.entry((check.reviewer, check.reviewed)).or_insert(0_u64) += 1;
        }
    }
    assert_eq!(counts.len(), 30);
    for reviewer in &townships {
        let row: Vec<u64> = counts
            .iter()
            .filter(|((one, _), _)| one == reviewer)
            .map(|(_, count)| *count)
            .collect();
        assert!(squares(&row) < SEEDS / 5 * 185 / 10, "{row:?}");
    }
}
