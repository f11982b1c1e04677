"""Callers with certificates, by a client that nobody here wrote: who gets in, and what they may do where."""

import re
import signal
import subprocess
import time
import unittest
import uuid

import calls
import grpc
import households as h
from certificates import Authority, table
from server import BIN, CALL_SECONDS_MAX, TOP, Place, run
from stubs import Client, pb

TOWNSHIP = h.AREA + "100"
ROWS = {
    "county": (["decide", "review"], [h.AREA]),
    "township": (["decide"], [TOWNSHIP]),
    "policy": (["policy"], ["34"]),
}
RELOAD_SECONDS_MAX = 20


class Identity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place("sqlite")
        cls.addClassCleanup(cls.place.remove)
        cls.authority = Authority(cls.place.folder / "tls")
        certificate, key = cls.authority.server()
        cls.principals = cls.place.folder / "principals.toml"
        cls.principals.write_text(table(ROWS))
        cls.shown = {name: cls.authority.client(name) for name in ROWS}
        cls.server = cls.place.start(
            arguments=["--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca",
                       cls.authority.certificate, "--principals", cls.principals, "--log-format", "json"],
            credentials=cls.authority.credentials(cls.shown["county"]))
        calls.publish(cls.client("policy"))

    @classmethod
    def client(cls, name):
        return Client(cls.server.connect(cls.authority.credentials(cls.shown[name])))

    def determine(self, name, area, **options):
        request = h.determine(h.three(90000))
        request.area = area
        return self.client(name).determination.Determine.with_call(request, timeout=CALL_SECONDS_MAX, **options)

    def test_a_township_decides_its_own_cases_and_is_told_nothing_of_others(self):
        own, _ = self.determine("township", TOWNSHIP)
        other, _ = self.determine("county", h.AREA)
        township = self.client("township").determination
        read = township.GetDetermination(pb.GetDeterminationRequest(name=own.determination.name),
                                         timeout=CALL_SECONDS_MAX)
        self.assertEqual(read.determination.name, own.determination.name)
        absent = other.determination.name.replace(other.determination.name[-32:], "0" * 32)
        for name in (other.determination.name, absent):
            refusal = calls.refused(township.GetDetermination, pb.GetDeterminationRequest(name=name))
            self.assertEqual((refusal.code, refusal.reason),
                             (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED"))

    def test_a_call_without_the_role_is_refused_and_logged_by_caller_call_and_reason(self):
        given = str(uuid.uuid4())
        try:
            request = pb.PublishPolicyRequest(request_id=h.request_id(), area=h.AREA)
            self.client("county").policy.PublishPolicy(request, timeout=CALL_SECONDS_MAX,
                                                       metadata=[("x-request-id", given)])
            self.fail("the call was answered")
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.PERMISSION_DENIED)
            answered = dict(error.initial_metadata() or ()) | dict(error.trailing_metadata() or ())
            self.assertEqual(answered["x-request-id"], given)
        [line] = [line for line in self.place.logs().decode().splitlines() if given in line and "denied" in line]
        for part in ('"denied.reason":"role"', "/doudi.v1.PolicyService/PublishPolicy", '"county"'):
            self.assertIn(part, line)

    def test_the_command_line_publishes_with_a_certificate_and_not_without(self):
        certificate, key = self.shown["policy"]
        document = TOP / "policy" / "vocabulary.yaml"
        command = ["policy", "publish", document, "--area", h.AREA, "--officer-id", "c1", "--role", "确认", "--unit", "局",
                   "--dry-run", "--server", f"https://{self.server.address}", "--server-ca", self.authority.certificate]
        shown = ["--client-certificate", certificate, "--client-key", key]
        self.assertEqual(run(*command, *shown, check=False).returncode, 0)
        self.assertEqual(run(*command, check=False).returncode, 3)

    def test_every_answer_carries_an_id_of_its_own(self):
        found = set()
        for _ in range(2):
            _, call = self.determine("county", h.AREA)
            found.add(dict(call.initial_metadata())["x-request-id"])
        self.assertEqual(len({uuid.UUID(value) for value in found}), 2)

    def test_no_certificate_or_one_of_another_authority_gets_nowhere(self):
        others = Authority(self.place.folder / "others")
        foreign = others.credentials(others.client("county"), trusted=self.authority.certificate)
        for credentials in (self.authority.credentials(), foreign):
            client = Client(self.server.connect(credentials))
            refusal = calls.refused(client.policy.ListPolicies, pb.ListPoliciesRequest(area=h.AREA))
            self.assertEqual(refusal.code, grpc.StatusCode.UNAVAILABLE)
        plain = Client(self.server.connect())
        refusal = calls.refused(plain.policy.ListPolicies, pb.ListPoliciesRequest(area=h.AREA))
        self.assertEqual(refusal.code, grpc.StatusCode.UNAVAILABLE)

    def test_a_renewed_certificate_keeps_its_principal_and_a_broken_table_changes_nothing(self):
        request = h.determine(h.three(80000))
        first = self.client("county").determination.Determine(request, timeout=CALL_SECONDS_MAX)
        self.shown["county"] = self.authority.client("county")
        again = self.client("county").determination.Determine(request, timeout=CALL_SECONDS_MAX)
        self.assertEqual(first.acknowledgement.receipt, again.acknowledgement.receipt, "another caller's id is another")
        self.principals.write_text(table(ROWS | {"county": (["decide", "policy"], [h.AREA])}))
        self.server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_SECONDS_MAX
        while not re.search(r"principals\.toml: line \d+", self.place.logs().decode()):
            self.assertLess(time.monotonic(), deadline, "the broken table was not looked at")
            time.sleep(0.1)
        self.client("county").determination.Determine(request, timeout=CALL_SECONDS_MAX)
        self.principals.write_text(table(ROWS))
        self.server.process.send_signal(signal.SIGHUP)


class Start(unittest.TestCase):
    def test_an_address_that_others_reach_needs_certificates(self):
        result = subprocess.run([BIN, "serve", "--listen", "0.0.0.0:0", "--policy", TOP / "policy"],
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 2)
        self.assertIn("callers are not identified", result.stderr)
        self.assertIn("tls_certificate", result.stderr)


if __name__ == "__main__":
    unittest.main()
