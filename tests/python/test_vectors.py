"""Every acceptance vector through the gRPC port, by a foreign client; every determination proved and replayed."""

import json
import unittest

import calls
import grpc
import households as h
import vectors
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from server import CALL_SECONDS_MAX, Place
from stubs import pb

AREAS = ("340302", "340303", "340321", "340322", "340323")


class CaseRun:
    """The steps of one vector, on one case of the service unless a step begins another."""

    def __init__(self, test, case):
        self.test, self.client, self.area = test, test.client, case["area"]
        self.case = ""
        self.persons = {}
        self.names = []

    def remember(self, determination):
        self.case = determination.case
        for one in determination.persons:
            self.persons[one.member_id] = one.person

    def input(self, step):
        made = vectors.step_input(step)
        for member in made.facts.members:
            member.person = self.persons.get(member.id, "")
        return made

    def call(self, step):
        """Gives (determination, acknowledgement) of the step; raises RpcError where it is refused."""
        identified = {"request_id": h.request_id()}
        if step["do"] == "import":
            imported = vectors.fill(pb.ImportedCase(), step["imported"])
            answer = self.client.determination.ImportCase(pb.ImportCaseRequest(
                **identified, area=self.area, imported=imported, officer=h.OFFICER), timeout=CALL_SECONDS_MAX)
            self.case = answer.case
            self.persons.update(zip((member.id for member in imported.members), answer.persons, strict=True))
            return None
        made = self.input(step)
        if step["do"] == "determine":
            request = pb.DetermineRequest(**identified, area=self.area, case=self.case, input=made)
            return self.client.determination.Determine(request, timeout=CALL_SECONDS_MAX)
        if step["do"] == "review":
            cause = pb.CAUSE_EVENT if step.get("cause") == "event" else pb.CAUSE_REVIEW
            request = pb.ReviewRequest(**identified, case=self.case, cause=cause, input=made)
            return self.client.review.Review(request, timeout=CALL_SECONDS_MAX)
        if step["do"] == "exit":
            request = pb.DecideExitRequest(**identified, case=self.case, input=made)
            return self.client.exit.DecideExit(request, timeout=CALL_SECONDS_MAX)
        if step["do"] == "correct":
            request = pb.CorrectRequest(**identified, determination=self.names[step["corrects"]],
                                        reason="更正", cause=pb.CAUSE_CORRECTION, input=made)
            if "effective_from" in step:
                request.effective_from.CopyFrom(vectors.date(step["effective_from"]))
            return self.client.determination.Correct(request, timeout=CALL_SECONDS_MAX)
        raise AssertionError(f"unknown step {step['do']}")

    def newest(self):
        """The newest determination of the case: a refused act has left its proposal there."""
        listed = self.client.determination.ListDeterminations(
            pb.ListDeterminationsRequest(parent=self.case, page_size=1000), timeout=CALL_SECONDS_MAX)
        return self.client.determination.GetDetermination(
            pb.GetDeterminationRequest(name=listed.determinations[-1].name), timeout=CALL_SECONDS_MAX)

    def step(self, step):
        if step.get("new_case"):
            # Another household of the same build, not the same people: nobody is in two basic programmes.
            self.case, self.persons = "", {}
        expect = step.get("expect", {})
        size = calls.checkpoint(self.client, self.area).tree_size
        try:
            answer = self.call(step)
            self.test.assertNotIn("refused", expect, "the guard let it pass")
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.FAILED_PRECONDITION:
                raise AssertionError(f"{error.code()}: {calls.Refusal(error).everything}") from None
            if "refused" in expect:
                self.test.assertEqual(reasons(error), set(expect["refused"]))
                self.test.assertEqual(calls.checkpoint(self.client, self.area).tree_size, size, "it was recorded")
                self.names.append(None)
                return
            self.test.assertEqual(step["do"], "exit", f"refused: {error.details()}")
            answer = self.newest()
            self.test.assertTrue(answer.determination.household.required_steps, "refused without a required step")
        if answer is None:
            self.names.append(None)
            return
        self.remember(answer.determination)
        self.names.append(answer.determination.name)
        documents = {document.name: document.content for document in answer.acknowledgement.documents}
        document = json.loads(documents["determination"])
        members = {person: member for member, person in self.persons.items()}
        self.test.assertEqual(
            vectors.observed(expect, answer.determination, document, members), vectors.wanted(expect))
        self.test.acknowledged[self.area].append(answer.acknowledgement)
        replay = self.client.audit.Replay(
            pb.ReplayRequest(determination=answer.determination.name), timeout=CALL_SECONDS_MAX)
        self.test.assertTrue(replay.equal, f"the replay differs: {replay.difference}")


def reasons(error):
    """Every reason code of a refused act: of its ErrorInfo and of its PreconditionFailure."""
    found = set()
    for detail in rpc_status.from_call(error).details:
        info, failure = error_details_pb2.ErrorInfo(), error_details_pb2.PreconditionFailure()
        if detail.Unpack(info):
            found.add(info.reason)
        elif detail.Unpack(failure):
            found.update(violation.type for violation in failure.violations)
    return found


class Vectors:
    kind = None

    @classmethod
    def setUpClass(cls):
        cls.place = Place(cls.kind)
        cls.addClassCleanup(cls.place.remove)
        cls.client = cls.place.start().client
        cls.acknowledged = {area: [] for area in AREAS}
        for area in AREAS:
            calls.publish(cls.client, area)

    def test_every_vector_comes_out_exactly(self):
        seen = 0
        for name, case in vectors.cases():
            seen += 1
            with self.subTest(f"{name} {case['id']}: {case['title']}"):
                run = CaseRun(self, case)
                for step in case["steps"]:
                    run.step(step)
        self.assertGreater(seen, 150, "vectors are missing")
        for area, acknowledgements in self.acknowledged.items():
            self.assertTrue(acknowledgements, area)
            calls.verify(acknowledgements, calls.checkpoint(self.client, area).verifier_key)


class OnSqlite(Vectors, unittest.TestCase):
    kind = "sqlite"


class OnPostgres(Vectors, unittest.TestCase):
    kind = "postgres"


if __name__ == "__main__":
    unittest.main()
