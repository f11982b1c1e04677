"""One trace from a caller through the server to the statement in the database, received over OTLP by a real receiver."""

import json
import secrets
import threading
import unittest

import calls
import grpc
import households as h
from opentelemetry.proto.trace.v1 import trace_pb2
from otlp import Receiver, attributes
from server import CALL_SECONDS_MAX, Place
from stubs import pb

METHOD = "doudi.v1.DeterminationService/Determine"
SCHEMA = "https://opentelemetry.io/schemas/1.40.0"


def context(sampled=True):
    """A trace id, a span id, and the header of a caller that says them."""
    trace_id, span_id = secrets.token_hex(16), secrets.token_hex(8)
    return trace_id, span_id, [("traceparent", f"00-{trace_id}-{span_id}-{'01' if sampled else '00'}")]


def sealed(answer):
    """What the record itself says of its trace."""
    return json.loads(next(document.content for document in answer.acknowledgement.documents
                           if document.name == "facts"))["trace"]


class Traced:
    kind = None

    @classmethod
    def setUpClass(cls):
        cls.receiver = Receiver()
        cls.addClassCleanup(cls.receiver.stop)
        cls.place = Place(cls.kind)
        cls.addClassCleanup(cls.place.remove)
        # The filter of log lines says nothing of the service: spans are not filtered by it.
        cls.server = cls.place.start(log_filter="warn", arguments=[
            "--otlp-endpoint", cls.receiver.endpoint, "--log-format", "json", "--service-name", "doudi-under-test"])
        calls.publish(cls.server.client)

    def determine(self, metadata=(), income_fen=90000):
        return self.server.client.determination.Determine(
            h.determine(h.three(income_fen)), timeout=CALL_SECONDS_MAX, metadata=metadata)

    def arrived(self, trace_id, *names):
        """The spans of a trace by name, once some begin with these names: an insertion names all its tables."""
        def found():
            spans = list(self.receiver.trace(trace_id).values())
            by_name = {span.name: span for span in spans}
            return by_name if all(any(span.startswith(name) for span in by_name) for name in names) else None
        return self.receiver.wait(found)

    def test_one_trace_leads_from_the_caller_to_the_statement(self):
        trace_id, parent, metadata = context()
        answer = self.determine(metadata)
        by_name = self.arrived(trace_id, METHOD, "rules decide", "log append", "log commit", "COMMIT",
                               "INSERT log_entry", "UPDATE log_head")
        server = by_name[METHOD]
        self.assertEqual(server.parent_span_id.hex(), parent)
        self.assertEqual(server.kind, trace_pb2.Span.SPAN_KIND_SERVER)
        said = attributes(server)
        self.assertEqual((said["rpc.system.name"], said["rpc.method"], said["rpc.response.status_code"]),
                         ("grpc", METHOD, "OK"))
        self.assertEqual(server.status.code, trace_pb2.Status.STATUS_CODE_UNSET)
        # Every span stands under another one of the trace, up to the server's.
        spans = self.receiver.trace(trace_id)
        for span in spans.values():
            at = span
            while at.span_id != server.span_id:
                at = spans[at.parent_span_id.hex()]
        commit = by_name["COMMIT"]
        self.assertEqual(commit.parent_span_id, by_name["log commit"].span_id)
        self.assertEqual(by_name["log commit"].parent_span_id, by_name["log append"].span_id)
        statements = [span for span in spans.values() if span.kind == trace_pb2.Span.SPAN_KIND_CLIENT]
        self.assertGreater(len(statements), 5)
        for span in statements:
            said = attributes(span)
            self.assertEqual(said["db.system.name"], self.system)
            self.assertEqual(span.name, said["db.query.summary"])
            self.assertIn(said["db.operation.name"], span.name)
            self.assertNotIn("db.query.text", said)
        self.assertEqual(attributes(self.receiver.resources[0])["service.name"], "doudi-under-test")
        self.assertEqual({scope.schema_url for scope in self.receiver.scopes}, {SCHEMA})
        # The decision leads to its trace.
        self.assertEqual(sealed(answer), {
            "trace_id": trace_id, "span_id": server.span_id.hex(), "parent_span_id": parent, "flags": 1})

    def test_a_trace_leads_to_its_entries_and_the_entry_back(self):
        trace_id, _, metadata = context()
        answers = [self.determine(metadata), self.determine(metadata, 80000)]
        self.determine(context()[2])
        client = self.server.client
        found, token = [], ""
        while True:
            page = client.audit.ListEntries(
                pb.ListEntriesRequest(area=h.AREA, trace_id=trace_id, page_size=1, page_token=token),
                timeout=CALL_SECONDS_MAX)
            found.extend(page.entries)
            token = page.next_page_token
            if not token:
                break
        self.assertEqual([entry.index for entry in found],
                         [answer.acknowledgement.index for answer in answers])
        for entry, answer in zip(found, answers):
            self.assertEqual(entry.entry, answer.acknowledgement.entry)
            self.assertNotIn(trace_id.encode(), entry.entry)
            self.assertEqual(sealed(answer)["trace_id"], trace_id)
            replayed = client.audit.Replay(
                pb.ReplayRequest(determination=answer.determination.name), timeout=CALL_SECONDS_MAX)
            self.assertTrue(replayed.equal, replayed)
        other = pb.ListEntriesRequest(area=h.AREA, trace_id=secrets.token_hex(16))
        self.assertEqual(len(client.audit.ListEntries(other, timeout=CALL_SECONDS_MAX).entries), 0)
        for text in ("x", trace_id.upper(), "0" * 32):
            refusal = calls.refused(client.audit.ListEntries, pb.ListEntriesRequest(area=h.AREA, trace_id=text))
            self.assertEqual((refusal.code, refusal.fields), (grpc.StatusCode.INVALID_ARGUMENT, ["trace_id"]), text)

    def test_a_caller_that_keeps_no_trace_is_followed_and_its_record_says_so(self):
        trace_id, parent, metadata = context(sampled=False)
        told = sealed(self.determine(metadata))
        self.assertEqual((told["trace_id"], told["parent_span_id"], told["flags"]), (trace_id, parent, 0))
        self.assertRegex(told["span_id"], "^[0-9a-f]{16}$")
        # A later call's spans are there, and none of these.
        later, _, metadata = context()
        self.determine(metadata)
        self.arrived(later, METHOD)
        self.assertEqual(self.receiver.trace(trace_id), {})

    def test_without_a_header_the_server_begins_a_trace_of_its_own(self):
        for metadata in ([], [("traceparent", "00-" + "0" * 32 + "-" + "0" * 16 + "-01")]):
            told = sealed(self.determine(metadata))
            self.assertNotIn("parent_span_id", told)
            self.assertEqual(self.arrived(told["trace_id"], METHOD)[METHOD].span_id.hex(), told["span_id"])

    def test_commits_of_many_callers_are_linked_to_all_of_them(self):
        contexts = [context() for _ in range(16)]
        threads = [threading.Thread(target=self.determine, args=(metadata,)) for _, _, metadata in contexts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        traces = {trace_id for trace_id, _, _ in contexts}

        def covered():
            """The traces in which a commit stands, or to which one is linked."""
            commits = [span for trace_id in traces for span in self.receiver.trace(trace_id).values()
                       if span.name == "log commit"]
            linked = {link.trace_id.hex() for span in commits for link in span.links}
            return linked | {span.trace_id.hex() for span in commits}
        self.receiver.wait(lambda: covered() == traces)

    def test_a_mistake_of_the_caller_is_no_error_of_the_server(self):
        trace_id, _, metadata = context()
        with self.assertRaises(grpc.RpcError):
            self.server.client.audit.GetEntry(
                pb.GetEntryRequest(area=h.AREA, index=1 << 40), timeout=CALL_SECONDS_MAX, metadata=metadata)
        span = self.arrived(trace_id, "doudi.v1.AuditService/GetEntry")["doudi.v1.AuditService/GetEntry"]
        self.assertEqual(attributes(span)["rpc.response.status_code"], "NOT_FOUND")
        self.assertEqual(span.status.code, trace_pb2.Status.STATUS_CODE_UNSET)
        self.assertNotIn("error.type", attributes(span))

    def test_items_of_a_stream_stand_under_its_call(self):
        trace_id, _, metadata = context()
        items = [pb.BatchDetermineRequest(correlation_id=str(at), determine=h.determine(h.three(90000)))
                 for at in range(3)]
        answers = list(self.server.client.determination.BatchDetermine(
            iter(items), timeout=CALL_SECONDS_MAX, metadata=metadata))
        self.assertEqual(len(answers), 3)
        method = "doudi.v1.DeterminationService/BatchDetermine"
        server = self.arrived(trace_id, method)[method]
        self.assertEqual(attributes(server)["rpc.response.status_code"], "OK")
        spans = self.receiver.trace(trace_id).values()
        under = [span for span in spans if span.name == "stream item"]
        self.assertEqual([span.parent_span_id for span in under], [server.span_id] * 3)


class OnSqlite(Traced, unittest.TestCase):
    kind, system = "sqlite", "sqlite"


class OnPostgres(Traced, unittest.TestCase):
    kind, system = "postgres", "postgresql"


class Lines(unittest.TestCase):
    """Log lines of a trace, on the error stream and at the receiver; and a server whose collector is away."""

    def setUp(self):
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)
        self.place = Place("sqlite")
        self.addCleanup(self.place.remove)

    def lines(self):
        """Every line on the error stream, read as JSON."""
        return [json.loads(line) for line in self.place.logs().decode().splitlines()]

    def denied(self, server, metadata):
        """A call that is told in the log: nobody may open identities here."""
        with self.assertRaises(grpc.RpcError):
            server.client.audit.OpenDocuments(pb.OpenDocumentsRequest(
                request_id=h.request_id(), area=h.AREA, indices=[0], include_identity=True,
                purpose=pb.OPENING_PURPOSE_AUDIT, reference="1"), timeout=CALL_SECONDS_MAX, metadata=metadata)

    def test_lines_carry_the_trace_and_the_span_of_their_call(self):
        server = self.place.start(log_filter="warn,doudi=info", arguments=[
            "--otlp-endpoint", self.receiver.endpoint, "--log-format", "json"])
        trace_id, _, metadata = context()
        self.denied(server, metadata)
        sent = self.receiver.wait(
            lambda: [line for line in self.receiver.lines if line.trace_id.hex() == trace_id])
        self.assertEqual({line.body.string_value for line in sent}, {"a call was denied"})
        span = self.receiver.wait(lambda: list(self.receiver.trace(trace_id).values()))[0]
        self.assertEqual({line.span_id for line in sent}, {span.span_id})
        written = [line for line in self.lines() if line.get("trace_id") == trace_id]
        self.assertEqual([line["message"] for line in written], ["a call was denied"])
        self.assertEqual(written[0]["span_id"], span.span_id.hex())
        self.assertEqual(written[0]["rpc.method"], "/doudi.v1.AuditService/OpenDocuments")
        self.assertEqual((written[0]["level"], written[0]["denied.reason"]), ("WARN", "scope"))
        self.assertIn("timestamp", written[0])

    def test_without_a_collector_lines_and_records_still_name_the_trace(self):
        server = self.place.start(log_filter="warn", arguments=["--log-format", "json"])
        calls.publish(server.client)
        trace_id, parent, metadata = context()
        self.denied(server, metadata)
        written = [line for line in self.lines() if line.get("trace_id") == trace_id]
        self.assertEqual([line["message"] for line in written], ["a call was denied"])
        answer = server.client.determination.Determine(
            h.determine(h.three(90000)), timeout=CALL_SECONDS_MAX, metadata=metadata)
        told = sealed(answer)
        self.assertEqual((told["trace_id"], told["parent_span_id"], told["flags"]), (trace_id, parent, 1))
        self.assertNotEqual(told["span_id"], parent)

    def test_the_last_spans_leave_before_the_server_ends(self):
        server = self.place.start(arguments=["--otlp-endpoint", self.receiver.endpoint])
        calls.publish(server.client)
        trace_id, _, metadata = context()
        server.client.determination.Determine(
            h.determine(h.three(90000)), timeout=CALL_SECONDS_MAX, metadata=metadata)
        self.assertEqual(server.stop()[0], 0)
        self.assertIn(METHOD, {span.name for span in self.receiver.trace(trace_id).values()})

    def test_a_collector_that_is_away_neither_keeps_the_server_from_working_nor_from_ending(self):
        self.receiver.stop()
        server = self.place.start(arguments=["--otlp-endpoint", self.receiver.endpoint])
        calls.publish(server.client)
        code, seconds = server.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 15)


if __name__ == "__main__":
    unittest.main()
