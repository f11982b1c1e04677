"""Several servers on one log, and a standby that takes over: in time with everything, or late and refused."""

import json
import unittest

import calls
import grpc
import households as h
import operations
from calls import refused
from cluster import Cluster
from faulty import Faulty
from load import Load
from server import LONG, Place, run

# Calls that are acknowledged with all replicas at work.
TOGETHER_COUNT = 5000 if LONG else 200


class Replicas(Faulty):
    def test_two_and_four_replicas_on_one_log_under_load(self):
        for count in (2, 4):
            with self.subTest(count=count):
                place = self.at(Place("postgres"))
                # Each replica stands on a machine of its own, with its own marks.
                servers = [self.serve(arguments=["--high-water", place.folder / f"marks-{at}"]) for at in range(count)]
                with Load([server.client for server in servers], callers=2 * count) as load:
                    load.more(TOGETHER_COUNT, seconds=300)
                load.check(servers[0].client)
                shown = calls.entries(servers[0].client)
                for server in servers:
                    self.assertEqual(calls.entries(server.client), shown, "every replica shows the same log")
                    self.assertNotIn("read-only", self.probe(server, ready=True))
                    server.kill()
                self.sound("--high-water", place.folder / "marks-0")

    def standby(self, **settings):
        """A primary behind the proxy, a server on it, and a standby that follows."""
        self.behind_proxy(**settings)
        standby = Cluster(standby_of=self.cluster)
        self.addCleanup(standby.remove)
        self.wait(lambda: self.cluster.sql("SELECT state FROM pg_stat_replication") == "streaming",
                  "the standby does not follow")
        return standby

    def take_over(self, standby):
        """The primary is dead; the address leads to the standby, which becomes the primary."""
        self.cluster.kill()
        self.proxy.shut()
        standby.promote()
        self.proxy.target = standby.port
        self.proxy.open()

    def test_a_synchronous_standby_takes_over_with_every_acknowledged_decision(self):
        standby = self.standby()
        self.cluster.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.cluster.sql("SELECT pg_reload_conf()")
        self.wait(lambda: self.cluster.sql("SELECT sync_state FROM pg_stat_replication") == "sync",
                  "the standby is not synchronous")
        server = self.serve()
        with Load([server.client]) as load:
            load.more(100)
            self.take_over(standby)
            load.more(100)
        self.says("standby-synchronous")
        self.assertNotIn("read-only", self.probe(server, ready=True))
        load.check(server.client)
        self.sound()

    def test_a_standby_that_lagged_behind_is_refused_until_the_loss_is_confirmed(self):
        standby = self.standby()
        server = self.serve()
        with Load([server.client]) as load:
            load.more(30)
        self.wait(lambda: self.cluster.sql("SELECT bool_and(replay_lsn = pg_current_wal_lsn()) FROM pg_stat_replication")
                  == "t", "the standby does not follow")
        standby.stop()
        with Load([server.client]) as lost:
            lost.more(30)
        seen = calls.checkpoint(server.client)
        self.cluster.kill()
        standby.start()
        self.take_over(standby)

        told = self.probe(server, ready=True, text="read-only log")
        refusal = self.wait(lambda: self.rolled_back(server), "it is not refused")
        self.says("standby-lagging", f"{told} {refusal.reason}")
        load.check(server.client)
        code, states = self.log_status()
        self.assertEqual((code, states[0]["rolled_back"], states[0]["seen"]["size"]), (1, True, seen.tree_size))
        # A new process is as careful.
        server.kill()
        again = self.place.start(arguments=operations.FLAGS)
        self.addCleanup(again.kill)
        self.assertIsNotNone(self.rolled_back(again))

        begun = run("--json", "log", "next-epoch", *self.place.settings(), "--area", h.AREA, "--confirm-fork")
        self.assertEqual(json.loads(begun.stdout.splitlines()[0])["seen"]["size"], seen.tree_size)
        decided = self.decide(again).acknowledgement
        self.assertTrue(decided.origin.endswith("/2"))
        calls.verify([decided], calls.checkpoint(again.client).verifier_key)

    def rolled_back(self, server):
        refusal = refused(server.client.determination.Determine, h.determine(h.three(100000)))
        if refusal.code == grpc.StatusCode.UNAVAILABLE:
            return None
        self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.FAILED_PRECONDITION, "LOG_ROLLED_BACK"))
        return refusal


if __name__ == "__main__":
    unittest.main()
