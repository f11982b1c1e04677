//! Fractions against the laws of arithmetic and against schoolbook integers.

use proptest::prelude::*;

use super::*;

const TOP: i128 = i128::MAX;

fn number(numerator: i128, denominator: i128) -> Number {
    Number::ratio(numerator, denominator).expect("a fraction of the test fits")
}

fn fractions() -> impl Strategy<Value = Number> {
    let small = (-1000_i64..1000, 1_i64..60).prop_map(|(n, d)| number(i128::from(n), i128::from(d)));
    let wide = (-(1_i128 << 100)..(1_i128 << 100), 1_i128..(1 << 60)).prop_map(|(n, d)| number(n, d));
    let huge = (-TOP..=TOP, 1_i128..=TOP).prop_map(|(n, d)| number(n, d));
    prop_oneof![small, wide, huge]
}

#[test]
fn a_fraction_is_reduced_and_its_denominator_is_positive() {
    assert_eq!(number(6, -4), number(-3, 2));
    assert_eq!(number(0, -7), Number::ZERO);
    assert_eq!(number(0, -7).denominator(), 1);
    assert_eq!(Number::ratio(1, 0), Err(NumberError::DivisionByZero));
    assert_eq!(number(i128::MIN, 2).numerator(), i128::MIN / 2);
    assert_eq!(Number::ratio(i128::MIN, 1), Err(NumberError::Overflow));
}

#[test]
fn a_result_overflows_exactly_beyond_two_to_the_127_less_one() {
    let top = Number::integer(TOP);
    assert_eq!(Number::integer(TOP - 1).plus(Number::integer(1)), Ok(top));
    assert_eq!(top.plus(Number::integer(1)), Err(NumberError::Overflow));
    assert_eq!(top.negated().minus(Number::integer(1)), Err(NumberError::Overflow));
    assert_eq!(
        top.times(number(1, 2)).and_then(|half| half.times(Number::integer(2))),
        Ok(top)
    );
    assert_eq!(number(1, TOP).times(number(1, 2)), Err(NumberError::Overflow));
}

#[test]
fn an_intermediate_beyond_128_bits_is_no_overflow() {
    // (top/3 + top/3 + top/3) passes through numerators near 2^129.
    let third = number(TOP - 1, 3);
    let sum = third.plus(third).and_then(|two| two.plus(third));
    assert_eq!(sum, Ok(Number::integer(TOP - 1)));
    let a = number(TOP, TOP - 1);
    assert_eq!(a.minus(a), Ok(Number::ZERO));
    assert_eq!(a.over(a), Ok(Number::integer(1)));
}

#[test]
fn comparison_never_overflows() {
    assert!(number(TOP, TOP - 1) < number(TOP - 1, TOP - 2));
    assert!(number(TOP - 2, TOP - 1) < number(TOP - 1, TOP));
    assert!(number(-(TOP - 2), TOP - 1) > number(-(TOP - 1), TOP));
}

#[test]
fn half_goes_away_from_zero_and_up_goes_to_positive_infinity() {
    let rounded = |n, d, quantum, mode| number(n, d).rounded(quantum, mode).map(Number::numerator);
    for (n, d, quantum, half_up, up, down) in [
        (1, 2, 1, 1, 1, 0),
        (-1, 2, 1, -1, 0, -1),
        (49, 100, 1, 0, 1, 0),
        (51, 100, 1, 1, 1, 0),
        (5, 1, 10, 10, 10, 0),
        (-5, 1, 10, -10, 0, -10),
        (49, 10, 10, 0, 10, 0),
        (4, 1, 10, 0, 10, 0),
        (1, 1, 100, 0, 100, 0),
        (9_999, 2, 100, 5_000, 5_000, 4_900),
        (99, 2, 100, 0, 100, 0),
        (99_999, 2_000, 100, 0, 100, 0),
        (700, 1, 100, 700, 700, 700),
        (0, 1, 100, 0, 0, 0),
    ] {
        assert_eq!(
            rounded(n, d, quantum, RoundMode::HalfUp),
            Ok(half_up),
            "{n}/{d} by {quantum}"
        );
        assert_eq!(rounded(n, d, quantum, RoundMode::Up), Ok(up), "{n}/{d} by {quantum}");
        assert_eq!(
            rounded(n, d, quantum, RoundMode::Down),
            Ok(down),
            "{n}/{d} by {quantum}"
        );
    }
    assert_eq!(
        Number::integer(TOP).rounded(10, RoundMode::Up),
        Err(NumberError::Overflow)
    );
    assert_eq!(Number::integer(TOP).rounded(1, RoundMode::Up), Ok(Number::integer(TOP)));
}

proptest! {
    #[test]
    fn small_sums_products_and_orders_agree_with_cross_multiplied_integers(
        a in -(1_i64 << 30)..(1 << 30), b in 1_i64..(1 << 30), c in -(1_i64 << 30)..(1 << 30), d in 1_i64..(1 << 30)
    ) {
        let (a, b, c, d) = (i128::from(a), i128::from(b), i128::from(c), i128::from(d));
        let (x, y) = (number(a, b), number(c, d));
        prop_assert_eq!(x.plus(y), Number::ratio(a * d + c * b, b * d));
        prop_assert_eq!(x.minus(y), Number::ratio(a * d - c * b, b * d));
        prop_assert_eq!(x.times(y), Number::ratio(a * c, b * d));
        prop_assert_eq!(x.cmp(&y), (a * d).cmp(&(c * b)));
        if c != 0 {
            prop_assert_eq!(x.over(y), Number::ratio(a * d, b * c));
        }
    }

    #[test]
    fn the_laws_of_arithmetic_hold_wherever_there_is_a_result(x in fractions(), y in fractions()) {
        prop_assert_eq!(x.plus(y), y.plus(x));
        prop_assert_eq!(x.times(y), y.times(x));
        if let Ok(sum) = x.plus(y) {
            prop_assert_eq!(sum.minus(y), Ok(x));
            prop_assert_eq!(sum.cmp(&x), y.cmp(&Number::ZERO));
        }
        if let Ok(product) = x.times(y) && y != Number::ZERO {
            prop_assert_eq!(product.over(y), Ok(x));
        }
        prop_assert_eq!(x.cmp(&y), y.cmp(&x).reverse());
        prop_assert_eq!(x == y, x.cmp(&y) == Ordering::Equal);
    }

    #[test]
    fn a_rounded_number_is_a_multiple_within_one_step(x in fractions(), quantum in 1_u32..1000) {
        let step = Number::integer(i128::from(quantum));
        let down = x.rounded(quantum, RoundMode::Down);
        let up = x.rounded(quantum, RoundMode::Up);
        if let (Ok(down), Ok(up)) = (down, up) {
            prop_assert!(down <= x && x <= up);
            prop_assert_eq!(down.numerator() % i128::from(quantum), 0);
            prop_assert!(up == down || down.plus(step) == Ok(up));
            let half = x.rounded(quantum, RoundMode::HalfUp).expect("between two that fit");
            prop_assert!(half == down || half == up);
        }
    }
}
