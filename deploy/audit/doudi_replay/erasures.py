"""What the public halves of ERASURE entries account for (src/log/FORMAT.md section 16)."""

from bisect import bisect_left


class Erasures:
    """The ERASURE entries of a log that are of whole cases, in its order."""

    def __init__(self):
        self.erased = []
        self._restricted = None
        self._standing = 0

    def add(self, index, document):
        """Takes the document `erasure` of the next ERASURE entry. Whether it is one."""
        if type(document) is not dict or document.get("scope") not in ("case", "identity"):
            return False
        act, whole = document.get("act"), document["scope"] == "case"
        if act not in ("erase", "restrict", "lift"):
            return False
        if whole and act == "erase":
            self.erased.append(index)
        elif whole and act == "restrict":
            self._restricted = index
            self._standing += 1
        elif whole:
            self._standing = max(self._standing - 1, 0)
        return True

    def may_erase(self, record, size=None):
        """Whether some case was erased as a whole after a record, within the first `size` entries."""
        count = len(self.erased) if size is None else bisect_left(self.erased, size)
        return count > 0 and self.erased[count - 1] > record

    def between(self, after, before):
        """How many whole cases were erased after one entry and before another."""
        return sum(after < index < before for index in self.erased)

    def may_restrict(self, record):
        """Whether some case was restricted as a whole after a record, and some restriction stands."""
        return self._standing > 0 and self._restricted > record
