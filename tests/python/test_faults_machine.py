"""A machine that fails the service: a full disk, a flipped bit, a clock that jumps, certificates that run out, a client
that stays."""

import contextlib
import signal
import sqlite3
import threading
import time
import unittest

import calls
import grpc
import households as h
import operations
from calls import refused
from certificates import Authority, table
from faketime import MovableClock
from faulty import Faulty
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from load import Load
from server import CALL_SECONDS_MAX, LONG, Place, run
from small_disk import SmallDisk
from stubs import Client, pb

# Room for the tables, the law and some hundred decisions, filled in a moment.
DISK_MIB = 24
# Enough to start a server and to be let in.
CERTIFICATE_SECONDS = 8
# The bounds of src/shutdown.rs, all steps together, and a moment for a busy machine.
SHUTDOWN_SECONDS_MAX = 4 + 30 + 10 + 5 + 5
# The drain, and a moment for a busy machine: well before a call in flight would be cut off.
ENDED_SECONDS_MAX = 4 + 15
# ServerReflectionRequest.list_services, empty.
LIST_SERVICES = b"\x3a\x00"


class Disk(Faulty):
    def refused_until_free(self, server, fill, free, key):
        """Fills the disk under load and makes room again."""
        with Load([server.client], callers=4) as load:
            load.more(30)
            fill()
            refusal = self.wait(lambda: self.refusal(server), "a full disk refuses nothing")
            self.says(key, f"{refusal.reason} {refusal.text}")
            with_reads = calls.entries(server.client)
            self.assertGreater(len(with_reads), 30, "what stands is read")
            free()
            load.more(30)
        self.probe(server, ready=True)
        load.check(server.client, others=self.passed)
        self.sound()

    def refusal(self, server):
        """Counts the decisions for which there was still room."""
        refusal = super().refusal(server)
        if refusal is None:
            self.passed += 1
        return refusal

    def setUp(self):
        self.passed = 0
        self.disk = SmallDisk(DISK_MIB)
        self.addCleanup(self.disk.remove)

    def test_a_full_disk_under_sqlite(self):
        self.at(Place("sqlite", disk=self.disk.path))
        server = self.serve()
        self.refused_until_free(server, self.disk.fill, self.disk.free, "sqlite-disk-full")

    def test_a_disk_that_is_read_only_when_the_server_starts(self):
        place = self.at(Place("sqlite", disk=self.disk.path))
        server = self.serve()
        decided = self.decide(server)
        server.kill()
        self.disk.read_only(True)
        started = run("serve", "--listen", "127.0.0.1:0", *place.settings(), check=False)
        self.assertNotEqual(started.returncode, 0)
        self.says("disk-read-only", started.stderr)
        self.disk.read_only(False)
        server = self.serve()
        self.assertEqual(calls.entries(server.client)[decided.acknowledgement.index].entry,
                         decided.acknowledgement.entry)
        self.sound()

    def test_a_full_disk_under_postgresql(self):
        self.behind_proxy()
        self.cluster.give(self.disk.path)
        self.cluster.sql(f"CREATE TABLESPACE small LOCATION '{self.disk.path}'")
        self.cluster.sql(f"ALTER DATABASE {self.place.name} SET TABLESPACE small")
        server = self.serve()
        self.refused_until_free(server, self.disk.fill, self.disk.free, "postgres-disk-full")


class Damage(Faulty):
    def test_a_flipped_bit_in_a_document_takes_the_server_out_of_service(self):
        self.at(Place("sqlite"))
        server = self.serve()
        damaged, whole = self.decide(server), self.decide(server)
        # A name that is wrong is a caller's mistake, and no reason to stop.
        nothing = whole.determination.case + damaged.determination.name.removeprefix(damaged.determination.case)
        self.assertEqual(self.read(server, nothing).code, grpc.StatusCode.NOT_FOUND)
        self.probe(server, ready=True)
        self.flip(damaged)
        told = self.read(server, damaged.determination.name)
        self.assertEqual((told.code, told.reason), (grpc.StatusCode.DATA_LOSS, "LOG_CORRUPT"))
        self.probe(server, ready=False, text="stored bytes do not match their hash")
        health = HealthStub(server.channel).Check(HealthCheckRequest(), timeout=CALL_SECONDS_MAX)
        self.assertEqual(health.status, HealthCheckResponse.NOT_SERVING)
        self.says("document-damaged")
        [line] = [line for line in self.place.logs().decode().splitlines() if "stop writing" in line]
        index = damaged.acknowledgement.index
        for said in ("ERROR", "entry.area=340321", "entry.epoch=1", rf"entry.index={index}\b", 'document.name="determination"'):
            self.assertRegex(line, said)
        self.assertIsNone(self.read(server, whole.determination.name), "what is whole is answered")
        server.kill()
        self.flip(damaged)
        self.probe(self.serve(), ready=True)
        self.sound()

    def read(self, server, name):
        """The refusal of a read; nothing if it was answered."""
        try:
            server.client.determination.GetDetermination(
                pb.GetDeterminationRequest(name=name), timeout=CALL_SECONDS_MAX)
        except grpc.RpcError as error:
            return calls.Refusal(error)
        return None

    def flip(self, decided):
        """Flips the last bit of the sealed determination, which the triggers of the tables do not let anybody do."""
        with contextlib.closing(sqlite3.connect(self.place.folder / "doudi.sqlite", timeout=10)) as owner, owner:
            triggers = owner.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'document'").fetchall()
            for name, _ in triggers:
                owner.execute(f'DROP TRIGGER "{name}"')
            at = (decided.acknowledgement.index, "determination")
            [[stored]] = owner.execute("SELECT bytes FROM document WHERE idx = ? AND name = ?", at)
            flipped = stored[:-1] + bytes([stored[-1] ^ 1])
            owner.execute("UPDATE document SET bytes = ? WHERE idx = ? AND name = ?", (flipped, *at))
            for _, trigger in triggers:
                owner.execute(trigger)


class Clock(Faulty):
    def moved(self, server, clock, shift, key):
        """Under this clock a decision is refused in the words of the table; under the right one it is made again."""
        clock.move(shift)
        refusal = self.wait(lambda: self.refusal(server), "the clock is believed")
        self.says(key, refusal.reason)
        clock.move("+0")
        self.decide(server)

    def test_a_clock_that_jumps(self):
        for kind in ("sqlite", "postgres"):
            with self.subTest(kind=kind):
                place = self.at(Place(kind))
                clock = MovableClock(place.folder)
                server = self.serve(before=clock.before, environment=clock.environment)
                with Load([server.client], callers=2) as load:
                    load.more(10)
                    clock.move("-3")
                    load.more(10)
                    clock.move("+0")
                if kind == "sqlite":
                    self.moved(server, clock, "-1h", "clock-back")
                    self.moved(server, clock, "+2d", "clock-ahead")
                else:
                    self.moved(server, clock, "+20", "clock-differs")
                logged = [entry.create_time.ToDatetime() for entry in calls.entries(server.client)]
                self.assertEqual(logged, sorted(logged))
                self.sound()

    def test_a_quiet_time_needs_an_operator_who_confirms_the_clock(self):
        place = self.at(Place("sqlite"))
        server = self.serve()
        server.kill()
        clock = MovableClock(place.folder)
        clock.move("+2d")
        server = self.serve(before=clock.before, environment=clock.environment)
        self.says("quiet-time", self.refusal(server).reason)
        server.kill()
        server = self.serve(before=clock.before, environment=clock.environment, arguments=["--confirm-clock"])
        self.decide(server)


class Certificates(Faulty):
    def test_certificates_that_run_out_and_are_renewed_while_the_server_runs(self):
        place = self.at(Place("sqlite"))
        authority = Authority(place.folder / "tls")
        ends = time.monotonic() + CERTIFICATE_SECONDS
        certificate, key = authority.server(ends_in=CERTIFICATE_SECONDS)
        old = authority.credentials(authority.client("county", ends_in=CERTIFICATE_SECONDS))
        fresh = authority.credentials(authority.client("county"))
        principals = place.folder / "principals.toml"
        principals.write_text(table({"county": (["decide", "review"], [h.AREA])}))
        server = place.start(arguments=[
            "--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca", authority.certificate,
            "--principals", principals, *operations.FLAGS], credentials=old)
        self.assertEqual(self.asked(server.client).code, grpc.StatusCode.NOT_FOUND, "let in")
        time.sleep(max(0.0, ends + 1.5 - time.monotonic()))

        told = self.asked(server.client)
        self.assertEqual(told.code, grpc.StatusCode.UNAUTHENTICATED, "on the connection from before")
        self.assertEqual(self.asked(Client(server.connect(fresh))).code, grpc.StatusCode.UNAVAILABLE, "the server's own")
        self.says("certificates-expired", told.reason)
        authority.server()
        server.process.send_signal(signal.SIGHUP)
        self.wait(lambda: self.asked(Client(server.connect(fresh))).code == grpc.StatusCode.NOT_FOUND, "not renewed")
        self.assertEqual(self.asked(Client(server.connect(old))).code, grpc.StatusCode.UNAVAILABLE, "the client's own")

    def asked(self, client):
        """The refusal of a question that has no answer yet: NOT_FOUND is that of a caller who was let in."""
        return refused(client.policy.ListPolicies, pb.ListPoliciesRequest(area=h.AREA))


class Shutdown(Faulty):
    def stopped(self, sent_count, key):
        """A stream that stays open after the first answer, of whose further answers none is taken; then SIGTERM."""
        self.at(Place("sqlite"))
        server = self.serve()
        ended, sent = threading.Event(), []
        self.addCleanup(ended.set)

        def items():
            for number in range(sent_count):
                sent.append(number)
                yield pb.BatchDetermineRequest(correlation_id=str(number), determine=h.determine(h.three(100000)))
            ended.wait()

        stream = server.client.determination.BatchDetermine(items())
        kept = next(stream).determined.acknowledgement
        # As many as the windows of the connection take.
        before = -1
        while before != len(sent):
            before = len(sent)
            time.sleep(2)
        code, seconds = server.stop()
        self.assertLess(seconds, SHUTDOWN_SECONDS_MAX)
        self.says(key)
        again = self.serve()
        self.assertEqual(calls.entries(again.client)[kept.index].entry, kept.entry)
        again.kill()
        self.sound()
        return code

    def test_a_client_that_holds_its_stream_does_not_keep_the_server(self):
        self.assertEqual(self.stopped(1, "stuck-client"), 0)

    def test_watches_of_health_and_streams_of_reflection_do_not_keep_the_server(self):
        self.at(Place("sqlite"))
        server = self.serve()
        asked = threading.Event()
        self.addCleanup(asked.set)

        def questions():
            yield LIST_SERVICES
            asked.wait()

        self.probe(server, ready=True)
        watch = HealthStub(server.channel).Watch(HealthCheckRequest(), timeout=SHUTDOWN_SECONDS_MAX)
        self.wait(lambda: next(watch).status == HealthCheckResponse.SERVING, "health never served")
        reflected = server.channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")(questions())
        next(reflected)
        code, seconds = server.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, ENDED_SECONDS_MAX)
        self.assertEqual(next(watch).status, HealthCheckResponse.NOT_SERVING, "said before the end")
        for stream in (watch, reflected):
            with self.assertRaises(grpc.RpcError) as ended:
                next(stream)
            refusal = calls.Refusal(ended.exception)
            self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN"))

    @unittest.skipUnless(LONG, "half a minute of waiting: with --long")
    def test_a_client_that_takes_no_answers_is_cut_off_after_the_bound(self):
        self.assertNotEqual(self.stopped(100_000, "deaf-client"), 0)


if __name__ == "__main__":
    unittest.main()
