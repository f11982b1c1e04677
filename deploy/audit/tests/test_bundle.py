"""What a bundle must be, where no bundle is needed to say it: its manifest, its tar, erasures, findings, frames."""

import io
import unittest

from doudi_replay import canonical, findings, frame, tar
from doudi_replay.compare import first_difference
from doudi_replay.erasures import Erasures
from doudi_replay.manifest import SPECIFICATIONS, place_of, read_manifest, size_max
from doudi_replay.note import Refused
from doudi_replay.record import Entry
from doudi_replay.rounds import REGISTERING, Round

ORIGIN = "doudi.example/340321/1"
NAME = "areas/340321/cases/%s/determinations/%s" % ("1" * 32, "2" * 32)


def manifest(**changes):
    """The bytes of a good manifest, with changes."""
    tiles = ["tile/entries/000.p/1", "tile/0/000.p/1"]
    files = [{"path": path, "size": 32} for path in ["checkpoint"] + tiles]
    good = {
        "format": "doudi-bundle/1",
        "specifications": SPECIFICATIONS,
        "engine": "doudi/0.1.0",
        "checkpoint": {"origin": ORIGIN, "root": "0" * 64, "size": 1},
        "opened": "none",
        "identity": False,
        "openings": [],
        "samples": [],
        "unopened": [],
        "files": files,
    }
    return canonical.to_bytes(dict(good, **changes))


def finding(**changes):
    """The bytes of a good finding, with changes."""
    officer = {"id": "a-1", "role": "复核", "unit": "审计组"}
    good = {
        "v": 1,
        "determination": NAME,
        "of": {"index": 7, "leaf_hash": "0" * 64, "origin": ORIGIN},
        "items": [{"outcome": "correct"}],
        "paid_fen": 105_000,
        "reviewers": [{"officer": officer}, {"officer": dict(officer, id="a-2"), "township": "340321102"}],
        "caller": "audit-firm",
    }
    return canonical.to_bytes(dict(good, **changes))


FRAME = {
    "amount_fen": 105_000, "continuing": False, "decider": "o-1", "household_size": 3, "outcome": "DIBAO",
    "programme": "DIBAO", "residence_kind": "rural", "source": "live", "township": "340321101",
}


class Manifests(unittest.TestCase):
    def test_a_manifest_has_its_members_and_no_others(self):
        self.assertEqual(read_manifest(manifest())["opened"], "none")
        files = canonical.parse(manifest())["files"]
        head = {"origin": ORIGIN, "root": "0" * 64, "size": 2**53 - 1}
        bad = [
            {"note": "more"}, {"specifications": {}}, {"engine": ""}, {"checkpoint": head}, {"opened": "some"},
            {"identity": 0}, {"openings": [5, 5]}, {"samples": ["b", "a"]}, {"unopened": [{"index": 1, "why": "lost"}]},
            {"files": files + files[-1:]}, {"files": [files[1], files[0], files[2]]},
            {"files": [files[0], dict(files[0], path="trust-policy"), dict(files[0], path="checkpoint")]},
        ]
        for changes in bad:
            with self.assertRaises(ValueError, msg=str(changes)):
                read_manifest(manifest(**changes))

    def test_a_manifest_of_more_items_than_any_is_not_read(self):
        with self.assertRaisesRegex(ValueError, "more items than any"):
            read_manifest(b'{"a":[' + b"[]," * 4_000_001 + b"[]]}")

    def test_a_path_has_one_spelling(self):
        for path in ["receipts/306", "tile/entries/x001/x234/067", "documents/000.p/3", "tile/1/000", "previous/checkpoint"]:
            self.assertIsNotNone(place_of(path), path)
        for path in ["receipts/0306", "tile/entries/x000/001", "tile/0/000.p/256", "tile/8/000", "/etc/passwd", "../x"]:
            self.assertIsNone(place_of(path), path)

    def test_a_header_is_not_believed_how_much_follows(self):
        claims = tar.header("tile/entries/000", 8**11 - 1) + bytes(4096)
        with self.assertRaises(tar.TarError):
            list(tar.files(io.BytesIO(claims), size_max))
        with self.assertRaises(tar.TarError):
            list(tar.files(io.BytesIO(tar.header("manifest.json", 60_000_000)), size_max))

    def test_json_that_nests_too_deep_is_refused(self):
        for depth in (128, 100_000):
            with self.assertRaises(canonical.NotCanonical):
                canonical.parse_canonical(b"[" * depth + b"]" * depth)
        self.assertEqual(len(canonical.parse_canonical(b"[" * 127 + b"]" * 127)), 1)


class Accounts(unittest.TestCase):
    def test_an_erasure_accounts_for_what_stands_before_it(self):
        erasures = Erasures()
        self.assertTrue(erasures.add(10, {"act": "erase", "scope": "case"}))
        self.assertTrue(erasures.add(20, {"act": "erase", "scope": "identity"}))
        self.assertTrue(erasures.may_erase(9) and not erasures.may_erase(11) and not erasures.may_erase(9, 10))
        self.assertFalse(erasures.may_restrict(9))
        erasures.add(30, {"act": "restrict", "scope": "case"})
        self.assertTrue(erasures.may_restrict(29) and not erasures.may_restrict(31))
        erasures.add(40, {"act": "lift", "scope": "case"})
        self.assertFalse(erasures.may_restrict(9))
        self.assertFalse(erasures.add(50, []) or erasures.add(51, {"act": "hide", "scope": "case"}))

    def test_a_sample_document_that_is_malformed_is_passed_over(self):
        judged = Round("2026-Q3")
        for document in ([], {"method": "commit-reveal/1"}, {"method": "commit-reveal/1", "period": "2026-Q3", "commitment": []}):
            judged.take(5, 0, "SAMPLE_COMMIT", document)
        self.assertEqual((judged.stage(), judged.commits), (REGISTERING, []))

    def test_a_request_whose_numbers_are_none_is_passed_over_and_the_next_one_counts(self):
        head = {"v": 1, "method": "commit-reveal/1", "period": "2026-Q3", "party": "audit-firm"}
        good = dict(head, checkpoint={"root": "0" * 64, "size": 9}, population="decisions", draw="simple", strata=[],
                    allocation="proportional", floor=0, size=1, reserve=0, prior=[], values=2, townships=[], to=5)
        good["from"] = 0
        bad = [
            {"from": -5}, {"from": True}, {"to": "5"}, {"size": 2**64}, {"values": True}, {"floor": None},
            {"strata": ["age"]}, {"checkpoint": {"root": "0" * 64, "size": 2**62}}, {"townships": ["x"]},
            {"prior": [[]]}, {"party": 5}, {"party": "Audit"},
        ]
        for changes in bad:
            judged = Round("2026-Q3")
            for at, role in enumerate(("auditor", "operator")):
                party = "audit-firm" if role == "auditor" else role
                commit = dict(head, party=party, role=role, commitment=str(at) * 64)
                judged.take(at, 0, "SAMPLE_COMMIT", commit)
            judged.take(9, 0, "SAMPLE_REQUEST", {**good, **changes})
            self.assertIsNone(judged.request, changes)
            judged.take(10, 0, "SAMPLE_REQUEST", good)
            self.assertEqual(judged.request_index, 10)
            self.assertIsNone(judged.seed())


class Findings(unittest.TestCase):
    def test_a_finding_keeps_its_rules(self):
        self.assertEqual(findings.read_finding(finding(), 8, ORIGIN)["paid_fen"], 105_000)
        reviewers = canonical.parse(finding())["reviewers"]
        for data in [
            b"\x00", b"[]", b"{}", finding(items=[]), finding(items=[{"outcome": "bribed"}]), finding(reviewers=reviewers[:1]),
            finding(reviewers=[reviewers[0]] * 2), finding(items=[{"outcome": "overpaid", "cause": "agency", "amount_fen": -1}]),
            finding(items=[{"outcome": "overpaid", "cause": "agency"}]), finding(items=[{"outcome": ["correct"]}]),
            finding(of={"index": 8, "leaf_hash": "0" * 64, "origin": ORIGIN}), finding(zz=1), finding(caller=1),
            finding(auditee={"answer": "agrees", "on": "2026-07-01", "zz": 1}), finding(summary="x" * 65_536),
        ]:
            with self.assertRaises(findings.NoFinding, msg=str(data)):
                findings.read_finding(data, 8, ORIGIN)

    def test_a_finding_is_held_to_the_entry_that_it_is_on(self):
        def wrong(leaf=bytes(32), is_decision=True, held=FRAME, **changes):
            return findings.beside(findings.read_finding(finding(**changes), 8, ORIGIN), leaf, is_decision, held)

        self.assertIsNone(wrong())
        self.assertIsNone(wrong(held=None))
        self.assertIn("leaf hash", wrong(leaf=bytes(31) + b"1"))
        self.assertIn("no decision", wrong(is_decision=False))
        self.assertIn("decided", wrong(held=dict(FRAME, decider="a-2")))
        self.assertIn("township", wrong(held=dict(FRAME, township="340321102")))
        self.assertIn("paid_fen", wrong(paid_fen=1))


class Frames(unittest.TestCase):
    FACTS = {
        "case": {"area": "340321", "residence_kind": "rural"}, "decided_by": {"id": "o-1"}, "history": {"status": "none"},
        "township": "340321101",
    }
    DETERMINATION = {"household": {"amount_fen": 105_000, "outcome": "DIBAO"}, "persons": ["a", "b", "c"]}

    def test_a_frame_follows_from_facts_and_determination(self):
        facts, determination = canonical.to_bytes(self.FACTS), canonical.to_bytes(self.DETERMINATION)
        self.assertIsNone(frame.difference(facts, determination, canonical.to_bytes(FRAME)))
        self.assertEqual(frame.difference(facts, determination, b"nope"), "document")
        for name, value in FRAME.items():
            lie = dict(FRAME, **{name: "another" if type(value) is str else value + 1})
            self.assertEqual(frame.difference(facts, determination, canonical.to_bytes(lie)), name)

    def test_true_is_not_one(self):
        alone = canonical.to_bytes(dict(self.DETERMINATION, persons=["a"]))
        lie = canonical.to_bytes(dict(FRAME, household_size=True))
        self.assertEqual(frame.difference(canonical.to_bytes(self.FACTS), alone, lie), "household_size")
        self.assertEqual(first_difference({"a": [1, 2]}, {"a": [True, 2]}).path, "a[0]")
        entry = {"v": True, "kind": "X", "origin": ORIGIN, "logged": 0, "engine": "doudi/0.1.0", "documents": []}
        self.assertEqual(Entry(canonical.to_bytes(dict(entry, v=1))).kind, "X")
        with self.assertRaises(Refused):
            Entry(canonical.to_bytes(entry))
        with self.assertRaises(findings.NoFinding):
            findings.read_finding(finding(v=True), 8, ORIGIN)


if __name__ == "__main__":
    unittest.main()
