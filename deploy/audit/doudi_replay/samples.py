"""The forms of the public documents of samples (src/log/FORMAT.md section 18): what has none is passed over."""

import re

from . import canonical
from .manifest import POSITION_MAX

METHOD = "commit-reveal/1"
FIELDS = {"continuing", "decider", "outcome", "programme", "residence_kind", "source", "township"}
COUNT_MAX = 2**64 - 1
_PERIOD = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
_PARTY = re.compile(r"[a-z0-9._-]{1,64}\Z")
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_VALUE = re.compile(r"[0-9a-fA-F]{64}\Z")
_AREA = re.compile(r"[1-9][0-9]{5}((?!000)[0-9]{3})?\Z")


class NoForm(ValueError):
    """A document that is none of a sample."""


def _text(document, name, fits):
    value = document.get(name)
    if type(value) is not str or not fits(value):
        raise NoForm(name)
    return value


def _count(document, name, most=COUNT_MAX):
    # `canonical.read_integer` refuses what is no integer, and `true`, which Python takes for 1.
    value = canonical.read_integer(document.get(name))
    if value is None or not 0 <= value <= most:
        raise NoForm(name)
    return value


def _each(document, name):
    value = document.get(name)
    if type(value) is not list:
        raise NoForm(name)
    return value


def _one_of(*words):
    return lambda value: value in words


def _prior(item):
    if type(item) is not dict:
        raise NoForm("prior")
    return {
        "key": _text(item, "key", lambda key: True),
        "errors": _count(item, "errors"),
        "reviewed": _count(item, "reviewed"),
    }


def _request(document):
    checkpoint = document.get("checkpoint")
    strata, townships = _each(document, "strata"), _each(document, "townships")
    good = all(type(field) is str and field in FIELDS for field in strata)
    if type(checkpoint) is not dict or not good or not all(type(area) is str and _AREA.match(area) for area in townships):
        raise NoForm("request")
    return {
        "checkpoint": {
            "root": _text(checkpoint, "root", _HASH.match),
            "size": _count(checkpoint, "size", POSITION_MAX),
        },
        "from": _count(document, "from", POSITION_MAX - 1),
        "to": _count(document, "to", POSITION_MAX),
        "population": _text(document, "population", _one_of("decisions", "paid", "negative")),
        "draw": _text(document, "draw", _one_of("simple", "stratified", "size_proportional")),
        "strata": strata,
        "allocation": _text(document, "allocation", _one_of("proportional", "neyman")),
        "prior": [_prior(item) for item in (_each(document, "prior") if "prior" in document else [])],
        "townships": townships,
        **{name: _count(document, name) for name in ("floor", "size", "reserve", "values")},
    }


def _commit(document):
    return {
        "role": _text(document, "role", _one_of("auditor", "operator", "third")),
        "commitment": _text(document, "commitment", _HASH.match),
    }


def _reveal(document):
    if "value" in document:
        return {"value": _text(document, "value", _VALUE.match)}
    return {
        "missing": _text(document, "missing", _one_of("refused", "silent")),
        "by": _text(document, "by", _PARTY.match),
    }


def _result(document):
    return {
        "request": _count(document, "request", POSITION_MAX - 1),
        "seed": _text(document, "seed", _HASH.match),
        **{name: _count(document, name) for name in ("population", "drawn", "unopened")},
    }


FORMS = {"SAMPLE_COMMIT": _commit, "SAMPLE_REQUEST": _request, "SAMPLE_REVEAL": _reveal, "SAMPLE_RESULT": _result}


def read_document(kind, document):
    """The members of a sample's document, every number as one; None for what is none of this method."""
    if type(document) is not dict or document.get("method") != METHOD:
        return None
    try:
        members = FORMS[kind](document)
        members["period"] = _text(document, "period", _PERIOD.match)
        if kind != "SAMPLE_RESULT":
            members["party"] = _text(document, "party", _PARTY.match)
    except NoForm:
        return None
    return members
