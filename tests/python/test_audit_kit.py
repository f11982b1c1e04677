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


if __name__ == "__main__":
    unittest.main()
