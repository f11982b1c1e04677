"""Reads a stream of exported records, JSON lines (README.md in deploy/audit tells the members of a line)."""

import base64
import json

from . import canonical
from .compare import Laws, replay


def _bytes(value):
    """Exact bytes in base64, or a JSON value that stands for its canonical bytes."""
    if type(value) is str:
        return base64.b64decode(value, validate=True)
    return canonical.to_bytes(value)


def replay_lines(lines):
    """Yields (name of the record, Difference or None) for each line that holds a record."""
    laws, law = Laws(), None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        item = canonical.parse(line)
        for document in item.get("documents", ()):
            laws.add_document(document)
        if "manifest" in item:
            law = laws.add_manifest(item["manifest"])
        if "facts" in item:
            determination = _bytes(item["determination"]) if "refused" not in item else None
            difference = replay(laws, item.get("law", law), _bytes(item["facts"]), determination, item.get("refused"))
            yield item.get("name", "line %d" % number), difference


def report(differences):
    """A difference as a line of JSON."""
    name, difference = differences
    out = {"record": name, "equal": difference is None}
    if difference is not None:
        out.update(
            cause=difference.cause,
            path=difference.path,
            recorded=difference.recorded,
            replayed=difference.replayed,
        )
    return json.dumps(out, ensure_ascii=False)
