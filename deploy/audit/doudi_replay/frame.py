"""The frame of a decision, out of its facts and its determination (src/log/FORMAT.md section 18)."""

from . import canonical
from .entitlements import PROGRAMMES

TEXTS = ("township", "programme", "outcome", "residence_kind", "source", "decider")


def is_frame(frame):
    """Whether a document is a frame that can be drawn by."""
    return (
        type(frame) is dict
        and all(type(frame.get(name)) is str for name in TEXTS)
        and type(frame.get("continuing")) is bool
        and type(frame.get("amount_fen")) is int
    )


def _within(document, *path):
    """A text at a path; None where there is none."""
    for key in path:
        document = document.get(key) if type(document) is dict else None
    return document if type(document) is str else None


def frame_of(facts, determination):
    """The frame that facts and determination make."""
    household = determination["household"]
    outcome = household["outcome"]
    township = _within(facts, "township")
    return {
        "amount_fen": household.get("amount_fen", 0),
        "continuing": _within(facts, "history", "status") not in (None, "none"),
        "decider": _within(facts, "decided_by", "id") or "",
        "household_size": len(determination["persons"]),
        "outcome": outcome,
        "programme": outcome if outcome in PROGRAMMES else "",
        "residence_kind": _within(facts, "case", "residence_kind") or "",
        "source": "live",
        "township": (_within(facts, "case", "area") or "") if township is None else township,
    }


def difference(facts, determination, frame):
    """None if a frame is the one that facts and determination make, or these cannot be read; else the first member."""
    try:
        made = frame_of(canonical.parse_canonical(facts), canonical.parse_canonical(determination))
    except (ValueError, KeyError, TypeError):
        return None
    if canonical.to_bytes(made) == frame:
        return None
    try:
        recorded = canonical.parse_canonical(frame)
    except ValueError:
        return "document"
    if type(recorded) is not dict:
        return "document"
    # As bytes, because Python takes `true` for 1.
    return min(key for key in set(made) | set(recorded) if not canonical.same(made.get(key), recorded.get(key)))
