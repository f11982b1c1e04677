"""Replays one record and names the first difference, with its cause."""

from . import canonical
from .decide import Deciding
from .facts import FactsError
from .law import from_manifest
from .values import SealedError

FACTS, POLICY, ENGINE = "facts", "policy", "engine"


class Difference:
    """Where a replay differs, and whether the facts, the policy or the engine is the cause."""

    def __init__(self, cause, path, recorded, replayed):
        self.cause = cause
        self.path = path
        self.recorded = recorded
        self.replayed = replayed

    def __str__(self):
        return "%s at %s: recorded %s, replayed %s" % (self.cause, self.path, self.recorded, self.replayed)


class Laws:
    """Sealed documents by digest, and the laws resolved from them."""

    def __init__(self):
        self.documents = {}
        self.manifests = {}
        self._laws = {}

    def add_document(self, document):
        """Holds a sealed document under its digest."""
        self.documents[canonical.digest(document)] = document

    def add_manifest(self, manifest):
        """Holds a manifest under its digest, which entries call `law`."""
        law = canonical.digest(manifest)
        self.manifests[law] = manifest
        return law

    def law(self, digest):
        """The law of a manifest, resolved once."""
        if digest not in self._laws:
            if digest not in self.manifests:
                raise SealedError("the manifest of law %s is not in the record" % digest)
            self._laws[digest] = from_manifest(self.manifests[digest], self.documents)
        return self._laws[digest]


def replay(laws, law, facts, determination, refused=None):
    """None if the determination follows from the law and the facts, byte for byte; else the first Difference.

    `refused` is for a call that a guard refused, which has no determination: a list of [reason, cite].
    """
    try:
        resolved = laws.law(law)
    except (SealedError, KeyError, TypeError) as wrong:
        return Difference(POLICY, "law", law, "no law: %s" % wrong)
    try:
        deciding = Deciding(resolved, canonical.parse_canonical(facts))
    except (FactsError, SealedError, ValueError) as wrong:
        return Difference(FACTS, "facts", "accepted", "refused: %s" % wrong)
    replayed = deciding.run()
    refusals = [list(refusal) for refusal in deciding.refusals]
    if refusals or refused is not None:
        return None if refusals == refused else first_difference(refused or "nothing", refusals or "nothing", "refused")
    if canonical.to_bytes(replayed) == determination:
        return None
    try:
        recorded = canonical.parse_canonical(determination)
    except ValueError as wrong:
        return Difference(ENGINE, "determination", str(wrong), "canonical JSON")
    return first_difference(recorded, replayed)


def first_difference(recorded, replayed, path=""):
    """The first place, in the order of canonical JSON, where two values differ."""
    if type(recorded) is dict and type(replayed) is dict:
        for key in sorted(set(recorded) | set(replayed)):
            if not canonical.same(recorded.get(key), replayed.get(key)) or (key in recorded) != (key in replayed):
                inner = "%s.%s" % (path, key) if path else key
                return first_difference(recorded.get(key, "nothing"), replayed.get(key, "nothing"), inner)
    if type(recorded) is list and type(replayed) is list:
        for at in range(max(len(recorded), len(replayed))):
            left = recorded[at] if at < len(recorded) else "nothing"
            right = replayed[at] if at < len(replayed) else "nothing"
            if not canonical.same(left, right):
                return first_difference(left, right, "%s[%d]" % (path, at))
    return Difference(ENGINE, path, _shown(recorded), _shown(replayed))


def _shown(value):
    return value if value == "nothing" else canonical.to_bytes(value).decode("utf-8")
