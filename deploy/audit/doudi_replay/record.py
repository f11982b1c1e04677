"""Entries, commitments and acknowledgement files (src/log/FORMAT.md sections 4, 5 and 9)."""

import base64
import hashlib
import re

from . import canonical, proofs
from .note import Checkpoint, Receipt, Refused, verify_note

ENTRY_SIZE_MAX_BYTES = 65_535
LOGGED_MAX_SECONDS = 253_402_300_799
DOCUMENTS_MAX = 16
DECIDED_BY_LAW = frozenset(["DETERMINATION", "CORRECTION", "RELIEF"])
MEMBERS = {"v", "kind", "origin", "logged", "engine", "documents"}
WITH_LAW = MEMBERS | {"law", "semantics"}
_NAME = re.compile(r"[a-z][a-z_]{0,31}\Z")
_KIND = re.compile(r"[A-Z][A-Z_]{0,31}\Z")
_LABEL = re.compile(r"[!-~]{1,64}\Z")
_HEX = re.compile(r"[0-9a-f]{64}\Z")


def commitment(name, salt, document):
    """The commitment to a document, in hex."""
    name = name.encode("ascii")
    return hashlib.sha256(b"doudi/commit/v1\x00" + bytes((len(name),)) + name + salt + document).hexdigest()


class Entry:
    """The bytes of a leaf."""

    def __init__(self, data):
        try:
            members = canonical.parse_canonical(data)
            if len(data) > ENTRY_SIZE_MAX_BYTES or not canonical.same(members["v"], 1):
                raise ValueError("its size or version is unknown")
            self.kind, self.origin, self.logged = members["kind"], members["origin"], members["logged"]
            self.engine = members["engine"]
            self.law, self.semantics = members.get("law"), members.get("semantics")
            self.commitments = {item["name"]: item["commitment"] for item in members["documents"]}
            self._check(members)
        except (ValueError, KeyError, TypeError, RecursionError) as wrong:
            raise Refused("entry", "not an entry: %s" % wrong) from None

    def _check(self, members):
        has_law = self.law is not None
        documents = members["documents"]
        well_formed = (
            set(members) == (WITH_LAW if has_law else MEMBERS)
            and _KIND.match(self.kind)
            and type(self.logged) is int
            and 0 <= self.logged <= LOGGED_MAX_SECONDS
            and _LABEL.match(self.engine)
            and (not has_law or _HEX.match(self.law) and _LABEL.match(self.semantics))
            and (has_law or self.kind not in DECIDED_BY_LAW)
            and len(documents) <= DOCUMENTS_MAX
            and len(self.commitments) == len(documents)
            and all(set(item) == {"name", "commitment"} for item in documents)
            and all(_NAME.match(name) and _HEX.match(value) for name, value in self.commitments.items())
        )
        if not well_formed:
            raise ValueError("a member is absent, additional or malformed")


class Acknowledgement:
    """An acknowledgement file: the proto3 JSON form of doudi.v1.Acknowledgement, alone or in an answer."""

    def __init__(self, file):
        file = file.get("acknowledgement", file)
        try:
            self.file = file
            self.data = _bytes(file["entry"])
            self.documents = [
                (item["name"], _bytes(item.get("salt", "")), _bytes(item.get("content", "")))
                for item in file.get("documents", ())
            ]
            receipt = file["receipt"]
        except (KeyError, TypeError, ValueError, AttributeError) as wrong:
            raise Refused("malformed", "not an acknowledgement: %s" % wrong) from None
        self.receipt = Receipt(receipt)

    def verify(self, key=None):
        """Everything that can be verified; without the log's key the checkpoint is believed. Gives the entry."""
        text = verify_note(self.receipt.note, key) if key else self.receipt.note.rpartition("\n\n")[0] + "\n"
        checkpoint = Checkpoint(text)
        if key and key.name != checkpoint.origin:
            raise Refused("signature", "the key is that of another log")
        receipt = self.receipt
        leaf = proofs.leaf_hash(self.data)
        if not proofs.included(leaf, receipt.index, checkpoint.size, receipt.proof, checkpoint.root):
            raise Refused("not_included", "the entry is not in the tree of the checkpoint")
        entry = Entry(self.data)
        if entry.origin != checkpoint.origin or self.file.get("origin", entry.origin) != entry.origin:
            raise Refused("disagrees", "entry, file and checkpoint name different logs")
        if int(self.file.get("index", receipt.index)) != receipt.index:
            raise Refused("disagrees", "the file's index is not the receipt's")
        for name, salt, content in self.documents:
            if name not in entry.commitments or len(salt) != 32:
                raise Refused("document", "the entry does not commit to document %s" % name)
            if commitment(name, salt, content) != entry.commitments[name]:
                raise Refused("document", "document %s is not the one committed to" % name)
        return entry

    def content(self, name):
        """The bytes of a document, or None."""
        return next((content for held, _, content in self.documents if held == name), None)


def _bytes(text):
    """The base64 that protobuf libraries write and accept: standard or URL-safe, padded or not."""
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
