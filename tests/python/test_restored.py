"""A restored backup: the real server is read-only, and a confirmed fork goes on in the next epoch."""

import json
import unittest

import calls
import grpc
import households as h
from calls import refused
from server import CALL_SECONDS_MAX, Place, run


class Restored:
    kind = None

    def decide(self, server):
        request = h.determine(h.three(100000))
        return request, server.client.determination.Determine(request, timeout=CALL_SECONDS_MAX)

    def documents(self, command, place, *arguments, check=True):
        result = run("--json", *command, *place.settings(), *arguments, check=check)
        return result.returncode, [json.loads(line) for line in result.stdout.splitlines()]

    def test_a_restored_backup_is_read_only_until_its_fork_is_confirmed(self):
        place = Place(self.kind)
        self.addCleanup(place.remove)
        server = place.start()
        calls.publish(server.client)
        request, kept = self.decide(server)
        server.stop()
        place.back_up()
        server = place.start()
        self.decide(server)
        seen = calls.checkpoint(server.client).tree_size
        server.stop()
        code, states = self.documents(["log", "status"], place)
        self.assertEqual((code, [state["rolled_back"] for state in states]), (0, [False]))

        place.restore()
        server = place.start()
        refusal = refused(server.client.determination.Determine, h.determine(h.three(100000)))
        self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.FAILED_PRECONDITION, "LOG_ROLLED_BACK"))
        again = server.client.determination.Determine(request, timeout=CALL_SECONDS_MAX)
        self.assertEqual(again.acknowledgement, kept.acknowledgement, "what stands is answered")
        alarm = next(line for line in place.logs().splitlines() if b"LOG_ROLLED_BACK" in line)
        self.assertIn(b"checkpoint.origin", alarm, "whoever is woken reads which log it is")
        self.assertIn(b"checkpoint.seen_size", alarm)
        code, states = self.documents(["log", "status"], place, check=False)
        self.assertEqual((code, states[0]["rolled_back"], states[0]["seen"]["size"]), (1, True, seen))

        # While the server runs: it finds the new epoch by itself.
        confirmed = ["--area", h.AREA, "--confirm-fork"]
        code, begun = self.documents(["log", "next-epoch"], place, *confirmed)
        self.assertEqual((code, begun[0]["seen"]["size"], begun[0]["policies"]), (0, seen, len(calls.SHIPPED) + 1))
        _, decided = self.decide(server)
        self.assertEqual(decided.acknowledgement.origin, begun[0]["opened"])
        self.assertTrue(decided.acknowledgement.origin.endswith("/2"))
        calls.verify([decided.acknowledgement], calls.checkpoint(server.client).verifier_key)
        server.stop()
        code, _ = self.documents(["log", "status"], place)
        self.assertEqual(code, 0)


class OnSqlite(Restored, unittest.TestCase):
    kind = "sqlite"


class OnPostgres(Restored, unittest.TestCase):
    kind = "postgres"


if __name__ == "__main__":
    unittest.main()
