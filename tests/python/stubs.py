"""The client stubs, generated from our protos by grpcio-tools as any caller would."""

import importlib
import importlib.resources
import pathlib
import sys
import tempfile

from grpc_tools import protoc

TOP = pathlib.Path(__file__).resolve().parents[2]
_SERVICES = ("determination", "review", "exit", "policy", "audit")


def _generate():
    out = pathlib.Path(tempfile.mkdtemp(prefix="doudi-stubs-"))
    protos = sorted((TOP / "proto" / "doudi" / "v1").glob("*.proto"))
    standard = importlib.resources.files("grpc_tools") / "_proto"
    # google/* comes with the packages that grpcio itself depends on; generating it again would clash with them.
    arguments = ["protoc", f"-I{TOP / 'proto'}", f"-I{standard}", f"--python_out={out}", f"--grpc_python_out={out}"]
    if protoc.main(arguments + [str(path) for path in protos]) != 0:
        raise RuntimeError("protoc refused the contracts")
    sys.path.insert(0, str(out))
    return [path.stem for path in protos]


class _Messages:
    """Every message and enum of doudi.v1 as an attribute, wherever its file is."""

    def __init__(self, files):
        self._modules = [importlib.import_module(f"doudi.v1.{name}_pb2") for name in files]

    def __getattr__(self, name):
        for module in self._modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"doudi.v1 has no {name}")


pb = _Messages(_generate())


class Client:
    """The five services on one channel."""

    def __init__(self, channel):
        for service in _SERVICES:
            module = importlib.import_module(f"doudi.v1.{service}_service_pb2_grpc")
            setattr(self, service, getattr(module, f"{service.capitalize()}ServiceStub")(channel))
