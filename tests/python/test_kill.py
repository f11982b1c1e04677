"""kill -9 during a stream of determinations: what was acknowledged stands, and a retry gets the first answer."""

import random
import unittest

import calls
from cluster import Cluster
from new_year import NewYear
from server import LONG, Place
from storm import Storm

ROUNDS = 60 if LONG else 6
# Long enough to start, to publish the law and to answer before midnight on a busy machine.
SECONDS_BEFORE_MIDNIGHT = 20


class Killed:
    kind = None

    def place(self, **options):
        place = Place(self.kind, **options)
        self.addCleanup(place.remove)
        return place

    def storm(self, place, enough, **options):
        """Kills a server in a stream until it is `enough`, checks every acknowledged answer, and gives the last one."""
        server = place.start(**options)
        calls.publish(server.client)
        policies = calls.checkpoint(server.client).tree_size
        storm = Storm()
        rounds = 0
        while not enough(rounds):
            rounds += 1
            thread = storm.during(server.client, random.uniform(0.0, 1.0))
            server.kill()
            storm.end(thread)
            server = place.start(**options)
            log = calls.entries(server.client)
            for answer in storm.acknowledged.values():
                self.assertEqual(log[answer.acknowledgement.index].entry, answer.acknowledgement.entry)
        storm.resume(server.client)
        storm.check(server.client, policies)
        return server

    def test_a_server_killed_again_and_again_loses_nothing_it_acknowledged(self):
        self.storm(self.place(), lambda rounds: rounds == ROUNDS)

    def two_replicas(self, place, seconds, **options):
        """Streams to two servers on one log, kills one, and lets the other answer for both."""
        first, second = place.start(**options), place.start(**options)
        calls.publish(first.client)
        policies = calls.checkpoint(first.client).tree_size
        left, right = Storm(), Storm()
        threads = left.during(first.client, 0.0), right.during(second.client, seconds())
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
        return second


class OnSqlite(Killed, unittest.TestCase):
    kind = "sqlite"

    def test_the_same_holds_across_new_year_in_shanghai_and_in_utc(self):
        for zone in ("Asia/Shanghai", "UTC"):
            with self.subTest(zone=zone):
                clock = NewYear(zone, SECONDS_BEFORE_MIDNIGHT)
                server = self.storm(self.place(), lambda rounds: rounds > 3 and clock.is_past(),
                                    before=clock.before, environment=clock.environment)
                self.assertEqual(clock.years(calls.entries(server.client)), {2026, 2027})


class OnPostgres(Killed, unittest.TestCase):
    kind = "postgres"

    def test_two_replicas_write_one_log_and_one_may_die(self):
        self.two_replicas(self.place(), lambda: 1.0)

    def test_two_replicas_write_one_log_across_new_year(self):
        clock = NewYear("Asia/Shanghai", SECONDS_BEFORE_MIDNIGHT)
        postgres = Cluster(before=clock.before, environment=clock.environment)
        self.addCleanup(postgres.remove)
        place = self.place(postgres=postgres.url)
        server = self.two_replicas(place, clock.seconds_until_past, before=clock.before, environment=clock.environment)
        self.assertEqual(clock.years(calls.entries(server.client)), {2026, 2027})


if __name__ == "__main__":
    unittest.main()
