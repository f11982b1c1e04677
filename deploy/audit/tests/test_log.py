"""The vectors of the log's formats, and proofs with known answers."""

import json
import pathlib
import unittest

from doudi_replay import canonical, proofs
from doudi_replay.note import Key, Refused, verify_note
from doudi_replay.published import Published
from doudi_replay.compare import Laws
from doudi_replay.record import Acknowledgement, Entry, commitment
from doudi_replay.sealing import open_sealed

VECTORS = pathlib.Path(__file__).resolve().parents[3] / "src" / "log" / "vectors"
LEAVES = [bytes.fromhex(text) for text in
          ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def vectors(name):
    return json.loads((VECTORS / (name + ".json")).read_text(encoding="utf-8"))


def root(leaves):
    """MTH as it is defined."""
    if not leaves:
        return proofs.EMPTY_ROOT
    if len(leaves) == 1:
        return proofs.leaf_hash(leaves[0])
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return proofs.node_hash(root(leaves[:k]), root(leaves[k:]))


def path(index, leaves):
    """PATH as it is defined, leaf-first."""
    if len(leaves) <= 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if index < k:
        return path(index, leaves[:k]) + [root(leaves[k:])]
    return path(index - k, leaves[k:]) + [root(leaves[:k])]


def subproof(size, leaves, whole):
    """SUBPROOF as it is defined."""
    if size == len(leaves):
        return [] if whole else [root(leaves)]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if size <= k:
        return subproof(size, leaves[:k], whole) + [root(leaves[k:])]
    return subproof(size - k, leaves[k:], False) + [root(leaves[:k])]


class Trees(unittest.TestCase):
    def test_roots_have_their_known_values(self):
        for size, known in ROOTS.items():
            self.assertEqual(root(LEAVES[:size]).hex(), known)

    def test_every_leaf_is_included_where_it_stands_and_nowhere_else(self):
        leaves = [bytes((number,)) for number in range(19)]
        for size in range(1, 20):
            head = root(leaves[:size])
            for index in range(size):
                proof = path(index, leaves[:size])
                for at in range(size):
                    leaf = proofs.leaf_hash(leaves[index])
                    self.assertEqual(proofs.included(leaf, at, size, proof, head), at == index)
                for spoiled in (proof[:-1], proof + [head]):
                    if spoiled != proof:
                        self.assertFalse(proofs.included(proofs.leaf_hash(leaves[index]), index, size, spoiled, head))

    def test_a_tree_continues_each_smaller_one_and_no_other(self):
        leaves = [bytes((number,)) for number in range(19)]
        other = proofs.leaf_hash(b"other")
        for size in range(20):
            for older in range(size + 1):
                proof = subproof(older, leaves[:size], True) if older else []
                heads = root(leaves[:older]), root(leaves[:size])
                self.assertTrue(proofs.consistent(older, size, heads[0], heads[1], proof))
                self.assertFalse(proofs.consistent(older, size, other, heads[1], proof))
                if older:
                    self.assertFalse(proofs.consistent(older, size, heads[0], other, proof))


class Formats(unittest.TestCase):
    def test_commitments_are_those_of_the_vectors(self):
        for vector in vectors("commitments"):
            salt, document = bytes.fromhex(vector["salt"]), bytes.fromhex(vector["document"])
            self.assertEqual(commitment(vector["name"], salt, document), vector["commitment"])

    def test_entries_are_read_or_refused_as_the_vectors_say(self):
        for vector in vectors("entries")["good"]:
            data = vector["entry"].encode("utf-8")
            Entry(data)
            self.assertEqual(proofs.leaf_hash(data).hex(), vector["leaf_hash"])
        for vector in vectors("entries")["bad"]:
            text = vector["entry"] if isinstance(vector, dict) else vector
            with self.subTest(entry=text[:80]), self.assertRaises(Refused):
                Entry(text.encode("utf-8"))

    def test_a_note_verifies_as_signed_note_says(self):
        key = Key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
        signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
        line = "\u2014 example.com/foo %s\n" % signature
        text = "This is an example message.\n"
        self.assertEqual(verify_note(text + "\n" + line, key), text)
        unknown = "\u2014 example.com/bar " + "A" * 92 + "\n"
        self.assertEqual(verify_note(text + "\n" + unknown + line, key), text)
        for spoiled in (text + "x\n" + line, text + "\n" + unknown, text + line, "That" + text[4:] + "\n" + line):
            with self.assertRaises(Refused):
                verify_note(spoiled, key)

    def test_acknowledgements_verify_or_are_refused_for_their_reason(self):
        file = vectors("acknowledgements")
        key = Key(file["vkey"])
        self.assertEqual(Acknowledgement(file["good"]).verify(key).kind, "DETERMINATION")
        self.assertEqual(Acknowledgement({"acknowledgement": file["good"]}).verify(key).kind, "DETERMINATION")
        for vector in file["bad"]:
            with self.subTest(why=vector["why"]), self.assertRaises(Refused) as refused:
                Acknowledgement(vector["acknowledgement"]).verify(key)
            self.assertEqual(refused.exception.reason, vector["reason"])

    def test_sealed_documents_open_to_what_the_vectors_say(self):
        for vector in vectors("sealing"):
            salt, document = open_sealed(bytes.fromhex(vector["key"]), bytes.fromhex(vector["sealed"]))
            self.assertEqual((salt.hex(), document.hex()), (vector["salt"], vector["document"]))
            self.assertEqual(commitment(vector["name"], salt, document), vector["commitment"])

    def test_manifests_have_the_digest_of_the_vectors(self):
        for vector in vectors("manifests"):
            manifest = canonical.parse_canonical(vector["manifest"].encode("utf-8"))
            self.assertEqual(Laws().add_manifest(manifest), vector["digest"])


class Publication(unittest.TestCase):
    def setUp(self):
        self.published = Published(Laws())
        self.add(1, "100000", "vocabulary", vocabulary={})
        self.add(2, "100000", "calendar", calendar=[])
        self.add(3, "340321", "county")
        self.add(4, "100000", "nation")
        self.add(7, "100000", "nation", title="newer")

    def add(self, index, area, policy, **members):
        self.published.add("log", index, dict(area=area, policy=policy, **members))

    def indices(self, size):
        manifest = self.published.manifest("log", size, "340321")
        return manifest and [document["published"]["index"] for document in manifest["documents"]]

    def test_the_newest_document_of_an_id_counts_from_the_entry_after_it(self):
        self.assertEqual([self.indices(size) for size in (2, 5, 7, 8)], [None, [4, 3], [4, 3], [7, 3]])

    def test_documents_of_other_areas_are_no_part_of_the_law(self):
        self.add(8, "340322", "neighbour")
        self.assertEqual(self.indices(9), [7, 3])


if __name__ == "__main__":
    unittest.main()
