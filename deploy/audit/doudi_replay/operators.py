"""The strict operators (SEMANTICS.md section 6): functions of values, none of them missing."""

import datetime
from fractions import Fraction

from . import civil
from .values import KIND, ORDERED, Area, Month, RuleError, chain, checked

DATE = datetime.date


def _number(value):
    kind = type(value)
    if kind is int or kind is Fraction:
        return value
    raise RuleError("E_TYPE")


def neg(a):
    return checked(-_number(a))


def add(*values):
    total = _number(values[0])
    for value in values[1:]:
        total = checked(total + _number(value))
    return total


def sub(a, b):
    return checked(_number(a) - _number(b))


def mul(*values):
    product = _number(values[0])
    for value in values[1:]:
        product = checked(product * _number(value))
    return product


def div(a, b):
    _number(a)
    if _number(b) == 0:
        raise RuleError("E_DIV")
    return checked(Fraction(a) / b)


def rounding(quantum, mode):
    """`["round",a,q,mode]` as a function of a."""

    def run(a):
        _number(a)
        if type(a) is int and a % quantum == 0:
            return a
        parts = Fraction(a) / quantum
        below = parts.numerator // parts.denominator
        if mode == "down":
            whole = below
        elif mode == "up":
            whole = below if parts == below else below + 1
        else:
            size = abs(parts) + Fraction(1, 2)
            whole = size.numerator // size.denominator
            whole = -whole if parts < 0 else whole
        return checked(whole * quantum)

    return run


def _same_kind(values):
    kinds = {KIND[type(value)] for value in values}
    if len(kinds) != 1:
        raise RuleError("E_TYPE")
    return kinds.pop()


def _ordered(*values):
    if _same_kind(values) not in ORDERED:
        raise RuleError("E_TYPE")


def eq(a, b):
    if type(a) is not type(b):
        _same_kind((a, b))
    return a == b


def ne(a, b):
    return not eq(a, b)


def lt(a, b):
    _ordered(a, b)
    return a < b


def le(a, b):
    _ordered(a, b)
    return a <= b


def gt(a, b):
    _ordered(a, b)
    return a > b


def ge(a, b):
    _ordered(a, b)
    return a >= b


def least(*values):
    _ordered(*values)
    return min(values)


def greatest(*values):
    _ordered(*values)
    return max(values)


def within(x, low, high):
    _ordered(x, low, high)
    return low <= x <= high


def negation(a):
    if type(a) is not bool:
        raise RuleError("E_TYPE")
    return not a


def _date(value):
    if type(value) is not DATE:
        raise RuleError("E_TYPE")
    return value


def _month(value):
    if type(value) is not Month:
        raise RuleError("E_TYPE")
    return value


def _month_of_either(value):
    return value if type(value) is Month else civil.month_of(_date(value))


def month_of(a):
    return civil.month_of(_date(a))


def month_start(a):
    return civil.month_start(_month(a))


def month_end(a):
    return civil.month_end(_month(a))


def next_month(a):
    return civil.add_months(_month_of_either(a), 1)


def add_months(a, count):
    if type(a) is not Month:
        _date(a)
    return civil.add_months(a, civil.whole(count))


def add_days(a, count):
    return civil.add_days(_date(a), civil.whole(count))


def months_between(a, b):
    return int(_month_of_either(b)) - int(_month_of_either(a))


def days_between(a, b):
    return _date(b).toordinal() - _date(a).toordinal()


def age_at(birth, date):
    return civil.age_at(_date(birth), _date(date))


def within_area(a, b):
    if type(a) is not Area or type(b) is not Area:
        raise RuleError("E_TYPE")
    return b in chain(a)


STRICT = {
    "neg": (neg, 1, 1),
    "add": (add, 2, 256),
    "sub": (sub, 2, 2),
    "mul": (mul, 2, 256),
    "div": (div, 2, 2),
    "min": (least, 2, 256),
    "max": (greatest, 2, 256),
    "eq": (eq, 2, 2),
    "ne": (ne, 2, 2),
    "lt": (lt, 2, 2),
    "le": (le, 2, 2),
    "gt": (gt, 2, 2),
    "ge": (ge, 2, 2),
    "not": (negation, 1, 1),
    "within": (within, 3, 3),
    "month_of": (month_of, 1, 1),
    "month_start": (month_start, 1, 1),
    "month_end": (month_end, 1, 1),
    "next_month": (next_month, 1, 1),
    "add_months": (add_months, 2, 2),
    "add_days": (add_days, 2, 2),
    "months_between": (months_between, 2, 2),
    "days_between": (days_between, 2, 2),
    "age_at": (age_at, 2, 2),
    "within_area": (within_area, 2, 2),
}
"""Name -> function, fewest and most arguments."""
