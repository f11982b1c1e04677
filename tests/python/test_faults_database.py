"""A database that dies, restarts or loses connections under load: nothing acknowledged is lost, nothing is doubled."""

import unittest

import calls
import grpc
import households as h
from calls import refused
from faulty import BACK_SECONDS_MAX, Faulty
from load import Load


class Database(Faulty):
    def setUp(self):
        self.behind_proxy()

    def test_a_database_killed_under_load_and_started_again(self):
        server = self.serve()
        self.probe(server, ready=True)
        with Load([server.client]) as load:
            for _ in range(2):
                load.more(50)
                self.cluster.kill()
                told = self.probe(server, ready=False)
                self.cluster.start()
                load.more(50)
        self.says("postgres-killed", told)
        self.probe(server, ready=True)
        load.check(server.client)
        self.sound()

    def test_connections_terminated_under_load(self):
        server = self.serve()
        terminate = ("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                     f"WHERE datname = '{self.place.name}' AND pid <> pg_backend_pid()")
        terminated = 0
        with Load([server.client]) as load:
            for _ in range(10):
                load.more(10)
                terminated += int(self.cluster.sql(terminate))
        self.assertGreaterEqual(terminated, 10)
        self.says("backends-terminated")
        load.check(server.client)
        self.sound()

    def test_a_connection_cut_between_commit_and_its_reply(self):
        server = self.serve()
        for reached in (True, False):
            with self.subTest(reached=reached):
                before = len(calls.entries(server.client))
                request = h.determine(h.three(100000))
                self.proxy.cut_commits(1, reached)
                first = self.decide(server, request)
                self.assertEqual(self.proxy.cuts, 1 if reached else 2)
                self.assertEqual(first.acknowledgement.index, before)
                self.assertEqual(self.decide(server, request), first)
                self.assertEqual(len(calls.entries(server.client)), before + 1)
        self.says("commit-cut")
        with Load([server.client]) as load:
            for at in range(20):
                self.proxy.cut_commits(1, reached=at % 2 == 0)
                load.more(5)
        self.assertGreater(self.proxy.cuts, 10)
        load.check(server.client, others=2)
        self.sound()

    def test_a_commit_without_a_reply_and_then_no_database(self):
        server = self.serve()
        before = len(calls.entries(server.client))
        request = h.determine(h.three(100000))
        self.proxy.cut_commits(1, reached=True, then_shut=True)
        self.assertEqual(refused(server.client.determination.Determine, request).code, grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(self.proxy.cuts, 1)
        self.says("commit-cut-away")
        self.proxy.open()
        answer = self.wait(lambda: self.retried(server, request), "it never came back")
        self.assertEqual(answer.acknowledgement.index, before, "it was stored by the first attempt")
        self.assertEqual(len(calls.entries(server.client)), before + 1)
        self.sound()

    def retried(self, server, request):
        try:
            return self.decide(server, request)
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
            return None

    def test_a_database_that_falls_silent(self):
        server = self.serve()
        self.probe(server, ready=True)
        with Load([server.client], callers=2) as load:
            load.more(20)
            self.proxy.freeze()
            told = self.probe(server, ready=False)
            self.says("database-silent", told)
            self.proxy.renew()
            # A COMMIT that hangs is given up after 15 s; the connections that waited are given up with it, at once.
            load.more(20, seconds=BACK_SECONDS_MAX)
        load.check(server.client)
        self.sound()


if __name__ == "__main__":
    unittest.main()
