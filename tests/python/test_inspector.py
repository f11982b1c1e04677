"""An inspector follows deploy/audit/GUIDE.md from a sample to a signed-off report: every command is the guide's own."""

import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree

import calls
import households as h
from server import BIN, CALL_SECONDS_MAX, TOP, Place, run
from stubs import pb

GUIDES = ("GUIDE.md", "GUIDE.zh-CN.md")
KIT = TOP / "deploy" / "audit"
PERIOD = "2026-q3"
COMMAND_SECONDS_MAX = 300
# Neither decided the cases nor belongs to their township.
REVIEWERS = [pb.Reviewer(officer=pb.Officer(id=f"a-{number}", role="复核", unit="审计组"), township=township)
             for number, township in enumerate(("340321102", "340321103"))]


def blocks(name):
    """The shell blocks of a guide as (who types it, commands)."""
    text = (KIT / name).read_text(encoding="utf-8")
    return [(who or "inspector", body) for who, body in re.findall(r"```sh ?(\w*)\n(.*?)```", text, re.DOTALL)]


class Inspector(unittest.TestCase):
    """One log, one inspector, one walk in the order of the guide."""

    @classmethod
    def setUpClass(cls):
        cls.place = Place("sqlite")
        cls.addClassCleanup(cls.place.remove)
        cls.desk = cls.place.folder / "desk"
        tools = cls.place.folder / "tools"
        for folder in (cls.desk, tools):
            folder.mkdir()
        (tools / "doudi").symlink_to(pathlib.Path(BIN).resolve())
        # The kit needs the standard library alone; calls need grpcio, and whoever makes them has another python3.
        cls.caller_tools = cls.place.folder / "caller"
        cls.caller_tools.mkdir()
        for folder, isolated in ((tools, "-S "), (cls.caller_tools, "")):
            (folder / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" {isolated}"$@"\n')
            (folder / "python3").chmod(0o755)
        shutil.copytree(KIT, cls.desk / "deploy" / "audit")
        shutil.copytree(TOP / "proto", cls.desk / "proto")
        key = run("keys", "public", cls.place.keys, "--origin", f"doudi.local/{h.AREA}/1").stdout.split()[0]
        cls.environment = {
            "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(cls.desk), "VKEY": key, "BUNDLE": "first.tar",
            "FIRST": "first.checkpoint", "KEEP": "this-audit.checkpoint", "PREVIOUS": "last-audit.checkpoint",
            "AREA": h.AREA, "PERIOD": PERIOD, "SIZE": "4", "RESERVE": "1", "CREDENTIALS": "--principal audit-firm"}

    def typed(self, commands, expected=0, **more):
        """Types the commands of a block, and gives what they said. `expected` is the exit code, or None for any but 0."""
        done = subprocess.run(["sh", "-eu", "-c", commands], cwd=self.desk, env={**self.environment, **more},
                              capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
        right = done.returncode == expected if expected is not None else done.returncode in (1, 2)
        self.assertTrue(right, f"{done.returncode}, not {expected}: {commands}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def called(self, who, number=0, **more):
        """Types a block that makes calls."""
        path = f"{self.caller_tools}:{self.environment['PATH']}"
        return self.typed(self.block(who, number), PATH=path, PYTHONDONTWRITEBYTECODE="1", **more)

    def block(self, who, number=0):
        return [body for typed_by, body in blocks("GUIDE.md") if typed_by == who][number]

    def audit(self, call, request, party):
        metadata = [("doudi-principal", party)]
        return getattr(self.client.audit, call)(request, timeout=CALL_SECONDS_MAX, metadata=metadata)

    def of_round(self, message, party, call, **members):
        return self.audit(call, message(request_id=h.request_id(), area=h.AREA, period=PERIOD, **members), party)

    def finding(self, determination, **members):
        request = pb.RecordFindingRequest(
            request_id=h.request_id(), determination=determination, period=PERIOD,
            first_reviewer=REVIEWERS[0], second_reviewer=REVIEWERS[1], **members)
        return self.audit("RecordFinding", request, "audit-firm").finding

    def bundle(self, name):
        """The operator's step, as the guide writes it."""
        self.environment["BUNDLE"] = name
        self.typed(self.block("operator"), DATABASE=self.place.url, KEYS=str(self.place.keys),
                   POLICY=str(TOP / "policy"), AREA=h.AREA, PERIOD=PERIOD, REFERENCE="审计 2026-7", AUDITOR="audit-firm")

    def test_both_languages_show_the_same_commands(self):
        english, chinese = (blocks(name) for name in GUIDES)
        self.assertEqual(english, chinese)
        self.assertEqual([who for who, _ in english],
                         ["set", "inspector", "inspector", "caller", "caller", "caller", "operator", "inspector",
                          "inspector", "case", "finding", "finding", "final", "next"])

    def test_every_link_leads_to_a_file(self):
        for name in GUIDES:
            for target in re.findall(r"\]\(([^)#]+)\)", (KIT / name).read_text(encoding="utf-8")):
                self.assertTrue((KIT / target).exists(), f"{name} links to {target}")

    def test_the_names_that_the_commands_use_are_given_in_the_guide(self):
        given = set(re.findall(r"^([A-Z]+)=", self.block("set"), re.MULTILINE))
        used = {name for who, body in blocks("GUIDE.md") if who != "operator" for name in re.findall(r"\$([A-Z]+)", body)}
        self.assertEqual(used, given)

    def test_from_a_sample_to_a_signed_off_report(self):
        server = self.place.start()
        self.client = server.client
        calls.publish(self.client)
        for income_fen in range(90_000, 130_000, 5_000):
            self.client.determination.Determine(h.determine(h.three(income_fen)), timeout=CALL_SECONDS_MAX)

        # Step 2: sizes and the inspector's value, then the round by the guide's own calls; the operator makes its own.
        self.environment["SERVER"] = f"http://{server.address}"
        self.typed(self.block("inspector", 0))
        self.typed(self.block("inspector", 1))
        self.assertEqual((self.desk / "value.json").stat().st_mode & 0o777, 0o600)
        theirs = json.loads(run("--json", "sample", "value").stdout)
        self.called("caller", 0)
        self.of_round(pb.CommitSampleRequest, "operator", "CommitSample", role=pb.PARTY_ROLE_OPERATOR,
                      commitment=bytes.fromhex(theirs["commitment"]))
        self.called("caller", 1)
        self.of_round(pb.RevealSampleRequest, "operator", "RevealSample", value=bytes.fromhex(theirs["value"]))
        self.called("caller", 2)
        drawn = json.loads((self.desk / "sample.json").read_text(encoding="utf-8"))
        drawn = drawn["sample"]["strata"][0]["units"]
        units = [unit["determination"] for unit in drawn]
        self.assertEqual(len(units), 4)

        # Steps 3 to 5: the first bundle, on the inspector's own machine.
        self.bundle("first.tar")
        self.assertIn("verified", self.typed(self.block("inspector", 2)))
        self.assertIn("records replayed to the same bytes, 0 did not", self.typed(self.block("inspector", 3)))

        # Steps 6 and 7: findings by two reviewers; the last unit is left for the report to show as missing.
        self.check_case(drawn[2])
        for unit in units[:2]:
            self.finding(unit, items=[pb.FindingItem(outcome=pb.FINDING_OUTCOME_CORRECT)])
        self.called("finding", 0, DETERMINATION=units[2])
        self.called("finding", 1, DETERMINATION=units[2])

        self.bundle("second.tar")
        server.stop()
        # From here on nothing but the files is there.
        hidden = self.place.folder / "hidden"
        (self.place.folder / "doudi.sqlite").rename(hidden)
        self.addCleanup(lambda: hidden.rename(self.place.folder / "doudi.sqlite"))
        self.typed(self.block("final"))
        shutil.copy(self.desk / "this-audit.checkpoint", self.desk / "last-audit.checkpoint")
        self.typed(self.block("next"))
        self.check_kept()
        self.check_report()
        self.check_refusals()

    def check_case(self, unit):
        """The bundle shows what was recorded of a case, and the law that it names."""
        text = self.typed(self.block("case"), ENTRY=str(unit.get("index", 0)))
        for said in ("verified", "facts", "determination", "frame", "known_at", "元", "township"):
            self.assertIn(said, text)
        pages = sorted((self.desk / "law").glob("*.html"))
        sealed = sorted((self.desk / "law").glob("*.json"))
        self.assertEqual(len(pages), len(sealed))
        for path in sealed:
            self.assertIn(hashlib.sha256(path.read_bytes()).hexdigest(), text)
        self.assertIn("低保", "".join(page.read_text(encoding="utf-8") for page in pages))
        shown = self.typed('doudi --json inspect "$BUNDLE" --key "$VKEY" --entry "$ENTRY"', ENTRY=str(unit["index"]))
        case = json.loads(shown)
        self.assertEqual((case["index"], case["kind"]), (int(unit["index"]), "DETERMINATION"))
        self.assertEqual(case["documents"]["frame"]["township"][:6], h.AREA)
        self.assertEqual({policy["digest"] for policy in case["policies"]},
                         {hashlib.sha256(path.read_bytes()).hexdigest() for path in sealed})
        # Nothing is shown of what is not opened, nor of a bundle that does not verify.
        self.typed('doudi inspect "$BUNDLE" --key "$VKEY" --entry 999999', expected=1)
        other = bytearray((self.desk / "first.tar").read_bytes())
        at = other.index(b'"township":"')
        other[at + 12:at + 13] = b"4"
        (self.desk / "other.tar").write_bytes(other)
        said = self.typed('doudi inspect "$BUNDLE" --key "$VKEY" --entry "$ENTRY"', expected=1, BUNDLE="other.tar",
                          ENTRY=str(unit["index"]))
        self.assertIn("DOCUMENT", said)
        self.assertNotIn("known_at", said)

    def check_kept(self):
        """A checkpoint that was kept is never written over by one that does not continue it."""
        kept = self.desk / "this-audit.checkpoint"
        before = kept.read_bytes()
        shorter = 'doudi verify first.tar --key "$VKEY" --keep "$KEEP"'
        self.assertIn("PREVIOUS", self.typed(shorter, expected=1))
        # Held against another than the one that it would write over.
        self.typed('doudi verify second.tar --key "$VKEY" --previous "$KEEP" --keep "$FIRST"', expected=2)
        self.typed('doudi verify second.tar --key "$VKEY" --keep report.html', expected=2)
        # Again, and on top of the one that it continues.
        self.typed(self.block("final"))
        self.assertEqual(kept.read_bytes(), before)
        self.typed('cp "$FIRST" older && doudi verify second.tar --key "$VKEY" --keep older && cmp older "$KEEP"')
        not_one = self.typed('doudi verify second.tar --key "$VKEY" --previous report.html', expected=2)
        self.assertIn("report.html", not_one)

    def check_report(self):
        """The report is well-formed, and says what the verification says."""
        verification = json.loads((self.desk / "verification.json").read_text(encoding="utf-8"))
        self.assertEqual(verification["verdict"], "verified")
        page = (self.desk / "report.html").read_text(encoding="utf-8")
        root = xml.etree.ElementTree.fromstring(page.split("\n", 1)[1])
        text = "|".join(part.strip() for part in root.itertext())
        articles = [one.get("lang") for one in root.iter("{http://www.w3.org/1999/xhtml}article")]
        self.assertEqual(articles, ["zh-CN", "en"])
        decisions, checkpoint = verification["decisions"], verification["checkpoint"]
        said = f"{decisions['replayed']} decisions were decided again: {decisions['equal']} gave the same bytes"
        self.assertIn(said, text)
        self.assertIn("drawn 4, reviewed 3, not reviewed 1", text)
        self.assertIn("1 of 3 reviewed", text)
        self.assertIn("公示晚于时限 / 补公示", text)
        for figure in (checkpoint["root"], str(checkpoint["size"]), verification["bundle"]["manifest"], PERIOD):
            self.assertIn(figure, text)
        self.assertIn(checkpoint["note"].strip(), text)

    def check_refusals(self):
        """What the guide says of exit codes: another key, an edited bundle, a file that is none."""
        verify = self.block("inspector", 2)
        replay = self.block("inspector", 3)
        foreign = "doudi.example/340321/1+d208cd6c+AQ11UHVOCACl0jfu9YJgNXZrmz5aFYaKlAqyiZWHiOOw"
        self.typed(verify, expected=1, VKEY=foreign)
        self.typed(replay, expected=None, VKEY=foreign)
        spoilt = bytearray((self.desk / "second.tar").read_bytes())
        at = spoilt.index(b'"kind":"DETERMINATION"')
        spoilt[at + 8 : at + 21] = b"DETERMINATIOM"
        (self.desk / "spoilt.tar").write_bytes(spoilt)
        self.typed(verify, expected=1, BUNDLE="spoilt.tar")
        self.typed(replay, expected=None, BUNDLE="spoilt.tar")
        (self.desk / "none.tar").write_text("no bundle")
        self.typed(verify, expected=3, BUNDLE="none.tar")
        self.typed(shlex.join(["doudi", "report", "none.tar", "--to", "none.html"]), expected=2)


if __name__ == "__main__":
    unittest.main()
