"""An auditor takes the entries of a log from the running service and replays them with the kit in deploy/audit."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import calls
import households as h
from google.protobuf import json_format
from server import CALL_SECONDS_MAX, TOP, Place
from stubs import pb

REPLAY = TOP / "deploy" / "audit" / "replay.py"
CALL = TOP / "deploy" / "audit" / "call.py"


class AuditKit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = Place("sqlite")
        cls.addClassCleanup(place.remove)
        client = place.start().client
        calls.publish(client)
        cls.decide(client)
        cls.key = calls.checkpoint(client).verifier_key
        cls.entries = [cls.entry(client, entry.index) for entry in calls.entries(client)]

    @staticmethod
    def decide(client):
        """Entries, a review that leads into grace, missing facts."""
        unknown = h.three(90000)
        unknown.members[0].incomes[0].ClearField("amount_fen")
        for facts in (h.three(90000), h.three(194999), h.three(195000), unknown):
            client.determination.Determine(h.determine(facts), timeout=CALL_SECONDS_MAX)
        case = client.determination.Determine(h.determine(h.three(136000)), timeout=CALL_SECONDS_MAX).determination.case
        facts = h.three(210000)
        facts.officer.grace_granted = True
        review = pb.ReviewRequest(request_id=h.request_id(), case=case, cause=pb.CAUSE_REVIEW,
                                  input=h.decision(facts, h.day(2021, 9, 20), h.month(2021, 9)))
        client.review.Review(review, timeout=CALL_SECONDS_MAX)

    @staticmethod
    def entry(client, index):
        request = pb.GetEntryRequest(area=h.AREA, index=index, include_documents=True)
        return json.loads(json_format.MessageToJson(client.audit.GetEntry(request, timeout=CALL_SECONDS_MAX)))

    def replay(self, entries, key=None):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, entry in enumerate(entries):
                paths.append(pathlib.Path(folder) / f"{number:04}.json")
                paths[-1].write_text(json.dumps(entry), encoding="utf-8")
            # Without site packages: the kit needs the standard library alone.
            command = [sys.executable, "-S", REPLAY, "--json", "--key", key or self.key, *paths]
            result = subprocess.run(command, capture_output=True, text=True, timeout=120)
        results = [json.loads(line) for line in result.stdout.splitlines()]
        return result.returncode, results, result.stderr

    def documents(self, entry):
        return {document["name"] for document in entry["acknowledgement"].get("documents", [])}

    def test_every_entry_verifies_and_every_determination_replays_to_the_same_bytes(self):
        code, results, said = self.replay(self.entries)
        self.assertEqual(code, 0, f"{results}\n{said}")
        statuses = [result["status"] for result in results]
        self.assertEqual(statuses.count("replayed"), 6)
        self.assertEqual(len(statuses), len(self.entries))

    def test_without_one_policy_entry_the_law_is_another(self):
        policies = [number for number, entry in enumerate(self.entries) if "policy" in self.documents(entry)]
        entries = [entry for number, entry in enumerate(self.entries) if number != policies[-1]]
        code, results, _ = self.replay(entries)
        self.assertEqual(code, 1)
        causes = {result["cause"] for result in results if result["status"] != "verified"}
        self.assertEqual(causes, {"policy"})

    def test_an_exchanged_document_and_a_foreign_key_are_refused(self):
        first, second = [entry for entry in self.entries if "determination" in self.documents(entry)][:2]
        mixed = json.loads(json.dumps(first))
        mixed["acknowledgement"]["documents"] = second["acknowledgement"]["documents"]
        code, results, _ = self.replay([mixed])
        self.assertEqual((code, results[0]["status"], results[0]["path"]), (1, "refused", "document"))
        foreign = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
        code, results, _ = self.replay([first], foreign)
        self.assertEqual((code, results[0]["path"]), (1, "signature"))


class Mistakes(unittest.TestCase):
    """call.py says in one line what to mend, and calls nobody."""

    def said(self, *words, options=()):
        done = subprocess.run([sys.executable, *options, CALL, *words], capture_output=True, text=True,
                              timeout=CALL_SECONDS_MAX)
        return done.returncode, done.stdout + done.stderr

    def test_a_request_that_cannot_be_made_is_refused_with_its_reason(self):
        server = "http://127.0.0.1:1"
        for words, reason in (
                ((server, "CommitSample", "nowhere.json"), "nowhere.json"),
                ((server, "CommitSample", "commitment=@nowhere.json"), "nowhere.json"),
                ((server, "CommitSample", "commitment=@%s:none" % (TOP / "proto" / "buf.yaml")), "call.py: "),
                ((server, "CommitSample", "role=PARTY_ROLE_NOBODY"), "PARTY_ROLE_NOBODY"),
                ((server, "CommitSample", "nothing=1"), "nothing"),
                ((server, "NoSuchCall"), "NoSuchCall"),
                (("https://127.0.0.1:1", "--ca", "nowhere.pem", "CommitSample"), "nowhere.pem"),
                (("127.0.0.1:1", "CommitSample"), "https://HOST:PORT")):
            with self.subTest(words=words):
                code, said = self.said(*words)
                self.assertEqual(code, 2, said)
                self.assertIn(reason, said)
                self.assertNotIn("Traceback", said)

    def test_without_its_packages_it_still_says_how_it_is_called(self):
        self.assertEqual(self.said("--help", options=["-S"])[0], 0)
        code, said = self.said("http://127.0.0.1:1", "CommitSample", options=["-S"])
        self.assertEqual(code, 2)
        self.assertIn("pip install grpcio-tools googleapis-common-protos", said)


if __name__ == "__main__":
    unittest.main()
