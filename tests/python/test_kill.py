"""kill -9 during a stream of determinations: what was acknowledged stands, and a retry gets the first answer."""

import datetime
import random
import unittest
import zoneinfo

import calls
from server import LONG, Place
from storm import Storm

ROUNDS = 60 if LONG else 6


class Killed:
    kind = None

    def setUp(self):
        self.place = Place(self.kind)
        self.addCleanup(self.place.remove)

    def storm(self, rounds, **options):
        server = self.place.start(**options)
        calls.publish(server.client)
        policies = calls.checkpoint(server.client).tree_size
        storm = Storm()
        for _ in range(rounds):
            thread = storm.during(server.client, random.uniform(0.0, 1.0))
            server.kill()
            storm.end(thread)
            server = self.place.start(**options)
            log = calls.entries(server.client)
            for answer in storm.acknowledged.values():
                self.assertEqual(log[answer.acknowledgement.index].entry, answer.acknowledgement.entry)
        storm.resume(server.client)
        storm.check(server.client, policies)
        return server

    def test_a_server_killed_again_and_again_loses_nothing_it_acknowledged(self):
        self.storm(ROUNDS)


class OnSqlite(Killed, unittest.TestCase):
    kind = "sqlite"

    def test_the_same_holds_across_new_year_in_shanghai_and_in_utc(self):
        for zone in ("Asia/Shanghai", "UTC"):
            with self.subTest(zone=zone):
                self.setUp()
                midnight = datetime.datetime(2027, 1, 1, tzinfo=zoneinfo.ZoneInfo(zone))
                shift = int((midnight - datetime.datetime.now(datetime.UTC)).total_seconds()) - 4
                # The offset stays the same over restarts, so the clock runs through midnight and never back.
                environment = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": zone}
                server = self.storm(4, before=("faketime", "-f", f"+{shift}"), environment=environment)
                logged = [entry.create_time.ToDatetime(datetime.UTC).astimezone(zoneinfo.ZoneInfo(zone))
                          for entry in calls.entries(server.client)]
                self.assertEqual(logged, sorted(logged), "the log's clock went back")
                self.assertEqual({moment.year for moment in logged}, {2026, 2027})


class OnPostgres(Killed, unittest.TestCase):
    kind = "postgres"

    def test_two_replicas_write_one_log_and_one_may_die(self):
        first, second = self.place.start(), self.place.start()
        calls.publish(first.client)
        policies = calls.checkpoint(first.client).tree_size
        left, right = Storm(), Storm()
        threads = left.during(first.client, 0.0), right.during(second.client, 1.0)
        first.kill()
        left.end(threads[0])
        right.end(threads[1])
        # What the dead replica was asked is answered by the living one.
        left.resume(second.client)
        right.resume(second.client)
        both = Storm()
        both.sent = {**left.sent, **right.sent}
        both.acknowledged = {**left.acknowledged, **right.acknowledged}
        both.check(second.client, policies)


if __name__ == "__main__":
    unittest.main()
