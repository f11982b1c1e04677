"""Findings, and the rules that they are held to (src/log/FORMAT.md section 19)."""

import re

from . import canonical
from .manifest import is_count

PAYMENT = {"overpaid", "underpaid", "ineligible_paid"}
AMOUNT = PAYMENT | {"eligible_refused"}
ERRORS = AMOUNT | {"procedure", "evidence_insufficient"}
OUTCOMES = ERRORS | {"correct", "not_reviewable"}
CAUSES = {"agency", "client", "data", "rule", "system"}
STEPS = {"clock", "notice", "publicity", "hearing", "other"}
ANSWERS = {"agrees", "disputes", "silent"}
MEMBERS = {"v", "determination", "of", "period", "items", "paid_fen", "reviewers", "summary", "rectification", "auditee",
           "correction", "sign_off", "amends", "caller"}
FINDING_SIZE_MAX_BYTES = 64 * 1024
"""Three texts of 2,000 bytes, sixteen items, three officers with their units, all of it escaped."""
_NAME = re.compile(r"areas/[0-9]{6}/cases/[0-9a-f-]{32,36}/(determinations|findings)/[0-9a-f]{32}\Z")
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_PERIOD = re.compile(r"[A-Za-z0-9-]{1,32}\Z")


class NoFinding(ValueError):
    """A document that is no finding, or breaks the rules of findings."""


def _need(good, text):
    if not good:
        raise NoFinding(text)


def _optional(record, name, fits):
    return name not in record or fits(record[name])


def _has_only(record, *names):
    return set(record) <= set(names)


def _is_text(value):
    return type(value) is str


def _one_of(codes):
    return lambda value: type(value) is str and value in codes


def _is_officer(value):
    return (
        type(value) is dict
        and _has_only(value, "id", "role", "unit", "delegation")
        and all(type(value.get(name)) is str for name in ("id", "role", "unit"))
        and _optional(value, "delegation", _is_text)
    )


def _is_item(item):
    return (
        type(item) is dict
        and _has_only(item, "outcome", "cause", "step", "amount_fen")
        and _one_of(OUTCOMES)(item.get("outcome"))
        and _optional(item, "cause", _one_of(CAUSES))
        and _optional(item, "step", _one_of(STEPS))
        and _optional(item, "amount_fen", lambda fen: is_count(fen, 2**53))
    )


def _is_reviewer(value):
    return (
        type(value) is dict
        and _has_only(value, "officer", "township")
        and _is_officer(value.get("officer"))
        and _optional(value, "township", _is_text)
    )


def _is_name(kind):
    return lambda value: type(value) is str and bool(_NAME.match(value)) and "/%s/" % kind in value


def _is_dated(value, *others):
    return type(value) is dict and _has_only(value, "on", *others) and type(value.get("on")) is str and bool(_DATE.match(value["on"]))


def read_finding(data, index, origin):
    """A finding of the entry at an index, or NoFinding."""
    _need(len(data) <= FINDING_SIZE_MAX_BYTES, "is larger than a finding can be")
    try:
        finding = canonical.parse_canonical(data)
    except ValueError as wrong:
        raise NoFinding(str(wrong)) from None
    _need(type(finding) is dict and canonical.same(finding.get("v"), 1), "is of another version")
    _need(set(finding) <= MEMBERS, "has a member that no finding has")
    _need(type(finding.get("caller")) is str, "`caller` is absent or malformed")
    _need(_is_name("determinations")(finding.get("determination")), "`determination` is absent or malformed")
    _need(_optional(finding, "period", lambda name: _is_text(name) and bool(_PERIOD.match(name))), "`period` is malformed")
    items, reviewers = finding.get("items"), finding.get("reviewers")
    _need(type(items) is list and all(map(_is_item, items)), "`items` is absent or malformed")
    _need(type(reviewers) is list and len(reviewers) == 2 and all(map(_is_reviewer, reviewers)),
          "`reviewers` is absent or malformed")
    for name in ("summary", "rectification"):
        _need(_optional(finding, name, _is_text), "`%s` is malformed" % name)
    _need(_optional(finding, "auditee", lambda said: _is_dated(said, "answer", "text") and _one_of(ANSWERS)(said.get("answer"))
                    and _optional(said, "text", _is_text)), "`auditee` is malformed")
    _need(_optional(finding, "correction", _is_name("determinations")), "`correction` is malformed")
    _need(_optional(finding, "sign_off", lambda end: _is_dated(end, "officer") and _is_officer(end.get("officer"))),
          "`sign_off` is malformed")
    _need(_optional(finding, "amends", _is_name("findings")), "`amends` is malformed")
    _need(is_count(finding.get("paid_fen"), 2**53), "`paid_fen` is absent or malformed")
    of = finding.get("of")
    _need(type(of) is dict and set(of) == {"index", "leaf_hash", "origin"} and is_count(of.get("index")) and type(of.get("origin")) is str
          and type(of.get("leaf_hash")) is str and bool(_HEX.match(of["leaf_hash"])), "`of` is absent or malformed")
    _need(items, "has no item")
    for item in items:
        outcome = item["outcome"]
        _need(("cause" in item) == (outcome in ERRORS), "has an error without a cause, or a cause without an error")
        _need(("step" in item) == (outcome == "procedure"), "has a procedure error without its step, or a step without one")
        _need(("amount_fen" in item) == (outcome in AMOUNT) and item.get("amount_fen") != 0,
              "has an error of an amount without it, or an amount without one")
    _need(reviewers[0]["officer"]["id"] != reviewers[1]["officer"]["id"], "has one reviewer: two people review")
    _need(of["origin"] != origin or of["index"] < index, "stands before the entry that it is on")
    return finding


def beside(finding, leaf, is_decision, frame):
    """What of a finding cannot be so, beside the entry that it is on; None if nothing."""
    if finding["of"]["leaf_hash"] != leaf.hex():
        return "names another leaf hash than that of the entry that it is on"
    if not is_decision:
        return "is on an entry that is no decision"
    if frame is None:
        return None
    people = [reviewer["officer"]["id"] for reviewer in finding["reviewers"]]
    if "sign_off" in finding:
        people.append(finding["sign_off"]["officer"]["id"])
    if frame["decider"] and frame["decider"] in people:
        return "is by the one who decided: nobody reviews a decision of their own"
    if any(reviewer.get("township") == frame["township"] for reviewer in finding["reviewers"]):
        return "has a reviewer of the township that it is on"
    if finding["paid_fen"] != max(frame["amount_fen"], 0):
        return "says another paid_fen than the decision's frame"
    return None
