"""Canonical JSON, numbers, dates, areas: both sides of each limit."""

import datetime
import unittest
from fractions import Fraction

from doudi_replay import canonical, civil, operators, trace
from doudi_replay.values import LIMIT, Month, RuleError, SealedError, chain, checked, read_area, read_date, read_month


def day(text):
    return datetime.date.fromisoformat(text)


class CanonicalJson(unittest.TestCase):
    def test_keys_stand_in_the_order_of_utf_16(self):
        value = canonical.parse('{"\ufb33":1,"\U0001f600":2,"1":3,"\\r":4}')
        self.assertEqual(canonical.to_bytes(value).decode(), '{"\\r":4,"1":3,"\U0001f600":2,"\ufb33":1}')

    def test_what_has_another_spelling_is_refused(self):
        for text in ("null", "[null]", "1.5", "1e3", '{"a":1,"a":2}', "9007199254740992", "NaN", "[1,]", ""):
            with self.subTest(text=text), self.assertRaises(ValueError):
                canonical.parse(text)
        for data in (b'{"a": 1}', b'"\\u0041"', b"-0", b'{"b":1,"a":2}'):
            with self.subTest(data=data), self.assertRaises(ValueError):
                canonical.parse_canonical(data)

    def test_integers_beyond_2_to_the_53_are_decimal_strings(self):
        self.assertEqual(canonical.integer(2**53 - 1), 2**53 - 1)
        self.assertEqual(canonical.integer(2**53), "9007199254740992")
        self.assertEqual(canonical.read_integer("-9007199254740992"), -(2**53))
        for text in ("12", "+9007199254740992", "09007199254740992", "", "-"):
            self.assertIsNone(canonical.read_integer(text))


class Numbers(unittest.TestCase):
    def test_the_reduced_result_overflows_and_nothing_else(self):
        self.assertEqual(operators.sub(operators.add(LIMIT, 0), 1), LIMIT - 1)
        self.assertEqual(operators.mul(LIMIT, Fraction(1, LIMIT)), 1)
        self.assertEqual(checked(Fraction(1, LIMIT)), Fraction(1, LIMIT))
        for wrong in (lambda: operators.add(LIMIT, 1), lambda: operators.mul(Fraction(1, LIMIT), Fraction(1, 2))):
            with self.assertRaises(RuleError) as error:
                wrong()
            self.assertEqual(error.exception.code, "E_OVERFLOW")

    def test_a_half_goes_away_from_zero(self):
        half = operators.rounding(1, "half_up")
        self.assertEqual([half(Fraction(n, 2)) for n in (-3, -1, 1, 3)], [-2, -1, 1, 2])
        self.assertEqual(operators.rounding(100, "up")(-101), -100)
        self.assertEqual(operators.rounding(100, "down")(-101), -200)

    def test_leb128_as_in_its_specification(self):
        self.assertEqual(trace.uvarint(624485).hex(), "e58e26")
        self.assertEqual([trace.zigzag(n).hex() for n in (0, -1, 1, -64, 64)], ["00", "01", "02", "7f", "8001"])


class Dates(unittest.TestCase):
    def test_a_month_later_is_the_same_day_or_the_last(self):
        self.assertEqual(civil.add_months(day("2021-01-31"), 1), day("2021-02-28"))
        self.assertEqual(civil.add_months(day("2024-02-29"), -12), day("2023-02-28"))
        self.assertEqual(str(civil.add_months(Month(12 * 2021 + 11), 1)), "2022-01")

    def test_born_on_29_february_is_older_on_28_february(self):
        born = day("2004-02-29")
        ages = [civil.age_at(born, day(text)) for text in ("2022-02-27", "2022-02-28", "2024-02-28")]
        self.assertEqual(ages, [17, 18, 19])

    def test_the_calendar_ends_with_the_year_9999(self):
        self.assertEqual(civil.add_days(day("9999-12-30"), 1), day("9999-12-31"))
        for wrong in (lambda: civil.add_days(day("9999-12-31"), 1), lambda: civil.add_months(day("0001-01-01"), -1)):
            with self.assertRaises(RuleError) as error:
                wrong()
            self.assertEqual(error.exception.code, "E_RANGE")

    def test_working_days_follow_the_notice_and_stop_at_an_unknown_year(self):
        days = civil.WorkingDays([(2021, [day("2021-10-01")], [day("2021-10-09")])])
        self.assertEqual(days.add(day("2021-09-30"), 1)[0], day("2021-10-04"))
        self.assertEqual(days.add(day("2021-10-08"), 1)[0], day("2021-10-09"))
        self.assertEqual(days.add(day("2021-12-31"), 0), (day("2021-12-31"), set()))
        self.assertEqual(days.add(day("2021-12-30"), 2)[0], 2022)

    def test_malformed_dates_and_areas_are_refused(self):
        wrong = [(read_date, "2021-02-29"), (read_date, "2021-2-3"), (read_month, "2021-13"), (read_area, "034032")]
        for read, text in wrong:
            with self.subTest(text=text), self.assertRaises(SealedError):
                read(text)

    def test_the_chain_of_an_area_ends_at_the_nation(self):
        self.assertEqual(chain("340321100"), ["340321100", "340321", "340300", "340000", "100000"])
        self.assertEqual(chain("100000"), ["100000"])


if __name__ == "__main__":
    unittest.main()
