"""The canonical trace (SEMANTICS.md section 11)."""

import datetime
import hashlib
from fractions import Fraction

from .civil import days_since_epoch
from .values import Area, Missing, Month, RuleError

HEADER = b"doudi-rules/1 trace\n"
ERRORS = {"E_DIV": 1, "E_OVERFLOW": 2, "E_RANGE": 3, "E_TYPE": 4}


def uvarint(number):
    """Unsigned LEB128."""
    if number < 128:
        return bytes((number,))
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number):
    """A signed number as an unsigned one."""
    return uvarint(2 * number if number >= 0 else -2 * number - 1)


def text(value):
    """Length and UTF-8."""
    data = value.encode("utf-8")
    return uvarint(len(data)) + data


def rule_order(rule):
    """The order of missing rules."""
    kind, name, area, day = rule
    return kind, name.encode("utf-8"), area, day


def value_bytes(value):
    """One value."""
    kind = type(value)
    if kind is bool:
        return b"\x01" if value else b"\x00"
    if kind is int:
        return b"\x02" + zigzag(value)
    if kind is Fraction:
        return b"\x03" + zigzag(value.numerator) + uvarint(value.denominator)
    if kind is str:
        return b"\x04" + text(value)
    if kind is datetime.date:
        return b"\x05" + zigzag(days_since_epoch(value))
    if kind is Month:
        return b"\x06" + uvarint(int(value))
    if kind is Area:
        return b"\x07" + uvarint(int(value))
    if kind is Missing:
        return b"\x08" + _missing(value)
    if kind is RuleError:
        return b"\x09" + bytes((ERRORS[value.code],))
    raise TypeError("no value of the semantics")


def _missing(missing):
    out = [uvarint(len(missing.facts))]
    out += [uvarint(position) + uvarint(instance) for position, instance in sorted(missing.facts)]
    out.append(uvarint(len(missing.rules)))
    for kind, name, area, day in sorted(missing.rules, key=rule_order):
        out.append(bytes((kind,)) + text(name) + uvarint(area) + zigzag(days_since_epoch(day)))
    return b"".join(out)


def _branches(branches):
    return uvarint(len(branches)) + b"".join(map(uvarint, branches))


def _pairs(pairs):
    return uvarint(len(pairs)) + b"".join(uvarint(a) + uvarint(b) for a, b in sorted(pairs))


def to_bytes(evaluation):
    """The trace of everything that an evaluation demanded."""
    out = [HEADER, uvarint(len(evaluation.records))]
    for (number, instance), (version, value, branches) in sorted(
        evaluation.records.items(), key=lambda record: record[0]
    ):
        out.append(uvarint(number) + uvarint(instance) + uvarint(version) + value_bytes(value) + _branches(branches))
    out.append(uvarint(len(evaluation.steps)))
    for (section, number, row, version, part), instance, value, branches in evaluation.steps:
        out.append(bytes((section,)) + uvarint(number) + uvarint(row) + uvarint(version) + bytes((part,)))
        out.append(uvarint(instance) + value_bytes(value) + _branches(branches))
    out.append(_pairs(evaluation.rows_read))
    out.append(_pairs(evaluation.choices_read))
    return b"".join(out)


def digest(evaluation):
    """SHA-256 of the trace, in hex."""
    return hashlib.sha256(to_bytes(evaluation)).hexdigest()
