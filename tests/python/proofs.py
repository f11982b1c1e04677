"""RFC 9162 proofs and C2SP receipts, checked with Python's standard library alone.

The signature of a checkpoint is Ed25519, which the standard library does not have: `doudi verify-receipt` checks it.
"""

import base64
import hashlib
from dataclasses import dataclass


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_from_inclusion(index, size, leaf, hashes):
    """RFC 9162, 2.1.3.2: the root that the proof leads to. Raises ValueError if the proof has the wrong shape."""
    if index >= size:
        raise ValueError("index outside the tree")
    fn, sn, root = index, size - 1, leaf
    for sibling in hashes:
        if sn == 0:
            raise ValueError("proof too long")
        if fn & 1 or fn == sn:
            root = node_hash(sibling, root)
            if not fn & 1:
                while fn and not fn & 1:
                    fn >>= 1
                    sn >>= 1
        else:
            root = node_hash(root, sibling)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise ValueError("proof too short")
    return root


def consistent(first_size, second_size, first_root, second_root, hashes):
    """RFC 9162, 2.1.4.2: whether the later tree only added to the earlier one."""
    if first_size == second_size:
        return not hashes and first_root == second_root
    if not 0 < first_size < second_size or not hashes:
        return False
    path = list(hashes)
    if first_size & (first_size - 1) == 0:
        path.insert(0, first_root)
    fn, sn = first_size - 1, second_size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            if not fn & 1:
                while fn and not fn & 1:
                    fn >>= 1
                    sn >>= 1
        else:
            sr = node_hash(sr, c)
        fn >>= 1
        sn >>= 1
    return fr == first_root and sr == second_root and sn == 0


def commitment(name, salt, content):
    """Commitment of a document, as in src/log/FORMAT.md."""
    name = name.encode()
    return hashlib.sha256(b"doudi/commit/v1\x00" + bytes([len(name)]) + name + salt + content).hexdigest()


@dataclass
class Receipt:
    """A c2sp.org/tlog-proof file, taken apart."""

    index: int
    hashes: list
    origin: str
    size: int
    root: bytes
    checkpoint: str


def read_receipt(text):
    head, checkpoint = text.split("\n\n", 1)
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        raise ValueError("not a tlog-proof")
    origin, size, root = checkpoint.split("\n")[:3]
    hashes = [base64.b64decode(line, validate=True) for line in lines[2:]]
    return Receipt(int(lines[1][6:]), hashes, origin, int(size), base64.b64decode(root, validate=True), checkpoint)


def check_acknowledgement(ack):
    """Raises AssertionError unless entry, documents, index and receipt belong together. Gives the receipt back."""
    import json

    receipt = read_receipt(ack.receipt)
    assert receipt.index == ack.index, "the receipt is of another index"
    assert receipt.origin == ack.origin, "the receipt is of another log"
    root = root_from_inclusion(receipt.index, receipt.size, leaf_hash(ack.entry), receipt.hashes)
    assert root == receipt.root, "the receipt does not prove this entry"
    entry = json.loads(ack.entry)
    assert entry["origin"] == ack.origin, "the entry is of another log"
    committed = {document["name"]: document["commitment"] for document in entry["documents"]}
    for document in ack.documents:
        assert committed[document.name] == commitment(document.name, document.salt, document.content), document.name
    return receipt
