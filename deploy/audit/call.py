#!/usr/bin/env python3
"""Call a method of AuditService, for the steps of GUIDE.md that the service has to record.

Needs the packages grpcio-tools and googleapis-common-protos, and the folder `proto` of the published source; replay.py
needs none of them. A request is made of `name=value` words:

    name=text          as protobuf's JSON writes it; 32 bytes may be 64 hex digits
    name=@FILE         the member `name` of a JSON file
    name=@FILE:member  another member of it
    FILE               a JSON file whose members all belong to the request

The id of the request is made here unless it is given: give it again with the same words to get the first answer again.
"""

import argparse
import base64
import json
import pathlib
import re
import sys
import uuid

try:
    import grpc
    from google.protobuf import json_format, message_factory
    from google.rpc import error_details_pb2, status_pb2
except ModuleNotFoundError as error:
    # --help answers without them.
    grpc, missing = None, error.name

TOP = pathlib.Path(__file__).resolve().parents[2]
CONTRACT = "doudi/v1/audit_service.proto"
SECONDS_MAX = 60


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="https://HOST:PORT; http:// only where the service asks for no certificate")
    parser.add_argument("method", help="CommitSample, RequestSample, RevealSample, DrawSample, RecordFinding, ...")
    parser.add_argument("words", nargs="*", metavar="WORD", help="name=value, or a JSON file")
    parser.add_argument("--ca", help="authority of the server's certificate (PEM)")
    parser.add_argument("--certificate", help="your certificate chain (PEM)")
    parser.add_argument("--key", help="your private key (PEM)")
    parser.add_argument("--principal", help="your name, where the service asks for no certificate")
    return parser.parse_args()


def value(name, text, field):
    if text.startswith("@"):
        file, _, member = text[1:].partition(":")
        text = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))[member or name]
    is_hex = isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text)
    if field is not None and field.type == field.TYPE_BYTES and is_hex:
        return base64.b64encode(bytes.fromhex(text)).decode()
    return text


def request_of(words, descriptor):
    fields = descriptor.fields_by_name
    request = {"request_id": str(uuid.uuid4())} if "request_id" in fields else {}
    for word in words:
        name, equals, text = word.partition("=")
        if equals:
            request[name] = value(name, text, fields.get(name))
        else:
            request.update(json.loads(pathlib.Path(word).read_text(encoding="utf-8")))
    return request


def channel_of(given):
    scheme, _, address = given.server.partition("://")
    if scheme == "http":
        return grpc.insecure_channel(address)
    if scheme != "https":
        raise ValueError("%s: write https://HOST:PORT" % given.server)
    read = lambda path: pathlib.Path(path).read_bytes() if path else None
    credentials = grpc.ssl_channel_credentials(read(given.ca), read(given.key), read(given.certificate))
    return grpc.secure_channel(address, credentials)


def reasons(error):
    """Every reason of a refusal, with the field that it is about."""
    for key, detail in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for part in status_pb2.Status.FromString(detail).details:
            for message in (error_details_pb2.BadRequest(), error_details_pb2.PreconditionFailure()):
                if part.Unpack(message):
                    for one in getattr(message, "field_violations", None) or getattr(message, "violations", ()):
                        yield "  %s %s" % (getattr(one, "field", "") or getattr(one, "subject", ""), one.description)


def refused(text):
    print("call.py: %s" % text, file=sys.stderr)
    return 2


def main():
    given = options()
    if grpc is None:
        return refused("the package of `%s` is missing: pip install grpcio-tools googleapis-common-protos" % missing)
    sys.path.append(str(TOP / "proto"))
    try:
        messages, services = grpc.protos_and_services(CONTRACT)
    except (ImportError, SyntaxError, NotImplementedError) as error:
        return refused("%s cannot be read from %s: %s" % (CONTRACT, TOP / "proto", error))
    method = messages.DESCRIPTOR.services_by_name["AuditService"].methods_by_name.get(given.method)
    if method is None:
        return refused("%s: no method of AuditService" % given.method)
    try:
        request = request_of(given.words, method.input_type)
        message = json_format.ParseDict(request, message_factory.GetMessageClass(method.input_type)())
        channel = channel_of(given)
    except KeyError as error:
        return refused("the file has no member %s" % error)
    except (OSError, ValueError, json_format.ParseError) as error:
        return refused(error)
    if "request_id" in request:
        print("request_id %s" % request["request_id"], file=sys.stderr)
    metadata = [("doudi-principal", given.principal)] if given.principal else []
    try:
        with channel:
            call = getattr(services.AuditServiceStub(channel), given.method)
            answer = call(message, timeout=SECONDS_MAX, metadata=metadata)
    except grpc.RpcError as error:
        print("%s: %s" % (error.code().name, error.details()), *reasons(error), sep="\n", file=sys.stderr)
        return 1
    print(json_format.MessageToJson(answer, preserving_proto_field_name=True, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
