"""Replays what files hold: acknowledgements as clients keep them, or exported records (deploy/audit/README.md)."""

import base64
import json

from . import canonical
from .compare import FACTS, POLICY, Difference, Laws, replay
from .law import SEMANTICS
from .note import Refused
from .published import Published
from .record import Acknowledgement

VERIFIED, REPLAYED, DIFFERENT, REFUSED = "verified", "replayed", "different", "refused"
LOG = "log"


class Result:
    """What became of one record: `verified` (nothing to replay), `replayed`, `different` or `refused`."""

    def __init__(self, name, status, difference=None):
        self.name = name
        self.status = status
        self.difference = difference

    def is_good(self):
        """Whether nothing speaks against the record."""
        return self.status in (VERIFIED, REPLAYED)

    def to_json(self):
        """One line of JSON."""
        out = {"record": self.name, "status": self.status}
        if self.difference is not None:
            out.update(vars(self.difference))
        return json.dumps(out, ensure_ascii=False)


def items(text):
    """The JSON values of a file: one value, or one a line."""
    try:
        yield json.loads(text)
    except ValueError:
        for line in text.splitlines():
            if line.strip():
                yield json.loads(line)


class Records:
    """Feeds on items; policies come before the decisions that they rule."""

    def __init__(self, key=None):
        self.key = key
        self.laws = Laws()
        self.published = Published(self.laws)
        self._law = None
        self._count = 0

    def feed(self, item):
        """The results of one item: none for documents of law in an export, one for a record."""
        self._count += 1
        file = item.get("acknowledgement", item)
        if "entry" in file:
            yield self._acknowledgement(item, file)
        else:
            yield from self._export(item)

    def _export(self, item):
        for document in item.get("documents", ()):
            self.laws.add_document(document)
        if "manifest" in item:
            self._law = self.laws.add_manifest(item["manifest"])
        if "facts" in item:
            name = item.get("name", "item %d" % self._count)
            determination = _bytes(item["determination"]) if "refused" not in item else None
            law = item.get("law", self._law)
            yield _result(name, replay(self.laws, law, _bytes(item["facts"]), determination, item.get("refused")))

    def _acknowledgement(self, item, file):
        name = "%s entry %s" % (file.get("origin", "item %d" % self._count), file.get("index", 0))
        try:
            acknowledgement = Acknowledgement(item)
            entry = acknowledgement.verify(self.key)
        except Refused as refused:
            return Result(name, REFUSED, Difference(LOG, refused.reason, "acknowledged", str(refused)))
        index = acknowledgement.receipt.index
        name = "%s entry %d" % (entry.origin, index)
        if entry.kind == "POLICY" and acknowledgement.content("policy") is not None:
            self.published.add(entry.origin, index, canonical.parse_canonical(acknowledgement.content("policy")))
        facts, determination = acknowledgement.content("facts"), acknowledgement.content("determination")
        if entry.law is None or facts is None or determination is None:
            return Result(name, VERIFIED)
        return _result(name, decided(self.published, self.laws, entry, index, facts, determination))


def decided(published, laws, entry, index, facts, determination):
    """None if a decision follows again from its facts and the law then published; else the first Difference."""
    if entry.semantics != SEMANTICS:
        return Difference(POLICY, "semantics", str(entry.semantics), SEMANTICS)
    try:
        known_at = canonical.parse_canonical(facts)["known_at"]
        origin, size = known_at["origin"], known_at["size"]
    except (ValueError, KeyError, TypeError):
        return Difference(FACTS, "known_at", "accepted", "the facts do not say which entries of law were known")
    if type(size) is not int or size < 0:
        return Difference(FACTS, "known_at", "accepted", "the facts do not say which entries of law were known")
    if origin != entry.origin or size > index:
        return Difference(POLICY, "known_at", "%s below %s" % (origin, size), "the log's own entries before it")
    try:
        manifest = published.manifest(origin, size, origin.split("/")[-2])
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        return Difference(POLICY, "law", entry.law, "no law: %s" % wrong)
    if manifest is None or laws.add_manifest(manifest) != entry.law:
        found = "no manifest" if manifest is None else canonical.digest(manifest)
        return Difference(POLICY, "law", entry.law, "%s from the POLICY entries given" % found)
    try:
        return replay(laws, entry.law, facts, determination)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as wrong:
        return Difference(FACTS, "facts", "accepted", "cannot be decided by: %s" % type(wrong).__name__)


def _result(name, difference):
    return Result(name, REPLAYED if difference is None else DIFFERENT, difference)


def _bytes(value):
    """Exact bytes in base64, or a JSON value that stands for its canonical bytes."""
    if type(value) is str:
        return base64.b64decode(value, validate=True)
    return canonical.to_bytes(value)
