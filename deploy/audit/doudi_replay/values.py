"""Values at run time (SEMANTICS.md sections 2 and 5).

    number   int, or Fraction where the denominator is not 1
    bool     bool          code   str        date   datetime.date
    month    Month         area   Area       missing   Missing
    error    RuleError, raised
"""

import datetime
import re
from fractions import Fraction

from . import canonical

LIMIT = 2**127 - 1
"""Largest numerator or denominator of a result; beyond it the operation overflows."""


class RuleError(Exception):
    """An error value: E_DIV, E_OVERFLOW, E_RANGE or E_TYPE."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class SealedError(ValueError):
    """A document that does not follow SEMANTICS.md."""


class Month(int):
    """A calendar month, as 12 * year + month - 1."""

    __slots__ = ()

    def __str__(self):
        return "%04d-%02d" % (self // 12, self % 12 + 1)

    __repr__ = __str__


MONTH_FIRST = Month(12)
MONTH_LAST = Month(12 * 9999 + 11)


class Area(str):
    """An area code of 6, 9 or 12 digits."""

    __slots__ = ()


class Missing:
    """Missing facts (position in the vocabulary, instance) and missing rules (kind, id, area, date)."""

    __slots__ = ("facts", "rules")

    def __init__(self, facts=(), rules=()):
        self.facts = frozenset(facts)
        self.rules = frozenset(rules)


def join(values):
    """The union of the sets of those values that are missing."""
    found = [value for value in values if type(value) is Missing]
    if len(found) == 1:
        return found[0]
    return Missing(
        frozenset().union(*[missing.facts for missing in found]),
        frozenset().union(*[missing.rules for missing in found]),
    )


KIND = {
    int: "number",
    Fraction: "number",
    bool: "bool",
    str: "code",
    datetime.date: "date",
    Month: "month",
    Area: "area",
}
ORDERED = frozenset(["number", "date", "month"])


def checked(number):
    """The result of one operation in lowest terms, or its overflow."""
    if type(number) is Fraction:
        if number.denominator == 1:
            number = number.numerator
        elif number.denominator <= LIMIT and -LIMIT <= number.numerator <= LIMIT:
            return number
        else:
            raise RuleError("E_OVERFLOW")
    if -LIMIT <= number <= LIMIT:
        return number
    raise RuleError("E_OVERFLOW")


def month(number):
    """A month of the range, or E_RANGE."""
    if MONTH_FIRST <= number <= MONTH_LAST:
        return Month(number)
    raise RuleError("E_RANGE")


_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})\Z")
_AREA = re.compile(r"[1-9]([0-9]{5}|[0-9]{8}|[0-9]{11})\Z")


def read_date(text):
    """`2021-07-01`."""
    match = _DATE.match(text) if type(text) is str else None
    if not match:
        raise SealedError("a date is written 2021-07-01")
    try:
        return datetime.date(*map(int, match.groups()))
    except ValueError:
        raise SealedError("no such day in the calendar") from None


def read_month(text):
    """`2021-07`."""
    match = _MONTH.match(text) if type(text) is str else None
    if not match:
        raise SealedError("a month is written 2021-07")
    year, number = map(int, match.groups())
    if year < 1 or not 1 <= number <= 12:
        raise SealedError("no such month in the calendar")
    return Month(12 * year + number - 1)


def read_area(text):
    """`340321`."""
    if type(text) is not str or not _AREA.match(text):
        raise SealedError("an area code has 6, 9 or 12 digits")
    return Area(text)


def read_fraction(numerator, denominator):
    """`["q",1,2]`: reduced, with a denominator of 2 or more."""
    above, below = canonical.read_integer(numerator), canonical.read_integer(denominator)
    if above is None or below is None or below < 2 or max(abs(above), below) > LIMIT:
        raise SealedError("a fraction has two whole numbers, the second 2 or more")
    value = Fraction(above, below)
    if value.denominator != below:
        raise SealedError("a fraction is written in lowest terms")
    return value


def read_whole(value):
    """A whole number, as a number or beyond 2^53-1 as a decimal string."""
    number = canonical.read_integer(value)
    if number is None or abs(number) > LIMIT:
        raise SealedError("a whole number belongs here")
    return number


def read_constant(node):
    """A constant of a sealed document: true, `["lit",n,unit]`, `["q",n,d]`, `["code",c]`, ..."""
    if type(node) is bool:
        return node
    if type(node) is not list or not node:
        raise SealedError("a constant belongs here")
    head, rest = node[0], node[1:]
    if head == "lit" and len(rest) == 2:
        return read_whole(rest[0])
    if head == "q" and len(rest) in (2, 3):
        return read_fraction(rest[0], rest[1])
    if head == "code" and len(rest) == 1 and type(rest[0]) is str:
        return rest[0]
    if head in ("date", "month", "area") and len(rest) == 1:
        return {"date": read_date, "month": read_month, "area": read_area}[head](rest[0])
    raise SealedError("a constant belongs here")


def chain(area):
    """The area and its superiors, nearest first (SEMANTICS.md section 6)."""
    codes = [area[:length] for length in (12, 9) if len(area) >= length]
    codes += [area[:6], area[:4] + "00", area[:2] + "0000", "100000"]
    return [code for at, code in enumerate(codes) if at == 0 or codes[at - 1] != code]
