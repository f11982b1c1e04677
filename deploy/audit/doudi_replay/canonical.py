"""Canonical JSON (RFC 8785) over strings, integers, booleans, arrays and objects: SEMANTICS.md section 1."""

import hashlib
import json

INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 127
"""Deepest nesting that is read."""


class NotCanonical(ValueError):
    """Bytes that are not the canonical form of a value."""


def _members(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotCanonical("a key stands twice in one object")
    return members


def _refuse(text):
    raise NotCanonical("null, fractions and exponents have no place in canonical JSON")


def _integer(text):
    value = int(text)
    if abs(value) > INTEGER_MAX or text == "-0":
        raise NotCanonical("an integer beyond 2^53-1 must be a decimal string")
    return value


def _no_null(value, depth=1):
    if value is None:
        _refuse("null")
    if depth > DEPTH_MAX and type(value) in (dict, list):
        raise NotCanonical("it nests deeper than %d" % DEPTH_MAX)
    for item in value.values() if type(value) is dict else value if type(value) is list else ():
        if item is None or type(item) in (dict, list):
            _no_null(item, depth + 1)


def parse(data):
    """Reads JSON of the subset; any spacing and key order is accepted."""
    text = data.decode("utf-8") if isinstance(data, bytes) else data
    try:
        value = json.loads(
            text, object_pairs_hook=_members, parse_float=_refuse, parse_int=_integer, parse_constant=_refuse
        )
    except RecursionError:
        raise NotCanonical("it nests deeper than %d" % DEPTH_MAX) from None
    _no_null(value)
    return value


def parse_canonical(data):
    """Reads canonical bytes and refuses another spelling of the same value."""
    value = parse(data)
    if to_bytes(value) != data:
        raise NotCanonical("JSON is not in canonical form (RFC 8785)")
    return value


def _ordered(value):
    if type(value) is dict:
        keys = value.keys()
        # The order is that of UTF-16 code units; it is the order of code points in ASCII.
        if all(key.isascii() for key in keys):
            keys = sorted(keys)
        else:
            keys = sorted(keys, key=lambda key: key.encode("utf-16-be"))
        return {key: _ordered(value[key]) for key in keys}
    if type(value) is list:
        return [_ordered(item) for item in value]
    return value


def to_bytes(value):
    """The canonical bytes of a value."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def same(one, other):
    """Whether two values are written alike. Python takes `true` for 1, and no other language does."""
    return to_bytes(one) == to_bytes(other)


def digest(value):
    """SHA-256 of the canonical bytes, in hex."""
    return hashlib.sha256(to_bytes(value)).hexdigest()


def integer(value):
    """An integer as it is written: a number up to 2^53-1 in size, beyond it a decimal string."""
    return value if abs(value) <= INTEGER_MAX else str(value)


def read_integer(value):
    """An integer as it was written; None if it is none, or another spelling of one."""
    if type(value) is int:
        return value
    if type(value) is str:
        digits = value[1:] if value.startswith("-") else value
        if digits.isascii() and digits.isdigit() and not digits.startswith("0"):
            number = int(value)
            if abs(number) > INTEGER_MAX:
                return number
    return None
