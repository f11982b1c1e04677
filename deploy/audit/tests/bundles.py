"""Bundles of a few entries for the tests, without a signature: `Bundle` believes the checkpoint where no key is given."""

import base64
import hashlib
import struct

from doudi_replay import canonical, tar
from doudi_replay.manifest import SPECIFICATIONS, paths_of
from doudi_replay.record import commitment
from doudi_replay.tree import Tree

ORIGIN = "doudi.example/340321/1"


class Log:
    """Entries of at most one tile, with their documents."""

    def __init__(self):
        self.entries, self.documents = [], {}
        public = b"\x01" + bytes(32)
        key_id = hashlib.sha256(ORIGIN.encode("ascii") + b"\n" + public).digest()[:4].hex()
        key = "%s+%s+%s" % (ORIGIN, key_id, base64.b64encode(public).decode("ascii"))
        self.add("EPOCH", epoch={"keys": [key], "origin": ORIGIN})

    def add(self, kind, hidden=(), law=None, logged=0, **documents):
        """Adds an entry; its documents are opened but for the hidden ones. Its index."""
        index, committed = len(self.entries), []
        for number, (name, value) in enumerate(documents.items()):
            content = value if type(value) is bytes else canonical.to_bytes(value)
            salt = hashlib.sha256(b"%d-%d" % (index, number)).digest()
            committed.append({"name": name, "commitment": commitment(name, salt, content)})
            if name not in hidden:
                self.documents[index, number] = salt, content
        entry = {"v": 1, "kind": kind, "origin": ORIGIN, "logged": logged, "engine": "doudi/0.1.0", "documents": committed}
        if law is not None:
            entry.update(law=law, semantics="doudi-rules/1")
        self.entries.append(canonical.to_bytes(entry))
        return index

    def write(self, path, **changes):
        """Writes the bundle; `changes` are members of its manifest."""
        tree = Tree()
        for entry in self.entries:
            tree.append(hashlib.sha256(b"\x00" + entry).digest())
        size, root = len(self.entries), tree.root()
        note = "%s\n%d\n%s\n\n" % (ORIGIN, size, base64.b64encode(root).decode("ascii"))
        files = [("checkpoint", note.encode("utf-8"))]
        contents = {
            "tile/entries": b"".join(len(entry).to_bytes(2, "big") + entry for entry in self.entries),
            "tile/0": b"".join(tree.levels[0]),
            "documents": b"".join(
                struct.pack(">BBI32s", at, number, len(content), salt) + content
                for (at, number), (salt, content) in sorted(self.documents.items())
            ),
        }
        files += [(name, contents[name.rpartition("/")[0].rpartition("/")[0] if ".p/" in name else name])
                  for name, _ in paths_of(size)]
        manifest = {
            "format": "doudi-bundle/1", "specifications": SPECIFICATIONS, "engine": "doudi/0.1.0",
            "checkpoint": {"origin": ORIGIN, "root": root.hex(), "size": size}, "opened": "none", "identity": False,
            "openings": [], "samples": [], "unopened": [],
            "files": [{"path": name, "size": len(data)} for name, data in files],
        }
        manifest.update(changes)
        with open(path, "wb") as file:
            for name, data in [("manifest.json", canonical.to_bytes(manifest))] + files:
                file.write(tar.header(name, len(data)) + data + bytes(-len(data) % 512))
            file.write(bytes(1024))
