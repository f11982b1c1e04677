"""A real receiver of OTLP over gRPC: keeps every span and log line that a server sends."""

import concurrent.futures
import threading

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from waiting import wait

# A server sends what it has every few seconds.
ARRIVAL_SECONDS_MAX = 30


def attributes(holder):
    """The attributes of a span, a resource or a log line as a dictionary."""
    found = {}
    for pair in holder.attributes:
        kind = pair.value.WhichOneof("value")
        found[pair.key] = getattr(pair.value, kind) if kind else None
    return found


class Receiver(trace_service_pb2_grpc.TraceServiceServicer, logs_service_pb2_grpc.LogsServiceServicer):
    """Listens on a free port until it is stopped."""

    def __init__(self):
        self.resources, self.scopes, self.spans, self.lines, self._raw = [], [], [], [], []
        self._lock = threading.Lock()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        logs_service_pb2_grpc.add_LogsServiceServicer_to_server(_Logs(self), self._server)
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Export(self, request, context):
        with self._lock:
            self._raw.append(request.SerializeToString())
            for resource in request.resource_spans:
                self.resources.append(resource.resource)
                for scope in resource.scope_spans:
                    self.scopes.append(scope)
                    self.spans.extend(scope.spans)
        return trace_service_pb2.ExportTraceServiceResponse()

    def export_lines(self, request):
        with self._lock:
            self._raw.append(request.SerializeToString())
            for resource in request.resource_logs:
                for scope in resource.scope_logs:
                    self.lines.extend(scope.log_records)

    def everything(self):
        """Every byte that arrived."""
        with self._lock:
            return b"".join(self._raw)

    def trace(self, trace_id):
        """The spans of a trace that have arrived, by their ids."""
        with self._lock:
            return {span.span_id.hex(): span for span in self.spans if span.trace_id.hex() == trace_id}

    def wait(self, arrived):
        """Waits until `arrived()` gives something, and gives it."""
        return wait(arrived, "it did not arrive at the receiver", ARRIVAL_SECONDS_MAX)

    def stop(self):
        self._server.stop(grace=None)


class _Logs(logs_service_pb2_grpc.LogsServiceServicer):
    """The other service has a method of the same name."""

    def __init__(self, receiver):
        self._receiver = receiver

    def Export(self, request, context):
        self._receiver.export_lines(request)
        return logs_service_pb2.ExportLogsServiceResponse()
