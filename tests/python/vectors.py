"""Turns the acceptance vectors (tests/vectors/acceptance) into requests, and determinations into what they expect."""

import json

import households as h
from google.protobuf.descriptor import FieldDescriptor
from google.type import date_pb2
from stubs import TOP, pb

FILES = sorted((TOP / "tests" / "vectors" / "acceptance").glob("*.json"))
# Fields of the contract whose unit stands in the name; the vocabulary has the unit beside it.
UNITS = ("_fen",)


def cases():
    for path in FILES:
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            yield path.stem, case


def date(text):
    year, month, *day = (int(part) for part in text.split("-"))
    return date_pb2.Date(year=year, month=month, day=day[0] if day else 0)


def text_of(date):
    if not date.year:
        return None
    return f"{date.year:04}-{date.month:02}" + (f"-{date.day:02}" if date.day else "")


def fill(message, values):
    """Fills a message from vocabulary JSON: codes to enums, dates to Date, amounts to their `_fen` fields."""
    fields = message.DESCRIPTOR.fields_by_name
    for key, value in values.items():
        name = next(name for name in (key, *(key + unit for unit in UNITS)) if name in fields)
        field = fields[name]
        if isinstance(value, list):
            for item in value:
                fill(getattr(message, name).add(), item)
        elif field.message_type is not None and field.message_type.full_name == "google.type.Date":
            getattr(message, name).CopyFrom(date(value))
        elif field.message_type is not None:
            fill(getattr(message, name), value)
        elif field.type == FieldDescriptor.TYPE_ENUM:
            prefix = field.enum_type.values_by_number[0].name.removesuffix("UNSPECIFIED")
            setattr(message, name, field.enum_type.values_by_name[prefix + value.upper()].number)
        else:
            setattr(message, name, value)
    # An empty part was still given.
    message.SetInParent()
    return message


def step_input(step):
    facts = fill(pb.HouseholdFacts(), step["facts"])
    return pb.DecisionInput(decision_date=date(step["date"]), month=date(step["month"]), facts=facts, officer=h.OFFICER)


def enum_name(enum, number):
    prefix = enum.DESCRIPTOR.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return enum.Name(number).removeprefix(prefix)


def months_of(first, last):
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield f"{year:04}-{month:02}"
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def decided(message, keys):
    """Those members of an outcome that a vector names, in its words."""
    found = {
        "outcome": enum_name(pb.Outcome, message.outcome),
        "proposes": enum_name(pb.Outcome, message.proposes),
        "effect": enum_name(pb.Effect, message.effect),
        "reason": message.reason,
        "from": text_of(getattr(message, "from")),
        "valid_until": text_of(message.valid_until),
        "amount_fen": message.amount_fen if message.HasField("amount_fen") else None,
        "shows_fen": message.shown_fen if message.HasField("shown_fen") else None,
        "planned": {"outcome": enum_name(pb.Outcome, message.planned.outcome),
                    "from": text_of(getattr(message.planned, "from"))},
        "required_steps": sorted(step.code for step in message.required_steps if step.blocks),
    }
    return {key: found[key] for key in keys if key in found}


def observed(expect, determination, document, member_ids):
    """What the determination says about each key that the vector expects. `member_ids`: person id to member id."""
    household = determination.household
    found = decided(household, expect)
    people = {person: member_ids.get(person, person) for person in (entry.person for entry in determination.persons)}
    if "months" in expect:
        calendar = [e for e in (*determination.entitlements, *determination.proposed)
                    if e.programme == pb.PROGRAMME_GRACE]
        found["months"] = [{"month": month, "amount_fen": e.amount_fen}
                           for e in calendar for month in months_of(getattr(e, "from"), e.to)]
    if "entitlements" in expect:
        found["entitlements"] = [
            {"programme": enum_name(pb.Programme, e.programme), "from": text_of(getattr(e, "from")),
             "amount_fen": e.amount_fen, "members": sorted(people[person] for person in e.persons)}
            for e in determination.entitlements]
    if "members" in expect:
        found["members"] = [
            {"member": people[one.person], **decided(one.decided, wanted)}
            for one, wanted in zip(determination.members, expect["members"], strict=True)]
    if "difference" in expect:
        found["difference"] = [{"month": text_of(one.month), "was_fen": one.was_fen, "now_fen": one.now_fen}
                               for one in determination.difference]
    due = {one.schedule: text_of(one.date) for one in determination.due_dates}
    if "due" in expect:
        found["due"] = {schedule: due.get(schedule) for schedule in expect["due"]}
    if "no_due" in expect:
        found["no_due"] = [schedule for schedule in expect["no_due"] if schedule not in due]
    if "choices" in expect:
        read = {choice.id: choice.option for choice in determination.choices}
        found["choices"] = {key: read.get(key) for key in expect["choices"]}
    if "parameters" in expect:
        read = {one.id: json.loads(one.value)[1] for one in determination.parameters if one.id in expect["parameters"]}
        found["parameters"] = {key: read.get(key) for key in expect["parameters"]}
    if "flags" in expect:
        found["flags"] = [flag for flag in expect["flags"] if flag in household.flags]
    if "refer" in expect:
        found["refer"] = [code for code in expect["refer"] if code in household.referrals]
    if "missing_facts" in expect:
        found["missing_facts"] = sorted({one.path for one in determination.missing_facts})
    if "missing_rules" in expect:
        found["missing_rules"] = sorted({one.rule for one in determination.missing_rules})
    if "carried" in expect:
        carried = {}
        for one in document.get("carried", []):
            member = people.get(one.get("member"), one.get("member"))
            carried.setdefault(member, {})[one["fact"]] = one["value"]
        found["carried"] = {member: {fact: carried.get(member, {}).get(fact) for fact in facts}
                            for member, facts in expect["carried"].items()}
    return found


def wanted(expect):
    """The expectation in the order in which `observed` gives it."""
    sorted_keys = {"required_steps", "missing_facts", "missing_rules"}
    want = {key: sorted(value) if key in sorted_keys else value for key, value in expect.items() if key != "refused"}
    for entitlement in want.get("entitlements", []):
        entitlement["members"] = sorted(entitlement["members"])
    return want
