"""An OTLP consumer on the official Python protobuf: takes spans over gRPC and HTTP, and prints what it was sent.

Prints `GRPC-PORT HTTP-PORT` when it listens, and when its standard input closes one JSON object per span.
Needs the packages opentelemetry-proto and grpcio. Listens on the loopback interface alone.
"""

import json
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

LOCK = threading.Lock()
SPANS = []


def text(value):
    kind = value.WhichOneof("value")
    return None if kind is None else str(getattr(value, kind))


def take(request):
    taken = []
    for of_resource in request.resource_spans:
        resource = {item.key: text(item.value) for item in of_resource.resource.attributes}
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                taken.append(
                    {
                        "service": resource.get("service.name"),
                        "namespace": resource.get("service.namespace"),
                        "trace": span.trace_id.hex(),
                        "span": span.span_id.hex(),
                        "parent": span.parent_span_id.hex(),
                        "name": span.name,
                        "begin_ns": span.start_time_unix_nano,
                        "end_ns": span.end_time_unix_nano,
                        "failed": span.status.code == 2,
                        "attributes": {item.key: text(item.value) for item in span.attributes},
                        "links": [[link.trace_id.hex(), link.span_id.hex()] for link in span.links],
                    }
                )
    with LOCK:
        SPANS.extend(taken)
    return trace_service_pb2.ExportTraceServiceResponse()


class OverGrpc(trace_service_pb2_grpc.TraceServiceServicer):
    def Export(self, request, context):
        return take(request)


class OverHttp(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/v1/traces":
            self.send_error(404)
            return
        answer = take(trace_service_pb2.ExportTraceServiceRequest.FromString(body)).SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(OverGrpc(), server)
    grpc_port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    over_http = ThreadingHTTPServer(("127.0.0.1", 0), OverHttp)
    threading.Thread(target=over_http.serve_forever, daemon=True).start()
    print(grpc_port, over_http.server_address[1], flush=True)
    sys.stdin.read()
    server.stop(0)
    over_http.shutdown()
    for span in SPANS:
        print(json.dumps(span))


if __name__ == "__main__":
    main()
