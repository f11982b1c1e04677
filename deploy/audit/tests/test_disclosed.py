"""What a bundle opens, keeps back and excuses, held to the documents of each kind of entry."""

import os
import tempfile
import unittest

from doudi_replay.bundle import Bundle

from .bundles import Log

ERASURE = {"act": "erase", "basis": "order", "scope": "case", "v": 1}


class Disclosed(unittest.TestCase):
    def read(self, log, samples=(), **changes):
        """The bundle, and what speaks against it."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bundle.tar")
            log.write(path, **changes)
            bundle = Bundle(path, None, samples=samples)
            return bundle, [str(result.difference) for result in bundle.results() if not result.is_good()]

    def one(self, kind, **documents):
        """What speaks against a bundle with one entry more."""
        log = Log()
        log.add(kind, **documents)
        return self.read(log)[1]

    def test_a_finding_that_is_withheld_is_missed_whatever_else_of_its_entry_is_there(self):
        wrong = self.one("FINDING", hidden=("finding",), finding={}, note={})
        self.assertEqual(len(wrong), 2, wrong)
        self.assertIn("document note is sealed", wrong[0])
        self.assertIn("no ERASURE entry can account for it", wrong[1])
        wrong = self.one("FINDING")
        self.assertEqual(len(wrong), 1, wrong)
        self.assertIn("commits to none", wrong[0])

    def test_an_entry_commits_to_the_public_document_of_its_kind(self):
        for kind in ("POLICY", "ACCESS", "ERASURE", "KEY_EVENT", "OPENING", "SAMPLE_COMMIT", "SAMPLE_RESULT"):
            wrong = self.one(kind)
            self.assertEqual(len(wrong), 1, wrong)
            self.assertIn("public document", wrong[0])

    def test_what_no_opening_counts_is_not_opened(self):
        for kind, public, sealed in [
            ("IMPORT", {}, "facts"), ("REMEDY", {}, "remedy"), ("TRANSFER", {}, "transfer"), ("LINK", {}, "identity"),
            ("ERASURE", {"erasure": ERASURE}, "erased"),
            ("OPENING", {"opening": {"count": 0, "identity": False, "purpose": "audit", "v": 1}}, "opened"),
        ]:
            documents = dict(public, **{sealed: {}})
            self.assertEqual(len(self.one(kind, **documents)), 1, kind)
            self.assertEqual(self.one(kind, hidden=(sealed,), **documents), [], kind)

    def test_an_entry_of_an_unknown_kind_is_named_and_opens_no_identity(self):
        log = Log()
        log.add("DETERMINATION_B", facts={})
        bundle, wrong = self.read(log)
        self.assertEqual(wrong, [])
        self.assertEqual([text.rpartition(": ")[2] for text in bundle.not_checked()], ["DETERMINATION_B"])
        self.assertEqual(len(self.one("DETERMINATION_B", identity={})), 1)

    def test_what_is_said_to_be_erased_shows_no_frame(self):
        frame = {
            "amount_fen": 0, "continuing": False, "decider": "o-1", "household_size": 1, "outcome": "REFUSED",
            "programme": "", "residence_kind": "rural", "source": "live", "township": "340321101",
        }
        for hidden, count in [(("facts", "determination"), 1), (("facts", "determination", "frame"), 0)]:
            log = Log()
            at = log.add("DETERMINATION", hidden=hidden, law="0" * 64, facts={}, determination={}, frame=frame)
            log.add("ERASURE", erasure=ERASURE)
            _, wrong = self.read(log, opened="all", unopened=[{"index": at, "why": "erased"}])
            self.assertEqual(len(wrong), count, wrong)

    def test_a_sample_that_is_asked_for_must_be_answered_for(self):
        self.assertEqual(self.read(Log())[1], [])
        wrong = self.read(Log(), samples=["2026-Q3"])[1]
        self.assertEqual(len(wrong), 1, wrong)
        self.assertIn("does not answer for it", wrong[0])

    def test_a_decision_by_a_law_that_was_long_replaced_is_named(self):
        for area, logged, named in [("340321", 601, [2]), ("340321", 600, []), ("340322", 601, [])]:
            log = Log()
            log.add("POLICY", policy={"area": area, "policy": "county"})
            facts = {"known_at": {"origin": "doudi.example/340321/1", "size": 1}}
            log.add("DETERMINATION", law="0" * 64, logged=logged, facts=facts, determination={}, frame={})
            bundle, _ = self.read(log, opened="all")
            self.assertEqual(bundle.by_older_law, named, (area, logged))
            self.assertEqual(len(list(bundle.not_checked())), len(named))


if __name__ == "__main__":
    unittest.main()
