"""A case comes from another authority or goes to another county, and a body of appeal decides on a determination: what is paid, by whom, from when."""

import sqlite3
import unittest
from concurrent.futures import ThreadPoolExecutor

import calls
import grpc
import households as h
from calls import refused
from server import CALL_SECONDS_MAX, Place, run
from stubs import pb

HERE, THERE = h.AREA, "340302"


class CaseMoves:
    """Runs on both databases; see the two classes at the end."""

    kind = None

    @classmethod
    def setUpClass(cls):
        cls.place = Place(cls.kind)
        cls.addClassCleanup(cls.place.remove)
        cls.client = cls.place.start().client
        calls.publish(cls.client, HERE)
        calls.publish(cls.client, THERE)

    def three(self, income_fen, **case):
        """Registered nowhere in particular: whichever county has the case may decide."""
        facts = h.three(income_fen, **case)
        facts.notice.reasons_written = True
        for member in facts.members:
            member.ClearField("hukou")
            member.ClearField("residence")
        return facts

    def admitted(self, income_fen=90000):
        answer = self.client.determination.Determine(h.determine(self.three(income_fen)), timeout=CALL_SECONDS_MAX)
        self.assertEqual(answer.determination.household.outcome, pb.OUTCOME_DIBAO)
        return answer.determination

    def review(self, case, facts, on, of):
        request = pb.ReviewRequest(
            request_id=h.request_id(), case=case, cause=pb.CAUSE_EVENT, input=h.decision(facts, on, of))
        return self.client.review.Review(request, timeout=CALL_SECONDS_MAX).determination

    def transfer(self, case, last_month, to=THERE):
        return pb.TransferCaseRequest(
            request_id=h.request_id(), case=case, to_area=to, last_month=last_month, reason="户口迁移", officer=h.OFFICER)

    def moved(self, case, last_month):
        return self.client.determination.TransferCase(
            self.transfer(case, last_month), timeout=CALL_SECONDS_MAX)

    def test_a_case_that_moves_is_paid_by_one_county_or_the_other_in_every_month(self):
        old = self.admitted().case
        answer = self.moved(old, h.month(2021, 10))
        self.assertTrue(answer.case.startswith(f"areas/{THERE}/cases/"))
        calls.verify([answer.departure], calls.checkpoint(self.client, HERE).verifier_key)
        calls.verify([answer.arrival], calls.checkpoint(self.client, THERE).verifier_key)
        # Decided in the last month here: paid there from the next one, 3 x 650 - 900.
        taken = self.review(answer.case, self.three(90000), h.day(2021, 10, 20), h.month(2021, 10))
        self.assertEqual(
            (taken.household.outcome, taken.household.effect, taken.household.amount_fen),
            (pb.OUTCOME_DIBAO, pb.EFFECT_SAME, 105000))
        self.assertEqual([getattr(granted, "from") for granted in taken.entitlements], [h.month(2021, 11)])
        self.assertFalse(taken.difference)

    def test_a_death_before_the_move_is_settled_from_the_first_month_of_the_new_county(self):
        case = self.moved(self.admitted().case, h.month(2021, 12)).case
        facts = self.three(90000)
        facts.members[2].death.CopyFrom(h.day(2021, 10, 10))
        held = self.review(case, facts, h.day(2022, 2, 10), h.month(2022, 2))
        self.assertEqual(held.household.outcome, pb.OUTCOME_DIBAO)
        self.assertEqual(held.household.amount_fen, 40000)
        self.assertEqual(getattr(held.household, "from"), h.month(2022, 1))

    def importing(self, serial, status=pb.ASSISTANCE_STATUS_NONE, **more):
        imported = pb.ImportedCase(
            status=status, authority="测试机关", document_number="1", decided_on=h.day(2021, 4, 1),
            residence_kind=pb.RESIDENCE_KIND_RURAL, members=[pb.ImportedMember(id="a")], **more)
        person = pb.PersonIdentity(member_id="a", name="某甲", id_number=h.id_number(serial, (1961, 2, 3)))
        return pb.ImportCaseRequest(request_id=h.request_id(), area=HERE, imported=imported, officer=h.OFFICER,
                                    identity=pb.Identity(persons=[person]))

    def in_pay(self, serial):
        return self.importing(serial, pb.ASSISTANCE_STATUS_DIBAO, confirmed_on=h.day(2021, 4, 1),
                              pay_from=h.month(2021, 5), last_amount_fen=59000)

    def test_imports_of_one_new_person_at_one_time_are_all_recorded(self):
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(
                lambda _: self.client.determination.ImportCase(self.importing(701), timeout=CALL_SECONDS_MAX), range(6)))
        self.assertEqual(len({answer.case for answer in answers}), 6)
        self.assertEqual(len({answer.persons[0] for answer in answers}), 1, "one person has one id")

    def test_an_import_into_a_second_programme_is_refused_and_a_dry_run_sees_it(self):
        self.client.determination.ImportCase(self.in_pay(702), timeout=CALL_SECONDS_MAX)
        size = calls.checkpoint(self.client, HERE).tree_size
        for dry in (True, False):
            request = self.in_pay(702)
            request.validate_only = dry
            refusal = refused(self.client.determination.ImportCase, request)
            self.assertEqual((refusal.code, refusal.reason),
                             (grpc.StatusCode.FAILED_PRECONDITION, "TWO_PROGRAMMES"), refusal.text)
        self.assertEqual(calls.checkpoint(self.client, HERE).tree_size, size)

    def test_a_grace_goes_on_in_the_other_county_with_the_months_that_are_left(self):
        old = self.admitted(136000).case
        grace = self.review(old, self.three(210000), h.day(2021, 9, 20), h.month(2021, 9))
        self.assertEqual(grace.household.outcome, pb.OUTCOME_GRACE)
        new = self.moved(old, h.month(2021, 12)).case
        taken = self.review(new, self.three(210000), h.day(2021, 12, 20), h.month(2021, 12))
        self.assertEqual(taken.household.outcome, pb.OUTCOME_GRACE)
        # Six granted, 10, 11 and 12 paid here; the other county steps down, in months four to six: 590 x (1 - k/6).
        self.assertEqual(
            [(getattr(granted, "from"), granted.to, granted.amount_fen) for granted in taken.entitlements],
            [(month, month, amount) for month, amount in
             ((h.month(2022, 1), 29500), (h.month(2022, 2), 19667), (h.month(2022, 3), 9833))])

    def test_a_case_that_left_is_not_transferred_again_and_nothing_is_recorded(self):
        old = self.admitted().case
        self.moved(old, h.month(2021, 10))
        size = calls.checkpoint(self.client, HERE).tree_size
        refusal = refused(self.client.determination.TransferCase, self.transfer(old, h.month(2021, 11)))
        self.assertEqual(refusal.code, grpc.StatusCode.FAILED_PRECONDITION)
        same = refused(self.client.determination.TransferCase, self.transfer(old, h.month(2021, 11), HERE))
        self.assertEqual((same.code, same.fields), (grpc.StatusCode.INVALID_ARGUMENT, ["to_area"]))
        self.assertEqual(calls.checkpoint(self.client, HERE).tree_size, size)

    def test_a_case_that_left_is_decided_in_the_other_county_alone(self):
        first = self.admitted()
        old, on, of = first.case, h.day(2021, 10, 20), h.month(2021, 10)
        before = pb.ReviewRequest(request_id=h.request_id(), case=old, cause=pb.CAUSE_EVENT,
                                  input=h.decision(self.three(90000), h.day(2021, 9, 20), h.month(2021, 9)))
        answered = self.client.review.Review(before, timeout=CALL_SECONDS_MAX)
        new = self.moved(old, h.month(2021, 10)).case
        size = calls.checkpoint(self.client, HERE).tree_size
        decision = h.decision(self.three(90000), on, of)
        for dry in (False, True):
            review = pb.ReviewRequest(request_id=h.request_id(), case=old, cause=pb.CAUSE_EVENT, input=decision,
                                      validate_only=dry)
            leave = pb.DecideExitRequest(request_id=h.request_id(), case=old, input=decision, validate_only=dry)
            again = pb.DetermineRequest(request_id=h.request_id(), area=HERE, case=old, input=decision,
                                        validate_only=dry)
            for call, request in ((self.client.review.Review, review), (self.client.exit.DecideExit, leave),
                                  (self.client.determination.Determine, again)):
                refusal = refused(call, request)
                self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.FAILED_PRECONDITION, "CASE_STATE"))
                self.assertIn("in the other county", refusal.text)
        review.validate_only = False
        [item] = self.client.review.BatchReview(
            iter([pb.BatchReviewRequest(correlation_id="1", review=review)]), timeout=CALL_SECONDS_MAX)
        self.assertEqual(item.status.code, grpc.StatusCode.FAILED_PRECONDITION.value[0])
        self.assertEqual(calls.checkpoint(self.client, HERE).tree_size, size, "nothing is recorded")
        self.assertEqual(self.client.review.Review(before, timeout=CALL_SECONDS_MAX), answered, "a retry is a retry")
        # What was decided here stays ours to put right; whoever has the case goes on with it, and may pass it on.
        self.remedy(first.name, pb.REMEDY_RESULT_CHANGED)
        self.correct(first.name)
        self.assertEqual(refused(self.client.review.Review, review).reason, "CASE_STATE")
        taken = self.review(new, self.three(90000), on, of)
        self.assertEqual(taken.household.outcome, pb.OUTCOME_DIBAO)
        back = self.client.determination.TransferCase(
            self.transfer(new, h.month(2021, 12), HERE), timeout=CALL_SECONDS_MAX)
        self.assertTrue(back.case.startswith(f"areas/{HERE}/cases/"))
        # The states that the cases were left in are those that their records give.
        for area in (HERE, THERE):
            run("projection", "--area", area, *self.place.settings())

    def test_a_retried_transfer_is_the_first_one(self):
        request = self.transfer(self.admitted().case, h.month(2021, 10))
        first = self.client.determination.TransferCase(request, timeout=CALL_SECONDS_MAX)
        again = self.client.determination.TransferCase(request, timeout=CALL_SECONDS_MAX)
        self.assertEqual(first.SerializeToString(deterministic=True), again.SerializeToString(deterministic=True))

    def test_a_dry_run_does_not_finish_a_transfer_that_was_cut_off(self):
        request = self.transfer(self.admitted().case, h.month(2021, 10))
        sizes = lambda: [calls.checkpoint(self.client, area).tree_size for area in (HERE, THERE)]
        here, there = sizes()
        self.sql(self.hold)
        refused(self.client.determination.TransferCase, request)
        self.sql(self.release)
        self.assertEqual(sizes(), [here + 1, there], "the departure stands alone")
        dry = pb.TransferCaseRequest(validate_only=True)
        dry.MergeFrom(request)
        answer = self.client.determination.TransferCase(dry, timeout=CALL_SECONDS_MAX)
        self.assertEqual((answer.case, answer.HasField("arrival"), sizes()), ("", False, [here + 1, there]))
        answer = self.client.determination.TransferCase(request, timeout=CALL_SECONDS_MAX)
        self.assertTrue(answer.case.startswith(f"areas/{THERE}/cases/"))
        self.assertEqual(sizes(), [here + 1, there + 1])

    def sql(self, statements):
        """Runs statements as the owner of the tables."""
        if self.kind == "postgres":
            self.place.psql(self.place.url, statements)
            return
        connection = sqlite3.connect(self.place.url.removeprefix("sqlite:"), isolation_level=None, timeout=10)
        try:
            connection.executescript(statements)
        finally:
            connection.close()

    def remedy(self, determination, result):
        return self.client.determination.RecordRemedy(pb.RecordRemedyRequest(
            request_id=h.request_id(), determination=determination, body=pb.REMEDY_BODY_COURT, result=result,
            filed_on=h.day(2021, 9, 1), decided_on=h.day(2021, 11, 15), document_number="（2021）行初1号",
            officer=h.OFFICER), timeout=CALL_SECONDS_MAX)

    def test_a_remedy_is_on_record_and_pays_nothing_until_it_is_decided_again(self):
        for result, amount in ((pb.REMEDY_RESULT_UPHELD, None), (pb.REMEDY_RESULT_CHANGED, 135000),
                               (pb.REMEDY_RESULT_REVOKED, 135000), (pb.REMEDY_RESULT_REMANDED, 135000)):
            with self.subTest(pb.RemedyResult.Name(result)):
                first = self.admitted()
                recorded = self.remedy(first.name, result)
                calls.verify([recorded.acknowledgement], calls.checkpoint(self.client, HERE).verifier_key)
                self.assertEqual(len(self.listed(first.case)), 1, "a remedy is no determination")
                if amount is None:
                    continue
                again = self.correct(first.name)
                # 3 x 650 - 600 since September: three months had been due with 1050.
                self.assertEqual(again.household.amount_fen, amount)
                self.assertEqual(
                    [(one.month, one.was_fen, one.now_fen) for one in again.difference],
                    [(h.month(2021, month), 105000, amount) for month in (9, 10, 11)])

    def test_what_was_corrected_is_corrected_by_its_correction_alone(self):
        first = self.admitted()
        request = self.correction(first.name)
        answer = self.client.determination.Correct(request, timeout=CALL_SECONDS_MAX)
        corrected = answer.determination
        for result in (None, pb.REMEDY_RESULT_CHANGED):
            if result is not None:
                self.remedy(first.name, result)
            for dry in (False, True):
                second = self.correction(first.name)
                second.validate_only = dry
                refusal = refused(self.client.determination.Correct, second)
                self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.FAILED_PRECONDITION, "CASE_STATE"))
                self.assertIn("correct the correction", refusal.text)
        self.assertEqual(self.client.determination.Correct(request, timeout=CALL_SECONDS_MAX), answer)
        again = self.correct(corrected.name)
        states = {one.name: one.state for one in self.listed(first.case)}
        self.assertEqual(
            [name for name, state in states.items() if state == pb.DETERMINATION_STATE_STANDING], [again.name])

    def test_a_correction_is_decided_on_what_the_case_knew_before_the_corrected_decision(self):
        case, rich = self.admitted().case, self.three(210000)
        held = self.review(case, rich, h.day(2021, 9, 20), h.month(2021, 9))
        for months, until in ((12, h.month(2022, 9)), (6, h.month(2022, 3))):
            rich.officer.grace_months, rich.officer.reason_given = months, True
            request = pb.CorrectRequest(
                request_id=h.request_id(), determination=held.name, cause=pb.CAUSE_CORRECTION, reason="渐退期有误",
                effective_from=h.month(2021, 10), input=h.decision(rich, h.day(2021, 12, 20), h.month(2021, 12)))
            held = self.client.determination.Correct(request, timeout=CALL_SECONDS_MAX).determination
            self.assertEqual([(getattr(granted, "from"), granted.to) for granted in held.entitlements],
                             [(h.month(2021, 10), until)], "all months are granted anew")
        # What each correction left is what the records give, also where one went back behind another.
        run("projection", "--area", HERE, *self.place.settings())
        run("fsck", "--to", "F9", *self.place.settings())

    def correction(self, determination):
        """Of what is paid since September, by a court's judgment of November."""
        return pb.CorrectRequest(
            request_id=h.request_id(), determination=determination, cause=pb.CAUSE_COURT, reason="判决",
            effective_from=h.month(2021, 9),
            input=h.decision(self.three(60000), h.day(2021, 11, 20), h.month(2021, 11)))

    def correct(self, determination):
        return self.client.determination.Correct(
            self.correction(determination), timeout=CALL_SECONDS_MAX).determination

    def listed(self, case):
        return self.client.determination.ListDeterminations(
            pb.ListDeterminationsRequest(parent=case), timeout=CALL_SECONDS_MAX).determinations


class OnSqlite(CaseMoves, unittest.TestCase):
    kind = "sqlite"
    hold = (f"CREATE TRIGGER held BEFORE INSERT ON record WHEN NEW.area = '{THERE}' "
            "BEGIN SELECT RAISE(ABORT, 'held'); END")
    release = "DROP TRIGGER held"


class OnPostgres(CaseMoves, unittest.TestCase):
    kind = "postgres"
    hold = ("CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'held'; END $$; "
            f"CREATE TRIGGER held BEFORE INSERT ON record FOR EACH ROW WHEN (NEW.area = '{THERE}') "
            "EXECUTE FUNCTION held()")
    release = "DROP TRIGGER held ON record; DROP FUNCTION held()"


if __name__ == "__main__":
    unittest.main()
