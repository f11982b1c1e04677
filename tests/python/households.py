"""Requests as a county's information system would send them. All people are invented."""

import uuid

from google.type import date_pb2
from stubs import pb

AREA = "340321"
TOWNSHIP = "340321101"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def day(year, month, day_of_month):
    return date_pb2.Date(year=year, month=month, day=day_of_month)


def month(year, number):
    return date_pb2.Date(year=year, month=number)


def request_id():
    return str(uuid.uuid4())


def id_number(serial, born=(1975, 3, 9)):
    """An 18-character citizen identity number with a right check digit (GB 11643-1999)."""
    digits = f"{AREA}{born[0]:04}{born[1]:02}{born[2]:02}{serial % 1000:03}"
    check = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits)) % 11
    return digits + "10X98765432"[check]


OFFICER = pb.Officer(id="o-17", role="确认", unit="怀远县民政局")


def member(name, income_fen=0, wage_fen=None, start=None, **facts):
    """A counted member in good health who lives at home; `income_fen` is a monthly transfer, `wage_fen` a job."""
    settled = dict(
        relation=pb.MEMBER_RELATION_OTHER, birth=day(1975, 3, 9), hukou=AREA, residence=AREA,
        excluded_for=pb.EXCLUSION_GROUND_NONE, education=pb.EDUCATION_NONE, labour=pb.LABOUR_FULL,
        disability_kind=pb.DISABILITY_KIND_NONE, disability_level=0, severe_illness=False)
    made = pb.Member(id=name, **{**settled, **facts})
    if income_fen:
        made.incomes.add(id=f"{name}i", kind=pb.INCOME_KIND_SUPPORT, regularity=pb.REGULARITY_MONTHLY,
                         amount_fen=income_fen)
    if wage_fen is not None:
        made.jobs.add(id=f"{name}j", start=start or day(2021, 8, 2), place=AREA, wage_fen=wage_fen,
                      regularity=pb.REGULARITY_MONTHLY, first_pay_on=start or day(2021, 8, 2),
                      reported_on=start or day(2021, 8, 2))
    return made


def household(members, **case):
    settled = dict(
        residence_kind=pb.RESIDENCE_KIND_RURAL, applied_on=day(2021, 7, 20), accepted_on=day(2021, 7, 21),
        posted_on=day(2021, 8, 5), property_ok=True, obligor_status=pb.OBLIGOR_STATUS_NONE, income_unstable=False)
    return pb.HouseholdFacts(case=pb.CaseFacts(**{**settled, **case}), members=members)


def decision(facts, on=day(2021, 8, 18), of=month(2021, 8), **more):
    return pb.DecisionInput(decision_date=on, month=of, facts=facts, officer=OFFICER, **more)


def three(income_fen, **case):
    """Husband, wife and a child of nine with one income."""
    return household([
        member("a", income_fen, relation=pb.MEMBER_RELATION_SELF),
        member("b", relation=pb.MEMBER_RELATION_SPOUSE),
        member("c", relation=pb.MEMBER_RELATION_MINOR_CHILD, birth=day(2012, 5, 1), education=pb.EDUCATION_SCHOOL,
               full_time=True)], **case)


def determine(facts, **more):
    return pb.DetermineRequest(request_id=request_id(), area=TOWNSHIP, input=decision(facts), **more)
