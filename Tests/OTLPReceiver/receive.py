"""Receives spans as a collector does, by OpenTelemetry's own definitions, and prints each as one line of JSON.

The first line tells the port. What is not exactly such a request is answered with 400, and printed as an error.
"""

import base64
import http.server
import json
import sys
import threading

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

LOCK = threading.Lock()
KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"]


def parse(body):
    """OTLP's JSON is protobuf's but for ids, which are hexadecimal digits."""
    request = json.loads(body)
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
                if not isinstance(span["kind"], int):
                    raise ValueError("the kind is not a number")
    return json_format.ParseDict(request, ExportTraceServiceRequest(), ignore_unknown_fields=False)


def plain(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(one) for one in value.array_value.values]
    return getattr(value, kind)


def attributes(pairs):
    return {pair.key: plain(pair.value) for pair in pairs}


def tell(object):
    """One line, whole, whichever threads do this at once."""
    with LOCK:
        sys.stdout.write(json.dumps(object) + "\n")
        sys.stdout.flush()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            if self.path != "/v1/traces" or self.headers["content-type"] != "application/json":
                raise ValueError(f"{self.path} with {self.headers['content-type']}")
            request = parse(body)
        except Exception as error:
            tell({"error": f"{type(error).__name__}: {error}"})
            return self.answer(400)
        for resource in request.resource_spans:
            known = attributes(resource.resource.attributes)
            for scope in resource.scope_spans:
                for span in scope.spans:
                    tell(
                        {
                            "service": known["service.name"],
                            "trace": span.trace_id.hex(),
                            "span": span.span_id.hex(),
                            "parent": span.parent_span_id.hex(),
                            "name": span.name,
                            "kind": KINDS[span.kind],
                            "begun": span.start_time_unix_nano,
                            "ended": span.end_time_unix_nano,
                            "status": span.status.code,
                            "attributes": attributes(span.attributes),
                        }
                    )
        self.answer(200)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    # As a collector's, which does not leave a connection unanswered while it is busy.
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Receiver)
tell({"port": server.server_port})
server.serve_forever()
