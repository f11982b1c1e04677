"""Bad input gets every violation at once, with field paths, and changes nothing."""

import unittest

import calls
import grpc
import households as h
from calls import refused
from server import Place
from stubs import pb

INVALID = grpc.StatusCode.INVALID_ARGUMENT
INT64_MAX = 2**63 - 1


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place("sqlite")
        cls.addClassCleanup(cls.place.remove)
        cls.client = cls.place.start().client
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

    def test_65_members_are_one_too_many(self):
        members = [h.member(f"m{number}") for number in range(65)]
        self.assertEqual(self.fields(h.determine(h.household(members))), ["input.facts.members"])

    def test_an_unspecified_or_unknown_code_is_refused(self):
        for code in (0, 99):
            request = h.determine(h.three(0))
            request.input.facts.case.residence_kind = code
            self.assertEqual(self.fields(request), ["input.facts.case.residence_kind"])

    def test_an_amount_at_the_edge_of_int64_is_answered_and_never_wraps(self):
        request = h.determine(h.three(INT64_MAX), validate_only=True)
        try:
            outcome = self.client.determination.Determine(request).determination.household.outcome
            self.assertIn(outcome, (pb.OUTCOME_REFUSED, pb.OUTCOME_OTHER_LOW_INCOME, pb.OUTCOME_ERROR))
        except grpc.RpcError as error:
            self.assertEqual(error.code(), INVALID)

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


if __name__ == "__main__":
    unittest.main()
