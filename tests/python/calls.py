"""What several tests do with a running server: publish the law, read errors, walk the log."""

import pathlib
import tempfile

import grpc
import households as h
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from proofs import check_acknowledgement, leaf_hash
from server import CALL_SECONDS_MAX, TOP, run
from stubs import pb

# What every county's law is made of: the shipped documents but the county's own, what all read first.
SHIPPED = ("vocabulary", "calendar", "100000-nation", "340000-anhui", "340300-bengbu")


def publish(client, area=h.AREA):
    """Brings the shipped law and the county of the worked cases (test policy T1) into use in the area."""
    documents = [TOP / "policy" / f"{name}.yaml" for name in SHIPPED]
    documents.append(TOP / "tests" / "policy" / "t1" / f"{area}-t1.yaml")
    for path in documents:
        client.policy.PublishPolicy(
            pb.PublishPolicyRequest(request_id=h.request_id(), area=area, officer=h.OFFICER,
                                    source=path.read_text(encoding="utf-8")),
            timeout=CALL_SECONDS_MAX)


class Refusal:
    """A refused call: its code, the reason of its ErrorInfo, the field paths of its BadRequest, its metadata."""

    def __init__(self, error):
        self.code = error.code()
        self.text = error.details()
        self.reason, self.domain, self.metadata, self.fields = None, None, {}, []
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                self.reason, self.domain, self.metadata = info.reason, info.domain, dict(info.metadata)
            elif detail.Unpack(bad):
                self.fields = [violation.field for violation in bad.field_violations]
        self.everything = str(status)


def refused(call, request):
    """Makes a call that has to be refused, and gives the refusal."""
    try:
        answer = call(request, timeout=CALL_SECONDS_MAX)
    except grpc.RpcError as error:
        return Refusal(error)
    raise AssertionError(f"the call was answered: {answer}")


def each_entry(client, area=h.AREA):
    """Every entry of an area's log, page by page; fails unless the indices run from 0 and the leaf hashes fit."""
    expected, token = 0, ""
    while True:
        page = client.audit.ListEntries(
            pb.ListEntriesRequest(area=area, page_size=1000, page_token=token), timeout=CALL_SECONDS_MAX)
        for entry in page.entries:
            assert entry.index == expected, "the log has a gap"
            assert leaf_hash(entry.entry) == entry.leaf_hash, f"leaf hash of entry {entry.index}"
            yield entry
            expected += 1
        token = page.next_page_token
        if not token:
            return


def entries(client, area=h.AREA):
    """The same as a list, by index."""
    return list(each_entry(client, area))


def checkpoint(client, area=h.AREA, **more):
    return client.audit.GetCheckpoint(pb.GetCheckpointRequest(area=area, **more), timeout=CALL_SECONDS_MAX)


def verify_by_command(acknowledgements, verifier_key):
    """`doudi verify-receipt` on all of them: signatures, proofs, commitments."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, acknowledgement in enumerate(acknowledgements):
            paths.append(pathlib.Path(folder) / f"{number}.json")
            paths[-1].write_text(json_format.MessageToJson(acknowledgement), encoding="utf-8")
        return run("verify-receipt", "--key", verifier_key, *paths, check=False)


def verify(acknowledgements, verifier_key):
    """Checks acknowledgements with this folder's own proofs and with the command."""
    for acknowledgement in acknowledgements:
        check_acknowledgement(acknowledgement)
    result = verify_by_command(acknowledgements, verifier_key)
    assert result.returncode == 0, result.stdout + result.stderr
