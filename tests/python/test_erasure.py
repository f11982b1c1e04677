"""kill -9 between an erasure and the destruction of its keys: the next start finishes it before it serves."""

import json
import sqlite3
import unittest

import calls
import grpc
import households as h
from server import CALL_SECONDS_MAX, TOP, Place, run
from stubs import pb

SETTINGS = {"DOUDI_RETENTION_YEARS": "3"}


class Erased:
    kind = None

    def setUp(self):
        self.place = Place(self.kind)
        self.addCleanup(self.place.remove)

    def sql(self, statement):
        """Runs a statement as the owner of the tables and gives its rows."""
        if self.kind == "postgres":
            return [line.split("|") for line in self.place.psql(self.place.url, statement).splitlines()]
        connection = sqlite3.connect(self.place.url.removeprefix("sqlite:"), isolation_level=None, timeout=10)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def keys_left(self, case):
        """Data keys of the case that are not destroyed."""
        [[identity, content]] = self.sql("SELECT identity_key_ref, content_key_ref FROM case_head "
                                         f"WHERE case_id = '{case.rsplit('/', 1)[1]}'")
        [[count]] = self.sql("SELECT count(*) FROM data_key WHERE wrapped IS NOT NULL "
                             f"AND key_ref IN ('{identity}', '{content}')")
        return int(count)

    def test_a_server_killed_between_the_entry_and_the_keys_finishes_at_its_next_start(self):
        server = self.place.start(environment=SETTINGS)
        calls.publish(server.client)
        decided = server.client.determination.Determine(
            pb.DetermineRequest(request_id=h.request_id(), area=h.TOWNSHIP, input=h.decision(h.three(9000000))),
            timeout=CALL_SECONDS_MAX)
        case, name = decided.determination.case, decided.determination.name
        erase = pb.EraseCaseRequest(
            request_id=h.request_id(), case=case, scope=pb.CASE_SCOPE_CASE, reason="到期",
            basis=pb.ERASURE_BASIS_RETENTION_EXPIRED, officer=h.OFFICER)
        self.sql(self.hold)
        with self.assertRaises(grpc.RpcError):
            server.client.audit.EraseCase(erase, timeout=CALL_SECONDS_MAX)
        self.assertIn("ERASURE", [json.loads(entry.entry)["kind"] for entry in calls.entries(server.client)])
        self.assertEqual(self.keys_left(case), 2, "the keys were not held")
        server.kill()
        self.sql(self.release)
        server = self.place.start(environment=SETTINGS)
        self.assertEqual(self.keys_left(case), 0)
        refusal = calls.refused(server.client.determination.GetDetermination, pb.GetDeterminationRequest(name=name))
        self.assertEqual(refusal.reason, "ERASED")
        self.assertEqual(refusal.metadata["receipt"], decided.acknowledgement.receipt)
        retried = server.client.audit.EraseCase(erase, timeout=CALL_SECONDS_MAX)
        self.assertTrue(retried.HasField("acknowledgement"))

    def test_the_command_line_lists_who_read_a_case(self):
        server = self.place.start(environment=SETTINGS)
        calls.publish(server.client)
        decided = server.client.determination.Determine(
            pb.DetermineRequest(request_id=h.request_id(), area=h.TOWNSHIP, input=h.decision(h.three(9000000))),
            timeout=CALL_SECONDS_MAX)
        server.client.determination.GetDetermination(
            pb.GetDeterminationRequest(name=decided.determination.name), timeout=CALL_SECONDS_MAX,
            metadata=[("doudi-principal", "window-7")])
        server.stop()
        listed = run("--json", "access", decided.determination.case, "--database", self.place.url,
                     "--keys", self.place.keys, "--policy", TOP / "policy")
        [row] = [json.loads(line) for line in listed.stdout.splitlines()]
        self.assertEqual((row["by"], row["purpose"], row["proof"]), ("window-7", "get_determination", None))


class OnSqlite(Erased, unittest.TestCase):
    kind = "sqlite"
    hold = "CREATE TRIGGER held BEFORE UPDATE ON data_key BEGIN SELECT RAISE(ABORT, 'held'); END"
    release = "DROP TRIGGER held"


class OnPostgres(Erased, unittest.TestCase):
    kind = "postgres"
    hold = "REVOKE UPDATE (wrapped, kek_id, destroyed_ms) ON data_key FROM doudi_eraser"
    release = "GRANT UPDATE (wrapped, kek_id, destroyed_ms) ON data_key TO doudi_eraser"


if __name__ == "__main__":
    unittest.main()
