"""Bad input gets every violation at once, with field paths, and changes nothing."""

import unittest

import calls
import grpc
import households as h
from calls import refused
from google.rpc import error_details_pb2
from server import Place
from stubs import TOP, pb

INVALID = grpc.StatusCode.INVALID_ARGUMENT
INT64_MAX = 2**63 - 1
# Ten billion yuan, the greatest amount of the contract.
FEN_MAX = 10**12
RECEIPT_COUNT_MAX, ITEM_COUNT_MAX, MEMBER_COUNT_MAX = 2048, 256, 64
BROKEN = TOP / "tests" / "policy" / "broken"


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place("sqlite")
        cls.addClassCleanup(cls.place.remove)
        cls.server = cls.place.start()
        cls.client = cls.server.client
        calls.publish(cls.client)

    def setUp(self):
        before = calls.checkpoint(self.client).tree_size
        self.addCleanup(lambda: self.assertEqual(calls.checkpoint(self.client).tree_size, before, "it changed the log"))

    def fields(self, request, reason="REQUEST_INVALID"):
        refusal = refused(self.client.determination.Determine, request)
        self.assertEqual((refusal.code, refusal.reason, refusal.domain), (INVALID, reason, "doudi"), refusal.text)
        return refusal.fields

    def test_an_empty_request_names_every_missing_field(self):
        fields = self.fields(pb.DetermineRequest())
        for field in ("request_id", "area", "input"):
            self.assertIn(field, fields)

    def test_several_mistakes_come_at_once_with_their_paths(self):
        request = h.determine(h.three(-1))
        request.request_id = "no uuid"
        request.input.month.month = 13
        request.input.decision_date.CopyFrom(h.day(2021, 2, 29))
        request.input.facts.members[1].disability_level = 9
        fields = self.fields(request)
        for field in ("request_id", "input.month", "input.decision_date",
                      "input.facts.members[0].incomes[0].amount_fen", "input.facts.members[1].disability_level"):
            self.assertIn(field, fields)

    def test_obligors_who_are_to_be_judged_one_by_one_are_given(self):
        request = h.determine(h.three(0))
        request.input.facts.case.obligor_status = pb.OBLIGOR_STATUS_LISTED
        self.assertEqual(self.fields(request), ["input.facts.obligors"])

    def test_29_february_is_a_day_only_in_a_leap_year(self):
        request = h.determine(h.three(0))
        request.input.facts.case.applied_on.CopyFrom(h.day(2019, 2, 29))
        self.assertEqual(self.fields(request), ["input.facts.case.applied_on"])
        request.input.facts.case.applied_on.CopyFrom(h.day(2020, 2, 29))
        request.validate_only = True
        self.client.determination.Determine(request)

    def test_a_wrong_check_digit_of_an_identity_number_is_refused(self):
        right = h.id_number(601)
        wrong = right[:-1] + ("1" if right[-1] != "1" else "2")
        for number, fields in ((right, None), (wrong, ["input.identity.persons[0].id_number"])):
            request = h.determine(h.three(0), validate_only=True)
            request.input.identity.persons.add(member_id="a", name="某甲", id_number=number)
            if fields is None:
                self.client.determination.Determine(request)
            else:
                self.assertEqual(self.fields(request), fields)

    def test_duplicate_members_are_refused(self):
        request = h.determine(h.household([h.member("a"), h.member("a")]))
        self.assertEqual(self.fields(request), ["input.facts.members[1].id"])

    def test_a_household_without_members_is_refused(self):
        self.assertEqual(self.fields(h.determine(h.household([]))), ["input.facts.members"])

    def test_every_kind_of_call_names_what_an_empty_request_lacks(self):
        calls_and_fields = (
            (self.client.determination.ImportCase, pb.ImportCaseRequest(), {"request_id", "area", "imported", "officer"}),
            (self.client.determination.Correct, pb.CorrectRequest(),
             {"request_id", "determination", "cause", "reason", "input"}),
            (self.client.determination.RecordRemedy, pb.RecordRemedyRequest(),
             {"request_id", "determination", "body", "result", "filed_on", "decided_on", "document_number", "officer"}),
            (self.client.determination.TransferCase, pb.TransferCaseRequest(),
             {"request_id", "case", "to_area", "last_month", "reason", "officer"}),
            (self.client.determination.GetDetermination, pb.GetDeterminationRequest(), {"name"}),
            (self.client.review.Review, pb.ReviewRequest(), {"request_id", "case", "cause", "input"}),
            (self.client.exit.DecideExit, pb.DecideExitRequest(), {"request_id", "case", "input"}),
            (self.client.policy.PublishPolicy, pb.PublishPolicyRequest(), {"request_id", "area", "source", "officer"}),
        )
        for call, request, fields in calls_and_fields:
            with self.subTest(request.DESCRIPTOR.name):
                refusal = refused(call, request)
                self.assertEqual((refusal.code, refusal.reason), (INVALID, "REQUEST_INVALID"), refusal.text)
                self.assertEqual(set(refusal.fields), fields)

    def test_an_import_names_every_mistake_at_once(self):
        imported = pb.ImportedCase(
            status=pb.ASSISTANCE_STATUS_GRACE, authority="测试机关", document_number="1", decided_on=h.day(2021, 4, 31),
            residence_kind=pb.RESIDENCE_KIND_RURAL, pay_from=h.month(2021, 13), last_amount_fen=-1, last_headcount=65,
            grace_from=h.month(2022, 3), grace_until=h.month(2021, 10), grace_granted_months=-6)
        for _ in range(2):
            imported.members.add(id="a", programme=pb.PERSON_PROGRAMME_DIBAO, recipient_since=h.day(2021, 2, 29))
        request = pb.ImportCaseRequest(
            request_id=h.request_id(), area=h.AREA, imported=imported, officer=h.OFFICER)
        refusal = refused(self.client.determination.ImportCase, request)
        self.assertEqual(set(refusal.fields), {
            "imported.decided_on", "imported.pay_from", "imported.last_amount_fen", "imported.last_headcount",
            "imported.grace_until", "imported.grace_granted_months", "imported.members[0].recipient_since",
            "imported.members[1].recipient_since", "imported.members[1].id"})

    def test_an_unknown_person_of_an_import_is_named_where_it_stands(self):
        imported = pb.ImportedCase(
            status=pb.ASSISTANCE_STATUS_NONE, authority="测试机关", document_number="1", decided_on=h.day(2021, 4, 1),
            residence_kind=pb.RESIDENCE_KIND_RURAL, members=[pb.ImportedMember(id="a", person="ab" * 16)])
        refusal = refused(self.client.determination.ImportCase, pb.ImportCaseRequest(
            request_id=h.request_id(), area=h.AREA, imported=imported, officer=h.OFFICER))
        self.assertEqual(refusal.fields, ["imported.members[0].person"])

    def test_a_sample_request_names_every_mistake_at_once(self):
        refusal = refused(self.client.audit.RequestSample, pb.RequestSampleRequest(
            request_id="x", area=h.AREA, period="2021-Q3", values=17, strata=[pb.STRATUM_FIELD_TOWNSHIP],
            draw=pb.SAMPLE_DRAW_SIMPLE, prior=[pb.StratumPrior(key="{}", errors=5, reviewed=1)]))
        self.assertEqual(set(refusal.fields),
                         {"request_id", "population", "size", "values", "strata", "allocation", "prior"})
        empty = refused(self.client.audit.RequestSample, pb.RequestSampleRequest())
        self.assertEqual(set(empty.fields), {"request_id", "area", "period", "population", "draw", "size"})

    def test_an_item_of_a_stream_names_every_mistake_at_once(self):
        def fields(call, item):
            [answer] = list(call(iter([item]), timeout=30))
            bad = error_details_pb2.BadRequest()
            self.assertTrue(any(detail.Unpack(bad) for detail in answer.status.details))
            return [violation.field for violation in bad.field_violations]

        determine, review = self.client.determination.BatchDetermine, self.client.review.BatchReview
        self.assertEqual(fields(determine, pb.BatchDetermineRequest(correlation_id="a")), ["determine"])
        self.assertEqual(fields(review, pb.BatchReviewRequest(correlation_id="a")), ["review"])
        both = pb.BatchDetermineRequest(correlation_id="a" * 65, determine=h.determine(h.three(-1)))
        self.assertEqual(fields(determine, both), ["correlation_id", "input.facts.members[0].incomes[0].amount_fen"])

    def test_a_list_that_is_too_long_is_the_only_mistake(self):
        number = h.id_number(603)
        request = h.determine(h.household([h.member(f"m{n}") for n in range(MEMBER_COUNT_MAX + 1)]))
        request.input.identity.persons.add(member_id="m1", name="某甲", id_number=number)
        self.assertEqual(self.fields(request), ["input.facts.members"])
        request = h.determine(h.household([h.member("A")]))
        request.input.identity.persons.add(member_id="a", name="某甲", id_number=number)
        self.assertEqual(self.fields(request), ["input.facts.members[0].id"])
        refusal = refused(self.preview, pb.PreviewImpactRequest(
            area=h.AREA, through=h.month(2022, 1), policies=[f"areas/{h.AREA}/policies/{'0' * 64}"] * 65))
        self.assertEqual(refusal.fields, ["policies"])

    def preview(self, request, timeout):
        return list(self.client.policy.PreviewImpact(request, timeout=timeout))

    def test_a_preview_names_the_document_that_does_not_pass(self):
        refusal = refused(self.preview, pb.PreviewImpactRequest(
            area=h.AREA, through=h.month(2022, 1), sources=["policy: x\n"]))
        self.assertEqual((refusal.reason, set(refusal.fields)), ("POLICY_INVALID", {"sources[0]"}), refusal.text)

    def test_every_index_outside_the_log_is_named(self):
        refusal = refused(self.client.audit.OpenDocuments, pb.OpenDocumentsRequest(
            request_id=h.request_id(), area=h.AREA, indices=[99999, 0, 88888], purpose=pb.OPENING_PURPOSE_AUDIT,
            reference="1"))
        self.assertEqual(refusal.fields, ["indices[0]", "indices[2]"])

    def test_lines_may_end_with_cr_lf_and_a_cr_alone_is_refused_with_its_place(self):
        request = h.determine(h.three(0), validate_only=True)
        request.input.officer.delegation = "一\r\n二"
        self.client.determination.Determine(request)
        request.input.officer.delegation = "一\r\n二\r三"
        refusal = refused(self.client.determination.Determine, request)
        self.assertEqual(refusal.fields, ["input.officer.delegation"])
        self.assertIn("line 2, column 2", refusal.everything)

    def full(self, members=MEMBER_COUNT_MAX, items=ITEM_COUNT_MAX, receipts=RECEIPT_COUNT_MAX):
        """A household of so many members, jobs and incomes together, and receipts."""
        people = [h.member("m0", relation=pb.MEMBER_RELATION_SELF)]
        people += [h.member(f"m{n}", relation=pb.MEMBER_RELATION_OTHER, shares_life=True) for n in range(1, members)]
        for n in range(items):
            owner = people[n % members]
            if n % 2:
                owner.jobs.add(id=f"j{n}", start=h.day(2020, 1, 2), place=h.AREA, regularity=pb.REGULARITY_IRREGULAR)
            else:
                owner.incomes.add(id=f"i{n}", kind=pb.INCOME_KIND_FARM, regularity=pb.REGULARITY_IRREGULAR)
        carriers = [item for one in people for item in (*one.jobs, *one.incomes)]
        for n in range(receipts):
            month = n // items % 12
            carriers[n % items].receipts.add(month=h.month(2020 + (month + 7) // 12, (month + 7) % 12 + 1), amount_fen=1)
        return h.determine(h.household(people), validate_only=True)

    def test_a_household_at_every_limit_is_decided(self):
        determination = self.client.determination.Determine(self.full()).determination
        self.assertEqual(determination.household.outcome, pb.OUTCOME_DIBAO)
        # 2,048 receipts of a fen over twelve months are 170.67 fen; 64 x 650 yuan less that, rounded once.
        self.assertEqual(determination.household.amount_fen, 64 * 65_000 - 171)

    def test_one_member_item_or_receipt_more_is_refused(self):
        for more in ({"members": MEMBER_COUNT_MAX + 1}, {"items": ITEM_COUNT_MAX + 1},
                     {"receipts": RECEIPT_COUNT_MAX + 1}):
            with self.subTest(more):
                self.assertEqual(self.fields(self.full(**more)), ["input.facts.members"])

    def test_an_unspecified_or_unknown_code_is_refused(self):
        for code in (0, 99):
            request = h.determine(h.three(0))
            request.input.facts.case.residence_kind = code
            self.assertEqual(self.fields(request), ["input.facts.case.residence_kind"])

    def test_an_amount_is_answered_up_to_the_greatest_and_refused_beyond(self):
        path = "input.facts.members[0].incomes[0].amount_fen"
        for amount in (FEN_MAX + 1, INT64_MAX, -1, -2**63):
            with self.subTest(amount):
                self.assertEqual(self.fields(h.determine(h.three(amount))), [path])
        answer = self.client.determination.Determine(h.determine(h.three(FEN_MAX), validate_only=True))
        self.assertEqual(answer.determination.household.outcome, pb.OUTCOME_REFUSED)

    def test_the_greatest_amounts_of_256_incomes_add_up_exactly(self):
        request = h.determine(h.three(0), validate_only=True)
        for number in range(ITEM_COUNT_MAX):
            request.input.facts.members[0].incomes.add(
                id=f"i{number}", kind=pb.INCOME_KIND_OTHER, regularity=pb.REGULARITY_MONTHLY, amount_fen=FEN_MAX)
        answer = self.client.determination.Determine(request)
        self.assertEqual(answer.determination.household.outcome, pb.OUTCOME_REFUSED)

    def test_a_number_beyond_int64_on_the_wire_is_refused_and_not_cut_to_size(self):
        inside, beyond = b"\xff" * 9 + b"\x01", b"\xff" * 9 + b"\x02"
        request = h.determine(h.three(-1)).SerializeToString()
        self.assertEqual(request.count(inside), 1, "minus one is ten bytes on the wire")
        call = self.server.channel.unary_unary(
            "/doudi.v1.DeterminationService/Determine", request_serializer=lambda sent: sent,
            response_deserializer=pb.DetermineResponse.FromString)
        with self.assertRaises(grpc.RpcError) as raised:
            call(request.replace(inside, beyond), timeout=30)
        self.assertIn(raised.exception.code(), (INVALID, grpc.StatusCode.INTERNAL))

    def test_an_unknown_area_is_refused(self):
        request = h.determine(h.three(0))
        request.area = "999999"
        self.assertEqual(self.fields(request), ["area"])

    def test_an_area_without_policy_is_a_failed_precondition(self):
        request = h.determine(h.three(0))
        request.area = "340302"
        refusal = refused(self.client.determination.Determine, request)
        self.assertEqual(
            (refusal.code, refusal.reason), (grpc.StatusCode.FAILED_PRECONDITION, "NO_POLICY_IN_FORCE"))

    def test_a_case_that_does_not_exist_is_not_found(self):
        request = h.determine(h.three(0))
        request.case = f"areas/{h.AREA}/cases/{'0' * 32}"
        refusal = refused(self.client.determination.Determine, request)
        self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.NOT_FOUND, "CASE_NOT_FOUND"))

    def test_a_forged_page_token_and_a_negative_page_are_refused(self):
        refusal = refused(self.client.audit.ListEntries, pb.ListEntriesRequest(area=h.AREA, page_token="forged"))
        self.assertEqual((refusal.code, refusal.reason), (INVALID, "PAGE_TOKEN_INVALID"))
        refusal = refused(self.client.audit.ListEntries, pb.ListEntriesRequest(area=h.AREA, page_size=-1))
        self.assertEqual((refusal.code, refusal.fields), (INVALID, ["page_size"]))

    def test_a_page_token_does_not_fit_other_arguments(self):
        page = self.client.audit.ListEntries(pb.ListEntriesRequest(area=h.AREA, page_size=1))
        self.assertTrue(page.next_page_token)
        other = pb.ListEntriesRequest(area=h.AREA, page_size=1, start_index=1, page_token=page.next_page_token)
        refusal = refused(self.client.audit.ListEntries, other)
        self.assertEqual((refusal.code, refusal.reason), (INVALID, "PAGE_TOKEN_INVALID"))

    def test_a_request_larger_than_the_limit_is_refused(self):
        request = h.determine(h.three(0))
        request.input.identity.address = "x" * 8_000_000
        refusal = refused(self.client.determination.Determine, request)
        self.assertIn(refusal.code, (INVALID, grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.RESOURCE_EXHAUSTED))

    def test_a_policy_that_is_no_policy_is_refused_with_its_place(self):
        request = pb.PublishPolicyRequest(
            request_id=h.request_id(), area=h.AREA, officer=h.OFFICER, source="policy: x\nunknown_key: 1\n")
        refusal = refused(self.client.policy.PublishPolicy, request)
        self.assertEqual((refusal.code, refusal.reason), (INVALID, "POLICY_INVALID"))
        self.assertTrue(refusal.fields)

    def test_a_mistake_on_a_long_line_is_shown_and_not_hidden_by_it(self):
        for source in ("a: " + "[" * 20_000, '{"policy": "x", ' + ", ".join(f'"key{n}": {n}' for n in range(3_000)) + "}"):
            with self.subTest(source[:20]):
                refusal = refused(self.client.policy.PublishPolicy, pb.PublishPolicyRequest(
                    request_id=h.request_id(), area=h.AREA, officer=h.OFFICER, source=source))
                self.assertEqual((refusal.code, refusal.reason), (INVALID, "POLICY_INVALID"), refusal.text)
                self.assertIn("source", refusal.fields)

    def test_a_compressed_request_is_told_that_compression_is_not_read(self):
        with self.assertRaises(grpc.RpcError) as raised:
            self.client.determination.Determine(
                h.determine(h.three(0), validate_only=True), compression=grpc.Compression.Gzip)
        refusal = calls.Refusal(raised.exception)
        self.assertEqual((refusal.code, refusal.reason, refusal.domain),
                         (grpc.StatusCode.UNIMPLEMENTED, "ENCODING_UNSUPPORTED", "doudi"))
        self.assertIn("identity", refusal.text)

    def test_a_policy_with_a_cycle_or_one_that_shadows_in_silence_is_refused_with_every_place(self):
        for name, places in (("cycle", 1), ("shadows-in-silence", 2)):
            with self.subTest(name):
                request = pb.PublishPolicyRequest(
                    request_id=h.request_id(), area=h.AREA, officer=h.OFFICER,
                    source=(BROKEN / f"{name}.yaml").read_text(encoding="utf-8"))
                refusal = refused(self.client.policy.PublishPolicy, request)
                self.assertEqual((refusal.code, refusal.reason), (INVALID, "POLICY_INVALID"), refusal.text)
                self.assertGreaterEqual(len(refusal.fields), places, refusal.everything)


if __name__ == "__main__":
    unittest.main()
