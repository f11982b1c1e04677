"""Hashes and proofs of the Merkle tree (src/log/FORMAT.md section 2; RFC 9162 sections 2.1.3.2 and 2.1.4.2)."""

import hashlib


def leaf_hash(entry):
    """SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


def included(leaf, index, size, proof, root):
    """Whether the leaf stands at the index of the tree with this size and root."""
    if index >= size:
        return False
    number, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            result = node_hash(sibling, result)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and result == root


def consistent(older_size, newer_size, older_root, newer_root, proof):
    """Whether the newer tree only added to the older one."""
    if older_size == newer_size:
        return not proof and older_root == newer_root
    if older_size == 0:
        return not proof and older_root == EMPTY_ROOT
    if older_size > newer_size or not proof:
        return False
    path = list(proof)
    if older_size & (older_size - 1) == 0:
        path.insert(0, older_root)
    number, last = older_size - 1, newer_size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and older == older_root and newer == newer_root
