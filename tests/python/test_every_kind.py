"""A log in which every kind of record stands is sound: fsck to F9, projection, replay, the sample drawn offline, and
bundles of it verified by our program and by the kit in deploy/audit."""

import hashlib
import json
import secrets
import subprocess
import sys
import unittest

import calls
import households as h
from server import CALL_SECONDS_MAX, TOP, Place, run
from stubs import pb

# Nobody's case may be erased before its retention date; the cases of this test ended years ago.
SETTINGS = {"DOUDI_RETENTION_YEARS": "3"}
PERIOD = "2026-q3"
KIT = TOP / "deploy" / "audit" / "replay.py"
# What a decider of one township may not review is reviewed by two of others.
REVIEWERS = [pb.Reviewer(officer=pb.Officer(id=f"a-{number}", role="复核", unit="审计组"), township=township)
             for number, township in enumerate(("340321102", "340321103"))]


class EveryKind:
    kind = None

    def setUp(self):
        self.place = Place(self.kind)
        self.addCleanup(self.place.remove)

    def audit(self, call, request, party=None):
        metadata = [("doudi-principal", party)] if party else None
        return getattr(self.client.audit, call)(request, timeout=CALL_SECONDS_MAX, metadata=metadata)

    def determine(self, income_fen):
        return self.client.determination.Determine(
            pb.DetermineRequest(request_id=h.request_id(), area=h.TOWNSHIP, input=h.decision(h.three(income_fen))),
            timeout=CALL_SECONDS_MAX)

    def sample(self):
        """One round of commit-reveal/1, drawn."""
        values = {"auditor-1": secrets.token_bytes(32), "operator-1": secrets.token_bytes(32)}
        for (party, value), role in zip(values.items(), (pb.PARTY_ROLE_AUDITOR, pb.PARTY_ROLE_OPERATOR)):
            self.audit("CommitSample", pb.CommitSampleRequest(
                request_id=h.request_id(), area=h.AREA, period=PERIOD, role=role,
                commitment=hashlib.sha256(value).digest()), party)
        self.audit("RequestSample", pb.RequestSampleRequest(
            request_id=h.request_id(), area=h.AREA, period=PERIOD, population=pb.SAMPLE_POPULATION_DECISIONS,
            draw=pb.SAMPLE_DRAW_SIMPLE, size=2, reserve=1), "auditor-1")
        for party, value in values.items():
            self.audit("RevealSample", pb.RevealSampleRequest(
                request_id=h.request_id(), area=h.AREA, period=PERIOD, value=value), party)
        drawn = self.audit("DrawSample", pb.DrawSampleRequest(
            request_id=h.request_id(), area=h.AREA, period=PERIOD), "auditor-1")
        [stratum] = drawn.sample.strata
        return [unit.determination for unit in stratum.units]

    def test_a_log_in_which_every_kind_of_record_stands_is_sound(self):
        server = self.place.start(environment=SETTINGS)
        self.client = server.client
        calls.publish(self.client)
        decided = [self.determine(income_fen) for income_fen in (90000, 120000, 150000, 9000000, 9100000, 9200000)]
        # No sample without them: who is drawn, the finding, the opening.
        units = self.sample()
        self.assertEqual(len(units), 2)
        # The case of the finding is kept, among those that get something and among those that do not: with an erased
        # case its finding is gone as well.
        def is_found(answer):
            return answer.determination.name == units[0]
        decided = sorted(decided[:3], key=is_found, reverse=True) + sorted(decided[3:], key=is_found)
        self.audit("RecordFinding", pb.RecordFindingRequest(
            request_id=h.request_id(), determination=units[0], period=PERIOD,
            items=[pb.FindingItem(outcome=pb.FINDING_OUTCOME_CORRECT)],
            first_reviewer=REVIEWERS[0], second_reviewer=REVIEWERS[1]))
        estimated = self.audit("EstimateErrorRate", pb.EstimateErrorRateRequest(area=h.AREA, period=PERIOD))
        self.assertEqual((estimated.drawn, estimated.reviewed), (2, 1))
        opened = self.audit("OpenDocuments", pb.OpenDocumentsRequest(
            request_id=h.request_id(), area=h.AREA, determinations=units, purpose=pb.OPENING_PURPOSE_AUDIT,
            reference="审计 2026-3"))
        self.assertEqual(len(opened.records), 2)
        for name in (decided[0], decided[1]):
            self.client.determination.GetDetermination(
                pb.GetDeterminationRequest(name=name.determination.name), timeout=CALL_SECONDS_MAX)
        kept, restricted, lifted, nameless, erased, _ = (answer.determination.case for answer in decided)
        for case in (restricted, lifted):
            self.audit("RestrictCase", pb.RestrictCaseRequest(
                request_id=h.request_id(), case=case, scope=pb.CASE_SCOPE_CASE, reason="异议期间",
                basis=pb.ERASURE_BASIS_PERSON_REQUEST, officer=h.OFFICER))
        self.audit("LiftRestriction", pb.LiftRestrictionRequest(
            request_id=h.request_id(), case=lifted, reason="异议已了结",
            basis=pb.ERASURE_BASIS_PERSON_REQUEST, officer=h.OFFICER))
        for case, scope in ((nameless, pb.CASE_SCOPE_IDENTITY), (erased, pb.CASE_SCOPE_CASE)):
            self.audit("EraseCase", pb.EraseCaseRequest(
                request_id=h.request_id(), case=case, scope=scope, reason="到期",
                basis=pb.ERASURE_BASIS_RETENTION_EXPIRED, officer=h.OFFICER))
        kinds = {json.loads(entry.entry)["kind"] for entry in calls.entries(self.client)}
        wanted = {"EPOCH", "POLICY", "DETERMINATION", "SAMPLE_COMMIT", "SAMPLE_REQUEST", "SAMPLE_REVEAL",
                  "SAMPLE_RESULT", "FINDING", "OPENING", "ERASURE"}
        self.assertLessEqual(wanted, kinds)
        server.stop()
        self.check("fsck", "--to", "F9")
        self.check("projection", "--area", h.AREA)
        self.check("replay", "--area", h.AREA)
        evidence = self.place.folder / "evidence.json"
        self.check("sample", "export", evidence, "--area", h.AREA, "--period", PERIOD)
        key = run("keys", "public", self.place.keys, "--origin", f"doudi.local/{h.AREA}/1").stdout.split()[0]
        run("sample", "check", evidence, "--key", key)
        self.assertTrue(kept)
        self.bundles(key)

    def bundles(self, key):
        """What an auditor takes home verifies there, with our program and with the kit, and spoiled with neither."""
        kept = self.place.folder / "kept.checkpoint"
        for number, chosen in enumerate((("--sample", PERIOD), ("--sample", PERIOD, "--all", "--since", kept))):
            bundle = self.place.folder / f"bundle-{number}.tar"
            self.check("bundle", bundle, "--area", h.AREA, "--reference", "审计 2026-3", *chosen)
            previous = ("--previous", kept) if number else ()
            report = json.loads(run("--json", "verify", bundle, "--key", key, *previous, "--keep", kept).stdout)
            self.assertEqual(report["verdict"], "verified")
            [sample], decisions = report["samples"], report["decisions"]
            self.assertTrue(sample["agrees"])
            self.assertEqual(report["findings"]["by_outcome"], {"correct": 1})
            replays = [unit["replay"] for unit in sample["strata"][0]["units"]]
            self.assertEqual(len(replays), 2)
            self.assertLessEqual(set(replays), {"equal", "erased", "restricted"})
            # Of six decisions one is erased whole and one is restricted; which of them are drawn is left to the seed.
            if number:
                self.assertEqual((decisions["replayed"], decisions["erased"], decisions["restricted"]), (4, 1, 1))
            code, results = self.kit(bundle, key, *previous)
            self.assertEqual(code, 0, results)
            replayed = [result for result in results if result["status"] == "replayed"]
            self.assertEqual(len(replayed), decisions["replayed"])
            self.assertIn({"record": f"sample {PERIOD}", "status": "verified"}, results)
            self.spoiled(bundle, key)

    def kit(self, bundle, key, *more):
        # Without site packages: the kit needs the standard library alone.
        command = [sys.executable, "-S", KIT, "--json", "--key", key, *more, bundle]
        result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
        return result.returncode, [json.loads(line) for line in result.stdout.splitlines()]

    def spoiled(self, bundle, key):
        whole = bundle.read_bytes()
        facts = whole.rindex(b'"decision_date"')
        for spoiled in (whole[:facts] + b'"Decision_date"' + whole[facts + 15:], whole[:-512], whole + b"x"):
            path = self.place.folder / "spoiled.tar"
            path.write_bytes(spoiled)
            self.assertEqual(run("verify", path, "--key", key, check=False).returncode, 1)
            self.assertEqual(self.kit(path, key)[0], 1)

    def check(self, *command):
        result = run("--json", *command, "--database", self.place.url, "--keys", self.place.keys,
                     "--policy", TOP / "policy", check=False)
        self.assertEqual(result.returncode, 0, f"{command}: {result.stdout}\n{result.stderr}")


class OnSqlite(EveryKind, unittest.TestCase):
    kind = "sqlite"


class OnPostgres(EveryKind, unittest.TestCase):
    kind = "postgres"


if __name__ == "__main__":
    unittest.main()
