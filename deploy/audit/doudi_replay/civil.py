"""Dates and months (SEMANTICS.md section 6)."""

import calendar
import datetime
from fractions import Fraction

from .values import Month, RuleError, month

DAY = datetime.timedelta(days=1)
EPOCH = datetime.date(1970, 1, 1).toordinal()
INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
WORKING_DAYS_MAX = 500


def whole(value):
    """A count that must be whole, within 64 bits."""
    if type(value) is int:
        if INT64_MIN <= value <= INT64_MAX:
            return value
        raise RuleError("E_RANGE")
    raise RuleError("E_RANGE" if type(value) is Fraction else "E_TYPE")


def days_since_epoch(date):
    """Days since 1970-01-01."""
    return date.toordinal() - EPOCH


def month_of(date):
    """The month of a date."""
    return Month(12 * date.year + date.month - 1)


def month_start(value):
    """First day of a month."""
    return datetime.date(value // 12, value % 12 + 1, 1)


def month_end(value):
    """Last day of a month."""
    year, number = value // 12, value % 12 + 1
    return datetime.date(year, number, calendar.monthrange(year, number)[1])


def add_months(value, count):
    """Whole months after a month, or after a date; a date is clamped to the end of its month."""
    if type(value) is Month:
        return month(int(value) + count)
    target = month(12 * value.year + value.month - 1 + count)
    year, number = target // 12, target % 12 + 1
    return datetime.date(year, number, min(value.day, calendar.monthrange(year, number)[1]))


def add_days(date, count):
    """Whole days after a date."""
    try:
        return datetime.date.fromordinal(date.toordinal() + count)
    except (ValueError, OverflowError):
        raise RuleError("E_RANGE") from None


def age_at(birth, date):
    """The greatest whole k with add_months(birth, 12k) <= date; an anniversary outside the calendar is not met."""
    years = date.year - birth.year
    anniversary = (date.month, date.day) >= (
        birth.month,
        min(birth.day, calendar.monthrange(date.year, birth.month)[1]),
    )
    return years if anniversary else years - 1


def new_year(year):
    """1 January."""
    return datetime.date(year, 1, 1)


class WorkingDays:
    """The official calendar: which days differ from Monday to Friday."""

    def __init__(self, rows):
        """Rows of `(year, off, work)`; those of one year are joined."""
        self.years = {}
        for year, off, work in rows:
            days = self.years.setdefault(year, (set(), set()))
            days[0].update(off)
            days[1].update(work)

    def add(self, date, count):
        """The count-th working day after a date, or the first year without a calendar; and the years walked."""
        day, walked = date, set()
        while count > 0:
            if day == datetime.date.max:
                raise RuleError("E_RANGE")
            day += DAY
            days = self.years.get(day.year)
            if days is None:
                return day.year, walked
            walked.add(day.year)
            off, work = days
            if day in work if day.weekday() >= 5 else day not in off:
                count -= 1
        return day, walked
