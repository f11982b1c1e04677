"""A county's system determines, reviews, ends and replays through the gRPC port; every answer is proved."""

import unittest

import calls
import grpc
import households as h
import proofs
from calls import refused
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from server import CALL_SECONDS_MAX, Place
from stubs import pb


class Flow:
    """Runs on both databases; see the two classes at the end."""

    kind = None

    @classmethod
    def setUpClass(cls):
        cls.place = Place(cls.kind)
        cls.addClassCleanup(cls.place.remove)
        cls.server = cls.place.start()
        cls.client = cls.server.client
        calls.publish(cls.client)
        cls.key = calls.checkpoint(cls.client).verifier_key

    def determine(self, facts, **more):
        return self.client.determination.Determine(h.determine(facts, **more), timeout=CALL_SECONDS_MAX)

    def review(self, case, facts, on, of, **more):
        request = pb.ReviewRequest(request_id=h.request_id(), case=case, cause=pb.CAUSE_REVIEW,
                                   input=h.decision(facts, on, of), **more)
        return self.client.review.Review(request, timeout=CALL_SECONDS_MAX)

    def exit(self, case, facts, on, of):
        return pb.DecideExitRequest(request_id=h.request_id(), case=case, input=h.decision(facts, on, of))

    def test_a_family_below_the_standard_receives_the_difference_with_clause_and_proof(self):
        answer = self.determine(h.three(90000))
        self.assertEqual(answer.determination.household.outcome, pb.OUTCOME_DIBAO)
        self.assertEqual(answer.determination.household.amount_fen, 105000)
        self.assertTrue(answer.determination.household.citation.number)
        self.assertEqual(len(answer.determination.persons), 3)
        calls.verify([answer.acknowledgement], self.key)

    def test_a_family_exactly_at_the_standard_is_just_above_the_line(self):
        answer = self.determine(h.three(195000))
        self.assertEqual(answer.determination.household.outcome, pb.OUTCOME_EDGE)
        answer = self.determine(h.three(194999))
        self.assertEqual(answer.determination.household.outcome, pb.OUTCOME_DIBAO)
        self.assertEqual(answer.determination.household.amount_fen, 1)

    def test_a_retry_gets_the_first_answer_byte_for_byte(self):
        request = h.determine(h.three(90000))
        first = self.client.determination.Determine(request, timeout=CALL_SECONDS_MAX)
        self.determine(h.three(80000))
        again = self.client.determination.Determine(request, timeout=CALL_SECONDS_MAX)
        self.assertEqual(first.SerializeToString(deterministic=True), again.SerializeToString(deterministic=True))

    def test_a_request_id_with_other_content_is_refused(self):
        request = h.determine(h.three(90000))
        self.client.determination.Determine(request, timeout=CALL_SECONDS_MAX)
        request.input.facts.members[0].incomes[0].amount_fen = 90001
        refusal = refused(self.client.determination.Determine, request)
        self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"))

    def test_a_dry_run_answers_and_records_nothing(self):
        before = calls.checkpoint(self.client).tree_size
        answer = self.determine(h.three(90000), validate_only=True)
        self.assertEqual(answer.determination.household.amount_fen, 105000)
        self.assertFalse(answer.HasField("acknowledgement"))
        self.assertEqual(calls.checkpoint(self.client).tree_size, before)

    def test_a_missing_fact_is_named_and_never_a_refusal(self):
        facts = h.three(90000)
        facts.members[0].incomes[0].ClearField("amount_fen")
        answer = self.determine(facts)
        self.assertEqual(answer.determination.household.outcome, pb.OUTCOME_NEEDS_FACTS)
        self.assertIn("income.amount", [missing.path for missing in answer.determination.missing_facts])
        calls.verify([answer.acknowledgement], self.key)

    def test_income_that_rises_leads_through_grace_to_an_orderly_exit(self):
        first = self.determine(h.three(136000))
        self.assertEqual(first.determination.household.amount_fen, 59000)
        case = first.determination.case

        facts = h.three(210000)
        facts.officer.grace_granted = True
        grace = self.review(case, facts, h.day(2021, 9, 20), h.month(2021, 9))
        self.assertEqual(grace.determination.household.outcome, pb.OUTCOME_GRACE)
        calendar = [e for e in grace.determination.entitlements if e.programme == pb.PROGRAMME_GRACE]
        self.assertEqual({e.amount_fen for e in calendar}, {59000})
        self.assertEqual(getattr(calendar[0], "from"), h.month(2021, 10))
        self.assertEqual(calendar[-1].to, h.month(2022, 3))

        periods = self.client.exit.ListGracePeriods(
            pb.ListGracePeriodsRequest(area=h.AREA), timeout=CALL_SECONDS_MAX).periods
        self.assertIn((case, h.month(2022, 3)), [(period.case, period.until) for period in periods])

        facts = h.three(210000)
        facts.exit.ground = pb.EXIT_GROUND_GRACE_END
        facts.notice.reasons_written = True
        stop = self.client.exit.DecideExit(
            self.exit(case, facts, h.day(2022, 3, 20), h.month(2022, 3)), timeout=CALL_SECONDS_MAX)
        self.assertEqual(stop.determination.household.outcome, pb.OUTCOME_STOP)
        calls.verify([first.acknowledgement, grace.acknowledgement, stop.acknowledgement], self.key)

    def test_from_july_2026_nobody_is_stopped_unheard(self):
        case = self.determine(h.three(90000)).determination.case
        facts = h.three(90000)
        facts.exit.ground = pb.EXIT_GROUND_VOLUNTARY
        facts.notice.reasons_written = True
        unheard = self.exit(case, facts, h.day(2026, 7, 1), h.month(2026, 7))
        refusal = refused(self.client.exit.DecideExit, unheard)
        self.assertEqual((refusal.code, refusal.reason), (grpc.StatusCode.FAILED_PRECONDITION, "HEARING_REQUIRED"))
        # The proposal is on record: it is the newest determination of the case.
        listed = self.client.determination.ListDeterminations(
            pb.ListDeterminationsRequest(parent=case), timeout=CALL_SECONDS_MAX).determinations
        self.assertEqual(listed[-1].outcome, pb.OUTCOME_PROPOSED_STOP)

        facts.hearing.held_on.CopyFrom(h.day(2026, 6, 20))
        heard = self.client.exit.DecideExit(
            self.exit(case, facts, h.day(2026, 7, 1), h.month(2026, 7)), timeout=CALL_SECONDS_MAX)
        self.assertEqual(heard.determination.household.outcome, pb.OUTCOME_STOP)

    def test_every_determination_of_the_log_replays_to_the_same_bytes(self):
        names = [self.determine(h.three(income)).determination.name for income in (0, 90000, 194999, 195000, 400000)]
        for name in names:
            replay = self.client.audit.Replay(pb.ReplayRequest(determination=name), timeout=CALL_SECONDS_MAX)
            self.assertTrue(replay.equal, replay)
            self.assertEqual(replay.recorded_hash, replay.replayed_hash)

    def test_the_log_only_ever_grows(self):
        early = calls.checkpoint(self.client)
        for _ in range(3):
            self.determine(h.three(90000))
        late = calls.checkpoint(self.client)
        proof = self.client.audit.ProveConsistency(
            pb.ProveConsistencyRequest(area=h.AREA, first_size=early.tree_size, second_size=late.tree_size),
            timeout=CALL_SECONDS_MAX)
        self.assertTrue(proofs.consistent(
            early.tree_size, late.tree_size, early.root_hash, late.root_hash, list(proof.hashes)))

    def test_every_entry_is_proved_in_the_newest_tree(self):
        self.determine(h.three(90000))
        newest = calls.checkpoint(self.client)
        for entry in calls.entries(self.client)[:newest.tree_size]:
            proof = self.client.audit.ProveInclusion(
                pb.ProveInclusionRequest(area=h.AREA, index=entry.index, tree_size=newest.tree_size),
                timeout=CALL_SECONDS_MAX)
            root = proofs.root_from_inclusion(
                entry.index, newest.tree_size, entry.leaf_hash, list(proof.hashes))
            self.assertEqual(root, newest.root_hash)

    def test_a_stream_answers_each_item_with_a_status_of_its_own(self):
        good = [pb.BatchDetermineRequest(correlation_id=f"c{number}", determine=h.determine(h.three(1000 * number)))
                for number in range(50)]
        bad = pb.BatchDetermineRequest(correlation_id="bad", determine=h.determine(h.three(-1)))
        answers = {answer.correlation_id: answer for answer in self.client.determination.BatchDetermine(
            iter([*good[:25], bad, *good[25:]]), timeout=2 * CALL_SECONDS_MAX)}
        self.assertEqual(len(answers), 51)
        self.assertEqual(answers.pop("bad").status.code, grpc.StatusCode.INVALID_ARGUMENT.value[0])
        self.assertEqual({answer.status.code for answer in answers.values()}, {0})
        calls.verify([answer.determined.acknowledgement for answer in answers.values()], self.key)

    def test_an_altered_acknowledgement_does_not_verify(self):
        answer = self.determine(h.three(90000))
        altered = pb.Acknowledgement()
        altered.CopyFrom(answer.acknowledgement)
        determination = next(document for document in altered.documents if document.name == "determination")
        determination.content = determination.content.replace(b"105000", b"205000")
        self.assertNotEqual(determination.content, b"")
        self.assertEqual(calls.verify_by_command([altered], self.key).returncode, 1)
        with self.assertRaises(AssertionError):
            proofs.check_acknowledgement(altered)

    def test_health_and_reflection_are_on(self):
        health = health_pb2_grpc.HealthStub(self.server.channel).Check(
            health_pb2.HealthCheckRequest(), timeout=CALL_SECONDS_MAX)
        self.assertEqual(health.status, health_pb2.HealthCheckResponse.SERVING)
        services = ProtoReflectionDescriptorDatabase(self.server.channel).get_services()
        for name in ("Determination", "Review", "Exit", "Policy", "Audit"):
            self.assertIn(f"doudi.v1.{name}Service", services)


class OnSqlite(Flow, unittest.TestCase):
    kind = "sqlite"


class OnPostgres(Flow, unittest.TestCase):
    kind = "postgres"


if __name__ == "__main__":
    unittest.main()
