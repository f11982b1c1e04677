"""The law that a log had published before a decision (src/log/FORMAT.md section 8)."""

from . import canonical
from .law import SEMANTICS
from .values import chain, read_area


LAW_LAG_SECONDS_MAX = 10 * 60
"""Time after which a decision must know what was published: no call lasts so long."""


class Published:
    """Documents of POLICY entries, by the log they stand in."""

    def __init__(self, laws):
        self.laws = laws
        self._entries, self._logged = {}, {}

    def add(self, origin, index, document, logged=0):
        """Takes the document of one POLICY entry, with the time at which it was logged."""
        self.laws.add_document(document)
        self._entries.setdefault(origin, {})[index] = document
        self._logged[origin, index] = logged

    def was_replaced(self, origin, size, index, logged):
        """Whether a document of the law had stood beyond the first `size` entries for longer than any decision takes."""
        above = chain(read_area(origin.split("/")[-2]))
        for at, document in sorted(self._entries.get(origin, {}).items()):
            if size <= at < index and ("vocabulary" in document or "calendar" in document or document["area"] in above):
                return logged - self._logged[origin, at] > LAW_LAG_SECONDS_MAX
        return False

    def manifest(self, origin, size, area):
        """The manifest of an area's law while its log had `size` entries; None if a part is not there.

        Of the documents with one id and area the newest counts.
        """
        newest = {}
        for index, document in sorted(self._entries.get(origin, {}).items()):
            if index < size:
                newest[document["area"], document["policy"]] = self._published(origin, index, document), document
        vocabulary = [entry for entry, document in newest.values() if "vocabulary" in document]
        calendar = [entry for entry, document in newest.values() if "calendar" in document]
        above = chain(read_area(area))
        layers = [
            (-above.index(of), policy.encode("utf-8"), entry)
            for (of, policy), (entry, document) in newest.items()
            if of in above and "vocabulary" not in document and "calendar" not in document
        ]
        if not vocabulary or not calendar:
            return None
        return {
            "area": area,
            "calendar": calendar[-1],
            "documents": [entry for _, _, entry in sorted(layers, key=lambda layer: layer[:2])],
            "semantics": SEMANTICS,
            "vocabulary": vocabulary[-1],
        }

    @staticmethod
    def _published(origin, index, document):
        return {"digest": canonical.digest(document), "published": {"index": index, "origin": origin}}
