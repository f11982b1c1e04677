"""The proofs of this folder against the known answers of RFC 6962 and themselves."""

import hashlib
import unittest

from proofs import consistent, leaf_hash, node_hash, root_from_inclusion

ENTRIES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def tree(entries):
    """The recursive definition of RFC 6962, 2.1."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return leaf_hash(entries[0])
    k = 1 << (len(entries) - 1).bit_length() - 1
    return node_hash(tree(entries[:k]), tree(entries[k:]))


def inclusion(index, entries):
    if len(entries) == 1:
        return []
    k = 1 << (len(entries) - 1).bit_length() - 1
    if index < k:
        return inclusion(index, entries[:k]) + [tree(entries[k:])]
    return inclusion(index - k, entries[k:]) + [tree(entries[:k])]


class Proofs(unittest.TestCase):
    def test_the_known_roots_come_out(self):
        for size, root in ROOTS.items():
            self.assertEqual(tree(ENTRIES[:size]).hex(), root)

    def test_every_inclusion_proof_of_small_trees_leads_to_the_root(self):
        for size in range(1, 9):
            for index in range(size):
                proof = inclusion(index, ENTRIES[:size])
                root = root_from_inclusion(index, size, leaf_hash(ENTRIES[index]), proof)
                self.assertEqual(root, tree(ENTRIES[:size]))

    def test_a_proof_of_the_wrong_length_is_refused(self):
        proof = inclusion(2, ENTRIES)
        for broken in (proof[:-1], proof + [b"\0" * 32]):
            with self.assertRaises(ValueError):
                root_from_inclusion(2, 8, leaf_hash(ENTRIES[2]), broken)

    def test_a_tree_that_was_rewritten_is_not_consistent(self):
        first, second = tree(ENTRIES[:4]), tree(ENTRIES)
        proof = [tree(ENTRIES[4:])]
        self.assertTrue(consistent(4, 8, first, second, proof))
        self.assertFalse(consistent(4, 8, tree(ENTRIES[1:5]), second, proof))
        self.assertFalse(consistent(4, 8, first, second, []))


if __name__ == "__main__":
    unittest.main()
