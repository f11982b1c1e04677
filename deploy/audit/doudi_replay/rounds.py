"""Judges a round of commit-reveal/1: which entries count, and the seed (src/log/FORMAT.md section 18)."""

import hashlib

from .drawing import seed_of
from .samples import read_document

REVEAL_SECONDS = 72 * 60 * 60
REGISTERING, REVEALING, READY, DRAWN, VOID = "registering", "revealing", "ready", "drawn", "void"


def _consistent(request):
    """Whether a request does not contradict itself."""
    count, strata, draw = request["to"] - request["from"], request["strata"], request["draw"]
    stratified = draw == "stratified"
    townships = request["townships"]
    return (
        1 <= count <= 1_000_000
        and 1 <= request["size"] <= 10_000
        and 0 <= request["reserve"] <= 10_000
        and 2 <= request["values"] <= 16
        and strata == sorted(set(strata))
        and bool(strata) == stratified
        and (stratified or request["floor"] == 0 and not request["prior"] and request["allocation"] == "proportional")
        and bool(request["prior"]) == (request["allocation"] == "neyman")
        and len(request["prior"]) <= 500
        and all(item["errors"] <= item["reviewed"] <= 10**9 for item in request["prior"])
        and (not townships or 3 <= len(townships) <= 200 and len(set(townships)) == len(townships))
    )


class Round:
    """A period's round; `take` its log's sample entries in order: (index, logged, kind, document)."""

    def __init__(self, period):
        self.period = period
        self.commits = []
        self.request = self.request_index = None
        self.result = self.result_index = None
        self.called = []
        self.void = False
        self._waiting = []
        self._used = set()

    def take(self, index, logged, kind, document):
        """Takes an entry; one that does not count, or is malformed, changes nothing."""
        members = read_document(kind, document)
        if members is not None:
            self._take(index, logged, kind, members)

    def _take(self, index, logged, kind, document):
        own = document["period"] == self.period
        if kind == "SAMPLE_COMMIT":
            self._commit(index, document, own)
        elif own and kind == "SAMPLE_REQUEST":
            self._ask(index, logged, document)
        elif own and kind == "SAMPLE_REVEAL":
            self._reveal(logged, document)
        elif own and kind == "SAMPLE_RESULT" and self.result is None:
            seed = self.seed()
            if seed and document["seed"] == seed.hex() and document["request"] == self.request_index:
                self.result, self.result_index = document, index

    def _commit(self, index, document, own):
        new = document["commitment"] not in self._used
        # Every commitment uses its value up, in whichever period it stands.
        if own:
            registered = any(document["party"] == commit["party"] for _, commit in self.commits)
            if self.request is not None or registered or not new:
                return
            self.commits.append((index, document))
        self._used.add(document["commitment"])

    def _ask(self, index, logged, document):
        size = document["checkpoint"]["size"]
        in_time = [(at, commit) for at, commit in self.commits if at < size]
        is_auditor = any(c["party"] == document["party"] and c["role"] == "auditor" for _, c in self.commits)
        counts = (
            self.request is None
            and is_auditor
            and len(in_time) >= document["values"]
            and size <= index
            and document["to"] <= size
            and _consistent(document)
        )
        if counts:
            self.request, self.request_index = document, index
            self._waiting = in_time[document["values"] :]
            self.called = [_Called(at, commit, logged) for at, commit in in_time[: document["values"]]]

    def _reveal(self, logged, document):
        asked = [one for one in self.called if one.party == document["party"] and one.answer is None]
        if self.void or not asked:
            return
        one = asked[0]
        if "value" in document:
            value = bytes.fromhex(document["value"])
            if hashlib.sha256(value).hexdigest() == one.commitment and logged <= one.deadline:
                one.answer = value
            return
        refused = document["missing"] == "refused" and document["by"] == one.party
        silent = document["missing"] == "silent" and logged > one.deadline
        if not refused and not silent:
            return
        one.answer = b""
        if self._waiting:
            at, commit = self._waiting.pop(0)
            self.called.append(_Called(at, commit, logged))
        else:
            self.void = True

    def seed(self):
        """The seed; None if values are missing."""
        if self.request is None:
            return None
        revealed = sorted((one.index, one.answer) for one in self.called if one.answer)
        if self.void or len(revealed) != self.request["values"]:
            return None
        root = bytes.fromhex(self.request["checkpoint"]["root"])
        return seed_of(root, self.request, [value for _, value in revealed])

    def stage(self):
        """Where the round stands."""
        if self.result is not None:
            return DRAWN
        if self.void:
            return VOID
        if self.request is None:
            return REGISTERING
        return READY if self.seed() else REVEALING


class _Called:
    """A party that is called on; its answer is a value, or empty for none."""

    def __init__(self, index, commit, logged):
        self.index, self.party, self.commitment = index, commit["party"], commit["commitment"]
        self.deadline = logged + REVEAL_SECONDS
        self.answer = None
