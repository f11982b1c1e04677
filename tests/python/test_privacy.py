"""Marked names and numbers go through every RPC; then they are looked for everywhere they must not be."""

import base64
import unittest

import calls
import grpc
import households as h
import operations
from otlp import Receiver
from server import CALL_SECONDS_MAX, TOP, Place
from stubs import pb

NAME = "标记甲乙丙丁"
OFFICER_NAME = "标记经办戊己"
ADDRESS = "标记县标记镇庚辛村7号"
BANK = "6217MARK0000991234"
PHONE = "1399MARK771"
CALLER_CASE = "MARK-CASE-4711"
REASON = "标记理由壬癸"
NUMBERS = [h.id_number(serial) for serial in (501, 502, 503)]
MARKS = [NAME, OFFICER_NAME, ADDRESS, BANK, PHONE, CALLER_CASE, REASON, *NUMBERS]


def spellings(mark):
    """The mark as it could stand in a file: UTF-8, UTF-16, hex, base64 at each alignment, JSON and URL escapes."""
    plain = mark.encode()
    yield plain
    yield mark.encode("utf-16-le")
    yield mark.encode("utf-16-be")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        # The first and last groups depend on the neighbours: compare only what the mark alone decides.
        yield coded[4 if shift else 0:len(coded) // 4 * 4 - 4]
    if not mark.isascii():
        yield mark.encode("unicode_escape")
        yield "".join(f"%{byte:02X}" for byte in plain).encode()


def found_in(data):
    return sorted({mark for mark in MARKS for spelling in spellings(mark) if spelling in data})


def identity():
    return pb.Identity(
        persons=[pb.PersonIdentity(member_id=member, name=NAME, id_number=number, phone=PHONE)
                 for member, number in zip("abc", NUMBERS)],
        caller_case_number=CALLER_CASE, address=ADDRESS, bank_account=BANK,
        officers=[pb.OfficerName(officer_id=h.OFFICER.id, name=OFFICER_NAME)])


def decided(facts, *when):
    return h.decision(facts, *when, identity=identity(), discretion=[
        pb.Discretion(choice="officer.grace_months", value="6", reason=REASON, by="o-17", role="确认", unit="民政局")])


class Searched:
    kind = None

    def setUp(self):
        self.place = Place(self.kind)
        self.addCleanup(self.place.remove)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)
        # Everything that is told while it works is told here, at its finest.
        self.server = self.place.start(log_filter="debug", arguments=[
            *operations.FLAGS, "--otlp-endpoint", self.receiver.endpoint], environment={
                "DOUDI_RETENTION_YEARS": "3", "DOUDI_IDENTITY_TO_LOOPBACK": "true"})
        self.errors = []
        calls.publish(self.server.client)

    def call(self, method, request, code=None):
        """Makes a call whose errors are searched too. `code`: it has to be refused so."""
        try:
            answer = method(request, timeout=CALL_SECONDS_MAX)
            self.assertIsNone(code, "the call was answered")
            return answer
        except grpc.RpcError as error:
            refusal = calls.Refusal(error)
            self.errors.append(refusal.everything + str(refusal.text))
            if code is None:
                raise
            self.assertEqual(refusal.code, code)

    def every_rpc(self):
        """Every RPC that takes personal data, once with success and once with a mistake."""
        d, r = self.server.client.determination, self.server.client.review
        request = pb.DetermineRequest(request_id=h.request_id(), area=h.TOWNSHIP, input=decided(h.three(136000)))
        first = self.call(d.Determine, request)
        case = first.determination.case

        broken = pb.DetermineRequest()
        broken.CopyFrom(request)
        broken.request_id = h.request_id()
        broken.area = NAME
        broken.input.identity.persons[0].id_number = NUMBERS[0][:-1] + "Z"
        broken.input.facts.members[0].hukou = NAME
        broken.input.facts.members[0].id = NUMBERS[0]
        self.call(d.Determine, broken, grpc.StatusCode.INVALID_ARGUMENT)

        reused = pb.DetermineRequest()
        reused.CopyFrom(request)
        reused.input.identity.address = ADDRESS + NAME
        self.call(d.Determine, reused, grpc.StatusCode.ALREADY_EXISTS)

        items = [pb.BatchDetermineRequest(correlation_id="1", determine=broken)]
        for answer in d.BatchDetermine(iter(items), timeout=CALL_SECONDS_MAX):
            self.errors.append(str(answer))

        facts = h.three(210000)
        facts.officer.grace_granted = True
        review = pb.ReviewRequest(request_id=h.request_id(), case=case, cause=pb.CAUSE_REVIEW,
                                  input=decided(facts, h.day(2021, 9, 20), h.month(2021, 9)))
        reviewed = self.call(r.Review, review)
        again = pb.ReviewRequest()
        again.CopyFrom(review)
        again.request_id = h.request_id()
        for answer in r.BatchReview(iter([pb.BatchReviewRequest(correlation_id="2", review=again)]),
                                    timeout=CALL_SECONDS_MAX):
            self.errors.append(str(answer.status))

        correct = pb.CorrectRequest(
            request_id=h.request_id(), determination=first.determination.name, reason=REASON,
            cause=pb.CAUSE_CORRECTION, input=decided(h.three(120000)))
        corrected = self.call(d.Correct, correct)

        remedy = pb.RecordRemedyRequest(
            request_id=h.request_id(), determination=corrected.determination.name,
            body=pb.REMEDY_BODY_RECONSIDERATION, result=pb.REMEDY_RESULT_UPHELD, filed_on=h.day(2021, 10, 8),
            decided_on=h.day(2021, 11, 8), document_number="复议〔2021〕1号", summary=REASON, officer=h.OFFICER)
        self.call(d.RecordRemedy, remedy)

        imported = pb.ImportedCase(
            authority="某县民政局", document_number="〔2020〕9号", decided_on=h.day(2020, 6, 1),
            residence_kind=pb.RESIDENCE_KIND_RURAL, status=pb.ASSISTANCE_STATUS_DIBAO,
            confirmed_on=h.day(2020, 6, 1), pay_from=h.month(2020, 7), last_amount_fen=59000, last_headcount=1,
            members=[pb.ImportedMember(id="a", programme=pb.PERSON_PROGRAMME_DIBAO,
                                       recipient_since=h.day(2020, 6, 1))])
        # Another person: the three above are already in a basic programme.
        stranger = pb.Identity(persons=[pb.PersonIdentity(member_id="a", name=NAME, id_number=h.id_number(777))])
        self.call(d.ImportCase, pb.ImportCaseRequest(
            request_id=h.request_id(), area=h.AREA, imported=imported, identity=stranger, officer=h.OFFICER))

        facts = h.three(210000)
        facts.exit.ground = pb.EXIT_GROUND_VOLUNTARY
        exit_request = pb.DecideExitRequest(
            request_id=h.request_id(), case=case, input=decided(facts, h.day(2026, 8, 3), h.month(2026, 8)))
        self.call(self.server.client.exit.DecideExit, exit_request, grpc.StatusCode.FAILED_PRECONDITION)

        self.call(d.TransferCase, pb.TransferCaseRequest(
            request_id=h.request_id(), case=case, to_area="340322", last_month=h.month(2022, 1), reason=REASON,
            officer=h.OFFICER))
        self.call(d.GetDetermination, pb.GetDeterminationRequest(name=NAME), grpc.StatusCode.INVALID_ARGUMENT)
        self.call(self.server.client.audit.Replay, pb.ReplayRequest(determination=reviewed.determination.name))
        self.audit_and_erase(first)

    def audit_and_erase(self, first):
        """What an auditor opens and what is erased: the answers hold the marks, nothing at rest does."""
        a, d = self.server.client.audit, self.server.client.determination
        opening = pb.OpenDocumentsRequest(
            request_id=h.request_id(), area=h.AREA, indices=[first.acknowledgement.index], include_identity=True,
            purpose=pb.OPENING_PURPOSE_AUDIT, reference=NAME)
        opened = self.call(a.OpenDocuments, opening)
        documents = {document.name: document.content for document in opened.records[0].record.documents}
        self.assertIn(NAME.encode(), documents["identity"], "the identity was not opened")
        broken = pb.OpenDocumentsRequest()
        broken.CopyFrom(opening)
        broken.request_id = h.request_id()
        broken.determinations.append(NAME)
        broken.documents.append(ADDRESS)
        self.call(a.OpenDocuments, broken, grpc.StatusCode.INVALID_ARGUMENT)
        self.call(a.ListAccesses, pb.ListAccessesRequest(parent=NAME), grpc.StatusCode.INVALID_ARGUMENT)
        self.call(a.GetEntry, pb.GetEntryRequest(
            area=h.AREA, index=first.acknowledgement.index, include_documents=True))

        # Nobody of this household is paid, so its three years are over.
        rich = pb.Identity()
        rich.CopyFrom(identity())
        for person, serial in zip(rich.persons, (601, 602, 603)):
            person.id_number = h.id_number(serial)
        request = pb.DetermineRequest(request_id=h.request_id(), area=h.TOWNSHIP,
                                      input=h.decision(h.three(9000000), identity=rich))
        case = self.call(d.Determine, request).determination.case
        grounds = dict(case=case, basis=pb.ERASURE_BASIS_PERSON_REQUEST, reason=REASON, officer=h.OFFICER)
        self.call(a.RestrictCase, pb.RestrictCaseRequest(
            request_id=h.request_id(), scope=pb.CASE_SCOPE_CASE, **grounds))
        self.call(d.Determine, request, grpc.StatusCode.FAILED_PRECONDITION)
        self.call(a.LiftRestriction, pb.LiftRestrictionRequest(request_id=h.request_id(), **grounds))
        running = dict(grounds, case=first.determination.case)
        self.call(a.EraseCase, pb.EraseCaseRequest(
            request_id=h.request_id(), scope=pb.CASE_SCOPE_CASE, **running), grpc.StatusCode.FAILED_PRECONDITION)
        for scope in (pb.CASE_SCOPE_IDENTITY, pb.CASE_SCOPE_CASE):
            self.call(a.EraseCase, pb.EraseCaseRequest(request_id=h.request_id(), scope=scope, **grounds))
            if scope == pb.CASE_SCOPE_CASE:
                self.call(d.Determine, request, grpc.StatusCode.FAILED_PRECONDITION)
        self.call(a.ListAccesses, pb.ListAccessesRequest(parent=first.determination.case))

        # Another standard touches what was decided: the stream names cases, and nothing of theirs.
        county = (TOP / "tests/policy/t1" / f"{h.AREA}-t1.yaml").read_text(encoding="utf-8")
        county = county.replace("value: 650元", "value: 700元")
        preview = pb.PreviewImpactRequest(area=h.AREA, sources=[county], through=h.month(2022, 12))
        events = list(self.server.client.policy.PreviewImpact(preview, timeout=CALL_SECONDS_MAX))
        self.assertTrue(any(event.HasField("decision") for event in events), events)
        self.errors.extend(str(event) for event in events)

    def test_no_mark_is_found_at_rest_in_entries_in_logs_in_errors_or_in_telemetry(self):
        self.assertEqual(found_in("".join(MARKS).encode()), sorted(MARKS), "the search itself finds nothing")
        self.every_rpc()
        public = b"".join(entry.entry for entry in calls.entries(self.server.client))
        self.assertGreater(len(public), 1000)
        self.assertEqual(found_in(public), [], "public entries")
        self.assertEqual(found_in("".join(self.errors).encode()), [], "errors")
        self.assertGreater(len(self.errors), 4)
        pages = [operations.metrics(self.server, accept) for accept in ("*/*", operations.OPENMETRICS)]
        pages += [operations.get(self.server, path)[1] for path in ("/readyz", "/startupz", "/livez")]
        self.assertIn("DeterminationService/Determine", pages[0])
        self.assertEqual(found_in("".join(pages).encode()), [], "metrics and probes")
        self.server.stop()
        names = {span.name for span in self.receiver.spans}
        self.assertLessEqual({"rules decide", "log commit",
                              "doudi.v1.AuditService/OpenDocuments"}, names, "spans did not arrive")
        self.assertTrue(any(name.startswith("INSERT ") and "document" in name.split() for name in names), names)
        self.assertGreater(len(self.receiver.lines), 10, "log lines did not arrive")
        self.assertEqual(found_in(self.receiver.everything()), [], "spans and lines that were sent")
        self.assertEqual(found_in(self.place.bytes_at_rest()), [], "the database")
        self.assertGreater(len(self.place.logs()), 0, "the server logged nothing: nothing was searched")
        self.assertEqual(found_in(self.place.logs()), [], "logs")


class OnSqlite(Searched, unittest.TestCase):
    kind = "sqlite"


class OnPostgres(Searched, unittest.TestCase):
    kind = "postgres"


if __name__ == "__main__":
    unittest.main()
